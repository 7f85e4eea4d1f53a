/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances of flows (behaviour section 6): rows worked out by hand, and what holds for all. */
#define _POSIX_C_SOURCE 200809L /* strtok_r() */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/distance.h"

/* A flow in words: "4 TCP a.example 40000 b.example 443", then pairs of host and port that follow
 * the two ends, then "; DNS response=false qtype=A". */
#define WORDS_MAX 64

static char *next_word(char **at)
{
    char *word = strtok_r(*at, " ", at);
    return word;
}

static uint32_t add_layer(struct iotsig_pattern *pattern, char *words)
{
    struct iotsig_layer layer = {0};
    char room[1000];
    struct app_scratch scratch = {room, sizeof room};
    char *word = next_word(&words);
    layer.protocol = iotsig_app_protocol(text_of(word));
    assert_non_null(layer.protocol);
    while ((word = next_word(&words)) != NULL) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value++ = '\0';
        int i = iotsig_app_attribute(layer.protocol, word);
        assert_true(i >= 0);
        if (layer.protocol->attributes[i].kind == APP_TRUTH)
            app_set_truth(&layer, i, strcmp(value, "true") == 0);
        else
            assert_true(app_set_text(&layer, i, text_of(value), &scratch));
    }
    uint32_t number = iotsig_layers_add(&pattern->layers, &layer);
    assert_true(number < LAYER_FAILED);
    return number;
}

static size_t add_flow(struct iotsig_pattern *pattern, const char *words)
{
    char copy[4000], *at = copy;
    assert_true(strlen(words) < sizeof copy);
    strcpy(copy, words);
    char *layer = strchr(copy, ';');
    if (layer != NULL)
        *layer++ = '\0';
    struct flow flow = {.count = 1, .layer = NO_LAYER};
    flow.network = (uint8_t)atoi(next_word(&at));
    flow.transport = strcmp(next_word(&at), "TCP") == 0 ? IOTSIG_TCP : IOTSIG_UDP;
    uint32_t host[WORDS_MAX];
    uint16_t port[WORDS_MAX];
    size_t n = 0;
    for (char *word; (word = next_word(&at)) != NULL; n++) {
        assert_true(n < WORDS_MAX);
        host[n] = iotsig_hosts_add(&pattern->hosts, text_of(word));
        port[n] = (uint16_t)atoi(next_word(&at));
    }
    assert_true(n >= 2);
    flow.src = host[0];
    flow.dst = host[1];
    if (layer != NULL)
        flow.layer = add_layer(pattern, layer);
    struct flow *added = iotsig_pattern_append(pattern, &flow);
    assert_non_null(added);
    for (size_t i = 0; i < n; i++)
        assert_true(iotsig_flow_append_port(pattern, added, host[i], port[i], 1));
    return pattern->count - 1;
}

struct fixture {
    struct iotsig_context *context;
    struct iotsig_pattern *a, *b;
};

static void start(struct fixture *fixture)
{
    assert_int_equal(iotsig_context_new(&fixture->context, NULL, NULL), 0);
    assert_int_equal(iotsig_pattern_new(&fixture->a, fixture->context, NULL), 0);
    assert_int_equal(iotsig_pattern_new(&fixture->b, fixture->context, NULL), 0);
    /* so that numbers of hosts mean something else in each */
    assert_int_equal(iotsig_hosts_add(&fixture->b->hosts, text_of("other")), 0);
}

static void stop(struct fixture *fixture)
{
    iotsig_pattern_free(fixture->a);
    iotsig_pattern_free(fixture->b);
    iotsig_context_free(fixture->context);
}

struct row {
    const char *a, *b;
    const char *network, *transport, *application, *whole;
};

static void assert_row(const struct row *row, const char *what, struct iotsig_ratio ratio,
                       const char *want)
{
    char text[IOTSIG_RATIO_TEXT];
    iotsig_ratio_text(ratio, text);
    if (strcmp(text, want) != 0)
        fail_msg("%s and %s: %s is %s, not %s", row->a, row->b, what, text, want);
}

static void check_rows(const struct row *rows, size_t n)
{
    struct fixture fixture;
    struct iotsig_distance distance;
    start(&fixture);
    for (size_t i = 0; i < n; i++) {
        size_t a = add_flow(fixture.a, rows[i].a), b = add_flow(fixture.b, rows[i].b);
        assert_int_equal(iotsig_flow_distance(fixture.a, a, fixture.b, b, &distance, NULL), 0);
        assert_row(&rows[i], "network", distance.network, rows[i].network);
        assert_row(&rows[i], "transport", distance.transport, rows[i].transport);
        assert_row(&rows[i], "application", distance.application, rows[i].application);
        assert_row(&rows[i], "whole", distance.whole, rows[i].whole);
    }
    stop(&fixture);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void network_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"4 TCP abc 40000 xyz 40001", "4 TCP abc 40000 xyz 40001", "0", "0", "0", "0"},
        /* only the protocol: 1/3; a third of it is 1/9 */
        {"4 TCP abc 40000 xyz 40001", "6 TCP abc 40000 xyz 40001", "1/3", "0", "0", "1/9"},
        /* two addresses: 1/3 * 1 */
        {"4 TCP 192.0.2.1 40000 xyz 40001", "4 TCP 192.0.2.11 40000 xyz 40001", "1/3", "0", "0", "1/9"},
        {"6 TCP 2001:db8::1 40000 xyz 40001", "6 TCP 2001:db8::2 40000 xyz 40001", "1/3", "0", "0", "1/9"},
        /* an address and a name, either way */
        {"4 TCP 192.0.2.1 40000 xyz 40001", "4 TCP abc 40000 xyz 40001", "1/3", "0", "0", "1/9"},
        {"4 TCP abc 40000 192.0.2.9 40001", "4 TCP 192.0.2.1 40000 192.0.2.9 40001", "1/3", "0", "0", "1/9"},
        /* but abc is nearer to xyz, 3/6, than to an address: (1/2 + 1) / 3 */
        {"4 TCP abc 40000 xyz 40001", "4 TCP 192.0.2.1 40000 xyz 40001", "1/2", "0", "0", "1/6"},
        /* two names: hub and tab take 2 edits of 6 characters: 1/3 * 1/3 */
        {"4 TCP hub 40000 xyz 40001", "4 TCP tab 40000 xyz 40001", "1/9", "0", "0", "1/27"},
        /* the destination alone: xyz and xy, 1 of 5: 1/3 * 1/5 */
        {"4 TCP abc 40000 xyz 40001", "4 TCP abc 40000 xy 40001", "1/15", "0", "0", "1/45"},
        /* no letter in common, and not 1: ab and xyz, 3 of 5 */
        {"4 TCP ab 40000 192.0.2.1 40001", "4 TCP xyz 40000 192.0.2.1 40001", "1/5", "0", "0", "1/15"},
        /* that hosts are equal (section 3) does not count: www.example.com and example.com, 4 of 26 */
        {"4 TCP www.example.com 40000 192.0.2.1 40001", "4 TCP example.com 40000 192.0.2.1 40001",
         "2/39", "0", "0", "2/117"},
        /* all differs: 1/3 + 1/3 + 1/3 */
        {"4 TCP 192.0.2.1 40000 192.0.2.2 40001", "6 TCP 2001:db8::1 40000 2001:db8::2 40001", "1",
         "0", "0", "1/3"},
        /* swapped: the source 0 */
        {"4 TCP abc 40000 xyz 40001", "4 TCP xyz 40001 abc 40000", "0", "0", "0", "0"},
        {"4 TCP 192.0.2.1 40000 192.0.2.2 40001", "4 TCP 192.0.2.2 40001 192.0.2.1 40000", "0", "0",
         "0", "0"},
        /* swapped, and the other differs: 0 + 1 */
        {"4 TCP 192.0.2.1 40000 192.0.2.2 40001", "4 TCP 192.0.2.3 40001 192.0.2.1 40000", "1/3", "0",
         "0", "1/9"},
        /* the destination is the same and swapped, but the source decides, and both are 1 off: the
         * same direction, 1 + 1, where the other would be 1 + 0 */
        {"4 TCP 192.0.2.1 40000 192.0.2.2 40001", "4 TCP 192.0.2.2 40001 192.0.2.3 40000", "2/3", "0",
         "0", "2/9"},
        /* the source decides although the sum is greater: abc and abd 1/6, abc and abcdef 3/9; then
         * abd and abcdef 3/9. (1/6 + 1/3) / 3; the same direction would be (1/3 + 0) / 3 */
        {"4 TCP abc 40000 abd 40001", "4 TCP abcdef 40000 abd 40001", "1/6", "0", "0", "1/18"},
        /* the same direction on a tie: abc and abd 1/6, abc and abx 1/6; then abx and abx: 1/18 */
        {"4 TCP abc 40000 abx 40001", "4 TCP abd 40000 abx 40001", "1/18", "0", "0", "1/54"},
        /* also where the other one would be nearer: 1/6 + 1/6, not 1/6 + 0 */
        {"4 TCP abc 40000 abx 40001", "4 TCP abx 40000 abd 40001", "1/9", "0", "0", "1/27"},
        /* an address nearer to none: name and address 1, tie, same: 1 + 1 */
        {"4 TCP 192.0.2.1 40000 abc 40001", "4 TCP abd 40000 192.0.2.2 40001", "2/3", "0", "0", "2/9"},
        /* name against name beats name against address: abc and abd 1/6, then 192.0.2.1 and
         * 192.0.2.2 1: (1/6 + 1) / 3 */
        {"4 TCP abc 40000 192.0.2.1 40001", "4 TCP 192.0.2.2 40000 abd 40001", "7/18", "0", "0",
         "7/54"},
    };
    CHECK_ROWS(rows);
}

/* 40000 and above are no services; 80, 443, 53, 9999 and UDP 5353 are; TCP 8800 is, UDP 8800 not. */
static void transport_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* none is fixed: 0, whatever the numbers */
        {"4 TCP a 40000 b 40001", "4 TCP a 50000 b 50001", "0", "0", "0", "0"},
        /* the protocol alone, none is fixed */
        {"4 TCP a 40000 b 40001", "4 UDP a 40000 b 40001", "0", "1/3", "0", "1/9"},
        /* the same fixed one */
        {"4 TCP a 40000 b 443", "4 TCP a 50000 b 443", "0", "0", "0", "0"},
        /* at another end: numbers count, not hosts */
        {"4 TCP a 40000 b 443", "4 TCP a 443 b 50000", "0", "0", "0", "0"},
        /* another: 2/3 * (1 - 0/1) */
        {"4 TCP a 40000 b 443", "4 TCP a 40000 b 80", "0", "2/3", "0", "2/9"},
        /* one has none: the maximum is 1 */
        {"4 TCP a 40000 b 443", "4 TCP a 40000 b 40001", "0", "2/3", "0", "2/9"},
        {"4 TCP a 40000 b 40001", "4 TCP a 40000 b 443", "0", "2/3", "0", "2/9"},
        /* protocol and ports: 1/3 + 2/3; UDP 8800 is not fixed */
        {"4 TCP a 40000 b 8800", "4 UDP a 40000 b 8800", "0", "1", "0", "1/3"},
        /* the same number, fixed in both protocols: 1/3 + 0 */
        {"4 TCP a 40000 b 443", "4 UDP a 40000 b 443", "0", "1/3", "0", "1/9"},
        /* one of two: 2/3 * 1/2 */
        {"4 TCP a 80 b 443", "4 TCP a 40000 b 443", "0", "1/3", "0", "1/9"},
        {"4 TCP a 40000 b 443", "4 TCP a 80 b 443", "0", "1/3", "0", "1/9"},
        /* two of three: 2/3 * 1/3 */
        {"4 TCP a 80 b 443 c 9999", "4 TCP a 9999 b 80", "0", "2/9", "0", "2/27"},
        /* ports that are not fixed do not count to the number */
        {"4 TCP a 40000 b 443 c 40001 d 40002", "4 TCP a 1 b 443", "0", "1/3", "0", "1/9"},
        /* 5353 twice in the first: both are fixed ports of the second, 2 of max(2, 1) */
        {"4 UDP a 5353 b 5353", "4 UDP a 5353 b 40000", "0", "0", "0", "0"},
        /* once in the first: 1 of max(1, 2) */
        {"4 UDP a 5353 b 40000", "4 UDP a 5353 b 5353", "0", "1/3", "0", "1/9"},
        /* twice against another two of which it is one: 2 of 2, and the other way 1 of 2 */
        {"4 TCP a 80 b 80", "4 TCP a 80 b 443", "0", "0", "0", "0"},
        {"4 TCP a 80 b 443", "4 TCP a 80 b 80", "0", "1/3", "0", "1/9"},
    };
    CHECK_ROWS(rows);
}

#define ENDS "4 TCP a 40000 b 40001"

static void application_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* none, none; none, one */
        {ENDS, ENDS "; DNS", "0", "0", "1", "1/3"},
        {ENDS "; DNS", ENDS, "0", "0", "1", "1/3"},
        /* different protocols, even if attributes are the same */
        {ENDS "; HTTP method=GET uri=/a", ENDS "; SSDP method=GET", "0", "0", "1", "1/3"},
        {ENDS "; HTTP response=true", ENDS "; CoAP response=true", "0", "0", "1", "1/3"},
        /* DNS: the type 1/3 */
        {ENDS "; DNS response=false qtype=A domain-name=abc", ENDS "; DNS response=false qtype=AAAA domain-name=abc",
         "0", "0", "1/3", "1/9"},
        /* the name: 2/3 * 1/6; a response is nothing else */
        {ENDS "; DNS response=false qtype=A domain-name=abc", ENDS "; DNS response=true qtype=A domain-name=abd", "0",
         "0", "1/9", "1/27"},
        {ENDS "; DNS response=false qtype=A domain-name=abc", ENDS "; DNS response=true qtype=A domain-name=abc", "0",
         "0", "0", "0"},
        /* both: 1/3 + 2/3 * 3/6 */
        {ENDS "; DNS qtype=A domain-name=abc", ENDS "; DNS qtype=PTR domain-name=xyz", "0", "0", "2/3", "2/9"},
        /* a name that looks like an address is a text: 192.0.2.1 and 192.0.2.2, 1 of 18 */
        {ENDS "; DNS qtype=A domain-name=192.0.2.1", ENDS "; DNS qtype=A domain-name=192.0.2.2", "0", "0", "1/27",
         "1/81"},
        /* absent on one side 1, on both 0 */
        {ENDS "; DNS qtype=A domain-name=abc", ENDS "; DNS qtype=A", "0", "0", "2/3", "2/9"},
        {ENDS "; DNS domain-name=abc", ENDS "; DNS qtype=A domain-name=abc", "0", "0", "1/3", "1/9"},
        {ENDS "; DNS response=true", ENDS "; DNS response=false", "0", "0", "0", "0"},
        {ENDS "; DNS qtype=A domain-name=abc", ENDS "; DNS", "0", "0", "1", "1/3"},
        {ENDS "; DNS qtype=A domain-name=abc", ENDS "; DNS qtype=A domain-name=", "0", "0", "2/3", "2/9"}, /* 3/3 */
        /* HTTP: the method 1/2 */
        {ENDS "; HTTP response=false method=GET uri=/a", ENDS "; HTTP response=false method=PUT uri=/a", "0", "0", "1/2",
         "1/6"},
        /* the URI 1/2 * 1/5; the wildcard that is ignored for equality counts */
        {ENDS "; HTTP response=false method=GET uri=/a", ENDS "; HTTP response=false method=GET uri=/a*", "0", "0",
         "1/10", "1/30"},
        /* both: 1/2 + 1/2 * 2/4 */
        {ENDS "; HTTP method=GET uri=ab", ENDS "; HTTP method=PUT uri=xy", "0", "0", "3/4", "1/4"},
        /* two responses; a response and a request, which lacks nothing that it has */
        {ENDS "; HTTP response=true", ENDS "; HTTP response=true", "0", "0", "0", "0"},
        {ENDS "; HTTP response=true method=GET uri=/a", ENDS "; HTTP response=true method=PUT", "0", "0", "0", "0"},
        {ENDS "; HTTP response=true", ENDS "; HTTP response=false method=GET uri=/a", "0", "0", "1", "1/3"},
        {ENDS "; HTTP response=true", ENDS "; HTTP response=false", "0", "0", "0", "0"},
        /* CoAP: the type is nothing; the code 1/2; a URI that both lack is nothing */
        {ENDS "; CoAP type=CON response=false code=GET uri=/a", ENDS "; CoAP type=NON response=false code=GET uri=/a",
         "0", "0", "0", "0"},
        {ENDS "; CoAP type=CON response=false code=GET", ENDS "; CoAP type=CON response=false code=PUT", "0", "0", "1/2",
         "1/6"},
        {ENDS "; CoAP type=CON response=false code=GET", ENDS "; CoAP type=ACK response=true", "0", "0", "1/2", "1/6"},
        {ENDS "; CoAP code=GET uri=/oic/res", ENDS "; CoAP code=GET uri=/oic/d", "0", "0", "3/28", "1/28"}, /* 3 of 14 */
        {ENDS "; CoAP type=ACK response=true", ENDS "; CoAP type=RST response=true", "0", "0", "0", "0"},
        /* SSDP: 1 where methods differ */
        {ENDS "; SSDP response=false method=NOTIFY", ENDS "; SSDP response=false method=M-SEARCH", "0", "0", "1", "1/3"},
        {ENDS "; SSDP response=false method=NOTIFY", ENDS "; SSDP response=false method=NOTIFY", "0", "0", "0", "0"},
        {ENDS "; SSDP response=true", ENDS "; SSDP response=false method=M-SEARCH", "0", "0", "1", "1/3"},
        {ENDS "; SSDP response=true", ENDS "; SSDP response=true", "0", "0", "0", "0"},
        /* DHCP: client 1/2, type 1/2 */
        {ENDS "; DHCP client_mac=x message_type=ack", ENDS "; DHCP client_mac=y message_type=ack", "0", "0", "1/2", "1/6"},
        {ENDS "; DHCP client_mac=x message_type=ack", ENDS "; DHCP client_mac=x message_type=nak", "0", "0", "1/2", "1/6"},
        {ENDS "; DHCP client_mac=x message_type=ack", ENDS "; DHCP client_mac=y message_type=nak", "0", "0", "1", "1/3"},
        {ENDS "; DHCP client_mac=x", ENDS "; DHCP client_mac=x message_type=nak", "0", "0", "1/2", "1/6"},
        /* everything at once. Network: 1/3 + (1/6 + 1) / 3 = 13/18; transport: 1/3 + 2/3 * 1/2 = 2/3;
         * application: 1/3 + 2/3 * 1/6 = 4/9; (13/18 + 12/18 + 8/18) / 3 = 33/54 */
        {"4 TCP abc 80 192.0.2.1 443; DNS qtype=A domain-name=abc",
         "6 UDP abd 40000 2001:db8::1 443; DNS qtype=TXT domain-name=abd", "13/18", "2/3", "4/9", "11/18"},
        {"4 TCP 192.0.2.1 443 192.0.2.2 40000; DNS", "6 UDP fd00::1 53 fd00::2 40000", "1", "1", "1", "1"},
    };
    CHECK_ROWS(rows);
}

/* A port is fixed by its count where patterns are read so. */
static void random_ports(void **state)
{
    (void)state;
    struct fixture fixture;
    struct iotsig_distance distance;
    char text[IOTSIG_RATIO_TEXT];
    start(&fixture);
    size_t a = add_flow(fixture.a, "4 TCP a 40000 b 50000"), b = add_flow(fixture.b, "4 TCP a 40001 b 50000");
    struct flow *x = &fixture.a->flows[a], *y = &fixture.b->flows[b];
    x->count = x->ports[1].count = 2; /* 50000 is fixed in both; 40000 has been seen once of two times */
    y->count = y->ports[0].count = y->ports[1].count = 3; /* 40001 too */
    assert_int_equal(iotsig_flow_distance(fixture.a, a, fixture.b, b, &distance, NULL), 0);
    assert_int_equal(distance.transport.num, 0);
    fixture.a->match_random_ports = fixture.b->match_random_ports = true;
    assert_int_equal(iotsig_flow_distance(fixture.a, a, fixture.b, b, &distance, NULL), 0);
    iotsig_ratio_text(distance.transport, text);
    assert_string_equal(text, "1/3"); /* 2/3 * (1 - 1/2) */
    y->count = 1; /* seen more often than there are flows: no port is then in each */
    y->ports[0].count = y->ports[1].count = 1;
    assert_int_equal(iotsig_flow_distance(fixture.a, a, fixture.b, b, &distance, NULL), 0);
    iotsig_ratio_text(distance.transport, text);
    assert_string_equal(text, "2/3");
    stop(&fixture);
}

static size_t random_flow(struct iotsig_pattern *pattern, uint64_t *random)
{
    static const char *const hosts[] = {"192.0.2.1",       "192.0.2.2",     "fd00::1",     "a.example.com",
                                        "bb.a.example.com", "hub.local", "tv", "_x._udp.local"};
    static const unsigned ports[] = {80, 443, 53, 9999, 5353, 40000, 40001, 50000};
    static const char *const layers[] = {
        "",
        "",
        "; DNS response=false qtype=A domain-name=a.example.com",
        "; DNS response=true qtype=AAAA domain-name=b.example.com",
        "; DNS response=true qtype=A domain-name=_hue._tcp.local",
        "; DNS response=true",
        "; HTTP response=false method=GET uri=/index",
        "; HTTP response=false method=PUT uri=/index/*",
        "; HTTP response=true",
        "; CoAP type=CON response=false code=GET uri=/oic/res",
        "; CoAP type=NON response=false code=GET",
        "; CoAP type=ACK response=true",
        "; SSDP response=false method=NOTIFY",
        "; SSDP response=true",
        "; DHCP client_mac=02:00:00:00:00:01 message_type=ack",
        "; DHCP client_mac=02:00:00:00:00:01 message_type=nak",
    };
    char words[1000];
    int n = snprintf(words, sizeof words, "%s %s", below(random, 2) ? "4" : "6",
                     below(random, 2) ? "TCP" : "UDP");
    for (size_t i = 2 + below(random, 3); i > 0; i--)
        n += snprintf(words + n, sizeof words - (size_t)n, " %s %u", hosts[below(random, 8)],
                      ports[below(random, 8)]);
    snprintf(words + n, sizeof words - (size_t)n, "%s", layers[below(random, 16)]);
    return add_flow(pattern, words);
}

static bool has_fixed_port_twice(const struct flow *flow)
{
    for (size_t i = 0; i < flow->port_count; i++)
        for (size_t j = 0; j < i; j++)
            if (flow->ports[i].port == flow->ports[j].port)
                return true;
    return false;
}

static void assert_proper(struct iotsig_ratio ratio)
{
    uint64_t a = ratio.num, b = ratio.den;
    assert_true(ratio.den > 0 && ratio.num <= ratio.den);
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    assert_int_equal(a, 1);
}

static bool same_ratio(struct iotsig_ratio a, struct iotsig_ratio b)
{
    return a.num == b.num && a.den == b.den;
}

/* That the whole is the mean of the three: den fits easily, as all texts are short. */
static void assert_mean(const struct iotsig_distance *d)
{
    double parts = (double)d->network.num / (double)d->network.den +
                   (double)d->transport.num / (double)d->transport.den +
                   (double)d->application.num / (double)d->application.den;
    double whole = (double)d->whole.num / (double)d->whole.den;
    assert_true(whole * 3 - parts < 1e-9 && parts - whole * 3 < 1e-9);
}

static void what_holds_for_all(void **state)
{
    (void)state;
    enum { FLOWS = 300 };
    struct fixture fixture;
    struct iotsig_distance there, back;
    uint64_t random = 17;
    size_t symmetric = 0, zero = 0, turned = 0;
    start(&fixture);
    for (size_t i = 0; i < FLOWS; i++) {
        random_flow(fixture.a, &random);
        random_flow(fixture.b, &random);
        assert_int_equal(iotsig_flow_distance(fixture.a, i, fixture.a, i, &there, NULL), 0);
        assert_int_equal(there.whole.num + there.network.num + there.transport.num + there.application.num, 0);
    }
    for (size_t i = 0; i < FLOWS; i++)
        for (size_t j = 0; j < FLOWS; j++) {
            struct flow_in a = {fixture.a, &fixture.a->flows[i]}, b = {fixture.b, &fixture.b->flows[j]};
            bool known = false, known_back = false;
            assert_int_equal(iotsig_distance_of(a, b, &there, NULL), 0);
            assert_int_equal(iotsig_distance_of(b, a, &back, NULL), 0);
            assert_proper(there.network);
            assert_proper(there.transport);
            assert_proper(there.application);
            assert_proper(there.whole);
            assert_mean(&there);
            assert_true(same_ratio(there.application, back.application));
            if (!has_fixed_port_twice(a.flow) && !has_fixed_port_twice(b.flow))
                assert_true(same_ratio(there.transport, back.transport));
            bool turns = iotsig_distance_turns(a, b, &known);
            bool turns_back = iotsig_distance_turns(b, a, &known_back);
            assert_true(known && known_back);
            if (turns == turns_back) {
                assert_true(same_ratio(there.network, back.network));
                symmetric++;
            }
            turned += turns;
            zero += there.network.num == 0;
        }
    assert_true(symmetric > FLOWS * FLOWS / 2);
    assert_true(turned > 1000 && zero > 100);
    stop(&fixture);
}

/* Hosts, URIs and ports so many and so long that the common denominator has more than 64 bits:
 * sums of lengths that are different primes. */
static void too_long(void **state)
{
    (void)state;
    enum { A = 2097169, B = 2097211, C = 2097223 }; /* the first primes above 2^21 */
    struct fixture fixture;
    struct iotsig_distance distance = {.whole = {7, 9}};
    struct iotsig_error error;
    char *text = malloc(C);
    assert_non_null(text);
    start(&fixture);
    memset(text, 'x', C);
    struct iotsig_pattern *pattern = fixture.a;
    struct iotsig_layer layer = {.protocol = iotsig_app_protocol(TEXT("HTTP"))};
    int uri = iotsig_app_attribute(layer.protocol, "uri");
    struct flow flow[2] = {{.network = 4, .transport = IOTSIG_TCP, .count = 1},
                           {.network = 4, .transport = IOTSIG_TCP, .count = 1}};
    for (int i = 0; i < 2; i++) {
        /* all but the first character in common, and one more at the end */
        text[0] = i == 0 ? 'a' : 'b';
        flow[i].src = iotsig_hosts_add(&pattern->hosts, (struct text){text, A / 2 + (size_t)i});
        text[0] = i == 0 ? 'c' : 'd';
        flow[i].dst = iotsig_hosts_add(&pattern->hosts, (struct text){text, B / 2 + (size_t)i});
        layer.text[uri] = (struct text){text, C / 2 + (size_t)i};
        layer.present = (uint8_t)(1u << uri);
        flow[i].layer = iotsig_layers_add(&pattern->layers, &layer);
        assert_true(flow[i].src != NO_HOST && flow[i].dst != NO_HOST && flow[i].layer < LAYER_FAILED);
        assert_non_null(iotsig_pattern_append(pattern, &flow[i]));
    }
    assert_int_equal(iotsig_flow_distance(pattern, 0, pattern, 1, &distance, &error), IOTSIG_ERR_LIMIT);
    assert_int_equal(error.status, IOTSIG_ERR_LIMIT);
    assert_int_equal(distance.whole.den, 9); /* not touched */
    assert_int_equal(iotsig_flow_distance(pattern, 0, pattern, 0, &distance, &error), 0);
    assert_int_equal(distance.whole.num, 0);
    stop(&fixture);
    free(text);
}

/* Differences. */

struct told {
    char text[2000];
    size_t n;
};

static void tell(void *user, const struct iotsig_difference *difference)
{
    struct told *told = user;
    told->n += (size_t)snprintf(told->text + told->n, sizeof told->text - told->n, "%d %s %s/%s",
                                (int)difference->kind, difference->name ? difference->name : "-",
                                difference->a ? difference->a : "-", difference->b ? difference->b : "-");
    if (difference->kind == IOTSIG_DIFFERENT_PORT)
        told->n += (size_t)snprintf(told->text + told->n, sizeof told->text - told->n, " %d/%d",
                                    (int)difference->port_a, (int)difference->port_b);
    told->n += (size_t)snprintf(told->text + told->n, sizeof told->text - told->n, "|");
    assert_true(told->n < sizeof told->text);
}

static void differences(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *told;
    } rows[] = {
        {"4 TCP abc 40000 xyz 443", "4 TCP abc 40001 xyz 443", ""},
        {"4 TCP abc 40000 xyz 443", "4 TCP xyz 443 abc 40001", ""}, /* the other way round */
        {"4 TCP abc 40000 xyz 40001", "6 UDP abc 40000 xyz 40001", "0 - IPv4/IPv6|1 - TCP/UDP|"},
        {"4 TCP abc 40000 192.0.2.1 40001", "4 TCP abd 40000 192.0.2.2 40001", "2 - abc/abd|2 - 192.0.2.1/192.0.2.2|"},
        {"4 TCP abc 40000 192.0.2.1 443", "4 TCP 192.0.2.2 443 abd 40000", "2 - abc/abd|2 - 192.0.2.1/192.0.2.2|"},
        {"4 TCP abc 40000 xyz 443", "4 TCP abc 40000 xyz 80", "3 - xyz/xyz 443/80|"},
        {"4 TCP abc 40000 xyz 443", "4 TCP abc 40000 xyz 40001", "3 - xyz/xyz 443/-1|"},
        {"4 TCP abc 40000 xyz 443", "4 TCP xyz 80 abc 40001", "3 - xyz/xyz 443/80|"},
        {"4 TCP abc 443 xyz 40000", "4 TCP abc 40000 xyz 443", "3 - abc/abc 443/-1|3 - xyz/xyz -1/443|"},
        {"4 TCP abc 40000 xyz 443 xyz 80", "4 TCP abc 40000 xyz 80 xyz 53 xyz 9999",
         "3 - xyz/xyz 443/53|3 - xyz/xyz -1/9999|"},
        {ENDS, ENDS "; DNS qtype=A", "4 - -/DNS|"},
        {ENDS "; DNS qtype=A", ENDS, "4 - DNS/-|"},
        {ENDS "; DNS qtype=A", ENDS "; HTTP method=A", "4 - DNS/HTTP|"},
        {ENDS "; DNS response=false qtype=A domain-name=abc", ENDS "; DNS response=true qtype=TXT",
         "5 response false/true|5 qtype A/TXT|5 domain-name abc/-|"},
        {ENDS "; CoAP type=CON code=GET uri=/a", ENDS "; CoAP type=NON code=GET uri=/b",
         "5 type CON/NON|5 uri /a//b|"},
    };
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct told told = {.n = 0};
        size_t a = add_flow(fixture.a, rows[i].a), b = add_flow(fixture.b, rows[i].b);
        iotsig_flow_differences(fixture.a, a, fixture.b, b, tell, &told);
        if (strcmp(told.text, rows[i].told) != 0)
            fail_msg("%s and %s: %s, not %s", rows[i].a, rows[i].b, told.text, rows[i].told);
    }
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_rows),
        cmocka_unit_test(transport_rows),
        cmocka_unit_test(application_rows),
        cmocka_unit_test(random_ports),
        cmocka_unit_test(what_holds_for_all),
        cmocka_unit_test(too_long),
        cmocka_unit_test(differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
