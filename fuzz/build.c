/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <string.h>

#include "app/quic.h"

#define ROOM        ((size_t)256 * 1024)
#define PAYLOAD_MAX ((size_t)4096) /* of one packet; a payload is made of 255 bytes at most */
#define HEAD        4

/* What is made of a payload. */
enum content {
    RAW,
    DNS_MESSAGE,
    HELLO,
    DHCP_OPTIONS,
    NO_TRANSPORT,
    HIDDEN,
    FRAMED,
    QUIC_INITIAL_PACKET
};

/* How a packet was captured; of OTHER_PORTS, that its ports are of the second list. */
enum capture { WHOLE = 3, OTHER_PORTS, TAGGED, CUT, LAST };

struct out {
    uint8_t bytes[ROOM];
    size_t n;
};

static void put(struct out *out, const void *bytes, size_t n)
{
    REQUIRE(n <= ROOM - out->n);
    if (n > 0)
        memcpy(out->bytes + out->n, bytes, n);
    out->n += n;
}

static void put_all(struct out *out, struct bytes bytes)
{
    put(out, bytes.p, bytes.n);
}

static void put8(struct out *out, size_t value)
{
    put(out, &(uint8_t){(uint8_t)value}, 1);
}

static void put16(struct out *out, size_t value)
{
    put8(out, value >> 8);
    put8(out, value);
}

static void put32(struct out *out, size_t value)
{
    put16(out, value >> 16);
    put16(out, value);
}

static void put_zeros(struct out *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put8(out, 0);
}

/* Room for a length that is known later. */
static size_t begin16(struct out *out)
{
    put16(out, 0);
    return out->n;
}

static void end16(struct out *out, size_t start)
{
    out->bytes[start - 2] = (uint8_t)((out->n - start) >> 8);
    out->bytes[start - 1] = (uint8_t)(out->n - start);
}

static struct bytes bytes_of(const struct out *out)
{
    return (struct bytes){out->bytes, out->n};
}

/* Ends. */

/* The last are a name server of the Internet, and multicast DNS. */
static void put_ipv4(struct out *out, unsigned end)
{
    static const uint32_t special[] = {0xc6336407, 0xe00000fb};
    put32(out, end < 6 ? 0xc0a80100u | end : special[end - 6]);
}

static void put_ipv6(struct out *out, unsigned end)
{
    static const uint32_t starts[] = {0xfd000000, 0x20010db8, 0xff020000};
    put32(out, starts[end < 6 ? 0 : end - 5]);
    put_zeros(out, 8);
    put32(out, end == 7 ? 0xfb : end);
}

/* What is not here is behind the router, which is number 1. */
static void put_mac(struct out *out, unsigned end)
{
    put16(out, end == 7 ? 0x0100 : 0x0200);
    put32(out, end == 7 ? 0x5e0000fb : end == 6 ? 1 : end);
}

struct chosen {
    unsigned src, dst;
    bool tcp, v6;
    uint16_t sport, dport;
    uint8_t flags;
    enum content content;
    uint32_t pause;
    unsigned how; /* enum capture */
};

static struct chosen choose(struct cursor *at)
{
    static const uint16_t ports[2][16] = {{53, 80, 443, 1900, 5353, 5683, 67, 68, 9999, 40000,
                                           40001, 40002, 547, 8080, 1883, 6668},
                                          {123, 5540, 8765, 7, 6667, 8000, 8443, 8883, 22, 50000,
                                           50001, 69, 546, 5684, 49153, 32100}};
    uint8_t ends = cursor_u8(at), port = cursor_u8(at), content = cursor_u8(at),
            time = cursor_u8(at);
    const uint16_t *list = ports[time >> 5 == OTHER_PORTS];
    return (struct chosen){.src = ends & 7u,
                           .dst = ends >> 3 & 7u,
                           .tcp = (ends & 0x40) != 0,
                           .v6 = (ends & 0x80) != 0,
                           .sport = list[port & 15],
                           .dport = list[port >> 4],
                           .flags = content & 0x1f,
                           .content = (enum content)(content >> 5),
                           .pause = time & 31u,
                           .how = time >> 5};
}

/* Payloads. */

/* Names on the wire; the last two are those of the question, by a pointer, and one that ends
 * nowhere. */
static const char *const names[] = {"\3api\7example\3com",
                                    "\4edge\7example\3net",
                                    "\4_hue\4_tcp\5local",
                                    "\3hub\4_hue\4_tcp\5local",
                                    "\0017\003100\00251\003198\7in-addr\4arpa",
                                    "\5plug1\5local",
                                    "\xc0\x0c",
                                    "\xff"};

static void put_name(struct out *out, uint8_t choice)
{
    const char *name = names[choice & 7];
    put(out, name, strlen(name));
    if ((choice & 7) < 6)
        put8(out, 0);
}

static void put_record_data(struct out *out, uint8_t type, uint8_t choice, struct bytes raw)
{
    size_t start = begin16(out);
    if (type == 1) {
        put_ipv4(out, choice & 7);
    } else if (type == 28) {
        put_ipv6(out, choice & 7);
    } else if (type == 5 || type == 12) {
        put_name(out, choice);
    } else if (type == 33) {
        put32(out, 0);
        put16(out, 80);
        put_name(out, choice);
    } else {
        put8(out, raw.n);
        put_all(out, raw);
    }
    end16(out, start);
}

/* A byte says whether it is an answer, then two bytes are a record: the first is the question. */
static void put_dns(struct out *out, struct cursor at)
{
    static const uint8_t types[] = {1, 28, 5, 12, 33, 16, 65, 255};
    bool response = (cursor_u8(&at) & 1) != 0;
    size_t head = out->n, count = 0;
    put16(out, 7);
    put16(out, response ? 0x8180 : 0x0100);
    put16(out, 1);
    put_zeros(out, 6);
    for (; at.left > 1 && count < 40; count++) {
        uint8_t owner = cursor_u8(&at), value = cursor_u8(&at), type = types[owner >> 3 & 7];
        put_name(out, owner);
        put16(out, type);
        put16(out, 1);
        if (count == 0)
            continue;
        put32(out, 60);
        put_record_data(out, type, value,
                        type == 16 ? cursor_take_most(&at, value & 31u) : (struct bytes){NULL, 0});
    }
    if (count > 1)
        out->bytes[head + 7] = (uint8_t)(count - 1);
}

/* A ClientHello with the payload as the server's name (RFC 8446 section 4.1.2, RFC 6066 section 3).
 */
static void put_hello(struct out *out, struct bytes name)
{
    static const char suites[] = "\0\4\x13\1\x13\2\1\0", versions[] = "\0\x2b\0\3\2\3\4",
                      alpn[] = "\0\x10\0\5\0\3\2h2";
    put(out, "\1\0", 2);
    size_t body = begin16(out);
    put16(out, 0x0303);
    put_zeros(out, 33);
    put(out, suites, sizeof suites - 1);
    size_t extensions = begin16(out);
    put(out, versions, sizeof versions - 1);
    put(out, alpn, sizeof alpn - 1);
    put16(out, 0);
    size_t extension = begin16(out), list = begin16(out);
    put8(out, 0);
    put16(out, name.n);
    put_all(out, name);
    end16(out, list);
    end16(out, extension);
    end16(out, extensions);
    end16(out, body);
}

static void put_tls(struct out *out, struct bytes name)
{
    put(out, "\x16\3\1", 3);
    size_t record = begin16(out);
    put_hello(out, name);
    end16(out, record);
}

/* RFC 2131, with the payload as options; a server answers from port 67. */
static void put_dhcp(struct out *out, const struct chosen *chosen, struct bytes options)
{
    bool reply = chosen->sport == 67;
    put(out, (uint8_t[]){reply ? 2 : 1, 1, 6, 0, 0, 0, 0x12, 0x34}, 8);
    put_zeros(out, 8);
    put_ipv4(out, reply ? chosen->dst & 3 : 0);
    put_zeros(out, 8);
    put_mac(out, reply ? chosen->dst & 3 : chosen->src & 3);
    put_zeros(out, 10 + 192);
    put32(out, 0x63825363);
    put(out, (uint8_t[]){53, 1, reply ? 5 : 3}, 3);
    put_all(out, options);
    put8(out, 255);
}

/* As TP-Link hides JSON; over TCP with its length. */
static void put_hidden(struct out *out, const struct chosen *chosen, struct bytes text)
{
    uint8_t key = 171;
    if (chosen->tcp)
        put32(out, text.n);
    for (size_t i = 0; i < text.n; i++) {
        key ^= text.p[i];
        put8(out, key);
    }
}

/* MQTT's fixed header, Tuya's frame, or CoAP's header, around the payload. */
static void put_framed(struct out *out, const struct chosen *chosen, struct cursor at)
{
    uint8_t type = cursor_u8(&at);
    struct bytes body = cursor_rest(&at);
    if (chosen->dport == 6668 || chosen->sport == 6668) {
        put32(out, 0x55aa);
        put32(out, 1);
        put32(out, type);
        put32(out, body.n + 8);
        put_all(out, body);
        put_zeros(out, 8);
    } else if (chosen->tcp) {
        put8(out, type);
        put8(out, body.n < 128 ? body.n : body.n | 128);
        if (body.n >= 128)
            put8(out, body.n >> 7);
        put_all(out, body);
    } else {
        put8(out, 0x40u | (type & 0x30));
        put8(out, type & 0x0f);
        put16(out, 7);
        put_all(out, body);
    }
}

/* Frames in a client's Initial packet, encrypted (RFC 9001 section 5): those of the payload, or one
 * with a ClientHello that has the payload as name. */
static void put_quic(struct out *out, struct cursor at)
{
    enum { ID = 8, TAG = 16, NUMBER_LENGTH = 4, LEAST = 64 };
    static struct out frames;
    uint8_t kind = cursor_u8(&at), sealed[PAYLOAD_MAX], mask[16];
    uint32_t version = (kind & 2) != 0 ? QUIC_VERSION_2 : QUIC_VERSION_1;
    frames.n = 0;
    if ((kind & 1) != 0) {
        put_all(&frames, cursor_rest(&at));
    } else {
        put(&frames, "\6\0\x40\0", 4);
        put_hello(&frames, cursor_rest(&at));
        size_t n = frames.n - 4;
        frames.bytes[2] = (uint8_t)(0x40 | n >> 8);
        frames.bytes[3] = (uint8_t)n;
    }
    if (frames.n < LEAST)
        put_zeros(&frames, LEAST - frames.n);

    struct quic_keys keys;
    struct gcm_aes128_ctx gcm;
    struct aes128_ctx aes;
    static const uint8_t id[ID] = {1, 2, 3, 4, 5, 6, 7, 8};
    size_t start = out->n;
    put8(out, (version == QUIC_VERSION_2 ? 0xd0u : 0xc0u) | (NUMBER_LENGTH - 1));
    put32(out, version);
    put8(out, ID);
    put(out, id, ID);
    put16(out, 0); /* no connection ID of the source, no token */
    put16(out, 0x4000 | (NUMBER_LENGTH + frames.n + TAG));
    size_t number_at = out->n;
    put32(out, 0); /* packet number 0, so the nonce is the vector */
    iotsig_quic_client_keys(version, (struct bytes){id, ID}, &keys);
    gcm_aes128_set_key(&gcm, keys.key);
    gcm_aes128_set_iv(&gcm, sizeof keys.iv, keys.iv);
    gcm_aes128_update(&gcm, out->n - start, out->bytes + start);
    gcm_aes128_encrypt(&gcm, frames.n, sealed, frames.bytes);
    put(out, sealed, frames.n);
    gcm_aes128_digest(&gcm, TAG, sealed);
    put(out, sealed, TAG);
    aes128_set_encrypt_key(&aes, keys.mask);
    aes128_encrypt(&aes, sizeof mask, mask, out->bytes + number_at + NUMBER_LENGTH);
    out->bytes[start] = (uint8_t)(out->bytes[start] ^ (mask[0] & 0x0f));
    for (size_t i = 0; i < NUMBER_LENGTH; i++)
        out->bytes[number_at + i] ^= mask[1 + i];
}

static void put_payload(struct out *out, const struct chosen *chosen, struct bytes payload)
{
    size_t framed = 0;
    bool dns_over_tcp = chosen->content == DNS_MESSAGE && chosen->tcp;
    if (dns_over_tcp)
        framed = begin16(out);
    switch (chosen->content) {
    case DNS_MESSAGE: put_dns(out, cursor_of(payload)); break;
    case HELLO: put_tls(out, payload); break;
    case DHCP_OPTIONS: put_dhcp(out, chosen, payload); break;
    case HIDDEN: put_hidden(out, chosen, payload); break;
    case FRAMED: put_framed(out, chosen, cursor_of(payload)); break;
    case QUIC_INITIAL_PACKET: put_quic(out, cursor_of(payload)); break;
    case NO_TRANSPORT:
    case RAW:
    default: put_all(out, payload); break;
    }
    if (dns_over_tcp)
        end16(out, framed);
}

/* Packets. */

static void put_transport(struct out *out, const struct chosen *chosen, struct bytes payload)
{
    put16(out, chosen->sport);
    put16(out, chosen->dport);
    if (chosen->tcp) {
        put32(out, 1);
        put32(out, 1);
        put8(out, 0x50);
        put8(out, chosen->flags);
        put16(out, 0xffff);
        put32(out, 0);
        put_payload(out, chosen, payload);
        return;
    }
    size_t start = begin16(out) - 6;
    put16(out, 0);
    put_payload(out, chosen, payload);
    end16(out, start + 6);
    size_t n = out->n - start; /* UDP counts its header */
    out->bytes[start + 4] = (uint8_t)(n >> 8);
    out->bytes[start + 5] = (uint8_t)n;
}

/* An IP header for `n` bytes behind it. */
static void put_ip(struct out *out, const struct chosen *chosen, uint8_t protocol, size_t n)
{
    if (chosen->v6) {
        put32(out, 0x60000000);
        put16(out, n);
        put8(out, protocol);
        put8(out, 64);
        put_ipv6(out, chosen->src);
        put_ipv6(out, chosen->dst);
    } else {
        put16(out, 0x4500);
        put16(out, n + 20);
        put32(out, 0);
        put8(out, 64);
        put8(out, protocol);
        put16(out, 0);
        put_ipv4(out, chosen->src);
        put_ipv4(out, chosen->dst);
    }
}

static void put_arp(struct out *out, const struct chosen *chosen, uint8_t operation)
{
    put32(out, 0x00010800);
    put16(out, 0x0604);
    put16(out, operation);
    put_mac(out, chosen->src);
    put_ipv4(out, chosen->src);
    put_mac(out, (operation & 1) != 0 ? 0 : chosen->dst);
    put_ipv4(out, chosen->dst);
}

/* Frames that are neither TCP nor UDP: a byte chooses. */
static uint16_t put_no_transport(struct out *out, const struct chosen *chosen, struct cursor at)
{
    static const uint8_t protocols[] = {1, 2, 58, 0, 47, 4, 41};
    uint8_t kind = cursor_u8(&at);
    if (kind % 9 == 0) {
        put_arp(out, chosen, cursor_u8(&at) & 3);
        return 0x0806;
    }
    if (kind % 9 == 1) {
        put_all(out, cursor_rest(&at));
        return 0x888e; /* EAPOL */
    }
    put_ip(out, chosen, protocols[kind % 9 - 2], at.left);
    put_all(out, cursor_rest(&at));
    return chosen->v6 ? 0x86dd : 0x0800;
}

/* One packet of the capture. */
static void put_packet(struct out *out, const struct chosen *chosen, uint32_t *time,
                       struct bytes payload)
{
    static struct out body, transport;
    uint16_t kind = chosen->v6 ? 0x86dd : 0x0800;
    body.n = transport.n = 0;
    if (chosen->content == NO_TRANSPORT) {
        kind = put_no_transport(&body, chosen, cursor_of(payload));
    } else {
        put_transport(&transport, chosen, payload);
        put_ip(&body, chosen, chosen->tcp ? 6 : 17, transport.n);
        put_all(&body, bytes_of(&transport));
    }
    size_t tag = chosen->how == TAGGED ? 4 : 0, length = 14 + tag + body.n;
    size_t cut = chosen->how == CUT ? payload.n / 2 : 0; /* which may be more than was made of it */
    size_t kept = cut < body.n ? body.n - cut : 0;
    *time += chosen->pause;
    put32(out, *time);
    put32(out, 0);
    put32(out, 14 + tag + kept);
    put32(out, length);
    put_mac(out, chosen->dst);
    put_mac(out, chosen->src);
    if (tag != 0)
        put32(out, 0x81000005);
    put16(out, kind);
    put(out, body.bytes, kept);
}

bool fuzz_build(struct cursor *at, struct bytes *capture)
{
    static struct out out;
    static const char header[] = "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\1";
    uint32_t time = 1700000000;
    bool last = false;
    if (at->left < HEAD + 1)
        return false;
    out.n = 0;
    put(&out, header, sizeof header - 1);
    while (!last && at->left > HEAD && out.n < ROOM - 2 * PAYLOAD_MAX) {
        struct chosen chosen = choose(at);
        size_t n = cursor_u8(at);
        put_packet(&out, &chosen, &time, cursor_take_most(at, n));
        last = chosen.how == LAST;
    }
    *capture = bytes_of(&out);
    return true;
}

void fuzz_read_captures(struct iotsig_patterns *patterns, struct cursor *at)
{
    struct bytes capture;
    for (size_t i = 0; i < BUILD_CAPTURES && fuzz_build(at, &capture); i++)
        (void)iotsig_patterns_read(patterns, fuzz_file(capture.p, capture.n), NULL, NULL, NULL);
}

/* Changes. */

#define PACKETS_MAX 256

/* libFuzzer's; other engines have none. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

static size_t packet_at(const uint8_t *data, size_t size, size_t start)
{
    size_t left = size - start;
    if (left <= HEAD)
        return left;
    size_t n = HEAD + 1 + (size_t)data[start + HEAD];
    return n < left ? n : left;
}

/* Makes room for `n` bytes, or none, where there were `old`. */
static size_t resize(uint8_t *data, size_t size, size_t at, size_t old, size_t n)
{
    memmove(data + at + n, data + at + old, size - at - old);
    return size - old + n;
}

static size_t change_payload(uint8_t *data, size_t size, size_t room, size_t at, size_t n)
{
    uint8_t payload[255];
    if (n <= HEAD)
        return size;
    size_t length = n - HEAD - 1;
    memcpy(payload, data + at + HEAD + 1, length);
    size_t changed = LLVMFuzzerMutate(payload, length, sizeof payload);
    if (size - length + changed > room)
        return size;
    size = resize(data, size, at + HEAD + 1, length, changed);
    memcpy(data + at + HEAD + 1, payload, changed);
    data[at + HEAD] = (uint8_t)changed;
    return size;
}

static size_t copy_packet(uint8_t *data, size_t size, size_t room, size_t from, size_t n, size_t to)
{
    uint8_t packet[HEAD + 1 + 255];
    if (size + n > room)
        return size;
    memcpy(packet, data + from, n);
    size = resize(data, size, to, 0, n);
    memcpy(data + to, packet, n);
    return size;
}

size_t fuzz_mutate_packets(uint8_t *data, size_t size, size_t room, unsigned seed, size_t head)
{
    size_t starts[PACKETS_MAX + 1], count = 0;
    if (LLVMFuzzerMutate == NULL)
        return size;
    if (head > size || seed % 4 == 0)
        return LLVMFuzzerMutate(data, size, room);
    for (size_t at = head; at < size && count < PACKETS_MAX; at += packet_at(data, size, at))
        starts[count++] = at;
    if (count == 0)
        return LLVMFuzzerMutate(data, size, room);
    seed /= 4;
    size_t at = starts[seed / 8 % count], to = starts[seed / 8 / 256 % count],
           n = packet_at(data, size, at);
    switch (seed % 8) {
    case 0: return copy_packet(data, size, room, at, n, at);
    case 1: return copy_packet(data, size, room, at, n, to);
    case 2: return count > 1 ? resize(data, size, at, n, 0) : size;
    case 3:
    case 4:
        (void)LLVMFuzzerMutate(data + at, n < HEAD ? n : HEAD, n < HEAD ? n : HEAD);
        return size;
    default: return change_payload(data, size, room, at, n);
    }
}

size_t fuzz_mutate_part(uint8_t *data, size_t size, size_t room, size_t at, size_t n)
{
    static uint8_t part[0xffff], rest[0xffff];
    if (LLVMFuzzerMutate == NULL || size < at + n || size - at - n > sizeof rest || n > sizeof part)
        return size;
    size_t behind = size - at - n,
           most = room - at - behind < sizeof part ? room - at - behind : sizeof part;
    memcpy(part, data + at, n);
    memcpy(rest, data + at + n, behind);
    n = LLVMFuzzerMutate(part, n, most);
    data[at - 2] = (uint8_t)(n >> 8);
    data[at - 1] = (uint8_t)n;
    memcpy(data + at, part, n);
    memcpy(data + at + n, rest, behind);
    return at + n + behind;
}
