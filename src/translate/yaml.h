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

/**
 * Reads a file of one document. Keys must be texts, and each be there once; tags are YAML's own.
 * @return 0; IOTSIG_ERR_FORMAT with line and column as its place; IOTSIG_ERR_LIMIT: too deep, or too
 *         many values; IOTSIG_ERR_MEMORY
 */
int iotsig_yaml_parse(struct bytes bytes, json_t **out, struct iotsig_error *error);

#endif
