/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text file, line by line. */
#ifndef IOTSIG_CAPTURE_LINES_H
#define IOTSIG_CAPTURE_LINES_H

#include "base/text.h"
#include "capture/source.h"

/** Looks at one line, without its end. A failure ends the reading. */
typedef int iotsig_line_function(void *user, struct text line, struct iotsig_error *error);

/**
 * Calls `each` for the rest of `source`, line by line; a line has less than IOTSIG_SOURCE_MAX
 * bytes. A failure of `each` gets the file and the line as its place.
 * @return 0, what `each` answered, IOTSIG_ERR_FORMAT (a line is too long), or as
 *         iotsig_source_need()
 */
int iotsig_lines(struct iotsig_source *source, iotsig_line_function *each, void *user,
                 struct iotsig_error *error);

#endif
