/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: the stream of features (feature/stream.h) tells what each device shows; a
 * *watch* of a device keeps when (window.h), and how far the signatures are that are *on their way*
 * (progress.h): those of which an anchor was shown (index.h). A frame that shows nothing that was
 * not there finds its numbers in the window, and that is all. One that does changes the counts of
 * the signatures that have it. The best verdict on each that is covered is kept until it is due to
 * be told; when the first of a device is due, all of that device are settled, best first
 * (judge.h).
 *
 * Time is that of frames, and goes forward only.
 */
#include "iotsig/detect.h"

#include <stdlib.h>

#include "base/error.h"
#include "detect/judge.h"
#include "detect/progress.h"
#include "feature/stream.h"

#define NEVER    INT64_MAX
#define TIME_MAX (INT64_MAX / 2)

/* Nanoseconds: as long as the pause that ends an event of a capture. */
#define PAUSE INT64_C(20000000000)

/* A device. */
struct watch {
    struct iotsig_detector *detector;
    struct stream_device *device;
    struct progress progress;
    int64_t heard;   /* when it showed anything last */
    int64_t resumed; /* when it did so after a pause */
    int64_t changed; /* when it showed something new last */
    int64_t told;    /* when something of it was told last; before that all is used up */
    int64_t due;     /* when something is to be told, or NEVER */
    bool is_retold;  /* what is seen was seen before */
    bool is_changed; /* since candidates were judged */
    struct watch *next_changed, *next, **from;
};

struct iotsig_detector {
    struct iotsig_context *context;
    struct detect_index index;
    struct iotsig_stream *stream;
    int (*report)(void *user, const struct iotsig_detection *detection);
    void *user;
    struct watch *watches, *changed;
    const struct iotsig_learned **ties; /* as many as there are signatures */
    uint32_t *tied;                     /* the same, by number */
    bool started;
    int64_t now;
    int64_t due; /* not later than that of any watch */
    uint8_t digits;
};

/* Watches. */

static struct watch *watch_new(struct iotsig_detector *detector, struct stream_device *device)
{
    struct watch *watch = iotsig_memory_get(&detector->context->allocator, sizeof *watch);
    if (watch == NULL)
        return NULL;
    *watch = (struct watch){.detector = detector,
                            .device = device,
                            .told = INT64_MIN,
                            .due = NEVER,
                            .next = detector->watches,
                            .from = &detector->watches};
    iotsig_progress_init(&watch->progress, &detector->index);
    if (watch->next != NULL)
        watch->next->from = &watch->next;
    detector->watches = watch;
    return watch;
}

static void forgotten(void *user, struct stream_device *device)
{
    struct iotsig_detector *detector = user;
    struct watch *watch = *iotsig_stream_device_user(device);
    struct watch **at = &detector->changed;
    if (watch == NULL)
        return;
    while (*at != NULL && *at != watch)
        at = &(*at)->next_changed;
    if (*at != NULL)
        *at = watch->next_changed;
    *watch->from = watch->next;
    if (watch->next != NULL)
        watch->next->from = watch->from;
    iotsig_progress_fini(&watch->progress);
    iotsig_memory_free(&detector->context->allocator, watch);
}

static void mark_changed(struct watch *watch, int64_t ns)
{
    watch->changed = ns > watch->changed ? ns : watch->changed;
    if (watch->is_changed)
        return;
    watch->is_changed = true;
    watch->next_changed = watch->detector->changed;
    watch->detector->changed = watch;
}

static void retelling(void *user, struct stream_device *device)
{
    struct watch *watch = *iotsig_stream_device_user(device);
    (void)user;
    if (watch == NULL)
        return;
    watch->is_retold = true;
    for (size_t i = 0; i < watch->progress.window.capacity; i++)
        watch->progress.window.items[i].lapsed = true;
}

static void retold(void *user, struct stream_device *device)
{
    struct watch *watch = *iotsig_stream_device_user(device);
    (void)user;
    if (watch == NULL)
        return;
    watch->is_retold = false;
    iotsig_progress_sweep(&watch->progress);
    iotsig_progress_reset(&watch->progress);
    mark_changed(watch, watch->changed);
}

/* A pause of all that signatures know of ends the event that was told, however long captures are.
 */
static void note_pause(struct watch *watch, int64_t ns)
{
    if (ns - watch->heard > PAUSE)
        watch->resumed = ns;
    watch->heard = ns > watch->heard ? ns : watch->heard;
}

/* A feature that is used up is still part of the event that was told, or begins another. */
static bool is_absorbed(const struct watch *watch, const struct showing *showing, int64_t ns)
{
    return showing->used && showing->absorbed > 0 && ns <= showing->until &&
           showing->last >= watch->resumed;
}

/* It is seen on. What had lapsed for some signatures, as frames tell when it was seen later, counts
 * again. */
static bool see_on(struct watch *watch, struct showing *showing, int64_t ns)
{
    showing->last = ns > showing->last ? ns : showing->last;
    return showing->below == 0 ||
           iotsig_progress_set(&watch->progress, showing, *showing, !showing->used);
}

static int see_number(struct watch *watch, uint32_t number, int64_t ns, struct iotsig_error *error)
{
    const struct detect_index *index = &watch->detector->index;
    struct showing *showing =
        iotsig_progress_get(&watch->progress, number, watch->detector->now - index->longest);
    if (showing == NULL)
        return iotsig_fail_memory(error);
    if (showing->lapsed) { /* it is what it was */
        showing->lapsed = false;
        return 0;
    }
    note_pause(watch, ns);
    if (is_absorbed(watch, showing, ns)) {
        showing->absorbed--;
        return see_on(watch, showing, ns) ? 0 : iotsig_fail_memory(error);
    }
    if (showing->count > 0 && !showing->used && ns - showing->last <= index->shortest) {
        showing->count++;
        return see_on(watch, showing, ns) ? 0 : iotsig_fail_memory(error);
    }
    bool used = watch->is_retold && ns <= watch->told;
    struct showing now = {.count = 1, .first = ns, .last = ns, .used = used};
    if (!iotsig_progress_set(&watch->progress, showing, now, !used))
        return iotsig_fail_memory(error);
    if (!used)
        mark_changed(watch, ns);
    return 0;
}

static int seen(void *user, struct stream_device *device, uint32_t number, int64_t ns,
                struct iotsig_error *error)
{
    struct iotsig_detector *detector = user;
    void **own = iotsig_stream_device_user(device);
    if (*own == NULL)
        *own = watch_new(detector, device);
    if (*own == NULL)
        return iotsig_fail_memory(error);
    unsigned slot = index_slot(&detector->index, number);
    int status = see_number(*own, number, ns, error);
    if (status == 0 && slot > 0 && number < detector->index.features)
        status = see_number(*own, index_of_slot(&detector->index, slot), ns, error);
    return status;
}

static uint32_t number_of(void *user, const char *family, const char *text)
{
    const struct iotsig_detector *detector = user;
    return iotsig_detect_index_number(&detector->index, family, text);
}

/* Verdicts. */

static const struct pattern_times *times_of(const struct watch *watch, const struct claim *claim)
{
    return &watch->detector->index.times[claim->signature];
}

static const struct iotsig_learned *learned_of(const struct watch *watch, const struct claim *claim)
{
    return watch->detector->index.library->items[claim->signature];
}

static int64_t due_of(struct watch *watch, const struct claim *claim)
{
    bool complete = claim->verdict.covered == learned_of(watch, claim)->weight;
    if (complete && times_of(watch, claim)->is_plain &&
        !iotsig_detect_index_has_rival(&watch->detector->index, claim->signature))
        return watch->changed;
    /* of those that are half there: what is to come may be theirs */
    int64_t quiet = watch->changed + iotsig_progress_patience(&watch->progress);
    int64_t end = claim->verdict.first + times_of(watch, claim)->window;
    return quiet < end ? quiet : end;
}

static int judge(struct watch *watch, struct iotsig_error *error)
{
    struct iotsig_detector *detector = watch->detector;
    if (!iotsig_progress_judge(&watch->progress, watch->changed))
        return iotsig_fail_memory(error);
    watch->due = NEVER;
    for (size_t i = 0; i < watch->progress.claim_count; i++)
        if (watch->progress.claims[i]->matches) {
            int64_t due = due_of(watch, watch->progress.claims[i]);
            watch->due = due < watch->due ? due : watch->due;
        }
    detector->due = watch->due < detector->due ? watch->due : detector->due;
    return 0;
}

static int judge_changed(struct iotsig_detector *detector, struct iotsig_error *error)
{
    int status = 0;
    for (struct watch *watch; status == 0 && (watch = detector->changed) != NULL;) {
        detector->changed = watch->next_changed;
        watch->is_changed = false;
        status = judge(watch, error);
    }
    return status;
}

/* Telling. */

static struct iotsig_ratio coverage_of(const struct watch *watch, const struct claim *claim)
{
    return iotsig_coverage_of(&watch->detector->index, claim->signature, claim->verdict.covered);
}

/* Whether a claim is told before another: it is covered better; or is heavier; or is the first. */
static bool is_before(const struct watch *watch, const struct claim *a, const struct claim *b)
{
    int order = iotsig_ratio_compare(coverage_of(watch, a), coverage_of(watch, b));
    uint64_t one = learned_of(watch, a)->weight, other = learned_of(watch, b)->weight;
    if (order != 0)
        return order > 0;
    return one != other ? one > other : a->signature < b->signature;
}

static const struct claim *find_best(const struct watch *watch)
{
    const struct claim *best = NULL;
    for (size_t i = 0; i < watch->progress.claim_count; i++) {
        const struct claim *claim = watch->progress.claims[i];
        if (claim->matches && (best == NULL || is_before(watch, claim, best)))
            best = claim;
    }
    return best;
}

/* Whether the same traffic may be either's. */
static bool is_tie(const struct watch *watch, const struct claim *claim, const struct claim *best)
{
    const struct detect_index *index = &watch->detector->index;
    if (claim == best)
        return true;
    return claim->matches &&
           iotsig_ratio_compare(coverage_of(watch, claim), coverage_of(watch, best)) == 0 &&
           !iotsig_is_part_of(index, claim->signature, best->signature) &&
           !iotsig_judge_without(index, &watch->progress.window, claim->signature, claim->ns);
}

static int by_number(const void *one, const void *other)
{
    const uint32_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

static size_t find_ties(const struct watch *watch, const struct claim *best)
{
    struct iotsig_detector *detector = watch->detector;
    size_t count = 0;
    iotsig_mark(&detector->index, best->signature, true);
    for (size_t i = 0; i < watch->progress.claim_count; i++)
        if (is_tie(watch, watch->progress.claims[i], best))
            detector->tied[count++] = watch->progress.claims[i]->signature;
    iotsig_mark(&detector->index, best->signature, false);
    qsort(detector->tied, count, sizeof *detector->tied, by_number);
    for (size_t i = 0; i < count; i++)
        detector->ties[i] = detector->index.library->items[detector->tied[i]];
    return count;
}

/* As tie_of_device() of probe.c. */
static const struct iotsig_learned *tie_of_device(const struct iotsig_detection *detection)
{
    const struct iotsig_learned *found = NULL;
    for (size_t i = 0; i < detection->tie_count; i++) {
        if (!iotsig_learned_knows(detection->ties[i], detection->device))
            continue;
        if (found != NULL)
            return NULL;
        found = detection->ties[i];
    }
    return found;
}

static struct iotsig_time time_of(const struct iotsig_detector *detector, int64_t ns)
{
    return (struct iotsig_time){detector->digits > 0 ? ns : 0, detector->digits};
}

static int tell(const struct watch *watch, const struct claim *best, size_t ties)
{
    const struct iotsig_detector *detector = watch->detector;
    const struct verdict *verdict = &best->verdict;
    struct iotsig_trait missing[IOTSIG_DETECT_MISSING];
    char device[IOTSIG_ADDRESS_TEXT];
    iotsig_stream_device_text(watch->device, device);
    for (size_t i = 0; i < verdict->missing_count; i++)
        iotsig_learned_trait(learned_of(watch, best), verdict->missing[i], &missing[i]);
    struct iotsig_detection detection = {.ties = detector->ties,
                                         .tie_count = ties,
                                         .coverage = coverage_of(watch, best),
                                         .device = device,
                                         .first = time_of(detector, verdict->first),
                                         .last = time_of(detector, verdict->last),
                                         .missing = missing,
                                         .missing_count = verdict->missing_count};
    detection.event = ties == 1 ? detector->ties[0] : tie_of_device(&detection);
    detection.by_device = ties > 1 && detection.event != NULL;
    return detector->report(detector->user, &detection);
}

/* Tells all of a device that matches: what is told takes its features from the others. */
static int settle(struct watch *watch, struct iotsig_error *error)
{
    struct iotsig_detector *detector = watch->detector;
    const struct claim *best;
    int status = 0;
    while (status == 0 && (best = find_best(watch)) != NULL) {
        size_t ties = find_ties(watch, best);
        int64_t first = best->verdict.first, ns = best->ns;
        status = tell(watch, best, ties);
        for (size_t i = 0; i < ties; i++)
            iotsig_progress_use_up(&watch->progress, detector->tied[i], first, ns);
        watch->told = watch->changed;
        iotsig_progress_reset(&watch->progress);
        int judged = judge(watch, error);
        status = status != 0 ? status : judged;
    }
    return status;
}

/* Settles the devices of which something is due by now. */
static int settle_due(struct iotsig_detector *detector, int64_t ns, struct iotsig_error *error)
{
    int status = 0;
    if (ns < detector->due)
        return 0;
    detector->due = NEVER;
    for (struct watch *watch = detector->watches; status == 0 && watch != NULL;
         watch = watch->next) {
        if (watch->due <= ns)
            status = settle(watch, error);
        detector->due = watch->due < detector->due ? watch->due : detector->due;
    }
    return status;
}

/* Judges what has changed, and settles what is due by now, unless something failed before. */
static int judge_and_settle(struct iotsig_detector *detector, int status, int64_t ns,
                            struct iotsig_error *error)
{
    int judged = judge_changed(detector, status == 0 ? error : NULL);
    status = status != 0 ? status : judged;
    return status != 0 ? status : settle_due(detector, ns, error);
}

/* Time. */

/* Tells what is due at a time, which is not before that of the last frame. */
static int advance(struct iotsig_detector *detector, int64_t ns, struct iotsig_error *error)
{
    int status = iotsig_stream_tick(detector->stream, ns, error);
    return judge_and_settle(detector, status, ns, error);
}

int iotsig_detector_finish(struct iotsig_detector *detector, struct iotsig_error *error)
{
    int status = iotsig_stream_settle(detector->stream, error);
    return judge_and_settle(detector, status, NEVER - 1, error);
}

/* The time of a frame, within bounds in which sums of times are; that of the last where it has
 * none. */
static int64_t clock_of(struct iotsig_detector *detector, struct iotsig_time time)
{
    if (time.digits == 0)
        return detector->now;
    detector->digits = time.digits > detector->digits ? time.digits : detector->digits;
    return time.ns < 0 ? 0 : time.ns > TIME_MAX ? TIME_MAX : time.ns;
}

int iotsig_detector_push(struct iotsig_detector *detector, const struct iotsig_frame *frame,
                         struct iotsig_error *error)
{
    int64_t ns = clock_of(detector, frame->time);
    int status = 0;
    if (detector->started && ns < detector->now - detector->index.longest) {
        status = iotsig_detector_finish(detector, error);
        iotsig_stream_clear(detector->stream);
        detector->now = ns;
    }
    detector->started = true;
    detector->now = ns > detector->now ? ns : detector->now;
    if (status == 0)
        status = advance(detector, detector->now, error);
    if (status == 0)
        status = iotsig_stream_add(detector->stream, frame, detector->now, error);
    return judge_and_settle(detector, status, detector->now, error);
}

int iotsig_detector_idle(struct iotsig_detector *detector, int64_t ns, struct iotsig_error *error)
{
    int64_t room = TIME_MAX - detector->now;
    if (!detector->started || ns <= 0)
        return 0;
    return advance(detector, detector->now + (ns < room ? ns : room), error);
}

/* Beginning and end. */

/* The families of a library's features, with commas. */
static void list_families(const struct iotsig_library *library, char *list, size_t room)
{
    const struct vocabulary *vocabulary = &library->vocabulary;
    size_t n = 0;
    list[0] = '\0';
    for (uint32_t i = 0; i < vocabulary->words.count; i++) {
        const char *family = vocabulary_family(vocabulary, i), *found = strstr(list, family);
        size_t length = strlen(family);
        if (found != NULL || room - n < length + 2)
            continue;
        if (n > 0)
            list[n++] = ',';
        memcpy(list + n, family, length + 1);
        n += length;
    }
}

static int start_stream(struct iotsig_detector *detector,
                        const struct iotsig_detect_options *options, struct iotsig_error *error)
{
    char families[128];
    const struct stream_listener listener = {number_of, seen,      retelling,
                                             retold,    forgotten, detector};
    struct iotsig_feature_options features = {.self = options->self, .families = options->families};
    struct stream_bounds bounds = {IOTSIG_DETECT_DEVICES, IOTSIG_DETECT_FLOWS};
    if (options->max_devices > 0)
        bounds.devices = options->max_devices;
    if (options->max_flows > 0)
        bounds.flows = options->max_flows;
    list_families(detector->index.library, families, sizeof families);
    if (features.families == NULL && families[0] != '\0')
        features.families = families;
    return iotsig_stream_new(&detector->stream, detector->context, &features, options->names,
                             &bounds, &listener, error);
}

int iotsig_detector_new(struct iotsig_detector **out, struct iotsig_context *context,
                        const struct iotsig_library *library,
                        const struct iotsig_detect_options *options,
                        int (*report)(void *user, const struct iotsig_detection *detection),
                        void *user, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &context->allocator;
    struct iotsig_detector *detector = iotsig_memory_get(allocator, sizeof *detector);
    if (detector == NULL)
        return iotsig_fail_memory(error);
    *detector =
        (struct iotsig_detector){.context = context, .report = report, .user = user, .due = NEVER};
    int status = iotsig_detect_index_init(&detector->index, context, library, error);
    if (status == 0) {
        size_t room = library->count + 1;
        detector->ties = iotsig_memory_get(allocator, room * sizeof *detector->ties);
        detector->tied = iotsig_memory_get(allocator, room * sizeof *detector->tied);
        status = detector->ties != NULL && detector->tied != NULL
                     ? start_stream(detector, options, error)
                     : iotsig_fail_memory(error);
        if (status == 0) {
            *out = detector;
            return 0;
        }
        iotsig_memory_free(allocator, detector->ties);
        iotsig_memory_free(allocator, detector->tied);
        iotsig_detect_index_fini(&detector->index);
    }
    iotsig_memory_free(allocator, detector);
    return status;
}

void iotsig_detector_losses(const struct iotsig_detector *detector,
                            struct iotsig_detect_losses *losses)
{
    struct stream_losses lost = iotsig_stream_losses(detector->stream);
    *losses = (struct iotsig_detect_losses){lost.devices, lost.flows, lost.features, lost.names};
}

void iotsig_detector_free(struct iotsig_detector *detector)
{
    if (detector == NULL)
        return;
    const struct iotsig_allocator *allocator = &detector->context->allocator;
    iotsig_stream_free(detector->stream);
    iotsig_memory_free(allocator, detector->ties);
    iotsig_memory_free(allocator, detector->tied);
    iotsig_detect_index_fini(&detector->index);
    iotsig_memory_free(allocator, detector);
}
