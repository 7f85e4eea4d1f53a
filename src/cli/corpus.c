/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of captures of known events. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* Captures to read, each with its event; the paths and names are the listings'. */
struct plan {
    struct run *run;
    struct iotsig_corpus *corpus;
    struct iotsig_listing **listings;
    size_t listing_count;
    const char **paths, **events;
    int count;
};

/* Opens a listing that the plan keeps; NULL when it cannot, which has been told. */
static struct iotsig_listing *list(struct plan *plan, const char *folder, bool folders)
{
    struct iotsig_listing *listing;
    struct iotsig_error error;
    struct iotsig_listing **grown =
        realloc(plan->listings, (plan->listing_count + 1) * sizeof *grown);
    if (grown == NULL) {
        cli_fail_memory(plan->run);
        return NULL;
    }
    plan->listings = grown;
    if (iotsig_listing_new(&listing, plan->run->context, folder, folders, &error) != 0) {
        cli_fail(plan->run, &error);
        return NULL;
    }
    plan->listings[plan->listing_count++] = listing;
    return listing;
}

static bool add_path(struct plan *plan, const char *path, const char *event)
{
    size_t size = ((size_t)plan->count + 1) * sizeof *plan->paths;
    const char **paths = realloc(plan->paths, size);
    if (paths != NULL)
        plan->paths = paths;
    const char **events = realloc(plan->events, size);
    if (events != NULL)
        plan->events = events;
    if (paths == NULL || events == NULL) {
        cli_fail_memory(plan->run);
        return false;
    }
    plan->paths[plan->count] = path;
    plan->events[plan->count++] = event;
    return true;
}

static void add_files(struct plan *plan, const char *folder, const char *event)
{
    struct iotsig_listing *files = list(plan, folder, false);
    for (size_t i = 0; files != NULL && i < iotsig_listing_count(files); i++)
        if (!add_path(plan, iotsig_listing_path(files, i), event))
            return;
}

/* The folders in a folder, each of the captures of an event, or of foreign ones. */
static void add_folders(struct plan *plan, const char *folder, bool foreign)
{
    struct iotsig_listing *folders = list(plan, folder, true);
    for (size_t i = 0; folders != NULL && i < iotsig_listing_count(folders); i++)
        add_files(plan, iotsig_listing_path(folders, i),
                  foreign ? NULL : iotsig_listing_name(folders, i));
}

static bool add_capture(void *user, int i, struct iotsig_features *features)
{
    struct plan *plan = user;
    struct iotsig_origin origin;
    struct iotsig_error error;
    int status = iotsig_origin_read(&origin, plan->paths[i], features, &error);
    if (status == 0)
        status = iotsig_corpus_add(plan->corpus, plan->events[i], features, &origin, &error);
    if (status != 0)
        cli_fail(plan->run, &error);
    return !cli_is_over(plan->run);
}

/* Reads what is planned, if the run is not over; `user` is of the taker. */
static bool read_plan(struct plan *plan, cli_features_taker *take, void *user)
{
    if (!cli_is_over(plan->run))
        cli_read_features(plan->run, plan->paths, plan->count, take, user);
    for (size_t i = 0; i < plan->listing_count; i++)
        iotsig_listing_free(plan->listings[i]);
    free(plan->listings);
    free(plan->paths);
    free(plan->events);
    return !cli_is_over(plan->run);
}

struct iotsig_corpus *cli_new_corpus(struct run *run)
{
    struct iotsig_corpus *corpus = NULL;
    struct iotsig_error error;
    if (iotsig_corpus_new(&corpus, run->context, &error) != 0)
        cli_fail(run, &error);
    return corpus;
}

bool cli_read_events(struct run *run, struct iotsig_corpus *corpus, const char *folder)
{
    struct plan plan = {.run = run, .corpus = corpus};
    add_folders(&plan, folder, false);
    if (plan.count == 0 && plan.listing_count > 0 && !cli_is_over(run))
        cli_fail_at(run, IOTSIG_ERR_READ, folder,
                    "holds no folder with captures (use DIR/EVENT/CAPTURE)");
    return read_plan(&plan, add_capture, &plan);
}

/* Plans captures, and the files in folders; `below`: also those in folders in them, as foreign
 * ones. */
static void add_inputs(struct plan *plan, const char *event, const char *const *paths, int count,
                       bool below)
{
    struct iotsig_error error;
    for (int i = 0; i < count && !cli_is_over(plan->run); i++) {
        int is_folder = iotsig_is_folder(paths[i], &error);
        if (is_folder < 0)
            cli_fail(plan->run, &error);
        else if (is_folder == 0)
            (void)add_path(plan, paths[i], event);
        else
            add_files(plan, paths[i], event);
        if (is_folder == 1 && below)
            add_folders(plan, paths[i], true);
    }
}

bool cli_read_captures(struct run *run, struct iotsig_corpus *corpus, const char *event,
                       const char *const *paths, int count)
{
    struct plan plan = {.run = run, .corpus = corpus};
    add_inputs(&plan, event, paths, count, event == NULL);
    return read_plan(&plan, add_capture, &plan);
}

bool cli_read_against(struct run *run, struct iotsig_corpus *corpus)
{
    const struct settings *settings = &run->settings;
    return settings->against_count == 0 ||
           cli_read_captures(run, corpus, NULL, settings->against, settings->against_count);
}

/* Captures that are handed over with their paths. */
struct handing {
    struct plan plan;
    cli_capture_taker *take;
    void *user;
};

static bool hand_over(void *user, int i, struct iotsig_features *features)
{
    struct handing *handing = user;
    return handing->take(handing->user, handing->plan.paths[i], features);
}

bool cli_read_each(struct run *run, const char *const *paths, int count, cli_capture_taker *take,
                   void *user)
{
    struct handing handing = {.plan = {.run = run}, .take = take, .user = user};
    add_inputs(&handing.plan, NULL, paths, count, false);
    return read_plan(&handing.plan, hand_over, &handing);
}
