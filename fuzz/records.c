/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of packets, patterns or a signature: CSV, JSON, JSON lines. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    (void)iotsig_patterns_read(patterns, fuzz_file(data, size), NULL, NULL, NULL);
    fuzz_patterns(context, patterns, NULL);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}
