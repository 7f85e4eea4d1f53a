/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command features. */
#define _GNU_SOURCE
#include <limits.h>

#include "cli/cli.h"

/* Reads one capture, and writes its features; false when the output is of no use any more. */
static bool put_capture(struct run *run, struct iotsig_feature_writer *writer, const char *path,
                        size_t *count)
{
    struct iotsig_features *features;
    struct iotsig_error error;
    if (iotsig_features_read(&features, run->context, path, &run->settings.options,
                             &run->settings.features, &error) != 0) {
        cli_fail(run, &error);
        return true;
    }
    cli_progress_clear(run);
    if (iotsig_features_failure(features, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_features_is_cut(features, &error))
        cli_warn(run, &error);
    *count += iotsig_features_count(features);
    int status = 0;
    if (!cli_is_over(run))
        status = iotsig_feature_writer_put(writer, path, features, &error);
    if (status == 0 && !run->settings.strict)
        status = iotsig_output_flush(run->output, &error);
    if (status != 0)
        cli_fail(run, &error);
    iotsig_features_free(features);
    return status == 0;
}

static void perform_features(struct run *run)
{
    struct iotsig_feature_writer *writer;
    struct iotsig_error error;
    size_t count = 0;
    bool wanted = true;
    if (!cli_open_output(run))
        return;
    if (iotsig_feature_writer_new(&writer, run->context, run->output, &run->style, &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    for (int i = 0; wanted && i < run->settings.input_count && !cli_is_over(run); i++)
        wanted = put_capture(run, writer, run->settings.inputs[i], &count);
    iotsig_feature_writer_free(writer);
    cli_close_output(run);
    if (count == 0 && wanted)
        cli_raise(run, EXIT_NOTHING);
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
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_features};
