/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Families of features: one file and one row each.
 *
 * A family takes what it needs from each frame as raw features; at the end, when it is known whose
 * the capture is, it makes texts of those that are the device's. To add one: a file with a `const
 * struct family`, and its line in feature.c.
 */
#ifndef IOTSIG_FEATURE_FAMILY_H
#define IOTSIG_FEATURE_FAMILY_H

#include "feature/collect.h"
#include "feature/replace.h"

/** The device that a capture is of, and what surrounds it. */
struct view {
    const struct collector *collector;
    struct own own; /**< without a hardware address it is known by its first address */
    bool has_gateway;
    struct address gateway;
    uint64_t gateway_mac; /**< 0: not known */
};

/** Whether an end is the device. */
bool iotsig_view_is_self(const struct view *view, uint64_t mac, const struct address *address);

/**
 * Which way a raw feature went: "out" from the device, "in" to it; NULL: it is not the device's.
 */
const char *iotsig_view_way(const struct view *view, const struct raw *raw);

/** Appends the word for the other end; `name` as it was known at the time, or with `p` NULL. */
void iotsig_view_peer(const struct view *view, uint64_t mac, const struct address *address,
                      struct text name, struct line *line);

/** Appends "out tcp gateway 443" for a flow; false: it is not the device's. */
bool iotsig_view_flow(const struct view *view, const struct flow *flow, struct line *line);

struct family {
    const char *name;
    bool optional; /**< only when it is asked for */
    uint8_t id;    /**< `enum family_id`; the order of families */
    /** Keeps what it needs of a frame. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY. May be NULL.
     */
    int (*take)(struct collector *collector, struct seen *seen, struct iotsig_error *error);
    /** Appends the text of a raw feature; false: it is none of the device's. NULL with `take`. */
    bool (*render)(const struct view *view, const struct raw *raw, struct line *line);
    /**
     * Appends the text of feature `i` of a flow; false: there is none any more, nor after it. May
     * be NULL.
     */
    bool (*render_flow)(const struct view *view, const struct flow *flow, size_t i,
                        struct line *line);
};

enum family_id {
    FAMILY_FLOW,
    FAMILY_NAME,
    FAMILY_LINK,
    FAMILY_DHCP,
    FAMILY_CONTENT,
    FAMILY_AGENT,
    FAMILY_VENDOR,
    FAMILY_LENGTH
};

extern const struct family iotsig_family_flow, iotsig_family_name, iotsig_family_link,
    iotsig_family_dhcp, iotsig_family_content, iotsig_family_agent, iotsig_family_vendor,
    iotsig_family_length;

/** In their order; ends with NULL. */
extern const struct family *const iotsig_families[];

/** The family with this `enum family_id`. */
const struct family *iotsig_family_of(uint8_t id);

/** When message `i` of a flow was seen, where spells are wanted. */
struct iotsig_spell iotsig_length_spell(const struct flow *flow, size_t i);

/** A header field of HTTP or SSDP in a payload, without the spaces around it; empty: not there. */
struct bytes iotsig_header_field(struct bytes payload, const char *name);

#endif
