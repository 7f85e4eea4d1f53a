/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far a device is on its way to each signature: what signature/probe.c says of a capture, kept
 * as features come and lapse. A feature that is shown, lapses or is used up changes the counts of
 * the signatures that have it, and nothing else is looked at: so what it costs follows their
 * number, and not how many features they have.
 *
 * Counted are the signatures that are *on their way*, of which an anchor (index.h) is there. Which
 * features are missing, and since when those are there that are not, is known of those that have
 * been covered enough since they set out: these have a *claim*.
 *
 * Counts are those of the time that iotsig_progress_judge() was last told; then each feature lapses
 * for the signatures whose windows it has left, in the order of time, by a heap.
 */
#ifndef IOTSIG_DETECT_PROGRESS_H
#define IOTSIG_DETECT_PROGRESS_H

#include "detect/index.h"
#include "detect/window.h"
#include "iotsig/detect.h"

#define NO_SIGNATURE UINT32_MAX

/** What a signature says. */
struct verdict {
    uint64_t covered;    /**< of its mandatory weight */
    int64_t first, last; /**< when its features appeared */
    size_t missing_count;
    uint32_t missing[IOTSIG_DETECT_MISSING]; /**< of its traits */
};

/** A mandatory feature of a claim that began in its window. */
struct begun {
    int64_t first;
    uint32_t trait;
};

struct claim {
    uint32_t signature;
    size_t place;           /**< among claims */
    bool matches;           /**< by the best verdict that there was */
    int64_t ns;             /**< of that verdict */
    struct verdict verdict; /**< that verdict */

    /* What would be said now. */
    struct begun *begun; /**< by time, from `start` to `end`; some hold no more, but not the ends */
    size_t start, end;
    size_t missing_count; /**< all that are missing before `more`, or the first of them */
    uint32_t missing[IOTSIG_DETECT_MISSING], more;
    uint32_t *news; /**< traits that have come or gone */
    size_t news_count;
    bool is_stale; /**< all of it is to be found anew */
};

/** A signature that is on its way. */
struct candidate {
    uint32_t signature;    /**< NO_SIGNATURE: none is here */
    uint32_t next_touched; /**< those whose counts have changed are a list */
    bool touched;
    bool half;                     /**< of its weight was there, when it was judged */
    int64_t anchors;               /**< that are there */
    int64_t forbidden;             /**< features that are there */
    int64_t own[IOTSIG_SLOTS + 1]; /**< names in a slot that it knows, and are there */
    uint64_t covered;
    struct claim *claim; /**< or NULL */
};

struct lapse {
    int64_t ns;
    uint32_t number;
};

struct progress {
    const struct detect_index *index;
    struct window window;
    struct candidate *candidates; /**< by a hash of the number, then the next that is free */
    size_t count, capacity;
    uint32_t touched;
    struct claim **claims;
    size_t claim_count, claim_capacity;
    struct lapse *lapses; /**< a heap; a showing knows the time of the one that holds */
    size_t lapse_count, lapse_capacity;
    int64_t patience;      /**< the longest of those that are half there, ... */
    size_t patience_count; /**< ... of so many; 0: not known */
};

void iotsig_progress_init(struct progress *progress, const struct detect_index *index);
void iotsig_progress_fini(struct progress *progress);

/** As iotsig_window_get(). */
struct showing *iotsig_progress_get(struct progress *progress, uint32_t number, int64_t since);

/** Makes a showing another; its number stays. With `sets_out` the signatures that it is an anchor
 * of are on their way. False: no memory. */
bool iotsig_progress_set(struct progress *progress, struct showing *showing, struct showing now,
                         bool sets_out);

/** As iotsig_window_sweep(). */
void iotsig_progress_sweep(struct progress *progress);

/** Uses up what was there of a signature, from `first` on. */
void iotsig_progress_use_up(struct progress *progress, uint32_t i, int64_t first, int64_t ns);

/** No verdict that there was holds. */
void iotsig_progress_reset(struct progress *progress);

/** Brings all claims to a time, and drops what is no longer on its way. False: no memory. */
bool iotsig_progress_judge(struct progress *progress, int64_t ns);

/** The longest patience of those of which half is there. */
int64_t iotsig_progress_patience(struct progress *progress);

#endif
