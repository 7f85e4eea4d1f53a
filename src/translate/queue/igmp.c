/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IGMP. The parser sees only reports whose groups were walked here to their end (RFC 3376
 * section 4.2). */

enum { SEEN_QUERY = 0x11, SEEN_REPORT_1, SEEN_REPORT_2 = 0x16, SEEN_LEAVE, SEEN_REPORT = 0x22 };

static bool igmp_is_sound(const uint8_t *bytes, size_t n)
{
    size_t at = 8;
    if (n < at)
        return false;
    if (bytes[0] != SEEN_REPORT)
        return true;
    for (unsigned left = number_at(bytes + 6); left > 0; left--) {
        if (n - at < 8)
            return false;
        size_t more = 4 * ((size_t)bytes[at + 1] + number_at(bytes + at + 2));
        if (more > n - at - 8)
            return false;
        at += 8 + more;
    }
    return true;
}

/* RFC 3376 section 7.1: a query's version is seen by its length. 0: of no version. */
static unsigned igmp_version(const uint8_t *bytes, size_t n)
{
    switch (bytes[0]) {
    case SEEN_QUERY: return n >= 12 ? 3 : bytes[1] != 0 ? 2 : 1;
    case SEEN_REPORT_1: return 1;
    case SEEN_REPORT_2:
    case SEEN_LEAVE: return 2;
    case SEEN_REPORT: return 3;
    default: return 0;
    }
}

struct seen_igmp {
    unsigned version, type;
    igmp_message_t message; /* of the known types */
};

static bool see_igmp(const struct packet *packet, struct seen_igmp *seen)
{
    memset(seen, 0, sizeof *seen);
    if (!igmp_is_sound(packet->payload, packet->payload_length))
        return false;
    seen->type = packet->payload[0];
    seen->version = igmp_version(packet->payload, packet->payload_length);
    if (seen->version != 0)
        seen->message = igmp_parse_message(copy_of(packet->payload, packet->payload_length));
    return true;
}

static void forget_igmp(struct seen_igmp *seen)
{
    if (seen->version != 0)
        igmp_free_message(seen->message);
}

OPTIONAL static bool is_igmp_group(uint32_t group, bool outside, const uint8_t (*ranges)[2][16],
                                   size_t count)
{
    uint8_t address[16] = {0};
    memcpy(address, &group, 4);
    return in_ranges(address, ranges, count) != outside;
}

/* Whether some group is in the ranges, or `outside` of all. */
OPTIONAL static bool any_igmp_group(const struct seen_igmp *seen, bool outside,
                                    const uint8_t (*ranges)[2][16], size_t count)
{
    if (seen->version == 0)
        return false;
    if (seen->type != SEEN_REPORT)
        return is_igmp_group(seen->message.body.v2_message.group_address, outside, ranges, count);
    for (size_t i = 0; i < seen->message.body.v3_membership_report.num_groups; i++)
        if (is_igmp_group(seen->message.body.v3_membership_report.groups[i].group_address, outside,
                          ranges, count))
            return true;
    return false;
}
