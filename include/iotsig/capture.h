/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/capture.h - frames of a capture file, as a stream.
 *
 * Reads pcap (both byte orders, microseconds and nanoseconds, and the "modified" variant with
 * longer packet headers) and pcapng (any number of sections and interfaces, enhanced, simple and
 * obsolete packet blocks, any if_tsresol and if_tsoffset), plain or compressed with gzip, zstd,
 * xz, lz4, bzip2, of one member or several. Checksums are checked; of a file that is cut or damaged
 * all counts that can be decompressed. Also reads what is still being captured: pipes, files that
 * grow, and network interfaces. Memory does not depend on the size of the capture: it is that
 * of a buffer, and of the window that the compressor chose, up to 128 MiB.
 * Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
#ifndef IOTSIG_CAPTURE_H
#define IOTSIG_CAPTURE_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_capture;

/** One frame. `bytes` is borrowed until the next call for the same capture. */
struct iotsig_frame {
    const uint8_t *bytes;
    uint32_t captured;       /**< bytes that the capture holds */
    uint32_t length;         /**< bytes on the wire */
    int link_type;           /**< LINKTYPE_ value of the interface (www.tcpdump.org/linktypes.html) */
    struct iotsig_time time; /**< saturates at the ends of 64 bits of nanoseconds; none (digits 0)
                                  in a simple packet block of pcapng */
};

/**
 * Opens a capture; "-" is standard input.
 * @param filter  a BPF expression (pcap-filter(7)) that selects the frames, or NULL for all
 * @return 0; IOTSIG_ERR_READ; IOTSIG_ERR_FORMAT: not a capture; IOTSIG_ERR_UNSUPPORTED: a link
 *         type that iotsig cannot read, named in the message, or compressed data that needs more
 *         than 128 MiB; IOTSIG_ERR_ARGUMENT: the filter;
 *         IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_capture_open(struct iotsig_capture **out, struct iotsig_context *context,
                                   const char *path, const char *filter,
                                   struct iotsig_error *error);

/**
 * How a capture that is still being made is waited for. While there is nothing to read, `idle` is
 * called, several times a second; anything but 0 ends the capture there, as its end would. It is not
 * called while there is something to read.
 */
struct iotsig_wait {
    bool follow; /**< the end of a regular file is not the capture's: more is written to it */
    int (*idle)(void *user);
    void *user;
};

/**
 * Like iotsig_capture_open(), for what is still being captured: a pipe, or with `follow` a file. A
 * packet that is not whole yet is waited for.
 * @param wait  is copied
 * @return the same; IOTSIG_ERR_READ also when a file that is followed becomes shorter
 */
IOTSIG_API int iotsig_capture_follow(struct iotsig_capture **out, struct iotsig_context *context,
                                     const char *path, const char *filter,
                                     const struct iotsig_wait *wait, struct iotsig_error *error);

/**
 * Captures what a network interface receives and sends, from now on; needs the right to do so
 * (CAP_NET_RAW), which may be given up once this has returned. Times are in nanoseconds where the
 * system has them. There is no end but that which `wait` gives.
 * @param filter  is the kernel's work
 * @return 0; IOTSIG_ERR_READ: no such interface, or no right to capture; IOTSIG_ERR_UNSUPPORTED: its
 *         link type; IOTSIG_ERR_ARGUMENT: the filter; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_capture_live(struct iotsig_capture **out, struct iotsig_context *context,
                                   const char *interface, const char *filter,
                                   const struct iotsig_wait *wait, struct iotsig_error *error);

/** Of an interface: frames that were lost because they came too fast; else 0. */
IOTSIG_API uint64_t iotsig_capture_lost(const struct iotsig_capture *capture);

/**
 * The next frame that the filter selects.
 * @return 1; 0 at the end; IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT, IOTSIG_ERR_UNSUPPORTED (compressed
 *         data needs too much memory; or, at the end of a pcapng with several interfaces, cut or
 *         not: the frames of one whose link type is unknown were passed over, from the place in
 *         `error` on), IOTSIG_ERR_ARGUMENT (the filter does not fit the link type), IOTSIG_ERR_MEMORY.
 *         What was read before stays valid. After a failure or the end, the same answer again.
 */
IOTSIG_API int iotsig_capture_next(struct iotsig_capture *capture, struct iotsig_frame *frame,
                                   struct iotsig_error *error);

/**
 * Whether the capture ended inside a packet or inside compressed data: it is still being written, or
 * was cut; or whether bytes that are not compressed, and are ignored, follow those that are. Known
 * after iotsig_capture_next() answered 0. `warning` (may be NULL) then gets place and message.
 */
IOTSIG_API bool iotsig_capture_is_cut(const struct iotsig_capture *capture,
                                      struct iotsig_error *warning);

/**
 * Whether frames were passed over so far because of their link type: for who stops reading before
 * the end, where iotsig_capture_next() answers the same.
 * @return 0, or IOTSIG_ERR_UNSUPPORTED
 */
IOTSIG_API int iotsig_capture_refusal(const struct iotsig_capture *capture,
                                      struct iotsig_error *error);

/** Bytes of the file read so far (before decompression), and its size, 0 when it is not known. */
IOTSIG_API uint64_t iotsig_capture_position(const struct iotsig_capture *capture, uint64_t *size);

/** NULL is allowed. */
IOTSIG_API void iotsig_capture_close(struct iotsig_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
