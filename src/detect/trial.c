/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each packet goes through the rules of one table after another, as through the chains of the
 * kernel: a drop ends it, any other verdict ends the table. A rule is tried as far as nftables
 * decides it; where it hands the packet to a queue, the ways that the program there decides are
 * tried whole.
 *
 * Bound on memory: max_flows flows that are counted, of all ways together; as many connections,
 * where a policy asks who began them; as many names.
 */
#include "detect/trial.h"

#include "app/app.h"
#include "base/error.h"
#include "detect/limit.h"
#include "detect/policy.h"
#include "flow/reader.h"
#include "iotsig/capture.h"

/* Instead of a way's number: in the set of flows, of all that is dropped. */
#define ALL_WAYS UINT32_MAX

#define DNS_PORT 53

/* A rule, with what becomes of packets. */
struct trial_rule {
    const struct table *table;
    const struct rule *rule;
    uint64_t packets;
    struct limit limit;
    const struct way **ways; /* those that its verdict is decided by; found when a packet comes */
    size_t way_count;
};

/* A way, by its number. */
struct trial_way {
    const struct way *way;
    const struct trial_rule *rule;
    struct iotsig_trial_count count;
};

struct iotsig_trial {
    const struct iotsig_context *context;
    const struct iotsig_firewall *firewall;
    struct iotsig_arena arena;
    struct resolved resolved;
    struct trial_rule *rules; /* of all tables, one after another */
    size_t rule_count;
    struct trial_way *ways;
    size_t way_count;
    const char **captures; /* as they were given */
    size_t capture_count, capture_capacity;
    bool has_origins;        /* some policy asks who began a connection */
    struct iotsig_map begun; /* connections of the capture, and which end began them */
    struct iotsig_map flows; /* that were counted: of a way, and of all that is dropped */
    uint64_t packets;        /* of the captures */
    struct iotsig_trial_count dropped;
    int64_t now; /* the time of the last packet that had one */
    char *scratch;
};

/* The making of it. */

static bool want_names(struct iotsig_trial *trial, const struct way *way)
{
    for (size_t i = 0; i < way->part_count; i++)
        for (size_t j = 0; j < way->parts[i].count; j++) {
            const struct policy_check *check = &way->parts[i].checks[j];
            for (size_t k = 0; check->field->kind == KIND_HOST && k < check->text_count; k++)
                if (!iotsig_resolved_want(&trial->resolved, &check->texts[k]))
                    return false;
        }
    return true;
}

static const struct policy_rate *rate_of(const struct rule *rule)
{
    return rule->count > 0 && rule->ways[0]->stats.rate.count > 0 ? &rule->ways[0]->stats.rate
                                                                  : NULL;
}

static bool take_rules(struct iotsig_trial *trial, const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct rule *rule = &table->rules[i];
        struct trial_rule *mine = &trial->rules[trial->rule_count++];
        *mine = (struct trial_rule){.table = table, .rule = rule};
        for (size_t j = 0; j < rule->count; j++) {
            const struct way *way = rule->ways[j];
            trial->ways[way->number] = (struct trial_way){.way = way, .rule = mine};
            trial->has_origins = trial->has_origins || way->origin != ORIGIN_ANY;
            if (!want_names(trial, way))
                return false;
        }
    }
    return true;
}

/* Room for at least one, so that there is a pointer. */
static void *get_array(struct iotsig_trial *trial, size_t count, size_t size)
{
    return iotsig_arena_get(&trial->arena, (count + 1) * size);
}

static int fill(struct iotsig_trial *trial, const struct iotsig_names *names,
                struct iotsig_error *error)
{
    const struct iotsig_firewall *firewall = trial->firewall;
    size_t rules = 0;
    for (size_t i = 0; i < firewall->table_count; i++)
        rules += firewall->tables[i].count;
    trial->way_count = firewall->way_count;
    trial->rules = get_array(trial, rules, sizeof *trial->rules);
    trial->ways = get_array(trial, trial->way_count, sizeof *trial->ways);
    trial->scratch = iotsig_arena_get(&trial->arena, APP_TEXT_MAX);
    bool done = trial->rules != NULL && trial->ways != NULL && trial->scratch != NULL;
    for (size_t i = 0; done && i < firewall->table_count; i++)
        done = take_rules(trial, &firewall->tables[i]);
    if (!done)
        return iotsig_fail_memory(error);
    return names == NULL ? 0 : iotsig_resolved_load(&trial->resolved, names, error);
}

int iotsig_trial_new(struct iotsig_trial **out, const struct iotsig_firewall *firewall,
                     const struct iotsig_names *names, struct iotsig_error *error)
{
    const struct iotsig_context *context = firewall->profiles->context;
    struct iotsig_trial *trial = iotsig_memory_get(&context->allocator, sizeof *trial);
    if (trial == NULL)
        return iotsig_fail_memory(error);
    *trial = (struct iotsig_trial){.context = context, .firewall = firewall};
    iotsig_arena_init(&trial->arena, &context->allocator);
    iotsig_resolved_init(&trial->resolved, context);
    iotsig_map_init(&trial->begun, &context->allocator, context->hash_key);
    iotsig_map_init(&trial->flows, &context->allocator, context->hash_key);
    int status = fill(trial, names, error);
    if (status != 0)
        iotsig_trial_free(trial);
    else
        *out = trial;
    return status;
}

void iotsig_trial_free(struct iotsig_trial *trial)
{
    if (trial == NULL)
        return;
    const struct iotsig_allocator *allocator = &trial->context->allocator;
    iotsig_map_fini(&trial->begun);
    iotsig_map_fini(&trial->flows);
    iotsig_resolved_fini(&trial->resolved);
    iotsig_memory_free(allocator, trial->captures);
    iotsig_arena_fini(&trial->arena);
    iotsig_memory_free(allocator, trial);
}

/* Flows. */

/* The ends of a flow, the smaller first, its protocol, and whose it is; without gaps. */
struct flow_key {
    uint8_t bytes[sizeof(uint32_t) + 1 + 2 * (sizeof(struct address) + sizeof(uint16_t))];
};

static struct end end_of(const struct frame *frame, bool source)
{
    if (frame->has_arp)
        return (struct end){.address = source ? frame->arp.spa : frame->arp.tpa};
    return source ? frame->packet.src : frame->packet.dst;
}

static int compare_ends(const struct end *a, const struct end *b)
{
    int order = address_order(&a->address, &b->address);
    return order != 0 ? order : (int)a->port - (int)b->port;
}

/* `*swapped`: the sender is the second. */
static struct flow_key key_of(const struct frame *frame, bool *swapped)
{
    struct flow_key key = {{0}};
    uint8_t *to = key.bytes + sizeof(uint32_t);
    struct end ends[2] = {end_of(frame, true), end_of(frame, false)};
    *swapped = compare_ends(&ends[0], &ends[1]) > 0;
    *to++ = frame->has_protocol ? frame->protocol : UINT8_MAX;
    for (int i = 0; i < 2; i++) {
        const struct end *end = &ends[*swapped ? 1 - i : i];
        memcpy(to, &end->address, sizeof end->address);
        to += sizeof end->address;
        memcpy(to, &end->port, sizeof end->port);
        to += sizeof end->port;
    }
    return key;
}

static int check_limit(const struct iotsig_trial *trial, const struct iotsig_map *map,
                       struct iotsig_error *error)
{
    if (iotsig_map_count(map) <= trial->context->max_flows)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                       "more than %lu flows (raise --max-flows if this is meant)",
                       (unsigned long)trial->context->max_flows);
}

static int count_frame(struct iotsig_trial *trial, uint32_t whose, struct iotsig_trial_count *count,
                       const struct frame *frame, struct iotsig_time time,
                       struct iotsig_error *error)
{
    bool swapped, added;
    struct flow_key key = key_of(frame, &swapped);
    memcpy(key.bytes, &whose, sizeof whose);
    if (iotsig_map_put(&trial->flows, &key, sizeof key, 0, &added) == NULL)
        return iotsig_fail_memory(error);
    count->packets++;
    count->bytes += frame->length;
    count->flows += added;
    if (time.digits != 0 && (count->first.digits == 0 || time.ns < count->first.ns))
        count->first = time;
    if (time.digits != 0 && (count->last.digits == 0 || time.ns > count->last.ns))
        count->last = time;
    return check_limit(trial, &trial->flows, error);
}

/* Finds out who began the connection: who is first seen to send. */
static int find_origin(struct iotsig_trial *trial, struct sight *sight, struct iotsig_error *error)
{
    bool swapped, added;
    if (!trial->has_origins || sight->frame->version == 0)
        return 0;
    struct flow_key key = key_of(sight->frame, &swapped);
    const uint64_t *began =
        iotsig_map_put(&trial->begun, &key, sizeof key, swapped ? 1 : 0, &added);
    if (began == NULL)
        return iotsig_fail_memory(error);
    sight->is_reply = *began != (swapped ? 1 : 0);
    return check_limit(trial, &trial->begun, error);
}

/* Rules. */

/* What became of a packet, so far. */
struct passage {
    struct sight sight;
    struct iotsig_time time;
    uint64_t size; /* behind the header of the link */
    bool dropped;
};

/* Rules without a policy show a program the answers of name servers. */
static bool is_selected(const struct rule *rule, const struct sight *sight)
{
    const struct packet *packet = &sight->frame->packet;
    if (rule->count > 0)
        return iotsig_way_matches(rule->ways[0], sight);
    return packet->transport == IOTSIG_UDP && packet->src.port == DNS_PORT;
}

/* The ways by which a rule decides, kept once they are found. */
static bool find_ways(struct iotsig_trial *trial, struct trial_rule *mine)
{
    const struct rule *rule = mine->rule;
    mine->ways = rule->ways;
    mine->way_count = rule->count;
    if (rule->verdict != VERDICT_QUEUE)
        return true;
    const struct way **all =
        iotsig_memory_get(&trial->context->allocator, (trial->way_count + 1) * sizeof *all);
    if (all == NULL)
        return false;
    mine->way_count = iotsig_rule_decides(mine->table, rule, all);
    const struct way **kept = get_array(trial, mine->way_count, sizeof *kept);
    if (kept != NULL)
        memcpy(kept, all, mine->way_count * sizeof *kept);
    iotsig_memory_free(&trial->context->allocator, all);
    mine->ways = kept;
    return kept != NULL;
}

static const struct way *find_cover(const struct trial_rule *mine, const struct sight *sight)
{
    for (size_t i = 0; i < mine->way_count; i++)
        if (iotsig_way_covers(mine->ways[i], sight))
            return mine->ways[i];
    return NULL;
}

/* A rule whose verdict a packet has reached. */
static int judge(struct iotsig_trial *trial, struct trial_rule *mine, struct passage *passage,
                 struct iotsig_error *error)
{
    bool first = mine->packets++ == 0;
    if (first && !find_ways(trial, mine)) {
        mine->packets = 0;
        return iotsig_fail_memory(error);
    }
    const struct way *way = find_cover(mine, &passage->sight);
    if (way == NULL)
        return 0;
    passage->dropped = mine->rule->verdict != VERDICT_ACCEPT;
    return count_frame(trial, (uint32_t)way->number, &trial->ways[way->number].count,
                       passage->sight.frame, passage->time, error);
}

static int pass_table(struct iotsig_trial *trial, struct trial_rule *rules, size_t count,
                      struct passage *passage, struct iotsig_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct trial_rule *mine = &rules[i];
        if (!is_selected(mine->rule, &passage->sight))
            continue;
        if (rate_of(mine->rule) != NULL &&
            !iotsig_limit_over(&mine->limit, trial->now, passage->size))
            continue;
        return judge(trial, mine, passage, error);
    }
    return 0;
}

static int pass(struct iotsig_trial *trial, struct passage *passage, struct iotsig_error *error)
{
    const struct iotsig_firewall *firewall = trial->firewall;
    struct trial_rule *rules = trial->rules;
    int status = find_origin(trial, &passage->sight, error);
    for (size_t i = 0; i < firewall->table_count && status == 0 && !passage->dropped; i++) {
        status = pass_table(trial, rules, firewall->tables[i].count, passage, error);
        rules += firewall->tables[i].count;
    }
    if (status != 0 || !passage->dropped)
        return status;
    return count_frame(trial, ALL_WAYS, &trial->dropped, passage->sight.frame, passage->time,
                       error);
}

/* Captures. */

/* The kernel looks at no transport header of a packet that is shorter than it says. */
static void check_length(struct frame *frame, const struct iotsig_frame *captured)
{
    if (!frame->cut || captured->captured < captured->length)
        return;
    frame->has_protocol = frame->has_icmp = false;
    frame->packet.transport = 0;
}

static int take_frame(struct iotsig_trial *trial, const struct iotsig_frame *captured,
                      struct iotsig_error *error)
{
    struct frame frame;
    struct bytes bytes = {captured->bytes, captured->captured};
    trial->packets++;
    if (captured->time.digits != 0)
        trial->now = captured->time.ns;
    if (!iotsig_decode_frame(captured->link_type, bytes, &frame))
        return 0;
    check_length(&frame, captured);
    struct passage passage = {
        .sight = {.frame = &frame, .resolved = &trial->resolved, .scratch = trial->scratch},
        .time = captured->time,
        .size = captured->length - (captured->captured - frame.body.n),
    };
    int status = pass(trial, &passage, error);
    return status != 0 ? status : iotsig_resolved_learn(&trial->resolved, &frame.packet, error);
}

static bool add_capture(struct iotsig_trial *trial, const char *path)
{
    const char *copy = iotsig_arena_text(&trial->arena, path, strlen(path));
    if (copy == NULL ||
        !iotsig_array_grow(&trial->context->allocator, &trial->captures, &trial->capture_capacity,
                           trial->capture_count + 1, sizeof *trial->captures))
        return false;
    trial->captures[trial->capture_count++] = copy;
    return true;
}

/* A capture begins with full rates, and without connections. */
static void begin_capture(struct iotsig_trial *trial)
{
    for (size_t i = 0; i < trial->rule_count; i++) {
        const struct policy_rate *rate = rate_of(trial->rules[i].rule);
        if (rate != NULL)
            iotsig_limit_init(&trial->rules[i].limit, rate);
    }
    iotsig_map_fini(&trial->begun);
    iotsig_map_init(&trial->begun, &trial->context->allocator, trial->context->hash_key);
}

int iotsig_trial_read(struct iotsig_trial *trial, const char *path,
                      const struct iotsig_options *options, struct iotsig_error *warning,
                      struct iotsig_error *error)
{
    static const struct iotsig_options defaults = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_options own = options != NULL ? *options : defaults;
    struct iotsig_capture *capture;
    struct iotsig_frame frame;
    struct reader reader;
    own.timeout_ns = 0;
    if (warning != NULL)
        *warning = (struct iotsig_error){.status = IOTSIG_OK};
    int status = iotsig_capture_open(&capture, (struct iotsig_context *)(uintptr_t)trial->context,
                                     path, own.filter, error);
    if (status != 0)
        return status;
    begin_capture(trial);
    if (!add_capture(trial, path))
        status = iotsig_fail_memory(error);
    iotsig_reader_init(&reader, capture, path, &own);
    while (status == 0 && (status = iotsig_reader_frame(&reader, &frame, error)) == 1)
        status = take_frame(trial, &frame, error);
    if (status == 0)
        (void)iotsig_capture_is_cut(capture, warning);
    else
        iotsig_fail_in(error, status, path);
    iotsig_capture_close(capture);
    return status;
}

/* Results. */

static const char *verdict_of(const struct rule *rule)
{
    static const char *const words[] = {
        [VERDICT_DROP] = "drop", [VERDICT_ACCEPT] = "accept", [VERDICT_QUEUE] = "queue"};
    return words[rule->verdict];
}

const struct iotsig_context *iotsig_trial_context(const struct iotsig_trial *trial)
{
    return trial->context;
}

const char *iotsig_trial_capture(const struct iotsig_trial *trial, size_t index)
{
    return index < trial->capture_count ? trial->captures[index] : NULL;
}

bool iotsig_trial_is_random(const struct iotsig_trial *trial, double *probability)
{
    const struct iotsig_firewall_settings *settings = &trial->firewall->settings;
    *probability = settings->drop_probability;
    return settings->has_drop_probability && *probability > 0 && *probability < 1;
}

void iotsig_trial_totals(const struct iotsig_trial *trial, uint64_t *packets,
                         struct iotsig_trial_count *dropped)
{
    if (packets != NULL)
        *packets = trial->packets;
    if (dropped != NULL)
        *dropped = trial->dropped;
}

bool iotsig_trial_policy(const struct iotsig_trial *trial, size_t index,
                         struct iotsig_trial_policy *policy)
{
    if (index >= trial->way_count)
        return false;
    const struct trial_way *mine = &trial->ways[index];
    *policy = (struct iotsig_trial_policy){
        .device = mine->way->policy->profile->device.name,
        .policy = mine->way->policy->name,
        .backward = mine->way->backward,
        .verdict = verdict_of(mine->rule->rule),
        .count = mine->count,
    };
    return true;
}

bool iotsig_trial_rule(const struct iotsig_trial *trial, size_t index,
                       struct iotsig_trial_rule *rule)
{
    if (index >= trial->rule_count)
        return false;
    const struct trial_rule *mine = &trial->rules[index];
    *rule = (struct iotsig_trial_rule){.table = mine->table->name,
                                       .rule = mine->rule->matches,
                                       .verdict = verdict_of(mine->rule),
                                       .packets = mine->packets};
    return true;
}
