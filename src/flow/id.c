/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identifiers of flows (behaviour section 6). */
#include "base/text.h"
#include "flow/pattern.h"

/* Hexadecimal digits that end an identifier that was cut. */
#define HASH_DIGITS 16

/* An identifier must be the same on every machine: this hash has no secret. */
static const struct iotsig_hash_key id_key = {0, 0};

/* Hashes all, and keeps what fits. */
struct id {
    char *text;
    size_t n;
    bool cut;
    uint64_t hash;
};

static void put(struct id *id, char c)
{
    bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit((uint8_t)c) ||
                c == '_' || c == '.' || c == '-';
    id->hash = iotsig_hash_pair(&id_key, id->hash, (uint8_t)c);
    if (id->n + 1 < IOTSIG_FLOW_ID)
        id->text[id->n++] = kept ? c : '-';
    else
        id->cut = true;
}

static void put_all(struct id *id, struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        put(id, text.p[i]);
}

static void put_port(struct id *id, struct text which, uint16_t port)
{
    char digits[20];
    put_all(id, which);
    put_all(id, (struct text){digits, (size_t)(iotsig_write_number(digits, port) - digits)});
}

static void put_layer(struct id *id, const struct iotsig_layer *layer)
{
    struct iotsig_attribute attribute;
    put(id, '_');
    put_all(id, text_of(iotsig_layer_protocol(layer)));
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++) {
        put(id, '_');
        put_all(id, text_of(attribute.name));
        put(id, '-');
        put_all(id, text_of(attribute.text != NULL ? attribute.text
                            : attribute.truth      ? "true"
                                                   : "false"));
    }
}

void iotsig_pattern_flow_id(const struct iotsig_pattern *pattern, size_t index,
                            char text[IOTSIG_FLOW_ID])
{
    struct id id = {.text = text};
    struct iotsig_flow flow;
    const struct flow *from = &pattern->flows[index];

    iotsig_pattern_flow(pattern, index, &flow);
    put_all(&id, text_of(flow.src));
    put(&id, '-');
    put_all(&id, text_of(flow.dst));
    put_all(&id, flow.transport == IOTSIG_TCP ? TEXT("_TCP") : TEXT("_UDP"));
    for (size_t i = 0; i < from->port_count; i++) {
        const struct flow_port *port = &from->ports[i];
        if (!iotsig_flow_port_is_fixed(from, i, pattern->match_random_ports))
            continue;
        if (port->host == from->src)
            put_port(&id, TEXT("_src_"), port->port);
        else if (port->host == from->dst)
            put_port(&id, TEXT("_dst_"), port->port);
    }
    if (flow.layer != NULL)
        put_layer(&id, flow.layer);
    if (id.cut)
        for (size_t i = 0; i < HASH_DIGITS; i++, id.hash >>= 4)
            text[IOTSIG_FLOW_ID - 2 - i] = "0123456789abcdef"[id.hash & 15];
    text[id.n] = '\0';
}
