/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A MUD file: its profile, and the MUD file of that, which must hold the same policies; and a
 * firewall of it.
 */
#include "fuzz.h"
#include "iotsig/firewall.h"

struct told {
    size_t problems, warnings;
};

static void count(void *user, const struct iotsig_error *problem, bool warning)
{
    struct told *told = user;
    REQUIRE(problem->message[0] != '\0');
    if (warning)
        told->warnings++;
    else
        told->problems++;
}

static struct iotsig_profiles *read_mud(struct iotsig_context *context, const char *path,
                                        const struct iotsig_device *device, struct told *told)
{
    const struct iotsig_profile_settings settings = {.device = *device,
                                                     .include_root = FUZZ_NOWHERE,
                                                     .words_open = device->ipv4 == NULL,
                                                     .problem = count,
                                                     .user = told};
    struct iotsig_profiles *profiles;
    *told = (struct told){0};
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    if (iotsig_profiles_read_mud(profiles, path, NULL) != 0)
        REQUIRE(iotsig_profiles_count(profiles) == 0);
    REQUIRE(iotsig_profiles_problems(profiles) == told->problems);
    return profiles;
}

/* Writes it as a profile, and as a MUD file, which is read again. */
static void convert(struct iotsig_context *context, struct iotsig_profiles *profiles,
                    struct told *told)
{
    const struct iotsig_style style = {IOTSIG_FORMAT_YAML, 0, false};
    struct iotsig_output *output = fuzz_output(context);
    struct told again;
    size_t policies = iotsig_profiles_policies(profiles);
    REQUIRE(iotsig_profiles_write(profiles, output, &style, NULL) == 0);
    iotsig_output_free(output);
    output = fuzz_output(context);
    told->warnings = 0;
    int status = iotsig_profiles_write_mud(profiles, output, NULL);
    REQUIRE(status == 0 || (status == IOTSIG_ERR_EMPTY && told->warnings >= policies));
    if (status == 0) {
        struct iotsig_profiles *read =
            read_mud(context, fuzz_file_of(output), &(struct iotsig_device){0}, &again);
        REQUIRE(again.problems == 0 && again.warnings == 0);
        size_t same = iotsig_profiles_policies(read);
        REQUIRE(same + told->warnings >= policies && same <= policies);
        iotsig_profiles_free(read);
    }
    iotsig_output_free(output);
}

static void make_firewall(struct iotsig_context *context, struct iotsig_profiles *profiles)
{
    const struct iotsig_firewall_settings settings = {0};
    struct iotsig_firewall *firewall;
    if (iotsig_firewall_new(&firewall, profiles, &settings, NULL) != 0)
        return;
    struct iotsig_output *output = fuzz_output(context);
    REQUIRE(iotsig_firewall_print(firewall, IOTSIG_FILE_NFT, output, NULL) == 0);
    REQUIRE(iotsig_firewall_explain(firewall, output, NULL) == 0);
    iotsig_output_free(output);
    iotsig_firewall_free(firewall);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct iotsig_device nobody = {0}, device = {"d", NULL, "10.0.0.1", "fd00::1"};
    struct iotsig_context *context = fuzz_context();
    struct told told;
    struct iotsig_profiles *profiles = read_mud(context, fuzz_file(data, size), &device, &told);
    make_firewall(context, profiles);
    iotsig_profiles_free(profiles);
    profiles = read_mud(context, fuzz_file(data, size), &nobody, &told);
    if (iotsig_profiles_count(profiles) > 0)
        convert(context, profiles, &told);
    iotsig_profiles_free(profiles);
    iotsig_context_free(context);
    return 0;
}
