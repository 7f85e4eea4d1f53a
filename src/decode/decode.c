/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How it works: a loop. Each step reads one header from the cursor and says what comes next,
 * until the transport header is read, or something says that there is none. The number of steps is
 * bounded, so no nesting can take long. Headers that a capture has cut are not read half: a packet
 * counts once its ports (and for TCP its flags) are there.
 *
 * The headers that nearly all packets have are checked for once and then read from a cursor of
 * their own: the compiler sees that it is long enough, and drops the checks of each field.
 */
#include "decode/decode.h"

#include "capture/linktype.h"

/* Nearly all packets go through these: they stay in one piece, although frames use them too. */
#if defined(__GNUC__)
#define HOT static inline __attribute__((always_inline))
#else
#define HOT static inline
#endif

/* What the next bytes are. */
enum next {
    NEXT_NONE, /* nothing that leads to TCP or UDP */
    NEXT_ETHERNET,
    NEXT_ETHER_TYPE, /* `type` says: RFC 7042, IEEE 802 numbers */
    NEXT_LLC,
    NEXT_PPP,
    NEXT_IP, /* the version is in the first four bits */
    NEXT_MPLS,
    NEXT_PROTOCOL, /* `type` says: IANA protocol numbers */
    NEXT_DONE
};

enum ether_type {
    ETHER_LENGTH_MAX = 1500, /* up to here it is the length of an 802.3 frame */
    ETHER_IPV4 = 0x0800,
    ETHER_ARP = 0x0806,
    ETHER_BRIDGED = 0x6558, /* transparent Ethernet bridging (RFC 1701) */
    ETHER_VLAN = 0x8100,
    ETHER_IPV6 = 0x86dd,
    ETHER_PPP = 0x880b,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_MULTICAST = 0x8848,
    ETHER_PPPOE = 0x8864, /* of a session (RFC 2516) */
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100
};

enum ip_protocol {
    IP_HOP_BY_HOP = 0,
    IP_IN_IP = 4, /* RFC 2003 */
    IP_TCP = IOTSIG_TCP,
    IP_UDP = IOTSIG_UDP,
    IP_IPV6 = 41, /* RFC 4213 */
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_GRE = 47, /* RFC 2784 */
    IP_AH = 51,  /* RFC 4302 */
    IP_DESTINATION = 60,
    IP_MOBILITY = 135,
    IP_HIP = 139,
    IP_SHIM6 = 140
};

enum ppp_protocol { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57, PPP_MPLS = 0x281 };

struct decoder {
    struct cursor at;
    unsigned type;
    int version;    /* of the innermost IP header read so far */
    bool addressed; /* the outermost IP header has been read */
    bool cut;       /* some header promises more than was captured */
    struct packet *packet;
};

/* Narrows what is left to `length` bytes, as a header says; what is behind belongs to the link. */
static void narrow(struct decoder *d, size_t length)
{
    if (length > d->at.left)
        d->cut = true;
    d->at = cursor_of(cursor_take_most(&d->at, length));
}

static enum next of_type(struct decoder *d, enum next next, unsigned type)
{
    d->type = type;
    return next;
}

/* Link layers. */

static enum next ethernet(struct decoder *d)
{
    enum { ADDRESSES = 12, HEADER = 14 };
    if (d->at.left < HEADER)
        return NEXT_NONE;
    struct cursor head = cursor_sub(&d->at, HEADER);
    cursor_skip(&head, ADDRESSES);
    return of_type(d, NEXT_ETHER_TYPE, cursor_u16(&head));
}

static enum next pppoe(struct decoder *d)
{
    uint8_t version = cursor_u8(&d->at), code = cursor_u8(&d->at);
    cursor_skip(&d->at, 2);
    size_t length = cursor_u16(&d->at);
    if (version != 0x11 || code != 0)
        return NEXT_NONE;
    narrow(d, length);
    return NEXT_PPP;
}

HOT enum next ether_type(struct decoder *d)
{
    switch (d->type) {
    case ETHER_IPV4:
    case ETHER_IPV6:
        return NEXT_IP;
    case ETHER_VLAN:
    case ETHER_QINQ:
    case ETHER_QINQ_OLD:
        cursor_skip(&d->at, 2);
        return of_type(d, NEXT_ETHER_TYPE, cursor_u16(&d->at));
    case ETHER_MPLS:
    case ETHER_MPLS_MULTICAST:
        return NEXT_MPLS;
    case ETHER_PPPOE:
        return pppoe(d);
    case ETHER_PPP:
        return NEXT_PPP;
    case ETHER_BRIDGED:
        return NEXT_ETHERNET;
    default:
        if (d->type > ETHER_LENGTH_MAX)
            return NEXT_NONE;
        narrow(d, d->type);
        return NEXT_LLC;
    }
}

/* IEEE 802.2, and SNAP behind it (RFC 1042). */
static enum next llc(struct decoder *d)
{
    uint8_t dsap = cursor_u8(&d->at), ssap = cursor_u8(&d->at), control = cursor_u8(&d->at);
    if (dsap == 0x06 && ssap == 0x06 && control == 0x03)
        return NEXT_IP;
    if (dsap != 0xaa || ssap != 0xaa || control != 0x03)
        return NEXT_NONE;
    uint32_t organisation = cursor_u24(&d->at);
    uint16_t type = cursor_u16(&d->at);
    if (organisation != 0 && organisation != 0x0000f8)
        return NEXT_NONE;
    return type > ETHER_LENGTH_MAX ? of_type(d, NEXT_ETHER_TYPE, type) : NEXT_NONE;
}

/* RFC 1661, RFC 1662: address and control may be left out, and the protocol one byte long. */
static enum next ppp(struct decoder *d)
{
    if (bytes_start_with(cursor_rest(&d->at), "\xff\x03", 2))
        cursor_skip(&d->at, 2);
    unsigned protocol = cursor_u8(&d->at);
    if (!(protocol & 1))
        protocol = protocol << 8 | cursor_u8(&d->at);
    switch (protocol) {
    case PPP_IPV4:
    case PPP_IPV6:
        return NEXT_IP;
    case PPP_MPLS:
        return NEXT_MPLS;
    default:
        return NEXT_NONE;
    }
}

/* RFC 3032. What is behind the bottom of the stack shows in its first bits: IP, or Ethernet behind
 * a control word of zeros (RFC 4448). */
static enum next mpls(struct decoder *d)
{
    uint32_t label = cursor_u32(&d->at);
    if (!(label & 0x100))
        return NEXT_MPLS;
    struct cursor ahead = d->at;
    uint8_t version = cursor_u8(&ahead) >> 4;
    if (version == 4 || version == 6)
        return NEXT_IP;
    if (version != 0)
        return NEXT_NONE;
    cursor_skip(&d->at, 4);
    return NEXT_ETHERNET;
}

/* IEEE 802.11 data frames in clear. `padded`: the header is filled up to four bytes. */
static enum next wireless(struct decoder *d, bool padded)
{
    enum { TYPE = 0x0c, DATA = 0x08, NO_DATA = 0x40, QOS = 0x80 };
    enum { TO_DS = 0x01, FROM_DS = 0x02, PROTECTED = 0x40, ORDER = 0x80, AGGREGATED = 0x80 };
    size_t before = d->at.left;
    uint8_t control = cursor_u8(&d->at), flags = cursor_u8(&d->at), qos = 0;
    cursor_skip(&d->at, 22); /* duration, three addresses, sequence */
    if ((control & TYPE) != DATA || (control & NO_DATA) || (flags & PROTECTED))
        return NEXT_NONE;
    if ((flags & TO_DS) && (flags & FROM_DS))
        cursor_skip(&d->at, 6);
    if (control & QOS) {
        qos = cursor_u8(&d->at);
        cursor_skip(&d->at, flags & ORDER ? 5 : 1);
    }
    if (padded)
        cursor_skip(&d->at, (4 - (before - d->at.left) % 4) % 4);
    if (qos & AGGREGATED) /* of several frames the first, behind its addresses and length */
        cursor_skip(&d->at, 14);
    return NEXT_LLC;
}

/* www.radiotap.org: little-endian; the flags tell whether the 802.11 header is padded. */
static enum next radiotap(struct decoder *d)
{
    enum { HAS_TIME = 0x1, HAS_FLAGS = 0x2, PADDED = 0x20, WORDS = 32, MORE_BIT = 31 };
    struct cursor field = d->at;
    uint8_t version = cursor_u8(&field), flags = 0;
    cursor_skip(&field, 1);
    uint16_t length = cursor_u16le(&field);
    uint32_t first = cursor_u32le(&field), present = first;
    for (int i = 0; i < WORDS && present >> MORE_BIT != 0; i++)
        present = cursor_u32le(&field);
    if (first & HAS_TIME) { /* eight bytes, aligned to eight */
        cursor_skip(&field, (d->at.left - field.left) % 8);
        cursor_skip(&field, 8);
    }
    if (first & HAS_FLAGS)
        flags = cursor_u8(&field);
    if (version != 0 || length < 8)
        return NEXT_NONE;
    cursor_skip(&d->at, length);
    return wireless(d, flags & PADDED);
}

static enum next avs(struct decoder *d)
{
    struct cursor head = d->at;
    cursor_skip(&head, 4);
    cursor_skip(&d->at, cursor_u32(&head));
    return wireless(d, false);
}

/* The header of Prism cards is always as long; some drivers write that of AVS for it. */
static enum next prism(struct decoder *d)
{
    if (bytes_start_with(cursor_rest(&d->at), "\x80\x21\x10", 3))
        return avs(d);
    cursor_skip(&d->at, 144);
    return wireless(d, false);
}

/* Linux cooked captures: the protocol is an Ethernet type, or 4 for a frame of 802.2. */
static enum next cooked(struct decoder *d, unsigned protocol)
{
    return protocol == 4 ? NEXT_LLC
           : protocol <= ETHER_LENGTH_MAX
               ? NEXT_NONE
               : of_type(d, NEXT_ETHER_TYPE, protocol);
}

/* BSD loopback: the address family, in the order of the machine that wrote it. */
static enum next loopback(struct decoder *d)
{
    enum { INET = 2, INET6_LINUX = 10, INET6_BSD = 24, INET6_FREEBSD = 28, INET6_DARWIN = 30 };
    uint32_t family = cursor_u32(&d->at);
    if (family > 0xffff)
        family = family >> 24 | (family >> 8 & 0xff00);
    return family == INET || family == INET6_LINUX || family == INET6_BSD ||
                   family == INET6_FREEBSD || family == INET6_DARWIN
               ? NEXT_IP
               : NEXT_NONE;
}

/* Cisco's HDLC has an Ethernet type where PPP has its protocol. */
static enum next ppp_or_hdlc(struct decoder *d)
{
    struct cursor ahead = d->at;
    uint8_t address = cursor_u8(&ahead);
    if (address != 0x0f && address != 0x8f)
        return NEXT_PPP;
    cursor_skip(&d->at, 2);
    return of_type(d, NEXT_ETHER_TYPE, cursor_u16(&d->at));
}

/* pppd writes the direction in place of the address. */
static enum next pppd(struct decoder *d)
{
    cursor_skip(&d->at, 1);
    if (bytes_start_with(cursor_rest(&d->at), "\x03", 1))
        cursor_skip(&d->at, 1);
    return NEXT_PPP;
}

static enum next link_layer(struct decoder *d, int link_type)
{
    switch (link_type) {
    case IOTSIG_LINK_ETHERNET:
        return ethernet(d);
    case IOTSIG_LINK_RAW:
    case IOTSIG_LINK_RAW_14:
    case IOTSIG_LINK_RAW_12:
    case IOTSIG_LINK_IPV4:
    case IOTSIG_LINK_IPV6:
        return NEXT_IP;
    case IOTSIG_LINK_LINUX_SLL:
        cursor_skip(&d->at, 14);
        return cooked(d, cursor_u16(&d->at));
    case IOTSIG_LINK_LINUX_SLL2: {
        unsigned protocol = cursor_u16(&d->at);
        cursor_skip(&d->at, 18);
        return cooked(d, protocol);
    }
    case IOTSIG_LINK_NULL:
    case IOTSIG_LINK_LOOP:
        return loopback(d);
    case IOTSIG_LINK_IEEE802_11:
        return wireless(d, false);
    case IOTSIG_LINK_RADIOTAP:
        return radiotap(d);
    case IOTSIG_LINK_PRISM:
        return prism(d);
    case IOTSIG_LINK_AVS:
        return avs(d);
    case IOTSIG_LINK_PPP:
    case IOTSIG_LINK_PPP_HDLC:
        return ppp_or_hdlc(d);
    case IOTSIG_LINK_PPPOE:
        return pppoe(d);
    case IOTSIG_LINK_PPP_PPPD:
        return pppd(d);
    case IOTSIG_LINK_PPP_WITH_DIR:
        cursor_skip(&d->at, 1);
        return NEXT_PPP;
    default:
        return NEXT_NONE;
    }
}

/* Per-Packet Information: a header, and behind it a frame of the link type that it names. */
static enum next first_header(struct decoder *d, int link_type)
{
    if (link_type != IOTSIG_LINK_PPI)
        return link_layer(d, link_type);
    struct cursor head = d->at;
    cursor_skip(&head, 2);
    uint16_t length = cursor_u16le(&head);
    uint32_t inner = cursor_u32le(&head);
    cursor_skip(&d->at, length);
    return length >= 8 && inner <= UINT16_MAX ? link_layer(d, (int)inner) : NEXT_NONE;
}

/* The network layer. */

static void set_addresses(struct decoder *d, const struct address *src, const struct address *dst)
{
    if (d->addressed)
        return;
    d->addressed = true;
    d->packet->src.address = *src;
    d->packet->dst.address = *dst;
}

/* RFC 791 section 3.1, RFC 2113. */
static bool has_router_alert(struct cursor options)
{
    enum { END = 0, PADDING = 1, ROUTER_ALERT = 148 };
    while (options.left > 0) {
        uint8_t type = cursor_u8(&options);
        if (type == ROUTER_ALERT)
            return true;
        if (type == END)
            return false;
        if (type == PADDING)
            continue;
        uint8_t length = cursor_u8(&options);
        if (length < 2)
            return false;
        cursor_skip(&options, length - 2u);
    }
    return false;
}

/* What an IP header says. */
struct ip_header {
    struct address src, dst;
    size_t size;  /* of the header */
    size_t total; /* of header and payload; 0: it does not tell */
    unsigned offset;
    uint8_t protocol;
};

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* RFC 791, up to the options. A total length of 0 is that of a segment that the card is to cut. */
HOT bool read_ipv4(struct decoder *d, struct ip_header *ip)
{
    enum { OFFSET = 0x1fff };
    if (d->at.left < IPV4_HEADER)
        return false;
    struct cursor head = cursor_sub(&d->at, IPV4_HEADER);
    *ip = (struct ip_header){.src = {.version = 4}, .dst = {.version = 4}};
    ip->size = (size_t)(cursor_u8(&head) & 15) * 4;
    cursor_skip(&head, 1);
    ip->total = cursor_u16(&head);
    cursor_skip(&head, 2);
    ip->offset = cursor_u16(&head) & OFFSET;
    cursor_skip(&head, 1);
    ip->protocol = cursor_u8(&head);
    cursor_skip(&head, 2);
    cursor_copy(&head, ip->src.bytes, 4);
    cursor_copy(&head, ip->dst.bytes, 4);
    return ip->size >= IPV4_HEADER && (ip->total == 0 || ip->total >= ip->size);
}

/* To the payload of a header that was read. */
HOT enum next enter_ipv4(struct decoder *d, const struct ip_header *ip)
{
    if (ip->total != 0)
        narrow(d, ip->total - IPV4_HEADER);
    if (ip->size > IPV4_HEADER) {
        struct cursor options = cursor_sub(&d->at, ip->size - IPV4_HEADER);
        if (has_router_alert(options))
            d->packet->router_alert = true;
    }
    set_addresses(d, &ip->src, &ip->dst);
    d->version = 4;
    return of_type(d, NEXT_PROTOCOL, ip->protocol);
}

static enum next ipv4(struct decoder *d)
{
    struct ip_header ip;
    return read_ipv4(d, &ip) && ip.offset == 0 ? enter_ipv4(d, &ip) : NEXT_NONE;
}

/* RFC 8200. A payload length of 0 is that of a jumbogram, or as for IPv4. */
HOT bool read_ipv6(struct decoder *d, struct ip_header *ip)
{
    if (d->at.left < IPV6_HEADER)
        return false;
    struct cursor head = cursor_sub(&d->at, IPV6_HEADER);
    *ip = (struct ip_header){.src = {.version = 6}, .dst = {.version = 6}, .size = IPV6_HEADER};
    cursor_skip(&head, 4);
    size_t length = cursor_u16(&head);
    ip->total = length != 0 ? IPV6_HEADER + length : 0;
    ip->protocol = cursor_u8(&head);
    cursor_skip(&head, 1);
    cursor_copy(&head, ip->src.bytes, 16);
    cursor_copy(&head, ip->dst.bytes, 16);
    return true;
}

HOT enum next enter_ipv6(struct decoder *d, const struct ip_header *ip)
{
    if (ip->total != 0)
        narrow(d, ip->total - IPV6_HEADER);
    set_addresses(d, &ip->src, &ip->dst);
    d->version = 6;
    return of_type(d, NEXT_PROTOCOL, ip->protocol);
}

static enum next ipv6(struct decoder *d)
{
    struct ip_header ip;
    return read_ipv6(d, &ip) ? enter_ipv6(d, &ip) : NEXT_NONE;
}

static enum next ip(struct decoder *d)
{
    struct cursor ahead = d->at;
    switch (cursor_u8(&ahead) >> 4) {
    case 4:
        return ipv4(d);
    case 6:
        return ipv6(d);
    default:
        return NEXT_NONE;
    }
}

/* RFC 8200 section 4.2, RFC 2711. */
static bool has_ipv6_router_alert(struct cursor options)
{
    enum { PADDING = 0, ROUTER_ALERT = 5 };
    while (options.left > 0) {
        uint8_t type = cursor_u8(&options);
        if (type == ROUTER_ALERT)
            return true;
        if (type != PADDING)
            cursor_skip(&options, cursor_u8(&options));
    }
    return false;
}

/* RFC 8200 section 4.3 to 4.6: next header, length in eights without the first. */
static enum next extension(struct decoder *d)
{
    bool hop_by_hop = d->type == IP_HOP_BY_HOP;
    uint8_t next = cursor_u8(&d->at);
    size_t length = cursor_u8(&d->at) * 8u + 6;
    struct cursor options = cursor_sub(&d->at, length);
    if (hop_by_hop && has_ipv6_router_alert(options))
        d->packet->router_alert = true;
    return of_type(d, NEXT_PROTOCOL, next);
}

/* Answers the offset in eights. */
static unsigned read_fragment(struct decoder *d)
{
    d->type = cursor_u8(&d->at);
    cursor_skip(&d->at, 1);
    unsigned offset = cursor_u16(&d->at) >> 3;
    cursor_skip(&d->at, 4);
    return offset;
}

static enum next fragment(struct decoder *d)
{
    return read_fragment(d) == 0 ? NEXT_PROTOCOL : NEXT_NONE;
}

/* RFC 4302 section 2.2: length in fours, without the first two. */
static enum next authentication(struct decoder *d)
{
    uint8_t next = cursor_u8(&d->at);
    size_t length = cursor_u8(&d->at) * 4u + 8;
    cursor_skip(&d->at, length - 2);
    return of_type(d, NEXT_PROTOCOL, next);
}

/* RFC 2784, RFC 2890; version 1 of RFC 2637. */
static enum next gre(struct decoder *d)
{
    enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080 };
    unsigned flags = cursor_u16(&d->at), version = flags & 7;
    unsigned type = cursor_u16(&d->at);
    if (version > 1 || (flags & ROUTING))
        return NEXT_NONE;
    if (flags & CHECKSUM)
        cursor_skip(&d->at, 4);
    if (flags & KEY)
        cursor_skip(&d->at, 4);
    if (flags & SEQUENCE)
        cursor_skip(&d->at, 4);
    if (version == 1 && (flags & ACK))
        cursor_skip(&d->at, 4);
    return type > ETHER_LENGTH_MAX ? of_type(d, NEXT_ETHER_TYPE, type) : NEXT_NONE;
}

/* The transport layer. */

/* RFC 768. Of the header the ports must be there. */
HOT enum next udp(struct decoder *d)
{
    enum { HEADER = 8, PORTS = 4 };
    if (d->at.left < PORTS)
        return NEXT_NONE;
    struct cursor ports = cursor_sub(&d->at, PORTS);
    d->packet->src.port = cursor_u16(&ports);
    d->packet->dst.port = cursor_u16(&ports);
    d->packet->transport = IOTSIG_UDP;
    d->packet->cut = d->cut;

    size_t length = cursor_u16(&d->at);
    cursor_skip(&d->at, 2);
    struct bytes payload = cursor_rest(&d->at);
    if (length >= HEADER && length - HEADER <= payload.n && !d->at.failed) {
        payload = cursor_take(&d->at, length - HEADER);
        d->packet->cut = false;
    }
    d->packet->payload = payload;
    return NEXT_DONE;
}

/* RFC 9293 section 3.1. Of the header all up to the flags must be there. */
HOT enum next tcp(struct decoder *d)
{
    enum { HEADER = 20, UP_TO_FLAGS = 14 };
    if (d->at.left < UP_TO_FLAGS)
        return NEXT_NONE;
    struct cursor head = cursor_sub(&d->at, UP_TO_FLAGS);
    d->packet->src.port = cursor_u16(&head);
    d->packet->dst.port = cursor_u16(&head);
    d->packet->tcp_seq = cursor_u32(&head);
    cursor_skip(&head, 4);
    size_t header = (size_t)(cursor_u8(&head) >> 4) * 4;
    d->packet->tcp_flags = cursor_u8(&head);
    d->packet->transport = IOTSIG_TCP;
    d->packet->cut = d->cut;
    cursor_skip(&d->at, (header < HEADER ? HEADER : header) - UP_TO_FLAGS);
    d->packet->payload = cursor_rest(&d->at);
    return NEXT_DONE;
}

static enum next protocol(struct decoder *d)
{
    bool v6 = d->version == 6;
    switch (d->type) {
    case IP_TCP:
        return tcp(d);
    case IP_UDP:
        return udp(d);
    case IP_IN_IP:
    case IP_IPV6:
        return NEXT_IP;
    case IP_GRE:
        return gre(d);
    case IP_AH:
        return authentication(d);
    case IP_HOP_BY_HOP:
    case IP_ROUTING:
    case IP_DESTINATION:
    case IP_MOBILITY:
    case IP_HIP:
    case IP_SHIM6:
        return v6 ? extension(d) : NEXT_NONE;
    case IP_FRAGMENT:
        return v6 ? fragment(d) : NEXT_NONE;
    default:
        return NEXT_NONE;
    }
}

static enum next step(struct decoder *d, enum next next)
{
    switch (next) {
    case NEXT_ETHERNET:
        return ethernet(d);
    case NEXT_ETHER_TYPE:
        return ether_type(d);
    case NEXT_LLC:
        return llc(d);
    case NEXT_PPP:
        return ppp(d);
    case NEXT_IP:
        return ip(d);
    case NEXT_MPLS:
        return mpls(d);
    case NEXT_PROTOCOL:
        return protocol(d);
    default:
        return NEXT_NONE;
    }
}

bool iotsig_decode(int link_type, struct bytes frame, struct packet *packet)
{
    struct decoder d = {.at = cursor_of(frame), .packet = packet};
    *packet = (struct packet){0};
    enum next next = first_header(&d, link_type);
    for (int depth = 0; depth < IOTSIG_DECODE_DEPTH; depth++) {
        if (next == NEXT_DONE)
            return d.addressed;
        if (next == NEXT_NONE || d.at.failed)
            return false;
        next = step(&d, next);
    }
    return false;
}

/* Frames as a bridge sees them. */

static bool is_tag(unsigned type)
{
    return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD;
}

/* What raw IP would have for a type. */
static uint16_t type_of_ip(struct cursor at)
{
    uint8_t version = cursor_u8(&at) >> 4;
    return version == 4 ? ETHER_IPV4 : version == 6 ? ETHER_IPV6 : 0;
}

/* Of 802.2 only SNAP has a type; else the body begins with the header that was tried. */
static enum next try_llc(struct decoder *d)
{
    struct cursor before = d->at;
    enum next next = llc(d);
    if (next != NEXT_NONE)
        return next;
    d->at = before;
    return of_type(d, NEXT_DONE, 0);
}

/* Goes on to what the link carries, and answers its type in `d->type`; false: nothing. */
static bool find_body(struct decoder *d, enum next next, uint8_t *tags)
{
    for (int depth = 0; depth < IOTSIG_DECODE_DEPTH && !d->at.failed; depth++) {
        switch (next) {
        case NEXT_ETHER_TYPE:
            if (is_tag(d->type)) {
                *tags = (uint8_t)(*tags + 1);
                next = ether_type(d);
                break;
            }
            if (d->type <= ETHER_LENGTH_MAX) { /* an 802.3 frame, which has a length here */
                narrow(d, d->type);
                d->type = 0;
            }
            return true;
        case NEXT_LLC:
            next = try_llc(d);
            break;
        case NEXT_PPP:
            next = ppp(d);
            break;
        case NEXT_IP:
            d->type = type_of_ip(d->at);
            return true;
        case NEXT_DONE:
            return true;
        default:
            return false;
        }
    }
    return false;
}

/* RFC 826 */
static void read_arp(struct cursor at, struct frame *frame)
{
    enum { MAC_BYTES = 6, ADDRESS_BYTES = 4, BYTES = 28 };
    struct arp *arp = &frame->arp;
    cursor_skip(&at, 2); /* the hardware: Ethernet, and what looks like it */
    uint16_t type = cursor_u16(&at);
    uint8_t mac_bytes = cursor_u8(&at), address_bytes = cursor_u8(&at);
    arp->operation = cursor_u16(&at);
    arp->sha = cursor_u48(&at);
    cursor_copy(&at, arp->spa.bytes, ADDRESS_BYTES);
    arp->tha = cursor_u48(&at);
    cursor_copy(&at, arp->tpa.bytes, ADDRESS_BYTES);
    arp->spa.version = arp->tpa.version = 4;
    frame->has_arp = !at.failed && type == ETHER_IPV4 && mac_bytes == MAC_BYTES &&
                     address_bytes == ADDRESS_BYTES;
    frame->length = BYTES;
}

/* The extension headers that a bridge looks behind: RFC 8200 section 4, RFC 4302. */
static bool is_extension(unsigned protocol)
{
    return protocol == IP_HOP_BY_HOP || protocol == IP_ROUTING || protocol == IP_DESTINATION ||
           protocol == IP_AH || protocol == IP_FRAGMENT;
}

/* Past them; what follows a fragment that is not the first is only named. */
static void skip_extensions(struct decoder *d, struct frame *frame)
{
    for (int depth = 0; depth < IOTSIG_DECODE_DEPTH && !d->at.failed; depth++) {
        if (!is_extension(d->type) || frame->later)
            return;
        if (d->type == IP_FRAGMENT)
            frame->later = read_fragment(d) > 0;
        else if (d->type == IP_AH)
            (void)authentication(d);
        else
            (void)extension(d);
    }
}

static void read_transport(struct decoder *d, struct frame *frame)
{
    bool icmp = frame->protocol == (frame->version == 4 ? IOTSIG_ICMP : IOTSIG_ICMPV6);
    frame->packet.payload = cursor_rest(&d->at);
    frame->packet.cut = d->cut;
    if (frame->later)
        return;
    if (frame->protocol == IOTSIG_TCP)
        (void)tcp(d);
    else if (frame->protocol == IOTSIG_UDP)
        (void)udp(d);
    if (!icmp)
        return;
    frame->icmp_type = cursor_u8(&d->at);
    frame->icmp_code = cursor_u8(&d->at);
    frame->has_icmp = !d->at.failed;
}

static void read_network(struct decoder *d, struct frame *frame)
{
    struct ip_header ip;
    uint8_t version = frame->ether_type == ETHER_IPV4 ? 4 : 6;
    if (type_of_ip(d->at) != frame->ether_type ||
        !(version == 4 ? read_ipv4(d, &ip) : read_ipv6(d, &ip)))
        return;
    frame->version = version;
    frame->length = (uint32_t)(ip.total != 0 ? ip.total : frame->body.n);
    frame->later = ip.offset > 0;
    (void)(version == 4 ? enter_ipv4(d, &ip) : enter_ipv6(d, &ip));
    if (version == 6)
        skip_extensions(d, frame);
    frame->cut = d->cut;
    frame->has_protocol = !d->at.failed && !(version == 6 && is_extension(d->type));
    if (!frame->has_protocol)
        return;
    frame->protocol = (uint8_t)d->type;
    read_transport(d, frame);
}

bool iotsig_decode_frame(int link_type, struct bytes bytes, struct frame *frame)
{
    struct decoder d = {.at = cursor_of(bytes), .packet = &frame->packet};
    *frame = (struct frame){0};
    if (link_type == IOTSIG_LINK_ETHERNET) {
        struct cursor head = d.at;
        frame->dst_mac = cursor_u48(&head);
        frame->src_mac = cursor_u48(&head);
        frame->has_macs = !head.failed;
    }
    if (!find_body(&d, first_header(&d, link_type), &frame->tags))
        return false;
    frame->ether_type = (uint16_t)d.type;
    frame->body = cursor_rest(&d.at);
    if (d.type == ETHER_ARP)
        read_arp(d.at, frame);
    else if (d.type == ETHER_IPV4 || d.type == ETHER_IPV6)
        read_network(&d, frame);
    return true;
}
