/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks that are done by several threads, and captures that are read so. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "cli/cli.h"

/*
 * Tasks are done by as many threads as -j says, each task with a context of its own, and handed
 * over in their order. Where there is one thread only, it does each when its turn comes.
 */

/* A task: waiting, being done, or done. */
struct job {
    struct iotsig_context *context; /* NULL: the run's */
    struct iotsig_error error;
    int status;
    bool done;
};

struct cli_workers {
    struct run *run;
    cli_task *task;
    void *user;
    struct job *jobs;
    size_t count, next, taken; /* jobs; those that threads have begun; that were handed over */
    size_t ahead;              /* at most so many are begun before they are handed over */
    bool over;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t *threads;
    size_t thread_count;
};

/* The number of a job to do; `count`: there is none, or nobody wants it. */
static size_t take(struct cli_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    while (!workers->over && workers->next < workers->count &&
           workers->next - workers->taken >= workers->ahead)
        pthread_cond_wait(&workers->changed, &workers->lock);
    size_t i = workers->over ? workers->count : workers->next;
    workers->next += i < workers->count;
    pthread_mutex_unlock(&workers->lock);
    return i;
}

static void *work(void *user)
{
    struct cli_workers *workers = user;
    for (size_t i; (i = take(workers)) < workers->count;) {
        struct job *job = &workers->jobs[i];
        job->status =
            iotsig_context_new(&job->context, &workers->run->context_settings, &job->error);
        if (job->status == 0)
            job->status = workers->task(workers->user, i, job->context, &job->error);
        pthread_mutex_lock(&workers->lock);
        job->done = true;
        pthread_cond_broadcast(&workers->changed);
        pthread_mutex_unlock(&workers->lock);
    }
    return NULL;
}

/* A job when it is done. */
static struct job *wait_for(struct cli_workers *workers, size_t i)
{
    struct job *job = &workers->jobs[i];
    if (workers->thread_count == 0) {
        job->status = workers->task(workers->user, i, workers->run->context, &job->error);
        return job;
    }
    pthread_mutex_lock(&workers->lock);
    while (!job->done)
        pthread_cond_wait(&workers->changed, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    return job;
}

static void tell(struct cli_workers *workers, size_t taken, bool over)
{
    pthread_mutex_lock(&workers->lock);
    workers->taken = taken;
    workers->over = over;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

/* Signals are for the thread that writes. */
static void start_threads(struct cli_workers *workers, size_t wanted)
{
    cli_block_signals(true);
    while (workers->thread_count < wanted &&
           pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0)
        workers->thread_count++;
    cli_block_signals(false);
}

/* NULL: no memory, which has been told. */
static struct cli_workers *start(struct run *run, size_t count, size_t threads, size_t ahead,
                                 cli_task *task, void *user)
{
    struct cli_workers *workers = calloc(1, sizeof *workers);
    threads = threads < count ? threads : count;
    if (workers != NULL) {
        *workers = (struct cli_workers){.run = run,
                                        .task = task,
                                        .user = user,
                                        .jobs = calloc(count + 1, sizeof *workers->jobs),
                                        .count = count,
                                        .ahead = ahead,
                                        .lock = PTHREAD_MUTEX_INITIALIZER,
                                        .changed = PTHREAD_COND_INITIALIZER,
                                        .threads = calloc(threads + 1, sizeof *workers->threads)};
    }
    if (workers == NULL || workers->jobs == NULL || workers->threads == NULL) {
        cli_workers_free(workers);
        cli_fail_memory(run);
        return NULL;
    }
    if (threads > 1)
        start_threads(workers, threads);
    return workers;
}

static void stop(struct cli_workers *workers)
{
    tell(workers, workers->taken, true);
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
}

static void let_go(struct job *job)
{
    iotsig_context_free(job->context);
    job->context = NULL;
}

void cli_workers_free(struct cli_workers *workers)
{
    if (workers == NULL)
        return;
    for (size_t i = 0; workers->jobs != NULL && i < workers->count; i++)
        let_go(&workers->jobs[i]);
    free(workers->jobs);
    free(workers->threads);
    free(workers);
}

bool cli_run_tasks(struct run *run, size_t count, cli_task *task, void *user,
                   struct cli_workers **workers)
{
    const struct job *job = NULL;
    *workers = start(run, count, (size_t)run->settings.jobs, count, task, user);
    if (*workers == NULL)
        return false;
    for (size_t i = 0; i < count && (job == NULL || job->status == 0); i++)
        job = wait_for(*workers, i);
    stop(*workers);
    if (job == NULL || job->status == 0)
        return true;
    cli_fail(run, &job->error);
    return false;
}

/* Captures. */

struct reading {
    struct run *run;
    const char *const *paths;
    struct iotsig_features **features;
};

static int read_capture(void *user, size_t i, struct iotsig_context *context,
                        struct iotsig_error *error)
{
    const struct reading *reading = user;
    const struct settings *settings = &reading->run->settings;
    struct iotsig_options options = settings->options;
    if (context != reading->run->context)
        options.progress = NULL; /* the line is one thread's */
    return iotsig_features_read(&reading->features[i], context, reading->paths[i], &options,
                                &settings->features, error);
}

/* Tells what there is to tell of a capture; false when there is nothing to use. */
static bool is_read(struct run *run, const struct job *job, const struct iotsig_features *features)
{
    struct iotsig_error error;
    cli_progress_clear(run);
    if (job->status != 0) {
        cli_fail(run, &job->error);
        return false;
    }
    if (iotsig_features_failure(features, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_features_is_cut(features, &error))
        cli_warn(run, &error);
    return !cli_is_over(run);
}

static void hand_over(struct cli_workers *workers, struct reading *reading,
                      cli_features_taker *take_features, void *user)
{
    bool wanted = true;
    for (size_t i = 0; wanted && i < workers->count && !cli_is_over(reading->run); i++) {
        struct job *job = wait_for(workers, i);
        if (is_read(reading->run, job, reading->features[i]))
            wanted = take_features(user, (int)i, reading->features[i]);
        iotsig_features_free(reading->features[i]);
        reading->features[i] = NULL;
        let_go(job);
        tell(workers, i + 1, false);
    }
}

void cli_read_features(struct run *run, const char *const *paths, int count,
                       cli_features_taker *take_features, void *user)
{
    struct reading reading = {run, paths, calloc((size_t)count + 1, sizeof *reading.features)};
    /* Names that are known beforehand are of one context. */
    size_t threads = run->names != NULL ? 1 : (size_t)run->settings.jobs;
    if (reading.features == NULL) {
        cli_fail_memory(run);
        return;
    }
    /* A thread is at most so many captures ahead of the one that is handed over next: few are held.
     */
    struct cli_workers *workers =
        start(run, (size_t)count, threads, threads, read_capture, &reading);
    if (workers != NULL) {
        hand_over(workers, &reading, take_features, user);
        stop(workers);
    }
    for (int i = 0; i < count; i++)
        iotsig_features_free(reading.features[i]);
    cli_workers_free(workers);
    free(reading.features);
}
