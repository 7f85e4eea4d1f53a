/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CoAP over UDP (RFC 7252). */
#ifndef RUNTIME_COAP_H
#define RUNTIME_COAP_H

#include "http.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { COAP_CON, COAP_NON, COAP_ACK, COAP_RST } coap_type_t;

typedef struct {
    coap_type_t type;
    http_method_t method; /**< HTTP_UNKNOWN in responses, and for what HTTP has not */
    char *uri;            /**< "/path/of?a=query"; NULL where there is none */
} coap_message_t;

coap_message_t coap_parse_message(uint8_t *data, uint16_t length);

/** Whether a message has a method. */
bool coap_is_request(coap_message_t message);

void coap_free_message(coap_message_t message);

#endif
