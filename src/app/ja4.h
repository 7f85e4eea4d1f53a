/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JA4: a fingerprint of the software that sent a ClientHello (FoxIO, "JA4: TLS Client
 * Fingerprinting", technical details of the format JA4_a, _b, _c).
 *
 * "t13d1516h2_8daaf6152771_e5627efa2ab1": the transport; the version; `d` with a server name, `i`
 * without; how many cipher suites and extensions there are; the first and last character of the
 * first ALPN protocol; a hash of the cipher suites, sorted; one of the extensions, sorted, but for
 * server_name and ALPN, with the signature algorithms behind them as they stand. Values of GREASE
 * (RFC 8701) do not count.
 */
#ifndef IOTSIG_APP_JA4_H
#define IOTSIG_APP_JA4_H

#include "app/tls.h"

/** The length of a fingerprint, with its NUL. */
#define JA4_TEXT 37

/** Of each list of a hello, what is looked at; a hello with more has no fingerprint. */
#define JA4_VALUES_MAX 256

/**
 * @param transport  't' for TCP, 'q' for QUIC
 * @return false when the hello is no client's, not whole, or has too long lists
 */
bool iotsig_ja4(const struct tls_hello *hello, char transport, char text[JA4_TEXT]);

#endif
