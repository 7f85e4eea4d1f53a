/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any input: what it is shows in its first bytes. */
#define _GNU_SOURCE
#include "format/read.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/capture.h"
#include "capture/json.h"
#include "iotsig/format.h"
#include "iotsig/listing.h"
#include "translate/profile.h"

/* The largest JSON object that is read; there may be any number of them. */
#define JSON_MAX ((size_t)256 * 1024 * 1024)

/* By how many bytes the kind of a file is found. */
#define START ((size_t)64 * 1024)

/* Where an object is, in front of where in it the failure is. */
static int at_object(const struct json_stream *stream, int status, struct iotsig_error *error)
{
    if (stream->element > 0)
        iotsig_fail_within(error, status, ", ", "element %llu", stream->element);
    return iotsig_fail_within(error, status, ", ", "line %llu", stream->object_line);
}

static int read_json(struct record_reader *reader, struct iotsig_source *source,
                     struct iotsig_error *error)
{
    struct json_stream stream;
    json_t *record;
    int status;
    iotsig_json_stream_init(&stream, source, JSON_MAX);
    while ((status = iotsig_json_stream_next(&stream, &record, error)) == 1) {
        status = iotsig_records_take(reader, record, error);
        json_decref(record);
        if (status != 0)
            return at_object(&stream, status, error);
    }
    return status;
}

bool iotsig_records_begin(struct bytes start)
{
    return iotsig_json_begins(start) || iotsig_csv_begins(start) || iotsig_profile_begins(start);
}

int iotsig_records_read(struct record_reader *reader, struct iotsig_source *source,
                        struct bytes start, struct iotsig_error *error)
{
    int status;
    if (iotsig_json_begins(start)) /* whose texts may look like titles */
        status = read_json(reader, source, error);
    else if (iotsig_csv_begins(start))
        status = iotsig_csv_read(reader, source, error);
    else
        status = iotsig_profile_read(reader, source, error);
    struct iotsig_error later;
    reader->failed = status != 0;
    int finished = iotsig_records_finish(reader, status == 0 ? error : &later);
    if (status == 0 || finished == 0)
        return status == 0 ? finished : status;
    if (error != NULL)
        *error = later; /* no memory: that is graver */
    return finished;
}

static int read_capture(struct iotsig_patterns *patterns, struct iotsig_source *source,
                        const char *path, struct iotsig_error *cut, struct iotsig_error *error)
{
    struct iotsig_capture *capture;
    int status = iotsig_capture_open_source(&capture, patterns->context, source,
                                            patterns->options.filter, error);
    if (status != 0) {
        iotsig_source_close(source);
        return status;
    }
    status = iotsig_patterns_read_capture(patterns, capture, path, error);
    if (status == 0 && iotsig_capture_is_cut(capture, cut))
        iotsig_fail_in(cut, IOTSIG_OK, path);
    iotsig_capture_close(capture);
    return status;
}

void iotsig_patterns_set_profiles(struct iotsig_patterns *patterns,
                                  struct iotsig_profiles *profiles)
{
    patterns->profiles = profiles;
}

void iotsig_patterns_set_library(struct iotsig_patterns *patterns, struct iotsig_library *library)
{
    patterns->library = library;
}

/* Whether a file's name says that it is YAML, so that what is wrong with it is told as of a
 * profile. */
static bool is_called_yaml(const char *path)
{
    const char *ending = strrchr(path, '.');
    return ending != NULL && (strcmp(ending, ".yaml") == 0 || strcmp(ending, ".yml") == 0);
}

/* A profile that stays one. */
static int take_profile(struct iotsig_patterns *patterns, struct iotsig_source *source,
                        const char *path, struct iotsig_error *error)
{
    struct iotsig_profiles *profiles = patterns->profiles;
    struct iotsig_tree *tree;
    int status = iotsig_tree_read_source(&tree, patterns->context, source, path,
                                         profiles->settings.include_root, error);
    if (status != 0)
        return iotsig_fail_in(error, status, path);
    return iotsig_profiles_take(profiles, path, json_incref(iotsig_tree_root(tree)), tree, error);
}

/* A copy of a descriptor, as a source. */
static int open_copy(struct iotsig_source **source, struct iotsig_context *context, int fd,
                     const char *name, struct iotsig_error *error)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0)
        return iotsig_source_open_fd(source, context, copy, name, error);
    int status = iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
    return iotsig_fail_in(error, status, name);
}

/* `fd`: what is read, which is called `path`; below 0: what has this path. */
static int read_input(struct iotsig_patterns *patterns, const char *path, int fd,
                      struct iotsig_error *cut, struct iotsig_error *error)
{
    struct iotsig_source *source;
    struct bytes start;
    *cut = (struct iotsig_error){.status = IOTSIG_OK};
    int status = fd < 0 ? iotsig_source_open(&source, patterns->context, path, error)
                        : open_copy(&source, patterns->context, fd, path, error);
    if (status != 0)
        return status;
    status = iotsig_source_need(source, START, &start, error);
    if (start.n > 0 && patterns->profiles != NULL &&
        (iotsig_profile_begins(start) || is_called_yaml(path))) {
        status = take_profile(patterns, source, path, error);
        iotsig_source_close(source);
        return status;
    }
    if (start.n > 0 && !iotsig_capture_looks_like(start) && iotsig_records_begin(start)) {
        struct record_reader reader;
        iotsig_records_init(&reader, patterns, path);
        status = iotsig_records_read(&reader, source, start, error);
        if (status != 0)
            iotsig_fail_in(error, status, path);
        iotsig_source_close(source);
        return status;
    }
    if (start.n == 0 && status != 0) {
        iotsig_source_close(source);
        return iotsig_fail_in(error, status, path);
    }
    return read_capture(patterns, source, path, cut, error);
}

/* Folders. */

/* Failures that are of one input, and let the others be read. */
static bool is_of_input(int status)
{
    return status == IOTSIG_ERR_READ || status == IOTSIG_ERR_FORMAT ||
           status == IOTSIG_ERR_UNSUPPORTED;
}

struct report {
    int (*call)(void *user, const struct iotsig_error *what);
    void *user;
};

/* An input that cannot be read: tells so, and gives the caller what is said. Returns `status`. */
static int fail_input(const struct report *report, int status, const struct iotsig_error *failure,
                      bool *stop, struct iotsig_error *error)
{
    if (error != NULL)
        *error = *failure;
    *stop = report->call != NULL && is_of_input(status) && report->call(report->user, failure) != 0;
    return status;
}

/* Reads one file, and tells what there is to tell. `*stop`: the caller wants no more. */
static int read_file(struct iotsig_patterns *patterns, const char *path, int fd,
                     const struct report *report, bool *stop, struct iotsig_error *error)
{
    struct iotsig_error cut, failure;
    int status = read_input(patterns, path, fd, &cut, &failure);
    if (status != 0)
        return fail_input(report, status, &failure, stop, error);
    if (cut.message[0] != '\0')
        *stop = report->call != NULL && report->call(report->user, &cut) != 0;
    return 0;
}

static int read_folder(struct iotsig_patterns *patterns, const char *path,
                       const struct report *report, struct iotsig_error *error)
{
    struct iotsig_listing *files;
    struct iotsig_error failure, later;
    bool stop = false;
    int status = iotsig_listing_new(&files, patterns->context, path, false, &failure);
    if (status != 0)
        return fail_input(report, status, &failure, &stop, error);
    size_t count = iotsig_listing_count(files);
    if (count == 0) {
        status = iotsig_fail(&failure, IOTSIG_ERR_READ, "the folder holds no file");
        iotsig_fail_in(&failure, status, path);
        fail_input(report, status, &failure, &stop, error);
    }
    for (size_t i = 0; i < count && !stop && (status == 0 || is_of_input(status)); i++) {
        int one = read_file(patterns, iotsig_listing_path(files, i), -1, report, &stop,
                            status == 0 ? error : &later);
        if (one != 0 && (status == 0 || !is_of_input(one))) {
            if (status != 0 && error != NULL)
                *error = later;
            status = one;
        }
    }
    iotsig_listing_free(files);
    return status;
}

int iotsig_patterns_read(struct iotsig_patterns *patterns, const char *path,
                         int (*call)(void *user, const struct iotsig_error *what), void *user,
                         struct iotsig_error *error)
{
    const struct report report = {call, user};
    struct iotsig_error failure;
    bool stop = false;
    int status = iotsig_is_folder(path, &failure);
    if (status < 0)
        return fail_input(&report, status, &failure, &stop, error);
    return status == 1 ? read_folder(patterns, path, &report, error)
                       : read_file(patterns, path, -1, &report, &stop, error);
}

int iotsig_patterns_read_fd(struct iotsig_patterns *patterns, int fd, const char *name,
                            int (*call)(void *user, const struct iotsig_error *what), void *user,
                            struct iotsig_error *error)
{
    const struct report report = {call, user};
    bool stop = false;
    return read_file(patterns, name, fd, &report, &stop, error);
}
