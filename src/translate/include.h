/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tree and its includes share; for no other file. */
#ifndef IOTSIG_TRANSLATE_INCLUDE_H
#define IOTSIG_TRANSLATE_INCLUDE_H

#include "base/map.h"
#include "translate/tree.h"

/** A member (by a key that the collection holds), or an item of a list (key NULL). */
struct spot {
    json_t *collection;
    const char *key;
    size_t index;
};

/** Where a value stands, in one word: file, line (0: not known), column. */
typedef uint64_t tree_mark;
#define MARK_BITS 28 /* a file has fewer bytes, so fewer lines and columns */

static inline tree_mark mark_of(size_t file, size_t line, size_t column)
{
    return (uint64_t)file << 2 * MARK_BITS | (uint64_t)line << MARK_BITS | (uint64_t)column;
}

static inline size_t mark_file(tree_mark mark)
{
    return (size_t)(mark >> 2 * MARK_BITS);
}

static inline size_t mark_line(tree_mark mark)
{
    return (size_t)(mark >> MARK_BITS) & (((size_t)1 << MARK_BITS) - 1);
}

static inline size_t mark_column(tree_mark mark)
{
    return (size_t)mark & (((size_t)1 << MARK_BITS) - 1);
}

struct tree_file {
    const char *name; /**< for messages; the base of what it includes */
    const char *real; /**< by realpath(3); NULL: not known */
};

/** A text that stands for what is included. */
struct tree_include {
    json_t *text; /**< held, so that no other value gets its address */
    tree_mark mark;
};

/** An include that is being put in. */
struct tree_active {
    struct spot spot;
    tree_mark mark;
};

struct iotsig_tree {
    struct iotsig_context *context;
    struct iotsig_arena names;
    json_t *roots;           /**< one of each file */
    json_t *replaced;        /**< values that are held, so that no other gets their address */
    struct iotsig_map marks; /**< of spots */
    struct iotsig_map
        standing; /**< texts that stand for something: the numbers of their includes */
    struct tree_include *includes;
    size_t include_count, include_capacity;
    struct tree_file files[TREE_FILES_MAX];
    size_t file_count;
    struct tree_active active[TREE_INCLUDES_MAX];
    size_t active_count;
    const char *include_root;   /**< the caller's, until files are included; may be NULL */
    const char *root;           /**< below which they must lie; NULL: not known yet */
    size_t values, text;        /**< how many there are, and the bytes of their texts */
    size_t looked, read;        /**< bytes of keys that were looked up, and of files */
    struct iotsig_error *error; /**< of the call that makes the tree */
};

/** Reads a file, the last one of the tree, from its bytes. */
int iotsig_tree_take(struct iotsig_tree *tree, struct bytes bytes);

/** Puts a value, whose reference it takes, at a spot, or at the end of a list. */
int iotsig_tree_put(struct iotsig_tree *tree, struct spot spot, json_t *value, tree_mark mark);

/** Where a spot is; of one in JSON, `file` is all that is known. */
tree_mark iotsig_tree_mark(const struct iotsig_tree *tree, const json_t *collection,
                           const char *key, size_t index, size_t file);

/** Reads all that is left of a source, and answers memory of the context. */
int iotsig_tree_read_all(struct iotsig_context *context, struct iotsig_source *source, char **text,
                         size_t *n, struct iotsig_error *error);

/** Fails at a place. */
int iotsig_tree_fail(struct iotsig_tree *tree, tree_mark mark, int status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Puts in all that the profile includes. */
int iotsig_tree_include(struct iotsig_tree *tree);

/** The number of a file that is included at a place, which is read if need be. */
int iotsig_tree_open(struct iotsig_tree *tree, tree_mark mark, const char *name, size_t *file);

/** The most of a text from outside that a message shows. */
struct shown {
    char text[96];
};

struct shown iotsig_tree_shown(const char *text);

#endif
