/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The start line of HTTP and its relatives (RFC 9112 sections 3 and 4). */
#ifndef IOTSIG_APP_STARTLINE_H
#define IOTSIG_APP_STARTLINE_H

#include "base/text.h"

struct start_line {
    bool response;       /**< a status line; else a request line */
    const char *method;  /**< one of those asked for; NULL for a status line */
    struct bytes target; /**< without spaces, not empty; empty for a status line */
};

/** The methods of RFC 9110 section 9 and RFC 5789; ends with NULL. */
extern const char *const iotsig_http_methods[];

/**
 * Parses the first line of a payload, which must be whole.
 * @param methods  that a request may have, beside iotsig_http_methods; ends with NULL
 * @return false when it is neither a request line nor a status line
 */
bool iotsig_start_line(struct bytes payload, const char *const *methods, struct start_line *line);

#endif
