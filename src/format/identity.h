/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written alike of what captures are identified as, and of what is seen in traffic. */
#ifndef IOTSIG_FORMAT_IDENTITY_H
#define IOTSIG_FORMAT_IDENTITY_H

#include "base/ratio.h"
#include "format/cells.h"

/** A fraction in quotes. */
void iotsig_put_quoted_ratio(struct iotsig_output *output, struct iotsig_ratio ratio);

/** Family and text of a feature, as a JSON string. */
void iotsig_put_feature(struct iotsig_output *output, const char *family, const char *text);

/** "97.5 %" */
void iotsig_cell_add_share(struct cell *cell, struct iotsig_ratio share);

#endif
