/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QUIC's long headers and Initial packets, versions 1 (RFC 9000, RFC 9001) and 2 (RFC 9369).
 *
 * Initial packets are encrypted with keys that follow from the connection ID that the client chose
 * first, which is in them. So whoever sees a client's first packets can read its ClientHello.
 */
#ifndef IOTSIG_APP_QUIC_H
#define IOTSIG_APP_QUIC_H

#include "base/bytes.h"

#define QUIC_VERSION_1 1u
#define QUIC_VERSION_2 0x6b3343cfu

/** The longest packet that is decrypted: what fits in no Ethernet frame is no client's. */
#define QUIC_PACKET_MAX 4096

/** What is put together of the handshake messages of one datagram. */
#define QUIC_CRYPTO_MAX 4096

/** Packets of one datagram that are looked at (RFC 9000 section 12.2). */
#define QUIC_COALESCED_MAX 8

/** The longest connection ID (RFC 9000 section 17.2). */
#define QUIC_ID_MAX 20

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION };

/** A long header (RFC 9000 section 17.2), and the packet that it begins. */
struct quic_packet {
    enum quic_type type;
    uint32_t version;         /**< 0 of a Version Negotiation packet */
    struct bytes destination; /**< connection IDs */
    struct bytes source;
    struct bytes whole; /**< of an Initial: all of it, and */
    size_t number_at;   /**< where in it the packet number is */
};

/** What protects Initial packets that a client sends. */
struct quic_keys {
    uint8_t key[16], iv[12], mask[16]; /**< `mask`: for header protection */
};

/** The start of the stream of handshake messages, from the CRYPTO frames of one datagram. */
struct quic_crypto {
    uint8_t data[QUIC_CRYPTO_MAX];
    uint8_t known[QUIC_CRYPTO_MAX / 8]; /**< a bit for each byte */
    size_t n;                           /**< how many are known from the first on */
};

/**
 * Takes the next packet with a long header off a datagram. False when there is none: another
 * version, a short header, or one that is damaged or cut. The type and version of an Initial that
 * was cut are known; then `whole` is empty.
 */
bool iotsig_quic_next(struct cursor *datagram, struct quic_packet *packet);

/** The keys for a client's Initial packets with this connection ID (RFC 9001 section 5.2). */
void iotsig_quic_client_keys(uint32_t version, struct bytes destination, struct quic_keys *keys);

/**
 * Decrypts an Initial packet of a client to `plain`.
 * @return false when it was cut, or is not authentic: a server's, or one with another ID
 */
bool iotsig_quic_decrypt(const struct quic_packet *packet, uint8_t plain[QUIC_PACKET_MAX],
                         size_t *n);

/** Takes the CRYPTO frames of a decrypted packet, up to the first frame that no Initial has. */
void iotsig_quic_take_frames(struct bytes plain, struct quic_crypto *crypto);

#endif
