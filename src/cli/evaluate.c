/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that measures what learned signatures are worth. */
#include <stdlib.h>

#include "cli/cli.h"

struct evaluating {
    struct run *run;
    struct iotsig_corpus *corpus;
    struct iotsig_evaluation *evaluation;
    struct cli_workers *workers; /* whose contexts hold results */
    bool *test;                  /* of each capture, or NULL */
};

static int run_task(void *user, size_t i, struct iotsig_context *context,
                    struct iotsig_error *error)
{
    return iotsig_evaluation_run(user, i, context, error);
}

/* What is learned against, and the captures of --test, which are the last ones then. */
static bool read_others(struct evaluating *it)
{
    const struct settings *settings = &it->run->settings;
    if (!cli_read_against(it->run, it->corpus))
        return false;
    size_t learned = iotsig_corpus_count(it->corpus);
    for (int i = 0; i < settings->test_count; i++)
        if (!cli_read_events(it->run, it->corpus, settings->tests[i]))
            return false;
    if (settings->test_count == 0)
        return true;
    it->test = calloc(iotsig_corpus_count(it->corpus) + 1, sizeof *it->test);
    if (it->test == NULL) {
        cli_fail_memory(it->run);
        return false;
    }
    for (size_t i = learned; i < iotsig_corpus_count(it->corpus); i++)
        it->test[i] = true;
    return true;
}

/* In the format that was asked for. */
static int write_evaluation(struct evaluating *it, const struct iotsig_evaluate_options *options,
                            struct iotsig_error *error)
{
    struct run *run = it->run;
    if (run->style.format != IOTSIG_FORMAT_HTML)
        return iotsig_evaluation_write(it->evaluation, it->corpus, options, run->context,
                                       run->output, &run->style, error);
    iotsig_evaluation_page(it->evaluation, it->corpus, options, run->output);
    return 0;
}

static void write(struct evaluating *it, const struct iotsig_evaluate_options *options)
{
    struct run *run = it->run;
    struct iotsig_error error;
    struct iotsig_scores scores;
    if (!cli_open_output(run))
        return;
    iotsig_evaluation_scores(it->evaluation, &scores);
    int status = write_evaluation(it, options, &error);
    cli_end_output(run, status, &error, scores.signatures == 0);
}

static void evaluate(struct evaluating *it)
{
    struct run *run = it->run;
    struct iotsig_evaluate_options options = run->settings.evaluate;
    struct iotsig_error error;
    options.learn = run->settings.learn;
    options.learn.families = run->settings.features.families;
    if (iotsig_evaluation_new(&it->evaluation, run->context, it->corpus, it->test, &options,
                              &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    if (cli_run_tasks(run, iotsig_evaluation_tasks(it->evaluation), run_task, it->evaluation,
                      &it->workers))
        write(it, &options);
}

static void perform_evaluate(struct run *run)
{
    struct evaluating it = {.run = run, .corpus = cli_new_corpus(run)};
    if (it.corpus != NULL && cli_read_events(run, it.corpus, run->settings.inputs[0]) &&
        read_others(&it))
        evaluate(&it);
    iotsig_evaluation_free(it.evaluation);
    cli_workers_free(it.workers);
    iotsig_corpus_free(it.corpus);
    free(it.test);
}

const struct command command_evaluate = {
    .name = "evaluate",
    .arguments = "DIR",
    .summary = "measure how good the signatures are that captures give",
    .description =
        "Reads DIR/EVENT/CAPTURE..., learns signatures from some of the captures, and tests them\n"
        "with the others: how many are recognised, how many are taken for another event, and how\n"
        "many of an event that was not learned are claimed.\n",
    .groups = GROUP_CAPTURES | GROUP_FEATURES | GROUP_LEARN | GROUP_EVALUATE,
    .needs = NEEDS_THREADS,
    .inputs_min = 1,
    .inputs_max = 1,
    .perform = perform_evaluate};
