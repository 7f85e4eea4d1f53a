/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: hellos that GnuTLS makes, whole, cut and changed. */
#include "unit.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "app/tls.h"

struct wire {
    uint8_t data[4096];
    size_t n;
};

static ssize_t push(gnutls_transport_ptr_t to, const void *data, size_t n)
{
    struct wire *wire = to;
    assert_true(n <= sizeof wire->data - wire->n);
    memcpy(wire->data + wire->n, data, n);
    wire->n += n;
    return (ssize_t)n;
}

static ssize_t pull(gnutls_transport_ptr_t from, void *data, size_t n)
{
    (void)from, (void)data, (void)n;
    errno = EAGAIN;
    return -1;
}

/* What a client sends first. */
static void hello(const char *priority, const char *name, struct wire *wire)
{
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    wire->n = 0;
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    assert_int_equal(gnutls_priority_set_direct(session, priority, NULL), 0);
    if (name != NULL)
        assert_int_equal(gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name)), 0);
    gnutls_transport_set_ptr(session, wire);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_handshake(session);
    assert_true(wire->n > 50);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
}

static const char *const priorities[] = {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                         "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                         "SECURE128:%COMPAT"};

static void names_of_hellos(void **state)
{
    (void)state;
    static const char *const names[] = {"a.example", "use1-api.tplinkra.com", "x"};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            struct wire wire;
            hello(priorities[i], names[j], &wire);
            struct tls_summary summary = iotsig_tls_walk((struct bytes){wire.data, wire.n});
            assert_true(summary.records && summary.server_name_hello && !summary.application_data);
            assert_int_equal(summary.server_name.n, strlen(names[j]));
            assert_memory_equal(summary.server_name.p, names[j], strlen(names[j]));
        }
}

static void hello_without_a_name(void **state)
{
    (void)state;
    struct wire wire;
    hello("NORMAL", NULL, &wire);
    struct tls_summary summary = iotsig_tls_walk((struct bytes){wire.data, wire.n});
    assert_true(summary.records);
    assert_false(summary.server_name_hello || summary.application_data);
    assert_int_equal(summary.server_name.n, 0);
}

static void cut_hellos_are_no_records(void **state)
{
    (void)state;
    struct wire wire;
    hello("NORMAL", "a.example", &wire);
    for (size_t n = 0; n < wire.n; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, wire.data, n);
        struct tls_summary summary = iotsig_tls_walk((struct bytes){exact, n});
        assert_false(summary.records);
        assert_int_equal(summary.server_name.n, 0);
        free(exact);
    }
}

/* Whatever changes, the name lies inside the bytes that were given. */
static void names_lie_inside(void **state)
{
    (void)state;
    uint64_t random = 443;
    struct wire wire;
    hello("NORMAL", "a.example", &wire);
    for (int i = 0; i < 100000; i++) {
        uint8_t *exact = malloc(wire.n);
        memcpy(exact, wire.data, wire.n);
        damage(&random, exact, wire.n, 1 + below(&random, 4));
        struct bytes name = iotsig_tls_walk((struct bytes){exact, wire.n}).server_name;
        if (name.n > 0) {
            assert_true(name.p >= exact);
            assert_true(name.n <= wire.n - (size_t)(name.p - exact));
        }
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_hellos),
        cmocka_unit_test(hello_without_a_name),
        cmocka_unit_test(cut_hellos_are_no_records),
        cmocka_unit_test(names_lie_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
