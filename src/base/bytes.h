/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door to untrusted bytes.
 *
 * A `struct bytes` is a borrowed view. A `struct cursor` reads through one from front to back. It
 * cannot be read past its end: a read that wants more than is left gives zeros, empties the
 * cursor and marks it failed, and it stays failed. So a parser is written straight down, and looks
 * at `failed` once at the end. Numbers are big-endian unless the name ends in `le`.
 */
#ifndef IOTSIG_BASE_BYTES_H
#define IOTSIG_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p;
    size_t n;
};

struct cursor {
    const uint8_t *p;
    size_t left;
    bool failed;
};

static inline struct cursor cursor_of(struct bytes bytes)
{
    return (struct cursor){bytes.p, bytes.n, false};
}

/** The next `n` bytes, and past them; when fewer are left: an empty view, and failed. */
static inline struct bytes cursor_take(struct cursor *c, size_t n)
{
    if (n > c->left) {
        c->left = 0;
        c->failed = true;
        return (struct bytes){c->p, 0};
    }
    struct bytes taken = {c->p, n};
    if (n > 0)
        c->p += n;
    c->left -= n;
    return taken;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
    (void)cursor_take(c, n);
}

/** A cursor of its own over the next `n` bytes; it starts failed when they are not there. */
static inline struct cursor cursor_sub(struct cursor *c, size_t n)
{
    struct bytes taken = cursor_take(c, n);
    return (struct cursor){taken.p, taken.n, c->failed};
}

/** Like cursor_take(), of at most what is left: never fails. */
static inline struct bytes cursor_take_most(struct cursor *c, size_t n)
{
    return cursor_take(c, n < c->left ? n : c->left);
}

/** What is left, without moving. */
static inline struct bytes cursor_rest(const struct cursor *c)
{
    return (struct bytes){c->p, c->left};
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    struct bytes b = cursor_take(c, 1);
    return b.n == 1 ? b.p[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    struct bytes b = cursor_take(c, 2);
    return b.n == 2 ? (uint16_t)((unsigned)b.p[0] << 8 | b.p[1]) : 0;
}

static inline uint32_t cursor_u24(struct cursor *c)
{
    struct bytes b = cursor_take(c, 3);
    return b.n == 3 ? (uint32_t)b.p[0] << 16 | (uint32_t)b.p[1] << 8 | b.p[2] : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    struct bytes b = cursor_take(c, 4);
    return b.n == 4 ? (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 | b.p[3]
                    : 0;
}

static inline uint64_t cursor_u48(struct cursor *c)
{
    struct bytes b = cursor_take(c, 6);
    return b.n == 6 ? (uint64_t)b.p[0] << 40 | (uint64_t)b.p[1] << 32 | (uint64_t)b.p[2] << 24 |
                          (uint64_t)b.p[3] << 16 | (uint64_t)b.p[4] << 8 | b.p[5]
                    : 0;
}

static inline uint16_t cursor_u16le(struct cursor *c)
{
    struct bytes b = cursor_take(c, 2);
    return b.n == 2 ? (uint16_t)((unsigned)b.p[1] << 8 | b.p[0]) : 0;
}

static inline uint32_t cursor_u32le(struct cursor *c)
{
    struct bytes b = cursor_take(c, 4);
    return b.n == 4 ? (uint32_t)b.p[3] << 24 | (uint32_t)b.p[2] << 16 | (uint32_t)b.p[1] << 8 | b.p[0]
                    : 0;
}

/** Copies `n` bytes out; `to` is cleared when they are not there. */
static inline void cursor_copy(struct cursor *c, void *to, size_t n)
{
    struct bytes b = cursor_take(c, n);
    if (b.n == n && n > 0)
        memcpy(to, b.p, n);
    else
        memset(to, 0, n);
}

/** Where `byte` is first; `b.n` when it is not there. */
static inline size_t bytes_find(struct bytes b, uint8_t byte)
{
    const uint8_t *found = b.n == 0 ? NULL : memchr(b.p, byte, b.n);
    return found == NULL ? b.n : (size_t)(found - b.p);
}

/** Whether the next bytes are `text`; does not move. */
static inline bool bytes_start_with(struct bytes b, const char *text, size_t n)
{
    return b.n >= n && memcmp(b.p, text, n) == 0;
}

#endif
