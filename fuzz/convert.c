/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of packets, patterns or a signature in other formats: what is written is well-formed, and
 * to convert it again to the same format gives the same bytes. So does the way from CSV by JSON
 * lines and back.
 */
#include "fuzz.h"

/* NULL: it cannot be read, or held nothing. */
static struct iotsig_output *convert(struct iotsig_context *context, const char *path,
                                     enum iotsig_format format)
{
    const struct iotsig_style style = fuzz_style(format);
    struct iotsig_output *output = fuzz_output(context);
    if (iotsig_convert(context, path, NULL, output, &style, NULL) == 0)
        return output;
    iotsig_output_free(output); /* what was whole has been written, and may be no whole array */
    return NULL;
}

static void require_again(struct iotsig_context *context, const struct iotsig_output *first,
                          const char *path, enum iotsig_format format)
{
    struct iotsig_output *again = convert(context, path, format);
    REQUIRE(again != NULL);
    fuzz_same(first, again);
    fuzz_well_formed(again, format);
}

/* JSON lines, whose labels are UTF-8 and so stay what they are, as CSV and back. */
static void go_round(struct iotsig_context *context, const struct iotsig_output *lines)
{
    struct iotsig_output *rows = convert(context, fuzz_file_of(lines), IOTSIG_FORMAT_CSV);
    REQUIRE(rows != NULL);
    struct iotsig_output *back = convert(context, fuzz_file_of(rows), IOTSIG_FORMAT_JSONL);
    REQUIRE(back != NULL);
    require_again(context, rows, fuzz_file_of(back), IOTSIG_FORMAT_CSV);
    fuzz_well_formed(back, IOTSIG_FORMAT_JSONL);
    fuzz_well_formed(rows, IOTSIG_FORMAT_CSV);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        struct iotsig_output *first = convert(context, fuzz_file(data, size), format);
        if (first == NULL)
            break;
        if (format != IOTSIG_FORMAT_TEXT && !iotsig_output_is_empty(first))
            require_again(context, first, fuzz_file_of(first), format);
        if (format == IOTSIG_FORMAT_JSONL && !iotsig_output_is_empty(first))
            go_round(context, first);
        fuzz_well_formed(first, format);
    }
    iotsig_context_free(context);
    return 0;
}
