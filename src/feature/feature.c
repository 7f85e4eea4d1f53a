/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a capture to its features: one pass, and what is left to do when the device is known. */
#include "iotsig/feature.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/words.h"
#include "capture/capture.h"
#include "feature/self.h"
#include "flow/reader.h"

const struct family *const iotsig_families[] = {
    &iotsig_family_flow,   &iotsig_family_name,    &iotsig_family_link,
    &iotsig_family_dhcp,   &iotsig_family_content, &iotsig_family_agent,
    &iotsig_family_vendor, &iotsig_family_length,  NULL};

struct item {
    uint8_t family;
    struct text text;
    uint64_t count;
    struct iotsig_time first;
    struct spells *spells; /* NULL: they are not wanted */
};

struct iotsig_features {
    struct iotsig_context *context;
    struct iotsig_map map; /* from family and text to the index of an item */
    struct item *items;
    size_t count, capacity;
    struct iotsig_arena arena; /* of spells */
    struct iotsig_names *names;
    bool has_self, has_gateway;
    char self[IOTSIG_ADDRESS_TEXT], gateway[IOTSIG_ADDRESS_TEXT];
    const char *found_by;
    char (*addresses)[IOTSIG_ADDRESS_TEXT];
    size_t address_count;
    struct iotsig_time first, last; /* of all frames */
    struct iotsig_error end;        /* how the capture ended */
    struct iotsig_error cut;
    bool is_cut;
    bool spells; /* whether they are wanted */
};

static bool parse_families(const char *list, unsigned *wanted)
{
    struct word words[sizeof iotsig_families / sizeof *iotsig_families];
    size_t count = 0;
    *wanted = 0;
    for (; iotsig_families[count] != NULL; count++) {
        const struct family *family = iotsig_families[count];
        words[count] = (struct word){family->name, 1u << family->id};
        if (!family->optional)
            *wanted |= words[count].bits;
    }
    return list == NULL || iotsig_words_parse(list, words, count, wanted);
}

static int add(struct iotsig_features *features, const struct family *family,
               const struct line *line, uint64_t count, struct iotsig_time first,
               const struct spells *spells, struct iotsig_error *error)
{
    char key[1 + LINE_MAX_TEXT];
    bool added;
    key[0] = (char)family->id;
    memcpy(key + 1, line->text, line->n);
    const uint64_t *index =
        iotsig_map_put(&features->map, key, 1 + line->n, features->count, &added);
    if (index == NULL ||
        !iotsig_array_grow(&features->context->allocator, &features->items, &features->capacity,
                           features->count + 1, sizeof *features->items))
        return iotsig_fail_memory(error);
    if (added)
        features->items[features->count++] =
            (struct item){.family = family->id,
                          .text = {iotsig_map_stored_key(index) + 1, line->n}};
    struct item *item = &features->items[*index];
    item->count += count;
    if (first.digits > 0 && (item->first.digits == 0 || first.ns < item->first.ns))
        item->first = first;
    if (spells == NULL)
        return 0;
    if (item->spells == NULL)
        item->spells = iotsig_spells_new(&features->arena);
    return item->spells != NULL && iotsig_spells_add_all(item->spells, &features->arena, spells)
               ? 0
               : iotsig_fail_memory(error);
}

const struct family *iotsig_family_of(uint8_t id)
{
    size_t i = 0;
    while (iotsig_families[i]->id != id)
        i++;
    return iotsig_families[i];
}

static int add_raws(struct iotsig_features *features, const struct view *view, unsigned wanted,
                    struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    struct raw raw;
    struct line line;
    size_t i = 0;
    int status = 0;
    while (status == 0 && iotsig_raw_next(view->collector, &entry, &i, &raw)) {
        const struct family *family = iotsig_family_of(raw.family);
        line.n = 0;
        if ((wanted & 1u << raw.family) && family->render(view, &raw, &line))
            status = add(features, family, &line, raw.count, raw.first, raw.spells, error);
    }
    return status;
}

static int add_flow(struct iotsig_features *features, const struct family *family,
                    const struct flow *flow, size_t i, const struct line *line,
                    struct iotsig_error *error)
{
    if (family->id != FAMILY_LENGTH)
        return add(features, family, line, flow->packets, flow->first, flow->spells, error);
    if (flow->spells == NULL || flow->first.digits == 0)
        return add(features, family, line, 1, flow->first, NULL, error);
    struct iotsig_spell spell = iotsig_length_spell(flow, i);
    struct spells spells = {&spell, 1, 1};
    return add(features, family, line, 1, flow->first, &spells, error);
}

static int add_flows(struct iotsig_features *features, const struct view *view, unsigned wanted,
                     struct iotsig_error *error)
{
    struct line line;
    for (const struct flow *flow = view->collector->flows; flow != NULL; flow = flow->next)
        for (const struct family *const *family = iotsig_families; *family != NULL; family++) {
            if ((*family)->render_flow == NULL || !(wanted & 1u << (*family)->id))
                continue;
            line.n = 0;
            for (size_t i = 0; (*family)->render_flow(view, flow, i, &line); i++, line.n = 0) {
                int status = add_flow(features, *family, flow, i, &line, error);
                if (status != 0)
                    return status;
            }
        }
    return 0;
}

static int order(const void *one, const void *other)
{
    const struct item *a = one, *b = other;
    if (a->family != b->family)
        return (int)a->family - (int)b->family;
    size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
    int by_bytes = memcmp(a->text.p, b->text.p, n);
    return by_bytes != 0 ? by_bytes : (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

static int keep_view(struct iotsig_features *features, const struct view *view,
                     const char *found_by, struct iotsig_error *error)
{
    features->found_by = found_by;
    features->has_self = true;
    if (view->own.has_mac)
        iotsig_mac_write(features->self, view->own.mac);
    else
        iotsig_address_write(features->self, &view->own.addresses[0]);
    features->has_gateway = view->has_gateway;
    if (view->has_gateway)
        iotsig_address_write(features->gateway, &view->gateway);
    if (view->own.count == 0)
        return 0;
    features->addresses = iotsig_memory_get(&features->context->allocator,
                                            view->own.count * sizeof *features->addresses);
    if (features->addresses == NULL)
        return iotsig_fail_memory(error);
    features->address_count = view->own.count;
    for (size_t i = 0; i < view->own.count; i++)
        iotsig_address_write(features->addresses[i], &view->own.addresses[i]);
    return 0;
}

static int finish(struct iotsig_features *features, struct collector *collector,
                  const struct wanted *wanted, struct iotsig_error *error)
{
    struct view view;
    struct address *addresses;
    const char *found_by;
    int status = iotsig_self_find(collector, wanted, &view, &addresses, &found_by, error);
    if (status == 0 && found_by != NULL) {
        status = keep_view(features, &view, found_by, error);
        if (status == 0)
            status = add_flows(features, &view, wanted->families, error);
        if (status == 0)
            status = add_raws(features, &view, wanted->families, error);
        if (features->count > 0)
            qsort(features->items, features->count, sizeof *features->items, order);
    }
    iotsig_memory_free(&collector->context->allocator, addresses);
    return status;
}

/* Reads all frames. What breaks a capture off is kept; what ends the run is answered. */
static int collect(struct iotsig_features *features, struct collector *collector,
                   struct iotsig_capture *capture, const char *path,
                   const struct iotsig_options *options, struct iotsig_error *error)
{
    struct reader reader;
    struct iotsig_frame frame;
    int next;
    iotsig_reader_init(&reader, capture, path, options);
    while ((next = iotsig_reader_frame(&reader, &frame, &features->end)) == 1) {
        int status = iotsig_collector_add(collector, &frame, error);
        if (status != 0)
            return iotsig_fail_in(error, status, path);
        if (features->first.digits == 0 || frame.time.ns < features->first.ns)
            features->first = frame.time;
        if (features->last.digits == 0 || frame.time.ns > features->last.ns)
            features->last = frame.time;
    }
    if (next == IOTSIG_ERR_CANCELLED || next == IOTSIG_ERR_MEMORY || next == IOTSIG_ERR_ARGUMENT) {
        if (error != NULL)
            *error = features->end;
        return next;
    }
    if (next != 0)
        iotsig_fail_in(&features->end, next, path);
    features->is_cut = next == 0 && iotsig_capture_is_cut(capture, &features->cut);
    return 0;
}

static int read_capture(struct iotsig_features *features, const char *path,
                        const struct iotsig_options *options, const struct wanted *wanted,
                        struct iotsig_error *error)
{
    struct iotsig_capture *capture;
    struct collector *collector;
    int status = iotsig_capture_open(&capture, features->context, path, options->filter, error);
    if (status != 0)
        return status;
    status = iotsig_collector_new(&collector, features->context, options->names, error);
    if (status == 0) {
        collector->families = wanted->families;
        collector->spells = features->spells;
        status = collect(features, collector, capture, path, options, error);
        if (status == 0)
            status = finish(features, collector, wanted, error);
        features->names = collector->names;
        collector->names = NULL;
        iotsig_collector_free(collector);
    }
    iotsig_capture_close(capture);
    return status;
}

int iotsig_wanted_of_options(const struct iotsig_feature_options *options, struct wanted *wanted,
                             struct iotsig_error *error)
{
    *wanted = (struct wanted){0};
    if (options != NULL && options->self != NULL && !iotsig_wanted_parse(options->self, wanted))
        return iotsig_fail(
            error, IOTSIG_ERR_ARGUMENT,
            "neither a hardware address such as 02:00:00:00:00:01 nor an IP address");
    if (!parse_families(options != NULL ? options->families : NULL, &wanted->families))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "not a list of families (use flow, name, link, dhcp, content, agent, "
                           "vendor, length, with commas)");
    return 0;
}

int iotsig_feature_options_check(const struct iotsig_feature_options *options,
                                 struct iotsig_error *error)
{
    struct wanted wanted;
    return iotsig_wanted_of_options(options, &wanted, error);
}

int iotsig_features_read(struct iotsig_features **out, struct iotsig_context *context,
                         const char *path, const struct iotsig_options *options,
                         const struct iotsig_feature_options *chosen, struct iotsig_error *error)
{
    const struct iotsig_options all = {0};
    struct wanted wanted;
    int status = iotsig_wanted_of_options(chosen, &wanted, error);
    if (status != 0)
        return status;
    struct iotsig_features *features = iotsig_memory_get(&context->allocator, sizeof *features);
    if (features == NULL)
        return iotsig_fail_memory(error);
    *features =
        (struct iotsig_features){.context = context, .spells = chosen != NULL && chosen->spells};
    iotsig_arena_init(&features->arena, &context->allocator);
    iotsig_map_init(&features->map, &context->allocator, context->hash_key);
    status = read_capture(features, path, options != NULL ? options : &all, &wanted, error);
    if (status == 0)
        *out = features;
    else
        iotsig_features_free(features);
    return status;
}

int iotsig_features_failure(const struct iotsig_features *features, struct iotsig_error *error)
{
    if (features->end.status != 0 && error != NULL)
        *error = features->end;
    return features->end.status;
}

bool iotsig_features_is_cut(const struct iotsig_features *features, struct iotsig_error *warning)
{
    if (features->is_cut && warning != NULL)
        *warning = features->cut;
    return features->is_cut;
}

size_t iotsig_features_count(const struct iotsig_features *features)
{
    return features->count;
}

void iotsig_features_get(const struct iotsig_features *features, size_t i,
                         struct iotsig_feature *feature)
{
    const struct item *item = &features->items[i];
    *feature = (struct iotsig_feature){iotsig_family_of(item->family)->name, item->text.p,
                                       item->count, item->first};
}

bool iotsig_features_spell(const struct iotsig_features *features, size_t i, size_t k,
                           struct iotsig_spell *spell)
{
    const struct spells *spells = features->items[i].spells;
    if (spells == NULL || k >= spells->count)
        return false;
    *spell = spells->items[k];
    return true;
}

const struct iotsig_names *iotsig_features_names(const struct iotsig_features *features)
{
    return features->names;
}

const char *iotsig_features_self(const struct iotsig_features *features)
{
    return features->has_self ? features->self : NULL;
}

const char *iotsig_features_found_by(const struct iotsig_features *features)
{
    return features->found_by;
}

const char *iotsig_features_address(const struct iotsig_features *features, size_t i)
{
    return i < features->address_count ? features->addresses[i] : NULL;
}

const char *iotsig_features_gateway(const struct iotsig_features *features)
{
    return features->has_gateway ? features->gateway : NULL;
}

void iotsig_features_span(const struct iotsig_features *features, struct iotsig_time *first,
                          struct iotsig_time *last)
{
    *first = features->first;
    *last = features->last;
}

void iotsig_features_free(struct iotsig_features *features)
{
    if (features == NULL)
        return;
    const struct iotsig_allocator *allocator = &features->context->allocator;
    iotsig_map_fini(&features->map);
    iotsig_arena_fini(&features->arena);
    iotsig_names_free(features->names);
    iotsig_memory_free(allocator, features->items);
    iotsig_memory_free(allocator, features->addresses);
    iotsig_memory_free(allocator, features);
}
