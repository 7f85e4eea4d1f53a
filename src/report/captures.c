/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of the signature each capture has, and what is missing. */
#include <stdio.h>

#include "report/report.h"

static size_t count_missing(const struct iotsig_report *report, const struct trace *trace)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += report->rows[i].role == IOTSIG_MANDATORY && trace->sightings[i].count == 0;
    return count;
}

static void put_missing(const struct iotsig_report *report, const struct trace *trace,
                        struct html *html)
{
    size_t count = count_missing(report, trace);
    char summary[SHORT_TEXT];
    snprintf(summary, sizeof summary, "%zu of %zu", count,
             iotsig_report_count(report, IOTSIG_MANDATORY));
    iotsig_html_begin(html, "td");
    if (count == 0)
        iotsig_html_text(html, "nothing");
    else
        iotsig_page_list(html, count, summary);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        if (row->role != IOTSIG_MANDATORY || trace->sightings[i].count > 0)
            continue;
        iotsig_html_begin(html, "li");
        iotsig_page_row_name(html, row->kind, row->text, row->detail);
        iotsig_html_end(html);
    }
    if (count > 0)
        iotsig_page_list_end(html, count);
    iotsig_html_end(html);
}

static void put_device(const struct trace *trace, struct html *html)
{
    iotsig_html_begin(html, "td");
    iotsig_html_class(html, "device");
    if (trace->device != NULL)
        iotsig_html_element(html, "code", NULL, trace->device);
    for (size_t i = 0; i < trace->address_count; i++)
        iotsig_html_element(html, "code", "detail", trace->addresses[i]);
    if (trace->gateway != NULL) {
        iotsig_html_begin(html, "small");
        iotsig_html_class(html, "detail");
        iotsig_html_text(html, "gateway ");
        iotsig_html_element(html, "code", NULL, trace->gateway);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
}

static void put_verdict(const struct trace *trace, struct html *html)
{
    iotsig_html_begin(html, "td");
    iotsig_html_element(html, "strong", trace->matches ? "yes" : "no",
                        trace->matches ? "matches" : "does not match");
    if (trace->forbidden != NULL) {
        iotsig_html_begin(html, "small");
        iotsig_html_class(html, "detail");
        iotsig_html_text(html, "must not be there: ");
        iotsig_page_row_name(html, trace->forbidden_kind, trace->forbidden, NULL);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
}

static void put_trace(const struct iotsig_report *report, const struct trace *trace,
                      struct html *html)
{
    char share[SHORT_TEXT];
    iotsig_write_share(share, trace->covered, trace->total);
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "row");
    iotsig_html_element(html, "code", NULL, trace->name);
    iotsig_html_end(html);
    iotsig_page_bar(html, trace->matches ? "coverage" : "coverage low", trace->covered,
                    trace->total, share);
    put_verdict(trace, html);
    if (report->learned != NULL)
        put_device(trace, html);
    put_missing(report, trace, html);
    iotsig_html_end(html);
}

void iotsig_captures_write(const struct iotsig_report *report, struct html *html)
{
    static const char *const learned[] = {"Capture", "Coverage", "Verdict",
                                          "Device",  "Missing",  NULL};
    static const char *const extracted[] = {"Capture", "Coverage", "Verdict", "Missing", NULL};
    if (report->trace_count == 0)
        return;
    iotsig_page_section(html, "Captures");
    iotsig_page_table(html, "captures", "How much of the signature each capture has",
                      report->learned != NULL ? learned : extracted);
    for (size_t i = 0; i < report->trace_count; i++)
        put_trace(report, &report->traces[i], html);
    iotsig_page_table_end(html);
    iotsig_html_end(html);
}
