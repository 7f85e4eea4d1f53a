/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What writers of rows have in common, each of which is put when it comes. */
#ifndef IOTSIG_FORMAT_ROWS_H
#define IOTSIG_FORMAT_ROWS_H

#include "format/table.h"

/** The first member of a writer, and all that most of them hold. */
struct rows {
    const struct iotsig_allocator *allocator;
    struct iotsig_output *output;
    struct iotsig_style style;
    bool is_table; /**< text is one */
    struct table table;
    size_t count; /**< objects so far */
};

/**
 * Makes a writer, and begins what it writes.
 * @param columns  the head of a CSV file
 * @param titles   of the table that text is; NULL: it is none
 * @return 0, IOTSIG_ERR_ARGUMENT: YAML or HTML, IOTSIG_ERR_MEMORY
 */
int iotsig_rows_new(struct rows **out, struct iotsig_context *context, struct iotsig_output *output,
                    const struct iotsig_style *style, const char *columns,
                    const char *const *titles, struct iotsig_error *error);

/** What stands before an object, an element of an array or a line. */
void iotsig_rows_begin(struct rows *rows);

/** What stands behind it. */
void iotsig_rows_end(struct rows *rows);

/** IOTSIG_ERR_MEMORY when a cell could not be kept. */
int iotsig_rows_check(const struct rows *rows, struct iotsig_error *error);

/** Writes what is still to be written, and frees; NULL is allowed. @return 0, IOTSIG_ERR_MEMORY */
int iotsig_rows_free(struct rows *rows, struct iotsig_error *error);

/** A field of a CSV row that is not its last, empty for NULL. */
void iotsig_put_field(struct iotsig_output *output, const char *text);

#endif
