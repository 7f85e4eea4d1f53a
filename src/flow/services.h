/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Service ports: those that the IANA registry gives to a service. */
#ifndef IOTSIG_FLOW_SERVICES_H
#define IOTSIG_FLOW_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

/** Whether a port of TCP (6) or UDP (17) is a known service port (behaviour section 4). */
bool iotsig_service_is_known(uint8_t transport, uint16_t port);

#endif
