/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/signature.h - the event signature: the flows that all patterns of one event have in
 * common (behaviour section 5).
 */
#ifndef IOTSIG_SIGNATURE_H
#define IOTSIG_SIGNATURE_H

#include "iotsig/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_signature;

/**
 * Extracts the signature of the patterns of a list, with the options of the list. Empty patterns
 * are left out. Flows add up; their times are absent.
 * @return 0; IOTSIG_ERR_EMPTY: no pattern holds a flow; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_signature_extract(struct iotsig_signature **out,
                                        const struct iotsig_patterns *patterns, const char *name,
                                        struct iotsig_error *error);

/** Its name; never NULL. */
IOTSIG_API const char *iotsig_signature_name(const struct iotsig_signature *signature);

/** Its flows; there may be none. */
IOTSIG_API const struct iotsig_pattern *
iotsig_signature_pattern(const struct iotsig_signature *signature);

/** The inputs it was made from: input `index`, NULL behind the last. */
IOTSIG_API const char *iotsig_signature_capture(const struct iotsig_signature *signature,
                                                size_t index);

/** The pause that ended its events, in nanoseconds; 0: none did. */
IOTSIG_API int64_t iotsig_signature_timeout(const struct iotsig_signature *signature);

/** NULL is allowed. */
IOTSIG_API void iotsig_signature_free(struct iotsig_signature *signature);

#ifdef __cplusplus
}
#endif

#endif
