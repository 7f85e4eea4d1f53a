/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Application layers as the Python package writes them. */
#ifndef IOTSIG_FORMAT_OLD_H
#define IOTSIG_FORMAT_OLD_H

#include <jansson.h>

#include "base/text.h"
#include "iotsig/base.h"

/**
 * Makes the object that this program writes, with its names and spellings, of
 *
 *     (('protocol', 'DNS'), ('qtype', 'A'))    a tuple or list of pairs,
 *     {'protocol': 'DNS', 'qtype': 'A'}        a dict,
 *     DNS - qtype: A, domain-name: a.example   or what str() gives;
 *
 * of an empty one, and of None: null. Free it with json_decref().
 * @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY
 */
int iotsig_old_layer(const struct iotsig_allocator *allocator, struct text text, json_t **out,
                     struct iotsig_error *error);

#endif
