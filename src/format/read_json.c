/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "base/error.h"
#include "format/learned.h"
#include "format/read.h"
#include "host/load.h"
#include "translate/profile.h"

/* The longest text of an attribute, escaped. */
#define ATTRIBUTE_MAX ((size_t)APP_TEXT_MAX)

/* What a member must be. */
struct kind {
    const char *what, *want;
};

static const struct kind a_port = {"port", "0 to 65535"},
                         a_number = {"number", "0 to 9223372036854775807"},
                         a_length = {"length", "0 to 4294967295"},
                         a_time = {"time", "seconds, such as \"1724059939.123456\""},
                         a_host = {"host", "an address, or a name of at most 1000 characters"},
                         a_network = {"network protocol", "IPv4 or IPv6"},
                         a_transport = {"transport protocol", "TCP or UDP"},
                         a_label = {"name of an input", "a text without NUL"},
                         a_truth = {"truth value", "true or false"},
                         a_list = {"list", "an array of objects"},
                         a_layer = {"application layer", "an object with its \"protocol\""};

/* The most of a wrong value that is shown. */
#define SHOWN 64

/* What is there, safe to print. */
static void show(json_t *value, char shown[SHOWN + 16])
{
    const char *word = "a number with a fraction";
    size_t n = json_string_length(value);
    if (json_is_string(value)) {
        struct bytes bytes = {(const uint8_t *)json_string_value(value), n};
        shown[0] = '"';
        size_t end = 1 + iotsig_escape(shown + 1, SHOWN, bytes);
        snprintf(shown + end, SHOWN + 16 - end, n > SHOWN ? "...\"" : "\"");
        return;
    }
    if (json_is_integer(value)) {
        snprintf(shown, SHOWN, "%lld", (long long)json_integer_value(value));
        return;
    }
    if (json_is_boolean(value))
        word = json_is_true(value) ? "true" : "false";
    else if (json_is_array(value))
        word = "an array";
    else if (json_is_object(value))
        word = "an object";
    snprintf(shown, SHOWN, "%s", word);
}

/* `place`: the member of the record that this is in, or is. */
static int fail_value(struct iotsig_error *error, const char *place, json_t *value,
                      struct kind kind)
{
    char shown[SHOWN + 16];
    if (value == NULL || json_is_null(value)) {
        iotsig_fail(error, IOTSIG_ERR_FORMAT, "there is no %s (want %s)", kind.what, kind.want);
    } else {
        show(value, shown);
        iotsig_fail(error, IOTSIG_ERR_FORMAT, "%s is no %s (want %s)", shown, kind.what, kind.want);
    }
    return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "%s", place);
}

static int fail_member(struct iotsig_error *error, json_t *object, const char *name,
                       struct kind kind)
{
    return fail_value(error, name, json_object_get(object, name), kind);
}

/* Says what the place is the name of: "column" or "member". */
static int in_record(int status, const char *word, struct iotsig_error *error)
{
    if (status == IOTSIG_ERR_FORMAT && error != NULL && error->position[0] != '\0')
        iotsig_fail_within(error, status, " ", "%s", word);
    return status;
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

/* Without the fraction of "9999.0": pandas writes numbers so in a column where one is absent. */
static struct text without_zeros(struct text text)
{
    size_t n = text.n;
    while (n > 0 && text.p[n - 1] == '0')
        n--;
    if (n > 0 && n < text.n && text.p[n - 1] == '.')
        text.n = n - 1;
    return text;
}

static bool get_number(json_t *object, const char *name, uint64_t max, uint64_t *number)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    json_t *value = json_object_get(object, name);
    struct text text;
    if (json_is_integer(value)) {
        json_int_t integer = json_integer_value(value);
        *number = (uint64_t)integer;
        return integer >= 0 && *number <= max;
    }
    if (json_is_real(value)) {
        double real = json_real_value(value);
        if (!(real >= 0 && real < exact))
            return false;
        *number = (uint64_t)real;
        return (double)*number == real && *number <= max;
    }
    return get_text(object, name, &text) && iotsig_number(without_zeros(text), max, number);
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

static bool same_word(struct text text, struct text word)
{
    if (text.n != word.n)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (lower((uint8_t)text.p[i]) != lower((uint8_t)word.p[i]))
            return false;
    return true;
}

/* One of two words, any case. */
static bool get_choice(json_t *object, const char *name, struct text first, struct text second,
                       bool *is_second)
{
    struct text text;
    if (!get_text(object, name, &text))
        return false;
    *is_second = same_word(text, second);
    return *is_second || same_word(text, first);
}

/* Where it is not told, the hosts tell it, as in the Python package. */
static bool get_network(json_t *record, const struct hosts *hosts, uint32_t src, uint32_t dst,
                        bool *v6)
{
    if (!is_absent(record, "network_protocol"))
        return get_choice(record, "network_protocol", TEXT("IPv4"), TEXT("IPv6"), v6);
    *v6 = false;
    for (int i = 0; i < 2; i++) {
        const struct host *host = host_at(hosts, i == 0 ? src : dst);
        if (host->kind == HOST_ADDRESS)
            *v6 = *v6 || memchr(host->name.text.p, ':', host->name.text.n) != NULL;
    }
    return true;
}

/* Hosts and protocols, which packets and flows share. */
struct ends {
    uint32_t src, dst;
    uint8_t network, transport;
};

static int get_ends(json_t *record, struct hosts *hosts, struct ends *ends,
                    struct iotsig_error *error)
{
    bool v6, udp;
    if (!get_host(record, "src", hosts, &ends->src))
        return fail_member(error, record, "src", a_host);
    if (!get_host(record, "dst", hosts, &ends->dst))
        return fail_member(error, record, "dst", a_host);
    if (ends->src == NO_HOST || ends->dst == NO_HOST)
        return iotsig_fail_memory(error);
    if (!get_network(record, hosts, ends->src, ends->dst, &v6))
        return fail_member(error, record, "network_protocol", a_network);
    if (!get_choice(record, "transport_protocol", TEXT("TCP"), TEXT("UDP"), &udp))
        return fail_member(error, record, "transport_protocol", a_transport);
    ends->network = v6 ? 6 : 4;
    ends->transport = udp ? IOTSIG_UDP : IOTSIG_TCP;
    return 0;
}

/* Times: a decimal number of seconds, perhaps with an exponent. Digits after the ninth decimal do
 * not count. */

/* The most digits, and the largest exponent, of a time. */
#define TIME_DIGITS 40

struct decimal {
    char digit[TIME_DIGITS];
    size_t n;
    int point; /* how many digits are before the point; may be negative, or over n */
};

static bool parse_exponent(struct text text, int *exponent)
{
    uint64_t value;
    bool negative = text.n > 0 && text.p[0] == '-';
    if (text.n > 0 && (negative || text.p[0] == '+'))
        text.p++, text.n--;
    if (!iotsig_number(text, TIME_DIGITS, &value))
        return false;
    *exponent = negative ? -(int)value : (int)value;
    return true;
}

static bool parse_decimal(struct text text, struct decimal *decimal)
{
    bool point = false;
    *decimal = (struct decimal){.n = 0};
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        int exponent;
        if (c == '.' && !point && decimal->n > 0) {
            point = true;
        } else if ((c == 'e' || c == 'E') && decimal->n > 0 && text.p[i - 1] != '.') {
            if (!parse_exponent((struct text){text.p + i + 1, text.n - i - 1}, &exponent))
                return false;
            decimal->point += exponent;
            return true;
        } else if (!is_digit((uint8_t)c) || decimal->n == TIME_DIGITS) {
            return false;
        } else {
            decimal->digit[decimal->n++] = c;
            decimal->point += !point;
        }
    }
    return decimal->n > 0 && text.p[text.n - 1] != '.';
}

/* The digit at a place: 0 is the first behind the point. */
static unsigned digit_at(const struct decimal *decimal, int place)
{
    int i = place + decimal->point;
    return i < 0 || i >= (int)decimal->n ? 0 : (unsigned)(decimal->digit[i] - '0');
}

static bool parse_time(struct text text, struct iotsig_time *time)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    const uint64_t most = (uint64_t)INT64_MAX + negative;
    struct decimal decimal;
    uint64_t ns = 0;
    if (negative)
        text.p++, text.n--;
    if (!parse_decimal(text, &decimal))
        return false;
    for (int place = decimal.point > 0 ? -decimal.point : 0; place < 9; place++) {
        unsigned digit = digit_at(&decimal, place);
        if (ns > (most - digit) / 10)
            return false;
        ns = ns * 10 + digit;
    }
    int64_t value = negative && ns > 0 ? -(int64_t)(ns - 1) - 1 : (int64_t)ns;
    *time = (struct iotsig_time){value, (int)decimal.n - decimal.point > 6 ? 9 : 6};
    return true;
}

bool iotsig_time_read(const char *text, struct iotsig_time *time)
{
    return parse_time(text_of(text), time);
}

/* A time that may be absent. */
static int get_time(json_t *object, const char *name, struct iotsig_time *time,
                    struct iotsig_error *error)
{
    json_t *value = json_object_get(object, name);
    char digits[24];
    struct text text = {digits, 0};
    *time = (struct iotsig_time){0};
    if (is_absent(object, name))
        return 0;
    if (json_is_integer(value))
        text.n =
            (size_t)snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
    else
        (void)get_text(object, name, &text);
    return parse_time(text, time) ? 0 : fail_member(error, object, name, a_time);
}

/* Application layers. */

static int set_attribute(struct iotsig_layer *layer, const char *name, json_t *value,
                         struct app_scratch *scratch, struct iotsig_error *error)
{
    char called[SHOWN];
    int i = iotsig_app_attribute(layer->protocol, name);
    if (i < 0) {
        struct bytes bytes = {(const uint8_t *)name, strlen(name)};
        called[iotsig_escape(called, sizeof called - 1, bytes)] = '\0';
        iotsig_fail(error, IOTSIG_ERR_FORMAT, "%s has no attribute \"%s\"", layer->protocol->name,
                    called);
        return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "application_layer");
    }
    const char *own = layer->protocol->attributes[i].name;
    enum app_kind kind = layer->protocol->attributes[i].kind;
    if (kind == APP_TRUTH) {
        if (json_is_boolean(value))
            app_set_truth(layer, i, json_is_true(value));
        return json_is_boolean(value) ? 0
                                      : fail_value(error, "application_layer", value,
                                                   (struct kind){own, "true or false"});
    }
    struct text text = {json_string_value(value), json_string_length(value)};
    if (json_is_string(value) && iotsig_layer_set_text(layer, (size_t)i, text, scratch))
        return 0;
    return fail_value(error, "application_layer", value, (struct kind){own, "a text"});
}

/* The attributes of a layer whose protocol is known. */
static int get_attributes(json_t *value, struct iotsig_layer *layer, struct app_scratch *scratch,
                          struct iotsig_error *error)
{
    const char *name;
    json_t *attribute;
    int status = 0;
    json_object_foreach(value, name, attribute) {
        if (status == 0 && strcmp(name, "protocol") != 0 && !json_is_null(attribute))
            status = set_attribute(layer, name, attribute, scratch, error);
    }
    return status;
}

/* A layer whose texts lie in scratch. */
static int parse_layer(json_t *value, struct iotsig_layer *layer, struct app_scratch *scratch,
                       struct iotsig_error *error)
{
    struct text protocol;
    if (!get_text(value, "protocol", &protocol) ||
        (layer->protocol = iotsig_app_protocol(protocol)) == NULL)
        return fail_value(error, "application_layer", json_object_get(value, "protocol"),
                          (struct kind){"protocol", "DNS, HTTP or another that is known"});
    return get_attributes(value, layer, scratch, error);
}

static int get_layer(json_t *object, struct layers *layers, uint32_t *number,
                     struct iotsig_error *error)
{
    json_t *value = json_object_get(object, "application_layer");
    const struct iotsig_allocator *allocator = &layers->hosts->context->allocator;
    struct iotsig_layer layer = {0};
    *number = NO_LAYER;
    if (is_absent(object, "application_layer"))
        return 0;
    if (!json_is_object(value))
        return fail_member(error, object, "application_layer", a_layer);
    char *room = iotsig_memory_get(allocator, ATTRIBUTE_MAX);
    if (room == NULL)
        return iotsig_fail_memory(error);
    struct app_scratch scratch = {room, ATTRIBUTE_MAX};
    int status = parse_layer(value, &layer, &scratch, error);
    if (status == 0)
        *number = iotsig_layers_add(layers, &layer);
    iotsig_memory_free(allocator, room);
    return *number == LAYER_FAILED ? iotsig_fail_memory(error) : status;
}

int iotsig_record_layer(struct iotsig_layer **out, struct iotsig_context *context, json_t *value,
                        struct iotsig_error *error)
{
    struct iotsig_layer layer = {0};
    char *room = iotsig_memory_get(&context->allocator, ATTRIBUTE_MAX);
    if (room == NULL)
        return iotsig_fail_memory(error);
    struct app_scratch scratch = {room, ATTRIBUTE_MAX};
    int status = parse_layer(value, &layer, &scratch, error);
    if (status == 0)
        status = iotsig_layer_keep(out, context, &layer, error);
    iotsig_memory_free(&context->allocator, room);
    return status;
}

/* Flows. */

/*
 * Whether a port is fixed follows from the ports and the rules of the run. That it is, although it
 * is no service, says that the pattern was made with --match-random-ports: it is shown so.
 */
static int take_fixed(struct iotsig_pattern *pattern, const struct flow *flow, json_t *object,
                      struct iotsig_error *error)
{
    json_t *fixed = json_object_get(object, "fixed");
    if (fixed != NULL && !json_is_boolean(fixed))
        return fail_value(error, "ports", fixed, a_truth);
    if (json_is_true(fixed) && !iotsig_flow_port_is_fixed(flow, flow->port_count - 1, false))
        pattern->match_random_ports = true;
    return 0;
}

static int take_port(struct iotsig_pattern *pattern, struct flow *flow, json_t *object,
                     struct iotsig_error *error)
{
    uint32_t host;
    uint64_t port, count;
    if (!json_is_object(object))
        return fail_value(error, "ports", object, (struct kind){"port", "host, port, count"});
    if (!get_host(object, "host", &pattern->hosts, &host))
        return fail_value(error, "ports", json_object_get(object, "host"), a_host);
    if (!get_number(object, "port", UINT16_MAX, &port))
        return fail_value(error, "ports", json_object_get(object, "port"), a_port);
    if (!get_number(object, "count", INT64_MAX, &count))
        return fail_value(error, "ports", json_object_get(object, "count"), a_number);
    if (host == NO_HOST || !iotsig_flow_append_port(pattern, flow, host, (uint16_t)port, count))
        return iotsig_fail_memory(error);
    return take_fixed(pattern, flow, object, error);
}

/* Without `ports` (files of the Python package), sport and dport are all that is known. */
static int take_fixed_port(struct iotsig_pattern *pattern, struct flow *flow, json_t *record,
                           const char *name, uint32_t host, struct iotsig_error *error)
{
    uint64_t port;
    if (is_absent(record, name))
        return 0;
    if (!get_number(record, name, UINT16_MAX, &port))
        return fail_member(error, record, name, a_port);
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
        return fail_member(error, record, "ports", a_list);
    json_array_foreach(ports, i, port)
        if (status == 0)
            status = take_port(pattern, flow, port, error);
    return status;
}

/* A member that may be absent, and counts `otherwise` then. */
static bool get_count(json_t *record, const char *name, uint64_t otherwise, uint64_t max,
                      uint64_t *count)
{
    *count = otherwise;
    return is_absent(record, name) || get_number(record, name, max, count);
}

/* What a flow counts, and when. */
static int get_sums(json_t *record, struct flow *flow, struct iotsig_error *error)
{
    if (!get_count(record, "count", 1, INT64_MAX, &flow->count))
        return fail_member(error, record, "count", a_number);
    if (!get_count(record, "packets", 0, INT64_MAX, &flow->packets))
        return fail_member(error, record, "packets", a_number);
    if (!get_count(record, "bytes", 0, INT64_MAX, &flow->bytes))
        return fail_member(error, record, "bytes", a_number);
    int status = get_time(record, "first", &flow->first, error);
    return status != 0 ? status : get_time(record, "last", &flow->last, error);
}

static int take_flow(struct iotsig_pattern *pattern, json_t *record, struct iotsig_error *error)
{
    struct flow flow = {0};
    struct ends ends;
    int status = get_ends(record, &pattern->hosts, &ends, error);
    if (status == 0)
        status = get_sums(record, &flow, error);
    if (status == 0)
        status = get_layer(record, &pattern->layers, &flow.layer, error);
    if (status != 0)
        return status;
    if (pattern->count >= pattern->context->max_flows)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "more than %lu flows (raise --max-flows if this is meant)",
                           (unsigned long)pattern->context->max_flows);
    flow.network = ends.network;
    flow.transport = ends.transport;
    flow.src = ends.src;
    flow.dst = ends.dst;
    struct flow *added = iotsig_pattern_append(pattern, &flow);
    if (added == NULL)
        return iotsig_fail_memory(error);
    status = take_ports(pattern, added, record, error);
    if (status != 0) { /* what was read before stays, and no half of this */
        iotsig_flow_fini(pattern, added);
        pattern->count--;
    }
    return status;
}

static int take_flows(struct iotsig_pattern *pattern, json_t *flows, struct iotsig_error *error)
{
    json_t *flow;
    size_t i;
    if (!json_is_array(flows))
        return fail_value(error, "member flows", flows, a_list);
    json_array_foreach(flows, i, flow) {
        int status = json_is_object(flow)
                         ? in_record(take_flow(pattern, flow, error), "member", error)
                         : fail_value(error, "", flow, (struct kind){"flow", "an object"});
        if (status != 0)
            return iotsig_fail_within(error, status, ", ", "flow %zu", i + 1);
    }
    return 0;
}

/* Packets. */

/* One whose hosts and layer are those of a pattern. */
struct read_packet {
    struct ends ends;
    struct iotsig_time time;
    uint64_t sport, dport, length;
    const struct iotsig_layer *layer;
};

static int get_packet(json_t *record, struct iotsig_pattern *pattern, struct read_packet *packet,
                      struct iotsig_error *error)
{
    uint32_t layer;
    int status = get_ends(record, &pattern->hosts, &packet->ends, error);
    if (status != 0)
        return status;
    if (!get_number(record, "sport", UINT16_MAX, &packet->sport))
        return fail_member(error, record, "sport", a_port);
    if (!get_number(record, "dport", UINT16_MAX, &packet->dport))
        return fail_member(error, record, "dport", a_port);
    if (!get_count(record, "length", 0, UINT32_MAX, &packet->length))
        return fail_member(error, record, "length", a_length);
    if ((status = get_time(record, "timestamp", &packet->time, error)) != 0 ||
        (status = get_layer(record, &pattern->layers, &layer, error)) != 0)
        return status;
    packet->layer = layer == NO_LAYER ? NULL : &layer_at(&pattern->layers, layer)->layer;
    return 0;
}

static int group_packet(struct grouper *grouper, const struct read_packet *from,
                        struct iotsig_error *error)
{
    struct raw_packet packet = {.time = from->time, .length = from->length};
    memcpy(packet.src.address.bytes, &from->ends.src, sizeof from->ends.src);
    memcpy(packet.dst.address.bytes, &from->ends.dst, sizeof from->ends.dst);
    packet.src.port = (uint16_t)from->sport;
    packet.dst.port = (uint16_t)from->dport;
    packet.network = from->ends.network;
    packet.transport = from->ends.transport;
    return iotsig_grouper_add(grouper, &packet, from->layer, error);
}

static int pass_packet(const struct packet_sink *sink, const struct read_packet *from,
                       const char *capture, uint64_t id, struct iotsig_error *error)
{
    const struct hosts *hosts = &sink->pattern->hosts;
    const struct iotsig_packet packet = {.id = id,
                                         .time = from->time,
                                         .network = from->ends.network,
                                         .src = host_at(hosts, from->ends.src)->name.text.p,
                                         .dst = host_at(hosts, from->ends.dst)->name.text.p,
                                         .transport = from->ends.transport,
                                         .sport = (uint16_t)from->sport,
                                         .dport = (uint16_t)from->dport,
                                         .layer = from->layer,
                                         .length = from->length};
    return sink->put(sink->user, capture, &packet, error);
}

/* Records. */

void iotsig_records_init(struct record_reader *reader, struct iotsig_patterns *patterns,
                         const char *path)
{
    *reader = (struct record_reader){.patterns = patterns, .path = path, .word = "member"};
}

static void drop_grouper(struct record_reader *reader)
{
    if (reader->grouper != NULL)
        iotsig_grouper_fini(reader->grouper);
    iotsig_memory_free(&reader->patterns->context->allocator, reader->grouper);
    reader->grouper = NULL;
}

/* What a signature's object says of it; NULL when there is no memory. */
static struct provenance *get_provenance(struct iotsig_arena *texts, json_t *signature,
                                         const char *name)
{
    json_t *captures = json_object_get(signature, "captures"), *capture;
    json_t *timeout = json_object_get(signature, "timeout");
    size_t i, count = json_array_size(captures);
    struct provenance *from = iotsig_arena_get(texts, sizeof *from);
    const char **list = iotsig_arena_get(texts, (count + 1) * sizeof *list);
    if (from == NULL || list == NULL)
        return NULL;
    *from = (struct provenance){.captures = list, .timeout_ns = NO_TIMEOUT};
    double seconds = json_is_number(timeout) ? json_number_value(timeout) : -1;
    if (seconds >= 0 && seconds <= 9e9)
        from->timeout_ns = (int64_t)(seconds * 1e9 + 0.5);
    from->name = iotsig_arena_text(texts, name, strlen(name));
    json_array_foreach(captures, i, capture)
        if (json_is_string(capture)) {
            const char *text = json_string_value(capture);
            list[from->capture_count] = iotsig_arena_text(texts, text, strlen(text));
            if (list[from->capture_count++] == NULL)
                return NULL;
        }
    return from->name == NULL ? NULL : from;
}

/* Makes the patterns from `first` on signatures. */
static int mark_signatures(struct record_reader *reader, size_t first, json_t *signature,
                           const char *name, struct iotsig_error *error)
{
    struct iotsig_patterns *patterns = reader->patterns;
    for (size_t i = first; i < patterns->count; i++) {
        patterns->items[i].signature = get_provenance(&patterns->texts, signature, name);
        if (patterns->items[i].signature == NULL)
            return iotsig_fail_memory(error);
    }
    return 0;
}

int iotsig_records_finish(struct record_reader *reader, struct iotsig_error *error)
{
    int status = 0;
    if (reader->grouper != NULL)
        status = iotsig_grouper_finish(reader->grouper, NULL, reader->patterns->options.same_hosts,
                                       error);
    drop_grouper(reader);
    bool nothing = reader->failed && reader->pattern != NULL && reader->pattern->count == 0;
    if (status != 0 || nothing)
        iotsig_pattern_free(reader->pattern);
    else if (reader->pattern != NULL)
        status =
            iotsig_patterns_append(reader->patterns, reader->pattern, reader->label, NULL, error);
    if (status == 0 && !nothing && reader->pattern != NULL && reader->is_signature)
        status = mark_signatures(reader, reader->patterns->count - 1, NULL, reader->label, error);
    reader->pattern = NULL;
    iotsig_memory_free(&reader->patterns->context->allocator, reader->label);
    reader->label = NULL;
    return status;
}

/* What a record says about the pattern that it belongs to. */
struct belonging {
    struct text label;
    bool packets;
    uint64_t number; /* of a packet: its id; of a flow: of the pattern among those of one label */
};

/*
 * Whether the pattern that grows has ended. Two may have the same label: those of flows are told
 * apart by their numbers, and a capture begins with packet 0.
 */
static bool is_next(const struct record_reader *reader, const struct belonging *to)
{
    struct text label = {reader->label, reader->label_length};
    if (reader->pattern == NULL || !text_equal(label, to->label))
        return true;
    return to->packets ? to->number == 0 && reader->numbered : to->number != reader->number;
}

/* Makes the pattern of a record the one that grows. */
static int start(struct record_reader *reader, const struct belonging *to,
                 struct iotsig_error *error)
{
    struct iotsig_context *context = reader->patterns->context;
    if (reader->pattern != NULL && to->packets != (reader->grouper != NULL))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "packets and flows in one file (split it)");
    bool next = is_next(reader, to);
    reader->number = to->number;
    reader->numbered = reader->numbered || to->number > 0;
    if (!next)
        return 0;
    int status = iotsig_records_finish(reader, error);
    if (status != 0)
        return status;

    reader->label = iotsig_memory_get(&context->allocator, to->label.n + 1);
    if (reader->label == NULL)
        return iotsig_fail_memory(error);
    memcpy(reader->label, to->label.p, to->label.n);
    reader->label[to->label.n] = '\0';
    reader->label_length = to->label.n;
    status = iotsig_pattern_new(&reader->pattern, context, error);
    if (status != 0 || !to->packets)
        return status;
    reader->pattern->match_random_ports = reader->patterns->options.match_random_ports;
    reader->grouper = iotsig_memory_get(&context->allocator, sizeof *reader->grouper);
    if (reader->grouper == NULL)
        return iotsig_fail_memory(error);
    iotsig_grouper_init(reader->grouper, reader->pattern);
    return 0;
}

/* Where a pattern comes from; the path where that is not told. */
static int get_label(const struct record_reader *reader, json_t *record, const char *name,
                     struct text *label, struct iotsig_error *error)
{
    json_t *value = json_object_get(record, name);
    *label = text_of(reader->path);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!get_text(record, name, label) ||
        (label->n > 0 && memchr(label->p, '\0', label->n) != NULL))
        return fail_member(error, record, name, a_label);
    return 0;
}

/* Flows, and perhaps the names of hosts. What was read before a failure stays. */
static int take_members(struct record_reader *reader, json_t *record, struct text label,
                        struct iotsig_error *error)
{
    struct iotsig_context *context = reader->patterns->context;
    struct iotsig_pattern *pattern;
    struct iotsig_names *names = NULL;
    json_t *hosts = json_object_get(record, "hosts");
    struct iotsig_error later;

    int status = iotsig_pattern_new(&pattern, context, error);
    if (status != 0)
        return status;
    status = take_flows(pattern, json_object_get(record, "flows"), error);
    bool empty = json_is_object(hosts) && json_object_size(hosts) == 0;
    if (status == 0 && hosts != NULL && !json_is_null(hosts) &&
        (status = iotsig_names_new(&names, context, error)) == 0 && !empty)
        status = iotsig_names_load_tables(names, hosts, error);
    if (status != 0) {
        iotsig_names_free(names);
        names = NULL;
    }
    if (status == 0 || (status == IOTSIG_ERR_FORMAT && pattern->count > 0)) {
        int appended = iotsig_patterns_append(reader->patterns, pattern, label.p, names,
                                              status == 0 ? error : &later);
        return status != 0 && appended == 0 ? status : appended;
    }
    iotsig_pattern_free(pattern);
    return status;
}

static int take_pattern(struct record_reader *reader, json_t *record, const char *name,
                        struct iotsig_error *error);

/* A whole signature in one object. */
static int take_signature(struct record_reader *reader, json_t *signature,
                          struct iotsig_error *error)
{
    struct text name = text_of(reader->path);
    int status = get_label(reader, signature, "name", &name, error);
    if (status != 0)
        return in_record(status, reader->word, error);
    status = iotsig_records_finish(reader, error);
    size_t first = reader->patterns->count;
    if (status == 0)
        status = take_pattern(reader, signature, NULL, error);
    struct iotsig_error later;
    int marked = mark_signatures(reader, first, signature, name.p, status == 0 ? error : &later);
    return status != 0 ? status : marked;
}

/* A whole pattern in one object. */
static int take_pattern(struct record_reader *reader, json_t *record, const char *name,
                        struct iotsig_error *error)
{
    struct text label = text_of(reader->path);
    int status = name == NULL ? 0 : get_label(reader, record, name, &label, error);
    if (status != 0)
        return in_record(status, reader->word, error);
    status = iotsig_records_finish(reader, error);
    return status != 0 ? status : take_members(reader, record, label, error);
}

static int take_one_packet(struct record_reader *reader, json_t *record, struct iotsig_error *error)
{
    struct belonging to = {.packets = true};
    int status = get_label(reader, record, "capture", &to.label, error);
    if (status == 0 && !get_count(record, "id", 0, INT64_MAX, &to.number))
        status = fail_member(error, record, "id", a_number);
    struct read_packet packet;
    if (status == 0 && reader->sink != NULL) {
        status = get_packet(record, reader->sink->pattern, &packet, error);
        return status != 0 ? status
                           : pass_packet(reader->sink, &packet, to.label.p, to.number, error);
    }
    if (status == 0)
        status = start(reader, &to, error);
    if (status == 0)
        status = get_packet(record, reader->grouper->pattern, &packet, error);
    return status != 0 ? status : group_packet(reader->grouper, &packet, error);
}

static int take_one_flow(struct record_reader *reader, json_t *record, struct iotsig_error *error)
{
    struct belonging to = {.packets = false};
    bool is_signature = json_object_get(record, "signature") != NULL;
    int status = get_label(reader, record, is_signature ? "signature" : "input", &to.label, error);
    if (status == 0 && !get_count(record, "pattern", 0, INT64_MAX, &to.number))
        status = fail_member(error, record, "pattern", a_number);
    if (status == 0)
        status = start(reader, &to, error);
    reader->is_signature = is_signature;
    return status != 0 ? status : take_flow(reader->pattern, record, error);
}

int iotsig_records_take(struct record_reader *reader, json_t *record, struct iotsig_error *error)
{
    json_t *signature = json_object_get(record, "signature");
    if (json_is_null(signature))
        return 0;
    if (json_is_object(signature))
        return take_signature(reader, signature, error);
    if (iotsig_is_learned(record))
        return reader->patterns->library != NULL
                   ? iotsig_learned_take(reader->patterns->library, record, error)
                   : iotsig_fail(error, IOTSIG_ERR_FORMAT,
                                 "a learned signature holds no packets (use identify, detect, "
                                 "profile, firewall or report)");
    if (iotsig_record_is_profile(record))
        return reader->patterns->profiles != NULL
                   ? iotsig_profiles_take(reader->patterns->profiles, reader->path,
                                          json_incref(record), NULL, error)
                   : iotsig_records_take_profile(reader, record, error);
    if (json_object_get(record, "flows") != NULL)
        return take_pattern(reader, record, "input", error);
    if (json_object_get(record, "timestamp") != NULL)
        return in_record(take_one_packet(reader, record, error), reader->word, error);
    if (json_object_get(record, "src") != NULL ||
        json_object_get(record, "network_protocol") != NULL)
        return in_record(take_one_flow(reader, record, error), reader->word, error);
    return iotsig_fail(error, IOTSIG_ERR_FORMAT, "neither packets nor flows");
}
