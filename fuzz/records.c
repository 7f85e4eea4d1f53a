/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of packets, patterns or a signature: CSV, JSON, JSON lines. Who has it open is told the
 * same.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    struct iotsig_patterns *others = fuzz_new_patterns(context, NULL);
    const char *path = fuzz_file(data, size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    REQUIRE(iotsig_patterns_read(patterns, path, NULL, NULL, NULL) ==
            iotsig_patterns_read_fd(others, fd, "x", NULL, NULL, NULL));
    REQUIRE(fuzz_flow_count(patterns) == fuzz_flow_count(others));
    (void)close(fd);
    iotsig_patterns_free(others);
    fuzz_patterns(context, patterns, NULL);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}
