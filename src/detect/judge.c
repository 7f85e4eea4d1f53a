/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/judge.h"

/* A feature of the signature that is marked. */
enum mark { NOT_MARKED, MARK_OPTIONAL, MARK_MANDATORY };

struct iotsig_ratio iotsig_coverage_of(const struct detect_index *index, uint32_t i,
                                       uint64_t covered)
{
    uint64_t weight = index->library->items[i]->weight;
    return weight == 0 ? RATIO_ZERO : iotsig_ratio_of(covered, weight);
}

bool iotsig_is_enough(const struct detect_index *index, uint32_t i, uint64_t covered)
{
    const struct iotsig_learned *learned = index->library->items[i];
    return learned->weight > 0 && iotsig_ratio_compare(iotsig_coverage_of(index, i, covered),
                                                       learned->options.min_coverage) >= 0;
}

void iotsig_mark(const struct detect_index *index, uint32_t i, bool marked)
{
    const struct iotsig_learned *learned = index->library->items[i];
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        if (trait->role != IOTSIG_FORBIDDEN)
            index->marks[trait->feature] = !marked                           ? NOT_MARKED
                                           : trait->role == IOTSIG_MANDATORY ? MARK_MANDATORY
                                                                             : MARK_OPTIONAL;
    }
}

bool iotsig_judge_without(const struct detect_index *index, const struct window *window, uint32_t i,
                          int64_t ns)
{
    const struct iotsig_learned *learned = index->library->items[i];
    int64_t since = ns - index->times[i].window;
    uint64_t covered = 0;
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        const struct showing *showing = iotsig_window_find(window, trait->feature);
        if (trait->role == IOTSIG_MANDATORY && showing != NULL && !showing->used &&
            showing->last >= since && index->marks[trait->feature] == NOT_MARKED)
            covered += trait->weight;
    }
    return iotsig_is_enough(index, i, covered);
}

bool iotsig_is_part_of(const struct detect_index *index, uint32_t i, uint32_t other)
{
    const struct iotsig_learned *part = index->library->items[i],
                                *whole = index->library->items[other];
    if (part->weight >= whole->weight)
        return false;
    for (size_t j = 0; j < part->count && part->traits[j].role == IOTSIG_MANDATORY; j++)
        if (index->marks[part->traits[j].feature] != MARK_MANDATORY)
            return false;
    return true;
}
