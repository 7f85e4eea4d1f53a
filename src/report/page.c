/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include <stdio.h>

/* The longest list that is shown unfolded. */
#define LIST_MAX 8

#define SECOND UINT64_C(1000000000)

/* part * by / whole, rounded down, of a part that is at most the whole; 0 of nothing. Both lose
 * what would not fit, which no eye sees. */
static uint64_t scale(uint64_t part, uint64_t whole, uint64_t by)
{
    if (whole == 0)
        return 0;
    if (part >= whole)
        return by;
    while (whole > UINT64_MAX / by) {
        part >>= 1;
        whole >>= 1;
    }
    return part * by / whole;
}

void iotsig_write_share(char text[SHORT_TEXT], uint64_t part, uint64_t whole)
{
    unsigned tenths = (unsigned)scale(part, whole, 1000);
    if (tenths % 10 == 0)
        snprintf(text, SHORT_TEXT, "%u %%", tenths / 10);
    else
        snprintf(text, SHORT_TEXT, "%u.%u %%", tenths / 10, tenths % 10);
}

void iotsig_write_place(char text[SHORT_TEXT], uint64_t part, uint64_t whole)
{
    unsigned hundredths = (unsigned)scale(part, whole, 10000);
    snprintf(text, SHORT_TEXT, "%u.%02u%%", hundredths / 100, hundredths % 100);
}

void iotsig_write_duration(char text[SHORT_TEXT], uint64_t ns)
{
    static const struct {
        uint64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    uint64_t seconds = ns / SECOND;
    size_t i = 0;
    while (i + 2 < sizeof units / sizeof *units && seconds < units[i].seconds)
        i++;
    if (seconds < 60 && ns % SECOND == 0)
        snprintf(text, SHORT_TEXT, "%llu s", (unsigned long long)seconds);
    else if (seconds < 60)
        snprintf(text, SHORT_TEXT, "%llu.%03u s", (unsigned long long)seconds,
                 (unsigned)(ns % SECOND / (SECOND / 1000)));
    else
        snprintf(text, SHORT_TEXT, "%llu %s %llu %s",
                 (unsigned long long)(seconds / units[i].seconds), units[i].unit,
                 (unsigned long long)(seconds % units[i].seconds / units[i + 1].seconds),
                 units[i + 1].unit);
}

void iotsig_page_section(struct html *html, const char *heading)
{
    iotsig_html_begin(html, "section");
    iotsig_html_element(html, "h2", NULL, heading);
}

void iotsig_page_heading(struct html *html, const char *scope)
{
    iotsig_html_begin(html, "th");
    iotsig_html_attribute(html, "scope", scope);
}

void iotsig_page_wide_table(struct html *html, const char *class, const char *caption)
{
    /* What is wider than the screen is moved in here, also with the keyboard. */
    iotsig_html_begin(html, "div");
    iotsig_html_class(html, "wide");
    iotsig_html_attribute(html, "tabindex", "0");
    iotsig_html_attribute(html, "role", "group");
    iotsig_html_attribute(html, "aria-label", caption);
    iotsig_html_begin(html, "table");
    iotsig_html_class(html, class);
    iotsig_html_element(html, "caption", NULL, caption);
}

void iotsig_page_table(struct html *html, const char *class, const char *caption,
                       const char *const *titles)
{
    iotsig_page_wide_table(html, class, caption);
    iotsig_html_begin(html, "thead");
    iotsig_html_begin(html, "tr");
    for (size_t i = 0; titles[i] != NULL; i++) {
        bool number = titles[i][0] == '>';
        iotsig_page_heading(html, "col");
        if (number)
            iotsig_html_class(html, "number");
        iotsig_html_text(html, titles[i] + number);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
    iotsig_html_end(html);
    iotsig_html_begin(html, "tbody");
}

void iotsig_page_table_end(struct html *html)
{
    iotsig_html_end(html);
    iotsig_html_end(html);
    iotsig_html_end(html);
}

void iotsig_page_cell(struct html *html, const char *class, const char *text)
{
    iotsig_html_element(html, "td", class, text);
}

void iotsig_page_number_cell(struct html *html, uint64_t number)
{
    iotsig_html_begin(html, "td");
    iotsig_html_class(html, number == 0 ? "number none" : "number");
    iotsig_html_number(html, number);
    iotsig_html_end(html);
}

static void put_rectangle(struct html *html, const char *class, const char *width)
{
    iotsig_html_begin(html, "rect");
    iotsig_html_class(html, class);
    iotsig_html_attribute(html, "width", width);
    iotsig_html_attribute(html, "height", "100%");
    iotsig_html_end(html);
}

void iotsig_page_bar_parts(struct html *html, uint64_t part, uint64_t whole)
{
    char width[SHORT_TEXT];
    iotsig_write_place(width, part, whole);
    put_rectangle(html, "whole", "100%");
    put_rectangle(html, "part", width);
}

void iotsig_page_bar(struct html *html, const char *class, uint64_t part, uint64_t whole,
                     const char *text)
{
    iotsig_html_begin(html, "td");
    iotsig_html_class(html, "bar");
    iotsig_html_begin(html, "svg");
    iotsig_html_class(html, class);
    iotsig_html_attribute(html, "aria-hidden", "true");
    iotsig_page_bar_parts(html, part, whole);
    iotsig_html_end(html);
    iotsig_html_element(html, "span", NULL, text);
    iotsig_html_end(html);
}

void iotsig_page_fraction_bar(struct html *html, const char *class, uint64_t part, uint64_t whole)
{
    char text[SHORT_TEXT];
    snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)part, (unsigned long long)whole);
    iotsig_page_bar(html, class, part, whole, text);
}

void iotsig_page_list(struct html *html, size_t count, const char *summary)
{
    if (count > LIST_MAX) {
        iotsig_html_begin(html, "details");
        iotsig_html_element(html, "summary", NULL, summary);
    }
    iotsig_html_begin(html, "ul");
}

void iotsig_page_list_end(struct html *html, size_t count)
{
    iotsig_html_end(html);
    if (count > LIST_MAX)
        iotsig_html_end(html);
}

void iotsig_page_count(struct html *html, uint64_t count, const char *what)
{
    iotsig_html_number(html, count);
    iotsig_html_text(html, " ");
    iotsig_html_text(html, what);
    iotsig_html_text(html, count == 1 ? "" : "s");
}

void iotsig_page_row_name(struct html *html, const char *kind, const char *text, const char *detail)
{
    iotsig_html_begin(html, "span");
    iotsig_html_class(html, "name");
    iotsig_html_element(html, "span", "kind", kind);
    iotsig_html_text(html, " ");
    iotsig_html_element(html, "code", NULL, text);
    if (detail != NULL)
        iotsig_html_element(html, "code", "detail", detail);
    iotsig_html_end(html);
}

void iotsig_page_fact(struct html *html, const char *name, const char *value)
{
    iotsig_html_begin(html, "div");
    iotsig_html_element(html, "dt", NULL, name);
    iotsig_html_element(html, "dd", NULL, value);
    iotsig_html_end(html);
}

void iotsig_page_number_fact(struct html *html, const char *name, uint64_t number)
{
    char text[SHORT_TEXT];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    iotsig_page_fact(html, name, text);
}

void iotsig_page_ratio_fact(struct html *html, const char *name, struct iotsig_ratio ratio)
{
    char text[IOTSIG_RATIO_TEXT];
    iotsig_ratio_text(ratio, text);
    iotsig_page_fact(html, name, text);
}
