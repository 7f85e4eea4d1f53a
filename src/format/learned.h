/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What files of learned signatures are made of. */
#ifndef IOTSIG_FORMAT_LEARNED_H
#define IOTSIG_FORMAT_LEARNED_H

#include <jansson.h>

#include "iotsig/format.h"
#include "iotsig/learn.h"

#define LEARNED_KEY       "iotsig_signature"
#define LEARNED_VERSION   1
#define LEARNED_MANDATORY "mandatory"
#define LEARNED_OPTIONAL  "optional"
#define LEARNED_FORBIDDEN "must_not"
#define LEARNED_ENDING    ".json"

/** Whether a JSON object is a learned signature. */
bool iotsig_is_learned(const json_t *object);

/** Adds the signature of an object to a library. @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY */
int iotsig_learned_take(struct iotsig_library *library, json_t *object, struct iotsig_error *error);

#define BITS_TEXT   32
#define DIGEST_TEXT 65

/** "3.25": hundredths of bits. */
void iotsig_bits_text(char text[BITS_TEXT], uint64_t hundredths);

/** The digest of a capture's file, in hexadecimal; empty for one that could not be read again. */
void iotsig_digest_text(char text[DIGEST_TEXT], const struct iotsig_origin *origin);

#endif
