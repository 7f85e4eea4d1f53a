/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/base.h - status codes, errors, memory, and the context that everything belongs to.
 *
 * Functions return 0 or a negative `enum iotsig_status`; those that iterate return 1 while there
 * is something, 0 at the end. The last parameter is a `struct iotsig_error` of the caller, filled
 * on failure only; it may be NULL. Results (`**out`) are not touched on failure, unless a function
 * says that it keeps what was read before.
 *
 * Threads: a context and all that was made with it belong to one thread at a time. Contexts
 * share nothing, so two threads with a context each can work at once.
 *
 * Of the process, one thing is changed: before it reads JSON for the first time, the library puts
 * itself in front of jansson's malloc (json_set_alloc_funcs(), in front of what the caller had set),
 * to know when there is no memory.
 */
#ifndef IOTSIG_BASE_H
#define IOTSIG_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define IOTSIG_API __attribute__((visibility("default")))
#else
#define IOTSIG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What can go wrong. iotsig_status_text() says each in words. */
enum iotsig_status {
    IOTSIG_OK = 0,
    IOTSIG_ERR_MEMORY = -1,      /**< an allocation failed */
    IOTSIG_ERR_LIMIT = -2,       /**< the input needs more flows or names than the settings allow */
    IOTSIG_ERR_READ = -3,        /**< a file cannot be opened or read */
    IOTSIG_ERR_FORMAT = -4,      /**< the bytes of an input are not what they should be */
    IOTSIG_ERR_UNSUPPORTED = -5, /**< well-formed, and of a kind that cannot be read */
    IOTSIG_ERR_WRITE = -6,       /**< an output cannot be written */
    IOTSIG_ERR_ARGUMENT = -7,    /**< an argument is wrong: a filter, a host pair, a list of rules */
    IOTSIG_ERR_EMPTY = -8,       /**< nothing to work on: no pattern holds a flow */
    IOTSIG_ERR_CANCELLED = -9,   /**< the caller's progress function asked to stop */
    IOTSIG_ERR_CLOSED = -10      /**< who reads the output has closed it */
};

/** Where and why something failed. Text from outside is escaped: safe to print on a terminal. */
struct iotsig_error {
    int status;        /**< an `enum iotsig_status` */
    char file[256];    /**< the input or output, empty where none is concerned */
    char position[96]; /**< "byte 1234", "line 5, column src"; empty where there is none */
    char message[256]; /**< what is wrong (what to do) */
};

/**
 * Fills an error of the caller's own making, and escapes the name of the file (or NULL).
 * @return the status
 */
IOTSIG_API int iotsig_error_set(struct iotsig_error *error, int status, const char *file,
                                const char *message);

/** A short name of a status, never NULL. */
IOTSIG_API const char *iotsig_status_text(int status);

/** The library's version, such as "0.1.0". */
IOTSIG_API const char *iotsig_version(void);

/**
 * The caller's memory. `resize` does it all: a NULL `memory` asks for new memory, a `size` of 0
 * frees. It answers NULL when there is none, and must then leave `memory` as it was.
 */
struct iotsig_allocator {
    void *(*resize)(void *user, void *memory, size_t size);
    void *user;
};

/** How a context behaves; all zero is the default. */
struct iotsig_settings {
    struct iotsig_allocator allocator; /**< `resize` NULL: malloc, realloc, free */
    uint64_t hash_seed[2];             /**< both 0: random, so that nobody can choose collisions */
    uint32_t max_flows;                /**< 0: IOTSIG_MAX_FLOWS_DEFAULT */
};

/** The flows, and apart from them the names, that one input may make the library hold. */
#define IOTSIG_MAX_FLOWS_DEFAULT 4194304u

struct iotsig_context;

/**
 * A new context in `*out`; `settings` may be NULL.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_context_new(struct iotsig_context **out,
                                  const struct iotsig_settings *settings,
                                  struct iotsig_error *error);

/** Frees the context and the texts it holds. All that was made with it must be freed before. */
IOTSIG_API void iotsig_context_free(struct iotsig_context *context);

/**
 * Removes what outputs of the context have under temporary names, so that a program can be ended
 * by a signal without leaving any; old files are as they were. Safe in a signal handler, in the
 * thread that the context belongs to; nothing of the context may be used afterwards.
 */
IOTSIG_API void iotsig_context_abandon(const struct iotsig_context *context);

/** A point in time as captured. */
struct iotsig_time {
    int64_t ns;     /**< nanoseconds since 1970-01-01 00:00 UTC */
    uint8_t digits; /**< decimals of a second that the capture held: 6 or 9; 0: no time */
};

#ifdef __cplusplus
}
#endif

#endif
