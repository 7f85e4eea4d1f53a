/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python's literals ("The Python Language Reference", section 2.4), as far as repr() writes them.
 * Brackets nest at most DEPTH_MAX deep; a text is never longer than what stands for it.
 */
#include "format/python_literal.h"

#include "base/error.h"
#include "capture/json.h"

#define DEPTH_MAX  16
#define NUMBER_MAX 64

struct literal {
    struct cursor at;
    size_t size;
    unsigned depth;
    char *room; /* for one text */
    int status;
    struct iotsig_error *error;
};

static json_t *read_value(struct literal *literal);

/* Notes the first failure, and answers NULL. */
static json_t *fail(struct literal *literal, const char *what)
{
    if (literal->status == 0) {
        literal->status =
            iotsig_fail(literal->error, IOTSIG_ERR_FORMAT, "a Python literal: %s (character %zu)",
                        what, literal->size - literal->at.left + 1);
    }
    return NULL;
}

/* `value`, which is NULL when there was no memory for it. */
static json_t *made(struct literal *literal, json_t *value)
{
    if (value == NULL && literal->status == 0)
        literal->status = iotsig_fail_memory(literal->error);
    return value;
}

/* The next character, without moving; 0 at the end, and for a NUL, which means nothing here. */
static char peek(const struct literal *literal)
{
    struct cursor at = literal->at;
    return at.left == 0 ? '\0' : (char)cursor_u8(&at);
}

static void skip_blanks(struct literal *literal)
{
    for (char c = peek(literal); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(literal))
        cursor_skip(&literal->at, 1);
}

/* Past a character, with the blanks around it, if it is there. */
static bool accept(struct literal *literal, char c)
{
    skip_blanks(literal);
    if (peek(literal) != c)
        return false;
    cursor_skip(&literal->at, 1);
    skip_blanks(literal);
    return true;
}

static bool is_name(char c)
{
    return c == '_' || c == '.' || is_digit((uint8_t)c) || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static struct text read_name(struct literal *literal)
{
    struct bytes rest = cursor_rest(&literal->at);
    size_t n = 0;
    while (n < rest.n && is_name((char)rest.p[n]))
        n++;
    cursor_skip(&literal->at, n);
    return (struct text){(const char *)rest.p, n};
}

/* Texts. */

static int digit_value(char c)
{
    uint8_t small = lower((uint8_t)c);
    if (is_digit(small))
        return small - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* At most `most` digits; exactly so many unless they are octal. False when there are not. */
static bool read_code(struct literal *literal, int base, int most, uint32_t *code)
{
    int n = 0;
    *code = 0;
    for (; n < most; n++) {
        int digit = digit_value(peek(literal));
        if (digit < 0 || digit >= base)
            break;
        *code = *code * (uint32_t)base + (uint32_t)digit;
        cursor_skip(&literal->at, 1);
    }
    return base == 8 ? n > 0 : n == most;
}

/* A code point as UTF-8; those that stand for bytes that were none (PEP 383) as these bytes. */
static char *put_code(char *to, uint32_t code, bool bytes)
{
    if ((bytes && code < 0x100) || code < 0x80) {
        *to++ = (char)code;
    } else if (code >= 0xdc80 && code <= 0xdcff) {
        *to++ = (char)(code - 0xdc00);
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Behind a backslash. NULL when it is no escape that can be read. */
static char *read_escape(struct literal *literal, char *to, bool bytes)
{
    static const char letters[] = "abfnrtv\\'\"", meant[] = "\a\b\f\n\r\t\v\\'\"";
    char c = peek(literal);
    const char *simple = c == '\0' ? NULL : strchr(letters, c);
    uint32_t code;
    bool good;
    if (simple != NULL) {
        cursor_skip(&literal->at, 1);
        *to++ = meant[simple - letters];
        return to;
    }
    if (c >= '0' && c <= '7') {
        good = read_code(literal, 8, 3, &code);
    } else {
        int digits = c == 'x' ? 2 : c == 'u' && !bytes ? 4 : c == 'U' && !bytes ? 8 : 0;
        cursor_skip(&literal->at, 1);
        good = digits > 0 && read_code(literal, 16, digits, &code);
    }
    if (!good || code > (bytes ? 0xffu : 0x10ffffu))
        return NULL;
    return put_code(to, code, bytes);
}

/* A text from its quote on. */
static json_t *read_text(struct literal *literal, bool bytes)
{
    char quote = (char)cursor_u8(&literal->at), *end = literal->room;
    while (literal->at.left > 0) {
        char c = (char)cursor_u8(&literal->at);
        if (c == quote)
            return made(literal,
                        json_stringn_nocheck(literal->room, (size_t)(end - literal->room)));
        if (c != '\\')
            *end++ = c;
        else if ((end = read_escape(literal, end, bytes)) == NULL)
            return fail(literal, "an escape that is none");
    }
    return fail(literal, "a text is not closed");
}

/* Words and numbers. */

/* "Name.MEMBER: value>", what follows the "<" of an enum's member. */
static json_t *read_member(struct literal *literal)
{
    struct text name = read_name(literal);
    size_t dot = name.n;
    while (dot > 0 && name.p[dot - 1] != '.')
        dot--;
    if (dot == 0 || !accept(literal, ':'))
        return fail(literal, "\"<\" and no member of an enum");
    json_t *value = read_value(literal);
    if (value != NULL && !json_is_string(value)) {
        json_decref(value);
        value = made(literal, json_stringn(name.p + dot, name.n - dot));
    }
    if (value != NULL && !accept(literal, '>')) {
        json_decref(value);
        return fail(literal, "no \">\" behind a member of an enum");
    }
    return value;
}

static json_t *read_word(struct literal *literal)
{
    struct text word = read_name(literal);
    char next = peek(literal);
    if ((next == '\'' || next == '"') && word.n == 1 && (word.p[0] == 'b' || word.p[0] == 'u'))
        return read_text(literal, word.p[0] == 'b');
    if (text_equal(word, TEXT("True")))
        return json_true();
    if (text_equal(word, TEXT("False")))
        return json_false();
    if (text_equal(word, TEXT("None")) || text_equal(word, TEXT("nan")))
        return json_null();
    return fail(literal, "a word that is no literal");
}

/* Python's numbers, as repr() writes them, are JSON's. */
static json_t *read_number(struct literal *literal)
{
    struct bytes rest = cursor_rest(&literal->at);
    json_t *number;
    size_t n = 0;
    while (n < rest.n && n < NUMBER_MAX &&
           (is_name((char)rest.p[n]) || rest.p[n] == '-' || rest.p[n] == '+'))
        n++;
    if (iotsig_json_load((struct bytes){rest.p, n}, JSON_DECODE_ANY, &number) == IOTSIG_ERR_MEMORY)
        return made(literal, NULL);
    if (!json_is_number(number)) {
        json_decref(number);
        return fail(literal, "a number that cannot be read");
    }
    cursor_skip(&literal->at, n);
    return number;
}

/* Brackets. */

/* The elements of a tuple or list, behind its bracket. */
static json_t *read_list(struct literal *literal, char close)
{
    json_t *list = made(literal, json_array());
    bool more = list != NULL;
    while (more && !accept(literal, close)) {
        json_t *element = read_value(literal);
        if (element == NULL)
            break;
        if (json_array_append_new(list, element) != 0)
            made(literal, NULL);
        more = accept(literal, ',');
        if (!more && !accept(literal, close))
            fail(literal, "no comma and no end");
    }
    return list;
}

/* JSON keys hold neither NUL nor what is no UTF-8. Takes the value. */
static bool add_pair(json_t *dict, json_t *key, json_t *value)
{
    const char *name = json_string_value(key);
    if (strlen(name) == json_string_length(key))
        return json_object_set_new(dict, name, value) == 0;
    json_decref(value);
    return false;
}

/* The pairs of a dict, behind its brace. */
static json_t *read_dict(struct literal *literal)
{
    json_t *dict = made(literal, json_object());
    bool more = dict != NULL;
    while (more && !accept(literal, '}')) {
        json_t *key = read_value(literal), *value = NULL;
        if (key != NULL && !json_is_string(key))
            fail(literal, "a key that is no text");
        else if (key != NULL && !accept(literal, ':'))
            fail(literal, "no colon behind a key");
        else if (key != NULL)
            value = read_value(literal);
        if (value != NULL && !add_pair(dict, key, value))
            fail(literal, "a key that is no plain text");
        json_decref(key);
        more = literal->status == 0 && accept(literal, ',');
        if (literal->status == 0 && !more && !accept(literal, '}'))
            fail(literal, "no comma and no end");
    }
    return dict;
}

static json_t *read_brackets(struct literal *literal, char open)
{
    json_t *value;
    if (literal->depth == DEPTH_MAX)
        return fail(literal, "brackets that are nested too deep");
    literal->depth++;
    cursor_skip(&literal->at, 1);
    value = open == '{'   ? read_dict(literal)
            : open == '<' ? read_member(literal)
                          : read_list(literal, open == '(' ? ')' : ']');
    literal->depth--;
    if (literal->status == 0)
        return value;
    json_decref(value);
    return NULL;
}

/* NULL after a failure, which is noted. */
static json_t *read_value(struct literal *literal)
{
    skip_blanks(literal);
    char c = peek(literal);
    if (c == '(' || c == '[' || c == '{' || c == '<')
        return read_brackets(literal, c);
    if (c == '\'' || c == '"')
        return read_text(literal, false);
    if (is_digit((uint8_t)c) || c == '-')
        return read_number(literal);
    return is_name(c) ? read_word(literal) : fail(literal, "something that is no literal");
}

int iotsig_python_literal(const struct iotsig_allocator *allocator, struct text text, json_t **out,
                          struct iotsig_error *error)
{
    struct literal literal = {.at = cursor_of((struct bytes){(const uint8_t *)text.p, text.n}),
                              .size = text.n,
                              .error = error};
    literal.room = iotsig_memory_get(allocator, text.n + 1);
    if (literal.room == NULL)
        return iotsig_fail_memory(error);
    json_t *value = read_value(&literal);
    skip_blanks(&literal);
    if (value != NULL && literal.at.left > 0)
        fail(&literal, "something behind it");
    iotsig_memory_free(allocator, literal.room);
    if (literal.status != 0) {
        json_decref(value);
        return literal.status;
    }
    *out = value;
    return 0;
}
