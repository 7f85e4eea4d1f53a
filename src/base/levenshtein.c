/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bit-vector algorithm of Myers ("A fast bit-vector algorithm for approximate string matching",
 * 1999), for two whole texts as Hyyrö describes it ("A bit-vector algorithm for computing
 * Levenshtein and Damerau edit distances", 2003): a word holds by how much each of 64 cells of a
 * column differs from the one above it. Longer texts are cut in bands of 64 rows; what a band hands
 * down to the next is one difference a column.
 */
#include "base/levenshtein.h"

#define BAND 64

/* Texts up to this length need no memory: every name of a host is shorter, so that which end of a flow
 * stands against which (flow/difference.c) is always known. */
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
    for (size_t j = 0; j < b.n; j++)
        found = step[j] < 0 ? found - 1 : found + (size_t)step[j];
    if (step != room)
        iotsig_memory_free(allocator, step);
    *distance = found;
    return true;
}
