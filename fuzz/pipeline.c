/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole way: the input is a list of packets, each four bytes that choose ends, ports, protocol
 * and time, and a payload with its length in a byte before it. Headers are made whole, so that
 * grouping, names and signatures are reached. Few ends and ports, so that much matches.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define ROOM ((size_t)256 * 1024)

struct out {
    uint8_t bytes[ROOM];
    size_t n;
};

static void put(struct out *out, const void *bytes, size_t n)
{
    memcpy(out->bytes + out->n, bytes, n);
    out->n += n;
}

static void put16(struct out *out, size_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(out, bytes, 2);
}

static void put32(struct out *out, size_t value)
{
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

static const uint16_t ports[] = {53, 80, 443, 1900, 5353, 5683, 67, 68, 9999, 40000, 40001, 40002, 547, 8080, 1883, 6668};

static void put_ip(struct out *out, uint8_t ends, uint8_t protocol, size_t n)
{
    uint8_t address[16] = {0xfd};
    if ((ends & 0x80) != 0) {
        put32(out, 0x60000000);
        put16(out, n);
        put(out, (uint8_t[]){protocol, 64}, 2);
        address[15] = ends & 7;
        put(out, address, 16);
        address[15] = ends >> 3 & 7;
        put(out, address, 16);
    } else {
        put16(out, 0x4500);
        put16(out, n + 20);
        put32(out, 0);
        put(out, (uint8_t[]){64, protocol, 0, 0}, 4);
        put32(out, 0xc0a80100u | (ends & 7));
        put32(out, 0xc0a80100u | (ends >> 3 & 7));
    }
}

/* One packet of a big-endian pcap of raw IP. */
static void put_packet(struct out *out, const uint8_t choice[4], uint32_t *time, struct bytes payload)
{
    bool tcp = (choice[0] & 0x40) != 0;
    size_t transport = (tcp ? 20 : 8) + payload.n;
    size_t length = ((choice[0] & 0x80) != 0 ? 40 : 20) + transport;
    *time += choice[3] & 31;
    put32(out, *time);
    put32(out, 0);
    put32(out, length);
    put32(out, length);
    put_ip(out, choice[0], tcp ? 6 : 17, transport);
    put16(out, ports[choice[1] & 15]);
    put16(out, ports[choice[1] >> 4]);
    if (tcp) {
        put32(out, 0);
        put32(out, 0);
        put(out, (uint8_t[]){0x50, choice[2] & 0x1f}, 2);
        put16(out, 0xffff);
        put32(out, 0);
    } else {
        put16(out, transport);
        put16(out, 0);
    }
    put(out, payload.p, payload.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct out out;
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    uint32_t time = 1700000000;
    options.keep = cursor_u8(&at);
    options.match_random_ports = (options.keep & 0x80) != 0;
    options.layers = (options.keep & 0x40) != 0 ? IOTSIG_LAYERS_ALL : 0;
    out.n = 0;
    put(&out, "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\x65", 24);
    while (at.left >= 5 && out.n < ROOM - 1024) {
        uint8_t choice[4];
        cursor_copy(&at, choice, sizeof choice);
        size_t n = cursor_u8(&at);
        struct bytes payload = cursor_take_most(&at, n);
        put_packet(&out, choice, &time, payload);
    }
    struct iotsig_context *context = fuzz_context();
    fuzz_patterns(context, fuzz_file(out.bytes, out.n), &options);
    iotsig_context_free(context);
    return 0;
}
