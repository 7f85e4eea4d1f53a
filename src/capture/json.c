/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture/json.h"

#include <pthread.h>

#include "base/error.h"
#include "base/text.h"

#define PIECE ((size_t)64 * 1024)

bool iotsig_json_begins(struct bytes start)
{
    struct cursor at = cursor_of(start);
    if (bytes_start_with(start, "\xef\xbb\xbf", 3)) /* a byte order mark */
        cursor_skip(&at, 3);
    while (at.left > 0) {
        uint8_t c = cursor_u8(&at);
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return c == '{' || c == '[';
    }
    return false;
}

/* NUL characters are taken, and escaped later like others that do not print; not in keys. */
#define FLAGS ((size_t)JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

/* What jansson's reader pulls from. */
struct pull {
    struct iotsig_source *source;
    size_t left;
    int status;
    struct iotsig_error *error;
};

static size_t pull(void *buffer, size_t room, void *user)
{
    struct pull *pull = user;
    struct bytes bytes;

    pull->status =
        iotsig_source_need(pull->source, room < PIECE ? room : PIECE, &bytes, pull->error);
    if (pull->status != 0)
        return (size_t)-1;
    size_t n = bytes.n < room ? bytes.n : room;
    if (n > pull->left) {
        pull->status = iotsig_fail(pull->error, IOTSIG_ERR_LIMIT, "the JSON file is too large");
        return (size_t)-1;
    }
    if (n > 0)
        memcpy(buffer, bytes.p, n);
    iotsig_source_advance(pull->source, n);
    pull->left -= n;
    return n;
}

/* `before`: lines of the file before those that jansson counts. */
static int fail(struct iotsig_error *error, const json_error_t *reason, unsigned long long before)
{
    char text[JSON_ERROR_TEXT_LENGTH * IOTSIG_ESCAPED_MAX + 1];
    struct text what = text_of(reason->text);
    text[iotsig_escape(text, sizeof text - 1, (struct bytes){(const uint8_t *)what.p, what.n})] =
        '\0';
    iotsig_fail(error, IOTSIG_ERR_FORMAT, "JSON: %.200s", text);
    return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "line %llu",
                          before + (unsigned long long)(reason->line > 0 ? reason->line : 1));
}

/*
 * Of memory that there is not jansson mostly says nothing, or that a token is none, and may go on
 * without a byte of a text. So its allocations are watched, whoever else is asked for them.
 */
static json_malloc_t get_memory;
static json_free_t give_back;
static _Thread_local bool is_starved;

static void *get_watched(size_t size)
{
    void *memory = get_memory(size);
    is_starved = is_starved || memory == NULL;
    return memory;
}

static void watch(void)
{
    json_get_alloc_funcs(&get_memory, &give_back);
    json_set_alloc_funcs(get_watched, give_back);
}

static void begin_making(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch);
    is_starved = false;
}

/* What jansson made since it began. */
static int check_made(json_t *made, json_t **out)
{
    *out = NULL;
    if (is_starved) {
        json_decref(made);
        return IOTSIG_ERR_MEMORY;
    }
    *out = made;
    return made == NULL ? IOTSIG_ERR_FORMAT : 0;
}

static int take_made(json_t *made, json_t **out, const json_error_t *reason,
                     unsigned long long before, struct iotsig_error *error)
{
    int status = check_made(made, out);
    if (status == IOTSIG_ERR_MEMORY)
        return iotsig_fail_memory(error);
    return status == 0 ? 0 : fail(error, reason, before);
}

int iotsig_json_load(struct bytes bytes, size_t flags, json_t **out)
{
    json_error_t reason;
    begin_making();
    return check_made(json_loadb((const char *)bytes.p, bytes.n, flags, &reason), out);
}

int iotsig_json_read(struct iotsig_source *source, size_t max, json_t **out,
                     struct iotsig_error *error)
{
    struct bytes start;
    int status = iotsig_source_need(source, 3, &start, error);
    if (status != 0)
        return status;
    if (bytes_start_with(start, "\xef\xbb\xbf", 3))
        iotsig_source_advance(source, 3);

    struct pull from = {.source = source, .left = max, .error = error};
    json_error_t reason;
    begin_making();
    json_t *root = json_load_callback(pull, &from, FLAGS, &reason);
    if (from.status != 0) {
        json_decref(root);
        return from.status;
    }
    return take_made(root, out, &reason, 0, error);
}

int iotsig_json_parse(const char *text, size_t n, json_t **out, struct iotsig_error *error)
{
    json_error_t reason;
    begin_making();
    return take_made(json_loadb(text, n, FLAGS, &reason), out, &reason, 0, error);
}

/*
 * Streams. jansson reads ahead, so it is given the bytes of one object and no more: where that ends
 * is found by counting brackets outside strings. If they do not match, jansson says so.
 */

struct extent {
    struct pull from;
    size_t depth;
    bool in_string, escaped, ended;
    unsigned long long newlines;
};

/* How many of the bytes belong to the object. */
static size_t scan(struct extent *extent, struct bytes bytes)
{
    struct cursor at = cursor_of(bytes);
    while (at.left > 0 && !extent->ended) {
        uint8_t c = cursor_u8(&at);
        if (c == '\n')
            extent->newlines++;
        if (extent->in_string) {
            extent->in_string = extent->escaped || c != '"';
            extent->escaped = !extent->escaped && c == '\\';
        } else if (c == '"') {
            extent->in_string = true;
        } else if (c == '{' || c == '[') {
            extent->depth++;
        } else if (c == '}' || c == ']') {
            extent->depth -= extent->depth > 0;
            extent->ended = extent->depth == 0;
        }
    }
    return bytes.n - at.left;
}

static size_t pull_extent(void *buffer, size_t room, void *user)
{
    struct extent *extent = user;
    struct pull *from = &extent->from;
    struct bytes bytes;
    if (extent->ended)
        return 0;
    from->status =
        iotsig_source_need(from->source, room < PIECE ? room : PIECE, &bytes, from->error);
    if (from->status != 0)
        return (size_t)-1;
    if (bytes.n > room)
        bytes.n = room;
    size_t n = scan(extent, bytes);
    if (n > from->left) {
        from->status =
            iotsig_fail(from->error, IOTSIG_ERR_LIMIT, "a JSON object is too large to be read");
        return (size_t)-1;
    }
    if (n > 0)
        memcpy(buffer, bytes.p, n);
    iotsig_source_advance(from->source, n);
    from->left -= n;
    return n;
}

void iotsig_json_stream_init(struct json_stream *stream, struct iotsig_source *source, size_t max)
{
    *stream = (struct json_stream){.source = source, .max = max, .line = 1};
}

/* The next byte that is no blank, without moving: `*c`, -1 at the end. */
static int next_byte(struct json_stream *stream, int *c, struct iotsig_error *error)
{
    for (;;) {
        struct bytes bytes;
        int status = iotsig_source_need(stream->source, 3, &bytes, error);
        *c = -1;
        if (status != 0 || bytes.n == 0)
            return status;
        bool mark = !stream->begun && bytes_start_with(bytes, "\xef\xbb\xbf", 3);
        stream->begun = true;
        *c = bytes.p[0];
        if (!mark && *c != ' ' && *c != '\t' && *c != '\r' && *c != '\n')
            return 0;
        stream->line += *c == '\n';
        iotsig_source_advance(stream->source, mark ? 3 : 1);
    }
}

static int fail_here(const struct json_stream *stream, struct iotsig_error *error, const char *what)
{
    iotsig_fail(error, IOTSIG_ERR_FORMAT, "JSON: %s", what);
    return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "line %llu", stream->line);
}

static int read_object(struct json_stream *stream, json_t **out, struct iotsig_error *error)
{
    struct extent extent = {
        .from = {.source = stream->source, .left = stream->max, .error = error}};
    unsigned long long before = stream->line - 1;
    json_error_t reason;
    begin_making();
    json_t *object = json_load_callback(pull_extent, &extent, FLAGS, &reason);
    stream->object_line = stream->line;
    stream->line += extent.newlines;
    if (extent.from.status != 0) {
        json_decref(object);
        iotsig_fail_at(error, extent.from.status, "line %llu", stream->line);
        return extent.from.status;
    }
    int status = take_made(object, out, &reason, before, error);
    return status == 0 ? 1 : status;
}

/* Before an element of an array at the top, or behind its last. @return 1; 0 when it has ended */
static int enter_element(struct json_stream *stream, int *c, struct iotsig_error *error)
{
    int status = 0;
    if (*c == ']') {
        stream->in_array = false;
        stream->element = 0;
        iotsig_source_advance(stream->source, 1);
        return 0;
    }
    if (stream->element > 0 && *c != ',')
        return fail_here(stream, error,
                         *c < 0 ? "an array is not closed" : "no comma between elements");
    if (stream->element > 0) {
        iotsig_source_advance(stream->source, 1);
        status = next_byte(stream, c, error);
    }
    stream->element++;
    return status != 0 ? status : 1;
}

int iotsig_json_stream_next(struct json_stream *stream, json_t **out, struct iotsig_error *error)
{
    for (;;) {
        int c, status = next_byte(stream, &c, error);
        if (status != 0 || (c < 0 && !stream->in_array))
            return status;
        if (!stream->in_array && c == '[') {
            stream->in_array = true;
            iotsig_source_advance(stream->source, 1);
            continue;
        }
        if (stream->in_array && (status = enter_element(stream, &c, error)) <= 0) {
            if (status < 0)
                return status;
            continue;
        }
        if (c != '{')
            return fail_here(stream, error,
                             c < 0 ? "an array is not closed" : "something that is no object");
        return read_object(stream, out, error);
    }
}
