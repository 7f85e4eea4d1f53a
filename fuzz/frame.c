/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One frame: a byte that chooses the link type, then the frame. */
#include <string.h>

#include "app/app.h"
#include "capture/linktype.h"
#include "fuzz.h"

static const int link_types[] = {
    IOTSIG_LINK_ETHERNET,     IOTSIG_LINK_NULL,     IOTSIG_LINK_PPP,       IOTSIG_LINK_RAW_12,
    IOTSIG_LINK_RAW_14,       IOTSIG_LINK_PPP_HDLC, IOTSIG_LINK_PPPOE,     IOTSIG_LINK_RAW,
    IOTSIG_LINK_IEEE802_11,   IOTSIG_LINK_LOOP,     IOTSIG_LINK_LINUX_SLL, IOTSIG_LINK_PRISM,
    IOTSIG_LINK_RADIOTAP,     IOTSIG_LINK_AVS,      IOTSIG_LINK_PPP_PPPD,  IOTSIG_LINK_PPI,
    IOTSIG_LINK_PPP_WITH_DIR, IOTSIG_LINK_IPV4,     IOTSIG_LINK_IPV6,      IOTSIG_LINK_LINUX_SLL2,
};

/* The same frame as a bridge sees it: all that is said of it lies in it. */
static void look_at_frame(int link_type, struct bytes bytes)
{
    struct frame frame;
    if (!iotsig_decode_frame(link_type, bytes, &frame))
        return;
    REQUIRE(frame.body.n <= bytes.n && frame.packet.payload.n <= bytes.n);
    if (frame.body.n > 0)
        REQUIRE(frame.body.p >= bytes.p &&
                frame.body.n <= bytes.n - (size_t)(frame.body.p - bytes.p));
    if (frame.packet.payload.n > 0)
        REQUIRE(frame.packet.payload.p >= bytes.p &&
                frame.packet.payload.n <= bytes.n - (size_t)(frame.packet.payload.p - bytes.p));
    REQUIRE(frame.version == 0 || frame.version == 4 || frame.version == 6);
    REQUIRE(!frame.has_arp || frame.ether_type == 0x0806);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char scratch[APP_TEXT_MAX];
    struct iotsig_layer layer;
    struct packet packet;
    if (size == 0)
        return 0;
    int link_type = link_types[data[0] % (sizeof link_types / sizeof *link_types)];
    REQUIRE(iotsig_link_type_is_known(link_type));
    look_at_frame(link_type, (struct bytes){data + 1, size - 1});
    if (!iotsig_decode(link_type, (struct bytes){data + 1, size - 1}, &packet))
        return 0;
    REQUIRE(packet.transport == IOTSIG_TCP || packet.transport == IOTSIG_UDP);
    REQUIRE(packet.src.address.version == packet.dst.address.version);
    if (packet.payload.n > 0) {
        REQUIRE(packet.payload.p > data);
        REQUIRE(packet.payload.n <= size - (size_t)(packet.payload.p - data));
    }
    if (iotsig_app_parse(&packet, IOTSIG_LAYERS_ALL, &layer, scratch)) {
        struct iotsig_attribute attribute;
        for (size_t i = 0; iotsig_layer_attribute(&layer, i, &attribute); i++)
            fuzz_printable(attribute.text);
    }
    return 0;
}
