/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS records and hellos (RFC 5246, RFC 8446, RFC 6066 section 3), as far as they are in clear. */
#ifndef IOTSIG_APP_TLS_H
#define IOTSIG_APP_TLS_H

#include "base/bytes.h"

/** What the whole TLS records at the start of a payload hold. */
struct tls_summary {
    bool records;             /**< it starts with a whole record: type 20-23, version 3.x */
    bool application_data;    /**< one of them is application data */
    bool server_name_hello;   /**< one holds a ClientHello or ServerHello with server_name */
    struct bytes server_name; /**< the host_name of the (first) ClientHello; empty if none */
};

/** Walks the whole records at the start of a TCP payload. */
struct tls_summary iotsig_tls_walk(struct bytes payload);

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
