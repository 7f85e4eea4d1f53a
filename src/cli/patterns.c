/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that work on patterns: compare, closest, merge, filter, convert. */
#define _GNU_SOURCE
#include <limits.h>

#include "cli/cli.h"

/* Two inputs, a pattern each. */
struct two {
    struct iotsig_patterns *patterns;
    struct iotsig_named_pattern a, b;
};

static bool take_only(struct run *run, const struct iotsig_patterns *patterns, size_t from,
                      int input, struct iotsig_named_pattern *named)
{
    const char *path = run->settings.inputs[input];
    size_t count = iotsig_patterns_count(patterns) - from;
    if (count == 1) {
        *named = (struct iotsig_named_pattern){iotsig_patterns_get(patterns, from), path};
        return true;
    }
    if (count > 1)
        cli_fail_at(run, IOTSIG_ERR_FORMAT, path,
                    "it holds several patterns (make them one with iotsig merge)");
    else
        cli_fail_at(run, IOTSIG_ERR_EMPTY, path, "it holds no pattern");
    return false;
}

/* Reads both; false when they cannot be compared, and it has been said why. */
static bool read_two(struct run *run, struct two *two)
{
    struct iotsig_error error;
    *two = (struct two){0};
    if (iotsig_patterns_new(&two->patterns, run->context, &run->settings.options, false, &error) !=
        0) {
        cli_fail(run, &error);
        return false;
    }
    cli_read_input(run, two->patterns, 0);
    size_t first = iotsig_patterns_count(two->patterns);
    bool good = take_only(run, two->patterns, 0, 0, &two->a);
    if (!cli_is_over(run)) {
        cli_read_input(run, two->patterns, 1);
        good = take_only(run, two->patterns, first, 1, &two->b) && good;
    }
    return good && !cli_is_over(run);
}

static void write_comparison(struct run *run, const struct iotsig_comparison *comparison,
                             const struct two *two)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    bool empty =
        iotsig_pattern_count(two->a.pattern) == 0 && iotsig_pattern_count(two->b.pattern) == 0;
    int status =
        iotsig_comparison_write(comparison, &two->a, &two->b, run->output, &run->style, &error);
    cli_end_output(run, status, &error, empty || !iotsig_comparison_is_equal(comparison));
}

static void perform_compare(struct run *run)
{
    struct two two;
    struct iotsig_comparison *comparison = NULL;
    struct iotsig_error error;
    if (read_two(run, &two)) {
        if (iotsig_compare(&comparison, two.a.pattern, two.b.pattern, &run->settings.options,
                           &error) != 0)
            cli_fail(run, &error);
        else
            write_comparison(run, comparison, &two);
    }
    iotsig_comparison_free(comparison);
    iotsig_patterns_free(two.patterns);
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "A B",
    .summary = "tell what two patterns or signatures have in common, and their distance",
    .description =
        "Reads two captures, patterns or signatures, pairs the flows that match, and prints the\n"
        "distance and the differences of each pair, the flows that only one of them has, and the\n"
        "distance of the whole: the mean over pairs and flows without one, which count 1 each.\n"
        "Exit status 0: the distance is 0; 1: it is not, or neither has a flow.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 2,
    .inputs_max = 2,
    .perform = perform_compare};

static void write_closest(struct run *run, const struct iotsig_closest *closest,
                          const struct two *two)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    int status = iotsig_closest_write(closest, &two->a, &two->b, run->output, &run->style, &error);
    cli_end_output(run, status, &error, iotsig_pattern_count(two->a.pattern) == 0);
}

static void perform_closest(struct run *run)
{
    struct two two;
    struct iotsig_closest *closest = NULL;
    struct iotsig_error error;
    if (read_two(run, &two)) {
        if (iotsig_closest_new(&closest, two.a.pattern, two.b.pattern, &run->settings.options,
                               &error) != 0)
            cli_fail(run, &error);
        else
            write_closest(run, closest, &two);
    }
    iotsig_closest_free(closest);
    iotsig_patterns_free(two.patterns);
}

const struct command command_closest = {
    .name = "closest",
    .arguments = "A B",
    .summary = "find for each flow of one pattern the closest of another",
    .description = "Reads two captures, patterns or signatures, and prints for each flow of A the\n"
                   "flow of B at the smallest distance, the first of several, with the\n"
                   "distance and the differences.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 2,
    .inputs_max = 2,
    .perform = perform_closest};

static void merge(struct run *run, struct iotsig_patterns *patterns)
{
    struct iotsig_error error;
    char name[NAME_MAX + 1];
    cli_name(&run->settings, name, sizeof name);
    if (iotsig_patterns_merge(patterns, name, &error) != 0)
        cli_fail(run, &error);
    else
        cli_write_patterns(run, patterns, false);
}

static void perform_merge(struct run *run)
{
    cli_with_patterns(run, false, merge);
}

const struct command command_merge = {
    .name = "merge",
    .arguments = "INPUT...",
    .summary = "make the patterns of several inputs one",
    .description =
        "Reads captures, patterns or signatures, and prints one pattern with all their flows, each\n"
        "added to the first that it is matched by.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH | GROUP_NAME,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_merge};

static void filter(struct run *run, struct iotsig_patterns *patterns)
{
    struct iotsig_error error;
    if (run->selection != NULL && iotsig_patterns_select(patterns, run->selection,
                                                         run->settings.invert, &error) != 0)
        cli_fail(run, &error);
    else
        cli_write_patterns(run, patterns, true);
}

static void perform_filter(struct run *run)
{
    cli_with_patterns(run, false, filter);
}

const struct command command_filter = {
    .name = "filter",
    .arguments = "INPUT...",
    .summary = "print the flows that have a host, port, protocol, attribute or identifier",
    .description =
        "Reads captures, patterns or signatures, and prints the flows that were asked for. An option\n"
        "may be given several times: a flow must have one of each kind.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH | GROUP_SELECT,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_filter};

static void perform_convert(struct run *run)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    if (iotsig_convert(run->context, run->settings.inputs[0], &run->settings.options, run->output,
                       &run->style, &error) != 0) {
        cli_fail(run, &error);
        if (iotsig_output_is_empty(run->output))
            return; /* a file that is there already is better than none of its kind */
    }
    cli_close_output(run);
}

const struct command command_convert = {
    .name = "convert",
    .arguments = "FILE",
    .summary = "write a file of packets, patterns or a signature in another format",
    .description = "Reads a file that iotsig has written, one of the older Python package, or a\n"
                   "profile, and writes the same in another format. Nothing is lost between JSON, JSON\n"
                   "lines and CSV but what the manual tells.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = 1,
    .perform = perform_convert};
