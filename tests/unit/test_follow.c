/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture: pipes and files that are still being written, a byte at a time while nothing is to read.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iotsig/capture.h"

static struct iotsig_context *context;

/* A pcap of two frames of 3 and 2 bytes. */
static const uint8_t pcap[] = {0xa1, 0xb2, 0xc3, 0xd4, 0,   2,   0,   4, 0, 0, 0, 0,
                               0,    0,    0,    0,    0,   4,   0,   0, 0, 0, 0, 1, /* header */
                               0,    0,    0,    7,    0,   0,   0,   1, 0, 0, 0, 3,
                               0,    0,    0,    3,    'a', 'b', 'c', /* 7.000001 */
                               0,    0,    0,    8,    0,   0,   0,   0, 0, 0, 0, 2,
                               0,    0,    0,    9,    'd', 'e'}; /* 8 */

/* A pcapng of a section, an Ethernet interface, and the frame "abc" at 1 microsecond. */
static const uint8_t pcapng[] = {0x0a, 0x0d, 0x0d, 0x0a, 0,   0,   0,   28,  0x1a, 0x2b, 0x3c, 0x4d,
                                 0,    1,    0,    0,    255, 255, 255, 255, 255,  255,  255,  255,
                                 0,    0,    0,    28,   0,   0,   0,   1,   0,    0,    0,    20,
                                 0,    1,    0,    0,    0,   0,   0,   0,   0,    0,    0,    20,
                                 0,    0,    0,    6,    0,   0,   0,   36,  0,    0,    0,    0,
                                 0,    0,    0,    0,    0,   0,   0,   1,   0,    0,    0,    3,
                                 0,    0,    0,    3,    'a', 'b', 'c', 0,   0,    0,    0,    36};

/* Who writes: so much of it is written, and some more each time that the reader waits. */
struct writer {
    const uint8_t *bytes;
    size_t n, step, written, calls;
    int fd;
    char path[32]; /* of a file */
};

static int write_some(void *user)
{
    struct writer *writer = user;
    writer->calls++;
    if (writer->written == writer->n)
        return 1;
    size_t left = writer->n - writer->written, step = left < writer->step ? left : writer->step;
    assert_int_equal(write(writer->fd, writer->bytes + writer->written, step), step);
    writer->written += step;
    return 0;
}

static void begin(struct writer *writer, size_t n)
{
    assert_int_equal(write(writer->fd, writer->bytes, n), n);
    writer->written = n;
}

static void next_is(struct iotsig_capture *capture, const char *bytes, int64_t ns)
{
    struct iotsig_frame frame;
    assert_int_equal(iotsig_capture_next(capture, &frame, NULL), 1);
    assert_int_equal(frame.captured, strlen(bytes));
    assert_memory_equal(frame.bytes, bytes, frame.captured);
    assert_int_equal(frame.time.ns, ns);
}

static struct iotsig_capture *follow(const char *path, int (*idle)(void *), struct writer *writer)
{
    const struct iotsig_wait wait = {true, idle, writer};
    struct iotsig_capture *capture;
    assert_int_equal(iotsig_capture_follow(&capture, context, path, NULL, &wait, NULL), 0);
    return capture;
}

/* Follows a file of which so much is written. */
static struct iotsig_capture *open_file(struct writer *writer, int (*idle)(void *),
                                        const uint8_t *bytes, size_t n, size_t written)
{
    *writer = (struct writer){.bytes = bytes, .n = n, .step = 1, .path = "/tmp/iotsig-XXXXXX"};
    writer->fd = mkstemp(writer->path);
    begin(writer, written);
    return follow(writer->path, idle, writer);
}

static void close_file(struct writer *writer, struct iotsig_capture *capture)
{
    iotsig_capture_close(capture);
    close(writer->fd);
    unlink(writer->path);
}

static void ends(struct iotsig_capture *capture, bool is_cut)
{
    struct iotsig_frame frame;
    assert_int_equal(iotsig_capture_next(capture, &frame, NULL), 0);
    assert_int_equal(iotsig_capture_is_cut(capture, NULL), is_cut);
}

static void file_that_grows(void **state)
{
    (void)state;
    struct writer writer;
    struct iotsig_capture *capture =
        open_file(&writer, write_some, pcap, sizeof pcap,
                  sizeof pcap - 3); /* inside the head of the second frame */
    next_is(capture, "abc", 7000001000);
    assert_int_equal(writer.calls, 0);
    next_is(capture, "de", 8000000000);
    assert_int_equal(writer.calls, 3);
    ends(capture, false);
    close_file(&writer, capture);
}

static void pcapng_that_grows_from_nothing_it_can_use(void **state)
{
    (void)state;
    struct writer writer;
    struct iotsig_capture *capture =
        open_file(&writer, write_some, pcapng, sizeof pcapng, sizeof pcapng - 6);
    next_is(capture, "abc", 1000);
    ends(capture, false);
    close_file(&writer, capture);
}

static void stopped_inside_a_packet(void **state)
{
    (void)state;
    struct writer writer;
    struct iotsig_capture *capture =
        open_file(&writer, write_some, pcap, sizeof pcap - 1, sizeof pcap - 2);
    next_is(capture, "abc", 7000001000);
    ends(capture, true);
    close_file(&writer, capture);
}

static int shorten(void *user)
{
    const struct writer *writer = user;
    assert_int_equal(ftruncate(writer->fd, 30), 0);
    return 0;
}

static void file_that_shrinks(void **state)
{
    (void)state;
    struct writer writer;
    struct iotsig_frame frame;
    struct iotsig_error error;
    struct iotsig_capture *capture = open_file(&writer, shorten, pcap, sizeof pcap, sizeof pcap);
    next_is(capture, "abc", 7000001000);
    next_is(capture, "de", 8000000000);
    assert_int_equal(iotsig_capture_next(capture, &frame, &error), IOTSIG_ERR_READ);
    assert_string_equal(error.file, writer.path);
    assert_non_null(strstr(error.message, "shorter"));
    close_file(&writer, capture);
}

static void pipe_gives_a_packet_as_soon_as_it_is_whole(void **state)
{
    (void)state;
    int ends[2], input = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    struct writer writer = {.bytes = pcap, .n = sizeof pcap, .step = 7, .fd = ends[1]};
    struct iotsig_frame frame;
    begin(&writer, 24 + 16 - 4);
    struct iotsig_capture *capture = follow("-", write_some, &writer);
    next_is(capture, "abc", 7000001000);
    assert_int_equal(writer.written, 24 + 16 + 3);
    next_is(capture, "de", 8000000000);
    close(ends[1]); /* its end is the capture's, without waiting */
    size_t calls = writer.calls;
    assert_int_equal(iotsig_capture_next(capture, &frame, NULL), 0);
    assert_int_equal(writer.calls, calls);
    iotsig_capture_close(capture);
    dup2(input, STDIN_FILENO);
    close(input);
}

static void interface_that_is_none(void **state)
{
    (void)state;
    const struct iotsig_wait wait = {false, shorten, NULL};
    struct iotsig_capture *capture;
    struct iotsig_error error;
    assert_int_equal(iotsig_capture_live(&capture, context, "no\nsuch", NULL, &wait, &error),
                     IOTSIG_ERR_READ);
    assert_string_equal(error.file, "no\\010such");
    assert_non_null(strstr(error.message, "cannot be captured on"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_that_grows),
        cmocka_unit_test(pcapng_that_grows_from_nothing_it_can_use),
        cmocka_unit_test(stopped_inside_a_packet),
        cmocka_unit_test(file_that_shrinks),
        cmocka_unit_test(pipe_gives_a_packet_as_soon_as_it_is_whole),
        cmocka_unit_test(interface_that_is_none),
    };
    assert_int_equal(iotsig_context_new(&context, NULL, NULL), 0);
    int failed = cmocka_run_group_tests_name("follow", tests, NULL, NULL);
    iotsig_context_free(context);
    return failed;
}
