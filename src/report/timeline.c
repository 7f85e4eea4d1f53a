/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When each feature or flow is seen in a capture: a row each, in the order in which they begin,
 * with one axis of time above.
 *
 * What is drawn is placed by shares of the width, so that it fits a screen of any size, and texts
 * keep theirs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "report/report.h"

#define SECOND UINT64_C(1000000000)

/* Marks on the axis, at most, beside 0. */
#define TICKS_MAX 5

struct shown {
    const struct row *row;
    const struct sighting *sighting;
};

/* The axis. */

static uint64_t length_of(const struct trace *trace)
{
    return (uint64_t)trace->span.last_ns - (uint64_t)trace->span.first_ns;
}

/* The smallest round step of which the length has few: 1, 2, 5, 10, ... of a unit. */
static uint64_t decimal_step(uint64_t length, uint64_t unit)
{
    static const uint64_t factors[] = {1, 2, 5};
    for (uint64_t ten = unit; ten <= UINT64_MAX / 50; ten *= 10)
        for (size_t i = 0; i < 3; i++)
            if (length / (ten * factors[i]) <= TICKS_MAX)
                return ten * factors[i];
    return length;
}

static uint64_t step_of(uint64_t length)
{
    static const uint64_t seconds[] = {20,   30,   60,   120,   300,   600,  1200,
                                       1800, 3600, 7200, 14400, 21600, 43200};
    if (length <= 10 * SECOND * TICKS_MAX)
        return decimal_step(length, 1);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        if (length / (seconds[i] * SECOND) <= TICKS_MAX)
            return seconds[i] * SECOND;
    return decimal_step(length, 86400 * SECOND);
}

/* "0.4 s", "250 ms", "1:30 min", "2 d": in the unit that suits the step. */
static void write_tick(char text[SHORT_TEXT], uint64_t ns, uint64_t step)
{
    if (step >= 86400 * SECOND)
        snprintf(text, SHORT_TEXT, "%" PRIu64 " d", ns / (86400 * SECOND));
    else if (step >= 3600 * SECOND)
        snprintf(text, SHORT_TEXT, "%" PRIu64 " h", ns / (3600 * SECOND));
    else if (step > 10 * SECOND)
        snprintf(text, SHORT_TEXT, "%" PRIu64 ":%02" PRIu64 " min", ns / (60 * SECOND),
                 ns / SECOND % 60);
    else if (step >= SECOND)
        snprintf(text, SHORT_TEXT, "%" PRIu64 " s", ns / SECOND);
    else if (step >= SECOND / 10)
        snprintf(text, SHORT_TEXT, "%" PRIu64 ".%" PRIu64 " s", ns / SECOND,
                 ns / (SECOND / 10) % 10);
    else if (step >= SECOND / 1000)
        snprintf(text, SHORT_TEXT, "%" PRIu64 " ms", ns / (SECOND / 1000));
    else if (step >= 1000)
        snprintf(text, SHORT_TEXT, "%" PRIu64 " \u00b5s", ns / 1000);
    else
        snprintf(text, SHORT_TEXT, "%" PRIu64 " ns", ns);
}

static void put_axis(const struct trace *trace, struct html *html)
{
    uint64_t length = length_of(trace), step = step_of(length);
    iotsig_html_begin(html, "svg");
    iotsig_html_class(html, "axis");
    iotsig_html_attribute(html, "aria-hidden", "true");
    for (uint64_t ns = 0;; ns += step) {
        char place[SHORT_TEXT], text[SHORT_TEXT];
        iotsig_write_place(place, ns, length);
        write_tick(text, ns, step);
        iotsig_html_begin(html, "text");
        iotsig_html_attribute(html, "x", place);
        iotsig_html_attribute(html, "y", "12");
        iotsig_html_text(html, ns == 0 ? "0" : text);
        iotsig_html_end(html);
        if (step == 0 || length - ns < step)
            break;
    }
    iotsig_html_end(html);
}

/* Strips. */

static void put_line(struct html *html, const char *class, const char *from, const char *to)
{
    iotsig_html_begin(html, "line");
    iotsig_html_class(html, class);
    iotsig_html_attribute(html, "x1", from);
    iotsig_html_attribute(html, "x2", to);
    iotsig_html_attribute(html, "y1", strcmp(class, "grid") == 0 ? "0" : "50%");
    iotsig_html_attribute(html, "y2", strcmp(class, "grid") == 0 ? "100%" : "50%");
    iotsig_html_end(html);
}

static void put_grid(const struct trace *trace, struct html *html)
{
    uint64_t length = length_of(trace), step = step_of(length);
    for (uint64_t ns = 0;; ns += step) {
        char place[SHORT_TEXT];
        iotsig_write_place(place, ns, length);
        put_line(html, "grid", place, place);
        if (step == 0 || length - ns < step)
            return;
    }
}

static uint64_t since(const struct trace *trace, int64_t ns)
{
    return ns <= trace->span.first_ns ? 0 : (uint64_t)ns - (uint64_t)trace->span.first_ns;
}

static void put_spells(const struct trace *trace, const struct sighting *sighting,
                       struct html *html)
{
    uint64_t length = length_of(trace);
    for (size_t i = 0; i < sighting->spell_count; i++) {
        char from[SHORT_TEXT], to[SHORT_TEXT];
        iotsig_write_place(from, since(trace, sighting->spells[i].first_ns), length);
        iotsig_write_place(to, since(trace, sighting->spells[i].last_ns), length);
        put_line(html, "mark", from, to);
    }
}

/* What the strip shows, in words. */
static void write_words(char text[160], const struct trace *trace, const struct sighting *sighting)
{
    char from[SHORT_TEXT], to[SHORT_TEXT];
    if (sighting->count == 0) {
        snprintf(text, 160, "missing");
        return;
    }
    if (sighting->spell_count == 0) {
        snprintf(text, 160, "seen %" PRIu64 " times, it is not known when", sighting->count);
        return;
    }
    int64_t last_ns = sighting->spells[0].last_ns;
    for (size_t i = 1; i < sighting->spell_count; i++)
        last_ns = sighting->spells[i].last_ns > last_ns ? sighting->spells[i].last_ns : last_ns;
    iotsig_write_duration(from, since(trace, sighting->spells[0].first_ns));
    iotsig_write_duration(to, since(trace, last_ns));
    if (sighting->count == 1)
        snprintf(text, 160, "seen once, at %s", from);
    else
        snprintf(text, 160, "seen %" PRIu64 " times, from %s to %s", sighting->count, from, to);
}

static void put_strip(const struct trace *trace, const struct shown *shown, struct html *html)
{
    static const char *const classes[] = {"strip mandatory", "strip optional", "strip forbidden"};
    char words[160];
    bool missing = shown->sighting->count == 0;
    write_words(words, trace, shown->sighting);
    iotsig_html_begin(html, "td");
    iotsig_html_class(html, "strip");
    iotsig_html_begin(html, "svg");
    iotsig_html_class(html, missing ? "strip missing" : classes[shown->row->role]);
    iotsig_html_attribute(html, "role", "img");
    iotsig_html_element(html, "title", NULL, words);
    if (trace->timed)
        put_grid(trace, html);
    if (missing)
        put_line(html, "gap", "0%", "100%");
    else
        put_spells(trace, shown->sighting, html);
    iotsig_html_end(html);
    iotsig_html_end(html);
}

/* Rows. */

/* What was never seen comes last; without times the order stays the signature's. */
static int order(const void *one, const void *other)
{
    const struct shown *a = one, *b = other;
    bool a_seen = a->sighting->count > 0, b_seen = b->sighting->count > 0;
    if (a_seen != b_seen)
        return b_seen - a_seen;
    if (a->sighting->spell_count > 0 && b->sighting->spell_count > 0) {
        int64_t a_ns = a->sighting->spells[0].first_ns, b_ns = b->sighting->spells[0].first_ns;
        if (a_ns != b_ns)
            return a_ns < b_ns ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* Of what does not count, only what is there is worth a line. */
static size_t choose(const struct iotsig_report *report, const struct trace *trace,
                     struct shown *shown)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].role == IOTSIG_MANDATORY || trace->sightings[i].count > 0)
            shown[count++] = (struct shown){&report->rows[i], &trace->sightings[i]};
    qsort(shown, count, sizeof *shown, order);
    return count;
}

static void put_titles(const struct iotsig_report *report, const struct trace *trace,
                       struct html *html)
{
    iotsig_html_begin(html, "thead");
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "col");
    iotsig_html_text(html, report->learned != NULL ? "Feature" : "Flow");
    iotsig_html_end(html);
    iotsig_page_heading(html, "col");
    iotsig_html_class(html, "strip");
    iotsig_html_element(html, "span", "unseen", "Time");
    if (trace->timed)
        put_axis(trace, html);
    iotsig_html_end(html);
    iotsig_page_heading(html, "col");
    iotsig_html_class(html, "number");
    iotsig_html_text(html, report->learned != NULL ? "Times" : "Packets");
    iotsig_html_end(html);
    iotsig_html_end(html);
    iotsig_html_end(html);
}

static void put_timeline(const struct iotsig_report *report, const struct trace *trace,
                         struct shown *shown, struct html *html)
{
    size_t count = choose(report, trace, shown);
    char length[SHORT_TEXT];
    iotsig_write_duration(length, trace->timed ? length_of(trace) : 0);
    iotsig_html_begin(html, "table");
    iotsig_html_class(html, "timeline");
    iotsig_html_begin(html, "caption");
    iotsig_html_element(html, "code", NULL, trace->name);
    iotsig_html_text(html, trace->timed ? ", " : ", without times");
    iotsig_html_text(html, trace->timed ? length : "");
    iotsig_html_end(html);
    put_titles(report, trace, html);
    iotsig_html_begin(html, "tbody");
    for (size_t i = 0; i < count; i++) {
        iotsig_html_begin(html, "tr");
        iotsig_page_heading(html, "row");
        iotsig_page_row_name(html, shown[i].row->kind, shown[i].row->text, shown[i].row->detail);
        iotsig_html_end(html);
        put_strip(trace, &shown[i], html);
        if (shown[i].sighting->count == 0)
            iotsig_page_cell(html, "number", "missing");
        else
            iotsig_page_number_cell(html, shown[i].sighting->count);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
    iotsig_html_end(html);
}

int iotsig_timelines_write(const struct iotsig_report *report, struct html *html,
                           struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &report->context->allocator;
    if (report->trace_count == 0 || report->row_count == 0)
        return 0;
    struct shown *shown = iotsig_memory_get(allocator, report->row_count * sizeof *shown);
    if (shown == NULL)
        return iotsig_fail_memory(error);
    iotsig_page_section(html, "Timelines");
    for (size_t i = 0; i < report->trace_count; i++)
        put_timeline(report, &report->traces[i], shown, html);
    iotsig_html_end(html);
    iotsig_memory_free(allocator, shown);
    return 0;
}
