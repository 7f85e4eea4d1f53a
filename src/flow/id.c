/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identifiers of flows (behaviour section 6). */
#include <stdlib.h>

#include "base/text.h"
#include "flow/pattern.h"

/* Hexadecimal digits that end an identifier that was cut. */
#define HASH_DIGITS 16

/* An identifier must be the same on every machine: this hash has no secret. */
static const struct iotsig_hash_key id_key = {0, 0};

/* The longest identifier without the number that tells flows with the same one apart. */
#define ID_MAX 200

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
    if (id->n < ID_MAX)
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

/* The identifier by what the flow is; returns its length. */
static size_t write_id(const struct iotsig_pattern *pattern, size_t index, char *text)
{
    struct id id = {.text = text};
    struct iotsig_flow flow;
    const struct flow *from = &pattern->flows[index];

    iotsig_pattern_flow(pattern, index, &flow);
    put_all(&id, text_of(flow.src));
    put(&id, '-');
    put_all(&id, text_of(flow.dst));
    put_all(&id, flow.transport == IOTSIG_TCP   ? TEXT("_TCP")
                 : flow.transport == IOTSIG_UDP ? TEXT("_UDP")
                                                : TEXT(""));
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
            text[ID_MAX - 1 - i] = "0123456789abcdef"[id.hash & 15];
    return id.n;
}

/* "-2" */
static size_t write_number(char *text, uint32_t number)
{
    *text = '-';
    return (size_t)(iotsig_write_number(text + 1, number) - text);
}

void iotsig_pattern_flow_id(const struct iotsig_pattern *pattern, size_t index,
                            char text[IOTSIG_FLOW_ID])
{
    size_t n = write_id(pattern, index, text);
    if (pattern->id_numbers != NULL && pattern->id_numbers[index] > 1)
        n += write_number(text + n, pattern->id_numbers[index]);
    text[n] = '\0';
}

/*
 * Numbers for identifiers that several flows share. Identifiers are known here by a hash of 64 bits:
 * two that only have the same hash get numbers too, which does no harm.
 */

struct hashed {
    uint64_t hash;
    size_t flow;
};

static int compare_hashed(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->flow < y->flow ? -1 : x->flow > y->flow;
}

static bool is_known(const struct hashed *ids, size_t count, uint64_t hash)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ids[low].hash == hash;
}

/* Numbers the flows of one identifier from the second on, past numbers that make another one's. */
static void number_run(struct iotsig_pattern *pattern, const struct hashed *ids, size_t count,
                       const struct hashed *run, size_t length)
{
    char text[IOTSIG_FLOW_ID];
    size_t n = write_id(pattern, run[0].flow, text);
    uint32_t number = 1;
    for (size_t i = 1; i < length; i++) {
        size_t whole;
        do
            whole = n + write_number(text + n, ++number);
        while (is_known(ids, count, iotsig_hash(&id_key, text, whole)));
        pattern->id_numbers[run[i].flow] = number;
    }
}

static bool number_runs(struct iotsig_pattern *pattern, const struct hashed *ids, size_t count)
{
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && ids[end].hash == ids[start].hash;)
            end++;
        if (end - start == 1)
            continue;
        if (pattern->id_numbers == NULL) {
            pattern->id_numbers =
                iotsig_memory_get(allocator, count * sizeof *pattern->id_numbers);
            if (pattern->id_numbers == NULL)
                return false;
            memset(pattern->id_numbers, 0, count * sizeof *pattern->id_numbers);
        }
        number_run(pattern, ids, count, &ids[start], end - start);
    }
    return true;
}

bool iotsig_pattern_number_ids(struct iotsig_pattern *pattern)
{
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    char text[IOTSIG_FLOW_ID];
    iotsig_memory_free(allocator, pattern->id_numbers);
    pattern->id_numbers = NULL;
    if (pattern->count < 2)
        return true;
    struct hashed *ids = iotsig_memory_get(allocator, pattern->count * sizeof *ids);
    if (ids == NULL)
        return false;
    for (size_t i = 0; i < pattern->count; i++)
        ids[i] = (struct hashed){iotsig_hash(&id_key, text, write_id(pattern, i, text)), i};
    qsort(ids, pattern->count, sizeof *ids, compare_hashed);
    bool done = number_runs(pattern, ids, pattern->count);
    iotsig_memory_free(allocator, ids);
    return done;
}
