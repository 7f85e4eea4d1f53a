/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message that was hidden, decoded. */
#ifndef IOTSIG_APP_PLAIN_H
#define IOTSIG_APP_PLAIN_H

#include "base/bytes.h"

/** What is looked at of a message. */
#define PLAIN_MAX 4096

struct plain {
    size_t n;
    uint8_t bytes[PLAIN_MAX];
};

static inline struct bytes plain_bytes(const struct plain *plain)
{
    return (struct bytes){plain->bytes, plain->n};
}

#endif
