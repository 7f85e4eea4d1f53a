/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What targets share that compare our parsers with other libraries. */
#ifndef IOTSIG_FUZZ_ORACLE_H
#define IOTSIG_FUZZ_ORACLE_H

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

#endif
