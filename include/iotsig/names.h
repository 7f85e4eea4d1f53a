/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/names.h - which address has which name, and which hosts count as one (behaviour
 * section 3).
 *
 * A table of names is filled while captures are read, from DNS responses and TLS server names, and
 * may be preloaded. The captures of one signature share one table, in the order in which they
 * are read.
 */
#ifndef IOTSIG_NAMES_H
#define IOTSIG_NAMES_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_names;
struct iotsig_same_hosts;

/** The two tables. */
enum iotsig_names_table {
    IOTSIG_NAMES_IP,   /**< from an address to its name */
    IOTSIG_NAMES_ALIAS /**< from a canonical name (of a CNAME, SRV, PTR) to its alias */
};

/**
 * A new, empty table.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_names_new(struct iotsig_names **out, struct iotsig_context *context,
                                struct iotsig_error *error);

/**
 * Adds what a file holds: JSON `{"IP": {"192.0.2.1": "a.example"}, "ALIAS": {"canonical": "alias"}}`,
 * or the text of Unbound's `dump_cache`. "-" is standard input.
 * @return 0, IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT (nothing was added), IOTSIG_ERR_LIMIT,
 *         IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_names_load(struct iotsig_names *names, const char *path,
                                 struct iotsig_error *error);

/** An independent copy, for the same context. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_names_dup(struct iotsig_names **out, const struct iotsig_names *names,
                                struct iotsig_error *error);

/** How many entries a table has. */
IOTSIG_API size_t iotsig_names_count(const struct iotsig_names *names,
                                     enum iotsig_names_table table);

/**
 * Calls `each` for every entry of a table, in the order in which its keys came. Texts are borrowed,
 * and NUL-terminated.
 */
IOTSIG_API void iotsig_names_each(const struct iotsig_names *names, enum iotsig_names_table table,
                                  void (*each)(void *user, const char *key, const char *value),
                                  void *user);

/** NULL is allowed. */
IOTSIG_API void iotsig_names_free(struct iotsig_names *names);

/**
 * Sets one entry of a table, in place of an older one with this key.
 * @return 0; IOTSIG_ERR_ARGUMENT: the key of IOTSIG_NAMES_IP is no address, or a text is empty or
 * too long for a name; IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_names_set(struct iotsig_names *names, enum iotsig_names_table table,
                                const char *key, const char *value, struct iotsig_error *error);

/** A payload that was not read from a capture, and where it came from and went. */
struct iotsig_payload {
    int transport; /**< 6: TCP, 17: UDP */
    uint16_t sport, dport;
    const char *dst;      /**< an address, which a server name is that of; or NULL */
    const uint8_t *bytes; /**< borrowed; not more than an IP packet holds is looked at */
    size_t count;
};

/**
 * Takes the names from a payload as from one of a capture: a DNS message, or a TLS ClientHello.
 * @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_names_learn_payload(struct iotsig_names *names,
                                          const struct iotsig_payload *payload,
                                          struct iotsig_error *error);

/** What a text is as a host. */
enum iotsig_host_kind {
    IOTSIG_HOST_OTHER = 0,  /**< neither */
    IOTSIG_HOST_DOMAIN = 1, /**< a domain name, such as "a.example" */
    IOTSIG_HOST_IPV4 = 4,
    IOTSIG_HOST_IPV6 = 6
};

/** What a host is, in any spelling. */
IOTSIG_API enum iotsig_host_kind iotsig_host_kind(const char *host);

/** Whether two hosts are the same: by the rule, or as `same` (may be NULL) declares. */
IOTSIG_API bool iotsig_hosts_equal(const char *a, const char *b,
                                   const struct iotsig_same_hosts *same);

/** The same of names inside DNS messages, whatever their characters. */
IOTSIG_API bool iotsig_names_equal(const char *a, const char *b,
                                   const struct iotsig_same_hosts *same);

/** Pairs of hosts that are declared to be the same. */
struct iotsig_same_hosts;

/** @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_same_hosts_new(struct iotsig_same_hosts **out,
                                     struct iotsig_context *context, struct iotsig_error *error);

/**
 * Declares one pair, `A=B`, or the pairs of a file, `@FILE`: lines `A=B`; empty lines and
 * what follows a `#` do not count.
 * @return 0; IOTSIG_ERR_ARGUMENT: not of this form; IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT: the file;
 *         IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_same_hosts_add(struct iotsig_same_hosts *same, const char *declaration,
                                     struct iotsig_error *error);

/** NULL is allowed. */
IOTSIG_API void iotsig_same_hosts_free(struct iotsig_same_hosts *same);

#ifdef __cplusplus
}
#endif

#endif
