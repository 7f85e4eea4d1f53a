/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcapng files (draft-ietf-opsawg-pcapng). */
#ifndef IOTSIG_CAPTURE_PCAPNG_H
#define IOTSIG_CAPTURE_PCAPNG_H

#include "base/memory.h"
#include "capture/reader.h"

/** What an Interface Description Block says. */
struct pcapng_interface {
    int link_type;
    uint32_t snap_length; /**< 0: no limit */
    uint8_t resolution;   /**< if_tsresol */
    int64_t offset;       /**< if_tsoffset, seconds */
};

struct pcapng_reader {
    const struct iotsig_allocator *allocator;
    struct byte_order order;             /**< of the section */
    struct pcapng_interface *interfaces; /**< of the section */
    size_t count, capacity;
    uint64_t behind; /**< bytes of the block of the last frame that are not read yet */
    struct iotsig_error refusal; /**< the first packet that was passed over, for its link type */
};

/** Whether a file that starts so is a pcapng; of twelve bytes or more. */
bool iotsig_pcapng_begins(struct bytes start);

void iotsig_pcapng_init(struct pcapng_reader *reader, const struct iotsig_allocator *allocator);
void iotsig_pcapng_fini(struct pcapng_reader *reader);

/**
 * The next frame, READER_END, READER_CUT, or a status. Packets of interfaces whose link type is
 * unknown are passed over; the first is kept in `refusal`, with its place.
 */
int iotsig_pcapng_next(struct pcapng_reader *reader, struct iotsig_source *source,
                       struct iotsig_frame *frame, struct iotsig_error *error);

/** The time of a timestamp: exact to the nanosecond, saturated at the ends of the range. */
struct iotsig_time iotsig_pcapng_time(const struct pcapng_interface *interface, uint64_t units);

#endif
