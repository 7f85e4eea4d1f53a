/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CoAP messages: what libcoap reads in them. */
#include "unit.h"

#include <coap3/coap.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"

static const char *const kinds[] = {"CON", "NON", "ACK", "RST"};
static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"};

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

static bool parse(const uint8_t *data, size_t n, struct iotsig_layer *layer)
{
    static char scratch[APP_TEXT_MAX];
    struct packet packet = {.transport = IOTSIG_UDP, .payload = {data, n}};
    packet.src.port = 40000;
    packet.dst.port = 5683;
    return iotsig_app_parse(&packet, 0, layer, scratch);
}

static const char *text_at(const struct iotsig_layer *layer, const char *name)
{
    struct iotsig_attribute attribute;
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++)
        if (strcmp(attribute.name, name) == 0)
            return attribute.text;
    return NULL;
}

/* libcoap gives the path without the first slash, and escapes; only plain characters are compared. */
static void check_path(const struct iotsig_layer *layer, const coap_pdu_t *pdu)
{
    const char *ours = text_at(layer, "uri");
    coap_string_t *theirs = coap_get_uri_path(pdu);
    coap_opt_iterator_t iterator;
    bool present = coap_check_option(pdu, COAP_OPTION_URI_PATH, &iterator) != NULL;
    assert_true(present == (ours != NULL));
    if (present && theirs != NULL && strpbrk(ours, "\\%") == NULL &&
        memchr(theirs->s, '%', theirs->length) == NULL) {
        assert_int_equal(strlen(ours), theirs->length + 1);
        assert_memory_equal(ours + 1, theirs->s, theirs->length);
    }
    coap_delete_string(theirs);
}

static int compare(const uint8_t *data, size_t n)
{
    struct iotsig_layer layer;
    coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, 1024);
    int whole = coap_pdu_parse(COAP_PROTO_UDP, data, n, pdu);
    if (whole) {
        assert_true(parse(data, n, &layer));
        assert_string_equal(text_at(&layer, "type"), kinds[coap_pdu_get_type(pdu)]);
        unsigned code = coap_pdu_get_code(pdu);
        bool request = code >= 1 && code < 32;
        assert_true(iotsig_layer_is_response(&layer) == !request);
        if (request && code <= 7)
            assert_string_equal(text_at(&layer, "code"), methods[code - 1]);
        if (request)
            check_path(&layer, pdu);
    }
    coap_delete_pdu(pdu);
    return whole;
}

static void agrees_with_libcoap(void **state)
{
    (void)state;
    uint64_t random = 5683;
    for (int i = 0; i < 20000; i++) {
        uint8_t data[256];
        size_t n = random_message(&random, data);
        if (!compare(data, n))
            fail_msg("libcoap refuses message %d", i);
    }
}

static void agrees_with_libcoap_on_damage(void **state)
{
    (void)state;
    uint64_t random = 56830;
    int compared = 0;
    coap_set_log_level(LOG_EMERG);
    for (int i = 0; i < 50000; i++) {
        uint8_t data[256];
        size_t n = random_message(&random, data);
        damage(&random, data, n, 1 + below(&random, 3));
        n -= below(&random, n);
        compared += compare(data, n);
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
