/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS (RFC 5246, RFC 8446): the first record of a segment. */
#ifndef RUNTIME_TLS_H
#define RUNTIME_TLS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    TLS_VERSION_1_0 = 0x0301,
    TLS_VERSION_1_1 = 0x0302,
    TLS_VERSION_1_2 = 0x0303,
    TLS_VERSION_1_3 = 0x0304
} tls_version_t;

typedef enum { TLS_CLIENT_HELLO = 1, TLS_SERVER_HELLO = 2 } tls_handshake_type_t;

typedef struct {
    tls_version_t tls_version;           /**< the record's */
    uint8_t content_type;                /**< the number on the wire */
    tls_handshake_type_t handshake_type; /**< 0 where it is no handshake */
    bool session_id_present;             /**< of a hello: its session ID is not empty */
} tls_message_t;

/** Whether the start of a record is at `data`. */
bool is_tls(uint8_t *data);

tls_message_t tls_parse_message(uint8_t *data);

#endif
