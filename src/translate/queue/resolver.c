/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the system's resolver for the addresses of names, again before each answer expires. */

#include <resolv.h>

#define DELAY_MOST 300 /* seconds between questions that are not answered */

struct lookup {
    size_t host; /* its place in `hosts` */
    int type;
    int64_t due, delay;
};

static struct lookup lookups[LOOKUP_COUNT];

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    bool ends;
} resolver = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void look_up(struct lookup *lookup)
{
    static uint8_t answer[65536]; /* there is one resolver */
    int n = res_query(hosts[lookup->host].name, 1, lookup->type, answer, sizeof answer);
    int64_t ttl = n > 0 ? learn(answer, least((size_t)n, sizeof answer)) : -1;
    if (ttl >= 0) {
        lookup->delay = 0;
        ttl -= ttl / 8; /* the next answer is there before this one expires */
    } else {
        lookup->delay = lookup->delay == 0 ? 1 : lookup->delay * 2;
        lookup->delay = lookup->delay > DELAY_MOST ? DELAY_MOST : lookup->delay;
        ttl = lookup->delay;
    }
    lookup->due = seconds_now() + (ttl < 1 ? 1 : ttl);
}

static struct lookup *next_lookup(void)
{
    struct lookup *next = lookups;
    for (size_t i = 1; i < LOOKUP_COUNT; i++)
        if (lookups[i].due < next->due)
            next = &lookups[i];
    return next;
}

static void *resolve(void *none)
{
    pthread_mutex_lock(&resolver.lock);
    while (!resolver.ends) {
        struct lookup *next = next_lookup();
        struct timespec until = {.tv_sec = (time_t)next->due};
        if (next->due > seconds_now()) {
            pthread_cond_timedwait(&resolver.wakes, &resolver.lock, &until);
            continue;
        }
        pthread_mutex_unlock(&resolver.lock);
        look_up(next);
        pthread_mutex_lock(&resolver.lock);
    }
    pthread_mutex_unlock(&resolver.lock);
    return none;
}

/* @return 0, or an error number */
static int start_resolver(void)
{
    pthread_condattr_t attributes;
    int failure = pthread_condattr_init(&attributes);
    if (failure != 0)
        return failure;
    failure = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (failure == 0)
        failure = pthread_cond_init(&resolver.wakes, &attributes);
    pthread_condattr_destroy(&attributes);
    return failure != 0 ? failure : pthread_create(&resolver.thread, NULL, resolve, NULL);
}

static void end_resolver(void)
{
    pthread_mutex_lock(&resolver.lock);
    resolver.ends = true;
    pthread_cond_signal(&resolver.wakes);
    pthread_mutex_unlock(&resolver.lock);
    pthread_join(resolver.thread, NULL);
}
