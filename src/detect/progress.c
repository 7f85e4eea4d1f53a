/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/progress.h"

#include <stdlib.h>

#include "detect/judge.h"

#define NEVER        INT64_MAX
#define CAPACITY_MIN 16

/* Lapses that hold no more are let be until they are so many, and more than the others. */
#define LAPSES_MIN 64

static const struct iotsig_learned *learned_of(const struct progress *progress, uint32_t signature)
{
    return progress->index->library->items[signature];
}

static const struct pattern_times *times_of(const struct progress *progress, uint32_t signature)
{
    return &progress->index->times[signature];
}

/* Candidates: a table. */

static struct candidate *place_of(struct candidate *items, size_t capacity, uint32_t signature)
{
    size_t i = (signature * 0x9e3779b1u >> 7) & (capacity - 1);
    while (items[i].signature != signature && items[i].signature != NO_SIGNATURE)
        i = (i + 1) & (capacity - 1);
    return &items[i];
}

static struct candidate *find(const struct progress *progress, uint32_t signature)
{
    if (progress->capacity == 0)
        return NULL;
    struct candidate *found = place_of(progress->candidates, progress->capacity, signature);
    return found->signature == signature ? found : NULL;
}

static bool grow(struct progress *progress)
{
    size_t capacity = progress->capacity == 0 ? CAPACITY_MIN : progress->capacity * 2;
    struct candidate *items =
        iotsig_memory_get(progress->index->allocator, capacity * sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < capacity; i++)
        items[i].signature = NO_SIGNATURE;
    for (size_t i = 0; i < progress->capacity; i++)
        if (progress->candidates[i].signature != NO_SIGNATURE)
            *place_of(items, capacity, progress->candidates[i].signature) = progress->candidates[i];
    iotsig_memory_free(progress->index->allocator, progress->candidates);
    progress->candidates = items;
    progress->capacity = capacity;
    return true;
}

/* Where one is taken out, those behind it move up. */
static void take_out(struct progress *progress, struct candidate *candidate)
{
    size_t mask = progress->capacity - 1;
    struct candidate *items = progress->candidates;
    candidate->signature = NO_SIGNATURE;
    progress->count--;
    for (size_t i = ((size_t)(candidate - items) + 1) & mask; items[i].signature != NO_SIGNATURE;
         i = (i + 1) & mask) {
        struct candidate item = items[i];
        items[i].signature = NO_SIGNATURE;
        *place_of(items, progress->capacity, item.signature) = item;
    }
}

/* Counts. */

/* Whether a showing counts for a signature. */
static bool is_there(const struct progress *progress, const struct showing *showing, uint32_t i)
{
    return showing != NULL && times_of(progress, i)->window >= showing->below;
}

static void touch(struct progress *progress, struct candidate *candidate)
{
    if (candidate->touched)
        return;
    candidate->touched = true;
    candidate->next_touched = progress->touched;
    progress->touched = candidate->signature;
}

/* How many traits that have come or gone a claim notes; where there are more, all are looked for.
 */
static size_t news_of(const struct iotsig_learned *learned)
{
    return learned->count / 4 + 1;
}

static void add_news(const struct progress *progress, struct claim *claim, uint32_t trait)
{
    claim->is_stale |= claim->news_count == news_of(learned_of(progress, claim->signature));
    if (!claim->is_stale)
        claim->news[claim->news_count++] = trait;
}

/* Whether what is counted comes or goes. */
enum change { GOES = -1, COMES = 1 };

static void count_trait(const struct progress *progress, struct candidate *candidate, uint32_t i,
                        bool used, enum change change)
{
    const struct trait *trait = &learned_of(progress, candidate->signature)->traits[i];
    unsigned slot = progress->index->slots[trait->feature];
    if (trait->role == IOTSIG_FORBIDDEN) {
        candidate->forbidden += used ? 0 : (int64_t)change;
        return;
    }
    candidate->own[slot] += change;
    if (trait->role != IOTSIG_MANDATORY || used)
        return;
    candidate->covered =
        change == COMES ? candidate->covered + trait->weight : candidate->covered - trait->weight;
    candidate->anchors +=
        i < times_of(progress, candidate->signature)->anchors ? (int64_t)change : 0;
}

static void count_share(struct progress *progress, const struct share *share, bool used,
                        enum change change)
{
    struct candidate *candidate = find(progress, share->signature);
    if (candidate == NULL)
        return;
    count_trait(progress, candidate, share->trait, used, change);
    touch(progress, candidate);
    if (candidate->claim != NULL)
        add_news(progress, candidate->claim, share->trait);
}

/* The first share of a feature whose window is not below this, or past the last. */
static size_t share_from(const struct detect_index *index, uint32_t feature, int64_t window,
                         uint32_t signature)
{
    size_t low = index->shares.starts[feature], high = index->shares.starts[feature + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t i = index->shares.items[middle].signature;
        int64_t its = index->times[i].window;
        if (its < window || (its == window && i < signature))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct share *find_share(const struct detect_index *index, uint32_t feature,
                                      uint32_t signature)
{
    size_t i = share_from(index, feature, index->times[signature].window, signature);
    return i < index->shares.starts[feature + 1] && index->shares.items[i].signature == signature
               ? &index->shares.items[i]
               : NULL;
}

/* Counts a feature for some of the signatures that have it: by these, or by those that are on their
 * way, whichever are fewer. */
static void count_shares(struct progress *progress, uint32_t feature, size_t from, size_t to,
                         bool used, enum change change)
{
    const struct detect_index *index = progress->index;
    if (to - from <= progress->capacity) {
        for (size_t i = from; i < to; i++)
            count_share(progress, &index->shares.items[i], used, change);
        return;
    }
    for (size_t i = 0; i < progress->capacity; i++) {
        if (progress->candidates[i].signature == NO_SIGNATURE)
            continue;
        const struct share *share = find_share(index, feature, progress->candidates[i].signature);
        size_t at = share == NULL ? to : (size_t)(share - index->shares.items);
        if (at >= from && at < to)
            count_share(progress, share, used, change);
    }
}

static void count_showing(struct progress *progress, const struct showing *showing,
                          enum change change)
{
    if (showing->number >= progress->index->features || showing->count == 0)
        return;
    count_shares(progress, showing->number,
                 share_from(progress->index, showing->number, showing->below, 0),
                 progress->index->shares.starts[showing->number + 1], showing->used, change);
}

/* What is there of a signature that sets out: by its features, or by those that are there. */
static void count_all(const struct progress *progress, struct candidate *candidate)
{
    const struct iotsig_learned *learned = learned_of(progress, candidate->signature);
    const struct window *window = &progress->window;
    if (learned->count <= window->capacity) {
        for (uint32_t i = 0; i < learned->count; i++) {
            const struct showing *showing = iotsig_window_find(window, learned->traits[i].feature);
            if (is_there(progress, showing, candidate->signature))
                count_trait(progress, candidate, i, showing->used, COMES);
        }
        return;
    }
    for (size_t i = 0; i < window->capacity; i++) {
        const struct showing *showing = &window->items[i];
        const struct share *share =
            showing->number < progress->index->features
                ? find_share(progress->index, showing->number, candidate->signature)
                : NULL;
        if (share != NULL && showing->count > 0 &&
            is_there(progress, showing, candidate->signature))
            count_trait(progress, candidate, share->trait, showing->used, COMES);
    }
}

static bool set_out(struct progress *progress, uint32_t feature)
{
    const struct detect_index *index = progress->index;
    for (size_t i = index->anchors.starts[feature]; i < index->anchors.starts[feature + 1]; i++) {
        uint32_t signature = index->anchors.items[i].signature;
        if (find(progress, signature) != NULL)
            continue;
        if (progress->count >= progress->capacity / 2 && !grow(progress))
            return false;
        struct candidate *candidate = place_of(progress->candidates, progress->capacity, signature);
        *candidate = (struct candidate){.signature = signature};
        progress->count++;
        count_all(progress, candidate);
        touch(progress, candidate);
    }
    return true;
}

/* Lapses: a heap, the earliest first. */

static void sink(struct progress *progress, size_t i)
{
    struct lapse *items = progress->lapses, item = items[i];
    for (size_t next; (next = 2 * i + 1) < progress->lapse_count; i = next) {
        next += next + 1 < progress->lapse_count && items[next + 1].ns < items[next].ns;
        if (item.ns <= items[next].ns)
            break;
        items[i] = items[next];
    }
    items[i] = item;
}

static bool holds(const struct progress *progress, struct lapse lapse)
{
    const struct showing *showing = iotsig_window_find(&progress->window, lapse.number);
    return showing != NULL && showing->lapse == lapse.ns;
}

/* Takes out those that hold no more. */
static void sift(struct progress *progress)
{
    size_t kept = 0;
    for (size_t i = 0; i < progress->lapse_count; i++)
        if (holds(progress, progress->lapses[i]))
            progress->lapses[kept++] = progress->lapses[i];
    progress->lapse_count = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sink(progress, i);
}

static bool make_room(struct progress *progress)
{
    if (progress->lapse_count > LAPSES_MIN && progress->lapse_count > 2 * progress->window.count)
        sift(progress);
    return iotsig_array_grow(progress->index->allocator, &progress->lapses,
                             &progress->lapse_capacity, progress->lapse_count + 1,
                             sizeof *progress->lapses);
}

/* Has a showing looked at when it may lapse for the next signature; there is room. */
static void put_lapse(struct progress *progress, struct showing *showing)
{
    const struct detect_index *index = progress->index;
    size_t next = share_from(index, showing->number, showing->below, 0);
    if (next == index->shares.starts[showing->number + 1])
        return;
    int64_t ns = showing->last + index->times[index->shares.items[next].signature].window;
    if (ns >= showing->lapse) /* it is looked at before */
        return;
    showing->lapse = ns;
    size_t i = progress->lapse_count++;
    for (; i > 0 && progress->lapses[(i - 1) / 2].ns > ns; i = (i - 1) / 2)
        progress->lapses[i] = progress->lapses[(i - 1) / 2];
    progress->lapses[i] = (struct lapse){ns, showing->number};
}

/* Has all features lapse for the signatures whose windows, at a time, they are not in. */
static void let_lapse(struct progress *progress, int64_t ns)
{
    while (progress->lapse_count > 0 && progress->lapses[0].ns < ns) {
        struct lapse lapse = progress->lapses[0];
        progress->lapses[0] = progress->lapses[--progress->lapse_count];
        if (progress->lapse_count > 0)
            sink(progress, 0);
        struct showing *showing = iotsig_window_find(&progress->window, lapse.number);
        if (showing == NULL || showing->lapse != lapse.ns)
            continue;
        showing->lapse = NEVER;
        int64_t below = ns - showing->last;
        if (below > showing->below) {
            count_shares(progress, lapse.number,
                         share_from(progress->index, lapse.number, showing->below, 0),
                         share_from(progress->index, lapse.number, below, 0), showing->used, GOES);
            showing->below = below;
        }
        put_lapse(progress, showing);
    }
}

/* Showings. */

struct showing *iotsig_progress_get(struct progress *progress, uint32_t number, int64_t since)
{
    struct window *window = &progress->window;
    if (iotsig_window_is_full(window) && iotsig_window_find(window, number) == NULL)
        for (size_t i = 0; i < window->capacity; i++)
            if (window->items[i].number != IOTSIG_NO_STRING && window->items[i].last < since)
                count_showing(progress, &window->items[i], GOES);
    return iotsig_window_get(window, number, since);
}

bool iotsig_progress_set(struct progress *progress, struct showing *showing, struct showing now,
                         bool sets_out)
{
    bool counts = showing->number < progress->index->features;
    if (counts && !make_room(progress))
        return false;
    count_showing(progress, showing, GOES);
    now.number = showing->number;
    now.lapse = showing->count == 0 ? NEVER : showing->lapse;
    now.below = 0;
    *showing = now;
    count_showing(progress, showing, COMES);
    if (counts)
        put_lapse(progress, showing);
    return !counts || !sets_out || set_out(progress, showing->number);
}

void iotsig_progress_sweep(struct progress *progress)
{
    for (size_t i = 0; i < progress->window.capacity; i++) {
        const struct showing *showing = &progress->window.items[i];
        if (showing->number != IOTSIG_NO_STRING && showing->lapsed)
            count_showing(progress, showing, GOES);
    }
    iotsig_window_sweep(&progress->window);
}

void iotsig_progress_use_up(struct progress *progress, uint32_t i, int64_t first, int64_t ns)
{
    const struct iotsig_learned *learned = learned_of(progress, i);
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        struct showing *showing = iotsig_window_find(&progress->window, trait->feature);
        if (trait->role == IOTSIG_FORBIDDEN || showing == NULL || showing->used ||
            showing->last < ns - times_of(progress, i)->window)
            continue;
        count_showing(progress, showing, GOES);
        showing->used = true;
        showing->absorbed = trait->most > showing->count ? trait->most - showing->count : 0;
        showing->until = first + (learned->duration_ns > 0 ? learned->duration_ns : 0);
        count_showing(progress, showing, COMES);
    }
}

/* Claims. */

/* The showing of a mandatory trait that covers. */
static const struct showing *cover_of(const struct progress *progress, const struct claim *claim,
                                      uint32_t trait)
{
    const struct iotsig_learned *learned = learned_of(progress, claim->signature);
    const struct showing *showing =
        iotsig_window_find(&progress->window, learned->traits[trait].feature);
    return is_there(progress, showing, claim->signature) && !showing->used ? showing : NULL;
}

static bool is_mandatory(const struct progress *progress, const struct claim *claim, uint32_t trait)
{
    const struct iotsig_learned *learned = learned_of(progress, claim->signature);
    return trait < learned->count && learned->traits[trait].role == IOTSIG_MANDATORY;
}

/* Looks on for what is missing, until as many are known as are told. */
static void find_missing(const struct progress *progress, struct claim *claim)
{
    for (;
         claim->missing_count < IOTSIG_DETECT_MISSING && is_mandatory(progress, claim, claim->more);
         claim->more++)
        if (cover_of(progress, claim, claim->more) == NULL)
            claim->missing[claim->missing_count++] = claim->more;
}

static void set_missing(struct claim *claim, uint32_t trait, bool missing)
{
    size_t i = 0, behind;
    while (i < claim->missing_count && claim->missing[i] < trait)
        i++;
    bool known = i < claim->missing_count && claim->missing[i] == trait;
    if (trait >= claim->more || known == missing)
        return;
    if (i == IOTSIG_DETECT_MISSING) {
        claim->more = trait;
        return;
    }
    if (missing && claim->missing_count == IOTSIG_DETECT_MISSING)
        claim->more = claim->missing[--claim->missing_count];
    behind = claim->missing_count - i;
    if (missing) {
        memmove(claim->missing + i + 1, claim->missing + i, behind * sizeof *claim->missing);
        claim->missing[i] = trait;
        claim->missing_count++;
    } else {
        memmove(claim->missing + i, claim->missing + i + 1, (behind - 1) * sizeof *claim->missing);
        claim->missing_count--;
    }
}

static int by_time(const void *one, const void *other)
{
    const struct begun *a = one, *b = other;
    return (a->first > b->first) - (a->first < b->first);
}

/* Room for what began in the window, and as much again that began anew. */
static size_t begun_of(const struct iotsig_learned *learned)
{
    return 2 * learned->count + 1;
}

/* Finds all anew: what began in the window, which goes back to `since`, and what is missing. */
static void find_all(const struct progress *progress, struct claim *claim, int64_t since)
{
    claim->start = claim->end = claim->missing_count = 0;
    claim->more = 0;
    claim->is_stale = false;
    for (uint32_t i = 0; is_mandatory(progress, claim, i); i++) {
        const struct showing *showing = cover_of(progress, claim, i);
        if (showing != NULL && showing->first >= since)
            claim->begun[claim->end++] = (struct begun){showing->first, i};
    }
    qsort(claim->begun, claim->end, sizeof *claim->begun, by_time);
}

/* Takes in a trait that has come or gone. False: all is to be found anew. */
static bool take_news(const struct progress *progress, struct claim *claim, uint32_t trait)
{
    if (!is_mandatory(progress, claim, trait))
        return true;
    const struct showing *showing = cover_of(progress, claim, trait);
    set_missing(claim, trait, showing == NULL);
    if (showing == NULL)
        return true;
    const struct begun *last = claim->end > claim->start ? &claim->begun[claim->end - 1] : NULL;
    if (last != NULL && last->first == showing->first && last->trait == trait)
        return true;
    if (claim->end == begun_of(learned_of(progress, claim->signature)) ||
        (last != NULL && last->first > showing->first))
        return false;
    claim->begun[claim->end++] = (struct begun){showing->first, trait};
    return true;
}

static bool is_valid(const struct progress *progress, const struct claim *claim,
                     const struct begun *begun, int64_t since)
{
    const struct showing *showing =
        begun->first >= since ? cover_of(progress, claim, begun->trait) : NULL;
    return showing != NULL && showing->first == begun->first;
}

/* Brings a claim to a time. */
static void update(const struct progress *progress, struct claim *claim, int64_t ns)
{
    int64_t since = ns - times_of(progress, claim->signature)->window;
    for (size_t i = 0; i < claim->news_count && !claim->is_stale; i++)
        claim->is_stale = !take_news(progress, claim, claim->news[i]);
    claim->news_count = 0;
    if (claim->is_stale)
        find_all(progress, claim, since);
    find_missing(progress, claim);
    while (claim->end > claim->start &&
           !is_valid(progress, claim, &claim->begun[claim->start], since))
        claim->start++;
    while (claim->end > claim->start &&
           !is_valid(progress, claim, &claim->begun[claim->end - 1], since))
        claim->end--;
}

/* What is there before the window, and goes on, tells no time. */
static struct verdict verdict_of(const struct claim *claim, uint64_t covered, int64_t ns)
{
    struct verdict verdict = {.covered = covered, .first = ns, .last = ns};
    if (claim->end > claim->start) {
        verdict.first = claim->begun[claim->start].first;
        verdict.last = claim->begun[claim->end - 1].first;
    }
    verdict.missing_count = claim->missing_count;
    memcpy(verdict.missing, claim->missing, sizeof verdict.missing);
    return verdict;
}

/* As other_name() of probe.c. */
static bool is_another(const struct progress *progress, const struct candidate *candidate,
                       int64_t since)
{
    for (unsigned slot = 1; slot <= IOTSIG_SLOTS; slot++) {
        if ((learned_of(progress, candidate->signature)->slots & 1u << slot) == 0 ||
            candidate->own[slot] > 0)
            continue;
        const struct showing *showing =
            iotsig_window_find(&progress->window, index_of_slot(progress->index, slot));
        if (showing != NULL && showing->last >= since)
            return true;
    }
    return false;
}

/* Keeps the best verdict; none at all where something forbidden has come. */
static void judge_claim(const struct progress *progress, struct claim *claim, int64_t ns)
{
    const struct candidate *candidate = find(progress, claim->signature);
    bool refused =
        candidate->forbidden > 0 ||
        is_another(progress, candidate, ns - times_of(progress, claim->signature)->window);
    bool matches =
        !refused && iotsig_is_enough(progress->index, claim->signature, candidate->covered);
    update(progress, claim, ns);
    if (claim->matches && !refused && (!matches || candidate->covered < claim->verdict.covered))
        return;
    claim->matches = matches;
    claim->verdict = verdict_of(claim, candidate->covered, ns);
    claim->ns = ns;
}

static void free_claim(const struct progress *progress, struct claim *claim)
{
    iotsig_memory_free(progress->index->allocator, claim->begun);
    iotsig_memory_free(progress->index->allocator, claim->news);
    iotsig_memory_free(progress->index->allocator, claim);
}

static bool add_claim(struct progress *progress, struct candidate *candidate)
{
    const struct iotsig_allocator *allocator = progress->index->allocator;
    const struct iotsig_learned *learned = learned_of(progress, candidate->signature);
    if (!iotsig_array_grow(allocator, &progress->claims, &progress->claim_capacity,
                           progress->claim_count + 1, sizeof(struct claim *)))
        return false;
    struct claim *claim = iotsig_memory_get(allocator, sizeof *claim);
    if (claim == NULL)
        return false;
    *claim =
        (struct claim){.signature = candidate->signature,
                       .place = progress->claim_count,
                       .begun =
                           iotsig_memory_get(allocator, begun_of(learned) * sizeof *claim->begun),
                       .news = iotsig_memory_get(allocator, news_of(learned) * sizeof *claim->news),
                       .is_stale = true};
    if (claim->begun == NULL || claim->news == NULL) {
        free_claim(progress, claim);
        return false;
    }
    progress->claims[progress->claim_count++] = candidate->claim = claim;
    return true;
}

/* Patience. */

static void set_half(struct progress *progress, struct candidate *candidate, bool half)
{
    int64_t patience = times_of(progress, candidate->signature)->patience;
    if (half == candidate->half)
        return;
    candidate->half = half;
    if (progress->patience_count == 0 || patience < progress->patience)
        return;
    if (patience > progress->patience)
        progress->patience_count = 0;
    progress->patience = patience;
    if (half)
        progress->patience_count++;
    else
        progress->patience_count--;
}

int64_t iotsig_progress_patience(struct progress *progress)
{
    if (progress->patience_count > 0)
        return progress->patience;
    progress->patience = 0;
    for (size_t i = 0; i < progress->capacity; i++) {
        const struct candidate *candidate = &progress->candidates[i];
        if (candidate->signature == NO_SIGNATURE || !candidate->half)
            continue;
        int64_t patience = times_of(progress, candidate->signature)->patience;
        if (patience > progress->patience)
            progress->patience_count = 0;
        progress->patience = patience > progress->patience ? patience : progress->patience;
        progress->patience_count += patience == progress->patience;
    }
    return progress->patience;
}

/* All together. */

void iotsig_progress_init(struct progress *progress, const struct detect_index *index)
{
    *progress = (struct progress){.index = index, .touched = NO_SIGNATURE};
    iotsig_window_init(&progress->window, index->allocator);
}

void iotsig_progress_fini(struct progress *progress)
{
    for (size_t i = 0; i < progress->claim_count; i++)
        free_claim(progress, progress->claims[i]);
    iotsig_window_fini(&progress->window);
    iotsig_memory_free(progress->index->allocator, progress->claims);
    iotsig_memory_free(progress->index->allocator, progress->candidates);
    iotsig_memory_free(progress->index->allocator, progress->lapses);
}

void iotsig_progress_reset(struct progress *progress)
{
    for (size_t i = 0; i < progress->claim_count; i++)
        progress->claims[i]->matches = false;
}

/* Drops a candidate of which no anchor is left, unless it is to be told. */
static void drop(struct progress *progress, struct candidate *candidate)
{
    struct claim *claim = candidate->claim;
    if (candidate->anchors > 0 || (claim != NULL && claim->matches))
        return;
    set_half(progress, candidate, false);
    if (claim != NULL) {
        progress->claims[claim->place] = progress->claims[--progress->claim_count];
        progress->claims[claim->place]->place = claim->place;
        free_claim(progress, claim);
    }
    take_out(progress, candidate);
}

bool iotsig_progress_judge(struct progress *progress, int64_t ns)
{
    struct candidate *candidate;
    let_lapse(progress, ns);
    for (uint32_t i = progress->touched; i != NO_SIGNATURE; i = candidate->next_touched) {
        candidate = find(progress, i);
        set_half(progress, candidate, candidate->covered >= learned_of(progress, i)->weight / 2);
        if (candidate->claim == NULL && iotsig_is_enough(progress->index, i, candidate->covered) &&
            !add_claim(progress, candidate))
            return false;
    }
    for (size_t i = 0; i < progress->claim_count; i++)
        judge_claim(progress, progress->claims[i], ns);
    for (uint32_t i = progress->touched, next; i != NO_SIGNATURE; i = next) {
        candidate = find(progress, i);
        next = candidate->next_touched;
        candidate->touched = false;
        drop(progress, candidate);
    }
    progress->touched = NO_SIGNATURE;
    for (size_t i = progress->claim_count; i-- > 0;)
        drop(progress, find(progress, progress->claims[i]->signature));
    return true;
}
