/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: the first record of a segment (RFC 8446 sections 5.1 and 4.1.2). The parser sees only what
 * was walked here. */

enum {
    SEEN_RECORD = 5,
    SEEN_SESSION = 43,
    SEEN_SESSION_MOST = 32,
    SEEN_RECORD_MOST = 16384 + 2048
};
enum { SEEN_CONTENT_FIRST = 20, SEEN_CONTENT_HANDSHAKE = 22, SEEN_CONTENT_LAST = 24 };

struct seen_tls {
    bool is_handshake, is_hello;
    tls_message_t message;
};

static bool is_tls_hello(const uint8_t *bytes)
{
    return bytes[SEEN_RECORD] == 1 || bytes[SEEN_RECORD] == 2;
}

static bool tls_is_sound(const uint8_t *bytes, size_t n)
{
    if (n < SEEN_RECORD || bytes[0] < SEEN_CONTENT_FIRST || bytes[0] > SEEN_CONTENT_LAST ||
        bytes[1] != 3 || bytes[2] > 4 || number_at(bytes + 3) == 0 ||
        number_at(bytes + 3) > SEEN_RECORD_MOST)
        return false;
    if (bytes[0] != SEEN_CONTENT_HANDSHAKE)
        return true;
    if (n < SEEN_RECORD + 4)
        return false;
    return !is_tls_hello(bytes) || (n > SEEN_SESSION && bytes[SEEN_SESSION] <= SEEN_SESSION_MOST &&
                                    bytes[SEEN_SESSION] < n - SEEN_SESSION);
}

static bool see_tls(const struct packet *packet, struct seen_tls *seen)
{
    const uint8_t *bytes = packet->payload;
    memset(seen, 0, sizeof *seen);
    if (!tls_is_sound(bytes, packet->payload_length))
        return false;
    seen->is_handshake = bytes[0] == SEEN_CONTENT_HANDSHAKE;
    seen->is_hello = seen->is_handshake && is_tls_hello(bytes);
    seen->message = tls_parse_message(copy_of(bytes, packet->payload_length));
    return true;
}

static void forget_tls(struct seen_tls *seen)
{
    memset(seen, 0, sizeof *seen);
}
