/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/collect.h"

#include "app/app.h"
#include "app/dns.h"
#include "base/error.h"
#include "feature/family.h"

int iotsig_collector_new(struct collector **out, struct iotsig_context *context,
                         const struct iotsig_names *names, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &context->allocator;
    struct collector *collector = iotsig_memory_get(allocator, sizeof *collector + APP_TEXT_MAX);
    if (collector == NULL)
        return iotsig_fail_memory(error);
    *collector = (struct collector){.context = context};
    int status = names != NULL ? iotsig_names_dup(&collector->names, names, error)
                               : iotsig_names_new(&collector->names, context, error);
    if (status != 0) {
        iotsig_memory_free(allocator, collector);
        return status;
    }
    collector->families = ~0u;
    collector->last_host = &collector->hosts;
    collector->last_flow = &collector->flows;
    iotsig_arena_init(&collector->arena, allocator);
    iotsig_map_init(&collector->host_map, allocator, context->hash_key);
    iotsig_map_init(&collector->flow_map, allocator, context->hash_key);
    for (size_t i = 0; i < TIES; i++)
        iotsig_map_init(&collector->tie_map[i], allocator, context->hash_key);
    iotsig_map_init(&collector->raw_map, allocator, context->hash_key);
    *out = collector;
    return 0;
}

void iotsig_collector_free(struct collector *collector)
{
    if (collector == NULL)
        return;
    iotsig_names_free(collector->names);
    iotsig_map_fini(&collector->host_map);
    iotsig_map_fini(&collector->flow_map);
    for (size_t i = 0; i < TIES; i++)
        iotsig_map_fini(&collector->tie_map[i]);
    iotsig_map_fini(&collector->raw_map);
    iotsig_arena_fini(&collector->arena);
    iotsig_memory_free(&collector->context->allocator, collector->tallies);
    iotsig_memory_free(&collector->context->allocator, collector);
}

int iotsig_collector_check(const struct collector *collector, size_t count,
                           struct iotsig_error *error)
{
    if (count <= collector->context->max_flows)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                       "more than %lu flows or features (raise --max-flows if this is meant)",
                       (unsigned long)collector->context->max_flows);
}

struct host *iotsig_collector_host(struct collector *collector, uint64_t mac)
{
    struct host **cached = &collector->host_cache[(mac ^ mac >> 24) % HOST_CACHE];
    bool added;
    if (collector->keeper != NULL)
        return collector->keeper->host(collector->keeper_user, mac);
    if (*cached != NULL && (*cached)->mac == mac)
        return *cached;
    uint64_t *value = iotsig_map_put(&collector->host_map, &mac, sizeof mac, 0, &added);
    if (value == NULL)
        return NULL;
    if (*value == 0) {
        struct host *host = iotsig_arena_get(&collector->arena, sizeof *host);
        if (host == NULL)
            return NULL;
        *host = (struct host){.mac = mac};
        *collector->last_host = host;
        collector->last_host = &host->next;
        *value = (uintptr_t)host;
    }
    return *cached = (struct host *)(uintptr_t)*value;
}

int iotsig_collector_tie(struct collector *collector, enum tie tie, uint64_t mac,
                         const struct address *address, struct iotsig_error *error)
{
    struct host_address key;
    bool added;
    if (collector->keeper != NULL)
        return collector->keeper->tie(collector->keeper_user, tie, mac, address, error);
    memset(&key, 0, sizeof key);
    key.mac = mac;
    key.address = *address;
    uint64_t *count = iotsig_map_put(&collector->tie_map[tie], &key, sizeof key, 0, &added);
    if (count == NULL)
        return iotsig_fail_memory(error);
    ++*count;
    return added ? iotsig_collector_check(collector, iotsig_map_count(&collector->tie_map[tie]),
                                          error)
                 : 0;
}

/* False when there is no memory. */
static bool add_time(struct collector *collector, struct tally *tally, struct iotsig_time time)
{
    if (time.digits > 0 && (tally->first.digits == 0 || time.ns < tally->first.ns))
        tally->first = time;
    return tally->spells == NULL || iotsig_spells_add_time(tally->spells, &collector->arena, time);
}

int iotsig_raw_add(struct collector *collector, const struct seen *seen, uint8_t family,
                   uint8_t kind, uint16_t number, struct text text, struct iotsig_error *error)
{
    struct {
        struct raw_key key;
        char text[RAW_TEXT];
    } whole;
    bool added;
    memset(&whole.key, 0, sizeof whole.key);
    whole.key.src_mac = seen->frame->src_mac;
    whole.key.dst_mac = seen->frame->dst_mac;
    whole.key.src = seen->packet->src.address;
    whole.key.dst = seen->packet->dst.address;
    whole.key.family = family;
    whole.key.kind = kind;
    whole.key.number = number;
    size_t n = text.n < RAW_TEXT ? text.n : RAW_TEXT;
    if (n > 0)
        memcpy(whole.text, text.p, n);
    if (collector->keeper != NULL)
        return collector->keeper->raw(collector->keeper_user, &whole.key, sizeof whole.key + n,
                                      error);

    size_t count = iotsig_map_count(&collector->raw_map);
    const uint64_t *index =
        iotsig_map_put(&collector->raw_map, &whole, sizeof whole.key + n, count, &added);
    if (index == NULL)
        return iotsig_fail_memory(error);
    if (added) {
        int status = iotsig_collector_check(collector, count + 1, error);
        if (status != 0)
            return status;
        if (!iotsig_array_grow(&collector->context->allocator, &collector->tallies,
                               &collector->tally_capacity, count + 1, sizeof *collector->tallies))
            return iotsig_fail_memory(error);
        collector->tallies[count] = (struct tally){0};
        if (collector->spells &&
            (collector->tallies[count].spells = iotsig_spells_new(&collector->arena)) == NULL)
            return iotsig_fail_memory(error);
    }
    struct tally *tally = &collector->tallies[*index];
    tally->count++;
    return add_time(collector, tally, seen->time) ? 0 : iotsig_fail_memory(error);
}

struct raw iotsig_raw_of_key(const void *whole, size_t n)
{
    struct raw_key key;
    memcpy(&key, whole, sizeof key);
    return (struct raw){
        .src_mac = key.src_mac,
        .dst_mac = key.dst_mac,
        .src = key.src,
        .dst = key.dst,
        .family = key.family,
        .kind = key.kind,
        .number = key.number,
        .text = {(const char *)whole + sizeof key, n - sizeof key},
    };
}

bool iotsig_raw_next(const struct collector *collector, const struct iotsig_map_entry **entry,
                     size_t *i, struct raw *raw)
{
    size_t n;
    *entry = iotsig_map_next(&collector->raw_map, *entry);
    if (*entry == NULL)
        return false;
    const void *key = iotsig_map_key(*entry, &n);
    const struct tally *tally = &collector->tallies[(*i)++];
    *raw = iotsig_raw_of_key(key, n);
    raw->count = tally->count;
    raw->first = tally->first;
    raw->spells = tally->spells;
    return true;
}

/* Most payloads tell no names: one look at the first byte. */
static int learn_names(struct collector *collector, const struct packet *packet,
                       struct iotsig_error *error)
{
    enum { HANDSHAKE = 22 };
    bool hello = packet->transport == IOTSIG_TCP && packet->payload.n > 0 &&
                 packet->payload.p[0] == HANDSHAKE;
    if (!hello && !iotsig_dns_recognise(packet))
        return 0;
    int status = iotsig_names_learn(collector->names, packet, error);
    if (status != IOTSIG_ERR_LIMIT || collector->keeper == NULL)
        return status;
    collector->names_full = true;
    return 0;
}

int iotsig_collector_add(struct collector *collector, const struct iotsig_frame *captured,
                         struct iotsig_error *error)
{
    struct frame frame;
    struct bytes bytes = {captured->bytes, captured->captured};
    struct seen seen = {.frame = &frame, .packet = &frame.packet, .time = captured->time};
    if (!iotsig_decode_frame(captured->link_type, bytes, &frame))
        return 0;
    int status = iotsig_facts_of_frame(collector, &seen, error);
    if (status == 0 && frame.packet.transport != 0) {
        status = iotsig_flow_of_packet(collector, &seen, error);
        if (status == 0)
            status = learn_names(collector, &frame.packet, error);
    }
    for (const struct family *const *family = iotsig_families; status == 0 && *family != NULL;
         family++)
        if ((*family)->take != NULL &&
            (!(*family)->optional || (collector->families & 1u << (*family)->id)))
            status = (*family)->take(collector, &seen, error);
    if (seen.clear && seen.flow != NULL)
        seen.flow->clear = true;
    return status;
}
