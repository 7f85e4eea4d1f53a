/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How it works: the files are written into a hidden folder in the same place, which then trades
 * places with the old one, or takes the name where there is none. What is left over is removed.
 */
#define _GNU_SOURCE
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "base/temporary.h"

#define TEMPORARY ".iotsig-XXXXXX"

static int fail_errno(const char *path, const char *what, struct iotsig_error *error)
{
    if (errno == ENOMEM)
        return iotsig_fail_memory(error);
    iotsig_fail(error, IOTSIG_ERR_WRITE, "%s: %s", what, strerror(errno));
    return iotsig_fail_in(error, IOTSIG_ERR_WRITE, path);
}

/* "a/b" to `to`; false: too long. */
static bool join(char to[PATH_MAX], const char *a, const char *b)
{
    int n = snprintf(to, PATH_MAX, "%s/%s", a, b);
    return n > 0 && n < PATH_MAX;
}

/* A new folder next to `path`, with the mode that any new folder has. */
static bool make_temporary(char temporary[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (n + sizeof TEMPORARY > PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(temporary, path, n);
    memcpy(temporary + n, TEMPORARY, sizeof TEMPORARY);
    if (mkdtemp(temporary) == NULL)
        return false;
    mode_t mask = umask(0);
    umask(mask);
    (void)chmod(temporary, 0777 & ~mask);
    return true;
}

/* A file could not be written: where it should have stood in the end, its name means something. */
static int fail_file(const struct folder *folder, size_t i, int status, struct iotsig_error *error)
{
    char path[PATH_MAX];
    if (error == NULL || status != IOTSIG_ERR_WRITE)
        return status;
    error->file[0] = '\0';
    return iotsig_fail_in(error, status,
                          join(path, folder->path, folder->names[i]) ? path : folder->path);
}

static int write_file(const struct folder *folder, size_t i, const char *temporary,
                      struct iotsig_context *context, struct iotsig_error *error)
{
    struct iotsig_output *output;
    char path[PATH_MAX];
    if (!join(path, temporary, folder->names[i])) {
        errno = ENAMETOOLONG;
        return fail_errno(folder->path, "cannot be written", error);
    }
    int status = iotsig_output_open(&output, context, path, error);
    if (status != 0)
        return fail_file(folder, i, status, error);
    status = folder->write(folder->user, i, output, error);
    if (status == 0)
        status = iotsig_output_commit(output, error);
    else
        iotsig_output_free(output);
    return status == 0 ? 0 : fail_file(folder, i, status, error);
}

/* 1, 0, or a status. */
static int is_known(const struct folder *folder, const char *path, const char *name,
                    struct iotsig_error *error)
{
    char file[PATH_MAX];
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->known[i], name) == 0)
            return 1;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 1;
    return folder->is_known != NULL && join(file, path, name) ? folder->is_known(file, error) : 0;
}

/* Removes what it may hold, and the folder. What cannot be known now was, when it was looked at. */
static void remove_folder(const struct folder *folder, const char *path)
{
    DIR *open = opendir(path);
    struct dirent *entry;
    if (open == NULL)
        return;
    while ((entry = readdir(open)) != NULL)
        if (is_known(folder, path, entry->d_name, NULL) != 0)
            (void)unlinkat(dirfd(open), entry->d_name, 0); /* but for . and .., which stay */
    closedir(open);
    (void)rmdir(path);
}

/* One of these names, but for those of any folder, is a folder: it could not be removed. */
static bool is_folder_in(DIR *old, const char *name)
{
    struct stat about;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           fstatat(dirfd(old), name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

/* Whether what is at the path may be replaced; it says why not. */
static int check_old(const struct folder *folder, const char *path, struct iotsig_error *error)
{
    DIR *old = opendir(path);
    struct dirent *entry;
    int known = 1;
    if (old == NULL)
        return fail_errno(folder->path, "no folder", error);
    while (errno = 0, known == 1 && (entry = readdir(old)) != NULL) {
        known = is_known(folder, path, entry->d_name, error);
        if (known == 1 && is_folder_in(old, entry->d_name))
            known = 0;
    }
    int number = errno;
    closedir(old);
    errno = number;
    if (known < 0)
        return known;
    if (known == 1 && number != 0)
        return fail_errno(folder->path, "cannot be read", error);
    if (known == 1)
        return 0;
    iotsig_fail(error, IOTSIG_ERR_WRITE, "the folder holds other files (choose a new one)");
    return iotsig_fail_in(error, IOTSIG_ERR_WRITE, folder->path);
}

static void sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* Puts the temporary folder in the place of the final one. */
static int put_in_place(const struct folder *folder, const char *temporary, const char *path,
                        struct iotsig_error *error)
{
    struct stat about;
    sync_path(temporary);
    if (lstat(path, &about) != 0)
        return errno == ENOENT && rename(temporary, path) == 0
                   ? 0
                   : fail_errno(folder->path, "cannot be written", error);
    int status = check_old(folder, path, error);
    if (status != 0)
        return status;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
        return fail_errno(folder->path, "cannot be replaced", error);
    remove_folder(folder, temporary); /* the old one, by now */
    return 0;
}

/* The path without slashes at its end, and links followed where it is there. */
static bool clean_path(char to[PATH_MAX], const char *path)
{
    if (realpath(path, to) != NULL)
        return true;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n >= PATH_MAX || errno != ENOENT)
        return false;
    memcpy(to, path, n);
    to[n] = '\0';
    return true;
}

int iotsig_folder_write(const struct folder *folder, struct iotsig_context *context,
                        struct iotsig_error *error)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    int status = 0;
    if (folder->path[0] == '\0' || !clean_path(path, folder->path) ||
        !make_temporary(temporary, path))
        return fail_errno(folder->path, "cannot be written", error);
    struct temporary entry = {.path = temporary, .names = folder->names, .count = folder->count};
    iotsig_temporary_enter(context, &entry);
    for (size_t i = 0; i < folder->count && status == 0; i++)
        if (folder->names[i] != NULL)
            status = write_file(folder, i, temporary, context, error);
    if (status == 0)
        status = put_in_place(folder, temporary, path, error);
    if (status != 0)
        iotsig_temporary_remove(&entry);
    iotsig_temporary_leave(context, &entry);
    if (status != 0)
        return status;
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        slash[1] = '\0';
    sync_path(slash != NULL ? path : ".");
    return 0;
}
