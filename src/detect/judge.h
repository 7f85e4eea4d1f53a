/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of several signatures that a device has shown is told. */
#ifndef IOTSIG_DETECT_JUDGE_H
#define IOTSIG_DETECT_JUDGE_H

#include "detect/index.h"
#include "detect/window.h"

struct iotsig_ratio iotsig_coverage_of(const struct detect_index *index, uint32_t i,
                                       uint64_t covered);

/** Whether a signature matches by so much of its weight. */
bool iotsig_is_enough(const struct detect_index *index, uint32_t i, uint64_t covered);

/** Marks the features of a signature, for the functions below, or takes the marks from them. */
void iotsig_mark(const struct detect_index *index, uint32_t i, bool marked);

/** Whether a signature would match still, at the time `ns`, without the features of the marked one.
 */
bool iotsig_judge_without(const struct detect_index *index, const struct window *window, uint32_t i,
                          int64_t ns);

/** Whether all mandatory features of `i` are such of the marked `other`, which is heavier. */
bool iotsig_is_part_of(const struct detect_index *index, uint32_t i, uint32_t other);

#endif
