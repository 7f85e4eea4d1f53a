/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/policy.h"

#include "base/error.h"
#include "decode/address.h"
#include "host/names.h"
#include "translate/profile.h"

#define SELF      "self"
#define MDNS_PORT 5353

/* Attributes whose names are others in a policy; reading knows these as aliases of the protocols.
 */
static const char *field_of(const char *attribute)
{
    static const char *const renamed[][2] = {{"code", "method"},
                                             {"client_mac", "client-mac"},
                                             {"message_type", "type"}};
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(renamed[i][0], attribute) == 0)
            return renamed[i][1];
    return attribute;
}

/* The attribute of a protocol that a field stands for, under any name; NULL for none. */
static const char *attribute_of(const struct app_protocol *protocol, const char *field)
{
    int i;
    bool opposite;
    if (!iotsig_app_find(protocol, text_of(field), &i, &opposite) || opposite)
        return NULL;
    return protocol->attributes[i].name;
}

/* Names: a `*` is written `$`, and a `$` by its number, so that each can be told from the other. */

static json_t *name_to_policy(const char *name)
{
    struct text text = text_of(name);
    char room[IOTSIG_ESCAPED_MAX * IOTSIG_NAME_TEXT], *end = room;
    for (size_t i = 0; i < text.n && (size_t)(end - room) + IOTSIG_ESCAPED_MAX < sizeof room; i++) {
        if (text.p[i] == '$') {
            memcpy(end, "\\036", IOTSIG_ESCAPED_MAX);
            end += IOTSIG_ESCAPED_MAX;
        } else {
            *end++ = text.p[i] == '*' ? '$' : text.p[i];
        }
    }
    return json_stringn(room, (size_t)(end - room));
}

static json_t *name_from_policy(const char *name)
{
    char room[IOTSIG_ESCAPED_MAX * IOTSIG_NAME_TEXT];
    size_t n = strlen(name);
    if (n >= sizeof room)
        return json_string(name); /* too long for a host, which will be said */
    for (size_t i = 0; i < n; i++)
        room[i] = name[i] == '$' ? '*' : name[i];
    return json_stringn(room, n);
}

/*
 * URIs: at the end of one, `*` and `$` stand for anything. A query is cut, and has a `*` instead,
 * which means just that. A `$` that the network has there is written by its number, as its `*` is
 * already; and the URI `*` is the server.
 */

static json_t *uri_to_policy(struct text uri)
{
    char last = uri.n > 0 ? uri.p[uri.n - 1] : '\0';
    if (last != '$' && (last != '*' || uri.n > 1))
        return json_stringn(uri.p, uri.n);
    return json_sprintf("%.*s\\%03u", (int)(uri.n - 1), uri.p, (unsigned)(uint8_t)last);
}

static json_t *uri_from_policy(const char *uri)
{
    size_t n = strlen(uri), slashes = 0;
    if (strcmp(uri, "\\042") == 0)
        return json_string("*");
    if (n < 4 || strcmp(uri + n - 4, "\\036") != 0)
        return json_string(uri);
    while (slashes < n - 3 && uri[n - 4 - slashes] == '\\')
        slashes++;
    if (slashes % 2 == 0) /* the last one is escaped, and its number none */
        return json_string(uri);
    return json_sprintf("%.*s$", (int)(n - 4), uri);
}

/* From a flow. */

/* A value, or a list of several. Takes the reference to what is added; false: no memory. */
static bool add_value(json_t *object, const char *name, json_t *value)
{
    json_t *old = json_object_get(object, name);
    if (value == NULL)
        return false;
    if (old == NULL)
        return json_object_set_new(object, name, value) == 0;
    if (json_is_array(old))
        return json_array_append_new(old, value) == 0;
    json_t *list = json_array();
    if (list == NULL || json_array_append(list, old) != 0 ||
        json_object_set_new(object, name, list) != 0) {
        json_decref(value);
        return false;
    }
    return json_array_append_new(list, value) == 0;
}

static bool has_value(json_t *object, const char *name, const json_t *value)
{
    json_t *known = json_object_get(object, name), *item;
    size_t i;
    if (!json_is_array(known))
        return known != NULL && json_equal(known, value);
    json_array_foreach(known, i, item)
        if (json_equal(item, value))
            return true;
    return false;
}

static bool add_once(json_t *object, const char *name, json_t *value)
{
    if (value == NULL || !has_value(object, name, value))
        return add_value(object, name, value);
    json_decref(value);
    return true;
}

/* `own`: the device's address of the flow's family, or NULL. */
static json_t *host_to_policy(const char *host, const char *own)
{
    struct address address, of_device;
    if (own != NULL && iotsig_address_parse(host, &address) &&
        iotsig_address_parse(own, &of_device) && address_equal(&address, &of_device))
        return json_string(SELF);
    /* A host of such a name, its first letter by its number: it is not what the word stands for. */
    return iotsig_is_host_word(host)
               ? json_sprintf("\\%03u%s", (unsigned)(uint8_t)host[0], host + 1)
               : name_to_policy(host);
}

/* Whether an end of a flow's packets is at the destination: by host, else by what it equals. */
static bool is_destination(const struct iotsig_pattern *pattern, const struct flow *flow,
                           uint32_t host, const struct iotsig_same_hosts *same)
{
    const struct hosts *hosts = &pattern->hosts;
    if (host == flow->src || host == flow->dst)
        return host != flow->src;
    return !iotsig_host_equal(host_at(hosts, flow->src), host_at(hosts, host), RULE_HOST, same);
}

static const char *host_text(const struct iotsig_pattern *pattern, uint32_t host)
{
    return host_at(&pattern->hosts, host)->name.text.p;
}

static bool add_hosts(json_t *network, const struct iotsig_pattern *pattern,
                      const struct flow *flow, const char *own,
                      const struct iotsig_same_hosts *same)
{
    if (!add_value(network, "src", host_to_policy(host_text(pattern, flow->src), own)) ||
        !add_value(network, "dst", host_to_policy(host_text(pattern, flow->dst), own)))
        return false;
    for (size_t i = 0; i < flow->port_count; i++) {
        uint32_t host = flow->ports[i].host;
        if (host != flow->src && host != flow->dst &&
            !add_once(network, is_destination(pattern, flow, host, same) ? "dst" : "src",
                      host_to_policy(host_text(pattern, host), own)))
            return false;
    }
    return true;
}

static bool add_ports(json_t *transport, const struct iotsig_pattern *pattern,
                      const struct flow *flow, const struct iotsig_same_hosts *same)
{
    for (size_t i = 0; i < flow->port_count; i++)
        if (iotsig_flow_port_is_fixed(flow, i, pattern->match_random_ports) &&
            !add_once(transport,
                      is_destination(pattern, flow, flow->ports[i].host, same) ? "dst-port"
                                                                               : "src-port",
                      json_integer(flow->ports[i].port)))
            return false;
    return true;
}

static bool is_mdns(const struct flow *flow, const struct iotsig_layer *layer)
{
    if (strcmp(layer->protocol->name, "DNS") != 0 || flow->transport != IOTSIG_UDP)
        return false;
    for (size_t i = 0; i < flow->port_count; i++)
        if (flow->ports[i].port == MDNS_PORT)
            return true;
    return false;
}

static bool add_attributes(json_t *fields, const struct iotsig_layer *layer)
{
    const struct app_protocol *protocol = layer->protocol;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++) {
        const struct app_attribute *attribute = &protocol->attributes[i];
        json_t *value;
        if ((layer->present & 1u << i) == 0)
            continue;
        if (attribute->kind == APP_TRUTH)
            value = json_boolean((layer->truths & 1u << i) != 0);
        else if (attribute->kind == APP_NAME)
            value = name_to_policy(layer->text[i].p);
        else if (attribute->kind == APP_URI)
            value = uri_to_policy(layer->text[i]);
        else
            value = json_string(layer->text[i].p);
        if (value == NULL || json_object_set_new(fields, field_of(attribute->name), value) != 0)
            return false;
    }
    return true;
}

/* A new mapping in another; borrowed. NULL: no memory. */
static json_t *add_mapping(json_t *object, const char *name)
{
    json_t *mapping = json_object();
    return mapping != NULL && json_object_set_new(object, name, mapping) == 0 ? mapping : NULL;
}

/* A policy tells of one packet; a layer that is that of many cannot be said in one. */
static bool layer_is_unsaid(const struct iotsig_pattern *pattern, const struct flow *flow)
{
    return flow->layer == NO_LAYER || layer_is_shared(layer_at(&pattern->layers, flow->layer));
}

static bool add_layer(json_t *protocols, const struct flow *flow, const struct iotsig_layer *layer)
{
    char name[16] = "mdns";
    if (!is_mdns(flow, layer))
        for (size_t i = 0; i + 1 < sizeof name; i++) {
            name[i] = (char)lower((uint8_t)layer->protocol->name[i]);
            if (name[i] == '\0')
                break;
        }
    json_t *fields = add_mapping(protocols, name);
    return fields != NULL && add_attributes(fields, layer);
}

json_t *iotsig_policy_of(const struct iotsig_pattern *pattern, size_t index,
                         const struct iotsig_device *device, const struct iotsig_same_hosts *same)
{
    const struct flow *flow = &pattern->flows[index];
    json_t *policy = json_object(), *network, *transport;
    json_t *protocols = policy == NULL ? NULL : add_mapping(policy, "protocols");
    if (protocols != NULL &&
        (network = add_mapping(protocols, flow->network == 4 ? "ipv4" : "ipv6")) != NULL &&
        add_hosts(network, pattern, flow, flow->network == 4 ? device->ipv4 : device->ipv6, same) &&
        (transport = add_mapping(protocols, flow->transport == IOTSIG_TCP ? "tcp" : "udp")) !=
            NULL &&
        add_ports(transport, pattern, flow, same) &&
        (layer_is_unsaid(pattern, flow) ||
         add_layer(protocols, flow, &layer_at(&pattern->layers, flow->layer)->layer)) &&
        json_object_set_new(policy, "bidirectional", json_true()) == 0)
        return policy;
    json_decref(policy);
    return NULL;
}

/* What is lost. */

unsigned iotsig_policy_losses(const struct iotsig_pattern *pattern, size_t index,
                              const struct iotsig_same_hosts *same)
{
    const struct flow *flow = &pattern->flows[index];
    bool hosts[2] = {false, false}, ports[2] = {false, false};
    uint16_t first[2] = {0, 0};
    unsigned losses = 0;
    if (flow->count != 1 || flow->packets != 0 || flow->bytes != 0)
        losses |= IOTSIG_LOST_COUNTS;
    if (flow->first.digits != 0 || flow->last.digits != 0)
        losses |= IOTSIG_LOST_TIMES;
    if (flow->layer != NO_LAYER && layer_is_unsaid(pattern, flow))
        losses |= IOTSIG_LOST_LAYER;
    for (size_t i = 0; i < flow->port_count; i++) {
        const struct flow_port *port = &flow->ports[i];
        bool end = is_destination(pattern, flow, port->host, same);
        bool fixed = iotsig_flow_port_is_fixed(flow, i, pattern->match_random_ports);
        if ((!fixed && port->port != 0) || port->count != 1)
            losses |= IOTSIG_LOST_PORTS;
        if (port->host != flow->src && port->host != flow->dst)
            hosts[end] = true;
        if (fixed && first[end] != 0 && first[end] != port->port)
            ports[end] = true;
        if (fixed)
            first[end] = port->port;
    }
    if ((hosts[0] && ports[0]) || (hosts[1] && ports[1]))
        losses |= IOTSIG_LOST_PAIRS;
    return losses;
}

const char *iotsig_policy_loss_text(enum iotsig_policy_loss loss)
{
    switch (loss) {
    case IOTSIG_LOST_COUNTS: return "counts";
    case IOTSIG_LOST_TIMES: return "times";
    case IOTSIG_LOST_PORTS: return "ports that are not fixed";
    case IOTSIG_LOST_PAIRS: return "which host had which port";
    case IOTSIG_LOST_LAYER: return "application layers that were asked for";
    }
    return NULL;
}

/* To a flow. */

/* The most that several hosts times several ports may be. */
#define PAIRS_MAX 1024

struct record {
    json_t *policy, *protocols, *record;
    const struct iotsig_device *device;
    struct iotsig_error *error;
};

static int refuse(const struct record *record, const char *what)
{
    return iotsig_fail(record->error, IOTSIG_ERR_FORMAT, "%s", what);
}

/* The mapping of the only one of two protocols that is there; NULL: none, or both. */
static json_t *one_of(const struct record *record, const char *a, const char *b, bool *is_b)
{
    json_t *x = json_object_get(record->protocols, a), *y = json_object_get(record->protocols, b);
    *is_b = y != NULL;
    if ((x == NULL) == (y == NULL))
        return NULL;
    return y != NULL ? y : x;
}

static bool has_only(json_t *mapping, const char *a, const char *b)
{
    const char *name;
    json_t *value;
    json_object_foreach(mapping, name, value)
        if (strcmp(name, a) != 0 && strcmp(name, b) != 0)
            return false;
    return true;
}

/* Item `i` of a value or list; borrowed, NULL behind the last. */
static json_t *item_of(json_t *value, size_t i)
{
    if (json_is_array(value))
        return json_array_get(value, i);
    return i == 0 ? value : NULL;
}

static json_t *host_from_policy(const struct record *record, json_t *host, bool v6)
{
    const char *text = json_string_value(host);
    if (text == NULL)
        return NULL;
    if (strcmp(text, SELF) != 0)
        return name_from_policy(text);
    const char *own = v6 ? record->device->ipv6 : record->device->ipv4;
    return own == NULL ? NULL : json_string(own);
}

static int add_end(const struct record *record, json_t *ports, json_t *hosts, json_t *numbers,
                   const char *name, bool v6)
{
    json_t *host, *number;
    size_t many = json_array_size(hosts), each = json_array_size(numbers);
    if (many > 1 && each > 1 && many > PAIRS_MAX / each)
        return refuse(record, "too many hosts that have too many ports");
    for (size_t i = 0; (host = item_of(hosts, i)) != NULL; i++) {
        json_t *text = host_from_policy(record, host, v6);
        if (text == NULL)
            return refuse(record, "a host is no text, or \"self\" where the device has no address "
                                  "of this family");
        if (i == 0 && json_object_set(record->record, name, text) != 0)
            return iotsig_fail_memory(record->error);
        for (size_t j = 0; (number = item_of(numbers, j)) != NULL || j == 0; j++) {
            json_t *port =
                json_pack("{s:O, s:o, s:i}", "host", text, "port",
                          number == NULL ? json_integer(0) : json_incref(number), "count", 1);
            if (port == NULL || json_array_append_new(ports, port) != 0) {
                json_decref(text);
                return iotsig_fail_memory(record->error);
            }
        }
        json_decref(text);
    }
    return 0;
}

static int add_ends(const struct record *record)
{
    bool v6, udp;
    json_t *network = one_of(record, "ipv4", "ipv6", &v6);
    json_t *transport = one_of(record, "tcp", "udp", &udp);
    json_t *ports = json_array();
    if (ports == NULL || json_object_set_new(record->record, "ports", ports) != 0)
        return iotsig_fail_memory(record->error);
    json_t *src = json_object_get(network, "src"), *dst = json_object_get(network, "dst");
    if (src == NULL || dst == NULL)
        return refuse(record, "no flow: it needs src and dst of one of ipv4, ipv6");
    if (transport == NULL)
        return refuse(record, "no flow: it needs one of tcp, udp");
    if (!has_only(network, "src", "dst") || !has_only(transport, "src-port", "dst-port"))
        return refuse(record, "a field of ip, tcp or udp that a flow does not have");
    if (json_object_set_new(record->record, "network_protocol",
                            json_string(v6 ? "IPv6" : "IPv4")) != 0 ||
        json_object_set_new(record->record, "transport_protocol",
                            json_string(udp ? "UDP" : "TCP")) != 0)
        return iotsig_fail_memory(record->error);
    int status = add_end(record, ports, src, json_object_get(transport, "src-port"), "src", v6);
    return status != 0
               ? status
               : add_end(record, ports, dst, json_object_get(transport, "dst-port"), "dst", v6);
}

static int add_field(const struct record *record, json_t *layer,
                     const struct app_protocol *protocol, const char *field, json_t *value)
{
    const char *attribute = attribute_of(protocol, field);
    if (attribute == NULL)
        return refuse(record, "a field of the application that a flow does not have");
    int i = iotsig_app_attribute(protocol, attribute);
    const char *text = json_string_value(value);
    enum app_kind kind = protocol->attributes[i].kind;
    json_t *copy = text != NULL && kind == APP_NAME  ? name_from_policy(text)
                   : text != NULL && kind == APP_URI ? uri_from_policy(text)
                                                     : json_incref(value);
    return copy != NULL && json_object_set_new(layer, attribute, copy) == 0
               ? 0
               : iotsig_fail_memory(record->error);
}

static int add_application(const struct record *record)
{
    const char *name, *field;
    json_t *fields, *value, *layer = NULL;
    json_object_foreach(record->protocols, name, fields) {
        if (strcmp(name, "ipv4") == 0 || strcmp(name, "ipv6") == 0 || strcmp(name, "tcp") == 0 ||
            strcmp(name, "udp") == 0)
            continue;
        const struct app_protocol *protocol =
            iotsig_app_protocol(text_of(strcmp(name, "mdns") == 0 ? "dns" : name));
        if (protocol == NULL || protocol->layer != 0 || !json_is_object(fields))
            return refuse(record, "a protocol that a flow cannot have");
        if (layer != NULL)
            return refuse(record, "two application protocols");
        layer = json_pack("{s:s}", "protocol", protocol->name);
        if (layer == NULL || json_object_set_new(record->record, "application_layer", layer) != 0)
            return iotsig_fail_memory(record->error);
        json_object_foreach(fields, field, value) {
            int status = add_field(record, layer, protocol, field, value);
            if (status != 0)
                return status;
        }
    }
    return 0;
}

int iotsig_policy_record(json_t *policy, const struct iotsig_device *device, json_t **out,
                         struct iotsig_error *error)
{
    struct record record = {.policy = policy,
                            .protocols = json_object_get(policy, "protocols"),
                            .record = json_object(),
                            .device = device,
                            .error = error};
    int status = record.record == NULL ? iotsig_fail_memory(error) : 0;
    if (status == 0 && !json_is_object(record.protocols))
        status = refuse(&record, "no policy: it has no protocols");
    if (status == 0)
        status = add_ends(&record);
    if (status == 0)
        status = add_application(&record);
    if (status != 0)
        json_decref(record.record);
    else
        *out = record.record;
    return status;
}

/* The device. */

static bool is_address_of(const char *text, int version)
{
    struct address address;
    return iotsig_address_parse(text, &address) && address.version == version;
}

static bool is_utf8(const char *text)
{
    struct bytes rest = {(const uint8_t *)text, strlen(text)};
    for (size_t n; rest.n > 0; rest = (struct bytes){rest.p + n, rest.n - n})
        if ((n = iotsig_utf8_length(rest)) == 0)
            return false;
    return true;
}

int iotsig_device_check(const struct iotsig_device *device, struct iotsig_error *error)
{
    if (device->name != NULL && !is_utf8(device->name))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "the device's name is no UTF-8");
    uint64_t mac;
    if (device->mac != NULL && !iotsig_mac_parse(device->mac, &mac))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "not a MAC address (use aa:bb:cc:dd:ee:ff)");
    if (device->ipv4 != NULL && !is_address_of(device->ipv4, 4))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "not an IPv4 address");
    if (device->ipv6 != NULL && !is_address_of(device->ipv6, 6))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "not an IPv6 address");
    return 0;
}
