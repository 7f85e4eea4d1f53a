/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is measured, and what people look at: a byte of options, then packets of captures, see
 * build.h. The captures are of two events and of none, in turn. An evaluation adds up; it, and the
 * signatures that are learned and extracted, become pages with all captures in them.
 */
#include <string.h>

#include "build.h"
#include "iotsig/report.h"

static const char *const events[] = {"plug", "hub <x>\"", "plug", NULL};

/* The captures of an input, as features. */
struct input {
    struct iotsig_features *features[BUILD_CAPTURES];
    size_t count;
};

static void read_input(struct input *input, struct iotsig_context *context, struct cursor at)
{
    const struct iotsig_feature_options options = {.spells = true};
    struct bytes capture;
    input->count = 0;
    while (input->count < BUILD_CAPTURES && fuzz_build(&at, &capture)) {
        struct iotsig_features **features = &input->features[input->count];
        int status = iotsig_features_read(features, context, fuzz_file(capture.p, capture.n), NULL,
                                          &options, NULL);
        REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT);
        input->count += status == 0;
    }
}

static void free_input(struct input *input)
{
    for (size_t i = 0; i < input->count; i++)
        iotsig_features_free(input->features[i]);
}

static struct iotsig_corpus *corpus_of(const struct input *input, struct iotsig_context *context)
{
    struct iotsig_corpus *corpus;
    REQUIRE(iotsig_corpus_new(&corpus, context, NULL) == 0);
    for (size_t i = 0; i < input->count; i++) {
        const struct iotsig_origin origin = {.name = "<x>&\"\n.pcap",
                                             .size = i,
                                             .device = iotsig_features_self(input->features[i])};
        REQUIRE(iotsig_corpus_add(corpus, events[i % 4], input->features[i], &origin, NULL) == 0);
    }
    return corpus;
}

/* Counts of events, of cells and of verdicts are those of the scores. */
static void require_sums(const struct iotsig_evaluation *evaluation, size_t captures)
{
    struct iotsig_scores scores;
    struct iotsig_event_score event;
    struct iotsig_verdict verdict;
    size_t count = iotsig_evaluation_events(evaluation);
    uint64_t recalled = 0, identified = 0, tested = 0, claims = 0, falsely = 0;
    iotsig_evaluation_scores(evaluation, &scores);
    for (size_t i = 0; i < count; i++) {
        uint64_t cells = iotsig_evaluation_confusion(evaluation, i, IOTSIG_AS_UNKNOWN) +
                         iotsig_evaluation_confusion(evaluation, i, IOTSIG_AS_SEVERAL);
        iotsig_evaluation_event(evaluation, i, &event);
        for (size_t as = 0; as < count; as++)
            cells += iotsig_evaluation_confusion(evaluation, i, as);
        REQUIRE(cells == event.captures);
        REQUIRE(iotsig_evaluation_confusion(evaluation, i, i) == event.identified);
        REQUIRE(event.identified <= event.group_identified && event.recalled <= event.captures);
        recalled += event.recalled;
        identified += event.identified;
        falsely += event.falsely;
    }
    for (size_t i = 0; i < captures; i++) {
        if (!iotsig_evaluation_verdict(evaluation, i, &verdict))
            continue;
        tested++;
        for (size_t j = 0; j < count; j++)
            claims += iotsig_evaluation_claims(evaluation, i, j);
    }
    REQUIRE(scores.recall.part == recalled && scores.recall.whole == tested);
    REQUIRE(scores.identification.part == identified);
    REQUIRE(scores.false_positives.part == falsely && claims == falsely);
    REQUIRE(scores.recall.low <= scores.recall.value && scores.recall.value <= scores.recall.high);
}

static void write_evaluation(const struct iotsig_evaluation *evaluation,
                             const struct iotsig_corpus *corpus,
                             const struct iotsig_evaluate_options *options,
                             struct iotsig_context *context)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_evaluation_write(evaluation, corpus, options, context, output, &style,
                                        NULL) == 0);
        fuzz_well_formed(output, format);
    }
    struct iotsig_output *page = fuzz_output(context);
    iotsig_evaluation_page(evaluation, corpus, options, page);
    fuzz_page(page);
}

static void evaluate(const struct iotsig_corpus *corpus, struct iotsig_context *context,
                     uint8_t choice)
{
    struct iotsig_evaluate_options options = IOTSIG_EVALUATE_DEFAULT;
    struct iotsig_evaluation *evaluation;
    bool test[BUILD_CAPTURES];
    options.folds = 2 + (choice & 3);
    options.foreign = choice >> 2 & 1;
    for (size_t i = 0; i < BUILD_CAPTURES; i++)
        test[i] = i % 3 == 2;
    bool held_out = (choice & 8) != 0;
    int status =
        iotsig_evaluation_new(&evaluation, context, corpus, held_out ? test : NULL, &options, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_EMPTY);
    if (status != 0)
        return;
    for (size_t i = 0; i < iotsig_evaluation_tasks(evaluation); i++)
        REQUIRE(iotsig_evaluation_run(evaluation, i, context, NULL) == 0);
    require_sums(evaluation, iotsig_corpus_count(corpus));
    if (held_out)
        options.folds = 0;
    write_evaluation(evaluation, corpus, &options, context);
    iotsig_evaluation_free(evaluation);
}

/* The report of what an output holds. */
static struct iotsig_report *report_of(struct iotsig_output *output, struct iotsig_context *context)
{
    struct iotsig_report *report;
    REQUIRE(iotsig_report_new(&report, context, fuzz_file_of(output), NULL, NULL) == 0);
    iotsig_output_free(output);
    return report;
}

static void write_report(struct iotsig_report *report, struct iotsig_context *context)
{
    struct iotsig_output *page = fuzz_output(context);
    REQUIRE(iotsig_report_write(report, page, NULL) == 0);
    fuzz_page(page);
    iotsig_report_free(report);
}

static void report_learned(const struct input *input, const struct iotsig_corpus *corpus,
                           struct iotsig_context *context)
{
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_JSON);
    const struct iotsig_learn_options options = IOTSIG_LEARN_DEFAULT;
    struct iotsig_library *library;
    if (iotsig_learn(&library, context, corpus, NULL, &options, NULL) != 0)
        return;
    for (size_t i = 0; i < iotsig_library_count(library); i++) {
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_learned_write(iotsig_library_get(library, i), context, output, &style,
                                     NULL) == 0);
        struct iotsig_report *report = report_of(output, context);
        REQUIRE(iotsig_report_learned(report) != NULL);
        for (size_t j = 0; j < input->count; j++)
            REQUIRE(iotsig_report_add_features(report, "<x>\"&", input->features[j], NULL) == 0);
        write_report(report, context);
    }
    iotsig_library_free(library);
}

static void report_extracted(struct iotsig_context *context, struct cursor at)
{
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_JSON);
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    struct iotsig_signature *signature;
    fuzz_read_captures(patterns, &at);
    if (iotsig_signature_extract(&signature, patterns, "<x>", NULL) == 0) {
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_signature_write(signature, output, &style, NULL) == 0);
        struct iotsig_report *report = report_of(output, context);
        REQUIRE(iotsig_report_add_patterns(report, patterns, NULL) == 0);
        write_report(report, context);
        iotsig_signature_free(signature);
    }
    iotsig_patterns_free(patterns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_context *context = fuzz_context();
    uint8_t choice = cursor_u8(&at);
    struct input input;
    read_input(&input, context, at);
    struct iotsig_corpus *corpus = corpus_of(&input, context);
    evaluate(corpus, context, choice);
    report_learned(&input, corpus, context);
    report_extracted(context, at);
    iotsig_corpus_free(corpus);
    free_input(&input);
    iotsig_context_free(context);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return fuzz_mutate_packets(data, size, room, seed, 1);
}
