/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts: addresses, domain names and other words, each stored once, and when two are the same
 * (behaviour section 3).
 */
#ifndef IOTSIG_HOST_HOSTS_H
#define IOTSIG_HOST_HOSTS_H

#include "base/context.h"
#include "base/strings.h"
#include "host/name.h"
#include "iotsig/names.h"

#define NO_HOST IOTSIG_NO_STRING

enum host_kind { HOST_ADDRESS, HOST_DOMAIN, HOST_OTHER };

struct host {
    struct name name; /**< its text is NUL-terminated */
    enum host_kind kind;
};

/** Hosts and names by number, from 0. */
struct hosts {
    const struct iotsig_context *context;
    struct iotsig_strings strings;
    struct host *items; /**< as many as strings.count */
    size_t capacity;
};

void iotsig_hosts_init(struct hosts *hosts, const struct iotsig_context *context);
void iotsig_hosts_fini(struct hosts *hosts);

/** The number of a host, added when it is new; NO_HOST when there is no memory. */
uint32_t iotsig_hosts_add(struct hosts *hosts, struct text text);

static inline const struct host *host_at(const struct hosts *hosts, uint32_t number)
{
    return &hosts->items[number];
}

/** What makes two names the same. */
enum name_rule {
    RULE_HOST, /**< for hosts: the relation only holds between domain names */
    RULE_NAME  /**< for names inside DNS messages: whatever their characters */
};

/** Whether two are the same, by the rule or as declared; `same` may be NULL. */
bool iotsig_host_equal(const struct host *a, const struct host *b, enum name_rule rule,
                       const struct iotsig_same_hosts *same);

/** Keys such that those of equal hosts meet: a left key of `a` is a right key of `b`. */
struct host_keys {
    uint64_t *key;
    size_t n, capacity;
};

/** Replaces `keys` by those of one side. False when there is no memory. */
bool iotsig_host_keys(struct host_keys *keys, const struct host *host, enum key_side side,
                      enum name_rule rule, const struct iotsig_same_hosts *same,
                      const struct iotsig_context *context);

void iotsig_host_keys_fini(struct host_keys *keys, const struct iotsig_context *context);

/**
 * Whether no host at all can equal both, so that which of the two another one equals is certain.
 * May be false although it is so.
 */
bool iotsig_hosts_apart(const struct host *a, const struct host *b,
                        const struct iotsig_same_hosts *same);

/** Cleans a host or name that was written by somebody: lower case; an address in RFC 5952 form;
 * escapes in one spelling; no final dot. Into `to` of `room` bytes; false when it does not fit. */
bool iotsig_host_clean(char *to, size_t room, struct text text, struct text *clean);

/** The same of a name inside a message, which is a name even where it looks like an address. */
bool iotsig_name_clean(char *to, size_t room, struct text text, struct text *clean);

#endif
