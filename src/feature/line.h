/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a feature while it is put together; what is too long is cut. */
#ifndef IOTSIG_FEATURE_LINE_H
#define IOTSIG_FEATURE_LINE_H

#include "base/text.h"

#define LINE_MAX_TEXT 1024

struct line {
    size_t n;
    char text[LINE_MAX_TEXT];
};

static inline void line_text(struct line *line, struct text text)
{
    size_t room = sizeof line->text - line->n, n = text.n < room ? text.n : room;
    if (n > 0)
        memcpy(line->text + line->n, text.p, n);
    line->n += n;
}

static inline void line_string(struct line *line, const char *string)
{
    line_text(line, text_of(string));
}

static inline void line_number(struct line *line, uint64_t number)
{
    char digits[20];
    line_text(line, (struct text){digits, (size_t)(iotsig_write_number(digits, number) - digits)});
}

/** Escapes bytes from the network. */
static inline void line_bytes(struct line *line, struct bytes bytes)
{
    line->n += iotsig_escape(line->text + line->n, sizeof line->text - line->n, bytes);
}

static inline struct text text_of_line(const struct line *line)
{
    return (struct text){line->text, line->n};
}

#endif
