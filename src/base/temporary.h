/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands under a temporary name until it is whole. A context has a list of these, so that a
 * signal handler can remove them: a node is whole before it is in the list, and stays whole until
 * it is out of it. One thread changes the list; the handler must run in that thread.
 */
#ifndef IOTSIG_BASE_TEMPORARY_H
#define IOTSIG_BASE_TEMPORARY_H

#include "base/context.h"

struct temporary {
    const char *path;
    const char *const *names; /**< of a folder: what may be in it, with NULLs between; else NULL */
    size_t count;             /**< of these */
    struct temporary *next;
};

/** Enters what has just been made; `temporary` and what it points to stay until it is taken out. */
void iotsig_temporary_enter(struct iotsig_context *context, struct temporary *temporary);

/** Takes it out, if it is in: it has its name, or is no more. */
void iotsig_temporary_leave(struct iotsig_context *context, struct temporary *temporary);

/** Removes a file, or a folder with what may be in it; safe in a signal handler. */
void iotsig_temporary_remove(const struct temporary *temporary);

#endif
