/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/pattern.h"

#include "base/error.h"
#include "base/text.h"
#include "flow/group.h"
#include "flow/reader.h"
#include "flow/services.h"

int iotsig_pattern_new(struct iotsig_pattern **out, struct iotsig_context *context,
                       struct iotsig_error *error)
{
    struct iotsig_pattern *pattern = iotsig_memory_get(&context->allocator, sizeof *pattern);
    if (pattern == NULL)
        return iotsig_fail_memory(error);
    *pattern = (struct iotsig_pattern){.context = context};
    iotsig_hosts_init(&pattern->hosts, context);
    iotsig_layers_init(&pattern->layers, &pattern->hosts);
    *out = pattern;
    return 0;
}

void iotsig_pattern_free(struct iotsig_pattern *pattern)
{
    if (pattern == NULL)
        return;
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    for (size_t i = 0; i < pattern->count; i++)
        iotsig_flow_fini(pattern, &pattern->flows[i]);
    iotsig_memory_free(allocator, pattern->flows);
    iotsig_memory_free(allocator, pattern->id_numbers);
    iotsig_layers_fini(&pattern->layers);
    iotsig_hosts_fini(&pattern->hosts);
    iotsig_memory_free(allocator, pattern);
}

struct flow *iotsig_pattern_append(struct iotsig_pattern *pattern, const struct flow *flow)
{
    if (!iotsig_array_grow(&pattern->context->allocator, &pattern->flows, &pattern->capacity,
                           pattern->count + 1, sizeof *pattern->flows))
        return NULL;
    struct flow *to = &pattern->flows[pattern->count++];
    *to = *flow;
    to->ports = NULL;
    to->port_count = to->port_capacity = 0;
    to->table = NULL;
    return to;
}

static int group_packet(struct grouper *grouper, const struct packet *packet,
                        const struct iotsig_frame *frame, unsigned layers, char *scratch,
                        struct iotsig_error *error)
{
    struct raw_packet raw = {.src = packet->src,
                             .dst = packet->dst,
                             .network = packet->src.address.version,
                             .transport = packet->transport,
                             .length = frame->length,
                             .time = frame->time};
    struct iotsig_layer layer;
    bool parsed = iotsig_app_parse(packet, layers, &layer, scratch);
    return iotsig_grouper_add(grouper, &raw, parsed ? &layer : NULL, error);
}

/* Groups all packets; a failure to read ends it like the end of the capture does. */
static int group_capture(struct grouper *grouper, struct reader *reader,
                         struct iotsig_names *names, char *scratch, struct iotsig_error *error)
{
    struct iotsig_frame frame;
    struct packet packet;
    int status;
    while ((status = iotsig_reader_next(reader, &packet, &frame, error)) == 1) {
        status = iotsig_names_learn(names, &packet, error);
        if (status == 0)
            status = group_packet(grouper, &packet, &frame, reader->options->layers, scratch, error);
        if (status != 0)
            return status;
    }
    return status;
}

static bool is_of_input(int status)
{
    return status == IOTSIG_ERR_READ || status == IOTSIG_ERR_FORMAT ||
           status == IOTSIG_ERR_UNSUPPORTED;
}

static int read_capture(struct iotsig_pattern *pattern, struct reader *reader,
                        struct iotsig_names *names, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    struct grouper *grouper = iotsig_memory_get(allocator, sizeof *grouper);
    char *scratch = iotsig_memory_get(allocator, APP_TEXT_MAX);
    struct iotsig_error later;
    int status = IOTSIG_ERR_MEMORY;

    pattern->match_random_ports = reader->options->match_random_ports;
    if (grouper != NULL)
        iotsig_grouper_init(grouper, pattern);
    if (grouper == NULL || scratch == NULL) {
        iotsig_fail_memory(error);
    } else {
        status = group_capture(grouper, reader, names, scratch, error);
        if (status == 0 || is_of_input(status)) {
            int finished = iotsig_grouper_finish(grouper, names, reader->options->same_hosts, &later);
            if (finished != 0)
                status = iotsig_fail_memory(error);
        }
    }
    if (grouper != NULL)
        iotsig_grouper_fini(grouper);
    iotsig_memory_free(allocator, grouper);
    iotsig_memory_free(allocator, scratch);
    return status;
}

int iotsig_pattern_from_capture(struct iotsig_pattern **out, struct iotsig_context *context,
                                struct iotsig_capture *capture, const char *path,
                                const struct iotsig_options *options, struct iotsig_names *names,
                                struct iotsig_error *error)
{
    struct iotsig_pattern *pattern;
    struct reader reader;
    int status = iotsig_pattern_new(&pattern, context, error);
    if (status != 0)
        return status;
    iotsig_reader_init(&reader, capture, path, options);
    status = read_capture(pattern, &reader, names, error);
    if (status != 0)
        iotsig_fail_in(error, status, path);
    if (status != 0 && !is_of_input(status)) {
        iotsig_pattern_free(pattern);
        return status;
    }
    *out = pattern;
    return status;
}

bool iotsig_port_is_service(int transport, uint16_t port)
{
    return transport > 0 && transport <= UINT8_MAX &&
           iotsig_service_is_known((uint8_t)transport, port);
}

size_t iotsig_pattern_count(const struct iotsig_pattern *pattern)
{
    return pattern->count;
}

static int32_t fixed_port_of(const struct iotsig_pattern *pattern, const struct flow *flow,
                             uint32_t host)
{
    for (size_t i = 0; i < flow->port_count; i++)
        if (flow->ports[i].host == host &&
            iotsig_flow_port_is_fixed(flow, i, pattern->match_random_ports))
            return flow->ports[i].port;
    return IOTSIG_NO_PORT;
}

void iotsig_pattern_flow(const struct iotsig_pattern *pattern, size_t index,
                         struct iotsig_flow *out)
{
    const struct flow *flow = &pattern->flows[index];
    *out = (struct iotsig_flow){
        .network = flow->network,
        .transport = flow->transport,
        .src = host_at(&pattern->hosts, flow->src)->name.text.p,
        .dst = host_at(&pattern->hosts, flow->dst)->name.text.p,
        .sport = fixed_port_of(pattern, flow, flow->src),
        .dport = fixed_port_of(pattern, flow, flow->dst),
        .layer = flow->layer == NO_LAYER ? NULL : &layer_at(&pattern->layers, flow->layer)->layer,
        .count = flow->count,
        .packets = flow->packets,
        .bytes = flow->bytes,
        .first = flow->first,
        .last = flow->last,
        .ports = flow->port_count};
}

void iotsig_pattern_port(const struct iotsig_pattern *pattern, size_t index, size_t port,
                         struct iotsig_port *out)
{
    const struct flow *flow = &pattern->flows[index];
    const struct flow_port *from = &flow->ports[port];
    *out = (struct iotsig_port){
        .host = host_at(&pattern->hosts, from->host)->name.text.p,
        .port = from->port,
        .count = from->count,
        .fixed = iotsig_flow_port_is_fixed(flow, port, pattern->match_random_ports)};
}
