/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features of captures, read by several threads. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "cli/cli.h"

/*
 * Captures are read by as many threads as -j says, each with a context of its own, and handed over
 * in their order. A thread is at most so many captures ahead of the one that is handed over next,
 * so that few are held.
 */

/* A capture: waiting, being read, or read. */
struct job {
    struct iotsig_context *context; /* NULL: the run's */
    struct iotsig_features *features;
    struct iotsig_error error;
    int status;
    bool done;
};

struct jobs {
    struct run *run;
    const char *const *paths;
    int count;
    struct job *items;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int next, taken; /* captures that threads have begun; that were handed over */
    bool over;
};

static void read_capture(struct run *run, struct job *job, const char *path,
                         const struct iotsig_options *options)
{
    struct iotsig_context *context = job->context != NULL ? job->context : run->context;
    job->status = iotsig_features_read(&job->features, context, path, options,
                                       &run->settings.features, &job->error);
}

/* Tells what there is to tell of a capture; false when there is nothing to use. */
static bool is_read(struct run *run, const struct job *job)
{
    struct iotsig_error error;
    cli_progress_clear(run);
    if (job->status != 0) {
        cli_fail(run, &job->error);
        return false;
    }
    if (iotsig_features_failure(job->features, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_features_is_cut(job->features, &error))
        cli_warn(run, &error);
    return !cli_is_over(run);
}

static void free_job(struct job *job)
{
    iotsig_features_free(job->features);
    iotsig_context_free(job->context);
    job->features = NULL;
    job->context = NULL;
}

/* The number of a capture to read; -1: there is none, or nobody wants it. */
static int take(struct jobs *jobs)
{
    int input = -1, ahead = jobs->run->settings.jobs;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->over && jobs->next < jobs->count && jobs->next - jobs->taken >= ahead)
        pthread_cond_wait(&jobs->changed, &jobs->lock);
    if (!jobs->over && jobs->next < jobs->count)
        input = jobs->next++;
    pthread_mutex_unlock(&jobs->lock);
    return input;
}

static void *work(void *user)
{
    struct jobs *jobs = user;
    struct run *run = jobs->run;
    struct iotsig_options options = run->settings.options;
    options.progress = NULL; /* the line is one thread's */
    for (int input; (input = take(jobs)) >= 0;) {
        struct job *job = &jobs->items[input];
        job->status = iotsig_context_new(&job->context, &run->context_settings, &job->error);
        if (job->status == 0)
            read_capture(run, job, jobs->paths[input], &options);
        pthread_mutex_lock(&jobs->lock);
        job->done = true;
        pthread_cond_broadcast(&jobs->changed);
        pthread_mutex_unlock(&jobs->lock);
    }
    return NULL;
}

static void wait_for(struct jobs *jobs, int input)
{
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->items[input].done)
        pthread_cond_wait(&jobs->changed, &jobs->lock);
    pthread_mutex_unlock(&jobs->lock);
}

static void tell(struct jobs *jobs, int taken, bool over)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->taken = taken;
    jobs->over = over;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
}

/* Hands all captures over in their order; `threads` 0: each is read when its turn comes. */
static void hand_over(struct jobs *jobs, int threads, cli_features_taker *take_features, void *user)
{
    struct run *run = jobs->run;
    bool wanted = true;
    for (int i = 0; wanted && i < jobs->count && !cli_is_over(run); i++) {
        struct job *job = &jobs->items[i];
        if (threads > 0)
            wait_for(jobs, i);
        else
            read_capture(run, job, jobs->paths[i], &run->settings.options);
        if (is_read(run, job))
            wanted = take_features(user, i, job->features);
        free_job(job);
        tell(jobs, i + 1, !wanted || cli_is_over(run));
    }
}

/* How many threads: not one alone; none where captures share names, which are one context's. */
static int threads_of(const struct jobs *jobs)
{
    int jobs_wanted = jobs->run->settings.jobs,
        most = jobs_wanted < jobs->count ? jobs_wanted : jobs->count;
    return most < 2 || jobs->run->names != NULL ? 0 : most;
}

/* Answers how many there are. Signals are for the thread that writes. */
static int start_threads(pthread_t *threads, int wanted, void *(*start)(void *), void *user)
{
    int started = 0;
    cli_block_signals(true);
    while (started < wanted && pthread_create(&threads[started], NULL, start, user) == 0)
        started++;
    cli_block_signals(false);
    return started;
}

static void read_all(struct jobs *jobs, cli_features_taker *take_features, void *user)
{
    int wanted = threads_of(jobs), started = 0;
    pthread_t *threads = calloc((size_t)wanted + 1, sizeof *threads);
    if (threads == NULL) {
        cli_fail_memory(jobs->run);
        return;
    }
    started = start_threads(threads, wanted, work, jobs);
    hand_over(jobs, started, take_features, user);
    tell(jobs, jobs->taken, true);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

void cli_read_features(struct run *run, const char *const *paths, int count,
                       cli_features_taker *take_features, void *user)
{
    struct jobs jobs = {.run = run,
                        .paths = paths,
                        .count = count,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    jobs.items = calloc((size_t)count + 1, sizeof *jobs.items);
    if (jobs.items == NULL) {
        cli_fail_memory(run);
        return;
    }
    read_all(&jobs, take_features, user);
    for (int i = 0; i < count; i++)
        free_job(&jobs.items[i]);
    free(jobs.items);
}

/* Tasks. */

struct cli_workers {
    struct run *run;
    cli_task *task;
    void *user;
    size_t count, next;
    int status; /* of the first that failed */
    struct iotsig_error error;
    pthread_mutex_t lock;
    struct iotsig_context **contexts; /* of the threads; the first is the run's */
    int workers, joined;              /* `joined`: threads that took a context */
};

/* The number of a task to do; `count`: there is none, or one has failed. */
static size_t take_task(struct cli_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    size_t i = workers->status == 0 ? workers->next : workers->count;
    if (i < workers->count)
        workers->next++;
    pthread_mutex_unlock(&workers->lock);
    return i;
}

static void do_tasks(struct cli_workers *workers, struct iotsig_context *context)
{
    struct iotsig_error error;
    for (size_t i; (i = take_task(workers)) < workers->count;) {
        int status = workers->task(workers->user, i, context, &error);
        if (status == 0)
            continue;
        pthread_mutex_lock(&workers->lock);
        if (workers->status == 0)
            workers->error = error;
        workers->status = status;
        pthread_mutex_unlock(&workers->lock);
    }
}

static void *work_on_tasks(void *user)
{
    struct cli_workers *workers = user;
    pthread_mutex_lock(&workers->lock);
    struct iotsig_context *context = workers->contexts[workers->joined++];
    pthread_mutex_unlock(&workers->lock);
    do_tasks(workers, context);
    return NULL;
}

void cli_workers_free(struct cli_workers *workers)
{
    if (workers == NULL)
        return;
    for (int i = 0; workers->contexts != NULL && i < workers->workers; i++)
        iotsig_context_free(workers->contexts[i]);
    free(workers->contexts);
    free(workers);
}

/* Contexts of the threads beside this one. */
static int make_contexts(struct cli_workers *workers, int wanted)
{
    int status = 0;
    while (status == 0 && workers->workers < wanted) {
        status = iotsig_context_new(&workers->contexts[workers->workers],
                                    &workers->run->context_settings, &workers->error);
        workers->workers += status == 0;
    }
    return status;
}

/* Does all tasks in this thread and others; where no thread can be made, this one does them. */
static void do_all(struct cli_workers *workers)
{
    int started = 0;
    pthread_t *threads = calloc((size_t)workers->workers + 1, sizeof *threads);
    if (threads != NULL)
        started = start_threads(threads, workers->workers, work_on_tasks, workers);
    do_tasks(workers, workers->run->context);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

struct cli_workers *cli_run_tasks(struct run *run, size_t count, cli_task *task, void *user)
{
    int others = run->settings.jobs - 1;
    if (count == 0 || (size_t)others > count - 1)
        others = count == 0 ? 0 : (int)(count - 1);
    struct cli_workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL) {
        cli_fail_memory(run);
        return NULL;
    }
    *workers = (struct cli_workers){
        .run = run, .task = task, .user = user, .count = count, .lock = PTHREAD_MUTEX_INITIALIZER};
    workers->contexts = calloc((size_t)others + 1, sizeof *workers->contexts);
    if (workers->contexts == NULL) {
        cli_fail_memory(run);
    } else if ((workers->status = make_contexts(workers, others)) == 0) {
        do_all(workers);
    }
    if (workers->contexts != NULL && workers->status == 0)
        return workers;
    if (workers->status != 0)
        cli_fail(run, &workers->error);
    cli_workers_free(workers);
    return NULL;
}
