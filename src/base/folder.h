/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders that are written whole or not at all. */
#ifndef IOTSIG_BASE_FOLDER_H
#define IOTSIG_BASE_FOLDER_H

#include "iotsig/output.h"

struct folder {
    const char *path;
    const char *const *names; /**< of its files; NULL: this one is not there */
    const char *const *known; /**< what a folder that is replaced may hold */
    size_t count;             /**< of both */
    /** Writes file `i`. @return 0, or a status that ends it all */
    int (*write)(void *user, size_t i, struct iotsig_output *output, struct iotsig_error *error);
    void *user;
    /**
     * Whether a file of another name may be in a folder that is replaced; NULL: none may.
     * @return 1, 0, or that it cannot be known: a status
     */
    int (*is_known)(const char *path, struct iotsig_error *error);
};

/**
 * Writes a folder under a temporary name next to the final one, and puts it in its place. A folder
 * that is there already is replaced, in one step, when it holds nothing but files of known names.
 * @return 0, IOTSIG_ERR_WRITE, IOTSIG_ERR_MEMORY, or what `write` answers; what was there before
 * then still is
 */
int iotsig_folder_write(const struct folder *folder, struct iotsig_context *context,
                        struct iotsig_error *error);

#endif
