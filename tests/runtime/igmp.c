/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "igmp.h"

#include <stdlib.h>

#include "common.h"

#define V3_QUERY_LEAST  12
#define V3_RECORD_LEAST 8

static uint8_t version_of(uint8_t type, uint8_t time, size_t n)
{
    switch (type) {
    case MEMBERSHIP_QUERY: return n >= V3_QUERY_LEAST ? 3 : time > 0 ? 2 : 1; /* RFC 3376 7.1 */
    case V1_MEMBERSHIP_REPORT: return 1;
    case V2_MEMBERSHIP_REPORT:
    case LEAVE_GROUP: return 2;
    case V3_MEMBERSHIP_REPORT: return 3;
    default: return 0;
    }
}

static void read_records(struct cursor *at, igmp_v3_membership_report_t *report)
{
    cursor_skip(at, 2);
    size_t count = cursor_u16(at), most = at->left / V3_RECORD_LEAST;
    count = count < most ? count : most;
    report->groups = runtime_allocate(count, sizeof *report->groups);
    while (report->num_groups < count) {
        cursor_skip(at, 1);
        size_t more = cursor_u8(at) * (size_t)4;
        more += cursor_u16(at) * (size_t)4; /* the sources */
        cursor_copy(at, &report->groups[report->num_groups].group_address, 4);
        cursor_skip(at, more);
        if (at->failed)
            return;
        report->num_groups++;
    }
}

igmp_message_t igmp_parse_message(uint8_t *data)
{
    struct bytes bytes = runtime_bytes(data);
    struct cursor at = cursor_of(bytes);
    uint8_t type = cursor_u8(&at), time = cursor_u8(&at);
    cursor_skip(&at, 2);
    igmp_message_t message = {.version = version_of(type, time, bytes.n),
                              .type = (igmp_message_type_t)type};
    if (type == V3_MEMBERSHIP_REPORT)
        read_records(&at, &message.body.v3_membership_report);
    else
        cursor_copy(&at, &message.body.v2_message.group_address, 4);
    return message;
}

void igmp_free_message(igmp_message_t message)
{
    if (message.type == V3_MEMBERSHIP_REPORT)
        free(message.body.v3_membership_report.groups);
}
