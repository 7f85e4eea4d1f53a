/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: one buffer of IOTSIG_SOURCE_MAX bytes. A reader asks that at least n bytes
 * lie in it; only then is what is left moved to its front and the rest filled. Plain files are
 * filled by read(2): measured faster than mapping the file, whose page faults cost more than the
 * copy. Compressed files are read in pieces, and decompressed straight to the buffer.
 */
#define _GNU_SOURCE
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "capture/decompress.h"

/* What is filled at a time: so much stays in the processor's cache until it is looked at. */
#define FILL_MOST ((size_t)256 * 1024)

/* What is read of a compressed file at a time. */
#define PIECE ((size_t)64 * 1024)

/* Milliseconds after which who waits is asked again, and a file is looked at. */
#define PATIENCE 100

struct iotsig_source {
    const struct iotsig_context *context;
    char *name;
    int fd; /* -1: memory, or at its end */
    bool is_file;            /* a regular one: always readable, and it may grow */
    struct iotsig_wait wait; /* `idle` NULL: for nothing */
    bool stopped;            /* by who waited */
    struct bytes memory;
    uint64_t size, taken; /* of the file itself */

    struct decompressor *decompressor; /* NULL: plain */
    uint8_t *piece;                    /* PIECE bytes, what it is given */
    struct cursor input;               /* of these, what it has not taken */
    bool input_ended;

    uint8_t *buffer; /* IOTSIG_SOURCE_MAX bytes */
    size_t start, end;
    uint64_t offset; /* of the stream, at `start` */
    bool ended;
    enum decompressed how; /* it has ended, when compressed */
    int failure;
    struct iotsig_error error;
};

bool iotsig_wait_for(const struct iotsig_wait *wait, int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready = poll(&polled, 1, PATIENCE); /* a negative one is none */
    return ready <= 0 && wait->idle(wait->user) != 0;
}

static bool is_readable(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) > 0;
}

/* A file that was cut behind what was read of it is another one. */
static bool has_shrunk(const struct iotsig_source *source)
{
    struct stat about;
    off_t at = lseek(source->fd, 0, SEEK_CUR);
    return at >= 0 && fstat(source->fd, &about) == 0 && about.st_size < at;
}

/* As read(2), of what is still being written. */
static ssize_t read_patiently(struct iotsig_source *source, uint8_t *to, size_t room)
{
    while (!source->stopped) {
        if (source->is_file || is_readable(source->fd)) {
            ssize_t n = read(source->fd, to, room);
            bool again = n < 0 ? errno == EINTR || errno == EAGAIN
                               : n == 0 && source->is_file && source->wait.follow;
            if (!again)
                return n;
            if (n == 0 && has_shrunk(source)) {
                errno = ESTALE;
                return -1;
            }
        }
        source->stopped = iotsig_wait_for(&source->wait, source->is_file ? -1 : source->fd);
    }
    return 0;
}

/* The file's own bytes: at most `room`; 0 at the end, -1 with errno. */
static ssize_t take_raw(struct iotsig_source *source, uint8_t *to, size_t room)
{
    ssize_t n;
    if (source->fd < 0) {
        struct cursor at = cursor_of(source->memory);
        struct bytes piece = cursor_take_most(&at, room);
        if (piece.n > 0)
            memcpy(to, piece.p, piece.n);
        source->memory = cursor_rest(&at);
        n = (ssize_t)piece.n;
    } else if (source->wait.idle != NULL) {
        n = read_patiently(source, to, room);
    } else {
        do
            n = read(source->fd, to, room);
        while (n < 0 && errno == EINTR);
    }
    if (n > 0)
        source->taken += (uint64_t)n;
    return n;
}

static int fail_read(struct iotsig_source *source)
{
    source->failure =
        errno == ESTALE && source->wait.follow
            ? iotsig_fail(&source->error, IOTSIG_ERR_READ,
                          "has become shorter while it was read (start again for the new file)")
            : iotsig_fail(&source->error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
    return iotsig_fail_in(&source->error, source->failure, source->name);
}

static size_t room_of(const struct iotsig_source *source)
{
    size_t room = IOTSIG_SOURCE_MAX - source->end;
    return room < FILL_MOST ? room : FILL_MOST;
}

static int fill_plain(struct iotsig_source *source)
{
    ssize_t n = take_raw(source, source->buffer + source->end, room_of(source));
    if (n < 0)
        return fail_read(source);
    source->ended = n == 0;
    source->end += (size_t)n;
    return 0;
}

/* More input for the decompressor, behind what it has left of the last. */
static int read_piece(struct iotsig_source *source)
{
    size_t left = source->input.left;
    if (left == PIECE)
        return 0;
    if (left > 0)
        memmove(source->piece, source->input.p, left);
    ssize_t n = take_raw(source, source->piece + left, PIECE - left);
    if (n < 0)
        return fail_read(source);
    source->input_ended = n == 0;
    source->input = cursor_of((struct bytes){source->piece, left + (size_t)n});
    return 0;
}

/* One step of the decompressor: when the next fails, what this one gave is not lost. */
static int fill_decompressed(struct iotsig_source *source)
{
    size_t left = source->input.left, wrote;
    int status = iotsig_decompressor_step(source->decompressor, &source->input, source->input_ended,
                                          source->buffer + source->end, room_of(source), &wrote,
                                          &source->error);
    source->end += wrote;
    if (status < 0) {
        source->failure = status;
        iotsig_fail_at(&source->error, status, "byte %llu",
                       (unsigned long long)(source->offset + source->end - source->start));
        return iotsig_fail_in(&source->error, status, source->name);
    }
    if (status == DECOMPRESS_ON)
        return wrote > 0 || source->input.left < left ? 0 : read_piece(source);
    source->how = status;
    source->ended = true;
    return 0;
}

static int fill(struct iotsig_source *source)
{
    return source->decompressor == NULL ? fill_plain(source) : fill_decompressed(source);
}

static int give_failure(const struct iotsig_source *source, struct iotsig_error *error)
{
    if (error != NULL)
        *error = source->error;
    return source->failure;
}

int iotsig_source_need(struct iotsig_source *source, size_t n, struct bytes *bytes,
                       struct iotsig_error *error)
{
    int status = 0;
    if (source->end - source->start < n && source->start > 0) {
        memmove(source->buffer, source->buffer + source->start, source->end - source->start);
        source->end -= source->start;
        source->start = 0;
    }
    while (source->end - source->start < n && !source->ended && source->failure == 0)
        fill(source);
    if (source->end - source->start < n && source->failure != 0)
        status = give_failure(source, error);
    *bytes = (struct bytes){source->buffer + source->start, source->end - source->start};
    return status;
}

void iotsig_source_advance(struct iotsig_source *source, size_t n)
{
    source->start += n;
    source->offset += n;
}

int iotsig_source_skip(struct iotsig_source *source, uint64_t n, uint64_t *skipped,
                       struct iotsig_error *error)
{
    *skipped = 0;
    while (*skipped < n) {
        struct bytes seen;
        int status = iotsig_source_need(source, 1, &seen, error);
        if (status != 0 || seen.n == 0)
            return status;
        size_t step = n - *skipped < seen.n ? (size_t)(n - *skipped) : seen.n;
        iotsig_source_advance(source, step);
        *skipped += step;
    }
    return 0;
}

/* Sets the decompressor up over what was read so far, and looks whether there is anything to give. */
static int start_decompressing(struct iotsig_source *source, struct iotsig_error *error)
{
    source->piece = iotsig_memory_get(&source->context->allocator, PIECE);
    source->decompressor = iotsig_decompressor_new(&source->context->allocator);
    if (source->piece == NULL || source->decompressor == NULL)
        return iotsig_fail_memory(error);
    memcpy(source->piece, source->buffer, source->end);
    source->input = cursor_of((struct bytes){source->piece, source->end});
    source->input_ended = source->ended;
    source->ended = false;
    source->end = 0;
    while (source->end == 0 && !source->ended && source->failure == 0)
        fill(source);
    return source->end == 0 && source->failure != 0 ? give_failure(source, error) : 0;
}

/* Reads the first bytes, and finds out whether they are compressed. */
static int begin(struct iotsig_source *source, struct iotsig_error *error)
{
    while (source->end < DECOMPRESS_MAGIC_MAX && !source->ended) {
        ssize_t n = take_raw(source, source->buffer + source->end, PIECE - source->end);
        if (n < 0) {
            fail_read(source);
            return give_failure(source, error);
        }
        source->ended = n == 0;
        source->end += (size_t)n;
    }
    if (iotsig_decompressor_begins((struct bytes){source->buffer, source->end}))
        return start_decompressing(source, error);
    return 0;
}

static int new_source(struct iotsig_source **out, struct iotsig_context *context, int fd,
                      struct bytes memory, const char *name, const struct iotsig_wait *wait,
                      struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &context->allocator;
    struct iotsig_source *source = iotsig_memory_get(allocator, sizeof *source);
    struct stat about;
    if (source == NULL) {
        if (fd >= 0)
            close(fd);
        return iotsig_fail_memory(error);
    }
    *source = (struct iotsig_source){.context = context, .fd = fd, .memory = memory};
    source->size = memory.n;
    if (wait != NULL)
        source->wait = *wait;
    source->is_file = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    if (source->is_file)
        source->size = (uint64_t)about.st_size;
    source->name = iotsig_memory_get(allocator, strlen(name) + 1);
    source->buffer = iotsig_memory_get(allocator, IOTSIG_SOURCE_MAX);
    int status = 0;
    if (source->name != NULL)
        strcpy(source->name, name);
    if (source->name == NULL || source->buffer == NULL)
        status = iotsig_fail_memory(error);
    else
        status = begin(source, error);
    if (status != 0) {
        iotsig_source_close(source);
        return status;
    }
    *out = source;
    return 0;
}

int iotsig_source_open_fd(struct iotsig_source **out, struct iotsig_context *context, int fd,
                          const char *name, struct iotsig_error *error)
{
    return new_source(out, context, fd, (struct bytes){NULL, 0}, name, NULL, error);
}

int iotsig_source_memory(struct iotsig_source **out, struct iotsig_context *context,
                         struct bytes bytes, const char *name, struct iotsig_error *error)
{
    return new_source(out, context, -1, bytes, name, NULL, error);
}

int iotsig_source_follow(struct iotsig_source **out, struct iotsig_context *context,
                         const char *path, const struct iotsig_wait *wait,
                         struct iotsig_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    struct stat about;
    int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int problem = errno;

    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(fd);
        fd = -1;
        problem = EISDIR;
    }
    if (fd < 0) {
        if (problem == EISDIR)
            iotsig_fail(error, IOTSIG_ERR_READ, "is a folder (name the files in it)");
        else
            iotsig_fail(error, IOTSIG_ERR_READ, "cannot be opened: %s", strerror(problem));
        return iotsig_fail_in(error, IOTSIG_ERR_READ, name);
    }
    return new_source(out, context, fd, (struct bytes){NULL, 0}, name, wait, error);
}

int iotsig_source_open(struct iotsig_source **out, struct iotsig_context *context,
                       const char *path, struct iotsig_error *error)
{
    return iotsig_source_follow(out, context, path, NULL, error);
}

bool iotsig_source_is_cut(const struct iotsig_source *source)
{
    return source->how == DECOMPRESS_CUT;
}

bool iotsig_source_is_trailed(const struct iotsig_source *source)
{
    return source->how == DECOMPRESS_TRAILING;
}

uint64_t iotsig_source_offset(const struct iotsig_source *source)
{
    return source->offset;
}

uint64_t iotsig_source_position(const struct iotsig_source *source, uint64_t *size)
{
    *size = source->size;
    size_t ahead = source->decompressor != NULL ? source->input.left : source->end - source->start;
    return source->taken - ahead;
}

const char *iotsig_source_name(const struct iotsig_source *source)
{
    return source->name;
}

void iotsig_source_close(struct iotsig_source *source)
{
    if (source == NULL)
        return;
    const struct iotsig_allocator *allocator = &source->context->allocator;
    iotsig_decompressor_free(source->decompressor);
    if (source->fd >= 0)
        close(source->fd);
    iotsig_memory_free(allocator, source->piece);
    iotsig_memory_free(allocator, source->buffer);
    iotsig_memory_free(allocator, source->name);
    iotsig_memory_free(allocator, source);
}
