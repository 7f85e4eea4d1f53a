/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/rule.h"

#include <stdio.h>

#include "base/hash.h"

/* Between the queues of one policy and the next. */
#define QUEUE_STEP 10

/* What the programs of all queues look for, taken together: so long is their text, in lines by two.
 */
#define DECISIONS_MAX ((size_t)1 << 22)

/* Pairs of their policies that are compared to find that out. */
#define COMPARISONS_MAX ((size_t)1 << 28)

const struct policy_check *iotsig_way_check(const struct way *way, enum field_id id)
{
    const struct policy_part *part = way_part(way, policy_fields[id].protocol);
    return part == NULL ? NULL : iotsig_part_check(part, id);
}

bool iotsig_way_names_port(const struct way *way)
{
    return iotsig_way_check(way, FIELD_TCP_SRC) != NULL ||
           iotsig_way_check(way, FIELD_TCP_DST) != NULL ||
           iotsig_way_check(way, FIELD_UDP_SRC) != NULL ||
           iotsig_way_check(way, FIELD_UDP_DST) != NULL;
}

bool iotsig_check_is_nft(const struct policy_check *check)
{
    return !policy_protocols[check->field->protocol].queued && check->text_count == 0;
}

/* Ways. */

static bool make_name(struct iotsig_firewall *firewall, struct way *way)
{
    static const char ending[] = "-backward";
    const char *name = way->policy->name;
    size_t n = strlen(name);
    if (!way->backward) {
        way->name = name;
        return true;
    }
    char *copy = iotsig_arena_get(&firewall->arena, n + sizeof ending);
    if (copy == NULL)
        return false;
    memcpy(copy, name, n);
    memcpy(copy + n, ending, sizeof ending);
    way->name = copy;
    return true;
}

/* What answers a number, where the field's words tell. */
static uint64_t reply_of(const struct policy_field *field, uint64_t number)
{
    const struct field_word *word = iotsig_field_word(field, number);
    return word == NULL ? number : word->reply;
}

static bool flip(struct iotsig_firewall *firewall, struct policy_check *check)
{
    struct number_range *numbers =
        iotsig_arena_get(&firewall->arena, check->number_count * sizeof *numbers);
    if (numbers == NULL)
        return false;
    for (size_t i = 0; i < check->number_count; i++) {
        numbers[i] = check->numbers[i];
        if (numbers[i].low == numbers[i].high)
            numbers[i].low = numbers[i].high = reply_of(check->field, numbers[i].low);
    }
    check->numbers = numbers;
    return true;
}

static bool negate(struct iotsig_firewall *firewall, struct policy_check *check)
{
    struct number_range *number = iotsig_arena_get(&firewall->arena, sizeof *number);
    if (number == NULL)
        return false;
    number->low = number->high = !check->numbers[0].low;
    check->numbers = number;
    return true;
}

/* The checks of a part in the other direction. */
static bool turn_part(struct iotsig_firewall *firewall, struct policy_part *part)
{
    struct policy_check *checks = iotsig_arena_get(&firewall->arena, part->count * sizeof *checks);
    size_t kept = 0;
    bool done = checks != NULL;
    for (size_t i = 0; i < part->count && done; i++) {
        struct policy_check check = part->checks[i];
        enum field_backward backward = check.field->backward;
        if (backward == BACKWARD_DROP)
            continue;
        if (backward == BACKWARD_SWAP)
            check.field = &policy_fields[check.field->opposite];
        else if (backward == BACKWARD_FLIP)
            done = flip(firewall, &check);
        else if (backward == BACKWARD_NEGATE)
            done = negate(firewall, &check);
        checks[kept++] = check;
    }
    part->checks = checks;
    part->count = kept;
    return done;
}

static enum way_origin origin_of(const struct policy *policy, bool backward)
{
    if (policy->initiator == INITIATOR_ANY)
        return ORIGIN_ANY;
    return (policy->initiator == INITIATOR_SRC) != backward ? ORIGIN_SENDER : ORIGIN_RECEIVER;
}

/* Whether a program must look: nftables has no match for some check, or for an application. */
static bool needs_queue(const struct way *way)
{
    for (size_t i = 0; i < way->part_count; i++) {
        if (policy_protocols[way->parts[i].protocol].queued)
            return true;
        for (size_t j = 0; j < way->parts[i].count; j++)
            if (!iotsig_check_is_nft(&way->parts[i].checks[j]))
                return true;
    }
    return false;
}

static bool is_random(const struct iotsig_firewall_settings *settings)
{
    return settings->has_drop_probability && settings->drop_probability > 0 &&
           settings->drop_probability < 1;
}

/* NULL: no memory. */
static struct way *make_way(struct iotsig_firewall *firewall, const struct policy *policy,
                            bool backward)
{
    const struct iotsig_firewall_settings *settings = &firewall->settings;
    struct way *way = iotsig_arena_get(&firewall->arena, sizeof *way);
    if (way == NULL || !iotsig_array_grow(&firewall->profiles->context->allocator, &firewall->ways,
                                          &firewall->way_capacity, firewall->way_count + 1,
                                          sizeof *firewall->ways))
        return NULL;
    *way = (struct way){.policy = policy,
                        .backward = backward,
                        .part_count = policy->part_count,
                        .origin = origin_of(policy, backward),
                        .stats = backward ? policy->backward : policy->forward,
                        .number = firewall->way_count};
    memcpy(way->parts, policy->parts, sizeof way->parts);
    unsigned over = 0;
    for (size_t i = 0; i < way->part_count; i++) {
        way->protocols |= PROTOCOL_BIT(way->parts[i].protocol);
        over |= policy_protocols[way->parts[i].protocol].over;
        if (backward && !turn_part(firewall, &way->parts[i]))
            return NULL;
    }
    way->transports = (way->protocols & over) == 0 ? over : 0;
    way->queued = needs_queue(way) || is_random(settings);
    if (way->stats.rate.count == 0 && settings->rate > 0)
        way->stats.rate = (struct policy_rate){.count = settings->rate, .seconds = 1};
    if (!make_name(firewall, way))
        return NULL;
    firewall->ways[firewall->way_count++] = way;
    return way;
}

/* Rules. */

static enum rule_verdict verdict_of(const struct iotsig_firewall_settings *settings,
                                    const struct way *way)
{
    if (settings->has_drop_probability && settings->drop_probability <= 0)
        return VERDICT_ACCEPT;
    return way->queued ? VERDICT_QUEUE : VERDICT_DROP;
}

/* By what a rule is found again: its text is in the firewall's memory already, and may be long. */
struct rule_key {
    uint64_t table, verdict, hash;
};

/* The first rule of these matches, or NULL. */
static struct rule *search_rule(const struct table *table, const char *matches,
                                enum rule_verdict verdict)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rules[i].verdict == verdict && strcmp(table->rules[i].matches, matches) == 0)
            return &table->rules[i];
    return NULL;
}

/* The rule of these matches; `*found` NULL: there is none, and the next that is added is it. False:
 * no memory. */
static bool find_rule(struct iotsig_firewall *firewall, const struct table *table,
                      const char *matches, enum rule_verdict verdict, struct rule **found)
{
    const struct rule_key key = {(uint64_t)(table - firewall->tables), verdict,
                                 iotsig_hash(&firewall->profiles->context->hash_key, matches,
                                             strlen(matches))};
    bool added;
    const uint64_t *number =
        iotsig_map_put(&firewall->rules, &key, sizeof key, table->count, &added);
    if (number == NULL)
        return false;
    struct rule *rule = added ? NULL : &table->rules[*number];
    if (rule != NULL && strcmp(rule->matches, matches) != 0) /* a hash in 2^64 */
        rule = search_rule(table, matches, verdict);
    *found = rule;
    return true;
}

/* A new rule at the end of a table; NULL: no memory. */
static struct rule *add_rule(struct iotsig_firewall *firewall, struct table *table,
                             const char *matches, enum rule_verdict verdict)
{
    if (!iotsig_array_grow(&firewall->profiles->context->allocator, &table->rules, &table->capacity,
                           table->count + 1, sizeof *table->rules))
        return NULL;
    table->rules[table->count] = (struct rule){.matches = matches, .verdict = verdict};
    return &table->rules[table->count++];
}

static int give_queue(struct iotsig_firewall *firewall, struct rule *rule, uint32_t queue,
                      struct iotsig_error *error)
{
    if (queue > UINT16_MAX)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "more queues than there are numbers (65535 is the last)");
    rule->queue = (uint16_t)queue;
    firewall->queue_count++;
    return 0;
}

/* A way becomes a rule, or joins the one of its matches. */
static int add_way(struct iotsig_firewall *firewall, struct table *table, const struct way *way,
                   uint32_t queue, bool *queued, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &firewall->profiles->context->allocator;
    const char *matches = iotsig_nft_matches(firewall, way);
    enum rule_verdict verdict = verdict_of(&firewall->settings, way);
    if (matches == NULL)
        return iotsig_fail_memory(error);
    struct rule *rule;
    if (!find_rule(firewall, table, matches, verdict, &rule))
        return iotsig_fail_memory(error);
    if (rule == NULL) {
        rule = add_rule(firewall, table, matches, verdict);
        if (rule == NULL)
            return iotsig_fail_memory(error);
        int status = verdict == VERDICT_QUEUE ? give_queue(firewall, rule, queue, error) : 0;
        if (status != 0)
            return status;
        *queued = *queued || verdict == VERDICT_QUEUE;
    }
    if (!iotsig_array_grow(allocator, &rule->ways, &rule->capacity, rule->count + 1,
                           sizeof *rule->ways))
        return iotsig_fail_memory(error);
    rule->ways[rule->count++] = way;
    return 0;
}

static int add_policy(struct iotsig_firewall *firewall, struct table *table,
                      const struct policy *policy, uint32_t *queue, struct iotsig_error *error)
{
    bool queued = false;
    for (int backward = 0; backward <= (policy->bidirectional ? 1 : 0); backward++) {
        const struct way *way = make_way(firewall, policy, backward == 1);
        if (way == NULL)
            return iotsig_fail_memory(error);
        int status = add_way(firewall, table, way, *queue + (uint32_t)backward, &queued, error);
        if (status != 0)
            return status;
    }
    if (queued)
        *queue += QUEUE_STEP;
    return 0;
}

/* A queue that no program before it can decide for: only nftables knows rates and originators. */
static bool is_lonely(const struct rule *rule)
{
    return rule->count > 0 &&
           (rule->ways[0]->stats.rate.count > 0 || rule->ways[0]->origin != ORIGIN_ANY);
}

/*
 * Those of queues behind the others, first those that no other queue decides for; each in the order
 * that they have.
 */
static bool order_rules(const struct iotsig_allocator *allocator, struct table *table)
{
    struct rule *ordered;
    size_t n = 0;
    if (table->count == 0)
        return true;
    ordered = iotsig_memory_get(allocator, table->count * sizeof *ordered);
    if (ordered == NULL)
        return false;
    for (int turn = 0; turn < 3; turn++)
        for (size_t i = 0; i < table->count; i++) {
            const struct rule *rule = &table->rules[i];
            int own = rule->verdict != VERDICT_QUEUE ? 0 : is_lonely(rule) ? 1 : 2;
            if (own == turn)
                ordered[n++] = *rule;
        }
    memcpy(table->rules, ordered, n * sizeof *ordered);
    iotsig_memory_free(allocator, ordered);
    return true;
}

static bool has_suffix_host(const struct way *way)
{
    for (size_t i = 0; i < way->part_count; i++)
        for (size_t j = 0; j < way->parts[i].count; j++)
            for (size_t k = 0; k < way->parts[i].checks[j].text_count; k++)
                if (way->parts[i].checks[j].field->kind == KIND_HOST &&
                    way->parts[i].checks[j].texts[k].match != MATCH_EXACT)
                    return true;
    return false;
}

/*
 * Hosts of a suffix cannot be looked up: their addresses come from the answers that name servers
 * give, so these go to the program too. Last, for what a rule before takes is looked at by its own
 * queue.
 */
static int add_learning(struct iotsig_firewall *firewall, struct table *table, uint32_t queue,
                        struct iotsig_error *error)
{
    bool wanted = false;
    for (size_t i = 0; i < table->count; i++)
        for (size_t j = 0; j < table->rules[i].count; j++)
            wanted = wanted || (table->rules[i].verdict == VERDICT_QUEUE &&
                                has_suffix_host(table->rules[i].ways[j]));
    if (!wanted)
        return 0;
    struct rule *rule = add_rule(firewall, table, "meta l4proto udp udp sport 53", VERDICT_QUEUE);
    return rule == NULL ? iotsig_fail_memory(error) : give_queue(firewall, rule, queue, error);
}

static bool numbers_apart(const struct policy_check *a, const struct policy_check *b)
{
    for (size_t i = 0; i < a->number_count; i++)
        for (size_t j = 0; j < b->number_count; j++)
            if (a->numbers[i].low <= b->numbers[j].high && b->numbers[j].low <= a->numbers[i].high)
                return false;
    return true;
}

static bool ranges_apart(const struct policy_check *a, const struct policy_check *b)
{
    if (a->outside || b->outside || a->text_count > 0 || b->text_count > 0)
        return false;
    for (size_t i = 0; i < a->range_count; i++)
        for (size_t j = 0; j < b->range_count; j++)
            if (memcmp(a->ranges[i].low.bytes, b->ranges[j].high.bytes, 16) <= 0 &&
                memcmp(b->ranges[j].low.bytes, a->ranges[i].high.bytes, 16) <= 0)
                return false;
    return true;
}

static bool is_address(const struct policy_check *check)
{
    return check->field->kind == KIND_HOST || check->field->kind == KIND_GROUP;
}

/* `nft`: by what nftables can decide, which is the same for all ways of a rule. */
static bool may_meet(const struct way *a, const struct way *b, bool nft)
{
    for (size_t i = 0; i < a->part_count; i++) {
        const struct policy_part *part = &a->parts[i];
        if (!nft && (policy_protocols[part->protocol].excludes & b->protocols) != 0)
            return false;
        for (size_t j = 0; j < part->count; j++) {
            const struct policy_check *x = &part->checks[j], *y = iotsig_way_check(b, x->field->id);
            if (y == NULL || (nft && !(iotsig_check_is_nft(x) && iotsig_check_is_nft(y))))
                continue;
            if (is_address(x) ? ranges_apart(x, y) : x->number_count > 0 && numbers_apart(x, y))
                return false;
        }
    }
    return true;
}

bool iotsig_ways_may_meet(const struct way *a, const struct way *b)
{
    return may_meet(a, b, false);
}

/* What is found out about rules that may cover the same packets. */
struct meeting {
    const struct way **to; /* or NULL */
    size_t count;          /* of decisions */
    size_t left;           /* of pairs of ways that may still be compared */
};

static bool meets(const struct rule *rule, const struct way *way, struct meeting *meeting)
{
    for (size_t i = 0; i < rule->count && meeting->left > 0; i++, meeting->left--)
        if (iotsig_ways_may_meet(rule->ways[i], way))
            return true;
    return false;
}

/* Whether a program that gets a rule's packets can tell what another way covers of them. */
static bool can_decide(const struct rule *rule, const struct way *way, struct meeting *meeting)
{
    bool knows_origin =
        way->origin == ORIGIN_ANY || (rule->count > 0 && way->origin == rule->ways[0]->origin);
    return knows_origin && way->stats.rate.count == 0 && meets(rule, way, meeting);
}

static void add_decisions(const struct table *table, const struct rule *rule,
                          struct meeting *meeting)
{
    for (size_t i = (size_t)(rule - table->rules); i < table->count; i++) {
        const struct rule *other = &table->rules[i];
        bool apart = other != rule && rule->count > 0 && other->count > 0 &&
                     !may_meet(rule->ways[0], other->ways[0], true);
        for (size_t j = 0; j < other->count && !apart; j++)
            if (other == rule || can_decide(rule, other->ways[j], meeting)) {
                if (meeting->to != NULL)
                    meeting->to[meeting->count] = other->ways[j];
                meeting->count++;
            }
    }
}

size_t iotsig_rule_decides(const struct table *table, const struct rule *rule,
                           const struct way **to)
{
    struct meeting meeting = {.to = to, .left = SIZE_MAX};
    add_decisions(table, rule, &meeting);
    return meeting.count;
}

/* Where all queues may meet, each decides for all behind it. */
static int limit_decisions(const struct iotsig_firewall *firewall, struct iotsig_error *error)
{
    struct meeting meeting = {.left = COMPARISONS_MAX};
    for (size_t i = 0; i < firewall->table_count; i++) {
        const struct table *table = &firewall->tables[i];
        for (size_t j = 0; j < table->count && meeting.count <= DECISIONS_MAX; j++)
            if (table->rules[j].verdict == VERDICT_QUEUE)
                add_decisions(table, &table->rules[j], &meeting);
    }
    if (meeting.count <= DECISIONS_MAX && meeting.left > 0)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                       "too many policies with a queue may cover the same packets (give them "
                       "addresses or ports, or make several firewalls)");
}

/* Names. */

void iotsig_plain_name(char *to, size_t room, const char *name, const char *also)
{
    const struct iotsig_hash_key key = {0x696f7473, 0x6967}; /* the same on every run */
    size_t n = 0, length = strlen(name);
    bool changed = false;
    for (size_t i = 0; i < length && n + 1 < room; i++) {
        uint8_t c = (uint8_t)name[i];
        bool plain = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
                     (c != '\0' && strchr(also, c) != NULL);
        changed = changed || !plain;
        to[n++] = plain ? (char)c : '-';
    }
    to[n] = '\0';
    if (!changed && n == length)
        return;
    if (n + 10 > room)
        n = room - 10;
    snprintf(to + n, room - n, "-%08x", (unsigned)(iotsig_hash(&key, name, length) & 0xffffffff));
}

/* An identifier of nftables: it begins with a letter, and is no word of its language. */
static const char *identifier(struct iotsig_firewall *firewall, const char *name)
{
    char plain[NFT_NAME_ROOM], room[NFT_NAME_ROOM + 2];
    iotsig_plain_name(plain, sizeof plain - 12, name, "_-");
    bool letter = lower((uint8_t)plain[0]) >= 'a' && lower((uint8_t)plain[0]) <= 'z';
    snprintf(room, sizeof room, "%s%s", letter ? "" : "d-", plain);
    if (iotsig_nft_is_keyword(room))
        snprintf(room, sizeof room, "%s-", plain);
    /* The next device of the same name. */
    size_t n = strlen(room);
    bool added;
    uint64_t *last = iotsig_map_put(&firewall->names, room, n, 1, &added);
    while (last != NULL && !added) {
        snprintf(room + n, sizeof room - n, "-%u", (unsigned)++*last);
        if (iotsig_map_put(&firewall->names, room, strlen(room), 1, &added) == NULL)
            return NULL;
    }
    return last == NULL ? NULL : iotsig_arena_text(&firewall->arena, room, strlen(room));
}

static struct table *add_table(struct iotsig_firewall *firewall, const char *name)
{
    const char *copy = identifier(firewall, name != NULL ? name : "device");
    if (copy == NULL || !iotsig_array_grow(&firewall->profiles->context->allocator,
                                           &firewall->tables, &firewall->table_capacity,
                                           firewall->table_count + 1, sizeof *firewall->tables))
        return NULL;
    firewall->tables[firewall->table_count] = (struct table){.name = copy};
    return &firewall->tables[firewall->table_count++];
}

/* The firewall. */

static int fill(struct iotsig_firewall *firewall, struct iotsig_error *error)
{
    const struct iotsig_profiles *profiles = firewall->profiles;
    const struct iotsig_allocator *allocator = &profiles->context->allocator;
    const char *name = firewall->settings.name;
    uint32_t queue = firewall->settings.queue;
    struct table *table = NULL;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile *profile = profiles->items[i];
        if (profile->policy_count == 0)
            continue;
        if ((table == NULL || name == NULL) &&
            (table = add_table(firewall, name != NULL ? name : profile->device.name)) == NULL)
            return iotsig_fail_memory(error);
        for (size_t j = 0; j < profile->policy_count; j++) {
            int status = add_policy(firewall, table, &profile->policies[j], &queue, error);
            if (status != 0)
                return status;
        }
    }
    if (firewall->table_count == 0)
        return iotsig_fail(error, IOTSIG_ERR_EMPTY, "no policy that can be used");
    for (size_t i = 0; i < firewall->table_count; i++)
        if (!order_rules(allocator, &firewall->tables[i]))
            return iotsig_fail_memory(error);
    for (size_t i = 0; i < firewall->table_count; i++) {
        int status =
            add_learning(firewall, &firewall->tables[i], queue + (uint32_t)i * QUEUE_STEP, error);
        if (status != 0)
            return status;
    }
    int status = limit_decisions(firewall, error);
    if (status != 0)
        return status;
    firewall->name = firewall->table_count == 1 ? firewall->tables[0].name : "firewall";
    return 0;
}

int iotsig_firewall_new(struct iotsig_firewall **out, struct iotsig_profiles *profiles,
                        const struct iotsig_firewall_settings *settings, struct iotsig_error *error)
{
    if (settings->has_drop_probability && settings->rate > 0)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "a rate and a drop probability exclude each other");
    if (profiles->settings.words_open)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "these profiles were read to be converted only");
    struct iotsig_firewall *firewall =
        iotsig_memory_get(&profiles->context->allocator, sizeof *firewall);
    if (firewall == NULL)
        return iotsig_fail_memory(error);
    *firewall = (struct iotsig_firewall){.profiles = profiles, .settings = *settings};
    iotsig_arena_init(&firewall->arena, &profiles->context->allocator);
    iotsig_map_init(&firewall->rules, &profiles->context->allocator, profiles->context->hash_key);
    iotsig_map_init(&firewall->names, &profiles->context->allocator, profiles->context->hash_key);
    int status = fill(firewall, error);
    if (status != 0)
        iotsig_firewall_free(firewall);
    else
        *out = firewall;
    return status;
}

void iotsig_firewall_free(struct iotsig_firewall *firewall)
{
    if (firewall == NULL)
        return;
    const struct iotsig_allocator *allocator = &firewall->profiles->context->allocator;
    for (size_t i = 0; i < firewall->table_count; i++) {
        for (size_t j = 0; j < firewall->tables[i].count; j++)
            iotsig_memory_free(allocator, firewall->tables[i].rules[j].ways);
        iotsig_memory_free(allocator, firewall->tables[i].rules);
    }
    iotsig_memory_free(allocator, firewall->tables);
    iotsig_memory_free(allocator, firewall->ways);
    iotsig_map_fini(&firewall->rules);
    iotsig_map_fini(&firewall->names);
    iotsig_arena_fini(&firewall->arena);
    iotsig_memory_free(allocator, firewall);
}
