/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/records.h"

const char iotsig_packet_columns[] =
    "id,timestamp,network_protocol,src,dst,transport_protocol,sport,dport,application_layer,"
    "length\r\n";
const char iotsig_flow_columns[] =
    "network_protocol,src,dst,transport_protocol,sport,dport,application_layer,ports,count,packets,"
    "bytes,first,last,input\r\n";

struct text iotsig_network_name(int network)
{
    return network == 4 ? TEXT("IPv4") : network == 6 ? TEXT("IPv6") : TEXT("");
}

struct text iotsig_transport_name(int transport)
{
    return transport == IOTSIG_TRANSPORT_TCP   ? TEXT("TCP")
           : transport == IOTSIG_TRANSPORT_UDP ? TEXT("UDP")
                                               : TEXT("");
}

/* `,"name":`, or without the comma in front. */
static void put_name(struct iotsig_output *output, const char *name, bool first)
{
    put_string(output, first ? "\"" : ",\"");
    put_string(output, name);
    put_string(output, "\":");
}

static void put_json(struct iotsig_output *output, const char *name, struct text value)
{
    put_name(output, name, false);
    iotsig_put_json(output, value);
}

static void put_number(struct iotsig_output *output, const char *name, uint64_t value)
{
    put_name(output, name, false);
    iotsig_put_number(output, value);
}

static void put_port(struct iotsig_output *output, const char *name, int32_t port)
{
    put_name(output, name, false);
    if (port == IOTSIG_NO_PORT)
        put_string(output, "null");
    else
        iotsig_put_number(output, (uint64_t)port);
}

static void put_time(struct iotsig_output *output, const char *name, struct iotsig_time time)
{
    put_name(output, name, false);
    iotsig_put_time_member(output, "", time);
}

void iotsig_put_layer(struct iotsig_output *output, const struct iotsig_layer *layer)
{
    struct iotsig_attribute attribute;
    if (layer == NULL) {
        put_string(output, "null");
        return;
    }
    put_string(output, "{\"protocol\":");
    iotsig_put_json(output, text_of(iotsig_layer_protocol(layer)));
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++) {
        put_name(output, attribute.name, false);
        if (attribute.text != NULL)
            iotsig_put_json(output, text_of(attribute.text));
        else
            put_string(output, attribute.truth ? "true" : "false");
    }
    put_string(output, "}");
}

void iotsig_put_packet_json(struct iotsig_output *output, const char *capture,
                            const struct iotsig_packet *packet)
{
    put_string(output, "{");
    put_name(output, "capture", true);
    iotsig_put_json(output, text_of(capture));
    put_number(output, "id", packet->id);
    put_time(output, "timestamp", packet->time);
    put_json(output, "network_protocol", iotsig_network_name(packet->network));
    put_json(output, "src", text_of(packet->src));
    put_json(output, "dst", text_of(packet->dst));
    put_json(output, "transport_protocol", iotsig_transport_name(packet->transport));
    put_number(output, "sport", packet->sport);
    put_number(output, "dport", packet->dport);
    put_name(output, "application_layer", false);
    iotsig_put_layer(output, packet->layer);
    put_number(output, "length", packet->length);
    put_string(output, "}");
}

static void put_ports(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                      size_t index, size_t count)
{
    struct iotsig_port port;
    put_string(output, "[");
    for (size_t i = 0; i < count; i++) {
        iotsig_pattern_port(pattern, index, i, &port);
        put_string(output, i == 0 ? "{" : ",{");
        put_name(output, "host", true);
        iotsig_put_json(output, text_of(port.host));
        put_number(output, "port", port.port);
        put_number(output, "count", port.count);
        put_name(output, "fixed", false);
        put_string(output, port.fixed ? "true}" : "false}");
    }
    put_string(output, "]");
}

void iotsig_put_flow_json(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                          size_t index)
{
    struct iotsig_flow flow;
    char id[IOTSIG_FLOW_ID];
    iotsig_pattern_flow(pattern, index, &flow);
    iotsig_pattern_flow_id(pattern, index, id);
    put_name(output, "id", true);
    iotsig_put_json(output, text_of(id));
    put_json(output, "network_protocol", iotsig_network_name(flow.network));
    put_json(output, "src", text_of(flow.src));
    put_json(output, "dst", text_of(flow.dst));
    put_json(output, "transport_protocol", iotsig_transport_name(flow.transport));
    put_port(output, "sport", flow.sport);
    put_port(output, "dport", flow.dport);
    put_name(output, "ports", false);
    put_ports(output, pattern, index, flow.ports);
    put_name(output, "application_layer", false);
    iotsig_put_layer(output, flow.layer);
    put_number(output, "count", flow.count);
    put_number(output, "packets", flow.packets);
    put_number(output, "bytes", flow.bytes);
    put_time(output, "first", flow.first);
    put_time(output, "last", flow.last);
}

/* CSV. */

static void comma(struct iotsig_output *output)
{
    put_string(output, ",");
}

static void field(struct iotsig_output *output, struct text text)
{
    iotsig_put_csv(output, text);
    comma(output);
}

static void number_field(struct iotsig_output *output, uint64_t number)
{
    iotsig_put_number(output, number);
    comma(output);
}

static void layer_field(struct iotsig_output *output, const struct iotsig_layer *layer)
{
    if (layer != NULL) {
        iotsig_output_quote(output, true);
        iotsig_put_layer(output, layer);
        iotsig_output_quote(output, false);
    }
    comma(output);
}

static void time_field(struct iotsig_output *output, struct iotsig_time time)
{
    if (time.digits > 0)
        iotsig_put_time(output, time);
    comma(output);
}

static void port_field(struct iotsig_output *output, int32_t port)
{
    if (port != IOTSIG_NO_PORT)
        iotsig_put_number(output, (uint64_t)port);
    comma(output);
}

void iotsig_put_packet_csv(struct iotsig_output *output, const struct iotsig_packet *packet)
{
    number_field(output, packet->id);
    time_field(output, packet->time);
    field(output, iotsig_network_name(packet->network));
    field(output, text_of(packet->src));
    field(output, text_of(packet->dst));
    field(output, iotsig_transport_name(packet->transport));
    number_field(output, packet->sport);
    number_field(output, packet->dport);
    layer_field(output, packet->layer);
    iotsig_put_number(output, packet->length);
    put_string(output, "\r\n");
}

void iotsig_put_flow_csv(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                         size_t index, const char *input)
{
    struct iotsig_flow flow;
    iotsig_pattern_flow(pattern, index, &flow);
    field(output, iotsig_network_name(flow.network));
    field(output, text_of(flow.src));
    field(output, text_of(flow.dst));
    field(output, iotsig_transport_name(flow.transport));
    port_field(output, flow.sport);
    port_field(output, flow.dport);
    layer_field(output, flow.layer);
    iotsig_output_quote(output, true);
    put_ports(output, pattern, index, flow.ports);
    iotsig_output_quote(output, false);
    comma(output);
    number_field(output, flow.count);
    number_field(output, flow.packets);
    number_field(output, flow.bytes);
    time_field(output, flow.first);
    time_field(output, flow.last);
    iotsig_put_csv(output, text_of(input));
    put_string(output, "\r\n");
}
