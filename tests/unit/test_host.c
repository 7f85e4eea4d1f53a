/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts: which names are the same (behaviour section 3), and that the keys find them all. */
#define _POSIX_C_SOURCE 200809L /* mkstemp() */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
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

/* As somebody has written them. */
static bool equal_written(struct fixture *fixture, const char *a, const char *b)
{
    char room[2][1024], text[2][1024];
    struct text clean[2];
    for (int i = 0; i < 2; i++) {
        assert_true(iotsig_host_clean(room[i], sizeof room[i], text_of(i == 0 ? a : b), &clean[i]));
        memcpy(text[i], clean[i].p, clean[i].n);
        text[i][clean[i].n] = '\0';
    }
    return equal(fixture, text[0], text[1], RULE_HOST);
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
        /* A registrable domain has a suffix as its parent: no sibling of another. */
        {"example.com", "com", false, false},
        {"a.co.uk", "co.uk", false, false},
        {"co.uk", "uk", false, false},
        {"co.uk", "org.uk", false, false},
        {"b.a.example.co.uk", "example.co.uk", true, true},
        {"a.example.co.uk", "a.example.org.uk", false, false},
        /* wildcards of the list, *.ck, and its exceptions, !www.ck */
        {"a.b.ck", "c.b.ck", false, false},
        {"x.a.b.ck", "y.a.b.ck", true, true},
        {"a.www.ck", "b.www.ck", true, true},
        {"a.www.ck", "www.ck", true, true},
        /* the private section at several depths */
        {"a.s3.amazonaws.com", "b.s3.amazonaws.com", false, false},
        {"x.a.s3.amazonaws.com", "a.s3.amazonaws.com", true, true},
        {"github.io", "a.github.io", false, false},
        {"a.blogspot.com", "b.blogspot.com", false, false},
        {"a.blogspot.com", "www.a.blogspot.com", true, true},
        /* IDNA: xn--p1ai (rf) and xn--55qx5d.cn are suffixes, xn--bcher-kva.example is none */
        {"a.xn--p1ai", "b.xn--p1ai", false, false},
        {"x.a.xn--p1ai", "y.a.xn--p1ai", true, true},
        {"x.xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e.xn--p1ai", true, true},
        {"a.xn--55qx5d.cn", "b.xn--55qx5d.cn", false, false},
        {"x.a.xn--55qx5d.cn", "a.xn--55qx5d.cn", true, true},
        {"a.xn--bcher-kva.example", "b.xn--bcher-kva.example", true, true},
        {"xn--bcher-kva.example", "xn--bcher-kvb.example", false, false},
        /* names without a dot, which the Python package crashes on */
        {"router", "router", true, true},
        {"router", "rooter", false, false},
        {"router", "a.router", false, false},
        {"router", "router.lan", false, false},
        {"", "", true, true},
        {"", "a", false, false},
        /* an unlisted top label, and services of DNS-SD below it */
        {"a.lan", "b.lan", false, false},
        {"a.b.lan", "c.b.lan", true, true},
        {"_services._dns-sd._udp.local", "_services._dns-sd._udp.local", true, true},
        {"_services._dns-sd._udp.local", "_udp.local", false, true},
        {"_services._dns-sd._udp.local", "_dns-sd._udp.local", false, true},
        {"_services._dns-sd._udp.local", "_hue._tcp.local", false, false},
        {"_services._dns-sd._udp.local", "local", false, false},
        {"_a._udp.local", "_b._udp.local", false, true},
        {"hub._hap._tcp.local", "tv._hap._tcp.local", false, true},
        /* no host: the last label of one character, or an empty one */
        {"a.example.x", "b.example.x", false, true},
        {"a..example.com", "b..example.com", false, true},
        /* a dot inside a label is no end of one */
        {"a\\.b.example.com", "c.example.com", false, true},
        {"a\\.example.com", "b.com", false, false},
        {"x\\.example.com", "example.com", false, false},
        /* only whole labels are compared */
        {"aexample.com", "example.com", false, false},
        {"a.aexample.com", "a.example.com", false, false},
        {"a-b.example.com", "b.example.com", true, true},
        {"aa.b.example.com", "b.a.b.example.com", false, false},
        {"x.y.example.com", "y.x.example.com", false, false},
        /* addresses equal only themselves, and are no names */
        {"192.0.2.1", "1.192.0.2.1", false, false},
        {"192.0.2.1", "10.0.2.1", false, false},
        {"192.0.2.1", "::ffff:192.0.2.1", false, false},
        {"2001:db8::1", "2001:db8::2", false, false},
        {"192.0.2.1", "a.example.com", false, false},
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

static void spellings(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"Example.COM", "example.com", true},
        {"example.com.", "example.com", true},
        {"a.example.com.", "B.Example.Com", true},
        {"example.com.", "google.com.", false},
        {"router.", "router", true},
        {"ROUTER", "router", true},
        {"XN--P1AI.", "xn--p1ai", true},
        /* RFC 4291 section 2.2, RFC 5952 section 4 */
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", true},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", true},
        {"2001:db8::0:1", "2001:db8::1", true},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", true},
        {"fe80::A", "fe80::a", true},
        {"::ffff:c000:0201", "::ffff:192.0.2.1", true},
        {"0:0:0:0:0:0:0:0", "::", true},
        {"2001:db8::1", "2001:db8:0:1::", false},
        {"192.0.2.1", "192.0.2.01", false}, /* no address: a leading zero is octal to some */
        {"a\\032b", "a b", true},
        {"b\303\274cher.example", "b\\195\\188cher.example", true}, /* UTF-8, escaped */
        {"b\303\274cher.example", "xn--bcher-kva.example", false},
        {"a.b\303\274cher.example", "b\303\274cher.example", false}, /* no domain name */
    };
    struct fixture fixture;
    start(&fixture, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (equal_written(&fixture, rows[i].a, rows[i].b) != rows[i].equal)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    stop(&fixture);
}

/* Declared pairs: what they are and what they are not. */
static void declared_relation(void **state)
{
    (void)state;
    static const char *const pairs[] = {"Plug.Example.ORG. = 2001:DB8:0::1", "plug.example.org=plug.example.org",
                                        "a.example.net=b.example.edu", "tv=a.example.net", "x._tcp.local=y._udp.local", NULL};
    struct fixture fixture;
    start(&fixture, pairs);
    assert_true(equal(&fixture, "plug.example.org", "2001:db8::1", RULE_HOST)); /* in any spelling */
    assert_true(equal(&fixture, "plug.example.org", "plug.example.org", RULE_HOST)); /* reflexive, declared or not */
    assert_true(equal(&fixture, "other", "other", RULE_HOST));
    assert_true(equal(&fixture, "2001:db8::1", "2001:db8::1", RULE_HOST));
    assert_false(equal(&fixture, "2001:db8::2", "plug.example.org", RULE_HOST));
    /* the rule after one has been replaced: a relative of the partner */
    assert_true(equal(&fixture, "2001:db8::1", "example.org", RULE_HOST));
    assert_true(equal(&fixture, "2001:db8::1", "x.y.plug.example.org", RULE_HOST));
    assert_true(equal(&fixture, "2001:db8::1", "lamp.example.org", RULE_HOST));
    assert_false(equal(&fixture, "2001:db8::1", "x.lamp.example.org", RULE_HOST));
    assert_true(equal(&fixture, "tv", "b.example.net", RULE_HOST));
    assert_true(equal(&fixture, "a.example.net", "c.example.edu", RULE_HOST));
    /* one is replaced, not both, and not by a relative: c.example.net is none of the declared */
    assert_false(equal(&fixture, "c.example.net", "c.example.edu", RULE_HOST));
    assert_true(equal(&fixture, "c.example.net", "b.example.edu", RULE_HOST)); /* by a.example.net */
    /* not transitive: tv - a.example.net - b.example.edu */
    assert_false(equal(&fixture, "tv", "b.example.edu", RULE_HOST));
    /* names in DNS too, and by their own rule */
    assert_true(equal(&fixture, "x._tcp.local", "y._udp.local", RULE_NAME));
    assert_true(equal(&fixture, "x._tcp.local", "z._udp.local", RULE_NAME));
    assert_false(equal(&fixture, "x._tcp.local", "z._udp.local", RULE_HOST));
    stop(&fixture);
}

/* Hosts that are not the same for their partners being so, and have no keys that would meet. */
static void partners_of_partners(void **state)
{
    (void)state;
    static const char *const pairs[] = {"192.0.2.1=a.example.com", "192.0.2.2=b.example.com", "192.0.2.3=b.example.com", NULL};
    struct fixture fixture;
    start(&fixture, pairs);
    for (int i = 1; i <= 3; i++)
        for (int j = 1; j <= 3; j++) {
            char a[16], b[16];
            snprintf(a, sizeof a, "192.0.2.%d", i);
            snprintf(b, sizeof b, "192.0.2.%d", j);
            assert_int_equal(equal(&fixture, a, b, RULE_HOST), i == j);
            uint32_t x = iotsig_hosts_add(&fixture.hosts, text_of(a)), y = iotsig_hosts_add(&fixture.hosts, text_of(b));
            assert_int_equal(keys_meet(&fixture, host_at(&fixture.hosts, x), host_at(&fixture.hosts, y), RULE_HOST), i == j);
        }
    assert_true(equal(&fixture, "192.0.2.1", "b.example.com", RULE_HOST));
    assert_true(equal(&fixture, "192.0.2.3", "a.example.com", RULE_HOST));
    stop(&fixture);
}

static void wrong_pairs(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "a", "=", "a=", "=b", " = b", "a = ", NULL};
    struct fixture fixture;
    struct iotsig_error error;
    start(&fixture, NULL);
    for (size_t i = 0; rows[i] != NULL; i++) {
        assert_int_equal(iotsig_same_hosts_add(fixture.same, rows[i], &error), IOTSIG_ERR_ARGUMENT);
        assert_string_not_equal(error.message, "");
    }
    assert_false(equal(&fixture, "a", "b", RULE_HOST));
    stop(&fixture);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void pairs_in_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *text, *position; /* NULL: no error */
    } rows[] = {
        {"a=b\n", NULL},
        {"a=b", NULL}, /* no newline at the end */
        {"# comment\n\n  a = b \t# equal\r\n   \n#", NULL},
        {"a=b\nno pair\n", "line 2"},
        {"a=b\n\n# comment\nc=\n", "line 4"},
        {"a=b\n=#c\n", "line 2"},
        {"a\n", "line 1"},
    };
    char path[] = "/tmp/iotsig-pairs-XXXXXX", at[sizeof path + 1];
    struct iotsig_error error;
    assert_true(mkstemp(path) >= 0);
    snprintf(at, sizeof at, "@%s", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        start(&fixture, NULL);
        write_file(path, rows[i].text);
        int status = iotsig_same_hosts_add(fixture.same, at, &error);
        if (rows[i].position == NULL) {
            assert_int_equal(status, 0);
        } else {
            assert_int_equal(status, IOTSIG_ERR_FORMAT);
            assert_string_equal(error.file, path);
            assert_string_equal(error.position, rows[i].position);
            assert_string_not_equal(error.message, "");
        }
        /* all lines or none */
        assert_true(equal(&fixture, "a", "b", RULE_HOST) == (rows[i].position == NULL));
        stop(&fixture);
    }
    struct fixture fixture;
    start(&fixture, NULL);
    assert_int_equal(remove(path), 0);
    assert_int_equal(iotsig_same_hosts_add(fixture.same, at, &error), IOTSIG_ERR_READ);
    assert_string_equal(error.file, path);
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
        cmocka_unit_test(spellings),
        cmocka_unit_test(declared_pairs),
        cmocka_unit_test(declared_relation),
        cmocka_unit_test(partners_of_partners),
        cmocka_unit_test(wrong_pairs),
        cmocka_unit_test(pairs_in_a_file),
        cmocka_unit_test(keys_find_all),
        cmocka_unit_test(texts_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
