/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dhcp.h"

#include "common.h"

#define COOKIE 0x63825363u

enum { PAD = 0, MESSAGE_TYPE = 53, END = 255 };

static uint8_t read_type(struct cursor at)
{
    while (at.left > 0) {
        uint8_t option = cursor_u8(&at);
        if (option == PAD)
            continue;
        if (option == END)
            break;
        struct cursor value = cursor_sub(&at, cursor_u8(&at));
        if (option == MESSAGE_TYPE)
            return cursor_u8(&value);
    }
    return 0;
}

dhcp_message_t dhcp_parse_message(uint8_t *data)
{
    dhcp_message_t message = {0};
    struct cursor at = cursor_of(runtime_bytes(data));
    cursor_skip(&at, 28);
    cursor_copy(&at, message.chaddr, sizeof message.chaddr);
    cursor_skip(&at, 64 + 128); /* names of a server and of a file */
    if (cursor_u32(&at) == COOKIE)
        message.options.message_type = (dhcp_message_type_t)read_type(at);
    return message;
}

void dhcp_free_message(dhcp_message_t message)
{
    (void)message; /* nothing is allocated */
}
