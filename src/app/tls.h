/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS records and hellos (RFC 5246, RFC 8446, RFC 6066 section 3), as far as they are in clear. */
#ifndef IOTSIG_APP_TLS_H
#define IOTSIG_APP_TLS_H

#include "base/bytes.h"

/** What the whole TLS records at the start of a payload hold. */
struct tls_summary {
    bool records;             /**< it starts with a whole record: type 20-23, version 3.x */
    bool application_data;    /**< one of them is application data */
    bool hello;               /**< one holds a ClientHello or ServerHello */
    bool server_name_hello;   /**< one holds a ClientHello or ServerHello with server_name */
    struct bytes server_name; /**< the host_name of the (first) ClientHello; empty if none */
};

/** Walks the whole records at the start of a TCP payload. */
struct tls_summary iotsig_tls_walk(struct bytes payload);

/**
 * A ClientHello or ServerHello, as far as it was captured. What is not there is empty, or a cursor
 * without bytes. Lists are without their lengths, and only there when they are whole.
 */
struct tls_hello {
    bool client;
    bool whole; /**< it was captured to its end, and is well-formed */
    /** The highest of supported_versions that is known, else the hello's own. 0: not known, as in a
        cut hello, of which the head says 1.2 whatever it is. */
    uint16_t version;
    bool has_versions;        /**< there is a supported_versions extension */
    bool has_name;            /**< there is a server_name extension */
    struct bytes name;        /**< the host_name in it */
    struct bytes alpn;        /**< the first protocol offered, or the chosen one (RFC 7301) */
    struct cursor ciphers;    /**< of two bytes each */
    struct cursor signatures; /**< signature_algorithms, of two bytes each */
    struct cursor extensions; /**< the extensions themselves */
};

/** Reads a hello that begins with its handshake header. False when the bytes begin with none. */
bool iotsig_tls_hello(struct bytes handshake, struct tls_hello *hello);

/** What is captured of the handshake messages in the record that a payload begins with. */
struct bytes iotsig_tls_handshake(struct bytes payload);

/** Which attributes of a layer have what a hello tells. */
struct tls_attributes {
    int version; /**< or -1 */
    int name, alpn, ja4;
};

struct app_scratch;
struct iotsig_layer;

/** Sets them; `transport` as of iotsig_ja4(). False when scratch is full. */
bool iotsig_tls_set_hello(struct iotsig_layer *layer, const struct tls_hello *hello, char transport,
                          const struct tls_attributes *to, struct app_scratch *scratch);

/** The word for a version, such as "1.3"; NULL for one that is not known. */
const char *iotsig_tls_version_text(uint16_t version);

/** Whether a value is one of RFC 8701, which say nothing. */
static inline bool tls_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/** The first record of a payload, which may end before it does. */
struct tls_record {
    uint8_t content_type;
    uint16_t version;   /**< as it stands in the record: 0x0303 for TLS 1.2, and for most of 1.3 */
    bool has_handshake; /**< a handshake message's type follows; of an encrypted one it is noise */
    uint8_t handshake_type;
    bool is_hello;    /**< a ClientHello or ServerHello, at least up to its session ID */
    bool has_session; /**< which is not empty */
};

/** False when the payload does not begin with the head of a record of TLS. */
bool iotsig_tls_record(struct bytes payload, struct tls_record *record);

#endif
