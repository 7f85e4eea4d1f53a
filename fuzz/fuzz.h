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

/** The folder below which files may be included: none can come to be there. */
#define FUZZ_NOWHERE "/dev/null/nowhere"

/** A context with a fixed hash key, and room for few flows so that limits are met. */
struct iotsig_context *fuzz_context(void);

/** The path of a file that holds these bytes, until the next call. */
const char *fuzz_file(const void *bytes, size_t n);

/** The same, beside that one. */
const char *fuzz_other_file(const void *bytes, size_t n);

/** The path of a file that holds what an output holds. */
const char *fuzz_file_of(const struct iotsig_output *output);

/** Requires that a text is printable ASCII; NULL: there is none. */
void fuzz_printable(const char *text);

/** Requires that two outputs hold the same bytes, and shows them if not. */
void fuzz_same(const struct iotsig_output *a, const struct iotsig_output *b);

/** An empty list of patterns. */
struct iotsig_patterns *fuzz_new_patterns(struct iotsig_context *context,
                                          const struct iotsig_options *options);

/** How many flows all patterns of a list have. */
size_t fuzz_flow_count(const struct iotsig_patterns *patterns);

/** Writes a list and its signature in all formats, reads all but text back, and requires the same.
 */
void fuzz_patterns(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                   const struct iotsig_options *options);

/** A style of a format, as wide as a terminal. */
struct iotsig_style fuzz_style(enum iotsig_format format);

/** An output in memory. */
struct iotsig_output *fuzz_output(struct iotsig_context *context);

/**
 * Requires that an output is well-formed: JSON by jansson, CSV by a small reader of RFC 4180, and
 * that bytes outside of CSV's quotes are printable, end a line, or colour text. Frees it.
 */
void fuzz_well_formed(struct iotsig_output *output, enum iotsig_format format);

/** Requires that a page begins and ends as one, and holds nothing that cannot be seen, no script or
 * image, and no "<x>", which targets put into texts. Frees it. */
void fuzz_page(struct iotsig_output *output);

/** Requires that learned signatures are what they may be, are read again as they were written, to
 * the same bytes, and that tables about them are well-formed; and makes policies of them.
 * (library.c) */
void fuzz_library(struct iotsig_context *context, const struct iotsig_library *library);

#endif
