/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/rows.h"

#include "base/context.h"
#include "base/error.h"
#include "format/cells.h"

int iotsig_rows_new(struct rows **out, struct iotsig_context *context, struct iotsig_output *output,
                    const struct iotsig_style *style, const char *columns,
                    const char *const *titles, struct iotsig_error *error)
{
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    struct rows *rows = iotsig_memory_get(&context->allocator, sizeof *rows);
    if (rows == NULL)
        return iotsig_fail_memory(error);
    *rows = (struct rows){.allocator = &context->allocator, .output = output, .style = *style};
    rows->is_table = style->format == IOTSIG_FORMAT_TEXT && titles != NULL;
    if (rows->is_table)
        iotsig_table_init(&rows->table, rows->allocator, output, &rows->style, titles);
    else if (style->format == IOTSIG_FORMAT_CSV)
        put_string(output, columns);
    else if (style->format == IOTSIG_FORMAT_JSON)
        put_string(output, "[");
    *out = rows;
    return 0;
}

void iotsig_rows_begin(struct rows *rows)
{
    if (rows->style.format == IOTSIG_FORMAT_JSON)
        put_string(rows->output, rows->count == 0 ? "\n" : ",\n");
    rows->count++;
}

void iotsig_rows_end(struct rows *rows)
{
    if (rows->style.format == IOTSIG_FORMAT_JSONL)
        put_string(rows->output, "\n");
}

int iotsig_rows_check(const struct rows *rows, struct iotsig_error *error)
{
    return rows->table.failed ? iotsig_fail_memory(error) : 0;
}

int iotsig_rows_free(struct rows *rows, struct iotsig_error *error)
{
    int status = 0;
    if (rows == NULL)
        return 0;
    if (rows->style.format == IOTSIG_FORMAT_JSON)
        put_string(rows->output, rows->count == 0 ? "]\n" : "\n]\n");
    if (rows->is_table && !iotsig_table_finish(&rows->table))
        status = iotsig_fail_memory(error);
    iotsig_memory_free(rows->allocator, rows);
    return status;
}

void iotsig_put_field(struct iotsig_output *output, const char *text)
{
    iotsig_put_csv(output, text_of(text != NULL ? text : ""));
    put_string(output, ",");
}
