/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of addresses as ranges: networks, and what lies outside of them. */
#ifndef IOTSIG_TRANSLATE_RANGE_H
#define IOTSIG_TRANSLATE_RANGE_H

#include "translate/profile.h"

/** A growing set of ranges of one family. */
struct ranges {
    const struct iotsig_allocator *allocator;
    struct address_range *items;
    size_t count, capacity;
};

/** False when there is no memory. */
bool iotsig_ranges_add(struct ranges *ranges, const struct address_range *range);

/** Sorts, and joins those that overlap or follow on each other. */
void iotsig_ranges_join(struct ranges *ranges);

/** Sorts, and joins those that overlap, so that single addresses stay what they are. */
void iotsig_ranges_sort(struct ranges *ranges);

/** Turns joined ranges into all that they leave out. False when there is no memory. */
bool iotsig_ranges_invert(struct ranges *ranges, uint8_t family);

void iotsig_ranges_fini(struct ranges *ranges);

/** Whether ranges, which are sorted and apart, are every address of their family together. */
bool iotsig_ranges_are_all(const struct address_range *ranges, size_t count);

static inline bool range_holds(const struct address_range *range, const struct address *address)
{
    return range->low.version == address->version &&
           memcmp(range->low.bytes, address->bytes, 16) <= 0 &&
           memcmp(address->bytes, range->high.bytes, 16) <= 0;
}

/** "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", or the same of IPv6. */
bool iotsig_range_parse(const char *text, struct address_range *range);

/** The length of a range's text, with its NUL. */
#define RANGE_TEXT (2 * IOTSIG_ADDRESS_TEXT + 4)

/** An address, a network where the range is one, else "low-high". */
void iotsig_range_write(char to[RANGE_TEXT], const struct address_range *range);

/** The length of the prefix that a range is the network of; -1: it is none. */
int iotsig_range_prefix(const struct address_range *range);

/* Host words (hosts.c). */

enum host_word_result {
    HOST_NO_WORD,
    HOST_UNDEFINED, /**< a word that has no address of this family */
    HOST_DEFINED,
    HOST_OUTSIDE, /**< what is outside of the ranges that were added */
    HOST_NO_MEMORY
};

/** Adds what a word stands for in a family. */
enum host_word_result iotsig_host_word(const struct profile *profile, const char *word,
                                       uint8_t family, struct ranges *to);

/** The word as the profile or the settings define it, or NULL. */
const struct host_word *iotsig_host_defined(const struct profile *profile, const char *word);

void iotsig_hosts_free(struct profile *profile);

#endif
