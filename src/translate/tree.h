/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile as a tree whose values know where they stand, with its includes put in.
 *
 * `!include [FILE#]a.b.c [x.y:VALUE]...` stands for a copy of the member a.b.c of FILE, or of the
 * same file; man/iotsig-profile.1 tells what it may be. Collections lie at most YAML_DEPTH_MAX deep
 * in one another, and there are at most YAML_VALUES_MAX values, copies and aliases counted.
 */
#ifndef IOTSIG_TRANSLATE_TREE_H
#define IOTSIG_TRANSLATE_TREE_H

#include <jansson.h>

#include "base/context.h"
#include "capture/source.h"
#include "translate/yaml.h"

/** The largest file. */
#define TREE_FILE_MAX ((size_t)16 * 1024 * 1024)

/** How many files a profile may include, itself counted, and how deep includes may lie in one
 * another. */
#define TREE_FILES_MAX    64
#define TREE_INCLUDES_MAX 16

struct iotsig_tree;

/** Counted from 1; `line` 0: not known. The file is the tree's. */
struct tree_place {
    const char *file;
    size_t line, column;
};

/**
 * A tree of bytes that were read already. `path` is for messages, and files are included relative
 * to its folder ("-": standard input, the current folder). Files must lie below `include_root`, or
 * below the parent of that folder (where this is the root of the file system: below the folder)
 * when it is NULL. Without includes no file is looked at.
 * @return 0; IOTSIG_ERR_FORMAT, with file, line and column; IOTSIG_ERR_LIMIT: too deep, too large,
 * too many values; IOTSIG_ERR_READ: a file cannot be read; IOTSIG_ERR_MEMORY
 */
int iotsig_tree_parse(struct iotsig_tree **out, struct iotsig_context *context, struct bytes bytes,
                      const char *path, const char *include_root, struct iotsig_error *error);

/** A tree of all that is left of a source, likewise. */
int iotsig_tree_read_source(struct iotsig_tree **out, struct iotsig_context *context,
                            struct iotsig_source *source, const char *path,
                            const char *include_root, struct iotsig_error *error);

/** A tree of a file ("-": standard input), likewise. */
int iotsig_tree_read(struct iotsig_tree **out, struct iotsig_context *context, const char *path,
                     const char *include_root, struct iotsig_error *error);

/** Borrowed. */
json_t *iotsig_tree_root(const struct iotsig_tree *tree);

/**
 * Where the member `key` of a collection of the tree stands, which is where its key does, or (key
 * NULL) where its item `index` does. What was included stands in the file that it comes from. Of
 * JSON only the file is known, and the profile's own is answered.
 */
struct tree_place iotsig_tree_place(const struct iotsig_tree *tree, const json_t *collection,
                                    const char *key, size_t index);

/** NULL is allowed. */
void iotsig_tree_free(struct iotsig_tree *tree);

/*
 * Walks, in the order of the file. Any tree can be walked; it ends at what lies deeper than
 * YAML_DEPTH_MAX, as nothing in a `struct iotsig_tree` does.
 */

/** A member or an item. */
struct tree_item {
    json_t *collection; /**< in which it stands */
    const char *key;    /**< NULL: it is an item, number `index` */
    size_t index;
    json_t *value;
    size_t depth;             /**< 1: in the collection that is walked */
    const char *name, *above; /**< the key it stands under, and the key above that; NULL: none */
};

struct tree_step {
    json_t *collection;
    void *member; /**< jansson's, of the member that was last */
    size_t next;  /**< how many came already */
    const char *name, *above;
};

struct tree_walk {
    size_t depth;
    bool leave;    /**< the last item is not walked into */
    bool too_deep; /**< the walk has ended before the end */
    struct tree_step steps[YAML_DEPTH_MAX + 1];
};

/** Begins a walk of what is in a value: nothing, if that is no collection. */
void iotsig_tree_walk(struct tree_walk *walk, json_t *value);

/**
 * The next item: one of the last item's own, unless that was left. The value of the last item may
 * have been replaced meanwhile.
 * @return false at the end; when that is `too_deep`, the item is the one that lies too deep
 */
bool iotsig_tree_next(struct tree_walk *walk, struct tree_item *item);

/** Leaves the last item: what is in it is not walked. */
void iotsig_tree_leave(struct tree_walk *walk);

#endif
