/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture/lines.h"

#include "base/error.h"

/* What the buffer is asked for at first: most lines are shorter. */
#define LINE_USUAL 4096

/* The next line in `*line`, with its end; empty at the end of the source. */
static int next_line(struct iotsig_source *source, struct bytes *line, struct iotsig_error *error)
{
    for (size_t want = LINE_USUAL;; want = want < IOTSIG_SOURCE_MAX / 4 ? want * 4 : IOTSIG_SOURCE_MAX) {
        struct bytes seen;
        int status = iotsig_source_need(source, want, &seen, error);
        if (status != 0)
            return status;
        const uint8_t *end = seen.n == 0 ? NULL : memchr(seen.p, '\n', seen.n);
        if (end != NULL || seen.n < want) {
            *line = (struct bytes){seen.p, end == NULL ? seen.n : (size_t)(end - seen.p) + 1};
            return 0;
        }
        if (want == IOTSIG_SOURCE_MAX)
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a line of over 1 MiB (is this text?)");
    }
}

int iotsig_lines(struct iotsig_source *source, iotsig_line_function *each, void *user,
                 struct iotsig_error *error)
{
    for (unsigned long long number = 1;; number++) {
        struct bytes line = {NULL, 0};
        int status = next_line(source, &line, error);
        if (status == 0 && line.n == 0)
            return 0;
        if (status == 0) {
            struct text text = {(const char *)line.p, line.n};
            text = text_chop(text_chop(text, '\n'), '\r');
            status = each(user, text, error);
        }
        if (status != 0) {
            iotsig_fail_at(error, status, "line %llu", number);
            return iotsig_fail_in(error, status, iotsig_source_name(source));
        }
        iotsig_source_advance(source, line.n);
    }
}
