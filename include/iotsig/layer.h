/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/layer.h - the application layer of a packet or flow: a protocol and some attributes.
 *
 * Names of protocols and attributes are those of every output (behaviour section 2), for example
 * DNS with `response`, `qtype`, `domain-name`. Values are printable ASCII: other bytes and
 * backslashes are written as in RFC 1035 section 5.1.
 */
#ifndef IOTSIG_LAYER_H
#define IOTSIG_LAYER_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_layer;

/** One attribute. Texts are borrowed from the layer. */
struct iotsig_attribute {
    const char *name;
    const char *text; /**< its value; NULL for a truth value */
    bool truth;       /**< its value when `text` is NULL */
};

/** The protocol: "DNS", "HTTP", "SSDP", "CoAP", "DHCP"; NULL for no application layer (NULL). */
IOTSIG_API const char *iotsig_layer_protocol(const struct iotsig_layer *layer);

/**
 * Attribute `index` of those that are present, in the order of every output.
 * @return whether there is one
 */
IOTSIG_API bool iotsig_layer_attribute(const struct iotsig_layer *layer, size_t index,
                                       struct iotsig_attribute *attribute);

#ifdef __cplusplus
}
#endif

#endif
