/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/report.h - pages to look at: what a signature holds, and where it is in captures.
 *
 * A report is of one signature: a learned one (iotsig/learn.h), whose rows are features, or an
 * extracted one (iotsig/signature.h), whose rows are flows. Captures are added to it, and it is
 * written as HTML: a single file that loads nothing and runs nothing, whatever text the signature,
 * the captures and their names hold. The same report is the same bytes.
 *
 * An evaluation (iotsig/evaluate.h) becomes such a page, too.
 *
 * Memory follows the rows of the signature times the captures, and the names of hosts.
 */
#ifndef IOTSIG_REPORT_H
#define IOTSIG_REPORT_H

#include "iotsig/format.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_report;

/**
 * Reads the signature of a report: what iotsig_learned_write() or iotsig_signature_write() wrote, or
 * anything else that holds one pattern; "-" is standard input.
 * @param options  how flows are matched (`same_hosts`, `match_random_ports`); what it points to must
 * outlive the report. May be NULL
 * @return 0; IOTSIG_ERR_READ; IOTSIG_ERR_FORMAT, also for several signatures; IOTSIG_ERR_EMPTY: there is
 * none; IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_report_new(struct iotsig_report **out, struct iotsig_context *context,
                                 const char *path, const struct iotsig_options *options,
                                 struct iotsig_error *error);

/** The learned signature that it is of; NULL: it is of an extracted one. */
IOTSIG_API const struct iotsig_learned *iotsig_report_learned(const struct iotsig_report *report);

/** The pause that ended the events of an extracted signature, in nanoseconds; -1: it is not known. */
IOTSIG_API int64_t iotsig_report_timeout(const struct iotsig_report *report);

/** How many rows its signature has: features or flows. 0: it says nothing. */
IOTSIG_API size_t iotsig_report_rows(const struct iotsig_report *report);

/**
 * Adds a capture to the report of a learned signature. What is passed is copied. For the timeline,
 * features must have been read with `spells`.
 * @param name  what the page calls the capture
 * @return 0; IOTSIG_ERR_ARGUMENT: the signature is an extracted one; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_report_add_features(struct iotsig_report *report, const char *name,
                                          const struct iotsig_features *features,
                                          struct iotsig_error *error);

/**
 * Adds all patterns of a list, called as their inputs, to the report of an extracted signature. The
 * list must be of the report's context.
 * @return 0; IOTSIG_ERR_ARGUMENT: the signature is a learned one; IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_report_add_patterns(struct iotsig_report *report,
                                          const struct iotsig_patterns *patterns,
                                          struct iotsig_error *error);

/** Writes the page. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_report_write(const struct iotsig_report *report, struct iotsig_output *output,
                                   struct iotsig_error *error);

/**
 * Writes the page of an evaluation, with what iotsig_evaluation_write() writes. All its tasks have
 * been run; the corpus and options are those it was made of.
 */
IOTSIG_API void iotsig_evaluation_page(const struct iotsig_evaluation *evaluation,
                                       const struct iotsig_corpus *corpus,
                                       const struct iotsig_evaluate_options *options,
                                       struct iotsig_output *output);

/** NULL is allowed. */
IOTSIG_API void iotsig_report_free(struct iotsig_report *report);

#ifdef __cplusplus
}
#endif

#endif
