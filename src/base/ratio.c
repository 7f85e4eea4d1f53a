/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ratio.h"

#include "base/output.h"
#include "base/text.h"

static uint64_t common(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct iotsig_ratio iotsig_ratio_of(uint64_t num, uint64_t den)
{
    uint64_t divisor = common(num, den);
    return (struct iotsig_ratio){num / divisor, den / divisor};
}

static bool times(uint64_t a, uint64_t b, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

bool iotsig_ratio_add(struct iotsig_ratio a, struct iotsig_ratio b, struct iotsig_ratio *sum)
{
    uint64_t divisor = common(a.den, b.den), x, y, num, den;
    if (!times(a.num, b.den / divisor, &x) || !times(b.num, a.den / divisor, &y) ||
        !times(a.den, b.den / divisor, &den) || __builtin_add_overflow(x, y, &num))
        return false;
    *sum = iotsig_ratio_of(num, den);
    return true;
}

bool iotsig_ratio_times(struct iotsig_ratio a, struct iotsig_ratio b, struct iotsig_ratio *product)
{
    uint64_t x = common(a.num, b.den), y = common(b.num, a.den), num, den;
    if (!times(a.num / x, b.num / y, &num) || !times(a.den / y, b.den / x, &den))
        return false;
    *product = iotsig_ratio_of(num, den); /* 0/n has still to be reduced */
    return true;
}

int iotsig_ratio_compare(struct iotsig_ratio a, struct iotsig_ratio b)
{
    /* By continued fractions: whole parts first, then the inverted rests, so nothing overflows. */
    for (int sign = 1;; sign = -sign) {
        uint64_t x = a.num / a.den, y = b.num / b.den;
        if (x != y)
            return x < y ? -sign : sign;
        struct iotsig_ratio rest_a = {a.den, a.num % a.den}, rest_b = {b.den, b.num % b.den};
        if (rest_a.den == 0 || rest_b.den == 0)
            return rest_a.den == rest_b.den ? 0 : rest_a.den == 0 ? -sign : sign;
        a = rest_a;
        b = rest_b;
    }
}

/* "0.9": the digits without the point, over ten for each digit behind it. */
static bool parse_decimal(const char *text, size_t whole, struct iotsig_ratio *ratio)
{
    enum { DIGITS_MAX = 18 };
    char digits[DIGITS_MAX + 1];
    size_t decimals = strlen(text) - whole - 1, n = whole + decimals;
    uint64_t num, den = 1;
    if (whole == 0 || decimals == 0 || n > DIGITS_MAX)
        return false;
    memcpy(digits, text, whole);
    memcpy(digits + whole, text + whole + 1, decimals);
    if (!iotsig_number((struct text){digits, n}, UINT64_MAX, &num))
        return false;
    while (decimals-- > 0)
        den *= 10;
    *ratio = iotsig_ratio_of(num, den);
    return true;
}

bool iotsig_ratio_parse(const char *text, struct iotsig_ratio *ratio)
{
    size_t whole = strcspn(text, "/.");
    uint64_t num, den = 1;
    if (text[whole] == '.')
        return parse_decimal(text, whole, ratio);
    if (!iotsig_number((struct text){text, whole}, UINT64_MAX, &num) ||
        (text[whole] == '/' && !iotsig_number(text_of(text + whole + 1), UINT64_MAX, &den)) ||
        den == 0)
        return false;
    *ratio = iotsig_ratio_of(num, den);
    return true;
}

void iotsig_ratio_text(struct iotsig_ratio ratio, char text[IOTSIG_RATIO_TEXT])
{
    char *end = iotsig_write_number(text, ratio.num);
    if (ratio.den != 1) {
        *end++ = '/';
        end = iotsig_write_number(end, ratio.den);
    }
    *end = '\0';
}

void iotsig_put_ratio(struct iotsig_output *output, struct iotsig_ratio ratio)
{
    char text[IOTSIG_RATIO_TEXT];
    iotsig_ratio_text(ratio, text);
    put_string(output, text);
}

void iotsig_put_quoted_ratio(struct iotsig_output *output, struct iotsig_ratio ratio)
{
    put_string(output, "\"");
    iotsig_put_ratio(output, ratio);
    put_string(output, "\"");
}

/* Numbers of many words. */

static void big_set(struct big *big, uint64_t value)
{
    big->limb[0] = (uint32_t)value;
    big->limb[1] = (uint32_t)(value >> 32);
    big->n = big->limb[1] != 0 ? 2 : value != 0 ? 1 : 0;
}

/* Multiplies, and adds. */
static bool big_times(struct big *big, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < big->n; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (factor == 0)
        big->n = 0;
    if (carry == 0)
        return true;
    if (big->n == SUM_LIMBS)
        return false;
    big->limb[big->n++] = (uint32_t)carry;
    return true;
}

static bool big_add(struct big *big, const struct big *other)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < big->n || i < other->n || carry != 0; i++) {
        if (i == SUM_LIMBS)
            return false;
        carry += (i < big->n ? big->limb[i] : 0u) + (uint64_t)(i < other->n ? other->limb[i] : 0u);
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
        if (i >= big->n)
            big->n = i + 1;
    }
    return true;
}

/* Multiplies by 64 bits. */
static bool big_times_wide(struct big *big, uint64_t factor)
{
    struct big low = *big;
    if (!big_times(&low, (uint32_t)factor, 0) || !big_times(big, (uint32_t)(factor >> 32), 0))
        return false;
    if (big->n == 0) {
        *big = low;
        return true;
    }
    if (big->n == SUM_LIMBS)
        return false;
    memmove(big->limb + 1, big->limb, big->n * sizeof *big->limb);
    big->limb[0] = 0;
    big->n++;
    return big_add(big, &low);
}

static void trim(struct big *big)
{
    while (big->n > 0 && big->limb[big->n - 1] == 0)
        big->n--;
}

/* Divides; returns the rest. */
static uint32_t big_divide(struct big *big, uint32_t by)
{
    uint64_t rest = 0;
    for (size_t i = big->n; i-- > 0;) {
        rest = rest << 32 | big->limb[i];
        big->limb[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    trim(big);
    return (uint32_t)rest;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* Subtracts what is not greater. */
static void big_subtract(struct big *big, const struct big *other)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < big->n; i++) {
        uint64_t take = (i < other->n ? other->limb[i] : 0u) + borrow;
        borrow = take > big->limb[i];
        big->limb[i] = (uint32_t)(big->limb[i] - take);
    }
    trim(big);
}

static void big_halve(struct big *big)
{
    for (size_t i = 0; i < big->n; i++)
        big->limb[i] = big->limb[i] >> 1 | (i + 1 < big->n ? big->limb[i + 1] << 31 : 0u);
    trim(big);
}

static bool is_odd(const struct big *big)
{
    return big->n > 0 && (big->limb[0] & 1) != 0;
}

/* The quotient of a division without rest, and the rest otherwise in `a`: long division by bits. */
static void big_quotient(struct big *a, const struct big *by)
{
    struct big rest = {.n = 0};
    for (size_t i = a->n * 32; i-- > 0;) {
        uint32_t bit = a->limb[i / 32] >> i % 32 & 1;
        (void)big_times(&rest, 2, bit); /* not greater than `a` */
        a->limb[i / 32] &= ~(UINT32_C(1) << i % 32);
        if (big_compare(&rest, by) >= 0) {
            big_subtract(&rest, by);
            a->limb[i / 32] |= UINT32_C(1) << i % 32;
        }
    }
    trim(a);
}

/* The greatest common divisor of two numbers that are not 0, by halving (Stein, 1967). */
static void big_common(struct big *a, struct big *b)
{
    size_t twos = 0;
    for (; !is_odd(a) && !is_odd(b); twos++) {
        big_halve(a);
        big_halve(b);
    }
    while (a->n > 0) {
        while (!is_odd(a))
            big_halve(a);
        while (!is_odd(b))
            big_halve(b);
        if (big_compare(a, b) < 0) {
            struct big swap = *a;
            *a = *b;
            *b = swap;
        }
        big_subtract(a, b);
    }
    *a = *b;
    while (twos-- > 0)
        (void)big_times(a, 2, 0); /* a divisor of what did fit */
}

/* Sums. */

void iotsig_sum_init(struct ratio_sum *sum)
{
    big_set(&sum->num, 0);
    big_set(&sum->den, 1);
}

/* The rest of a division by 64 bits. */
static uint64_t rest_of(const struct big *big, uint64_t by)
{
    uint64_t rest = 0;
    for (size_t i = big->n; i-- > 0;)
        for (size_t bit = 32; bit-- > 0;) {
            bool over = rest >> 63 != 0;
            rest = rest << 1 | (big->limb[i] >> bit & 1);
            if (over || rest >= by)
                rest -= by;
        }
    return rest;
}

/* Two limbs stay free, for iotsig_put_sum_decimal(). */
static bool fits(const struct ratio_sum *sum)
{
    return sum->num.n <= SUM_LIMBS - 2 && sum->den.n <= SUM_LIMBS - 2;
}

bool iotsig_sum_add(struct ratio_sum *sum, struct iotsig_ratio ratio, uint32_t count)
{
    /* The common denominator grows by what it lacks; then one of them divides it. */
    uint64_t shared = common(rest_of(&sum->den, ratio.den), ratio.den);
    uint64_t lacking = ratio.den / shared;
    struct big factor = sum->den, add, by;
    if (!big_times_wide(&sum->num, lacking) || !big_times_wide(&sum->den, lacking))
        return false;
    big_set(&by, shared);
    big_quotient(&factor, &by);
    add = factor;
    return big_times_wide(&add, ratio.num) && big_times(&add, count, 0) &&
           big_add(&sum->num, &add) && fits(sum);
}

bool iotsig_sum_divide(struct ratio_sum *sum, uint32_t by)
{
    return big_times(&sum->den, by, 0) && fits(sum);
}

void iotsig_sum_reduce(struct ratio_sum *sum)
{
    if (sum->num.n == 0) {
        big_set(&sum->den, 1);
        return;
    }
    struct big divisor = sum->num, other = sum->den;
    big_common(&divisor, &other);
    big_quotient(&sum->num, &divisor);
    big_quotient(&sum->den, &divisor);
}

bool iotsig_sum_is_zero(const struct ratio_sum *sum)
{
    return sum->num.n == 0;
}

static void put_big(struct iotsig_output *output, struct big big)
{
    char digits[SUM_LIMBS * 10], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + big_divide(&big, 10));
    while (big.n > 0);
    iotsig_output_put(output, at, (size_t)(digits + sizeof digits - at));
}

void iotsig_put_sum(struct iotsig_output *output, const struct ratio_sum *sum)
{
    put_big(output, sum->num);
    if (sum->den.n == 1 && sum->den.limb[0] == 1)
        return;
    put_string(output, "/");
    put_big(output, sum->den);
}

void iotsig_put_sum_decimal(struct iotsig_output *output, const struct ratio_sum *sum)
{
    /* floor((num * 10^6 * 2 + den) / (den * 2)) */
    uint32_t scale = 1;
    struct big scaled = sum->num, whole = sum->den;
    for (int i = 0; i < RATIO_DECIMALS; i++)
        scale *= 10;
    uint32_t value = 0;
    if (big_times(&scaled, scale, 0) && big_times(&scaled, 2, 0) && big_add(&scaled, &whole) &&
        big_times(&whole, 2, 0)) {
        big_quotient(&scaled, &whole);
        value = scaled.n > 0 ? scaled.limb[0] : 0;
    }
    char text[RATIO_DECIMALS];
    iotsig_put_number(output, value / scale);
    put_string(output, ".");
    for (size_t i = RATIO_DECIMALS; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    iotsig_output_put(output, text, sizeof text);
}

void iotsig_put_ratio_decimal(struct iotsig_output *output, struct iotsig_ratio ratio)
{
    struct ratio_sum sum;
    iotsig_sum_init(&sum);
    (void)iotsig_sum_add(&sum, ratio, 1); /* two words fit */
    iotsig_put_sum_decimal(output, &sum);
}
