/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1 start lines (RFC 9112). */
#ifndef RUNTIME_HTTP_H
#define RUNTIME_HTTP_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_CONNECT,
    HTTP_OPTIONS,
    HTTP_TRACE,
    HTTP_UNKNOWN
} http_method_t;

typedef struct {
    bool is_request;
    http_method_t method;
    char *uri; /**< NULL where there is none: in responses */
} http_message_t;

/** Whether a start line is at `data`: much of what TCP carries is the middle of something. */
bool is_http(uint8_t *data);

http_message_t http_parse_message(uint8_t *data, uint16_t dst_port);

void http_free_message(http_message_t message);

#endif
