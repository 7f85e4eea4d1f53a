/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of a command line, which scripts may take from files: a byte chooses, then the text. What
 * is refused is told in words that are safe to print; what is taken means something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "iotsig/feature.h"
#include "iotsig/firewall.h"
#include "iotsig/select.h"

static void require_told(int status, const struct iotsig_error *error)
{
    REQUIRE(status == 0 || status == IOTSIG_ERR_ARGUMENT || status == IOTSIG_ERR_READ ||
            status == IOTSIG_ERR_FORMAT);
    if (status == 0)
        return;
    REQUIRE(error->message[0] != '\0');
    fuzz_printable(error->message);
}

static void take_ratio(const char *text)
{
    struct iotsig_ratio ratio, same;
    char written[IOTSIG_RATIO_TEXT];
    if (!iotsig_ratio_parse(text, &ratio))
        return;
    REQUIRE(ratio.den > 0);
    iotsig_ratio_text(ratio, written);
    REQUIRE(iotsig_ratio_parse(written, &same));
    REQUIRE(iotsig_ratio_compare(ratio, same) == 0 && ratio.num == same.num);
}

static void take_time(const char *text)
{
    struct iotsig_time time;
    if (iotsig_time_read(text, &time))
        REQUIRE(time.digits == 6 || time.digits == 9);
}

/* A word, or a path that ends in one. */
static int take_format(const char *text, struct iotsig_error *error)
{
    enum iotsig_format format;
    if (iotsig_format_of_path(&format, text))
        REQUIRE(strchr(text, '.') != NULL && format <= IOTSIG_FORMAT_YAML);
    return iotsig_format_parse(&format, text, error);
}

/* Flows that a selection is asked of: whether one is selected does not depend on the others. */
static const char flows[] = "{\"src\":\"192.168.1.2\",\"dst\":\"api.example.com\",\"transport_"
                            "protocol\":\"TCP\",\"dport\":443}\n"
                            "{\"src\":\"fd00::2\",\"dst\":\"ff02::fb\",\"network_protocol\":"
                            "\"IPv6\",\"transport_protocol\":\"UDP\","
                            "\"dport\":5353,\"application_layer\":{\"protocol\":\"DNS\","
                            "\"response\":false,\"qtype\":\"PTR\","
                            "\"domain-name\":\"_hue\\\\.x.local\"}}\n"
                            "{\"src\":\"192.168.1.2\",\"dst\":\"a\\\\.b.example\",\"transport_"
                            "protocol\":\"UDP\",\"ports\":[{\"host\":\"c.example\",\"port\":9,"
                            "\"count\":1,\"fixed\":true}]}\n";

static int take_selection(struct iotsig_context *context, unsigned by, const char *text,
                          struct iotsig_error *error)
{
    struct iotsig_selection *selection;
    struct iotsig_same_hosts *same;
    REQUIRE(iotsig_selection_new(&selection, context, NULL) == 0);
    int status = iotsig_selection_add(selection, (enum iotsig_select_by)by, text, error);
    if (status == 0) {
        struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
        REQUIRE(iotsig_patterns_read(patterns, fuzz_file(flows, sizeof flows - 1), NULL, NULL,
                                     NULL) == 0);
        const struct iotsig_pattern *pattern = iotsig_patterns_get(patterns, 0);
        REQUIRE(iotsig_same_hosts_new(&same, context, NULL) == 0);
        REQUIRE(iotsig_same_hosts_add(same, "api.example.com=hub.example.org", NULL) == 0);
        for (size_t i = 0; i < iotsig_pattern_count(pattern); i++) {
            bool alone = iotsig_selection_has(selection, pattern, i, NULL);
            REQUIRE(iotsig_selection_has(selection, pattern, i, same) || !alone);
        }
        iotsig_same_hosts_free(same);
        iotsig_patterns_free(patterns);
    }
    iotsig_selection_free(selection);
    return status;
}

static int take_same(struct iotsig_context *context, const char *text, struct iotsig_error *error)
{
    struct iotsig_same_hosts *same;
    int status = 0;
    REQUIRE(iotsig_same_hosts_new(&same, context, NULL) == 0);
    if (text[0] != '@')
        status = iotsig_same_hosts_add(same, text, error);
    iotsig_same_hosts_free(same);
    return status;
}

static int take_word(struct iotsig_context *context, const char *text, struct iotsig_error *error)
{
    const char *const hosts[] = {text};
    const struct iotsig_profile_settings settings = {.device = {.name = text},
                                                     .hosts = hosts,
                                                     .host_count = 1};
    struct iotsig_profiles *profiles;
    int status = iotsig_profiles_new(&profiles, context, &settings, error);
    if (status == 0)
        iotsig_profiles_free(profiles);
    return status;
}

static int take(struct iotsig_context *context, uint8_t kind, const char *text,
                struct iotsig_error *error)
{
    const struct iotsig_device devices[] = {{.name = text},
                                            {.mac = text},
                                            {.ipv4 = text},
                                            {.ipv6 = text}};
    const struct iotsig_feature_options self = {.self = text}, families = {.families = text};
    unsigned bits;
    switch (kind % 16) {
    case 0: return iotsig_keep_parse(&bits, text, error);
    case 1: return iotsig_layers_parse(&bits, text, error);
    case 2: return take_format(text, error);
    case 3: return iotsig_feature_options_check(&self, error);
    case 4: return iotsig_feature_options_check(&families, error);
    case 5: return iotsig_event_check(text, error);
    case 6: return take_word(context, text, error);
    case 7: take_ratio(text), take_time(text); return 0;
    case 8: return take_same(context, text, error);
    case 9:
    case 10:
    case 11:
    case 12:
    case 13: return take_selection(context, kind % 16 - 9, text, error);
    default: return iotsig_device_check(&devices[kind >> 1 & 3], error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_error error;
    if (size == 0)
        return 0;
    struct iotsig_context *context = fuzz_context();
    char *text = malloc(size);
    REQUIRE(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    require_told(take(context, data[0], text, &error), &error);
    free(text);
    iotsig_context_free(context);
    return 0;
}
