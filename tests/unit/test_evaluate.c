/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals against published ones; how captures are dealt out, and what each task learns from. */
#include "corpus.h"

#include <math.h>

/* With its static functions: how captures are dealt out is not to be seen from outside. */
#include "signature/evaluate.c"

/* R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
 * methods", 1998, table I, method 3. */
static void intervals_are_those_of_newcombe(void **state)
{
    (void)state;
    static const struct {
        uint64_t part, whole;
        double low, high;
    } rows[] = {{81, 263, 0.2553, 0.3662},
                {15, 148, 0.0624, 0.1605},
                {0, 20, 0.0000, 0.1611},
                {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iotsig_share share = iotsig_share_of(rows[i].part, rows[i].whole);
        assert_true(fabs(share.low - rows[i].low) < 0.00005);
        assert_true(fabs(share.high - rows[i].high) < 0.00005);
        /* Of what is not, the interval is the same from the other end. */
        struct iotsig_share other = iotsig_share_of(rows[i].whole - rows[i].part, rows[i].whole);
        assert_true(fabs(share.low + other.high - 1) < 1e-12);
        assert_true(fabs(share.high + other.low - 1) < 1e-12);
    }
}

static void intervals_have_ends(void **state)
{
    (void)state;
    struct iotsig_share none = iotsig_share_of(0, 0), all = iotsig_share_of(7, 7),
                        zero = iotsig_share_of(0, 7);
    assert_true(none.value == 0 && none.low == 0 && none.high == 1);
    assert_true(all.value == 1 && all.high == 1 && all.low > 0 && all.low < 1);
    assert_true(zero.value == 0 && zero.low == 0 && zero.high > 0 && zero.high < 1);
    for (uint64_t n = 2; n < 1000000; n *= 3) {
        struct iotsig_share less = iotsig_share_of(n / 2, n),
                            more = iotsig_share_of(n / 2 * 100, n * 100);
        assert_true(less.low < less.value && less.value < less.high);
        assert_true(more.high - more.low < less.high - less.low);
    }
}

static void chance_is_fair(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    uint64_t stream = 1;
    for (size_t n = 1; n < 12; n++) {
        size_t seen[12] = {0};
        double chi_squared = 0;
        for (int i = 0; i < DRAWS; i++) {
            size_t number = number_below(&stream, n);
            assert_true(number < n);
            seen[number]++;
        }
        for (size_t i = 0; i < n; i++) {
            double want = (double)DRAWS / (double)n, off = (double)seen[i] - want;
            chi_squared += off * off / want;
        }
        assert_true(chi_squared < 35); /* one in ten thousand, of ten degrees of freedom: 35.6 */
    }
}

/* SplitMix64 from the state 1234567: the values that Rosetta Code gives for all languages. */
static void chance_is_known(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                       UINT64_C(9817491932198370423)};
    uint64_t stream = 1234567;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(next_number(&stream), numbers[i]);
}

/* An evaluation of events "e0", "e1", ... with so many captures each, and one foreign capture. */
struct fixture {
    struct iotsig_context *context;
    struct iotsig_corpus *corpus;
    struct iotsig_evaluation *evaluation;
};

static const size_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 11, 23};

#define EVENTS (sizeof sizes / sizeof *sizes)

enum { ALL = 1 + 2 + 3 + 4 + 5 + 6 + 7 + 11 + 23 };

/* `start`: which capture is added first. */
static void begin(struct fixture *fixture, struct iotsig_evaluate_options options, size_t start,
                  bool apart)
{
    bool test[ALL + 1] = {false};
    fixture->context = new_context(start);
    fixture->corpus = new_corpus(fixture->context);
    for (size_t i = 0; i < ALL; i++) {
        size_t event = 0, number = (i * 37 + start) % ALL; /* 37 has no divisor in common with 62 */
        char name[24], event_name[24], features[80];
        for (; number >= sizes[event]; event++)
            number -= sizes[event];
        snprintf(name, sizeof name, "%02zu", number);
        snprintf(event_name, sizeof event_name, "e%zu", event);
        snprintf(features, sizeof features, "name %zu|name part%zu", event, number % 2);
        add_capture(fixture->corpus, event_name, name, NULL, features);
        test[i] = number % 3 == 1;
    }
    add_capture(fixture->corpus, NULL, "tv", NULL, "name tv");
    assert_int_equal(iotsig_evaluation_new(&fixture->evaluation, fixture->context, fixture->corpus,
                                           apart ? test : NULL, &options, NULL),
                     0);
}

static void finish(struct fixture *fixture)
{
    iotsig_evaluation_free(fixture->evaluation);
    iotsig_corpus_free(fixture->corpus);
    iotsig_context_free(fixture->context);
}

static struct iotsig_evaluate_options options_of(uint32_t folds, uint64_t seed, uint32_t foreign)
{
    struct iotsig_evaluate_options options = IOTSIG_EVALUATE_DEFAULT;
    options.folds = folds;
    options.seed = seed;
    options.foreign = foreign;
    return options;
}

/* Which capture, whatever the order in which they were added. */
static size_t identity_of(const struct fixture *fixture, size_t capture)
{
    size_t first = 0, event = fixture->evaluation->results[capture].event;
    for (size_t i = 0; i < event; i++)
        first += sizes[i];
    return first + (size_t)atoi(fixture->corpus->samples[capture].origin.name);
}

/* The fold of each capture. */
static void folds_of(struct iotsig_evaluate_options options, size_t start, uint32_t folds[ALL])
{
    struct fixture fixture;
    begin(&fixture, options, start, false);
    for (size_t i = 0; i < ALL; i++)
        folds[identity_of(&fixture, i)] = fixture.evaluation->results[i].fold;
    assert_int_equal(fixture.evaluation->results[ALL].fold, NO_FOLD); /* the foreign one */
    finish(&fixture);
}

static void assert_even(const uint32_t *folds, size_t count, uint32_t of)
{
    size_t least = SIZE_MAX, most = 0;
    for (uint32_t fold = 0; fold < of; fold++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            n += folds[i] == fold;
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    assert_true(most - least <= 1);
}

static void folds_are_even(void **state)
{
    (void)state;
    static const uint32_t counts[] = {2, 3, 5, 10, 61, 200};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t folds[ALL];
        folds_of(options_of(counts[i], i, 0), 0, folds);
        for (size_t j = 0; j < ALL; j++)
            assert_true(folds[j] < counts[i]);
        assert_even(folds, ALL, counts[i]);
        for (size_t event = 0, first = 0; event < EVENTS; first += sizes[event++])
            assert_even(folds + first, sizes[event], counts[i]);
    }
}

static void the_seed_decides_and_the_order_does_not(void **state)
{
    (void)state;
    uint32_t first[ALL], again[ALL];
    for (uint64_t seed = 0; seed < 20; seed++) {
        folds_of(options_of(5, seed, 0), 0, first);
        folds_of(options_of(5, seed, 0), 17, again);
        assert_memory_equal(first, again, sizeof first);
        folds_of(options_of(5, seed + 1, 0), 0, again);
        assert_memory_not_equal(first, again, sizeof first);
    }
}

/* Each capture of an event comes to each fold as often, over many seeds. */
static void chance_decides_for_each_capture(void **state)
{
    (void)state;
    enum { SEEDS = 400, FOLDS = 4 };
    size_t seen[ALL][FOLDS] = {{0}};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint32_t folds[ALL];
        folds_of(options_of(FOLDS, seed, 0), 0, folds);
        for (size_t i = 0; i < ALL; i++)
            seen[i][folds[i]]++;
    }
    for (size_t i = ALL - sizes[EVENTS - 1]; i < ALL; i++)
        for (size_t fold = 0; fold < FOLDS; fold++)
            assert_true(seen[i][fold] > SEEDS / FOLDS / 2 && seen[i][fold] < SEEDS / FOLDS * 2);
}

/* A task, up to where it learns. */
static struct task task_of(struct fixture *fixture, uint32_t fold, size_t left_out)
{
    struct task task = {.evaluation = fixture->evaluation,
                        .context = fixture->context,
                        .fold = fold,
                        .left_out = left_out};
    iotsig_arena_init(&task.arena, &fixture->context->allocator);
    assert_true(prepare(&task));
    return task;
}

static void nothing_is_tested_that_was_learned_from(void **state)
{
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        struct fixture fixture;
        begin(&fixture, options_of(5, 3, 0), 0, apart != 0);
        const struct result *results = fixture.evaluation->results;
        for (uint32_t fold = 0; fold < (apart ? 1 : 5); fold++) {
            struct task task = task_of(&fixture, apart ? NO_FOLD : fold, SIZE_MAX);
            for (size_t i = 0; i < ALL; i++)
                assert_int_equal(task.use[i], results[i].fold != fold);
            assert_true(task.use[ALL]); /* the foreign capture is always learned against */
            iotsig_arena_fini(&task.arena);
        }
        for (size_t event = 0; event < EVENTS; event++) {
            struct task task = task_of(&fixture, NO_FOLD, event);
            for (size_t i = 0; i < ALL; i++)
                assert_int_equal(task.use[i], results[i].event != event &&
                                                  (!apart || results[i].fold == NO_FOLD));
            iotsig_arena_fini(&task.arena);
        }
        finish(&fixture);
    }
}

static void check_foreign(struct task *task, const struct fixture *fixture, uint32_t foreign)
{
    size_t got[EVENTS] = {0}, own[EVENTS] = {0}, used = 0;
    const struct sample *samples = task->corpus.samples;
    for (size_t i = 0; i < ALL; i++) {
        own[fixture->evaluation->results[i].event] += task->use[i];
        used += task->use[i];
    }
    for (size_t i = ALL + 1; i < task->corpus.count; i++) {
        size_t from = 0;
        /* The same features, as of another event; not twice the same. */
        while (samples[from].features != samples[i].features)
            from++;
        assert_true(task->use[i] && task->use[from]);
        assert_int_not_equal(samples[from].event, samples[i].event);
        for (size_t j = ALL + 1; j < i; j++)
            assert_false(samples[j].features == samples[i].features &&
                         samples[j].event == samples[i].event);
        got[event_number(fixture->evaluation, fixture->corpus->events.items[samples[i].event].p)]++;
    }
    for (size_t event = 0; event < EVENTS; event++) {
        size_t others = used - own[event];
        assert_int_equal(got[event], own[event] == 0 ? 0 : others < foreign ? others : foreign);
    }
}

static void foreign_captures_are_of_others_that_are_learned_from(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 3, 20, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct fixture fixture;
        begin(&fixture, options_of(5, 3, counts[i]), 0, false);
        for (uint32_t fold = 0; fold < 5; fold++) {
            struct task task = task_of(&fixture, fold, SIZE_MAX);
            check_foreign(&task, &fixture, counts[i]);
            iotsig_arena_fini(&task.arena);
        }
        struct task task = task_of(&fixture, NO_FOLD, EVENTS - 1);
        check_foreign(&task, &fixture, counts[i]);
        iotsig_arena_fini(&task.arena);
        finish(&fixture);
    }
}

/* Which captures become foreign ones, in a fold: of an event, of a seed. */
static void foreign_of(uint64_t seed, size_t start, uint32_t fold, size_t chosen[EVENTS])
{
    struct fixture fixture;
    begin(&fixture, options_of(5, seed, 1), start, false);
    struct task task = task_of(&fixture, fold, SIZE_MAX);
    memset(chosen, 0, EVENTS * sizeof *chosen);
    for (size_t i = ALL + 1; i < task.corpus.count; i++) {
        const struct sample *samples = task.corpus.samples;
        size_t from = 0;
        while (samples[from].features != samples[i].features)
            from++;
        chosen[event_number(fixture.evaluation, fixture.corpus->events.items[samples[i].event].p)] =
            1 + identity_of(&fixture, from);
    }
    iotsig_arena_fini(&task.arena);
    finish(&fixture);
}

static void the_seed_decides_which_are_foreign(void **state)
{
    (void)state;
    size_t first[EVENTS], other[EVENTS], same = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        foreign_of(seed, 0, 1, first);
        foreign_of(seed, 17, 1, other);
        assert_memory_equal(first, other, sizeof first);
        /* Seeds that follow each other do not choose the same for events that do. */
        foreign_of(seed + 1, 0, 1, other);
        for (size_t event = 1; event < EVENTS; event++)
            same += first[event] != 0 && first[event] == other[event - 1];
    }
    assert_true(same < 40 * EVENTS / 8); /* by chance, one of about fifty is */
}

static struct iotsig_scores scores_of(struct iotsig_evaluate_options options, size_t start,
                                      bool backwards)
{
    struct fixture fixture;
    struct iotsig_scores scores;
    begin(&fixture, options, start, false);
    size_t tasks = iotsig_evaluation_tasks(fixture.evaluation);
    for (size_t i = 0; i < tasks; i++)
        assert_int_equal(iotsig_evaluation_run(fixture.evaluation, backwards ? tasks - 1 - i : i,
                                               fixture.context, NULL),
                         0);
    iotsig_evaluation_scores(fixture.evaluation, &scores);
    finish(&fixture);
    return scores;
}

static void tasks_run_in_any_order(void **state)
{
    (void)state;
    struct iotsig_scores forwards = scores_of(options_of(4, 9, 2), 0, false),
                         backwards = scores_of(options_of(4, 9, 2), 17, true);
    assert_memory_equal(&forwards, &backwards, sizeof forwards);
    assert_int_equal(forwards.recall.whole, ALL);
}

static void options_are_checked(void **state)
{
    (void)state;
    struct fixture fixture = {.context = new_context(1)};
    fixture.corpus = new_corpus(fixture.context);
    struct iotsig_evaluate_options one = options_of(1, 1, 0), good = options_of(2, 1, 0);
    add_captures(fixture.corpus, "e", 1, "name x");
    assert_int_equal(iotsig_evaluation_new(&fixture.evaluation, fixture.context, fixture.corpus,
                                           NULL, &one, NULL),
                     IOTSIG_ERR_ARGUMENT);
    for (int test = 0; test < 2; test++) /* nothing to test with, nothing to learn from */
        assert_int_equal(iotsig_evaluation_new(&fixture.evaluation, fixture.context, fixture.corpus,
                                               &(bool){test != 0}, &good, NULL),
                         IOTSIG_ERR_EMPTY);
    assert_null(fixture.evaluation);
    finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_those_of_newcombe),
        cmocka_unit_test(intervals_have_ends),
        cmocka_unit_test(chance_is_fair),
        cmocka_unit_test(chance_is_known),
        cmocka_unit_test(folds_are_even),
        cmocka_unit_test(the_seed_decides_and_the_order_does_not),
        cmocka_unit_test(chance_decides_for_each_capture),
        cmocka_unit_test(nothing_is_tested_that_was_learned_from),
        cmocka_unit_test(foreign_captures_are_of_others_that_are_learned_from),
        cmocka_unit_test(the_seed_decides_which_are_foreign),
        cmocka_unit_test(tasks_run_in_any_order),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
