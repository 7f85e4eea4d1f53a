/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network interfaces, through libpcap. */
#ifndef IOTSIG_CAPTURE_LIVE_H
#define IOTSIG_CAPTURE_LIVE_H

#include "base/context.h"
#include "capture/reader.h"

struct live;

/** As iotsig_capture_live(). */
int iotsig_live_open(struct live **out, struct iotsig_context *context, const char *interface,
                     const char *filter, const struct iotsig_wait *wait,
                     struct iotsig_error *error);

/** READER_FRAME; READER_END: who waits wants it; IOTSIG_ERR_READ: the interface is gone. */
int iotsig_live_next(struct live *live, struct iotsig_frame *frame, struct iotsig_error *error);

uint64_t iotsig_live_lost(const struct live *live);

void iotsig_live_close(struct live *live);

#endif
