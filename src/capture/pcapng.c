/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: a block at a time. Of a block only its head and, for a packet, the frame
 * must lie in the buffer at once; what is behind them (options, padding, the length again) is
 * skipped, whatever its size. So a block cut behind its frame still gives the frame.
 */
#include "capture/pcapng.h"

#include "base/error.h"
#include "capture/linktype.h"

#define SECTION_HEADER 0x0a0d0d0au
#define BYTE_ORDER 0x1a2b3c4du

enum block { INTERFACE = 1, PACKET = 2, SIMPLE_PACKET = 3, ENHANCED_PACKET = 6 };
enum option { END_OF_OPTIONS = 0, RESOLUTION = 9, OFFSET = 14 };

#define BLOCK_HEAD 8
#define BLOCK_LEAST 12
#define INTERFACES_MAX 65536
#define MICROSECONDS 6
#define NANOSECOND_DIGITS 9
#define SECOND ((int64_t)1000000000)

/* A block, its head read. */
struct block_head {
    uint32_t type;
    uint32_t length; /* of the whole block */
};

bool iotsig_pcapng_begins(struct bytes start)
{
    struct cursor at = cursor_of(start);
    bool section = cursor_u32(&at) == SECTION_HEADER;
    cursor_skip(&at, 4);
    struct cursor little = at;
    bool order = cursor_u32(&at) == BYTE_ORDER || cursor_u32le(&little) == BYTE_ORDER;
    /* A file cut before its byte order is known: the first word is its own mirror image. */
    return section && (order || (at.failed && start.n < BLOCK_LEAST));
}

void iotsig_pcapng_init(struct pcapng_reader *reader, const struct iotsig_allocator *allocator)
{
    *reader = (struct pcapng_reader){.allocator = allocator};
}

void iotsig_pcapng_fini(struct pcapng_reader *reader)
{
    iotsig_memory_free(reader->allocator, reader->interfaces);
}

/* Time. */

static int64_t saturate(bool negative)
{
    return negative ? INT64_MIN : INT64_MAX;
}

/* Seconds and nanoseconds of `units` of 10^-n seconds. */
static void split_decimal(uint64_t units, unsigned n, uint64_t *seconds, uint64_t *ns)
{
    uint64_t scale = 1;
    for (unsigned i = 0; i < n && scale != 0; i++)
        scale = i < 19 ? scale * 10 : 0;
    if (scale == 0) { /* 64 bits of these are less than two seconds */
        *seconds = 0;
        *ns = 0;
        return;
    }
    *seconds = units / scale;
    *ns = units % scale;
    for (; n < NANOSECOND_DIGITS; n++)
        *ns *= 10;
    for (; n > NANOSECOND_DIGITS; n--)
        *ns /= 10;
}

/* The same of 2^-n seconds: the product is taken in two halves, for it has up to 94 bits. */
static void split_binary(uint64_t units, unsigned n, uint64_t *seconds, uint64_t *ns)
{
    *seconds = n < 64 ? units >> n : 0;
    uint64_t fraction = n < 64 ? units & ((UINT64_C(1) << n) - 1) : units;
    uint64_t high = (fraction >> 32) * SECOND, low = (fraction & UINT32_MAX) * SECOND;
    if (n <= 32)
        *ns = low >> n;
    else
        *ns = n < 96 ? (high + (low >> 32)) >> (n - 32) : 0;
}

struct iotsig_time iotsig_pcapng_time(const struct pcapng_interface *interface, uint64_t units)
{
    unsigned n = interface->resolution & 0x7f;
    bool binary = interface->resolution & 0x80;
    uint64_t seconds, ns;
    int64_t sum, product;
    struct iotsig_time time;

    if (binary)
        split_binary(units, n, &seconds, &ns);
    else
        split_decimal(units, n, &seconds, &ns);
    time.digits = n > (binary ? 19 : MICROSECONDS) ? 9 : 6;
    if (seconds > INT64_MAX || __builtin_add_overflow((int64_t)seconds, interface->offset, &sum))
        time.ns = saturate(interface->offset < 0 && seconds <= INT64_MAX);
    else if (__builtin_mul_overflow(sum, SECOND, &product) ||
             __builtin_add_overflow(product, (int64_t)ns, &time.ns))
        time.ns = saturate(sum < 0);
    return time;
}

/* Blocks. */

/* The bytes of a block as far as they are in the file, at most `want` of them. */
static int look(struct iotsig_source *source, const struct block_head *head, size_t want,
                struct cursor *at, struct iotsig_error *error)
{
    struct bytes bytes;
    if (want > head->length - 4) /* the length again is no part of the body */
        want = head->length - 4;
    int status = iotsig_source_need(source, want, &bytes, error);
    *at = cursor_of(bytes);
    *at = cursor_sub(at, bytes.n < want ? bytes.n : want);
    if (status == 0 && bytes.n < want)
        return READER_CUT;
    return status;
}

/* A section begins: other byte order, no interfaces. */
static int read_section(struct pcapng_reader *reader, struct iotsig_source *source,
                        struct block_head *head, struct iotsig_error *error)
{
    struct bytes bytes;
    int status = iotsig_source_need(source, BLOCK_LEAST, &bytes, error);
    if (status != 0)
        return status;
    if (bytes.n < BLOCK_LEAST)
        return READER_CUT;
    struct cursor at = cursor_of(bytes);
    cursor_skip(&at, BLOCK_HEAD);
    struct cursor little = at;
    reader->order.little = cursor_u32le(&little) == BYTE_ORDER;
    if (!reader->order.little && cursor_u32(&at) != BYTE_ORDER)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                           "a section without byte order (the capture is damaged from here on)");
    at = cursor_of(bytes);
    cursor_skip(&at, 4);
    head->length = order_u32(reader->order, &at);
    reader->count = 0;
    return 0;
}

/* An option's value, and past its padding. */
static struct cursor take_value(struct cursor *at, uint16_t length)
{
    struct cursor value = cursor_sub(at, length);
    cursor_take_most(at, (4 - length % 4u) % 4);
    return value;
}

static void read_options(struct byte_order order, struct cursor at,
                         struct pcapng_interface *interface)
{
    while (at.left > 0) {
        uint16_t option = order_u16(order, &at), length = order_u16(order, &at);
        if (at.failed || option == END_OF_OPTIONS)
            return;
        struct cursor value = take_value(&at, length);
        if (option == RESOLUTION && length == 1 && !value.failed)
            interface->resolution = cursor_u8(&value);
        if (option == OFFSET && length == 8 && !value.failed) {
            uint64_t first = order_u32(order, &value), second = order_u32(order, &value);
            interface->offset = (int64_t)(order.little ? second << 32 | first : first << 32 | second);
        }
    }
}

static int read_interface(struct pcapng_reader *reader, struct iotsig_source *source,
                          const struct block_head *head, struct iotsig_error *error)
{
    struct pcapng_interface interface = {.resolution = MICROSECONDS};
    struct cursor at;
    int status = look(source, head, IOTSIG_SOURCE_MAX, &at, error);
    if (status != 0)
        return status;
    cursor_skip(&at, BLOCK_HEAD);
    interface.link_type = order_u16(reader->order, &at);
    cursor_skip(&at, 2);
    interface.snap_length = order_u32(reader->order, &at);
    if (at.failed)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "an interface block of %u bytes is too short "
                           "(the capture is damaged from here on)", (unsigned)head->length);
    read_options(reader->order, at, &interface);
    if (reader->count == INTERFACES_MAX)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "over %d interfaces in a section "
                           "(the capture is damaged)", INTERFACES_MAX);
    if (!iotsig_array_grow(reader->allocator, &reader->interfaces, &reader->capacity,
                           reader->count + 1, sizeof *reader->interfaces))
        return iotsig_fail_memory(error);
    reader->interfaces[reader->count++] = interface;
    return 0;
}

/* The fields of a packet block before its frame. */
struct packet_head {
    uint32_t interface;
    bool timed;
    uint64_t units;
    uint32_t captured, length;
    size_t size; /* of the block's head and these */
};

static struct packet_head read_packet_head(struct byte_order order, const struct block_head *head,
                                           struct cursor at)
{
    struct packet_head packet = {0};
    size_t all = at.left;
    cursor_skip(&at, BLOCK_HEAD);
    if (head->type == SIMPLE_PACKET) {
        packet.length = order_u32(order, &at);
        packet.captured = packet.length;
    } else {
        if (head->type == PACKET) {
            packet.interface = order_u16(order, &at);
            cursor_skip(&at, 2); /* how many were dropped */
        } else {
            packet.interface = order_u32(order, &at);
        }
        packet.timed = true;
        packet.units = (uint64_t)order_u32(order, &at) << 32;
        packet.units |= order_u32(order, &at);
        packet.captured = order_u32(order, &at);
        packet.length = order_u32(order, &at);
    }
    packet.size = at.failed ? 0 : all - at.left;
    return packet;
}

/* A simple packet block does not say how much was captured (section 4.4). */
static void limit_simple(const struct pcapng_interface *interface, const struct block_head *head,
                         struct packet_head *packet)
{
    uint32_t room = head->length - 4 - (uint32_t)packet->size;
    if (interface->snap_length > 0 && packet->captured > interface->snap_length)
        packet->captured = interface->snap_length;
    if (packet->captured > room)
        packet->captured = room;
}

static int check_packet(const struct pcapng_reader *reader, const struct block_head *head,
                        struct packet_head *packet, struct iotsig_error *error)
{
    if (packet->size == 0)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a packet block of %u bytes is too short "
                           "(the capture is damaged from here on)", (unsigned)head->length);
    if (packet->interface >= reader->count)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a packet of interface %u, which no block "
                           "describes (the capture is damaged)", (unsigned)packet->interface);
    const struct pcapng_interface *interface = &reader->interfaces[packet->interface];
    if (!packet->timed)
        limit_simple(interface, head, packet);
    if (packet->captured > IOTSIG_PACKET_MAX ||
        packet->captured > head->length - 4 - (uint32_t)packet->size)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a packet of %u bytes in a block of %u "
                           "(the capture is damaged from here on)", (unsigned)packet->captured,
                           (unsigned)head->length);
    return 0;
}

/* Keeps the first packet that cannot be read, for the end: those of other interfaces can. */
static void refuse(struct pcapng_reader *reader, const struct iotsig_source *source, int link_type)
{
    if (reader->refusal.status != IOTSIG_OK)
        return;
    int status = iotsig_link_type_refuse(link_type, &reader->refusal);
    iotsig_fail_at(&reader->refusal, status, "byte %llu",
                   (unsigned long long)iotsig_source_offset(source));
}

/* READER_FRAME; 0: it was passed over. */
static int read_packet(struct pcapng_reader *reader, struct iotsig_source *source,
                       const struct block_head *head, struct iotsig_frame *frame,
                       struct iotsig_error *error)
{
    struct cursor at;
    int status = look(source, head, BLOCK_HEAD + 20, &at, error);
    if (status != 0)
        return status;
    struct packet_head packet = read_packet_head(reader->order, head, at);
    status = check_packet(reader, head, &packet, error);
    if (status != 0)
        return status;
    const struct pcapng_interface *interface = &reader->interfaces[packet.interface];
    if (!iotsig_link_type_is_known(interface->link_type)) {
        refuse(reader, source, interface->link_type);
        return 0;
    }
    status = look(source, head, packet.size + packet.captured, &at, error);
    if (status != 0)
        return status;

    cursor_skip(&at, packet.size);
    frame->bytes = cursor_take(&at, packet.captured).p;
    frame->captured = packet.captured;
    frame->length = packet.length;
    frame->link_type = interface->link_type;
    frame->time = (struct iotsig_time){0, 0};
    if (packet.timed)
        frame->time = iotsig_pcapng_time(interface, packet.units);
    iotsig_source_advance(source, packet.size + packet.captured);
    reader->behind = head->length - packet.size - packet.captured;
    return READER_FRAME;
}

/* The head of the next block; READER_END where there is none, else 0. */
static int read_head(struct pcapng_reader *reader, struct iotsig_source *source,
                     struct block_head *head, struct iotsig_error *error, bool *end)
{
    struct bytes bytes;
    int status = iotsig_source_need(source, BLOCK_HEAD, &bytes, error);
    *end = status == 0 && bytes.n == 0;
    if (status != 0 || *end)
        return status;
    if (bytes.n < BLOCK_HEAD)
        return READER_CUT;
    struct cursor at = cursor_of(bytes);
    head->type = order_u32(reader->order, &at);
    head->length = order_u32(reader->order, &at);
    if (head->type == SECTION_HEADER)
        status = read_section(reader, source, head, error);
    if (status == 0 && (head->length < BLOCK_LEAST || head->length % 4 != 0))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a block of %u bytes (the capture is damaged "
                           "from here on)", (unsigned)head->length);
    return status;
}

/* Past `n` bytes; READER_CUT when there are less. */
static int skip(struct iotsig_source *source, uint64_t n, struct iotsig_error *error)
{
    uint64_t skipped;
    int status = iotsig_source_skip(source, n, &skipped, error);
    return status == 0 && skipped < n ? READER_CUT : status;
}

int iotsig_pcapng_next(struct pcapng_reader *reader, struct iotsig_source *source,
                       struct iotsig_frame *frame, struct iotsig_error *error)
{
    for (;;) {
        struct block_head head;
        bool end;
        int status = skip(source, reader->behind, error);
        reader->behind = 0;
        if (status == 0)
            status = read_head(reader, source, &head, error, &end);
        if (status != 0 || end)
            return status;
        switch (head.type) {
        case PACKET:
        case SIMPLE_PACKET:
        case ENHANCED_PACKET:
            status = read_packet(reader, source, &head, frame, error);
            break;
        case INTERFACE:
            status = read_interface(reader, source, &head, error);
            break;
        default:
            break;
        }
        if (status != 0)
            return status;
        reader->behind = head.length;
    }
}
