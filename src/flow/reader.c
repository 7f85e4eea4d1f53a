/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/reader.h"

#include "base/error.h"
#include "flow/rules.h"

/* Frames between two calls of the progress function. */
#define PROGRESS_EVERY 65536

void iotsig_reader_init(struct reader *reader, struct iotsig_capture *capture, const char *path,
                        const struct iotsig_options *options)
{
    *reader = (struct reader){
        .capture = capture, .options = options, .path = path, .limit = UINT64_MAX};
}

static int report(const struct reader *reader, struct iotsig_error *error)
{
    struct iotsig_progress progress = {.path = reader->path, .packets = reader->frames};
    if (reader->options->progress == NULL)
        return 0;
    progress.position = iotsig_capture_position(reader->capture, &progress.size);
    if (reader->options->progress(reader->options->user, &progress) == 0)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_CANCELLED, "stopped");
}

/* Whether a frame comes after the event's end. One that goes back in time is no pause; the clock
 * goes on from it. One without time tells nothing. */
static bool is_pause(struct reader *reader, struct iotsig_time time)
{
    if (time.digits == 0)
        return false;
    bool later = reader->clocked && time.ns > reader->last_ns;
    uint64_t gap = later ? (uint64_t)time.ns - (uint64_t)reader->last_ns : 0;
    reader->last_ns = time.ns;
    reader->clocked = true;
    int64_t timeout = reader->options->timeout_ns;
    return timeout != 0 && gap > (timeout > 0 ? (uint64_t)timeout : 0);
}

static inline int next_frame(struct reader *reader, struct iotsig_frame *frame,
                             struct iotsig_error *error)
{
    if (reader->ended || reader->frames >= reader->limit)
        return 0;
    int status = iotsig_capture_next(reader->capture, frame, error);
    if (status != 1)
        return status;
    reader->ended = is_pause(reader, frame->time);
    if (reader->ended)
        return iotsig_capture_refusal(reader->capture, error);
    reader->frames++;
    if (reader->frames % PROGRESS_EVERY == 0 && (status = report(reader, error)) != 0)
        return status;
    return 1;
}

int iotsig_reader_frame(struct reader *reader, struct iotsig_frame *frame,
                        struct iotsig_error *error)
{
    return next_frame(reader, frame, error);
}

int iotsig_reader_next(struct reader *reader, struct packet *packet, struct iotsig_frame *frame,
                       struct iotsig_error *error)
{
    int status;
    while ((status = next_frame(reader, frame, error)) == 1) {
        struct bytes bytes = {frame->bytes, frame->captured};
        if (iotsig_decode(frame->link_type, bytes, packet) &&
            iotsig_rules_keep(packet, reader->options))
            return 1;
    }
    return status;
}
