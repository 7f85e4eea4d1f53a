/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/layers.h"

void iotsig_layers_init(struct layers *layers, struct hosts *hosts)
{
    const struct iotsig_context *context = hosts->context;
    *layers = (struct layers){.hosts = hosts};
    iotsig_map_init(&layers->numbers, &context->allocator, context->hash_key);
    iotsig_strings_init(&layers->classes, &context->allocator, context->hash_key);
    iotsig_strings_init(&layers->texts, &context->allocator, context->hash_key);
}

void iotsig_layers_fini(struct layers *layers)
{
    iotsig_memory_free(&layers->hosts->context->allocator, layers->items);
    iotsig_map_fini(&layers->numbers);
    iotsig_strings_fini(&layers->classes);
    iotsig_strings_fini(&layers->texts);
}

/* What identifies a layer: its protocol, what is present, and the number of each text. */
struct layer_key {
    const struct app_protocol *protocol;
    uint32_t text[APP_ATTRIBUTES];
    uint32_t present;
    uint32_t truths;
};

static bool make_key(struct layers *layers, const struct iotsig_layer *layer,
                     struct layer_key *key)
{
    memset(key, 0, sizeof *key);
    key->protocol = layer->protocol;
    key->present = layer->present;
    key->truths = layer->truths;
    for (size_t i = 0; i < APP_ATTRIBUTES && layer->protocol->attributes[i].name != NULL; i++) {
        if (!(layer->present & 1u << i) || layer->protocol->attributes[i].kind == APP_TRUTH)
            continue;
        key->text[i] = iotsig_strings_add(&layers->texts, layer->text[i]);
        if (key->text[i] == IOTSIG_NO_STRING)
            return false;
    }
    return true;
}

/* A URI without its final `*` or `?`, which is no part of equality. */
static struct text without_wildcard(struct text uri)
{
    if (uri.n > 0 && (uri.p[uri.n - 1] == '*' || uri.p[uri.n - 1] == '?'))
        uri.n--;
    return uri;
}

/* The class has the protocol and the attributes that count, as numbers of texts: what is absent
 * is told from what is empty. */
static uint32_t class_of(struct layers *layers, const struct iotsig_layer *layer)
{
    uint32_t part[1 + APP_ATTRIBUTES] = {0};
    part[0] = iotsig_strings_add(&layers->texts, text_of(layer->protocol->name));
    for (size_t i = 0; i < APP_ATTRIBUTES && layer->protocol->attributes[i].name != NULL; i++) {
        enum app_kind kind = layer->protocol->attributes[i].kind;
        bool counts =
            (kind == APP_TEXT || kind == APP_URI) && layer->protocol->equality != APP_KNOWN_EQUAL;
        part[i + 1] = IOTSIG_NO_STRING;
        if (!counts || !(layer->present & 1u << i))
            continue;
        struct text text = layer->text[i];
        if (kind == APP_URI)
            text = without_wildcard(text);
        part[i + 1] = iotsig_strings_add(&layers->texts, text);
        if (part[i + 1] == IOTSIG_NO_STRING)
            return IOTSIG_NO_STRING;
    }
    if (part[0] == IOTSIG_NO_STRING)
        return IOTSIG_NO_STRING;
    return iotsig_strings_add(&layers->classes, (struct text){(const char *)part, sizeof part});
}

/* A copy whose texts are the pool's; false when there is no memory. */
static bool store(struct layers *layers, const struct iotsig_layer *layer,
                  const struct layer_key *key, struct stored_layer *stored)
{
    *stored = (struct stored_layer){.layer = *layer, .name = NO_HOST};
    stored->response = iotsig_layer_is_response(layer);
    for (size_t i = 0; i < APP_ATTRIBUTES && layer->protocol->attributes[i].name != NULL; i++) {
        enum app_kind kind = layer->protocol->attributes[i].kind;
        stored->layer.text[i] = (struct text){NULL, 0};
        if (!(layer->present & 1u << i) || kind == APP_TRUTH)
            continue;
        stored->layer.text[i] = layers->texts.items[key->text[i]];
        if (kind != APP_NAME)
            continue;
        stored->name = iotsig_hosts_add(layers->hosts, stored->layer.text[i]);
        if (stored->name == NO_HOST)
            return false;
    }
    stored->class = class_of(layers, layer);
    return stored->class != IOTSIG_NO_STRING;
}

uint32_t iotsig_layers_add(struct layers *layers, const struct iotsig_layer *layer)
{
    struct layer_key key;
    if (layer == NULL)
        return NO_LAYER;
    if (!make_key(layers, layer, &key))
        return LAYER_FAILED;
    const uint64_t *known = iotsig_map_get(&layers->numbers, &key, sizeof key);
    if (known != NULL)
        return (uint32_t)*known;

    struct stored_layer stored;
    bool added;
    if (layers->count >= LAYER_FAILED || !store(layers, layer, &key, &stored) ||
        !iotsig_array_grow(&layers->hosts->context->allocator, &layers->items, &layers->capacity,
                           layers->count + 1, sizeof *layers->items) ||
        iotsig_map_put(&layers->numbers, &key, sizeof key, layers->count, &added) == NULL)
        return LAYER_FAILED;
    layers->items[layers->count] = stored;
    layers->known_equal |= layer_is_shared(&stored);
    return (uint32_t)layers->count++;
}

bool iotsig_layer_set_text(struct iotsig_layer *layer, size_t i, struct text text,
                           struct app_scratch *scratch)
{
    char *to = scratch->at, *end = to;
    struct text clean;
    if (layer->protocol->attributes[i].kind == APP_NAME) {
        if (scratch->left < 2 || !iotsig_name_clean(to, scratch->left - 1, text, &clean))
            return false;
        end += clean.n;
    } else {
        for (size_t j = 0; j < text.n; j++) {
            if (scratch->left - (size_t)(end - to) <= IOTSIG_ESCAPED_MAX)
                return false;
            if (text.p[j] == '\\')
                *end++ = '\\';
            else
                end = iotsig_escape_byte(end, (uint8_t)text.p[j]);
        }
    }
    if (scratch->left == (size_t)(end - to))
        return false;
    *end = '\0';
    layer->text[i] = (struct text){to, (size_t)(end - to)};
    layer->present = (uint8_t)(layer->present | 1u << i);
    scratch->left -= (size_t)(end - to) + 1;
    scratch->at = end + 1;
    return true;
}

uint32_t iotsig_layers_merge(struct layers *layers, uint32_t to, uint32_t from)
{
    struct iotsig_layer merged = layer_at(layers, to)->layer;
    const struct iotsig_layer *other = &layer_at(layers, from)->layer;
    for (size_t i = 0; i < APP_ATTRIBUTES && merged.protocol->attributes[i].name != NULL; i++) {
        unsigned bit = 1u << i;
        if ((merged.present & bit) != 0 || (other->present & bit) == 0)
            continue;
        merged.present = (uint8_t)(merged.present | bit);
        merged.truths = (uint8_t)(merged.truths | (other->truths & bit));
        merged.text[i] = other->text[i];
    }
    return iotsig_layers_add(layers, &merged);
}

static bool names_equal(const struct layers *layers, uint32_t a, uint32_t b,
                        const struct iotsig_same_hosts *same)
{
    if (a == b)
        return true;
    if (a == NO_HOST || b == NO_HOST)
        return false;
    return iotsig_host_equal(host_at(layers->hosts, a), host_at(layers->hosts, b), RULE_NAME, same);
}

/* What is absent on one side is no difference. Each text is stored once. */
static bool known_equal(const struct layers *layers, const struct stored_layer *x,
                        const struct stored_layer *y, const struct iotsig_same_hosts *same)
{
    const struct app_protocol *protocol = x->layer.protocol;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++) {
        enum app_kind kind = protocol->attributes[i].kind;
        if ((x->layer.present & y->layer.present & 1u << i) == 0)
            continue;
        if (kind == APP_TEXT && x->layer.text[i].p != y->layer.text[i].p)
            return false;
        if (kind == APP_NAME && !names_equal(layers, x->name, y->name, same))
            return false;
    }
    return true;
}

bool iotsig_layers_equal(const struct layers *layers, uint32_t a, uint32_t b,
                         const struct iotsig_same_hosts *same)
{
    if (a == b)
        return true;
    if (a == NO_LAYER || b == NO_LAYER)
        return false;
    const struct stored_layer *x = layer_at(layers, a), *y = layer_at(layers, b);
    if (x->layer.protocol != y->layer.protocol)
        return false;
    if (x->layer.protocol->equality == APP_RESPONSE_MATCHES && (x->response || y->response))
        return true;
    if (x->layer.protocol->equality == APP_KNOWN_EQUAL)
        return known_equal(layers, x, y, same);
    return x->class == y->class && names_equal(layers, x->name, y->name, same);
}
