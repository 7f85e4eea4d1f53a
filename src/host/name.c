/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How keys work. The names below one registrable domain are a tree. Name x is related to y when
 * they are identical, siblings, or one is above the other. With the kinds of key
 *     SELF(x), ABOVE(a) for each a above x, PARENT(parent of x),
 * the left keys of x are SELF(x), PARENT(parent of x), and ABOVE(a) for each a above it; the right
 * keys of y are SELF(y), SELF(a) for each a above it, PARENT(parent of y), and ABOVE(y). They meet
 * exactly when x and y are related. To bound their number, names more than NAME_DEPTH labels below
 * the registrable domain share one more key, DEEP, with all names under the same ancestor there.
 */
#include "host/name.h"

#include <libpsl.h>

#define NAME_DEPTH 4

/* A name in the Public Suffix List's eyes: longer ones have no registrable domain. */
#define NAME_PSL_MAX 1024

/* Where the label after the one at `from` begins; n when it is the last. An escaped dot (`\.`) is
 * part of its label. */
static size_t next_label(struct text name, size_t from)
{
    for (size_t i = from; i < name.n; i++) {
        if (name.p[i] == '\\')
            i++;
        else if (name.p[i] == '.')
            return i + 1;
    }
    return name.n;
}

/* The list knows nothing of escapes: hands it the name with each escaped character, and the
 * backslash before it, as `_`, which keeps the offsets. */
static size_t find_registrable(struct text name)
{
    char plain[NAME_PSL_MAX];
    if (name.n == 0 || name.n >= sizeof plain)
        return name.n;
    for (size_t i = 0; i < name.n; i++) {
        plain[i] = name.p[i];
        if (name.p[i] == '\\') {
            plain[i] = '_';
            if (i + 1 < name.n)
                plain[++i] = '_';
        }
    }
    plain[name.n] = '\0';
    const char *registrable = psl_registrable_domain(psl_builtin(), plain);
    return registrable == NULL ? name.n : (size_t)(registrable - plain);
}

struct name iotsig_name_of(struct text text)
{
    return (struct name){text, find_registrable(text)};
}

static struct text tail(struct text text, size_t from)
{
    return (struct text){text.p + from, text.n - from};
}

static bool same_registrable(const struct name *a, const struct name *b)
{
    return a->registrable < a->text.n && b->registrable < b->text.n &&
           text_equal(tail(a->text, a->registrable), tail(b->text, b->registrable));
}

/* Whether `below` is below `above`, both being in one registrable domain. */
static bool is_below(const struct name *below, const struct name *above)
{
    for (size_t at = 0; at < below->registrable;) {
        at = next_label(below->text, at);
        if (below->text.n - at <= above->text.n)
            return text_equal(tail(below->text, at), above->text);
    }
    return false;
}

static bool same_parent(const struct name *a, const struct name *b)
{
    return a->registrable > 0 && b->registrable > 0 &&
           text_equal(tail(a->text, next_label(a->text, 0)),
                      tail(b->text, next_label(b->text, 0)));
}

bool iotsig_name_related(const struct name *a, const struct name *b)
{
    if (text_equal(a->text, b->text))
        return true;
    return same_registrable(a, b) && (same_parent(a, b) || is_below(a, b) || is_below(b, a));
}

enum name_key { NAME_SELF = 1, NAME_ABOVE, NAME_PARENT, NAME_DEEP };

static void add_key(struct name_keys *keys, enum name_key kind, struct text name,
                    const struct iotsig_hash_key *hash_key)
{
    struct iotsig_hash_key kind_key = {hash_key->k0, hash_key->k1 + (uint64_t)kind};
    keys->key[keys->n++] = iotsig_hash(&kind_key, name.p, name.n);
}

void iotsig_name_keys(const struct name *name, enum key_side side,
                      const struct iotsig_hash_key *hash_key, struct name_keys *keys)
{
    struct text text = name->text;
    size_t depth = 0;

    if (name->registrable == text.n) {
        add_key(keys, NAME_SELF, text, hash_key);
        return;
    }
    for (size_t at = 0; at < name->registrable; at = next_label(text, at))
        depth++;

    if (depth <= NAME_DEPTH) {
        add_key(keys, NAME_SELF, text, hash_key);
        if (side == KEY_RIGHT)
            add_key(keys, NAME_ABOVE, text, hash_key);
        if (depth > 0)
            add_key(keys, NAME_PARENT, tail(text, next_label(text, 0)), hash_key);
    }
    size_t level = depth;
    for (size_t at = 0; level > 0;) {
        at = next_label(text, at);
        level--;
        if (level > NAME_DEPTH)
            continue;
        if (depth > NAME_DEPTH && level == NAME_DEPTH)
            add_key(keys, NAME_DEEP, tail(text, at), hash_key);
        add_key(keys, side == KEY_LEFT ? NAME_ABOVE : NAME_SELF, tail(text, at), hash_key);
    }
}

bool iotsig_name_is_host(struct text text)
{
    size_t labels = 0, label = 0;
    for (size_t i = 0; i <= text.n; i++) {
        char c = i < text.n ? text.p[i] : '.';
        if (c != '.') {
            bool hyphen = c == '-';
            if (!(c >= 'a' && c <= 'z') && !is_digit((uint8_t)c) && !hyphen)
                return false;
            if (hyphen && (i == label || i + 1 == text.n || text.p[i + 1] == '.'))
                return false;
            continue;
        }
        if (i == label)
            return false;
        labels++;
        if (i == text.n)
            return labels >= 2 && i - label >= 2;
        label = i + 1;
    }
    return false;
}
