/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one format to another. */
#include "base/error.h"
#include "capture/capture.h"
#include "format/read.h"
#include "iotsig/format.h"

/* By how many bytes the kind of a file is found. */
#define START ((size_t)64 * 1024)

struct converting {
    struct iotsig_context *context;
    struct iotsig_output *output;
    const struct iotsig_style *style;
    struct iotsig_packet_writer *writer; /* from the first packet on */
};

static int put(void *user, const char *capture, const struct iotsig_packet *packet,
               struct iotsig_error *error)
{
    struct converting *converting = user;
    int status = 0;
    if (converting->writer == NULL)
        status = iotsig_packet_writer_new(&converting->writer, converting->context,
                                          converting->output, converting->style, error);
    return status != 0 ? status
                       : iotsig_packet_writer_put(converting->writer, capture, packet, error);
}

/* Reads all records: packets are written at once, patterns are kept. */
static int read_records(struct converting *converting, struct iotsig_patterns *patterns,
                        struct iotsig_source *source, const char *path,
                        struct iotsig_error *error)
{
    struct packet_sink sink = {.put = put, .user = converting};
    struct record_reader reader;
    struct bytes start;
    int status = iotsig_source_need(source, START, &start, error);
    if (start.n == 0)
        return status != 0 ? status : iotsig_fail(error, IOTSIG_ERR_EMPTY, "it is empty");
    if (iotsig_capture_looks_like(start))
        return iotsig_fail(error, IOTSIG_ERR_UNSUPPORTED,
                           "a capture (use iotsig packets, or iotsig flows)");
    if (!iotsig_records_begin(start))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "neither packets nor patterns");
    status = iotsig_pattern_new(&sink.pattern, converting->context, error);
    if (status != 0)
        return status;
    iotsig_records_init(&reader, patterns, path);
    reader.sink = &sink;
    status = iotsig_records_read(&reader, source, start, error);
    iotsig_pattern_free(sink.pattern);
    return status;
}

static int write_all(struct converting *converting, const struct iotsig_patterns *patterns,
                     struct iotsig_error *error)
{
    if (converting->writer == NULL && patterns->count == 0)
        return iotsig_fail(error, IOTSIG_ERR_EMPTY, "it holds nothing");
    if (converting->writer != NULL && patterns->count > 0)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "packets and flows in one file (split it)");
    if (converting->writer == NULL)
        return iotsig_patterns_rewrite(patterns, converting->output, converting->style, error);
    int status = iotsig_packet_writer_free(converting->writer, error);
    converting->writer = NULL;
    return status;
}

int iotsig_convert(struct iotsig_context *context, const char *path,
                   const struct iotsig_options *options, struct iotsig_output *output,
                   const struct iotsig_style *style, struct iotsig_error *error)
{
    struct converting converting = {.context = context, .output = output, .style = style};
    struct iotsig_patterns *patterns;
    struct iotsig_source *source;
    struct iotsig_error later;
    int status = iotsig_source_open(&source, context, path, error);
    if (status != 0)
        return status;
    status = iotsig_patterns_new(&patterns, context, options, false, error);
    if (status == 0) {
        status = read_records(&converting, patterns, source, path, error);
        if (status == 0 || status == IOTSIG_ERR_FORMAT || status == IOTSIG_ERR_READ) {
            int written = write_all(&converting, patterns, status == 0 ? error : &later);
            status = status != 0 ? status : written;
        }
        (void)iotsig_packet_writer_free(converting.writer, NULL);
        iotsig_patterns_free(patterns);
    }
    iotsig_source_close(source);
    return status == 0 ? 0 : iotsig_fail_in(error, status, path);
}
