/* SPDX-License-Identifier: GPL-3.0-or-later */
/* translate/tree: where values stand, walks, and from where files may be included. */
#define _GNU_SOURCE /* mkdtemp() */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "translate/tree.h"

static struct iotsig_context *context;

static struct iotsig_tree *parse(const char *text)
{
    struct iotsig_tree *tree;
    struct bytes bytes = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(iotsig_tree_parse(&tree, context, bytes, "x/p.yaml", "/dev/null/nowhere", NULL), 0);
    return tree;
}

static void stands(const struct iotsig_tree *tree, const json_t *collection, const char *key,
                   size_t index, size_t line, size_t column)
{
    struct tree_place place = iotsig_tree_place(tree, collection, key, index);
    assert_string_equal(place.file, "x/p.yaml");
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void shared_values_have_each_their_place(void **state)
{
    (void)state;
    struct iotsig_tree *tree = parse("a: true\n"
                                     "b:\n"
                                     "  - true\n"
                                     "  - [null, true]\n"
                                     "\"c d\": {e: &e {f: true}, g: *e}\n"
                                     "\xc3\xa9: {h: true}\n");
    json_t *root = iotsig_tree_root(tree), *b = json_object_get(root, "b"),
           *c = json_object_get(root, "c d");
    stands(tree, root, "a", 0, 1, 1);
    stands(tree, root, "b", 0, 2, 1);
    stands(tree, b, NULL, 0, 3, 5);
    stands(tree, b, NULL, 1, 4, 5);
    stands(tree, json_array_get(b, 1), NULL, 0, 4, 6);
    stands(tree, json_array_get(b, 1), NULL, 1, 4, 12);
    stands(tree, root, "c d", 0, 5, 1);
    stands(tree, c, "e", 0, 5, 9);
    stands(tree, c, "g", 0, 5, 26);
    stands(tree, json_object_get(c, "g"), "f", 0, 5, 16);
    stands(tree, json_object_get(root, "\xc3\xa9"), "h", 0, 6, 5); /* columns are of characters */
    stands(tree, root, "none", 0, 0, 0);
    stands(tree, b, NULL, 2, 0, 0);
    iotsig_tree_free(tree);
}

static void copies_stand_where_they_come_from(void **state)
{
    (void)state;
    struct iotsig_tree *tree = parse("a: {b: {c: 1, d: [x, y]}}\n"
                                     "e: !include a.b c:two f:3\n"
                                     "g: !include a.b.d\n");
    json_t *root = iotsig_tree_root(tree), *e = json_object_get(root, "e"),
           *from = json_object_get(json_object_get(root, "a"), "b");
    stands(tree, root, "e", 0, 1, 5);
    stands(tree, e, "d", 0, 1, 15);
    stands(tree, json_object_get(e, "d"), NULL, 1, 1, 22);
    stands(tree, e, "c", 0, 2, 4);
    stands(tree, e, "f", 0, 2, 4);
    stands(tree, root, "g", 0, 1, 15);
    assert_string_equal(json_string_value(json_object_get(e, "c")), "two");
    assert_int_equal(json_integer_value(json_object_get(e, "f")), 3);
    assert_int_equal(json_integer_value(json_object_get(from, "c")), 1); /* as it was */
    assert_null(json_object_get(from, "f"));
    assert_ptr_not_equal(json_object_get(e, "d"), json_object_get(from, "d"));
    iotsig_tree_free(tree);
}

static void json_has_a_file_only(void **state)
{
    (void)state;
    struct iotsig_tree *tree = parse("{\"a\": [true, {}]}");
    json_t *root = iotsig_tree_root(tree);
    stands(tree, root, "a", 0, 0, 0);
    stands(tree, json_object_get(root, "a"), NULL, 1, 0, 0);
    iotsig_tree_free(tree);
    tree = parse("{a: [true, {}]}"); /* begins like it, and is YAML */
    stands(tree, iotsig_tree_root(tree), "a", 0, 1, 2);
    iotsig_tree_free(tree);
}

/* Files that are made: NAME in a new folder, which holds "in/p.yaml" too. */

static char folder[] = "/tmp/iotsig-tree-XXXXXX";

static void path_of(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
}

static void make(const char *name, const char *text)
{
    char path[128];
    path_of(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0 || fclose(file) != 0, 0);
}

static int set_up(void **state)
{
    char path[128];
    (void)state;
    if (iotsig_context_new(&context, NULL, NULL) != 0 || mkdtemp(folder) == NULL)
        return -1;
    path_of(path, "in");
    return mkdir(path, 0700);
}

static int tear_down(void **state)
{
    const char *const names[] = {"in/p.yaml", "in/q.json", "above.yaml", "in", ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        path_of(path, names[i]);
        (void)remove(path);
    }
    iotsig_context_free(context);
    return 0;
}

static int read_with(struct iotsig_tree **tree, const char *root, struct iotsig_error *error)
{
    char path[128];
    path_of(path, "in/p.yaml");
    return iotsig_tree_read(tree, context, path, root, error);
}

static void files_lie_below_the_root(void **state)
{
    (void)state;
    struct iotsig_tree *tree;
    struct iotsig_error error;
    char path[128], in[128];
    path_of(in, "in");
    make("above.yaml", "\n\nb: {c: true}\n");
    make("in/p.yaml", "a: !include ../above.yaml#b\n");
    assert_int_equal(read_with(&tree, NULL, &error), 0);
    json_t *a = json_object_get(iotsig_tree_root(tree), "a");
    struct tree_place place = iotsig_tree_place(tree, a, "c", 0);
    path_of(path, "in/../above.yaml");
    assert_string_equal(place.file, path);
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 5);
    iotsig_tree_free(tree);
    assert_int_equal(read_with(&tree, folder, &error), 0);
    iotsig_tree_free(tree);
    assert_int_equal(read_with(&tree, in, &error), IOTSIG_ERR_FORMAT);
    assert_string_equal(error.position, "line 1, column 4");
    assert_int_equal(read_with(&tree, "/dev/null/nowhere", &error), IOTSIG_ERR_READ);
    assert_non_null(strstr(error.message, "/nowhere"));
}

static void values_of_json_know_their_file(void **state)
{
    (void)state;
    struct iotsig_tree *tree;
    char path[128];
    make("in/q.json", "{\"b\": {\"c\": true}}");
    make("in/p.yaml", "a: !include q.json#b\n");
    assert_int_equal(read_with(&tree, NULL, NULL), 0);
    json_t *a = json_object_get(iotsig_tree_root(tree), "a");
    struct tree_place place = iotsig_tree_place(tree, a, "c", 0);
    path_of(path, "in/q.json");
    assert_string_equal(place.file, path);
    assert_int_equal(place.line, 0);
    iotsig_tree_free(tree);
}

static void walks_go_in_order(void **state)
{
    (void)state;
    const char *const want = "1a/-/a 1b/-/b 2/-/b 2/-/b 3c/b/c 4d/c/d 1e/-/e ";
    struct iotsig_tree *tree = parse("a: 1\nb: [x, {c: {d: y}}]\ne: {left: {f: g}}\n");
    struct tree_walk walk;
    struct tree_item item;
    char got[256] = "";
    iotsig_tree_walk(&walk, iotsig_tree_root(tree));
    while (iotsig_tree_next(&walk, &item)) {
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%zu%s/%s/%s ", item.depth,
                 item.key == NULL ? "" : item.key, item.above == NULL ? "-" : item.above,
                 item.name);
        if (strcmp(item.name, "e") == 0)
            iotsig_tree_leave(&walk);
    }
    assert_string_equal(got, want);
    assert_false(walk.too_deep);
    iotsig_tree_walk(&walk, json_object_get(iotsig_tree_root(tree), "a"));
    assert_false(iotsig_tree_next(&walk, &item));
    assert_false(iotsig_tree_next(&walk, &item));
    iotsig_tree_free(tree);
}

static void walks_end_where_it_is_too_deep(void **state)
{
    (void)state;
    for (size_t depth = YAML_DEPTH_MAX; depth <= YAML_DEPTH_MAX + 5; depth++) {
        json_t *value = json_array();
        for (size_t i = 0; i < depth; i++)
            value = json_pack("[o]", value);
        struct tree_walk walk;
        struct tree_item item;
        size_t steps = 0;
        iotsig_tree_walk(&walk, value);
        while (iotsig_tree_next(&walk, &item))
            steps++;
        assert_int_equal(steps, YAML_DEPTH_MAX);
        assert_int_equal(walk.too_deep, depth > YAML_DEPTH_MAX);
        assert_false(iotsig_tree_next(&walk, &item));
        json_decref(value);
    }
}

static void what_is_too_deep_is_no_tree(void **state)
{
    (void)state;
    char text[512];
    for (size_t json = 0; json < 2; json++)
        for (size_t depth = YAML_DEPTH_MAX - 1; depth <= YAML_DEPTH_MAX + 1; depth++) {
            struct iotsig_tree *tree;
            struct iotsig_error error;
            size_t n = (size_t)snprintf(text, sizeof text, json == 1 ? "{\"a\":" : "a: ");
            memset(text + n, '[', depth);
            memset(text + n + depth, ']', depth);
            snprintf(text + n + 2 * depth, 4, json == 1 ? "}" : "\n");
            struct bytes bytes = {(const uint8_t *)text, strlen(text)};
            int status = iotsig_tree_parse(&tree, context, bytes, "-", NULL, &error);
            assert_int_equal(status, depth <= YAML_DEPTH_MAX ? 0 : IOTSIG_ERR_LIMIT);
            if (status == 0)
                iotsig_tree_free(tree);
        }
    iotsig_tree_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_values_have_each_their_place),
        cmocka_unit_test(copies_stand_where_they_come_from),
        cmocka_unit_test(json_has_a_file_only),
        cmocka_unit_test(files_lie_below_the_root),
        cmocka_unit_test(values_of_json_know_their_file),
        cmocka_unit_test(walks_go_in_order),
        cmocka_unit_test(walks_end_where_it_is_too_deep),
        cmocka_unit_test(what_is_too_deep_is_no_tree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
