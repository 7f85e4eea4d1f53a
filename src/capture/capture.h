/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures over a source that somebody else has opened and looked into. */
#ifndef IOTSIG_CAPTURE_CAPTURE_H
#define IOTSIG_CAPTURE_CAPTURE_H

#include "capture/linktype.h"
#include "capture/source.h"
#include "iotsig/capture.h"

/** Whether these first bytes (at least 24 of them, unless the file is shorter) are a capture's. */
bool iotsig_capture_looks_like(struct bytes start);

/**
 * Like iotsig_capture_open(), over `source`, which belongs to the capture from then on; on
 * failure it stays the caller's.
 */
int iotsig_capture_open_source(struct iotsig_capture **out, struct iotsig_context *context,
                               struct iotsig_source *source, const char *filter,
                               struct iotsig_error *error);

#endif
