/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `stats` of a policy: rates and sizes, for both directions or each. */
#include <stdio.h>

#include "translate/profile.h"

static struct text take_word(struct text *rest, const char *ends)
{
    while (rest->n > 0 && rest->p[0] == ' ')
        rest->p++, rest->n--;
    size_t n = 0;
    while (n < rest->n && strchr(ends, rest->p[n]) == NULL)
        n++;
    struct text word = {rest->p, n};
    rest->p += n;
    rest->n -= n;
    return word;
}

static bool is_unit(struct text word, enum rate_unit *unit)
{
    static const char *const names[] = {[RATE_PACKETS] = "packets",
                                        [RATE_BYTES] = "bytes",
                                        [RATE_KBYTES] = "kbytes",
                                        [RATE_MBYTES] = "mbytes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal(word, text_of(names[i]))) {
            *unit = (enum rate_unit)i;
            return true;
        }
    return false;
}

static bool is_period(struct text word, uint32_t *seconds)
{
    static const struct {
        const char *name;
        uint32_t seconds;
    } periods[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}, {"week", 604800}};
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
        if (text_equal(word, text_of(periods[i].name))) {
            *seconds = periods[i].seconds;
            return true;
        }
    return false;
}

/* " burst N packets", or nothing. */
static bool parse_burst(struct text rest, struct policy_rate *rate)
{
    uint64_t burst = 0;
    struct text word = take_word(&rest, " ");
    if (word.n == 0)
        return true;
    if (!text_equal(word, TEXT("burst")) || rate->unit != RATE_PACKETS ||
        !iotsig_number(take_word(&rest, " "), UINT32_MAX, &burst) || burst == 0)
        return false;
    rate->burst = (uint32_t)burst;
    word = take_word(&rest, " ");
    return (word.n == 0 || text_equal(word, TEXT("packets"))) && take_word(&rest, "").n == 0;
}

bool iotsig_rate_parse(const char *text, struct policy_rate *rate)
{
    struct text rest = text_of(text);
    *rate = (struct policy_rate){.seconds = 1};
    if (!iotsig_number(take_word(&rest, " /"), UINT32_MAX, &rate->count) || rate->count == 0)
        return false;
    struct text unit = take_word(&rest, "/");
    unit = text_chop(unit, ' ');
    if (unit.n > 0 && !is_unit(unit, &rate->unit))
        return false;
    if (rest.n == 0)
        return unit.n == 0; /* a bare number: packets a second */
    rest.p++, rest.n--;
    return is_period(take_word(&rest, " "), &rate->seconds) && parse_burst(rest, rate);
}

/*
 * Whether the kernel can count it: nanoseconds of the period times bytes, or what a packet costs of
 * them times the burst, in 64 bits (Linux, nft_limit_init()).
 */
static bool is_countable(const struct policy_rate *rate)
{
    static const uint64_t bytes[] = {
        [RATE_BYTES] = 1, [RATE_KBYTES] = 1024, [RATE_MBYTES] = (uint64_t)1024 * 1024};
    uint64_t period = rate->seconds * UINT64_C(1000000000);
    if (rate->unit != RATE_PACKETS)
        return rate->count <= UINT64_MAX / period / bytes[rate->unit];
    return rate->burst == 0 || period / rate->count <= UINT64_MAX / rate->burst;
}

/* "200", "100-200", "< 200", "<= 200", "> 200", ">= 200" */
static bool parse_size(const char *text, struct number_range *size)
{
    struct text rest = text_of(text);
    struct text sign = take_word(&rest, "0123456789 ");
    uint64_t number;
    *size = (struct number_range){0, POLICY_SIZE_MAX};
    struct text first = take_word(&rest, "- ");
    if (!iotsig_number(first, POLICY_SIZE_MAX, &number))
        return false;
    if (rest.n > 0) {
        if (take_word(&rest, "-").n > 0 || rest.n == 0)
            return false;
        rest.p++, rest.n--;
        size->low = number;
        return sign.n == 0 && iotsig_number(take_word(&rest, " "), POLICY_SIZE_MAX, &size->high) &&
               size->low <= size->high && rest.n == 0;
    }
    if (sign.n == 0)
        *size = (struct number_range){number, number};
    else if (text_equal(sign, TEXT("<")) && number > 0)
        size->high = number - 1;
    else if (text_equal(sign, TEXT("<=")))
        size->high = number;
    else if (text_equal(sign, TEXT(">")) && number < POLICY_SIZE_MAX)
        size->low = number + 1;
    else if (text_equal(sign, TEXT(">=")))
        size->low = number;
    else
        return false;
    return true;
}

/* One value, of the text that it is or would be. */
static bool set(struct policy_stats *stats, bool is_rate, const json_t *value)
{
    char digits[24];
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        text = digits;
    }
    if (text == NULL)
        return false;
    if (is_rate)
        return iotsig_rate_parse(text, &stats->rate);
    if (!parse_size(text, &stats->size))
        return false;
    stats->has_size = stats->size.low > 0 || stats->size.high < POLICY_SIZE_MAX;
    return true;
}

/*
 * A value for both directions, or one each under `fwd` and `bwd`. Without `bwd` the backward rule
 * has that of `fwd`: with none it would block all.
 */
static bool set_both(struct policy *policy, bool is_rate, const json_t *value)
{
    const char *name;
    json_t *one;
    if (!json_is_object(value))
        return set(&policy->forward, is_rate, value) && set(&policy->backward, is_rate, value);
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
        if (strcmp(name, "fwd") != 0 && strcmp(name, "bwd") != 0)
            return false;
    one = json_object_get(value, "fwd");
    if (!set(&policy->forward, is_rate, one))
        return false;
    json_t *back = json_object_get(value, "bwd");
    return set(&policy->backward, is_rate, back != NULL ? back : one);
}

bool iotsig_stats_read(struct value_reader *reader, const json_t *tree, struct policy *policy)
{
    json_t *stats = json_object_get(tree, "stats"), *value;
    const char *name, *wrong;
    bool good = true;
    if (stats == NULL)
        return true;
    if (!json_is_object(stats)) {
        iotsig_profile_problem(reader->profile,
                               iotsig_profile_place(reader->profile, tree, "stats", 0), false,
                               policy, "stats: no mapping");
        return false;
    }
    json_object_foreach(stats, name, value) {
        wrong = NULL;
        if (strcmp(name, "rate") == 0)
            wrong =
                !set_both(policy, true, value)
                    ? "no rate (write 10/second, or \"5 kbytes/minute\"; or fwd and bwd of them)"
                : !is_countable(&policy->forward.rate) || !is_countable(&policy->backward.rate)
                    ? "the kernel cannot count so much in so long a time (give a shorter one)"
                    : NULL;
        else if (strcmp(name, "packet-size") == 0)
            wrong = set_both(policy, false, value) ? NULL
                                                   : "no size of a packet (write 200, 100-200 or "
                                                     "\"< 200\"; or fwd and bwd of them)";
        else if (strcmp(name, "packet-count") == 0)
            policy->counts = true;
        else if (strcmp(name, "duration") == 0)
            policy->lasts = true;
        else
            wrong = "it is not known";
        if (wrong == NULL)
            continue;
        iotsig_profile_problem(reader->profile,
                               iotsig_profile_place(reader->profile, stats, name, 0), false, policy,
                               "stats.%s: %s", name, wrong);
        good = false;
    }
    return good;
}
