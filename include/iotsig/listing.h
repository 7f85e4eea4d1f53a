/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iotsig/listing.h - what a folder holds, bytewise by name; hidden files are left out. */
#ifndef IOTSIG_LISTING_H
#define IOTSIG_LISTING_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Whether there is a folder at `path`, links followed. What is not there, and "-", are none: opening
 * them tells more.
 * @return 1, 0; IOTSIG_ERR_READ: it cannot be known
 */
IOTSIG_API int iotsig_is_folder(const char *path, struct iotsig_error *error);

/** Paths, each the folder's and a name. */
struct iotsig_listing;

/**
 * Lists the folders in a folder, or the files; links count as what they lead to. Pipes, devices and
 * sockets are neither: reading one may never end.
 * @return 0, also when there is none; IOTSIG_ERR_READ: no folder, or it or something in it cannot be
 * looked at; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_listing_new(struct iotsig_listing **out, struct iotsig_context *context,
                                  const char *folder, bool folders, struct iotsig_error *error);

IOTSIG_API size_t iotsig_listing_count(const struct iotsig_listing *listing);

/** Path `i`; it belongs to the listing. */
IOTSIG_API const char *iotsig_listing_path(const struct iotsig_listing *listing, size_t i);

/** The name in path `i`, without the folder. */
IOTSIG_API const char *iotsig_listing_name(const struct iotsig_listing *listing, size_t i);

/** NULL is allowed. */
IOTSIG_API void iotsig_listing_free(struct iotsig_listing *listing);

#ifdef __cplusplus
}
#endif

#endif
