/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base: the cursor, the hash, the map, arrays, texts. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/text.h"

static const struct iotsig_hash_key zero_key = {0, 0};

static void cursor_reads_in_network_order(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct cursor c = cursor_of((struct bytes){data, sizeof data});
    assert_int_equal(cursor_u8(&c), 1);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u24(&c), 0x040506);
    assert_int_equal(cursor_u32(&c), 0x0708090a);
    assert_int_equal(cursor_u16le(&c), 0x0c0b);
    assert_int_equal(cursor_u32le(&c), 0x100f0e0d);
    assert_false(c.failed);
    assert_int_equal(c.left, 0);
}

static void cursor_fails_for_good(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3};
    struct cursor c = cursor_of((struct bytes){data, sizeof data});
    assert_int_equal(cursor_u32(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0); /* although three bytes were there */
    assert_int_equal(cursor_take(&c, 1).n, 0);
    assert_int_equal(cursor_rest(&c).n, 0);
    assert_true(c.failed);
}

static void cursor_narrows(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3, 4};
    struct cursor c = cursor_of((struct bytes){data, sizeof data});
    struct cursor sub = cursor_sub(&c, 2);
    assert_int_equal(cursor_u16(&sub), 0x0102);
    cursor_u8(&sub);
    assert_true(sub.failed);
    assert_false(c.failed);
    assert_int_equal(cursor_u8(&c), 3);
    sub = cursor_sub(&c, 2);
    assert_true(sub.failed && c.failed);
    struct cursor most = cursor_of((struct bytes){data, sizeof data});
    assert_int_equal(cursor_take_most(&most, 9).n, 4);
    assert_false(most.failed);
}

static void cursor_copies_zeros_when_short(void **state)
{
    (void)state;
    uint8_t to[4] = {9, 9, 9, 9};
    struct cursor c = cursor_of((struct bytes){(const uint8_t *)"ab", 2});
    cursor_copy(&c, to, sizeof to);
    assert_memory_equal(to, "\0\0\0\0", 4);
    struct cursor empty = cursor_of((struct bytes){NULL, 0});
    cursor_copy(&empty, to, 0);
    assert_false(empty.failed);
}

/* Expectations: hash() of CPython 3.11, which is SipHash-1-3 with a zero key for PYTHONHASHSEED=0. */
static void hash_is_siphash_1_3(void **state)
{
    (void)state;
    uint8_t counting[64];
    for (size_t i = 0; i < sizeof counting; i++)
        counting[i] = (uint8_t)i;
    assert_true(iotsig_hash(&zero_key, "a", 1) == UINT64_C(0x407448d2b89b1813));
    assert_true(iotsig_hash(&zero_key, "abc", 3) == UINT64_C(0xc03bc3a0042630f2));
    assert_true(iotsig_hash(&zero_key, "01234567", 8) == UINT64_C(0xda3dcedf84ea6cc6));
    assert_true(iotsig_hash(&zero_key, "012345678", 9) == UINT64_C(0xb79d8581f8552753));
    assert_true(iotsig_hash(&zero_key, counting, 64) == UINT64_C(0x75e05fd5bbc870c6));
    const struct iotsig_hash_key other = {1, 0};
    assert_true(iotsig_hash(&other, "abc", 3) != iotsig_hash(&zero_key, "abc", 3));
}

static void map_keeps_the_order_of_insertion(void **state)
{
    (void)state;
    struct iotsig_map map;
    iotsig_map_init(&map, &iotsig_allocator_default, zero_key);
    uint64_t random = 1;
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t key = next_random(&random);
        bool added;
        assert_int_equal(*iotsig_map_put(&map, &key, sizeof key, i, &added), i);
        assert_true(added);
        assert_int_equal(*iotsig_map_put(&map, &key, sizeof key, 77, &added), i);
        assert_false(added);
    }
    assert_int_equal(iotsig_map_count(&map), 5000);
    uint64_t count = 0, again = 1;
    for (const struct iotsig_map_entry *e = iotsig_map_next(&map, NULL); e != NULL;
         e = iotsig_map_next(&map, e)) {
        size_t n;
        uint64_t key = next_random(&again);
        assert_memory_equal(iotsig_map_key(e, &n), &key, sizeof key);
        assert_int_equal(n, sizeof key);
        assert_int_equal(iotsig_map_value(e), count++);
    }
    assert_null(iotsig_map_get(&map, "none", 4));
    assert_null(iotsig_map_get(&map, "", 0));
    iotsig_map_fini(&map);
}

static void arrays_refuse_what_overflows(void **state)
{
    (void)state;
    uint32_t *items = NULL;
    size_t capacity = 0;
    assert_true(iotsig_array_grow(&iotsig_allocator_default, &items, &capacity, 3, sizeof *items));
    assert_true(capacity >= 3);
    size_t before = capacity;
    assert_false(iotsig_array_grow(&iotsig_allocator_default, &items, &capacity, SIZE_MAX / 2,
                                   sizeof *items));
    assert_int_equal(capacity, before);
    iotsig_memory_free(&iotsig_allocator_default, items);
}

static void strings_are_stored_once(void **state)
{
    (void)state;
    struct iotsig_strings strings;
    iotsig_strings_init(&strings, &iotsig_allocator_default, zero_key);
    assert_int_equal(iotsig_strings_add(&strings, TEXT("a")), 0);
    assert_int_equal(iotsig_strings_add(&strings, TEXT("")), 1);
    assert_int_equal(iotsig_strings_add(&strings, TEXT("a")), 0);
    assert_int_equal(iotsig_strings_add(&strings, TEXT("a\0b")), 2);
    assert_string_equal(strings.items[0].p, "a");
    assert_int_equal(strings.items[2].n, 3);
    iotsig_strings_fini(&strings);
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } rows[] = {
        {"plain", 5, "plain"},       {"a\\b", 3, "a\\\\b"},          {"\0", 1, "\\000"},
        {"\x1b[2J", 4, "\\027[2J"},  {"\xc3\xa9", 2, "\\195\\169"},  {"\x7f~ ", 3, "\\127~ "},
        {"\r\n\"'", 4, "\\013\\010\"'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char to[64];
        size_t n = iotsig_escape(to, sizeof to, (struct bytes){(const uint8_t *)rows[i].bytes, rows[i].n});
        assert_int_equal(n, strlen(rows[i].text));
        assert_memory_equal(to, rows[i].text, n);
    }
    char room[3];
    assert_int_equal(iotsig_escape(room, sizeof room, (struct bytes){(const uint8_t *)"a\n", 2}), 1);
}

static void numbers(void **state)
{
    (void)state;
    uint64_t value = 5;
    assert_true(iotsig_number(TEXT("65535"), 65535, &value) && value == 65535);
    assert_true(iotsig_number(TEXT("18446744073709551615"), UINT64_MAX, &value) && value == UINT64_MAX);
    static const char *const bad[] = {"", "65536", "-1", "+1", " 1", "1 ", "0x1", "1.0",
                                      "18446744073709551616", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(iotsig_number(text_of(bad[i]), 65535, &value));
    char to[20];
    assert_int_equal(iotsig_write_number(to, UINT64_MAX) - to, 20);
    assert_memory_equal(to, "18446744073709551615", 20);
    assert_int_equal(iotsig_write_number(to, 0) - to, 1);
    assert_int_equal(to[0], '0');
}

/* RFC 3629 section 3 and 4; the bad ones are those of its section 10, cut, and over-long forms. */
static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n, length;
    } rows[] = {
        {"a", 1, 1},           {"\xc3\xa9", 2, 2},         {"\xe2\x82\xac", 3, 3},
        {"\xf0\x9f\x98\x80", 4, 4}, {"\xf4\x8f\xbf\xbf", 4, 4}, {"", 0, 0},
        {"\xc0\x80", 2, 0},    {"\xc3", 1, 0},             {"\xe2\x82", 2, 0},
        {"\xed\xa0\x80", 3, 0}, {"\xf4\x90\x80\x80", 4, 0}, {"\xf8\x88\x80\x80\x80", 5, 0},
        {"\x80", 1, 0},        {"\xe0\x80\x80", 3, 0},     {"\xff", 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(iotsig_utf8_length((struct bytes){(const uint8_t *)rows[i].bytes, rows[i].n}),
                         rows[i].length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_reads_in_network_order),
        cmocka_unit_test(cursor_fails_for_good),
        cmocka_unit_test(cursor_narrows),
        cmocka_unit_test(cursor_copies_zeros_when_short),
        cmocka_unit_test(hash_is_siphash_1_3),
        cmocka_unit_test(map_keeps_the_order_of_insertion),
        cmocka_unit_test(arrays_refuse_what_overflows),
        cmocka_unit_test(strings_are_stored_once),
        cmocka_unit_test(escapes),
        cmocka_unit_test(numbers),
        cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
