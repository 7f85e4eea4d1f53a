/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packet summaries, in two passes over the capture: the first learns the names, the second
 * gives the packets. The second stops where the first did, so that a capture that is still being
 * written gives no packet whose names are not known.
 */
#define _GNU_SOURCE
#include "iotsig/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "base/context.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/capture.h"
#include "flow/reader.h"
#include "host/names.h"

static const struct iotsig_options default_options = IOTSIG_OPTIONS_DEFAULT;

struct iotsig_packets {
    struct iotsig_context *context;
    struct iotsig_options options;
    struct iotsig_names *names;
    struct iotsig_capture *capture; /**< of the second pass */
    struct reader reader;
    uint64_t id;
    struct iotsig_layer layer;
    struct iotsig_error end; /**< how the stream or the first pass ended; IOTSIG_OK: at the end */
    struct iotsig_error cut;
    bool is_cut;
    char src[IOTSIG_ADDRESS_TEXT], dst[IOTSIG_ADDRESS_TEXT];
    char scratch[APP_TEXT_MAX];
};

/* Writes out all that a source gives; what ends it early goes to `end`. Of what is no capture the
 * start will do: it may be without an end, and is not read. */
static bool copy_out(struct iotsig_source *source, int fd, struct iotsig_error *end)
{
    struct bytes bytes;
    iotsig_source_need(source, IOTSIG_SOURCE_MAX, &bytes, end);
    uint64_t most = iotsig_capture_looks_like(bytes) ? UINT64_MAX : bytes.n;
    while (iotsig_source_offset(source) < most &&
           (iotsig_source_need(source, IOTSIG_SOURCE_MAX, &bytes, end), bytes.n > 0)) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return false;
        iotsig_source_advance(source, n > 0 ? (size_t)n : 0);
    }
    return true;
}

/*
 * Copies a stream, decompressed, to a file that has no name, and closes it. A stream that breaks
 * off has given what it gave: `end` says why, and is for the end of the packets.
 */
static int spool(struct iotsig_source *source, int *fd, struct iotsig_error *end,
                 struct iotsig_error *error)
{
    const char *folder = getenv("TMPDIR");
    int status = 0;
    *fd = open(folder != NULL ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd < 0 || !copy_out(source, *fd, end)) {
        status = iotsig_fail(error, IOTSIG_ERR_WRITE,
                             "cannot spool to a temporary file: %s (set TMPDIR to a folder with room)",
                             strerror(errno));
        iotsig_fail_in(error, status, iotsig_source_name(source));
        if (*fd >= 0)
            close(*fd);
    }
    iotsig_source_close(source);
    return status;
}

static int open_fd(struct iotsig_capture **out, struct iotsig_context *context, int fd, off_t start,
                   const char *name, const char *filter, struct iotsig_error *error)
{
    struct iotsig_source *source;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0 || lseek(copy, start, SEEK_SET) != start) {
        iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
        if (copy >= 0)
            close(copy);
        return iotsig_fail_in(error, IOTSIG_ERR_READ, name);
    }
    int status = iotsig_source_open_fd(&source, context, copy, name, error);
    if (status != 0)
        return status;
    status = iotsig_capture_open_source(out, context, source, filter, error);
    if (status != 0)
        iotsig_source_close(source);
    return status;
}

/* The first pass. What ends it is kept for the end of the second. */
static int learn(struct iotsig_packets *packets, struct iotsig_capture *capture, const char *path,
                 struct iotsig_error *error)
{
    struct iotsig_frame frame;
    struct packet packet;
    int status;

    iotsig_reader_init(&packets->reader, capture, path, &packets->options);
    while ((status = iotsig_reader_next(&packets->reader, &packet, &frame, &packets->end)) == 1) {
        status = iotsig_names_learn(packets->names, &packet, error);
        if (status != 0)
            return iotsig_fail_in(error, status, path);
    }
    if (status == IOTSIG_ERR_CANCELLED || status == IOTSIG_ERR_MEMORY) {
        if (error != NULL)
            *error = packets->end;
        return status;
    }
    if (status != 0)
        iotsig_fail_in(&packets->end, status, path);
    packets->is_cut = packets->end.status == IOTSIG_OK && iotsig_capture_is_cut(capture, &packets->cut);
    if (packets->is_cut)
        iotsig_fail_in(&packets->cut, IOTSIG_OK, path);
    return 0;
}

static int open_passes(struct iotsig_packets *packets, const char *path, int fd, off_t start,
                       struct iotsig_error *error)
{
    const char *filter = packets->options.filter;
    struct iotsig_capture *first;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int status = open_fd(&first, packets->context, fd, start, name, filter, error);
    if (status != 0)
        return status;
    status = learn(packets, first, path, error);
    iotsig_capture_close(first);
    if (status == 0)
        status = open_fd(&packets->capture, packets->context, fd, start, name, filter, error);
    if (status == 0) {
        uint64_t limit = packets->reader.frames;
        packets->options.progress = NULL;
        iotsig_reader_init(&packets->reader, packets->capture, path, &packets->options);
        packets->reader.limit = limit;
    }
    return status;
}

/* A regular file is read as it is; anything else can be read only once. */
static int open_file(struct iotsig_packets *packets, const char *path, int *fd,
                     struct iotsig_error *error)
{
    struct iotsig_source *source;
    struct stat about;
    int status;
    if (strcmp(path, "-") == 0 || (stat(path, &about) == 0 && !S_ISREG(about.st_mode))) {
        status = iotsig_source_open(&source, packets->context, path, error);
        return status != 0 ? status : spool(source, fd, &packets->end, error);
    }
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0)
        return 0;
    status = iotsig_fail(error, IOTSIG_ERR_READ, "cannot be opened: %s", strerror(errno));
    return iotsig_fail_in(error, status, path);
}

/* The same of a file that is open; `*start`: where it stands. */
static int open_copy(struct iotsig_packets *packets, int given, const char *name, int *fd,
                     off_t *start, struct iotsig_error *error)
{
    struct iotsig_source *source;
    struct stat about;
    *fd = fcntl(given, F_DUPFD_CLOEXEC, 0);
    if (*fd < 0 || fstat(*fd, &about) != 0) {
        int status = iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
        if (*fd >= 0)
            close(*fd);
        return iotsig_fail_in(error, status, name);
    }
    *start = lseek(*fd, 0, SEEK_CUR);
    if (S_ISREG(about.st_mode) && *start >= 0)
        return 0;
    *start = 0;
    int status = iotsig_source_open_fd(&source, packets->context, *fd, name, error);
    return status != 0 ? status : spool(source, fd, &packets->end, error);
}

static int make_packets(struct iotsig_packets **out, struct iotsig_context *context,
                        const struct iotsig_options *options, struct iotsig_error *error)
{
    struct iotsig_packets *packets = iotsig_memory_get(&context->allocator, sizeof *packets);
    if (packets == NULL)
        return iotsig_fail_memory(error);
    *packets = (struct iotsig_packets){.context = context,
                                       .options = options != NULL ? *options : default_options};
    int status = packets->options.names != NULL
                     ? iotsig_names_dup(&packets->names, packets->options.names, error)
                     : iotsig_names_new(&packets->names, context, error);
    if (status == 0)
        *out = packets;
    else
        iotsig_packets_close(packets);
    return status;
}

/* Both passes over `fd`, which is closed, unless there was a failure before. */
static int finish_open(struct iotsig_packets **out, struct iotsig_packets *packets, int status,
                       const char *path, int fd, off_t start, struct iotsig_error *error)
{
    if (status == 0) {
        status = open_passes(packets, path, fd, start, error);
        close(fd);
    }
    if (status == 0)
        *out = packets;
    else
        iotsig_packets_close(packets);
    return status;
}

int iotsig_packets_open(struct iotsig_packets **out, struct iotsig_context *context,
                        const char *path, const struct iotsig_options *options,
                        struct iotsig_error *error)
{
    struct iotsig_packets *packets;
    int fd = -1, status = make_packets(&packets, context, options, error);
    if (status != 0)
        return status;
    status = open_file(packets, path, &fd, error);
    return finish_open(out, packets, status, path, fd, 0, error);
}

int iotsig_packets_open_fd(struct iotsig_packets **out, struct iotsig_context *context, int given,
                           const char *name, const struct iotsig_options *options,
                           struct iotsig_error *error)
{
    struct iotsig_packets *packets;
    off_t start = 0;
    int fd = -1, status = make_packets(&packets, context, options, error);
    if (status != 0)
        return status;
    status = open_copy(packets, given, name, &fd, &start, error);
    return finish_open(out, packets, status, name, fd, start, error);
}

const struct iotsig_names *iotsig_packets_names(const struct iotsig_packets *packets)
{
    return packets->names;
}

int iotsig_packets_next(struct iotsig_packets *packets, struct iotsig_packet *out,
                        struct iotsig_error *error)
{
    struct iotsig_frame frame;
    struct packet packet;
    int status = iotsig_reader_next(&packets->reader, &packet, &frame, error);
    if (status < 0)
        return status;
    if (status == 0)
        return iotsig_packets_failure(packets, error);
    bool parsed =
        iotsig_app_parse(&packet, packets->options.layers, &packets->layer, packets->scratch);
    *out = (struct iotsig_packet){
        .id = packets->id++,
        .time = frame.time,
        .network = packet.src.address.version,
        .src = iotsig_names_host(packets->names, &packet.src.address, packets->src).p,
        .dst = iotsig_names_host(packets->names, &packet.dst.address, packets->dst).p,
        .transport = packet.transport,
        .sport = packet.src.port,
        .dport = packet.dst.port,
        .layer = parsed ? &packets->layer : NULL,
        .length = frame.length};
    return 1;
}

bool iotsig_packets_is_cut(const struct iotsig_packets *packets, struct iotsig_error *warning)
{
    if (packets->is_cut && warning != NULL)
        *warning = packets->cut;
    return packets->is_cut;
}

int iotsig_packets_failure(const struct iotsig_packets *packets, struct iotsig_error *error)
{
    if (packets->end.status != IOTSIG_OK && error != NULL)
        *error = packets->end;
    return packets->end.status;
}

void iotsig_packets_close(struct iotsig_packets *packets)
{
    if (packets == NULL)
        return;
    iotsig_capture_close(packets->capture);
    iotsig_names_free(packets->names);
    iotsig_memory_free(&packets->context->allocator, packets);
}
