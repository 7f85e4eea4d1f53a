/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML (version 1.1, by libyaml) as the trees that JSON has. */
#ifndef IOTSIG_TRANSLATE_YAML_H
#define IOTSIG_TRANSLATE_YAML_H

#include <jansson.h>

#include "base/bytes.h"
#include "iotsig/output.h"

/** Collections may lie so deep in one another. */
#define YAML_DEPTH_MAX 64

/** Values that a file may have, and bytes of their texts, aliases followed. */
#define YAML_VALUES_MAX 1000000
#define YAML_TEXT_MAX ((size_t)64 * 1024 * 1024)

/**
 * Writes a tree as one document; a text that could be taken for something else is quoted.
 * @return 0, IOTSIG_ERR_MEMORY
 */
int iotsig_yaml_write(struct iotsig_output *output, json_t *root, struct iotsig_error *error);

/** Who is told where values stand, as they are read. Lines and columns count from 1. */
struct yaml_sink {
    /** A value is in a collection now: the member `key`, or (NULL) item `index`. False: no memory. */
    bool (*place)(void *user, const json_t *collection, const char *key, size_t index, size_t line,
                  size_t column);
    /** A new text that stands for a value tagged `!include`; NULL: no memory. */
    json_t *(*include)(void *user, const char *text, size_t line, size_t column);
    void *user;
    size_t values, text; /**< what counts already, and is counted on */
};

/**
 * Reads a file of one document. Keys must be texts, and each be there once; tags are YAML's own, and
 * `!include` when there is a sink, which may be NULL.
 * @return 0; IOTSIG_ERR_FORMAT with line and column as its place; IOTSIG_ERR_LIMIT: too deep, or too
 *         many values; IOTSIG_ERR_MEMORY
 */
int iotsig_yaml_parse(struct bytes bytes, struct yaml_sink *sink, json_t **out,
                      struct iotsig_error *error);

/** What a plain scalar is: null, a truth value, an integer, or a text. NULL: no memory. */
json_t *iotsig_yaml_plain(const char *text);

#endif
