/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a capture that is made to cost as much as it can: N packets, each with something new.
 *
 * usage: flood KIND N
 *   flows      one pair of hosts, and each time other ports
 *   hosts      each time another host
 *   names      each time a question for another name of one domain
 *   labels     so, but the names share all but a label in their middle
 *   domains    each time a domain of its own
 *   answers    each time another address, which has another name
 *   renames    one address, which has another name each time
 *   aliases    a chain: each time a name is an alias of the last
 *   targets    each time another target of HTTP on one connection
 *   devices    each time another hardware address, and address
 *   leases     each time another name of a device, in DHCP
 *   reverse    times that go back; last is 0
 *   ends       times that jump between the first and the last that there are
 *   equal      one time
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START 1700000000u

struct frame {
    uint8_t bytes[1024];
    size_t n;
};

static void put(struct frame *f, const void *bytes, size_t n)
{
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void put_number(struct frame *f, uint64_t value, size_t width)
{
    while (width-- > 0)
        f->bytes[f->n++] = (uint8_t)(value >> (8 * width));
}

/* "a.b.c" as in DNS. */
static void put_name(struct frame *f, const char *name)
{
    while (*name != '\0') {
        size_t n = strcspn(name, ".");
        put_number(f, n, 1);
        put(f, name, n);
        name += n + (name[n] == '.');
    }
    put_number(f, 0, 1);
}

enum { TYPE_A = 1, TYPE_CNAME = 5 };

static void put_question(struct frame *f, const char *name, unsigned answers)
{
    put_number(f, 1, 2);
    put_number(f, answers > 0 ? 0x8180 : 0x0100, 2);
    put_number(f, 1, 2);
    put_number(f, answers, 2);
    put_number(f, 0, 4);
    put_name(f, name);
    put_number(f, TYPE_A, 2);
    put_number(f, 1, 2);
}

static void put_answer(struct frame *f, const char *name, unsigned type, const char *to,
                       uint32_t address)
{
    struct frame data = {.n = 0};
    if (type == TYPE_A)
        put_number(&data, address, 4);
    else
        put_name(&data, to);
    put_name(f, name);
    put_number(f, type, 2);
    put_number(f, 1, 2);
    put_number(f, 60, 4);
    put_number(f, data.n, 2);
    put(f, data.bytes, data.n);
}

static void put_lease(struct frame *f, uint64_t device, const char *name)
{
    static const uint8_t zeros[202];
    put(f, "\1\1\6\0\1\2\3\4\0\0\0\0", 12);
    put(f, zeros, 16);
    put_number(f, 0x020000000000 + device, 6);
    put(f, zeros, 10 + 192);
    put(f, "\x63\x82\x53\x63\x35\1\3\x0c", 8);
    put_number(f, strlen(name), 1);
    put(f, name, strlen(name));
    put_number(f, 0xff, 1);
}

struct packet {
    uint64_t device; /* of the hardware address */
    uint32_t src, dst;
    unsigned sport, dport;
    bool tcp;
    struct frame payload;
    uint32_t seconds, micros;
};

static void write_packet(const struct packet *p)
{
    struct frame f = {.n = 0}, head = {.n = 0};
    size_t header = p->tcp ? 20 : 8;
    put_number(&f, 0x020000000001, 6);
    put_number(&f, 0x020000000000 + p->device, 6);
    put_number(&f, 0x0800, 2);
    put_number(&f, 0x4500, 2);
    put_number(&f, 20 + header + p->payload.n, 2);
    put_number(&f, 0, 4);
    put_number(&f, 64, 1);
    put_number(&f, p->tcp ? 6 : 17, 1);
    put_number(&f, 0, 2);
    put_number(&f, p->src, 4);
    put_number(&f, p->dst, 4);
    put_number(&f, p->sport, 2);
    put_number(&f, p->dport, 2);
    if (p->tcp) {
        put_number(&f, 1, 8);
        put_number(&f, 0x5018, 2);
        put_number(&f, 0xffff, 2);
        put_number(&f, 0, 4);
    } else {
        put_number(&f, header + p->payload.n, 2);
        put_number(&f, 0, 2);
    }
    put(&f, p->payload.bytes, p->payload.n);
    put_number(&head, p->seconds, 4);
    put_number(&head, p->micros, 4);
    put_number(&head, f.n, 4);
    put_number(&head, f.n, 4);
    fwrite(head.bytes, head.n, 1, stdout);
    fwrite(f.bytes, f.n, 1, stdout);
}

#define IS(word) (strcmp(kind, word) == 0)

/* The i-th packet of n; false: no such kind. */
static bool fill(struct packet *p, const char *kind, uint32_t i, uint32_t n)
{
    char name[128], other[128];
    struct frame *payload = &p->payload;
    snprintf(name, sizeof name, "n%u.example.com", i);
    snprintf(other, sizeof other, "n%u.example.com", i + 1);
    if (IS("flows")) {
        p->sport = 20000 + i % 20000;
        p->dport = 40000 + i / 20000;
        put(payload, "x", 1);
    } else if (IS("hosts")) {
        p->dst = 0x0b000000 + i;
        put(payload, "x", 1);
    } else if (IS("names") || IS("labels") || IS("domains")) {
        p->dport = 53;
        if (IS("labels"))
            snprintf(name, sizeof name, "same.name.x%u.same.name.example.com", i);
        if (IS("domains"))
            snprintf(name, sizeof name, "www.n%u.com", i);
        put_question(payload, name, 0);
    } else if (IS("answers") || IS("renames")) {
        uint32_t address = IS("answers") ? 0x0b000000 + i : 0x0b000001;
        p->src = 0xc0a80101;
        p->dst = 0xc0a80102;
        p->sport = 53;
        put_question(payload, name, 1);
        put_answer(payload, name, TYPE_A, NULL, address);
    } else if (IS("aliases")) {
        p->src = 0xc0a80101;
        p->dst = 0xc0a80102;
        p->sport = 53;
        put_question(payload, name, 1);
        put_answer(payload, name, TYPE_CNAME, other, 0);
    } else if (IS("targets")) {
        int length = snprintf(name, sizeof name, "GET /a/%u/b HTTP/1.1\r\nHost: a\r\n\r\n", i);
        p->tcp = true;
        p->dport = 80;
        put(payload, name, (size_t)length);
    } else if (IS("devices") || IS("leases")) {
        p->device = 2 + (IS("devices") ? i : 0);
        p->src = IS("devices") ? 0xac100000 + i : 0;
        if (IS("leases")) {
            snprintf(name, sizeof name, "device-%u", i);
            p->dst = 0xffffffff;
            p->sport = 68;
            p->dport = 67;
            put_lease(payload, p->device, name);
        } else {
            put(payload, "x", 1);
        }
    } else if (IS("reverse") || IS("ends") || IS("equal")) {
        p->dst = 0x0b000000 + i;
        p->seconds = IS("reverse") ? n - 1 - i : IS("ends") ? (i % 2 == 0 ? 0 : 0xffffffff) : START;
        p->micros = IS("ends") && i % 2 != 0 ? 999999 : 0;
        put(payload, "x", 1);
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static char room[1 << 20];
    struct frame head = {.n = 0};
    uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    setvbuf(stdout, room, _IOFBF, sizeof room);
    put_number(&head, 0xa1b2c3d4, 4);
    put_number(&head, 0x00020004, 4);
    put_number(&head, 0, 8);
    put_number(&head, 65535, 4);
    put_number(&head, 1, 4);
    fwrite(head.bytes, head.n, 1, stdout);
    for (uint32_t i = 0; i < n; i++) {
        struct packet packet = {.device = 2,
                                .src = 0xc0a80102,
                                .dst = 0xc0a80101,
                                .sport = 40000,
                                .dport = 9999,
                                .seconds = START,
                                .micros = i / 8 % 1000000};
        if (!fill(&packet, argv[1], i, n))
            return EXIT_FAILURE;
        write_packet(&packet);
    }
    return argc == 3 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
