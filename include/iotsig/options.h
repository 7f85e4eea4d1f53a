/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iotsig/options.h - how captures are read and flows are matched. */
#ifndef IOTSIG_OPTIONS_H
#define IOTSIG_OPTIONS_H

#include "iotsig/names.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Rules that skip packets and are turned off (behaviour section 1). */
enum iotsig_keep {
    IOTSIG_KEEP_DHCP = 1 << 0,         /**< BOOTP and DHCP */
    IOTSIG_KEEP_ROUTER_ALERT = 1 << 1, /**< UDP with the IP Router Alert option */
    IOTSIG_KEEP_DHCPV6 = 1 << 2,
    IOTSIG_KEEP_HANDSHAKE = 1 << 3, /**< TLS records on port 443 that are no application data */
    IOTSIG_KEEP_ACK = 1 << 4,       /**< TCP segments that only acknowledge */
    IOTSIG_KEEP_SYN = 1 << 5        /**< TCP segments with SYN, FIN or RST */
};

/**
 * The rules of a list such as "dhcp,ack".
 * @return 0; IOTSIG_ERR_ARGUMENT: a word that is none of dhcp, router-alert, dhcpv6, handshake,
 *         ack, syn
 */
IOTSIG_API int iotsig_keep_parse(unsigned *keep, const char *list, struct iotsig_error *error);

/**
 * Application layers that are read only when they are asked for, each where no other is found. What
 * each tells, and from where that is known, stands in iotsig/layer.h.
 */
enum iotsig_layers {
    IOTSIG_LAYER_TLS = 1 << 0,
    IOTSIG_LAYER_QUIC = 1 << 1,
    IOTSIG_LAYER_MQTT = 1 << 2,
    IOTSIG_LAYER_TPLINK = 1 << 3,
    IOTSIG_LAYER_EDIMAX = 1 << 4,
    IOTSIG_LAYER_TUYA = 1 << 5,
    IOTSIG_LAYER_MATTER = 1 << 6,
    IOTSIG_LAYER_MDNS = 1 << 7,
    IOTSIG_LAYER_NTP = 1 << 8,
    IOTSIG_LAYERS_ALL = (1 << 9) - 1
};

/**
 * The layers of a list such as "tls,mqtt".
 * @return 0; IOTSIG_ERR_ARGUMENT: a word that is none of tls, quic, mqtt, tplink, edimax, tuya,
 *         matter, mdns, ntp, all
 */
IOTSIG_API int iotsig_layers_parse(unsigned *layers, const char *list, struct iotsig_error *error);

/** How far the reading of a capture is. */
struct iotsig_progress {
    const char *path;  /**< as it was given */
    uint64_t position; /**< bytes of the file read */
    uint64_t size;     /**< bytes of the file; 0: not known */
    uint64_t packets;  /**< frames read */
};

/** The pause that ends an event, in nanoseconds, when nothing else is said. */
#define IOTSIG_TIMEOUT_DEFAULT INT64_C(20000000000)

/** A timeout that every pause exceeds: packets later than the one before them end the event. */
#define IOTSIG_TIMEOUT_ANY INT64_C(-1)

/** Start from IOTSIG_OPTIONS_DEFAULT. All pointers are borrowed while something uses the options. */
struct iotsig_options {
    int64_t timeout_ns;      /**< a longer pause ends the event; 0: none does; IOTSIG_TIMEOUT_ANY */
    unsigned keep;           /**< `enum iotsig_keep`, combined */
    unsigned layers;         /**< `enum iotsig_layers`, combined; with TLS, hellos are kept */
    const char *filter;      /**< a BPF expression (pcap-filter(7)), or NULL */
    bool match_random_ports; /**< a port that all packets of a fingerprint use counts as fixed */
    const struct iotsig_same_hosts *same_hosts; /**< or NULL */
    const struct iotsig_names *names; /**< names known beforehand, or NULL */
    /** Called now and then; anything but 0 ends the work with IOTSIG_ERR_CANCELLED. Or NULL. */
    int (*progress)(void *user, const struct iotsig_progress *progress);
    void *user; /**< for `progress` */
};

/* clang-format off */
#define IOTSIG_OPTIONS_DEFAULT {IOTSIG_TIMEOUT_DEFAULT, 0, 0, NULL, false, NULL, NULL, NULL, NULL}
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
