/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bit-vector algorithm of Myers ("A fast bit-vector algorithm for approximate string matching",
 * 1999), for two whole texts as Hyyrö describes it ("A bit-vector algorithm for computing
 * Levenshtein and Damerau edit distances", 2003): a word holds by how much each of 64 cells of a
 * column differs from the one above it. Longer texts are cut in bands of 64 rows; what a band hands
 * down to the next is one difference a column.
 */
#include "base/levenshtein.h"

#include <stdlib.h>

#define BAND 64

/* Texts up to this length need no memory: every name of a host is shorter, so that which end of a
 * flow stands against which (flow/difference.c) is always known. */
#define SHORT 1024

static void skip_common(struct text *a, struct text *b)
{
    while (a->n > 0 && b->n > 0 && a->p[0] == b->p[0]) {
        a->p++, a->n--;
        b->p++, b->n--;
    }
    while (a->n > 0 && b->n > 0 && a->p[a->n - 1] == b->p[b->n - 1]) {
        a->n--;
        b->n--;
    }
}

/* One band of rows, for all columns. `step[j]` is by how much column j differs from the one to the
 * left, in the row above the band; then in its last row. */
static void band(struct text rows, struct text columns, int8_t *step)
{
    uint64_t equal[256] = {0}, up = UINT64_MAX, down = 0;
    const uint64_t last = UINT64_C(1) << (rows.n - 1);
    for (size_t i = 0; i < rows.n; i++)
        equal[(uint8_t)rows.p[i]] |= UINT64_C(1) << i;
    for (size_t j = 0; j < columns.n; j++) {
        uint64_t match = equal[(uint8_t)columns.p[j]];
        uint64_t vertical = match | down;
        if (step[j] < 0)
            match |= 1;
        uint64_t horizontal = (((match & up) + up) ^ up) | match;
        uint64_t right = down | ~(horizontal | up), left = up & horizontal;
        int8_t out = (int8_t)((right & last) != 0 ? 1 : (left & last) != 0 ? -1 : 0);
        right = right << 1 | (step[j] > 0);
        left = left << 1 | (step[j] < 0);
        up = left | ~(vertical | right);
        down = right & vertical;
        step[j] = out;
    }
}

bool iotsig_levenshtein(const struct iotsig_allocator *allocator, struct text a, struct text b,
                        size_t *distance)
{
    int8_t room[SHORT], *step = room;
    skip_common(&a, &b);
    if (a.n == 0 || b.n == 0) {
        *distance = a.n + b.n;
        return true;
    }
    if (b.n > SHORT && (step = iotsig_memory_get(allocator, b.n)) == NULL)
        return false;
    memset(step, 1, b.n);
    size_t found = a.n;
    for (size_t from = 0; from < a.n; from += BAND) {
        size_t n = a.n - from < BAND ? a.n - from : BAND;
        band((struct text){a.p + from, n}, b, step);
    }
    for (size_t j = 0; j < b.n; j++) { /* each is -1, 0 or 1 */
        found += step[j] > 0;
        found -= step[j] < 0;
    }
    if (step != room)
        iotsig_memory_free(allocator, step);
    *distance = found;
    return true;
}

/* Texts of any characters. */

/* What stands for characters that only one of the texts has; common ones have the bytes below. */
enum { ONLY_A = 255, ONLY_B = 254, COMMON_MAX = 254 };

static int compare_characters(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Sorts, and keeps one of each; returns how many. */
static size_t make_set(uint32_t *set, size_t n)
{
    size_t kept = 0;
    qsort(set, n, sizeof *set, compare_characters);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || set[kept - 1] != set[i])
            set[kept++] = set[i];
    return kept;
}

/* Keeps in `a` what is in `b` as well. */
static size_t intersect(uint32_t *a, size_t an, const uint32_t *b, size_t bn)
{
    size_t kept = 0;
    for (size_t i = 0; i < an; i++)
        if (bsearch(&a[i], b, bn, sizeof *b, compare_characters) != NULL)
            a[kept++] = a[i];
    return kept;
}

static void write_bytes(char *to, const uint32_t *text, size_t n, const uint32_t *common,
                        size_t count, int other)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t *found =
            bsearch(&text[i], common, count, sizeof *common, compare_characters);
        to[i] = (char)(found != NULL ? (int)(found - common) : other);
    }
}

static bool by_bytes(const struct iotsig_allocator *allocator, const uint32_t *a, size_t an,
                     const uint32_t *b, size_t bn, const uint32_t *common, size_t count,
                     size_t *distance)
{
    char *bytes = iotsig_memory_get(allocator, an + bn);
    if (bytes == NULL)
        return false;
    write_bytes(bytes, a, an, common, count, ONLY_A);
    write_bytes(bytes + an, b, bn, common, count, ONLY_B);
    bool done = iotsig_levenshtein(allocator, (struct text){bytes, an},
                                   (struct text){bytes + an, bn}, distance);
    iotsig_memory_free(allocator, bytes);
    return done;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Row by row (Wagner and Fischer, 1974); `row` has room for bn + 1 numbers. */
static size_t by_rows(const uint32_t *a, size_t an, const uint32_t *b, size_t bn, size_t *row)
{
    for (size_t j = 0; j <= bn; j++)
        row[j] = j;
    for (size_t i = 0; i < an; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < bn; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least(above + 1, row[j] + 1, corner + (a[i] != b[j]));
            corner = above;
        }
    }
    return row[bn];
}

static bool by_characters(const struct iotsig_allocator *allocator, const uint32_t *a, size_t an,
                          const uint32_t *b, size_t bn, size_t *distance)
{
    size_t *row = NULL, capacity = 0;
    if (!iotsig_array_grow(allocator, &row, &capacity, bn + 1, sizeof *row))
        return false;
    *distance = by_rows(a, an, b, bn, row);
    iotsig_memory_free(allocator, row);
    return true;
}

bool iotsig_levenshtein_wide(const struct iotsig_allocator *allocator, const uint32_t *a, size_t an,
                             const uint32_t *b, size_t bn, size_t *distance)
{
    uint32_t *sets = NULL;
    size_t capacity = 0;
    if (an == 0 || bn == 0) {
        *distance = an + bn;
        return true;
    }
    if (!iotsig_array_grow(allocator, &sets, &capacity, an + bn, sizeof *sets))
        return false;
    memcpy(sets, a, an * sizeof *a);
    memcpy(sets + an, b, bn * sizeof *b);
    size_t a_count = make_set(sets, an), b_count = make_set(sets + an, bn);
    size_t common = intersect(sets, a_count, sets + an, b_count);
    bool done = common <= COMMON_MAX ? by_bytes(allocator, a, an, b, bn, sets, common, distance)
                                     : by_characters(allocator, a, an, b, bn, distance);
    iotsig_memory_free(allocator, sets);
    return done;
}
