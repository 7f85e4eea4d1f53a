/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http.h"

#include <stdlib.h>

#include "app/startline.h"
#include "common.h"

static const char *const methods[] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_DELETE] = "DELETE", [HTTP_CONNECT] = "CONNECT",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_TRACE] = "TRACE",
};

static const char *const no_others[] = {NULL};

static bool read_line(uint8_t *data, struct start_line *line)
{
    return iotsig_start_line(runtime_bytes(data), no_others, line);
}

bool is_http(uint8_t *data)
{
    struct start_line line;
    return read_line(data, &line);
}

http_message_t http_parse_message(uint8_t *data, uint16_t dst_port)
{
    http_message_t message = {.method = HTTP_UNKNOWN};
    struct start_line line;
    (void)dst_port; /* the start line says which way it goes */
    if (!read_line(data, &line) || line.response)
        return message;
    message.is_request = true;
    for (http_method_t i = HTTP_GET; i < HTTP_UNKNOWN; i++)
        if (strcmp(methods[i], line.method) == 0)
            message.method = i;
    message.uri = runtime_text(line.target);
    return message;
}

void http_free_message(http_message_t message)
{
    free(message.uri);
}
