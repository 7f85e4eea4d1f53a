/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV (RFC 4180): each row becomes a record, as if it had been written as JSON. */
#include <strings.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/json.h"
#include "format/old.h"
#include "format/read.h"
#include "iotsig/format.h"

#define FIELDS_MAX 256
#define ROW_MAX    ((size_t)256 * 1024 * 1024)

struct row {
    const struct iotsig_allocator *allocator;
    char *text; /* the fields, one after another, each with a NUL */
    size_t n, capacity;
    size_t field[FIELDS_MAX + 1]; /* where each begins; that behind the last: where it would */
    size_t count;
    unsigned long long line; /* where the row begins */
    bool after_empty;        /* a line without anything is in front of it */
};

/* What is in a column. */
enum content { CONTENT_TEXT, CONTENT_NUMBER, CONTENT_LAYER, CONTENT_PORTS };

struct column {
    const char *title, *member;
    enum content content;
};

static const struct column columns[] = {
    {"id", "id", CONTENT_NUMBER},
    {"timestamp", "timestamp", CONTENT_NUMBER},
    {"capture", "capture", CONTENT_TEXT},
    {"network_protocol", "network_protocol", CONTENT_TEXT},
    {"src", "src", CONTENT_TEXT},
    {"dst", "dst", CONTENT_TEXT},
    {"transport_protocol", "transport_protocol", CONTENT_TEXT},
    {"sport", "sport", CONTENT_NUMBER},
    {"dport", "dport", CONTENT_NUMBER},
    {"application_layer", "application_layer", CONTENT_LAYER},
    {"application_protocol", "application_layer", CONTENT_LAYER}, /* its old title */
    {"length", "length", CONTENT_NUMBER},
    {"ports", "ports", CONTENT_PORTS},
    {"count", "count", CONTENT_NUMBER},
    {"packets", "packets", CONTENT_NUMBER},
    {"bytes", "bytes", CONTENT_NUMBER},
    {"first", "first", CONTENT_NUMBER},
    {"last", "last", CONTENT_NUMBER},
    {"input", "input", CONTENT_TEXT},
};

#define COLUMNS (sizeof columns / sizeof *columns)

struct csv {
    struct iotsig_source *source;
    struct bytes bytes; /* what is buffered, and not read yet */
    size_t used;
    unsigned long long line;
    struct row row;
    const struct column *column[FIELDS_MAX]; /* of each field; NULL: it does not count */
    size_t column_count;
};

static struct text field_of(const struct row *row, size_t i)
{
    return (struct text){row->text + row->field[i], row->field[i + 1] - row->field[i] - 1};
}

static const struct column *column_of(struct text title)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (text_equal(title, text_of(columns[i].title)))
            return &columns[i];
    return NULL;
}

/* The next title of a first line, and past it. */
static struct text next_title(struct cursor *at)
{
    struct bytes rest = cursor_rest(at);
    size_t comma = bytes_find(rest, ',');
    struct bytes title = cursor_take(at, comma);
    cursor_skip(at, 1);
    struct text text = {(const char *)title.p, title.n};
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = (struct text){text.p + 1, text.n - 2};
    return text;
}

/* Whatever else a file has, and in which order: it tells the two hosts. */
bool iotsig_csv_begins(struct bytes start)
{
    if (bytes_start_with(start, "\xef\xbb\xbf", 3))
        start = (struct bytes){start.p + 3, start.n - 3};
    size_t end = bytes_find(start, '\n'), carriage = bytes_find(start, '\r');
    struct cursor at = cursor_of((struct bytes){start.p, carriage < end ? carriage : end});
    bool src = false, dst = false;
    while (at.left > 0) {
        struct text title = next_title(&at);
        src = src || text_equal(title, TEXT("src"));
        dst = dst || text_equal(title, TEXT("dst"));
    }
    return src && dst;
}

/* The next byte without moving, -1 at the end, -2 when reading failed (`*status`). */
static int peek(struct csv *csv, int *status, struct iotsig_error *error)
{
    if (csv->used == csv->bytes.n) {
        iotsig_source_advance(csv->source, csv->used);
        csv->used = csv->bytes.n = 0;
        *status = iotsig_source_need(csv->source, 1, &csv->bytes, error);
        if (*status != 0) {
            csv->bytes.n = 0;
            return -2;
        }
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
    if (!push(row, '\0'))
        return iotsig_fail_memory(error);
    row->field[row->count] = row->n;
    return 0;
}

/* @return 1; 0 at the end of the file */
static int read_row(struct csv *csv, struct row *row, struct iotsig_error *error)
{
    int status = 0, c;
    unsigned long long before = csv->line;
    row->n = row->count = 0;
    while ((c = peek(csv, &status, error)) == '\n' || c == '\r') {
        csv->line += c == '\n' ? 1 : 0;
        csv->used++;
    }
    row->after_empty = csv->line > before + 1;
    if (c < 0)
        return c == -1 ? 0 : status;
    row->line = csv->line;
    for (;;) {
        if ((status = read_field(csv, row, error)) != 0)
            return status;
        if (peek(csv, &status, error) != ',')
            return 1;
        csv->used++;
    }
}

/* How Python and pandas write that there is nothing. */
static bool says_nothing(struct text field)
{
    static const char *const words[] = {"none", "nan", "nat", "<na>"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (field.n == strlen(words[i]) && strncasecmp(field.p, words[i], field.n) == 0)
            return true;
    return field.n == 0;
}

/* Ours is JSON; what begins with a brace and a quote can be nothing else. */
static int layer_value(const struct iotsig_allocator *allocator, struct text field, json_t **value,
                       struct iotsig_error *error)
{
    struct bytes bytes = {(const uint8_t *)field.p, field.n};
    int status = iotsig_json_parse(field.p, field.n, value, error);
    if (status == 0 && json_object_size(*value) > 0)
        return 0;
    if (status == 0)
        json_decref(*value);
    else if (status != IOTSIG_ERR_FORMAT || bytes_start_with(bytes, "{\"", 2))
        return status;
    return iotsig_old_layer(allocator, field, value, error);
}

/* A field as a member. Texts may be any bytes: they are escaped where they are taken. */
static int value_of(const struct iotsig_allocator *allocator, const struct column *column,
                    struct text field, json_t **value, struct iotsig_error *error)
{
    int status = 0;
    *value = NULL;
    if (field.n == 0 || (column->content != CONTENT_TEXT && says_nothing(field)))
        *value = json_null();
    else if (column->content == CONTENT_LAYER)
        status = layer_value(allocator, field, value, error);
    else if (column->content == CONTENT_PORTS)
        status = iotsig_json_parse(field.p, field.n, value, error);
    else
        *value = json_stringn_nocheck(field.p, field.n);
    if (status != 0 && error != NULL)
        error->position[0] = '\0'; /* the line within the field */
    return status == 0 && *value == NULL ? iotsig_fail_memory(error) : status;
}

static int take_row(struct record_reader *reader, const struct csv *csv, struct iotsig_error *error)
{
    const struct row *row = &csv->row;
    if (row->count != csv->column_count)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "%zu fields where there are %zu titles",
                           row->count, csv->column_count);
    int status = row->after_empty ? iotsig_records_finish(reader, error) : 0;
    if (status != 0)
        return status;
    json_t *record = json_object();
    if (record == NULL)
        return iotsig_fail_memory(error);
    for (size_t i = 0; status == 0 && i < row->count; i++) {
        const struct column *column = csv->column[i];
        json_t *value;
        if (column == NULL)
            continue;
        status = value_of(row->allocator, column, field_of(row, i), &value, error);
        if (status == 0 && json_object_set_new(record, column->member, value) != 0)
            status = iotsig_fail_memory(error);
        if (status == IOTSIG_ERR_FORMAT)
            iotsig_fail_at(error, status, "column %s", column->title);
    }
    if (status == 0)
        status = iotsig_records_take(reader, record, error);
    json_decref(record);
    return status;
}

/* Which field is what. A member that two columns have is read from the title that is newer. */
static int take_titles(struct csv *csv, struct iotsig_error *error)
{
    csv->column_count = csv->row.count;
    for (size_t i = 0; i < csv->row.count; i++) {
        const struct column *column = column_of(field_of(&csv->row, i));
        csv->column[i] = column;
        for (size_t j = 0; column != NULL && j < i; j++) {
            if (csv->column[j] == column)
                return iotsig_fail(error, IOTSIG_ERR_FORMAT, "the column %s is there twice",
                                   column->title);
            if (csv->column[j] != NULL && strcmp(csv->column[j]->member, column->member) == 0)
                csv->column[column > csv->column[j] ? i : j] = NULL;
        }
    }
    return 1;
}

int iotsig_csv_read(struct record_reader *reader, struct iotsig_source *source,
                    struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &reader->patterns->context->allocator;
    struct csv csv = {.source = source, .line = 1, .row = {.allocator = allocator}};
    struct bytes start;
    reader->word = "column";

    int status = iotsig_source_need(source, 3, &start, error);
    if (status == 0 && bytes_start_with(start, "\xef\xbb\xbf", 3))
        iotsig_source_advance(source, 3);
    if (status == 0 && (status = read_row(&csv, &csv.row, error)) == 1)
        status = take_titles(&csv, error);
    while (status == 1 && (status = read_row(&csv, &csv.row, error)) == 1) {
        status = take_row(reader, &csv, error);
        if (status == 0)
            status = 1;
    }
    if (status != 0)
        iotsig_fail_within(error, status, ", ", "line %llu",
                           csv.row.line > 0 ? csv.row.line : csv.line);
    iotsig_memory_free(allocator, csv.row.text);
    return status;
}

int iotsig_layer_read(struct iotsig_layer **out, struct iotsig_context *context, const char *text,
                      struct iotsig_error *error)
{
    json_t *value;
    if (says_nothing(text_of(text))) {
        *out = NULL;
        return 0;
    }
    int status = layer_value(&context->allocator, text_of(text), &value, error);
    if (status != 0)
        return status;
    if (json_is_null(value))
        *out = NULL;
    else
        status = iotsig_record_layer(out, context, value, error);
    json_decref(value);
    return status;
}
