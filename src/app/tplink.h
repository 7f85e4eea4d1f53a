/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TP-Link Smart Home, port 9999: JSON, each byte XORed with the one before it as sent, the first
 * with 171; over TCP behind four bytes of length.
 */
#ifndef IOTSIG_APP_TPLINK_H
#define IOTSIG_APP_TPLINK_H

#include "app/plain.h"
#include "decode/decode.h"

#define TP_LINK_PORT 9999

/** False when it is no object of JSON. */
bool iotsig_tplink_decode(const struct packet *packet, struct plain *plain);

/** The next text of JSON, behind its quote, as it stands there; takes its end too. */
struct bytes iotsig_tplink_string(struct cursor *at);

/**
 * The first command of a message: `{"system":{"get_sysinfo":...` has the module `system` and the
 * name `get_sysinfo`. The module `context`, which names an outlet, is passed over. False: there is
 * none.
 */
bool iotsig_tplink_command(const struct plain *plain, struct bytes *module, struct bytes *name);

#endif
