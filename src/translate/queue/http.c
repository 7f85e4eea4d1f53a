/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP. The start line was looked at here before the parser sees it. */

struct seen_http {
    bool response, request;
    bool is_parsed, is_patch; /* PATCH is none of the parser's methods */
    http_message_t message;
    const char *uri; /* of a request; NULL: not known */
};

static bool see_http(const struct packet *packet, struct seen_http *seen)
{
    static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH", NULL};
    struct start_line line;
    memset(seen, 0, sizeof *seen);
    if (!read_start_line(packet, &line) || (!line.response && !is_method(packet, &line, methods)))
        return false;
    seen->response = line.response;
    seen->request = !line.response;
    seen->is_patch = seen->request && is_method(packet, &line, methods + 8);
    uint8_t *copy = copy_of(packet->payload, packet->payload_length);
    if (seen->is_patch) {
        seen->uri = (char *)copy + line.target;
        copy[line.target + line.target_length] = '\0';
    } else if (is_http(copy)) {
        /* A port is all that it may know of the direction: it is told the one that the line shows.
         */
        seen->message = http_parse_message(copy, seen->request ? 80 : 0);
        seen->is_parsed = true;
        seen->uri = seen->request && seen->message.is_request ? seen->message.uri : NULL;
    }
    return true;
}

static void forget_http(struct seen_http *seen)
{
    if (seen->is_parsed)
        http_free_message(seen->message);
}

OPTIONAL static bool is_http_method(const struct seen_http *seen, int method)
{
    return seen->is_parsed && seen->message.is_request && (int)seen->message.method == method;
}

OPTIONAL static bool is_http_uri(const struct seen_http *seen, const char *uri, size_t length,
                                 bool begins)
{
    return seen->uri != NULL &&
           (begins ? strncmp(seen->uri, uri, length) == 0 : strcmp(seen->uri, uri) == 0);
}
