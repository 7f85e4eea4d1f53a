/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device's profile in YAML; and of the flows that it held a profile again, which must be readable. */
#include "fuzz.h"

static void again(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                  enum iotsig_format format)
{
    const struct iotsig_device device = {"d", NULL, "10.0.0.1", "fd00::1"};
    const struct iotsig_style style = {format, 0, false};
    struct iotsig_patterns *read;
    struct iotsig_output *output;
    size_t n;
    REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
    REQUIRE(iotsig_profile_write(patterns, &device, output, &style, NULL) == 0);
    const char *text = iotsig_output_text(output, &n);
    REQUIRE(iotsig_patterns_new(&read, context, NULL, true, NULL) == 0);
    REQUIRE(iotsig_patterns_read(read, fuzz_file(text, n), NULL, NULL, NULL) == 0);
    size_t flows = 0, more = 0;
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++)
        flows += iotsig_pattern_count(iotsig_patterns_get(patterns, i));
    for (size_t i = 0; i < iotsig_patterns_count(read); i++)
        more += iotsig_pattern_count(iotsig_patterns_get(read, i));
    REQUIRE(flows == more);
    iotsig_patterns_free(read);
    iotsig_output_free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    const char *path = fuzz_file(data, size);
    struct iotsig_patterns *patterns;
    REQUIRE(iotsig_patterns_new(&patterns, context, NULL, true, NULL) == 0);
    (void)iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
    again(context, patterns, IOTSIG_FORMAT_YAML);
    again(context, patterns, IOTSIG_FORMAT_JSON);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}
