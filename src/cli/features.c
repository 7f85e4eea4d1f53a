/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command features. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "cli/cli.h"

/*
 * Captures are read by as many threads as -j says, each with a context of its own, and written in their order. A
 * thread is at most so many captures ahead of the one that is written next, so that few are held.
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
    struct job *items;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int next, written; /* captures that are taken; that are written */
    bool over;
};

static void read_capture(struct run *run, struct job *job, const char *path,
                         const struct iotsig_options *options)
{
    struct iotsig_context *context = job->context != NULL ? job->context : run->context;
    job->status = iotsig_features_read(&job->features, context, path, options,
                                       &run->settings.features, &job->error);
}

/* Writes what became of a capture; false when the output is of no use any more. */
static bool put_capture(struct run *run, struct iotsig_feature_writer *writer, const char *path,
                        const struct job *job, size_t *count)
{
    struct iotsig_error error;
    cli_progress_clear(run);
    if (job->status != 0) {
        cli_fail(run, &job->error);
        return true;
    }
    if (iotsig_features_failure(job->features, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_features_is_cut(job->features, &error))
        cli_warn(run, &error);
    *count += iotsig_features_count(job->features);
    int status = 0;
    if (!cli_is_over(run))
        status = iotsig_feature_writer_put(writer, path, job->features, &error);
    if (status == 0 && !run->settings.strict)
        status = iotsig_output_flush(run->output, &error);
    if (status != 0)
        cli_fail(run, &error);
    return status == 0;
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
    const struct settings *settings = &jobs->run->settings;
    int input = -1;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->over && jobs->next < settings->input_count &&
           jobs->next - jobs->written >= settings->jobs)
        pthread_cond_wait(&jobs->changed, &jobs->lock);
    if (!jobs->over && jobs->next < settings->input_count)
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
            read_capture(run, job, run->settings.inputs[input], &options);
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

static void tell(struct jobs *jobs, int written, bool over)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->written = written;
    jobs->over = over;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
}

/* Writes all captures in their order; `threads` 0: each is read when its turn comes. */
static void write_all(struct jobs *jobs, int threads, struct iotsig_feature_writer *writer)
{
    struct run *run = jobs->run;
    size_t count = 0;
    bool wanted = true;
    for (int i = 0; wanted && i < run->settings.input_count && !cli_is_over(run); i++) {
        if (threads > 0)
            wait_for(jobs, i);
        else
            read_capture(run, &jobs->items[i], run->settings.inputs[i], &run->settings.options);
        wanted = put_capture(run, writer, run->settings.inputs[i], &jobs->items[i], &count);
        free_job(&jobs->items[i]);
        tell(jobs, i + 1, !wanted || cli_is_over(run));
    }
    if (count == 0 && wanted)
        cli_raise(run, EXIT_NOTHING);
}

/* How many threads: not one alone; none where captures share names, which are one context's. */
static int threads_of(const struct run *run)
{
    const struct settings *settings = &run->settings;
    int most = settings->jobs < settings->input_count ? settings->jobs : settings->input_count;
    return most < 2 || run->names != NULL ? 0 : most;
}

static void write_with_threads(struct jobs *jobs, struct iotsig_feature_writer *writer)
{
    int wanted = threads_of(jobs->run), started = 0;
    pthread_t *threads = calloc((size_t)wanted + 1, sizeof *threads);
    if (threads == NULL) {
        cli_fail_memory(jobs->run);
        return;
    }
    while (started < wanted && pthread_create(&threads[started], NULL, work, jobs) == 0)
        started++;
    write_all(jobs, started, writer);
    tell(jobs, jobs->written, true);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static void perform_features(struct run *run)
{
    struct iotsig_feature_writer *writer;
    struct iotsig_error error;
    struct jobs jobs = {.run = run, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (!cli_open_output(run))
        return;
    if (iotsig_feature_writer_new(&writer, run->context, run->output, &run->style, &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    jobs.items = calloc((size_t)run->settings.input_count, sizeof *jobs.items);
    if (jobs.items == NULL)
        cli_fail_memory(run);
    else
        write_with_threads(&jobs, writer);
    for (int i = 0; jobs.items != NULL && i < run->settings.input_count; i++)
        free_job(&jobs.items[i]);
    free(jobs.items);
    iotsig_feature_writer_free(writer);
    cli_close_output(run);
}

const struct command command_features = {
    .name = "features",
    .arguments = "CAPTURE...",
    .summary = "print the features of captures that signatures are learned from",
    .description =
        "Reads captures, finds the device that each is of, and prints its features: whom it talks "
        "to\n"
        "and how, in texts that are the same for every unit of a product and in every home.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_FEATURES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_features};
