/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The payload of one protocol: PROTOCOL, over TRANSPORT, at PORT; of LAYERS where it must be asked
 * for. */
#include <string.h>

#include "app/app.h"
#include "app/tls.h"
#include "fuzz.h"
#include "host/names.h"
#include "iotsig/build.h"

#ifndef LAYERS
#define LAYERS 0
#endif

/* What else may be found there. */
#ifndef OTHER
#define OTHER "HTTP"
#endif

static void learn(const struct packet *packet)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_names *names;
    REQUIRE(iotsig_names_new(&names, context, NULL) == 0);
    (void)iotsig_names_learn(names, packet, NULL);
    iotsig_names_free(names);
    iotsig_context_free(context);
}

static void require_same(const struct iotsig_layer *layer, const struct iotsig_layer *found)
{
    struct iotsig_attribute one, other;
    for (size_t i = 0; iotsig_layer_attribute(found, i, &one); i++) {
        REQUIRE(iotsig_layer_attribute(layer, i, &other));
        REQUIRE(strcmp(one.name, other.name) == 0 && one.truth == other.truth);
        REQUIRE((one.text == NULL) == (other.text == NULL));
        REQUIRE(one.text == NULL || strcmp(one.text, other.text) == 0);
    }
}

/* What the program says of a payload, a caller of the library is told too; one who asks for what it
 * is not is told that, or something. `found` is NULL where the program says nothing. */
static void parse_alone(const struct packet *packet, const struct iotsig_layer *found)
{
    const struct iotsig_payload payload = {packet->transport, packet->src.port,
                                           packet->dst.port,  packet->cut ? NULL : "192.0.2.1",
                                           packet->payload.p, packet->payload.n};
    const char *const protocols[] = {found != NULL ? iotsig_layer_protocol(found) : PROTOCOL, NULL};
    struct iotsig_context *context = fuzz_context();
    struct iotsig_layer *layer;
    struct iotsig_names *names;
    for (int i = 0; i < 2; i++) {
        if (iotsig_layer_parse(&layer, context, protocols[i], &payload, NULL) == 0) {
            REQUIRE(found != NULL || protocols[i] != NULL);
            if (found != NULL)
                require_same(layer, found);
            iotsig_layer_free(context, layer);
        } else { /* who names none is not told what must be asked for */
            REQUIRE(packet->cut || found == NULL || (protocols[i] == NULL && LAYERS != 0));
        }
    }
    REQUIRE(iotsig_names_new(&names, context, NULL) == 0);
    (void)iotsig_names_learn_payload(names, &payload, NULL);
    iotsig_names_free(names);
    iotsig_context_free(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char scratch[APP_TEXT_MAX];
    struct iotsig_layer layer;
    struct packet packet = {.transport = TRANSPORT, .payload = {data, size}};
    if (size > 65535)
        return 0;
    packet.src.address.version = packet.dst.address.version = 4;
    packet.src.port = PORT;
    packet.dst.port = 40000;
    for (int cut = 0; cut < 2; cut++) {
        packet.cut = cut != 0;
        if (iotsig_app_parse(&packet, LAYERS, &layer, scratch)) {
            struct iotsig_attribute attribute;
            REQUIRE(strcmp(iotsig_layer_protocol(&layer), PROTOCOL) == 0 ||
                    strcmp(iotsig_layer_protocol(&layer), OTHER) == 0);
            for (size_t i = 0; iotsig_layer_attribute(&layer, i, &attribute); i++)
                fuzz_printable(attribute.text);
            parse_alone(&packet, &layer);
        } else {
            parse_alone(&packet, NULL);
        }
        learn(&packet);
    }
    return 0;
}
