/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of hosts that have names: one table for all queues. */

#include <time.h>

#define HOST_ADDRESSES 128 /* of a host; then the one that expires first makes room */
#define HOST_GRACE     60  /* seconds past its TTL: connections outlive it */
#define TTL_MOST       3600

struct host_address {
    unsigned version;
    uint8_t bytes[16];
    int64_t until;
};

struct host {
    const char *name; /* in lower case */
    size_t length;
    bool itself, below; /* it, and all below it */
    size_t count;
    struct host_address addresses[HOST_ADDRESSES];
};

static struct host hosts[HOST_COUNT];
static pthread_mutex_t hosts_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t seconds_now(void)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec;
}

static bool host_is_named(const struct host *host, const char *name)
{
    size_t n = strlen(name);
    if (n == host->length)
        return host->itself && memcmp(name, host->name, n) == 0;
    return host->below && n > host->length && name[n - host->length - 1] == '.' &&
           memcmp(name + n - host->length, host->name, host->length) == 0;
}

/* Whether a host has an address now. */
static bool host_has(size_t host, unsigned version, const uint8_t address[16])
{
    int64_t now = seconds_now();
    bool has = false;
    pthread_mutex_lock(&hosts_lock);
    for (size_t i = 0; i < hosts[host].count && !has; i++) {
        const struct host_address *own = &hosts[host].addresses[i];
        has = own->version == version && own->until >= now && memcmp(own->bytes, address, 16) == 0;
    }
    pthread_mutex_unlock(&hosts_lock);
    return has;
}

/* The place of an address in a host's list: its own, a new one, or that of the one which expires
 * first. */
static struct host_address *place_of(struct host *host, const struct host_address *address)
{
    struct host_address *first = host->addresses;
    for (size_t i = 0; i < host->count; i++) {
        struct host_address *own = &host->addresses[i];
        if (own->version == address->version && memcmp(own->bytes, address->bytes, 16) == 0)
            return own;
        if (own->until < first->until)
            first = own;
    }
    return host->count < HOST_ADDRESSES ? &host->addresses[host->count++] : first;
}

static void add_address(struct host *host, const struct host_address *address)
{
    struct host_address *place = place_of(host, address);
    int64_t until = address->until;
    if (place->version == address->version && memcmp(place->bytes, address->bytes, 16) == 0 &&
        place->until > until)
        until = place->until;
    *place = *address;
    place->until = until;
}

static void mark_hosts(const char *name, bool marked[HOST_COUNT])
{
    for (size_t i = 0; i < HOST_COUNT; i++)
        marked[i] = marked[i] || host_is_named(&hosts[i], name);
}

static bool is_address(const struct wire_record *record)
{
    return record->class == 1 && ((record->type == WIRE_A && record->length == 4) ||
                                  (record->type == WIRE_AAAA && record->length == 16));
}

/* Marks the hosts that an answer is about, and finds where its records begin. */
static bool read_answer(const uint8_t *message, size_t n, size_t *records, bool marked[HOST_COUNT])
{
    char name[WIRE_NAME];
    struct wire_record record;
    size_t at = WIRE_HEADER;
    if (n < WIRE_HEADER || (message[2] & 0x80) == 0 || (message[3] & 15) != 0)
        return false;
    memset(marked, 0, HOST_COUNT * sizeof *marked);
    for (unsigned left = number_at(message + 4); left > 0; left--) {
        if (!take_question(message, n, &at, name))
            return false;
        mark_hosts(name, marked);
    }
    *records = at;
    for (unsigned left = number_at(message + 6); left > 0; left--) {
        if (!take_record(message, n, &at, name, &record))
            return false;
        mark_hosts(name, marked);
    }
    return true;
}

/* Gives all addresses of an answer to the hosts that it is about. @return the shortest TTL, -1:
 * none has an address */
static int64_t learn(const uint8_t *message, size_t n)
{
    static __thread bool marked[HOST_COUNT];
    char name[WIRE_NAME];
    struct wire_record record;
    size_t at;
    int64_t now = seconds_now(), shortest = -1;
    if (!read_answer(message, n, &at, marked))
        return -1;
    pthread_mutex_lock(&hosts_lock);
    for (unsigned left = number_at(message + 6);
         left > 0 && take_record(message, n, &at, name, &record); left--) {
        struct host_address address = {record.type == WIRE_A ? 4 : 6, {0}, now + HOST_GRACE};
        int64_t ttl = record.ttl > INT32_MAX ? 0 : (int64_t)least(record.ttl, TTL_MOST);
        if (!is_address(&record))
            continue;
        memcpy(address.bytes, message + record.data, record.length);
        address.until += ttl;
        for (size_t i = 0; i < HOST_COUNT; i++)
            if (marked[i])
                add_address(&hosts[i], &address);
        shortest = shortest < 0 || ttl < shortest ? ttl : shortest;
    }
    pthread_mutex_unlock(&hosts_lock);
    return shortest;
}
