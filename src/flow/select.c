/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iotsig/select.h"

#include <strings.h>

#include "base/error.h"
#include "flow/patterns.h"
#include "host/same.h"

#define MDNS_PORT 5353

#define KINDS (IOTSIG_SELECT_ID + 1)

struct criterion {
    enum iotsig_select_by by;
    struct text value; /* a host: cleaned; an attribute: its name */
    struct text other; /* the value of an attribute; `p` NULL: any */
    uint16_t port;
};

struct iotsig_selection {
    struct iotsig_context *context;
    struct iotsig_arena texts;
    struct hosts hosts; /* those that are asked for */
    struct criterion *items;
    size_t count, capacity;
    bool asked[KINDS];
};

int iotsig_selection_new(struct iotsig_selection **out, struct iotsig_context *context,
                         struct iotsig_error *error)
{
    struct iotsig_selection *selection = iotsig_memory_get(&context->allocator, sizeof *selection);
    if (selection == NULL)
        return iotsig_fail_memory(error);
    *selection = (struct iotsig_selection){.context = context};
    iotsig_arena_init(&selection->texts, &context->allocator);
    iotsig_hosts_init(&selection->hosts, context);
    *out = selection;
    return 0;
}

void iotsig_selection_free(struct iotsig_selection *selection)
{
    if (selection == NULL)
        return;
    iotsig_memory_free(&selection->context->allocator, selection->items);
    iotsig_hosts_fini(&selection->hosts);
    iotsig_arena_fini(&selection->texts);
    iotsig_memory_free(&selection->context->allocator, selection);
}

/* "*.example.com" asks for what ends in ".example.com". */
static bool is_suffix(struct text host)
{
    return host.n > 2 && host.p[0] == '*' && host.p[1] == '.';
}

static bool is_protocol(struct text word)
{
    static const char *const others[] = {"ipv4", "ipv6", "tcp", "udp", "mdns"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(word.p, others[i]) == 0)
            return true;
    return iotsig_app_protocol(word) != NULL;
}

/* Whether any protocol has an attribute of this name. */
static bool is_attribute(const char *name)
{
    for (size_t i = 0; iotsig_app_protocols[i] != NULL; i++)
        if (iotsig_app_attribute(iotsig_app_protocols[i], name) >= 0)
            return true;
    return false;
}

static int parse_host(struct criterion *criterion, const char *value, struct iotsig_arena *texts,
                      struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT];
    struct text clean;
    if (value[0] == '\0' || !iotsig_host_clean(room, sizeof room - 1, text_of(value), &clean))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "not a host (use an address or a name)");
    criterion->value = (struct text){iotsig_arena_text(texts, clean.p, clean.n), clean.n};
    return criterion->value.p != NULL ? 0 : iotsig_fail_memory(error);
}

static int parse_attribute(struct criterion *criterion, const char *value,
                           struct iotsig_arena *texts, struct iotsig_error *error)
{
    const char *equals = strchr(value, '=');
    size_t n = equals == NULL ? strlen(value) : (size_t)(equals - value);
    const char *copy = iotsig_arena_text(texts, value, n);
    if (copy == NULL)
        return iotsig_fail_memory(error);
    if (!is_attribute(copy))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "not an attribute (use NAME=VALUE, such as qtype=A)");
    criterion->value = (struct text){copy, n};
    if (equals == NULL)
        return 0;
    criterion->other = text_of(equals + 1);
    criterion->other.p = iotsig_arena_text(texts, equals + 1, criterion->other.n);
    return criterion->other.p != NULL ? 0 : iotsig_fail_memory(error);
}

static int parse(struct criterion *criterion, const char *value, struct iotsig_arena *texts,
                 struct iotsig_error *error)
{
    uint64_t port;
    switch (criterion->by) {
    case IOTSIG_SELECT_HOST:
        return parse_host(criterion, value, texts, error);
    case IOTSIG_SELECT_PORT:
        if (!iotsig_number(text_of(value), UINT16_MAX, &port))
            return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "not a port (use 0 to 65535)");
        criterion->port = (uint16_t)port;
        return 0;
    case IOTSIG_SELECT_ATTRIBUTE:
        return parse_attribute(criterion, value, texts, error);
    case IOTSIG_SELECT_PROTOCOL:
        if (!is_protocol(text_of(value)))
            return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                               "not a protocol (use ipv4, ipv6, tcp, udp, dns, mdns, http, ...)");
        break;
    case IOTSIG_SELECT_ID:
        break;
    }
    criterion->value = text_of(value);
    criterion->value.p = iotsig_arena_text(texts, value, criterion->value.n);
    return criterion->value.p != NULL ? 0 : iotsig_fail_memory(error);
}

int iotsig_selection_add(struct iotsig_selection *selection, enum iotsig_select_by by,
                         const char *value, struct iotsig_error *error)
{
    struct criterion criterion = {.by = by};
    int status = parse(&criterion, value, &selection->texts, error);
    if (status != 0)
        return status;
    if (!iotsig_array_grow(&selection->context->allocator, &selection->items,
                           &selection->capacity, selection->count + 1, sizeof *selection->items))
        return iotsig_fail_memory(error);
    if (by == IOTSIG_SELECT_HOST) {
        uint32_t number = iotsig_hosts_add(&selection->hosts, criterion.value);
        if (number == NO_HOST)
            return iotsig_fail_memory(error);
        criterion.value = host_at(&selection->hosts, number)->name.text;
    }
    selection->items[selection->count++] = criterion;
    selection->asked[by] = true;
    return 0;
}

/* What a flow has. */

/* Whether a dot ends a label: one behind an odd number of backslashes is part of it. */
static bool ends_label(struct text text, size_t dot)
{
    size_t from = dot;
    while (from > 0 && text.p[from - 1] == '\\')
        from--;
    return (dot - from) % 2 == 0;
}

static bool name_is(struct text wanted, const struct host *host)
{
    struct text text = host->name.text;
    if (!is_suffix(wanted) || host->kind == HOST_ADDRESS)
        return text_equal(wanted, text);
    struct text suffix = {wanted.p + 1, wanted.n - 1};
    if (text.n <= suffix.n)
        return false;
    size_t dot = text.n - suffix.n;
    return text_equal((struct text){text.p + dot, suffix.n}, suffix) && ends_label(text, dot);
}

static bool host_is(struct text wanted, const struct host *host,
                    const struct iotsig_same_hosts *same)
{
    const struct host *partner;
    if (name_is(wanted, host))
        return true;
    for (size_t i = 0; (partner = iotsig_same_hosts_partner(same, host, &i)) != NULL;)
        if (name_is(wanted, partner))
            return true;
    return false;
}

static bool has_host(struct text wanted, const struct iotsig_pattern *pattern,
                     const struct flow *flow, const struct iotsig_same_hosts *same)
{
    if (host_is(wanted, host_at(&pattern->hosts, flow->src), same) ||
        host_is(wanted, host_at(&pattern->hosts, flow->dst), same))
        return true;
    for (size_t i = 0; i < flow->port_count; i++)
        if (host_is(wanted, host_at(&pattern->hosts, flow->ports[i].host), same))
            return true;
    return false;
}

static bool has_port(const struct flow *flow, uint16_t port)
{
    for (size_t i = 0; i < flow->port_count; i++)
        if (flow->ports[i].port == port)
            return true;
    return false;
}

static bool has_protocol(const char *word, const struct flow *flow,
                         const struct iotsig_layer *layer)
{
    if (strcasecmp(word, "ipv4") == 0 || strcasecmp(word, "ipv6") == 0)
        return flow->network == word[3] - '0';
    if (strcasecmp(word, "tcp") == 0 || strcasecmp(word, "udp") == 0)
        return flow->transport == (strcasecmp(word, "tcp") == 0 ? IOTSIG_TCP : IOTSIG_UDP);
    bool dns = layer != NULL && strcmp(layer->protocol->name, "DNS") == 0;
    if (strcasecmp(word, "mdns") == 0)
        return dns && flow->transport == IOTSIG_UDP && has_port(flow, MDNS_PORT);
    return layer != NULL && strcasecmp(word, layer->protocol->name) == 0;
}

static bool has_attribute(const struct criterion *criterion, const struct iotsig_layer *layer)
{
    struct iotsig_attribute attribute;
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++) {
        const char *value = attribute.text != NULL ? attribute.text
                            : attribute.truth      ? "true"
                                                   : "false";
        if (strcmp(attribute.name, criterion->value.p) == 0 &&
            (criterion->other.p == NULL || strcmp(value, criterion->other.p) == 0))
            return true;
    }
    return false;
}

static bool has(const struct criterion *criterion, const struct iotsig_pattern *pattern,
                size_t index, const struct iotsig_same_hosts *same)
{
    const struct flow *flow = &pattern->flows[index];
    const struct iotsig_layer *layer =
        flow->layer == NO_LAYER ? NULL : &layer_at(&pattern->layers, flow->layer)->layer;
    char id[IOTSIG_FLOW_ID];
    switch (criterion->by) {
    case IOTSIG_SELECT_HOST:
        return has_host(criterion->value, pattern, flow, same);
    case IOTSIG_SELECT_PORT:
        return has_port(flow, criterion->port);
    case IOTSIG_SELECT_PROTOCOL:
        return has_protocol(criterion->value.p, flow, layer);
    case IOTSIG_SELECT_ATTRIBUTE:
        return has_attribute(criterion, layer);
    case IOTSIG_SELECT_ID:
        break;
    }
    iotsig_pattern_flow_id(pattern, index, id);
    return strcmp(id, criterion->value.p) == 0;
}

bool iotsig_selection_has(const struct iotsig_selection *selection,
                          const struct iotsig_pattern *pattern, size_t index,
                          const struct iotsig_same_hosts *same)
{
    bool found[KINDS] = {false};
    for (size_t i = 0; i < selection->count; i++) {
        const struct criterion *criterion = &selection->items[i];
        if (!found[criterion->by])
            found[criterion->by] = has(criterion, pattern, index, same);
    }
    for (size_t by = 0; by < KINDS; by++)
        if (selection->asked[by] && !found[by])
            return false;
    return true;
}

int iotsig_patterns_select(struct iotsig_patterns *patterns,
                           const struct iotsig_selection *selection, bool invert,
                           struct iotsig_error *error)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct iotsig_pattern *pattern = patterns->items[i].pattern;
        bool *out = iotsig_memory_get(&pattern->context->allocator, pattern->count + 1);
        size_t kept = 0;
        if (out == NULL)
            return iotsig_fail_memory(error);
        for (size_t j = 0; j < pattern->count; j++) /* identifiers count all flows */
            out[j] = iotsig_selection_has(selection, pattern, j, patterns->options.same_hosts) ==
                     invert;
        for (size_t j = 0; j < pattern->count; j++) {
            if (out[j])
                iotsig_flow_fini(pattern, &pattern->flows[j]);
            else
                pattern->flows[kept++] = pattern->flows[j];
        }
        pattern->count = kept;
        iotsig_memory_free(&pattern->context->allocator, out);
        if (!iotsig_pattern_number_ids(pattern))
            return iotsig_fail_memory(error);
    }
    return 0;
}
