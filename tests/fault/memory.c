/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one command line of the program again and again; each time another allocation fails: first
 * that one alone, then it and all behind it. Every run must end with "out of a resource" and give
 * all memory back. When nothing fails, the run must do what is asked, perhaps with nothing to show
 * for it. Prints how many allocations there are, and how many runs failed: the keys of hashes are
 * random, so not each run allocates as often.
 *
 * usage: memory WORD...
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct meter {
    size_t asked;   /* allocations asked for so far */
    size_t fail_at; /* this one fails; 0: none */
    bool lasting;   /* and all behind it */
    size_t held;    /* not given back yet */
    pthread_mutex_t lock;
};

static void *resize_counted(struct meter *meter, void *memory, size_t size)
{
    if (size == 0) {
        meter->held -= memory != NULL;
        free(memory);
        return NULL;
    }
    meter->asked++;
    if (meter->fail_at != 0 &&
        (meter->asked == meter->fail_at || (meter->lasting && meter->asked > meter->fail_at)))
        return NULL;
    void *got = realloc(memory, size);
    if (memory == NULL && got != NULL) {
        meter->held++;
        memset(got, 0xa5, size); /* what is not set is no zero by luck */
    }
    return got;
}

/* Any thread may ask. */
static void *resize(void *user, void *memory, size_t size)
{
    struct meter *meter = user;
    pthread_mutex_lock(&meter->lock);
    void *got = resize_counted(meter, memory, size);
    pthread_mutex_unlock(&meter->lock);
    return got;
}

static int run(struct meter *meter, int argc, char **argv)
{
    const struct iotsig_allocator allocator = {resize, meter};
    meter->asked = meter->held = 0;
    return iotsig_cli(argc, argv, &allocator);
}

static int complain(const struct meter *meter, int status)
{
    printf("allocation %zu%s fails: status %d, %zu not freed\n", meter->fail_at,
           meter->lasting ? " and all behind it" : "", status, meter->held);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct meter meter = {.lock = PTHREAD_MUTEX_INITIALIZER};
    size_t failures = 0;
    int status = run(&meter, argc, argv), good = status;
    if ((good != EXIT_DONE && good != EXIT_NOTHING) || meter.held != 0)
        return complain(&meter, status);
    for (int lasting = 0; lasting < 2; lasting++) {
        meter.lasting = lasting != 0;
        for (meter.fail_at = 1;; meter.fail_at++) {
            status = run(&meter, argc, argv);
            bool failed = meter.asked >= meter.fail_at;
            if (status != (failed ? EXIT_RESOURCE : good) || meter.held != 0)
                return complain(&meter, status);
            if (!failed)
                break;
            failures++;
        }
    }
    printf("%zu allocations, %zu runs that failed\n", meter.asked, failures);
    return EXIT_SUCCESS;
}
