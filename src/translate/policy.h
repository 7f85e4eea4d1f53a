/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies as trees: from a flow, and to the record that is read as one.
 *
 * A profile's policy is a mapping (`protocols`, `bidirectional`), whether it stands in YAML or JSON.
 */
#ifndef IOTSIG_TRANSLATE_POLICY_H
#define IOTSIG_TRANSLATE_POLICY_H

#include <jansson.h>

#include "flow/pattern.h"
#include "iotsig/profile.h"

/** The policy of a flow; `same` as it was matched by, or NULL. To be freed with json_decref(). NULL when there is no memory. */
json_t *iotsig_policy_of(const struct iotsig_pattern *pattern, size_t index,
                         const struct iotsig_device *device, const struct iotsig_same_hosts *same);

/**
 * The flow record, as in a pattern file, of a policy. Each end has its fixed port, or port 0 for one
 * that is not known.
 * @return 0; IOTSIG_ERR_FORMAT: what cannot be a flow; IOTSIG_ERR_MEMORY
 */
int iotsig_policy_record(json_t *policy, const struct iotsig_device *device, json_t **record,
                         struct iotsig_error *error);

#endif
