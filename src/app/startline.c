/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/startline.h"

const char *const iotsig_http_methods[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                           "CONNECT", "OPTIONS", "TRACE", "PATCH", NULL};

/* "HTTP/d.d" */
static bool is_version(struct bytes word)
{
    return word.n == 8 && bytes_start_with(word, "HTTP/", 5) && is_digit(word.p[5]) &&
           word.p[6] == '.' && is_digit(word.p[7]);
}

/* The next word of a line, and past the space behind it; the rest when there is no space. */
static struct bytes take_word(struct cursor *line)
{
    struct bytes word = cursor_take(line, bytes_find(cursor_rest(line), ' '));
    cursor_take_most(line, 1);
    return word;
}

static const char *find_method(struct bytes word, const char *const *methods)
{
    for (; *methods != NULL; methods++)
        if (text_equal(text_of(*methods), (struct text){(const char *)word.p, word.n}))
            return *methods;
    return NULL;
}

/* `HTTP/d.d ddd`, then a space or the end */
static bool status_line(struct cursor line)
{
    if (!is_version(take_word(&line)))
        return false;
    struct bytes status = take_word(&line);
    return status.n == 3 && is_digit(status.p[0]) && is_digit(status.p[1]) && is_digit(status.p[2]);
}

static bool request_line(struct cursor at, const char *const *methods, struct start_line *line)
{
    struct bytes word = take_word(&at);
    line->method = find_method(word, iotsig_http_methods);
    if (line->method == NULL)
        line->method = find_method(word, methods);
    if (line->method == NULL)
        return false;
    line->target = take_word(&at);
    return line->target.n > 0 && is_version(cursor_rest(&at));
}

bool iotsig_start_line(struct bytes payload, const char *const *methods, struct start_line *line)
{
    /* Nearly all payloads are something else: one look at the first byte. */
    if (payload.n == 0 || payload.p[0] < 'A' || payload.p[0] > 'Z')
        return false;

    struct cursor at = cursor_of(payload);
    struct bytes first = cursor_take(&at, bytes_find(payload, '\r'));
    if (cursor_u8(&at) != '\r' || cursor_u8(&at) != '\n')
        return false;
    *line = (struct start_line){.response = status_line(cursor_of(first))};
    return line->response || request_line(cursor_of(first), methods, line);
}
