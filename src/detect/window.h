/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device has shown lately: features by their numbers, with when they were seen. */
#ifndef IOTSIG_DETECT_WINDOW_H
#define IOTSIG_DETECT_WINDOW_H

#include "base/memory.h"

/** A feature that was seen. Without a pause as long as the shortest window it is the same showing.
 */
struct showing {
    uint32_t number;
    bool used;      /**< by an event that was told */
    bool lapsed;    /**< until it is told again */
    uint64_t count; /**< since `first` */
    uint64_t
        absorbed;  /**< when it is used: how often it may still be seen as part of the event, ... */
    int64_t until; /**< ... and until when */
    int64_t first, last; /**< nanoseconds */
    int64_t below;       /**< it counts for windows that are not below this; and ... */
    int64_t lapse;       /**< ... is looked at when it may lapse (progress.h) */
};

struct window {
    const struct iotsig_allocator *allocator;
    struct showing *items; /**< by a hash of the number, then the next that is free */
    size_t capacity;       /**< a power of two, or 0 */
    size_t count;
};

void iotsig_window_init(struct window *window, const struct iotsig_allocator *allocator);
void iotsig_window_fini(struct window *window);

/** Takes out what has lapsed. */
void iotsig_window_sweep(struct window *window);

/** NULL: it was not seen. */
struct showing *iotsig_window_find(const struct window *window, uint32_t number);

/** Whether there is no room for one more. */
static inline bool iotsig_window_is_full(const struct window *window)
{
    return window->count >= window->capacity / 2;
}

/**
 * The showing of a feature; a new one has a `count` of 0. Where there is no room, those that were
 * seen last before `since` are taken out first. NULL: no memory. Others may move.
 */
struct showing *iotsig_window_get(struct window *window, uint32_t number, int64_t since);

#endif
