/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IOTSIG_SIGNATURE_SIGNATURE_H
#define IOTSIG_SIGNATURE_SIGNATURE_H

#include "flow/patterns.h"
#include "iotsig/signature.h"

struct iotsig_signature {
    struct iotsig_context *context;
    struct iotsig_arena texts;
    struct provenance from;
    size_t capture_capacity;
    struct iotsig_pattern *pattern;
};

/** A signature without flows or captures. @return 0, IOTSIG_ERR_MEMORY */
int iotsig_signature_new(struct iotsig_signature **out, struct iotsig_context *context,
                         const char *name, int64_t timeout_ns, struct iotsig_error *error);

/** Appends the name of a capture; false when there is no memory. */
bool iotsig_signature_add_capture(struct iotsig_signature *signature, const char *capture);

#endif
