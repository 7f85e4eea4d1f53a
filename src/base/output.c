/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How it works: bytes gather in one buffer. A file output drains it with write(2) into a file
 * under a temporary name; a memory output lets it grow. The first failure is kept as an errno and
 * reported by flush and commit, so that writers need no check after each piece.
 */
#define _GNU_SOURCE
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "base/random.h"
#include "base/temporary.h"

#define BUFFER_SIZE ((size_t)64 * 1024)

/* A hidden file next to the final one; the last letters are replaced by random ones. */
#define TEMPORARY_NAME   ".iotsig-xxxxxxxx"
#define TEMPORARY_RANDOM 8
#define TEMPORARY_PREFIX (sizeof TEMPORARY_NAME - 1 - TEMPORARY_RANDOM)

struct iotsig_output {
    struct iotsig_context *context;
    const struct iotsig_allocator *allocator;
    char *buffer;
    size_t used, capacity;
    int fd;       /* -1: memory */
    int failure;  /* an errno; 0: none */
    bool quoting; /* inside a quoted CSV field */
    bool begun;   /* something was put */
    char *path;   /* as given; NULL: memory */
    char *final;  /* where the file goes, links followed; NULL: written to directly */
    char *temporary;
    struct temporary entry; /* of it, for signal handlers */
};

static int output_new(struct iotsig_output **out, struct iotsig_context *context,
                      struct iotsig_error *error)
{
    struct iotsig_output *output = iotsig_memory_get(&context->allocator, sizeof *output);
    if (output == NULL)
        return iotsig_fail_memory(error);
    *output =
        (struct iotsig_output){.context = context, .allocator = &context->allocator, .fd = -1};
    if (!iotsig_array_grow(output->allocator, &output->buffer, &output->capacity, BUFFER_SIZE, 1)) {
        iotsig_output_free(output);
        return iotsig_fail_memory(error);
    }
    *out = output;
    return IOTSIG_OK;
}

static char *join(const struct iotsig_allocator *allocator, const char *a, size_t n, const char *b)
{
    size_t m = strlen(b);
    char *joined = iotsig_memory_get(allocator, n + m + 1);
    if (joined != NULL) {
        memcpy(joined, a, n);
        memcpy(joined + n, b, m + 1);
    }
    return joined;
}

static int fail_errno(struct iotsig_error *error, int number, const char *what, const char *path)
{
    if (number == ENOMEM)
        return iotsig_fail_memory(error);
    iotsig_fail(error, IOTSIG_ERR_WRITE, "%s: %s", what, strerror(number));
    return iotsig_fail_in(error, IOTSIG_ERR_WRITE, path);
}

/* The file that `path` stands for: a link's target, so that the link itself stays. */
static char *resolve(const struct iotsig_allocator *allocator, const char *path)
{
    char target[PATH_MAX];
    const char *real = realpath(path, target);
    return join(allocator, real != NULL ? real : path, strlen(real != NULL ? real : path), "");
}

/* A name that is free in the folder, opened. A new file gets the mode of any new file, a replaced
 * one keeps its own. */
static int create_temporary(char *path, size_t folder, const struct stat *old)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
    int fd = -1;
    for (int tries = 0; tries < 100 && fd < 0; tries++) {
        uint8_t random[TEMPORARY_RANDOM];
        iotsig_random(random, sizeof random);
        for (size_t i = 0; i < sizeof random; i++)
            path[folder + TEMPORARY_PREFIX + i] = letters[random[i] % 32];
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    if (fd >= 0 && old != NULL)
        (void)fchmod(fd, old->st_mode & 07777);
    return fd;
}

static int open_temporary(struct iotsig_output *output, const char *path, const struct stat *old)
{
    output->final = resolve(output->allocator, path);
    if (output->final == NULL)
        return ENOMEM;
    const char *slash = strrchr(output->final, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - output->final) + 1;
    output->temporary = join(output->allocator, output->final, folder, TEMPORARY_NAME);
    if (output->temporary == NULL)
        return ENOMEM;
    output->fd = create_temporary(output->temporary, folder, old);
    if (output->fd < 0) {
        int number = errno;
        iotsig_memory_free(output->allocator, output->temporary);
        output->temporary = NULL;
        return number;
    }
    output->entry = (struct temporary){.path = output->temporary};
    iotsig_temporary_enter(output->context, &output->entry);
    return 0;
}

static int open_direct(struct iotsig_output *output, const char *path)
{
    output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return output->fd < 0 ? errno : 0;
}

int iotsig_output_open(struct iotsig_output **out, struct iotsig_context *context, const char *path,
                       struct iotsig_error *error)
{
    struct iotsig_output *output;
    int status = output_new(&output, context, error);
    if (status < 0)
        return status;

    int number = 0;
    bool standard = strcmp(path, "-") == 0;
    output->path = join(output->allocator, standard ? "standard output" : path,
                        strlen(standard ? "standard output" : path), "");
    if (output->path == NULL) {
        number = ENOMEM;
    } else if (standard) {
        output->fd = STDOUT_FILENO;
    } else {
        struct stat old;
        bool exists = stat(path, &old) == 0;
        if (exists && S_ISDIR(old.st_mode))
            number = EISDIR;
        else if (exists && !S_ISREG(old.st_mode))
            number = open_direct(output, path);
        else
            number = open_temporary(output, path, exists ? &old : NULL);
    }
    if (number != 0) {
        iotsig_output_free(output);
        return fail_errno(error, number, "cannot be written", path);
    }
    *out = output;
    return IOTSIG_OK;
}

int iotsig_output_memory(struct iotsig_output **out, struct iotsig_context *context,
                         struct iotsig_error *error)
{
    return output_new(out, context, error);
}

const char *iotsig_output_text(const struct iotsig_output *output, size_t *n)
{
    *n = output->used;
    return output->buffer;
}

static void write_all(struct iotsig_output *output, const char *bytes, size_t n)
{
    while (n > 0 && output->failure == 0) {
        ssize_t written = write(output->fd, bytes, n);
        if (written < 0 && errno != EINTR)
            output->failure = errno;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
}

static void drain(struct iotsig_output *output)
{
    write_all(output, output->buffer, output->used);
    output->used = 0;
}

static void put(struct iotsig_output *output, const char *bytes, size_t n)
{
    if (output->failure != 0)
        return;
    if (n > output->capacity - output->used) {
        if (output->fd < 0) {
            if (n > SIZE_MAX - output->used ||
                !iotsig_array_grow(output->allocator, &output->buffer, &output->capacity,
                                   output->used + n, 1)) {
                output->failure = ENOMEM;
                return;
            }
        } else {
            drain(output);
            if (n > output->capacity) {
                write_all(output, bytes, n);
                return;
            }
        }
    }
    if (n > 0)
        memcpy(output->buffer + output->used, bytes, n);
    output->used += n;
}

bool iotsig_output_is_empty(const struct iotsig_output *output)
{
    return !output->begun;
}

void iotsig_output_put(struct iotsig_output *output, const void *bytes, size_t n)
{
    output->begun = output->begun || n > 0;
    const char *rest = bytes, *quote;
    while (output->quoting && n > 0 && (quote = memchr(rest, '"', n)) != NULL) {
        size_t before = (size_t)(quote - rest);
        put(output, rest, before);
        put(output, "\"\"", 2);
        rest = quote + 1;
        n -= before + 1;
    }
    put(output, rest, n);
}

void iotsig_output_quote(struct iotsig_output *output, bool begin)
{
    output->quoting = begin;
    put(output, "\"", 1);
}

static int report(const struct iotsig_output *output, struct iotsig_error *error)
{
    if (output->failure == 0)
        return IOTSIG_OK;
    if (output->failure == EPIPE)
        return iotsig_fail(error, IOTSIG_ERR_CLOSED, "the reader of the output has gone");
    return fail_errno(error, output->failure, "cannot be written",
                      output->path != NULL ? output->path : "memory");
}

int iotsig_output_flush(struct iotsig_output *output, struct iotsig_error *error)
{
    if (output->fd >= 0)
        drain(output);
    return report(output, error);
}

/*
 * Makes the new name last as well: without this a crash may bring back the old file. Allocates
 * nothing, since the file is in its place already: the temporary name is cut to its folder.
 */
static void sync_folder(char *temporary)
{
    char *slash = strrchr(temporary, '/');
    if (slash != NULL)
        slash[1] = '\0';
    int fd = open(slash == NULL ? "." : temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static void finish_file(struct iotsig_output *output)
{
    if (output->temporary != NULL && output->failure == 0 && fsync(output->fd) != 0)
        output->failure = errno;
    if (output->fd > STDERR_FILENO && close(output->fd) != 0 && output->failure == 0)
        output->failure = errno;
    output->fd = -1;
    if (output->temporary == NULL || output->failure != 0)
        return;
    if (rename(output->temporary, output->final) != 0) {
        output->failure = errno;
        return;
    }
    iotsig_temporary_leave(output->context, &output->entry);
    sync_folder(output->temporary);
    iotsig_memory_free(output->allocator, output->temporary);
    output->temporary = NULL;
}

int iotsig_output_commit(struct iotsig_output *output, struct iotsig_error *error)
{
    if (output->fd >= 0) {
        drain(output);
        finish_file(output);
    }
    int status = report(output, error);
    iotsig_output_free(output);
    return status;
}

void iotsig_output_free(struct iotsig_output *output)
{
    if (output == NULL)
        return;
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    if (output->temporary != NULL) {
        iotsig_temporary_remove(&output->entry);
        iotsig_temporary_leave(output->context, &output->entry);
    }
    iotsig_memory_free(output->allocator, output->temporary);
    iotsig_memory_free(output->allocator, output->final);
    iotsig_memory_free(output->allocator, output->path);
    iotsig_memory_free(output->allocator, output->buffer);
    iotsig_memory_free(output->allocator, output);
}

void iotsig_put_number(struct iotsig_output *output, uint64_t value)
{
    char digits[20];
    iotsig_output_put(output, digits, (size_t)(iotsig_write_number(digits, value) - digits));
}

char *iotsig_write_time(char *at, struct iotsig_time time)
{
    const int64_t second = 1000000000;
    int64_t seconds = time.ns / second, rest = time.ns % second;
    if (time.ns < 0) {
        *at++ = '-';
        seconds = -seconds;
        rest = -rest;
    }
    at = iotsig_write_number(at, (uint64_t)seconds);
    *at++ = '.';
    int64_t unit = second / 10;
    for (int i = 0; i < time.digits; i++, unit /= 10)
        *at++ = (char)('0' + rest / unit % 10);
    return at;
}

void iotsig_put_time(struct iotsig_output *output, struct iotsig_time time)
{
    char text[IOTSIG_TIME_TEXT];
    iotsig_output_put(output, text, (size_t)(iotsig_write_time(text, time) - text));
}

void iotsig_put_json(struct iotsig_output *output, struct text text)
{
    static const char hex[] = "0123456789abcdef";
    struct bytes rest = {(const uint8_t *)text.p, text.n};

    put_string(output, "\"");
    while (rest.n > 0) {
        size_t plain = 0;
        while (plain < rest.n && is_printable(rest.p[plain]) && rest.p[plain] != '"' &&
               rest.p[plain] != '\\')
            plain++;
        iotsig_output_put(output, rest.p, plain);
        rest = (struct bytes){rest.p + plain, rest.n - plain};
        if (rest.n == 0)
            break;

        uint8_t c = rest.p[0];
        size_t n = iotsig_utf8_length(rest);
        bool c1_control = n == 2 && c == 0xc2 && rest.p[1] < 0xa0;
        if (c == '"' || c == '\\') {
            char escaped[2] = {'\\', (char)c};
            iotsig_output_put(output, escaped, 2);
        } else if (n == 1 || c1_control) {
            uint8_t code = rest.p[n - 1];
            char escaped[6] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
            iotsig_output_put(output, escaped, 6);
        } else if (n == 0) {
            put_string(output, "\xef\xbf\xbd"); /* U+FFFD */
            n = 1;
        } else {
            iotsig_output_put(output, rest.p, n);
        }
        rest = (struct bytes){rest.p + n, rest.n - n};
    }
    put_string(output, "\"");
}

void iotsig_put_member(struct iotsig_output *output, const char *name, const char *text)
{
    put_string(output, name);
    if (text == NULL)
        put_string(output, "null");
    else
        iotsig_put_json(output, text_of(text));
}

void iotsig_put_number_member(struct iotsig_output *output, const char *name, uint64_t value)
{
    put_string(output, name);
    iotsig_put_number(output, value);
}

void iotsig_put_time_member(struct iotsig_output *output, const char *name, struct iotsig_time time)
{
    put_string(output, name);
    put_string(output, time.digits > 0 ? "\"" : "null");
    if (time.digits == 0)
        return;
    iotsig_put_time(output, time);
    put_string(output, "\"");
}

void iotsig_put_csv(struct iotsig_output *output, struct text text)
{
    bool quote = false;
    for (size_t i = 0; i < text.n && !quote; i++)
        quote = !is_printable((uint8_t)text.p[i]) || text.p[i] == '"' || text.p[i] == ',';
    if (!quote) {
        put_text(output, text);
        return;
    }
    put_string(output, "\"");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            put_string(output, "\"");
        iotsig_output_put(output, text.p + i, 1);
    }
    put_string(output, "\"");
}
