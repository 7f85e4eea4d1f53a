/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link: ARP, EAPOL, ICMP, IGMP, and TCP flows without data. */
#include "app/igmp.h"
#include "feature/address.h"
#include "feature/family.h"

enum kind { ARP_PROBE, ARP_ANNOUNCEMENT, ARP_WHO_HAS, EAPOL, ICMP, ICMPV6, IGMP };

#define ETHER_EAPOL 0x888e

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               uint16_t number, const struct address *address, struct iotsig_error *error)
{
    char text[IOTSIG_ADDRESS_TEXT], *end = text;
    if (address != NULL)
        end = iotsig_address_write(text, address);
    return iotsig_raw_add(collector, seen, FAMILY_LINK, (uint8_t)kind, number,
                          (struct text){text, (size_t)(end - text)}, error);
}

/* RFC 5227 section 1.1 */
static int take_arp(struct collector *collector, const struct seen *seen,
                    struct iotsig_error *error)
{
    const struct arp *arp = &seen->frame->arp;
    bool own = address_equal(&arp->spa, &arp->tpa);
    if (own && !address_is_unset(&arp->spa))
        return add(collector, seen, ARP_ANNOUNCEMENT, 0, NULL, error);
    if (arp->operation != 1)
        return 0;
    if (address_is_unset(&arp->spa))
        return add(collector, seen, ARP_PROBE, 0, NULL, error);
    return add(collector, seen, ARP_WHO_HAS, 0, &arp->tpa, error);
}

static int take_igmp(struct collector *collector, const struct seen *seen,
                     struct iotsig_error *error)
{
    struct igmp_message message;
    struct address group;
    if (!iotsig_igmp_start(&message, seen->packet->payload))
        return 0;
    int status = 0;
    bool any = false;
    while (status == 0 && iotsig_igmp_next_group(&message, &group)) {
        any = true;
        status = add(collector, seen, IGMP, message.type, &group, error);
    }
    return any || status != 0 ? status : add(collector, seen, IGMP, message.type, NULL, error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct frame *frame = seen->frame;
    if (seen->packet->transport != 0)
        return 0;
    if (frame->has_arp)
        return take_arp(collector, seen, error);
    if (frame->ether_type == ETHER_EAPOL) {
        struct cursor at = cursor_of(frame->body);
        cursor_skip(&at, 1);
        return add(collector, seen, EAPOL, cursor_u8(&at), NULL, error);
    }
    if (frame->has_icmp)
        return add(collector, seen, frame->version == 4 ? ICMP : ICMPV6, frame->icmp_type, NULL,
                   error);
    if (frame->has_protocol && frame->protocol == IOTSIG_IGMP && !frame->later)
        return take_igmp(collector, seen, error);
    return 0;
}

/* The address that a raw feature has as its text. */
static void put_peer(const struct view *view, const struct raw *raw, struct line *line)
{
    char text[IOTSIG_ADDRESS_TEXT];
    struct address address;
    size_t n = raw->text.n < sizeof text ? raw->text.n : sizeof text - 1;
    memcpy(text, raw->text.p, n);
    text[n] = '\0';
    if (iotsig_address_parse(text, &address))
        iotsig_view_peer(view, 0, &address, (struct text){NULL, 0}, line);
}

static void put_word(struct line *line, const char *word, uint64_t number)
{
    if (word != NULL)
        line_string(line, word);
    else
        line_number(line, number);
}

static const char *igmp_word(uint16_t type)
{
    switch (type) {
    case IGMP_QUERY: return "query";
    case IGMP_V1_REPORT: return "v1-report";
    case IGMP_V2_REPORT: return "v2-report";
    case IGMP_LEAVE: return "leave";
    case IGMP_V3_REPORT: return "v3-report";
    default: return NULL;
    }
}

/* What goes to the device alone counts for ICMP and EAPOL; the rest it must have sent. */
static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    static const char *const eapol[] = {"eap", "start", "logoff", "key"};
    const char *way = iotsig_view_way(view, raw);
    bool out = way != NULL && way[0] == 'o', icmp = raw->kind == ICMP || raw->kind == ICMPV6;
    if (way == NULL || (!out && !icmp && raw->kind != EAPOL))
        return false;
    switch ((enum kind)raw->kind) {
    case ARP_PROBE: line_string(line, "arp probe"); return true;
    case ARP_ANNOUNCEMENT: line_string(line, "arp announcement"); return true;
    case ARP_WHO_HAS:
        line_string(line, "arp who-has ");
        put_peer(view, raw, line);
        return true;
    case EAPOL:
        line_string(line, "eapol ");
        line_string(line, way);
        line_string(line, " ");
        put_word(line, raw->number < 4 ? eapol[raw->number] : NULL, raw->number);
        return true;
    case IGMP:
        line_string(line, "igmp ");
        put_word(line, igmp_word(raw->number), raw->number);
        if (raw->text.n > 0)
            line_string(line, " ");
        put_peer(view, raw, line);
        return true;
    default:
        line_string(line, raw->kind == ICMP ? "icmp " : "icmpv6 ");
        line_string(line, way);
        line_string(line, " ");
        line_number(line, raw->number);
        line_string(line, " ");
        iotsig_view_peer(view, out ? raw->dst_mac : raw->src_mac, out ? &raw->dst : &raw->src,
                         (struct text){NULL, 0}, line);
        return true;
    }
}

static bool render_flow(const struct view *view, const struct flow *flow, size_t i,
                        struct line *line)
{
    if (i > 0 || flow->data || flow->transport != IOTSIG_TCP)
        return false;
    line_string(line, "empty ");
    return iotsig_view_flow(view, flow, line);
}

const struct family iotsig_family_link = {
    .name = "link", .id = FAMILY_LINK, .take = take, .render = render, .render_flow = render_flow};
