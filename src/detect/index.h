/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a feature to the signatures that it may be the beginning of: those of which it is an anchor
 * (signature/library.h). Light features, which many have, lead to few.
 */
#ifndef IOTSIG_DETECT_INDEX_H
#define IOTSIG_DETECT_INDEX_H

#include "signature/library.h"

/** What is known of a signature beforehand. */
struct pattern_times {
    int64_t window;   /**< nanoseconds in which its features must be */
    int64_t patience; /**< how long nothing new must come until it is told */
    size_t anchors;   /**< how many of its traits, from the first on */
    enum { RIVAL_UNKNOWN, RIVAL_NONE, RIVAL_SOME } rival; /**< see below */
    bool is_plain; /**< no feature is forbidden, no name is of another product */
};

/** A feature that a signature has. */
struct share {
    uint32_t signature, trait;
};

/** Those of each feature. */
struct shares {
    size_t *starts; /**< by feature, and one more: where its shares start */
    struct share *items;
};

struct detect_index {
    const struct iotsig_library *library;
    const struct iotsig_allocator *allocator;
    uint32_t features;           /**< of the library */
    struct pattern_times *times; /**< by signature */
    struct shares anchors;       /**< of which it is an anchor */
    struct shares shares;        /**< of which it tells anything; by window, then by signature */
    uint64_t *shared;            /**< room for a number of each signature, all zero */
    uint8_t *marks;              /**< room for one of each feature, all zero */
    uint8_t *slots;              /**< by feature: iotsig_feature_slot() */
    int64_t shortest, longest;   /**< window */
};

/** @return 0, IOTSIG_ERR_MEMORY */
int iotsig_detect_index_init(struct detect_index *index, struct iotsig_context *context,
                             const struct iotsig_library *library, struct iotsig_error *error);
void iotsig_detect_index_fini(struct detect_index *index);

/** Whether another signature cannot match any more when this one has used up its features. */
bool iotsig_detect_index_has_rival(const struct detect_index *index, uint32_t i);

/** The number of a feature; of one that no signature has and that is a name, that of its slot. */
uint32_t iotsig_detect_index_number(const struct detect_index *index, const char *family,
                                    const char *text);

/** The number that stands for any name in a slot. */
static inline uint32_t index_of_slot(const struct detect_index *index, unsigned slot)
{
    return index->features + slot;
}

/** The slot of a feature or of such a number; 0: none. */
static inline unsigned index_slot(const struct detect_index *index, uint32_t number)
{
    return number < index->features ? index->slots[number] : number - index->features;
}

#endif
