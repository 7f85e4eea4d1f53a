/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream of bytes from a file, standard input, or memory, decompressed on the way.
 *
 * Plain bytes are read with read(2) into one buffer of 1 MiB; compressed ones are decompressed into
 * the same buffer. A reader looks at the buffer in place, so a frame is not copied.
 */
#ifndef IOTSIG_CAPTURE_SOURCE_H
#define IOTSIG_CAPTURE_SOURCE_H

#include "base/bytes.h"
#include "iotsig/capture.h"

/** The most that iotsig_source_need() can give at once. */
#define IOTSIG_SOURCE_MAX ((size_t)1024 * 1024)

struct iotsig_source;

/**
 * Opens `path` ("-": standard input) and looks whether it is compressed.
 * @return 0, IOTSIG_ERR_READ (a folder too), IOTSIG_ERR_MEMORY; as iotsig_source_need() when
 *         decompressing fails before it gives a byte
 */
int iotsig_source_open(struct iotsig_source **out, struct iotsig_context *context,
                       const char *path, struct iotsig_error *error);

/** The same for what is still being written; `wait` is copied. */
int iotsig_source_follow(struct iotsig_source **out, struct iotsig_context *context,
                         const char *path, const struct iotsig_wait *wait,
                         struct iotsig_error *error);

/** Waits a while for a descriptor (-1: none) to be readable, and if it is not, calls `idle`; true: the
 * end is wanted. */
bool iotsig_wait_for(const struct iotsig_wait *wait, int fd);

/**
 * A source over an open file, read from where it stands. `fd` belongs to the source, on failure too.
 * `name` is for messages.
 * @return as iotsig_source_open()
 */
int iotsig_source_open_fd(struct iotsig_source **out, struct iotsig_context *context, int fd,
                          const char *name, struct iotsig_error *error);

/**
 * A source over the caller's bytes, which must outlive it. `name` is for messages. Compressed
 * bytes are decompressed as well.
 */
int iotsig_source_memory(struct iotsig_source **out, struct iotsig_context *context,
                         struct bytes bytes, const char *name, struct iotsig_error *error);

/**
 * The bytes at the current place, at least `n` <= IOTSIG_SOURCE_MAX of them unless the stream
 * ends before; borrowed until the next call. Does not move.
 * @return 0; IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT (compressed data is damaged),
 *         IOTSIG_ERR_UNSUPPORTED (it needs too much memory), IOTSIG_ERR_MEMORY: `*bytes` then still
 *         holds what came before the failure.
 */
int iotsig_source_need(struct iotsig_source *source, size_t n, struct bytes *bytes,
                       struct iotsig_error *error);

/** Moves past `n` bytes that iotsig_source_need() has shown. */
void iotsig_source_advance(struct iotsig_source *source, size_t n);

/**
 * Moves past `n` bytes, any number; `*skipped` is how many there were.
 * @return 0 (at the end of the stream too), or as iotsig_source_need()
 */
int iotsig_source_skip(struct iotsig_source *source, uint64_t n, uint64_t *skipped,
                       struct iotsig_error *error);

/**
 * Whether compressed data ended early: it is still being written, or was cut. The stream then
 * just ends before, with all that can be decompressed; known once it has.
 */
bool iotsig_source_is_cut(const struct iotsig_source *source);

/** Whether compressed data was whole, and is followed by what is not; likewise. */
bool iotsig_source_is_trailed(const struct iotsig_source *source);

/** The position in the decompressed stream. */
uint64_t iotsig_source_offset(const struct iotsig_source *source);

/** Bytes read of the file itself, and its size (0: not known). */
uint64_t iotsig_source_position(const struct iotsig_source *source, uint64_t *size);

/** The name for messages: the path, or "standard input". */
const char *iotsig_source_name(const struct iotsig_source *source);

void iotsig_source_close(struct iotsig_source *source);

#endif
