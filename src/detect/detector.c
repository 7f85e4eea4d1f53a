/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: the stream of features (feature/stream.h) tells what each device shows; a
 * *watch* of a device keeps when (window.h), and the signatures that are *on their way*: those of
 * which an anchor was shown (index.h). A frame that shows nothing that was not there finds its
 * numbers in the window, and that is all. With one that does, the signatures on their way are
 * judged (judge.h). The best verdict on each is kept until it is due to be told; when the first of
 * a device is due, all of that device are settled, best first.
 *
 * Time is that of frames, and goes forward only.
 */
#include "iotsig/detect.h"

#include "base/error.h"
#include "detect/judge.h"
#include "feature/stream.h"

#define NEVER    INT64_MAX
#define TIME_MAX (INT64_MAX / 2)

/* Nanoseconds: as long as the pause that ends an event of a capture. */
#define PAUSE INT64_C(20000000000)

/* A signature that is on its way. */
struct candidate {
    uint32_t signature;
    bool matches;           /* by the best verdict that there was */
    uint64_t covered;       /* lately */
    int64_t ns;             /* of that verdict */
    struct verdict verdict; /* that verdict */
};

/* A device. */
struct watch {
    struct iotsig_detector *detector;
    struct stream_device *device;
    struct window window;
    struct candidate *candidates; /* in the order of signatures */
    size_t count, capacity;
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
    iotsig_window_init(&watch->window, &detector->context->allocator);
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
    iotsig_window_fini(&watch->window);
    iotsig_memory_free(&detector->context->allocator, watch->candidates);
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
    for (size_t i = 0; i < watch->window.capacity; i++)
        watch->window.items[i].lapsed = true;
}

static void retold(void *user, struct stream_device *device)
{
    struct watch *watch = *iotsig_stream_device_user(device);
    (void)user;
    if (watch == NULL)
        return;
    watch->is_retold = false;
    iotsig_window_sweep(&watch->window);
    for (size_t i = 0; i < watch->count; i++)
        watch->candidates[i].matches = false;
    mark_changed(watch, watch->changed);
}

/* Puts the signatures that a feature is an anchor of on their way: both lists are in one order, and
 * are merged from the end. */
static bool set_out(struct watch *watch, uint32_t feature)
{
    const struct detect_index *index = &watch->detector->index;
    const uint32_t *new = index->anchors.signatures + index->anchors.starts[feature];
    size_t n = index->anchors.starts[feature + 1] - index->anchors.starts[feature], fresh = 0;
    for (size_t i = 0, j = 0; j < n; j++) {
        while (i < watch->count && watch->candidates[i].signature < new[j])
            i++;
        fresh += i == watch->count || watch->candidates[i].signature != new[j];
    }
    if (!iotsig_array_grow(index->allocator, &watch->candidates, &watch->capacity,
                           watch->count + fresh, sizeof *watch->candidates))
        return false;
    size_t old = watch->count, to = old + fresh;
    watch->count = to;
    while (to > old) {
        struct candidate *last = old > 0 ? &watch->candidates[old - 1] : NULL;
        if (last != NULL && last->signature >= new[n - 1]) {
            n -= last->signature == new[n - 1];
            watch->candidates[--to] = *last;
            old--;
        } else {
            watch->candidates[--to] = (struct candidate){.signature = new[--n]};
        }
    }
    return true;
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
static bool is_absorbed(const struct watch *watch, struct showing *showing, int64_t ns)
{
    if (!showing->used || showing->absorbed == 0 || ns > showing->until ||
        showing->last < watch->resumed)
        return false;
    showing->absorbed--;
    showing->last = ns > showing->last ? ns : showing->last;
    return true;
}

static int see_number(struct watch *watch, uint32_t number, int64_t ns, struct iotsig_error *error)
{
    const struct detect_index *index = &watch->detector->index;
    struct showing *showing =
        iotsig_window_get(&watch->window, number, watch->detector->now - index->longest);
    if (showing == NULL)
        return iotsig_fail_memory(error);
    if (showing->lapsed) { /* it is what it was */
        showing->lapsed = false;
        return 0;
    }
    note_pause(watch, ns);
    if (is_absorbed(watch, showing, ns))
        return 0;
    bool new = showing->count == 0 || showing->used || ns - showing->last > index->shortest;
    if (new)
        *showing = (struct showing){.number = number,
                                    .first = ns,
                                    .last = ns,
                                    .used = watch->is_retold && ns <= watch->told};
    showing->count++;
    showing->last = ns > showing->last ? ns : showing->last;
    if (!new || showing->used)
        return 0;
    mark_changed(watch, ns);
    return number >= index->features || set_out(watch, number) ? 0 : iotsig_fail_memory(error);
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

/* Keeps the best verdict; none at all where something forbidden has come. */
static void judge_candidate(struct watch *watch, struct candidate *candidate)
{
    struct verdict verdict;
    iotsig_judge(&watch->detector->index, &watch->window, candidate->signature, watch->changed,
                 &verdict);
    candidate->covered = verdict.covered;
    if (candidate->matches && !verdict.refused &&
        (!verdict.matches || verdict.covered < candidate->verdict.covered))
        return;
    candidate->matches = verdict.matches;
    candidate->verdict = verdict;
    candidate->ns = watch->changed;
}

static const struct pattern_times *times_of(const struct watch *watch,
                                            const struct candidate *candidate)
{
    return &watch->detector->index.times[candidate->signature];
}

static const struct iotsig_learned *learned_of(const struct watch *watch,
                                               const struct candidate *candidate)
{
    return watch->detector->index.library->items[candidate->signature];
}

/* The longest of those that are half there: what is to come may be theirs. */
static int64_t patience_of(const struct watch *watch)
{
    int64_t patience = 0;
    for (size_t i = 0; i < watch->count; i++) {
        const struct candidate *candidate = &watch->candidates[i];
        if (candidate->covered >= learned_of(watch, candidate)->weight / 2 &&
            times_of(watch, candidate)->patience > patience)
            patience = times_of(watch, candidate)->patience;
    }
    return patience;
}

static int64_t due_of(const struct watch *watch, const struct candidate *candidate,
                      int64_t patience)
{
    bool complete = candidate->verdict.covered == learned_of(watch, candidate)->weight;
    if (complete && times_of(watch, candidate)->is_plain &&
        !iotsig_detect_index_has_rival(&watch->detector->index, candidate->signature))
        return watch->changed;
    int64_t quiet = watch->changed + patience;
    int64_t end = candidate->verdict.first + times_of(watch, candidate)->window;
    return quiet < end ? quiet : end;
}

static void set_due(struct watch *watch)
{
    struct iotsig_detector *detector = watch->detector;
    int64_t patience = patience_of(watch);
    watch->due = NEVER;
    for (size_t i = 0; i < watch->count; i++)
        if (watch->candidates[i].matches) {
            int64_t due = due_of(watch, &watch->candidates[i], patience);
            watch->due = due < watch->due ? due : watch->due;
        }
    detector->due = watch->due < detector->due ? watch->due : detector->due;
}

/* Judges all that are on their way, and drops those of which no anchor is left. */
static void judge(struct watch *watch)
{
    size_t kept = 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct candidate *candidate = &watch->candidates[i];
        judge_candidate(watch, candidate);
        if (candidate->matches || candidate->verdict.anchored)
            watch->candidates[kept++] = *candidate;
    }
    watch->count = kept;
    set_due(watch);
}

static void judge_changed(struct iotsig_detector *detector)
{
    for (struct watch *watch; (watch = detector->changed) != NULL;) {
        detector->changed = watch->next_changed;
        watch->is_changed = false;
        judge(watch);
    }
}

/* Telling. */

static struct iotsig_ratio coverage_of(const struct watch *watch, const struct candidate *candidate)
{
    return iotsig_coverage_of(&watch->detector->index, candidate->signature,
                              candidate->verdict.covered);
}

/* Of those that match the one that is covered best; of several the heaviest; of several the first.
 */
static const struct candidate *find_best(const struct watch *watch)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < watch->count; i++) {
        const struct candidate *candidate = &watch->candidates[i];
        if (!candidate->matches)
            continue;
        int order = best == NULL ? 1
                                 : iotsig_ratio_compare(coverage_of(watch, candidate),
                                                        coverage_of(watch, best));
        if (order > 0 ||
            (order == 0 && learned_of(watch, candidate)->weight > learned_of(watch, best)->weight))
            best = candidate;
    }
    return best;
}

/* Whether the same traffic may be either's. */
static bool is_tie(const struct watch *watch, const struct candidate *candidate,
                   const struct candidate *best)
{
    const struct detect_index *index = &watch->detector->index;
    if (candidate == best)
        return true;
    return candidate->matches &&
           iotsig_ratio_compare(coverage_of(watch, candidate), coverage_of(watch, best)) == 0 &&
           !iotsig_is_part_of(index, candidate->signature, best->signature) &&
           !iotsig_judge_without(index, &watch->window, candidate->signature, best->signature,
                                 candidate->ns);
}

static size_t find_ties(const struct watch *watch, const struct candidate *best)
{
    struct iotsig_detector *detector = watch->detector;
    size_t count = 0;
    for (size_t i = 0; i < watch->count; i++)
        if (is_tie(watch, &watch->candidates[i], best)) {
            detector->ties[count] = learned_of(watch, &watch->candidates[i]);
            detector->tied[count++] = watch->candidates[i].signature;
        }
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

static int tell(const struct watch *watch, const struct candidate *best, size_t ties)
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
static int settle(struct watch *watch)
{
    struct iotsig_detector *detector = watch->detector;
    const struct candidate *best;
    int status = 0;
    while (status == 0 && (best = find_best(watch)) != NULL) {
        size_t ties = find_ties(watch, best);
        int64_t first = best->verdict.first, ns = best->ns;
        status = tell(watch, best, ties);
        for (size_t i = 0; i < ties; i++)
            iotsig_use_up(&detector->index, &watch->window, detector->tied[i], first, ns);
        watch->told = watch->changed;
        for (size_t i = 0; i < watch->count; i++)
            watch->candidates[i].matches = false;
        judge(watch);
    }
    return status;
}

/* Settles the devices of which something is due by now. */
static int settle_due(struct iotsig_detector *detector, int64_t ns)
{
    int status = 0;
    if (ns < detector->due)
        return 0;
    detector->due = NEVER;
    for (struct watch *watch = detector->watches; status == 0 && watch != NULL;
         watch = watch->next) {
        if (watch->due <= ns)
            status = settle(watch);
        detector->due = watch->due < detector->due ? watch->due : detector->due;
    }
    return status;
}

/* Time. */

/* Tells what is due at a time, which is not before that of the last frame. */
static int advance(struct iotsig_detector *detector, int64_t ns, struct iotsig_error *error)
{
    int status = iotsig_stream_tick(detector->stream, ns, error);
    judge_changed(detector);
    return status != 0 ? status : settle_due(detector, ns);
}

int iotsig_detector_finish(struct iotsig_detector *detector, struct iotsig_error *error)
{
    int status = iotsig_stream_settle(detector->stream, error);
    judge_changed(detector);
    return status != 0 ? status : settle_due(detector, NEVER - 1);
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
    judge_changed(detector);
    return status != 0 ? status : settle_due(detector, detector->now);
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
