/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fixed pieces of the program of queues: the files of queue/ as lines, to a NULL
 * (scripts/embed). */
#ifndef IOTSIG_TRANSLATE_FRAGMENT_H
#define IOTSIG_TRANSLATE_FRAGMENT_H

#include <stddef.h>

extern const char *const iotsig_fragment_start[];
extern const char *const iotsig_fragment_packet[];
extern const char *const iotsig_fragment_chance[];
extern const char *const iotsig_fragment_copy[];
extern const char *const iotsig_fragment_wire[];
extern const char *const iotsig_fragment_names[];
extern const char *const iotsig_fragment_arp[];
extern const char *const iotsig_fragment_igmp[];
extern const char *const iotsig_fragment_dns[];
extern const char *const iotsig_fragment_startline[];
extern const char *const iotsig_fragment_http[];
extern const char *const iotsig_fragment_ssdp[];
extern const char *const iotsig_fragment_coap[];
extern const char *const iotsig_fragment_dhcp[];
extern const char *const iotsig_fragment_mqtt[];
extern const char *const iotsig_fragment_tls[];
extern const char *const iotsig_fragment_resolver[];
extern const char *const iotsig_fragment_verdict[];
extern const char *const iotsig_fragment_main[];

#endif
