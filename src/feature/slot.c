/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features that name the device. */
#include <string.h>

#include "iotsig/feature.h"

static const struct {
    const char *family, *start;
} slots[] = {{"dhcp", "host-name "},
             {"vendor", "edimax out model "},
             {"vendor", "tp-link out model "}};

_Static_assert(sizeof slots / sizeof *slots == IOTSIG_SLOTS, "number of slots");

unsigned iotsig_feature_slot(const char *family, const char *text)
{
    for (unsigned i = 0; i < IOTSIG_SLOTS; i++)
        if (strcmp(family, slots[i].family) == 0 &&
            strncmp(text, slots[i].start, strlen(slots[i].start)) == 0)
            return i + 1;
    return 0;
}
