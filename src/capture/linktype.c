/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "capture/linktype.h"

#include <pcap/pcap.h>

#include "base/error.h"

bool iotsig_link_type_is_known(int link_type)
{
    switch ((enum iotsig_link_type)link_type) {
    case IOTSIG_LINK_NULL:
    case IOTSIG_LINK_ETHERNET:
    case IOTSIG_LINK_PPP:
    case IOTSIG_LINK_RAW_12:
    case IOTSIG_LINK_RAW_14:
    case IOTSIG_LINK_PPP_HDLC:
    case IOTSIG_LINK_PPPOE:
    case IOTSIG_LINK_RAW:
    case IOTSIG_LINK_IEEE802_11:
    case IOTSIG_LINK_LOOP:
    case IOTSIG_LINK_LINUX_SLL:
    case IOTSIG_LINK_PRISM:
    case IOTSIG_LINK_RADIOTAP:
    case IOTSIG_LINK_AVS:
    case IOTSIG_LINK_PPP_PPPD:
    case IOTSIG_LINK_PPI:
    case IOTSIG_LINK_PPP_WITH_DIR:
    case IOTSIG_LINK_IPV4:
    case IOTSIG_LINK_IPV6:
    case IOTSIG_LINK_LINUX_SLL2: return true;
    }
    return false;
}

/*
 * From 104 on, LINKTYPE_ and DLT_ are the same numbers. Some below differ from system to system as
 * DLT_, so files have numbers of their own for them.
 */
int iotsig_link_type_dlt(int link_type)
{
    switch (link_type) {
    case IOTSIG_LINK_RAW_12:
    case IOTSIG_LINK_RAW_14:
    case IOTSIG_LINK_RAW: return DLT_RAW;
    case 100: return DLT_ATM_RFC1483;
    case 102: return DLT_SLIP_BSDOS;
    case 103: return DLT_PPP_BSDOS;
    case 106: return DLT_ATM_CLIP;
    default: return link_type;
    }
}

int iotsig_link_type_of_dlt(int dlt)
{
    int link_type = IOTSIG_LINK_LINUX_SLL2; /* the last one */
    while (link_type >= 0 &&
           (!iotsig_link_type_is_known(link_type) || iotsig_link_type_dlt(link_type) != dlt))
        link_type--;
    return link_type;
}

const char *iotsig_link_type_name(int link_type)
{
    const char *name = pcap_datalink_val_to_name(iotsig_link_type_dlt(link_type));
    return name != NULL ? name : "unnamed";
}

int iotsig_link_type_refuse(int link_type, struct iotsig_error *error)
{
    return iotsig_fail(error, IOTSIG_ERR_UNSUPPORTED,
                       "link type %s (%d) cannot be read (capture on an IP network's interface)",
                       iotsig_link_type_name(link_type), link_type);
}
