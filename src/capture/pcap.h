/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcap files (draft-ietf-opsawg-pcap). */
#ifndef IOTSIG_CAPTURE_PCAP_H
#define IOTSIG_CAPTURE_PCAP_H

#include "capture/reader.h"

struct pcap_reader {
    struct byte_order order;
    bool nanoseconds;
    size_t header; /**< bytes before each packet: 16; 24 in the "modified" variant */
    int link_type;
};

/** Whether a file that starts so is a pcap; of four bytes or more. */
bool iotsig_pcap_begins(struct bytes start);

/** Reads the file's header. @return READER_FRAME; READER_CUT; IOTSIG_ERR_UNSUPPORTED; READ ... */
int iotsig_pcap_open(struct pcap_reader *reader, struct iotsig_source *source,
                     struct iotsig_error *error);

/** The next frame, READER_END, READER_CUT, or a status. */
int iotsig_pcap_next(struct pcap_reader *reader, struct iotsig_source *source,
                     struct iotsig_frame *frame, struct iotsig_error *error);

#endif
