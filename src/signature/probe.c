/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which signatures of a library a capture matches. */
#include "base/error.h"
#include "decode/address.h"
#include "signature/corpus.h"
#include "signature/library.h"

/* What the device calls itself; texts are copies. */
struct name {
    const char *family, *text;
};

struct iotsig_probe {
    struct iotsig_context *context;
    const struct iotsig_library *library;
    bool *present;             /* by feature of the library */
    struct iotsig_arena arena; /* of the names */
    struct name *names;        /* that the device calls itself */
    size_t name_count, name_capacity;
    char device[IOTSIG_ADDRESS_TEXT]; /* empty: not known */
    size_t *ties;
    struct iotsig_identity identity;
};

static struct iotsig_probe *probe_new(struct iotsig_context *context,
                                      const struct iotsig_library *library, const char *device)
{
    const struct iotsig_allocator *allocator = &context->allocator;
    size_t features = library->vocabulary.words.count + 1; /* never none */
    struct iotsig_probe *probe = iotsig_memory_get(allocator, sizeof *probe);
    if (probe == NULL)
        return NULL;
    *probe = (struct iotsig_probe){.context = context, .library = library};
    iotsig_arena_init(&probe->arena, allocator);
    if (device != NULL && strlen(device) < sizeof probe->device)
        memcpy(probe->device, device, strlen(device));
    probe->present = iotsig_memory_get(allocator, features);
    probe->ties = iotsig_memory_get(allocator, (library->count + 1) * sizeof *probe->ties);
    if (probe->present == NULL || probe->ties == NULL) {
        iotsig_probe_free(probe);
        return NULL;
    }
    memset(probe->present, 0, features);
    return probe;
}

void iotsig_probe_free(struct iotsig_probe *probe)
{
    if (probe == NULL)
        return;
    iotsig_memory_free(&probe->context->allocator, probe->present);
    iotsig_memory_free(&probe->context->allocator, probe->ties);
    iotsig_memory_free(&probe->context->allocator, probe->names);
    iotsig_arena_fini(&probe->arena);
    iotsig_memory_free(&probe->context->allocator, probe);
}

/* Takes in a feature of the capture; false: no memory. */
static bool mark(struct iotsig_probe *probe, const char *family, const char *text)
{
    uint32_t feature = iotsig_vocabulary_find(&probe->library->vocabulary, family, text);
    if (feature != IOTSIG_NO_STRING)
        probe->present[feature] = true;
    if (iotsig_feature_slot(family, text) == 0)
        return true;
    if (!iotsig_array_grow(&probe->context->allocator, &probe->names, &probe->name_capacity,
                           probe->name_count + 1, sizeof *probe->names))
        return false;
    struct name name = {iotsig_arena_string(&probe->arena, family),
                        iotsig_arena_string(&probe->arena, text)};
    probe->names[probe->name_count++] = name;
    return name.family != NULL && name.text != NULL;
}

/* A name in a slot in which the device has none that the signature knows; NULL: there is none. */
static const struct name *other_name(const struct iotsig_probe *probe,
                                     const struct iotsig_learned *learned)
{
    const struct name *others[IOTSIG_SLOTS + 1] = {NULL};
    unsigned own = 0;
    if (learned->slots == 0)
        return NULL;
    for (size_t i = 0; i < probe->name_count; i++) {
        const struct name *name = &probe->names[i];
        unsigned slot = iotsig_feature_slot(name->family, name->text);
        if (iotsig_learned_contradicts(learned, name->family, name->text))
            others[slot] = name;
        else
            own |= 1u << slot;
    }
    for (unsigned slot = 1; slot <= IOTSIG_SLOTS; slot++)
        if (others[slot] != NULL && (own & 1u << slot) == 0)
            return others[slot];
    return NULL;
}

void iotsig_probe_match(const struct iotsig_probe *probe, size_t i, struct iotsig_match *match)
{
    const struct iotsig_learned *learned = probe->library->items[i];
    const struct vocabulary *vocabulary = &probe->library->vocabulary;
    uint64_t covered = 0;
    *match = (struct iotsig_match){.learned = learned, .coverage = RATIO_ZERO};
    for (size_t j = 0; j < learned->count; j++) {
        const struct trait *trait = &learned->traits[j];
        if (!probe->present[trait->feature])
            continue;
        if (trait->role == IOTSIG_MANDATORY) {
            covered += trait->weight;
        } else if (trait->role == IOTSIG_FORBIDDEN && match->forbidden == NULL) {
            match->forbidden_family = vocabulary_family(vocabulary, trait->feature);
            match->forbidden = vocabulary_text(vocabulary, trait->feature);
        }
    }
    const struct name *name = match->forbidden == NULL ? other_name(probe, learned) : NULL;
    if (name != NULL) {
        match->forbidden_family = name->family;
        match->forbidden = name->text;
    }
    if (learned->weight == 0)
        return;
    match->coverage = iotsig_ratio_of(covered, learned->weight);
    match->matches = match->forbidden == NULL &&
                     iotsig_ratio_compare(match->coverage, learned->options.min_coverage) >= 0;
}

bool iotsig_probe_has(const struct iotsig_probe *probe, size_t i, size_t trait)
{
    return probe->present[probe->library->items[i]->traits[trait].feature];
}

/* The only one of the ties that was learned from the device, or NULL. */
static const struct iotsig_learned *tie_of_device(const struct iotsig_probe *probe)
{
    const struct iotsig_learned *found = NULL;
    if (probe->device[0] == '\0')
        return NULL;
    for (size_t i = 0; i < probe->identity.ties; i++) {
        const struct iotsig_learned *learned = iotsig_probe_tie(probe, i);
        if (!iotsig_learned_knows(learned, probe->device))
            continue;
        if (found != NULL)
            return NULL;
        found = learned;
    }
    return found;
}

static void identify(struct iotsig_probe *probe)
{
    struct iotsig_identity *identity = &probe->identity;
    struct iotsig_match match;
    *identity = (struct iotsig_identity){.coverage = RATIO_ZERO};
    for (size_t i = 0; i < probe->library->count; i++) {
        iotsig_probe_match(probe, i, &match);
        int order = match.matches ? iotsig_ratio_compare(match.coverage, identity->coverage) : -1;
        if (order > 0) {
            identity->ties = 0;
            identity->coverage = match.coverage;
        }
        if (order >= 0)
            probe->ties[identity->ties++] = i;
    }
    if (identity->ties == 1) {
        identity->event = iotsig_probe_tie(probe, 0);
    } else if (identity->ties > 1) {
        identity->event = tie_of_device(probe);
        identity->by_device = identity->event != NULL;
    }
}

static int finish(struct iotsig_probe **out, struct iotsig_probe *probe, bool marked,
                  struct iotsig_error *error)
{
    if (!marked) {
        iotsig_probe_free(probe);
        return iotsig_fail_memory(error);
    }
    identify(probe);
    *out = probe;
    return 0;
}

int iotsig_probe_new(struct iotsig_probe **out, struct iotsig_context *context,
                     const struct iotsig_library *library, const struct iotsig_features *features,
                     struct iotsig_error *error)
{
    struct iotsig_probe *probe = probe_new(context, library, iotsig_features_self(features));
    struct iotsig_feature feature;
    if (probe == NULL)
        return iotsig_fail_memory(error);
    bool marked = true;
    for (size_t i = 0; i < iotsig_features_count(features) && marked; i++) {
        iotsig_features_get(features, i, &feature);
        marked = mark(probe, feature.family, feature.text);
    }
    return finish(out, probe, marked, error);
}

int iotsig_probe_of(struct iotsig_probe **out, struct iotsig_context *context,
                    const struct iotsig_library *library, const struct iotsig_corpus *corpus,
                    size_t i, struct iotsig_error *error)
{
    const struct sample *sample = &corpus->samples[i];
    struct iotsig_probe *probe = probe_new(context, library, sample->origin.device);
    if (probe == NULL)
        return iotsig_fail_memory(error);
    bool marked = true;
    for (size_t j = 0; j < sample->count && marked; j++)
        marked = mark(probe, vocabulary_family(&corpus->vocabulary, sample->features[j]),
                      vocabulary_text(&corpus->vocabulary, sample->features[j]));
    return finish(out, probe, marked, error);
}

void iotsig_probe_identify(const struct iotsig_probe *probe, struct iotsig_identity *identity)
{
    *identity = probe->identity;
}

const struct iotsig_learned *iotsig_probe_tie(const struct iotsig_probe *probe, size_t i)
{
    return probe->library->items[probe->ties[i]];
}
