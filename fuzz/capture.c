/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture file of any format, plain or compressed. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_packets *packets;
    struct iotsig_error error;
    options.timeout_ns = 0;
    options.keep = ~0u;
    options.layers = IOTSIG_LAYERS_ALL;
    if (iotsig_packets_open(&packets, context, fuzz_file(data, size), &options, &error) == 0) {
        struct iotsig_packet packet;
        int status;
        while ((status = iotsig_packets_next(packets, &packet, &error)) == 1)
            REQUIRE(packet.network == 4 || packet.network == 6);
        REQUIRE(status == iotsig_packets_failure(packets, NULL));
        iotsig_packets_close(packets);
    }
    iotsig_context_free(context);
    return 0;
}
