/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables for people: columns as wide as what is in them, at most the width of the terminal.
 *
 * The widths are found from the first rows; a longer cell of a later row is cut when the width is
 * limited, else it pushes the others aside.
 */
#ifndef IOTSIG_FORMAT_TABLE_H
#define IOTSIG_FORMAT_TABLE_H

#include "base/memory.h"
#include "base/output.h"
#include "iotsig/format.h"

#define TABLE_COLUMNS 12

/** Rows by which the widths are found. */
#define TABLE_ROWS 512

struct table {
    struct iotsig_output *output;
    const struct iotsig_style *style;
    const char *const *titles; /**< ends with NULL; a title that begins with `>`: to the right */
    size_t columns;
    size_t width[TABLE_COLUMNS];
    bool started; /**< widths are found, and the titles written */
    struct text *cells;
    size_t cell_count, cell_capacity;
    struct iotsig_arena texts; /**< of the cells not written yet */
    bool failed;               /**< no memory */
};

void iotsig_table_init(struct table *table, const struct iotsig_allocator *allocator,
                       struct iotsig_output *output, const struct iotsig_style *style,
                       const char *const *titles);

/** The next cell, from left to right; after the last one the row is complete. */
void iotsig_table_cell(struct table *table, struct text text);

/** A cell with a number. */
void iotsig_table_number(struct table *table, uint64_t number);

/** Writes the rest; false when there was no memory. Frees what the table holds. */
bool iotsig_table_finish(struct table *table);

#endif
