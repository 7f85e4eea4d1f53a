/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/table.h"

/* No column is made narrower than the first, while that is enough; then none than the second. */
static const size_t narrowest[] = {6, 1};

static const struct text gap = {"  ", 2};
static const struct text ellipsis = {"\xe2\x80\xa6", 3}; /* U+2026, one column */

void iotsig_table_init(struct table *table, const struct iotsig_allocator *allocator,
                       struct iotsig_output *output, const struct iotsig_style *style,
                       const char *const *titles)
{
    *table = (struct table){.output = output, .style = style, .titles = titles};
    iotsig_arena_init(&table->texts, allocator);
    while (titles[table->columns] != NULL)
        table->columns++;
}

static bool is_right(const struct table *table, size_t column)
{
    return table->titles[column][0] == '>';
}

static struct text title_of(const struct table *table, size_t column)
{
    return text_of(table->titles[column] + (is_right(table, column) ? 1 : 0));
}

static size_t widest_of(const struct table *table)
{
    size_t widest = 0;
    for (size_t i = 1; i < table->columns; i++)
        if (table->width[i] > table->width[widest])
            widest = i;
    return widest;
}

/* Takes columns from the widest until the table fits. */
static void fit(struct table *table)
{
    size_t sum = gap.n * (table->columns - 1);
    for (size_t i = 0; i < table->columns; i++)
        sum += table->width[i];
    for (size_t pass = 0; pass < 2 && table->style->width > 0; pass++) {
        size_t widest;
        while (sum > table->style->width &&
               table->width[widest = widest_of(table)] > narrowest[pass]) {
            table->width[widest]--;
            sum--;
        }
    }
}

static void spaces(struct table *table, size_t n)
{
    while (n-- > 0)
        iotsig_output_put(table->output, " ", 1);
}

static void write_cell(struct table *table, size_t column, struct text text)
{
    size_t width = table->width[column];
    bool cut = table->style->width > 0 && text.n > width;
    size_t shown = cut ? width : text.n;
    size_t padding = width > shown ? width - shown : 0;
    bool last = column + 1 == table->columns;

    if (is_right(table, column))
        spaces(table, padding);
    put_text(table->output, (struct text){text.p, cut ? width - 1 : text.n});
    if (cut)
        put_text(table->output, ellipsis);
    if (!is_right(table, column) && !last)
        spaces(table, padding);
    put_text(table->output, last ? TEXT("\n") : gap);
}

/* Finds the widths from the rows there are, and writes the titles. */
static void start(struct table *table)
{
    for (size_t i = 0; i < table->columns; i++)
        table->width[i] = title_of(table, i).n;
    for (size_t i = 0; i < table->cell_count; i++)
        if (table->cells[i].n > table->width[i % table->columns])
            table->width[i % table->columns] = table->cells[i].n;
    fit(table);
    if (table->style->colour)
        put_string(table->output, "\033[1m");
    for (size_t i = 0; i < table->columns; i++)
        write_cell(table, i, title_of(table, i));
    if (table->style->colour)
        put_string(table->output, "\033[0m");
    table->started = true;
}

static void write_rows(struct table *table)
{
    if (!table->started)
        start(table);
    for (size_t i = 0; i < table->cell_count; i++)
        write_cell(table, i % table->columns, table->cells[i]);
    table->cell_count = 0;
    iotsig_arena_reset(&table->texts);
}

void iotsig_table_cell(struct table *table, struct text text)
{
    const char *copy = iotsig_arena_text(&table->texts, text.p, text.n);
    if (table->failed || copy == NULL ||
        !iotsig_array_grow(table->texts.allocator, &table->cells, &table->cell_capacity,
                           table->cell_count + 1, sizeof *table->cells)) {
        table->failed = true;
        return;
    }
    table->cells[table->cell_count++] = (struct text){copy, text.n};
    if (table->cell_count == TABLE_ROWS * table->columns)
        write_rows(table);
}

void iotsig_table_number(struct table *table, uint64_t number)
{
    char digits[20];
    iotsig_table_cell(table,
                      (struct text){digits, (size_t)(iotsig_write_number(digits, number) - digits)});
}

bool iotsig_table_finish(struct table *table)
{
    bool done = !table->failed;
    if (done)
        write_rows(table);
    iotsig_memory_free(table->texts.allocator, table->cells);
    iotsig_arena_fini(&table->texts);
    return done;
}
