/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSDP. The start line was looked at here before the parser sees it. */

struct seen_ssdp {
    bool response, request;
    ssdp_message_t message;
};

static bool see_ssdp(const struct packet *packet, struct seen_ssdp *seen)
{
    static const char *const methods[] = {"M-SEARCH", "NOTIFY", NULL};
    struct start_line line;
    memset(seen, 0, sizeof *seen);
    if (!read_start_line(packet, &line) || (!line.response && !is_method(packet, &line, methods)))
        return false;
    seen->response = line.response;
    seen->request = !line.response;
    /* An address is all that it may know of the direction: requests go to the group. */
    seen->message = ssdp_parse_message(copy_of(packet->payload, packet->payload_length),
                                       seen->request ? htonl(0xeffffffa) : 0);
    return true;
}

static void forget_ssdp(struct seen_ssdp *seen)
{
    memset(seen, 0, sizeof *seen);
}

OPTIONAL static bool is_ssdp_method(const struct seen_ssdp *seen, int method)
{
    return seen->request && seen->message.is_request && (int)seen->message.method == method;
}
