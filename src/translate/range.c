/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/range.h"

#include <stdio.h>
#include <stdlib.h>

bool iotsig_ranges_add(struct ranges *ranges, const struct address_range *range)
{
    if (!iotsig_array_grow(ranges->allocator, &ranges->items, &ranges->capacity, ranges->count + 1,
                           sizeof *range))
        return false;
    ranges->items[ranges->count++] = *range;
    return true;
}

void iotsig_ranges_fini(struct ranges *ranges)
{
    iotsig_memory_free(ranges->allocator, ranges->items);
}

static size_t bytes_of(const struct address *address)
{
    return address->version == 4 ? 4 : 16;
}

/* The address behind, or before; false: there is none. */
static bool step(struct address *address, bool up)
{
    for (size_t i = bytes_of(address); i-- > 0;) {
        uint8_t end = up ? 0xff : 0;
        if (address->bytes[i] != end) {
            address->bytes[i] = (uint8_t)(address->bytes[i] + (up ? 1 : -1));
            return true;
        }
        address->bytes[i] = (uint8_t)~end;
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct address_range *x = a, *y = b;
    int low = memcmp(x->low.bytes, y->low.bytes, 16);
    return low != 0 ? low : memcmp(x->high.bytes, y->high.bytes, 16);
}

/* `near`: also those that only touch. */
static void sort_and_join(struct ranges *ranges, bool near)
{
    size_t kept = 0;
    if (ranges->count == 0)
        return;
    qsort(ranges->items, ranges->count, sizeof *ranges->items, compare);
    for (size_t i = 1; i < ranges->count; i++) {
        struct address_range *last = &ranges->items[kept], *next = &ranges->items[i];
        struct address reach = last->high;
        bool more = !near || step(&reach, true);
        if (!more || memcmp(next->low.bytes, reach.bytes, 16) <= 0) {
            if (memcmp(next->high.bytes, last->high.bytes, 16) > 0)
                last->high = next->high;
        } else {
            ranges->items[++kept] = *next;
        }
    }
    ranges->count = kept + 1;
}

void iotsig_ranges_join(struct ranges *ranges)
{
    sort_and_join(ranges, true);
}

void iotsig_ranges_sort(struct ranges *ranges)
{
    sort_and_join(ranges, false);
}

static struct address edge(uint8_t family, bool last)
{
    struct address address = {.version = family};
    memset(address.bytes, last ? 0xff : 0, bytes_of(&address));
    return address;
}

bool iotsig_ranges_invert(struct ranges *ranges, uint8_t family)
{
    struct ranges left = {.allocator = ranges->allocator};
    struct address from = edge(family, false);
    bool more = true;
    for (size_t i = 0; i < ranges->count && more; i++) {
        struct address_range gap = {from, ranges->items[i].low};
        if (step(&gap.high, false) && memcmp(gap.low.bytes, gap.high.bytes, 16) <= 0 &&
            !iotsig_ranges_add(&left, &gap)) {
            iotsig_ranges_fini(&left);
            return false;
        }
        from = ranges->items[i].high;
        more = step(&from, true);
    }
    if (more && !iotsig_ranges_add(&left, &(struct address_range){from, edge(family, true)})) {
        iotsig_ranges_fini(&left);
        return false;
    }
    iotsig_ranges_fini(ranges);
    *ranges = left;
    return true;
}

bool iotsig_ranges_are_all(const struct address_range *ranges, size_t count)
{
    if (count == 0)
        return false;
    struct address from = edge(ranges[0].low.version, false);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(ranges[i].low.bytes, from.bytes, 16) > 0)
            return false;
        from = ranges[i].high;
        if (!step(&from, true))
            return true;
    }
    return false;
}

int iotsig_range_prefix(const struct address_range *range)
{
    size_t n = bytes_of(&range->low);
    int length = 0;
    bool free = false; /* the bits from here on differ */
    for (size_t i = 0; i < 8 * n; i++) {
        unsigned shift = 7 - i % 8;
        unsigned low = range->low.bytes[i / 8] >> shift & 1,
                 high = range->high.bytes[i / 8] >> shift & 1;
        if (low == high ? free : low != 0)
            return -1;
        free = free || low != high;
        length += !free;
    }
    return length;
}

/* The network of an address; false: bits behind the prefix are set. */
static bool network(const struct address *address, uint64_t length, struct address_range *range)
{
    *range = (struct address_range){*address, *address};
    for (size_t i = (size_t)length; i < 8 * bytes_of(address); i++) {
        uint8_t bit = (uint8_t)(0x80 >> i % 8);
        if ((address->bytes[i / 8] & bit) != 0)
            return false;
        range->high.bytes[i / 8] |= bit;
    }
    return true;
}

bool iotsig_range_parse(const char *text, struct address_range *range)
{
    char first[IOTSIG_ADDRESS_TEXT];
    size_t n = strcspn(text, "/-");
    uint64_t length;
    if (n >= sizeof first)
        return false;
    memcpy(first, text, n);
    first[n] = '\0';
    if (!iotsig_address_parse(first, &range->low))
        return false;
    range->high = range->low;
    if (text[n] == '/') {
        struct address address = range->low;
        return iotsig_number(text_of(text + n + 1), 8 * bytes_of(&address), &length) &&
               network(&address, length, range);
    }
    return text[n] == '\0' || (iotsig_address_parse(text + n + 1, &range->high) &&
                               range->low.version == range->high.version &&
                               memcmp(range->low.bytes, range->high.bytes, 16) <= 0);
}

void iotsig_range_write(char to[RANGE_TEXT], const struct address_range *range)
{
    char *end = iotsig_address_write(to, &range->low);
    int prefix = iotsig_range_prefix(range);
    if (address_equal(&range->low, &range->high))
        return;
    if (prefix >= 0) {
        snprintf(end, (size_t)(to + RANGE_TEXT - end), "/%d", prefix);
        return;
    }
    *end++ = '-';
    iotsig_address_write(end, &range->high);
}
