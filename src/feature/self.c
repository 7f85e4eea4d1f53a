/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/self.h"

#include "base/error.h"
#include "feature/address.h"

bool iotsig_wanted_parse(const char *text, struct wanted *wanted)
{
    *wanted = (struct wanted){0};
    wanted->has_mac = iotsig_mac_parse(text, &wanted->mac);
    if (!wanted->has_mac)
        wanted->has_address = iotsig_address_parse(text, &wanted->address);
    return wanted->has_mac || wanted->has_address;
}

/* The criteria, in their order: what a host has of each. */
static uint64_t criterion(const struct host *host, size_t i)
{
    const uint64_t values[] = {host->dhcp_client,    host->supplicant,   host->announced,
                               !host->public_source, !host->dhcp_server, host->answered,
                               host->frames,         host->mac};
    return values[i];
}

static const char *const criteria[] = {"dhcp-client",      "eapol",          "arp",
                                       "no-public-source", "no-dhcp-server", "answered-syn",
                                       "frames",           "largest"};

#define CRITERIA (sizeof criteria / sizeof *criteria)

/* The first criterion in which two hosts differ. */
static size_t difference(const struct host *a, const struct host *b)
{
    size_t i = 0;
    while (i + 1 < CRITERIA && criterion(a, i) == criterion(b, i))
        i++;
    return i;
}

static bool is_greater(const struct host *a, const struct host *b)
{
    if (b == NULL)
        return true;
    size_t i = difference(a, b);
    return criterion(a, i) > criterion(b, i);
}

static void find_by_mac(const struct collector *collector, struct view *view, const char **found_by)
{
    const struct host *best = NULL, *second = NULL;
    for (const struct host *host = collector->hosts; host != NULL; host = host->next) {
        if (!mac_is_host(host->mac))
            continue;
        if (is_greater(host, best)) {
            second = best;
            best = host;
        } else if (is_greater(host, second)) {
            second = host;
        }
    }
    if (best == NULL)
        return;
    view->own.has_mac = true;
    view->own.mac = best->mac;
    *found_by = second == NULL ? "only" : criteria[difference(best, second)];
}

/* The private address with most flows, of several the one seen first. */
static int find_by_flows(struct collector *collector, struct address *best, bool *found,
                         struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    struct iotsig_map counts;
    uint64_t most = 0;
    int status = 0;
    iotsig_map_init(&counts, &collector->context->allocator, collector->context->hash_key);
    for (const struct flow *flow = collector->flows; status == 0 && flow != NULL; flow = flow->next)
        for (int i = 0; status == 0 && i < 2; i++) {
            const struct address *address = i == 0 ? &flow->client.address : &flow->server.address;
            bool added;
            if (!address_is_local(address) || address_is_broadcast(address))
                continue;
            uint64_t *count = iotsig_map_put(&counts, address, sizeof *address, 0, &added);
            if (count == NULL)
                status = iotsig_fail_memory(error);
            else
                ++*count;
        }
    while (status == 0 && (entry = iotsig_map_next(&counts, entry)) != NULL)
        if (iotsig_map_value(entry) > most) {
            size_t n;
            most = iotsig_map_value(entry);
            memcpy(best, iotsig_map_key(entry, &n), sizeof *best);
        }
    *found = most > 0;
    iotsig_map_fini(&counts);
    return status;
}

/* The host that is seen most with an address, unless it is a router, whom others are behind. */
static const struct host *owner_of(const struct collector *collector, const struct address *address)
{
    const struct iotsig_map_entry *entry = NULL;
    const uint64_t *host = NULL;
    uint64_t most = 0;
    while ((entry = iotsig_map_next(&collector->tie_map[TIE_OWN], entry)) != NULL) {
        struct host_address key;
        size_t n;
        memcpy(&key, iotsig_map_key(entry, &n), sizeof key);
        if (!address_equal(&key.address, address) || iotsig_map_value(entry) <= most)
            continue;
        most = iotsig_map_value(entry);
        host = iotsig_map_get(&collector->host_map, &key.mac, sizeof key.mac);
    }
    const struct host *found = host == NULL ? NULL : (const struct host *)(uintptr_t)*host;
    return found == NULL || found->public_source ? NULL : found;
}

static int add_address(const struct collector *collector, struct view *view,
                       struct address **addresses, size_t *capacity, const struct address *address,
                       struct iotsig_error *error)
{
    if (!iotsig_array_grow(&collector->context->allocator, addresses, capacity, view->own.count + 1,
                           sizeof **addresses))
        return iotsig_fail_memory(error);
    (*addresses)[view->own.count++] = *address;
    view->own.addresses = *addresses;
    return 0;
}

/* What it announced by ARP, and sent from. */
static int find_addresses(const struct collector *collector, struct view *view,
                          struct address **addresses, size_t *capacity, struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    int status = 0;
    while (status == 0 && (entry = iotsig_map_next(&collector->tie_map[TIE_OWN], entry)) != NULL) {
        struct host_address key;
        size_t n;
        memcpy(&key, iotsig_map_key(entry, &n), sizeof key);
        if (key.mac == view->own.mac)
            status = add_address(collector, view, addresses, capacity, &key.address, error);
    }
    return status;
}

/* The address whose count among the device's is the greatest. */
static bool most_asked(const struct iotsig_map *map, uint64_t mac, struct address *address)
{
    const struct iotsig_map_entry *entry = NULL;
    uint64_t most = 0;
    while ((entry = iotsig_map_next(map, entry)) != NULL) {
        struct host_address key;
        size_t n;
        memcpy(&key, iotsig_map_key(entry, &n), sizeof key);
        if (key.mac == mac && iotsig_map_value(entry) > most) {
            most = iotsig_map_value(entry);
            *address = key.address;
        }
    }
    return most > 0;
}

bool iotsig_is_local_resolver(const struct side *server)
{
    enum { DNS_PORT = 53 };
    return server->port == DNS_PORT && address_is_local(&server->address);
}

static bool local_resolver(const struct view *view, struct address *address)
{
    uint64_t most = 0;
    for (const struct flow *flow = view->collector->flows; flow != NULL; flow = flow->next)
        if (flow->packets > most && iotsig_is_local_resolver(&flow->server) &&
            iotsig_view_is_self(view, flow->client.mac, &flow->client.address)) {
            most = flow->packets;
            *address = flow->server.address;
        }
    return most > 0;
}

static void find_gateway(struct collector *collector, struct view *view)
{
    const uint64_t *value =
        iotsig_map_get(&collector->host_map, &view->own.mac, sizeof view->own.mac);
    const struct host *host =
        view->own.has_mac && value != NULL ? (const struct host *)(uintptr_t)*value : NULL;
    if (host != NULL && host->has_router) {
        view->gateway = host->router;
        view->has_gateway = true;
    } else {
        view->has_gateway = local_resolver(view, &view->gateway) ||
                            (view->own.has_mac && most_asked(&collector->tie_map[TIE_ASKED],
                                                             view->own.mac, &view->gateway));
    }
    const struct iotsig_map_entry *entry = NULL;
    while (view->has_gateway && (entry = iotsig_map_next(&collector->tie_map[TIE_OWN], entry)) != NULL) {
        struct host_address key;
        size_t n;
        memcpy(&key, iotsig_map_key(entry, &n), sizeof key);
        if (address_equal(&key.address, &view->gateway)) {
            view->gateway_mac = key.mac;
            return;
        }
    }
}

static int find(struct collector *collector, const struct wanted *wanted, struct view *view,
                struct address *address, const char **found_by, struct iotsig_error *error)
{
    bool found = false;
    if (wanted->has_mac || wanted->has_address) {
        const struct host *owner =
            wanted->has_address ? owner_of(collector, &wanted->address) : NULL;
        view->own.has_mac = wanted->has_mac || owner != NULL;
        view->own.mac = owner != NULL ? owner->mac : wanted->mac;
        *address = wanted->address;
        *found_by = "given";
        return 0;
    }
    if (collector->has_macs) {
        find_by_mac(collector, view, found_by);
        return 0;
    }
    int status = find_by_flows(collector, address, &found, error);
    *found_by = found ? "flows" : NULL;
    return status;
}

int iotsig_self_find(struct collector *collector, const struct wanted *wanted, struct view *view,
                     struct address **addresses, const char **found_by, struct iotsig_error *error)
{
    struct address address;
    size_t capacity = 0;
    *view = (struct view){.collector = collector};
    *addresses = NULL;
    *found_by = NULL;
    int status = find(collector, wanted, view, &address, found_by, error);
    if (status != 0 || *found_by == NULL)
        return status;
    status = view->own.has_mac
                 ? find_addresses(collector, view, addresses, &capacity, error)
                 : add_address(collector, view, addresses, &capacity, &address, error);
    if (status == 0)
        find_gateway(collector, view);
    return status;
}
