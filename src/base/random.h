/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that nobody can foresee. */
#ifndef IOTSIG_BASE_RANDOM_H
#define IOTSIG_BASE_RANDOM_H

#include <stddef.h>

/**
 * Fills `n` bytes from the kernel. Where it has none to give (an old one, a sandbox), the clock has to
 * do: what is made of them is then not the same every time, but may be foreseen.
 */
void iotsig_random(void *to, size_t n);

#endif
