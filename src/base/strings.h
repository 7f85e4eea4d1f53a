/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts stored once: equal texts have the same number, numbers count up from 0. */
#ifndef IOTSIG_BASE_STRINGS_H
#define IOTSIG_BASE_STRINGS_H

#include "base/map.h"
#include "base/text.h"

#define IOTSIG_NO_STRING UINT32_MAX

struct iotsig_strings {
    struct iotsig_map map;
    struct text *items; /**< NUL-terminated; they stay where they are */
    size_t capacity;
    uint32_t count;
};

void iotsig_strings_init(struct iotsig_strings *strings, const struct iotsig_allocator *allocator,
                         struct iotsig_hash_key key);
void iotsig_strings_fini(struct iotsig_strings *strings);

/** The number of a text, added when it is new; IOTSIG_NO_STRING when there is no memory. */
uint32_t iotsig_strings_add(struct iotsig_strings *strings, struct text text);

#endif
