/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: one buffer of IOTSIG_SOURCE_MAX bytes. A reader asks that at least n bytes
 * lie in it; only then is what is left moved to its front and the rest filled. Plain files are
 * filled by read(2): measured faster than mapping the file, whose page faults cost more than the
 * copy. Compressed files are filled by libarchive, which asks for its own input in pieces.
 */
#define _GNU_SOURCE
#include "capture/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"

/* The longest magic number of a compression. */
#define MAGIC_MAX 6

/* What is read at a time: so much stays in the processor's cache until it is looked at. */
#define READ_MOST ((size_t)256 * 1024)

/* What libarchive is given at a time. */
#define PIECE ((size_t)64 * 1024)

struct iotsig_source {
    const struct iotsig_context *context;
    char *name;
    int fd; /* -1: memory, or at its end */
    struct bytes memory;
    uint64_t size, taken; /* of the file itself */

    struct archive *archive; /* NULL: plain */
    uint8_t *piece;          /* PIECE bytes, what libarchive is given */
    size_t begun;            /* of these were read before it was opened */
    struct bytes block;      /* what libarchive has given, and is not in the buffer yet */

    uint8_t *buffer; /* IOTSIG_SOURCE_MAX bytes */
    size_t start, end;
    uint64_t offset; /* of the stream, at `start` */
    bool ended, cut;
    int failure;
    struct iotsig_error error;
};

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
    source->failure = iotsig_fail(&source->error, IOTSIG_ERR_READ, "cannot be read: %s",
                                  strerror(errno));
    return iotsig_fail_in(&source->error, source->failure, source->name);
}

/* libarchive's way to the file: what was read to find the compression, then the rest. */
static la_ssize_t give_piece(struct archive *archive, void *user, const void **piece)
{
    struct iotsig_source *source = user;
    *piece = source->piece;
    if (source->begun > 0) {
        size_t n = source->begun;
        source->begun = 0;
        return (la_ssize_t)n;
    }
    ssize_t n = take_raw(source, source->piece, PIECE);
    if (n < 0)
        archive_set_error(archive, errno, "%s", strerror(errno));
    return n;
}

/* gzip, zstd, xz, lz4, bzip2: from the formats' specifications. */
static bool is_compressed(struct bytes start)
{
    return bytes_start_with(start, "\x1f\x8b", 2) || bytes_start_with(start, "\x28\xb5\x2f\xfd", 4) ||
           bytes_start_with(start, "\xfd" "7zXZ\0", 6) ||
           bytes_start_with(start, "\x04\x22\x4d\x18", 4) || bytes_start_with(start, "BZh", 3);
}

static int fill_plain(struct iotsig_source *source)
{
    size_t room = IOTSIG_SOURCE_MAX - source->end;
    ssize_t n = take_raw(source, source->buffer + source->end, room < READ_MOST ? room : READ_MOST);
    if (n < 0)
        return fail_read(source);
    source->ended = n == 0;
    source->end += (size_t)n;
    return 0;
}

/* Damage is an error, an early end is not: libarchive tells them apart only in its text. */
static bool ended_early(struct archive *archive)
{
    const char *text = archive_error_string(archive);
    return text != NULL && (strstr(text, "runcated") != NULL ||
                            strstr(text, "No progress is possible") != NULL /* xz */);
}

static int fail_decompressing(struct iotsig_source *source)
{
    const char *text = archive_error_string(source->archive);
    source->failure = iotsig_fail(&source->error, IOTSIG_ERR_FORMAT,
                                  "the compressed data is damaged: %s (fetch the file again)",
                                  text == NULL ? "no reason given" : text);
    iotsig_fail_at(&source->error, source->failure, "byte %llu",
                   (unsigned long long)(source->offset + source->end - source->start));
    return iotsig_fail_in(&source->error, source->failure, source->name);
}

/* Takes blocks and not a buffer full: when it fails, what came before is not lost. */
static int fill_decompressed(struct iotsig_source *source)
{
    if (source->block.n == 0) {
        const void *block;
        la_int64_t offset;
        int status = archive_read_data_block(source->archive, &block, &source->block.n, &offset);
        source->block.p = block;
        if (status == ARCHIVE_EOF || (status < ARCHIVE_WARN && ended_early(source->archive))) {
            source->cut = status != ARCHIVE_EOF;
            source->ended = true;
            source->block.n = 0;
        } else if (status < ARCHIVE_WARN) {
            source->block.n = 0;
            return fail_decompressing(source);
        }
    }
    struct cursor at = cursor_of(source->block);
    struct bytes taken = cursor_take_most(&at, IOTSIG_SOURCE_MAX - source->end);
    if (taken.n > 0)
        memcpy(source->buffer + source->end, taken.p, taken.n);
    source->end += taken.n;
    source->block = cursor_rest(&at);
    return 0;
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
        source->archive == NULL ? fill_plain(source) : fill_decompressed(source);
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

/* Sets the decompressor up; `source->piece` holds what was read so far. */
static int start_decompressing(struct iotsig_source *source, struct iotsig_error *error)
{
    struct archive_entry *entry;
    source->archive = archive_read_new();
    if (source->archive == NULL)
        return iotsig_fail_memory(error);
    archive_read_support_format_raw(source->archive);
    archive_read_support_filter_gzip(source->archive);
    archive_read_support_filter_zstd(source->archive);
    archive_read_support_filter_xz(source->archive);
    archive_read_support_filter_lz4(source->archive);
    archive_read_support_filter_bzip2(source->archive);
    if (archive_read_open(source->archive, source, NULL, give_piece, NULL) == ARCHIVE_OK &&
        archive_read_next_header(source->archive, &entry) == ARCHIVE_OK)
        return 0;
    if (ended_early(source->archive)) {
        source->ended = source->cut = true;
        return 0;
    }
    /* The raw format refuses what decompresses to nothing. */
    const char *text = archive_error_string(source->archive);
    iotsig_fail(error, IOTSIG_ERR_FORMAT,
                "the compressed data is cut or damaged at its start%s%s (fetch the file again)",
                text == NULL ? "" : ": ", text == NULL ? "" : text);
    return iotsig_fail_in(error, IOTSIG_ERR_FORMAT, source->name);
}

/* Reads the first bytes, and finds out whether they are compressed. */
static int begin(struct iotsig_source *source, struct iotsig_error *error)
{
    while (source->end < MAGIC_MAX && !source->ended) {
        ssize_t n = take_raw(source, source->buffer + source->end, PIECE - source->end);
        if (n < 0) {
            fail_read(source);
            return give_failure(source, error);
        }
        source->ended = n == 0;
        source->end += (size_t)n;
    }
    if (!is_compressed((struct bytes){source->buffer, source->end}))
        return 0;
    source->piece = iotsig_memory_get(&source->context->allocator, PIECE);
    if (source->piece == NULL)
        return iotsig_fail_memory(error);
    memcpy(source->piece, source->buffer, source->end);
    source->begun = source->end;
    source->end = 0;
    source->ended = false;
    return start_decompressing(source, error);
}

static int new_source(struct iotsig_source **out, struct iotsig_context *context, int fd,
                      struct bytes memory, const char *name, struct iotsig_error *error)
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
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
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
    return new_source(out, context, fd, (struct bytes){NULL, 0}, name, error);
}

int iotsig_source_memory(struct iotsig_source **out, struct iotsig_context *context,
                         struct bytes bytes, const char *name, struct iotsig_error *error)
{
    return new_source(out, context, -1, bytes, name, error);
}

int iotsig_source_open(struct iotsig_source **out, struct iotsig_context *context,
                       const char *path, struct iotsig_error *error)
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
    return iotsig_source_open_fd(out, context, fd, name, error);
}

bool iotsig_source_is_cut(const struct iotsig_source *source)
{
    return source->cut;
}

uint64_t iotsig_source_offset(const struct iotsig_source *source)
{
    return source->offset;
}

uint64_t iotsig_source_position(const struct iotsig_source *source, uint64_t *size)
{
    *size = source->size;
    return source->archive != NULL ? source->taken
                                   : source->taken - (source->end - source->start);
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
    if (source->archive != NULL)
        archive_read_free(source->archive);
    if (source->fd >= 0)
        close(source->fd);
    iotsig_memory_free(allocator, source->piece);
    iotsig_memory_free(allocator, source->buffer);
    iotsig_memory_free(allocator, source->name);
    iotsig_memory_free(allocator, source);
}
