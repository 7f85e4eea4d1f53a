/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are included: regular ones below a folder, each read once. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "translate/include.h"

#define STANDARD_INPUT "-"

/* How much of a path is its folder, with the slash. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static int fail_file(struct iotsig_tree *tree, tree_mark mark, int status, const char *name,
                     const char *what)
{
    return iotsig_tree_fail(tree, mark, status, "!include %s: %s", iotsig_tree_shown(name).text,
                            what);
}

static const char *keep(struct iotsig_tree *tree, const char *text)
{
    return iotsig_arena_text(&tree->names, text, strlen(text));
}

/* Finds out below which folder files must lie, and which one the profile is. */
static int find_root(struct iotsig_tree *tree, tree_mark mark)
{
    const char *path = tree->files[0].name;
    char real[PATH_MAX], *last;
    size_t n = folder_length(path);
    const char *folder = n == 0 ? "." : iotsig_arena_text(&tree->names, path, n);
    if (folder == NULL)
        return iotsig_fail_memory(tree->error);
    if (tree->include_root != NULL)
        folder = tree->include_root;
    if (realpath(folder, real) == NULL)
        return fail_file(tree, mark, IOTSIG_ERR_READ, folder, strerror(errno));
    last = strrchr(real, '/');
    if (tree->include_root == NULL && last != NULL && last != real)
        *last = '\0';
    tree->root = keep(tree, real);
    if (tree->root == NULL)
        return iotsig_fail_memory(tree->error);
    if (strcmp(path, STANDARD_INPUT) != 0 && realpath(path, real) != NULL &&
        (tree->files[0].real = keep(tree, real)) == NULL)
        return iotsig_fail_memory(tree->error);
    return 0;
}

static bool is_below(const char *path, const char *root)
{
    size_t n = strlen(root);
    while (n > 0 && root[n - 1] == '/') /* the root of the file system */
        n--;
    return strncmp(path, root, n) == 0 && path[n] == '/';
}

/* A name as it stands in the file at `mark`, from that file's folder. */
static const char *join(struct iotsig_tree *tree, tree_mark mark, const char *name)
{
    const char *base = tree->files[mark_file(mark)].name;
    size_t n = name[0] == '/' ? 0 : folder_length(base), m = strlen(name);
    char *path = iotsig_arena_get(&tree->names, n + m + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, base, n);
    memcpy(path + n, name, m + 1);
    return path;
}

/* Opens what is a regular file, and nothing that opening alone could do something to. */
static int open_regular(const char *real, const char **what)
{
    struct stat about;
    *what = "no regular file";
    if (lstat(real, &about) == 0 && !S_ISREG(about.st_mode))
        return -1;
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *what = strerror(errno);
        return -1;
    }
    if (fstat(fd, &about) != 0)
        *what = strerror(errno);
    else if (S_ISREG(about.st_mode))
        return fd;
    close(fd);
    return -1;
}

/* Reads the tree's last file. */
static int read_file(struct iotsig_tree *tree, struct iotsig_source *source)
{
    char *text;
    size_t n;
    int status = iotsig_tree_read_all(tree->context, source, &text, &n, tree->error);
    tree->read += n;
    if (status == 0 && tree->read > YAML_TEXT_MAX)
        status = iotsig_fail(tree->error, IOTSIG_ERR_LIMIT, "too many bytes are included");
    if (status == 0)
        status = iotsig_tree_take(tree, (struct bytes){(const uint8_t *)text, n});
    iotsig_memory_free(&tree->context->allocator, text);
    return status;
}

/* Adds a file that is not known yet. */
static int add_file(struct iotsig_tree *tree, tree_mark mark, const char *path, const char *real)
{
    struct iotsig_source *source;
    const char *what;
    if (tree->file_count == TREE_FILES_MAX)
        return fail_file(tree, mark, IOTSIG_ERR_LIMIT, path, "too many files are included");
    real = keep(tree, real);
    if (real == NULL)
        return iotsig_fail_memory(tree->error);
    int fd = open_regular(real, &what);
    if (fd < 0)
        return fail_file(tree, mark, IOTSIG_ERR_READ, path, what);
    tree->files[tree->file_count++] = (struct tree_file){path, real};
    int status = iotsig_source_open_fd(&source, tree->context, fd, path, tree->error);
    if (status == 0) {
        status = read_file(tree, source);
        iotsig_source_close(source);
    }
    return status == 0 ? 0 : iotsig_fail_in(tree->error, status, path);
}

int iotsig_tree_open(struct iotsig_tree *tree, tree_mark mark, const char *name, size_t *file)
{
    char real[PATH_MAX];
    int status = tree->root != NULL ? 0 : find_root(tree, mark);
    if (status != 0)
        return status;
    const char *path = join(tree, mark, name);
    if (path == NULL)
        return iotsig_fail_memory(tree->error);
    if (realpath(path, real) == NULL)
        return fail_file(tree, mark, IOTSIG_ERR_READ, path, strerror(errno));
    for (*file = 0; *file < tree->file_count; ++*file)
        if (tree->files[*file].real != NULL && strcmp(tree->files[*file].real, real) == 0)
            return 0;
    if (!is_below(real, tree->root))
        return fail_file(tree, mark, IOTSIG_ERR_FORMAT, path,
                         "it lies outside of the folder whose files may be included");
    return add_file(tree, mark, path, real);
}
