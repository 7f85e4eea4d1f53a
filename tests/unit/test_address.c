/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: RFC 5952 by its own examples, and the C library as oracle. */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "decode/address.h"

/* RFC 5952: sections 1 and 4 give these spellings and the one that is right. */
static void texts_of_rfc_5952(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:DB8::1", "2001:db8::1"},
        {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"192.0.2.255", "192.0.2.255"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        char text[IOTSIG_ADDRESS_TEXT];
        assert_true(iotsig_address_parse(rows[i][0], &address));
        iotsig_address_write(text, &address);
        assert_string_equal(text, rows[i][1]);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "a.example", ":", ":::", "1:2",
        "1::2::3", "12345::", "::g", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "[::1]", "::1.2.3",
    };
    struct address address;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (iotsig_address_parse(bad[i], &address))
            fail_msg("%s is no address", bad[i]);
}

static void agrees_with_the_c_library(void **state)
{
    (void)state;
    uint64_t random = 4711;
    for (int i = 0; i < 20000; i++) {
        struct address address = {{0}, i % 2 == 0 ? 4 : 6}, back;
        char ours[IOTSIG_ADDRESS_TEXT], theirs[INET6_ADDRSTRLEN];
        size_t n = address.version == 4 ? 4 : 16;
        for (size_t j = 0; j < n; j++) /* many zeros, for the runs */
            address.bytes[j] = below(&random, 3) == 0 ? (uint8_t)next_random(&random) : 0;
        char *end = iotsig_address_write(ours, &address);
        assert_int_equal(end - ours, strlen(ours));
        inet_ntop(n == 4 ? AF_INET : AF_INET6, address.bytes, theirs, sizeof theirs);
        struct in6_addr mapped; /* inet_ntop() writes some as dotted quads: same address */
        if (strchr(theirs, '.') != NULL && n == 16) {
            assert_int_equal(inet_pton(AF_INET6, ours, &mapped), 1);
            assert_memory_equal(&mapped, address.bytes, 16);
            assert_true(iotsig_address_parse(theirs, &back) && address_equal(&address, &back));
        } else {
            assert_string_equal(ours, theirs);
        }
        assert_true(iotsig_address_parse(ours, &back));
        assert_true(address_equal(&address, &back));
        assert_int_equal(address_order(&address, &back), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_rfc_5952),
        cmocka_unit_test(refuses),
        cmocka_unit_test(agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
