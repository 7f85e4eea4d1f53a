/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands about learned signatures: learn, identify, library, and extract --generalise. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* What is said of a signature, or of a capture (or NULL): it is no fault of an input. */
static void remark(struct run *run, const struct iotsig_learned *learned, const char *capture,
                   const char *text)
{
    const char *event = iotsig_learned_event(learned);
    char place[256];
    if (capture != NULL)
        snprintf(place, sizeof place, "%.120s/%.120s", event, capture);
    cli_remark(run, capture != NULL ? place : event, text);
}

static void tell_remarks(struct run *run, const struct iotsig_learned *learned)
{
    struct iotsig_origin origin;
    const char *warning;
    for (size_t i = 0; (warning = iotsig_learned_warning(learned, i)) != NULL; i++)
        remark(run, learned, NULL, warning);
    for (size_t i = 0; iotsig_learned_origin(learned, i, &origin); i++)
        if (origin.left_out != NULL)
            remark(run, learned, origin.name, origin.left_out);
    if (iotsig_learned_group(learned, 0) != NULL)
        remark(run, learned, NULL, "its traffic is not told apart from that of another event");
}

static struct iotsig_library *learn(struct run *run, const struct iotsig_corpus *corpus)
{
    struct iotsig_library *library = NULL;
    struct iotsig_error error;
    struct iotsig_learn_options options = run->settings.learn;
    options.families = run->settings.features.families;
    if (iotsig_learn(&library, run->context, corpus, NULL, &options, &error) != 0)
        cli_fail(run, &error);
    return library;
}

static void list_library(struct run *run, const struct iotsig_library *library)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    int status = iotsig_library_list(library, run->context, run->output, &run->style, &error);
    cli_end_output(run, status, &error, false);
}

static size_t count_useful(const struct iotsig_library *library)
{
    size_t useful = 0;
    for (size_t i = 0; i < iotsig_library_count(library); i++)
        useful += iotsig_learned_weight(iotsig_library_get(library, i)) > 0;
    return useful;
}

/* Writes the folder, and then prints what it holds. */
static void write_library(struct run *run, const struct iotsig_library *library)
{
    struct iotsig_error error;
    if (iotsig_library_write(library, run->context, run->settings.output, &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    run->settings.output = "-";
    list_library(run, library);
    if (count_useful(library) == 0)
        cli_raise(run, EXIT_NOTHING);
}

static void perform_learn(struct run *run)
{
    struct iotsig_corpus *corpus = cli_new_corpus(run);
    struct iotsig_library *library = NULL;
    if (corpus != NULL && cli_read_events(run, corpus, run->settings.inputs[0]) &&
        cli_read_against(run, corpus))
        library = learn(run, corpus);
    if (library != NULL) {
        for (size_t i = 0; i < iotsig_library_count(library); i++)
            tell_remarks(run, iotsig_library_get(library, i));
        write_library(run, library);
        cli_note(run, "%zu captures, %zu signatures", iotsig_corpus_count(corpus),
                 iotsig_library_count(library));
    }
    iotsig_library_free(library);
    iotsig_corpus_free(corpus);
}

const struct command command_learn = {
    .name = "learn",
    .arguments = "DIR",
    .summary = "learn signatures that are unique from folders of captures",
    .description =
        "Reads DIR/EVENT/CAPTURE..., and writes a signature of each event to a folder: the "
        "features\n"
        "that its captures have in common, weighted by how much they tell it from the others.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_FEATURES | GROUP_LEARN | GROUP_FOLDER,
    .needs = NEEDS_THREADS | NEEDS_FOLDER,
    .inputs_min = 1,
    .inputs_max = 1,
    .perform = perform_learn};

/* extract --generalise */

static void write_learned(struct run *run, const struct iotsig_learned *learned)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    int status = iotsig_learned_write(learned, run->context, run->output, &run->style, &error);
    cli_end_output(run, status, &error, iotsig_learned_weight(learned) == 0);
}

void cli_generalise(struct run *run)
{
    char name[NAME_MAX + 1];
    struct iotsig_corpus *corpus = cli_new_corpus(run);
    struct iotsig_library *library = NULL;
    cli_name(&run->settings, name, sizeof name);
    if (corpus != NULL &&
        cli_read_captures(run, corpus, name, run->settings.inputs, run->settings.input_count) &&
        cli_read_against(run, corpus))
        library = learn(run, corpus);
    if (library != NULL) {
        tell_remarks(run, iotsig_library_get(library, 0));
        write_learned(run, iotsig_library_get(library, 0));
    }
    iotsig_library_free(library);
    iotsig_corpus_free(corpus);
}

/* identify */

struct iotsig_library *cli_read_library(struct run *run, const char *const *paths, int count)
{
    struct iotsig_library *library = NULL;
    struct iotsig_error error;
    int status = iotsig_library_new(&library, run->context, &error);
    for (int i = 0; i < count && status == 0; i++)
        status = iotsig_library_read(library, paths[i], &error);
    if (status == 0)
        return library;
    cli_fail(run, &error);
    iotsig_library_free(library);
    return NULL;
}

struct identifying {
    struct run *run;
    const struct iotsig_library *library;
    struct iotsig_identity_writer *writer;
    size_t known;
    bool failed;
};

static bool identify(void *user, int i, struct iotsig_features *features)
{
    struct identifying *it = user;
    struct run *run = it->run;
    struct iotsig_identity identity;
    struct iotsig_probe *probe;
    struct iotsig_error error;
    int status = iotsig_probe_new(&probe, run->context, it->library, features, &error);
    if (status == 0) {
        iotsig_probe_identify(probe, &identity);
        it->known += identity.ties > 0;
        status = iotsig_identity_writer_put(it->writer, run->settings.inputs[i], it->library, probe,
                                            iotsig_features_self(features), &error);
        iotsig_probe_free(probe);
    }
    if (status == 0 && !run->settings.strict)
        status = iotsig_output_flush(run->output, &error);
    if (status != 0)
        cli_fail(run, &error);
    it->failed = status != 0;
    return status == 0;
}

static void identify_all(struct run *run, const struct iotsig_library *library)
{
    struct identifying it = {.run = run, .library = library};
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    if (iotsig_identity_writer_new(&it.writer, run->context, run->output, &run->style, &error) !=
        0) {
        cli_fail(run, &error);
        return;
    }
    cli_read_features(run, run->settings.inputs, run->settings.input_count, identify, &it);
    int status = iotsig_identity_writer_free(it.writer, &error);
    cli_end_output(run, status, &error, it.known == 0 && !it.failed);
}

static void perform_identify(struct run *run)
{
    const struct settings *settings = &run->settings;
    struct iotsig_library *library =
        cli_read_library(run, settings->signatures, settings->signature_count);
    if (library != NULL)
        identify_all(run, library);
    iotsig_library_free(library);
}

const struct command command_identify = {.name = "identify",
                                         .arguments = "CAPTURE...",
                                         .summary = "say which event each capture is of",
                                         .description =
                                             "Reads captures of one event each, and prints which "
                                             "of the learned signatures each matches\n"
                                             "best. What matches none is unknown.\n",
                                         .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_FEATURES |
                                                   GROUP_SIGNATURES,
                                         .needs = NEEDS_THREADS,
                                         .inputs_min = 1,
                                         .inputs_max = INT_MAX,
                                         .perform = perform_identify};

/* library */

static void check_library(struct run *run, const struct iotsig_library *library)
{
    struct iotsig_error error;
    size_t collisions = 0;
    if (!cli_open_output(run))
        return;
    int status =
        iotsig_library_check(library, run->context, run->output, &run->style, &collisions, &error);
    cli_end_output(run, status, &error, collisions > 0);
}

static void perform_library(struct run *run)
{
    static const struct {
        const char *word;
        void (*perform)(struct run *run, const struct iotsig_library *library);
    } words[] = {{"list", list_library}, {"check", check_library}, {"merge", write_library}};
    const struct settings *settings = &run->settings;
    size_t i = 0, count = sizeof words / sizeof *words;
    while (i < count && strcmp(settings->inputs[0], words[i].word) != 0)
        i++;
    bool merge = i + 1 == count, folder = strcmp(settings->output, "-") != 0;
    const char *wrong = i == count         ? "what to do? (give list, check or merge)"
                        : merge && !folder ? "where to? (give -o DIR)"
                                           : NULL;
    if (wrong != NULL) {
        cli_fail_at(run, IOTSIG_ERR_ARGUMENT, NULL, wrong);
        return;
    }
    struct iotsig_library *library =
        cli_read_library(run, settings->inputs + 1, settings->input_count - 1);
    if (library != NULL)
        words[i].perform(run, library);
    iotsig_library_free(library);
}

const struct command command_library = {
    .name = "library",
    .arguments = "list|check|merge SIGNATURES...",
    .summary = "list learned signatures, find collisions, put folders together",
    .description =
        "Works on learned signatures, files or folders of them. list prints a line for each; "
        "check\n"
        "finds those that would match what has just the features of another; merge writes all of\n"
        "them to one folder.\n",
    .groups = GROUP_FORMAT,
    .needs = NEEDS_FOLDER,
    .inputs_min = 2,
    .inputs_max = INT_MAX,
    .perform = perform_library};
