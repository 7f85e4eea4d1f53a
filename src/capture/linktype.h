/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Link types: what the first byte of a frame is the first byte of (www.tcpdump.org/linktypes.html). */
#ifndef IOTSIG_CAPTURE_LINKTYPE_H
#define IOTSIG_CAPTURE_LINKTYPE_H

#include <stdbool.h>

#include "iotsig/base.h"

/** LINKTYPE_ values whose frames can be decoded. */
enum iotsig_link_type {
    IOTSIG_LINK_NULL = 0, /**< BSD loopback, address family in the byte order of the capturer */
    IOTSIG_LINK_ETHERNET = 1,
    IOTSIG_LINK_PPP = 9,
    IOTSIG_LINK_RAW_12 = 12, /**< raw IP; DLT_RAW of most systems, written by mistake */
    IOTSIG_LINK_RAW_14 = 14, /**< the same of OpenBSD */
    IOTSIG_LINK_PPP_HDLC = 50,
    IOTSIG_LINK_PPPOE = 51, /**< PPPoE session, from the PPPoE header on */
    IOTSIG_LINK_RAW = 101,
    IOTSIG_LINK_IEEE802_11 = 105,
    IOTSIG_LINK_LOOP = 108, /**< OpenBSD loopback, address family big-endian */
    IOTSIG_LINK_LINUX_SLL = 113,
    IOTSIG_LINK_PRISM = 119,    /**< Prism header, then 802.11 */
    IOTSIG_LINK_RADIOTAP = 127, /**< radiotap header, then 802.11 */
    IOTSIG_LINK_AVS = 163,      /**< AVS header, then 802.11 */
    IOTSIG_LINK_PPP_PPPD = 166,
    IOTSIG_LINK_PPI = 192,
    IOTSIG_LINK_PPP_WITH_DIR = 204,
    IOTSIG_LINK_IPV4 = 228,
    IOTSIG_LINK_IPV6 = 229,
    IOTSIG_LINK_LINUX_SLL2 = 276
};

/** Whether frames of a LINKTYPE_ value can be decoded. */
bool iotsig_link_type_is_known(int link_type);

/** The DLT_ value by which libpcap knows it on this system. */
int iotsig_link_type_dlt(int link_type);

/** The LINKTYPE_ value of a DLT_ value, if it can be decoded; else -1. */
int iotsig_link_type_of_dlt(int dlt);

/** Its name, such as "EN10MB"; "unnamed" when libpcap has none. */
const char *iotsig_link_type_name(int link_type);

/** Fills `error` for a link type that is not known; IOTSIG_ERR_UNSUPPORTED. */
int iotsig_link_type_refuse(int link_type, struct iotsig_error *error);

#endif
