/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far the parsers may read. What calls them tells no length, so each thread remembers the
 * packet that it is looking at.
 */
#ifndef RUNTIME_COMMON_H
#define RUNTIME_COMMON_H

#include "base/bytes.h"

/** The thread looks at `n` bytes until runtime_leave(): a packet of a queue, or a message. */
void runtime_enter(const uint8_t *data, size_t n);
void runtime_leave(void);

/** The thread looks at a packet of a length that only its IP header tells, if it knows no better.
 */
void runtime_look(const uint8_t *packet);

/** What is at `p`, to the end of what the thread looks at; all that UDP could hold if `p` is
 * elsewhere: a copy that a program made, with room behind it. */
struct bytes runtime_bytes(const uint8_t *p);

/** The length of a packet as its IP header tells it, which must be there; at most `n`. */
size_t runtime_ip_length(struct bytes packet);

/** An allocated copy that ends in a NUL, and has "\000" for each NUL within. Ends the program when
 * there is no memory, like runtime_allocate(). */
char *runtime_text(struct bytes bytes);

/** Room for `count` things of `size` bytes, zeroed. */
void *runtime_allocate(size_t count, size_t size);

#endif
