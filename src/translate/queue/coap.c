/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CoAP. The parser sees only messages whose options were walked here to their end (RFC 7252 section
 * 3). */

/* A delta or a length: a nibble, and what extends it. False: it is not whole, or reserved. */
static bool take_extended(const uint8_t *bytes, size_t n, size_t *at, unsigned nibble,
                          size_t *value)
{
    size_t more = nibble == 13 ? 1 : nibble == 14 ? 2 : 0;
    if (nibble == 15 || n - *at < more)
        return false;
    *value = more == 0 ? nibble : more == 1 ? 13u + bytes[*at] : 269u + number_at(bytes + *at);
    *at += more;
    return true;
}

static bool coap_is_sound(const uint8_t *bytes, size_t n)
{
    size_t at = 4, delta, length;
    if (n < at || n > UINT16_MAX || bytes[0] >> 6 != 1 || (bytes[0] & 15) > 8 ||
        (size_t)(bytes[0] & 15) > n - at)
        return false;
    at += bytes[0] & 15;
    if (bytes[1] == 0)
        return n == 4; /* an empty message */
    while (at < n && bytes[at] != 0xff) {
        unsigned head = bytes[at++];
        if (!take_extended(bytes, n, &at, head >> 4, &delta) ||
            !take_extended(bytes, n, &at, head & 15, &length) || length > n - at)
            return false;
        at += length;
    }
    return at == n || at + 1 < n; /* behind the marker is a payload */
}

struct seen_coap {
    bool response, request;
    coap_message_t message;
};

static bool see_coap(const struct packet *packet, struct seen_coap *seen)
{
    memset(seen, 0, sizeof *seen);
    if (packet->payload_length == 0 || !coap_is_sound(packet->payload, packet->payload_length))
        return false;
    seen->request = packet->payload[1] >> 5 == 0 && packet->payload[1] != 0;
    seen->response = !seen->request;
    seen->message = coap_parse_message(copy_of(packet->payload, packet->payload_length),
                                       (uint16_t)packet->payload_length);
    return true;
}

static void forget_coap(struct seen_coap *seen)
{
    coap_free_message(seen->message);
}

OPTIONAL static bool is_coap_method(const struct seen_coap *seen, int method)
{
    return seen->request && coap_is_request(seen->message) && (int)seen->message.method == method;
}

/* Paths are compared without the slash that they may begin with. */
OPTIONAL static bool is_coap_uri(const struct seen_coap *seen, const char *uri, size_t length,
                                 bool begins)
{
    const char *own = !seen->request || seen->message.uri == NULL ? "" : seen->message.uri;
    own += own[0] == '/';
    if (length > 0 && uri[0] == '/') {
        uri++;
        length--;
    }
    return begins ? strncmp(own, uri, length) == 0 : strcmp(own, uri) == 0;
}
