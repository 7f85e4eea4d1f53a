/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees as JSON. */
#ifndef IOTSIG_TRANSLATE_JSON_H
#define IOTSIG_TRANSLATE_JSON_H

#include <jansson.h>

#include "iotsig/output.h"

/** Writes a tree, in one line without its end. It was made here, or read with bounded depth. */
void iotsig_put_tree(struct iotsig_output *output, json_t *value);

#endif
