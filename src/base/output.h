/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small pieces of text to an output. */
#ifndef IOTSIG_BASE_OUTPUT_H
#define IOTSIG_BASE_OUTPUT_H

#include "base/text.h"
#include "iotsig/output.h"

/** A string that ends with a NUL. */
static inline void put_string(struct iotsig_output *output, const char *string)
{
    iotsig_output_put(output, string, strlen(string));
}

static inline void put_text(struct iotsig_output *output, struct text text)
{
    iotsig_output_put(output, text.p, text.n);
}

void iotsig_put_number(struct iotsig_output *output, uint64_t value);

/** The longest text of a time. */
#define IOTSIG_TIME_TEXT 32

/** "1724059939.123456": seconds with the decimals that the time has; returns the end. */
char *iotsig_write_time(char *to, struct iotsig_time time);

void iotsig_put_time(struct iotsig_output *output, struct iotsig_time time);

/** A text as a JSON string (RFC 8259), quotes included; bytes that are no UTF-8 become U+FFFD. */
void iotsig_put_json(struct iotsig_output *output, struct text text);

/** A member of a JSON object: `name` as it is, such as `,"event":`, and a text, or null for NULL. */
void iotsig_put_member(struct iotsig_output *output, const char *name, const char *text);

/** The same of a number, and of a time, null for none. */
void iotsig_put_number_member(struct iotsig_output *output, const char *name, uint64_t value);
void iotsig_put_time_member(struct iotsig_output *output, const char *name,
                            struct iotsig_time time);

/**
 * Begins or ends a quoted CSV field: writes a quote, and until the end each quote that is written
 * is doubled (RFC 4180 section 2), whoever writes it.
 */
void iotsig_output_quote(struct iotsig_output *output, bool begin);

/** A text as a CSV field (RFC 4180), quoted where it must be. */
void iotsig_put_csv(struct iotsig_output *output, struct text text);

#endif
