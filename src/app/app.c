/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app.h"

#include <strings.h>

#include "base/error.h"
#include "base/words.h"

extern const struct app_protocol iotsig_app_dns, iotsig_app_ssdp, iotsig_app_coap, iotsig_app_dhcp,
    iotsig_app_http, iotsig_app_tls, iotsig_app_quic, iotsig_app_mqtt, iotsig_app_tplink,
    iotsig_app_edimax, iotsig_app_tuya, iotsig_app_matter, iotsig_app_mdns, iotsig_app_ntp;

/* HTTP is on any port, so it is behind all that go by ports: what none of these recognises. Then
 * come those that must be asked for. */
const struct app_protocol *const iotsig_app_protocols[] = {
    &iotsig_app_dns,  &iotsig_app_ssdp,   &iotsig_app_coap, &iotsig_app_dhcp,   &iotsig_app_http,
    &iotsig_app_tls,  &iotsig_app_quic,   &iotsig_app_mqtt, &iotsig_app_tplink, &iotsig_app_edimax,
    &iotsig_app_tuya, &iotsig_app_matter, &iotsig_app_mdns, &iotsig_app_ntp,    NULL,
};

static const struct word words[] = {
    {"tls", IOTSIG_LAYER_TLS},       {"quic", IOTSIG_LAYER_QUIC},     {"mqtt", IOTSIG_LAYER_MQTT},
    {"tplink", IOTSIG_LAYER_TPLINK}, {"edimax", IOTSIG_LAYER_EDIMAX}, {"tuya", IOTSIG_LAYER_TUYA},
    {"matter", IOTSIG_LAYER_MATTER}, {"mdns", IOTSIG_LAYER_MDNS},     {"ntp", IOTSIG_LAYER_NTP},
    {"all", IOTSIG_LAYERS_ALL},
};

/* Bytes of the longest domain name (RFC 1035 section 2.3.4). */
#define NAME_MAX 255

int iotsig_layers_parse(unsigned *layers, const char *list, struct iotsig_error *error)
{
    if (iotsig_words_parse(list, words, sizeof words / sizeof *words, layers))
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                       "not a list of layers (use tls, quic, mqtt, tplink, edimax, tuya, matter, "
                       "mdns, ntp, with commas, or all)");
}

int iotsig_app_attribute(const struct app_protocol *protocol, const char *name)
{
    for (int i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++)
        if (strcmp(protocol->attributes[i].name, name) == 0)
            return i;
    return -1;
}

bool iotsig_app_find(const struct app_protocol *protocol, struct text name, int *index,
                     bool *opposite)
{
    *opposite = false;
    for (*index = 0; *index < APP_ATTRIBUTES && protocol->attributes[*index].name != NULL; ++*index)
        if (text_equal(name, text_of(protocol->attributes[*index].name)))
            return true;
    for (size_t i = 0; i < APP_ALIASES && protocol->aliases[i].name != NULL; i++)
        if (text_equal(name, text_of(protocol->aliases[i].name))) {
            *index = protocol->aliases[i].index;
            *opposite = protocol->aliases[i].opposite;
            return true;
        }
    return false;
}

const struct app_protocol *iotsig_app_protocol(struct text name)
{
    for (size_t i = 0; iotsig_app_protocols[i] != NULL; i++) {
        const char *known = iotsig_app_protocols[i]->name;
        if (strlen(known) == name.n && strncasecmp(known, name.p, name.n) == 0)
            return iotsig_app_protocols[i];
    }
    return NULL;
}

static bool parse_as(const struct app_protocol *protocol, const struct packet *packet,
                     struct iotsig_layer *layer, char *scratch)
{
    struct app_scratch room = {scratch, APP_TEXT_MAX};
    *layer = (struct iotsig_layer){.protocol = protocol};
    return protocol->parse(packet, layer, &room);
}

/* The first that recognises the packet decides. */
static bool parse_always(const struct packet *packet, struct iotsig_layer *layer, char *scratch)
{
    for (size_t i = 0; iotsig_app_protocols[i] != NULL && iotsig_app_protocols[i]->layer == 0; i++)
        if (iotsig_app_protocols[i]->recognise(packet))
            return parse_as(iotsig_app_protocols[i], packet, layer, scratch);
    return false;
}

static bool parse_asked(const struct packet *packet, unsigned layers, struct iotsig_layer *layer,
                        char *scratch)
{
    for (size_t i = 0; iotsig_app_protocols[i] != NULL; i++) {
        const struct app_protocol *protocol = iotsig_app_protocols[i];
        if ((protocol->layer & layers) != 0 && protocol->recognise(packet) &&
            parse_as(protocol, packet, layer, scratch))
            return true;
    }
    return false;
}

bool iotsig_app_parse(const struct packet *packet, unsigned layers, struct iotsig_layer *layer,
                      char *scratch)
{
    if (packet->payload.n == 0)
        return false;
    return parse_always(packet, layer, scratch) ||
           (layers != 0 && parse_asked(packet, layers, layer, scratch));
}

bool iotsig_layer_is_response(const struct iotsig_layer *layer)
{
    int response = iotsig_app_attribute(layer->protocol, "response");
    return response >= 0 && (layer->present & layer->truths & 1u << response);
}

const char *iotsig_layer_protocol(const struct iotsig_layer *layer)
{
    return layer == NULL ? NULL : layer->protocol->name;
}

bool iotsig_layer_attribute(const struct iotsig_layer *layer, size_t index,
                            struct iotsig_attribute *attribute)
{
    if (layer == NULL)
        return false;
    for (size_t i = 0; i < APP_ATTRIBUTES && layer->protocol->attributes[i].name != NULL; i++) {
        if (!(layer->present & 1u << i) || index-- > 0)
            continue;
        bool is_truth = layer->protocol->attributes[i].kind == APP_TRUTH;
        *attribute = (struct iotsig_attribute){
            .name = layer->protocol->attributes[i].name,
            .text = is_truth ? NULL : layer->text[i].p,
            .truth = is_truth && (layer->truths & 1u << i),
        };
        return true;
    }
    return false;
}

static void set(struct iotsig_layer *layer, int index, struct text text)
{
    layer->present = (uint8_t)(layer->present | 1u << index);
    layer->text[index] = text;
}

void app_set_truth(struct iotsig_layer *layer, int index, bool truth)
{
    layer->present = (uint8_t)(layer->present | 1u << index);
    if (truth)
        layer->truths = (uint8_t)(layer->truths | 1u << index);
}

void app_set_constant(struct iotsig_layer *layer, int index, const char *text)
{
    set(layer, index, text_of(text));
}

bool app_take(struct iotsig_layer *layer, int index, size_t n, struct app_scratch *scratch)
{
    if (scratch->left <= n)
        return false;
    scratch->at[n] = '\0';
    set(layer, index, (struct text){scratch->at, n});
    scratch->at += n + 1;
    scratch->left -= n + 1;
    return true;
}

bool app_set_text(struct iotsig_layer *layer, int index, struct text text,
                  struct app_scratch *scratch)
{
    if (text.n >= scratch->left)
        return false;
    memcpy(scratch->at, text.p, text.n);
    return app_take(layer, index, text.n, scratch);
}

bool app_take_uri(struct iotsig_layer *layer, int index, size_t n, struct app_scratch *scratch)
{
    if (n > 1 && scratch->at[n - 1] == '*') {
        if (scratch->left < n + IOTSIG_ESCAPED_MAX)
            return false;
        memcpy(scratch->at + n - 1, "\\042", IOTSIG_ESCAPED_MAX);
        n += IOTSIG_ESCAPED_MAX - 1;
    }
    return app_take(layer, index, n, scratch);
}

bool app_set_bytes(struct iotsig_layer *layer, int index, struct bytes bytes,
                   struct app_scratch *scratch)
{
    char *end = scratch->at;
    size_t left = scratch->left;
    for (struct cursor at = cursor_of(bytes); at.left > 0;
         left = scratch->left - (size_t)(end - scratch->at)) {
        if (left <= IOTSIG_ESCAPED_MAX)
            return false;
        end = iotsig_escape_byte(end, cursor_u8(&at));
    }
    return app_take(layer, index, (size_t)(end - scratch->at), scratch);
}

bool app_set_name(struct iotsig_layer *layer, int index, struct bytes name,
                  struct app_scratch *scratch)
{
    char text[NAME_MAX * IOTSIG_ESCAPED_MAX], *end = text;
    if (name.n > NAME_MAX)
        return true;
    for (struct cursor at = cursor_of(name); at.left > 0;)
        end = iotsig_escape_byte(end, lower(cursor_u8(&at)));
    while (end > text && end[-1] == '.')
        end--;
    return end == text ||
           app_set_text(layer, index, (struct text){text, (size_t)(end - text)}, scratch);
}
