/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials, for who writes them: what iotsig/firewall.h does not tell. */
#ifndef IOTSIG_DETECT_TRIAL_H
#define IOTSIG_DETECT_TRIAL_H

#include "base/context.h"
#include "iotsig/firewall.h"

const struct iotsig_context *iotsig_trial_context(const struct iotsig_trial *trial);

/** A capture as its path was given; NULL: there is none of this number. */
const char *iotsig_trial_capture(const struct iotsig_trial *trial, size_t index);

/** Whether chance decides about what is covered, by a probability between 0 and 1. */
bool iotsig_trial_is_random(const struct iotsig_trial *trial, double *probability);

#endif
