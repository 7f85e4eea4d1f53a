/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact fractions and their sums against known values and another way to compute; Levenshtein's
 * distance against the textbook's table. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/levenshtein.h"
#include "base/output.h"
#include "base/ratio.h"

#define P0 UINT64_C(18446744073709551557) /* the three largest primes below 2^64 */
#define P1 UINT64_C(18446744073709551533)
#define P2 UINT64_C(18446744073709551521)

static void assert_ratio(struct iotsig_ratio ratio, uint64_t num, uint64_t den)
{
    if (ratio.num != num || ratio.den != den)
        fail_msg("%llu/%llu, not %llu/%llu", (unsigned long long)ratio.num,
                 (unsigned long long)ratio.den, (unsigned long long)num, (unsigned long long)den);
}

static void ratios_are_reduced(void **state)
{
    (void)state;
    assert_ratio(iotsig_ratio_of(6, 8), 3, 4);
    assert_ratio(iotsig_ratio_of(0, 17), 0, 1);
    assert_ratio(iotsig_ratio_of(17, 17), 1, 1);
    assert_ratio(iotsig_ratio_of(UINT64_MAX, UINT64_MAX), 1, 1);
    assert_ratio(iotsig_ratio_of(UINT64_MAX, 3), UINT64_MAX / 3, 1); /* 3 divides 2^64 - 1 */
    assert_ratio(iotsig_ratio_of(P1, P0), P1, P0);
}

static void ratios_add_and_multiply(void **state)
{
    (void)state;
    static const struct {
        struct iotsig_ratio a, b;
        bool adds;
        struct iotsig_ratio sum;
        bool multiplies;
        struct iotsig_ratio product;
    } rows[] = {
        {{1, 2}, {1, 3}, true, {5, 6}, true, {1, 6}},
        {{1, 6}, {1, 3}, true, {1, 2}, true, {1, 18}}, /* the sum is reduced */
        {{2, 3}, {3, 4}, true, {17, 12}, true, {1, 2}},
        {{0, 1}, {5, 7}, true, {5, 7}, true, {0, 1}},
        {{0, 1}, {0, 1}, true, {0, 1}, true, {0, 1}},
        {{1, 1}, {1, 1}, true, {2, 1}, true, {1, 1}},
        /* a common denominator that fits where the product of both would not */
        {{1, P0}, {2, P0}, true, {3, P0}, false, {0, 1}},
        {{1, P0}, {1, P1}, false, {0, 1}, false, {0, 1}}, /* the denominator does not fit */
        {{P0, 1}, {1, P0}, false, {0, 1}, true, {1, 1}}, /* P0 * P0 + 1 does not fit */
        {{UINT64_MAX, 1}, {1, 1}, false, {0, 1}, true, {UINT64_MAX, 1}},
        {{UINT64_MAX - 1, 1}, {1, 1}, true, {UINT64_MAX, 1}, true, {UINT64_MAX - 1, 1}},
        {{P0 - 1, P0}, {P1 - 1, P0}, false, {0, 1}, false, {0, 1}}, /* x + y does not fit */
        {{P0, 2}, {2, P0}, false, {0, 1}, true, {1, 1}},
        /* 2^32/3 * 3/2^32, reduced before it is multiplied */
        {{UINT64_C(1) << 63, 3}, {3, UINT64_C(1) << 63}, false, {0, 1}, true, {1, 1}},
        {{1, UINT64_C(1) << 32}, {1, UINT64_C(1) << 32}, true, {1, UINT64_C(1) << 31}, false, {0, 1}},
        {{1, UINT64_C(1) << 32}, {1, UINT64_C(1) << 31}, true, {3, UINT64_C(1) << 32}, true,
         {1, UINT64_C(1) << 63}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int turned = 0; turned < 2; turned++) {
            struct iotsig_ratio a = turned ? rows[i].b : rows[i].a;
            struct iotsig_ratio b = turned ? rows[i].a : rows[i].b;
            struct iotsig_ratio sum = {7, 9}, product = {7, 9};
            if (iotsig_ratio_add(a, b, &sum) != rows[i].adds ||
                iotsig_ratio_times(a, b, &product) != rows[i].multiplies)
                fail_msg("row %zu fits, or does not", i);
            struct iotsig_ratio want = rows[i].adds ? rows[i].sum : (struct iotsig_ratio){7, 9};
            assert_ratio(sum, want.num, want.den);
            want = rows[i].multiplies ? rows[i].product : (struct iotsig_ratio){7, 9};
            assert_ratio(product, want.num, want.den);
        }
}

static void ratios_compare(void **state)
{
    (void)state;
    static const struct {
        struct iotsig_ratio a, b;
        int order;
    } rows[] = {
        {{0, 1}, {0, 1}, 0},
        {{0, 1}, {1, UINT64_MAX}, -1},
        {{1, 3}, {1, 2}, -1},
        {{2, 3}, {1, 2}, 1},
        {{3, 10}, {1, 3}, -1},
        {{7, 3}, {5, 2}, -1},
        {{1, 1}, {1, 1}, 0},
        /* their products do not fit in 64 bits, and as doubles they are equal */
        {{UINT64_MAX - 2, UINT64_MAX - 1}, {UINT64_MAX - 1, UINT64_MAX}, -1},
        {{UINT64_MAX - 1, UINT64_MAX}, {UINT64_MAX - 2, UINT64_MAX - 1}, 1},
        {{P1, P0}, {P1, P0}, 0},
        {{P1, P0}, {P2, P1}, -1}, /* P0 - P1 = 24, P1 - P2 = 12: 1 - 24/P0 is less than 1 - 12/P1 */
        {{UINT64_MAX, 1}, {UINT64_MAX, 2}, 1},
        {{1, UINT64_MAX}, {1, UINT64_MAX - 1}, -1},
        {{UINT64_MAX, UINT64_MAX - 1}, {UINT64_MAX - 1, UINT64_MAX - 2}, -1},
        /* two neighbours among the Fibonacci numbers: the longest way for the algorithm */
        {{UINT64_C(7540113804746346429), UINT64_C(12200160415121876738)},
         {UINT64_C(4660046610375530309), UINT64_C(7540113804746346429)},
         -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (iotsig_ratio_compare(rows[i].a, rows[i].b) != rows[i].order ||
            iotsig_ratio_compare(rows[i].b, rows[i].a) != -rows[i].order)
            fail_msg("row %zu", i);
}

/* Where the products fit in 64 bits, they decide. */
static void ratios_compare_as_products(void **state)
{
    (void)state;
    uint64_t random = 11;
    size_t equal = 0;
    for (int round = 0; round < 200000; round++) {
        size_t most = round % 2 == 0 ? 12 : UINT32_MAX;
        struct iotsig_ratio a = iotsig_ratio_of(below(&random, most), 1 + below(&random, most));
        struct iotsig_ratio b = iotsig_ratio_of(below(&random, most), 1 + below(&random, most));
        uint64_t x = a.num * b.den, y = b.num * a.den;
        assert_int_equal(iotsig_ratio_compare(a, b), (x > y) - (x < y));
        equal += x == y;
    }
    assert_true(equal > 1000);
}

static void ratios_as_texts(void **state)
{
    (void)state;
    char text[IOTSIG_RATIO_TEXT];
    iotsig_ratio_text((struct iotsig_ratio){17, 90}, text);
    assert_string_equal(text, "17/90");
    iotsig_ratio_text((struct iotsig_ratio){0, 1}, text);
    assert_string_equal(text, "0");
    iotsig_ratio_text((struct iotsig_ratio){1, 1}, text);
    assert_string_equal(text, "1");
    iotsig_ratio_text((struct iotsig_ratio){UINT64_MAX - 1, UINT64_MAX}, text);
    assert_string_equal(text, "18446744073709551614/18446744073709551615");
    assert_int_equal(strlen(text) + 1, IOTSIG_RATIO_TEXT);
}

/* Sums. */

static struct iotsig_context *new_context(void)
{
    struct iotsig_context *context;
    assert_int_equal(iotsig_context_new(&context, NULL, NULL), 0);
    return context;
}

static void assert_texts(const struct ratio_sum *sum, const char *fraction, const char *decimal)
{
    struct iotsig_context *context = new_context();
    struct iotsig_output *output;
    size_t n;
    char got[6000];
    for (int i = 0; i < 2; i++) {
        const char *want = i == 0 ? fraction : decimal;
        if (want == NULL)
            continue;
        assert_int_equal(iotsig_output_memory(&output, context, NULL), 0);
        if (i == 0)
            iotsig_put_sum(output, sum);
        else
            iotsig_put_sum_decimal(output, sum);
        const char *text = iotsig_output_text(output, &n);
        assert_true(n < sizeof got);
        memcpy(got, text, n);
        got[n] = '\0';
        iotsig_output_free(output);
        assert_string_equal(got, want);
    }
    iotsig_context_free(context);
}

static struct ratio_sum harmonic(uint32_t n)
{
    struct ratio_sum sum;
    iotsig_sum_init(&sum);
    for (uint32_t i = 1; i <= n; i++)
        assert_true(iotsig_sum_add(&sum, (struct iotsig_ratio){1, i}, 1));
    return sum;
}

/* OEIS A001008, A002805; the rest was divided by hand. */
static void harmonic_numbers(void **state)
{
    (void)state;
    struct ratio_sum sum = harmonic(20);
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "55835135/15519504", "3.597740");
    assert_true(iotsig_sum_divide(&sum, 20));
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "11167027/62078016", "0.179887");
    sum = harmonic(100);
    iotsig_sum_reduce(&sum);
    assert_texts(&sum,
                 "14466636279520351160221518043104131447711/"
                 "2788815009188499086581352357412492142272",
                 "5.187378");
}

/* 1/(1*2) + 1/(2*3) + ... + 1/(n(n+1)) = n/(n+1), with a very long way to it. */
static void telescope(void **state)
{
    (void)state;
    struct ratio_sum sum;
    iotsig_sum_init(&sum);
    for (uint64_t i = 1; i <= 5000; i++)
        assert_true(iotsig_sum_add(&sum, (struct iotsig_ratio){1, i * (i + 1)}, 1));
    assert_true(sum.den.n > 200); /* not reduced on the way */
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "5000/5001", "0.999800");
}

/* Denominators of 64 bits. The texts come from exact arithmetic elsewhere (Python's fractions). */
static void long_denominators(void **state)
{
    (void)state;
    static const uint64_t primes[] = {P0, P1, P2};
    struct ratio_sum sum, mean;
    iotsig_sum_init(&sum);
    iotsig_sum_init(&mean);
    for (int i = 0; i < 3; i++) {
        assert_true(iotsig_sum_add(&sum, (struct iotsig_ratio){1, primes[i]}, 1));
        assert_true(iotsig_sum_add(&mean, (struct iotsig_ratio){primes[i] - 1, primes[i]}, 1));
    }
    assert_true(iotsig_sum_divide(&mean, 3));
    iotsig_sum_reduce(&sum);
    iotsig_sum_reduce(&mean);
    assert_texts(&sum,
                 "1020847100762815381646367131356977186771/"
                 "6277101735386680683188868462945250914462856766432493496001",
                 "0.000000");
    assert_texts(&mean,
                 "6277101735386680682848586096024312453914067722646834433744/"
                 "6277101735386680683188868462945250914462856766432493496001",
                 "1.000000");
}

static void sums_of_nothing_and_of_many(void **state)
{
    (void)state;
    struct ratio_sum sum;
    iotsig_sum_init(&sum);
    assert_true(iotsig_sum_is_zero(&sum));
    assert_true(iotsig_sum_add(&sum, RATIO_ZERO, 7) && iotsig_sum_add(&sum, RATIO_ONE, 0));
    assert_true(iotsig_sum_divide(&sum, 12));
    assert_true(iotsig_sum_is_zero(&sum));
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "0", "0.000000");

    assert_true(iotsig_sum_add(&sum, (struct iotsig_ratio){1, 3}, UINT32_MAX)); /* 3 divides it */
    assert_true(iotsig_sum_add(&sum, (struct iotsig_ratio){1, 2}, 2));
    assert_false(iotsig_sum_is_zero(&sum));
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "1431655766", NULL); /* (2^32 - 1)/3 + 1 */
    assert_true(iotsig_sum_divide(&sum, UINT32_MAX));
    iotsig_sum_reduce(&sum);
    assert_texts(&sum, "1431655766/4294967295", "0.333333"); /* 1/3 and a bit; 3 no more divides */
}

static void decimals_are_rounded_half_up(void **state)
{
    (void)state;
    static const struct {
        struct iotsig_ratio ratio;
        const char *decimal;
    } rows[] = {
        {{17, 90}, "0.188889"},          {{1, 3}, "0.333333"},
        {{2, 3}, "0.666667"},            {{1, 2}, "0.500000"},
        {{1, 2000000}, "0.000001"}, /* 0.0000005: half, up */
        {{3, 2000000}, "0.000002"},      {{1, 2000001}, "0.000000"},
        {{999999, 2000000}, "0.500000"}, /* 0.4999995 */
        {{1999999, 2000000}, "1.000000"}, {{19999989, 20000000}, "0.999999"},
        {{UINT64_MAX - 1, UINT64_MAX}, "1.000000"}, {{1, UINT64_MAX}, "0.000000"},
        {{0, 1}, "0.000000"},            {{1, 1}, "1.000000"},
    };
    struct iotsig_context *context = new_context();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iotsig_output *output;
        size_t n;
        assert_int_equal(iotsig_output_memory(&output, context, NULL), 0);
        iotsig_put_ratio_decimal(output, rows[i].ratio);
        const char *text = iotsig_output_text(output, &n);
        assert_int_equal(n, strlen(rows[i].decimal));
        assert_memory_equal(text, rows[i].decimal, n);
        iotsig_output_free(output);
    }
    iotsig_context_free(context);
}

/* All denominators divide 720720, so that the sum is one number. */
static void sums_of_small_denominators(void **state)
{
    (void)state;
    const uint64_t all = 720720;
    uint64_t random = 5;
    for (int round = 0; round < 300; round++) {
        struct ratio_sum sum;
        uint64_t parts = 0, count = 0;
        char fraction[64], decimal[64];
        iotsig_sum_init(&sum);
        for (size_t i = below(&random, 40) + 1; i > 0; i--) {
            size_t den = 1 + below(&random, 16), num = below(&random, den + 1);
            uint32_t times = (uint32_t)below(&random, 4);
            assert_true(iotsig_sum_add(&sum, iotsig_ratio_of(num, den), times));
            parts += all / den * num * times;
            count += times;
        }
        if (count == 0)
            continue;
        assert_true(iotsig_sum_divide(&sum, (uint32_t)count));
        iotsig_sum_reduce(&sum);
        uint64_t whole = all * count, a = parts, b = whole;
        for (; b != 0;) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        uint64_t millionths = (parts * 2000000 + whole) / (whole * 2);
        snprintf(fraction, sizeof fraction, "%llu/%llu", (unsigned long long)(parts / a),
                 (unsigned long long)(whole / a));
        if (whole == a)
            snprintf(fraction, sizeof fraction, "%llu", (unsigned long long)(parts / a));
        snprintf(decimal, sizeof decimal, "%llu.%06llu", (unsigned long long)(millionths / 1000000),
                 (unsigned long long)(millionths % 1000000));
        assert_texts(&sum, fraction, decimal);
    }
}

/* 1/2^(31k) takes floor(31k / 32) + 1 words: 254 for k = 262, of which 256 leave two free. */
static void sums_have_a_limit(void **state)
{
    (void)state;
    struct ratio_sum sum;
    iotsig_sum_init(&sum);
    assert_true(iotsig_sum_add(&sum, RATIO_ONE, 1));
    for (int i = 0; i < 262; i++)
        assert_true(iotsig_sum_divide(&sum, UINT32_C(1) << 31));
    struct ratio_sum full = sum;
    iotsig_sum_reduce(&full);
    assert_texts(&full, NULL, "0.000000");
    assert_false(iotsig_sum_divide(&sum, UINT32_C(1) << 31));
    assert_false(iotsig_sum_add(&full, (struct iotsig_ratio){1, P0}, 1));
}

/* Levenshtein's distance, as a textbook has it. */
static size_t plain(struct text a, struct text b)
{
    static size_t row[1001];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.n];
}

static void assert_levenshtein(struct text a, struct text b)
{
    size_t want = plain(a, b), got = SIZE_MAX, turned = SIZE_MAX;
    assert_true(iotsig_levenshtein(&iotsig_allocator_default, a, b, &got));
    assert_true(iotsig_levenshtein(&iotsig_allocator_default, b, a, &turned));
    if (got != want || turned != want)
        fail_msg("%zu and %zu, not %zu: %.*s, %.*s", got, turned, want, (int)a.n, a.p, (int)b.n, b.p);
}

static void known_texts(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},          {"", "abc", 3},          {"kitten", "sitting", 3}, {"saturday", "sunday", 3},
        {"abc", "abc", 0},    {"abcd", "bcda", 2},     {"flaw", "lawn", 2},      {"gumbo", "gambol", 2},
        {"aaaa", "aa", 2},    {"ab", "ba", 2},         {"intention", "execution", 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t got;
        assert_true(iotsig_levenshtein(&iotsig_allocator_default, text_of(rows[i].a),
                                       text_of(rows[i].b), &got));
        assert_int_equal(got, rows[i].distance);
        assert_levenshtein(text_of(rows[i].a), text_of(rows[i].b));
    }
}

static void fill(char *text, size_t n, size_t letters, uint64_t *random)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(letters > 200 ? below(random, 256) : 'a' + below(random, letters));
}

/* Every length near a band's edge with every other, and random lengths. */
static void random_texts(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 62, 63, 64, 65, 66, 126, 127, 128, 129, 130, 191, 192,
                                     193, 255, 256, 257, 258, 320, 321, 383, 384, 385, 400};
    static const size_t alphabets[] = {1, 2, 3, 4, 26, 256};
    const size_t n = sizeof lengths / sizeof *lengths;
    char a[1000], b[1000];
    uint64_t random = 7;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            size_t letters = alphabets[below(&random, 6)];
            fill(a, lengths[i], letters, &random);
            fill(b, lengths[j], letters, &random);
            assert_levenshtein((struct text){a, lengths[i]}, (struct text){b, lengths[j]});
        }
    for (int round = 0; round < 2000; round++) {
        size_t letters = alphabets[below(&random, 6)];
        size_t x = below(&random, 401), y = below(&random, round % 3 == 0 ? 401 : 20);
        fill(a, x, letters, &random);
        fill(b, y, letters, &random);
        assert_levenshtein((struct text){a, x}, (struct text){b, y});
    }
    fill(a, 1000, 2, &random);
    fill(b, 1000, 2, &random);
    assert_levenshtein((struct text){a, 1000}, (struct text){b, 1000});
}

/* A few edits of one text: long common parts at either end and between. */
static void edited_texts(void **state)
{
    (void)state;
    char a[400], b[800];
    uint64_t random = 9;
    for (int round = 0; round < 2000; round++) {
        size_t n = below(&random, 400), m = n, edits = below(&random, 6);
        fill(a, n, 3, &random);
        memcpy(b, a, n);
        for (size_t i = 0; i < edits; i++) {
            size_t at = below(&random, m + 1);
            switch (below(&random, 3)) {
            case 0:
                memmove(b + at + 1, b + at, m++ - at);
                b[at] = 'x';
                break;
            case 1:
                if (at < m)
                    memmove(b + at, b + at + 1, --m - at);
                break;
            default:
                if (at < m)
                    b[at] = 'y';
            }
        }
        size_t got;
        assert_true(iotsig_levenshtein(&iotsig_allocator_default, (struct text){a, n},
                                       (struct text){b, m}, &got));
        assert_true(got <= edits);
        assert_levenshtein((struct text){a, n}, (struct text){b, m});
    }
}

static void *no_memory(void *user, void *memory, size_t size)
{
    (void)user;
    (void)memory;
    assert_int_not_equal(size, 0);
    return NULL;
}

static void texts_without_memory(void **state)
{
    (void)state;
    const struct iotsig_allocator none = {no_memory, NULL};
    static char a[5000], b[5000];
    size_t distance;
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    /* the longest host has IOTSIG_NAME_TEXT - 1 = 1023 characters: hosts need no memory */
    assert_true(iotsig_levenshtein(&none, (struct text){a, 1023}, (struct text){b, 1023}, &distance));
    assert_int_equal(distance, 1023);
    assert_false(iotsig_levenshtein(&none, (struct text){a, 5000}, (struct text){b, 5000}, &distance));
    assert_true(iotsig_levenshtein(&none, (struct text){a, 5000}, (struct text){a, 4000}, &distance));
    assert_int_equal(distance, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_are_reduced),
        cmocka_unit_test(ratios_add_and_multiply),
        cmocka_unit_test(ratios_compare),
        cmocka_unit_test(ratios_compare_as_products),
        cmocka_unit_test(ratios_as_texts),
        cmocka_unit_test(harmonic_numbers),
        cmocka_unit_test(telescope),
        cmocka_unit_test(long_denominators),
        cmocka_unit_test(sums_of_nothing_and_of_many),
        cmocka_unit_test(decimals_are_rounded_half_up),
        cmocka_unit_test(sums_of_small_denominators),
        cmocka_unit_test(sums_have_a_limit),
        cmocka_unit_test(known_texts),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(edited_texts),
        cmocka_unit_test(texts_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
