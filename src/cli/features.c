/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command features. */
#define _GNU_SOURCE
#include <limits.h>

#include "cli/cli.h"

struct writing {
    struct run *run;
    struct iotsig_feature_writer *writer;
    size_t count;
    bool failed;
};

static bool put_features(void *user, int i, struct iotsig_features *features)
{
    struct writing *writing = user;
    struct run *run = writing->run;
    struct iotsig_error error;
    writing->count += iotsig_features_count(features);
    int status =
        iotsig_feature_writer_put(writing->writer, run->settings.inputs[i], features, &error);
    if (status == 0 && !run->settings.strict)
        status = iotsig_output_flush(run->output, &error);
    if (status != 0)
        cli_fail(run, &error);
    writing->failed = status != 0;
    return status == 0;
}

static void perform_features(struct run *run)
{
    struct writing writing = {.run = run};
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    if (iotsig_feature_writer_new(&writing.writer, run->context, run->output, &run->style,
                                  &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    cli_read_features(run, run->settings.inputs, run->settings.input_count, put_features, &writing);
    if (writing.count == 0 && !writing.failed)
        cli_raise(run, EXIT_NOTHING);
    iotsig_feature_writer_free(writing.writer);
    cli_close_output(run);
}

const struct command command_features = {
    .name = "features",
    .arguments = "CAPTURE...",
    .summary = "print the features of captures that signatures are learned from",
    .description =
        "Reads captures, finds the device that each is of, and prints its features: whom it talks "
        "to\n"
        "and how, in texts that are the same for every unit of a product and in every home.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_FEATURES,
    .needs = NEEDS_THREADS,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_features};
