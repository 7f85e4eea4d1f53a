/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/tree.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/json.h"
#include "translate/include.h"

/*
 * Places. jansson shares true, false and null, and an alias its anchor's value, so a place belongs
 * not to a value but to where it is put: a collection, and an index or the hash of a key. Two keys
 * of one collection with one hash would show in a message only.
 */

struct mark_key {
    uint64_t collection, member;
};

static struct mark_key key_of(const struct iotsig_tree *tree, const json_t *collection,
                              const char *key, size_t index)
{
    uint64_t member = index;
    if (key != NULL)
        member = iotsig_hash(&tree->context->hash_key, key, strlen(key));
    return (struct mark_key){(uintptr_t)collection, member};
}

static bool keep_mark(struct iotsig_tree *tree, const json_t *collection, const char *key,
                      size_t index, tree_mark mark)
{
    struct mark_key at = key_of(tree, collection, key, index);
    bool added;
    uint64_t *kept = iotsig_map_put(&tree->marks, &at, sizeof at, mark, &added);
    if (kept != NULL)
        *kept = mark;
    return kept != NULL;
}

tree_mark iotsig_tree_mark(const struct iotsig_tree *tree, const json_t *collection,
                           const char *key, size_t index, size_t file)
{
    struct mark_key at = key_of(tree, collection, key, index);
    const uint64_t *kept = iotsig_map_get(&tree->marks, &at, sizeof at);
    return kept != NULL ? *kept : mark_of(file, 0, 0);
}

struct tree_place iotsig_tree_place(const struct iotsig_tree *tree, const json_t *collection,
                                    const char *key, size_t index)
{
    tree_mark mark = iotsig_tree_mark(tree, collection, key, index, 0);
    return (struct tree_place){tree->files[mark_file(mark)].name, mark_line(mark),
                               mark_column(mark)};
}

int iotsig_tree_put(struct iotsig_tree *tree, struct spot spot, json_t *value, tree_mark mark)
{
    int set;
    if (value == NULL)
        return iotsig_fail_memory(tree->error);
    if (spot.key != NULL)
        set = json_object_set_new(spot.collection, spot.key, value);
    else if (spot.index < json_array_size(spot.collection))
        set = json_array_set_new(spot.collection, spot.index, value);
    else
        set = json_array_append_new(spot.collection, value);
    return set == 0 && keep_mark(tree, spot.collection, spot.key, spot.index, mark)
               ? 0
               : iotsig_fail_memory(tree->error);
}

int iotsig_tree_fail(struct iotsig_tree *tree, tree_mark mark, int status, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    iotsig_fail(tree->error, status, "%s", what);
    if (mark_line(mark) > 0)
        iotsig_fail_at(tree->error, status, "line %zu, column %zu", mark_line(mark),
                       mark_column(mark));
    return iotsig_fail_in(tree->error, status, tree->files[mark_file(mark)].name);
}

struct shown iotsig_tree_shown(const char *text)
{
    struct shown shown;
    struct bytes bytes = {(const uint8_t *)text, strlen(text)};
    size_t n = iotsig_escape(shown.text, sizeof shown.text - 4, bytes);
    snprintf(shown.text + n, 4, "%s", bytes.n > sizeof shown.text - 4 ? "..." : "");
    return shown;
}

/* Files. */

static bool take_place(void *user, const json_t *collection, const char *key, size_t index,
                       size_t line, size_t column)
{
    struct iotsig_tree *tree = user;
    return keep_mark(tree, collection, key, index, mark_of(tree->file_count - 1, line, column));
}

static json_t *take_include(void *user, const char *text, size_t line, size_t column)
{
    struct iotsig_tree *tree = user;
    json_t *value = json_string(text);
    bool added;
    if (value == NULL ||
        !iotsig_array_grow(&tree->context->allocator, &tree->includes, &tree->include_capacity,
                           tree->include_count + 1, sizeof *tree->includes) ||
        iotsig_map_put(&tree->standing, &value, sizeof value, tree->include_count, &added) ==
            NULL) {
        json_decref(value);
        return NULL;
    }
    tree->includes[tree->include_count++] =
        (struct tree_include){json_incref(value), mark_of(tree->file_count - 1, line, column)};
    return value;
}

/*
 * The values that a text has if it is an object of JSON, one or two more for empty collections; 0:
 * it is none, or lies too deep. jansson would read all of it before it could be counted.
 */
static size_t count_json(struct bytes bytes)
{
    struct cursor at = cursor_of(bytes);
    size_t depth = 0, values = 1;
    bool in_string = false;
    if (!bytes_start_with(bytes, "{", 1))
        return 0;
    while (at.left > 0) {
        uint8_t c = cursor_u8(&at);
        in_string = in_string != (c == '"');
        if (in_string && c == '\\')
            cursor_skip(&at, 1);
        if (in_string)
            continue;
        bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        values += opens || c == ',';
        if (opens && ++depth > YAML_DEPTH_MAX + 1)
            return 0;
        if (closes && depth-- == 0)
            return 0;
    }
    return values;
}

/* @return 0, IOTSIG_ERR_FORMAT: it is no JSON, IOTSIG_ERR_MEMORY */
static int read_json(struct iotsig_tree *tree, struct bytes bytes, json_t **root)
{
    size_t values = count_json(bytes);
    if (values == 0 || values > YAML_VALUES_MAX - tree->values)
        return IOTSIG_ERR_FORMAT;
    int status = iotsig_json_load(bytes, JSON_REJECT_DUPLICATES, root);
    if (status != 0)
        return status == IOTSIG_ERR_MEMORY ? iotsig_fail_memory(tree->error) : status;
    tree->values += values;
    tree->text += bytes.n;
    return 0;
}

int iotsig_tree_take(struct iotsig_tree *tree, struct bytes bytes)
{
    struct spot spot = {tree->roots, NULL, tree->file_count - 1};
    struct yaml_sink sink = {take_place, take_include, tree, tree->values, tree->text};
    json_t *root;
    int status = read_json(tree, bytes, &root);
    if (status == IOTSIG_ERR_FORMAT) {
        status = iotsig_yaml_parse(bytes, &sink, &root, tree->error);
        tree->values = sink.values;
        tree->text = sink.text;
    }
    if (status == 0)
        status = iotsig_tree_put(tree, spot, root, mark_of(spot.index, 1, 1));
    return status == 0 ? 0 : iotsig_fail_in(tree->error, status, tree->files[spot.index].name);
}

int iotsig_tree_read_all(struct iotsig_context *context, struct iotsig_source *source, char **text,
                         size_t *n, struct iotsig_error *error)
{
    size_t capacity = 0;
    struct bytes bytes;
    int status;
    *text = NULL;
    *n = 0;
    while ((status = iotsig_source_need(source, IOTSIG_SOURCE_MAX, &bytes, error)) == 0 &&
           bytes.n > 0) {
        if (bytes.n > TREE_FILE_MAX - *n)
            return iotsig_fail(error, IOTSIG_ERR_LIMIT, "a profile of more than 16 MiB");
        if (!iotsig_array_grow(&context->allocator, text, &capacity, *n + bytes.n, 1))
            return iotsig_fail_memory(error);
        memcpy(*text + *n, bytes.p, bytes.n);
        *n += bytes.n;
        iotsig_source_advance(source, bytes.n);
    }
    return status;
}

/* Trees. */

static struct iotsig_tree *new_tree(struct iotsig_context *context, const char *path)
{
    struct iotsig_tree *tree = iotsig_memory_get(&context->allocator, sizeof *tree);
    if (tree == NULL)
        return NULL;
    *tree = (struct iotsig_tree){.context = context,
                                 .roots = json_array(),
                                 .replaced = json_array(),
                                 .file_count = 1};
    iotsig_arena_init(&tree->names, &context->allocator);
    iotsig_map_init(&tree->marks, &context->allocator, context->hash_key);
    iotsig_map_init(&tree->standing, &context->allocator, context->hash_key);
    tree->files[0].name = iotsig_arena_text(&tree->names, path, strlen(path));
    if (tree->roots != NULL && tree->replaced != NULL && tree->files[0].name != NULL)
        return tree;
    iotsig_tree_free(tree);
    return NULL;
}

void iotsig_tree_free(struct iotsig_tree *tree)
{
    if (tree == NULL)
        return;
    for (size_t i = 0; i < tree->include_count; i++)
        json_decref(tree->includes[i].text);
    json_decref(tree->roots);
    json_decref(tree->replaced);
    iotsig_map_fini(&tree->marks);
    iotsig_map_fini(&tree->standing);
    iotsig_arena_fini(&tree->names);
    iotsig_memory_free(&tree->context->allocator, tree->includes);
    iotsig_memory_free(&tree->context->allocator, tree);
}

int iotsig_tree_parse(struct iotsig_tree **out, struct iotsig_context *context, struct bytes bytes,
                      const char *path, const char *include_root, struct iotsig_error *error)
{
    int status;
    if (bytes.n > TREE_FILE_MAX) {
        status = iotsig_fail(error, IOTSIG_ERR_LIMIT, "a profile of more than 16 MiB");
        return iotsig_fail_in(error, status, path);
    }
    struct iotsig_tree *tree = new_tree(context, path);
    if (tree == NULL)
        return iotsig_fail_memory(error);
    tree->error = error;
    tree->include_root = include_root;
    status = iotsig_tree_take(tree, bytes);
    if (status == 0)
        status = iotsig_tree_include(tree);
    if (status != 0) {
        iotsig_tree_free(tree);
        return status;
    }
    tree->error = NULL;
    tree->include_root = NULL;
    *out = tree;
    return 0;
}

int iotsig_tree_read_source(struct iotsig_tree **out, struct iotsig_context *context,
                            struct iotsig_source *source, const char *path,
                            const char *include_root, struct iotsig_error *error)
{
    char *text;
    size_t n;
    int status = iotsig_tree_read_all(context, source, &text, &n, error);
    if (status == 0)
        status = iotsig_tree_parse(out, context, (struct bytes){(const uint8_t *)text, n}, path,
                                   include_root, error);
    iotsig_memory_free(&context->allocator, text);
    return status == 0 ? 0 : iotsig_fail_in(error, status, path);
}

int iotsig_tree_read(struct iotsig_tree **out, struct iotsig_context *context, const char *path,
                     const char *include_root, struct iotsig_error *error)
{
    struct iotsig_source *source;
    int status = iotsig_source_open(&source, context, path, error);
    if (status != 0)
        return iotsig_fail_in(error, status, path);
    status = iotsig_tree_read_source(out, context, source, path, include_root, error);
    iotsig_source_close(source);
    return status;
}

json_t *iotsig_tree_root(const struct iotsig_tree *tree)
{
    return json_array_get(tree->roots, 0);
}

/* Walks. */

static void go_in(struct tree_walk *walk, json_t *value, const char *name, const char *above)
{
    if (json_is_object(value) || json_is_array(value))
        walk->steps[walk->depth++] =
            (struct tree_step){.collection = value, .name = name, .above = above};
}

void iotsig_tree_walk(struct tree_walk *walk, json_t *value)
{
    walk->depth = 0;
    walk->leave = true; /* there is no last item */
    walk->too_deep = false;
    go_in(walk, value, NULL, NULL);
}

/* The item that a step is at. */
static void fill(const struct tree_walk *walk, const struct tree_step *step, struct tree_item *item)
{
    *item = (struct tree_item){.collection = step->collection,
                               .depth = walk->depth,
                               .name = step->name,
                               .above = step->above};
    if (json_is_array(step->collection)) {
        item->index = step->next - 1;
        item->value = json_array_get(step->collection, item->index);
        return;
    }
    item->key = item->name = json_object_iter_key(step->member);
    item->above = step->name;
    item->value = json_object_iter_value(step->member);
}

/* Whether there is one more. */
static bool step_on(struct tree_step *step)
{
    if (json_is_array(step->collection))
        return step->next++ < json_array_size(step->collection);
    step->member = step->next++ == 0 ? json_object_iter(step->collection)
                                     : json_object_iter_next(step->collection, step->member);
    return step->member != NULL;
}

bool iotsig_tree_next(struct tree_walk *walk, struct tree_item *item)
{
    if (!walk->leave) {
        fill(walk, &walk->steps[walk->depth - 1], item);
        go_in(walk, item->value, item->name, item->above);
    }
    while (walk->depth > 0 && !step_on(&walk->steps[walk->depth - 1]))
        walk->depth--;
    walk->leave = walk->depth == 0;
    if (walk->leave)
        return false;
    fill(walk, &walk->steps[walk->depth - 1], item);
    if (walk->depth <= YAML_DEPTH_MAX)
        return true;
    walk->too_deep = walk->leave = true;
    walk->depth = 0;
    return false;
}

void iotsig_tree_leave(struct tree_walk *walk)
{
    walk->leave = true;
}
