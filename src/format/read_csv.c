/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV (RFC 4180): each row becomes a record, as if it had been written as JSON. */
#include "base/error.h"
#include "base/text.h"
#include "capture/json.h"
#include "format/read.h"

#define FIELDS_MAX 64
#define ROW_MAX ((size_t)64 * 1024 * 1024)

struct row {
    const struct iotsig_allocator *allocator;
    char *text; /* the fields, one after another, each with a NUL */
    size_t n, capacity;
    size_t field[FIELDS_MAX]; /* where each begins */
    size_t count;
    unsigned long long line; /* where the row begins */
};

struct csv {
    struct iotsig_source *source;
    struct bytes bytes; /* what is buffered, and not read yet */
    size_t used;
    unsigned long long line;
    struct row titles, row;
};

bool iotsig_csv_begins(struct bytes start)
{
    if (bytes_start_with(start, "\xef\xbb\xbf", 3))
        start = (struct bytes){start.p + 3, start.n - 3};
    return bytes_start_with(start, "id,timestamp,", 13) ||
           bytes_start_with(start, "network_protocol,", 17) ||
           bytes_start_with(start, "src,", 4) || bytes_start_with(start, "id,network_protocol,", 20);
}

/* The next byte without moving, -1 at the end, -2 when reading failed (`*status`). */
static int peek(struct csv *csv, int *status, struct iotsig_error *error)
{
    if (csv->used == csv->bytes.n) {
        iotsig_source_advance(csv->source, csv->used);
        csv->used = 0;
        *status = iotsig_source_need(csv->source, 1, &csv->bytes, error);
        if (*status != 0)
            return -2;
        if (csv->bytes.n == 0)
            return -1;
    }
    return csv->bytes.p[csv->used];
}

static bool push(struct row *row, char c)
{
    if (row->n >= ROW_MAX ||
        !iotsig_array_grow(row->allocator, &row->text, &row->capacity, row->n + 1, 1))
        return false;
    row->text[row->n++] = c;
    return true;
}

/* One field, up to the comma or the end of the line, which stay. */
static int read_field(struct csv *csv, struct row *row, struct iotsig_error *error)
{
    int status = 0, c;
    bool quoted = false, was_quoted = false;
    if (row->count == FIELDS_MAX)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "more than %d fields", FIELDS_MAX);
    row->field[row->count++] = row->n;
    while ((c = peek(csv, &status, error)) >= 0) {
        if (!quoted && (c == ',' || c == '\n' || c == '\r'))
            break;
        csv->used++;
        if (c == '\n')
            csv->line++;
        if (c == '"' && quoted && peek(csv, &status, error) == '"')
            csv->used++;
        else if (c == '"' && (quoted || (!was_quoted && row->field[row->count - 1] == row->n))) {
            quoted = !quoted;
            was_quoted = true;
            continue;
        }
        if (!push(row, (char)c))
            return row->n >= ROW_MAX ? iotsig_fail(error, IOTSIG_ERR_FORMAT, "a row is too long")
                                     : iotsig_fail_memory(error);
    }
    if (c == -2)
        return status;
    if (quoted)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a quote is not closed");
    return push(row, '\0') ? 0 : iotsig_fail_memory(error);
}

/* @return 1; 0 at the end of the file */
static int read_row(struct csv *csv, struct row *row, struct iotsig_error *error)
{
    int status = 0, c;
    row->n = row->count = 0;
    while ((c = peek(csv, &status, error)) == '\n' || c == '\r') {
        csv->line += c == '\n' ? 1 : 0;
        csv->used++;
    }
    if (c < 0)
        return c == -1 ? 0 : status;
    row->line = csv->line;
    for (;;) {
        if ((status = read_field(csv, row, error)) != 0)
            return status;
        c = peek(csv, &status, error);
        if (c == -2)
            return status;
        if (c != ',')
            return 1;
        csv->used++;
    }
}

static bool holds_json(const char *title)
{
    return strcmp(title, "application_layer") == 0 || strcmp(title, "application_protocol") == 0 ||
           strcmp(title, "ports") == 0;
}

static int add_member(json_t *record, const char *title, const char *field,
                      struct iotsig_error *error)
{
    json_t *value = NULL;
    if (field[0] == '\0') {
        if (strcmp(title, "timestamp") != 0)
            return 0;
        value = json_null(); /* the column tells packets from flows */
    } else if (holds_json(title)) {
        int status = iotsig_json_parse(field, strlen(field), &value, NULL);
        if (status != 0)
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "the column %s holds no JSON", title);
        if (strcmp(title, "application_protocol") == 0)
            title = "application_layer";
    } else {
        value = json_string(field);
        if (value == NULL)
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a field is no UTF-8");
    }
    return json_object_set_new(record, title, value) == 0 ? 0 : iotsig_fail_memory(error);
}

static int take_row(struct record_reader *reader, const struct csv *csv,
                    struct iotsig_error *error)
{
    const struct row *titles = &csv->titles, *row = &csv->row;
    if (row->count != titles->count)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "%zu fields where there are %zu titles",
                           row->count, titles->count);
    json_t *record = json_object();
    int status = record == NULL ? iotsig_fail_memory(error) : 0;
    for (size_t i = 0; status == 0 && i < row->count; i++)
        status = add_member(record, titles->text + titles->field[i], row->text + row->field[i],
                            error);
    if (status == 0)
        status = iotsig_records_take(reader, record, error);
    json_decref(record);
    return status;
}

int iotsig_csv_read(struct record_reader *reader, struct iotsig_source *source,
                    struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &reader->patterns->context->allocator;
    struct csv csv = {.source = source, .line = 1};
    struct bytes start;
    csv.titles.allocator = csv.row.allocator = allocator;

    int status = iotsig_source_need(source, 3, &start, error);
    if (status == 0 && bytes_start_with(start, "\xef\xbb\xbf", 3))
        iotsig_source_advance(source, 3);
    if (status == 0)
        status = read_row(&csv, &csv.titles, error);
    while (status == 1 && (status = read_row(&csv, &csv.row, error)) == 1) {
        status = take_row(reader, &csv, error);
        if (status == 0)
            status = 1;
    }
    if (status != 0)
        iotsig_fail_at(error, status, "line %llu", csv.row.line > 0 ? csv.row.line : csv.line);
    iotsig_memory_free(allocator, csv.titles.text);
    iotsig_memory_free(allocator, csv.row.text);
    return status;
}
