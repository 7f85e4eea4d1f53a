/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learned signatures from files. */
#define _GNU_SOURCE
#include <stdio.h>

#include "base/error.h"
#include "capture/json.h"
#include "format/learned.h"
#include "iotsig/listing.h"
#include "signature/library.h"

/* Bytes of one signature. */
#define JSON_MAX ((size_t)64 * 1024 * 1024)

/* A text from a file that goes into the vocabulary: family and text, with room to spare. */
#define FAMILY_MAX 32
#define TEXT_MAX   1100

#define CAPTURES_MAX UINT64_C(0xffffffff)
#define WEIGHT_MAX   10000 /* log2 of 2^40 times 2^20 is 60 bits */

struct reading {
    struct iotsig_learned *learned;
    struct iotsig_error *error;
    bool no_memory;
};

static bool bad(struct reading *reading, const char *member, const char *what)
{
    iotsig_fail(reading->error, IOTSIG_ERR_FORMAT, "%s", what);
    iotsig_fail_at(reading->error, IOTSIG_ERR_FORMAT, "member %s", member);
    return false;
}

static bool done(struct reading *reading, bool added)
{
    if (!added)
        reading->no_memory = true;
    return added;
}

static bool text_member(struct reading *reading, json_t *object, const char *name,
                        const char **text)
{
    *text = json_string_value(json_object_get(object, name));
    return *text != NULL || bad(reading, name, "is missing, or no text");
}

/* A text that may be null. */
static bool optional_member(struct reading *reading, json_t *object, const char *name,
                            const char **text)
{
    *text = NULL;
    return json_is_null(json_object_get(object, name)) || text_member(reading, object, name, text);
}

static bool number_member(struct reading *reading, json_t *object, const char *name, uint64_t max,
                          uint64_t *number)
{
    json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > max)
        return bad(reading, name, "is missing, or no number that it can be");
    *number = (uint64_t)json_integer_value(value);
    return true;
}

static bool array_member(struct reading *reading, json_t *object, const char *name, json_t **array)
{
    *array = json_object_get(object, name);
    return json_is_array(*array) || bad(reading, name, "is missing, or no list");
}

static bool object_member(struct reading *reading, json_t *object, const char *name,
                          json_t **member)
{
    *member = json_object_get(object, name);
    return json_is_object(*member) || bad(reading, name, "is missing, or no object");
}

/* "3.25" in hundredths is 325. */
static bool decimal_member(struct reading *reading, json_t *object, const char *name, int decimals,
                           uint64_t max, uint64_t *number)
{
    const char *text;
    uint64_t fraction, one = 1;
    if (!text_member(reading, object, name, &text))
        return false;
    size_t whole = strcspn(text, ".");
    for (int i = 0; i < decimals; i++)
        one *= 10;
    if (text[whole] != '.' || strlen(text + whole + 1) != (size_t)decimals ||
        !iotsig_number((struct text){text, whole}, max / one, number) ||
        !iotsig_number(text_of(text + whole + 1), one - 1, &fraction) ||
        *number * one + fraction > max)
        return bad(reading, name, "is no decimal number that it can be");
    *number = *number * one + fraction;
    return true;
}

static bool share_member(struct reading *reading, json_t *object, const char *name,
                         struct iotsig_ratio *ratio)
{
    const char *text;
    return text_member(reading, object, name, &text) &&
           (iotsig_ratio_parse(text, ratio) || bad(reading, name, "is no fraction"));
}

/* Members that are not known are refused: they would be lost. */
static bool only_members(struct reading *reading, json_t *object, const char *const *names)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        if (names[i] == NULL)
            return bad(reading, key, "is not known (another version of this program wrote it?)");
    }
    return true;
}

/* Text of features is printable ASCII, as wherever it is made. */
static bool is_clean(const char *text, size_t max)
{
    size_t n = strlen(text);
    bool clean = n > 0 && n <= max;
    for (size_t i = 0; i < n && clean; i++)
        clean = is_printable((uint8_t)text[i]);
    return clean;
}

static bool read_support(struct reading *reading, json_t *object, struct iotsig_trait *trait)
{
    const char *text;
    uint64_t captures = 0;
    if (!text_member(reading, object, "support", &text))
        return false;
    size_t n = strcspn(text, "/");
    return (text[n] == '/' &&
            iotsig_number((struct text){text, n}, CAPTURES_MAX, &trait->support) &&
            iotsig_number(text_of(text + n + 1), CAPTURES_MAX, &captures) &&
            captures == reading->learned->captures && trait->support > 0 &&
            trait->support <= captures) ||
           bad(reading, "support", "is not so many of the signature's captures");
}

static bool read_seen(struct reading *reading, json_t *object, struct iotsig_trait *trait)
{
    json_t *seen;
    if (!array_member(reading, object, "seen", &seen))
        return false;
    json_t *least = json_array_get(seen, 0), *most = json_array_get(seen, 1);
    if (json_array_size(seen) != 2 || !json_is_integer(least) || !json_is_integer(most) ||
        json_integer_value(least) < 0 || json_integer_value(most) < json_integer_value(least))
        return bad(reading, "seen", "is not the least and the most that it was seen");
    trait->least = (uint64_t)json_integer_value(least);
    trait->most = (uint64_t)json_integer_value(most);
    return true;
}

static bool read_trait(struct reading *reading, json_t *object, enum iotsig_role role)
{
    static const char *const names[][6] = {
        [IOTSIG_MANDATORY] = {"family", "feature", "support", "bits", "seen", NULL},
        [IOTSIG_OPTIONAL] = {"family", "feature", "support", "seen", NULL},
        [IOTSIG_FORBIDDEN] = {"family", "feature", "captures", NULL}};
    struct iotsig_trait trait = {.role = role};
    uint64_t weight = 0;
    if (!json_is_object(object))
        return bad(reading, "mandatory, optional or must_not", "holds what is no object");
    if (!text_member(reading, object, "family", &trait.family) ||
        !text_member(reading, object, "feature", &trait.text) ||
        !only_members(reading, object, names[role]))
        return false;
    if (!is_clean(trait.family, FAMILY_MAX) || !is_clean(trait.text, TEXT_MAX))
        return bad(reading, "feature", "holds characters that it cannot have, or too many");
    bool good = role == IOTSIG_FORBIDDEN
                    ? number_member(reading, object, "captures", CAPTURES_MAX, &trait.support)
                    : read_support(reading, object, &trait) && read_seen(reading, object, &trait);
    if (good && role == IOTSIG_MANDATORY)
        good = decimal_member(reading, object, "bits", 2, WEIGHT_MAX, &weight) &&
               (weight > 0 || bad(reading, "bits", "is 0"));
    trait.weight = (uint32_t)weight;
    return good && done(reading, iotsig_learned_add_trait(reading->learned, &trait));
}

static bool read_traits(struct reading *reading, json_t *object, const char *name,
                        enum iotsig_role role)
{
    json_t *array, *value;
    size_t i;
    if (!array_member(reading, object, name, &array))
        return false;
    json_array_foreach(array, i, value) {
        if (!read_trait(reading, value, role))
            return false;
    }
    return true;
}

/* A feature twice would be counted twice. */
static bool check_twice(struct reading *reading)
{
    struct iotsig_learned *learned = reading->learned;
    const struct iotsig_context *context = learned->library->context;
    struct iotsig_map seen;
    bool good = true, added = true;
    iotsig_map_init(&seen, &context->allocator, context->hash_key);
    for (size_t i = 0; i < learned->count && good && added; i++)
        good = done(reading, iotsig_map_put(&seen, &learned->traits[i].feature,
                                            sizeof learned->traits[i].feature, i, &added) != NULL);
    iotsig_map_fini(&seen);
    return good && (added || bad(reading, "feature", "is there twice"));
}

static bool read_digest(const char *text, uint8_t digest[32])
{
    static const char hex[] = "0123456789abcdef";
    if (strlen(text) != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        const char *high = strchr(hex, text[2 * i]), *low = strchr(hex, text[2 * i + 1]);
        if (high == NULL || low == NULL)
            return false;
        digest[i] = (uint8_t)((high - hex) << 4 | (low - hex));
    }
    return true;
}

static bool read_origin(struct reading *reading, json_t *object)
{
    static const char *const names[] = {"name",     "size",     "sha256", "device",
                                        "duration", "left_out", NULL};
    struct iotsig_origin origin = {0};
    const char *digest;
    uint64_t duration = 0;
    if (!json_is_object(object))
        return bad(reading, "origins", "holds what is no object");
    if (!text_member(reading, object, "name", &origin.name) ||
        !number_member(reading, object, "size", INT64_MAX, &origin.size) ||
        !optional_member(reading, object, "sha256", &digest) ||
        !optional_member(reading, object, "device", &origin.device) ||
        !decimal_member(reading, object, "duration", 9, INT64_MAX, &duration) ||
        !optional_member(reading, object, "left_out", &origin.left_out) ||
        !only_members(reading, object, names))
        return false;
    origin.duration_ns = (int64_t)duration;
    if ((digest == NULL) != (origin.size == 0))
        return bad(reading, "sha256", "is null where the size is 0, and nowhere else");
    if (digest != NULL && !read_digest(digest, origin.sha256))
        return bad(reading, "sha256", "is not 64 digits 0-9a-f");
    return done(reading, iotsig_learned_add_origin(reading->learned, &origin));
}

static bool read_texts(struct reading *reading, json_t *object, const char *name,
                       bool (*add)(struct iotsig_learned *learned, const char *text))
{
    json_t *array, *value;
    size_t i;
    if (!array_member(reading, object, name, &array))
        return false;
    json_array_foreach(array, i, value) {
        if (!json_is_string(value))
            return bad(reading, name, "holds what is no text");
        if (!done(reading, add(reading->learned, json_string_value(value))))
            return false;
    }
    return true;
}

static bool read_origins(struct reading *reading, json_t *object)
{
    json_t *array, *value;
    size_t i;
    if (!array_member(reading, object, "origins", &array))
        return false;
    json_array_foreach(array, i, value) {
        if (!read_origin(reading, value))
            return false;
    }
    return true;
}

static bool read_options(struct reading *reading, json_t *object,
                         struct iotsig_learn_options *options)
{
    static const char *const names[] = {"min_support", "min_coverage", "families", NULL};
    json_t *member;
    return object_member(reading, object, "options", &member) &&
           share_member(reading, member, "min_support", &options->min_support) &&
           share_member(reading, member, "min_coverage", &options->min_coverage) &&
           optional_member(reading, member, "families", &options->families) &&
           only_members(reading, member, names) &&
           (iotsig_learn_options_check(options, NULL) == 0 ||
            bad(reading, "options", "min_support and min_coverage are shares above 0, at most 1"));
}

static bool read_against(struct reading *reading, json_t *object)
{
    static const char *const names[] = {"events", "captures", NULL};
    struct iotsig_learned *learned = reading->learned;
    json_t *member;
    return object_member(reading, object, "against", &member) &&
           number_member(reading, member, "events", CAPTURES_MAX, &learned->against_events) &&
           number_member(reading, member, "captures", CAPTURES_MAX, &learned->against_captures) &&
           only_members(reading, member, names);
}

static bool read_rest(struct reading *reading, json_t *object)
{
    struct iotsig_learned *learned = reading->learned;
    json_t *flows;
    uint64_t duration;
    if (!number_member(reading, object, "captures", CAPTURES_MAX, &learned->captures) ||
        !read_against(reading, object) ||
        !decimal_member(reading, object, "duration", 9, INT64_MAX, &duration) ||
        !read_texts(reading, object, "group", iotsig_learned_add_akin) ||
        !read_texts(reading, object, "warnings", iotsig_learned_add_warning) ||
        !read_traits(reading, object, LEARNED_MANDATORY, IOTSIG_MANDATORY) ||
        !read_traits(reading, object, LEARNED_OPTIONAL, IOTSIG_OPTIONAL) ||
        !read_traits(reading, object, LEARNED_FORBIDDEN, IOTSIG_FORBIDDEN) ||
        !array_member(reading, object, "flows", &flows) || !check_twice(reading))
        return false;
    learned->duration_ns = (int64_t)duration;
    return read_origins(reading, object) && done(reading, iotsig_learned_sort(learned));
}

bool iotsig_is_learned(const json_t *object)
{
    return json_object_get(object, LEARNED_KEY) != NULL;
}

static bool read_all(struct reading *reading, struct iotsig_library *library, json_t *object)
{
    static const char *const names[] = {
        LEARNED_KEY, "event",    "captures",        "against",        "options",         "duration",
        "group",     "warnings", LEARNED_MANDATORY, LEARNED_OPTIONAL, LEARNED_FORBIDDEN, "flows",
        "origins",   NULL};
    struct iotsig_learn_options options = IOTSIG_LEARN_DEFAULT;
    const char *event;
    uint64_t version;
    if (!number_member(reading, object, LEARNED_KEY, INT64_MAX, &version))
        return false;
    if (version != LEARNED_VERSION)
        return bad(reading, LEARNED_KEY, "is a version that is not known (use a newer program)");
    if (!only_members(reading, object, names) || !text_member(reading, object, "event", &event) ||
        !read_options(reading, object, &options))
        return false;
    if (iotsig_event_check(event, NULL) != 0)
        return bad(reading, "event", "cannot be the name of an event");
    if (iotsig_library_find(library, event) != NULL)
        return bad(reading, "event", "there is a signature of this event already (rename one)");
    reading->learned = iotsig_library_add(library, event, &options);
    return done(reading, reading->learned != NULL) && read_rest(reading, object);
}

int iotsig_learned_take(struct iotsig_library *library, json_t *object, struct iotsig_error *error)
{
    struct reading reading = {.error = error};
    if (read_all(&reading, library, object))
        return 0;
    if (reading.learned != NULL)
        iotsig_library_remove(library, reading.learned);
    return reading.no_memory ? iotsig_fail_memory(error) : IOTSIG_ERR_FORMAT;
}

static int read_source(struct iotsig_library *library, struct iotsig_source *source,
                       struct iotsig_error *error)
{
    struct json_stream stream;
    json_t *object;
    int status;
    bool any = false;
    iotsig_json_stream_init(&stream, source, JSON_MAX);
    while ((status = iotsig_json_stream_next(&stream, &object, error)) == 1) {
        status = iotsig_is_learned(object)
                     ? iotsig_learned_take(library, object, error)
                     : iotsig_fail(error, IOTSIG_ERR_FORMAT,
                                   "no learned signature (use what iotsig learn writes)");
        json_decref(object);
        if (status != 0)
            return iotsig_fail_within(error, status, ", ", "line %llu", stream.object_line);
        any = true;
    }
    if (status == 0 && !any)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "holds no signature");
    return status;
}

static int read_file(struct iotsig_library *library, const char *path, struct iotsig_error *error)
{
    struct iotsig_source *source;
    int status = iotsig_source_open(&source, library->context, path, error);
    if (status == 0) {
        status = read_source(library, source, error);
        iotsig_source_close(source);
    }
    return status == 0 ? 0 : iotsig_fail_in(error, status, path);
}

int iotsig_library_read(struct iotsig_library *library, const char *path,
                        struct iotsig_error *error)
{
    struct iotsig_listing *files;
    int status = iotsig_is_folder(path, error);
    if (status < 1)
        return status < 0 ? status : read_file(library, path, error);
    status = iotsig_listing_new(&files, library->context, path, false, error);
    if (status != 0)
        return status;
    for (size_t i = 0; i < iotsig_listing_count(files) && status == 0; i++)
        status = read_file(library, iotsig_listing_path(files, i), error);
    if (status == 0 && iotsig_listing_count(files) == 0) {
        status = iotsig_fail(error, IOTSIG_ERR_READ, "the folder holds no file");
        iotsig_fail_in(error, status, path);
    }
    iotsig_listing_free(files);
    return status;
}
