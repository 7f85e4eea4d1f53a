/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Includes. When a file is read, a text stands for each; it is replaced by a copy of what it names
 * when it is first come to: on the way from the root of the profile, on the path of another
 * include, or in what another one copies. Those that are being put in are on a stack, so a circle
 * is met as one that is there already. What nobody comes to is not looked at.
 *
 * Every value that is copied or passed counts, so the work is bounded by the values that a tree may
 * have.
 */
#define _GNU_SOURCE
#include "translate/include.h"

#include <stdio.h>

#include "base/error.h"
#include "iotsig/profile.h"

/* The longest text of an include. */
#define INCLUDE_TEXT_MAX 4096

/* The key that a value stands under, and the one above: what tells a host's family. */
struct field {
    const char *above, *name;
};

/* Where a path leads. */
struct target {
    struct spot spot;
    struct field field;
    size_t file;
    json_t *value;       /* NULL: nowhere */
    const char *missing; /* then, the rest of the path that is not there */
};

static int settle(struct iotsig_tree *tree, struct spot spot, json_t **value);

static int fail_include(struct iotsig_tree *tree, const struct tree_include *include, int status,
                        const char *what, const char *detail)
{
    return iotsig_tree_fail(tree, include->mark, status, "!include %s: %s%s",
                            iotsig_tree_shown(json_string_value(include->text)).text, what,
                            iotsig_tree_shown(detail).text);
}

static json_t *value_at(struct spot spot)
{
    return spot.key != NULL ? json_object_get(spot.collection, spot.key)
                            : json_array_get(spot.collection, spot.index);
}

/* Counts a value; at the limit the tree cannot be made. */
static int count(struct iotsig_tree *tree, json_t *value, tree_mark mark)
{
    tree->values++;
    tree->text += json_string_length(value);
    if (tree->values <= YAML_VALUES_MAX && tree->text <= YAML_TEXT_MAX)
        return 0;
    return iotsig_tree_fail(tree, mark, IOTSIG_ERR_LIMIT, "too many values, copies counted");
}

/* Paths. */

/*
 * The longest beginning of a path that is a key of a mapping and ends at a dot or with the path, so
 * that keys may hold dots. Returns the mapping's own key, NULL when there is none; `*rest`: what is
 * behind the dot, or NULL.
 */
static const char *match(struct iotsig_tree *tree, json_t *mapping, char *path, char **rest)
{
    char *end = path + strlen(path);
    for (;;) {
        char last = *end;
        *end = '\0';
        void *member = json_object_iter_at(mapping, path);
        *end = last;
        tree->looked += (size_t)(end - path) + 1;
        if (member != NULL) {
            *rest = last == '\0' ? NULL : end + 1;
            return json_object_iter_key(member);
        }
        do {
            if (end == path)
                return NULL;
        } while (*--end != '.');
    }
}

/* What a path in a file leads to. */
static int find(struct iotsig_tree *tree, size_t file, char *path, tree_mark mark,
                struct target *target)
{
    *target = (struct target){.spot = {tree->roots, NULL, file}, .file = file};
    int status = settle(tree, target->spot, &target->value);
    while (status == 0 && path != NULL) {
        char *rest;
        const char *key = match(tree, target->value, path, &rest);
        if (tree->looked > YAML_TEXT_MAX)
            return iotsig_tree_fail(tree, mark, IOTSIG_ERR_LIMIT, "too many includes");
        if (key == NULL) {
            target->value = NULL;
            target->missing = path;
            return 0;
        }
        target->spot = (struct spot){target->value, key, 0};
        target->field = (struct field){target->field.name, key};
        path = rest;
        status = settle(tree, target->spot, &target->value);
    }
    return status;
}

/* The device's own addresses. */

enum own { OWN_NONE, OWN_IPV4, OWN_IPV6, OWN_MAC };

/* Which address `self` is in a field. */
static enum own own_of(struct field field)
{
    static const struct {
        const char *protocol, *name;
        enum own own;
    } fields[] = {{"ipv4", "src", OWN_IPV4},       {"ipv4", "dst", OWN_IPV4},
                  {"ipv6", "src", OWN_IPV6},       {"ipv6", "dst", OWN_IPV6},
                  {"arp", "spa", OWN_IPV4},        {"arp", "tpa", OWN_IPV4},
                  {"arp", "sha", OWN_MAC},         {"arp", "tha", OWN_MAC},
                  {"dhcp", "client-mac", OWN_MAC}, {"dhcp", "client_mac", OWN_MAC}};
    if (field.above == NULL || field.name == NULL)
        return OWN_NONE;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(field.above, fields[i].protocol) == 0 && strcmp(field.name, fields[i].name) == 0)
            return fields[i].own;
    return OWN_NONE;
}

static bool is_address(const char *text, enum own own)
{
    struct iotsig_device device = {.ipv4 = own == OWN_IPV4 ? text : NULL,
                                   .ipv6 = own == OWN_IPV6 ? text : NULL,
                                   .mac = own == OWN_MAC ? text : NULL};
    return text != NULL && iotsig_device_check(&device, NULL) == 0;
}

/*
 * A value that stands at `mark` as it is to be in file `into`: `self` that comes from another file
 * is the address of that file's device. A new reference.
 */
static int own_address(struct iotsig_tree *tree, json_t *value, struct field field, tree_mark mark,
                       size_t into, json_t **out)
{
    static const char *const names[] = {"", "ipv4", "ipv6", "mac"};
    enum own own = own_of(field);
    const char *text = json_string_value(value);
    struct target target;
    *out = json_incref(value);
    if (own == OWN_NONE || mark_file(mark) == into || text == NULL || strcmp(text, "self") != 0)
        return 0;
    char path[32];
    snprintf(path, sizeof path, "device-info.%s", names[own]);
    int status = find(tree, mark_file(mark), path, mark, &target);
    if (status == 0 && !is_address(json_string_value(target.value), own))
        status =
            iotsig_tree_fail(tree, mark, IOTSIG_ERR_FORMAT,
                             "self: the device-info of this file has no address \"%s\" (add it)",
                             names[own]);
    json_decref(value);
    *out = status == 0 ? json_incref(target.value) : NULL;
    return status;
}

/* Copies. Scalars are shared: nobody changes them. */

struct copying {
    struct iotsig_tree *tree;
    tree_mark mark; /* of the include */
    size_t from;    /* the file that is copied from */
};

static int copy(const struct copying *copying, struct spot from, struct field field, unsigned depth,
                struct spot to);

static int copy_members(const struct copying *copying, json_t *object, struct field field,
                        unsigned depth, json_t *made)
{
    const char *key;
    json_t *value;
    int status = 0;
    json_object_foreach(object, key, value) {
        struct field inner = {field.name, key};
        status =
            copy(copying, (struct spot){object, key, 0}, inner, depth, (struct spot){made, key, 0});
        if (status != 0)
            break;
    }
    return status;
}

static int copy_items(const struct copying *copying, json_t *array, struct field field,
                      unsigned depth, json_t *made)
{
    int status = 0;
    for (size_t i = 0; i < json_array_size(array) && status == 0; i++)
        status = copy(copying, (struct spot){array, NULL, i}, field, depth,
                      (struct spot){made, NULL, i});
    return status;
}

/* Copies what is at a spot, with all that it includes, to another. */
static int copy(const struct copying *copying, struct spot from, struct field field, unsigned depth,
                struct spot to)
{
    struct iotsig_tree *tree = copying->tree;
    json_t *value, *made;
    int status = settle(tree, from, &value);
    if (status == 0)
        status = count(tree, value, copying->mark);
    if (status != 0)
        return status;
    if (depth > YAML_DEPTH_MAX)
        return iotsig_tree_fail(tree, copying->mark, IOTSIG_ERR_LIMIT, "nested too deep");
    tree_mark mark = iotsig_tree_mark(tree, from.collection, from.key, from.index, copying->from);
    if (json_is_object(value) || json_is_array(value)) {
        made = json_is_object(value) ? json_object() : json_array();
        if (made == NULL)
            return iotsig_fail_memory(tree->error);
        status = json_is_object(value) ? copy_members(copying, value, field, depth + 1, made)
                                       : copy_items(copying, value, field, depth + 1, made);
    } else {
        status = own_address(tree, value, field, mark, mark_file(copying->mark), &made);
    }
    if (status == 0)
        return iotsig_tree_put(tree, to, made, mark);
    json_decref(made);
    return status;
}

/* Members of a copy that are replaced. */

/* The mapping that a path of an include begins in: a policy's protocols, when it is no member of
 * it. */
static json_t *first_mapping(struct iotsig_tree *tree, json_t *made, char *path)
{
    char *rest;
    json_t *protocols = json_object_get(made, "protocols");
    if (json_is_object(protocols) && strchr(path, '.') != NULL &&
        match(tree, made, path, &rest) == NULL)
        return protocols;
    return made;
}

static int replace_member(struct iotsig_tree *tree, const struct tree_include *include,
                          struct spot spot, const char *text)
{
    json_t *old = json_object_get(spot.collection, spot.key), *value = iotsig_yaml_plain(text);
    if (value == NULL || (old != NULL && json_array_append(tree->replaced, old) != 0)) {
        json_decref(value);
        return iotsig_fail_memory(tree->error);
    }
    int status = count(tree, value, include->mark);
    if (status == 0)
        return iotsig_tree_put(tree, spot, value, include->mark);
    json_decref(value);
    return status;
}

/* Puts a value in at a path: the last step may be new. */
static int replace(struct iotsig_tree *tree, const struct tree_include *include, json_t *made,
                   char *path, const char *text)
{
    json_t *mapping = first_mapping(tree, made, path);
    for (;;) {
        char *rest = NULL;
        const char *key = match(tree, mapping, path, &rest);
        if (tree->looked > YAML_TEXT_MAX)
            return fail_include(tree, include, IOTSIG_ERR_LIMIT, "too many includes", "");
        if (!json_is_object(mapping))
            return fail_include(tree, include, IOTSIG_ERR_FORMAT, "no mapping to replace ", path);
        if (key == NULL && strchr(path, '.') != NULL)
            return fail_include(tree, include, IOTSIG_ERR_FORMAT,
                                "no mapping in the copy to put this in: ", path);
        if (key == NULL || rest == NULL)
            return replace_member(tree, include,
                                  (struct spot){mapping, key != NULL ? key : path, 0}, text);
        mapping = json_object_get(mapping, key);
        path = rest;
    }
}

/* Takes a PATH:VALUE. */
static int take_change(struct iotsig_tree *tree, const struct tree_include *include, json_t *made,
                       char *word)
{
    char *colon = strchr(word, ':');
    if (colon == NULL || colon == word)
        return fail_include(tree, include, IOTSIG_ERR_FORMAT, "not a PATH:VALUE: ", word);
    if (colon[1] != '\0' && strchr("\"'[]{}&*!|>%@`#,", colon[1]) != NULL)
        return fail_include(tree, include, IOTSIG_ERR_FORMAT,
                            "a VALUE is a plain word or number: ", colon + 1);
    *colon = '\0';
    return replace(tree, include, made, word, colon + 1);
}

/* Includes. */

/* Where the includes are that lead back to one of them. */
static int fail_circle(struct iotsig_tree *tree, const struct tree_include *include, size_t first)
{
    char places[128];
    size_t n = 0, file = mark_file(include->mark);
    for (size_t i = first; i < tree->active_count && n < sizeof places; i++) {
        tree_mark mark = tree->active[i].mark;
        bool other = mark_file(mark) != file;
        int more = snprintf(places + n, sizeof places - n, "%s%s%sline %zu", i == first ? "" : ", ",
                            other ? iotsig_tree_shown(tree->files[mark_file(mark)].name).text : "",
                            other ? ":" : "", mark_line(mark));
        n += more > 0 ? (size_t)more : 0;
    }
    return iotsig_tree_fail(tree, include->mark, IOTSIG_ERR_FORMAT,
                            "!include %.60s: it includes itself (%s)",
                            iotsig_tree_shown(json_string_value(include->text)).text, places);
}

static int enter(struct iotsig_tree *tree, const struct tree_include *include, struct spot spot)
{
    for (size_t i = 0; i < tree->active_count; i++) {
        const struct spot *other = &tree->active[i].spot;
        if (other->collection == spot.collection && other->index == spot.index &&
            (spot.key == NULL || strcmp(spot.key, other->key) == 0))
            return fail_circle(tree, include, i);
    }
    if (tree->active_count == TREE_INCLUDES_MAX)
        return fail_include(tree, include, IOTSIG_ERR_LIMIT, "includes are nested too deep", "");
    tree->active[tree->active_count++] = (struct tree_active){spot, include->mark};
    return 0;
}

/* What [FILE#]a.b.c names. */
static int find_included(struct iotsig_tree *tree, const struct tree_include *include, char *word,
                         struct target *target)
{
    size_t file = mark_file(include->mark);
    char *hash = word == NULL ? NULL : strchr(word, '#'), *path = hash == NULL ? word : hash + 1;
    int status = 0;
    if (path == NULL || *path == '\0')
        return fail_include(tree, include, IOTSIG_ERR_FORMAT,
                            "no member is named (write [FILE#]a.b.c)", "");
    if (hash != NULL && hash != word) {
        *hash = '\0';
        status = iotsig_tree_open(tree, include->mark, word, &file);
    }
    if (status == 0)
        status = find(tree, file, path, include->mark, target);
    if (status == 0 && target->value == NULL)
        status =
            fail_include(tree, include, IOTSIG_ERR_FORMAT, "there is no member ", target->missing);
    return status;
}

/* Puts what an include names, changed as it says, at its spot. */
static int put_in(struct iotsig_tree *tree, const struct tree_include *include, struct spot spot)
{
    char text[INCLUDE_TEXT_MAX + 1], *rest, *word;
    const char *space = " \t\r\n";
    struct target target;
    if (json_string_length(include->text) > INCLUDE_TEXT_MAX)
        return fail_include(tree, include, IOTSIG_ERR_LIMIT, "too long", "");
    memcpy(text, json_string_value(include->text), json_string_length(include->text) + 1);
    int status = find_included(tree, include, strtok_r(text, space, &rest), &target);
    if (status != 0)
        return status;
    const struct copying copying = {tree, include->mark, target.file};
    status = copy(&copying, target.spot, target.field, 0, spot);
    while (status == 0 && (word = strtok_r(NULL, space, &rest)) != NULL)
        status = take_change(tree, include, value_at(spot), word);
    return status;
}

/* The value at a spot, with what it includes put there. */
static int settle(struct iotsig_tree *tree, struct spot spot, json_t **value)
{
    *value = value_at(spot);
    const uint64_t *number = iotsig_map_get(&tree->standing, value, sizeof *value);
    if (number == NULL)
        return 0;
    const struct tree_include include = tree->includes[*number];
    int status = enter(tree, &include, spot);
    if (status != 0)
        return status;
    status = put_in(tree, &include, spot);
    tree->active_count--;
    *value = value_at(spot);
    return status;
}

/* A value of the profile itself: here at the latest it shows whose `self` is meant. */
static int settle_item(struct iotsig_tree *tree, const struct tree_item *item)
{
    struct spot spot = {item->collection, item->key, item->index};
    tree_mark mark = iotsig_tree_mark(tree, spot.collection, spot.key, spot.index, 0);
    json_t *value, *own;
    int status = settle(tree, spot, &value);
    if (status == 0)
        status = count(tree, value, mark);
    if (status != 0)
        return status;
    mark = iotsig_tree_mark(tree, spot.collection, spot.key, spot.index, 0);
    status = own_address(tree, value, (struct field){item->above, item->name}, mark, 0, &own);
    if (status == 0 && own != value)
        return iotsig_tree_put(tree, spot, own, mark);
    json_decref(own);
    return status;
}

int iotsig_tree_include(struct iotsig_tree *tree)
{
    struct tree_walk walk;
    struct tree_item item;
    json_t *root;
    int status = settle(tree, (struct spot){tree->roots, NULL, 0}, &root);
    if (status != 0 || tree->include_count == 0)
        return status;
    /* What has been copied counted; now all that the profile holds does, as often as it is met. */
    tree->values = tree->text = 0;
    iotsig_tree_walk(&walk, root);
    while (status == 0 && iotsig_tree_next(&walk, &item))
        status = settle_item(tree, &item);
    if (status == 0 && walk.too_deep)
        status =
            iotsig_tree_fail(tree, iotsig_tree_mark(tree, item.collection, item.key, item.index, 0),
                             IOTSIG_ERR_LIMIT, "nested too deep");
    return status;
}
