/* SPDX-License-Identifier: GPL-3.0-or-later */
/* content: what protocols in clear say, of HTTP, SSDP, mDNS, CoAP, MQTT. */
#include "app/app.h"
#include "app/dns.h"
#include "app/mqtt.h"
#include "app/startline.h"
#include "feature/family.h"

enum kind {
    HTTP,
    SOAP,
    SSDP_NT,
    SSDP_ST,
    SSDP_ANSWER,
    SSDP_PRODUCT,
    MDNS_QUESTION,
    MDNS_SERVICE,
    MDNS_KEY,
    MDNS_MODEL,
    COAP,
    MQTT
};

enum port { SSDP_PORT = 1900, MDNS_PORT = 5353, COAP_PORT = 5683 };

static const char *const no_others[] = {NULL};
static const char *const ssdp_methods[] = {"M-SEARCH", "NOTIFY", NULL};

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               uint16_t number, const struct line *line, struct iotsig_error *error)
{
    return iotsig_raw_add(collector, seen, FAMILY_CONTENT, (uint8_t)kind, number,
                          text_of_line(line), error);
}

static int add_bytes(struct collector *collector, const struct seen *seen, enum kind kind,
                     struct bytes bytes, struct iotsig_error *error)
{
    struct line line = {0};
    line_bytes(&line, bytes);
    return line.n == 0 ? 0 : add(collector, seen, kind, 0, &line, error);
}

/* "GET /a?b&c": values of a query are left out, and so is the host of a target that has one. */
static void put_target(struct line *line, struct bytes target)
{
    struct cursor at = cursor_of(target);
    if (bytes_start_with(target, "http://", 7)) {
        cursor_skip(&at, 7);
        cursor_skip(&at, bytes_find(cursor_rest(&at), '/'));
    }
    line_bytes(line, cursor_take(&at, bytes_find(cursor_rest(&at), '?')));
    line_string(line, at.left > 0 ? "?" : "");
    cursor_take_most(&at, 1);
    for (bool first = true; at.left > 0; first = false) {
        struct bytes field = cursor_take(&at, bytes_find(cursor_rest(&at), '&'));
        struct cursor key = cursor_of(field);
        cursor_take_most(&at, 1);
        line_string(line, first ? "" : "&");
        line_bytes(line, cursor_take(&key, bytes_find(field, '=')));
    }
}

static int take_http(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct bytes payload = seen->packet->payload;
    struct start_line start;
    struct line line = {0};
    if (!iotsig_start_line(payload, no_others, &start))
        return 0;
    seen->clear = true;
    if (start.response)
        return 0;
    line_string(&line, start.method);
    line_string(&line, " ");
    put_target(&line, start.target);
    int status = add(collector, seen, HTTP, 0, &line, error);
    return status != 0 ? status
                       : add_bytes(collector, seen, SOAP,
                                   iotsig_header_field(payload, "soapaction"), error);
}

/* "Socket-1" of "uuid:Socket-1::upnp:rootdevice" */
static struct bytes product_of(struct bytes usn)
{
    struct cursor at = cursor_of(usn);
    if (bytes_start_with(usn, "uuid:", 5))
        cursor_skip(&at, 5);
    struct bytes product = {at.p, 0};
    while (at.left > 0 && !bytes_start_with(cursor_rest(&at), "::", 2)) {
        cursor_skip(&at, 1);
        product.n++;
    }
    return product;
}

static int take_ssdp(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct bytes payload = seen->packet->payload;
    struct start_line start;
    if (!iotsig_start_line(payload, ssdp_methods, &start))
        return 0;
    seen->clear = true;
    struct bytes product = product_of(iotsig_header_field(payload, "usn"));
    bool search = !start.response && strcmp(start.method, "M-SEARCH") == 0;
    int status = add_bytes(collector, seen, SSDP_NT, iotsig_header_field(payload, "nt"), error);
    if (status == 0)
        status = add_bytes(collector, seen, search ? SSDP_ST : SSDP_ANSWER,
                           iotsig_header_field(payload, "st"), error);
    return status != 0 ? status : add_bytes(collector, seen, SSDP_PRODUCT, product, error);
}

static bool is_model(struct bytes key)
{
    static const char *const keys[] = {"md", "model", "modelname", "model_name", "mdl",
                                       "ty", "am",    "product",   "usb_mdl",    "manufacturer"};
    struct line line = {0};
    line_bytes(&line, key);
    for (size_t i = 0; i < line.n; i++)
        line.text[i] = (char)lower((uint8_t)line.text[i]);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_equal(text_of(keys[i]), text_of_line(&line)))
            return true;
    return false;
}

/* RFC 6763 section 6: strings "key=value" */
static int take_keys(struct collector *collector, const struct seen *seen, struct cursor data,
                     struct iotsig_error *error)
{
    int status = 0;
    while (status == 0 && data.left > 0) {
        struct bytes pair = cursor_take(&data, cursor_u8(&data));
        struct cursor at = cursor_of(pair);
        struct bytes key = cursor_take(&at, bytes_find(pair, '='));
        if (key.n == 0)
            continue;
        if (is_model(key) && at.left > 1)
            status = add_bytes(collector, seen, MDNS_MODEL, pair, error);
        else
            status = add_bytes(collector, seen, MDNS_KEY, key, error);
    }
    return status;
}

static int take_record(struct collector *collector, const struct seen *seen,
                       const struct dns_reader *reader, const struct dns_record *record,
                       struct iotsig_error *error)
{
    enum { TXT = 16 };
    struct line line = {0};
    line_text(&line, (struct text){record->owner.text, record->owner.n});
    if (record->section == DNS_QUESTION)
        return reader->response ? 0
                                : add(collector, seen, MDNS_QUESTION, record->type, &line, error);
    if (!reader->response || record->section == DNS_AUTHORITY)
        return 0;
    if (record->type == DNS_PTR)
        return add(collector, seen, MDNS_SERVICE, 0, &line, error);
    return record->type == TXT ? take_keys(collector, seen, record->data, error) : 0;
}

static int take_mdns(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct dns_reader reader;
    struct dns_record record;
    int status = 0;
    seen->clear = true;
    if (!iotsig_dns_start(&reader, seen->packet->payload))
        return 0;
    while (status == 0 && iotsig_dns_next(&reader, &record) == 1)
        status = take_record(collector, seen, &reader, &record, error);
    return status;
}

/* Of the layer: "GET /a/b". */
static int take_coap(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct iotsig_layer layer;
    struct iotsig_attribute attribute;
    struct line line = {0};
    if (!iotsig_app_parse(seen->packet, 0, &layer, collector->scratch))
        return 0;
    seen->clear = true;
    if (iotsig_layer_is_response(&layer))
        return 0;
    for (size_t i = 0; iotsig_layer_attribute(&layer, i, &attribute); i++) {
        bool code = strcmp(attribute.name, "code") == 0;
        if (attribute.text == NULL || (!code && strcmp(attribute.name, "uri") != 0))
            continue;
        line_string(&line, line.n > 0 ? " " : "");
        line_string(&line, attribute.text);
    }
    return line.n == 0 ? 0 : add(collector, seen, COAP, 0, &line, error);
}

static int take_mqtt(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct mqtt_packet packet;
    if (!iotsig_mqtt_parse(seen->packet->payload, &packet))
        return 0;
    seen->clear = true;
    if (packet.has_publish)
        return add_bytes(collector, seen, MQTT, packet.topic, error);
    struct bytes filter;
    int status = 0;
    while (status == 0 && iotsig_mqtt_next_filter(&packet.filters, &filter))
        status = add_bytes(collector, seen, MQTT, filter, error);
    return status;
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct packet *packet = seen->packet;
    if (packet->transport == 0 || packet->payload.n == 0)
        return 0;
    if (packet->transport == IOTSIG_TCP)
        return app_has_port(packet, IOTSIG_TCP, MQTT_PORT) ? take_mqtt(collector, seen, error)
                                                           : take_http(collector, seen, error);
    if (app_has_port(packet, IOTSIG_UDP, SSDP_PORT))
        return take_ssdp(collector, seen, error);
    if (app_has_port(packet, IOTSIG_UDP, MDNS_PORT))
        return take_mdns(collector, seen, error);
    return app_has_port(packet, IOTSIG_UDP, COAP_PORT) ? take_coap(collector, seen, error) : 0;
}

static const char *const words[] = {
    [HTTP] = "http ",
    [SOAP] = "soap ",
    [SSDP_NT] = "ssdp nt ",
    [SSDP_ST] = "ssdp st ",
    [SSDP_ANSWER] = "ssdp answer ",
    [SSDP_PRODUCT] = "ssdp product ",
    [MDNS_QUESTION] = "mdns question ",
    [MDNS_SERVICE] = "mdns service ",
    [MDNS_KEY] = "mdns key ",
    [MDNS_MODEL] = "mdns ",
    [COAP] = "coap ",
    [MQTT] = "mqtt ",
};

/* Announcements are those of who sends them; requests go either way. */
static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    char made[DNS_TYPE_TEXT];
    const char *way = iotsig_view_way(view, raw);
    enum kind kind = (enum kind)raw->kind;
    bool both = kind == HTTP || kind == SOAP || kind == COAP || kind == MQTT;
    if (way == NULL || (!both && way[0] == 'i'))
        return false;
    line_string(line, words[kind]);
    line_string(line, both ? way : "");
    line_string(line, both ? " " : "");
    if (kind == MDNS_QUESTION) {
        line_string(line, iotsig_dns_type_text(raw->number, made));
        line_string(line, " ");
    }
    if (kind == MDNS_QUESTION || kind == MDNS_SERVICE)
        iotsig_replace_name(line, &view->own, raw->text);
    else
        iotsig_replace(line, &view->own, raw->text);
    return true;
}

const struct family iotsig_family_content = {.name = "content",
                                             .id = FAMILY_CONTENT,
                                             .take = take,
                                             .render = render};
