/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When two domain names are the same host (behaviour section 3).
 *
 * Two names are related when they are identical, or have the same registrable domain (Public
 * Suffix List) and one is a subdomain of the other or both have the same parent. The relation is
 * symmetric and not transitive.
 *
 * So that related names can be found without comparing all pairs, a name has *keys*: a is related
 * to b if and only if one of the left keys of a is one of the right keys of b, hash collisions
 * and names with many labels aside, for which keys may meet although the names are not related.
 */
#ifndef IOTSIG_HOST_NAME_H
#define IOTSIG_HOST_NAME_H

#include "base/hash.h"
#include "base/text.h"

/** A name, looked at once. The text is borrowed. */
struct name {
    struct text text;
    size_t registrable; /**< where the registrable domain begins; `text.n`: there is none */
};

/** The keys that one name can have. */
#define NAME_KEYS 8

struct name_keys {
    uint64_t key[NAME_KEYS];
    size_t n;
};

enum key_side { KEY_LEFT, KEY_RIGHT };

struct name iotsig_name_of(struct text text);

bool iotsig_name_related(const struct name *a, const struct name *b);

/** Appends the keys of one side. */
void iotsig_name_keys(const struct name *name, enum key_side side,
                      const struct iotsig_hash_key *hash_key, struct name_keys *keys);

/**
 * Whether a host is a domain name: two labels or more of a-z, 0-9, -, none beginning or ending
 * with -, the last of two characters or more.
 */
bool iotsig_name_is_host(struct text text);

#endif
