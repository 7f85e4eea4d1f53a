/* SPDX-License-Identifier: GPL-3.0-or-later */
/* length: of flows whose payload is not understood, the lengths of what the client sends. */
#include "base/error.h"
#include "feature/family.h"

enum {
    PUSH = 0x08,       /* of TCP (RFC 9293 section 3.1) */
    SEGMENT_MIN = 536, /* the least that hosts take for a full segment (RFC 9293 section 3.7.1) */
    RECORD_HEADER = 5,
    APPLICATION_DATA = 23,
    RECORD_MAX = (1 << 14) + 2048,
};

static void keep(struct lengths *lengths, uint32_t length)
{
    if (lengths->count == LENGTHS_MAX || length == 0)
        return;
    if (lengths->times != NULL)
        lengths->times[lengths->count] = lengths->ns;
    lengths->length[lengths->count++] = length;
}

static void close_message(struct lengths *lengths)
{
    keep(lengths, lengths->open);
    lengths->open = 0;
}

/* RFC 8446 section 5.1. The length of the record at the start; 0: there is none. */
static size_t record(struct cursor at, bool *data)
{
    uint8_t type = cursor_u8(&at), major = cursor_u8(&at);
    cursor_skip(&at, 1);
    size_t length = cursor_u16(&at);
    *data = type == APPLICATION_DATA;
    return at.failed || type < 20 || type > 24 || major != 3 || length > RECORD_MAX ? 0 : length;
}

/* Records may go on in later segments; where one cannot be followed, the next is looked for at the
 * start of a segment. */
static void take_records(struct lengths *lengths, struct bytes payload)
{
    struct cursor at = cursor_of(payload);
    bool data;
    if (lengths->tls_left > 0) {
        size_t n = cursor_take_most(&at, lengths->tls_left).n;
        lengths->tls_left -= (uint32_t)n;
    }
    while (at.left > 0) {
        size_t length = record(at, &data);
        if (length == 0)
            return;
        if (data)
            keep(lengths, (uint32_t)length);
        cursor_skip(&at, RECORD_HEADER);
        lengths->tls_left = (uint32_t)(length - cursor_take_most(&at, length).n);
    }
}

static void take_segment(struct lengths *lengths, const struct packet *packet)
{
    size_t n = packet->payload.n;
    lengths->open = n > UINT32_MAX - lengths->open ? UINT32_MAX : lengths->open + (uint32_t)n;
    if (packet->transport == IOTSIG_UDP || n < SEGMENT_MIN || (packet->tcp_flags & PUSH))
        close_message(lengths);
}

/* All zero; NULL: no memory. */
static struct lengths *new_lengths(struct collector *collector)
{
    struct lengths *lengths =
        collector->keeper != NULL
            ? iotsig_memory_get(&collector->context->allocator, sizeof *lengths)
            : iotsig_arena_get(&collector->arena, sizeof *lengths);
    if (lengths == NULL)
        return NULL;
    *lengths = (struct lengths){0};
    if (!collector->spells)
        return lengths;
    lengths->times = iotsig_arena_get(&collector->arena, LENGTHS_MAX * sizeof *lengths->times);
    return lengths->times != NULL ? lengths : NULL;
}

/* A segment that was sent once more is no other message (RFC 9293 section 3.8.1), nor is the byte that
 * keeps a connection alive (RFC 1122 section 4.2.3.6). Far behind, it is another connection's. */
static bool is_sent_again(struct lengths *lengths, const struct packet *packet)
{
    enum { WINDOW = 1 << 20 };
    uint32_t end = packet->tcp_seq + (uint32_t)packet->payload.n;
    if (packet->transport != IOTSIG_TCP)
        return false;
    if (lengths->begun && lengths->next - end < WINDOW)
        return true;
    lengths->begun = true;
    lengths->next = end;
    return false;
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct packet *packet = seen->packet;
    struct flow *flow = seen->flow;
    bool data;
    if (packet->transport == 0 || packet->payload.n == 0 || flow->clear || seen->clear)
        return 0;
    if (!seen->from_client) {
        if (flow->lengths != NULL)
            close_message(flow->lengths);
        return 0;
    }
    if (flow->lengths == NULL) {
        flow->lengths = new_lengths(collector);
        if (flow->lengths == NULL)
            return iotsig_fail_memory(error);
        flow->tls =
            packet->transport == IOTSIG_TCP && record(cursor_of(packet->payload), &data) > 0;
    }
    if (flow->lengths->count == LENGTHS_MAX || is_sent_again(flow->lengths, packet))
        return 0;
    flow->lengths->ns = seen->time.ns;
    if (flow->tls)
        take_records(flow->lengths, packet->payload);
    else
        take_segment(flow->lengths, packet);
    return 0;
}

static bool render_flow(const struct view *view, const struct flow *flow, size_t i,
                        struct line *line)
{
    const struct lengths *lengths = flow->lengths;
    if (lengths == NULL || flow->clear)
        return false;
    bool open = !flow->tls && lengths->open > 0 && lengths->count < LENGTHS_MAX;
    if (i >= lengths->count + open || !iotsig_view_flow(view, flow, line))
        return false;
    line_string(line, flow->tls ? " tls " : " ");
    line_number(line, i < lengths->count ? lengths->length[i] : lengths->open);
    return true;
}

struct iotsig_spell iotsig_length_spell(const struct flow *flow, size_t i)
{
    const struct lengths *lengths = flow->lengths;
    int64_t ns = i < lengths->count ? lengths->times[i] : lengths->ns;
    return (struct iotsig_spell){ns, ns};
}

const struct family iotsig_family_length = {.name = "length",
                                            .id = FAMILY_LENGTH,
                                            .take = take,
                                            .render_flow = render_flow};
