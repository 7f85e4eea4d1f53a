/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling the caller's `struct iotsig_error`, in one line: `return iotsig_fail(error, ...)`. */
#ifndef IOTSIG_BASE_ERROR_H
#define IOTSIG_BASE_ERROR_H

#include "iotsig/base.h"

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/** Fills `error` (may be NULL) with a status and a message, clears its place; returns `status`. */
int iotsig_fail(struct iotsig_error *error, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/** The message for a failed allocation. */
int iotsig_fail_memory(struct iotsig_error *error);

/** Changes the status, and keeps the rest; returns `status`. */
int iotsig_fail_as(struct iotsig_error *error, int status);

/** Adds the file, escaped, unless one is set already; returns `status` of the error. */
int iotsig_fail_in(struct iotsig_error *error, int status, const char *file);

/** Adds the position, unless one is set already: `format` is "byte %llu", "line %llu" ... */
int iotsig_fail_at(struct iotsig_error *error, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/**
 * Puts a wider place in front of the position, which may be empty: "line 7" and `between`, before
 * "column src". Returns `status`.
 */
int iotsig_fail_within(struct iotsig_error *error, int status, const char *between,
                       const char *format, ...) PRINTF_LIKE(4, 5);

#endif
