/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of packets, patterns or a signature: CSV, JSON, JSON lines. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    fuzz_patterns(context, fuzz_file(data, size), NULL);
    iotsig_context_free(context);
    return 0;
}
