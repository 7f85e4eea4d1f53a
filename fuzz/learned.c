/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of learned signatures: what is read is written, read again, and written to the same bytes.
 */
#include <string.h>

#include "fuzz.h"
#include "iotsig/firewall.h"

/* Texts that others print are what they may be. */
static void look_at(const struct iotsig_learned *learned)
{
    struct iotsig_trait trait;
    uint64_t weight = 0;
    REQUIRE(iotsig_event_check(iotsig_learned_event(learned), NULL) == 0);
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        REQUIRE(trait.role == IOTSIG_FORBIDDEN ||
                trait.support <= iotsig_learned_captures(learned));
        REQUIRE((trait.role == IOTSIG_MANDATORY) == (trait.weight > 0));
        for (const char *at = trait.text; *at != '\0'; at++)
            REQUIRE(*at >= 0x20 && *at <= 0x7e);
        weight += trait.weight;
    }
    REQUIRE(weight == iotsig_learned_weight(learned));
}

static struct iotsig_output *write_all(struct iotsig_context *context,
                                       const struct iotsig_library *library)
{
    const struct iotsig_style style = {IOTSIG_FORMAT_JSON, 0, false};
    struct iotsig_output *output;
    REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
    for (size_t i = 0; i < iotsig_library_count(library); i++)
        REQUIRE(iotsig_learned_write(iotsig_library_get(library, i), context, output, &style,
                                     NULL) == 0);
    return output;
}

static void again(struct iotsig_context *context, const struct iotsig_output *written)
{
    struct iotsig_library *library;
    size_t n, m;
    const char *text = iotsig_output_text(written, &n);
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    REQUIRE(iotsig_library_read(library, fuzz_file(text, n), NULL) == 0);
    struct iotsig_output *output = write_all(context, library);
    const char *other = iotsig_output_text(output, &m);
    REQUIRE(n == m && memcmp(text, other, n) == 0);
    iotsig_output_free(output);
    iotsig_library_free(library);
}

/* Policies of its flows; a feature that is no flow is refused. */
static void make_policies(struct iotsig_context *context, const struct iotsig_library *library)
{
    const struct iotsig_profile_settings settings = {
        .device = {.name = "d", .ipv4 = "10.0.0.1", .ipv6 = "fd00::1"}, .words_open = true};
    struct iotsig_profiles *profiles;
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    int status = iotsig_profiles_add_learned(profiles, library, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_FORMAT);
    iotsig_profiles_free(profiles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct iotsig_style style = {IOTSIG_FORMAT_TEXT, 80, false};
    struct iotsig_context *context = fuzz_context();
    struct iotsig_library *library;
    struct iotsig_output *output;
    struct iotsig_error error;
    size_t count;
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    int status = iotsig_library_read(library, fuzz_file(data, size), &error);
    REQUIRE(status == 0 || error.message[0] != '\0');
    for (size_t i = 0; i < iotsig_library_count(library); i++)
        look_at(iotsig_library_get(library, i));
    if (iotsig_library_count(library) > 0) {
        output = write_all(context, library);
        again(context, output);
        REQUIRE(iotsig_library_check(library, context, output, &style, &count, NULL) == 0);
        iotsig_output_free(output);
        make_policies(context, library);
    }
    iotsig_library_free(library);
    iotsig_context_free(context);
    return 0;
}
