/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture/capture.h"

#include "base/context.h"
#include "base/error.h"
#include "capture/filter.h"
#include "capture/live.h"
#include "capture/pcap.h"
#include "capture/pcapng.h"

/* Enough of a file to tell what it is. */
#define START 24

/* With less nothing can be told. */
#define MAGIC 4

struct iotsig_capture {
    const struct iotsig_context *context;
    struct iotsig_source *source; /* NULL: an interface */
    struct live *live;
    struct filter filter;
    bool is_pcapng;
    struct pcap_reader pcap;
    struct pcapng_reader pcapng;
    int state; /* what next() answered last, with READER_CUT for a cut packet */
    struct iotsig_error failure;
};

bool iotsig_capture_looks_like(struct bytes start)
{
    return iotsig_pcap_begins(start) || iotsig_pcapng_begins(start);
}

/* Gives a failure its place, here in the stream. */
static int locate(const struct iotsig_capture *capture, int status, struct iotsig_error *error)
{
    if (status == IOTSIG_ERR_FORMAT || status == IOTSIG_ERR_UNSUPPORTED)
        iotsig_fail_at(error, status, "byte %llu",
                       (unsigned long long)iotsig_source_offset(capture->source));
    return iotsig_fail_in(error, status, iotsig_source_name(capture->source));
}

static int fail_start(struct bytes start, struct iotsig_error *error)
{
    if (start.n == 0)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "is empty (a pcap or pcapng is expected)");
    return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                       "is no capture (pcap and pcapng can be read; editcap converts others)");
}

/* Finds out what the file is, and reads a pcap's header. */
static int start(struct iotsig_capture *capture, const char *filter, struct iotsig_error *error)
{
    struct bytes start;
    int status = iotsig_filter_init(&capture->filter, &capture->context->allocator, filter, error);
    if (status == 0)
        status = iotsig_source_need(capture->source, START, &start, error);
    if (status != 0)
        return status;

    capture->state = READER_FRAME;
    capture->is_pcapng = iotsig_pcapng_begins(start);
    if (start.n < MAGIC && iotsig_source_is_cut(capture->source))
        capture->state = READER_END;
    else if (!iotsig_capture_looks_like(start))
        return fail_start(start, error);
    else if (!capture->is_pcapng)
        capture->state = iotsig_pcap_open(&capture->pcap, capture->source, error);
    if (capture->state < 0)
        return capture->state;
    if (capture->state == READER_FRAME && !capture->is_pcapng)
        return iotsig_filter_prepare(&capture->filter, capture->pcap.link_type, error);
    return 0;
}

int iotsig_capture_open_source(struct iotsig_capture **out, struct iotsig_context *context,
                               struct iotsig_source *source, const char *filter,
                               struct iotsig_error *error)
{
    struct iotsig_capture *capture = iotsig_memory_get(&context->allocator, sizeof *capture);
    if (capture == NULL)
        return iotsig_fail_memory(error);
    *capture = (struct iotsig_capture){.context = context, .source = source};
    iotsig_pcapng_init(&capture->pcapng, &context->allocator);
    int status = start(capture, filter, error);
    if (status != 0) {
        locate(capture, status, error);
        capture->source = NULL;
        iotsig_capture_close(capture);
        return status;
    }
    *out = capture;
    return 0;
}

int iotsig_capture_follow(struct iotsig_capture **out, struct iotsig_context *context,
                          const char *path, const char *filter, const struct iotsig_wait *wait,
                          struct iotsig_error *error)
{
    struct iotsig_source *source;
    int status = iotsig_source_follow(&source, context, path, wait, error);
    if (status != 0)
        return status;
    status = iotsig_capture_open_source(out, context, source, filter, error);
    if (status != 0)
        iotsig_source_close(source);
    return status;
}

int iotsig_capture_open(struct iotsig_capture **out, struct iotsig_context *context,
                        const char *path, const char *filter, struct iotsig_error *error)
{
    return iotsig_capture_follow(out, context, path, filter, NULL, error);
}

int iotsig_capture_live(struct iotsig_capture **out, struct iotsig_context *context,
                        const char *interface, const char *filter, const struct iotsig_wait *wait,
                        struct iotsig_error *error)
{
    struct iotsig_capture *capture = iotsig_memory_get(&context->allocator, sizeof *capture);
    if (capture == NULL)
        return iotsig_fail_memory(error);
    *capture = (struct iotsig_capture){.context = context, .state = READER_FRAME};
    int status = iotsig_live_open(&capture->live, context, interface, filter, wait, error);
    if (status != 0)
        iotsig_memory_free(&context->allocator, capture);
    else
        *out = capture;
    return status;
}

uint64_t iotsig_capture_lost(const struct iotsig_capture *capture)
{
    return capture->live != NULL ? iotsig_live_lost(capture->live) : 0;
}

int iotsig_capture_refusal(const struct iotsig_capture *capture, struct iotsig_error *error)
{
    int status = capture->pcapng.refusal.status;
    if (status == IOTSIG_OK)
        return status;
    if (error != NULL)
        *error = capture->pcapng.refusal;
    return locate(capture, status, error);
}

/* At the end of all packets: those that were passed over count more than a cut. */
static int finish(struct iotsig_capture *capture, int got)
{
    int status = iotsig_capture_refusal(capture, &capture->failure);
    return status != IOTSIG_OK ? status : got;
}

/* The next frame that passes, READER_END, READER_CUT, or a failure in capture->failure. */
static int advance(struct iotsig_capture *capture, struct iotsig_frame *frame)
{
    for (;;) {
        struct iotsig_error *error = &capture->failure;
        int got = capture->is_pcapng
                      ? iotsig_pcapng_next(&capture->pcapng, capture->source, frame, error)
                      : iotsig_pcap_next(&capture->pcap, capture->source, frame, error);
        if (got == READER_END || got == READER_CUT)
            return finish(capture, got);
        if (got == READER_FRAME)
            got = iotsig_filter_passes(&capture->filter, frame, error);
        if (got < 0)
            return locate(capture, got, error);
        if (got > 0)
            return got;
    }
}

int iotsig_capture_next(struct iotsig_capture *capture, struct iotsig_frame *frame,
                        struct iotsig_error *error)
{
    if (capture->state == READER_FRAME)
        capture->state = capture->live != NULL
                             ? iotsig_live_next(capture->live, frame, &capture->failure)
                             : advance(capture, frame);
    if (capture->state < 0 && error != NULL)
        *error = capture->failure;
    return capture->state == READER_CUT ? 0 : capture->state;
}

/* What there is to say of how a capture has ended, or NULL. */
static const char *remark(const struct iotsig_capture *capture)
{
    if (capture->state == READER_CUT)
        return "ends inside a packet (it was cut or is still being written; the packets before "
               "count)";
    if (capture->state != READER_END || capture->live != NULL)
        return NULL;
    if (iotsig_source_is_cut(capture->source))
        return "the compressed data ends early (it was cut or is still being written; the packets "
               "before count)";
    if (iotsig_source_is_trailed(capture->source))
        return "what follows the compressed data is not compressed (it is ignored)";
    return NULL;
}

bool iotsig_capture_is_cut(const struct iotsig_capture *capture, struct iotsig_error *warning)
{
    const char *text = remark(capture);
    if (text == NULL)
        return false;
    iotsig_fail(warning, IOTSIG_OK, "%s", text);
    iotsig_fail_at(warning, IOTSIG_OK, "byte %llu",
                   (unsigned long long)iotsig_source_offset(capture->source));
    iotsig_fail_in(warning, IOTSIG_OK, iotsig_source_name(capture->source));
    return true;
}

uint64_t iotsig_capture_position(const struct iotsig_capture *capture, uint64_t *size)
{
    *size = 0;
    return capture->live != NULL ? 0 : iotsig_source_position(capture->source, size);
}

void iotsig_capture_close(struct iotsig_capture *capture)
{
    if (capture == NULL)
        return;
    if (capture->live != NULL) {
        iotsig_live_close(capture->live);
    } else {
        iotsig_source_close(capture->source);
        iotsig_pcapng_fini(&capture->pcapng);
        iotsig_filter_fini(&capture->filter);
    }
    iotsig_memory_free(&capture->context->allocator, capture);
}
