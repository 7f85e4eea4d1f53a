/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What targets share that compare our parsers with other libraries. */
#ifndef IOTSIG_FUZZ_ORACLE_H
#define IOTSIG_FUZZ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Writes a byte as texts from the network are written (RFC 1035 section 5.1): `\DDD` where it is
 * not printable. Returns the end. */
static inline char *oracle_escape(char *to, uint8_t byte)
{
    if (byte == '\\')
        return to + sprintf(to, "\\\\");
    return to + sprintf(to, byte < 0x20 || byte > 0x7e ? "\\%03u" : "%c", byte);
}

/** Whether libcoap reads a CoAP message whole; then we must, and say the same of it. */
bool oracle_coap(const uint8_t *data, size_t size);

#endif
