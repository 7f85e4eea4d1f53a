/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames as a bridge sees them, byte by byte from RFC 791, 826, 8200 and IEEE 802.3. */
#include <string.h>

#include "capture/linktype.h"
#include "decode/decode.h"
#include "unit.h"

#define ETHERNET(type) 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, (type) >> 8, (type)&255
#define IPV4(total, fragment, protocol)                                                            \
    0x45, 0, 0, total, 0, 0, (fragment) >> 8, (fragment)&255, 64, protocol, 0, 0, 10, 0, 0, 1, 10, \
        0, 0, 2
#define IPV6(length, next)                                                                         \
    0x60, 0, 0, 0, 0, length, next, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd,   \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define UDP(length) 0x13, 0x88, 0, 53, 0, length, 0, 0
#define BYTES(...)                                                                                 \
    (struct bytes)                                                                                 \
    {                                                                                              \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})                     \
    }

static struct frame decode(int link_type, struct bytes bytes)
{
    struct frame frame;
    assert_true(iotsig_decode_frame(link_type, bytes, &frame));
    return frame;
}

static void test_link(void **state)
{
    (void)state;
    struct frame frame = decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(0x888e), 1, 3, 0, 0));
    assert_true(frame.has_macs);
    assert_true(frame.dst_mac == 0x020000000002 && frame.src_mac == 0x020000000001);
    assert_int_equal(frame.ether_type, 0x888e);
    assert_int_equal(frame.body.n, 4);
    assert_int_equal(frame.version, 0);

    /* A length instead of a type: 802.2 in the body, and padding behind it. */
    frame = decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(3), 0x42, 0x42, 3, 0, 0));
    assert_int_equal(frame.ether_type, 0);
    assert_int_equal(frame.body.n, 3);

    frame = decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(0x88a8), 0, 7, 0x81, 0, 0, 8, 0x08, 0x06));
    assert_int_equal(frame.tags, 2);
    assert_int_equal(frame.ether_type, 0x0806);
    assert_false(frame.has_arp);

    frame = decode(IOTSIG_LINK_RAW, BYTES(IPV4(20, 0, 99)));
    assert_false(frame.has_macs);
    assert_int_equal(frame.ether_type, 0x0800);
    assert_false(iotsig_decode_frame(IOTSIG_LINK_ETHERNET, BYTES(2, 0, 0, 0, 0, 2, 2), &frame));
}

static void test_arp(void **state)
{
    (void)state;
    struct frame frame =
        decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(0x0806), 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0,
                                           1, 10, 0, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0));
    assert_true(frame.has_arp);
    assert_int_equal(frame.arp.operation, 2);
    assert_true(frame.arp.sha == 0x020000000001 && frame.arp.tha == 0x020000000002);
    assert_memory_equal(frame.arp.spa.bytes, "\x0a\0\0\x01", 4);
    assert_memory_equal(frame.arp.tpa.bytes, "\x0a\0\0\x02", 4);
    assert_int_equal(frame.length, 28);
}

static void test_icmp(void **state)
{
    (void)state;
    struct frame frame =
        decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(0x0800), IPV4(24, 0, 1), 8, 5, 0, 0, 9, 9));
    assert_true(frame.has_icmp);
    assert_int_equal(frame.icmp_type, 8);
    assert_int_equal(frame.icmp_code, 5);
    assert_int_equal(frame.packet.payload.n, 4); /* without the padding */
    assert_int_equal(frame.packet.transport, 0);

    /* Behind two extension headers; and of IPv4 in IPv6 it is not ICMPv6. */
    frame = decode(IOTSIG_LINK_RAW, BYTES(IPV6(20, 0), 60, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0,
                                          0, 0, 135, 0, 0, 0));
    assert_true(frame.has_protocol && frame.has_icmp);
    assert_int_equal(frame.protocol, IOTSIG_ICMPV6);
    assert_int_equal(frame.icmp_type, 135);
    assert_int_equal(frame.length, 60);
    assert_false(decode(IOTSIG_LINK_RAW, BYTES(IPV6(4, 1), 8, 0, 0, 0)).has_icmp);
}

static void test_fragments(void **state)
{
    (void)state;
    struct frame frame = decode(IOTSIG_LINK_RAW, BYTES(IPV4(32, 0x2000, 17), UDP(50), 1, 2, 3, 4));
    assert_false(frame.later);
    assert_int_equal(frame.packet.dst.port, 53);
    frame = decode(IOTSIG_LINK_RAW, BYTES(IPV4(32, 5, 17), UDP(12), 1, 2, 3, 4));
    assert_true(frame.later && frame.has_protocol);
    assert_int_equal(frame.protocol, IOTSIG_UDP);
    assert_int_equal(frame.packet.transport, 0);
    assert_int_equal(frame.packet.payload.n, 12);
    frame = decode(IOTSIG_LINK_RAW, BYTES(IPV6(16, 44), 17, 0, 0, 9, 0, 0, 0, 7, UDP(8)));
    assert_true(frame.later && frame.has_protocol);
    assert_int_equal(frame.packet.transport, 0);
}

static void test_tunnels(void **state)
{
    (void)state;
    struct packet packet;
    struct bytes inner = BYTES(ETHERNET(0x0800), IPV4(48, 0, 4), IPV4(28, 0, 17), UDP(8));
    assert_true(iotsig_decode(IOTSIG_LINK_ETHERNET, inner, &packet));
    struct frame frame = decode(IOTSIG_LINK_ETHERNET, inner);
    assert_int_equal(frame.protocol, 4);
    assert_int_equal(frame.packet.transport, 0);
    frame =
        decode(IOTSIG_LINK_ETHERNET, BYTES(ETHERNET(0x8847), 0, 0, 1, 64, IPV4(28, 0, 17), UDP(8)));
    assert_int_equal(frame.version, 0);
}

/* Wherever both decode, they say the same; and bytes that are anything do no harm. */
static void test_against_packets(void **state)
{
    (void)state;
    const struct bytes seeds[] = {
        BYTES(ETHERNET(0x0800), IPV4(32, 0, 17), UDP(12), 1, 2, 3, 4, 0, 0, 0),
        BYTES(ETHERNET(0x8100), 0, 7, 0x86, 0xdd, IPV6(28, 6), 0x13, 0x88, 0, 80, 0, 0, 0, 1, 0, 0,
              0, 1, 0x50, 0x18, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
        BYTES(ETHERNET(0x86dd), IPV6(20, 0), 17, 0, 5, 2, 0, 0, 1, 0, UDP(12), 1, 2, 3, 4),
    };
    uint64_t random = 7;
    for (size_t i = 0; i < 60000; i++) {
        uint8_t bytes[128];
        struct bytes seed = seeds[i % 3];
        struct packet packet;
        struct frame frame;
        memcpy(bytes, seed.p, seed.n);
        damage(&random, bytes, seed.n, below(&random, 3));
        struct bytes cut = {bytes, seed.n - (i % 4 == 0 ? below(&random, seed.n) : 0)};
        bool decoded = iotsig_decode(IOTSIG_LINK_ETHERNET, cut, &packet);
        if (!iotsig_decode_frame(IOTSIG_LINK_ETHERNET, cut, &frame) || frame.packet.transport == 0)
            continue;
        assert_true(decoded);
        assert_memory_equal(&frame.packet.src, &packet.src, sizeof packet.src);
        assert_memory_equal(&frame.packet.dst, &packet.dst, sizeof packet.dst);
        assert_int_equal(frame.packet.tcp_flags, packet.tcp_flags);
        assert_int_equal(frame.packet.cut, packet.cut);
        assert_int_equal(frame.packet.router_alert, packet.router_alert);
        assert_ptr_equal(frame.packet.payload.p, packet.payload.p);
        assert_int_equal(frame.packet.payload.n, packet.payload.n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link),    cmocka_unit_test(test_arp),
        cmocka_unit_test(test_icmp),    cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_tunnels), cmocka_unit_test(test_against_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
