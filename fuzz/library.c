/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
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
        fuzz_printable(trait.text);
        weight += trait.weight;
    }
    REQUIRE(weight == iotsig_learned_weight(learned));
}

static struct iotsig_output *write_all(struct iotsig_context *context,
                                       const struct iotsig_library *library)
{
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_JSON);
    struct iotsig_output *output = fuzz_output(context);
    for (size_t i = 0; i < iotsig_library_count(library); i++)
        REQUIRE(iotsig_learned_write(iotsig_library_get(library, i), context, output, &style,
                                     NULL) == 0);
    return output;
}

static void again(struct iotsig_context *context, const struct iotsig_output *written)
{
    struct iotsig_library *library;
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    REQUIRE(iotsig_library_read(library, fuzz_file_of(written), NULL) == 0);
    struct iotsig_output *output = write_all(context, library);
    fuzz_same(written, output);
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

/* The tables about it, and each signature for people. */
static void write_tables(struct iotsig_context *context, const struct iotsig_library *library)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_output *output = fuzz_output(context);
        size_t count;
        REQUIRE(iotsig_library_list(library, context, output, &style, NULL) == 0);
        fuzz_well_formed(output, format);
        output = fuzz_output(context);
        REQUIRE(iotsig_library_check(library, context, output, &style, &count, NULL) == 0);
        fuzz_well_formed(output, format);
    }
    for (size_t i = 0; i < iotsig_library_count(library); i++) {
        for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSON;
             format += 2) {
            const struct iotsig_style style = fuzz_style(format);
            struct iotsig_output *output = fuzz_output(context);
            REQUIRE(iotsig_learned_write(iotsig_library_get(library, i), context, output, &style,
                                         NULL) == 0);
            fuzz_well_formed(output, format);
        }
    }
}

void fuzz_library(struct iotsig_context *context, const struct iotsig_library *library)
{
    for (size_t i = 0; i < iotsig_library_count(library); i++)
        look_at(iotsig_library_get(library, i));
    if (iotsig_library_count(library) == 0)
        return;
    struct iotsig_output *output = write_all(context, library);
    again(context, output);
    iotsig_output_free(output);
    write_tables(context, library);
    make_policies(context, library);
}
