/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/evaluate.h - how good the signatures are that a corpus gives: each capture is tested with
 * signatures that were learned without it.
 *
 * Captures of an event are dealt out to folds in turn, in an order that a seed decides; signatures
 * are learned from all folds but one, and tested with that one. Or some captures are for learning,
 * and others for testing. Besides, each event is left out in turn, and its captures are tested with
 * the signatures of all others: nothing should claim them (the open set).
 *
 * This is done in tasks, which do not depend on each other: several threads may run them at once,
 * each with a context of its own, and results are the same in any order, and for any order in which
 * captures were added to the corpus.
 */
#ifndef IOTSIG_EVALUATE_H
#define IOTSIG_EVALUATE_H

#include "iotsig/learn.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How it is done. Start from IOTSIG_EVALUATE_DEFAULT. */
struct iotsig_evaluate_options {
    struct iotsig_learn_options learn;
    uint32_t folds; /**< 5; at least 2 */
    uint64_t seed;  /**< 1 */
    /** So many captures of other events, which the seed chooses from those that are learned from,
     * are said to be of each event, too: how much do errors in the corpus harm? 0 */
    uint32_t foreign;
};

/* clang-format off */
#define IOTSIG_EVALUATE_DEFAULT {IOTSIG_LEARN_DEFAULT, 5, 1, 0}
/* clang-format on */

struct iotsig_evaluation;

/**
 * Deals out the captures of a corpus, which must outlive the evaluation and not change.
 * @param test  for each capture of the corpus, whether it is tested with and not learned from;
 * NULL: each is tested with in its turn. Foreign captures (without an event) are always learned
 * against
 * @return 0; IOTSIG_ERR_ARGUMENT: an option; IOTSIG_ERR_EMPTY: nothing to learn from, or to test
 * with; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_evaluation_new(struct iotsig_evaluation **out, struct iotsig_context *context,
                                     const struct iotsig_corpus *corpus, const bool *test,
                                     const struct iotsig_evaluate_options *options,
                                     struct iotsig_error *error);

/** How many folds there are; 0: captures to test with were given. */
IOTSIG_API uint32_t iotsig_evaluation_folds(const struct iotsig_evaluation *evaluation);

/** How many tasks there are. */
IOTSIG_API size_t iotsig_evaluation_tasks(const struct iotsig_evaluation *evaluation);

/**
 * Runs task `i` < iotsig_evaluation_tasks(). Each must be run once before results are asked for.
 * @param context  of the thread; it must outlive the evaluation
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_evaluation_run(struct iotsig_evaluation *evaluation, size_t i,
                                     struct iotsig_context *context, struct iotsig_error *error);

/** NULL is allowed. */
IOTSIG_API void iotsig_evaluation_free(struct iotsig_evaluation *evaluation);

/* Results. */

/** A share, and the 95 % interval of Wilson's score ("Probable inference", 1927). */
struct iotsig_share {
    uint64_t part, whole;
    double value, low, high; /**< of an empty whole 0, 0 and 1 */
};

IOTSIG_API struct iotsig_share iotsig_share_of(uint64_t part, uint64_t whole);

struct iotsig_scores {
    struct iotsig_share recall; /**< captures that the signature of their own event matches */
    struct iotsig_share false_positives; /**< pairs of a capture and another event's signature */
    struct iotsig_share outside_groups;  /**< of these, the events not declared a group */
    struct iotsig_share identification;  /**< captures that are identified as their event */
    struct iotsig_share by_traffic; /**< of these, those without a look at the device's address */
    /** As their event, or as others, one or several equally well, that are declared its group. */
    struct iotsig_share group_identification;
    struct iotsig_share open_set; /**< captures that some signature claims, their event left out */
    uint64_t events;              /**< that have captures to learn from */
    uint64_t signatures; /**< of these, learned from all captures, with a mandatory feature */
};

IOTSIG_API void iotsig_evaluation_scores(const struct iotsig_evaluation *evaluation,
                                         struct iotsig_scores *scores);

/** How many events there are, in the order of their names. */
IOTSIG_API size_t iotsig_evaluation_events(const struct iotsig_evaluation *evaluation);

/** The name of an event. */
IOTSIG_API const char *iotsig_evaluation_event_name(const struct iotsig_evaluation *evaluation,
                                                    size_t i);

/** What became of an event's captures. */
struct iotsig_event_score {
    const char *event;
    bool has_signature; /**< learned from all captures, with a mandatory feature */
    uint64_t captures;  /**< tested with */
    uint64_t recalled, identified, group_identified, claimed; /**< `claimed`: of the open set */
    uint64_t falsely; /**< captures of other events that its signature matches */
};

IOTSIG_API void iotsig_evaluation_event(const struct iotsig_evaluation *evaluation, size_t i,
                                        struct iotsig_event_score *score);

/** As what a capture is identified, other than the number of an event. */
#define IOTSIG_AS_UNKNOWN SIZE_MAX       /**< no signature matches */
#define IOTSIG_AS_SEVERAL (SIZE_MAX - 1) /**< several do, equally well */

/** How many captures of event `i` are identified as event `as`, or one of the above. */
IOTSIG_API uint64_t iotsig_evaluation_confusion(const struct iotsig_evaluation *evaluation,
                                                size_t i, size_t as);

/** What became of a capture that was tested. */
struct iotsig_verdict {
    size_t event, identified;                      /**< numbers of events, or IOTSIG_AS_... */
    bool matches;                                  /**< the signature of its own event */
    struct iotsig_ratio coverage;                  /**< of that; 0 where there is none */
    const char *forbidden_family, *forbidden_text; /**< why that does not match, or NULL */
};

/** False: capture `i` of the corpus was not tested. */
IOTSIG_API bool iotsig_evaluation_verdict(const struct iotsig_evaluation *evaluation, size_t i,
                                          struct iotsig_verdict *verdict);

/**
 * Mandatory feature `j` of its own event that a capture which this does not match lacks, heaviest
 * first; of the trait only family, text and weight are set. False at the end.
 */
IOTSIG_API bool iotsig_evaluation_missing(const struct iotsig_evaluation *evaluation, size_t i,
                                          size_t j, struct iotsig_trait *trait);

/** Whether the signature of event `event`, not its own, matches capture `i`. */
IOTSIG_API bool iotsig_evaluation_claims(const struct iotsig_evaluation *evaluation, size_t i,
                                         size_t event);

#ifdef __cplusplus
}
#endif

#endif
