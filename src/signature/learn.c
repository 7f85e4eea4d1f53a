/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a corpus to a library.
 *
 * Everything is learned twice: first from all captures, less strictly, to see which captures are
 * not of the event they are said to be; then from the others. In both, counts become mandatory
 * traits with their weights, and then what must not be there is looked for among the captures of
 * other events that would match.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "feature/address.h"
#include "signature/bits.h"
#include "signature/corpus.h"
#include "signature/library.h"

#define FORBIDDEN_MAX  8
#define FORBIDDEN_HITS 2          /* captures that a forbidden feature keeps away, at least */
#define EVENTS_MAX     (1u << 20) /* sums of probabilities stay below 2^62 */
#define FEW            5          /* mandatory features: a warning below */
#define PARTS_MAX      1000000    /* of the shares in options: products stay below 2^64 */
#define NO_LESSON      UINT32_MAX

static const struct iotsig_ratio first_support = {3, 4}, optional_support = {3, 10},
                                 odd_coverage = {1, 4};

/* A feature of an event. */
struct tally {
    uint32_t feature, captures;
    uint64_t least, most;
    uint32_t weight; /* when it is mandatory, else 0 */
};

struct forbidden {
    uint32_t feature, hits;
};

/* An event while it is learned; the last may be the foreign captures. */
struct lesson {
    uint32_t captures; /* that are learned from */
    struct tally *tallies;
    size_t count;
    uint64_t weight; /* of all mandatory features */
    struct forbidden forbidden[FORBIDDEN_MAX];
    size_t forbidden_count;
    uint64_t base; /* the probability of a feature that no capture has */
};

struct learner {
    struct iotsig_context *context;
    const struct iotsig_corpus *corpus;
    const struct iotsig_learn_options *options;
    struct iotsig_arena arena; /* of all that follows */
    bool *used;                /* captures */
    const char **left_out;     /* why a capture is not */
    struct lesson *lessons;
    size_t lesson_count, events, others; /* `others`: lessons with captures, but one */
    uint64_t bases;                      /* of all lessons with captures */
    /* Of each feature: */
    uint64_t *sums;    /* what lessons have above their bases */
    uint32_t *support; /* captures that have it */
    /* Of each feature, for one lesson at a time: */
    uint32_t *own;     /* captures of the event that have it; in counting, an index */
    uint32_t *weights; /* when it is mandatory */
    bool *is_trait;    /* whether it is mandatory or optional */
    unsigned slots;    /* that mandatory features name the device in: bit i for slot i */
    bool *is_forbidden;
    uint32_t *hits;         /* captures of other events */
    uint32_t *touched;      /* features of which `hits` is not 0 */
    size_t *matched;        /* captures of other events that match */
    size_t *order, *starts; /* captures that are used, lesson by lesson; where each lesson starts */
    /* The places in this order of the captures that have a feature, and where each feature's start.
     */
    size_t *holders, *holders_of;
    struct tally *anchors; /* of a lesson: captures without any of these do not match */
    bool *is_met;          /* by place */
    size_t *met;
};

static bool at_least(uint64_t part, uint64_t whole, struct iotsig_ratio limit)
{
    return part * limit.den >= whole * limit.num;
}

static size_t lesson_of(const struct learner *learner, const struct sample *sample)
{
    return sample->event == NO_EVENT ? learner->events : sample->event;
}

/* Memory for `n` of something, all zero; `*failed` when there is none. */
static void *clear(struct learner *learner, size_t n, size_t size, bool *failed)
{
    void *memory = n > SIZE_MAX / size ? NULL : iotsig_arena_get(&learner->arena, n * size);
    if (memory == NULL)
        *failed = true;
    else
        memset(memory, 0, n * size);
    return memory;
}

static bool start(struct learner *learner, const bool *use)
{
    const struct iotsig_corpus *corpus = learner->corpus;
    size_t features = corpus->vocabulary.words.count, seen = 0;
    bool failed = false;
    for (size_t i = 0; i < corpus->count; i++)
        seen += corpus->samples[i].count;
    learner->events = corpus->events.count;
    learner->lesson_count = learner->events + 1;
    learner->lessons = clear(learner, learner->lesson_count, sizeof *learner->lessons, &failed);
    learner->used = clear(learner, corpus->count, sizeof *learner->used, &failed);
    learner->left_out = clear(learner, corpus->count, sizeof *learner->left_out, &failed);
    learner->sums = clear(learner, features, sizeof *learner->sums, &failed);
    learner->support = clear(learner, features, sizeof *learner->support, &failed);
    learner->own = clear(learner, features, sizeof *learner->own, &failed);
    learner->weights = clear(learner, features, sizeof *learner->weights, &failed);
    learner->is_trait = clear(learner, features, sizeof *learner->is_trait, &failed);
    learner->is_forbidden = clear(learner, features, sizeof *learner->is_forbidden, &failed);
    learner->hits = clear(learner, features, sizeof *learner->hits, &failed);
    learner->touched = clear(learner, features, sizeof *learner->touched, &failed);
    learner->matched = clear(learner, corpus->count, sizeof *learner->matched, &failed);
    learner->order = clear(learner, corpus->count, sizeof *learner->order, &failed);
    learner->starts = clear(learner, learner->lesson_count + 1, sizeof *learner->starts, &failed);
    learner->holders = clear(learner, seen, sizeof *learner->holders, &failed);
    learner->holders_of = clear(learner, features + 1, sizeof *learner->holders_of, &failed);
    learner->anchors = clear(learner, features, sizeof *learner->anchors, &failed);
    learner->is_met = clear(learner, corpus->count, sizeof *learner->is_met, &failed);
    learner->met = clear(learner, corpus->count, sizeof *learner->met, &failed);
    for (size_t i = 0; i < corpus->count && !failed; i++)
        learner->used[i] = use == NULL || use[i];
    return !failed;
}

/* Counting. */

/* Puts the captures that are used in the order of their lessons. */
static void arrange(struct learner *learner)
{
    const struct iotsig_corpus *corpus = learner->corpus;
    size_t *starts = learner->starts;
    memset(starts, 0, (learner->lesson_count + 1) * sizeof *starts);
    for (size_t i = 0; i < corpus->count; i++)
        if (learner->used[i])
            starts[lesson_of(learner, &corpus->samples[i]) + 1]++;
    for (size_t i = 0; i < learner->lesson_count; i++)
        starts[i + 1] += starts[i];
    /* Each start moves to the end of its lesson, which is where the next one starts ... */
    for (size_t i = 0; i < corpus->count; i++)
        if (learner->used[i])
            learner->order[starts[lesson_of(learner, &corpus->samples[i])]++] = i;
    /* ... and back. */
    memmove(starts + 1, starts, learner->lesson_count * sizeof *starts);
    starts[0] = 0;
}

static const struct sample *sample_at(const struct learner *learner, size_t place)
{
    return &learner->corpus->samples[learner->order[place]];
}

/* Notes who has each feature; starts move as those of lessons do. */
static void note_holders(struct learner *learner)
{
    size_t features = learner->corpus->vocabulary.words.count, *starts = learner->holders_of;
    size_t places = learner->starts[learner->lesson_count];
    memset(starts, 0, (features + 1) * sizeof *starts);
    for (size_t i = 0; i < places; i++)
        for (size_t j = 0; j < sample_at(learner, i)->count; j++)
            starts[sample_at(learner, i)->features[j] + 1]++;
    for (size_t i = 0; i < features; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < places; i++)
        for (size_t j = 0; j < sample_at(learner, i)->count; j++)
            learner->holders[starts[sample_at(learner, i)->features[j]]++] = i;
    memmove(starts + 1, starts, features * sizeof *starts);
    starts[0] = 0;
}

static void count_sample(struct learner *learner, struct lesson *lesson,
                         const struct sample *sample)
{
    lesson->captures++;
    for (size_t i = 0; i < sample->count; i++) {
        uint32_t feature = sample->features[i];
        uint64_t seen = sample->counts[i];
        learner->support[feature]++;
        if (learner->own[feature] == 0) {
            lesson->tallies[lesson->count++] = (struct tally){feature, 0, seen, seen, 0};
            learner->own[feature] = (uint32_t)lesson->count;
        }
        struct tally *tally = &lesson->tallies[learner->own[feature] - 1];
        tally->captures++;
        tally->least = seen < tally->least ? seen : tally->least;
        tally->most = seen > tally->most ? seen : tally->most;
    }
}

static bool count_lesson(struct learner *learner, size_t number)
{
    struct lesson *lesson = &learner->lessons[number];
    size_t first = learner->starts[number], end = learner->starts[number + 1], most = 0;
    bool failed = false;
    for (size_t i = first; i < end; i++)
        most += sample_at(learner, i)->count;
    if (most > learner->corpus->vocabulary.words.count)
        most = learner->corpus->vocabulary.words.count;
    *lesson = (struct lesson){.tallies = clear(learner, most, sizeof *lesson->tallies, &failed)};
    for (size_t i = first; i < end && !failed; i++)
        count_sample(learner, lesson, sample_at(learner, i));
    for (size_t i = 0; i < lesson->count; i++)
        learner->own[lesson->tallies[i].feature] = 0;
    return !failed;
}

/* Weights. */

static void add_probabilities(struct learner *learner, struct lesson *lesson)
{
    if (lesson->captures == 0)
        return;
    lesson->base = iotsig_probability(0, lesson->captures);
    learner->bases += lesson->base;
    for (size_t i = 0; i < lesson->count; i++)
        learner->sums[lesson->tallies[i].feature] +=
            iotsig_probability(lesson->tallies[i].captures, lesson->captures) - lesson->base;
}

/* log2(P / Q), Q being the mean of the other lessons. */
static uint32_t weight_of(const struct learner *learner, const struct lesson *lesson,
                          const struct tally *tally)
{
    enum { ALONE = 100, LEAST = 10 };
    if (learner->others == 0)
        return ALONE;
    uint64_t p = iotsig_probability(tally->captures, lesson->captures);
    uint64_t sum_of_others =
        learner->bases - lesson->base + (learner->sums[tally->feature] - (p - lesson->base));
    int32_t weight = iotsig_hundredths_of_bits(p * learner->others, sum_of_others);
    return weight < LEAST ? LEAST : (uint32_t)weight;
}

static bool is_trait(const struct lesson *lesson, const struct tally *tally)
{
    return tally->weight > 0 || at_least(tally->captures, lesson->captures, optional_support);
}

static void weigh(struct learner *learner, struct lesson *lesson, struct iotsig_ratio min_support)
{
    for (size_t i = 0; i < lesson->count; i++) {
        struct tally *tally = &lesson->tallies[i];
        if (!at_least(tally->captures, lesson->captures, min_support))
            continue;
        tally->weight = weight_of(learner, lesson, tally);
        lesson->weight += tally->weight;
    }
}

/* Matching, with one lesson at a time. */

static void begin(struct learner *learner, const struct lesson *lesson)
{
    learner->slots = 0;
    for (size_t i = 0; i < lesson->count; i++) {
        const struct tally *tally = &lesson->tallies[i];
        learner->own[tally->feature] = tally->captures;
        learner->weights[tally->feature] = tally->weight;
        learner->is_trait[tally->feature] = is_trait(lesson, tally);
        if (tally->weight > 0)
            learner->slots |=
                1u << vocabulary_slot(&learner->corpus->vocabulary, tally->feature) & ~1u;
    }
    for (size_t i = 0; i < lesson->forbidden_count; i++)
        learner->is_forbidden[lesson->forbidden[i].feature] = true;
}

static void end(struct learner *learner, const struct lesson *lesson)
{
    for (size_t i = 0; i < lesson->count; i++) {
        uint32_t feature = lesson->tallies[i].feature;
        learner->own[feature] = learner->weights[feature] = 0;
        learner->is_trait[feature] = false;
    }
    for (size_t i = 0; i < lesson->forbidden_count; i++)
        learner->is_forbidden[lesson->forbidden[i].feature] = false;
}

/* Whether nothing keeps a sample away: no forbidden feature, and no names of another product in
 * place of its own. Else, or too, the weight that is covered. */
static bool cover(const struct learner *learner, const struct sample *sample, uint64_t *covered)
{
    unsigned other = 0, own = 0;
    bool clean = true;
    *covered = 0;
    for (size_t i = 0; i < sample->count; i++) {
        uint32_t feature = sample->features[i];
        *covered += learner->weights[feature];
        clean = clean && !learner->is_forbidden[feature];
        if (learner->slots == 0)
            continue;
        unsigned slot = 1u << vocabulary_slot(&learner->corpus->vocabulary, feature);
        if (learner->is_trait[feature])
            own |= slot;
        else
            other |= slot;
    }
    return clean && (other & ~own & learner->slots) == 0;
}

static bool matches(const struct learner *learner, const struct lesson *lesson,
                    const struct sample *sample)
{
    uint64_t covered;
    return lesson->weight > 0 && cover(learner, sample, &covered) &&
           at_least(covered, lesson->weight, learner->options->min_coverage);
}

/* The heaviest first. */
static int by_weight(const void *one, const void *other)
{
    const struct tally *a = one, *b = other;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a->feature > b->feature) - (a->feature < b->feature);
}

/* The heaviest features of a lesson, as many as captures that match have one of, at least: without
 * them the rest is too little. */
static size_t find_anchors(struct learner *learner, const struct lesson *lesson)
{
    uint64_t rest = lesson->weight;
    size_t n = 0, count = 0;
    for (size_t i = 0; i < lesson->count; i++)
        if (lesson->tallies[i].weight > 0)
            learner->anchors[count++] = lesson->tallies[i];
    if (count > 0)
        qsort(learner->anchors, count, sizeof *learner->anchors, by_weight);
    while (n < count && at_least(rest, lesson->weight, learner->options->min_coverage))
        rest -= learner->anchors[n++].weight;
    return n;
}

static int by_place(const void *one, const void *other)
{
    const size_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

/* The places, in their order, of the captures that may match, all others do not; its own are not
 * among them. */
static size_t meet(struct learner *learner, size_t number)
{
    const struct lesson *lesson = &learner->lessons[number];
    size_t anchors = lesson->weight > 0 ? find_anchors(learner, lesson) : 0, n = 0;
    for (size_t i = 0; i < anchors; i++) {
        size_t feature = learner->anchors[i].feature;
        for (size_t j = learner->holders_of[feature]; j < learner->holders_of[feature + 1]; j++) {
            size_t place = learner->holders[j];
            bool is_own = place >= learner->starts[number] && place < learner->starts[number + 1];
            if (!is_own && !learner->is_met[place])
                learner->met[n++] = place;
            learner->is_met[place] |= !is_own;
        }
    }
    for (size_t i = 0; i < n; i++)
        learner->is_met[learner->met[i]] = false;
    if (n > 0)
        qsort(learner->met, n, sizeof *learner->met, by_place);
    return n;
}

/* What must not be there. */

/* The captures of other lessons that match. */
static size_t find_matched(struct learner *learner, size_t number)
{
    size_t n = 0, met = meet(learner, number);
    for (size_t i = 0; i < met; i++)
        if (matches(learner, &learner->lessons[number], sample_at(learner, learner->met[i])))
            learner->matched[n++] = learner->met[i];
    return n;
}

/* Which of two features keeps more away; of equals, the more frequent, then the first by text. */
static bool is_better(const struct learner *learner, uint32_t a, uint32_t b)
{
    if (learner->hits[a] != learner->hits[b])
        return learner->hits[a] > learner->hits[b];
    if (learner->support[a] != learner->support[b])
        return learner->support[a] > learner->support[b];
    return iotsig_vocabulary_compare(&learner->corpus->vocabulary, a, b) < 0;
}

/* The feature that is in most of the captures that match and never in the lesson; hits 0: none is.
 */
static struct forbidden find_forbidden(struct learner *learner, size_t matched)
{
    struct forbidden best = {0, 0};
    size_t touched = 0;
    for (size_t i = 0; i < matched; i++) {
        const struct sample *sample = sample_at(learner, learner->matched[i]);
        for (size_t j = 0; j < sample->count; j++) {
            uint32_t feature = sample->features[j];
            if (learner->own[feature] == 0 && learner->hits[feature]++ == 0)
                learner->touched[touched++] = feature;
        }
    }
    for (size_t i = 0; i < touched; i++)
        if (best.hits == 0 || is_better(learner, learner->touched[i], best.feature))
            best = (struct forbidden){learner->touched[i], learner->hits[learner->touched[i]]};
    for (size_t i = 0; i < touched; i++)
        learner->hits[learner->touched[i]] = 0;
    return best;
}

static void forbid(struct learner *learner, size_t number)
{
    struct lesson *lesson = &learner->lessons[number];
    size_t matched = find_matched(learner, number);
    while (matched > 0 && lesson->forbidden_count < FORBIDDEN_MAX) {
        struct forbidden found = find_forbidden(learner, matched);
        if (found.hits < FORBIDDEN_HITS)
            return;
        lesson->forbidden[lesson->forbidden_count++] = found;
        learner->is_forbidden[found.feature] = true;
        size_t left = 0;
        for (size_t i = 0; i < matched; i++)
            if (matches(learner, lesson, sample_at(learner, learner->matched[i])))
                learner->matched[left++] = learner->matched[i];
        matched = left;
    }
}

/* All of it, from the captures that are used. */
static bool teach(struct learner *learner, struct iotsig_ratio min_support)
{
    size_t features = learner->corpus->vocabulary.words.count, taught = 0;
    memset(learner->sums, 0, features * sizeof *learner->sums);
    memset(learner->support, 0, features * sizeof *learner->support);
    learner->bases = 0;
    arrange(learner);
    note_holders(learner);
    for (size_t i = 0; i < learner->lesson_count; i++) {
        if (!count_lesson(learner, i))
            return false;
        add_probabilities(learner, &learner->lessons[i]);
        taught += learner->lessons[i].captures > 0;
    }
    learner->others = taught > 0 ? taught - 1 : 0;
    for (size_t i = 0; i < learner->events; i++) {
        weigh(learner, &learner->lessons[i], min_support);
        begin(learner, &learner->lessons[i]);
        forbid(learner, i);
        end(learner, &learner->lessons[i]);
    }
    return true;
}

/* Captures that are not of their event. */

static const char *const is_odd = "is left out: it has little of what the others have";

/* Of each capture, the first other event by name that claims it, and whether its own does not. */
struct claims {
    uint32_t *by; /* NO_LESSON: none does */
    bool *own, *odd;
};

static const char *event_name(const struct learner *learner, size_t event)
{
    return learner->corpus->events.items[event].p;
}

static void claim(struct learner *learner, size_t number, struct claims *claims)
{
    struct lesson *lesson = &learner->lessons[number];
    size_t met = meet(learner, number);
    begin(learner, lesson);
    for (size_t i = learner->starts[number]; i < learner->starts[number + 1]; i++) {
        size_t capture = learner->order[i];
        uint64_t covered;
        claims->own[capture] = matches(learner, lesson, sample_at(learner, i));
        (void)cover(learner, sample_at(learner, i), &covered);
        claims->odd[capture] =
            lesson->weight > 0 && !at_least(covered, lesson->weight, odd_coverage);
    }
    for (size_t i = 0; i < met; i++) {
        size_t capture = learner->order[learner->met[i]];
        uint32_t *by = &claims->by[capture];
        if (matches(learner, lesson, sample_at(learner, learner->met[i])) &&
            (*by == NO_LESSON || strcmp(event_name(learner, number), event_name(learner, *by)) < 0))
            *by = (uint32_t)number;
    }
    end(learner, lesson);
}

static bool is_anothers(const struct claims *claims, size_t capture)
{
    return claims->odd[capture] || (!claims->own[capture] && claims->by[capture] != NO_LESSON);
}

/* Leaves captures of a lesson out, unless these are more than a quarter. */
static bool leave_out(struct learner *learner, size_t number, const struct claims *claims)
{
    size_t first = learner->starts[number], end_of = learner->starts[number + 1], odd = 0;
    for (size_t i = first; i < end_of; i++)
        odd += is_anothers(claims, learner->order[i]);
    if (odd * 4 > end_of - first)
        return true;
    for (size_t i = first; i < end_of; i++) {
        size_t capture = learner->order[i];
        char reason[512];
        if (!is_anothers(claims, capture))
            continue;
        learner->used[capture] = false;
        if (claims->by[capture] == NO_LESSON)
            snprintf(reason, sizeof reason, "%s", is_odd);
        else
            snprintf(reason, sizeof reason, "is left out: it is like those of %.400s",
                     event_name(learner, claims->by[capture]));
        learner->left_out[capture] = iotsig_arena_string(&learner->arena, reason);
        if (learner->left_out[capture] == NULL)
            return false;
    }
    return true;
}

static bool leave_out_odd(struct learner *learner)
{
    size_t captures = learner->corpus->count;
    bool failed = false;
    struct claims claims = {.by = clear(learner, captures, sizeof *claims.by, &failed),
                            .own = clear(learner, captures, sizeof *claims.own, &failed),
                            .odd = clear(learner, captures, sizeof *claims.odd, &failed)};
    for (size_t i = 0; i < captures && !failed; i++)
        claims.by[i] = NO_LESSON;
    for (size_t i = 0; i < learner->events && !failed; i++)
        claim(learner, i, &claims);
    for (size_t i = 0; i < learner->events && !failed; i++)
        failed = !leave_out(learner, i, &claims);
    return !failed;
}

/* Groups. */

struct akin {
    struct iotsig_map matched; /* from a pair of lessons to how many captures of the second match;
                                  by the first */
    const struct iotsig_map_entry *next; /* of the pairs, that no warning was made of */
    uint32_t *leader;                    /* of each lesson's group */
    uint32_t *fellow;                    /* the next of its group, whose last leads to the first */
};

struct pair {
    uint32_t signature, event;
};

static bool count_matched(struct learner *learner, uint32_t number, struct akin *akin)
{
    const struct lesson *lesson = &learner->lessons[number];
    size_t met = meet(learner, number);
    bool added, failed = false;
    begin(learner, lesson);
    for (size_t i = 0; i < met && !failed; i++) {
        const struct sample *sample = sample_at(learner, learner->met[i]);
        if (sample->event == NO_EVENT || !matches(learner, lesson, sample))
            continue;
        struct pair pair = {number, sample->event};
        uint64_t *count = iotsig_map_put(&akin->matched, &pair, sizeof pair, 0, &added);
        failed = count == NULL;
        if (!failed)
            ++*count;
    }
    end(learner, lesson);
    return !failed;
}

static uint64_t matched_of(const struct akin *akin, uint32_t signature, uint32_t event)
{
    struct pair pair = {signature, event};
    const uint64_t *count = iotsig_map_get(&akin->matched, &pair, sizeof pair);
    return count != NULL ? *count : 0;
}

static uint32_t leader_of(const struct akin *akin, uint32_t lesson)
{
    while (akin->leader[lesson] != lesson) {
        akin->leader[lesson] = akin->leader[akin->leader[lesson]];
        lesson = akin->leader[lesson];
    }
    return lesson;
}

static void join(struct akin *akin, struct pair pair)
{
    uint32_t one = leader_of(akin, pair.signature), other = leader_of(akin, pair.event);
    if (one == other)
        return;
    akin->leader[one] = other;
    uint32_t fellow = akin->fellow[one];
    akin->fellow[one] = akin->fellow[other];
    akin->fellow[other] = fellow;
}

static bool matches_half(const struct learner *learner, const struct akin *akin, struct pair pair)
{
    return 2 * matched_of(akin, pair.signature, pair.event) >=
           learner->lessons[pair.event].captures;
}

static bool find_groups(struct learner *learner, struct akin *akin)
{
    const struct iotsig_map_entry *entry = NULL;
    bool failed = false;
    size_t n;
    akin->leader = clear(learner, learner->events, sizeof *akin->leader, &failed);
    akin->fellow = clear(learner, learner->events, sizeof *akin->fellow, &failed);
    for (uint32_t i = 0; i < learner->events && !failed; i++)
        akin->leader[i] = akin->fellow[i] = i;
    for (uint32_t i = 0; i < learner->events && !failed; i++)
        failed = !count_matched(learner, i, akin);
    while (!failed && (entry = iotsig_map_next(&akin->matched, entry)) != NULL) {
        struct pair pair;
        memcpy(&pair, iotsig_map_key(entry, &n), sizeof pair);
        if (matches_half(learner, akin, pair) &&
            matches_half(learner, akin, (struct pair){pair.event, pair.signature}))
            join(akin, pair);
    }
    return !failed;
}

/* The library. */

static bool add_traits(const struct learner *learner, const struct lesson *lesson,
                       struct iotsig_learned *learned)
{
    const struct vocabulary *vocabulary = &learner->corpus->vocabulary;
    bool added = true;
    for (size_t i = 0; i < lesson->count && added; i++) {
        const struct tally *tally = &lesson->tallies[i];
        if (!is_trait(lesson, tally))
            continue;
        const struct iotsig_trait trait = {.role = tally->weight > 0 ? IOTSIG_MANDATORY
                                                                     : IOTSIG_OPTIONAL,
                                           .family = vocabulary_family(vocabulary, tally->feature),
                                           .text = vocabulary_text(vocabulary, tally->feature),
                                           .support = tally->captures,
                                           .weight = tally->weight,
                                           .least = tally->least,
                                           .most = tally->most};
        added = iotsig_learned_add_trait(learned, &trait);
    }
    for (size_t i = 0; i < lesson->forbidden_count && added; i++) {
        const struct iotsig_trait trait = {
            .role = IOTSIG_FORBIDDEN,
            .family = vocabulary_family(vocabulary, lesson->forbidden[i].feature),
            .text = vocabulary_text(vocabulary, lesson->forbidden[i].feature),
            .support = lesson->forbidden[i].hits};
        added = iotsig_learned_add_trait(learned, &trait);
    }
    return added && iotsig_learned_sort(learned);
}

static int by_name(const void *one, const void *other)
{
    const struct iotsig_origin *a = one, *b = other;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

/* Adds a capture to the signature of its event; NULL: it has none. */
static bool add_origin(const struct learner *learner, size_t capture,
                       struct iotsig_learned *learned)
{
    struct iotsig_origin origin = learner->corpus->samples[capture].origin;
    if (learned == NULL)
        return true;
    origin.left_out = learner->left_out[capture];
    if (learner->used[capture] && origin.duration_ns > learned->duration_ns)
        learned->duration_ns = origin.duration_ns;
    return iotsig_learned_add_origin(learned, &origin);
}

static int by_text(const void *one, const void *other)
{
    const char *const *a = one, *const *b = other;
    return strcmp(*a, *b);
}

static void sort_texts(struct texts *texts)
{
    if (texts->count > 0)
        qsort(texts->items, texts->count, sizeof *texts->items, by_text);
}

static bool add_group(const struct learner *learner, const struct akin *akin, uint32_t event,
                      struct iotsig_learned *learned)
{
    bool added = true;
    for (uint32_t i = akin->fellow[event]; i != event && added; i = akin->fellow[i])
        added = iotsig_learned_add_akin(learned, event_name(learner, i));
    sort_texts(&learned->group);
    return added;
}

/* Warnings. */

static bool warn_of_few(struct iotsig_learned *learned)
{
    char text[160];
    size_t mandatory = 0;
    while (mandatory < learned->count && learned->traits[mandatory].role == IOTSIG_MANDATORY)
        mandatory++;
    if (learned->captures == 1 &&
        !iotsig_learned_add_warning(learned, "was learned from one capture: what it has by chance "
                                             "and what by nature is not known (add captures)"))
        return false;
    if (mandatory >= FEW)
        return true;
    snprintf(text, sizeof text, "has %zu mandatory feature%s only, which others may have too%s",
             mandatory, mandatory == 1 ? "" : "s", mandatory == 0 ? ": it matches nothing" : "");
    return iotsig_learned_add_warning(learned, text);
}

/* Word `i` of a text; false when it has fewer. */
static bool word_of(const char *text, size_t i, char word[IOTSIG_ADDRESS_TEXT])
{
    for (; i > 0; i--) {
        text = strchr(text, ' ');
        if (text == NULL)
            return false;
        text++;
    }
    size_t n = strcspn(text, " ");
    if (n >= IOTSIG_ADDRESS_TEXT)
        return false;
    memcpy(word, text, n);
    word[n] = '\0';
    return true;
}

/* A peer that is written by number, and is no group: another home may have another one. */
static bool warn_of_addresses(struct iotsig_learned *learned)
{
    enum { PEER = 2 }; /* "out tcp PEER 443" */
    const struct vocabulary *vocabulary = &learned->library->vocabulary;
    bool added = true;
    for (size_t i = 0; i < learned->count && added; i++) {
        const struct trait *trait = &learned->traits[i];
        char word[IOTSIG_ADDRESS_TEXT], text[160];
        struct address address;
        if (trait->role != IOTSIG_MANDATORY ||
            strcmp(vocabulary_family(vocabulary, trait->feature), "flow") != 0 ||
            !word_of(vocabulary_text(vocabulary, trait->feature), PEER, word) ||
            !iotsig_address_parse(word, &address) || address_is_multicast(&address))
            continue;
        snprintf(text, sizeof text, "rests on the address %s, which may be another elsewhere",
                 word);
        added = iotsig_learned_add_warning(learned, text);
    }
    return added;
}

/* The pairs of a lesson follow those of the lessons before it. */
static bool warn_of_others(const struct learner *learner, struct akin *akin, uint32_t event,
                           struct iotsig_learned *learned)
{
    bool added = true;
    for (; akin->next != NULL && added; akin->next = iotsig_map_next(&akin->matched, akin->next)) {
        struct pair pair;
        char text[512];
        size_t n;
        memcpy(&pair, iotsig_map_key(akin->next, &n), sizeof pair);
        if (pair.signature != event)
            break;
        if (leader_of(akin, pair.event) == leader_of(akin, event))
            continue;
        snprintf(text, sizeof text, "also matches %llu of %lu captures of %.400s",
                 (unsigned long long)iotsig_map_value(akin->next),
                 (unsigned long)learner->lessons[pair.event].captures,
                 event_name(learner, pair.event));
        added = iotsig_learned_add_warning(learned, text);
    }
    return added;
}

static bool warn(const struct learner *learner, struct akin *akin, uint32_t event,
                 struct iotsig_learned *learned)
{
    if (!warn_of_few(learned) || !warn_of_addresses(learned) ||
        !warn_of_others(learner, akin, event, learned))
        return false;
    sort_texts(&learned->warnings);
    return true;
}

static struct iotsig_learned *add_learned(const struct learner *learner, struct akin *akin,
                                          uint32_t event, struct iotsig_library *library)
{
    const struct lesson *lesson = &learner->lessons[event];
    struct iotsig_learned *learned =
        iotsig_library_add(library, event_name(learner, event), learner->options);
    if (learned == NULL)
        return NULL;
    learned->captures = lesson->captures;
    learned->against_events = learner->others;
    learned->against_captures = learner->starts[learner->lesson_count] - lesson->captures;
    return add_traits(learner, lesson, learned) && add_group(learner, akin, event, learned) &&
                   warn(learner, akin, event, learned)
               ? learned
               : NULL;
}

static bool make_library(struct learner *learner, const bool *use, struct iotsig_library *library)
{
    const struct iotsig_context *context = learner->context;
    const struct iotsig_corpus *corpus = learner->corpus;
    struct akin akin = {0};
    bool failed = false;
    struct iotsig_learned **learned =
        clear(learner, learner->events, sizeof(struct iotsig_learned *), &failed);
    iotsig_map_init(&akin.matched, &context->allocator, context->hash_key);
    failed = failed || !find_groups(learner, &akin);
    akin.next = failed ? NULL : iotsig_map_next(&akin.matched, NULL);
    for (uint32_t i = 0; i < learner->events && !failed; i++)
        if (learner->lessons[i].captures > 0)
            failed = (learned[i] = add_learned(learner, &akin, i, library)) == NULL;
    for (size_t i = 0; i < corpus->count && !failed; i++)
        if (corpus->samples[i].event != NO_EVENT && (use == NULL || use[i]))
            failed = !add_origin(learner, i, learned[corpus->samples[i].event]);
    for (size_t i = 0; i < library->count; i++)
        if (library->items[i]->origin_count > 0)
            qsort(library->items[i]->origins, library->items[i]->origin_count,
                  sizeof *library->items[i]->origins, by_name);
    iotsig_map_fini(&akin.matched);
    return !failed;
}

static bool is_share(struct iotsig_ratio ratio)
{
    return ratio.num > 0 && ratio.num <= ratio.den && ratio.den <= PARTS_MAX;
}

int iotsig_learn_options_check(const struct iotsig_learn_options *options,
                               struct iotsig_error *error)
{
    if (is_share(options->min_support) && is_share(options->min_coverage))
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                       "not a share above 0, at most 1, of at most %d parts (use such as 9/10)",
                       PARTS_MAX);
}

static int check(const struct iotsig_corpus *corpus, const bool *use,
                 const struct iotsig_learn_options *options, struct iotsig_error *error)
{
    int status = iotsig_learn_options_check(options, error);
    if (status != 0)
        return status;
    if (corpus->events.count > EVENTS_MAX)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT, "more than %u events", EVENTS_MAX);
    for (size_t i = 0; i < corpus->count; i++)
        if (corpus->samples[i].event != NO_EVENT && (use == NULL || use[i]))
            return 0;
    return iotsig_fail(error, IOTSIG_ERR_EMPTY, "there is no capture of an event to learn from");
}

int iotsig_learn(struct iotsig_library **out, struct iotsig_context *context,
                 const struct iotsig_corpus *corpus, const bool *use,
                 const struct iotsig_learn_options *options, struct iotsig_error *error)
{
    struct learner learner = {.context = context, .corpus = corpus, .options = options};
    struct iotsig_library *library = NULL;
    int status = check(corpus, use, options, error);
    if (status == 0)
        status = iotsig_library_new(&library, context, error);
    if (status != 0)
        return status;
    iotsig_arena_init(&learner.arena, &context->allocator);
    if (start(&learner, use) && teach(&learner, first_support) && leave_out_odd(&learner) &&
        teach(&learner, options->min_support) && make_library(&learner, use, library)) {
        *out = library;
    } else {
        iotsig_library_free(library);
        status = iotsig_fail_memory(error);
    }
    iotsig_arena_fini(&learner.arena);
    return status;
}
