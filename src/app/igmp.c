/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/igmp.h"

static uint8_t version_of(uint8_t type, uint8_t time, size_t length)
{
    enum { V3_QUERY = 12 };
    switch (type) {
    case IGMP_QUERY: return length >= V3_QUERY ? 3 : time == 0 ? 1 : 2;
    case IGMP_V1_REPORT: return 1;
    case IGMP_V2_REPORT:
    case IGMP_LEAVE: return 2;
    case IGMP_V3_REPORT: return 3;
    default: return 0;
    }
}

bool iotsig_igmp_start(struct igmp_message *message, struct bytes bytes)
{
    struct cursor at = cursor_of(bytes);
    *message = (struct igmp_message){.type = cursor_u8(&at)};
    message->version = version_of(message->type, cursor_u8(&at), bytes.n);
    cursor_skip(&at, 2); /* checksum */
    message->groups = at;
    message->left = 1;
    if (message->type == IGMP_V3_REPORT) {
        cursor_skip(&message->groups, 2);
        message->left = cursor_u16(&message->groups);
    }
    cursor_skip(&at, 4);
    return !at.failed;
}

bool iotsig_igmp_next_group(struct igmp_message *message, struct address *group)
{
    size_t more = 0;
    if (message->left == 0)
        return false;
    message->left--;
    if (message->type == IGMP_V3_REPORT) { /* a group record: RFC 3376 section 4.2.4 */
        cursor_skip(&message->groups, 1);
        more = cursor_u8(&message->groups) * (size_t)4;
        more += cursor_u16(&message->groups) * (size_t)4;
    }
    *group = (struct address){.version = 4};
    cursor_copy(&message->groups, group->bytes, 4);
    bool whole = !message->groups.failed;
    cursor_skip(&message->groups, more); /* sources, auxiliary data */
    return whole;
}
