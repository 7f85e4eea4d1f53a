/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which packets are kept (behaviour section 1). */
#ifndef IOTSIG_FLOW_RULES_H
#define IOTSIG_FLOW_RULES_H

#include "decode/decode.h"
#include "iotsig/options.h"

/** Whether a packet is kept when the rules of `keep` (enum iotsig_keep) are off. */
bool iotsig_rules_keep(const struct packet *packet, unsigned keep);

#endif
