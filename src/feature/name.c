/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name: DNS questions, TLS server names, HTTP hosts, NTP servers, TFTP files. */
#include "app/app.h"
#include "app/dns.h"
#include "app/startline.h"
#include "app/tls.h"
#include "feature/family.h"

enum kind { QUESTION, SERVER_NAME, HOST, NTP, TFTP };

enum port { DNS_PORT = 53, TFTP_PORT = 69, NTP_PORT = 123 };

static const char *const no_others[] = {NULL};

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               uint16_t number, struct text text, struct iotsig_error *error)
{
    return iotsig_raw_add(collector, seen, FAMILY_NAME, (uint8_t)kind, number, text, error);
}

static int take_dns(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct dns_reader reader;
    struct dns_record record;
    seen->clear = true;
    if (seen->packet->dst.port != DNS_PORT ||
        !iotsig_dns_start(&reader, iotsig_dns_message(seen->packet)) || reader.response)
        return 0;
    while (iotsig_dns_next(&reader, &record) == 1 && record.section == DNS_QUESTION) {
        struct text name = {record.owner.text, record.owner.n};
        int status = add(collector, seen, QUESTION, record.type, name, error);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Host names are the same in any case (RFC 4343). */
static int add_name(struct collector *collector, const struct seen *seen, enum kind kind,
                    struct bytes name, struct iotsig_error *error)
{
    struct line line = {0};
    line_bytes(&line, name);
    for (size_t i = 0; i < line.n; i++)
        line.text[i] = (char)lower((uint8_t)line.text[i]);
    return line.n == 0 ? 0 : add(collector, seen, kind, 0, text_of_line(&line), error);
}

static int take_tcp(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    enum { HANDSHAKE = 22 };
    struct bytes payload = seen->packet->payload;
    struct start_line line;
    if (payload.n > 0 && payload.p[0] == HANDSHAKE)
        return add_name(collector, seen, SERVER_NAME, iotsig_tls_walk(payload).server_name, error);
    if (!iotsig_start_line(payload, no_others, &line) || line.response)
        return 0;
    return add_name(collector, seen, HOST, iotsig_header_field(payload, "host"), error);
}

/* RFC 5905 section 7.3 */
static int take_ntp(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    enum { CLIENT = 3, ACTIVE = 1, BYTES = 48 };
    if (seen->packet->payload.n < BYTES)
        return 0;
    struct cursor at = cursor_of(seen->packet->payload);
    uint8_t head = cursor_u8(&at), mode = head & 7;
    seen->clear = true;
    if (mode != CLIENT && mode != ACTIVE)
        return 0;
    return add(collector, seen, NTP, head >> 3 & 7,
               seen->flow->name.p != NULL ? seen->flow->name : TEXT(""), error);
}

/* RFC 1350 section 5 */
static int take_tftp(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    enum { READ = 1, WRITE = 2 };
    struct cursor at = cursor_of(seen->packet->payload);
    uint16_t operation = cursor_u16(&at);
    struct bytes file = cursor_take(&at, bytes_find(cursor_rest(&at), 0));
    struct line line = {0};
    if (operation != READ && operation != WRITE)
        return 0;
    seen->clear = true;
    line_bytes(&line, file);
    return add(collector, seen, TFTP, operation, text_of_line(&line), error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct packet *packet = seen->packet;
    if (packet->transport == 0 || packet->payload.n == 0)
        return 0;
    if (app_has_port(packet, packet->transport, DNS_PORT))
        return take_dns(collector, seen, error);
    if (packet->transport == IOTSIG_TCP)
        return take_tcp(collector, seen, error);
    if (app_has_port(packet, IOTSIG_UDP, NTP_PORT))
        return take_ntp(collector, seen, error);
    if (packet->dst.port == TFTP_PORT)
        return take_tftp(collector, seen, error);
    return 0;
}

/* "name", "name:port", an address: the words of peers stand for addresses. */
static void put_host(const struct view *view, const struct raw *raw, struct line *line)
{
    char text[RAW_TEXT + 1];
    const char *host = raw->text.p;
    struct address address;
    size_t n = 0;
    while (n < raw->text.n && host[n] != ':')
        n++;
    memcpy(text, raw->text.p, n);
    text[n] = '\0';
    if (iotsig_address_parse(text, &address))
        iotsig_view_peer(view, raw->dst_mac, &address, (struct text){NULL, 0}, line);
    else
        iotsig_replace_name(line, &view->own, (struct text){text, n});
}

static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    char made[DNS_TYPE_TEXT];
    struct text name = raw->text;
    if (!iotsig_view_is_self(view, raw->src_mac, &raw->src))
        return false;
    switch ((enum kind)raw->kind) {
    case QUESTION:
        line_string(line, "dns ");
        line_string(line, iotsig_dns_type_text(raw->number, made));
        line_string(line, " ");
        iotsig_replace_name(line, &view->own, name);
        return true;
    case SERVER_NAME:
        line_string(line, "tls ");
        iotsig_replace_name(line, &view->own, name);
        return true;
    case HOST:
        line_string(line, "http ");
        put_host(view, raw, line);
        return true;
    case NTP:
        line_string(line, "ntp ");
        line_number(line, raw->number);
        line_string(line, " ");
        if (name.n == 0)
            name.p = NULL;
        iotsig_view_peer(view, raw->dst_mac, &raw->dst, name, line);
        return true;
    default:
        line_string(line, raw->number == 1 ? "tftp read " : "tftp write ");
        iotsig_replace(line, &view->own, name);
        return true;
    }
}

const struct family iotsig_family_name = {.name = "name",
                                          .id = FAMILY_NAME,
                                          .take = take,
                                          .render = render};
