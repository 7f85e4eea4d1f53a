/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/replace.h"

enum {
    UUID_TEXT = 36,
    MAC_TEXT = 17,
    MAC_DIGITS = 12,
    TAIL_MIN = 4,
    TAIL_MAX = 8,
    HEX_MIN = 8,
    DIGITS_MIN = 5,
    SERIAL_MIN = 10,
    SERIAL_DIGITS = 3
};

struct replacing {
    struct line *line;
    const struct own *own;
    bool is_name; /* runs of digits are left to `#` */
};

static bool is_hex(char c)
{
    uint8_t l = lower((uint8_t)c);
    return is_digit(l) || (l >= 'a' && l <= 'f');
}

static bool is_letter(char c)
{
    uint8_t l = lower((uint8_t)c);
    return l >= 'a' && l <= 'z';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit((uint8_t)c);
}

static unsigned hex_value(char c)
{
    uint8_t l = lower((uint8_t)c);
    return is_digit(l) ? (unsigned)(l - '0') : (unsigned)(l - 'a') + 10;
}

/* The text from `n` on. */
static struct text after(struct text text, size_t n)
{
    const char *from = text.p;
    return (struct text){from + n, text.n - n};
}

static struct text front(struct text text, size_t n)
{
    return (struct text){text.p, n};
}

/* How many characters at the start are of a kind. */
static size_t run_of(struct text text, bool (*is)(char c))
{
    const char *c = text.p;
    size_t n = 0;
    while (n < text.n && is(c[n]))
        n++;
    return n;
}

static bool starts(struct text text, const char *with)
{
    size_t n = strlen(with);
    const char *c = text.p;
    if (text.n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower((uint8_t)c[i]) != (uint8_t)with[i])
            return false;
    return true;
}

/* Whether a word would go on behind the first n characters. */
static bool goes_on(struct text text, size_t n)
{
    const char *c = text.p;
    return n < text.n && is_word(c[n]);
}

static bool is_reverse_part(char c)
{
    return is_hex(c) || c == '.';
}

static size_t reverse_name(struct text text)
{
    static const char *const ends[] = {"in-addr.arpa", "ip6.arpa"};
    size_t n = run_of(text, is_reverse_part);
    for (size_t i = 0; n > 0 && i < 2; i++)
        if (starts(after(text, n), ends[i]))
            return n + strlen(ends[i]);
    return 0;
}

static size_t uuid(struct text text)
{
    const char *c = text.p;
    if (text.n < UUID_TEXT || goes_on(text, UUID_TEXT))
        return 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c[i] != '-' : !is_hex(c[i]))
            return 0;
    }
    return UUID_TEXT;
}

/* Six pairs of digits, with one kind of separator. */
static size_t spelled_mac(struct text text, uint64_t *mac)
{
    const char *c = text.p;
    *mac = 0;
    if (text.n < MAC_TEXT || (c[2] != ':' && c[2] != '-') || goes_on(text, MAC_TEXT))
        return 0;
    for (size_t i = 0; i < MAC_TEXT; i++) {
        if (i % 3 == 2 ? c[i] != c[2] : !is_hex(c[i]))
            return 0;
        if (i % 3 != 2)
            *mac = *mac << 4 | hex_value(c[i]);
    }
    return MAC_TEXT;
}

static bool is_ipv4_part(char c)
{
    return is_digit((uint8_t)c) || c == '.';
}

static bool is_ipv6_part(char c)
{
    return is_hex(c) || c == ':' || c == '.';
}

static size_t ip_address(struct text text, struct address *address)
{
    static bool (*const parts[])(char c) = {is_ipv4_part, is_ipv6_part};
    for (size_t i = 0; i < 2; i++) {
        char copy[IOTSIG_ADDRESS_TEXT];
        size_t n = run_of(text, parts[i]);
        const char *c = text.p;
        if (n > 0 && c[n - 1] == '.') /* of the sentence */
            n--;
        if (n < 3 || n >= sizeof copy || goes_on(text, n))
            continue;
        memcpy(copy, text.p, n);
        copy[n] = '\0';
        if (iotsig_address_parse(copy, address))
            return n;
    }
    return 0;
}

bool iotsig_own_has(const struct own *own, const struct address *address)
{
    for (size_t i = 0; i < own->count; i++)
        if (address_equal(&own->addresses[i], address))
            return true;
    return false;
}

/* What may stand at the beginning of a word, and is more than a word: how much it is, and what for.
 */
static size_t structured(const struct replacing *r, struct text text, const char **instead)
{
    struct address address;
    uint64_t mac;
    size_t n;
    if ((n = reverse_name(text)) > 0) {
        *instead = "<reverse>";
    } else if ((n = uuid(text)) > 0) {
        *instead = "<uuid>";
    } else if ((n = spelled_mac(text, &mac)) > 0) {
        *instead = r->own->has_mac && mac == r->own->mac ? "<mac>" : "<address>";
    } else if ((n = ip_address(text, &address)) > 0) {
        *instead = iotsig_own_has(r->own, &address) ? "<ip>" : "<address>";
    }
    return n;
}

/* Whether the last `n` of these hex digits are the last of the own hardware address. */
static bool is_own_tail(const struct own *own, struct text hex, size_t n)
{
    const char *c = hex.p;
    uint64_t mac = own->mac;
    for (size_t i = 0; i < n; i++, mac >>= 4)
        if (hex_value(c[hex.n - 1 - i]) != (mac & 15))
            return false;
    return true;
}

/* Finds the own hardware address in a word: whole, or its end at the end of hex digits. */
static bool find_own_mac(const struct own *own, struct text word, size_t *at, size_t *n)
{
    const char *c = word.p;
    for (size_t i = 0; own->has_mac && i < word.n; i++) {
        if (i > 0 && is_hex(c[i - 1]))
            continue;
        struct text hex = front(after(word, i), run_of(after(word, i), is_hex));
        for (size_t end = MAC_DIGITS; end <= hex.n; end++)
            if (is_own_tail(own, front(hex, end), MAC_DIGITS)) {
                *at = i + end - MAC_DIGITS;
                *n = MAC_DIGITS;
                return true;
            }
        for (*n = TAIL_MAX; *n >= TAIL_MIN; --*n)
            if (*n <= hex.n && is_own_tail(own, hex, *n)) {
                *at = i + hex.n - *n;
                return true;
            }
    }
    return false;
}

static size_t count_digits(struct text text)
{
    const char *c = text.p;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += is_digit((uint8_t)c[i]);
    return n;
}

static bool is_digit_character(char c)
{
    return is_digit((uint8_t)c);
}

/* Runs of digits inside a word. */
static void put_runs(const struct replacing *r, struct text word)
{
    while (word.n > 0) {
        size_t n = run_of(word, is_hex), digits = count_digits(front(word, n));
        if (n >= HEX_MIN && digits > 0 && digits < n) {
            line_string(r->line, "<hex>");
        } else if ((n = run_of(word, is_digit_character)) >= DIGITS_MIN && !r->is_name) {
            line_string(r->line, "<digits>");
        } else {
            n = n > 0 ? n : 1;
            line_text(r->line, front(word, n));
        }
        word = after(word, n);
    }
}

static void put_word(const struct replacing *r, struct text word)
{
    size_t at, n;
    if (find_own_mac(r->own, word, &at, &n)) {
        put_runs(r, front(word, at));
        line_string(r->line, "<mac>");
        put_word(r, after(word, at + n)); /* shorter each time */
        return;
    }
    size_t digits = count_digits(word);
    bool hex = run_of(word, is_hex) == word.n;
    if (!hex && word.n >= SERIAL_MIN && digits >= SERIAL_DIGITS)
        line_string(r->line, "<serial>");
    else
        put_runs(r, word);
}

/* The length of an escaped byte at the start. */
static size_t escape_length(struct text text)
{
    struct text rest = text;
    (void)iotsig_unescape_byte(&rest);
    return text.n - rest.n;
}

static void replace(const struct replacing *r, struct text text)
{
    bool inside = false; /* of more numbers with dots than an address has */
    while (text.n > 0) {
        const char *instead, *c = text.p;
        bool begins = is_word(c[0]) ? !inside : c[0] == ':';
        size_t n = begins ? structured(r, text, &instead) : 0;
        if (n > 0) {
            line_string(r->line, instead);
        } else if ((n = run_of(text, is_word)) > 0) {
            inside = n + 1 < text.n && c[n] == '.' && is_digit((uint8_t)c[n - 1]);
            put_word(r, front(text, n));
        } else {
            n = escape_length(text);
            inside = inside && c[0] == '.';
            line_text(r->line, front(text, n));
        }
        text = after(text, n);
    }
}

void iotsig_replace(struct line *line, const struct own *own, struct text text)
{
    const struct replacing r = {line, own, false};
    replace(&r, text);
}

static bool has_two_digits(struct text label)
{
    const char *c = label.p;
    for (size_t i = 0; i + 1 < label.n; i++) {
        if (c[i] == '\\') {
            i += escape_length(after(label, i)) - 1;
            continue;
        }
        if (is_digit((uint8_t)c[i]) && is_digit((uint8_t)c[i + 1]))
            return true;
    }
    return false;
}

static void put_label(struct line *line, struct text label)
{
    bool masked = has_two_digits(label);
    while (label.n > 0) {
        const char *c = label.p;
        size_t n = c[0] == '\\' ? escape_length(label) : 1;
        if (masked && is_digit((uint8_t)c[0])) {
            n = run_of(label, is_digit_character);
            line_string(line, "#");
        } else {
            line_text(line, front(label, n));
        }
        label = after(label, n);
    }
}

static bool is_in_label(char c)
{
    return c != '.';
}

void iotsig_replace_name(struct line *line, const struct own *own, struct text name)
{
    struct line replaced = {0};
    const struct replacing r = {&replaced, own, true};
    replace(&r, name);
    for (struct text rest = text_of_line(&replaced); rest.n > 0;) {
        size_t n = run_of(rest, is_in_label);
        put_label(line, front(rest, n));
        if (n < rest.n)
            line_string(line, ".");
        rest = after(rest, n < rest.n ? n + 1 : n);
    }
}
