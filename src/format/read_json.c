/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "format/read.h"
#include "host/load.h"

/* The longest text of an attribute, escaped. */
#define ATTRIBUTE_MAX ((size_t)APP_TEXT_MAX)

static int fail_member(struct iotsig_error *error, const char *name, const char *want)
{
    return iotsig_fail(error, IOTSIG_ERR_FORMAT, "\"%s\" is absent or wrong (want %s)", name, want);
}

/* Members. Those of CSV rows are all texts. */

static bool get_text(json_t *object, const char *name, struct text *text)
{
    json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return false;
    *text = (struct text){json_string_value(value), json_string_length(value)};
    return true;
}

static bool is_absent(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value == NULL || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static bool get_number(json_t *object, const char *name, uint64_t max, uint64_t *number)
{
    json_t *value = json_object_get(object, name);
    struct text text;
    if (json_is_integer(value)) {
        json_int_t integer = json_integer_value(value);
        *number = (uint64_t)integer;
        return integer >= 0 && *number <= max;
    }
    return get_text(object, name, &text) && iotsig_number(text, max, number);
}

static bool get_host(json_t *object, const char *name, struct hosts *hosts, uint32_t *number)
{
    char room[IOTSIG_NAME_TEXT];
    struct text text, clean;
    if (!get_text(object, name, &text) || text.n == 0 ||
        !iotsig_host_clean(room, sizeof room - 1, text, &clean))
        return false;
    *number = iotsig_hosts_add(hosts, clean);
    return true;
}

/* One of two words, any case. */
static bool get_choice(json_t *object, const char *name, struct text first, struct text second,
                       bool *is_second)
{
    struct text text;
    if (!get_text(object, name, &text))
        return false;
    for (int i = 0; i < 2; i++) {
        struct text word = i == 0 ? first : second;
        size_t same = 0;
        while (same < text.n && same < word.n &&
               lower((uint8_t)text.p[same]) == lower((uint8_t)word.p[same]))
            same++;
        if (same == text.n && same == word.n) {
            *is_second = i == 1;
            return true;
        }
    }
    return false;
}

/* "1724059939.123456": seconds and up to nine decimals that count. */
static bool parse_time(struct text text, struct iotsig_time *time)
{
    const uint64_t most = INT64_MAX / 1000000000 - 1;
    bool negative = text.n > 0 && text.p[0] == '-';
    if (negative)
        text.p++, text.n--;
    const char *dot = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
    size_t whole = dot == NULL ? text.n : (size_t)(dot - text.p), decimals = text.n - whole;
    uint64_t seconds, rest = 0;
    if (!iotsig_number((struct text){text.p, whole}, most, &seconds) || decimals == 1)
        return false;
    for (size_t i = 1; i < 10; i++) {
        char digit = i < decimals ? text.p[whole + i] : '0';
        if (!is_digit((uint8_t)digit))
            return false;
        rest = rest * 10 + (uint64_t)(digit - '0');
    }
    int64_t ns = (int64_t)(seconds * 1000000000 + rest);
    *time = (struct iotsig_time){negative ? -ns : ns, decimals > 7 ? 9 : 6};
    return true;
}

static bool get_time(json_t *object, const char *name, struct iotsig_time *time)
{
    struct text text;
    json_t *value = json_object_get(object, name);
    if (json_is_integer(value)) {
        json_int_t seconds = json_integer_value(value);
        *time = (struct iotsig_time){seconds * 1000000000, 6};
        return seconds >= 0 && seconds < INT64_MAX / 1000000000;
    }
    return get_text(object, name, &text) && parse_time(text, time);
}

/* Application layers. */

/* What is no printable ASCII is escaped; a backslash is taken as one that escapes already. */
static bool set_text(struct iotsig_layer *layer, size_t i, enum app_kind kind, struct text text,
                     struct app_scratch *scratch)
{
    char *to = scratch->at, *end = to;
    struct text clean;
    if (kind == APP_NAME) {
        if (scratch->left < 2 || !iotsig_host_clean(to, scratch->left - 1, text, &clean))
            return false;
        end += clean.n;
    } else {
        for (size_t j = 0; j < text.n; j++) {
            if (scratch->left - (size_t)(end - to) <= IOTSIG_ESCAPED_MAX)
                return false;
            if (text.p[j] == '\\')
                *end++ = '\\';
            else
                end = iotsig_escape_byte(end, (uint8_t)text.p[j]);
        }
    }
    if (scratch->left == (size_t)(end - to))
        return false;
    *end = '\0';
    layer->text[i] = (struct text){to, (size_t)(end - to)};
    layer->present = (uint8_t)(layer->present | 1u << i);
    scratch->left -= (size_t)(end - to) + 1;
    scratch->at = end + 1;
    return true;
}

static bool set_attribute(struct iotsig_layer *layer, const char *name, json_t *value,
                          struct app_scratch *scratch)
{
    int i = iotsig_app_attribute(layer->protocol, name);
    if (i < 0)
        return false;
    enum app_kind kind = layer->protocol->attributes[i].kind;
    if (kind == APP_TRUTH) {
        if (json_is_boolean(value))
            app_set_truth(layer, i, json_is_true(value));
        return json_is_boolean(value);
    }
    return json_is_string(value) &&
           set_text(layer, (size_t)i, kind,
                    (struct text){json_string_value(value), json_string_length(value)}, scratch);
}

static int get_layer(json_t *object, struct layers *layers, uint32_t *number,
                     struct iotsig_error *error)
{
    json_t *value = json_object_get(object, "application_layer");
    const struct iotsig_allocator *allocator = &layers->hosts->context->allocator;
    *number = NO_LAYER;
    if (is_absent(object, "application_layer"))
        return 0;

    struct text protocol;
    struct iotsig_layer layer = {0};
    if (!json_is_object(value) || !get_text(value, "protocol", &protocol) ||
        (layer.protocol = iotsig_app_protocol(protocol)) == NULL)
        return fail_member(error, "application_layer", "an object with a known \"protocol\"");

    char *room = iotsig_memory_get(allocator, ATTRIBUTE_MAX);
    if (room == NULL)
        return iotsig_fail_memory(error);
    struct app_scratch scratch = {room, ATTRIBUTE_MAX};
    const char *name;
    json_t *attribute;
    bool good = true;
    json_object_foreach(value, name, attribute) {
        if (strcmp(name, "protocol") != 0 && !json_is_null(attribute))
            good = good && set_attribute(&layer, name, attribute, &scratch);
    }
    if (good)
        *number = iotsig_layers_add(layers, &layer);
    iotsig_memory_free(allocator, room);
    if (!good)
        return fail_member(error, "application_layer", "attributes of its protocol");
    return *number == LAYER_FAILED ? iotsig_fail_memory(error) : 0;
}

/* Flows. */

static int take_port(struct iotsig_pattern *pattern, struct flow *flow, json_t *object,
                     struct iotsig_error *error)
{
    uint32_t host;
    uint64_t port, count;
    if (!json_is_object(object) || !get_host(object, "host", &pattern->hosts, &host) ||
        !get_number(object, "port", UINT16_MAX, &port) ||
        !get_number(object, "count", UINT32_MAX, &count))
        return fail_member(error, "ports", "objects with host, port, count");
    if (host == NO_HOST || !iotsig_flow_append_port(pattern, flow, host, (uint16_t)port, count))
        return iotsig_fail_memory(error);
    return 0;
}

/* Without `ports` (files of the Python package), sport and dport are all that is known. */
static int take_fixed_port(struct iotsig_pattern *pattern, struct flow *flow, json_t *record,
                           const char *name, uint32_t host, struct iotsig_error *error)
{
    uint64_t port;
    if (is_absent(record, name))
        return 0;
    if (!get_number(record, name, UINT16_MAX, &port))
        return fail_member(error, name, "a port");
    return iotsig_flow_append_port(pattern, flow, host, (uint16_t)port, flow->count)
               ? 0
               : iotsig_fail_memory(error);
}

static int take_ports(struct iotsig_pattern *pattern, struct flow *flow, json_t *record,
                      struct iotsig_error *error)
{
    json_t *ports = json_object_get(record, "ports"), *port;
    size_t i;
    int status = 0;
    if (is_absent(record, "ports")) {
        status = take_fixed_port(pattern, flow, record, "sport", flow->src, error);
        return status != 0 ? status
                           : take_fixed_port(pattern, flow, record, "dport", flow->dst, error);
    }
    if (!json_is_array(ports))
        return fail_member(error, "ports", "an array");
    json_array_foreach(ports, i, port)
        if (status == 0)
            status = take_port(pattern, flow, port, error);
    return status;
}

/* A member that may be absent, and counts `otherwise` then. */
static bool get_count(json_t *record, const char *name, uint64_t otherwise, uint64_t *count)
{
    *count = otherwise;
    return is_absent(record, name) || get_number(record, name, INT64_MAX, count);
}

static int take_flow(struct iotsig_pattern *pattern, json_t *record, struct iotsig_error *error)
{
    struct flow flow = {0};
    bool v6, udp;
    if (!get_choice(record, "network_protocol", TEXT("IPv4"), TEXT("IPv6"), &v6))
        return fail_member(error, "network_protocol", "IPv4 or IPv6");
    if (!get_choice(record, "transport_protocol", TEXT("TCP"), TEXT("UDP"), &udp))
        return fail_member(error, "transport_protocol", "TCP or UDP");
    if (!get_host(record, "src", &pattern->hosts, &flow.src) ||
        !get_host(record, "dst", &pattern->hosts, &flow.dst))
        return fail_member(error, "src\" or \"dst", "a host");
    if (!get_count(record, "count", 1, &flow.count) ||
        !get_count(record, "packets", 0, &flow.packets) ||
        !get_count(record, "bytes", 0, &flow.bytes))
        return fail_member(error, "count\", \"packets\" or \"bytes", "a number");
    if ((!is_absent(record, "first") && !get_time(record, "first", &flow.first)) ||
        (!is_absent(record, "last") && !get_time(record, "last", &flow.last)))
        return fail_member(error, "first\" or \"last", "a time in seconds");
    if (flow.src == NO_HOST || flow.dst == NO_HOST)
        return iotsig_fail_memory(error);
    flow.network = v6 ? 6 : 4;
    flow.transport = udp ? IOTSIG_UDP : IOTSIG_TCP;

    int status = get_layer(record, &pattern->layers, &flow.layer, error);
    if (status != 0)
        return status;
    if (pattern->count >= pattern->context->max_flows)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "more than %lu flows (raise --max-flows if this is meant)",
                           (unsigned long)pattern->context->max_flows);
    struct flow *added = iotsig_pattern_append(pattern, &flow);
    return added == NULL ? iotsig_fail_memory(error) : take_ports(pattern, added, record, error);
}

static int take_flows(struct iotsig_pattern *pattern, json_t *flows, struct iotsig_error *error)
{
    json_t *flow;
    size_t i;
    if (!json_is_array(flows))
        return fail_member(error, "flows", "an array");
    json_array_foreach(flows, i, flow) {
        int status = json_is_object(flow) ? take_flow(pattern, flow, error)
                                          : fail_member(error, "flows", "objects");
        if (status != 0) {
            iotsig_fail_at(error, status, "flow %zu", i + 1);
            return status;
        }
    }
    return 0;
}

/* Packets. */

static int take_packet(struct grouper *grouper, json_t *record, struct iotsig_error *error)
{
    struct raw_packet packet = {0};
    struct iotsig_pattern *pattern = grouper->pattern;
    uint32_t src, dst, layer;
    uint64_t sport, dport;
    bool v6, udp;
    if (!get_choice(record, "network_protocol", TEXT("IPv4"), TEXT("IPv6"), &v6) ||
        !get_choice(record, "transport_protocol", TEXT("TCP"), TEXT("UDP"), &udp))
        return fail_member(error, "network_protocol\" or \"transport_protocol",
                           "IPv4 or IPv6, TCP or UDP");
    if (!get_host(record, "src", &pattern->hosts, &src) ||
        !get_host(record, "dst", &pattern->hosts, &dst))
        return fail_member(error, "src\" or \"dst", "a host");
    if (!get_number(record, "sport", UINT16_MAX, &sport) ||
        !get_number(record, "dport", UINT16_MAX, &dport))
        return fail_member(error, "sport\" or \"dport", "a port");
    /* A packet from a simple packet block of a pcapng has none. */
    if (!is_absent(record, "timestamp") && !get_time(record, "timestamp", &packet.time))
        return fail_member(error, "timestamp", "seconds");
    if (!get_count(record, "length", 0, &packet.length))
        return fail_member(error, "length", "a number of bytes");
    if (src == NO_HOST || dst == NO_HOST)
        return iotsig_fail_memory(error);
    memcpy(packet.src.address.bytes, &src, sizeof src);
    memcpy(packet.dst.address.bytes, &dst, sizeof dst);
    packet.src.port = (uint16_t)sport;
    packet.dst.port = (uint16_t)dport;
    packet.network = v6 ? 6 : 4;
    packet.transport = udp ? IOTSIG_UDP : IOTSIG_TCP;

    int status = get_layer(record, &pattern->layers, &layer, error);
    if (status != 0)
        return status;
    return iotsig_grouper_add(grouper, &packet,
                              layer == NO_LAYER ? NULL : &layer_at(&pattern->layers, layer)->layer,
                              error);
}

/* Records. */

void iotsig_records_init(struct record_reader *reader, struct iotsig_patterns *patterns,
                         const char *path)
{
    *reader = (struct record_reader){.patterns = patterns, .path = path};
}

static void drop_grouper(struct record_reader *reader)
{
    if (reader->grouper != NULL)
        iotsig_grouper_fini(reader->grouper);
    iotsig_memory_free(&reader->patterns->context->allocator, reader->grouper);
    reader->grouper = NULL;
}

int iotsig_records_finish(struct record_reader *reader, struct iotsig_error *error)
{
    int status = 0;
    if (reader->grouper != NULL)
        status = iotsig_grouper_finish(reader->grouper, NULL, reader->patterns->options.same_hosts,
                                       error);
    drop_grouper(reader);
    if (status != 0)
        iotsig_pattern_free(reader->pattern);
    else if (reader->pattern != NULL)
        status = iotsig_patterns_append(reader->patterns, reader->pattern, reader->label, NULL,
                                        error);
    reader->pattern = NULL;
    iotsig_memory_free(&reader->patterns->context->allocator, reader->label);
    reader->label = NULL;
    return status;
}

/* Makes the pattern of this label the one that grows. */
static int start(struct record_reader *reader, const char *label, bool packets,
                 struct iotsig_error *error)
{
    struct iotsig_context *context = reader->patterns->context;
    if (reader->pattern != NULL && packets != (reader->grouper != NULL))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "packets and flows in one file (split it)");
    if (reader->pattern != NULL && strcmp(reader->label, label) == 0)
        return 0;
    int status = iotsig_records_finish(reader, error);
    if (status != 0)
        return status;

    size_t n = strlen(label) + 1;
    reader->label = iotsig_memory_get(&context->allocator, n);
    if (reader->label == NULL)
        return iotsig_fail_memory(error);
    memcpy(reader->label, label, n);
    status = iotsig_pattern_new(&reader->pattern, context, error);
    if (status != 0 || !packets)
        return status;
    reader->pattern->match_random_ports = reader->patterns->options.match_random_ports;
    reader->grouper = iotsig_memory_get(&context->allocator, sizeof *reader->grouper);
    if (reader->grouper == NULL)
        return iotsig_fail_memory(error);
    iotsig_grouper_init(reader->grouper, reader->pattern);
    return 0;
}

static const char *label_of(const struct record_reader *reader, json_t *record, const char *name)
{
    const char *label = json_string_value(json_object_get(record, name));
    return label != NULL && label[0] != '\0' ? label : reader->path;
}

/* A whole pattern: its flows, and perhaps the names of its hosts. */
static int take_pattern(struct record_reader *reader, json_t *record, const char *label,
                        struct iotsig_error *error)
{
    struct iotsig_context *context = reader->patterns->context;
    struct iotsig_pattern *pattern;
    struct iotsig_names *names = NULL;
    json_t *hosts = json_object_get(record, "hosts");

    int status = iotsig_records_finish(reader, error);
    if (status != 0 || (status = iotsig_pattern_new(&pattern, context, error)) != 0)
        return status;
    status = take_flows(pattern, json_object_get(record, "flows"), error);
    if (status == 0 && hosts != NULL &&
        (status = iotsig_names_new(&names, context, error)) == 0)
        status = iotsig_names_load_tables(names, hosts, error);
    if (status == 0)
        return iotsig_patterns_append(reader->patterns, pattern, label, names, error);
    iotsig_names_free(names);
    iotsig_pattern_free(pattern);
    return status;
}

static int take_record(struct record_reader *reader, json_t *record, struct iotsig_error *error)
{
    json_t *signature = json_object_get(record, "signature");
    if (json_is_null(signature))
        return 0;
    if (json_is_object(signature))
        return take_pattern(reader, signature, reader->path, error);
    if (json_object_get(record, "flows") != NULL)
        return take_pattern(reader, record, label_of(reader, record, "input"), error);
    if (json_object_get(record, "timestamp") != NULL) {
        int status = start(reader, label_of(reader, record, "capture"), true, error);
        return status != 0 ? status : take_packet(reader->grouper, record, error);
    }
    if (json_object_get(record, "network_protocol") != NULL) {
        const char *member = signature != NULL ? "signature" : "input";
        int status = start(reader, label_of(reader, record, member), false, error);
        return status != 0 ? status : take_flow(reader->pattern, record, error);
    }
    return iotsig_fail(error, IOTSIG_ERR_FORMAT, "neither packets nor flows");
}

int iotsig_records_take(struct record_reader *reader, json_t *value, struct iotsig_error *error)
{
    json_t *record;
    size_t i;
    if (json_is_object(value))
        return take_record(reader, value, error);
    if (!json_is_array(value))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "neither packets nor flows");
    json_array_foreach(value, i, record) {
        int status = json_is_object(record)
                         ? take_record(reader, record, error)
                         : iotsig_fail(error, IOTSIG_ERR_FORMAT, "neither packets nor flows");
        if (status != 0) {
            iotsig_fail_at(error, status, "element %zu", i + 1);
            return status;
        }
    }
    return 0;
}
