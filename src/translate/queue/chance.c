/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance: what matches is dropped CHANCE times of 2^32. */

#include <sys/random.h>
#include <time.h>

static uint64_t seed_of_thread(const void *own)
{
    uint64_t seed;
    struct timespec now;
    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return seed;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)(uintptr_t)own;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static bool is_hit(void)
{
    static __thread uint64_t state;
    static __thread bool is_seeded;
    if (!is_seeded) {
        state = seed_of_thread(&state);
        is_seeded = true;
    }
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) >> 32 < CHANCE;
}
