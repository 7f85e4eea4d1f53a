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

#endif
