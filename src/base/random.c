/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

/* Bytes that differ from call to call and from process to process. */
static void fill_from_clock(uint8_t *to, size_t n)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const struct iotsig_hash_key key = {(uint64_t)now.tv_nsec, (uint64_t)getpid()};
    for (size_t i = 0; i < n; i++) {
        uint64_t number = iotsig_hash(&key, &i, sizeof i);
        to[i] = (uint8_t)number;
    }
}

void iotsig_random(void *to, size_t n)
{
    uint8_t *at = to;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fill_from_clock(at, n);
            return;
        }
        at += got;
        n -= (size_t)got;
    }
}
