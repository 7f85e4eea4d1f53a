/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept of a capture until its end, when it is known which device it is of: facts about
 * hardware addresses, flows, and raw features, which are texts with the ends they were seen
 * between. Memory follows these, never packets.
 */
#ifndef IOTSIG_FEATURE_COLLECT_H
#define IOTSIG_FEATURE_COLLECT_H

#include "base/context.h"
#include "base/map.h"
#include "decode/decode.h"
#include "feature/spells.h"
#include "host/names.h"
#include "iotsig/capture.h"
#include "iotsig/feature.h"
#include "iotsig/options.h"

/** The longest text of a raw feature. */
#define RAW_TEXT 400

/** Lengths of messages that are kept of a flow. */
#define LENGTHS_MAX 40

/** What is known about a hardware address. */
struct host {
    uint64_t mac, frames; /**< frames sent */
    bool dhcp_client, supplicant, announced, public_source, dhcp_server, answered;
    bool has_router;
    struct address router; /**< that DHCP gave it */
    bool has_prefix;
    uint64_t prefix; /**< of the last global IPv6 address that it sent from */
    struct host *next;
};

/** One end of a flow. */
struct side {
    uint64_t mac;
    struct address address;
    uint16_t port;
};

/** Lengths of request messages of a flow whose payload is not understood. */
struct lengths {
    uint32_t length[LENGTHS_MAX];
    size_t count;
    uint32_t open;     /**< bytes of a message that may go on in the next segment */
    uint32_t tls_left; /**< bytes of a TLS record that are still to come */
    uint32_t next;     /**< the sequence number behind what was seen */
    bool begun;        /**< whether that is set */
    int64_t ns;        /**< when the last segment was seen */
    int64_t *times;    /**< of each message, where spells are wanted; else NULL */
};

struct flow {
    struct side client, server;
    uint8_t transport;
    bool client_sent, server_sent; /**< whether a packet of theirs was seen */
    bool syn;                      /**< a SYN told who responds */
    bool data;                     /**< some packet has a payload */
    bool clear;                    /**< its payload is of a protocol that is read here */
    bool tls;                      /**< a payload began with a TLS record */
    uint64_t packets;
    struct iotsig_time first;
    struct text name;        /**< of the server when the flow began; `p` NULL: none was known */
    struct lengths *lengths; /**< or NULL; with a keeper it frees them */
    struct spells *spells;   /**< of its packets; NULL: they are not wanted */
    struct flow *next;
};

/** What tells a flow from others; the end with the smaller address and port is the first. */
struct flow_key {
    uint64_t mac[2];
    struct address address[2];
    uint16_t port[2];
    uint8_t transport;
};

/** A frame, with what is known about it already. */
struct seen {
    const struct frame *frame;
    const struct packet *packet; /**< of the frame; `transport` 0: there is none */
    struct iotsig_time time;
    struct flow *flow; /**< or NULL */
    bool from_client;  /**< of the flow */
    bool clear;        /**< set by a family that understands the payload */
};

/** A raw feature. */
struct raw {
    uint64_t src_mac, dst_mac;
    struct address src, dst;
    uint8_t family, kind; /**< kinds are the family's own */
    uint16_t number;      /**< likewise */
    struct text text;
    uint64_t count;
    struct iotsig_time first;
    const struct spells *spells; /**< NULL: they are not wanted */
};

/** The key of a raw feature; its text stands behind. */
struct raw_key {
    uint64_t src_mac, dst_mac;
    struct address src, dst;
    uint8_t family, kind;
    uint16_t number;
};

struct tally {
    uint64_t count;
    struct iotsig_time first;
    struct spells *spells;
};

/** A host and one of the addresses that are counted of it: the key of these maps. */
struct host_address {
    uint64_t mac;
    struct address address;
};

/** What is counted of a host's addresses: those it has, and those it asked for by ARP. */
enum tie { TIE_OWN, TIE_ASKED, TIES };

/**
 * Who keeps what is collected, instead of the collector itself: a stream, which forgets. Each is
 * asked with the collector's `keeper_user`.
 */
struct keeper {
    /** The facts about a hardware address; NULL: no memory. They stay while a frame is taken in. */
    struct host *(*host)(void *user, uint64_t mac);
    /** Counts an address of a host. */
    int (*tie)(void *user, enum tie tie, uint64_t mac, const struct address *address,
               struct iotsig_error *error);
    /** The flow of a packet, begun with iotsig_flow_begin() when it is new; NULL: no memory. */
    struct flow *(*flow)(void *user, const struct flow_key *key, const struct seen *seen);
    /** Keeps a raw feature: `n` bytes of a key, with the text behind it. */
    int (*raw)(void *user, const struct raw_key *key, size_t n, struct iotsig_error *error);
};

#define HOST_CACHE 256
#define FLOW_CACHE 4096

struct collector {
    struct iotsig_context *context;
    struct iotsig_names *names;
    struct iotsig_arena arena;   /**< of hosts, flows and lengths */
    const struct keeper *keeper; /**< NULL: itself, for all of a capture */
    void *keeper_user;
    bool names_full; /**< with a keeper: more were told than the context allows */
    struct iotsig_map host_map, flow_map, tie_map[TIES], raw_map;
    struct host *hosts, **last_host;
    struct flow *flows, **last_flow;
    struct tally *tallies; /**< of raw features, in the order of their map */
    size_t tally_capacity;
    struct host *host_cache[HOST_CACHE];
    struct flow *flow_cache[FLOW_CACHE];
    bool has_macs;
    bool spells;       /**< whether it is kept when features are seen */
    unsigned families; /**< those that are wanted, bits by `enum family_id`; all at first */
    char scratch[];    /**< APP_TEXT_MAX bytes */
};

int iotsig_collector_new(struct collector **out, struct iotsig_context *context,
                         const struct iotsig_names *names, struct iotsig_error *error);
void iotsig_collector_free(struct collector *collector);

/** Takes in a frame. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_collector_add(struct collector *collector, const struct iotsig_frame *frame,
                         struct iotsig_error *error);

/** Keeps a raw feature of a frame; a text that is too long is cut. @return likewise */
int iotsig_raw_add(struct collector *collector, const struct seen *seen, uint8_t family,
                   uint8_t kind, uint16_t number, struct text text, struct iotsig_error *error);

/** What a key says, of so many bytes with the text behind it, which is borrowed. */
struct raw iotsig_raw_of_key(const void *whole, size_t n);

/** The next raw feature; `*entry` begins as NULL, `*i` as 0. False at the end. */
bool iotsig_raw_next(const struct collector *collector, const struct iotsig_map_entry **entry,
                     size_t *i, struct raw *raw);

/** The facts about a hardware address, made when it is new; NULL when there is no memory. */
struct host *iotsig_collector_host(struct collector *collector, uint64_t mac);

/** Counts an address of a host. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_collector_tie(struct collector *collector, enum tie tie, uint64_t mac,
                         const struct address *address, struct iotsig_error *error);

/** IOTSIG_ERR_LIMIT when there are more than the context allows. */
int iotsig_collector_check(const struct collector *collector, size_t count,
                           struct iotsig_error *error);

/* facts.c */

/** Takes the facts about hardware addresses from a frame; called before its flow is known. */
int iotsig_facts_of_frame(struct collector *collector, const struct seen *seen,
                          struct iotsig_error *error);

/** The same for the first packet of each direction of a flow: that a host sends from an address. */
int iotsig_facts_of_source(struct collector *collector, uint64_t mac, const struct address *address,
                           struct iotsig_error *error);

/* flows.c */

/** Begins a flow with its first packet. */
void iotsig_flow_begin(struct flow *flow, const struct collector *collector,
                       const struct seen *seen);

/** Finds or makes the flow of a packet, and counts it. */
int iotsig_flow_of_packet(struct collector *collector, struct seen *seen,
                          struct iotsig_error *error);

#endif
