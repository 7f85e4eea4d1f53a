/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A BPF expression (pcap-filter(7)), compiled by libpcap for each link type that comes up. */
#ifndef IOTSIG_CAPTURE_FILTER_H
#define IOTSIG_CAPTURE_FILTER_H

#include "base/memory.h"
#include "iotsig/capture.h"

struct compiled;

struct filter {
    const struct iotsig_allocator *allocator;
    const char *expression; /**< NULL: all frames pass */
    struct compiled *compiled;
    size_t count, capacity;
};

/** Copies `expression`, which may be NULL. @return 0, IOTSIG_ERR_MEMORY */
int iotsig_filter_init(struct filter *filter, const struct iotsig_allocator *allocator,
                       const char *expression, struct iotsig_error *error);
void iotsig_filter_fini(struct filter *filter);

/** Compiles for a link type, once. @return 0, IOTSIG_ERR_ARGUMENT, IOTSIG_ERR_MEMORY */
int iotsig_filter_prepare(struct filter *filter, int link_type, struct iotsig_error *error);

/** Whether a frame passes: 1, 0, or as iotsig_filter_prepare(). */
int iotsig_filter_passes(struct filter *filter, const struct iotsig_frame *frame,
                         struct iotsig_error *error);

#endif
