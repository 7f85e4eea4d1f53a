/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs from one unit of a product to the next, taken out of texts. */
#ifndef IOTSIG_FEATURE_REPLACE_H
#define IOTSIG_FEATURE_REPLACE_H

#include "decode/address.h"
#include "feature/line.h"

/** The device's own. */
struct own {
    bool has_mac;
    uint64_t mac;
    const struct address *addresses;
    size_t count;
};

/** Whether it has an address. */
bool iotsig_own_has(const struct own *own, const struct address *address);

/**
 * Appends an escaped text, in which these are replaced, the first that fits: names of reverse
 * look-ups (`<reverse>`), UUIDs (`<uuid>`), the own hardware address or its last 4 to 8 digits
 * (`<mac>`), own addresses (`<ip>`), other addresses (`<address>`), and in runs of letters and
 * digits: 8 and more hex digits, of which one is a letter and one is not (`<hex>`), 10 and more
 * characters with three digits and a letter (`<serial>`), 5 and more digits (`<digits>`).
 */
void iotsig_replace(struct line *line, const struct own *own, struct text text);

/** Appends a domain name, replaced likewise; in labels with two adjacent digits their runs are `#`.
 */
void iotsig_replace_name(struct line *line, const struct own *own, struct text name);

#endif
