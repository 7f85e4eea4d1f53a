/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into an interpreter: lets one allocation fail of those that are made from a range of
 * addresses, the extension's, so that the interpreter's own go on. tests/python/packages.py uses
 * it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What glibc itself calls them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void failing_begin(uintptr_t from, uintptr_t to, size_t number);
size_t failing_end(void);

static struct {
    uintptr_t from, to;
    size_t asked, fail_at;
} range;

/* The allocation of this number fails, from 0 on. */
void failing_begin(uintptr_t from, uintptr_t to, size_t number)
{
    range.from = from;
    range.to = to;
    range.asked = 0;
    range.fail_at = number;
}

/* How many there were. */
size_t failing_end(void)
{
    range.from = range.to = 0;
    return range.asked;
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    return at >= range.from && at < range.to && range.asked++ == range.fail_at;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}
