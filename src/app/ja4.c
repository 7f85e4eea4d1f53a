/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/ja4.h"

#include <nettle/sha2.h>

#include "base/text.h"

enum { HASH_DIGITS = 12, COUNT_MAX = 99, SERVER_NAME = 0, ALPN = 16 };

static const char digits[] = "0123456789abcdef";

/* Numbers of two bytes, without those of GREASE. */
struct values {
    uint16_t value[JA4_VALUES_MAX];
    size_t n;
    bool too_many;
};

static void add(struct values *values, uint16_t value)
{
    if (tls_is_grease(value))
        return;
    if (values->n == JA4_VALUES_MAX)
        values->too_many = true;
    else
        values->value[values->n++] = value;
}

static void read_list(struct cursor list, struct values *values)
{
    while (list.left > 1)
        add(values, cursor_u16(&list));
}

static void read_kinds(struct cursor extensions, struct values *values)
{
    while (extensions.left > 0) {
        uint16_t kind = cursor_u16(&extensions);
        cursor_skip(&extensions, cursor_u16(&extensions));
        if (!extensions.failed)
            add(values, kind);
    }
}

/* By insertion: there are few, and no memory is needed. */
static void sort(struct values *values)
{
    for (size_t i = 1; i < values->n; i++) {
        uint16_t value = values->value[i];
        size_t j = i;
        for (; j > 0 && values->value[j - 1] > value; j--)
            values->value[j] = values->value[j - 1];
        values->value[j] = value;
    }
}

static void drop(struct values *values, uint16_t value)
{
    size_t kept = 0;
    for (size_t i = 0; i < values->n; i++)
        if (values->value[i] != value)
            values->value[kept++] = values->value[i];
    values->n = kept;
}

/* "002f,0035" */
static void hash_values(struct sha256_ctx *hash, const struct values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        uint16_t value = values->value[i];
        const uint8_t text[5] = {',', (uint8_t)digits[value >> 12],
                                 (uint8_t)digits[value >> 8 & 15], (uint8_t)digits[value >> 4 & 15],
                                 (uint8_t)digits[value & 15]};
        sha256_update(hash, i > 0 ? 5 : 4, i > 0 ? text : &text[1]);
    }
}

static char *put_hash(char *to, struct sha256_ctx *hash, bool empty)
{
    uint8_t digest[HASH_DIGITS / 2];
    sha256_digest(hash, sizeof digest, digest);
    *to++ = '_';
    for (size_t i = 0; i < sizeof digest; i++) {
        *to++ = empty ? '0' : digits[digest[i] >> 4];
        *to++ = empty ? '0' : digits[digest[i] & 15];
    }
    return to;
}

static char *put_count(char *to, size_t count)
{
    if (count > COUNT_MAX)
        count = COUNT_MAX;
    *to++ = (char)('0' + count / 10);
    *to++ = (char)('0' + count % 10);
    return to;
}

static bool is_alphanumeric(uint8_t c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Where an end of it is no letter and no digit, the first and last digit of its hexadecimal text.
 */
static char *put_alpn(char *to, struct bytes alpn)
{
    struct cursor at = cursor_of(alpn);
    uint8_t first = cursor_u8(&at), last = first;
    if (at.left > 0) {
        cursor_skip(&at, at.left - 1);
        last = cursor_u8(&at);
    }
    bool plain = is_alphanumeric(first) && is_alphanumeric(last);
    *to++ = alpn.n == 0 ? '0' : plain ? (char)first : digits[first >> 4];
    *to++ = alpn.n == 0 ? '0' : plain ? (char)last : digits[last & 15];
    return to;
}

static char *put_version(char *to, uint16_t version)
{
    static const char *const words[] = {"s3", "10", "11", "12", "13"};
    const char *word = version >= 0x0300 && version <= 0x0304 ? words[version - 0x0300] : "00";
    *to++ = word[0];
    *to++ = word[1];
    return to;
}

static char *put_ciphers(char *to, struct values *ciphers)
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    sort(ciphers);
    hash_values(&hash, ciphers);
    return put_hash(to, &hash, ciphers->n == 0);
}

static char *put_extensions(char *to, struct values *extensions, const struct values *signatures)
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    drop(extensions, SERVER_NAME);
    drop(extensions, ALPN);
    sort(extensions);
    hash_values(&hash, extensions);
    if (signatures->n > 0)
        sha256_update(&hash, 1, (const uint8_t *)"_");
    hash_values(&hash, signatures);
    return put_hash(to, &hash, extensions->n == 0);
}

bool iotsig_ja4(const struct tls_hello *hello, char transport, char text[JA4_TEXT])
{
    struct values ciphers, extensions, signatures;
    ciphers.n = extensions.n = signatures.n = 0;
    ciphers.too_many = extensions.too_many = signatures.too_many = false;
    if (!hello->client || !hello->whole)
        return false;
    read_list(hello->ciphers, &ciphers);
    read_kinds(hello->extensions, &extensions);
    read_list(hello->signatures, &signatures);
    if (ciphers.too_many || extensions.too_many || signatures.too_many)
        return false;
    char *to = text;
    *to++ = transport;
    to = put_version(to, hello->version);
    *to++ = hello->has_name ? 'd' : 'i';
    to = put_count(put_count(to, ciphers.n), extensions.n);
    to = put_alpn(to, hello->alpn);
    to = put_extensions(put_ciphers(to, &ciphers), &extensions, &signatures);
    *to = '\0';
    return true;
}
