/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JA4: the example of its description, and hellos whose fingerprints were worked out by hand with sha256sum. */
#include "layer.h"

#include "app/ja4.h"

struct wire {
    uint8_t bytes[8192];
    size_t n;
};

static void put(struct wire *wire, const char *hex)
{
    struct bytes bytes = from_hex(hex);
    memcpy(wire->bytes + wire->n, bytes.p, bytes.n);
    wire->n += bytes.n;
    free_bytes(bytes);
}

static void put_u16(struct wire *wire, size_t number)
{
    wire->bytes[wire->n++] = (uint8_t)(number >> 8);
    wire->bytes[wire->n++] = (uint8_t)number;
}

/* A ClientHello of lists in hexadecimal digits; `extensions` NULL: it ends before them. */
static void hello(struct wire *wire, const char *version, const char *ciphers, const char *extensions)
{
    *wire = (struct wire){.n = 0};
    put(wire, "01000000");
    put(wire, version);
    wire->n += 32;
    put(wire, "00");
    put_u16(wire, strlen(ciphers) / 2);
    put(wire, ciphers);
    put(wire, "0100");
    if (extensions != NULL) {
        put_u16(wire, strlen(extensions) / 2);
        put(wire, extensions);
    }
    wire->bytes[2] = (uint8_t)((wire->n - 4) >> 8);
    wire->bytes[3] = (uint8_t)(wire->n - 4);
}

static const char *ja4_of(const struct wire *wire, size_t n, char transport)
{
    static char text[JA4_TEXT];
    struct tls_hello parsed;
    uint8_t *exact = malloc(n > 0 ? n : 1);
    memcpy(exact, wire->bytes, n);
    bool done = iotsig_tls_hello((struct bytes){exact, n}, &parsed) && iotsig_ja4(&parsed, transport, text);
    free(exact);
    return done ? text : "none";
}

static const char *ja4(const char *version, const char *ciphers, const char *extensions)
{
    struct wire wire;
    hello(&wire, version, ciphers, extensions);
    return ja4_of(&wire, wire.n, 't');
}

/* The description's: with a value of GREASE in each list, which it says to leave out. */
static void the_example(void **state)
{
    (void)state;
    static const char ciphers[] = "aaaa" "130113021303" "c02bc02fc02cc030cca9cca8" "c013c014" "009c009d" "002f0035";
    static const char extensions[] =
        "1a1a0000" "001b0003020002" "00000010000e00000b" "6578616d706c652e636f6d" "00330000" "0010000e000c" "02683208" "687474702f312e31"
        "4469" "0000" "00170000" "002d00020101" "000d0014" "0012" "04030804040105030805050108060601" "3a3a" "00050000" "00230000"
        "00120000" "002b0007" "06" "2a2a" "03040303" "ff01000100" "000b00020100" "000a00020000" "00150000" "eaea000100";
    assert_string_equal(ja4("0303", ciphers, extensions), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    struct wire wire;
    hello(&wire, "0303", ciphers, extensions);
    assert_string_equal(ja4_of(&wire, wire.n, 'q'), "q13d1516h2_8daaf6152771_e5627efa2ab1");
    for (size_t n = 0; n < wire.n; n++)
        assert_string_equal(ja4_of(&wire, n, 't'), "none");
}

static void versions(void **state)
{
    (void)state;
    static const struct {
        const char *version, *extensions, *want;
    } cases[] = {
        {"0303", NULL, "t12"},
        {"0302", "", "t11"},
        {"0301", "", "t10"},
        {"0300", "", "ts3"},
        {"0404", "", "t00"},
        {"0303", "002b0003020304", "t13"},
        {"0303", "002b0005040a0a0302", "t11"}, /* the highest of those that are known, not the hello's own */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_memory_equal(ja4(cases[i].version, "002f", cases[i].extensions), cases[i].want, 3);
}

static void nothing_is_twelve_zeros(void **state)
{
    (void)state;
    assert_string_equal(ja4("0303", "", NULL), "t12i000000_000000000000_000000000000");
    assert_string_equal(ja4("0303", "0a0a", "0a0a0000"), "t12i000000_000000000000_000000000000");
    assert_string_equal(ja4("0303", "", "0000000000100000"), "t12d000200_000000000000_000000000000");
}

static void protocols(void **state)
{
    (void)state;
    static const struct {
        const char *extension, *want;
    } cases[] = {
        {"00100005000302" "6832", "h2"},
        {"001000040002" "01" "68", "hh"},
        {"00100005000302" "ab41", "a1"}, /* one end is no letter: ab 41 */
        {"001000070005" "04" "3031abcd", "3d"},
        {"001000070005" "04" "302d2d39", "09"},
        {"001000020000", "00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_memory_equal(ja4("0303", "002f", cases[i].extension) + 8, cases[i].want, 2);
}

static void long_lists(void **state)
{
    (void)state;
    char ciphers[4 * (JA4_VALUES_MAX + 1) + 1];
    for (size_t i = 0; i < JA4_VALUES_MAX + 1; i++)
        memcpy(ciphers + 4 * i, "c02f", 5);
    assert_string_equal(ja4("0303", ciphers, NULL), "none");
    ciphers[4 * JA4_VALUES_MAX] = '\0';
    assert_memory_equal(ja4("0303", ciphers, NULL), "t12i990000", 10);
    ciphers[4 * 99] = '\0';
    assert_memory_equal(ja4("0303", ciphers, NULL), "t12i990000", 10);
    ciphers[4 * 98] = '\0';
    assert_memory_equal(ja4("0303", ciphers, NULL), "t12i980000", 10);
}

static void a_server_has_none(void **state)
{
    (void)state;
    struct wire wire;
    hello(&wire, "0303", "002f", "");
    wire.bytes[0] = 2;
    assert_string_equal(ja4_of(&wire, wire.n, 't'), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example), cmocka_unit_test(versions),   cmocka_unit_test(nothing_is_twelve_zeros),
        cmocka_unit_test(protocols),   cmocka_unit_test(long_lists), cmocka_unit_test(a_server_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
