/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/learn.h - signatures that are learned: from the features of captures of known events to a
 * library of signatures, and which of them a capture matches.
 *
 * A corpus is captures of known events, each as the set of its features (iotsig/feature.h). From
 * it, or from some of its captures, a library of one signature for each event is learned:
 *
 * - The support of a feature is in how many of the event's captures it is. From `min_support` on it
 *   is *mandatory*, from 3/10 on *optional*, which is shown and never scored.
 * - The weight of a mandatory feature, in hundredths of a bit, is log2 of its probability in this
 *   event, (n_f + 1/2) / (n + 1), over the mean of that in the other events: to the nearest
 *   hundredth, half up, and at least 10. With no other event it is 100.
 * - While the signature matches captures of other events, the feature that most of these have (at
 *   least 2) and this event never is *forbidden*, 8 at most.
 * - Where a mandatory feature is a name that the device gives itself (iotsig_feature_slot()), a
 *   capture that has other such names only, none of them a mandatory or optional feature, is of
 *   another product, whatever else it has.
 * - A capture that another event's signature claims and its own does not, or of which its own
 *   covers less than a quarter, is another event's and is left out, as long as this leaves three
 *   quarters.
 * - Events whose signatures match at least half of each other's captures are a *group*: their
 *   traffic does not tell them apart.
 *
 * A signature *matches* a capture when the weight of its mandatory features that are there, over
 * that of all of them, is at least `min_coverage`, and no forbidden feature is there.
 *
 * Counts and weights are integers and fractions exact, so that results are the same everywhere, and
 * whatever the order in which captures were added. A corpus and a library do not change while they
 * are used, so several threads may learn from one corpus and match with one library at once, each
 * with a context of its own for what it makes.
 */
#ifndef IOTSIG_LEARN_H
#define IOTSIG_LEARN_H

#include "iotsig/feature.h"
#include "iotsig/ratio.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a capture comes from; texts are borrowed. */
struct iotsig_origin {
    const char *name;     /**< the file's, without its folder */
    uint64_t size;        /**< bytes */
    uint8_t sha256[32];   /**< of these bytes */
    const char *device;   /**< the device's hardware or IP address; NULL: none was found */
    int64_t duration_ns;  /**< from the first frame to the last */
    const char *left_out; /**< of a capture of a signature: why it was not learned from, or NULL */
};

/**
 * Fills an origin: the file is read once more for its size and digest; the rest is of its features.
 * What "-" held cannot be read again, and has size 0. Texts are those of the arguments.
 * @return 0, IOTSIG_ERR_READ
 */
IOTSIG_API int iotsig_origin_read(struct iotsig_origin *origin, const char *path,
                                  const struct iotsig_features *features,
                                  struct iotsig_error *error);

/**
 * An event's name is what its file is called, too: UTF-8 without control characters and slashes, at
 * most 200 bytes, and it does not begin with a dot.
 * @return 0, IOTSIG_ERR_ARGUMENT
 */
IOTSIG_API int iotsig_event_check(const char *event, struct iotsig_error *error);

/** Captures of known events. */
struct iotsig_corpus;

/** @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_corpus_new(struct iotsig_corpus **out, struct iotsig_context *context,
                                 struct iotsig_error *error);

/**
 * Adds a capture of an event. `event` NULL: a foreign capture, which no signature is learned of and
 * which none should match. What is passed is copied.
 * @return 0; IOTSIG_ERR_ARGUMENT: iotsig_event_check(); IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_corpus_add(struct iotsig_corpus *corpus, const char *event,
                                 const struct iotsig_features *features,
                                 const struct iotsig_origin *origin, struct iotsig_error *error);

IOTSIG_API size_t iotsig_corpus_count(const struct iotsig_corpus *corpus);

/** The event of capture `i`, or NULL. The same text for the same event. */
IOTSIG_API const char *iotsig_corpus_event(const struct iotsig_corpus *corpus, size_t i);

/** Where capture `i` comes from. */
IOTSIG_API void iotsig_corpus_origin(const struct iotsig_corpus *corpus, size_t i,
                                     struct iotsig_origin *origin);

/** How many features capture `i` has. */
IOTSIG_API size_t iotsig_corpus_features(const struct iotsig_corpus *corpus, size_t i);

/** NULL is allowed. */
IOTSIG_API void iotsig_corpus_free(struct iotsig_corpus *corpus);

/** How signatures are learned. Start from IOTSIG_LEARN_DEFAULT. */
struct iotsig_learn_options {
    struct iotsig_ratio min_support;  /**< 9/10; above 0, at most 1 */
    struct iotsig_ratio min_coverage; /**< 9/10; likewise */
    const char
        *families; /**< that features were taken of, for the record; NULL: the default ones */
};

/* clang-format off */
#define IOTSIG_LEARN_DEFAULT {{9, 10}, {9, 10}, NULL}
/* clang-format on */

/** @return 0, IOTSIG_ERR_ARGUMENT: a share is not above 0, at most 1, of at most a million parts */
IOTSIG_API int iotsig_learn_options_check(const struct iotsig_learn_options *options,
                                          struct iotsig_error *error);

/** Signatures, in the order of their events' names. */
struct iotsig_library;

/** A learned signature, which belongs to its library. */
struct iotsig_learned;

/** An empty library. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_library_new(struct iotsig_library **out, struct iotsig_context *context,
                                  struct iotsig_error *error);

/**
 * Learns a signature of each event.
 * @param use  for each capture of the corpus, whether it is learned from; NULL: all are
 * @return 0; IOTSIG_ERR_ARGUMENT: an option; IOTSIG_ERR_EMPTY: no capture of an event;
 * IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_learn(struct iotsig_library **out, struct iotsig_context *context,
                            const struct iotsig_corpus *corpus, const bool *use,
                            const struct iotsig_learn_options *options, struct iotsig_error *error);

IOTSIG_API size_t iotsig_library_count(const struct iotsig_library *library);

/** Signature `i` < iotsig_library_count(). */
IOTSIG_API const struct iotsig_learned *iotsig_library_get(const struct iotsig_library *library,
                                                           size_t i);

/** The signature of an event, or NULL. */
IOTSIG_API const struct iotsig_learned *iotsig_library_find(const struct iotsig_library *library,
                                                            const char *event);

/** NULL is allowed. */
IOTSIG_API void iotsig_library_free(struct iotsig_library *library);

/** What a feature is to a signature. */
enum iotsig_role { IOTSIG_MANDATORY, IOTSIG_OPTIONAL, IOTSIG_FORBIDDEN };

/** A feature of a signature; texts belong to the signature. */
struct iotsig_trait {
    enum iotsig_role role;
    const char *family, *text;
    /** Of the event's captures, in how many it is; of a forbidden feature, of how many captures of
     * other events, which the signature would match, it keeps it away. */
    uint64_t support;
    uint32_t weight;      /**< hundredths of a bit; 0 unless mandatory */
    uint64_t least, most; /**< how often it is seen in a capture that has it; 0 where not known */
};

IOTSIG_API const char *iotsig_learned_event(const struct iotsig_learned *learned);

/** How many captures it rests on: what support is of. */
IOTSIG_API uint64_t iotsig_learned_captures(const struct iotsig_learned *learned);

/** How many traits it has. */
IOTSIG_API size_t iotsig_learned_count(const struct iotsig_learned *learned);

/** Trait `i`: first the mandatory ones, by weight, heaviest first; then the optional ones, by
 * support; then the forbidden ones, in the order in which they were added. Equals by family and
 * text. */
IOTSIG_API void iotsig_learned_trait(const struct iotsig_learned *learned, size_t i,
                                     struct iotsig_trait *trait);

/** The sum of all weights, in hundredths of a bit; 0: it matches nothing. */
IOTSIG_API uint64_t iotsig_learned_weight(const struct iotsig_learned *learned);

/** The coverage from which it matches. */
IOTSIG_API struct iotsig_ratio iotsig_learned_min_coverage(const struct iotsig_learned *learned);

/** The options that it was learned with; `families` belongs to it. */
IOTSIG_API void iotsig_learned_options(const struct iotsig_learned *learned,
                                       struct iotsig_learn_options *options);

/** The longest of its captures, in nanoseconds; 0: not known. */
IOTSIG_API int64_t iotsig_learned_duration(const struct iotsig_learned *learned);

/** Capture `i` that it was learned from, or that was left out; false at the end. */
IOTSIG_API bool iotsig_learned_origin(const struct iotsig_learned *learned, size_t i,
                                      struct iotsig_origin *origin);

/** How many other events, and captures of these, it was learned against. */
IOTSIG_API void iotsig_learned_against(const struct iotsig_learned *learned, uint64_t *events,
                                       uint64_t *captures);

/** Other event `i` of its group, bytewise by name; NULL at the end. */
IOTSIG_API const char *iotsig_learned_group(const struct iotsig_learned *learned, size_t i);

/** Whether both are of one group, or the same. */
IOTSIG_API bool iotsig_learned_is_akin(const struct iotsig_learned *a,
                                       const struct iotsig_learned *b);

/**
 * Whether a feature says that the device is another one: a name of a slot in which the signature
 * has a mandatory feature, and that is none of its mandatory and optional ones.
 */
IOTSIG_API bool iotsig_learned_contradicts(const struct iotsig_learned *learned, const char *family,
                                           const char *text);

/** Warning `i`: why it should not be trusted much; NULL at the end. */
IOTSIG_API const char *iotsig_learned_warning(const struct iotsig_learned *learned, size_t i);

/** That a signature would match what has just the features of another one. */
struct iotsig_collision {
    const struct iotsig_learned *features; /**< what has these, ... */
    const struct iotsig_learned *matches;  /**< ... this one matches too */
    bool always;                  /**< the mandatory ones are enough; else the optional ones too */
    struct iotsig_ratio coverage; /**< of the one that matches */
};

/**
 * Finds all collisions in a library, in the order of events. Anything but 0 that `found` answers
 * ends it, and is answered.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int
iotsig_library_collide(const struct iotsig_library *library, struct iotsig_context *context,
                       int (*found)(void *user, const struct iotsig_collision *collision),
                       void *user, struct iotsig_error *error);

/* Matching. */

/** A capture, or its features, ready to be matched with the signatures of one library. */
struct iotsig_probe;

/** @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_probe_new(struct iotsig_probe **out, struct iotsig_context *context,
                                const struct iotsig_library *library,
                                const struct iotsig_features *features, struct iotsig_error *error);

/** The same of capture `i` of a corpus. */
IOTSIG_API int iotsig_probe_of(struct iotsig_probe **out, struct iotsig_context *context,
                               const struct iotsig_library *library,
                               const struct iotsig_corpus *corpus, size_t i,
                               struct iotsig_error *error);

/** What a signature says of a capture. */
struct iotsig_match {
    const struct iotsig_learned *learned;
    struct iotsig_ratio coverage; /**< of its mandatory weight, reduced; 0 where it has none */
    /** A forbidden feature that is there, or a name that says that it is another product; or NULL.
     */
    const char *forbidden_family, *forbidden;
    bool matches;
};

/** For signature `i` of the library. */
IOTSIG_API void iotsig_probe_match(const struct iotsig_probe *probe, size_t i,
                                   struct iotsig_match *match);

/** Whether the capture has trait `trait` of signature `i`. */
IOTSIG_API bool iotsig_probe_has(const struct iotsig_probe *probe, size_t i, size_t trait);

/** What a capture is identified as. */
struct iotsig_identity {
    const struct iotsig_learned
        *event;  /**< NULL: unknown, or one of several, which `ties` counts */
    size_t ties; /**< signatures of the same highest coverage: iotsig_probe_tie(); 0: unknown */
    struct iotsig_ratio coverage; /**< the highest of a match; 0: unknown */
    /** The traffic is that of several, and only one of these was learned from this very device. */
    bool by_device;
};

IOTSIG_API void iotsig_probe_identify(const struct iotsig_probe *probe,
                                      struct iotsig_identity *identity);

/** Signature `i` < `ties` of those of the same highest coverage. */
IOTSIG_API const struct iotsig_learned *iotsig_probe_tie(const struct iotsig_probe *probe,
                                                         size_t i);

/** NULL is allowed. */
IOTSIG_API void iotsig_probe_free(struct iotsig_probe *probe);

#ifdef __cplusplus
}
#endif

#endif
