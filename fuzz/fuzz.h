/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the fuzz targets share. A target defines LLVMFuzzerTestOneInput(); with libFuzzer it is
 * driven by that, else by replay.c, which gives it the files of a folder.
 */
#ifndef IOTSIG_FUZZ_FUZZ_H
#define IOTSIG_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "iotsig/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Aborts when something that must hold does not, in every kind of build. */
void fuzz_require(bool holds, const char *what);
#define REQUIRE(condition) fuzz_require((condition), #condition)

/** A context with a fixed hash key, and room for few flows so that limits are met. */
struct iotsig_context *fuzz_context(void);

/** The path of a file that holds these bytes, until the next call. */
const char *fuzz_file(const void *bytes, size_t n);

/** Reads a file, writes what it held in all formats, reads JSON back, and requires the same. */
void fuzz_patterns(struct iotsig_context *context, const char *path,
                   const struct iotsig_options *options);

#endif
