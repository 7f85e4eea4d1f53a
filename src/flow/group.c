/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bound on memory: one `struct raw_group` with its map entry for each distinct (ends, application
 * layer), at most max_flows of them, and what names and layers take.
 */
#include "flow/group.h"

#include "base/error.h"
#include "flow/index.h"

void iotsig_grouper_init(struct grouper *grouper, struct iotsig_pattern *pattern)
{
    const struct iotsig_context *context = pattern->context;
    *grouper = (struct grouper){.pattern = pattern};
    iotsig_map_init(&grouper->pair_numbers, &context->allocator, context->hash_key);
    iotsig_map_init(&grouper->group_numbers, &context->allocator, context->hash_key);
}

static void drop_maps(struct grouper *grouper)
{
    iotsig_map_fini(&grouper->pair_numbers);
    iotsig_map_fini(&grouper->group_numbers);
}

static void drop_groups(struct grouper *grouper)
{
    const struct iotsig_allocator *allocator = &grouper->pattern->context->allocator;
    iotsig_memory_free(allocator, grouper->pairs);
    iotsig_memory_free(allocator, grouper->groups);
    grouper->pairs = NULL;
    grouper->groups = NULL;
    grouper->pair_count = grouper->pair_capacity = 0;
    grouper->group_count = grouper->group_capacity = 0;
}

void iotsig_grouper_fini(struct grouper *grouper)
{
    drop_maps(grouper);
    drop_groups(grouper);
}

/* The ends and transport of a pair, without gaps. */
struct pair_key {
    uint8_t bytes[2 * (sizeof(struct address) + sizeof(uint16_t)) + 1];
};

static uint8_t *put_end(uint8_t *to, const struct end *end)
{
    memcpy(to, &end->address, sizeof end->address);
    to += sizeof end->address;
    memcpy(to, &end->port, sizeof end->port);
    return to + sizeof end->port;
}

static struct pair_key key_of(const struct end ends[2], uint32_t transport)
{
    struct pair_key key;
    uint8_t *to = put_end(put_end(key.bytes, &ends[0]), &ends[1]);
    *to = (uint8_t)transport;
    return key;
}

static int compare_ends(const struct end *a, const struct end *b)
{
    int order = address_order(&a->address, &b->address);
    return order != 0 ? order : (int)a->port - (int)b->port;
}

static bool end_equal(const struct end *a, const struct end *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

static bool pair_is(const struct raw_pair *pair, const struct raw_packet *packet, bool swapped)
{
    return pair->transport == packet->transport && end_equal(&pair->ends[swapped], &packet->src) &&
           end_equal(&pair->ends[!swapped], &packet->dst);
}

/* A slot of the cache: equal for both directions. Who makes many collide only makes them slow. */
static size_t cache_slot(const struct raw_packet *packet)
{
    uint64_t a[2], b[2];
    memcpy(a, packet->src.address.bytes, sizeof a);
    memcpy(b, packet->dst.address.bytes, sizeof b);
    uint64_t sum = a[0] + a[1] + b[0] + b[1] + packet->src.port + packet->dst.port;
    uint64_t twist = (a[0] ^ a[1] ^ packet->src.port) * (b[0] ^ b[1] ^ packet->dst.port);
    return (size_t)((sum ^ twist) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % GROUPER_CACHE;
}

static bool add_pair(struct grouper *grouper, const struct raw_packet *packet, bool swapped,
                     uint32_t *number)
{
    struct raw_pair pair = {.transport = packet->transport, .first = UINT32_MAX};
    pair.ends[swapped] = packet->src;
    pair.ends[!swapped] = packet->dst;
    struct pair_key key = key_of(pair.ends, pair.transport);
    bool added;

    if (!iotsig_array_grow(&grouper->pattern->context->allocator, &grouper->pairs,
                           &grouper->pair_capacity, grouper->pair_count + 1,
                           sizeof *grouper->pairs))
        return false;
    uint64_t *known = iotsig_map_put(&grouper->pair_numbers, &key, sizeof key,
                                     grouper->pair_count, &added);
    if (known == NULL)
        return false;
    if (added)
        grouper->pairs[grouper->pair_count++] = pair;
    *number = (uint32_t)*known;
    return true;
}

static bool find_pair(struct grouper *grouper, const struct raw_packet *packet, uint32_t *number,
                      bool *swapped)
{
    size_t slot = cache_slot(packet);
    uint32_t cached = grouper->pair_cache[slot];
    *swapped = compare_ends(&packet->src, &packet->dst) > 0;
    if (cached < grouper->pair_count && pair_is(&grouper->pairs[cached], packet, *swapped)) {
        *number = cached;
        return true;
    }
    if (!add_pair(grouper, packet, *swapped, number))
        return false;
    grouper->pair_cache[slot] = *number;
    return true;
}

static int too_many(const struct grouper *grouper, struct iotsig_error *error)
{
    return iotsig_fail(error, IOTSIG_ERR_LIMIT, "more than %lu flows (raise --max-flows if this is meant)",
                       (unsigned long)grouper->pattern->context->max_flows);
}

static int add_group(struct grouper *grouper, uint32_t pair, uint32_t layer, uint32_t *number,
                     struct iotsig_error *error)
{
    const uint32_t key[2] = {pair, layer};
    struct raw_pair *of = &grouper->pairs[pair];
    bool added;

    if (grouper->group_count >= grouper->pattern->context->max_flows)
        return too_many(grouper, error);
    if (!iotsig_array_grow(&grouper->pattern->context->allocator, &grouper->groups,
                           &grouper->group_capacity, grouper->group_count + 1,
                           sizeof *grouper->groups))
        return iotsig_fail_memory(error);
    if (of->first == UINT32_MAX)
        of->first = (uint32_t)grouper->group_count;
    else if (iotsig_map_put(&grouper->group_numbers, key, sizeof key, grouper->group_count,
                            &added) == NULL)
        return iotsig_fail_memory(error);
    *number = (uint32_t)grouper->group_count;
    grouper->groups[grouper->group_count++] = (struct raw_group){.pair = pair, .layer = layer};
    return 0;
}

static bool group_is(const struct grouper *grouper, uint32_t group, uint32_t pair, uint32_t layer)
{
    return group < grouper->group_count && grouper->groups[group].pair == pair &&
           grouper->groups[group].layer == layer;
}

/* Most pairs have one group, which they name; for the others there is a cache, and a map behind it. */
static int find_group(struct grouper *grouper, uint32_t pair, uint32_t layer, uint32_t *number,
                      struct iotsig_error *error)
{
    const uint32_t key[2] = {pair, layer};
    uint32_t *cached = &grouper->group_cache[(pair + layer * 0x9e3779b1u) % GROUPER_CACHE];
    int status = 0;
    *number = grouper->pairs[pair].first;
    if (group_is(grouper, *number, pair, layer))
        return 0;
    if (!group_is(grouper, *cached, pair, layer)) {
        const uint64_t *known = iotsig_map_get(&grouper->group_numbers, key, sizeof key);
        if (known != NULL)
            *cached = (uint32_t)*known;
        else
            status = add_group(grouper, pair, layer, cached, error);
    }
    *number = *cached;
    return status;
}

int iotsig_grouper_add(struct grouper *grouper, const struct raw_packet *packet,
                       const struct iotsig_layer *layer, struct iotsig_error *error)
{
    uint32_t pair, number;
    bool swapped;
    uint32_t layer_number = iotsig_layers_add(&grouper->pattern->layers, layer);
    if (layer_number == LAYER_FAILED || !find_pair(grouper, packet, &pair, &swapped))
        return iotsig_fail_memory(error);
    int status = find_group(grouper, pair, layer_number, &number, error);
    if (status != 0)
        return status;

    struct raw_group *group = &grouper->groups[number];
    if (group->packets == 0) {
        group->network = packet->network;
        group->swapped = swapped;
        group->first = group->last = packet->time;
    }
    group->packets++;
    group->bytes += packet->length;
    if (packet->time.digits == 0)
        return 0;
    if (group->first.digits == 0 || packet->time.ns < group->first.ns)
        group->first = packet->time;
    if (group->last.digits == 0 || packet->time.ns > group->last.ns)
        group->last = packet->time;
    return 0;
}

/*
 * Putting raw groups together. A packet joins the first group, in order of creation, of the same
 * named ends whose application layer is equal; all packets of a raw group have the same layer,
 * so they go where its first one goes.
 */

struct finish {
    struct grouper *grouper;
    const struct iotsig_names *names;
    uint32_t (*hosts)[2];        /* of each pair */
    struct iotsig_map by_ends;   /* from a struct group_key to the first group that has it */
    struct flow *groups;         /* fingerprints yet without ports: see add_fingerprints() */
    uint16_t (*ports)[2];        /* of each group: source, destination */
    size_t count;
};

/* By what a group is found. */
enum group_kind { KIND_EXACT, KIND_RESPONSE, KIND_PROTOCOL, KIND_SHARED };

struct group_key {
    uint32_t host[2];
    uint16_t port[2];
    uint16_t transport, kind;
    uint32_t layer[2];
};

static bool same_key_order(uint32_t host0, uint16_t port0, uint32_t host1, uint16_t port1)
{
    return host0 < host1 || (host0 == host1 && port0 <= port1);
}

static uint32_t name_end(struct finish *finish, const struct end *end)
{
    struct hosts *hosts = &finish->grouper->pattern->hosts;
    char room[IOTSIG_ADDRESS_TEXT];
    if (end->address.version == END_IS_HOST) {
        uint32_t number;
        memcpy(&number, end->address.bytes, sizeof number);
        return number;
    }
    if (finish->names != NULL)
        return iotsig_hosts_add(hosts, iotsig_names_host(finish->names, &end->address, room));
    const char *after = iotsig_address_write(room, &end->address);
    return iotsig_hosts_add(hosts, (struct text){room, (size_t)(after - room)});
}

/* The ends of a group's first packet, in its direction. */
static struct flow flow_of(const struct finish *finish, const struct raw_group *group,
                           uint16_t ports[2])
{
    const struct raw_pair *pair = &finish->grouper->pairs[group->pair];
    const uint32_t *hosts = finish->hosts[group->pair];
    ports[0] = pair->ends[group->swapped].port;
    ports[1] = pair->ends[!group->swapped].port;
    return (struct flow){.network = group->network,
                         .transport = (uint8_t)pair->transport,
                         .src = hosts[group->swapped],
                         .dst = hosts[!group->swapped],
                         .layer = group->layer,
                         .count = 1,
                         .packets = group->packets,
                         .bytes = group->bytes,
                         .first = group->first,
                         .last = group->last};
}

static struct group_key ends_key(const struct flow *flow, const uint16_t ports[2])
{
    bool forward = same_key_order(flow->src, ports[0], flow->dst, ports[1]);
    return (struct group_key){
        .host = {forward ? flow->src : flow->dst, forward ? flow->dst : flow->src},
        .port = {ports[!forward], ports[forward]},
        .transport = flow->transport};
}

/* The first group found under a key, or `best` when that was earlier. */
static uint64_t earlier(const struct finish *finish, struct group_key key, enum group_kind kind,
                        const uint32_t layer[2], uint64_t best)
{
    key.kind = (uint16_t)kind;
    memcpy(key.layer, layer, sizeof key.layer);
    const uint64_t *found = iotsig_map_get(&finish->by_ends, &key, sizeof key);
    return found != NULL && *found < best ? *found : best;
}

static const uint64_t *enter(struct finish *finish, struct group_key key, enum group_kind kind,
                             const uint32_t layer[2])
{
    bool added;
    key.kind = (uint16_t)kind;
    memcpy(key.layer, layer, sizeof key.layer);
    return iotsig_map_put(&finish->by_ends, &key, sizeof key, finish->count, &added);
}

/* The group of layers that are all compared alike: the first under its key. */
static bool place_exactly(struct finish *finish, struct group_key key, const uint32_t exact[2],
                          uint64_t *found)
{
    const uint64_t *first = enter(finish, key, KIND_EXACT, exact);
    if (first != NULL)
        *found = *first == finish->count ? UINT64_MAX : *first;
    return first != NULL;
}

static uint32_t number_of(const struct app_protocol *protocol)
{
    uint32_t number = 0;
    while (iotsig_app_protocols[number] != protocol)
        number++;
    return number;
}

/* What identifies a layer among those of its protocol, and the protocol. */
static void layer_parts(const struct finish *finish, uint32_t number, uint32_t exact[2],
                        uint32_t protocol[2], bool *loose, bool *response)
{
    exact[0] = exact[1] = protocol[0] = protocol[1] = NO_LAYER;
    *loose = *response = false;
    if (number == NO_LAYER)
        return;
    const struct stored_layer *stored = layer_at(&finish->grouper->pattern->layers, number);
    exact[0] = stored->class;
    exact[1] = layer_key_name(stored);
    protocol[0] = number_of(stored->layer.protocol);
    *loose = stored->layer.protocol->equality == APP_RESPONSE_MATCHES;
    *response = *loose && stored->response;
}

/* The group that a raw group joins, or UINT64_MAX; then it has been entered as a new one. */
static bool place(struct finish *finish, const struct flow *flow, const uint16_t ports[2],
                  uint64_t *found)
{
    struct group_key key = ends_key(flow, ports);
    uint32_t exact[2], protocol[2];
    bool loose, response;

    layer_parts(finish, flow->layer, exact, protocol, &loose, &response);
    if (!loose)
        return place_exactly(finish, key, exact, found);
    *found = UINT64_MAX;
    if (response)
        *found = earlier(finish, key, KIND_PROTOCOL, protocol, *found);
    else
        *found = earlier(finish, key, KIND_EXACT, exact, *found);
    if (!response)
        *found = earlier(finish, key, KIND_RESPONSE, protocol, *found);
    if (*found != UINT64_MAX)
        return true;
    return (response ? enter(finish, key, KIND_RESPONSE, protocol)
                     : enter(finish, key, KIND_EXACT, exact)) != NULL &&
           enter(finish, key, KIND_PROTOCOL, protocol) != NULL;
}

/*
 * A layer of APP_KNOWN_EQUAL is that of all packets between two named ends that have one of its
 * protocol, or none. It is found before packets are put together: what tells an attribute may come
 * late. Where there are layers of several such protocols, packets with none go with the first: the
 * ends have an entry for each protocol with its layer, and one for none with the first protocol.
 */

static uint64_t *put_shared(struct finish *finish, struct group_key key, uint32_t protocol,
                            uint64_t value, bool *added)
{
    key.kind = KIND_SHARED;
    key.layer[0] = protocol;
    return iotsig_map_put(&finish->by_ends, &key, sizeof key, value, added);
}

static bool share_layer(struct finish *finish, const struct flow *flow, const uint16_t ports[2])
{
    struct layers *layers = &finish->grouper->pattern->layers;
    if (flow->layer == NO_LAYER || !layer_is_shared(layer_at(layers, flow->layer)))
        return true;
    struct group_key key = ends_key(flow, ports);
    uint32_t protocol = number_of(layer_at(layers, flow->layer)->layer.protocol);
    bool added;
    uint64_t *layer = put_shared(finish, key, protocol, flow->layer, &added);
    if (layer != NULL && !added)
        *layer = iotsig_layers_merge(layers, (uint32_t)*layer, flow->layer);
    return layer != NULL && *layer != LAYER_FAILED &&
           put_shared(finish, key, NO_LAYER, protocol, &added) != NULL;
}

static bool share_layers(struct finish *finish)
{
    const struct grouper *grouper = finish->grouper;
    if (!grouper->pattern->layers.known_equal)
        return true;
    for (size_t i = 0; i < grouper->group_count; i++) {
        uint16_t ports[2];
        struct flow flow = flow_of(finish, &grouper->groups[i], ports);
        if (!share_layer(finish, &flow, ports))
            return false;
    }
    return true;
}

static uint32_t get_shared(const struct finish *finish, struct group_key key, uint32_t protocol)
{
    key.kind = KIND_SHARED;
    key.layer[0] = protocol;
    const uint64_t *found = iotsig_map_get(&finish->by_ends, &key, sizeof key);
    return found != NULL ? (uint32_t)*found : NO_LAYER;
}

static void take_shared(const struct finish *finish, struct flow *flow, const uint16_t ports[2])
{
    const struct layers *layers = &finish->grouper->pattern->layers;
    struct group_key key = ends_key(flow, ports);
    uint32_t protocol;
    if (flow->layer == NO_LAYER)
        protocol = get_shared(finish, key, NO_LAYER);
    else if (layer_is_shared(layer_at(layers, flow->layer)))
        protocol = number_of(layer_at(layers, flow->layer)->layer.protocol);
    else
        return;
    if (protocol != NO_LAYER)
        flow->layer = get_shared(finish, key, protocol);
}

static void add_sums(struct flow *to, const struct flow *from)
{
    to->packets += from->packets;
    to->bytes += from->bytes;
    iotsig_flow_widen(to, from);
}

static bool regroup(struct finish *finish)
{
    const struct grouper *grouper = finish->grouper;
    for (size_t i = 0; i < grouper->group_count; i++) {
        uint16_t ports[2];
        struct flow flow = flow_of(finish, &grouper->groups[i], ports);
        uint64_t found;
        if (grouper->pattern->layers.known_equal)
            take_shared(finish, &flow, ports);
        if (!place(finish, &flow, ports, &found))
            return false;
        if (found != UINT64_MAX) {
            add_sums(&finish->groups[found], &flow);
            continue;
        }
        finish->groups[finish->count] = flow;
        memcpy(finish->ports[finish->count], ports, sizeof ports);
        finish->count++;
    }
    return true;
}

static bool name_pairs(struct finish *finish)
{
    const struct grouper *grouper = finish->grouper;
    for (size_t i = 0; i < grouper->pair_count; i++)
        for (size_t side = 0; side < 2; side++) {
            finish->hosts[i][side] = name_end(finish, &grouper->pairs[i].ends[side]);
            if (finish->hosts[i][side] == NO_HOST)
                return false;
        }
    return true;
}

/* Adds a fingerprint to the first that matches it, or appends it. */
static bool add_fingerprint(struct iotsig_pattern *pattern, struct flow_index *index,
                            const struct flow *group, const uint16_t ports[2])
{
    struct flow_port pair[2] = {{1, group->src, ports[0], NO_PORT_ENTRY},
                                {1, group->dst, ports[1], NO_PORT_ENTRY}};
    struct flow fingerprint = *group;
    fingerprint.ports = pair;
    fingerprint.port_count = 2;

    uint32_t found = iotsig_index_find(index, &fingerprint);
    if (found == INDEX_FAILED)
        return false;
    if (found != INDEX_NONE)
        return iotsig_flow_add(index->match, pattern, &pattern->flows[found], &fingerprint);
    struct flow *flow = iotsig_pattern_append(pattern, group);
    return flow != NULL &&
           iotsig_flow_append_port(pattern, flow, group->src, ports[0], 1) &&
           iotsig_flow_append_port(pattern, flow, group->dst, ports[1], 1) &&
           iotsig_index_add(index, (uint32_t)(pattern->count - 1));
}

/* Groups lie where the pattern's flows go: no more flows are made than groups were looked at. */
static bool add_fingerprints(struct finish *finish, const struct iotsig_same_hosts *same)
{
    struct iotsig_pattern *pattern = finish->grouper->pattern;
    const struct match match = {pattern, same, pattern->match_random_ports};
    struct flow_index index;
    bool done = true;

    iotsig_index_init(&index, &match, KEY_LEFT);
    for (size_t i = 0; done && i < finish->count; i++) {
        struct flow group = finish->groups[i];
        done = add_fingerprint(pattern, &index, &group, finish->ports[i]);
    }
    iotsig_index_fini(&index);
    return done;
}

int iotsig_grouper_finish(struct grouper *grouper, const struct iotsig_names *names,
                          const struct iotsig_same_hosts *same, struct iotsig_error *error)
{
    const struct iotsig_context *context = grouper->pattern->context;
    const struct iotsig_allocator *allocator = &context->allocator;
    struct finish finish = {.grouper = grouper, .names = names};
    struct iotsig_pattern *pattern = grouper->pattern;
    size_t capacity[2] = {0, 0};

    drop_maps(grouper); /* each step gives back what the next does not need */
    iotsig_map_init(&finish.by_ends, allocator, context->hash_key);
    bool done = iotsig_array_grow(allocator, &finish.hosts, &capacity[0], grouper->pair_count,
                                  sizeof *finish.hosts) &&
                iotsig_array_grow(allocator, &finish.ports, &capacity[1], grouper->group_count,
                                  sizeof *finish.ports) &&
                iotsig_array_grow(allocator, &pattern->flows, &pattern->capacity,
                                  grouper->group_count, sizeof *pattern->flows) &&
                name_pairs(&finish);
    finish.groups = pattern->flows;
    done = done && share_layers(&finish) && regroup(&finish);
    iotsig_map_fini(&finish.by_ends);
    iotsig_memory_free(allocator, finish.hosts);
    drop_groups(grouper);
    done = done && add_fingerprints(&finish, same);
    iotsig_memory_free(allocator, finish.ports);
    return done ? 0 : iotsig_fail_memory(error);
}
