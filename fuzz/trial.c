/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A firewall tried on packets: two bytes of length, a profile in YAML or JSON, then packets of
 * captures, see build.h. No more is dropped than there is, and the outcome is well-formed.
 */
#include "build.h"
#include "iotsig/firewall.h"

static void require_counts(const struct iotsig_trial *trial)
{
    struct iotsig_trial_count dropped;
    struct iotsig_trial_policy policy;
    struct iotsig_trial_rule rule;
    uint64_t packets, sum = 0;
    iotsig_trial_totals(trial, &packets, &dropped);
    REQUIRE(dropped.packets <= packets && dropped.flows <= dropped.packets);
    REQUIRE(dropped.packets == 0 || dropped.first.ns <= dropped.last.ns);
    for (size_t i = 0; iotsig_trial_policy(trial, i, &policy); i++) {
        REQUIRE(policy.count.packets <= packets && policy.count.flows <= policy.count.packets);
        sum += policy.count.packets;
    }
    REQUIRE(sum >= dropped.packets);
    for (size_t i = 0; iotsig_trial_rule(trial, i, &rule); i++)
        REQUIRE(rule.packets <= packets);
}

static void try_on(struct iotsig_context *context, const struct iotsig_firewall *firewall,
                   bool names_known, struct cursor at)
{
    static const char table[] =
        "{\"IP\":{\"192.168.1.5\":\"api.example.com\",\"2001:db8::6\":\"a.b.c\"},"
        "\"ALIAS\":{\"a.b.c\":\"x.example\"}}";
    struct iotsig_trial *trial;
    struct iotsig_names *names;
    struct bytes capture;
    REQUIRE(iotsig_names_new(&names, context, NULL) == 0);
    REQUIRE(iotsig_names_load(names, fuzz_file(table, sizeof table - 1), NULL) == 0);
    REQUIRE(iotsig_trial_new(&trial, firewall, names_known ? names : NULL, NULL) == 0);
    for (size_t i = 0; i < BUILD_CAPTURES && fuzz_build(&at, &capture); i++) {
        struct iotsig_error cut;
        int status = iotsig_trial_read(trial, fuzz_file(capture.p, capture.n), NULL, &cut, NULL);
        REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT);
        REQUIRE(cut.message[0] == '\0');
        require_counts(trial);
    }
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_trial_write(trial, output, &style, NULL) == 0);
        fuzz_well_formed(output, format);
    }
    iotsig_trial_free(trial);
    iotsig_names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"phone=192.168.1.3", "gateway=192.168.1.1",
                                        "gateway=fd00::1"};
    const struct iotsig_profile_settings settings = {.device = {"d", "02:00:00:00:00:02",
                                                                "192.168.1.2", "fd00::2"},
                                                     .hosts = hosts,
                                                     .host_count = 3,
                                                     .include_root = FUZZ_NOWHERE,
                                                     .lenient = true};
    const struct iotsig_firewall_settings how = {.rate = size % 3 == 0 ? 5 : 0,
                                                 .has_drop_probability = size % 3 == 1,
                                                 .drop_probability = 0.25};
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_context *context = fuzz_context();
    struct bytes profile = cursor_take_most(&at, cursor_u16(&at));
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    struct iotsig_profiles *profiles;
    struct iotsig_firewall *firewall;
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    iotsig_patterns_set_profiles(patterns, profiles);
    if (iotsig_patterns_read(patterns, fuzz_file(profile.p, profile.n), NULL, NULL, NULL) == 0 &&
        iotsig_firewall_new(&firewall, profiles, &how, NULL) == 0) {
        try_on(context, firewall, profile.n % 2 == 0, at);
        iotsig_firewall_free(firewall);
    }
    iotsig_patterns_free(patterns);
    iotsig_profiles_free(profiles);
    iotsig_context_free(context);
    return 0;
}

/* Half of the time the profile is changed, and its length kept right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    if (size < 2)
        return fuzz_mutate_packets(data, size, room, 0, 2);
    size_t n = (size_t)data[0] << 8 | data[1];
    if (n > size - 2)
        n = size - 2;
    return seed % 2 == 0 ? fuzz_mutate_part(data, size, room, 2, n)
                         : fuzz_mutate_packets(data, size, room, seed / 2, 2 + n);
}
