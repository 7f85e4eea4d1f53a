/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of learned signatures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_library *library;
    struct iotsig_error error;
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    int status = iotsig_library_read(library, fuzz_file(data, size), &error);
    REQUIRE(status == 0 || error.message[0] != '\0');
    fuzz_library(context, library);
    iotsig_library_free(library);
    iotsig_context_free(context);
    return 0;
}
