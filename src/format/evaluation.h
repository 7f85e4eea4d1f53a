/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all ways to tell of an evaluation have in common. */
#ifndef IOTSIG_FORMAT_EVALUATION_H
#define IOTSIG_FORMAT_EVALUATION_H

#include "iotsig/evaluate.h"

/** What captures are identified as beside events: several, and unknown. */
#define IDENTIFIED_OTHERS 2

/** What column `j` of a matrix is of: the events, then the others. */
size_t iotsig_identified_column(const struct iotsig_evaluation *evaluation, size_t j);

/** What a capture is identified as: an event's name, or "unknown" or "several". */
const char *iotsig_identified_as(const struct iotsig_evaluation *evaluation, size_t as);

/** The next capture from `*i` on that is not recalled, or not identified; `*i` is then the one after
 * it. False: there is none. */
bool iotsig_next_missed(const struct iotsig_evaluation *evaluation,
                        const struct iotsig_corpus *corpus, size_t *i,
                        struct iotsig_verdict *verdict);

#endif
