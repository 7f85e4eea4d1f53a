/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of packets, patterns or a signature: CSV, JSON, JSON lines. Who has it open is told the
 * same. Its flows become a profile, which can be read, and rules.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "iotsig/firewall.h"

/* What a policy cannot say of flows has words. */
static void require_losses(const struct iotsig_patterns *patterns)
{
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++) {
        const struct iotsig_pattern *pattern = iotsig_patterns_get(patterns, i);
        for (size_t j = 0; j < iotsig_pattern_count(pattern); j++)
            for (unsigned losses = iotsig_policy_losses(pattern, j, NULL); losses > 0;
                 losses &= losses - 1)
                REQUIRE(iotsig_policy_loss_text(losses & ~(losses - 1)) != NULL);
    }
}

static void write_profile(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                          const struct iotsig_device *device)
{
    const struct iotsig_style style = {IOTSIG_FORMAT_YAML, 0, false};
    struct iotsig_patterns *read = fuzz_new_patterns(context, NULL);
    struct iotsig_output *output = fuzz_output(context);
    REQUIRE(iotsig_profile_write(patterns, device, output, &style, NULL) == 0);
    REQUIRE(iotsig_patterns_read(read, fuzz_file_of(output), NULL, NULL, NULL) == 0);
    iotsig_output_free(output);
    iotsig_patterns_free(read);
}

static void make_rules(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                       const struct iotsig_device *device)
{
    const struct iotsig_profile_settings settings = {.device = *device, .lenient = true};
    const struct iotsig_firewall_settings how = {.queue = 0};
    struct iotsig_profiles *profiles;
    struct iotsig_firewall *firewall;
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    REQUIRE(iotsig_profiles_add(profiles, patterns, NULL) == 0);
    if (iotsig_firewall_new(&firewall, profiles, &how, NULL) == 0) {
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_firewall_explain(firewall, output, NULL) == 0);
        fuzz_well_formed(output, IOTSIG_FORMAT_TEXT);
        iotsig_firewall_free(firewall);
    }
    iotsig_profiles_free(profiles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct iotsig_device device = {"d", NULL, "192.168.1.2", "fd00::2"};
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
    require_losses(patterns);
    write_profile(context, patterns, &device);
    make_rules(context, patterns, &device);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}
