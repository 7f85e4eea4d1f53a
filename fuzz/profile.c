/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device's profile in YAML, first as a tree; and of the flows that it held a profile again, which
 * must be readable. */
#include "fuzz.h"
#include "iotsig/firewall.h"

#include "translate/include.h"

/* All values of a tree know their places, and none stands for an include any more. */
static void walk(const struct iotsig_tree *tree, bool yaml)
{
    struct tree_walk walk;
    struct tree_item item;
    iotsig_tree_walk(&walk, iotsig_tree_root(tree));
    while (iotsig_tree_next(&walk, &item)) {
        struct tree_place place = iotsig_tree_place(tree, item.collection, item.key, item.index);
        REQUIRE(strcmp(place.file, "fuzz") == 0 && (place.line > 0) == yaml);
        REQUIRE(iotsig_map_get(&tree->standing, &item.value, sizeof item.value) == NULL);
    }
    REQUIRE(!walk.too_deep);
}

/* Whether a profile includes files, which differ from run to run. */
static bool includes_files(struct iotsig_context *context, struct bytes bytes)
{
    struct iotsig_tree *tree;
    struct iotsig_error error;
    int status = iotsig_tree_parse(&tree, context, bytes, "fuzz", FUZZ_NOWHERE, &error);
    if (status == 0) {
        json_t *json = json_loadb((const char *)bytes.p, bytes.n, 0, NULL);
        walk(tree, json == NULL || !bytes_start_with(bytes, "{", 1));
        json_decref(json);
        iotsig_tree_free(tree);
    }
    REQUIRE(status == 0 || (error.message[0] != '\0' && strcmp(error.file, "fuzz") == 0));
    return status == IOTSIG_ERR_READ;
}

static void again(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                  enum iotsig_format format)
{
    const struct iotsig_device device = {"d", NULL, "10.0.0.1", "fd00::1"};
    const struct iotsig_style style = {format, 0, false};
    struct iotsig_patterns *read = fuzz_new_patterns(context, NULL);
    struct iotsig_output *output = fuzz_output(context);
    REQUIRE(iotsig_profile_write(patterns, &device, output, &style, NULL) == 0);
    REQUIRE(iotsig_patterns_read(read, fuzz_file_of(output), NULL, NULL, NULL) == 0);
    REQUIRE(fuzz_flow_count(patterns) == fuzz_flow_count(read));
    iotsig_patterns_free(read);
    iotsig_output_free(output);
}

/* NULL: it is none, or more. */
static struct iotsig_profiles *read_profile(struct iotsig_context *context, const char *path)
{
    const struct iotsig_profile_settings settings = {.include_root = FUZZ_NOWHERE,
                                                     .words_open = true,
                                                     .lenient = true};
    struct iotsig_patterns *patterns = fuzz_new_patterns(context, NULL);
    struct iotsig_profiles *profiles;
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    iotsig_patterns_set_profiles(patterns, profiles);
    int status = iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
    iotsig_patterns_free(patterns);
    if (status == 0 && iotsig_profiles_count(profiles) == 1)
        return profiles;
    iotsig_profiles_free(profiles);
    return NULL;
}

/* Writes a profile and reads it again. */
static struct iotsig_profiles *copy(struct iotsig_context *context,
                                    const struct iotsig_profiles *profiles,
                                    enum iotsig_format format, struct iotsig_output **output)
{
    const struct iotsig_style style = {format, 0, false};
    *output = fuzz_output(context);
    REQUIRE(iotsig_profiles_write(profiles, *output, &style, NULL) == 0);
    struct iotsig_profiles *read = read_profile(context, fuzz_file_of(*output));
    REQUIRE(read != NULL);
    REQUIRE(iotsig_profiles_policies(read) == iotsig_profiles_policies(profiles));
    return read;
}

/* A good profile, with what is no policy: what is written is read again, and then stays the
 * same. A fraction of JSON is a text in YAML, so only from the second time on. */
static void rewrite(struct iotsig_context *context, const struct iotsig_profiles *profiles,
                    enum iotsig_format format)
{
    struct iotsig_output *first, *second, *third;
    struct iotsig_profiles *once = copy(context, profiles, format, &first);
    struct iotsig_profiles *twice = copy(context, once, format, &second);
    struct iotsig_profiles *thrice = copy(context, twice, format, &third);
    fuzz_same(second, third);
    iotsig_profiles_free(once);
    iotsig_profiles_free(twice);
    iotsig_profiles_free(thrice);
    iotsig_output_free(first);
    iotsig_output_free(second);
    iotsig_output_free(third);
}

/* Its policies as a MUD file, which is one. */
static void write_mud(struct iotsig_context *context, struct iotsig_profiles *profiles)
{
    const struct iotsig_profile_settings settings = {.include_root = FUZZ_NOWHERE, .words_open = true};
    struct iotsig_output *output = fuzz_output(context);
    struct iotsig_profiles *read;
    int status = iotsig_profiles_write_mud(profiles, output, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_EMPTY);
    REQUIRE(iotsig_profiles_new(&read, context, &settings, NULL) == 0);
    if (status == 0) {
        REQUIRE(iotsig_profiles_read_mud(read, fuzz_file_of(output), NULL) == 0);
        REQUIRE(iotsig_profiles_problems(read) == 0 && iotsig_profiles_policies(read) > 0);
    }
    iotsig_profiles_free(read);
    iotsig_output_free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_patterns *patterns;
    if (includes_files(context, (struct bytes){data, size})) {
        iotsig_context_free(context);
        return 0;
    }
    const char *path = fuzz_file(data, size);
    REQUIRE(iotsig_patterns_new(&patterns, context, NULL, true, NULL) == 0);
    (void)iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
    again(context, patterns, IOTSIG_FORMAT_YAML);
    again(context, patterns, IOTSIG_FORMAT_JSON);
    iotsig_patterns_free(patterns);
    struct iotsig_profiles *profiles = read_profile(context, fuzz_file(data, size));
    if (profiles != NULL && iotsig_profiles_problems(profiles) == 0) {
        rewrite(context, profiles, IOTSIG_FORMAT_YAML);
        rewrite(context, profiles, IOTSIG_FORMAT_JSON);
        write_mud(context, profiles);
    }
    iotsig_profiles_free(profiles);
    iotsig_context_free(context);
    return 0;
}
