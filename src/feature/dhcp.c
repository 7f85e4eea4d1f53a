/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dhcp: what the device tells in its DHCP messages. */
#include "feature/dhcp.h"

#include "feature/family.h"

enum kind { TYPE, PARAMETERS, VENDOR_CLASS, HOST_NAME, ORDER };

enum option {
    PAD = 0,
    ROUTER = 3,
    NAME = 12,
    MESSAGE = 53,
    REQUEST_LIST = 55,
    CLASS = 60,
    END = 255
};

#define COOKIE 0x63825363u

bool iotsig_dhcp_next(struct cursor *options, uint8_t *number, struct cursor *value)
{
    do {
        *number = cursor_u8(options);
    } while (!options->failed && *number == PAD);
    if (options->failed || *number == END)
        return false;
    *value = cursor_sub(options, cursor_u8(options));
    return !value->failed;
}

static void read_option(struct dhcp *dhcp, uint8_t number, struct cursor value)
{
    switch (number) {
    case ROUTER:
        dhcp->router = (struct address){.version = 4};
        cursor_copy(&value, dhcp->router.bytes, 4);
        dhcp->has_router = !value.failed;
        break;
    case MESSAGE: dhcp->type = cursor_u8(&value); break;
    case NAME: dhcp->host_name = cursor_rest(&value); break;
    case REQUEST_LIST: dhcp->parameters = cursor_rest(&value); break;
    case CLASS: dhcp->vendor_class = cursor_rest(&value); break;
    default: break;
    }
}

bool iotsig_dhcp_read(const struct packet *packet, struct dhcp *dhcp)
{
    enum { REQUEST = 1, REPLY = 2, MAC_BYTES = 6 };
    struct cursor at = cursor_of(packet->payload), value;
    *dhcp = (struct dhcp){0};
    uint8_t operation = cursor_u8(&at), number;
    cursor_skip(&at, 1); /* htype */
    uint8_t length = cursor_u8(&at);
    cursor_skip(&at, 1 + 4 + 2 + 2 + 4 * 4); /* hops, xid, secs, flags, four addresses */
    dhcp->client = cursor_u48(&at);
    dhcp->has_client = length == MAC_BYTES;
    cursor_skip(&at, 16 - MAC_BYTES + 64 + 128); /* the rest of chaddr, sname, file */
    bool whole = cursor_u32(&at) == COOKIE && !at.failed;
    dhcp->reply = operation == REPLY;
    dhcp->options = at;
    while (whole && iotsig_dhcp_next(&at, &number, &value))
        read_option(dhcp, number, value);
    return whole && (operation == REQUEST || operation == REPLY);
}

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               const struct dhcp *dhcp, const struct line *line, struct iotsig_error *error)
{
    return iotsig_raw_add(collector, seen, FAMILY_DHCP, (uint8_t)kind, dhcp->type,
                          text_of_line(line), error);
}

static void separate(struct line *line)
{
    if (line->n > 0)
        line_string(line, ",");
}

static int take_lists(struct collector *collector, const struct seen *seen, const struct dhcp *dhcp,
                      struct iotsig_error *error)
{
    struct line order = {0}, parameters = {0};
    struct cursor at = dhcp->options, value;
    uint8_t number;
    while (iotsig_dhcp_next(&at, &number, &value)) {
        separate(&order);
        line_number(&order, number);
    }
    for (at = cursor_of(dhcp->parameters); at.left > 0;) {
        separate(&parameters);
        line_number(&parameters, cursor_u8(&at));
    }
    int status = add(collector, seen, ORDER, dhcp, &order, error);
    if (status == 0 && parameters.n > 0)
        status = add(collector, seen, PARAMETERS, dhcp, &parameters, error);
    return status;
}

static int take_text(struct collector *collector, const struct seen *seen, enum kind kind,
                     const struct dhcp *dhcp, struct bytes bytes, struct iotsig_error *error)
{
    struct line line = {0};
    line_bytes(&line, bytes);
    return line.n == 0 ? 0 : add(collector, seen, kind, dhcp, &line, error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct packet *packet = seen->packet;
    struct dhcp dhcp;
    if (packet->transport != IOTSIG_UDP || !iotsig_dhcp_recognise(packet) ||
        !iotsig_dhcp_read(packet, &dhcp))
        return 0;
    seen->clear = true;
    if (dhcp.reply || dhcp.type == 0)
        return 0;
    const struct line none = {0};
    int status = add(collector, seen, TYPE, &dhcp, &none, error);
    if (status == 0)
        status = take_lists(collector, seen, &dhcp, error);
    if (status == 0)
        status = take_text(collector, seen, VENDOR_CLASS, &dhcp, dhcp.vendor_class, error);
    if (status == 0)
        status = take_text(collector, seen, HOST_NAME, &dhcp, dhcp.host_name, error);
    return status;
}

static void put_type(struct line *line, uint16_t type)
{
    static const char *const types[] = {"",    "discover", "offer",   "request", "decline",
                                        "ack", "nak",      "release", "inform"};
    if (type < sizeof types / sizeof *types)
        line_string(line, types[type]);
    else
        line_number(line, type);
}

static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    if (!iotsig_view_is_self(view, raw->src_mac, &raw->src))
        return false;
    switch ((enum kind)raw->kind) {
    case TYPE: put_type(line, raw->number); return true;
    case PARAMETERS:
        line_string(line, "parameters ");
        line_text(line, raw->text);
        return true;
    case VENDOR_CLASS:
        line_string(line, "vendor-class ");
        iotsig_replace(line, &view->own, raw->text);
        return true;
    case HOST_NAME:
        line_string(line, "host-name ");
        iotsig_replace(line, &view->own, raw->text);
        return true;
    default:
        line_string(line, "options ");
        put_type(line, raw->number);
        line_string(line, " ");
        line_text(line, raw->text);
        return true;
    }
}

const struct family iotsig_family_dhcp = {.name = "dhcp",
                                          .id = FAMILY_DHCP,
                                          .take = take,
                                          .render = render};
