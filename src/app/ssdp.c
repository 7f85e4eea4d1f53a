/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSDP (UPnP Device Architecture 2.0, section 1): HTTP's start lines in datagrams. */
#include "app/app.h"
#include "app/startline.h"

#define SSDP_PORT 1900

enum { RESPONSE, METHOD };

static const char *const methods[] = {"M-SEARCH", "NOTIFY", NULL};

static bool recognise(const struct packet *packet)
{
    struct start_line line;
    return app_has_port(packet, IOTSIG_UDP, SSDP_PORT) &&
           iotsig_start_line(packet->payload, methods, &line);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct start_line line;
    (void)scratch;
    if (!iotsig_start_line(packet->payload, methods, &line))
        return false;
    app_set_truth(layer, RESPONSE, line.response);
    if (!line.response)
        app_set_constant(layer, METHOD, line.method);
    return true;
}

const struct app_protocol iotsig_app_ssdp = {
    .name = "SSDP",
    .attributes = {{"response", APP_TRUTH, 0}, {"method", APP_TEXT, 1}},
    .equality = APP_RESPONSE_MATCHES,
    .recognise = recognise,
    .parse = parse,
    .aliases = {{"type", METHOD, false}}, /* of old profiles */
};
