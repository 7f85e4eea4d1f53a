/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent: what software says about itself. It changes with each version, so it has to be asked for.
 */
#include "app/app.h"
#include "app/startline.h"
#include "feature/family.h"

enum kind { USER_AGENT, SERVER };

enum port { SSDP_PORT = 1900 };

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               struct bytes value, struct iotsig_error *error)
{
    struct line line = {0};
    line_bytes(&line, value);
    return line.n == 0 ? 0
                       : iotsig_raw_add(collector, seen, FAMILY_AGENT, (uint8_t)kind, 0,
                                        text_of_line(&line), error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    static const char *const methods[] = {"M-SEARCH", "NOTIFY", NULL};
    const struct packet *packet = seen->packet;
    struct start_line line;
    bool wanted = packet->transport == IOTSIG_TCP || app_has_port(packet, IOTSIG_UDP, SSDP_PORT);
    if (!wanted || !iotsig_start_line(packet->payload, methods, &line))
        return 0;
    int status =
        add(collector, seen, USER_AGENT, iotsig_header_field(packet->payload, "user-agent"), error);
    return status != 0 ? status
                       : add(collector, seen, SERVER,
                             iotsig_header_field(packet->payload, "server"), error);
}

static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    if (!iotsig_view_is_self(view, raw->src_mac, &raw->src))
        return false;
    line_string(line, raw->kind == USER_AGENT ? "user-agent " : "server ");
    iotsig_replace(line, &view->own, raw->text);
    return true;
}

const struct family iotsig_family_agent = {
    .name = "agent", .optional = true, .id = FAMILY_AGENT, .take = take, .render = render};
