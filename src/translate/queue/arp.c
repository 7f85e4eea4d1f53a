/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ARP for IPv4 over Ethernet (RFC 826). */

struct seen_arp {
    unsigned operation;
    uint64_t sender_mac, target_mac;
    uint8_t sender[16], target[16];
};

static bool see_arp(const struct packet *packet, struct seen_arp *seen)
{
    static const uint8_t kind[] = {0, 1, 8, 0, 6, 4};
    const uint8_t *bytes = packet->bytes;
    if (packet->size < 28 || memcmp(bytes, kind, sizeof kind) != 0)
        return false;
    memset(seen, 0, sizeof *seen);
    seen->operation = number_at(bytes + 6);
    seen->sender_mac = mac_at(bytes + 8);
    memcpy(seen->sender, bytes + 14, 4);
    seen->target_mac = mac_at(bytes + 18);
    memcpy(seen->target, bytes + 24, 4);
    return true;
}

static void forget_arp(struct seen_arp *seen)
{
    memset(seen, 0, sizeof *seen);
}
