/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What two captures have in common.
 *
 * cc -o compare compare.c $(pkg-config --cflags --libs libiotsig)
 * ./compare plug-1.pcap plug-2.pcap
 */
#include <stdio.h>

#include <iotsig/format.h>

static int compare(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                   struct iotsig_error *error)
{
    struct iotsig_comparison *comparison;
    struct iotsig_output *output;
    const struct iotsig_style style = {IOTSIG_FORMAT_TEXT, 0, false};
    struct iotsig_named_pattern two[2];
    for (size_t i = 0; i < 2; i++) {
        two[i].pattern = iotsig_patterns_get(patterns, i);
        two[i].name = iotsig_patterns_input(patterns, i);
    }
    int status = iotsig_compare(&comparison, two[0].pattern, two[1].pattern, NULL, error);
    if (status != 0)
        return status;
    status = iotsig_output_open(&output, context, "-", error);
    if (status == 0) {
        status = iotsig_comparison_write(comparison, &two[0], &two[1], output, &style, error);
        int closed = iotsig_output_commit(output, status == 0 ? error : NULL);
        status = status != 0 ? status : closed;
    }
    iotsig_comparison_free(comparison);
    return status;
}

int main(int argc, char **argv)
{
    struct iotsig_context *context = NULL;
    struct iotsig_patterns *patterns = NULL;
    struct iotsig_error error = {.message = "two captures, please"};
    int status = iotsig_context_new(&context, NULL, &error);
    if (status == 0)
        status = iotsig_patterns_new(&patterns, context, NULL, false, &error);
    for (int i = 1; status == 0 && i < argc; i++)
        status = iotsig_patterns_read(patterns, argv[i], NULL, NULL, &error);
    if (status == 0)
        status = iotsig_patterns_count(patterns) == 2 ? compare(context, patterns, &error) : 1;
    if (status != 0)
        fprintf(stderr, "%s\n", error.message);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return status != 0;
}
