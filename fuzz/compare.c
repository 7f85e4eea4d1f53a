/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two bytes of options, then packets of captures, see build.h. Each pattern is compared with the
 * next, the last with itself, and what is equal is at distance 0; what is written of it is
 * well-formed. Then flows are selected, and all patterns made one.
 */
#include <string.h>

#include "build.h"
#include "iotsig/build.h"
#include "iotsig/compare.h"
#include "iotsig/select.h"

static void write_both(struct iotsig_context *context, const struct iotsig_comparison *comparison,
                       const struct iotsig_closest *closest, const struct iotsig_named_pattern *a,
                       const struct iotsig_named_pattern *b)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_comparison_write(comparison, a, b, output, &style, NULL) == 0);
        fuzz_well_formed(output, format);
        output = fuzz_output(context);
        REQUIRE(iotsig_closest_write(closest, a, b, output, &style, NULL) == 0);
        fuzz_well_formed(output, format);
    }
}

/* No top label of a name ends in a digit. */
static bool is_address(const char *host)
{
    size_t n = strlen(host);
    return strchr(host, ':') != NULL || (n > 0 && host[n - 1] >= '0' && host[n - 1] <= '9');
}

/* Whether every flow does for sure: one of its ends is an address, and not the other one too.
 * Between hosts that are equal, ports of both are asked for of the first. */
static bool matches_itself(const struct iotsig_pattern *pattern)
{
    struct iotsig_flow flow;
    for (size_t i = 0; i < iotsig_pattern_count(pattern); i++) {
        iotsig_pattern_flow(pattern, i, &flow);
        if ((!is_address(flow.src) && !is_address(flow.dst)) || strcmp(flow.src, flow.dst) == 0)
            return false;
    }
    return true;
}

/* Flows that match are of one protocol. */
static void match(const struct iotsig_pattern *pattern, const struct iotsig_options *options)
{
    struct iotsig_flow one, other;
    for (size_t i = 0; i < iotsig_pattern_count(pattern); i++)
        for (size_t j = 0; j < iotsig_pattern_count(pattern); j++) {
            iotsig_pattern_flow(pattern, i, &one);
            iotsig_pattern_flow(pattern, j, &other);
            REQUIRE(!iotsig_pattern_matches(pattern, i, j, options) ||
                    (one.network == other.network && one.transport == other.transport));
        }
}

static void compare(struct iotsig_context *context, const struct iotsig_pattern *a,
                    const struct iotsig_pattern *b, const struct iotsig_options *options)
{
    const struct iotsig_named_pattern one = {a, "one"}, other = {b, "\"an\033other"};
    struct iotsig_comparison *comparison;
    struct iotsig_closest *closest;
    match(a, options);
    int status = iotsig_compare(&comparison, a, b, options, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT);
    if (status != 0)
        return;
    REQUIRE(a != b || !matches_itself(a) || iotsig_comparison_is_equal(comparison));
    REQUIRE(iotsig_comparison_is_equal(comparison) ==
            (strcmp(iotsig_comparison_distance(comparison), "0") == 0));
    status = iotsig_closest_new(&closest, a, b, options, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT ||
            (status == IOTSIG_ERR_EMPTY && iotsig_pattern_count(b) == 0));
    if (status == 0) {
        write_both(context, comparison, closest, &one, &other);
        iotsig_closest_free(closest);
    }
    iotsig_comparison_free(comparison);
}

static void select_flows(struct iotsig_context *context, struct iotsig_patterns *patterns,
                         uint8_t choice)
{
    static const struct {
        enum iotsig_select_by by;
        const char *value;
    } asked[] = {{IOTSIG_SELECT_HOST, "*.example.com"},
                 {IOTSIG_SELECT_HOST, "192.168.1.1"},
                 {IOTSIG_SELECT_PORT, "443"},
                 {IOTSIG_SELECT_PROTOCOL, "dns"},
                 {IOTSIG_SELECT_PROTOCOL, "mdns"},
                 {IOTSIG_SELECT_ATTRIBUTE, "response=true"},
                 {IOTSIG_SELECT_ATTRIBUTE, "domain-name"}};
    struct iotsig_selection *selection;
    size_t before = fuzz_flow_count(patterns), selected = 0;
    REQUIRE(iotsig_selection_new(&selection, context, NULL) == 0);
    for (size_t i = 0; i < 2; i++, choice >>= 3)
        if ((choice & 7u) < sizeof asked / sizeof *asked)
            REQUIRE(iotsig_selection_add(selection, asked[choice & 7].by, asked[choice & 7].value,
                                         NULL) == 0);
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++) {
        const struct iotsig_pattern *pattern = iotsig_patterns_get(patterns, i);
        for (size_t j = 0; j < iotsig_pattern_count(pattern); j++)
            selected += iotsig_selection_has(selection, pattern, j, NULL);
    }
    bool invert = (choice & 1) != 0;
    REQUIRE(iotsig_patterns_select(patterns, selection, invert, NULL) == 0);
    REQUIRE(fuzz_flow_count(patterns) == (invert ? before - selected : selected));
    iotsig_selection_free(selection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_context *context = fuzz_context();
    uint8_t choice = cursor_u8(&at), selection = cursor_u8(&at);
    options.match_random_ports = (choice & 1) != 0;
    options.layers = (choice & 2) != 0 ? IOTSIG_LAYERS_ALL : 0;
    options.keep = choice >> 2;
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, &options);
    fuzz_read_captures(patterns, &at);
    size_t count = iotsig_patterns_count(patterns);
    for (size_t i = 0; i < count; i++)
        compare(context, iotsig_patterns_get(patterns, i),
                iotsig_patterns_get(patterns, i + 1 < count ? i + 1 : i), &options);
    select_flows(context, patterns, selection);
    size_t before = fuzz_flow_count(patterns);
    REQUIRE(iotsig_patterns_merge(patterns, "all", NULL) == 0);
    REQUIRE(iotsig_patterns_count(patterns) == (count > 0) && fuzz_flow_count(patterns) <= before);
    fuzz_patterns(context, patterns, &options);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return fuzz_mutate_packets(data, size, room, seed, 2);
}
