/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of an evaluation: its measures, what became of each event, and of captures that were
 * missed. */
#include <inttypes.h>
#include <stdio.h>

#include "format/evaluation.h"
#include "iotsig/report.h"
#include "report/page.h"

/* With more events a matrix is too large to look at, and the pairs that are confused are listed. */
#define MATRIX_MAX 64

/* Shades of the matrix: what is there at all is shaded. */
#define SHADES 9

struct pages {
    struct html html;
    const struct iotsig_evaluation *evaluation;
    const struct iotsig_corpus *corpus;
    const struct iotsig_evaluate_options *options;
    struct iotsig_scores scores;
    size_t events;
};

/* Measures. */

static void put_whisker(struct html *html, const struct iotsig_share *share)
{
    char low[SHORT_TEXT], high[SHORT_TEXT];
    iotsig_write_place(low, (uint64_t)(share->low * 1e6), 1000000);
    iotsig_write_place(high, (uint64_t)(share->high * 1e6), 1000000);
    iotsig_html_begin(html, "line");
    iotsig_html_class(html, "whisker");
    iotsig_html_attribute(html, "x1", low);
    iotsig_html_attribute(html, "x2", high);
    iotsig_html_attribute(html, "y1", "50%");
    iotsig_html_attribute(html, "y2", "50%");
    iotsig_html_end(html);
}

static void put_measure(struct html *html, const char *name, const char *meaning, bool good,
                        const struct iotsig_share *share)
{
    char text[SHORT_TEXT];
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "row");
    iotsig_html_element(html, "strong", NULL, name);
    iotsig_html_element(html, "small", "detail", meaning);
    iotsig_html_end(html);
    iotsig_html_begin(html, "td");
    iotsig_html_class(html, "bar");
    iotsig_html_begin(html, "svg");
    iotsig_html_class(html, good ? "coverage" : "coverage low");
    iotsig_html_attribute(html, "aria-hidden", "true");
    iotsig_page_bar_parts(html, share->part, share->whole);
    put_whisker(html, share);
    iotsig_html_end(html);
    snprintf(text, sizeof text, "%.2f %%", share->value * 100);
    iotsig_html_element(html, "span", NULL, text);
    iotsig_html_end(html);
    snprintf(text, sizeof text, "%.2f to %.2f %%", share->low * 100, share->high * 100);
    iotsig_page_cell(html, "number", text);
    snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64, share->part, share->whole);
    iotsig_page_cell(html, "number", text);
    iotsig_html_end(html);
}

static void put_measures(struct pages *pages)
{
    static const char *const titles[] = {"Measure", "Share", ">95 % interval", ">Counted", NULL};
    const struct iotsig_scores *scores = &pages->scores;
    struct html *html = &pages->html;
    iotsig_page_section(html, "Measures");
    iotsig_page_table(html, "measures", "Shares, with the intervals that they lie in", titles);
    put_measure(html, "Recall", "captures that the signature of their own event matches", true,
                &scores->recall);
    put_measure(html, "Identification", "captures that are identified as their event", true,
                &scores->identification);
    put_measure(html, "by traffic alone", "without a look at the device's address", true,
                &scores->by_traffic);
    put_measure(html, "or as its group", "as their event, or one of its group", true,
                &scores->group_identification);
    put_measure(html, "False positives",
                "captures that another event's signature matches, of all pairs", false,
                &scores->false_positives);
    put_measure(html, "outside groups", "of these, of events that are not declared a group", false,
                &scores->outside_groups);
    put_measure(html, "Open set",
                "captures that some signature claims, when their event was not learned", false,
                &scores->open_set);
    iotsig_page_table_end(html);
    iotsig_html_end(html);
}

/* Events. */

static void put_event_name(struct pages *pages, size_t i, const char *event)
{
    char number[SHORT_TEXT];
    snprintf(number, sizeof number, "%zu", i + 1);
    iotsig_page_heading(&pages->html, "row");
    iotsig_html_element(&pages->html, "span", "index", number);
    iotsig_html_text(&pages->html, " ");
    iotsig_html_text(&pages->html, event);
    iotsig_html_end(&pages->html);
}

static void put_events(struct pages *pages)
{
    static const char *const titles[] = {
        "Event", "Recalled", "Identified", ">Claimed when left out", ">Others that it matches",
        NULL};
    struct html *html = &pages->html;
    iotsig_page_section(html, "Events");
    iotsig_page_table(html, "events", "What became of the captures of each event", titles);
    for (size_t i = 0; i < pages->events; i++) {
        struct iotsig_event_score score;
        iotsig_evaluation_event(pages->evaluation, i, &score);
        bool recalled = score.recalled == score.captures,
             identified = score.identified == score.captures;
        iotsig_html_begin(html, "tr");
        put_event_name(pages, i, score.event);
        iotsig_page_fraction_bar(html, recalled ? "coverage" : "coverage low", score.recalled,
                                 score.captures);
        iotsig_page_fraction_bar(html, identified ? "coverage" : "coverage low", score.identified,
                                 score.captures);
        iotsig_page_number_cell(html, score.claimed);
        iotsig_page_number_cell(html, score.falsely);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
    iotsig_html_end(html);
}

/* Confusion. */

static uint64_t tested(const struct pages *pages, size_t event)
{
    struct iotsig_event_score score;
    iotsig_evaluation_event(pages->evaluation, event, &score);
    return score.captures;
}

static size_t column(const struct pages *pages, size_t j)
{
    return iotsig_identified_column(pages->evaluation, j);
}

static void put_matrix_titles(struct pages *pages)
{
    struct html *html = &pages->html;
    iotsig_html_begin(html, "thead");
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "col");
    iotsig_html_text(html, "Event");
    iotsig_html_end(html);
    for (size_t j = 0; j < pages->events + IDENTIFIED_OTHERS; j++) {
        char number[SHORT_TEXT];
        const char *name = iotsig_identified_as(pages->evaluation, column(pages, j));
        snprintf(number, sizeof number, "%zu", j + 1);
        iotsig_page_heading(html, "col");
        iotsig_html_attribute(html, "title", name);
        iotsig_html_element(html, "span", NULL, j < pages->events ? number : name);
        iotsig_html_end(html);
    }
    iotsig_html_end(html);
    iotsig_html_end(html);
}

static void put_heat(struct pages *pages, uint64_t count, uint64_t whole, bool right)
{
    char class[SHORT_TEXT], text[SHORT_TEXT];
    unsigned shade = count == 0 ? 0 : 1 + (unsigned)((SHADES - 1) * count / whole);
    snprintf(class, sizeof class, "%s shade%u", right ? "right" : "wrong", shade);
    snprintf(text, sizeof text, "%" PRIu64, count);
    iotsig_page_cell(&pages->html, class, count == 0 ? "\u00b7" : text);
}

static void put_matrix(struct pages *pages)
{
    struct html *html = &pages->html;
    iotsig_page_wide_table(
        html, "matrix", "A row for each event, a column for what its captures are identified as");
    put_matrix_titles(pages);
    iotsig_html_begin(html, "tbody");
    for (size_t i = 0; i < pages->events; i++) {
        uint64_t whole = tested(pages, i);
        iotsig_html_begin(html, "tr");
        put_event_name(pages, i, iotsig_identified_as(pages->evaluation, i));
        for (size_t j = 0; j < pages->events + IDENTIFIED_OTHERS; j++)
            put_heat(pages, iotsig_evaluation_confusion(pages->evaluation, i, column(pages, j)),
                     whole, i == j);
        iotsig_html_end(html);
    }
    iotsig_page_table_end(html);
}

static void put_pairs(struct pages *pages)
{
    static const char *const titles[] = {"Event", "Identified as", ">Captures", NULL};
    struct html *html = &pages->html;
    iotsig_page_table(html, "pairs", "Events whose captures are identified as something else",
                      titles);
    for (size_t i = 0; i < pages->events; i++)
        for (size_t j = 0; j < pages->events + IDENTIFIED_OTHERS; j++) {
            uint64_t count = iotsig_evaluation_confusion(pages->evaluation, i, column(pages, j));
            if (count == 0 || i == j)
                continue;
            iotsig_html_begin(html, "tr");
            put_event_name(pages, i, iotsig_identified_as(pages->evaluation, i));
            iotsig_page_cell(html, NULL, iotsig_identified_as(pages->evaluation, column(pages, j)));
            iotsig_page_number_cell(html, count);
            iotsig_html_end(html);
        }
    iotsig_page_table_end(html);
}

static void put_confusion(struct pages *pages)
{
    iotsig_page_section(&pages->html, "Confusion");
    if (pages->events <= MATRIX_MAX)
        put_matrix(pages);
    else
        put_pairs(pages);
    iotsig_html_end(&pages->html);
}

/* Captures that were missed. */

static void put_reasons(struct pages *pages, size_t capture, const struct iotsig_verdict *verdict)
{
    struct html *html = &pages->html;
    struct iotsig_trait trait;
    char summary[SHORT_TEXT];
    size_t count = 0;
    while (iotsig_evaluation_missing(pages->evaluation, capture, count, &trait))
        count++;
    snprintf(summary, sizeof summary, "%zu features", count);
    iotsig_html_begin(html, "td");
    if (verdict->forbidden_text != NULL) {
        iotsig_html_element(html, "small", "detail", "must not be there:");
        iotsig_page_row_name(html, verdict->forbidden_family, verdict->forbidden_text, NULL);
    }
    iotsig_page_list(html, count, summary);
    for (size_t i = 0; iotsig_evaluation_missing(pages->evaluation, capture, i, &trait); i++) {
        iotsig_html_begin(html, "li");
        iotsig_page_row_name(html, trait.family, trait.text, NULL);
        iotsig_html_end(html);
    }
    iotsig_page_list_end(html, count);
    iotsig_html_end(html);
}

static void put_missed(struct pages *pages, size_t capture, const struct iotsig_verdict *verdict)
{
    struct html *html = &pages->html;
    struct iotsig_origin origin;
    char share[SHORT_TEXT];
    iotsig_corpus_origin(pages->corpus, capture, &origin);
    iotsig_html_begin(html, "tr");
    iotsig_page_heading(html, "row");
    iotsig_html_element(html, "code", NULL, origin.name);
    iotsig_html_element(html, "small", "detail",
                        iotsig_identified_as(pages->evaluation, verdict->event));
    iotsig_html_end(html);
    iotsig_page_cell(html, NULL, iotsig_identified_as(pages->evaluation, verdict->identified));
    iotsig_write_share(share, verdict->coverage.num, verdict->coverage.den);
    iotsig_page_bar(html, verdict->matches ? "coverage" : "coverage low", verdict->coverage.num,
                    verdict->coverage.den, share);
    put_reasons(pages, capture, verdict);
    iotsig_html_end(html);
}

static void put_all_missed(struct pages *pages)
{
    static const char *const titles[] = {"Capture", "Identified as", "Coverage by its own",
                                         "Missing", NULL};
    struct html *html = &pages->html;
    struct iotsig_verdict verdict;
    size_t i = 0;
    iotsig_page_section(html, "Missed captures");
    if (!iotsig_next_missed(pages->evaluation, pages->corpus, &i, &verdict)) {
        iotsig_html_element(html, "p", "nothing", "There is none.");
        iotsig_html_end(html);
        return;
    }
    iotsig_page_table(html, "captures missed",
                      "Captures that their own signature does not match, or that are identified as "
                      "something else",
                      titles);
    do
        put_missed(pages, i - 1, &verdict);
    while (iotsig_next_missed(pages->evaluation, pages->corpus, &i, &verdict));
    iotsig_page_table_end(html);
    iotsig_html_end(html);
}

/* The page. */

static void put_head(struct pages *pages)
{
    const struct iotsig_evaluate_options *options = pages->options;
    struct html *html = &pages->html;
    iotsig_html_begin(html, "header");
    iotsig_html_element(html, "p", "kind", "Evaluation");
    iotsig_html_begin(html, "h1");
    iotsig_page_count(html, pages->scores.signatures, "signature");
    iotsig_html_text(html, " of ");
    iotsig_page_count(html, pages->scores.events, "event");
    iotsig_html_end(html);
    iotsig_html_begin(html, "p");
    iotsig_html_class(html, "lead");
    iotsig_page_count(html, pages->scores.recall.whole, "capture");
    iotsig_html_text(html, pages->scores.recall.whole == 1 ? " was" : " were");
    iotsig_html_text(html, " tested with signatures that were learned without ");
    iotsig_html_text(html, pages->scores.recall.whole == 1 ? "it." : "them.");
    iotsig_html_end(html);
    iotsig_html_begin(html, "dl");
    if (iotsig_evaluation_folds(pages->evaluation) > 0) {
        iotsig_page_number_fact(html, "Folds", options->folds);
        iotsig_page_number_fact(html, "Seed", options->seed);
    }
    if (options->foreign > 0)
        iotsig_page_number_fact(html, "Foreign captures an event", options->foreign);
    iotsig_page_ratio_fact(html, "Needed support", options->learn.min_support);
    iotsig_page_ratio_fact(html, "Needed coverage", options->learn.min_coverage);
    if (options->learn.families != NULL)
        iotsig_page_fact(html, "Families", options->learn.families);
    iotsig_html_end(html);
    iotsig_html_end(html);
}

void iotsig_evaluation_page(const struct iotsig_evaluation *evaluation,
                            const struct iotsig_corpus *corpus,
                            const struct iotsig_evaluate_options *options,
                            struct iotsig_output *output)
{
    struct pages pages = {.html = {.output = output},
                          .evaluation = evaluation,
                          .corpus = corpus,
                          .options = options,
                          .events = iotsig_evaluation_events(evaluation)};
    iotsig_evaluation_scores(evaluation, &pages.scores);
    iotsig_html_start(&pages.html, "Evaluation of signatures");
    put_head(&pages);
    put_measures(&pages);
    put_events(&pages);
    put_confusion(&pages);
    put_all_missed(&pages);
    iotsig_html_finish(&pages.html);
}
