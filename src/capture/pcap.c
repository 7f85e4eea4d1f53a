/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture/pcap.h"

#include "base/error.h"
#include "capture/linktype.h"

#define FILE_HEADER 24
#define PACKET_HEADER 16

/* As big-endian numbers; each has a mirror image in little-endian files. */
#define MAGIC 0xa1b2c3d4u
#define MAGIC_NANOSECONDS 0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u /* Alexey Kuznetzov's: 8 more bytes before each packet */

static bool is_magic(uint32_t magic)
{
    return magic == MAGIC || magic == MAGIC_NANOSECONDS || magic == MAGIC_MODIFIED;
}

static bool read_magic(struct cursor *at, struct pcap_reader *reader, uint32_t *magic)
{
    struct cursor little = *at;
    *magic = cursor_u32(at);
    reader->order.little = !is_magic(*magic);
    if (reader->order.little)
        *magic = cursor_u32le(&little);
    return !at->failed && is_magic(*magic);
}

bool iotsig_pcap_begins(struct bytes start)
{
    struct cursor at = cursor_of(start);
    struct pcap_reader reader;
    uint32_t magic;
    return read_magic(&at, &reader, &magic);
}

int iotsig_pcap_open(struct pcap_reader *reader, struct iotsig_source *source,
                     struct iotsig_error *error)
{
    struct bytes bytes;
    uint32_t magic;
    int status = iotsig_source_need(source, FILE_HEADER, &bytes, error);
    if (status != 0)
        return status;

    struct cursor at = cursor_of(bytes);
    *reader = (struct pcap_reader){.header = PACKET_HEADER};
    read_magic(&at, reader, &magic);
    reader->nanoseconds = magic == MAGIC_NANOSECONDS;
    if (magic == MAGIC_MODIFIED)
        reader->header += 8;
    cursor_skip(&at, 2 + 2 + 4 + 4 + 4); /* version, two that are zero, snapshot length */
    /* The upper half tells of frame check sequences. */
    reader->link_type = order_u32(reader->order, &at) & 0xffff;
    if (at.failed)
        return READER_CUT;
    iotsig_source_advance(source, FILE_HEADER);
    if (!iotsig_link_type_is_known(reader->link_type))
        return iotsig_link_type_refuse(reader->link_type, error);
    return READER_FRAME;
}

int iotsig_pcap_next(struct pcap_reader *reader, struct iotsig_source *source,
                     struct iotsig_frame *frame, struct iotsig_error *error)
{
    struct bytes bytes;
    int status = iotsig_source_need(source, reader->header, &bytes, error);
    if (status != 0)
        return status;
    if (bytes.n == 0)
        return READER_END;

    struct cursor at = cursor_of(bytes);
    int64_t seconds = order_u32(reader->order, &at);
    int64_t fraction = order_u32(reader->order, &at);
    frame->captured = order_u32(reader->order, &at);
    frame->length = order_u32(reader->order, &at);
    cursor_skip(&at, reader->header - PACKET_HEADER);
    if (at.failed)
        return READER_CUT;
    if (frame->captured > IOTSIG_PACKET_MAX)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                           "a packet of %u bytes (the capture is damaged from here on)",
                           (unsigned)frame->captured);

    size_t whole = reader->header + frame->captured;
    if (bytes.n < whole) {
        status = iotsig_source_need(source, whole, &bytes, error);
        if (status != 0)
            return status;
        if (bytes.n < whole)
            return READER_CUT;
        at = cursor_of(bytes);
        cursor_skip(&at, reader->header);
    }
    frame->bytes = cursor_take(&at, frame->captured).p;
    frame->link_type = reader->link_type;
    frame->time.ns = seconds * 1000000000 + fraction * (reader->nanoseconds ? 1 : 1000);
    frame->time.digits = reader->nanoseconds ? 9 : 6;
    iotsig_source_advance(source, whole);
    return READER_FRAME;
}
