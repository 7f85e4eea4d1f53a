/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a frame to its addresses, ports and payload (behaviour section 1).
 *
 * Read through: Ethernet, VLAN tags (802.1Q, 802.1ad, stacked), PPPoE, MPLS, LLC/SNAP, 802.11 with
 * and without radiotap, PPP, Linux cooked captures, BSD null and loop, raw IP; IP in IP, 6in4, GRE;
 * IPv6 extension headers and AH. Headers nest at most IOTSIG_DECODE_DEPTH deep.
 */
#ifndef IOTSIG_DECODE_DECODE_H
#define IOTSIG_DECODE_DECODE_H

#include "base/bytes.h"
#include "decode/address.h"

/** Headers that one frame may nest. */
#define IOTSIG_DECODE_DEPTH 64

enum iotsig_protocol_number { IOTSIG_TCP = 6, IOTSIG_UDP = 17 };

enum iotsig_tcp_flag {
    IOTSIG_TCP_FIN = 0x01,
    IOTSIG_TCP_SYN = 0x02,
    IOTSIG_TCP_RST = 0x04,
    IOTSIG_TCP_ACK = 0x10
};

/** One end of a packet. */
struct end {
    struct address address; /**< of the outermost IP header */
    uint16_t port;          /**< of the first TCP or UDP header */
};

/** A TCP segment or UDP datagram. */
struct packet {
    struct end src, dst;
    uint8_t transport;    /**< IOTSIG_TCP or IOTSIG_UDP */
    uint8_t tcp_flags;    /**< `enum iotsig_tcp_flag` and others; 0 for UDP */
    bool router_alert;    /**< some IP header has the Router Alert option (RFC 2113, RFC 2711) */
    bool cut;             /**< the capture does not hold the whole payload */
    struct bytes payload; /**< behind the transport header, as captured, without link padding */
};

/**
 * Decodes a frame of `link_type`.
 * @return true, with `*packet` filled, when it is a TCP segment or UDP datagram whose ports (and,
 *         for TCP, flags) were captured; false for all else: other protocols, fragments but the
 *         first, damaged headers
 */
bool iotsig_decode(int link_type, struct bytes frame, struct packet *packet);

#endif
