/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields of the headers of a packet. Nothing here takes a length: a packet is as long as its IP
 * header says, or as the queue said that handed it over, whichever is less. */
#ifndef RUNTIME_HEADER_H
#define RUNTIME_HEADER_H

#include <stddef.h>
#include <stdint.h>

/** The length of the headers of layers 3 and 4, of a packet that starts at its IP header. */
size_t get_headers_length(uint8_t *packet);

/** The length of the IP header, with what extends it. */
size_t get_l3_header_length(uint8_t *packet);

/** What the UDP header at `l4` says of its payload, at most what is there. */
uint16_t get_udp_payload_length(uint8_t *l4);

uint16_t get_dst_port(uint8_t *l4);

/** In network order. */
uint32_t get_ipv4_src_addr(uint8_t *packet);
uint32_t get_ipv4_dst_addr(uint8_t *packet);

/** 16 bytes that lie in the packet. */
uint8_t *get_ipv6_src_addr(uint8_t *packet);
uint8_t *get_ipv6_dst_addr(uint8_t *packet);

#endif
