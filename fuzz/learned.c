/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of learned signatures, and the page of one. */
#include "fuzz.h"
#include "iotsig/firewall.h"
#include "iotsig/report.h"

/* The page of a file that holds one signature, learned or extracted. */
static void make_page(struct iotsig_context *context, const char *path)
{
    struct iotsig_report *report;
    struct iotsig_error error;
    if (iotsig_report_new(&report, context, path, NULL, &error) != 0) {
        REQUIRE(error.message[0] != '\0');
        return;
    }
    struct iotsig_output *output = fuzz_output(context);
    REQUIRE(iotsig_report_write(report, output, &error) == 0);
    fuzz_page(output);
    iotsig_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_library *library;
    struct iotsig_error error;
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    const char *path = fuzz_file(data, size);
    int status = iotsig_library_read(library, path, &error);
    REQUIRE(status == 0 || error.message[0] != '\0');
    make_page(context, path);
    fuzz_library(context, library);
    size_t count = iotsig_library_count(library);
    iotsig_library_free(library);

    /* As one input among patterns. */
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    iotsig_patterns_set_library(patterns, library);
    (void)iotsig_patterns_read(patterns, fuzz_file(data, size), NULL, NULL, NULL);
    REQUIRE(status != 0 || iotsig_library_count(library) == count);
    iotsig_patterns_free(patterns);
    iotsig_library_free(library);
    iotsig_context_free(context);
    return 0;
}
