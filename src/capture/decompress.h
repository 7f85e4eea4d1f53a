/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of gzip, zstd, xz, lz4 and bzip2 as a stream.
 *
 * Compressed data is a row of *members* (streams, frames), each with a magic number of its own, of
 * one kind or of several. Zeros behind a member are padding. What else follows is no compressed
 * data: it is left alone, as gzip does. All that could be decompressed before an end or a failure
 * is given out. Checksums are checked.
 */
#ifndef IOTSIG_CAPTURE_DECOMPRESS_H
#define IOTSIG_CAPTURE_DECOMPRESS_H

#include "base/bytes.h"
#include "base/memory.h"

/** Of these many first bytes can be told whether a file is compressed. */
#define DECOMPRESS_MAGIC_MAX 6

/** What a window (dictionary) may need: that of `xz -9` is 64 MiB, of `zstd --long` 128 MiB. */
#define DECOMPRESS_WINDOW_MAX ((size_t)128 * 1024 * 1024)

struct decompressor;

/** What iotsig_decompressor_step() answers, beside negative statuses. */
enum decompressed {
    DECOMPRESS_ON,      /**< call again; with more input when it neither took nor gave a byte */
    DECOMPRESS_END,     /**< the last member is whole */
    DECOMPRESS_CUT,     /**< the input ended inside a member */
    DECOMPRESS_TRAILING /**< the last member is whole; what follows it is not compressed */
};

/** Whether a file that starts so is compressed. */
bool iotsig_decompressor_begins(struct bytes start);

/** NULL: no memory. `allocator` must outlive it, and all its memory comes from there. */
struct decompressor *iotsig_decompressor_new(const struct iotsig_allocator *allocator);

/**
 * Decompresses some of `in`, past which it moves, to the `room` > 0 bytes at `to`; `*wrote` of them
 * are filled, on failure too. `last`: no input comes behind `in`. Not to be called again after any
 * other answer than DECOMPRESS_ON.
 * @return `enum decompressed`; IOTSIG_ERR_FORMAT: damaged; IOTSIG_ERR_UNSUPPORTED: needs a larger
 *         window than DECOMPRESS_WINDOW_MAX; IOTSIG_ERR_MEMORY
 */
int iotsig_decompressor_step(struct decompressor *decompressor, struct cursor *in, bool last,
                             uint8_t *to, size_t room, size_t *wrote, struct iotsig_error *error);

/** NULL is allowed. */
void iotsig_decompressor_free(struct decompressor *decompressor);

#endif
