/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/judge.h"

/* Of a signature, what of its traits is there. */
struct judging {
    const struct detect_index *index;
    const struct window *window;
    const struct iotsig_learned *learned;
    int64_t since;
    struct verdict *verdict;
    bool dated; /* the verdict has times */
    bool forbidden;
    unsigned own; /* slots in which the device has a name that the signature knows */
};

static const struct showing *find(const struct judging *judging, uint32_t number)
{
    const struct showing *showing = iotsig_window_find(judging->window, number);
    return showing != NULL && showing->last >= judging->since ? showing : NULL;
}

/* What was there before the window, and goes on, tells no time. */
static void add_times(struct judging *judging, const struct showing *showing)
{
    struct verdict *verdict = judging->verdict;
    if (showing->first < judging->since)
        return;
    if (!judging->dated || showing->first < verdict->first)
        verdict->first = showing->first;
    if (!judging->dated || showing->first > verdict->last)
        verdict->last = showing->first;
    judging->dated = true;
}

static void add_mandatory(struct judging *judging, uint32_t i, size_t anchors)
{
    const struct trait *trait = &judging->learned->traits[i];
    const struct showing *showing = find(judging, trait->feature);
    struct verdict *verdict = judging->verdict;
    if (showing != NULL && !showing->used) {
        verdict->covered += trait->weight;
        verdict->anchored |= i < anchors;
        add_times(judging, showing);
    } else if (verdict->missing_count < IOTSIG_DETECT_MISSING) {
        verdict->missing[verdict->missing_count++] = i;
    }
}

static void add_trait(struct judging *judging, uint32_t i, size_t anchors)
{
    const struct trait *trait = &judging->learned->traits[i];
    unsigned slot = judging->index->slots[trait->feature];
    if (trait->role == IOTSIG_MANDATORY)
        add_mandatory(judging, i, anchors);
    const struct showing *showing =
        trait->role == IOTSIG_FORBIDDEN || slot > 0 ? find(judging, trait->feature) : NULL;
    if (showing == NULL)
        return;
    if (trait->role == IOTSIG_FORBIDDEN)
        judging->forbidden |= !showing->used;
    else
        judging->own |= 1u << slot;
}

/* As other_name() of probe.c. */
static bool is_another(const struct judging *judging)
{
    for (unsigned slot = 1; slot <= IOTSIG_SLOTS; slot++)
        if ((judging->learned->slots & 1u << slot) != 0 && (judging->own & 1u << slot) == 0 &&
            find(judging, index_of_slot(judging->index, slot)) != NULL)
            return true;
    return false;
}

struct iotsig_ratio iotsig_coverage_of(const struct detect_index *index, uint32_t i,
                                       uint64_t covered)
{
    uint64_t weight = index->library->items[i]->weight;
    return weight == 0 ? RATIO_ZERO : iotsig_ratio_of(covered, weight);
}

static bool is_enough(const struct detect_index *index, uint32_t i, uint64_t covered)
{
    const struct iotsig_learned *learned = index->library->items[i];
    return learned->weight > 0 && iotsig_ratio_compare(iotsig_coverage_of(index, i, covered),
                                                       learned->options.min_coverage) >= 0;
}

void iotsig_judge(const struct detect_index *index, const struct window *window, uint32_t i,
                  int64_t ns, struct verdict *verdict)
{
    *verdict = (struct verdict){.first = ns, .last = ns};
    struct judging judging = {.index = index,
                              .window = window,
                              .learned = index->library->items[i],
                              .since = ns - index->times[i].window,
                              .verdict = verdict};
    for (uint32_t j = 0; j < judging.learned->count; j++)
        add_trait(&judging, j, index->times[i].anchors);
    verdict->refused = judging.forbidden || is_another(&judging);
    verdict->matches = is_enough(index, i, verdict->covered) && !verdict->refused;
}

static bool has(const struct iotsig_learned *learned, uint32_t feature, bool mandatory)
{
    for (size_t i = 0; i < learned->count; i++)
        if (learned->traits[i].feature == feature && learned->traits[i].role != IOTSIG_FORBIDDEN &&
            (!mandatory || learned->traits[i].role == IOTSIG_MANDATORY))
            return true;
    return false;
}

bool iotsig_judge_without(const struct detect_index *index, const struct window *window, uint32_t i,
                          uint32_t other, int64_t ns)
{
    const struct iotsig_learned *learned = index->library->items[i];
    int64_t since = ns - index->times[i].window;
    uint64_t covered = 0;
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        const struct showing *showing = iotsig_window_find(window, trait->feature);
        if (trait->role == IOTSIG_MANDATORY && showing != NULL && !showing->used &&
            showing->last >= since && !has(index->library->items[other], trait->feature, false))
            covered += trait->weight;
    }
    return is_enough(index, i, covered);
}

bool iotsig_is_part_of(const struct detect_index *index, uint32_t i, uint32_t other)
{
    const struct iotsig_learned *part = index->library->items[i],
                                *whole = index->library->items[other];
    if (part->weight >= whole->weight)
        return false;
    for (size_t j = 0; j < part->count && part->traits[j].role == IOTSIG_MANDATORY; j++)
        if (!has(whole, part->traits[j].feature, true))
            return false;
    return true;
}

void iotsig_use_up(const struct detect_index *index, struct window *window, uint32_t i,
                   int64_t first, int64_t ns)
{
    const struct iotsig_learned *learned = index->library->items[i];
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        struct showing *showing = iotsig_window_find(window, trait->feature);
        if (trait->role == IOTSIG_FORBIDDEN || showing == NULL || showing->used ||
            showing->last < ns - index->times[i].window)
            continue;
        showing->used = true;
        showing->absorbed = trait->most > showing->count ? trait->most - showing->count : 0;
        showing->until = first + (learned->duration_ns > 0 ? learned->duration_ns : 0);
    }
}
