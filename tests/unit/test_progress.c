/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far signatures are, kept as features come and lapse (detect/progress), against what is found by looking at all. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "detect/judge.h"
#include "detect/progress.h"

#define SECOND INT64_C(1000000000)

enum { FEATURES = 40, SIGNATURES = 12 };

/* Of each signature, what was said of it last. */
struct said {
    bool on_way, matches, anchored;
    int64_t ns;
    struct verdict verdict;
    uint64_t covered;
};

struct fixture {
    struct iotsig_context *context;
    struct iotsig_library *library;
    struct detect_index index;
    struct progress progress;
    struct said said[SIGNATURES];
    uint64_t random;
    int64_t now;
    size_t told[3]; /* how often it mattered: matches, forbidden, missing features */
};

static void add_traits(struct fixture *fixture, struct iotsig_learned *learned)
{
    char text[64];
    size_t mandatory = 1 + below(&fixture->random, 25), all = mandatory + below(&fixture->random, 3);
    size_t start = below(&fixture->random, FEATURES);
    for (size_t i = 0; i < all; i++) {
        struct iotsig_trait trait = {.family = "name", .text = text, .role = IOTSIG_MANDATORY, .most = 9,
                                     .weight = (uint32_t)(i == 0 ? 900 : 300 - 4 * i)};
        snprintf(text, sizeof text, "dns A n%zu.example", (start + i) % FEATURES);
        if (i >= mandatory)
            trait.role = i == mandatory ? IOTSIG_OPTIONAL : IOTSIG_FORBIDDEN, trait.weight = 0;
        if (i == 1 && start % 4 == 0 && mandatory > 1) {
            trait.family = "dhcp";
            snprintf(text, sizeof text, "host-name n%zu", start % 3);
        }
        assert_true(iotsig_learned_add_trait(learned, &trait));
    }
}

static void start(struct fixture *fixture, uint64_t seed)
{
    const struct iotsig_settings settings = {.hash_seed = {1, 2}};
    static const int64_t durations[] = {0, 2 * SECOND, 6 * SECOND, 20 * SECOND, 90 * SECOND};
    *fixture = (struct fixture){.random = seed, .now = 1000 * SECOND};
    assert_int_equal(iotsig_context_new(&fixture->context, &settings, NULL), 0);
    assert_int_equal(iotsig_library_new(&fixture->library, fixture->context, NULL), 0);
    for (size_t i = 0; i < SIGNATURES; i++) {
        char event[16];
        struct iotsig_learn_options options = {.min_coverage = iotsig_ratio_of(2 + below(&fixture->random, 8), 10)};
        snprintf(event, sizeof event, "e%zu", i + 10);
        struct iotsig_learned *learned = iotsig_library_add(fixture->library, event, &options);
        assert_non_null(learned);
        learned->duration_ns = durations[below(&fixture->random, 5)];
        add_traits(fixture, learned);
        assert_true(iotsig_learned_sort(learned));
    }
    assert_int_equal(iotsig_detect_index_init(&fixture->index, fixture->context, fixture->library, NULL), 0);
    iotsig_progress_init(&fixture->progress, &fixture->index);
}

static void stop(struct fixture *fixture)
{
    iotsig_progress_fini(&fixture->progress);
    iotsig_detect_index_fini(&fixture->index);
    iotsig_library_free(fixture->library);
    iotsig_context_free(fixture->context);
}

/* A feature, when it is there. */
static const struct showing *there(const struct fixture *fixture, uint32_t number, int64_t since)
{
    const struct showing *showing = iotsig_window_find(&fixture->progress.window, number);
    return showing != NULL && showing->last >= since ? showing : NULL;
}

/* What is said of a signature, by looking at all its features. */
static bool look(const struct fixture *fixture, uint32_t i, struct verdict *verdict, bool *anchored)
{
    const struct iotsig_learned *learned = fixture->library->items[i];
    int64_t since = fixture->now - fixture->index.times[i].window;
    bool dated = false, refused = false;
    unsigned own = 0;
    *anchored = false;
    *verdict = (struct verdict){.first = fixture->now, .last = fixture->now};
    for (uint32_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        const struct showing *showing = there(fixture, trait->feature, since);
        if (trait->role == IOTSIG_FORBIDDEN)
            refused |= showing != NULL && !showing->used;
        else if (showing != NULL)
            own |= 1u << fixture->index.slots[trait->feature];
        if (trait->role != IOTSIG_MANDATORY)
            continue;
        if (showing == NULL || showing->used) {
            if (verdict->missing_count < IOTSIG_DETECT_MISSING)
                verdict->missing[verdict->missing_count++] = j;
            continue;
        }
        verdict->covered += trait->weight;
        *anchored |= j < fixture->index.times[i].anchors;
        if (showing->first < since)
            continue;
        verdict->first = !dated || showing->first < verdict->first ? showing->first : verdict->first;
        verdict->last = !dated || showing->first > verdict->last ? showing->first : verdict->last;
        dated = true;
    }
    for (unsigned slot = 1; slot <= IOTSIG_SLOTS; slot++)
        refused |= (learned->slots & 1u << slot) != 0 && (own & 1u << slot) == 0 &&
                   there(fixture, index_of_slot(&fixture->index, slot), since) != NULL;
    return refused;
}

/* The rule: the best verdict is kept, until something forbidden comes. */
static void say(struct fixture *fixture, uint32_t i)
{
    struct said *said = &fixture->said[i];
    struct verdict verdict;
    bool refused = look(fixture, i, &verdict, &said->anchored);
    bool matches = !refused && iotsig_is_enough(&fixture->index, i, verdict.covered);
    said->covered = verdict.covered;
    fixture->told[1] += refused;
    if (!(said->matches && !refused && (!matches || verdict.covered < said->verdict.covered))) {
        said->matches = matches;
        said->verdict = verdict;
        said->ns = fixture->now;
    }
    said->on_way = said->matches || said->anchored;
}

static const struct claim *claim_of(const struct fixture *fixture, uint32_t i)
{
    for (size_t j = 0; j < fixture->progress.claim_count; j++)
        if (fixture->progress.claims[j]->signature == i)
            return fixture->progress.claims[j];
    return NULL;
}

static void compare(struct fixture *fixture)
{
    int64_t patience = 0;
    size_t on_way = 0;
    assert_true(iotsig_progress_judge(&fixture->progress, fixture->now));
    for (uint32_t i = 0; i < SIGNATURES; i++) {
        const struct said *said = &fixture->said[i];
        const struct claim *claim = claim_of(fixture, i);
        say(fixture, i);
        on_way += said->on_way;
        assert_int_equal(claim != NULL && claim->matches, said->matches);
        if (said->on_way && said->covered >= fixture->library->items[i]->weight / 2 && fixture->index.times[i].patience > patience)
            patience = fixture->index.times[i].patience;
        if (!said->matches)
            continue;
        fixture->told[0]++;
        fixture->told[2] += said->verdict.missing_count;
        assert_int_equal(claim->ns, said->ns);
        assert_int_equal(claim->verdict.covered, said->verdict.covered);
        assert_int_equal(claim->verdict.first, said->verdict.first);
        assert_int_equal(claim->verdict.last, said->verdict.last);
        assert_int_equal(claim->verdict.missing_count, said->verdict.missing_count);
        assert_memory_equal(claim->verdict.missing, said->verdict.missing, said->verdict.missing_count * sizeof *said->verdict.missing);
    }
    assert_int_equal(fixture->progress.count, on_way);
    assert_int_equal(iotsig_progress_patience(&fixture->progress), patience);
}

/* A feature is seen at a time, which is earlier where what was seen is told again. */
static void see(struct fixture *fixture, uint32_t number, int64_t ns)
{
    struct showing *showing = iotsig_progress_get(&fixture->progress, number, fixture->now - fixture->index.longest);
    assert_non_null(showing);
    if (showing->count > 0 && !showing->used && ns - showing->last <= fixture->index.shortest) {
        showing->last = ns > showing->last ? ns : showing->last;
        assert_true(showing->below == 0 || iotsig_progress_set(&fixture->progress, showing, *showing, true));
        return;
    }
    const struct showing now = {.count = 1, .first = ns, .last = ns};
    assert_true(iotsig_progress_set(&fixture->progress, showing, now, true));
}

/* Something that happens. */
static void step(struct fixture *fixture)
{
    uint32_t numbers = fixture->index.features + IOTSIG_SLOTS + 1;
    size_t what = below(&fixture->random, 100);
    uint32_t number = (uint32_t)below(&fixture->random, numbers);
    if (what < 3) {
        uint32_t i = (uint32_t)below(&fixture->random, SIGNATURES);
        iotsig_progress_use_up(&fixture->progress, i, fixture->now, fixture->now);
        iotsig_progress_reset(&fixture->progress);
        for (i = 0; i < SIGNATURES; i++)
            fixture->said[i].matches = false;
    } else if (what < 5) {
        for (size_t i = 0; i < fixture->progress.window.capacity; i++)
            fixture->progress.window.items[i].lapsed = below(&fixture->random, 4) == 0;
        iotsig_progress_sweep(&fixture->progress);
    } else if (what < 15) { /* many at once, so that claims are made anew */
        for (uint32_t i = 0; i < fixture->index.features; i += 2)
            see(fixture, i, fixture->now);
    } else {
        see(fixture, number == fixture->index.features ? 0 : number, fixture->now - (what < 20 ? SECOND / 2 : 0));
    }
    for (number = 0; number < 5 && what < 95; number++) /* which go on, but for a pause now and then */
        see(fixture, number, fixture->now);
}

static void as_by_looking_at_all(void **state)
{
    (void)state;
    size_t told[3] = {0};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct fixture fixture;
        start(&fixture, seed * 0x9e3779b97f4a7c15);
        size_t pace = 1 + below(&fixture.random, 3);
        for (int i = 0; i < 1500; i++) {
            fixture.now += (int64_t)below(&fixture.random, pace == 1 ? 10 : pace == 2 ? 400 : 3000) * (SECOND / 1000);
            step(&fixture);
            compare(&fixture);
        }
        for (int i = 0; i < 3; i++)
            told[i] += fixture.told[i];
        stop(&fixture);
    }
    for (int i = 0; i < 3; i++)
        assert_true(told[i] > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_by_looking_at_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
