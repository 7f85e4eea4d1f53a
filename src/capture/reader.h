/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of capture formats have in common. */
#ifndef IOTSIG_CAPTURE_READER_H
#define IOTSIG_CAPTURE_READER_H

#include "base/bytes.h"
#include "capture/source.h"
#include "iotsig/capture.h"

/** The most bytes of one packet that are believed: libpcap's bound too. */
#define IOTSIG_PACKET_MAX 262144u

/** What a reader answers to "the next frame", beside negative statuses. */
enum { READER_END = 0, READER_FRAME = 1, READER_CUT = 2 };

/** Numbers in the byte order of the machine that wrote the capture. */
struct byte_order {
    bool little;
};

static inline uint16_t order_u16(struct byte_order order, struct cursor *c)
{
    return order.little ? cursor_u16le(c) : cursor_u16(c);
}

static inline uint32_t order_u32(struct byte_order order, struct cursor *c)
{
    return order.little ? cursor_u32le(c) : cursor_u32(c);
}

#endif
