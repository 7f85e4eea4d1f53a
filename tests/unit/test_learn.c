/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of learning and matching, on features made by hand; then on corpora by chance, against
 * what the rules say when they are written down plainly. */
#include "corpus.h"

#include <math.h>

#include "base/ratio.h"
#include "signature/bits.h"
#include "signature/library.h"

static void probabilities_are_rounded_down(void **state)
{
    (void)state;
    /* (2k + 1) 2^40 / (2 (n + 1)), computed with integers of any size. */
    static const struct {
        uint32_t k, n;
        uint64_t p;
    } rows[] = {
        {0, 0, UINT64_C(549755813888)},
        {0, 1, UINT64_C(274877906944)},
        {1, 1, UINT64_C(824633720832)},
        {0, 2, UINT64_C(183251937962)},
        {2, 2, UINT64_C(916259689813)},
        {9, 10, UINT64_C(949578223988)},
        {10, 10, UINT64_C(1049533826513)},
        {123456, 654321, UINT64_C(207454215622)},
        {0, UINT32_MAX, 128},
        {UINT32_MAX, UINT32_MAX, UINT64_C(1099511627648)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(iotsig_probability(rows[i].k, rows[i].n), rows[i].p);
}

static void logarithms_are_rounded_half_up(void **state)
{
    (void)state;
    /* Computed with 60 decimals; behind each the logarithm before it is rounded. */
    const uint64_t most = UINT64_C(1) << 62;
    const struct {
        uint64_t num, den;
        int32_t hundredths;
    } rows[] = {
        {1, 1, 0},
        {2, 1, 100},
        {1, 2, -100},
        {3, 1, 158},  /* 158.496250 */
        {1, 3, -158}, /* -158.496250 */
        {9, 1, 317},  /* 316.992500 */
        {10, 9, 15},  /* 15.200309 */
        {7, 5, 49},   /* 48.542683 */
        {1, 1024, -1000},
        {most, 1, 6200},
        {1, most, -6200},
        {most - 1, most, 0},     /* just below 0 */
        {most, 3, 6042},         /* 6041.503750 */
        {1003471, 1000000, 0},   /* 0.499892 */
        {1003472, 1000000, 1},   /* 0.500036 */
        {10034717, 10000000, 0}, /* 0.499993 */
        {10034718, 10000000, 1}, /* 0.500007 */
        {9965402, 10000000, -1}, /* -0.500009 */
        {9965403, 10000000, 0},  /* -0.499995 */
        {most - 1, UINT64_C(1518500249), 3150},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(iotsig_hundredths_of_bits(rows[i].num, rows[i].den), rows[i].hundredths);
}

/* Hundredths of bits by the C library; false: too near to where rounding turns to be sure. */
static bool by_libm(long double num, long double den, long *hundredths)
{
    long double exact = 100 * log2l(num / den) + 0.5L;
    *hundredths = (long)floorl(exact);
    return fabsl(exact - roundl(exact)) > 1e-4L;
}

static void logarithms_agree_with_the_library(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 20000; i++) {
        uint64_t num = (next_random(&random) >> 2 >> below(&random, 60)) + 1,
                 den = (next_random(&random) >> 2 >> below(&random, 60)) + 1;
        long hundredths;
        if (by_libm((long double)num, (long double)den, &hundredths))
            assert_int_equal(iotsig_hundredths_of_bits(num, den), hundredths);
    }
}

/* A corpus, and what is learned from it. */
struct fixture {
    struct iotsig_context *context;
    struct iotsig_corpus *corpus;
    struct iotsig_library *library;
};

static void begin(struct fixture *fixture)
{
    fixture->context = new_context(1);
    fixture->corpus = new_corpus(fixture->context);
    fixture->library = NULL;
}

static void learn_with(struct fixture *fixture, struct iotsig_ratio min_support,
                       struct iotsig_ratio min_coverage)
{
    const struct iotsig_learn_options options = {min_support, min_coverage, NULL};
    iotsig_library_free(fixture->library);
    assert_int_equal(iotsig_learn(&fixture->library, fixture->context, fixture->corpus, NULL,
                                  &options, NULL),
                     0);
}

static void learn(struct fixture *fixture)
{
    learn_with(fixture, (struct iotsig_ratio){9, 10}, (struct iotsig_ratio){9, 10});
}

static void finish(struct fixture *fixture)
{
    iotsig_library_free(fixture->library);
    iotsig_corpus_free(fixture->corpus);
    iotsig_context_free(fixture->context);
}

static const struct iotsig_learned *signature(const struct fixture *fixture, const char *event)
{
    const struct iotsig_learned *learned = iotsig_library_find(fixture->library, event);
    assert_non_null(learned);
    return learned;
}

/* The trait of this text; false: the signature has none. */
static bool find_trait(const struct iotsig_learned *learned, const char *text,
                       struct iotsig_trait *trait)
{
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, trait);
        if (strcmp(trait->text, text) == 0)
            return true;
    }
    return false;
}

/* The texts of a role, in their order, with spaces between. */
static void assert_role(const struct iotsig_learned *learned, enum iotsig_role role,
                        const char *want)
{
    char got[1000] = "";
    struct iotsig_trait trait;
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role == role)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", got[0] == '\0' ? "" : " ",
                     trait.text);
    }
    assert_string_equal(got, want);
}

/* Weights. */

static uint32_t weight_of(const struct fixture *fixture, const char *event, const char *text)
{
    struct iotsig_trait trait;
    assert_true(find_trait(signature(fixture, event), text, &trait));
    assert_int_equal(trait.role, IOTSIG_MANDATORY);
    return trait.weight;
}

/* Captures of an event that all have a feature of their own; `k` of these have "x", too. */
static void add_with_x(struct fixture *fixture, const char *event, size_t k, size_t n)
{
    char with[40], without[40];
    snprintf(with, sizeof with, "name %s|name x", event);
    snprintf(without, sizeof without, "name %s", event);
    add_captures(fixture->corpus, event, k, with);
    add_captures(fixture->corpus, event, n - k, without);
}

static void weights_are_logarithms_over_the_mean_of_others(void **state)
{
    (void)state;
    /* log2(((k + 1/2) / (n + 1)) / mean of the same in the others), computed with 60 decimals. */
    static const struct {
        size_t k, n;
        struct {
            size_t k, n;
        } others[4];
        uint32_t weight;
    } rows[] = {
        {4, 4, {{0, 4}}, 317},                         /* 316.992500: log2(9) */
        {10, 10, {{0, 10}, {0, 20}}, 478},             /* 478.463485 */
        {9, 10, {{3, 7}, {0, 12}, {5, 5}}, 90},        /* 89.564825 */
        {18, 20, {{1, 1}, {0, 1}}, 82},                /* 81.713594 */
        {5, 5, {{5, 5}, {0, 5}}, 87},                  /* 87.446912 */
        {3, 3, {{0, 9}, {0, 9}, {0, 9}, {1, 1}}, 196}, /* 195.935802 */
        {4, 4, {{4, 4}}, 10},                          /* 0: never less than a tenth */
        {4, 4, {{8, 8}}, 10},                          /* below 0 */
        {3, 3, {{0, 0}}, 100},                         /* with no other event each is a bit */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        begin(&fixture);
        add_with_x(&fixture, "e", rows[i].k, rows[i].n);
        for (size_t j = 0; j < 4; j++) {
            char other[8];
            snprintf(other, sizeof other, "o%zu", j);
            add_with_x(&fixture, other, rows[i].others[j].k, rows[i].others[j].n);
        }
        learn(&fixture);
        assert_int_equal(weight_of(&fixture, "e", "x"), rows[i].weight);
        finish(&fixture);
    }
}

static void foreign_captures_weigh_as_one_event(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "e", 4, "name x");
    add_captures(fixture.corpus, NULL, 4, "name y");
    learn(&fixture);
    assert_int_equal(iotsig_library_count(fixture.library), 1);
    assert_int_equal(weight_of(&fixture, "e", "x"), 317); /* as above */
    uint64_t events, captures;
    iotsig_learned_against(signature(&fixture, "e"), &events, &captures);
    assert_int_equal(events, 1);
    assert_int_equal(captures, 4);
    finish(&fixture);
}

/* Support. */

static void support_is_compared_as_a_fraction(void **state)
{
    (void)state;
    static const struct {
        size_t k, n;
        struct iotsig_ratio min_support;
        const char *mandatory, *optional;
    } rows[] = {
        {9, 10, {9, 10}, "all x", ""},        {8, 10, {9, 10}, "all", "x"},
        {18, 20, {9, 10}, "all x", ""},       {17, 20, {9, 10}, "all", "x"},
        {17, 19, {9, 10}, "all", "x"}, /* 0.8947 */
        {1, 1, {9, 10}, "all x", ""},         {2, 3, {2, 3}, "all x", ""},
        {2, 3, {200001, 300000}, "all", "x"}, {1, 3, {1, 3}, "all x", ""},
        {2, 2, {1, 1}, "all x", ""},          {9, 10, {1, 1}, "all", "x"},
        {3, 10, {9, 10}, "all", "x"}, /* three tenths are optional */
        {2, 10, {9, 10}, "all", ""},          {29, 100, {9, 10}, "all", ""},
        {30, 100, {9, 10}, "all", "x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        struct iotsig_trait trait;
        begin(&fixture);
        add_captures(fixture.corpus, "e", rows[i].k, "name all|name x");
        add_captures(fixture.corpus, "e", rows[i].n - rows[i].k, "name all");
        learn_with(&fixture, rows[i].min_support, (struct iotsig_ratio){1, 2});
        assert_role(signature(&fixture, "e"), IOTSIG_MANDATORY, rows[i].mandatory);
        assert_role(signature(&fixture, "e"), IOTSIG_OPTIONAL, rows[i].optional);
        assert_true(find_trait(signature(&fixture, "e"), "all", &trait));
        assert_int_equal(trait.support, rows[i].n);
        finish(&fixture);
    }
}

static void shares_are_checked(void **state)
{
    (void)state;
    static const struct {
        struct iotsig_ratio share;
        bool good;
    } rows[] = {{{1, 1}, true},  {{1, 1000000}, true},  {{0, 1}, false},
                {{2, 1}, false}, {{1, 1000001}, false}, {{1000000, 1000000}, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iotsig_learn_options support = IOTSIG_LEARN_DEFAULT, coverage = support;
        support.min_support = coverage.min_coverage = rows[i].share;
        int want = rows[i].good ? 0 : IOTSIG_ERR_ARGUMENT;
        assert_int_equal(iotsig_learn_options_check(&support, NULL), want);
        assert_int_equal(iotsig_learn_options_check(&coverage, NULL), want);
    }
}

static void nothing_is_learned_from_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct iotsig_learn_options options = IOTSIG_LEARN_DEFAULT;
    static const bool none[] = {false, true};
    begin(&fixture);
    add_captures(fixture.corpus, "e", 1, "name x");
    add_captures(fixture.corpus, NULL, 1, "name x");
    assert_int_equal(iotsig_learn(&fixture.library, fixture.context, fixture.corpus, none, &options,
                                  NULL),
                     IOTSIG_ERR_EMPTY);
    assert_null(fixture.library);
    finish(&fixture);
}

/* What must not be there. */

static void what_most_have_is_forbidden(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "a", 4, "name x");
    add_captures(fixture.corpus, "b", 3, "name x|name b");
    add_captures(fixture.corpus, "c", 4, "name x|name c");
    learn(&fixture);
    assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "c b");
    struct iotsig_trait trait;
    assert_true(find_trait(signature(&fixture, "a"), "c", &trait));
    assert_int_equal(trait.support, 4);
    assert_int_equal(trait.weight, 0);
    assert_role(signature(&fixture, "b"), IOTSIG_FORBIDDEN, ""); /* which nothing else matches */
    finish(&fixture);
}

static void of_equals_the_more_frequent_is_forbidden(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "a", 4, "name x");
    add_captures(fixture.corpus, "b", 4, "name x|name p|name q");
    add_captures(fixture.corpus, "c", 1, "name q|name c"); /* not matched: only makes q frequent */
    learn(&fixture);
    assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "q");
    finish(&fixture);
}

static void of_equals_the_first_by_family_and_text_is_forbidden(void **state)
{
    (void)state;
    static const struct {
        const char *features, *forbidden;
    } rows[] = {{"name x|name q|name p|name pp", "p"},
                {"name x|name a|link z", "z"},
                {"name x|name B|name a", "B"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        begin(&fixture);
        add_captures(fixture.corpus, "a", 4, "name x");
        add_captures(fixture.corpus, "b", 4, rows[i].features);
        learn(&fixture);
        assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, rows[i].forbidden);
        finish(&fixture);
    }
}

static void one_hit_is_not_enough(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        struct fixture fixture;
        begin(&fixture);
        add_captures(fixture.corpus, "a", 4, "name x");
        add_captures(fixture.corpus, "b", n, "name x|name b");
        learn(&fixture);
        assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, n == 1 ? "" : "b");
        finish(&fixture);
    }
}

static void what_the_event_has_once_is_not_forbidden(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "a", 9, "name x");
    add_captures(fixture.corpus, "a", 1, "name x|name b");
    add_captures(fixture.corpus, "b", 4, "name x|name b|name c");
    learn(&fixture);
    assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "c");
    finish(&fixture);
}

static void no_more_than_eight_are_forbidden(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "a", 4, "name x");
    for (char i = '1'; i <= '9'; i++) {
        const char event[] = {i, '\0'};
        char features[40];
        snprintf(features, sizeof features, "name x|name n%c", i);
        add_captures(fixture.corpus, event, 2, features);
    }
    learn(&fixture);
    assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "n1 n2 n3 n4 n5 n6 n7 n8");
    finish(&fixture);
}

static void foreign_captures_are_kept_away(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "a", 4, "name x");
    add_captures(fixture.corpus, NULL, 2, "name x|name tv");
    learn(&fixture);
    assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "tv");
    finish(&fixture);
}

/* Names of the device. */

#define NAMES                                                                                      \
    "dhcp host-name ONE|name x1|name x2|name x3|name x4|name x5|name x6|name x7|name x8|name "     \
    "x9|name x10"

static void another_name_is_another_product(void **state)
{
    (void)state;
    static const struct {
        const char *family, *text;
        bool contradicts;
    } rows[] = {{"dhcp", "host-name ONE", false},
                {"dhcp", "host-name TWO", true},
                {"dhcp", "vendor-class TWO", false},
                {"name", "host-name TWO", false},
                {"vendor", "edimax out model TWO", false}}; /* of a slot that it has no name in */
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "e", 4, NAMES);
    learn(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(iotsig_learned_contradicts(signature(&fixture, "e"), rows[i].family,
                                                    rows[i].text),
                         rows[i].contradicts);
    finish(&fixture);
}

static void a_name_that_is_optional_too_is_its_own(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "e", 9, NAMES);
    add_captures(fixture.corpus, "e", 1, NAMES "|dhcp host-name RARE");
    add_captures(fixture.corpus, "e", 5, NAMES "|dhcp host-name TWO");
    learn(&fixture);
    assert_role(signature(&fixture, "e"), IOTSIG_OPTIONAL, "host-name TWO");
    assert_false(iotsig_learned_contradicts(signature(&fixture, "e"), "dhcp", "host-name TWO"));
    assert_true(iotsig_learned_contradicts(signature(&fixture, "e"), "dhcp", "host-name RARE"));
    finish(&fixture);
}

static void match_of(const struct fixture *fixture, size_t capture, const char *event,
                     struct iotsig_match *match)
{
    struct iotsig_probe *probe;
    size_t i = 0;
    while (strcmp(iotsig_learned_event(iotsig_library_get(fixture->library, i)), event) != 0)
        i++;
    assert_int_equal(iotsig_probe_of(&probe, fixture->context, fixture->library, fixture->corpus,
                                     capture, NULL),
                     0);
    iotsig_probe_match(probe, i, match);
    /* Texts of the probe go with it; those of the signature stay. */
    if (match->forbidden != NULL)
        match->forbidden = "some";
    iotsig_probe_free(probe);
}

static void names_decide_over_coverage(void **state)
{
    (void)state;
    static const struct {
        const char *features;
        bool matches, forbidden;
    } rows[] = {
        {NAMES, true, false},
        {"name x1|name x2|name x3|name x4|name x5|name x6|name x7|name x8|name x9|name x10", true,
         false}, /* no name at all: ten of eleven */
        {"dhcp host-name TWO|name x1|name x2|name x3|name x4|name x5|name x6|name x7|name x8|name "
         "x9|name x10",
         false, true},
        {NAMES "|dhcp host-name TWO", true, false}, /* its own, and another one */
        {"dhcp host-name ONE|name x1", false, false},
    };
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "e", 4, NAMES);
    learn(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iotsig_match match;
        add_captures(fixture.corpus, "new", 1, rows[i].features);
        match_of(&fixture, fixture.corpus->count - 1, "e", &match);
        assert_int_equal(match.matches, rows[i].matches);
        assert_int_equal(match.forbidden != NULL, rows[i].forbidden);
    }
    finish(&fixture);
}

static void coverage_is_compared_as_a_fraction(void **state)
{
    (void)state;
    /* Ten features of a bit each: nine are nine tenths. */
    static const char all[] =
        "name 0|name 1|name 2|name 3|name 4|name 5|name 6|name 7|name 8|name 9";
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "e", 4, all);
    learn(&fixture);
    for (size_t n = 0; n <= 10; n++) {
        char features[sizeof all];
        struct iotsig_match match;
        snprintf(features, sizeof features, "%.*s", n == 0 ? 0 : (int)(7 * n - 1), all);
        add_captures(fixture.corpus, "new", 1, features);
        match_of(&fixture, fixture.corpus->count - 1, "e", &match);
        assert_int_equal(iotsig_ratio_compare(match.coverage, iotsig_ratio_of(n, 10)), 0);
        assert_int_equal(match.matches, n >= 9);
    }
    finish(&fixture);
}

/* Captures that are left out. */

static const char *left_out(const struct fixture *fixture, const char *event, const char *name)
{
    struct iotsig_origin origin;
    for (size_t i = 0; iotsig_learned_origin(signature(fixture, event), i, &origin); i++)
        if (strcmp(origin.name, name) == 0)
            return origin.left_out;
    fail_msg("no capture %s of %s", name, event);
    return NULL;
}

static void what_another_event_claims_is_left_out(void **state)
{
    (void)state;
    /* One of n captures is another event's: a quarter may be left out, and no more. */
    for (size_t n = 2; n <= 5; n++) {
        struct fixture fixture;
        begin(&fixture);
        add_captures(fixture.corpus, "a", n - 1, "name a1|name a2");
        add_capture(fixture.corpus, "a", "odd", NULL, "name z1|name z2");
        add_captures(fixture.corpus, "z", 8, "name z1|name z2");
        learn(&fixture);
        const char *reason = left_out(&fixture, "a", "odd");
        assert_int_equal(reason != NULL, n >= 4);
        if (n >= 4)
            assert_string_equal(reason, "is left out: it is like those of z");
        assert_int_equal(iotsig_learned_captures(signature(&fixture, "a")), n >= 4 ? n - 1 : n);
        finish(&fixture);
    }
}

static void the_first_that_claims_it_is_told(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "z", 4, "name z");
    add_captures(fixture.corpus, "y", 4, "name z");
    add_captures(fixture.corpus, "a", 4, "name a");
    add_capture(fixture.corpus, "a", "odd", NULL, "name z");
    learn(&fixture);
    assert_string_equal(left_out(&fixture, "a", "odd"), "is left out: it is like those of y");
    finish(&fixture);
}

static void what_has_less_than_a_quarter_is_left_out(void **state)
{
    (void)state;
    /* Alone, each feature is a bit; those of three of four captures are mandatory at first. */
    static const struct {
        const char *features;
        bool odd;
    } rows[] = {{"name 1|name 2|name 3|name 4", false}, /* of which it has a quarter */
                {"name 1|name 2|name 3|name 4|name 5", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        begin(&fixture);
        add_captures(fixture.corpus, "e", 3, rows[i].features);
        add_capture(fixture.corpus, "e", "odd", NULL, "name 1|name new");
        learn(&fixture);
        assert_int_equal(left_out(&fixture, "e", "odd") != NULL, rows[i].odd);
        assert_int_equal(iotsig_learned_captures(signature(&fixture, "e")), rows[i].odd ? 3 : 4);
        finish(&fixture);
    }
}

/* Groups. */

static void assert_group(const struct fixture *fixture, const char *event, const char *want)
{
    char got[200] = "";
    const char *other;
    for (size_t i = 0; (other = iotsig_learned_group(signature(fixture, event), i)) != NULL; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i == 0 ? "" : " ", other);
    assert_string_equal(got, want);
}

static void half_of_each_others_captures_make_a_group(void **state)
{
    (void)state;
    /* "b" matches all of "a"; "a" must not have z, so it matches those of "b" without z. */
    for (size_t with = 2; with <= 3; with++) {
        struct fixture fixture;
        begin(&fixture);
        add_captures(fixture.corpus, "a", 4, "name x");
        add_captures(fixture.corpus, "b", 2, "name x");
        add_captures(fixture.corpus, "b", with, "name x|name z");
        learn(&fixture);
        assert_role(signature(&fixture, "a"), IOTSIG_FORBIDDEN, "z");
        assert_group(&fixture, "a", with == 2 ? "b" : "");
        assert_group(&fixture, "b", with == 2 ? "a" : "");
        assert_int_equal(iotsig_learned_is_akin(signature(&fixture, "a"), signature(&fixture, "b")),
                         with == 2);
        finish(&fixture);
    }
}

static void groups_are_of_all_and_by_name(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_captures(fixture.corpus, "c", 3, "name x");
    add_captures(fixture.corpus, "a", 3, "name x");
    add_captures(fixture.corpus, "other", 3, "name y");
    add_captures(fixture.corpus, "b", 3, "name x");
    learn(&fixture);
    assert_group(&fixture, "b", "a c");
    assert_group(&fixture, "c", "a b");
    assert_group(&fixture, "other", "");
    finish(&fixture);
}

/* Ties of identification. */

static void a_tie_is_decided_by_the_device_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *device, *event;
    } rows[] = {{"02:00:00:00:00:0a", "a"},
                {"02:00:00:00:00:0b", "b"},
                {"02:00:00:00:00:0c", NULL}, /* both were learned from it */
                {"02:00:00:00:00:0d", NULL},
                {NULL, NULL}};
    struct fixture fixture;
    begin(&fixture);
    for (int i = 0; i < 3; i++) {
        add_capture(fixture.corpus, "a", "1", i == 0 ? "02:00:00:00:00:0c" : rows[0].device,
                    "name x");
        add_capture(fixture.corpus, "b", "2", i == 0 ? "02:00:00:00:00:0c" : rows[1].device,
                    "name x");
    }
    learn(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iotsig_probe *probe;
        struct iotsig_identity identity;
        add_capture(fixture.corpus, "new", "new", rows[i].device, "name x");
        assert_int_equal(iotsig_probe_of(&probe, fixture.context, fixture.library, fixture.corpus,
                                         fixture.corpus->count - 1, NULL),
                         0);
        iotsig_probe_identify(probe, &identity);
        assert_int_equal(identity.ties, 2);
        assert_int_equal(identity.by_device, rows[i].event != NULL);
        if (rows[i].event == NULL)
            assert_null(identity.event);
        else
            assert_string_equal(iotsig_learned_event(identity.event), rows[i].event);
        iotsig_probe_free(probe);
    }
    finish(&fixture);
}

/* Collisions, of signatures made by hand. */

static struct iotsig_learned *add_signature(struct iotsig_library *library, const char *event)
{
    const struct iotsig_learn_options options = IOTSIG_LEARN_DEFAULT;
    struct iotsig_learned *learned = iotsig_library_add(library, event, &options);
    assert_non_null(learned);
    return learned;
}

static void add_trait(struct iotsig_learned *learned, enum iotsig_role role, const char *family,
                      const char *text, uint32_t weight)
{
    const struct iotsig_trait trait = {
        .role = role, .family = family, .text = text, .support = 1, .weight = weight};
    assert_true(iotsig_learned_add_trait(learned, &trait));
}

static int note(void *user, const struct iotsig_collision *collision)
{
    char *notes = user, coverage[IOTSIG_RATIO_TEXT];
    iotsig_ratio_text(collision->coverage, coverage);
    size_t n = strlen(notes);
    snprintf(notes + n, 1000 - n, "%s>%s %s %s;", iotsig_learned_event(collision->features),
             iotsig_learned_event(collision->matches), collision->always ? "always" : "optional",
             coverage);
    return 0;
}

static void collisions_are_found(void **state)
{
    (void)state;
    struct fixture fixture;
    char notes[1000] = "";
    begin(&fixture);
    assert_int_equal(iotsig_library_new(&fixture.library, fixture.context, NULL), 0);
    struct iotsig_learned *a = add_signature(fixture.library, "a");
    add_trait(a, IOTSIG_MANDATORY, "name", "x", 900);
    add_trait(a, IOTSIG_MANDATORY, "name", "y", 100);
    struct iotsig_learned *b = add_signature(fixture.library, "b"); /* nine tenths of a */
    add_trait(b, IOTSIG_MANDATORY, "name", "x", 100);
    struct iotsig_learned *c =
        add_signature(fixture.library, "c"); /* with its optional one: a, b */
    add_trait(c, IOTSIG_MANDATORY, "name", "z", 100);
    add_trait(c, IOTSIG_OPTIONAL, "name", "x", 0);
    add_trait(c, IOTSIG_OPTIONAL, "name", "w", 0); /* and may be without this one */
    struct iotsig_learned *d = add_signature(fixture.library, "d"); /* b's, kept away by w */
    add_trait(d, IOTSIG_MANDATORY, "name", "x", 100);
    add_trait(d, IOTSIG_MANDATORY, "name", "w", 100);
    add_trait(b, IOTSIG_FORBIDDEN, "name", "w", 0);
    add_trait(a, IOTSIG_FORBIDDEN, "name", "w", 0);
    add_signature(fixture.library, "e");                            /* which matches nothing */
    struct iotsig_learned *f = add_signature(fixture.library, "f"); /* another product's name */
    add_trait(f, IOTSIG_MANDATORY, "dhcp", "host-name F", 100);
    add_trait(f, IOTSIG_MANDATORY, "name", "z", 900);
    struct iotsig_learned *g = add_signature(fixture.library, "g");
    add_trait(g, IOTSIG_MANDATORY, "dhcp", "host-name G", 100);
    add_trait(g, IOTSIG_MANDATORY, "name", "z", 900);
    assert_int_equal(iotsig_library_collide(fixture.library, fixture.context, note, notes, NULL),
                     0);
    assert_string_equal(
        notes, "a>b always 1;b>a always 9/10;c>f always 9/10;c>g always 9/10;"
               "c>a optional 9/10;c>b optional 1;c>d optional 1;f>c always 1;g>c always 1;");
    finish(&fixture);
}

/* Corpora by chance. */

enum { EVENTS = 4, FEATURES = 10, CAPTURES = 30 };

struct chance {
    size_t events[CAPTURES];
    bool has[CAPTURES][FEATURES], used[CAPTURES];
    size_t count;
};

static void draw(struct chance *chance, uint64_t *random)
{
    size_t likely[EVENTS][FEATURES];
    for (size_t e = 0; e < EVENTS; e++)
        for (size_t f = 0; f < FEATURES; f++) /* of ten; some events are alike */
            likely[e][f] = e > 1 && below(random, 3) > 0
                               ? likely[e - 1][f]
                               : (size_t[]){0, 0, 1, 5, 9, 10}[below(random, 6)];
    chance->count = CAPTURES - below(random, 8);
    for (size_t c = 0; c < chance->count; c++) {
        chance->events[c] = c < EVENTS ? c : below(random, EVENTS);
        for (size_t f = 0; f < FEATURES; f++)
            chance->has[c][f] = below(random, 10) < likely[chance->events[c]][f];
    }
}

/* Adds the captures in some order. */
static void add_all(struct iotsig_corpus *corpus, const struct chance *chance, uint64_t *random)
{
    size_t order[CAPTURES];
    for (size_t i = 0; i < chance->count; i++) {
        size_t j = below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (size_t i = 0; i < chance->count; i++) {
        size_t c = order[i];
        char event[8], name[8], features[200] = "";
        snprintf(event, sizeof event, "e%zu", chance->events[c]);
        snprintf(name, sizeof name, "%02zu", c);
        size_t start = below(random, FEATURES);
        for (size_t k = 0; k < FEATURES; k++) {
            size_t f = (start + k) % FEATURES, n = strlen(features);
            if (chance->has[c][f])
                snprintf(features + n, sizeof features - n, "%sname f%zu", n == 0 ? "" : "|", f);
        }
        add_capture(corpus, event, name, NULL, features);
    }
}

/* All that a library says. */
static void describe(const struct iotsig_library *library, char *text, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < iotsig_library_count(library); i++) {
        const struct iotsig_learned *learned = iotsig_library_get(library, i);
        struct iotsig_trait trait;
        struct iotsig_origin origin;
        const char *said;
        n += (size_t)snprintf(text + n, room - n, "\n%s %d", iotsig_learned_event(learned),
                              (int)iotsig_learned_captures(learned));
        for (size_t j = 0; j < iotsig_learned_count(learned); j++) {
            iotsig_learned_trait(learned, j, &trait);
            n += (size_t)snprintf(text + n, room - n, " [%d %s %s %d %u]", trait.role, trait.family,
                                  trait.text, (int)trait.support, trait.weight);
        }
        for (size_t j = 0; iotsig_learned_origin(learned, j, &origin); j++)
            n += (size_t)snprintf(text + n, room - n, " %s(%s)", origin.name,
                                  origin.left_out != NULL ? origin.left_out : "");
        for (size_t j = 0; (said = iotsig_learned_group(learned, j)) != NULL; j++)
            n += (size_t)snprintf(text + n, room - n, " =%s", said);
        for (size_t j = 0; (said = iotsig_learned_warning(learned, j)) != NULL; j++)
            n += (size_t)snprintf(text + n, room - n, " !%s", said);
        assert_true(n < room);
    }
}

static void the_order_of_captures_does_not_matter(void **state)
{
    (void)state;
    uint64_t random = 3;
    static char first[20000], again[20000];
    for (int i = 0; i < 60; i++) {
        struct chance chance;
        draw(&chance, &random);
        for (uint64_t turn = 0; turn < 3; turn++) {
            struct fixture fixture = {.context = new_context(turn * 77 + 5)};
            fixture.corpus = new_corpus(fixture.context);
            add_all(fixture.corpus, &chance, &random);
            learn(&fixture);
            describe(fixture.library, turn == 0 ? first : again, sizeof first);
            if (turn > 0)
                assert_string_equal(first, again);
            finish(&fixture);
        }
    }
}

/* The rules, written down plainly, for one event of a corpus by chance. */
struct plain {
    const struct chance *chance;
    size_t event;
    bool mandatory[FEATURES], forbidden[FEATURES];
    uint32_t weight[FEATURES];
};

static size_t count_of(const struct chance *chance, size_t event, size_t feature)
{
    size_t n = 0;
    for (size_t c = 0; c < chance->count; c++)
        n += chance->used[c] && chance->events[c] == event &&
             (feature == FEATURES || chance->has[c][feature]);
    return n;
}

static bool plain_match(const struct plain *plain, size_t capture)
{
    uint64_t covered = 0, all = 0;
    for (size_t f = 0; f < FEATURES; f++) {
        bool has = plain->chance->has[capture][f];
        if (plain->forbidden[f] && has)
            return false;
        all += plain->mandatory[f] ? plain->weight[f] : 0;
        covered += plain->mandatory[f] && has ? plain->weight[f] : 0;
    }
    return all > 0 && covered * 10 >= all * 9;
}

static void check_support_and_weights(struct plain *plain, const struct iotsig_learned *learned)
{
    const struct chance *chance = plain->chance;
    size_t own = count_of(chance, plain->event, FEATURES);
    assert_int_equal(iotsig_learned_captures(learned), own);
    for (size_t f = 0; f < FEATURES; f++) {
        char text[8];
        struct iotsig_trait trait;
        size_t k = count_of(chance, plain->event, f);
        snprintf(text, sizeof text, "f%zu", f);
        bool found = find_trait(learned, text, &trait) && trait.role != IOTSIG_FORBIDDEN;
        assert_int_equal(found, k * 10 >= own * 3);
        plain->mandatory[f] = found && trait.role == IOTSIG_MANDATORY;
        assert_int_equal(plain->mandatory[f], k * 10 >= own * 9);
        if (!plain->mandatory[f])
            continue;
        long double mean = 0;
        for (size_t e = 0; e < EVENTS; e++)
            if (e != plain->event)
                mean += ((long double)count_of(chance, e, f) + 0.5L) /
                        (long double)(count_of(chance, e, FEATURES) + 1) / (EVENTS - 1);
        long weight;
        if (by_libm(((long double)k + 0.5L) / (long double)(own + 1), mean, &weight))
            assert_int_equal(trait.weight, weight < 10 ? 10 : weight);
        plain->weight[f] = trait.weight;
    }
}

/* The feature to forbid next; FEATURES: none. */
static size_t plain_forbidden(const struct plain *plain, size_t *hits)
{
    const struct chance *chance = plain->chance;
    size_t best = FEATURES, best_support = 0;
    *hits = 1;
    for (size_t f = 0; f < FEATURES; f++) {
        size_t hit = 0, support = 0;
        for (size_t c = 0; c < chance->count; c++) {
            support += chance->used[c] && chance->has[c][f];
            hit += chance->used[c] && chance->has[c][f] && chance->events[c] != plain->event &&
                   plain_match(plain, c);
        }
        if (count_of(chance, plain->event, f) == 0 &&
            (hit > *hits || (best < FEATURES && hit == *hits && support > best_support))) {
            best = f;
            *hits = hit;
            best_support = support;
        }
    }
    return best;
}

static void check_forbidden(struct plain *plain, const struct iotsig_learned *learned)
{
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        struct iotsig_trait trait;
        char text[8];
        size_t hits, feature;
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role != IOTSIG_FORBIDDEN)
            continue;
        feature = plain_forbidden(plain, &hits);
        snprintf(text, sizeof text, "f%zu", feature);
        assert_string_equal(trait.text, text);
        assert_int_equal(trait.support, hits);
        plain->forbidden[feature] = true;
    }
    size_t hits;
    assert_int_equal(plain_forbidden(plain, &hits), FEATURES); /* eight are not reached here */
}

/* Probes agree with the rules, and groups are of those who match half of each other. */
static void check_matches(const struct fixture *fixture, const struct plain plain[EVENTS])
{
    const struct chance *chance = plain->chance;
    size_t matched[EVENTS][EVENTS] = {{0}}, leader[EVENTS];
    for (size_t c = 0; c < chance->count; c++) {
        size_t capture = (size_t)atoi(fixture->corpus->samples[c].origin.name);
        struct iotsig_probe *probe;
        assert_int_equal(iotsig_probe_of(&probe, fixture->context, fixture->library,
                                         fixture->corpus, c, NULL),
                         0);
        for (size_t e = 0; e < EVENTS; e++) {
            struct iotsig_match match;
            iotsig_probe_match(probe, e, &match);
            assert_int_equal(match.matches, plain_match(&plain[e], capture));
            matched[e][chance->events[capture]] += chance->used[capture] && match.matches;
        }
        iotsig_probe_free(probe);
    }
    for (size_t e = 0; e < EVENTS; e++)
        leader[e] = e;
    for (size_t i = 0; i < EVENTS; i++)
        for (size_t a = 0; a < EVENTS; a++)
            for (size_t b = 0; b < EVENTS; b++)
                if (2 * matched[a][b] >= count_of(chance, b, FEATURES) &&
                    2 * matched[b][a] >= count_of(chance, a, FEATURES) && leader[b] < leader[a])
                    leader[a] = leader[b];
                else if (2 * matched[a][b] >= count_of(chance, b, FEATURES) &&
                         2 * matched[b][a] >= count_of(chance, a, FEATURES))
                    leader[b] = leader[a];
    for (size_t a = 0; a < EVENTS; a++)
        for (size_t b = 0; b < EVENTS; b++)
            assert_int_equal(iotsig_learned_is_akin(iotsig_library_get(fixture->library, a),
                                                    iotsig_library_get(fixture->library, b)),
                             leader[a] == leader[b]);
}

static void what_is_learned_is_what_the_rules_say(void **state)
{
    (void)state;
    uint64_t random = 11;
    size_t groups = 0, forbidden = 0, odd = 0;
    for (int i = 0; i < 300; i++) {
        struct chance chance;
        struct plain plain[EVENTS];
        struct fixture fixture;
        draw(&chance, &random);
        begin(&fixture);
        add_all(fixture.corpus, &chance, &random);
        learn(&fixture);
        assert_int_equal(iotsig_library_count(fixture.library), EVENTS);
        for (size_t e = 0; e < EVENTS; e++) {
            struct iotsig_origin origin;
            const struct iotsig_learned *learned = iotsig_library_get(fixture.library, e);
            for (size_t j = 0; iotsig_learned_origin(learned, j, &origin); j++) {
                chance.used[atoi(origin.name)] = origin.left_out == NULL;
                odd += origin.left_out != NULL;
            }
            groups += iotsig_learned_group(learned, 0) != NULL;
        }
        for (size_t e = 0; e < EVENTS; e++) {
            const struct iotsig_learned *learned = iotsig_library_get(fixture.library, e);
            plain[e] = (struct plain){.chance = &chance, .event = e};
            check_support_and_weights(&plain[e], learned);
            check_forbidden(&plain[e], learned);
            for (size_t f = 0; f < FEATURES; f++)
                forbidden += plain[e].forbidden[f];
        }
        check_matches(&fixture, plain);
        finish(&fixture);
    }
    /* All of it has been met. */
    assert_true(groups > 10 && forbidden > 10 && odd > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_rounded_down),
        cmocka_unit_test(logarithms_are_rounded_half_up),
        cmocka_unit_test(logarithms_agree_with_the_library),
        cmocka_unit_test(weights_are_logarithms_over_the_mean_of_others),
        cmocka_unit_test(foreign_captures_weigh_as_one_event),
        cmocka_unit_test(support_is_compared_as_a_fraction),
        cmocka_unit_test(shares_are_checked),
        cmocka_unit_test(nothing_is_learned_from_nothing),
        cmocka_unit_test(what_most_have_is_forbidden),
        cmocka_unit_test(of_equals_the_more_frequent_is_forbidden),
        cmocka_unit_test(of_equals_the_first_by_family_and_text_is_forbidden),
        cmocka_unit_test(one_hit_is_not_enough),
        cmocka_unit_test(what_the_event_has_once_is_not_forbidden),
        cmocka_unit_test(no_more_than_eight_are_forbidden),
        cmocka_unit_test(foreign_captures_are_kept_away),
        cmocka_unit_test(another_name_is_another_product),
        cmocka_unit_test(a_name_that_is_optional_too_is_its_own),
        cmocka_unit_test(names_decide_over_coverage),
        cmocka_unit_test(coverage_is_compared_as_a_fraction),
        cmocka_unit_test(what_another_event_claims_is_left_out),
        cmocka_unit_test(the_first_that_claims_it_is_told),
        cmocka_unit_test(what_has_less_than_a_quarter_is_left_out),
        cmocka_unit_test(half_of_each_others_captures_make_a_group),
        cmocka_unit_test(groups_are_of_all_and_by_name),
        cmocka_unit_test(a_tie_is_decided_by_the_device_or_not),
        cmocka_unit_test(collisions_are_found),
        cmocka_unit_test(the_order_of_captures_does_not_matter),
        cmocka_unit_test(what_is_learned_is_what_the_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
