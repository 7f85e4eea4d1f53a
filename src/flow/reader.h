/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packets of a capture that are kept, up to the pause that ends the event. */
#ifndef IOTSIG_FLOW_READER_H
#define IOTSIG_FLOW_READER_H

#include "decode/decode.h"
#include "iotsig/capture.h"
#include "iotsig/options.h"

struct reader {
    struct iotsig_capture *capture; /**< borrowed */
    const struct iotsig_options *options;
    const char *path; /**< for the progress */
    int64_t last_ns;  /**< when the last frame with a time was */
    bool clocked;     /**< whether there was one */
    uint64_t frames;  /**< read so far */
    uint64_t limit;   /**< frames to read at most */
    bool ended;       /**< by a pause */
};

void iotsig_reader_init(struct reader *reader, struct iotsig_capture *capture, const char *path,
                        const struct iotsig_options *options);

/**
 * The next frame, whatever it is. `*frame` is borrowed until the next call.
 * @return as iotsig_reader_next()
 */
int iotsig_reader_frame(struct reader *reader, struct iotsig_frame *frame,
                        struct iotsig_error *error);

/**
 * The next packet that is kept. `*packet` and `*frame` are borrowed until the next call.
 * @return 1; 0 at the end; as iotsig_capture_next(), IOTSIG_ERR_CANCELLED
 */
int iotsig_reader_next(struct reader *reader, struct packet *packet, struct iotsig_frame *frame,
                       struct iotsig_error *error);

#endif
