/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken out of texts, and what must stay. */
#include "unit.h"

#include <stdio.h>

#include "feature/self.h"

static const struct address addresses[] = {
    {{192, 168, 1, 2}, 4},
    {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e}, 6},
};

static const struct own own = {true, 0x74da384a7649, addresses, 2};

struct example {
    const char *text, *want;
};

static void check(const struct example *examples,
                  void (*replace)(struct line *line, const struct own *own, struct text text))
{
    for (const struct example *example = examples; example->text != NULL; example++) {
        struct line line = {0};
        char got[LINE_MAX_TEXT + 1];
        replace(&line, &own, text_of(example->text));
        snprintf(got, sizeof got, "%.*s", (int)line.n, line.text);
        assert_string_equal(got, example->want);
    }
}

static void test_own(void **state)
{
    static const struct example examples[] = {
        {"74da384a7649", "<mac>"},
        {"74DA384A7649", "<mac>"},
        {"74:da:38:4a:76:49", "<mac>"},
        {"74-DA-38-4A-76-49.", "<mac>."},
        {"EdiPlug-384A7649", "EdiPlug-<mac>"}, /* 8 digits */
        {"Plug4a7649", "Plug<mac>"},           /* 6 */
        {"x7649", "x<mac>"},                   /* 4 */
        {"x649", "x649"},                      /* 3 */
        {"devicea7649", "device<mac>"},        /* 5, behind a letter that is a hex digit too */
        {"id74da384a7649z", "id<mac>z"},
        {"76497649", "7649<mac>"},
        {"7649x7649", "<mac>x<mac>"},
        {"76490", "<digits>"},
        {"4a76:49", "4a76:49"},
        {"192.168.1.2", "<ip>"},
        {"http://192.168.1.2:80/", "http://<ip>:80/"},
        {"fe80::5e", "<ip>"},
        {"[FE80::5E]", "[<ip>]"},
        {NULL, NULL},
    };
    (void)state;
    check(examples, iotsig_replace);
}

static void test_others(void **state)
{
    static const struct example examples[] = {
        {"", ""},
        {"plug", "plug"},
        {"upnp:rootdevice", "upnp:rootdevice"},
        {"urn:schemas-upnp-org:device:basic:1", "urn:schemas-upnp-org:device:basic:1"},
        {"Linux/3.14.0 UPnP/1.0", "Linux/3.14.0 UPnP/1.0"},
        {"1.2.3.4", "<address>"},
        {"1.2.3.4.5", "1.2.3.4.5"},
        {"1.2.3.400", "1.2.3.400"},
        {"at 10.0.0.1.", "at <address>."},
        {"2001:db8::1", "<address>"},
        {"::1", "<address>"},
        {"10:20:30", "10:20:30"},
        {"abc::urn", "abc::urn"},
        {"02:00:00:00:00:01", "<address>"},
        {"2f402f80-da50-11e1-9b23-0017882476ff", "<uuid>"},
        {"uuid:2F402F80-DA50-11E1-9B23-74da384a7649::upnp", "uuid:<uuid>::upnp"},
        {"2f402f80-da50-11e1-9b23-0017882476fff", "<hex>-da50-11e1-9b23-<hex>"},
        {"2.1.168.192.in-addr.arpa", "<reverse>"},
        {"e.5.0.0.IP6.ARPA", "<reverse>"},
        {"b1a5c3d", "b1a5c3d"},           /* 7 hex digits */
        {"b1a5c3d0", "<hex>"},            /* 8 */
        {"abcdefabcdef", "abcdefabcdef"}, /* a word, for all we know */
        {"/api/0123456789abcdef/x", "/api/<hex>/x"},
        {"x1234", "x1234"},
        {"x12345", "x<digits>"},
        {"12345678", "<digits>"},
        {"HS110(EU)", "HS110(EU)"},
        {"KL123XYZQW", "<serial>"}, /* 10 characters, 3 digits */
        {"KL12XXYZQW", "KL12XXYZQW"},
        {"KL123XYZQ", "KL123XYZQ"},
        {"Socket-1_0-221517K0101769", "Socket-1_0-<serial>"},
        {"a\\0071234", "a\\0071234"}, /* an escaped byte, then four digits */
        {"a\\00712345", "a\\007<digits>"},
        {"\\\\12345", "\\\\<digits>"},
        {"\\", "\\"},
        {NULL, NULL},
    };
    (void)state;
    check(examples, iotsig_replace);
}

static void test_names(void **state)
{
    static const struct example examples[] = {
        {"api.example.com", "api.example.com"},
        {"n-devs-gw-2.tplinkcloud.com", "n-devs-gw-2.tplinkcloud.com"},
        {"ec2-54-217-1-2.compute.example", "ec#-#-#-#-#.compute.example"},
        {"time1.example", "time1.example"},
        {"time12.example3.org", "time#.example3.org"},
        {"x12345.example", "x#.example"},
        {"plug-4a7649.local", "plug-<mac>.local"},
        {"0123456789abcdef.example", "<hex>.example"},
        {"2.1.168.192.in-addr.arpa", "<reverse>"},
        {"a\\0321.example", "a\\0321.example"},
        {"a..b", "a..b"},
        {NULL, NULL},
    };
    (void)state;
    check(examples, iotsig_replace_name);
}

static void test_nobody(void **state)
{
    const struct own nobody = {0};
    struct line line = {0};
    (void)state;
    iotsig_replace(&line, &nobody, TEXT("0000 0000000000 00:00:00:00:00:00"));
    line.text[line.n] = '\0';
    assert_string_equal(line.text, "0000 <digits> <address>");
}

/* Any text gives one that fits and can be printed, and what is replaced once stays. */
static void test_any_text(void **state)
{
    static const char letters[] = "0123456789abcdef:.-\\\\0xyzARPAip6.arpa7649";
    uint64_t seed = 5;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[1200];
        size_t n = below(&seed, round % 100 == 0 ? sizeof text : 60);
        for (size_t i = 0; i < n; i++)
            text[i] = letters[below(&seed, sizeof letters - 1)];
        struct line line = {0}, name = {0};
        iotsig_replace(&line, &own, (struct text){text, n});
        iotsig_replace_name(&name, &own, (struct text){text, n});
        assert_true(line.n <= sizeof line.text && name.n <= sizeof name.text);
        for (size_t i = 0; i < line.n; i++)
            assert_true(is_printable((uint8_t)line.text[i]));
    }
}

static void test_wanted(void **state)
{
    struct wanted wanted;
    char text[IOTSIG_MAC_TEXT];
    (void)state;
    assert_true(iotsig_wanted_parse("02:00:5E:00:00:01", &wanted) && wanted.has_mac);
    assert_true(wanted.mac == 0x02005e000001);
    iotsig_mac_write(text, wanted.mac);
    assert_string_equal(text, "02:00:5e:00:00:01");
    assert_true(iotsig_wanted_parse("02-00-5e-00-00-01", &wanted) && wanted.has_mac);
    assert_true(iotsig_wanted_parse("192.168.1.2", &wanted) && wanted.has_address);
    assert_true(iotsig_wanted_parse("fe80::1", &wanted) && !wanted.has_mac);
    static const char *const wrong[] = {"",
                                        "02:00:5e:00:00",
                                        "02:00:5e:00:00:0",
                                        "02:00:5e:00:00:01:",
                                        "0x:00:5e:00:00:01",
                                        "plug",
                                        NULL};
    for (size_t i = 0; wrong[i] != NULL; i++)
        assert_false(iotsig_wanted_parse(wrong[i], &wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own),      cmocka_unit_test(test_others),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_any_text), cmocka_unit_test(test_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
