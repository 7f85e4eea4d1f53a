/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "iotsig/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/context.h"
#include "base/error.h"

struct iotsig_listing {
    struct iotsig_context *context;
    struct iotsig_arena texts;
    char **paths;
    size_t count, capacity;
};

static int compare(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* "folder/name"; NULL when there is no memory. */
static char *join(struct iotsig_arena *arena, const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    bool slash = n == 0 || folder[n - 1] != '/';
    char *path = iotsig_arena_get(arena, n + m + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, folder, n);
    if (slash)
        path[n] = '/';
    memcpy(path + n + (slash ? 1 : 0), name, m + 1);
    return path;
}

enum kind {
    KIND_FILE, /* or nothing: opening it tells why */
    KIND_FOLDER,
    KIND_OTHER /* a pipe, a device, a socket */
};

/* Or a status. */
static int kind_of(const char *path, struct iotsig_error *error)
{
    struct stat about;
    if (stat(path, &about) == 0)
        return S_ISDIR(about.st_mode)   ? KIND_FOLDER
               : S_ISREG(about.st_mode) ? KIND_FILE
                                        : KIND_OTHER;
    if (errno == ENOENT || errno == ENOTDIR)
        return KIND_FILE;
    iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
    return iotsig_fail_in(error, IOTSIG_ERR_READ, path);
}

int iotsig_is_folder(const char *path, struct iotsig_error *error)
{
    int kind = strcmp(path, "-") == 0 ? KIND_OTHER : kind_of(path, error);
    return kind < 0 ? kind : kind == KIND_FOLDER;
}

static int list(struct iotsig_listing *listing, const char *folder, DIR *open, bool folders,
                struct iotsig_error *error)
{
    struct dirent *entry;
    while (errno = 0, (entry = readdir(open)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = join(&listing->texts, folder, entry->d_name);
        if (path == NULL ||
            !iotsig_array_grow(&listing->context->allocator, &listing->paths, &listing->capacity,
                               listing->count + 1, sizeof *listing->paths))
            return iotsig_fail_memory(error);
        int kind = kind_of(path, error);
        if (kind < 0)
            return kind;
        if (kind == (folders ? KIND_FOLDER : KIND_FILE))
            listing->paths[listing->count++] = path;
    }
    if (errno != 0) {
        iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
        return iotsig_fail_in(error, IOTSIG_ERR_READ, folder);
    }
    if (listing->count > 0)
        qsort(listing->paths, listing->count, sizeof *listing->paths, compare);
    return 0;
}

int iotsig_listing_new(struct iotsig_listing **out, struct iotsig_context *context,
                       const char *folder, bool folders, struct iotsig_error *error)
{
    DIR *open = opendir(folder);
    if (open == NULL) {
        iotsig_fail(error, IOTSIG_ERR_READ, "no folder: %s", strerror(errno));
        return iotsig_fail_in(error, IOTSIG_ERR_READ, folder);
    }
    struct iotsig_listing *listing = iotsig_memory_get(&context->allocator, sizeof *listing);
    if (listing == NULL) {
        closedir(open);
        return iotsig_fail_memory(error);
    }
    *listing = (struct iotsig_listing){.context = context};
    iotsig_arena_init(&listing->texts, &context->allocator);
    int status = list(listing, folder, open, folders, error);
    closedir(open);
    if (status == 0)
        *out = listing;
    else
        iotsig_listing_free(listing);
    return status;
}

size_t iotsig_listing_count(const struct iotsig_listing *listing)
{
    return listing->count;
}

const char *iotsig_listing_path(const struct iotsig_listing *listing, size_t i)
{
    return listing->paths[i];
}

const char *iotsig_listing_name(const struct iotsig_listing *listing, size_t i)
{
    return strrchr(listing->paths[i], '/') + 1;
}

void iotsig_listing_free(struct iotsig_listing *listing)
{
    if (listing == NULL)
        return;
    iotsig_memory_free(&listing->context->allocator, listing->paths);
    iotsig_arena_fini(&listing->texts);
    iotsig_memory_free(&listing->context->allocator, listing);
}
