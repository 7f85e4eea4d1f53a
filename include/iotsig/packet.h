/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/packet.h - the packet summaries of a capture (behaviour section 1).
 *
 * The names of hosts are known only when the whole capture is read, so it is read twice; one that
 * cannot be (standard input, a FIFO) is spooled to a temporary file. Memory follows the names, not
 * the packets.
 */
#ifndef IOTSIG_PACKET_H
#define IOTSIG_PACKET_H

#include "iotsig/layer.h"
#include "iotsig/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Values of `transport`. */
enum iotsig_transport { IOTSIG_TRANSPORT_TCP = 6, IOTSIG_TRANSPORT_UDP = 17 };

/** One packet. Texts and layer are borrowed until the next call for the same capture. */
struct iotsig_packet {
    uint64_t id; /**< counts from 0 */
    struct iotsig_time time;
    int network; /**< 4 or 6, of the outermost IP header */
    const char *src, *dst;
    int transport; /**< `enum iotsig_transport` */
    uint16_t sport, dport;
    const struct iotsig_layer *layer; /**< NULL: none */
    uint64_t length;                  /**< bytes on the wire */
};

struct iotsig_packets;

/**
 * Opens a capture and reads it for the names; "-" is standard input. `options` may be NULL.
 * A capture that is damaged, or cannot be read to its end, is one as far as it goes:
 * iotsig_packets_next() gives what was read, and the failure after that.
 * @return as iotsig_capture_open(); IOTSIG_ERR_LIMIT, IOTSIG_ERR_CANCELLED; IOTSIG_ERR_WRITE: the
 *         temporary file
 */
IOTSIG_API int iotsig_packets_open(struct iotsig_packets **out, struct iotsig_context *context,
                                   const char *path, const struct iotsig_options *options,
                                   struct iotsig_error *error);

/**
 * The same of a file that is open, from where it stands; what cannot be read twice is spooled. The
 * descriptor stays the caller's. `name` is what messages and the progress call it.
 */
IOTSIG_API int iotsig_packets_open_fd(struct iotsig_packets **out, struct iotsig_context *context,
                                      int fd, const char *name,
                                      const struct iotsig_options *options,
                                      struct iotsig_error *error);

/** The names of hosts that are known: those known beforehand, and the capture's. */
IOTSIG_API const struct iotsig_names *iotsig_packets_names(const struct iotsig_packets *packets);

/** The next packet that is kept. @return 1; 0 at the end; as iotsig_capture_next() */
IOTSIG_API int iotsig_packets_next(struct iotsig_packets *packets, struct iotsig_packet *packet,
                                   struct iotsig_error *error);

/** As iotsig_capture_is_cut(); known from the start. */
IOTSIG_API bool iotsig_packets_is_cut(const struct iotsig_packets *packets,
                                      struct iotsig_error *warning);

/**
 * How reading ends, known from the start: 0, or the failure that iotsig_packets_next() will answer
 * after the last packet.
 */
IOTSIG_API int iotsig_packets_failure(const struct iotsig_packets *packets,
                                      struct iotsig_error *error);

/** A TCP segment or UDP datagram that was not read from a capture. */
struct iotsig_segment {
    struct iotsig_payload payload;
    uint8_t tcp_flags; /**< as in the header: FIN 1, SYN 2, RST 4, ACK 16 */
    bool router_alert; /**< its IP header has the Router Alert option */
};

/** Whether the rules keep a segment (behaviour section 1); `options` may be NULL. */
IOTSIG_API bool iotsig_segment_is_kept(const struct iotsig_segment *segment,
                                       const struct iotsig_options *options);

/** NULL is allowed. */
IOTSIG_API void iotsig_packets_close(struct iotsig_packets *packets);

#ifdef __cplusplus
}
#endif

#endif
