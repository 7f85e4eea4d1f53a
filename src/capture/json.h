/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A JSON file (RFC 8259), as jansson's tree. */
#ifndef IOTSIG_CAPTURE_JSON_H
#define IOTSIG_CAPTURE_JSON_H

#include <jansson.h>

#include "capture/source.h"

/** Whether the first bytes of a file are those of a JSON object or array. */
bool iotsig_json_begins(struct bytes start);

/**
 * Reads what is left of `source`, at most `max` bytes, as one JSON value; an object must not have
 * a key twice. Free it with json_decref().
 * @return 0, IOTSIG_ERR_FORMAT with the line as its place, or as iotsig_source_need()
 */
int iotsig_json_read(struct iotsig_source *source, size_t max, json_t **out,
                     struct iotsig_error *error);

/**
 * The objects of a file, one after another, so that any number of them can be read: those of JSON
 * lines, in any layout, and the elements of an array at the top.
 */
struct json_stream {
    struct iotsig_source *source;
    size_t max; /**< bytes of one object */
    bool begun, in_array;
    unsigned long long line;        /**< where the reader is, from 1 */
    unsigned long long object_line; /**< where the last object began */
    unsigned long long element;     /**< its number in its array, from 1; 0: it is in none */
};

void iotsig_json_stream_init(struct json_stream *stream, struct iotsig_source *source, size_t max);

/**
 * The next object; free it with json_decref().
 * @return 1; 0 at the end; IOTSIG_ERR_FORMAT with the line as its place, IOTSIG_ERR_LIMIT, or as
 *         iotsig_source_need()
 */
int iotsig_json_stream_next(struct json_stream *stream, json_t **out, struct iotsig_error *error);

/** One value of a text. @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY */
int iotsig_json_parse(const char *text, size_t n, json_t **out, struct iotsig_error *error);

/** json_loadb() that knows whether there was memory. @return 0, IOTSIG_ERR_FORMAT,
 * IOTSIG_ERR_MEMORY */
int iotsig_json_load(struct bytes bytes, size_t flags, json_t **out);

#endif
