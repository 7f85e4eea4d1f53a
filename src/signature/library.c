/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/library.h"

#include <stdlib.h>

#include "base/error.h"

const char *iotsig_arena_string(struct iotsig_arena *arena, const char *string)
{
    return string == NULL ? NULL : iotsig_arena_text(arena, string, strlen(string));
}

int iotsig_library_new(struct iotsig_library **out, struct iotsig_context *context,
                       struct iotsig_error *error)
{
    struct iotsig_library *library = iotsig_memory_get(&context->allocator, sizeof *library);
    if (library == NULL)
        return iotsig_fail_memory(error);
    *library = (struct iotsig_library){.context = context};
    iotsig_arena_init(&library->arena, &context->allocator);
    iotsig_vocabulary_init(&library->vocabulary, context);
    *out = library;
    return 0;
}

static void learned_fini(struct iotsig_learned *learned, const struct iotsig_allocator *allocator)
{
    iotsig_memory_free(allocator, learned->traits);
    iotsig_memory_free(allocator, learned->origins);
    iotsig_memory_free(allocator, learned->group.items);
    iotsig_memory_free(allocator, learned->warnings.items);
}

void iotsig_library_free(struct iotsig_library *library)
{
    if (library == NULL)
        return;
    const struct iotsig_allocator *allocator = &library->context->allocator;
    for (size_t i = 0; i < library->count; i++)
        learned_fini(library->items[i], allocator);
    iotsig_memory_free(allocator, library->items);
    iotsig_vocabulary_fini(&library->vocabulary);
    iotsig_arena_fini(&library->arena);
    iotsig_memory_free(allocator, library);
}

/* The index of an event's signature, or where it would be. */
static size_t place_of(const struct iotsig_library *library, const char *event, bool *found)
{
    size_t low = 0, high = library->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(library->items[middle]->event, event);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

struct iotsig_learned *iotsig_library_add(struct iotsig_library *library, const char *event,
                                          const struct iotsig_learn_options *options)
{
    bool found;
    size_t place = place_of(library, event, &found);
    struct iotsig_learned *learned = iotsig_arena_get(&library->arena, sizeof *learned);
    if (learned == NULL ||
        !iotsig_array_grow(&library->context->allocator, &library->items, &library->capacity,
                           library->count + 1, sizeof *library->items))
        return NULL;
    *learned = (struct iotsig_learned){.library = library, .options = *options};
    learned->event = iotsig_arena_string(&library->arena, event);
    learned->options.families = iotsig_arena_string(&library->arena, options->families);
    if (learned->event == NULL || (options->families != NULL && learned->options.families == NULL))
        return NULL;
    memmove(library->items + place + 1, library->items + place,
            (library->count - place) * sizeof *library->items);
    library->items[place] = learned;
    library->count++;
    return learned;
}

void iotsig_library_remove(struct iotsig_library *library, const struct iotsig_learned *learned)
{
    bool found;
    size_t place = place_of(library, learned->event, &found);
    learned_fini(library->items[place], &library->context->allocator);
    library->count--;
    memmove(library->items + place, library->items + place + 1,
            (library->count - place) * sizeof *library->items);
}

bool iotsig_learned_add_trait(struct iotsig_learned *learned, const struct iotsig_trait *trait)
{
    struct iotsig_library *library = learned->library;
    uint32_t feature = iotsig_vocabulary_add(&library->vocabulary, trait->family, trait->text);
    if (feature == IOTSIG_NO_STRING ||
        !iotsig_array_grow(&library->context->allocator, &learned->traits, &learned->capacity,
                           learned->count + 1, sizeof *learned->traits))
        return false;
    learned->traits[learned->count++] = (struct trait){.feature = feature,
                                                       .role = trait->role,
                                                       .weight = trait->weight,
                                                       .support = trait->support,
                                                       .least = trait->least,
                                                       .most = trait->most};
    if (trait->role == IOTSIG_MANDATORY) {
        learned->weight += trait->weight;
        learned->slots |= 1u << iotsig_feature_slot(trait->family, trait->text) & ~1u;
    }
    return true;
}

bool iotsig_learned_add_origin(struct iotsig_learned *learned, const struct iotsig_origin *origin)
{
    struct iotsig_library *library = learned->library;
    struct iotsig_origin copy = *origin;
    copy.name = iotsig_arena_string(&library->arena, origin->name);
    copy.device = iotsig_arena_string(&library->arena, origin->device);
    copy.left_out = iotsig_arena_string(&library->arena, origin->left_out);
    if (copy.name == NULL || (origin->device != NULL && copy.device == NULL) ||
        (origin->left_out != NULL && copy.left_out == NULL) ||
        !iotsig_array_grow(&library->context->allocator, &learned->origins,
                           &learned->origin_capacity, learned->origin_count + 1,
                           sizeof *learned->origins))
        return false;
    learned->origins[learned->origin_count++] = copy;
    return true;
}

static bool add_text(struct iotsig_library *library, struct texts *texts, const char *text)
{
    const char *copy = iotsig_arena_string(&library->arena, text);
    if (copy == NULL ||
        !iotsig_array_grow(&library->context->allocator, &texts->items, &texts->capacity,
                           texts->count + 1, sizeof *texts->items))
        return false;
    texts->items[texts->count++] = copy;
    return true;
}

bool iotsig_learned_add_akin(struct iotsig_learned *learned, const char *event)
{
    return add_text(learned->library, &learned->group, event);
}

bool iotsig_learned_add_warning(struct iotsig_learned *learned, const char *warning)
{
    return add_text(learned->library, &learned->warnings, warning);
}

/* A trait with what it is sorted by. */
struct ranked {
    struct trait trait;
    const struct vocabulary *vocabulary;
};

static int order(const void *one, const void *other)
{
    const struct ranked *a = one, *b = other;
    if (a->trait.role != b->trait.role)
        return (int)a->trait.role - (int)b->trait.role;
    if (a->trait.weight != b->trait.weight)
        return a->trait.weight > b->trait.weight ? -1 : 1;
    if (a->trait.support != b->trait.support)
        return a->trait.support > b->trait.support ? -1 : 1;
    return iotsig_vocabulary_compare(a->vocabulary, a->trait.feature, b->trait.feature);
}

bool iotsig_learned_sort(struct iotsig_learned *learned)
{
    size_t count = 0; /* of those before the forbidden ones */
    while (count < learned->count && learned->traits[count].role != IOTSIG_FORBIDDEN)
        count++;
    const struct iotsig_allocator *allocator = &learned->library->context->allocator;
    struct ranked *ranked = iotsig_memory_get(allocator, (count + 1) * sizeof *ranked);
    if (ranked == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){learned->traits[i], &learned->library->vocabulary};
    qsort(ranked, count, sizeof *ranked, order);
    for (size_t i = 0; i < count; i++)
        learned->traits[i] = ranked[i].trait;
    iotsig_memory_free(allocator, ranked);
    return true;
}

size_t iotsig_learned_anchors(const struct iotsig_learned *learned)
{
    uint64_t rest = learned->weight;
    size_t i = 0;
    if (rest == 0)
        return 0;
    for (; i < learned->count && learned->traits[i].role == IOTSIG_MANDATORY; i++) {
        struct iotsig_ratio share = iotsig_ratio_of(rest, learned->weight);
        if (iotsig_ratio_compare(share, learned->options.min_coverage) < 0)
            break;
        rest -= learned->traits[i].weight;
    }
    return i;
}

size_t iotsig_library_count(const struct iotsig_library *library)
{
    return library->count;
}

const struct iotsig_learned *iotsig_library_get(const struct iotsig_library *library, size_t i)
{
    return library->items[i];
}

const struct iotsig_learned *iotsig_library_find(const struct iotsig_library *library,
                                                 const char *event)
{
    bool found;
    size_t place = place_of(library, event, &found);
    return found ? library->items[place] : NULL;
}

const char *iotsig_learned_event(const struct iotsig_learned *learned)
{
    return learned->event;
}

uint64_t iotsig_learned_captures(const struct iotsig_learned *learned)
{
    return learned->captures;
}

size_t iotsig_learned_count(const struct iotsig_learned *learned)
{
    return learned->count;
}

void iotsig_learned_trait(const struct iotsig_learned *learned, size_t i,
                          struct iotsig_trait *trait)
{
    const struct trait *it = &learned->traits[i];
    const struct vocabulary *vocabulary = &learned->library->vocabulary;
    *trait = (struct iotsig_trait){.role = it->role,
                                   .family = vocabulary_family(vocabulary, it->feature),
                                   .text = vocabulary_text(vocabulary, it->feature),
                                   .support = it->support,
                                   .weight = it->weight,
                                   .least = it->least,
                                   .most = it->most};
}

uint64_t iotsig_learned_weight(const struct iotsig_learned *learned)
{
    return learned->weight;
}

struct iotsig_ratio iotsig_learned_min_coverage(const struct iotsig_learned *learned)
{
    return learned->options.min_coverage;
}

void iotsig_learned_options(const struct iotsig_learned *learned,
                            struct iotsig_learn_options *options)
{
    *options = learned->options;
}

int64_t iotsig_learned_duration(const struct iotsig_learned *learned)
{
    return learned->duration_ns;
}

bool iotsig_learned_origin(const struct iotsig_learned *learned, size_t i,
                           struct iotsig_origin *origin)
{
    if (i >= learned->origin_count)
        return false;
    *origin = learned->origins[i];
    return true;
}

void iotsig_learned_against(const struct iotsig_learned *learned, uint64_t *events,
                            uint64_t *captures)
{
    *events = learned->against_events;
    *captures = learned->against_captures;
}

const char *iotsig_learned_group(const struct iotsig_learned *learned, size_t i)
{
    return i < learned->group.count ? learned->group.items[i] : NULL;
}

bool iotsig_learned_is_akin(const struct iotsig_learned *a, const struct iotsig_learned *b)
{
    bool akin = strcmp(a->event, b->event) == 0;
    for (size_t i = 0; i < a->group.count && !akin; i++)
        akin = strcmp(a->group.items[i], b->event) == 0;
    return akin;
}

bool iotsig_learned_contradicts(const struct iotsig_learned *learned, const char *family,
                                const char *text)
{
    unsigned slot = iotsig_feature_slot(family, text);
    if (slot == 0 || (learned->slots & 1u << slot) == 0)
        return false;
    uint32_t feature = iotsig_vocabulary_find(&learned->library->vocabulary, family, text);
    for (size_t i = 0; i < learned->count && feature != IOTSIG_NO_STRING; i++)
        if (learned->traits[i].feature == feature && learned->traits[i].role != IOTSIG_FORBIDDEN)
            return false;
    return true;
}

bool iotsig_learned_knows(const struct iotsig_learned *learned, const char *device)
{
    for (size_t i = 0; i < learned->origin_count; i++)
        if (learned->origins[i].left_out == NULL && learned->origins[i].device != NULL &&
            strcmp(learned->origins[i].device, device) == 0)
            return true;
    return false;
}

const char *iotsig_learned_warning(const struct iotsig_learned *learned, size_t i)
{
    return i < learned->warnings.count ? learned->warnings.items[i] : NULL;
}
