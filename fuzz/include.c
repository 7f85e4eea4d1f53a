/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile in YAML, and files that it may include, with a zero between them: b.yaml, c.json and
 * d/e.yaml. Whatever they hold, nothing outside of their folder is read.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "translate/tree.h"

static const char *const files[] = {"a.yaml", "b.yaml", "c.json", "d/e.yaml"};
#define FILES (sizeof files / sizeof *files)

static char folder[64];

static void path_to(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
}

static void remove_folder(void)
{
    char path[128];
    for (size_t i = 0; i < FILES; i++) {
        path_to(path, files[i]);
        (void)unlink(path);
    }
    path_to(path, "d");
    (void)rmdir(path);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    char path[128];
    strcpy(folder, "/tmp/iotsig-fuzz-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    (void)atexit(remove_folder);
    path_to(path, "d");
    REQUIRE(mkdir(path, 0700) == 0);
}

static void write_file(const char *name, struct bytes bytes)
{
    char path[128];
    path_to(path, name);
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    REQUIRE(fwrite(bytes.p, 1, bytes.n, file) == bytes.n || bytes.n == 0);
    REQUIRE(fclose(file) == 0);
}

/* Every value stands in one of the files. */
static void walk(const struct iotsig_tree *tree)
{
    struct tree_walk walk;
    struct tree_item item;
    iotsig_tree_walk(&walk, iotsig_tree_root(tree));
    while (iotsig_tree_next(&walk, &item)) {
        struct tree_place place = iotsig_tree_place(tree, item.collection, item.key, item.index);
        size_t i = 0;
        while (i < FILES &&
               strstr(place.file, strrchr(files[i], '/') != NULL ? "e.yaml" : files[i]) == NULL)
            i++;
        REQUIRE(i < FILES);
    }
    REQUIRE(!walk.too_deep);
}

/* All files of the folder as patterns, and as signatures. */
static void read_folder(struct iotsig_context *context)
{
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    struct iotsig_library *library;
    struct iotsig_error error;
    REQUIRE(iotsig_patterns_read(patterns, folder, NULL, NULL, &error) == 0 ||
            error.message[0] != '\0');
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    REQUIRE(iotsig_library_read(library, folder, &error) == 0 || error.message[0] != '\0');
    iotsig_library_free(library);
    iotsig_patterns_free(patterns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_context *context = fuzz_context();
    struct iotsig_error error;
    struct iotsig_tree *tree;
    char path[128];
    if (folder[0] == '\0')
        make_folder();
    for (size_t i = 0; i < FILES; i++) {
        write_file(files[i], cursor_take(&at, bytes_find(cursor_rest(&at), 0)));
        if (at.left > 0)
            cursor_skip(&at, 1);
    }
    path_to(path, files[0]);
    int status = iotsig_tree_read(&tree, context, path, folder, &error);
    if (status == 0) {
        walk(tree);
        iotsig_tree_free(tree);
    } else {
        REQUIRE(error.message[0] != '\0');
    }
    read_folder(context);
    iotsig_context_free(context);
    return 0;
}
