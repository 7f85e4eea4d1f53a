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

/** The same of a text. @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY */
int iotsig_json_parse(const char *text, size_t n, json_t **out, struct iotsig_error *error);

#endif
