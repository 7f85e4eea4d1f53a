/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Learning without some captures, and testing with these.
 *
 * Tasks, in their order: learning from all that may be learned from, which also tests with the
 * captures that may not; then a fold each; then an event each that is left out. A task writes to
 * what is of its own captures or event only.
 */
#include "iotsig/evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "signature/corpus.h"
#include "signature/library.h"

#define FOLDS_MIN 2
#define NO_FOLD   UINT32_MAX

/* A feature that a capture lacks. */
struct gap {
    uint32_t feature, weight; /* of the corpus's vocabulary */
};

struct result {
    uint32_t fold; /* in which it is tested, or NO_FOLD */
    size_t event, identified;
    bool matches, by_traffic, in_group, claimed;
    struct iotsig_ratio coverage;
    uint32_t forbidden; /* of the corpus's vocabulary, or IOTSIG_NO_STRING */
    uint64_t pairs, falsely, outside;
    struct gap *gaps;
    size_t gap_count;
    struct iotsig_context *context; /* of the gaps */
};

struct iotsig_evaluation {
    struct iotsig_context *context;
    const struct iotsig_corpus *corpus;
    struct iotsig_evaluate_options options;
    struct iotsig_arena arena; /* of all that follows */
    const char **events;       /* bytewise */
    bool *has_signature;
    size_t event_count, folds; /* `folds` 0: captures for testing are given */
    struct result *results;    /* of each capture */
    size_t *captures, *starts; /* event by event; where each event's start */
    uint8_t *claims;           /* of each event, by capture: whether it is another's and matches */
};

/* A stream of numbers from a seed: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A number below `n`, each equally likely. */
static size_t number_below(uint64_t *state, size_t n)
{
    uint64_t excess = -(uint64_t)n % n, number; /* 2^64 mod n */
    do
        number = next_number(state);
    while (number < excess);
    return (size_t)(number % n);
}

/* Setting up. */

static int by_text(const void *one, const void *other)
{
    const char *const *a = one, *const *b = other;
    return strcmp(*a, *b);
}

static size_t event_number(const struct iotsig_evaluation *evaluation, const char *event)
{
    const char **found = bsearch(&event, evaluation->events, evaluation->event_count,
                                 sizeof *evaluation->events, by_text);
    return (size_t)(found - evaluation->events);
}

/* A capture, where it can be told from others whatever their order. */
struct card {
    const struct sample *sample;
    size_t event, capture;
};

static int by_card(const void *one, const void *other)
{
    const struct card *a = one, *b = other;
    if (a->event != b->event)
        return a->event < b->event ? -1 : 1;
    int order = strcmp(a->sample->origin.name, b->sample->origin.name);
    if (order == 0)
        order = memcmp(a->sample->origin.sha256, b->sample->origin.sha256,
                       sizeof a->sample->origin.sha256);
    return order != 0 ? order : (a->capture > b->capture) - (a->capture < b->capture);
}

/* The captures of events that are for learning (or testing, in their turn), event by event. */
static struct card *all_cards(const struct iotsig_evaluation *evaluation,
                              struct iotsig_arena *arena, size_t *count)
{
    const struct iotsig_corpus *corpus = evaluation->corpus;
    struct card *cards = iotsig_arena_get(arena, (corpus->count + 1) * sizeof *cards);
    *count = 0;
    for (size_t i = 0; cards != NULL && i < corpus->count; i++) {
        const struct result *result = &evaluation->results[i];
        if (corpus->samples[i].event != NO_EVENT && (evaluation->folds > 0 || result->fold != 0))
            cards[(*count)++] = (struct card){&corpus->samples[i], result->event, i};
    }
    if (cards != NULL)
        qsort(cards, *count, sizeof *cards, by_card);
    return cards;
}

/* Each event's captures in an order by chance, to the folds in turn. */
static bool deal(struct iotsig_evaluation *evaluation)
{
    size_t count;
    struct card *cards = all_cards(evaluation, &evaluation->arena, &count);
    uint64_t state = evaluation->options.seed;
    if (cards == NULL)
        return false;
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start; end < count && cards[end].event == cards[start].event; end++) {
            size_t other = start + number_below(&state, end - start + 1);
            struct card card = cards[end];
            cards[end] = cards[other];
            cards[other] = card;
        }
    }
    for (size_t i = 0; i < count; i++)
        evaluation->results[cards[i].capture].fold = (uint32_t)(i % evaluation->folds);
    return true;
}

/* Puts the captures in the order of their events. */
static void arrange(struct iotsig_evaluation *evaluation)
{
    size_t *starts = evaluation->starts, count = evaluation->corpus->count;
    memset(starts, 0, (evaluation->event_count + 3) * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[evaluation->results[i].event + 2]++;
    for (size_t i = 0; i < evaluation->event_count; i++)
        starts[i + 2] += starts[i + 1];
    for (size_t i = 0; i < count; i++)
        evaluation->captures[starts[evaluation->results[i].event + 1]++] = i;
}

static bool set_up(struct iotsig_evaluation *evaluation, const bool *test)
{
    const struct iotsig_corpus *corpus = evaluation->corpus;
    struct iotsig_arena *arena = &evaluation->arena;
    size_t events = corpus->events.count, captures = corpus->count;
    evaluation->event_count = events;
    evaluation->events = iotsig_arena_get(arena, (events + 1) * sizeof *evaluation->events);
    evaluation->has_signature = iotsig_arena_get(arena, events + 1);
    evaluation->results = iotsig_arena_get(arena, (captures + 1) * sizeof *evaluation->results);
    evaluation->captures = iotsig_arena_get(arena, (captures + 1) * sizeof *evaluation->captures);
    evaluation->starts = iotsig_arena_get(arena, (events + 3) * sizeof *evaluation->starts);
    evaluation->claims = captures > (SIZE_MAX - 1) / (events + 1)
                             ? NULL
                             : iotsig_arena_get(arena, captures * events + 1);
    if (evaluation->events == NULL || evaluation->has_signature == NULL ||
        evaluation->results == NULL || evaluation->captures == NULL || evaluation->starts == NULL ||
        evaluation->claims == NULL) {
        evaluation->results = NULL; /* nothing in them is set */
        return false;
    }
    memset(evaluation->has_signature, 0, events + 1);
    memset(evaluation->claims, 0, captures * events + 1);
    for (size_t i = 0; i < events; i++)
        evaluation->events[i] = corpus->events.items[i].p;
    qsort(evaluation->events, events, sizeof *evaluation->events, by_text);
    for (size_t i = 0; i < captures; i++) {
        const char *event = iotsig_corpus_event(corpus, i);
        evaluation->results[i] = (struct result){
            .fold = event != NULL && test != NULL && test[i] ? 0 : NO_FOLD,
            .event = event == NULL ? 0 : event_number(evaluation, event),
            .identified = IOTSIG_AS_UNKNOWN,
            .coverage = RATIO_ZERO,
            .forbidden = IOTSIG_NO_STRING,
        };
    }
    arrange(evaluation);
    return evaluation->folds == 0 || deal(evaluation);
}

/* Whether there is something to learn from, and to test with. */
static int check(const struct iotsig_evaluation *evaluation, struct iotsig_error *error)
{
    size_t tested = 0, learned = 0;
    for (size_t i = 0; i < evaluation->corpus->count; i++) {
        bool is_tested = evaluation->results[i].fold != NO_FOLD;
        tested += is_tested;
        learned += evaluation->corpus->samples[i].event != NO_EVENT &&
                   (evaluation->folds > 0 || !is_tested);
    }
    if (tested > 0 && learned > 0)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_EMPTY, "no captures to %s (use DIR/EVENT/CAPTURE)",
                       learned == 0 ? "learn from" : "test with");
}

int iotsig_evaluation_new(struct iotsig_evaluation **out, struct iotsig_context *context,
                          const struct iotsig_corpus *corpus, const bool *test,
                          const struct iotsig_evaluate_options *options, struct iotsig_error *error)
{
    int status = iotsig_learn_options_check(&options->learn, error);
    if (status != 0)
        return status;
    if (options->folds < FOLDS_MIN)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "fewer folds than %d", FOLDS_MIN);
    struct iotsig_evaluation *evaluation =
        iotsig_memory_get(&context->allocator, sizeof *evaluation);
    if (evaluation == NULL)
        return iotsig_fail_memory(error);
    *evaluation = (struct iotsig_evaluation){.context = context,
                                             .corpus = corpus,
                                             .options = *options,
                                             .folds = test == NULL ? options->folds : 0};
    iotsig_arena_init(&evaluation->arena, &context->allocator);
    status = set_up(evaluation, test) ? check(evaluation, error) : iotsig_fail_memory(error);
    if (status == 0)
        *out = evaluation;
    else
        iotsig_evaluation_free(evaluation);
    return status;
}

void iotsig_evaluation_free(struct iotsig_evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    for (size_t i = 0; evaluation->results != NULL && i < evaluation->corpus->count; i++)
        if (evaluation->results[i].gaps != NULL)
            iotsig_memory_free(&evaluation->results[i].context->allocator,
                               evaluation->results[i].gaps);
    iotsig_arena_fini(&evaluation->arena);
    iotsig_memory_free(&evaluation->context->allocator, evaluation);
}

uint32_t iotsig_evaluation_folds(const struct iotsig_evaluation *evaluation)
{
    return (uint32_t)evaluation->folds;
}

size_t iotsig_evaluation_tasks(const struct iotsig_evaluation *evaluation)
{
    return 1 + evaluation->folds + evaluation->event_count;
}

/* A task. */

struct task {
    struct iotsig_evaluation *evaluation;
    struct iotsig_context *context;
    struct iotsig_arena arena; /* of what follows */
    uint32_t fold;             /* that is not learned from; NO_FOLD: none */
    size_t left_out;           /* an event that is not; SIZE_MAX: none */
    bool *use;
    struct iotsig_corpus corpus; /* the evaluation's, with captures that are said to be of others */
    struct iotsig_library *library; /* NULL: nothing was left to learn from */
};

static bool is_learned_from(const struct task *task, size_t i)
{
    const struct iotsig_evaluation *evaluation = task->evaluation;
    const struct result *result = &evaluation->results[i];
    if (evaluation->corpus->samples[i].event == NO_EVENT)
        return true;
    if (evaluation->folds == 0 && result->fold == 0)
        return false;
    return (task->fold == NO_FOLD || result->fold != task->fold) && result->event != task->left_out;
}

/* Says of `foreign` captures, which the seed and the task choose, that they are of an event. */
static void mislead(struct task *task, const struct card *cards, size_t count, uint32_t event,
                    size_t number)
{
    const struct iotsig_evaluate_options *options = &task->evaluation->options;
    uint64_t state = options->seed;
    state = next_number(&state) ^ (uint64_t)task->fold << 32 ^ number; /* a stream for each */
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        left += cards[i].event != number && task->use[cards[i].capture];
    size_t wanted = options->foreign < left ? options->foreign : left;
    for (size_t i = 0; i < count && wanted > 0; i++) {
        if (cards[i].event == number || !task->use[cards[i].capture])
            continue;
        if (number_below(&state, left--) >= wanted)
            continue;
        wanted--;
        task->use[task->corpus.count] = true;
        task->corpus.samples[task->corpus.count] = *cards[i].sample;
        task->corpus.samples[task->corpus.count++].event = event;
    }
}

static bool add_foreign(struct task *task)
{
    const struct iotsig_evaluation *evaluation = task->evaluation;
    const struct iotsig_corpus *corpus = evaluation->corpus;
    size_t count, events = evaluation->event_count, own = corpus->count;
    struct card *cards = all_cards(evaluation, &task->arena, &count);
    bool *learned = iotsig_arena_get(&task->arena, events + 1);
    if (cards == NULL || learned == NULL)
        return false;
    memset(learned, 0, events + 1);
    for (size_t i = 0; i < count; i++)
        if (task->use[cards[i].capture])
            learned[cards[i].event] = true;
    struct sample *samples = task->corpus.samples;
    memcpy(samples, corpus->samples, own * sizeof *samples);
    for (uint32_t event = 0; event < events; event++) {
        size_t number = event_number(evaluation, corpus->events.items[event].p);
        if (learned[number])
            mislead(task, cards, count, event, number);
    }
    return true;
}

/* Room for the task's captures and, where some are foreign, for those. */
static bool prepare(struct task *task)
{
    const struct iotsig_evaluation *evaluation = task->evaluation;
    size_t own = evaluation->corpus->count, most = evaluation->event_count;
    uint32_t foreign = evaluation->options.foreign;
    task->corpus = *evaluation->corpus;
    if (foreign > 0 && most > 0 && own > (SIZE_MAX / sizeof(struct sample) - own) / most)
        return false;
    size_t room = own + (foreign > 0 ? most * (foreign < own ? foreign : own) : 0) + 1;
    task->use = iotsig_arena_get(&task->arena, room);
    if (task->use == NULL)
        return false;
    for (size_t i = 0; i < own; i++)
        task->use[i] = is_learned_from(task, i);
    if (foreign == 0)
        return true;
    task->corpus.samples = iotsig_arena_get(&task->arena, room * sizeof *task->corpus.samples);
    return task->corpus.samples != NULL && add_foreign(task);
}

static int learn(struct task *task, struct iotsig_error *error)
{
    if (!prepare(task))
        return iotsig_fail_memory(error);
    int status = iotsig_learn(&task->library, task->context, &task->corpus, task->use,
                              &task->evaluation->options.learn, error);
    return status == IOTSIG_ERR_EMPTY ? 0 : status;
}

static uint32_t corpus_feature(const struct task *task, const char *family, const char *text)
{
    return iotsig_vocabulary_find(&task->corpus.vocabulary, family, text);
}

static bool keep_gaps(const struct task *task, struct result *result,
                      const struct iotsig_probe *probe, size_t own)
{
    const struct iotsig_learned *learned = iotsig_library_get(task->library, own);
    size_t count = iotsig_learned_count(learned);
    struct iotsig_trait trait;
    result->context = task->context;
    result->gaps = iotsig_memory_get(&task->context->allocator, (count + 1) * sizeof *result->gaps);
    if (result->gaps == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role == IOTSIG_MANDATORY && !iotsig_probe_has(probe, own, i))
            result->gaps[result->gap_count++] =
                (struct gap){corpus_feature(task, trait.family, trait.text), trait.weight};
    }
    return true;
}

/* What signature `i` says of a capture. */
static bool judge(const struct task *task, size_t capture, const struct iotsig_probe *probe,
                  size_t i, const struct iotsig_learned *own)
{
    struct iotsig_evaluation *evaluation = task->evaluation;
    struct result *result = &evaluation->results[capture];
    struct iotsig_match match;
    iotsig_probe_match(probe, i, &match);
    if (match.learned == own) {
        result->matches = match.matches;
        result->coverage = match.coverage;
        if (match.forbidden != NULL)
            result->forbidden = corpus_feature(task, match.forbidden_family, match.forbidden);
        return match.matches || keep_gaps(task, result, probe, i);
    }
    result->pairs++;
    if (match.matches) {
        size_t event = event_number(evaluation, iotsig_learned_event(match.learned));
        evaluation->claims[event * evaluation->corpus->count + capture] = 1;
        result->falsely++;
        result->outside += own == NULL || !iotsig_learned_is_akin(own, match.learned);
    }
    return true;
}

static void keep_identity(const struct task *task, struct result *result,
                          const struct iotsig_probe *probe, const struct iotsig_learned *own)
{
    struct iotsig_identity identity;
    iotsig_probe_identify(probe, &identity);
    if (identity.event != NULL)
        result->identified = event_number(task->evaluation, iotsig_learned_event(identity.event));
    else if (identity.ties > 0)
        result->identified = IOTSIG_AS_SEVERAL;
    result->by_traffic = identity.ties == 1 && identity.event == own;
    /* Equals that were not declared a group are no answer, even if its own event is among them. */
    size_t answers = identity.event != NULL ? 1 : identity.ties;
    result->in_group = own != NULL && answers > 0;
    for (size_t i = 0; i < answers && result->in_group; i++)
        result->in_group =
            iotsig_learned_is_akin(own, identity.event != NULL ? identity.event
                                                               : iotsig_probe_tie(probe, i));
}

static int test(const struct task *task, size_t capture, struct iotsig_error *error)
{
    struct result *result = &task->evaluation->results[capture];
    const char *event = task->evaluation->events[result->event];
    const struct iotsig_learned *own = iotsig_library_find(task->library, event);
    struct iotsig_probe *probe;
    int status = iotsig_probe_of(&probe, task->context, task->library, task->evaluation->corpus,
                                 capture, error);
    if (status != 0)
        return status;
    for (size_t i = 0; status == 0 && i < iotsig_library_count(task->library); i++)
        if (!judge(task, capture, probe, i, own))
            status = iotsig_fail_memory(error);
    keep_identity(task, result, probe, own);
    iotsig_probe_free(probe);
    return status;
}

/* Whether anything claims a capture of the event that was left out. */
static int test_open(const struct task *task, size_t capture, struct iotsig_error *error)
{
    struct iotsig_identity identity;
    struct iotsig_probe *probe;
    int status = iotsig_probe_of(&probe, task->context, task->library, task->evaluation->corpus,
                                 capture, error);
    if (status != 0)
        return status;
    iotsig_probe_identify(probe, &identity);
    task->evaluation->results[capture].claimed = identity.ties > 0;
    iotsig_probe_free(probe);
    return 0;
}

static int test_all(const struct task *task, struct iotsig_error *error)
{
    const struct iotsig_evaluation *evaluation = task->evaluation;
    bool open = task->left_out != SIZE_MAX;
    uint32_t fold = task->fold == NO_FOLD && evaluation->folds == 0 ? 0 : task->fold;
    int status = 0;
    for (size_t i = 0; status == 0 && i < evaluation->corpus->count; i++) {
        const struct result *result = &evaluation->results[i];
        if (result->fold == NO_FOLD)
            continue;
        if (open && result->event == task->left_out)
            status = test_open(task, i, error);
        else if (!open && result->fold == fold)
            status = test(task, i, error);
    }
    return status;
}

static void keep_signatures(const struct task *task)
{
    for (size_t i = 0; i < iotsig_library_count(task->library); i++) {
        const struct iotsig_learned *learned = iotsig_library_get(task->library, i);
        task->evaluation
            ->has_signature[event_number(task->evaluation, iotsig_learned_event(learned))] =
            iotsig_learned_weight(learned) > 0;
    }
}

int iotsig_evaluation_run(struct iotsig_evaluation *evaluation, size_t i,
                          struct iotsig_context *context, struct iotsig_error *error)
{
    struct task task = {.evaluation = evaluation,
                        .context = context,
                        .fold = i > 0 && i <= evaluation->folds ? (uint32_t)(i - 1) : NO_FOLD,
                        .left_out = i > evaluation->folds ? i - evaluation->folds - 1 : SIZE_MAX};
    iotsig_arena_init(&task.arena, &context->allocator);
    int status = learn(&task, error);
    if (status == 0 && task.library != NULL) {
        if (i == 0)
            keep_signatures(&task);
        status = test_all(&task, error);
    }
    iotsig_library_free(task.library);
    iotsig_arena_fini(&task.arena);
    return status;
}

/* Results. */

struct iotsig_share iotsig_share_of(uint64_t part, uint64_t whole)
{
    const double z = 1.959963984540054; /* of the normal distribution, 97.5 % are below */
    if (whole == 0)
        return (struct iotsig_share){part, whole, 0, 0, 1};
    double n = (double)whole, p = (double)part / n;
    double middle = p + z * z / (2 * n);
    double spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    double low = (middle - spread) / (1 + z * z / n), high = (middle + spread) / (1 + z * z / n);
    return (struct iotsig_share){part, whole, p, part == 0 ? 0 : low, part == whole ? 1 : high};
}

static bool is_identified(const struct result *result)
{
    return result->identified == result->event;
}

void iotsig_evaluation_scores(const struct iotsig_evaluation *evaluation,
                              struct iotsig_scores *scores)
{
    uint64_t captures = 0, pairs = 0, recalled = 0, falsely = 0, outside = 0, identified = 0;
    uint64_t by_traffic = 0, in_group = 0, claimed = 0;
    for (size_t i = 0; i < evaluation->corpus->count; i++) {
        const struct result *result = &evaluation->results[i];
        if (result->fold == NO_FOLD)
            continue;
        captures++;
        pairs += result->pairs;
        recalled += result->matches;
        falsely += result->falsely;
        outside += result->outside;
        identified += is_identified(result);
        by_traffic += result->by_traffic;
        in_group += result->in_group;
        claimed += result->claimed;
    }
    *scores = (struct iotsig_scores){
        .recall = iotsig_share_of(recalled, captures),
        .false_positives = iotsig_share_of(falsely, pairs),
        .outside_groups = iotsig_share_of(outside, pairs),
        .identification = iotsig_share_of(identified, captures),
        .by_traffic = iotsig_share_of(by_traffic, captures),
        .group_identification = iotsig_share_of(in_group, captures),
        .open_set = iotsig_share_of(claimed, captures),
    };
    for (size_t i = 0; i < evaluation->event_count; i++)
        scores->signatures += evaluation->has_signature[i];
    scores->events = evaluation->event_count;
}

size_t iotsig_evaluation_events(const struct iotsig_evaluation *evaluation)
{
    return evaluation->event_count;
}

const char *iotsig_evaluation_event_name(const struct iotsig_evaluation *evaluation, size_t i)
{
    return evaluation->events[i];
}

void iotsig_evaluation_event(const struct iotsig_evaluation *evaluation, size_t i,
                             struct iotsig_event_score *score)
{
    *score = (struct iotsig_event_score){.event = evaluation->events[i],
                                         .has_signature = evaluation->has_signature[i]};
    for (size_t j = 0; j < evaluation->corpus->count; j++)
        score->falsely += iotsig_evaluation_claims(evaluation, j, i);
    for (size_t j = evaluation->starts[i]; j < evaluation->starts[i + 1]; j++) {
        const struct result *result = &evaluation->results[evaluation->captures[j]];
        if (result->fold == NO_FOLD)
            continue;
        score->captures++;
        score->recalled += result->matches;
        score->identified += is_identified(result);
        score->group_identified += result->in_group;
        score->claimed += result->claimed;
    }
}

uint64_t iotsig_evaluation_confusion(const struct iotsig_evaluation *evaluation, size_t i,
                                     size_t as)
{
    uint64_t count = 0;
    for (size_t j = evaluation->starts[i]; j < evaluation->starts[i + 1]; j++) {
        const struct result *result = &evaluation->results[evaluation->captures[j]];
        count += result->fold != NO_FOLD && result->identified == as;
    }
    return count;
}

static const char *family_of(const struct iotsig_evaluation *evaluation, uint32_t feature)
{
    return feature == IOTSIG_NO_STRING
               ? NULL
               : vocabulary_family(&evaluation->corpus->vocabulary, feature);
}

static const char *text_of_feature(const struct iotsig_evaluation *evaluation, uint32_t feature)
{
    return feature == IOTSIG_NO_STRING ? NULL
                                       : vocabulary_text(&evaluation->corpus->vocabulary, feature);
}

bool iotsig_evaluation_verdict(const struct iotsig_evaluation *evaluation, size_t i,
                               struct iotsig_verdict *verdict)
{
    const struct result *result = &evaluation->results[i];
    *verdict = (struct iotsig_verdict){result->event,
                                       result->identified,
                                       result->matches,
                                       result->coverage,
                                       family_of(evaluation, result->forbidden),
                                       text_of_feature(evaluation, result->forbidden)};
    return result->fold != NO_FOLD;
}

bool iotsig_evaluation_missing(const struct iotsig_evaluation *evaluation, size_t i, size_t j,
                               struct iotsig_trait *trait)
{
    const struct result *result = &evaluation->results[i];
    if (j >= result->gap_count)
        return false;
    *trait = (struct iotsig_trait){.role = IOTSIG_MANDATORY,
                                   .family = family_of(evaluation, result->gaps[j].feature),
                                   .text = text_of_feature(evaluation, result->gaps[j].feature),
                                   .weight = result->gaps[j].weight};
    return true;
}

bool iotsig_evaluation_claims(const struct iotsig_evaluation *evaluation, size_t i, size_t event)
{
    return evaluation->claims[event * evaluation->corpus->count + i] != 0;
}
