/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP. The parser sees only messages whose options were walked here to their end (RFC 2131, RFC
 * 2132). */

static bool dhcp_is_sound(const uint8_t *bytes, size_t n)
{
    static const uint8_t cookie[] = {99, 130, 83, 99};
    size_t at = 240;
    if (n < at || memcmp(bytes + 236, cookie, sizeof cookie) != 0)
        return false;
    while (at < n && bytes[at] != 255) {
        if (bytes[at++] == 0)
            continue;
        if (at == n || bytes[at] > n - at - 1)
            return false;
        at += 1 + (size_t)bytes[at];
    }
    return at < n;
}

struct seen_dhcp {
    dhcp_message_t message;
};

static bool see_dhcp(const struct packet *packet, struct seen_dhcp *seen)
{
    memset(seen, 0, sizeof *seen);
    if (!dhcp_is_sound(packet->payload, packet->payload_length))
        return false;
    seen->message = dhcp_parse_message(copy_of(packet->payload, packet->payload_length));
    return true;
}

static void forget_dhcp(struct seen_dhcp *seen)
{
    dhcp_free_message(seen->message);
}
