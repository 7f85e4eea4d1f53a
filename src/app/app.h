/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Application layers: one row a protocol (behaviour section 2).
 *
 * To add one: a file src/app/<protocol>.c with a parser and a `const struct app_protocol`, and
 * its row in `iotsig_app_protocols` of src/app/app.c. Nothing else names it. One that is read only
 * when it is asked for has a bit and a word in iotsig/options.h as well.
 */
#ifndef IOTSIG_APP_APP_H
#define IOTSIG_APP_APP_H

#include "base/memory.h"
#include "base/text.h"
#include "decode/decode.h"
#include "iotsig/layer.h"
#include "iotsig/options.h"

/** The most attributes that a protocol has. */
#define APP_ATTRIBUTES 5

/** Room for the texts of one parsed layer: an IP packet's bytes, each escaped. */
#define APP_TEXT_MAX ((size_t)4 * 65536)

enum app_kind {
    APP_TRUTH, /**< true or false */
    APP_TEXT,  /**< a text that is compared as it is */
    APP_NAME,  /**< a domain name, compared like a host (behaviour section 3) */
    APP_URI,   /**< a final `*` or `?` does not count (behaviour section 2) */
    APP_NOTE   /**< a text that is no part of equality */
};

struct app_attribute {
    const char *name;
    enum app_kind kind;
    unsigned weight; /**< its share of the distance, of the sum of all (behaviour section 6) */
};

struct iotsig_layer {
    const struct app_protocol *protocol;
    uint8_t present;                   /**< bit i: attribute i is there */
    uint8_t truths;                    /**< bit i: truth value of attribute i */
    struct text text[APP_ATTRIBUTES]; /**< NUL-terminated; borrowed */
};

/** How else an attribute is called: in files of the Python package, and in policies. */
struct app_alias {
    const char *name;
    int index;
    bool opposite; /**< a truth value that says the opposite */
};

/** The most aliases that a protocol has. */
#define APP_ALIASES 4

/** The longest word that a protocol makes of a number, with its NUL. */
#define APP_WORD 16

/** Which requests and responses are the same. */
enum app_equality {
    APP_ALL_EQUAL,        /**< all attributes but `response` and notes: DNS, DHCP */
    APP_RESPONSE_MATCHES, /**< so; but a response equals everything of its protocol: HTTP, CoAP */
    /**
     * All attributes but `response` and notes that both sides have. Such a layer is that of all
     * packets between two ends, and has each attribute from the first that tells it.
     */
    APP_KNOWN_EQUAL
};

/** Room for the texts of the layer that is being parsed. */
struct app_scratch {
    char *at;
    size_t left;
};

struct app_protocol {
    const char *name;
    struct app_attribute attributes[APP_ATTRIBUTES]; /**< ends at a NULL name */
    enum app_equality equality;
    unsigned layer; /**< `enum iotsig_layers`: read only when it is asked for; 0: always */
    /** Whether a packet is this protocol's, by ports and the first bytes. */
    bool (*recognise)(const struct packet *packet);
    /** Fills `present`, `truths`, `text` of `layer`; false: no application layer. */
    bool (*parse)(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch);
    struct app_alias aliases[APP_ALIASES]; /**< ends at a NULL name */
    /**
     * The word for a number that stands for the value of attribute `index`, as it is on the wire;
     * to `to` where it must be made. NULL: there is none. May be absent.
     */
    const char *(*word)(int index, uint64_t number, char to[APP_WORD]);
};

/** Where every protocol has `response`, if it has it: its index in `attributes`, else -1. */
int iotsig_app_attribute(const struct app_protocol *protocol, const char *name);

/** Finds an attribute by its name or an alias. False when there is none. */
bool iotsig_app_find(const struct app_protocol *protocol, struct text name, int *index,
                     bool *opposite);

/** The protocols in order, first those that are always read; ends with NULL. */
extern const struct app_protocol *const iotsig_app_protocols[];

/** The protocol of a name (any case), or NULL. */
const struct app_protocol *iotsig_app_protocol(struct text name);

/**
 * Parses the application layer of a packet. `scratch` must have APP_TEXT_MAX bytes; the texts of
 * `layer` lie in it. Those of `layers` (`enum iotsig_layers`) are read where there is no other.
 * @return false when there is none
 */
bool iotsig_app_parse(const struct packet *packet, unsigned layers, struct iotsig_layer *layer,
                      char *scratch);

/** Whether a layer is a response; false where the protocol does not know it. */
bool iotsig_layer_is_response(const struct iotsig_layer *layer);

/* For parsers. */

/** Sets attribute `index` to a truth value. */
void app_set_truth(struct iotsig_layer *layer, int index, bool truth);

/** Sets attribute `index` to `text`, which stays where it is: a constant. */
void app_set_constant(struct iotsig_layer *layer, int index, const char *text);

/** Sets attribute `index` to the `n` characters at the start of scratch. False when it is full. */
bool app_take(struct iotsig_layer *layer, int index, size_t n, struct app_scratch *scratch);

/**
 * Likewise to a URI, as the network had it whole: a `*` at its end is written by its number, as one
 * that is not stands for a query that was cut. `*` alone is the server itself (RFC 9110).
 */
bool app_take_uri(struct iotsig_layer *layer, int index, size_t n, struct app_scratch *scratch);

/** Sets attribute `index` to `bytes`, escaped. False when scratch is full. */
bool app_set_bytes(struct iotsig_layer *layer, int index, struct bytes bytes,
                   struct app_scratch *scratch);

/** Sets attribute `index` to a host name, escaped, in lower case (RFC 4343), without final dots;
 * not where it is empty or too long for one. Likewise. */
bool app_set_name(struct iotsig_layer *layer, int index, struct bytes name,
                  struct app_scratch *scratch);

/** Sets attribute `index` to a copy of `text`, which is escaped already. False when scratch is full. */
bool app_set_text(struct iotsig_layer *layer, int index, struct text text,
                  struct app_scratch *scratch);

/** Whether one of the packet's ports is `port`, over `transport`. */
static inline bool app_has_port(const struct packet *packet, uint8_t transport, uint16_t port)
{
    return packet->transport == transport &&
           (packet->src.port == port || packet->dst.port == port);
}

#endif
