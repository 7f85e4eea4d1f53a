/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a signature says of what a device has shown: as signature/probe.c says it of a capture. */
#ifndef IOTSIG_DETECT_JUDGE_H
#define IOTSIG_DETECT_JUDGE_H

#include "detect/index.h"
#include "detect/window.h"
#include "iotsig/detect.h"

/** A verdict. */
struct verdict {
    bool matches;
    bool refused;        /**< for what is forbidden, or for another name */
    bool anchored;       /**< a feature is there that it can begin with */
    uint64_t covered;    /**< of its mandatory weight */
    int64_t first, last; /**< when its features appeared */
    size_t missing_count;
    uint32_t missing[IOTSIG_DETECT_MISSING]; /**< of its traits */
};

/** Of signature `i`, at the time `ns`, by what is there and not used. */
void iotsig_judge(const struct detect_index *index, const struct window *window, uint32_t i,
                  int64_t ns, struct verdict *verdict);

/** Whether it would match still, without the features that `other` has. */
bool iotsig_judge_without(const struct detect_index *index, const struct window *window, uint32_t i,
                          uint32_t other, int64_t ns);

/** Whether all mandatory features of `i` are such of the heavier `other`. */
bool iotsig_is_part_of(const struct detect_index *index, uint32_t i, uint32_t other);

struct iotsig_ratio iotsig_coverage_of(const struct detect_index *index, uint32_t i,
                                       uint64_t covered);

/** Uses up what was there of it, from `first` on. */
void iotsig_use_up(const struct detect_index *index, struct window *window, uint32_t i,
                   int64_t first, int64_t ns);

#endif
