/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page says of the signature itself. */
#include <stdio.h>

#include "format/learned.h"
#include "report/report.h"

/* Summary. */

static void put_duration_fact(struct html *html, const char *name, int64_t ns)
{
    char text[SHORT_TEXT];
    if (ns <= 0)
        return;
    iotsig_write_duration(text, (uint64_t)ns);
    iotsig_page_fact(html, name, text);
}

static void put_weight_fact(struct html *html, const struct iotsig_learned *learned)
{
    char text[SHORT_TEXT], bits[BITS_TEXT];
    iotsig_bits_text(bits, iotsig_learned_weight(learned));
    snprintf(text, sizeof text, "%s bits", bits);
    iotsig_page_fact(html, "Weight", text);
}

static void put_learned_facts(const struct iotsig_report *report, struct html *html)
{
    struct iotsig_learn_options options;
    iotsig_learned_options(report->learned, &options);
    iotsig_page_number_fact(html, "Mandatory", iotsig_report_count(report, IOTSIG_MANDATORY));
    iotsig_page_number_fact(html, "Optional", iotsig_report_count(report, IOTSIG_OPTIONAL));
    iotsig_page_number_fact(html, "Must not be", iotsig_report_count(report, IOTSIG_FORBIDDEN));
    put_weight_fact(html, report->learned);
    iotsig_page_ratio_fact(html, "Needed coverage", iotsig_learned_min_coverage(report->learned));
    iotsig_page_ratio_fact(html, "Needed support", options.min_support);
    put_duration_fact(html, "Longest capture", iotsig_learned_duration(report->learned));
    if (options.families != NULL)
        iotsig_page_fact(html, "Families", options.families);
}

static void put_extracted_facts(const struct iotsig_report *report, struct html *html)
{
    uint64_t packets = 0;
    for (size_t i = 0; i < report->row_count; i++)
        packets += report->rows[i].packets;
    iotsig_page_number_fact(html, "Flows", report->row_count);
    iotsig_page_number_fact(html, "Packets", packets);
    put_duration_fact(html, "Ends by a pause of", iotsig_report_timeout(report));
}

static void put_learned_lead(const struct iotsig_learned *learned, struct html *html)
{
    uint64_t events, captures;
    iotsig_learned_against(learned, &events, &captures);
    iotsig_html_text(html, "Learned from ");
    iotsig_page_count(html, iotsig_learned_captures(learned), "capture");
    if (events > 0) {
        iotsig_html_text(html, ", and told from ");
        iotsig_page_count(html, captures, "capture");
        iotsig_html_text(html, " of ");
        iotsig_page_count(html, events, "other event");
    }
    iotsig_html_text(html, ".");
}

static size_t count_inputs(const struct iotsig_report *report)
{
    const struct provenance *signature = report->patterns->items[0].signature;
    return signature == NULL ? 0 : signature->capture_count;
}

static void put_extracted_lead(const struct iotsig_report *report, struct html *html)
{
    size_t inputs = count_inputs(report);
    if (inputs == 0) {
        iotsig_html_text(html, "The flows of one pattern; each counts the same.");
        return;
    }
    iotsig_html_text(html, "The flows that ");
    iotsig_page_count(html, inputs, "capture");
    iotsig_html_text(html, inputs == 1 ? " has; each counts the same."
                                       : " have in common; each counts the same.");
}

static void begin_note(struct html *html, const char *element, const char *class, const char *title)
{
    iotsig_html_begin(html, element);
    iotsig_html_class(html, class);
    iotsig_html_element(html, "strong", NULL, title);
}

static void put_group(const struct iotsig_learned *learned, struct html *html)
{
    const char *event;
    begin_note(html, "p", "note", "Group.");
    iotsig_html_text(html, " Its traffic does not tell it apart from ");
    for (size_t i = 0; (event = iotsig_learned_group(learned, i)) != NULL; i++) {
        iotsig_html_text(html, i == 0 ? "" : ", ");
        iotsig_html_element(html, "b", NULL, event);
    }
    iotsig_html_text(html, ".");
    iotsig_html_end(html);
}

static void put_warnings(const struct iotsig_learned *learned, struct html *html)
{
    const char *warning;
    begin_note(html, "div", "note warning", "Do not trust it too much.");
    iotsig_html_begin(html, "ul");
    for (size_t i = 0; (warning = iotsig_learned_warning(learned, i)) != NULL; i++)
        iotsig_html_element(html, "li", NULL, warning);
    iotsig_html_end(html);
    iotsig_html_end(html);
}

void iotsig_summary_write(const struct iotsig_report *report, struct html *html)
{
    const struct iotsig_learned *learned = report->learned;
    iotsig_html_begin(html, "p");
    iotsig_html_class(html, "lead");
    if (learned != NULL)
        put_learned_lead(learned, html);
    else
        put_extracted_lead(report, html);
    iotsig_html_end(html);
    iotsig_html_begin(html, "dl");
    if (learned != NULL)
        put_learned_facts(report, html);
    else
        put_extracted_facts(report, html);
    iotsig_html_end(html);
    if (learned != NULL && iotsig_learned_group(learned, 0) != NULL)
        put_group(learned, html);
    if (learned != NULL && iotsig_learned_warning(learned, 0) != NULL)
        put_warnings(learned, html);
}

/* Rows. */

static void put_name(struct html *html, const struct row *row)
{
    iotsig_page_heading(html, "row");
    iotsig_page_row_name(html, row->kind, row->text, row->detail);
    iotsig_html_end(html);
}

/* "1" or "2 to 7" times in a capture. */
static void put_seen(struct html *html, const struct row *row)
{
    char text[SHORT_TEXT] = "";
    if (row->most > 0 && row->least == row->most)
        snprintf(text, sizeof text, "%llu", (unsigned long long)row->most);
    else if (row->most > 0)
        snprintf(text, sizeof text, "%llu to %llu", (unsigned long long)row->least,
                 (unsigned long long)row->most);
    iotsig_page_cell(html, "number", text);
}

static uint64_t heaviest(const struct iotsig_report *report)
{
    uint64_t most = 0;
    for (size_t i = 0; i < report->row_count; i++)
        most = report->rows[i].weight > most ? report->rows[i].weight : most;
    return most;
}

static void put_mandatory(const struct iotsig_report *report, struct html *html)
{
    static const char *const titles[] = {"Feature", "Support", "Weight in bits", ">Times", NULL};
    uint64_t most = heaviest(report);
    iotsig_page_table(html, "rows", "Mandatory: what counts, heaviest first", titles);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        char bits[BITS_TEXT];
        if (row->role != IOTSIG_MANDATORY)
            continue;
        iotsig_html_begin(html, "tr");
        put_name(html, row);
        iotsig_page_fraction_bar(html, "support", row->support,
                                 iotsig_learned_captures(report->learned));
        iotsig_bits_text(bits, row->weight);
        iotsig_page_bar(html, "weight", row->weight, most, bits);
        put_seen(html, row);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
}

static void put_optional(const struct iotsig_report *report, struct html *html)
{
    static const char *const titles[] = {"Feature", "Support", ">Times", NULL};
    iotsig_page_table(html, "rows", "Optional: often there, never counted", titles);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        if (row->role != IOTSIG_OPTIONAL)
            continue;
        iotsig_html_begin(html, "tr");
        put_name(html, row);
        iotsig_page_fraction_bar(html, "support", row->support,
                                 iotsig_learned_captures(report->learned));
        put_seen(html, row);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
}

static void put_forbidden(const struct iotsig_report *report, struct html *html)
{
    static const char *const titles[] = {"Feature", ">Captures of other events", NULL};
    iotsig_page_table(html, "rows forbidden", "Must not be there: what keeps other events away",
                      titles);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        if (row->role != IOTSIG_FORBIDDEN)
            continue;
        iotsig_html_begin(html, "tr");
        put_name(html, row);
        iotsig_page_number_cell(html, row->support);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
}

/* By definition a flow is in all captures of the extraction; in those of the report it is counted.
 */
static void put_flows(const struct iotsig_report *report, struct html *html)
{
    static const char *const titles[] = {"Flow", "Support", "Packets", NULL};
    uint64_t most = 0, inputs = count_inputs(report);
    for (size_t i = 0; i < report->row_count; i++)
        most = report->rows[i].packets > most ? report->rows[i].packets : most;
    iotsig_page_table(html, "rows",
                      report->trace_count > 0 ? "Flows, and in how many of the captures below"
                                              : "Flows, and in how many captures they are",
                      titles);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        char packets[SHORT_TEXT];
        snprintf(packets, sizeof packets, "%llu", (unsigned long long)row->packets);
        iotsig_html_begin(html, "tr");
        put_name(html, row);
        if (report->trace_count > 0)
            iotsig_page_fraction_bar(html, "support", row->given, report->trace_count);
        else if (inputs > 0)
            iotsig_page_fraction_bar(html, "support", inputs, inputs);
        else
            iotsig_page_cell(html, NULL, "");
        iotsig_page_bar(html, "weight", row->packets, most, packets);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
}

void iotsig_rows_write(const struct iotsig_report *report, struct html *html)
{
    iotsig_page_section(html, report->learned != NULL ? "Features" : "Flows");
    if (report->row_count == 0)
        iotsig_html_element(html, "p", "nothing", "There is none: it matches nothing.");
    else if (report->learned == NULL)
        put_flows(report, html);
    if (report->learned != NULL && iotsig_report_count(report, IOTSIG_MANDATORY) > 0)
        put_mandatory(report, html);
    if (report->learned != NULL && iotsig_report_count(report, IOTSIG_OPTIONAL) > 0)
        put_optional(report, html);
    if (report->learned != NULL && iotsig_report_count(report, IOTSIG_FORBIDDEN) > 0)
        put_forbidden(report, html);
    iotsig_html_end(html);
}

/* Provenance. */

static void put_origin(struct html *html, const struct iotsig_origin *origin)
{
    char size[SHORT_TEXT], duration[SHORT_TEXT], digest[DIGEST_TEXT];
    snprintf(size, sizeof size, "%llu", (unsigned long long)origin->size);
    iotsig_write_duration(duration, (uint64_t)origin->duration_ns);
    iotsig_digest_text(digest, origin);
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "row");
    iotsig_html_element(html, "code", NULL, origin->name);
    if (origin->left_out != NULL)
        iotsig_html_element(html, "small", "detail", origin->left_out);
    iotsig_html_end(html);
    iotsig_page_cell(html, "number", origin->size > 0 ? size : "");
    iotsig_page_cell(html, "number", duration);
    iotsig_page_cell(html, "code", origin->device != NULL ? origin->device : "");
    iotsig_page_cell(html, "digest", digest);
    iotsig_html_end(html);
}

static void put_origins(const struct iotsig_learned *learned, struct html *html)
{
    static const char *const titles[] = {"Capture", ">Bytes", ">Length", "Device", "SHA-256", NULL};
    struct iotsig_origin origin;
    iotsig_page_table(html, "origins", "The captures that it was learned from", titles);
    for (size_t i = 0; iotsig_learned_origin(learned, i, &origin); i++)
        put_origin(html, &origin);
    iotsig_page_table_end(html);
}

static void put_inputs(const struct provenance *signature, struct html *html)
{
    iotsig_html_element(html, "p", NULL, "It was extracted from:");
    iotsig_html_begin(html, "ul");
    iotsig_html_class(html, "files");
    for (size_t i = 0; i < signature->capture_count; i++) {
        iotsig_html_begin(html, "li");
        iotsig_html_element(html, "code", NULL, signature->captures[i]);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
}

void iotsig_provenance_write(const struct iotsig_report *report, struct html *html)
{
    struct iotsig_origin origin;
    if (report->learned != NULL ? !iotsig_learned_origin(report->learned, 0, &origin)
                                : count_inputs(report) == 0)
        return;
    iotsig_page_section(html, "Provenance");
    if (report->learned != NULL)
        put_origins(report->learned, html);
    else
        put_inputs(report->patterns->items[0].signature, html);
    iotsig_html_end(html);
}
