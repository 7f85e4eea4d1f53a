/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A capture file of any format, plain or compressed. There are no more packets than frames, and no
 * more of these with a filter than without.
 */
#include "iotsig/capture.h"
#include "fuzz.h"

static size_t count_frames(struct iotsig_context *context, const char *path, const char *filter)
{
    struct iotsig_capture *capture;
    struct iotsig_frame frame;
    uint64_t size;
    size_t count = 0;
    if (iotsig_capture_open(&capture, context, path, filter, NULL) != 0)
        return 0;
    for (; iotsig_capture_next(capture, &frame, NULL) == 1; count++)
        REQUIRE(iotsig_capture_position(capture, &size) <= size);
    REQUIRE(iotsig_capture_lost(capture) == 0);
    iotsig_capture_close(capture);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_packets *packets;
    struct iotsig_error error;
    const char *path = fuzz_file(data, size);
    size_t frames = count_frames(context, path, NULL), count = 0;
    REQUIRE(count_frames(context, path, "greater 60") <= frames);
    options.timeout_ns = 0;
    options.keep = ~0u;
    options.layers = IOTSIG_LAYERS_ALL;
    if (iotsig_packets_open(&packets, context, path, &options, &error) == 0) {
        struct iotsig_packet packet;
        int status;
        for (; (status = iotsig_packets_next(packets, &packet, &error)) == 1; count++)
            REQUIRE(packet.network == 4 || packet.network == 6);
        REQUIRE(status == iotsig_packets_failure(packets, NULL));
        iotsig_packets_close(packets);
    }
    REQUIRE(count <= frames);
    iotsig_context_free(context);
    return 0;
}
