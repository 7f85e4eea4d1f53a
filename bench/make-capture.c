/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a large capture to standard output, the same for the same arguments.
 *
 * usage: make-capture packets N       N packets of few devices, as a home has them
 *        make-capture flows N         one packet of each of N flows: of each device to hosts of its own
 *        make-capture other-flows N   so, but every tenth is another: its address, name or port
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES 12
#define SERVERS 40
#define FRAME_MAX 1514

struct frame {
    uint8_t bytes[FRAME_MAX];
    size_t n;
};

static uint64_t state = 1;

/* xorshift64: reproducible, and good enough to mix packets. */
static uint32_t random_below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static void put8(struct frame *f, unsigned value)
{
    f->bytes[f->n++] = (uint8_t)value;
}

static void put16(struct frame *f, unsigned value)
{
    put8(f, value >> 8);
    put8(f, value & 0xff);
}

static void put32(struct frame *f, uint32_t value)
{
    put16(f, value >> 16);
    put16(f, value & 0xffff);
}

static void put_zeros(struct frame *f, size_t n)
{
    memset(f->bytes + f->n, 0, n);
    f->n += n;
}

/* Ethernet and IPv4 headers for `payload` bytes behind them. */
static void put_headers(struct frame *f, uint32_t src, uint32_t dst, unsigned protocol, size_t payload)
{
    f->n = 0;
    put32(f, 0x02000000);
    put16(f, dst & 0xffff);
    put32(f, 0x02000000);
    put16(f, src & 0xffff);
    put16(f, 0x0800);
    put16(f, 0x4500);
    put16(f, (unsigned)(20 + payload));
    put32(f, 0);
    put16(f, 64u << 8 | protocol);
    put16(f, 0);
    put32(f, src);
    put32(f, dst);
}

static void put_tcp(struct frame *f, uint32_t src, unsigned sport, uint32_t dst, unsigned dport,
                    unsigned flags, size_t payload)
{
    put_headers(f, src, dst, 6, 20 + payload);
    put16(f, sport);
    put16(f, dport);
    put32(f, 1);
    put32(f, 1);
    put16(f, 5u << 12 | flags);
    put16(f, 65535);
    put32(f, 0);
}

static void put_udp(struct frame *f, uint32_t src, unsigned sport, uint32_t dst, unsigned dport,
                    size_t payload)
{
    put_headers(f, src, dst, 17, 8 + payload);
    put16(f, sport);
    put16(f, dport);
    put16(f, (unsigned)(8 + payload));
    put16(f, 0);
}

static void put_label(struct frame *f, const char *label)
{
    size_t n = strlen(label);
    put8(f, (unsigned)n);
    memcpy(f->bytes + f->n, label, n);
    f->n += n;
}

/* A query for `<host>.<domain>.example`, or its answer with an address. */
static void put_dns(struct frame *f, uint32_t device, unsigned sport, const char *host,
                    const char *domain, bool response, uint32_t answer)
{
    size_t question = strlen(host) + strlen(domain) + 11 + 4, data = question + 12;
    uint32_t gateway = 0xc0a80101;
    if (response)
        put_udp(f, gateway, 53, device, sport, data + 16);
    else
        put_udp(f, device, sport, gateway, 53, data);
    put16(f, 7);
    put16(f, response ? 0x8180 : 0x0100);
    put16(f, 1);
    put16(f, response);
    put32(f, 0);
    put_label(f, host);
    put_label(f, domain);
    put_label(f, "example");
    put8(f, 0);
    put16(f, 1);
    put16(f, 1);
    if (!response)
        return;
    put16(f, 0xc00c);
    put16(f, 1);
    put16(f, 1);
    put32(f, 60);
    put16(f, 4);
    put32(f, answer);
}

static void put_le32(uint32_t value)
{
    for (int i = 0; i < 4; i++)
        putchar_unlocked((int)(value >> 8 * i & 0xff));
}

static void write_frame(const struct frame *f, uint64_t microseconds)
{
    put_le32((uint32_t)(1700000000 + microseconds / 1000000));
    put_le32((uint32_t)(microseconds % 1000000));
    put_le32((uint32_t)f->n);
    put_le32((uint32_t)f->n);
    fwrite_unlocked(f->bytes, 1, f->n, stdout);
}

/* A conversation, which lasts some packets. */
struct talk {
    uint32_t device, number;
    unsigned port, left;
};

/* One packet as they come: mostly TLS records and the acknowledgements between them. */
static void home_packet(struct frame *f, struct talk *talk)
{
    if (talk->left == 0)
        *talk = (struct talk){0xc0a80110 + random_below(DEVICES), random_below(SERVERS),
                              40000 + random_below(8), 1 + random_below(24)};
    talk->left--;
    uint32_t device = talk->device, number = talk->number, server = 0xcb007100 + number;
    unsigned port = talk->port, kind = random_below(100);
    size_t size = 40 + random_below(180);
    bool up = random_below(2) == 0;
    char host[16];

    if (kind < 55) {
        if (up)
            put_tcp(f, device, port, server, 443, 0x18, size + 5);
        else
            put_tcp(f, server, 443, device, port, 0x18, size + 5);
        put8(f, 23);
        put16(f, 0x0303);
        put16(f, (unsigned)size);
        put_zeros(f, size);
    } else if (kind < 85) {
        put_tcp(f, device, port, server, 443, 0x10, 0);
    } else if (kind < 90) {
        put_tcp(f, 0xc0a80101, port, device, 9999, 0x18, size);
        put_zeros(f, size);
    } else if (kind < 95) {
        put_udp(f, device, port, 0xe00000fb, 12345, size);
        put_zeros(f, size);
    } else {
        snprintf(host, sizeof host, "s%u", (unsigned)number);
        put_dns(f, device, port, host, "plug", !up, server);
    }
    if (f->n < 60)
        put_zeros(f, 60 - f->n);
}

/* Flow `i`: an address without a name, a name that is looked up, or a port of its own. */
static void flow_packet(struct frame *f, uint32_t i, bool other)
{
    other = other && i % 10 == 0;
    uint32_t device = 0xc0a80110 + i % DEVICES;
    char host[16];
    switch (i % 3) {
    case 0:
        put_udp(f, device, 40000, (other ? 0x0d000000 : 0x0b000000) + i, 7000, 64);
        put_zeros(f, 64);
        break;
    case 1:
        snprintf(host, sizeof host, "n%u", (unsigned)i);
        put_dns(f, device, 40000 + i % 20000, other ? "api" : "www", host, false, 0);
        break;
    default:
        put_tcp(f, 0x0c000000 + i, 50000, device, 1024 + (i + other) % 40000, 0x18, 64);
        put_zeros(f, 64);
    }
}

int main(int argc, char **argv)
{
    bool other = argc == 3 && strcmp(argv[1], "other-flows") == 0;
    bool flows = argc == 3 && (other || strcmp(argv[1], "flows") == 0);
    if (argc != 3 || (!flows && strcmp(argv[1], "packets") != 0)) {
        fputs("usage: make-capture packets|flows|other-flows N\n", stderr);
        return 2;
    }
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
    struct frame f;
    struct talk talk = {0};
    put_le32(0xa1b2c3d4);
    put_le32(4u << 16 | 2);
    put_le32(0);
    put_le32(0);
    put_le32(262144);
    put_le32(1);
    for (uint32_t i = 0; i < n; i++) {
        if (flows)
            flow_packet(&f, i, other);
        else
            home_packet(&f, &talk);
        write_frame(&f, (uint64_t)i * 500);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
