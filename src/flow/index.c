/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How keys work. A key is a hash of the network and transport protocols, the unordered pair of
 * ends, and the application layer. An end is a key of its host (host/name.h) and one of its port:
 *
 *     left                                      right
 *     fixed port p, in a plain fingerprint      its first two ports are those of its ends
 *         PORT + p, PORT_OTHER                      PORT + p, PORT_ANY
 *     else                                      else
 *         PORT_ANY                                  PORT_OTHER, PORT_ANY
 *
 * A fingerprint is plain when its first two ports are those of its ends and no host can equal both
 * ends: then the first port whose host equals an end of the other is sure to be that of the end.
 *
 * Of the application layer, a request has the keys of itself and of "a request", a response that
 * of "a response"; a name inside has the keys of names. A layer whose attributes may be absent
 * has one key, of its protocol.
 *
 * The keys are hashes under a secret key already, so the table is indexed by them as they are:
 * plain open addressing over 64-bit keys, a quarter of the memory of a general map's entries.
 */
#include "flow/index.h"

#include "flow/services.h"

#define SLOTS_FIRST ((size_t)64)

enum port_key { PORT_ANY, PORT_OTHER, PORT };

enum layer_key { LAYER_NONE, LAYER_SELF, LAYER_RESPONSE, LAYER_REQUEST };

void iotsig_index_init(struct flow_index *index, const struct match *match, enum key_side side)
{
    *index = (struct flow_index){.match = match, .side = side};
}

void iotsig_index_fini(struct flow_index *index)
{
    const struct iotsig_context *context = index->match->pattern->context;
    iotsig_memory_free(&context->allocator, index->slots);
    iotsig_memory_free(&context->allocator, index->nodes);
    iotsig_memory_free(&context->allocator, index->keys);
    iotsig_host_keys_fini(&index->src, context);
    iotsig_host_keys_fini(&index->dst, context);
    iotsig_host_keys_fini(&index->name, context);
}

static uint64_t mix(const struct flow_index *index, uint64_t a, uint64_t b)
{
    return iotsig_hash_pair(&index->match->pattern->context->hash_key, a, b);
}

/* Port keys of one end. */
struct port_keys {
    uint64_t key[2];
    size_t n;
};

static bool ports_are_of_ends(const struct flow *flow)
{
    return flow->port_count >= 2 && flow->ports[0].host == flow->src &&
           flow->ports[1].host == flow->dst;
}

static bool is_plain(const struct flow_index *index, const struct flow *flow)
{
    const struct hosts *hosts = &index->match->pattern->hosts;
    return ports_are_of_ends(flow) && iotsig_hosts_apart(host_at(hosts, flow->src),
                                                         host_at(hosts, flow->dst),
                                                         index->match->same);
}

static struct port_keys port_keys(const struct flow *flow, size_t end, enum key_side side,
                                  bool plain)
{
    if (side == KEY_LEFT) {
        /* A port that is fixed by its count need not stay so, and another may become so. */
        if (plain && iotsig_service_is_known(flow->transport, flow->ports[end].port))
            return (struct port_keys){{PORT + (uint64_t)flow->ports[end].port, PORT_OTHER}, 2};
        return (struct port_keys){{PORT_ANY}, 1};
    }
    if (plain)
        return (struct port_keys){{PORT + (uint64_t)flow->ports[end].port, PORT_ANY}, 2};
    return (struct port_keys){{PORT_OTHER, PORT_ANY}, 2};
}

static bool push(struct flow_index *index, uint64_t key)
{
    if (!iotsig_array_grow(&index->match->pattern->context->allocator, &index->keys,
                           &index->key_capacity, index->key_count + 1, sizeof *index->keys))
        return false;
    index->keys[index->key_count++] = key;
    return true;
}

/* Adds the keys of the application layer to a key of the rest. */
static bool push_layer(struct flow_index *index, uint64_t rest, uint32_t number,
                       enum key_side side)
{
    if (number == NO_LAYER)
        return push(index, mix(index, rest, LAYER_NONE));

    const struct stored_layer *stored = layer_at(&index->match->pattern->layers, number);
    uint64_t self = mix(index, rest, (uint64_t)stored->class << 2 | LAYER_SELF);
    if (layer_key_name(stored) != NO_HOST) {
        for (size_t i = 0; i < index->name.n; i++)
            if (!push(index, mix(index, self, index->name.key[i])))
                return false;
        return true;
    }
    if (stored->layer.protocol->equality != APP_RESPONSE_MATCHES)
        return push(index, self);

    uint64_t protocol = 0;
    while (iotsig_app_protocols[protocol] != stored->layer.protocol)
        protocol++;
    uint64_t response = mix(index, rest, protocol << 2 | LAYER_RESPONSE);
    uint64_t request = mix(index, rest, protocol << 2 | LAYER_REQUEST);
    if (side == KEY_LEFT)
        return push(index, stored->response ? response : request) &&
               (stored->response || push(index, self));
    return push(index, response) && push(index, stored->response ? request : self);
}

/* Replaces `index->keys` by the keys of a flow. */
static bool make_keys(struct flow_index *index, const struct flow *flow, enum key_side side)
{
    const struct match *match = index->match;
    const struct hosts *hosts = &match->pattern->hosts;
    const struct iotsig_context *context = match->pattern->context;
    uint32_t name = flow->layer == NO_LAYER
                        ? NO_HOST
                        : layer_key_name(layer_at(&match->pattern->layers, flow->layer));

    index->key_count = 0;
    if (!iotsig_host_keys(&index->src, host_at(hosts, flow->src), side, RULE_HOST, match->same,
                          context) ||
        !iotsig_host_keys(&index->dst, host_at(hosts, flow->dst), side, RULE_HOST, match->same,
                          context))
        return false;
    if (name != NO_HOST && !iotsig_host_keys(&index->name, host_at(hosts, name), side, RULE_NAME,
                                             match->same, context))
        return false;

    bool plain = side == KEY_LEFT ? is_plain(index, flow) : ports_are_of_ends(flow);
    struct port_keys sport = port_keys(flow, 0, side, plain);
    struct port_keys dport = port_keys(flow, 1, side, plain);
    uint64_t protocols = (uint64_t)flow->network << 8 | flow->transport;

    for (size_t i = 0; i < index->src.n * sport.n; i++) {
        uint64_t src = mix(index, index->src.key[i / sport.n], sport.key[i % sport.n]);
        for (size_t j = 0; j < index->dst.n * dport.n; j++) {
            uint64_t dst = mix(index, index->dst.key[j / dport.n], dport.key[j % dport.n]);
            if (!push_layer(index, mix(index, src + dst, protocols), flow->layer, side))
                return false;
        }
    }
    return true;
}

/* Where a key is, or would be. */
static struct index_slot *slot_of(const struct flow_index *index, uint64_t key)
{
    size_t i = (size_t)key & (index->slot_count - 1);
    while (index->slots[i].head != INDEX_NONE && index->slots[i].key != key)
        i = (i + 1) & (index->slot_count - 1);
    return &index->slots[i];
}

static bool grow_slots(struct flow_index *index)
{
    if (index->slot_count > 0 && index->used < index->slot_count / 4 * 3)
        return true;
    const struct iotsig_allocator *allocator = &index->match->pattern->context->allocator;
    struct flow_index old = *index;
    size_t count = old.slot_count == 0 ? SLOTS_FIRST : old.slot_count * 2;
    if (count > SIZE_MAX / 2 / sizeof *index->slots)
        return false;
    struct index_slot *slots = iotsig_memory_get(allocator, count * sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        slots[i].head = INDEX_NONE;
    index->slots = slots;
    index->slot_count = count;
    for (size_t i = 0; i < old.slot_count; i++)
        if (old.slots[i].head != INDEX_NONE)
            *slot_of(index, old.slots[i].key) = old.slots[i];
    iotsig_memory_free(allocator, old.slots);
    return true;
}

static bool enter(struct flow_index *index, uint64_t key, uint32_t flow)
{
    if (!grow_slots(index) || index->node_count >= INDEX_NONE ||
        !iotsig_array_grow(&index->match->pattern->context->allocator, &index->nodes,
                           &index->node_capacity, index->node_count + 1, sizeof *index->nodes))
        return false;
    struct index_slot *slot = slot_of(index, key);
    if (slot->head != INDEX_NONE && index->nodes[slot->tail].flow == flow)
        return true;
    uint32_t node = (uint32_t)index->node_count++;
    index->nodes[node] = (struct index_node){flow, INDEX_NONE};
    if (slot->head == INDEX_NONE) {
        *slot = (struct index_slot){key, node, node};
        index->used++;
    } else {
        index->nodes[slot->tail].next = node;
        slot->tail = node;
    }
    return true;
}

bool iotsig_index_add(struct flow_index *index, uint32_t flow)
{
    if (!make_keys(index, &index->match->pattern->flows[flow], index->side))
        return false;
    for (size_t i = 0; i < index->key_count; i++)
        if (!enter(index, index->keys[i], flow))
            return false;
    return true;
}

static bool makes_match(const struct flow_index *index, const struct flow *entered,
                        const struct flow *flow)
{
    return index->side == KEY_LEFT ? iotsig_flow_matches(index->match, entered, flow)
                                   : iotsig_flow_matches(index->match, flow, entered);
}

/* The first of a list that makes a match, if it comes before `best`. Those that have been taken leave
 * the list, but for its last, so that no search meets them again. */
static uint32_t first_match(struct flow_index *index, struct index_slot *slot,
                            const struct flow *flow, uint32_t best)
{
    for (uint32_t *at = &slot->head; *at != INDEX_NONE;) {
        struct index_node *node = &index->nodes[*at];
        bool taken = index->taken != NULL && index->taken[node->flow];
        if (node->flow >= best)
            break;
        if (!taken && makes_match(index, &index->match->pattern->flows[node->flow], flow))
            return node->flow;
        if (taken && node->next != INDEX_NONE)
            *at = node->next;
        else
            at = &node->next;
    }
    return best;
}

uint32_t iotsig_index_find(struct flow_index *index, const struct flow *flow)
{
    uint32_t best = INDEX_NONE;
    if (index->slot_count == 0)
        return best;
    if (!make_keys(index, flow, index->side == KEY_LEFT ? KEY_RIGHT : KEY_LEFT))
        return INDEX_FAILED;
    for (size_t i = 0; i < index->key_count; i++) /* all are far apart: fetch them at once */
        __builtin_prefetch(&index->slots[index->keys[i] & (index->slot_count - 1)]);
    for (size_t i = 0; i < index->key_count; i++)
        best = first_match(index, slot_of(index, index->keys[i]), flow, best);
    return best;
}
