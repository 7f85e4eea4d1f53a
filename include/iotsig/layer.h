/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/layer.h - the application layer of a packet or flow: a protocol and some attributes.
 *
 * Names of protocols and attributes are those of every output (behaviour section 2), for example
 * DNS with `response`, `qtype`, `domain-name`. Values are printable ASCII: other bytes and
 * backslashes are written as in RFC 1035 section 5.1.
 *
 * Layers of `enum iotsig_layers` are there only when they were asked for (iotsig/options.h):
 *
 *     TLS      response, server-name, version, alpn, ja4
 *              hellos on any TCP port: RFC 8446 section 4.1, RFC 6066 section 3, RFC 7301
 *     QUIC     type, version, server-name, alpn, ja4
 *              long headers: RFC 9000 section 17.2, RFC 9369; the ClientHello: RFC 9001 section 5
 *     MQTT     type, client-id, topic
 *              TCP port 1883: MQTT 3.1.1 and 5.0, sections 3.1, 3.3 and 3.8
 *     TP-Link  response, command (such as `system.set_relay_state`)
 *              port 9999: JSON hidden by XOR, as the project softScheck described it
 *     Edimax   code, model
 *              port 8765: XML hidden by a rotation
 *     Tuya     command, version
 *              TCP port 6668, UDP ports 6666 and 6667: as the project tinytuya describes it
 *     Matter   response, session, message
 *              UDP port 5540: Matter Core Specification 1.0 section 4.4
 *     DNS-SD   response, service
 *              UDP port 5353 where DNS reads nothing: RFC 6762, RFC 6763
 *     NTP      response, version, mode
 *              UDP port 123: RFC 5905 section 7.3
 *
 * `ja4` is the fingerprint JA4, as FoxIO describes it, of a ClientHello that was captured whole.
 *
 * Of a flow, such a layer is that of all packets between its ends that have no other, and has each
 * attribute from the first packet that tells it. Two are equal when no attribute that both have differs;
 * what need not be the same in the next connection (response, ja4, client-id, session, message, mode,
 * and the type of QUIC) does not count. For distances all but `response` count, alike.
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

/** The protocol: "DNS", "HTTP", "SSDP", "CoAP", "DHCP", or one of the above; NULL for no application layer (NULL). */
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
