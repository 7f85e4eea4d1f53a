/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CoAP messages: libcoap reads those that are right, and what the fuzz target says of them holds.
 */
#include "unit.h"

#include <string.h>

#include "../../fuzz/oracle.h"

static void put_option(uint8_t *to, size_t *at, unsigned delta, const char *value)
{
    size_t n = strlen(value);
    to[(*at)++] = (uint8_t)((delta < 13 ? delta : 13) << 4 | (n < 13 ? n : 13));
    if (delta >= 13)
        to[(*at)++] = (uint8_t)(delta - 13);
    if (n >= 13)
        to[(*at)++] = (uint8_t)(n - 13);
    memcpy(to + *at, value, n);
    *at += n;
}

/* RFC 7252 section 3. */
static size_t random_message(uint64_t *random, uint8_t *to)
{
    static const char *const words[] = {"oic", "res", "a", "", "long-segment-of-20b-x", "sensors"};
    size_t token = below(random, 9), at = 4 + token;
    to[0] = (uint8_t)(1 << 6 | below(random, 4) << 4 | token);
    to[1] = below(random, 2) == 0 ? (uint8_t)below(random, 8) : (uint8_t)next_random(random);
    for (size_t i = 2; i < at; i++)
        to[i] = (uint8_t)next_random(random);
    unsigned last = 0;
    if (to[1] == 0) /* an empty message is just that */
        return to[0] &= 0xf0, 4;
    if (below(random, 3) == 0)
        put_option(to, &at, 3, "host"), last = 3; /* Uri-Host */
    for (size_t i = 0, count = below(random, 4); i < count; i++) {
        put_option(to, &at, 11 - last, words[below(random, 6)]); /* Uri-Path */
        last = 11;
    }
    if (below(random, 3) == 0)
        put_option(to, &at, 15 - last, "rt=x"), last = 15; /* Uri-Query */
    if (below(random, 2) == 0)
        put_option(to, &at, 60 - last, "ab"); /* Size1 */
    if (below(random, 2) == 0) {
        to[at++] = 0xff;
        to[at++] = 'x';
    }
    return at;
}

static void agrees_with_libcoap(void **state)
{
    (void)state;
    uint64_t random = 5683;
    for (int i = 0; i < 20000; i++) {
        uint8_t data[256];
        size_t n = random_message(&random, data);
        if (!oracle_coap(data, n))
            fail_msg("libcoap refuses message %d", i);
    }
}

static void agrees_with_libcoap_on_damage(void **state)
{
    (void)state;
    uint64_t random = 56830;
    int compared = 0;
    for (int i = 0; i < 50000; i++) {
        uint8_t data[256];
        size_t n = random_message(&random, data);
        damage(&random, data, n, 1 + below(&random, 3));
        n -= below(&random, n);
        compared += oracle_coap(data, n);
    }
    assert_true(compared > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libcoap),
        cmocka_unit_test(agrees_with_libcoap_on_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
