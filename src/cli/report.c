/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command report. */
#define _GNU_SOURCE
#include <limits.h>

#include "cli/cli.h"

struct reporting {
    struct run *run;
    struct iotsig_report *report;
};

static bool add_capture(void *user, const char *path, struct iotsig_features *features)
{
    struct reporting *reporting = user;
    struct iotsig_error error;
    if (iotsig_report_add_features(reporting->report, path, features, &error) == 0)
        return true;
    cli_fail(reporting->run, &error);
    return false;
}

/* Captures are looked at as those were that the signature was learned from. */
static void read_features(struct run *run, struct iotsig_report *report)
{
    struct reporting reporting = {run, report};
    struct iotsig_learn_options learned;
    iotsig_learned_options(iotsig_report_learned(report), &learned);
    if (run->settings.features.families == NULL)
        run->settings.features.families = learned.families;
    run->settings.features.spells = true;
    (void)cli_read_each(run, run->settings.inputs + 1, run->settings.input_count - 1, add_capture,
                        &reporting);
}

/* An extracted signature ends its events by a pause, and so do its captures here. */
static void read_patterns(struct run *run, struct iotsig_report *report)
{
    struct iotsig_error error;
    if (!run->settings.timeout_given && iotsig_report_timeout(report) >= 0)
        run->settings.options.timeout_ns = iotsig_report_timeout(report);
    struct iotsig_patterns *patterns = cli_new_patterns(run, true);
    if (patterns == NULL)
        return;
    for (int i = 1; i < run->settings.input_count && !cli_is_over(run); i++)
        cli_read_input(run, patterns, i);
    if (!cli_is_over(run) && iotsig_report_add_patterns(report, patterns, &error) != 0)
        cli_fail(run, &error);
    iotsig_patterns_free(patterns);
}

static bool read_captures(struct run *run, struct iotsig_report *report)
{
    if (iotsig_report_learned(report) != NULL)
        read_features(run, report);
    else if (run->settings.features_given)
        cli_fail_at(run, IOTSIG_ERR_ARGUMENT, run->settings.inputs[0],
                    "--self and --families are for learned signatures; this is none");
    else
        read_patterns(run, report);
    return !cli_is_over(run);
}

static void write_report(struct run *run, const struct iotsig_report *report)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    int status = iotsig_report_write(report, run->output, &error);
    cli_end_output(run, status, &error, iotsig_report_rows(report) == 0);
}

static struct iotsig_report *new_report(struct run *run)
{
    struct iotsig_report *report = NULL;
    struct iotsig_error error;
    struct iotsig_options *options = &run->settings.options;
    int64_t features_ns = options->timeout_ns;
    if (!run->settings.timeout_given)
        options->timeout_ns = IOTSIG_TIMEOUT_DEFAULT; /* of flows */
    if (iotsig_report_new(&report, run->context, run->settings.inputs[0], options, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_report_learned(report) != NULL)
        options->timeout_ns = features_ns;
    return report;
}

static void perform_report(struct run *run)
{
    struct iotsig_report *report = new_report(run);
    if (report != NULL && read_captures(run, report))
        write_report(run, report);
    iotsig_report_free(report);
}

const struct command command_report = {
    .name = "report",
    .arguments = "SIGNATURE [INPUT...]",
    .summary = "make a page of a signature and of captures that have it",
    .description =
        "Reads a learned or an extracted signature, and writes an HTML page of what it holds.\n"
        "Of captures that are given it shows how much of the signature each has, what is missing,\n"
        "and when each feature or flow is seen. It loads and runs nothing.\n",
    .needs = NEEDS_THREADS | NEEDS_INCLUDES,
    .groups = GROUP_CAPTURES | GROUP_REPORT,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_report};
