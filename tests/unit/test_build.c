/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers, flows and patterns that are made by hand; hosts and texts by themselves. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "iotsig/build.h"
#include "iotsig/distance.h"
#include "iotsig/format.h"

static struct iotsig_context *context;

static int start(void **state)
{
    const struct iotsig_settings settings = {.hash_seed = {1, 2}, .max_flows = 100};
    (void)state;
    return iotsig_context_new(&context, &settings, NULL);
}

static int stop(void **state)
{
    (void)state;
    iotsig_context_free(context);
    return 0;
}

static void has(const struct iotsig_layer *layer, size_t i, const char *name, const char *text)
{
    struct iotsig_attribute attribute;
    assert_true(iotsig_layer_attribute(layer, i, &attribute));
    assert_string_equal(attribute.name, name);
    assert_string_equal(attribute.text, text);
}

static void test_layers(void **state)
{
    struct iotsig_layer *layer;
    const struct iotsig_attribute attributes[] = {{"qname", "X.Example.", false},
                                                  {"response", NULL, true},
                                                  {"qtype", "A", false}};
    (void)state;
    assert_int_equal(iotsig_layer_new(&layer, context, "dns", attributes, 3, NULL), 0);
    assert_string_equal(iotsig_layer_protocol(layer), "DNS");
    has(layer, 1, "qtype", "A");
    has(layer, 2, "domain-name", "x.example");
    iotsig_layer_free(context, layer);

    const struct iotsig_attribute opposite[] = {{"is_request", NULL, true},
                                                {"uri", "/\033", false}};
    struct iotsig_attribute response;
    assert_int_equal(iotsig_layer_new(&layer, context, "CoAP", opposite, 2, NULL), 0);
    assert_true(iotsig_layer_attribute(layer, 0, &response));
    assert_false(response.truth);
    has(layer, 1, "uri", "/\\027");
    iotsig_layer_free(context, layer);

    const struct iotsig_attribute wrong[] = {{"qtype", NULL, true},
                                             {"response", "x", false},
                                             {"method", "GET", false}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(iotsig_layer_new(&layer, context, "DNS", &wrong[i], 1, NULL),
                         IOTSIG_ERR_ARGUMENT);
    assert_int_equal(iotsig_layer_new(&layer, context, "Foo", NULL, 0, NULL), IOTSIG_ERR_ARGUMENT);
    iotsig_layer_free(context, NULL);
}

static void test_payloads(void **state)
{
    static const uint8_t query[] = "\0\1\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\34\0";
    static const uint8_t line[] = "GET /a?b=c HTTP/1.1\r\n\r\n";
    struct iotsig_payload payload = {.transport = 17, .bytes = query, .count = sizeof query};
    struct iotsig_layer *layer;
    (void)state;
    assert_int_equal(iotsig_layer_parse(&layer, context, "DNS", &payload, NULL), 0);
    has(layer, 1, "qtype", "AAAA");
    has(layer, 2, "domain-name", "a.example");
    iotsig_layer_free(context, layer);
    payload = (struct iotsig_payload){.transport = 6, .bytes = line, .count = sizeof line - 1};
    assert_int_equal(iotsig_layer_parse(&layer, context, "HTTP", &payload, NULL), 0);
    has(layer, 2, "uri", "/a*");
    iotsig_layer_free(context, layer);
    assert_int_equal(iotsig_layer_parse(&layer, context, NULL, &payload, NULL),
                     0); /* on any port */
    has(layer, 2, "uri", "/a*");
    iotsig_layer_free(context, layer);
    payload.count = 3;
    assert_int_equal(iotsig_layer_parse(&layer, context, "HTTP", &payload, NULL),
                     IOTSIG_ERR_FORMAT);
    assert_int_equal(iotsig_layer_parse(&layer, context, NULL, &payload, NULL), IOTSIG_ERR_FORMAT);
    payload.count = 0;
    assert_int_equal(iotsig_layer_parse(&layer, context, NULL, &payload, NULL), IOTSIG_ERR_FORMAT);
    payload = (struct iotsig_payload){.transport = 17,
                                      .dport = 53,
                                      .bytes = query,
                                      .count = sizeof query};
    assert_int_equal(iotsig_layer_parse(&layer, context, NULL, &payload, NULL), 0);
    has(layer, 1, "qtype", "AAAA");
    iotsig_layer_free(context, layer);
    payload.dport = 54; /* it is one by its port */
    assert_int_equal(iotsig_layer_parse(&layer, context, NULL, &payload, NULL), IOTSIG_ERR_FORMAT);

    assert_int_equal(iotsig_layer_read(&layer, context, "DNS - response: False, qtype: A", NULL),
                     0);
    has(layer, 1, "qtype", "A");
    iotsig_layer_free(context, layer);
    assert_int_equal(iotsig_layer_read(&layer, context,
                                       "{\"protocol\":\"SSDP\",\"method\":\"NOTIFY\"}", NULL),
                     0);
    has(layer, 0, "method", "NOTIFY");
    iotsig_layer_free(context, layer);
    assert_int_equal(iotsig_layer_read(&layer, context, "None", NULL), 0);
    assert_null(layer);
    assert_int_equal(iotsig_layer_read(&layer, context, "{", NULL), IOTSIG_ERR_FORMAT);
}

static void test_time(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
        uint8_t digits;
    } times[] = {{"1724059939.123456", 1724059939123456000, 6},
                 {"1724059939.1234567", 1724059939123456700, 9},
                 {"-0.25", -250000000, 6},
                 {"1.5e3", 1500000000000, 6},
                 {"9223372036.854775807", INT64_MAX, 9}};
    static const char *const none[] = {"", "now", "1.", ".5", "1 ", "nan", "9223372036.854775808"};
    struct iotsig_time time;
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_true(iotsig_time_read(times[i].text, &time));
        assert_int_equal(time.ns, times[i].ns);
        assert_int_equal(time.digits, times[i].digits);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(iotsig_time_read(none[i], &time));
}

static void add(struct iotsig_pattern *pattern, const char *src, const char *dst, int transport,
                uint16_t sport, uint16_t dport)
{
    const struct iotsig_port ports[] = {{src, sport, 1, false}, {dst, dport, 1, false}};
    const struct iotsig_flow flow = {
        .network = 4, .transport = transport, .src = src, .dst = dst, .count = 1, .ports = 2};
    assert_int_equal(iotsig_pattern_add(pattern, &flow, ports, NULL), 0);
}

static void test_flows(void **state)
{
    struct iotsig_pattern *pattern, *copy;
    struct iotsig_flow flow;
    struct iotsig_port port;
    char id[IOTSIG_FLOW_ID];
    (void)state;
    assert_int_equal(iotsig_pattern_new(&pattern, context, NULL), 0);
    add(pattern, "192.0.2.1", "A.Example.", 6, 40000, 443);
    add(pattern, "192.0.2.1", "b.example", 6, 40001, 443); /* another registrable domain */
    add(pattern, "x.a.example", "192.0.2.1", 6, 443, 40002);
    add(pattern, "192.0.2.1", "a.example", 17, 40000, 443);
    add(pattern, "192.0.2.1", "a.example", 0, 40000, 443);
    assert_false(iotsig_pattern_matches(pattern, 0, 1, NULL));
    assert_true(iotsig_pattern_matches(pattern, 0, 2, NULL));
    assert_false(iotsig_pattern_matches(pattern, 0, 3, NULL));
    assert_true(iotsig_pattern_matches(pattern, 4, 4, NULL));

    assert_int_equal(iotsig_pattern_join(pattern, 0, 2, NULL, NULL), 0);
    iotsig_pattern_flow(pattern, 0, &flow);
    assert_int_equal(flow.count, 2);
    assert_int_equal(flow.ports, 3);
    assert_string_equal(flow.dst, "a.example");
    assert_int_equal(flow.dport, 443);
    iotsig_pattern_port(pattern, 0, 1, &port);
    assert_int_equal(port.count, 2);
    assert_true(port.fixed);
    iotsig_pattern_flow(pattern, 4, &flow);
    assert_int_equal(flow.dport, IOTSIG_NO_PORT); /* no service of a protocol that is none */

    assert_int_equal(iotsig_pattern_new(&copy, context, NULL), 0);
    assert_int_equal(iotsig_pattern_add_all(copy, pattern, NULL), 0);
    assert_int_equal(iotsig_pattern_add_all(copy, pattern, NULL), 0);
    assert_int_equal(iotsig_pattern_count(copy), 10);
    iotsig_pattern_flow_id(copy, 6, id);
    assert_string_equal(id, "192.0.2.1-b.example_TCP_dst_443-2");
    add(copy, "192.0.2.1", "b.example", 6, 40009,
        443); /* the numbers are those of the flows that were there */
    iotsig_pattern_flow_id(copy, 10, id);
    assert_string_equal(id, "192.0.2.1-b.example_TCP_dst_443");
    struct iotsig_error error;
    int status = 0;
    for (int i = 0; status == 0 && i < 100; i++)
        status = iotsig_pattern_add_all(copy, pattern, &error);
    assert_int_equal(status, IOTSIG_ERR_LIMIT);
    iotsig_pattern_free(copy);

    char long_name[1100];
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    const struct iotsig_flow bad = {.network = 4, .transport = 6, .src = long_name, .dst = NULL};
    assert_int_equal(iotsig_pattern_add(pattern, &bad, NULL, NULL), IOTSIG_ERR_ARGUMENT);
    assert_int_equal(iotsig_pattern_count(pattern), 5);
    iotsig_pattern_free(pattern);
}

static void test_grouping(void **state)
{
    struct iotsig_grouping *grouping;
    struct iotsig_pattern *pattern;
    struct iotsig_patterns *patterns;
    struct iotsig_flow flow;
    struct iotsig_packet packet = {.time = {5, 9},
                                   .network = 4,
                                   .src = "192.0.2.1",
                                   .dst = "A.example",
                                   .transport = 6,
                                   .sport = 40000,
                                   .dport = 443,
                                   .length = 60};
    struct iotsig_packet answer = {.time = {9, 9},
                                   .network = 4,
                                   .src = "a.example",
                                   .dst = "192.0.2.1",
                                   .transport = 6,
                                   .sport = 443,
                                   .dport = 40000,
                                   .length = 40};
    (void)state;
    assert_int_equal(iotsig_grouping_new(&grouping, context, NULL, NULL), 0);
    assert_int_equal(iotsig_grouping_add(grouping, &packet, NULL), 0);
    assert_int_equal(iotsig_grouping_add(grouping, &answer, NULL), 0);
    packet.sport = 40001;
    assert_int_equal(iotsig_grouping_add(grouping, &packet, NULL), 0);
    assert_int_equal(iotsig_grouping_finish(grouping, &pattern, NULL), 0);
    assert_int_equal(iotsig_pattern_count(pattern), 1);
    iotsig_pattern_flow(pattern, 0, &flow);
    assert_int_equal(flow.count, 2);
    assert_int_equal(flow.packets, 3);
    assert_int_equal(flow.bytes, 160);
    assert_int_equal(flow.ports, 3);
    assert_int_equal(flow.first.ns, 5);
    assert_int_equal(flow.last.ns, 9);
    assert_int_equal(iotsig_patterns_new(&patterns, context, NULL, false, NULL), 0);
    assert_int_equal(iotsig_patterns_add(patterns, pattern, "x", NULL), 0);
    assert_string_equal(iotsig_patterns_input(patterns, 0), "x");
    assert_int_equal(iotsig_pattern_count(iotsig_patterns_get(patterns, 0)), 1);
    iotsig_patterns_free(patterns);
    iotsig_pattern_free(pattern);

    assert_int_equal(iotsig_grouping_new(&grouping, context, NULL, NULL), 0);
    assert_int_equal(iotsig_grouping_add(grouping, &packet, NULL), 0);
    iotsig_grouping_free(grouping);
    iotsig_grouping_free(NULL);
}

static void test_hosts(void **state)
{
    struct iotsig_same_hosts *same;
    struct iotsig_ratio ratio;
    (void)state;
    assert_int_equal(iotsig_host_kind("192.0.2.1"), IOTSIG_HOST_IPV4);
    assert_int_equal(iotsig_host_kind("2001:DB8::1"), IOTSIG_HOST_IPV6);
    assert_int_equal(iotsig_host_kind("A.example"), IOTSIG_HOST_DOMAIN);
    assert_int_equal(iotsig_host_kind("plug"), IOTSIG_HOST_OTHER);
    assert_int_equal(iotsig_host_kind(""), IOTSIG_HOST_OTHER);
    assert_true(iotsig_hosts_equal("a.x.example", "b.X.example", NULL));
    assert_false(iotsig_hosts_equal("a.example", "b.example", NULL));
    assert_false(iotsig_hosts_equal("_a.x.example", "x.example", NULL)); /* no domain name */
    assert_true(iotsig_names_equal("_a.x.example", "x.example", NULL));
    assert_int_equal(iotsig_same_hosts_new(&same, context, NULL), 0);
    assert_int_equal(iotsig_same_hosts_add(same, "plug=192.0.2.1", NULL), 0);
    assert_true(iotsig_hosts_equal("192.0.2.1", "plug", same));
    iotsig_same_hosts_free(same);
    assert_true(iotsig_port_is_service(6, 443));
    assert_false(iotsig_port_is_service(6, 1900));
    assert_true(iotsig_port_is_service(17, 1900));
    assert_false(iotsig_port_is_service(0, 443));
    assert_false(iotsig_port_is_service(6 + 256, 443));

    assert_int_equal(iotsig_host_distance(context, "ab.example", "cd.example", &ratio, NULL), 0);
    assert_int_equal(ratio.num, 1);
    assert_int_equal(ratio.den, 10);
    assert_int_equal(iotsig_host_distance(context, "192.0.2.1", "192.0.2.2", &ratio, NULL), 0);
    assert_int_equal(ratio.num, 1);
    assert_int_equal(ratio.den, 1);
}

/* The definition, for texts of any characters. */
static size_t steps_of(const uint32_t *a, size_t an, const uint32_t *b, size_t bn)
{
    size_t row[700];
    for (size_t j = 0; j <= bn; j++)
        row[j] = j;
    for (size_t i = 1; i <= an; i++) {
        size_t corner = row[0]++;
        for (size_t j = 1; j <= bn; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            best = corner + 1 < best ? corner + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[bn];
}

static void test_texts(void **state)
{
    static uint32_t a[600], b[600];
    uint64_t seed = 7;
    (void)state;
    for (size_t round = 0; round < 60; round++) {
        size_t alphabet = round < 40 ? 1 + below(&seed, 300) : 1 + below(&seed, 6);
        size_t an = below(&seed, 600), bn = below(&seed, 600);
        for (size_t i = 0; i < an; i++)
            a[i] = (uint32_t)(0x10ff00 + below(&seed, alphabet));
        for (size_t i = 0; i < bn; i++)
            b[i] = (uint32_t)(0x10ff00 + below(&seed, alphabet) + (round % 7 == 0 ? 100 : 0));
        if (round % 5 == 1) { /* more in common than bytes can tell */
            an = bn = 599;
            for (size_t i = 0; i < an; i++) {
                a[i] = (uint32_t)(i % 290);
                b[i] = (uint32_t)((i * 7 + round) % 290);
            }
        }
        struct iotsig_ratio ratio;
        const struct iotsig_characters x = {a, an}, y = {b, bn};
        assert_int_equal(iotsig_text_distance(context, x, y, &ratio, NULL), 0);
        size_t steps = steps_of(a, an, b, bn);
        assert_true(ratio.num * (an + bn) == ratio.den * steps || (steps == 0 && ratio.num == 0));
    }
}

static void entry(void *user, const char *key, const char *value)
{
    char *text = user;
    strcat(strcat(strcat(strcat(text, key), "="), value), " ");
}

static void test_names(void **state)
{
    /* An answer to A of a.example: 192.0.2.9 (RFC 1035 section 4). */
    static const uint8_t answer[] = "\0\1\201\200\0\1\0\1\0\0\0\0\1a\7example\0\0\1\0\1"
                                    "\300\14\0\1\0\1\0\0\0\1\0\4\300\0\2\11";
    const struct iotsig_payload payload = {
        .transport = 17, .sport = 53, .dport = 40000, .bytes = answer, .count = sizeof answer - 1};
    struct iotsig_names *names;
    char text[200] = "";
    (void)state;
    assert_int_equal(iotsig_names_new(&names, context, NULL), 0);
    assert_int_equal(iotsig_names_set(names, IOTSIG_NAMES_IP, "192.0.2.1", "B.Example.", NULL), 0);
    assert_int_equal(iotsig_names_set(names, IOTSIG_NAMES_IP, "192.0.2.9", "old", NULL), 0);
    assert_int_equal(iotsig_names_set(names, IOTSIG_NAMES_ALIAS, "cdn.example", "www.example",
                                      NULL),
                     0);
    assert_int_equal(iotsig_names_set(names, IOTSIG_NAMES_IP, "b.example", "x", NULL),
                     IOTSIG_ERR_ARGUMENT);
    assert_int_equal(iotsig_names_set(names, IOTSIG_NAMES_ALIAS, "", "x", NULL),
                     IOTSIG_ERR_ARGUMENT);
    assert_int_equal(iotsig_names_learn_payload(names, &payload, NULL), 0);
    iotsig_names_each(names, IOTSIG_NAMES_IP, entry, text);
    iotsig_names_each(names, IOTSIG_NAMES_ALIAS, entry, text);
    assert_string_equal(text, "192.0.2.1=b.example 192.0.2.9=a.example cdn.example=www.example ");
    iotsig_names_free(names);
}

static void test_rules(void **state)
{
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_segment segment = {.payload = {.transport = 6, .sport = 40000, .dport = 80},
                                     .tcp_flags = 16};
    (void)state;
    assert_false(iotsig_segment_is_kept(&segment, NULL)); /* only acknowledges */
    options.keep = IOTSIG_KEEP_ACK;
    assert_true(iotsig_segment_is_kept(&segment, &options));
    segment.payload.transport = 17;
    assert_true(iotsig_segment_is_kept(&segment, NULL));
    segment.router_alert = true;
    assert_false(iotsig_segment_is_kept(&segment, NULL));
    segment.payload.transport = 1;
    assert_false(iotsig_segment_is_kept(&segment, NULL));
}

/* Memory of which the Nth allocation fails, once. */
static void *resize(void *user, void *memory, size_t size)
{
    long *left = user;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return (*left)-- == 0 ? NULL : realloc(memory, size);
}

/* Makes all that can be made; the first failure ends it. */
static int make_all(struct iotsig_context *scarce)
{
    static const uint8_t line[] = "GET /a HTTP/1.1\r\n\r\n";
    static const uint32_t characters[] = {'a', 0x2603, 'b'};
    const struct iotsig_characters text = {characters, 3}, other = {characters + 1, 2};
    const struct iotsig_payload payload = {.transport = 6, .bytes = line, .count = sizeof line - 1};
    const struct iotsig_attribute attribute = {"qtype", "A", false};
    const struct iotsig_port ports[] = {{"a.example", 40000, 1, false},
                                        {"b.example", 443, 1, false}};
    struct iotsig_flow flow = {.network = 4,
                               .transport = 6,
                               .src = "a.example",
                               .dst = "b.example",
                               .count = 1,
                               .ports = 2};
    const struct iotsig_packet packet = {.network = 4,
                                         .src = "a.example",
                                         .dst = "b.example",
                                         .transport = 6,
                                         .sport = 1,
                                         .dport = 2};
    struct iotsig_layer *layer = NULL, *parsed = NULL, *read = NULL;
    struct iotsig_pattern *pattern = NULL, *copy = NULL, *grouped = NULL;
    struct iotsig_grouping *grouping = NULL;
    struct iotsig_patterns *patterns = NULL;
    struct iotsig_names *names = NULL;
    struct iotsig_ratio ratio;
    int status;
    (void)((status = iotsig_layer_new(&layer, scarce, "DNS", &attribute, 1, NULL)) != 0 ||
           (status = iotsig_layer_parse(&parsed, scarce, "HTTP", &payload, NULL)) != 0 ||
           (status = iotsig_layer_read(&read, scarce, "('protocol', 'DNS'),", NULL)) ==
               IOTSIG_ERR_MEMORY ||
           (status = iotsig_layer_read(&read, scarce, "DNS - qtype: A", NULL)) != 0 ||
           (status = iotsig_pattern_new(&pattern, scarce, NULL)) != 0 ||
           (status = iotsig_pattern_new(&copy, scarce, NULL)) != 0 ||
           (flow.layer = layer, status = iotsig_pattern_add(pattern, &flow, ports, NULL)) != 0 ||
           (flow.layer = parsed, status = iotsig_pattern_add(pattern, &flow, ports, NULL)) != 0 ||
           (status = iotsig_pattern_join(pattern, 0, 1, NULL, NULL)) != 0 ||
           (status = iotsig_pattern_add_all(copy, pattern, NULL)) != 0 ||
           (status = iotsig_patterns_new(&patterns, scarce, NULL, false, NULL)) != 0 ||
           (status = iotsig_patterns_add(patterns, copy, "x", NULL)) != 0 ||
           (status = iotsig_grouping_new(&grouping, scarce, NULL, NULL)) != 0 ||
           (status = iotsig_grouping_add(grouping, &packet, NULL)) != 0 ||
           (status = iotsig_names_new(&names, scarce, NULL)) != 0 ||
           (status = iotsig_names_set(names, IOTSIG_NAMES_IP, "192.0.2.1", "a.example", NULL)) !=
               0 ||
           (status = iotsig_host_distance(scarce, "a.example", "b.example", &ratio, NULL)) != 0 ||
           (status = iotsig_text_distance(scarce, text, other, &ratio, NULL)) != 0);
    if (status == 0) {
        status = iotsig_grouping_finish(grouping, &grouped, NULL);
        grouping = NULL;
    }
    iotsig_grouping_free(grouping);
    iotsig_pattern_free(grouped);
    iotsig_pattern_free(pattern);
    iotsig_pattern_free(copy);
    iotsig_patterns_free(patterns);
    iotsig_names_free(names);
    iotsig_layer_free(scarce, layer);
    iotsig_layer_free(scarce, parsed);
    iotsig_layer_free(scarce, read);
    return status;
}

static void test_memory(void **state)
{
    long failed = 0;
    (void)state;
    for (long n = 1;; n++) {
        long left = n; /* the context is the first */
        const struct iotsig_settings settings = {.allocator = {resize, &left}, .hash_seed = {1, 2}};
        struct iotsig_context *scarce;
        assert_int_equal(iotsig_context_new(&scarce, &settings, NULL), 0);
        int status = make_all(scarce);
        iotsig_context_free(scarce);
        if (status == 0 && left >= 0)
            break;
        assert_int_equal(status, IOTSIG_ERR_MEMORY);
        failed++;
    }
    assert_true(failed > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers), cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_flows),  cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_hosts),  cmocka_unit_test(test_texts),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_rules),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
