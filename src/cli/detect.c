/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command detect. */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"

/* Frames between two looks at the progress line. */
#define PROGRESS_EVERY 65536

/* Set by a signal that ends the run as the end of the input would. */
static volatile sig_atomic_t is_stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopped = 1;
}

/* Those that end the run, and how they were handled before. */
static const int endings[] = {SIGINT, SIGTERM};

struct handling {
    struct sigaction before[sizeof endings / sizeof *endings];
};

/* Without SA_RESTART: who waits for input is woken. */
static void catch_signals(struct handling *handling)
{
    struct sigaction action = {.sa_handler = stop};
    is_stopped = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        sigaction(endings[i], &action, &handling->before[i]);
}

static void leave_signals(const struct handling *handling)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        sigaction(endings[i], &handling->before[i], NULL);
}

struct detecting {
    struct run *run;
    const char *input;
    struct iotsig_detector *detector;
    struct iotsig_detection_writer *writer;
    size_t seen;
    uint64_t frames;
    struct timespec last; /* when a frame came last */
    int status;           /* of the detector, or of the output */
    struct iotsig_error error;
};

static int tell(void *user, const struct iotsig_detection *detection)
{
    struct detecting *it = user;
    iotsig_detection_writer_put(it->writer, it->input, detection);
    it->seen++;
    cli_progress_clear(it->run);
    return it->run->settings.strict ? 0 : iotsig_output_flush(it->run->output, &it->error);
}

static int64_t since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - start->tv_sec) * 1000000000 + (now.tv_nsec - start->tv_nsec);
}

/* While there is nothing to read time goes on, and may make an event certain. */
static int idle(void *user)
{
    struct detecting *it = ((struct run *)user)->detecting;
    if (it != NULL && it->status == 0)
        it->status = iotsig_detector_idle(it->detector, since(&it->last), &it->error);
    return is_stopped != 0 || (it != NULL && it->status != 0);
}

static struct iotsig_wait wait_of(struct run *run)
{
    return (struct iotsig_wait){run->settings.follow, idle, run};
}

bool cli_open_live(struct run *run)
{
    const struct settings *settings = &run->settings;
    const struct iotsig_wait wait = wait_of(run);
    struct iotsig_error error;
    if (settings->interface == NULL)
        return true;
    if (iotsig_capture_live(&run->live, run->context, settings->interface, settings->options.filter,
                            &wait, &error) == 0)
        return cli_drop_root(run);
    cli_fail(run, &error);
    return false;
}

static void show_progress(struct detecting *it, const struct iotsig_capture *capture)
{
    struct iotsig_progress progress = {.path = it->input, .packets = it->frames};
    progress.position = iotsig_capture_position(capture, &progress.size);
    (void)cli_progress(it->run, &progress);
}

/* All frames of a capture; what ends the run is in it->status. */
static void read_frames(struct detecting *it, struct iotsig_capture *capture)
{
    struct iotsig_error error;
    struct iotsig_frame frame;
    int next = 0;
    while (is_stopped == 0 && it->status == 0 &&
           (next = iotsig_capture_next(capture, &frame, &error)) == 1) {
        it->status = iotsig_detector_push(it->detector, &frame, &it->error);
        clock_gettime(CLOCK_MONOTONIC, &it->last);
        if (++it->frames % PROGRESS_EVERY == 0)
            show_progress(it, capture);
    }
    cli_progress_clear(it->run);
    if (next < 0)
        cli_fail(it->run, &error);
    else if (next == 0 && is_stopped == 0 && iotsig_capture_is_cut(capture, &error))
        cli_warn(it->run, &error);
    if (it->status == 0)
        it->status = iotsig_detector_finish(it->detector, &it->error);
}

static void read_input(struct detecting *it, const char *path)
{
    struct run *run = it->run;
    const struct iotsig_wait wait = wait_of(run);
    struct iotsig_capture *capture;
    struct iotsig_error error;
    size_t before = it->seen;
    it->input = path;
    if (iotsig_capture_follow(&capture, run->context, path, run->settings.options.filter, &wait,
                              &error) != 0) {
        if (is_stopped == 0)
            cli_fail(run, &error);
        return;
    }
    read_frames(it, capture);
    iotsig_capture_close(capture);
    cli_note(run, "input %s: %zu events", path, it->seen - before);
}

/* Says what was lost: events may have been. */
static void tell_losses(struct detecting *it)
{
    struct iotsig_detect_losses losses;
    char text[200];
    iotsig_detector_losses(it->detector, &losses);
    if (losses.devices + losses.flows + losses.features + losses.names > 0) {
        snprintf(text, sizeof text,
                 "%llu devices, %llu flows, %llu features, and names %llu times, had to make room "
                 "(raise --max-devices or --max-flows)",
                 (unsigned long long)losses.devices, (unsigned long long)losses.flows,
                 (unsigned long long)losses.features, (unsigned long long)losses.names);
        cli_remark(it->run, NULL, text);
    }
    uint64_t lost = it->run->live != NULL ? iotsig_capture_lost(it->run->live) : 0;
    if (lost > 0) {
        snprintf(text, sizeof text, "%llu packets came too fast and were lost (see --filter)",
                 (unsigned long long)lost);
        cli_remark(it->run, it->input, text);
    }
}

static void read_all(struct detecting *it)
{
    struct run *run = it->run;
    const struct settings *settings = &run->settings;
    clock_gettime(CLOCK_MONOTONIC, &it->last);
    run->detecting = it;
    if (run->live != NULL) {
        it->input = settings->interface;
        read_frames(it, run->live);
    }
    for (int i = 0; i < settings->input_count && it->status == 0 && is_stopped == 0; i++)
        if (!cli_is_over(run))
            read_input(it, settings->inputs[i]);
    run->detecting = NULL;
    if (it->status != 0)
        cli_fail(run, &it->error);
    else
        tell_losses(it);
}

static bool start(struct detecting *it, const struct iotsig_library *library)
{
    struct run *run = it->run;
    const struct settings *settings = &run->settings;
    const struct iotsig_detect_options options = {.self = settings->features.self,
                                                  .families = settings->features.families,
                                                  .names = run->names,
                                                  .max_devices = settings->max_devices,
                                                  .max_flows = run->context_settings.max_flows};
    if (!cli_open_output(run))
        return false;
    if (iotsig_detection_writer_new(&it->writer, run->context, run->output, &run->style,
                                    &it->error) == 0 &&
        iotsig_detector_new(&it->detector, run->context, library, &options, tell, it, &it->error) ==
            0)
        return true;
    cli_fail(run, &it->error);
    return false;
}

static void perform_detect(struct run *run)
{
    const struct settings *settings = &run->settings;
    struct detecting it = {.run = run};
    struct handling handling;
    catch_signals(&handling);
    struct iotsig_library *library =
        cli_read_library(run, settings->signatures, settings->signature_count);
    if (library != NULL && start(&it, library)) {
        read_all(&it);
        iotsig_detector_free(it.detector);
        iotsig_detection_writer_free(it.writer);
        cli_close_output(run);
        if (it.seen == 0 && it.status == 0)
            cli_raise(run, EXIT_NOTHING);
    } else {
        iotsig_detection_writer_free(it.writer);
    }
    iotsig_library_free(library);
    leave_signals(&handling);
}

const struct command command_detect = {
    .name = "detect",
    .arguments = "INPUT...",
    .summary = "tell which events happen in traffic, as it comes",
    .description =
        "Reads captures one after the other, standard input, a file that grows, or with -i a "
        "network\n"
        "interface, and prints each event of the learned signatures when it has happened: which "
        "device\n"
        "it was, when, and how much of the signature was there.\n",
    .groups = GROUP_FORMAT | GROUP_SIGNATURES | GROUP_STREAM,
    .needs = NEEDS_STREAM,
    .inputs_min = 0,
    .inputs_max = INT_MAX,
    .perform = perform_detect};
