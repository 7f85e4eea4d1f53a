/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture/json.h"

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

    pull->status = iotsig_source_need(pull->source, room < PIECE ? room : PIECE, &bytes,
                                      pull->error);
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

static int fail(struct iotsig_error *error, const json_error_t *reason)
{
    enum json_error_code code = json_error_code(reason);
    if (code == json_error_out_of_memory)
        return iotsig_fail_memory(error);
    char text[JSON_ERROR_TEXT_LENGTH * IOTSIG_ESCAPED_MAX + 1];
    struct text what = text_of(reason->text);
    text[iotsig_escape(text, sizeof text - 1, (struct bytes){(const uint8_t *)what.p, what.n})] =
        '\0';
    iotsig_fail(error, IOTSIG_ERR_FORMAT, "JSON: %.200s", text);
    return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "line %d", reason->line);
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
    json_t *root = json_load_callback(pull, &from, JSON_REJECT_DUPLICATES, &reason);
    if (from.status != 0) {
        json_decref(root);
        return from.status;
    }
    if (root == NULL)
        return fail(error, &reason);
    *out = root;
    return 0;
}

int iotsig_json_parse(const char *text, size_t n, json_t **out, struct iotsig_error *error)
{
    json_error_t reason;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &reason);
    if (root == NULL)
        return fail(error, &reason);
    *out = root;
    return 0;
}
