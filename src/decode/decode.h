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

enum iotsig_protocol_number {
    IOTSIG_ICMP = 1,
    IOTSIG_IGMP = 2,
    IOTSIG_TCP = 6,
    IOTSIG_UDP = 17,
    IOTSIG_ICMPV6 = 58
};

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
    uint32_t tcp_seq;     /**< of the payload's first byte; 0 for UDP */
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

/** An ARP message (RFC 826) of Ethernet and IPv4. */
struct arp {
    uint16_t operation;      /**< 1: request, 2: reply */
    uint64_t sha, tha;       /**< hardware addresses of sender and target, as numbers of 48 bits */
    struct address spa, tpa; /**< their protocol addresses */
};

/**
 * All of a frame that a bridge sees: the headers of the link, and of the first network and transport
 * layer behind them. Tunnels (MPLS, PPPoE, IP in IP) are not looked into.
 */
struct frame {
    uint16_t ether_type;        /**< of the body, behind VLAN tags; 0: it has none (802.2) */
    uint8_t tags;               /**< VLAN tags in front of it */
    bool has_macs;              /**< the link is Ethernet */
    uint64_t src_mac, dst_mac;  /**< as numbers of 48 bits */
    struct bytes body;          /**< what the link carries, as captured, with its padding */
    bool has_arp;
    struct arp arp;
    uint8_t version;            /**< of the IP header: 4, 6; 0: none */
    uint32_t length;            /**< bytes of the IP packet by its header, or of the ARP message */
    bool has_protocol;
    uint8_t protocol;           /**< behind IPv6's extension headers: `enum iotsig_protocol_number` */
    bool later;                 /**< a fragment but the first: there is no transport header */
    bool has_icmp;              /**< ICMP of IPv4, ICMPv6 of IPv6 */
    uint8_t icmp_type, icmp_code;
    bool cut;                   /**< the IP header promises more than was captured */
    /**
     * Addresses of the IP header. Ports, flags and payload where `transport` is not 0; else the payload
     * is what is behind the IP header and its extensions (an ICMP or IGMP message), without padding.
     */
    struct packet packet;
};

/**
 * Decodes what iotsig_decode() does not: ARP, ICMP, IGMP, fragments, and whatever a link carries.
 * @return false when the headers of the link are not whole, or it carries nothing
 */
bool iotsig_decode_frame(int link_type, struct bytes bytes, struct frame *frame);

#endif
