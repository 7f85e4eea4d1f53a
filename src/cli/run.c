/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all commands do alike: messages, exit status, output, progress, reading the inputs. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

/* Seconds: nothing is shown before the first, and then not more often than the second. */
#define PROGRESS_AFTER 1.0
#define PROGRESS_EVERY 0.2

static const int rank[] = {[EXIT_DONE] = 0,  [EXIT_NOTHING] = 1, [EXIT_INPUT] = 2,
                           [EXIT_OUTPUT] = 3, [EXIT_RESOURCE] = 4, [EXIT_USAGE] = 5};

void cli_raise(struct run *run, enum exit_status status)
{
    if (rank[status] > rank[run->status])
        run->status = (int)status;
}

static enum exit_status meaning(int status)
{
    switch (status) {
    case IOTSIG_ERR_READ:
    case IOTSIG_ERR_FORMAT:
    case IOTSIG_ERR_UNSUPPORTED:
        return EXIT_INPUT;
    case IOTSIG_ERR_WRITE:
        return EXIT_OUTPUT;
    case IOTSIG_ERR_ARGUMENT:
        return EXIT_USAGE;
    case IOTSIG_ERR_EMPTY:
        return EXIT_NOTHING;
    case IOTSIG_ERR_CLOSED:
        return EXIT_DONE;
    default:
        return EXIT_RESOURCE;
    }
}

static void print(struct run *run, const char *kind, const struct iotsig_error *error)
{
    cli_progress_clear(run);
    fputs("iotsig: ", stderr);
    if (error->file[0] != '\0')
        fprintf(stderr, "%s:", error->file);
    if (error->position[0] != '\0')
        fprintf(stderr, "%s:", error->position);
    fprintf(stderr, "%s%s%s\n", error->file[0] != '\0' || error->position[0] != '\0' ? " " : "",
            kind, error->message);
}

/* What follows from being out of a resource, and that nothing is left where an input could not be
 * read, is not told again. */
static bool is_told(const struct run *run, const struct iotsig_error *error)
{
    return run->status == EXIT_RESOURCE ||
           (run->status == EXIT_INPUT && error->status == IOTSIG_ERR_EMPTY);
}

void cli_fail(struct run *run, const struct iotsig_error *error)
{
    if (error->status == IOTSIG_ERR_CLOSED || is_told(run, error))
        return;
    cli_raise(run, meaning(error->status));
    print(run, "", error);
}

void cli_fail_at(struct run *run, enum iotsig_status status, const char *place, const char *text)
{
    struct iotsig_error error;
    iotsig_error_set(&error, status, place, text);
    cli_fail(run, &error);
}

void cli_fail_memory(struct run *run)
{
    cli_fail_at(run, IOTSIG_ERR_MEMORY, NULL, "out of memory");
}

void cli_warn(struct run *run, const struct iotsig_error *warning)
{
    if (run->settings.strict)
        cli_raise(run, EXIT_INPUT);
    if (!run->settings.quiet || run->settings.strict) /* a failure is always told */
        print(run, "warning: ", warning);
}

void cli_remark(struct run *run, const char *place, const char *text)
{
    struct iotsig_error said;
    iotsig_error_set(&said, IOTSIG_OK, place, text);
    if (!run->settings.quiet)
        print(run, "warning: ", &said);
}

void cli_note(struct run *run, const char *format, ...)
{
    va_list arguments;
    if (!run->settings.verbose)
        return;
    cli_progress_clear(run);
    fputs("iotsig: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

bool cli_is_over(const struct run *run)
{
    return run->status == EXIT_RESOURCE || run->status == EXIT_OUTPUT ||
           run->status == EXIT_USAGE ||
           (run->settings.strict && run->status == EXIT_INPUT);
}

/* Output. */

static unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

bool cli_open_output(struct run *run)
{
    struct iotsig_error error;
    const struct settings *settings = &run->settings;
    bool standard = strcmp(settings->output, "-") == 0;
    bool terminal = standard && isatty(STDOUT_FILENO);

    run->style.format = terminal ? IOTSIG_FORMAT_TEXT : IOTSIG_FORMAT_JSON;
    if (settings->format != NULL) {
        if (iotsig_format_parse(&run->style.format, settings->format, &error) != 0) {
            cli_fail(run, &error);
            return false;
        }
    } else if (!standard) {
        (void)iotsig_format_of_path(&run->style.format, settings->output);
    }
    if (terminal) {
        run->style.width = terminal_width();
        run->style.colour = wants_colour();
    }
    if (iotsig_output_open(&run->output, run->context, settings->output, &error) != 0) {
        cli_fail(run, &error);
        return false;
    }
    return true;
}

void cli_close_output(struct run *run)
{
    struct iotsig_error error;
    cli_progress_clear(run);
    if (cli_is_over(run))
        iotsig_output_free(run->output);
    else if (iotsig_output_commit(run->output, &error) != 0)
        cli_fail(run, &error);
    run->output = NULL;
}

void cli_end_output(struct run *run, int status, const struct iotsig_error *error, bool nothing)
{
    if (status != 0)
        cli_fail(run, error);
    cli_close_output(run);
    if (nothing)
        cli_raise(run, EXIT_NOTHING);
}

/* Inputs. */

static int report(void *user, const struct iotsig_error *what)
{
    struct run *run = user;
    if (what->status == IOTSIG_OK)
        cli_warn(run, what);
    else
        cli_fail(run, what);
    return cli_is_over(run);
}

static bool is_reported(int status)
{
    return status == IOTSIG_ERR_READ || status == IOTSIG_ERR_FORMAT ||
           status == IOTSIG_ERR_UNSUPPORTED;
}

void cli_read_input(struct run *run, struct iotsig_patterns *patterns, int input)
{
    struct iotsig_error error;
    size_t before = iotsig_patterns_count(patterns);
    int status = iotsig_patterns_read(patterns, run->settings.inputs[input], report, run, &error);
    if (status != 0 && !is_reported(status))
        cli_fail(run, &error);
    for (size_t i = before; i < iotsig_patterns_count(patterns); i++)
        cli_note(run, "input %zu: %zu flows", i + 1,
                 iotsig_pattern_count(iotsig_patterns_get(patterns, i)));
    cli_progress_clear(run);
}

struct iotsig_patterns *cli_new_patterns(struct run *run, bool shared_names)
{
    struct iotsig_patterns *patterns;
    struct iotsig_error error;
    if (iotsig_patterns_new(&patterns, run->context, &run->settings.options, shared_names,
                            &error) == 0)
        return patterns;
    cli_fail(run, &error);
    return NULL;
}

void cli_with_patterns(struct run *run, bool shared_names,
                       void (*use)(struct run *run, struct iotsig_patterns *patterns))
{
    struct iotsig_patterns *patterns = cli_new_patterns(run, shared_names);
    if (patterns == NULL)
        return;
    for (int i = 0; i < run->settings.input_count && !cli_is_over(run); i++)
        cli_read_input(run, patterns, i);
    if (!cli_is_over(run))
        use(run, patterns);
    iotsig_patterns_free(patterns);
}

/* Progress. */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* "1.2 G": with the letter that leaves less than four digits in front. */
static void print_amount(double amount)
{
    static const char letters[] = {' ', 'k', 'M', 'G', 'T', 'P'};
    size_t i = 0;
    while (amount >= 1000 && i + 1 < sizeof letters) {
        amount /= 1000;
        i++;
    }
    fprintf(stderr, i == 0 ? "%.0f%c" : "%.1f %c", amount, letters[i]);
}

static void draw(struct run *run, const struct iotsig_progress *progress, double seconds)
{
    double bytes = (double)progress->position, size = (double)progress->size;
    fputs("\r\033[K", stderr);
    print_amount(bytes);
    if (progress->size > 0) {
        fputs("B of ", stderr);
        print_amount(size);
    }
    fputs("B, ", stderr);
    print_amount((double)progress->packets);
    fputs(" packets, ", stderr);
    print_amount((double)progress->packets / seconds);
    fputs("/s", stderr);
    if (progress->size > 0 && bytes > 0 && bytes <= size)
        fprintf(stderr, ", %.0f s left", seconds * (size - bytes) / bytes);
    run->progress.shown = true;
}

int cli_progress(void *user, const struct iotsig_progress *progress)
{
    struct run *run = user;
    double time = now();
    if (progress->packets < 100000) /* a new input */
        run->progress.started = run->progress.started == 0 ? time : run->progress.started;
    double seconds = time - run->progress.started;
    if (!run->progress.wanted || seconds < PROGRESS_AFTER ||
        time - run->progress.printed < PROGRESS_EVERY)
        return 0;
    run->progress.printed = time;
    draw(run, progress, seconds);
    return 0;
}

void cli_progress_clear(struct run *run)
{
    if (run->progress.shown)
        fputs("\r\033[K", stderr);
    run->progress.shown = false;
}
