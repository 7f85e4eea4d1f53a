/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Python's repr() writes, as a JSON value. */
#ifndef IOTSIG_FORMAT_PYTHON_LITERAL_H
#define IOTSIG_FORMAT_PYTHON_LITERAL_H

#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"

/**
 * Reads one literal: a tuple or list (an array), a dict with texts as keys (an object), a text or
 * bytes (a string, which may hold any bytes), an integer or a float, True, False, None and nan
 * (null), a member of an enum (its value when that is a text, else its name). Free it with
 * json_decref().
 * @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY
 */
int iotsig_python_literal(const struct iotsig_allocator *allocator, struct text text, json_t **out,
                          struct iotsig_error *error);

#endif
