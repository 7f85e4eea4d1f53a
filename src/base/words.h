/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of words such as "dhcp,ack", each of which stands for bits. */
#ifndef IOTSIG_BASE_WORDS_H
#define IOTSIG_BASE_WORDS_H

#include "base/text.h"

struct word {
    const char *text;
    unsigned bits;
};

/** The bits of all words of a list with commas; false: one is not among the `count` words. */
bool iotsig_words_parse(const char *list, const struct word *words, size_t count, unsigned *bits);

#endif
