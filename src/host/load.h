/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of names inside a JSON file. */
#ifndef IOTSIG_HOST_LOAD_H
#define IOTSIG_HOST_LOAD_H

#include <jansson.h>

#include "iotsig/names.h"

/**
 * Adds `{"IP": {...}, "ALIAS": {...}}`; either may be absent.
 * @return 0, IOTSIG_ERR_FORMAT (a part may have been added), IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
int iotsig_names_load_tables(struct iotsig_names *names, json_t *root, struct iotsig_error *error);

#endif
