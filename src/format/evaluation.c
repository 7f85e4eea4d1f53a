/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What signatures are worth: a table and a matrix for people, JSON for programs. */
#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/ratio.h"
#include "format/cells.h"
#include "format/evaluation.h"
#include "iotsig/evaluate.h"

/* Columns of the matrix that are not an event's. */
static const struct {
    size_t as;
    const char *name, *title;
} others[IDENTIFIED_OTHERS] = {{IOTSIG_AS_SEVERAL, "several", "="},
                               {IOTSIG_AS_UNKNOWN, "unknown", "?"}};

/* Features that are told as missing, in tables. */
#define MISSING_MAX 3

struct shown {
    const struct iotsig_evaluation *evaluation;
    const struct iotsig_corpus *corpus;
    const struct iotsig_evaluate_options *options;
    struct iotsig_context *context;
    struct iotsig_output *output;
    const struct iotsig_style *style;
    struct iotsig_scores scores;
};

static const struct measure {
    const char *name, *key;
    size_t offset;
} measures[] = {
    {"recall", "recall", offsetof(struct iotsig_scores, recall)},
    {"false positives", "false_positive_rate", offsetof(struct iotsig_scores, false_positives)},
    {"  outside groups", "outside_groups_rate", offsetof(struct iotsig_scores, outside_groups)},
    {"identification", "identification", offsetof(struct iotsig_scores, identification)},
    {"  by traffic alone", "identification_by_traffic", offsetof(struct iotsig_scores, by_traffic)},
    {"  or as its group", "group_identification",
     offsetof(struct iotsig_scores, group_identification)},
    {"open set", "open_set_rate", offsetof(struct iotsig_scores, open_set)},
};

#define MEASURES (sizeof measures / sizeof *measures)

static const struct iotsig_share *share_of(const struct shown *shown, size_t i)
{
    return (const struct iotsig_share *)(const void *)((const char *)&shown->scores +
                                                       measures[i].offset);
}

const char *iotsig_identified_as(const struct iotsig_evaluation *evaluation, size_t as)
{
    for (size_t i = 0; i < IDENTIFIED_OTHERS; i++)
        if (others[i].as == as)
            return others[i].name;
    return iotsig_evaluation_event_name(evaluation, as);
}

size_t iotsig_identified_column(const struct iotsig_evaluation *evaluation, size_t j)
{
    size_t events = iotsig_evaluation_events(evaluation);
    return j < events ? j : others[j - events].as;
}

bool iotsig_next_missed(const struct iotsig_evaluation *evaluation,
                        const struct iotsig_corpus *corpus, size_t *i,
                        struct iotsig_verdict *verdict)
{
    while (*i < iotsig_corpus_count(corpus))
        if (iotsig_evaluation_verdict(evaluation, (*i)++, verdict) &&
            !(verdict->matches && verdict->identified == verdict->event))
            return true;
    return false;
}

static const char *identified_as(const struct shown *shown, size_t as)
{
    return iotsig_identified_as(shown->evaluation, as);
}

static bool next_missed(const struct shown *shown, size_t *i, struct iotsig_verdict *verdict)
{
    return iotsig_next_missed(shown->evaluation, shown->corpus, i, verdict);
}

/* JSON. */

/* A share from 0 to 1. The C library would write the point as the caller's language does. */
static void put_double(struct iotsig_output *output, double value)
{
    enum { MILLION = 1000000 };
    iotsig_put_ratio_decimal(output,
                             (struct iotsig_ratio){(uint64_t)(value * MILLION + 0.5), MILLION});
}

/* Ends a line, where an object may have several, and indents the next one. */
static void put_break(const struct shown *shown, size_t indent)
{
    static const char line[] = "\n    ";
    if (shown->style->format == IOTSIG_FORMAT_JSON)
        iotsig_output_put(shown->output, line, 1 + indent);
}

static void put_intervals(const struct shown *shown)
{
    struct iotsig_output *output = shown->output;
    put_string(output, ",");
    put_break(shown, 1);
    put_string(output, "\"intervals\":{");
    for (size_t i = 0; i < MEASURES; i++) {
        put_string(output, i == 0 ? "\"" : ",\"");
        put_string(output, measures[i].key);
        put_string(output, "\":[");
        put_double(output, share_of(shown, i)->low);
        put_string(output, ",");
        put_double(output, share_of(shown, i)->high);
        put_string(output, "]");
    }
    put_string(output, "},");
    put_break(shown, 1);
}

static void put_missed(const struct shown *shown, size_t capture,
                       const struct iotsig_verdict *verdict)
{
    struct iotsig_output *output = shown->output;
    struct iotsig_origin origin;
    struct iotsig_trait trait;
    iotsig_corpus_origin(shown->corpus, capture, &origin);
    iotsig_put_member(output, "{\"capture\":", origin.name);
    bool event =
        verdict->identified != IOTSIG_AS_UNKNOWN && verdict->identified != IOTSIG_AS_SEVERAL;
    iotsig_put_member(output,
                      ",\"identified\":", event ? identified_as(shown, verdict->identified) : NULL);
    put_string(output, verdict->identified == IOTSIG_AS_SEVERAL ? ",\"several\":true"
                                                                : ",\"several\":false");
    put_string(output, verdict->matches ? ",\"matches\":true" : ",\"matches\":false");
    put_string(output, ",\"coverage\":");
    iotsig_put_quoted_ratio(output, verdict->coverage);
    put_string(output, ",\"missing\":[");
    for (size_t i = 0; iotsig_evaluation_missing(shown->evaluation, capture, i, &trait); i++) {
        put_string(output, i == 0 ? "" : ",");
        iotsig_put_feature(output, trait.family, trait.text);
    }
    put_string(output, "],\"must_not\":");
    if (verdict->forbidden_text == NULL)
        put_string(output, "null");
    else
        iotsig_put_feature(output, verdict->forbidden_family, verdict->forbidden_text);
    put_string(output, "}");
}

static void put_event(const struct shown *shown, size_t event)
{
    struct iotsig_output *output = shown->output;
    struct iotsig_event_score score;
    struct iotsig_verdict verdict;
    bool any = false;
    iotsig_evaluation_event(shown->evaluation, event, &score);
    iotsig_put_member(output, "{\"event\":", score.event);
    iotsig_put_number_member(output, ",\"n\":", score.captures);
    put_string(output, ",\"recall\":");
    put_double(output, iotsig_share_of(score.recalled, score.captures).value);
    put_string(output, ",\"identification\":");
    put_double(output, iotsig_share_of(score.identified, score.captures).value);
    put_string(output, ",\"group_identification\":");
    put_double(output, iotsig_share_of(score.group_identified, score.captures).value);
    put_string(output, ",\"open_set_rate\":");
    put_double(output, iotsig_share_of(score.claimed, score.captures).value);
    iotsig_put_number_member(output, ",\"false_positives\":", score.falsely);
    put_string(output, score.has_signature ? ",\"signature\":true" : ",\"signature\":false");
    put_string(output, ",\"missed\":[");
    for (size_t i = 0; next_missed(shown, &i, &verdict);) {
        if (verdict.event != event)
            continue;
        put_string(output, any ? "," : "");
        put_break(shown, 3);
        put_missed(shown, i - 1, &verdict);
        any = true;
    }
    put_string(output, "]}");
}

static void put_confusion(const struct shown *shown)
{
    struct iotsig_output *output = shown->output;
    size_t events = iotsig_evaluation_events(shown->evaluation);
    bool any = false;
    put_string(output, "\"confusion\":[");
    for (size_t i = 0; i < events; i++)
        for (size_t j = 0; j < events + IDENTIFIED_OTHERS; j++) {
            size_t as = iotsig_identified_column(shown->evaluation, j);
            uint64_t count = iotsig_evaluation_confusion(shown->evaluation, i, as);
            if (count == 0)
                continue;
            put_string(output, any ? "," : "");
            put_break(shown, 2);
            iotsig_put_member(output, "{\"event\":", identified_as(shown, i));
            iotsig_put_member(output,
                              ",\"identified\":", j < events ? identified_as(shown, j) : NULL);
            put_string(output,
                       as == IOTSIG_AS_SEVERAL ? ",\"several\":true" : ",\"several\":false");
            iotsig_put_number_member(output, ",\"captures\":", count);
            put_string(output, "}");
            any = true;
        }
    put_string(output, "]");
}

static void put_options(const struct shown *shown)
{
    struct iotsig_output *output = shown->output;
    uint32_t folds = iotsig_evaluation_folds(shown->evaluation);
    put_string(output, "\"options\":{\"folds\":");
    if (folds > 0)
        iotsig_put_number(output, folds);
    else
        put_string(output, "null");
    iotsig_put_number_member(output, ",\"seed\":", shown->options->seed);
    iotsig_put_number_member(output, ",\"foreign\":", shown->options->foreign);
    put_string(output, ",\"min_support\":");
    iotsig_put_quoted_ratio(output, shown->options->learn.min_support);
    put_string(output, ",\"min_coverage\":");
    iotsig_put_quoted_ratio(output, shown->options->learn.min_coverage);
    iotsig_put_member(output, ",\"families\":", shown->options->learn.families);
    put_string(output, "},");
    put_break(shown, 1);
}

static void put_json(const struct shown *shown)
{
    struct iotsig_output *output = shown->output;
    const struct iotsig_scores *scores = &shown->scores;
    put_string(output, "{");
    for (size_t i = 0; i < MEASURES; i++) {
        put_string(output, "\"");
        put_string(output, measures[i].key);
        put_string(output, "\":");
        put_double(output, share_of(shown, i)->value);
        put_string(output, ",");
        put_break(shown, 1);
    }
    iotsig_put_number_member(output, "\"signatures\":", scores->signatures);
    iotsig_put_number_member(output, ",\"captures\":", scores->recall.whole);
    iotsig_put_number_member(output, ",\"pairs\":", scores->false_positives.whole);
    iotsig_put_number_member(output, ",\"false_positives\":", scores->false_positives.part);
    iotsig_put_number_member(output,
                             ",\"false_positives_outside_groups\":", scores->outside_groups.part);
    put_intervals(shown);
    put_options(shown);
    put_string(output, "\"events\":[");
    for (size_t i = 0; i < iotsig_evaluation_events(shown->evaluation); i++) {
        put_string(output, i == 0 ? "" : ",");
        put_break(shown, 2);
        put_event(shown, i);
    }
    put_string(output, "],");
    put_break(shown, 1);
    put_confusion(shown);
    put_string(output, "}\n");
}

/* Text. */

static bool put_measures(const struct shown *shown)
{
    static const char *const titles[] = {"", ">share", ">captures", ">of", "95 % interval", NULL};
    struct cell cell = {0};
    struct table table;
    char text[64];
    iotsig_table_init(&table, &shown->context->allocator, shown->output, shown->style, titles);
    for (size_t i = 0; i < MEASURES; i++) {
        const struct iotsig_share *share = share_of(shown, i);
        iotsig_cell_add(&cell, measures[i].name);
        iotsig_cell_put(&cell, &table);
        snprintf(text, sizeof text, "%.2f %%", share->value * 100);
        iotsig_cell_add(&cell, text);
        iotsig_cell_put(&cell, &table);
        iotsig_table_number(&table, share->part);
        iotsig_table_number(&table, share->whole);
        snprintf(text, sizeof text, "%.2f to %.2f %%", share->low * 100, share->high * 100);
        iotsig_cell_add(&cell, text);
        iotsig_cell_put(&cell, &table);
    }
    return iotsig_table_finish(&table);
}

static bool put_events(const struct shown *shown)
{
    static const char *const titles[] = {"#",           "event",    ">captures", ">recalled",
                                         ">identified", ">claimed", ">false",    NULL};
    struct iotsig_event_score score;
    struct cell cell = {0};
    struct table table;
    iotsig_table_init(&table, &shown->context->allocator, shown->output, shown->style, titles);
    for (size_t i = 0; i < iotsig_evaluation_events(shown->evaluation); i++) {
        iotsig_evaluation_event(shown->evaluation, i, &score);
        iotsig_table_number(&table, i + 1);
        iotsig_cell_add(&cell, score.event);
        iotsig_cell_put(&cell, &table);
        iotsig_table_number(&table, score.captures);
        iotsig_table_number(&table, score.recalled);
        iotsig_table_number(&table, score.identified);
        iotsig_table_number(&table, score.claimed);
        iotsig_table_number(&table, score.falsely);
    }
    return iotsig_table_finish(&table);
}

/* A row an event, a column for each that captures are identified as; a point for none. */
static void put_matrix(const struct shown *shown)
{
    size_t events = iotsig_evaluation_events(shown->evaluation);
    char text[32];
    put_string(shown->output, "\nas   ");
    for (size_t j = 0; j < events + IDENTIFIED_OTHERS; j++) {
        if (j < events)
            snprintf(text, sizeof text, " %3zu", j + 1);
        else
            snprintf(text, sizeof text, " %3s", others[j - events].title);
        put_string(shown->output, text);
    }
    for (size_t i = 0; i < events; i++) {
        snprintf(text, sizeof text, "\n%3zu  ", i + 1);
        put_string(shown->output, text);
        for (size_t j = 0; j < events + IDENTIFIED_OTHERS; j++) {
            uint64_t count =
                iotsig_evaluation_confusion(shown->evaluation, i,
                                            iotsig_identified_column(shown->evaluation, j));
            snprintf(text, sizeof text, " %3llu", (unsigned long long)count);
            put_string(shown->output, count == 0 ? "   ." : text);
        }
    }
    put_string(shown->output, "\n(=: several events equally well; ?: unknown)\n");
}

static void add_missing(const struct shown *shown, size_t capture, struct cell *cell)
{
    struct iotsig_trait trait;
    for (size_t i = 0; iotsig_evaluation_missing(shown->evaluation, capture, i, &trait); i++) {
        if (i == MISSING_MAX) {
            iotsig_cell_add(cell, ", ...");
            return;
        }
        iotsig_cell_add(cell, i == 0 ? "without " : ", ");
        iotsig_cell_add(cell, trait.text);
    }
}

static bool put_all_missed(const struct shown *shown)
{
    static const char *const titles[] = {"missed", "identified as", ">coverage", "", NULL};
    struct iotsig_verdict verdict;
    struct iotsig_origin origin;
    struct cell cell = {0};
    struct table table;
    size_t i = 0;
    if (!next_missed(shown, &i, &verdict))
        return true;
    put_string(shown->output, "\n");
    iotsig_table_init(&table, &shown->context->allocator, shown->output, shown->style, titles);
    do {
        iotsig_corpus_origin(shown->corpus, i - 1, &origin);
        iotsig_cell_add(&cell, identified_as(shown, verdict.event));
        iotsig_cell_add(&cell, "/");
        iotsig_cell_add_safe(&cell, origin.name);
        iotsig_cell_put(&cell, &table);
        iotsig_cell_add(&cell, identified_as(shown, verdict.identified));
        iotsig_cell_put(&cell, &table);
        iotsig_cell_add_share(&cell, verdict.coverage);
        iotsig_cell_put(&cell, &table);
        if (verdict.forbidden_text != NULL) {
            iotsig_cell_add(&cell, "must not have ");
            iotsig_cell_add(&cell, verdict.forbidden_text);
        } else {
            add_missing(shown, i - 1, &cell);
        }
        iotsig_cell_put(&cell, &table);
    } while (next_missed(shown, &i, &verdict));
    return iotsig_table_finish(&table);
}

static bool put_pages(const struct shown *shown)
{
    if (!put_measures(shown))
        return false;
    put_string(shown->output, "\n");
    iotsig_put_count(shown->output, shown->scores.signatures, "signature");
    put_string(shown->output, " of ");
    iotsig_put_count(shown->output, shown->scores.events, "event");
    put_string(shown->output, "\n\n");
    if (!put_events(shown))
        return false;
    put_matrix(shown);
    return put_all_missed(shown);
}

/* CSV: a line an event. */
static void put_csv(const struct shown *shown)
{
    struct iotsig_event_score score;
    put_string(shown->output,
               "event,captures,recalled,identified,group_identified,claimed,false_positives\r\n");
    for (size_t i = 0; i < iotsig_evaluation_events(shown->evaluation); i++) {
        iotsig_evaluation_event(shown->evaluation, i, &score);
        iotsig_put_csv(shown->output, text_of(score.event));
        iotsig_put_number_member(shown->output, ",", score.captures);
        iotsig_put_number_member(shown->output, ",", score.recalled);
        iotsig_put_number_member(shown->output, ",", score.identified);
        iotsig_put_number_member(shown->output, ",", score.group_identified);
        iotsig_put_number_member(shown->output, ",", score.claimed);
        iotsig_put_number_member(shown->output, ",", score.falsely);
        put_string(shown->output, "\r\n");
    }
}

int iotsig_evaluation_write(const struct iotsig_evaluation *evaluation,
                            const struct iotsig_corpus *corpus,
                            const struct iotsig_evaluate_options *options,
                            struct iotsig_context *context, struct iotsig_output *output,
                            const struct iotsig_style *style, struct iotsig_error *error)
{
    struct shown shown = {evaluation, corpus, options, context, output, style, {.events = 0}};
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    iotsig_evaluation_scores(evaluation, &shown.scores);
    switch (style->format) {
    case IOTSIG_FORMAT_TEXT: return put_pages(&shown) ? 0 : iotsig_fail_memory(error);
    case IOTSIG_FORMAT_CSV: put_csv(&shown); return 0;
    default: put_json(&shown); return 0;
    }
}
