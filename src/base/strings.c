/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/strings.h"

void iotsig_strings_init(struct iotsig_strings *strings, const struct iotsig_allocator *allocator,
                         struct iotsig_hash_key key)
{
    *strings = (struct iotsig_strings){0};
    iotsig_map_init(&strings->map, allocator, key);
}

void iotsig_strings_fini(struct iotsig_strings *strings)
{
    iotsig_memory_free(strings->map.arena.allocator, strings->items);
    iotsig_map_fini(&strings->map);
}

uint32_t iotsig_strings_add(struct iotsig_strings *strings, struct text text)
{
    bool added;
    if (strings->count == IOTSIG_NO_STRING ||
        !iotsig_array_grow(strings->map.arena.allocator, &strings->items, &strings->capacity,
                           (size_t)strings->count + 1, sizeof *strings->items))
        return IOTSIG_NO_STRING;
    const uint64_t *number =
        iotsig_map_put(&strings->map, text.p, text.n, strings->count, &added);
    if (number == NULL)
        return IOTSIG_NO_STRING;
    if (added)
        strings->items[strings->count++] = (struct text){iotsig_map_stored_key(number), text.n};
    return (uint32_t)*number;
}
