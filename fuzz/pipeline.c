/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole way: a byte of options, then packets of captures, see build.h; to patterns and the
 * signature that they have in common, which are written and read again. */
#include "build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_context *context = fuzz_context();
    options.keep = cursor_u8(&at);
    options.match_random_ports = (options.keep & 0x80) != 0;
    options.layers = (options.keep & 0x40) != 0 ? IOTSIG_LAYERS_ALL : 0;
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, &options);
    fuzz_read_captures(patterns, &at);
    fuzz_patterns(context, patterns, &options);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return fuzz_mutate_packets(data, size, room, seed, 1);
}
