/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ssdp.h"

#include "app/startline.h"
#include "common.h"

#define OTHER ((ssdp_method_t)(SSDP_NOTIFY + 1))

static const char *const methods[] = {[SSDP_M_SEARCH] = "M-SEARCH", [SSDP_NOTIFY] = "NOTIFY", NULL};

ssdp_message_t ssdp_parse_message(uint8_t *data, uint32_t dst_addr)
{
    ssdp_message_t message = {false, OTHER};
    struct start_line line;
    (void)dst_addr; /* the start line says which way it goes */
    if (!iotsig_start_line(runtime_bytes(data), methods, &line) || line.response)
        return message;
    message.is_request = true;
    for (ssdp_method_t i = SSDP_M_SEARCH; i <= SSDP_NOTIFY; i++)
        if (strcmp(methods[i], line.method) == 0)
            message.method = i;
    return message;
}
