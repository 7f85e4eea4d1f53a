/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "header.h"

#include <netinet/in.h>

#include "common.h"

#define FRAGMENT_OFFSET 0x1fff

/* Where the headers of a packet end. */
struct headers {
    uint8_t protocol; /* of layer 4 */
    bool fragment;    /* not the first: layer 4 is elsewhere */
    size_t l3, all;
};

static void read_ipv4(struct cursor *at, struct headers *headers)
{
    size_t length = (cursor_u8(at) & 0xfu) * 4;
    cursor_skip(at, 5);
    headers->fragment = (cursor_u16(at) & FRAGMENT_OFFSET) != 0;
    cursor_skip(at, 1);
    headers->protocol = cursor_u8(at);
    cursor_skip(at, 10);
    if (length > 20)
        cursor_skip(at, length - 20);
}

/* One extension header. False: it is none. */
static bool read_extension(struct cursor *at, struct headers *headers)
{
    uint8_t kind = headers->protocol;
    if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_ROUTING && kind != IPPROTO_DSTOPTS &&
        kind != IPPROTO_FRAGMENT && kind != IPPROTO_AH)
        return false;
    headers->protocol = cursor_u8(at);
    size_t length = cursor_u8(at);
    if (kind == IPPROTO_FRAGMENT) {
        headers->fragment = cursor_u16(at) >> 3 != 0;
        cursor_skip(at, 4);
    } else {
        cursor_skip(at, kind == IPPROTO_AH ? 4 * length + 6 : 8 * length + 6);
    }
    return !at->failed && !headers->fragment;
}

static void read_ipv6(struct cursor *at, struct headers *headers)
{
    cursor_skip(at, 6);
    headers->protocol = cursor_u8(at);
    cursor_skip(at, 33);
    while (read_extension(at, headers))
        continue;
}

static void read_l4(struct cursor *at, uint8_t protocol)
{
    if (protocol == IPPROTO_UDP) {
        cursor_skip(at, 8);
    } else if (protocol == IPPROTO_TCP) {
        cursor_skip(at, 12);
        size_t length = (cursor_u8(at) >> 4) * 4u;
        cursor_skip(at, 7);
        if (length > 20)
            cursor_skip(at, length - 20);
    }
}

/* What is not whole takes all of the packet, so that nobody reads behind it. */
static struct headers read_headers(uint8_t *packet)
{
    struct headers headers = {0};
    runtime_look(packet);
    struct bytes bytes = runtime_bytes(packet);
    struct cursor at = cursor_of(bytes);
    if (bytes.n == 0)
        return headers;
    switch (bytes.p[0] >> 4) {
    case 4: read_ipv4(&at, &headers); break;
    case 6: read_ipv6(&at, &headers); break;
    default: cursor_skip(&at, bytes.n); break;
    }
    headers.l3 = bytes.n - at.left;
    if (headers.fragment)
        cursor_skip(&at, at.left);
    else
        read_l4(&at, headers.protocol);
    headers.all = bytes.n - at.left;
    return headers;
}

size_t get_headers_length(uint8_t *packet)
{
    return read_headers(packet).all;
}

size_t get_l3_header_length(uint8_t *packet)
{
    return read_headers(packet).l3;
}

/* A cursor at a place within something. */
static struct cursor field(uint8_t *start, size_t offset)
{
    struct cursor at = cursor_of(runtime_bytes(start));
    cursor_skip(&at, offset);
    return at;
}

uint16_t get_udp_payload_length(uint8_t *l4)
{
    struct cursor at = field(l4, 4);
    size_t told = cursor_u16(&at);
    cursor_skip(&at, 2);
    size_t payload = told > 8 ? told - 8 : 0;
    return (uint16_t)(payload < at.left ? payload : at.left);
}

uint16_t get_dst_port(uint8_t *l4)
{
    struct cursor at = field(l4, 2);
    return cursor_u16(&at);
}

static uint32_t ipv4_address(uint8_t *packet, size_t offset)
{
    uint32_t address;
    runtime_look(packet);
    struct cursor at = field(packet, offset);
    cursor_copy(&at, &address, sizeof address);
    return address;
}

uint32_t get_ipv4_src_addr(uint8_t *packet)
{
    return ipv4_address(packet, 12);
}

uint32_t get_ipv4_dst_addr(uint8_t *packet)
{
    return ipv4_address(packet, 16);
}

/* Never NULL, nor behind the packet: the caller looks at 16 bytes without a question. */
static uint8_t *ipv6_address(uint8_t *packet, size_t offset)
{
    static uint8_t none[16];
    runtime_look(packet);
    struct cursor at = field(packet, offset);
    return at.left >= sizeof none ? packet + offset : none;
}

uint8_t *get_ipv6_src_addr(uint8_t *packet)
{
    return ipv6_address(packet, 8);
}

uint8_t *get_ipv6_dst_addr(uint8_t *packet)
{
    return ipv6_address(packet, 24);
}
