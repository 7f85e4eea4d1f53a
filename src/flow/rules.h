/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packets are kept (behaviour section 1). */
#ifndef IOTSIG_FLOW_RULES_H
#define IOTSIG_FLOW_RULES_H

#include "decode/decode.h"
#include "iotsig/options.h"

/**
 * Whether a packet is kept when the rules of `keep` are off. Who wants the layer TLS wants hellos:
 * with it, records that hold one are kept on port 443, too.
 */
bool iotsig_rules_keep(const struct packet *packet, const struct iotsig_options *options);

#endif
