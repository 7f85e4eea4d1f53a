/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/quic.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "app/app.h"
#include "app/tls.h"

enum { LONG_HEADER = 0x80, FIXED_BIT = 0x40, TAG = 16, SAMPLE = 16, SAMPLE_AFTER = 4 };

/* RFC 9001 section 5.2, RFC 9369 section 3.3 */
static const uint8_t salt_1[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_2[] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                                 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};

/* A number whose first two bits tell its length (RFC 9000 section 16). */
static uint64_t variable(struct cursor *at)
{
    uint8_t first = cursor_u8(at);
    uint64_t value = first & 0x3f;
    for (unsigned more = (1u << (first >> 6)) - 1; more > 0; more--)
        value = value << 8 | cursor_u8(at);
    return at->failed ? 0 : value;
}

static size_t length_of(struct cursor *at)
{
    uint64_t value = variable(at);
    return value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

/* Long headers. */

/* RFC 9000 section 17.2, RFC 9369 section 3.2: version 2 counts from another one on. */
static enum quic_type type_of(uint8_t first, uint32_t version)
{
    unsigned number = first >> 4 & 3;
    return (enum quic_type)(version == QUIC_VERSION_2 ? (number + 3) % 4 : number);
}

/* Past a packet that tells its length, of which an Initial's head goes on with a token. */
static void read_length(struct cursor *at, struct bytes start, struct quic_packet *packet)
{
    if (packet->type == QUIC_INITIAL)
        cursor_skip(at, length_of(at));
    size_t length = length_of(at), head = start.n - at->left;
    cursor_skip(at, length);
    if (at->failed)
        return;
    struct cursor whole = cursor_of(start);
    packet->whole = cursor_take(&whole, head + length);
    packet->number_at = head;
}

bool iotsig_quic_next(struct cursor *datagram, struct quic_packet *packet)
{
    struct cursor at = *datagram;
    struct bytes start = cursor_rest(&at);
    uint8_t first = cursor_u8(&at);
    *packet = (struct quic_packet){.version = cursor_u32(&at)};
    size_t n = cursor_u8(&at);
    packet->destination = cursor_take(&at, n);
    size_t m = cursor_u8(&at);
    packet->source = cursor_take(&at, m);
    if (at.failed || !(first & LONG_HEADER) || n > QUIC_ID_MAX || m > QUIC_ID_MAX)
        return false;
    *datagram = (struct cursor){start.p, 0, false};
    if (packet->version == 0) { /* RFC 9000 section 17.2.1: versions follow */
        packet->type = QUIC_NEGOTIATION;
        return at.left > 0 && at.left % 4 == 0;
    }
    if ((packet->version != QUIC_VERSION_1 && packet->version != QUIC_VERSION_2) ||
        !(first & FIXED_BIT))
        return false;
    packet->type = type_of(first, packet->version);
    if (packet->type != QUIC_RETRY) { /* a Retry fills the datagram */
        read_length(&at, start, packet);
        *datagram = at;
    }
    return true;
}

/* Keys. */

static void update_hash(void *context, size_t n, const uint8_t *data)
{
    hmac_sha256_update(context, n, data);
}

static void finish_hash(void *context, size_t n, uint8_t *digest)
{
    hmac_sha256_digest(context, n, digest);
}

/* HKDF-Expand-Label without a context (RFC 8446 section 7.1). */
static void expand(const uint8_t secret[SHA256_DIGEST_SIZE], const char *label, size_t n,
                   uint8_t *to)
{
    struct hmac_sha256_ctx hash;
    uint8_t info[2 + 1 + 32 + 1] = {0, (uint8_t)n};
    size_t length = strlen(label);
    info[2] = (uint8_t)(6 + length);
    memcpy(&info[3], "tls13 ", 6);
    memcpy(&info[9], label, length);
    hmac_sha256_set_key(&hash, SHA256_DIGEST_SIZE, secret);
    hkdf_expand(&hash, update_hash, finish_hash, SHA256_DIGEST_SIZE, 10 + length, info, n, to);
}

void iotsig_quic_client_keys(uint32_t version, struct bytes destination, struct quic_keys *keys)
{
    bool second = version == QUIC_VERSION_2;
    struct hmac_sha256_ctx hash;
    uint8_t id[QUIC_ID_MAX], secret[SHA256_DIGEST_SIZE], client[SHA256_DIGEST_SIZE];
    struct cursor at = cursor_of(destination);
    size_t n = destination.n < QUIC_ID_MAX ? destination.n : QUIC_ID_MAX;
    cursor_copy(&at, id, n);
    hmac_sha256_set_key(&hash, sizeof salt_1, second ? salt_2 : salt_1);
    hkdf_extract(&hash, update_hash, finish_hash, sizeof secret, n, id, secret);
    expand(secret, "client in", sizeof client, client);
    expand(client, second ? "quicv2 key" : "quic key", sizeof keys->key, keys->key);
    expand(client, second ? "quicv2 iv" : "quic iv", sizeof keys->iv, keys->iv);
    expand(client, second ? "quicv2 hp" : "quic hp", sizeof keys->mask, keys->mask);
}

/* Packets. */

/* Takes the protection off the header (RFC 9001 section 5.4); the length of the packet number. */
static size_t unprotect(uint8_t *packet, size_t number_at, const struct quic_keys *keys)
{
    struct aes128_ctx aes;
    uint8_t mask[AES_BLOCK_SIZE];
    aes128_set_encrypt_key(&aes, keys->mask);
    aes128_encrypt(&aes, sizeof mask, mask, &packet[number_at + SAMPLE_AFTER]);
    packet[0] ^= mask[0] & 0x0f;
    size_t length = (packet[0] & 3u) + 1;
    for (size_t i = 0; i < length; i++)
        packet[number_at + i] ^= mask[1 + i];
    return length;
}

bool iotsig_quic_decrypt(const struct quic_packet *packet, uint8_t plain[QUIC_PACKET_MAX],
                         size_t *n)
{
    struct quic_keys keys;
    struct gcm_aes128_ctx gcm;
    uint8_t whole[QUIC_PACKET_MAX], tag[TAG];
    struct cursor at = cursor_of(packet->whole);
    size_t left = packet->whole.n;
    if (left > sizeof whole || left < packet->number_at + SAMPLE_AFTER + SAMPLE)
        return false;
    cursor_copy(&at, whole, left);
    iotsig_quic_client_keys(packet->version, packet->destination, &keys);
    size_t length = unprotect(whole, packet->number_at, &keys), head = packet->number_at + length;
    for (size_t i = 0; i < length; i++) /* the nonce: RFC 9001 section 5.3 */
        keys.iv[sizeof keys.iv - length + i] ^= whole[packet->number_at + i];

    *n = left - head - TAG; /* there is a sample, so there is a tag */
    gcm_aes128_set_key(&gcm, keys.key);
    gcm_aes128_set_iv(&gcm, sizeof keys.iv, keys.iv);
    gcm_aes128_update(&gcm, head, whole);
    gcm_aes128_decrypt(&gcm, *n, plain, &whole[head]);
    gcm_aes128_digest(&gcm, sizeof tag, tag);
    return memcmp(tag, &whole[left - TAG], TAG) == 0;
}

/* Frames. */

static bool is_known(const struct quic_crypto *crypto, size_t i)
{
    return (crypto->known[i / 8] >> i % 8 & 1) != 0;
}

static void take_crypto(struct cursor *at, struct quic_crypto *crypto)
{
    uint64_t offset = variable(at);
    struct cursor data = cursor_of(cursor_take(at, length_of(at)));
    for (; data.left > 0 && offset < QUIC_CRYPTO_MAX; offset++) {
        crypto->data[offset] = cursor_u8(&data);
        crypto->known[offset / 8] = (uint8_t)(crypto->known[offset / 8] | 1u << offset % 8);
    }
    while (crypto->n < QUIC_CRYPTO_MAX && is_known(crypto, crypto->n))
        crypto->n++;
}

/* RFC 9000 section 19.3 */
static void skip_ack(struct cursor *at, bool counts)
{
    (void)variable(at); /* largest */
    (void)variable(at); /* delay */
    uint64_t ranges = variable(at);
    (void)variable(at);
    for (; ranges > 0 && !at->failed; ranges--) {
        (void)variable(at);
        (void)variable(at);
    }
    for (size_t i = 0; counts && i < 3; i++)
        (void)variable(at);
}

void iotsig_quic_take_frames(struct bytes plain, struct quic_crypto *crypto)
{
    enum { PADDING, PING, ACK, ACK_COUNTS, CRYPTO = 6 };
    struct cursor at = cursor_of(plain);
    while (at.left > 0) {
        uint8_t type = cursor_u8(&at);
        if (type == ACK || type == ACK_COUNTS)
            skip_ack(&at, type == ACK_COUNTS);
        else if (type == CRYPTO)
            take_crypto(&at, crypto);
        else if (type != PADDING && type != PING)
            return; /* CONNECTION_CLOSE, or none that an Initial may have (RFC 9000 section 12.4) */
    }
}

/* The layer. */

enum { TYPE, VERSION, NAME, PROTOCOL, JA4 };

static const char *const types[] = {[QUIC_INITIAL] = "initial",
                                    [QUIC_0RTT] = "0-rtt",
                                    [QUIC_HANDSHAKE] = "handshake",
                                    [QUIC_RETRY] = "retry",
                                    [QUIC_NEGOTIATION] = "version-negotiation"};

/* A Version Negotiation packet has little to be known by, so it must come from the usual port. */
static bool recognise(const struct packet *packet)
{
    enum { HTTPS = 443 };
    struct cursor at = cursor_of(packet->payload);
    struct quic_packet quic;
    return packet->transport == IOTSIG_UDP && iotsig_quic_next(&at, &quic) &&
           (quic.type != QUIC_NEGOTIATION || packet->src.port == HTTPS);
}

/* The handshake messages in all Initial packets of a datagram that can be read. */
static void read_initials(struct cursor at, struct quic_crypto *crypto)
{
    struct quic_packet quic;
    for (size_t i = 0; i < QUIC_COALESCED_MAX && at.left > 0 && iotsig_quic_next(&at, &quic); i++) {
        uint8_t plain[QUIC_PACKET_MAX];
        size_t n;
        if (quic.type == QUIC_INITIAL && iotsig_quic_decrypt(&quic, plain, &n))
            iotsig_quic_take_frames((struct bytes){plain, n}, crypto);
    }
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    static const struct tls_attributes attributes = {.version = -1,
                                                     .name = NAME,
                                                     .alpn = PROTOCOL,
                                                     .ja4 = JA4};
    struct cursor at = cursor_of(packet->payload);
    struct quic_packet quic;
    struct tls_hello hello;
    if (!iotsig_quic_next(&at, &quic))
        return false;
    app_set_constant(layer, TYPE, types[quic.type]);
    if (quic.version != 0)
        app_set_constant(layer, VERSION, quic.version == QUIC_VERSION_2 ? "2" : "1");
    if (quic.type != QUIC_INITIAL)
        return true;
    struct quic_crypto crypto = {.n = 0};
    read_initials(cursor_of(packet->payload), &crypto);
    return !iotsig_tls_hello((struct bytes){crypto.data, crypto.n}, &hello) ||
           iotsig_tls_set_hello(layer, &hello, 'q', &attributes, scratch);
}

const struct app_protocol iotsig_app_quic = {
    .name = "QUIC",
    .attributes = {{"type", APP_NOTE, 1},
                   {"version", APP_TEXT, 1},
                   {"server-name", APP_NAME, 1},
                   {"alpn", APP_TEXT, 1},
                   {"ja4", APP_NOTE, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_QUIC,
    .recognise = recognise,
    .parse = parse,
};
