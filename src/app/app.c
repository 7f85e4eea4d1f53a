/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app.h"

#include <strings.h>

extern const struct app_protocol iotsig_app_dns, iotsig_app_ssdp, iotsig_app_coap, iotsig_app_dhcp,
    iotsig_app_http;

/* HTTP is on any port, so it is last: what no other row recognises. */
const struct app_protocol *const iotsig_app_protocols[] = {
    &iotsig_app_dns, &iotsig_app_ssdp, &iotsig_app_coap, &iotsig_app_dhcp, &iotsig_app_http, NULL,
};

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

bool iotsig_app_parse(const struct packet *packet, struct iotsig_layer *layer, char *scratch)
{
    if (packet->payload.n == 0)
        return false;
    for (size_t i = 0; iotsig_app_protocols[i] != NULL; i++) {
        const struct app_protocol *protocol = iotsig_app_protocols[i];
        if (!protocol->recognise(packet))
            continue;
        struct app_scratch room = {scratch, APP_TEXT_MAX};
        *layer = (struct iotsig_layer){.protocol = protocol};
        return protocol->parse(packet, layer, &room);
    }
    return false;
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
