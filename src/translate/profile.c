/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "translate/policy.h"
#include "translate/range.h"

#define POLICIES "single-policies"

/* Groups may lie so deep in one another. */
#define GROUPS_MAX 64

/* Policies of one profile; the kernel walks through all of them for each packet. */
#define POLICIES_MAX 65536

/* The longest name in a message, escaped. */
#define SHOWN_MAX 120

struct tree_place iotsig_profile_place(const struct profile *profile, const json_t *collection,
                                       const char *key, size_t index)
{
    const struct tree_place nowhere = {0};
    return profile->tree == NULL ? nowhere
                                 : iotsig_tree_place(profile->tree, collection, key, index);
}

void iotsig_profile_problem(struct profile *profile, struct tree_place place, bool warning,
                            const struct policy *policy, const char *format, ...)
{
    const struct iotsig_profile_settings *settings = &profile->list->settings;
    struct iotsig_error problem = {.status = warning ? IOTSIG_OK : IOTSIG_ERR_FORMAT};
    char raw[sizeof problem.message];
    size_t n = 0;
    va_list arguments;
    if (!warning)
        profile->list->problems++;
    if (settings->problem == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    if (policy != NULL)
        n = (size_t)snprintf(problem.message, sizeof problem.message, "policy %s: ", policy->shown);
    n += iotsig_escape(problem.message + n, sizeof problem.message - n - 1,
                       (struct bytes){(const uint8_t *)raw, strlen(raw)});
    problem.message[n] = '\0';
    const char *file = place.file != NULL ? place.file : profile->path;
    if (file != NULL)
        iotsig_fail_in(&problem, problem.status, file);
    if (place.line > 0)
        iotsig_fail_at(&problem, problem.status, "line %zu, column %zu", place.line, place.column);
    settings->problem(settings->user, &problem, warning);
}

/* What is not known: with `lenient` a warning; the policy is left out in any case. */
static bool unknown(struct profile *profile, const struct policy *policy, struct tree_place place,
                    const char *what, const char *name)
{
    bool lenient = profile->list->settings.lenient;
    iotsig_profile_problem(profile, place, lenient, policy, "%s %.60s is not known%s", what, name,
                           lenient ? " (the policy is left out)" : "");
    return false;
}

/* The device and its network. */

static const char *copy_text(struct profile *profile, const char *text, bool *no_memory)
{
    char *copy = iotsig_arena_text(&profile->list->arena, text, strlen(text));
    *no_memory = *no_memory || copy == NULL;
    return copy;
}

static void take_device_text(struct profile *profile, const json_t *info, const char *name,
                             const char **member, bool *no_memory)
{
    const json_t *value = json_object_get(info, name);
    struct iotsig_device one = {0};
    if (value == NULL || *member != NULL) /* the settings' goes in front */
        return;
    struct tree_place place = iotsig_profile_place(profile, info, name, 0);
    const char *text = json_string_value(value);
    if (text == NULL) {
        iotsig_profile_problem(profile, place, false, NULL, "device-info.%s: no text", name);
        return;
    }
    if (member == &profile->device.mac)
        one.mac = text;
    else if (member == &profile->device.ipv4)
        one.ipv4 = text;
    else if (member == &profile->device.ipv6)
        one.ipv6 = text;
    struct iotsig_error error;
    if (iotsig_device_check(&one, &error) != 0)
        iotsig_profile_problem(profile, place, false, NULL, "device-info.%s: %s", name,
                               error.message);
    else
        *member = copy_text(profile, text, no_memory);
}

static bool take_device(struct profile *profile)
{
    json_t *info = json_object_get(profile->root, "device-info");
    struct iotsig_device *device = &profile->device;
    bool no_memory = false;
    *device = profile->list->settings.device;
    if (info != NULL && !json_is_object(info))
        iotsig_profile_problem(profile,
                               iotsig_profile_place(profile, profile->root, "device-info", 0),
                               false, NULL, "device-info: no mapping");
    take_device_text(profile, info, "name", &device->name, &no_memory);
    take_device_text(profile, info, "mac", &device->mac, &no_memory);
    take_device_text(profile, info, "ipv4", &device->ipv4, &no_memory);
    take_device_text(profile, info, "ipv6", &device->ipv6, &no_memory);
    return !no_memory;
}

/* One address of a word; or a list or mapping of them; or nothing: the word waits for its address.
 */
static bool take_host(struct profile *profile, const char *word, const json_t *collection,
                      const char *key, size_t index, const json_t *value, unsigned depth)
{
    const char *name;
    json_t *one;
    size_t i;
    bool good = true;
    if (json_is_array(value) && depth < 3) {
        json_array_foreach(value, i, one)
            good = take_host(profile, word, value, NULL, i, one, depth + 1) && good;
        return good;
    }
    if (json_is_object(value) && depth < 3) {
        json_object_foreach((json_t *)(uintptr_t)value, name, one)
            good = take_host(profile, word, value, name, 0, one, depth + 1) && good;
        return good;
    }
    const char *text = json_string_value(value);
    int status = text != NULL          ? iotsig_host_define(profile, word, text)
                 : json_is_null(value) ? iotsig_host_declare(profile, word)
                                       : IOTSIG_ERR_ARGUMENT;
    if (status == IOTSIG_ERR_ARGUMENT)
        iotsig_profile_problem(
            profile, iotsig_profile_place(profile, collection, key, index), false, NULL,
            "hosts.%.60s: no host word (letters, digits, hyphens) with an address, "
            "a network or a hardware address",
            word);
    return status != IOTSIG_ERR_MEMORY;
}

static bool take_settings_hosts(struct profile *profile)
{
    const struct iotsig_profile_settings *settings = &profile->list->settings;
    for (size_t i = 0; i < settings->host_count; i++) {
        char word[64];
        const char *equals = strchr(settings->hosts[i], '=');
        size_t n = (size_t)(equals - settings->hosts[i]); /* checked when the list was made */
        memcpy(word, settings->hosts[i], n);
        word[n] = '\0';
        if (iotsig_host_define(profile, word, equals + 1) == IOTSIG_ERR_MEMORY)
            return false;
    }
    iotsig_hosts_settle(profile);
    return true;
}

static bool take_hosts(struct profile *profile)
{
    json_t *hosts = json_object_get(profile->root, "hosts"), *value;
    const char *word;
    if (!take_settings_hosts(profile))
        return false;
    if (hosts != NULL && !json_is_object(hosts))
        iotsig_profile_problem(profile, iotsig_profile_place(profile, profile->root, "hosts", 0),
                               false, NULL, "hosts: no mapping of words to addresses");
    json_object_foreach(hosts, word, value)
        if (!take_host(profile, word, hosts, word, 0, value, 0))
            return false;
    return true;
}

/* Policies. */

static bool check_part(struct value_reader *reader, struct policy_part *part,
                       const json_t *protocols, const char *name)
{
    struct profile *profile = reader->profile;
    json_t *fields = json_object_get(protocols, name), *value;
    const char *key;
    bool good = true;
    if (json_is_null(fields)) /* "tcp:" with nothing behind it */
        return true;
    if (!json_is_object(fields)) {
        iotsig_profile_problem(profile, iotsig_profile_place(profile, protocols, name, 0), false,
                               reader->policy, "%s: no mapping of fields", name);
        return false;
    }
    part->checks =
        iotsig_arena_get(&profile->list->arena, json_object_size(fields) * sizeof *part->checks);
    if (part->checks == NULL) {
        reader->no_memory = true;
        return false;
    }
    json_object_foreach(fields, key, value) {
        const struct policy_field *field = iotsig_field_find(part->protocol, key);
        struct policy_check *check = &part->checks[part->count];
        struct tree_place place = iotsig_profile_place(profile, fields, key, 0);
        if (field == NULL) {
            char what[32];
            snprintf(what, sizeof what, "%s: the field", policy_protocols[part->protocol].name);
            good = unknown(profile, reader->policy, place, what, key);
        } else if (iotsig_part_check(part, field->id) != NULL) {
            iotsig_profile_problem(profile, place, false, reader->policy,
                                   "%s.%s is there twice, under two names",
                                   policy_protocols[part->protocol].name, field->name);
            good = false;
        } else if (iotsig_value_read(reader, field, fields, key, check)) {
            part->count++;
        } else {
            good = false;
        }
    }
    return good;
}

const struct policy_check *iotsig_part_check(const struct policy_part *part, enum field_id id)
{
    for (size_t i = 0; i < part->count; i++)
        if (part->checks[i].field->id == id)
            return &part->checks[i];
    return NULL;
}

static bool take_parts(struct value_reader *reader, struct policy *policy, const json_t *tree)
{
    json_t *protocols = json_object_get(tree, "protocols"), *value;
    const char *name;
    unsigned seen = 0;
    bool good = true;
    if (!json_is_object(protocols)) {
        iotsig_profile_problem(reader->profile,
                               iotsig_profile_place(reader->profile, tree, "protocols", 0), false,
                               policy, "protocols: no mapping");
        return false;
    }
    json_object_foreach(protocols, name, value) {
        struct tree_place place = iotsig_profile_place(reader->profile, protocols, name, 0);
        enum policy_protocol protocol = iotsig_protocol_find(name);
        if (protocol == POLICY_PROTOCOLS) {
            good = unknown(reader->profile, policy, place, "the protocol", name);
            continue;
        }
        struct policy_part *part = &policy->parts[policy->part_count++];
        *part = (struct policy_part){.protocol = protocol};
        for (unsigned other = 0; other < POLICY_PROTOCOLS; other++)
            if ((seen & policy_protocols[protocol].excludes & PROTOCOL_BIT(other)) != 0) {
                iotsig_profile_problem(reader->profile, place, false, policy,
                                       "no packet has both %s and %s (write two policies)",
                                       policy_protocols[other].name, name);
                good = false;
            }
        seen |= PROTOCOL_BIT(protocol);
        good = check_part(reader, part, protocols, name) && good;
    }
    return good;
}

/* Whether a check's numbers, which are sorted and apart, leave none out. */
static bool numbers_are_all(const struct policy_check *check)
{
    uint64_t next = 0;
    for (size_t i = 0; i < check->number_count && check->numbers[i].low == next; i++)
        next = check->numbers[i].high + 1;
    return check->field->max > 0 && next > check->field->max;
}

static bool matches_all(const struct policy_check *check)
{
    return (!check->outside && iotsig_ranges_are_all(check->ranges, check->range_count)) ||
           numbers_are_all(check);
}

/* Whether something of a policy is asked for in its backward rule. */
static bool is_narrow_backward(const struct policy *policy)
{
    for (size_t i = 0; i < policy->part_count; i++)
        for (size_t j = 0; j < policy->parts[i].count; j++)
            if (policy->parts[i].checks[j].field->backward != BACKWARD_DROP &&
                !matches_all(&policy->parts[i].checks[j]))
                return true;
    return false;
}

/*
 * Takes checks away that every packet passes; not those of messages, for which there may be
 * messages without the field. Whether one is left that leaves something out.
 */
static bool is_narrow(struct policy *policy)
{
    bool narrow = false;
    for (size_t i = 0; i < policy->part_count; i++) {
        struct policy_part *part = &policy->parts[i];
        size_t kept = 0;
        for (size_t j = 0; j < part->count; j++) {
            bool all = matches_all(&part->checks[j]);
            narrow = narrow || !all;
            if (!all || policy_protocols[part->protocol].queued)
                part->checks[kept++] = part->checks[j];
        }
        part->count = kept;
    }
    return narrow;
}

static bool take_truth(struct value_reader *reader, const json_t *tree, const char *name,
                       bool *truth)
{
    const json_t *value = json_object_get(tree, name);
    *truth = json_is_true(value);
    if (value == NULL || json_is_boolean(value))
        return true;
    iotsig_profile_problem(reader->profile, iotsig_profile_place(reader->profile, tree, name, 0),
                           false, reader->policy, "%s: neither true nor false", name);
    return false;
}

static bool take_initiator(struct value_reader *reader, const json_t *tree, struct policy *policy)
{
    const json_t *value = json_object_get(tree, "initiator");
    const char *text = json_string_value(value);
    if (value == NULL)
        return true;
    policy->initiator = text != NULL && strcmp(text, "src") == 0   ? INITIATOR_SRC
                        : text != NULL && strcmp(text, "dst") == 0 ? INITIATOR_DST
                                                                   : INITIATOR_ANY;
    const char *wrong =
        policy->initiator == INITIATOR_ANY ? "neither src nor dst"
        : !iotsig_policy_has(policy, POLICY_IPV4) && !iotsig_policy_has(policy, POLICY_IPV6)
            ? "a connection has ipv4 or ipv6"
            : NULL;
    if (wrong != NULL)
        iotsig_profile_problem(reader->profile,
                               iotsig_profile_place(reader->profile, tree, "initiator", 0), false,
                               policy, "initiator: %s", wrong);
    return wrong == NULL;
}

bool iotsig_policy_has(const struct policy *policy, enum policy_protocol protocol)
{
    for (size_t i = 0; i < policy->part_count; i++)
        if (policy->parts[i].protocol == protocol)
            return true;
    return false;
}

static bool check_keys(struct value_reader *reader, const json_t *tree)
{
    static const char *const known[] = {"protocols", "bidirectional", "initiator", "stats", NULL};
    const char *name;
    json_t *value;
    bool good = true;
    json_object_foreach((json_t *)(uintptr_t)tree, name, value) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            good = unknown(reader->profile, reader->policy,
                           iotsig_profile_place(reader->profile, tree, name, 0), "the key", name);
    }
    return good;
}

static bool check_sizes(struct value_reader *reader, const struct policy *policy,
                        const json_t *tree)
{
    bool v6 = iotsig_policy_has(policy, POLICY_IPV6);
    const char *wrong = NULL;
    if (!policy->forward.has_size && !policy->backward.has_size)
        return true;
    if (!v6 && !iotsig_policy_has(policy, POLICY_IPV4))
        wrong = "of which packets? (give ipv4 or ipv6)";
    else if (v6 && ((policy->forward.has_size && policy->forward.size.high < IPV6_HEADER) ||
                    (policy->backward.has_size && policy->backward.size.high < IPV6_HEADER)))
        wrong = "no IPv6 packet is so small";
    if (wrong == NULL)
        return true;
    iotsig_profile_problem(reader->profile, iotsig_profile_place(reader->profile, tree, "stats", 0),
                           false, policy, "stats.packet-size: %s", wrong);
    return false;
}

/* Reads a policy; `*good`: it can be used. False: no memory. */
static bool read_policy(struct profile *profile, struct policy *policy, const json_t *tree,
                        struct tree_place place, bool *good)
{
    struct value_reader reader = {.profile = profile, .policy = policy};
    *good = check_keys(&reader, tree);
    *good = take_parts(&reader, policy, tree) && *good;
    *good = take_truth(&reader, tree, "bidirectional", &policy->bidirectional) && *good;
    *good = take_initiator(&reader, tree, policy) && *good;
    *good = iotsig_stats_read(&reader, tree, policy) && *good;
    *good = check_sizes(&reader, policy, tree) && *good;
    if (*good && !is_narrow(policy)) {
        iotsig_profile_problem(
            profile, place, false, policy,
            "it would match all traffic, or all of its protocols (give it a field)");
        *good = false;
    }
    if (*good && policy->bidirectional && !is_narrow_backward(policy)) {
        iotsig_profile_problem(
            profile, place, false, policy,
            "backward it would match all of its protocols (give it a host or a port)");
        *good = false;
    }
    return !reader.no_memory;
}

static bool name_policy(struct profile *profile, struct policy *policy, const char *name)
{
    char shown[SHOWN_MAX];
    bool no_memory = false;
    struct bytes bytes = {(const uint8_t *)name, strlen(name)};
    shown[iotsig_escape(shown, sizeof shown - 1, bytes)] = '\0';
    policy->name = copy_text(profile, name, &no_memory);
    policy->shown = copy_text(profile, shown, &no_memory);
    return !no_memory;
}

/* The names of the groups and of the policy in them. */
struct path {
    char *text;
    size_t n, capacity;
};

static bool push(struct profile *profile, struct path *path, const char *name)
{
    size_t n = strlen(name);
    if (!iotsig_array_grow(&profile->list->context->allocator, &path->text, &path->capacity,
                           path->n + n + 2, 1))
        return false;
    if (path->n > 0)
        path->text[path->n++] = '/';
    memcpy(path->text + path->n, name, n + 1);
    path->n += n;
    return true;
}

static bool take_policy(struct profile *profile, const char *name, const json_t *tree,
                        struct tree_place place)
{
    const struct iotsig_allocator *allocator = &profile->list->context->allocator;
    struct policy policy = {.profile = profile};
    bool good;
    if (!name_policy(profile, &policy, name) || !read_policy(profile, &policy, tree, place, &good))
        return false;
    if (!good)
        return true;
    if (profile->policy_count == POLICIES_MAX) {
        if (!profile->is_full) /* which is told once */
            iotsig_profile_problem(profile, place, false, &policy,
                                   "a profile of more than 65536 policies");
        profile->is_full = true;
        return true;
    }
    if (!iotsig_array_grow(allocator, &profile->policies, &profile->policy_capacity,
                           profile->policy_count + 1, sizeof policy))
        return false;
    profile->policies[profile->policy_count++] = policy;
    return true;
}

/* Whatever has `protocols` is a policy, and everything above it a group. */
static bool take_group(struct profile *profile, const json_t *group, struct path *path,
                       unsigned depth)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)group, name, value) {
        size_t n = path->n;
        struct tree_place place = iotsig_profile_place(profile, group, name, 0);
        bool done = push(profile, path, name);
        if (!done)
            return false;
        if (json_object_get(value, "protocols") != NULL)
            done = take_policy(profile, path->text, value, place);
        else if (json_is_object(value) && depth < GROUPS_MAX)
            done = take_group(profile, value, path, depth + 1);
        else
            iotsig_profile_problem(profile, place, false, NULL,
                                   json_is_object(value) ? "%s.%.60s: groups are nested too deep"
                                                         : "%s.%.60s: neither a policy nor a group",
                                   POLICIES, path->text);
        path->n = n;
        path->text[n] = '\0';
        if (!done)
            return false;
    }
    return true;
}

static bool take_policies(struct profile *profile)
{
    json_t *policies = json_object_get(profile->root, POLICIES);
    struct path path = {0};
    if (!json_is_object(policies)) {
        iotsig_profile_problem(profile, iotsig_profile_place(profile, profile->root, POLICIES, 0),
                               false, NULL, "no profile: %s is no mapping", POLICIES);
        return true;
    }
    bool done = take_group(profile, policies, &path, 0);
    iotsig_memory_free(&profile->list->context->allocator, path.text);
    return done;
}

/* Keys of a profile that are nothing to us are kept, and told of. */
static void tell_keys(struct profile *profile)
{
    static const char *const known[] = {"device-info", "hosts", POLICIES, NULL};
    const char *name;
    json_t *value;
    json_object_foreach(profile->root, name, value) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            iotsig_profile_problem(profile, iotsig_profile_place(profile, profile->root, name, 0),
                                   true, NULL, "the key %.60s is kept, and not used", name);
    }
}

static void free_profile(struct profile *profile)
{
    const struct iotsig_allocator *allocator = &profile->list->context->allocator;
    iotsig_hosts_free(profile);
    iotsig_memory_free(allocator, profile->policies);
    json_decref(profile->root);
    iotsig_tree_free(profile->tree);
    iotsig_memory_free(allocator, profile);
}

int iotsig_profiles_take(struct iotsig_profiles *profiles, const char *path, json_t *root,
                         struct iotsig_tree *tree, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &profiles->context->allocator;
    struct profile *profile = iotsig_memory_get(allocator, sizeof *profile);
    bool no_memory = false;
    if (profile == NULL || !iotsig_array_grow(allocator, &profiles->items, &profiles->capacity,
                                              profiles->count + 1, sizeof *profiles->items)) {
        iotsig_memory_free(allocator, profile);
        json_decref(root);
        iotsig_tree_free(tree);
        return iotsig_fail_memory(error);
    }
    *profile = (struct profile){.list = profiles, .root = root, .tree = tree};
    profiles->items[profiles->count++] = profile;
    if (path != NULL)
        profile->path = copy_text(profile, path, &no_memory);
    if (no_memory || !take_device(profile) || !take_hosts(profile) || !take_policies(profile))
        return iotsig_fail_memory(error);
    tell_keys(profile);
    return 0;
}

/* The list. */

static int check_hosts(struct iotsig_profiles *profiles, struct iotsig_error *error)
{
    const struct iotsig_profile_settings *settings = &profiles->settings;
    struct profile probe = {.list = profiles};
    int status = 0;
    for (size_t i = 0; i < settings->host_count && status == 0; i++) {
        char word[64];
        const char *equals = strchr(settings->hosts[i], '=');
        size_t n = equals == NULL ? sizeof word : (size_t)(equals - settings->hosts[i]);
        if (n < sizeof word) {
            memcpy(word, settings->hosts[i], n);
            word[n] = '\0';
            status = iotsig_host_define(&probe, word, equals + 1);
        }
        if (n >= sizeof word || status == IOTSIG_ERR_ARGUMENT)
            status = iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                                 "no host word with its address (write WORD=ADDRESS)");
        else if (status != 0)
            iotsig_fail_memory(error);
    }
    iotsig_hosts_free(&probe);
    return status;
}

int iotsig_profiles_new(struct iotsig_profiles **out, struct iotsig_context *context,
                        const struct iotsig_profile_settings *settings, struct iotsig_error *error)
{
    int status = iotsig_device_check(&settings->device, error);
    if (status != 0)
        return status;
    struct iotsig_profiles *profiles = iotsig_memory_get(&context->allocator, sizeof *profiles);
    if (profiles == NULL)
        return iotsig_fail_memory(error);
    *profiles = (struct iotsig_profiles){.context = context, .settings = *settings};
    iotsig_arena_init(&profiles->arena, &context->allocator);
    status = check_hosts(profiles, error);
    if (status != 0)
        iotsig_profiles_free(profiles);
    else
        *out = profiles;
    return status;
}

void iotsig_profiles_free(struct iotsig_profiles *profiles)
{
    if (profiles == NULL)
        return;
    for (size_t i = 0; i < profiles->count; i++)
        free_profile(profiles->items[i]);
    iotsig_memory_free(&profiles->context->allocator, profiles->items);
    iotsig_arena_fini(&profiles->arena);
    iotsig_memory_free(&profiles->context->allocator, profiles);
}

size_t iotsig_profiles_count(const struct iotsig_profiles *profiles)
{
    return profiles->count;
}

size_t iotsig_profiles_policies(const struct iotsig_profiles *profiles)
{
    size_t count = 0;
    for (size_t i = 0; i < profiles->count; i++)
        count += profiles->items[i]->policy_count;
    return count;
}

size_t iotsig_profiles_problems(const struct iotsig_profiles *profiles)
{
    return profiles->problems;
}
