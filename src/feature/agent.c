/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent: what software says about itself, and what gives it away: how it says hello (app/ja4.h),
 * and how its TCP opens a connection. It changes with each version, so it has to be asked for.
 */
#include "app/app.h"
#include "app/ja4.h"
#include "app/startline.h"
#include "feature/family.h"

enum kind { USER_AGENT, SERVER, HELLO, SYN };

enum port { SSDP_PORT = 1900 };

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               const struct line *line, struct iotsig_error *error)
{
    return line->n == 0 ? 0
                        : iotsig_raw_add(collector, seen, FAMILY_AGENT, (uint8_t)kind, 0,
                                         text_of_line(line), error);
}

static int add_field(struct collector *collector, const struct seen *seen, enum kind kind,
                     const char *name, struct iotsig_error *error)
{
    struct line line = {0};
    line_bytes(&line, iotsig_header_field(seen->packet->payload, name));
    return add(collector, seen, kind, &line, error);
}

static int take_hello(struct collector *collector, const struct seen *seen,
                      struct iotsig_error *error)
{
    struct tls_record record;
    struct tls_hello hello;
    struct bytes payload = seen->packet->payload;
    struct line line = {0};
    char ja4[JA4_TEXT];
    if (!iotsig_tls_record(payload, &record) ||
        !iotsig_tls_hello(iotsig_tls_handshake(payload), &hello) || !iotsig_ja4(&hello, 't', ja4))
        return 0;
    line_string(&line, ja4);
    return add(collector, seen, HELLO, &line, error);
}

/* The least of what systems start with that is not below what has come: each router takes one off.
 */
static unsigned ttl_class(uint8_t ttl)
{
    return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

/* The TCP header, and the time to live or hop limit in front of it (RFC 791, RFC 8200). */
static bool tcp_header(const struct frame *frame, uint8_t *ttl, struct cursor *tcp)
{
    struct cursor at = cursor_of(frame->body);
    if (frame->version == 4) {
        size_t words = cursor_u8(&at) & 15;
        cursor_skip(&at, 7);
        *ttl = cursor_u8(&at);
        cursor_skip(&at, 11 + (words > 5 ? words - 5 : 0) * 4);
    } else {
        cursor_skip(&at, 6);
        uint8_t next = cursor_u8(&at);
        *ttl = cursor_u8(&at);
        cursor_skip(&at, 32);
        if (next != IOTSIG_TCP) /* extension headers: SYNs have none */
            return false;
    }
    *tcp = at;
    return !at.failed;
}

/* Kinds of options in their order, with the values that a system has rather than a connection: the
 * greatest segment and the window scale (RFC 9293 section 3.2, RFC 7323 section 2). */
static void put_options(struct line *line, struct cursor at)
{
    enum { END, NOP, MSS, SCALE, SACK, TIMESTAMPS = 8 };
    static const char *const words[] = {"end", "nop", "mss", "ws", "sack", NULL, NULL, NULL, "ts"};
    for (bool first = true; at.left > 0; first = false) {
        uint8_t kind = cursor_u8(&at);
        struct cursor value = {at.p, 0, false};
        if (kind > NOP) {
            uint8_t length = cursor_u8(&at);
            value = cursor_sub(&at, length < 2 ? SIZE_MAX : (size_t)length - 2);
        }
        if (at.failed)
            return;
        line_string(line, first ? "" : ",");
        if (kind <= TIMESTAMPS && words[kind] != NULL)
            line_string(line, words[kind]);
        else
            line_number(line, kind);
        if (kind == MSS)
            line_number(line, cursor_u16(&value));
        else if (kind == SCALE)
            line_number(line, cursor_u8(&value));
        if (kind == END)
            return;
    }
}

/* "64 29200 mss1460,sack,ts,nop,ws7" */
static int take_syn(struct collector *collector, const struct seen *seen,
                    struct iotsig_error *error)
{
    enum { FIXED = 20 };
    uint8_t ttl;
    struct cursor at;
    struct line line = {0};
    if (!tcp_header(seen->frame, &ttl, &at))
        return 0;
    cursor_skip(&at, 12);
    size_t length = (size_t)(cursor_u8(&at) >> 4) * 4;
    cursor_skip(&at, 1);
    uint16_t window = cursor_u16(&at);
    cursor_skip(&at, 4);
    struct cursor options = cursor_sub(&at, length < FIXED ? 0 : length - FIXED);
    if (at.failed)
        return 0;
    line_number(&line, ttl_class(ttl));
    line_string(&line, " ");
    line_number(&line, window);
    line_string(&line, options.left > 0 ? " " : "");
    put_options(&line, options);
    return add(collector, seen, SYN, &line, error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    enum { HANDSHAKE = 22 };
    static const char *const methods[] = {"M-SEARCH", "NOTIFY", NULL};
    const struct packet *packet = seen->packet;
    struct start_line line;
    bool tcp = packet->transport == IOTSIG_TCP;
    if (tcp && (packet->tcp_flags & (IOTSIG_TCP_SYN | IOTSIG_TCP_ACK)) == IOTSIG_TCP_SYN)
        return take_syn(collector, seen, error);
    if (tcp && packet->payload.n > 0 && packet->payload.p[0] == HANDSHAKE)
        return take_hello(collector, seen, error);
    if ((!tcp && !app_has_port(packet, IOTSIG_UDP, SSDP_PORT)) ||
        !iotsig_start_line(packet->payload, methods, &line))
        return 0;
    int status = add_field(collector, seen, USER_AGENT, "user-agent", error);
    return status != 0 ? status : add_field(collector, seen, SERVER, "server", error);
}

static const char *const words[] = {
    [USER_AGENT] = "user-agent ", [SERVER] = "server ", [HELLO] = "ja4 ", [SYN] = "syn "};

/* A fingerprint has nothing that is of one unit only, so nothing of it is replaced. */
static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    if (!iotsig_view_is_self(view, raw->src_mac, &raw->src))
        return false;
    line_string(line, words[raw->kind]);
    if (raw->kind == HELLO || raw->kind == SYN)
        line_text(line, raw->text);
    else
        iotsig_replace(line, &view->own, raw->text);
    return true;
}

const struct family iotsig_family_agent = {
    .name = "agent", .optional = true, .id = FAMILY_AGENT, .take = take, .render = render};
