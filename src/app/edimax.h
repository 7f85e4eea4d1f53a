/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edimax, port 8765: XML that begins with `<`, to which the number of bits is added that each of
 * the other bytes must be rotated left by.
 */
#ifndef IOTSIG_APP_EDIMAX_H
#define IOTSIG_APP_EDIMAX_H

#include "app/plain.h"
#include "decode/decode.h"

#define EDIMAX_PORT 8765

/** All of a message but its first byte. False when it is none. */
bool iotsig_edimax_decode(const struct packet *packet, struct plain *plain);

/** The value behind a text such as `<code value="`, up to the next quote; empty: it is not there.
 */
struct bytes iotsig_edimax_value(const struct plain *plain, const char *start);

#define EDIMAX_CODE_START  "<code value=\""
#define EDIMAX_MODEL_START "<model value=\""

#endif
