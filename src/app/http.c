/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1.x (RFC 9112), on any port. */
#include "app/app.h"
#include "app/startline.h"

enum { RESPONSE, METHOD, URI };

static const char *const no_others[] = {NULL};

static bool recognise(const struct packet *packet)
{
    struct start_line line;
    return iotsig_start_line(packet->payload, no_others, &line);
}

/* The target, where a query becomes `*`: its values differ from one event to the next. */
static bool set_uri(struct iotsig_layer *layer, struct bytes target, struct app_scratch *scratch)
{
    size_t path = bytes_find(target, '?'), n = 0;
    struct cursor at = cursor_of((struct bytes){target.p, path});
    while (at.left > 0 && scratch->left - n > IOTSIG_ESCAPED_MAX + 1)
        n = (size_t)(iotsig_escape_byte(scratch->at + n, cursor_u8(&at)) - scratch->at);
    if (at.left > 0)
        return false;
    if (path == target.n)
        return app_take_uri(layer, URI, n, scratch);
    scratch->at[n++] = '*';
    return app_take(layer, URI, n, scratch);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct start_line line;
    if (!iotsig_start_line(packet->payload, no_others, &line))
        return false;
    app_set_truth(layer, RESPONSE, line.response);
    if (line.response)
        return true;
    app_set_constant(layer, METHOD, line.method);
    return set_uri(layer, line.target, scratch);
}

const struct app_protocol iotsig_app_http = {
    .name = "HTTP",
    .attributes = {{"response", APP_TRUTH, 0}, {"method", APP_TEXT, 1}, {"uri", APP_URI, 1}},
    .equality = APP_RESPONSE_MATCHES,
    .recognise = recognise,
    .parse = parse,
};
