/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts: which names are the same (behaviour section 3), and that the keys find them all. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "host/hosts.h"
#include "iotsig/names.h"

struct fixture {
    struct iotsig_context *context;
    struct iotsig_same_hosts *same;
    struct hosts hosts;
};

static void start(struct fixture *fixture, const char *const *pairs)
{
    const struct iotsig_settings settings = {.hash_seed = {1, 2}};
    assert_int_equal(iotsig_context_new(&fixture->context, &settings, NULL), 0);
    assert_int_equal(iotsig_same_hosts_new(&fixture->same, fixture->context, NULL), 0);
    for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++)
        assert_int_equal(iotsig_same_hosts_add(fixture->same, pairs[i], NULL), 0);
    iotsig_hosts_init(&fixture->hosts, fixture->context);
}

static void stop(struct fixture *fixture)
{
    iotsig_hosts_fini(&fixture->hosts);
    iotsig_same_hosts_free(fixture->same);
    iotsig_context_free(fixture->context);
}

static bool keys_meet(const struct fixture *fixture, const struct host *a, const struct host *b,
                      enum name_rule rule)
{
    struct host_keys left = {0}, right = {0};
    bool meet = false;
    assert_true(iotsig_host_keys(&left, a, KEY_LEFT, rule, fixture->same, fixture->context));
    assert_true(iotsig_host_keys(&right, b, KEY_RIGHT, rule, fixture->same, fixture->context));
    for (size_t i = 0; i < left.n; i++)
        for (size_t j = 0; j < right.n; j++)
            meet = meet || left.key[i] == right.key[j];
    iotsig_host_keys_fini(&left, fixture->context);
    iotsig_host_keys_fini(&right, fixture->context);
    return meet;
}

static bool equal(struct fixture *fixture, const char *a, const char *b, enum name_rule rule)
{
    uint32_t i = iotsig_hosts_add(&fixture->hosts, text_of(a));
    uint32_t j = iotsig_hosts_add(&fixture->hosts, text_of(b));
    const struct host *x = host_at(&fixture->hosts, i), *y = host_at(&fixture->hosts, j);
    bool is = iotsig_host_equal(x, y, rule, fixture->same);
    assert_true(is == iotsig_host_equal(y, x, rule, fixture->same)); /* symmetric */
    if (is) {
        assert_true(keys_meet(fixture, x, y, rule));
        assert_false(rule == RULE_HOST && iotsig_hosts_apart(x, y, fixture->same));
    }
    return is;
}

static void table_of_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool host, name;
    } rows[] = {
        {"a.example.com", "a.example.com", true, true},
        {"a.example.com", "example.com", true, true},   /* a subdomain */
        {"x.a.example.com", "example.com", true, true}, /* at any depth */
        {"a.example.com", "b.example.com", true, true}, /* the same parent */
        {"x.a.example.com", "b.example.com", false, false},
        {"example.com", "google.com", false, false}, /* not across a public suffix */
        {"evil-example.com", "example.com", false, false},
        {"a.co.uk", "b.co.uk", false, false},
        {"x.a.co.uk", "y.a.co.uk", true, true},
        {"a.github.io", "b.github.io", false, false}, /* the private section */
        {"x.a.github.io", "y.a.github.io", true, true},
        {"a.local", "b.local", false, false}, /* an unlisted top label is a public suffix */
        {"x.a.local", "y.a.local", true, true},
        {"com", "com", true, true},
        {"localhost", "localhost", true, true},
        {"localhost", "a.localhost", false, false}, /* no dot, no domain name */
        {"_hue._tcp.local", "_x._tcp.local", false, true}, /* no host, but a name in DNS */
        {"_services._dns-sd._udp.local", "x._dns-sd._udp.local", false, true},
        {"192.0.2.1", "192.0.2.1", true, true},
        {"192.0.2.1", "192.0.2.2", false, false},
        {"2001:db8::1", "2001:db8::1", true, true},
        {"2001:db8::1", "192.0.2.1", false, false},
        {"a_b.example.com", "c.example.com", false, true},
        {"-a.example.com", "c.example.com", false, true},
    };
    struct fixture fixture;
    start(&fixture, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (equal(&fixture, rows[i].a, rows[i].b, RULE_HOST) != rows[i].host ||
            equal(&fixture, rows[i].a, rows[i].b, RULE_NAME) != rows[i].name)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
    stop(&fixture);
}

static void declared_pairs(void **state)
{
    (void)state;
    static const char *const pairs[] = {"192.0.2.1=hub.example.com", "a.example.org=b.example.net",
                                        "b.example.net=192.0.2.9", NULL};
    struct fixture fixture;
    start(&fixture, pairs);
    assert_true(equal(&fixture, "192.0.2.1", "hub.example.com", RULE_HOST));
    assert_true(equal(&fixture, "192.0.2.1", "x.hub.example.com", RULE_HOST)); /* after replacing */
    assert_true(equal(&fixture, "192.0.2.1", "other.example.com", RULE_HOST));
    assert_true(equal(&fixture, "a.example.org", "c.example.net", RULE_HOST));
    assert_false(equal(&fixture, "a.example.org", "192.0.2.9", RULE_HOST)); /* not transitive */
    assert_false(equal(&fixture, "192.0.2.2", "hub.example.com", RULE_HOST));
    stop(&fixture);
}

/* Many names with few labels, so that many pairs are related: for each, keys meet. */
static void keys_find_all(void **state)
{
    (void)state;
    static const char *const tops[] = {"com", "co.uk", "github.io", "local", "ck", "www.ck", "kawasaki.jp"};
    static const char *const labels[] = {"a", "b", "city", "_x"};
    static const char *const pairs[] = {"a.com=b.a.co.uk", "192.0.2.1=a.b.local", NULL};
    struct fixture fixture;
    char names[300][64];
    uint64_t random = 3;
    size_t related = 0;
    for (size_t i = 0; i < 300; i++) {
        size_t at = 0;
        for (size_t j = below(&random, 7); j > 0; j--)
            at += (size_t)snprintf(names[i] + at, sizeof names[i] - at, "%s.", labels[below(&random, 4)]);
        snprintf(names[i] + at, sizeof names[i] - at, "%s", tops[below(&random, 7)]);
    }
    strcpy(names[0], "192.0.2.1");
    start(&fixture, pairs);
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j <= i; j++)
            related += equal(&fixture, names[i], names[j], i % 2 == 0 ? RULE_HOST : RULE_NAME);
    assert_true(related > 500);
    stop(&fixture);
}

static void texts_are_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *dirty, *clean;
    } rows[] = {
        {"A.Example.COM.", "a.example.com"}, {"2001:DB8:0::1", "2001:db8::1"},
        {"192.0.2.1", "192.0.2.1"},          {"a\\032b\\007.\\\\.example", "a b\\007.\\\\.example"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char to[128];
        struct text clean;
        assert_true(iotsig_host_clean(to, sizeof to, text_of(rows[i].dirty), &clean));
        if (!text_equal(clean, text_of(rows[i].clean)))
            fail_msg("%s became %.*s", rows[i].dirty, (int)clean.n, clean.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_hosts),
        cmocka_unit_test(declared_pairs),
        cmocka_unit_test(keys_find_all),
        cmocka_unit_test(texts_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
