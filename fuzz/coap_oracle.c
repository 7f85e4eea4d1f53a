/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CoAP messages, read by libcoap too. What libcoap reads whole, we do, and say the same of it. What
 * it refuses is not compared: it refuses every message that is cut or has options that it does not
 * allow there.
 */
#include <coap3/coap.h>
#include <string.h>

#include "app/app.h"
#include "fuzz.h"
#include "oracle.h"

enum { PORT = 5683, METHODS = 8 };

static const char *const types[] = {"CON", "NON", "ACK", "RST"};
static const char *const methods[METHODS] = {NULL,     "GET",   "POST",  "PUT",
                                             "DELETE", "FETCH", "PATCH", "iPATCH"};

static const char *text_at(const struct iotsig_layer *layer, const char *name)
{
    struct iotsig_attribute attribute;
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++)
        if (strcmp(attribute.name, name) == 0)
            return attribute.text;
    return NULL;
}

/* The Uri-Path options as we write them; false: there is none. A star at the end would say that more
 * may follow. */
static bool write_path(char *to, const coap_pdu_t *message)
{
    coap_opt_filter_t filter;
    coap_opt_iterator_t each;
    const coap_opt_t *option;
    bool found = false;
    coap_option_filter_clear(&filter);
    coap_option_filter_set(&filter, COAP_OPTION_URI_PATH);
    coap_option_iterator_init(message, &each, &filter);
    while ((option = coap_option_next(&each)) != NULL) {
        const uint8_t *value = coap_opt_value(option);
        found = true;
        *to++ = '/';
        for (uint32_t i = 0; i < coap_opt_length(option); i++)
            to = value[i] == '/' ? to + sprintf(to, "\\%03u", '/') : oracle_escape(to, value[i]);
    }
    if (found && to[-1] == '*')
        to += sprintf(to - 1, "\\%03u", '*') - 1;
    *to = '\0';
    return found;
}

static void require_same(const struct iotsig_layer *layer, const coap_pdu_t *theirs)
{
    static char path[4 * 65536];
    unsigned code = coap_pdu_get_code(theirs);
    const char *said = text_at(layer, "code"), *uri = text_at(layer, "uri");
    REQUIRE(strcmp(text_at(layer, "type"), types[coap_pdu_get_type(theirs)]) == 0);
    if (code == 0 || code >= 32) {
        REQUIRE(iotsig_layer_is_response(layer) && said == NULL && uri == NULL);
        return;
    }
    REQUIRE(!iotsig_layer_is_response(layer));
    if (code < METHODS)
        REQUIRE(strcmp(said, methods[code]) == 0);
    else
        REQUIRE(said[0] == '0' && said[1] == '.' &&
                (unsigned)(said[2] - '0') * 10 + (unsigned)(said[3] - '0') == code);
    REQUIRE(write_path(path, theirs) ? uri != NULL && strcmp(uri, path) == 0 : uri == NULL);
}

bool oracle_coap(const uint8_t *data, size_t size)
{
    static char scratch[APP_TEXT_MAX];
    struct packet packet = {.transport = IOTSIG_UDP, .payload = {data, size}};
    struct iotsig_layer layer;
    packet.dst.port = PORT;
    coap_set_log_level(LOG_EMERG);
    coap_pdu_t *theirs = coap_pdu_init(0, 0, 0, size);
    REQUIRE(theirs != NULL);
    bool whole = coap_pdu_parse(COAP_PROTO_UDP, data, size, theirs) != 0;
    if (whole) {
        REQUIRE(iotsig_app_parse(&packet, 0, &layer, scratch));
        REQUIRE(strcmp(iotsig_layer_protocol(&layer), "CoAP") == 0);
        require_same(&layer, theirs);
    }
    coap_delete_pdu(theirs);
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= 4096) /* all that is read fits in what a layer may hold */
        (void)oracle_coap(data, size);
    return 0;
}
