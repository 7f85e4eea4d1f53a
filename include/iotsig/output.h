/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/output.h - where text is written: a file that is written whole or not at all, standard
 * output, a descriptor, or memory.
 *
 * A file grows under a temporary name in the folder of the final one, and takes that one's place
 * in iotsig_output_commit(), after fsync(2); until then an older file of that name is untouched.
 * A failed write sticks: writing on is harmless, and the commit answers the failure.
 */
#ifndef IOTSIG_OUTPUT_H
#define IOTSIG_OUTPUT_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_output;

/**
 * Opens `path`; "-" is standard output. An existing path that is no regular file (a device, a
 * FIFO) is written to directly.
 * @return 0, IOTSIG_ERR_WRITE, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_output_open(struct iotsig_output **out, struct iotsig_context *context,
                                  const char *path, struct iotsig_error *error);

/** An output that stays in memory, to be read with iotsig_output_text(). */
IOTSIG_API int iotsig_output_memory(struct iotsig_output **out, struct iotsig_context *context,
                                    struct iotsig_error *error);

/** What a memory output holds; borrowed until the next write. There is no NUL behind it. */
IOTSIG_API const char *iotsig_output_text(const struct iotsig_output *output, size_t *n);

/** Whether nothing has been written to it. */
IOTSIG_API bool iotsig_output_is_empty(const struct iotsig_output *output);

/** Writes `n` bytes as they are. */
IOTSIG_API void iotsig_output_put(struct iotsig_output *output, const void *bytes, size_t n);

/**
 * Hands what is buffered to the system, so that a reader of a pipe sees it.
 * @return 0; IOTSIG_ERR_CLOSED when the reader of a pipe has gone; IOTSIG_ERR_WRITE;
 *         IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_output_flush(struct iotsig_output *output, struct iotsig_error *error);

/**
 * Writes the rest, syncs, renames. Frees the output, whatever the result; on failure the file
 * that was there before is still there.
 * @return as iotsig_output_flush()
 */
IOTSIG_API int iotsig_output_commit(struct iotsig_output *output, struct iotsig_error *error);

/** Throws away what was written to a file, and frees. NULL is allowed. */
IOTSIG_API void iotsig_output_free(struct iotsig_output *output);

#ifdef __cplusplus
}
#endif

#endif
