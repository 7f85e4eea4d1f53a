/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MUD files (RFC 8520) of profiles.
 *
 * A policy becomes entries of access lists (RFC 8519): one for each pair of its hosts, and each of
 * its ports and types, in the list of the direction and the family. One end is the device, which an
 * entry does not name; the other is a network, a name, or what MUD has a word for.
 */
#define _GNU_SOURCE
#define _TIME_BITS 64 /* dates after 2038, also where a long has 32 bits */
#include "translate/mud.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/output.h"
#include "translate/json.h"
#include "translate/range.h"
#include "translate/rule.h"

/* RFC 8520 section 3: hours, 1 to 168; characters. */
#define CACHE_HOURS    48
#define SYSTEMINFO_MAX 60

/* The last second of the year 9999: date-and-time (RFC 6991) has four digits for the year. */
#define LAST_SECOND 253402300799

const struct mud_class mud_classes[2] = {{"dns-server", "urn:ietf:params:mud:dns"},
                                         {"ntp-server", "urn:ietf:params:mud:ntp"}};

bool iotsig_mud_is_uri(const char *text)
{
    size_t scheme = strcspn(text, ":");
    if (lower((uint8_t)text[0]) < 'a' || lower((uint8_t)text[0]) > 'z' || text[scheme] == '\0' ||
        text[scheme + 1] == '\0')
        return false;
    for (size_t i = 0; text[i] != '\0'; i++) {
        uint8_t c = (uint8_t)text[i];
        bool plain = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
        if (!plain && strchr(i < scheme ? "+-." : "-._~:/?#[]@!$&'()*+,;=%", c) == NULL)
            return false;
    }
    return true;
}

bool iotsig_mud_is_url(const char *text)
{
    static const char https[] = "https://";
    size_t n = sizeof https - 1;
    return strncmp(text, https, n) == 0 && text[n] != '\0' && text[n] != '/' &&
           iotsig_mud_is_uri(text);
}

bool iotsig_mud_is_character(struct bytes one)
{
    const uint8_t *p = one.p;
    switch (one.n) {
    case 1: return is_printable(p[0]);
    case 2: /* not U+0080 to U+009F */ return p[0] != 0xc2 || p[1] >= 0xa0;
    case 3: /* not U+FDD0 to U+FDEF, U+FFFE, U+FFFF */
        return p[0] != 0xef ||
               !((p[1] == 0xb7 && p[2] >= 0x90 && p[2] <= 0xaf) || (p[1] == 0xbf && p[2] >= 0xbe));
    case 4: /* not the last two of a plane */
        return (p[1] & 0x0f) != 0x0f || p[2] != 0xbf || p[3] < 0xbe;
    default: return false;
    }
}

unsigned iotsig_mud_number(unsigned protocol)
{
    switch (protocol) {
    case POLICY_TCP: return 6;
    case POLICY_UDP: return 17;
    case POLICY_ICMP: return 1;
    case POLICY_ICMPV6: return 58;
    case POLICY_IGMP: return 2;
    default: return 0;
    }
}

/* One host of a policy, as an entry says it. */
enum end_kind {
    END_ANY,
    END_SELF,
    END_NETWORK, /* `text`: a prefix */
    END_NAME,    /* `text`: a domain name */
    END_LOCAL,
    END_CONTROLLER, /* `text`: the URI of its class */
    END_MY_CONTROLLER
};

struct end {
    enum end_kind kind;
    const char *text;
};

struct ends {
    struct end *items;
    size_t count, capacity;
};

/* What is being written. */
struct writer {
    struct profile *profile;
    const struct iotsig_allocator *allocator;
    struct iotsig_arena arena; /* of one policy */
    struct ends src, dst;
    json_t *lists[2][2]; /* access lists: to the device, family 6; NULL: none yet */
    json_t *names[2][2]; /* names that their entries have */
    json_t *acls;        /* the list of all, and its reference */
    size_t count;        /* entries */
    unsigned suffix;     /* of the policy's last entry */
    bool no_memory;
};

/* What an entry is made of. */
struct entry {
    const struct policy *policy;
    uint8_t family;
    bool to_device, backward;
    const struct end *peer;
    enum policy_protocol transport;                        /* POLICY_PROTOCOLS: any */
    const struct number_range *src_port, *dst_port, *type; /* or NULL */
    const char *initiated;                                 /* of MUD; or NULL */
};

/* Sticks when there is no memory; takes the reference to the value. */
static void put(struct writer *writer, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        writer->no_memory = true;
}

static void append(struct writer *writer, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        writer->no_memory = true;
}

/* A new object that is a member already, and borrowed. */
static json_t *put_object(struct writer *writer, json_t *object, const char *name)
{
    put(writer, object, name, json_object());
    return json_object_get(object, name);
}

static json_t *put_array(struct writer *writer, json_t *object, const char *name)
{
    put(writer, object, name, json_array());
    return json_object_get(object, name);
}

static void lose(struct writer *writer, const struct policy *policy, const char *what)
{
    const struct tree_place nowhere = {0};
    iotsig_profile_problem(writer->profile, nowhere, true, policy, "left out of the MUD file: %s",
                           what);
}

/* Hosts. */

static bool add_end(struct writer *writer, struct ends *ends, enum end_kind kind, const char *text)
{
    const char *copy = NULL;
    if (text != NULL)
        copy = iotsig_arena_text(&writer->arena, text, strlen(text));
    if ((text != NULL && copy == NULL) ||
        !iotsig_array_grow(writer->allocator, &ends->items, &ends->capacity, ends->count + 1,
                           sizeof *ends->items)) {
        writer->no_memory = true;
        return false;
    }
    ends->items[ends->count++] = (struct end){kind, copy};
    return true;
}

/* The last address of the network that begins at `low` and has `free` bits behind its prefix. */
static struct address network_end(const struct address *low, size_t bits, size_t free)
{
    struct address end = *low;
    for (size_t i = bits - free; i < bits; i++)
        end.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
    return end;
}

/* How many bits of an address are 0 at its end. */
static size_t zeros(const struct address *address, size_t bits)
{
    size_t count = 0;
    while (count < bits && (address->bytes[(bits - 1 - count) / 8] >> count % 8 & 1) == 0)
        count++;
    return count;
}

/* The next address; false: there is none. */
static bool next_address(struct address *address, size_t bits)
{
    for (size_t i = bits / 8; i-- > 0;)
        if (++address->bytes[i] != 0)
            return true;
    return false;
}

static bool add_network(struct writer *writer, struct ends *ends, const struct address_range *range)
{
    char text[RANGE_TEXT + 8];
    iotsig_range_write(text, range);
    if (address_equal(&range->low, &range->high))
        snprintf(text + strlen(text), 8, range->low.version == 4 ? "/32" : "/128");
    return iotsig_ranges_are_all(range, 1) ? add_end(writer, ends, END_ANY, NULL)
                                           : add_end(writer, ends, END_NETWORK, text);
}

/* A range as the fewest networks. */
static bool add_networks(struct writer *writer, struct ends *ends,
                         const struct address_range *range)
{
    size_t bits = range->low.version == 4 ? 32 : 128;
    struct address_range network = {.low = range->low};
    do {
        size_t free = zeros(&network.low, bits);
        network.high = network_end(&network.low, bits, free);
        while (memcmp(network.high.bytes, range->high.bytes, 16) > 0)
            network.high = network_end(&network.low, bits, --free);
        if (!add_network(writer, ends, &network))
            return false;
        network.low = network.high;
    } while (next_address(&network.low, bits) &&
             memcmp(network.low.bytes, range->high.bytes, 16) <= 0);
    return true;
}

static bool is_own(const struct profile *profile, const struct address_range *range)
{
    const char *text = range->low.version == 4 ? profile->device.ipv4 : profile->device.ipv6;
    struct address own;
    return text != NULL && iotsig_address_parse(text, &own) && address_equal(&own, &range->low) &&
           address_equal(&own, &range->high);
}

static bool add_ranges(struct writer *writer, struct ends *ends, const struct policy_check *check)
{
    struct ranges all = {.allocator = writer->allocator};
    bool done = true;
    for (size_t i = 0; i < check->range_count && done; i++)
        done = iotsig_ranges_add(&all, &check->ranges[i]);
    if (done && check->outside) {
        iotsig_ranges_join(&all);
        done = iotsig_ranges_invert(&all, policy_family(check->field->protocol));
    }
    writer->no_memory = writer->no_memory || !done;
    for (size_t i = 0; i < all.count && done; i++)
        done = is_own(writer->profile, &all.items[i]) ? add_end(writer, ends, END_SELF, NULL)
                                                      : add_networks(writer, ends, &all.items[i]);
    iotsig_ranges_fini(&all);
    return done;
}

/* The URI of a word's class; NULL: MUD has none. */
static const char *class_of(const struct profile *profile, const char *word)
{
    const json_t *info = json_object_get(profile->root, "device-info");
    const char *uri =
        json_string_value(json_object_get(json_object_get(info, MUD_CONTROLLERS), word));
    for (size_t i = 0; i < sizeof mud_classes / sizeof *mud_classes; i++)
        if (strcmp(mud_classes[i].word, word) == 0)
            return mud_classes[i].uri;
    return uri != NULL && iotsig_mud_is_uri(uri) ? uri : NULL;
}

static bool add_word(struct writer *writer, struct ends *ends, const struct policy *policy,
                     const char *word)
{
    const char *uri = class_of(writer->profile, word);
    char text[160];
    if (strcmp(word, "self") == 0)
        return add_end(writer, ends, END_SELF, NULL);
    if (strcmp(word, "local") == 0)
        return add_end(writer, ends, END_LOCAL, NULL);
    if (strcmp(word, MUD_MY_CONTROLLER) == 0)
        return add_end(writer, ends, END_MY_CONTROLLER, NULL);
    if (uri != NULL)
        return add_end(writer, ends, END_CONTROLLER, uri);
    snprintf(text, sizeof text, "%.63s has no address (give --host WORD=ADDRESS)", word);
    lose(writer, policy, text);
    return false;
}

/* domain-name of RFC 6991: labels end with a letter or digit, and begin with one or `_`. */
static bool is_domain_name(struct text name)
{
    for (size_t i = 0; i < name.n; i++) {
        char next = i + 1 < name.n ? name.p[i + 1] : '.';
        if (next == '.' && (name.p[i] == '_' || name.p[i] == '-'))
            return false;
    }
    return true;
}

static bool add_names(struct writer *writer, struct ends *ends, const struct policy *policy,
                      const struct policy_check *check)
{
    for (size_t i = 0; i < check->text_count; i++) {
        const struct policy_text *text = &check->texts[i];
        if (text->match != MATCH_EXACT || !is_domain_name(text->bytes)) {
            lose(writer, policy,
                 text->match == MATCH_EXACT ? "a host name that MUD does not take"
                                            : "MUD has no suffixes of names");
            return false;
        }
        if (!add_end(writer, ends, END_NAME, text->bytes.p))
            return false;
    }
    return true;
}

/* All hosts of one side; false: it cannot be said, which has been told, or there is no memory. */
static bool add_hosts(struct writer *writer, struct ends *ends, const struct policy *policy,
                      const struct policy_check *check)
{
    ends->count = 0;
    if (check == NULL)
        return add_end(writer, ends, END_ANY, NULL);
    for (size_t i = 0; i < check->word_count; i++)
        if (!add_word(writer, ends, policy, check->words[i]))
            return false;
    return add_ranges(writer, ends, check) && add_names(writer, ends, policy, check);
}

/* Entries. */

static void put_port(struct writer *writer, json_t *transport, const char *name,
                     const struct number_range *port)
{
    if (port == NULL)
        return;
    json_t *match = put_object(writer, transport, name);
    if (port->low == port->high) {
        put(writer, match, "operator", json_string("eq"));
        put(writer, match, "port", json_integer((json_int_t)port->low));
    } else {
        put(writer, match, "lower-port", json_integer((json_int_t)port->low));
        put(writer, match, "upper-port", json_integer((json_int_t)port->high));
    }
}

static void put_transport(struct writer *writer, json_t *matches, const struct entry *entry)
{
    json_t *transport;
    if (entry->transport == POLICY_TCP || entry->transport == POLICY_UDP) {
        if (entry->src_port == NULL && entry->dst_port == NULL && entry->initiated == NULL)
            return;
        transport = put_object(writer, matches, entry->transport == POLICY_TCP ? "tcp" : "udp");
        put_port(writer, transport, "source-port", entry->src_port);
        put_port(writer, transport, "destination-port", entry->dst_port);
        if (entry->initiated != NULL)
            put(writer, transport, MUD_DIRECTION, json_string(entry->initiated));
    } else if (entry->type != NULL) {
        uint64_t type = entry->type->low;
        enum field_id id = entry->transport == POLICY_ICMP ? FIELD_ICMP_TYPE : FIELD_ICMPV6_TYPE;
        const struct field_word *word = iotsig_field_word(&policy_fields[id], type);
        transport = put_object(writer, matches, "icmp");
        put(writer, transport, "type",
            json_integer((json_int_t)(entry->backward && word != NULL ? word->reply : type)));
    }
}

static json_t *empty_leaf(void)
{
    return json_pack("[n]"); /* RFC 7951 section 6.9 */
}

static void put_peer(struct writer *writer, json_t *matches, json_t *network,
                     const struct entry *entry)
{
    static const char *const networks[2][2] = {{"destination-ipv4-network",
                                                "destination-ipv6-network"},
                                               {"source-ipv4-network", "source-ipv6-network"}};
    json_t *mud = NULL;
    switch (entry->peer->kind) {
    case END_NETWORK:
        put(writer, network, networks[entry->to_device][entry->family == 6],
            json_string(entry->peer->text));
        return;
    case END_NAME:
        put(writer, network, entry->to_device ? MUD_SRC_NAME : MUD_DST_NAME,
            json_string(entry->peer->text));
        return;
    case END_ANY:
    case END_SELF: return;
    default: mud = put_object(writer, matches, MUD_MUD);
    }
    if (entry->peer->kind == END_CONTROLLER)
        put(writer, mud, "controller", json_string(entry->peer->text));
    else
        put(writer, mud, entry->peer->kind == END_LOCAL ? "local-networks" : "my-controller",
            empty_leaf());
}

/* The access list of a direction and family. */
static json_t *list_of(struct writer *writer, const struct entry *entry)
{
    bool six = entry->family == 6;
    json_t **list = &writer->lists[entry->to_device][six];
    char plain[MUD_NAME_MAX - 16], name[MUD_NAME_MAX + 1];
    const char *device = writer->profile->device.name;
    if (*list != NULL)
        return *list;
    iotsig_plain_name(plain, sizeof plain, device != NULL ? device : "device", "_-.");
    snprintf(name, sizeof name, "mud-%s-v%c%s", plain, six ? '6' : '4',
             entry->to_device ? "to" : "fr");
    *list = json_object();
    writer->names[entry->to_device][six] = json_object();
    put(writer, *list, "name", json_string(name));
    put(writer, *list, "type", json_string(six ? "ipv6-acl-type" : "ipv4-acl-type"));
    put_array(writer, put_object(writer, *list, "aces"), "ace");
    append(writer, writer->acls, json_incref(*list));
    return *list;
}

/* The policy's name where it is plain, and a number for all but the first. */
static void name_entry(struct writer *writer, json_t *ace, const struct entry *entry)
{
    json_t *names = writer->names[entry->to_device][entry->family == 6];
    char plain[MUD_NAME_MAX - 12], name[MUD_NAME_MAX + 1];
    iotsig_plain_name(plain, sizeof plain, entry->policy->name, "_-.");
    snprintf(name, sizeof name, "%s", plain);
    if (writer->suffix > 1)
        snprintf(name, sizeof name, "%s-%u", plain, writer->suffix);
    while (json_object_get(names, name) != NULL)
        snprintf(name, sizeof name, "%s-%u", plain, ++writer->suffix);
    writer->suffix++;
    put(writer, names, name, json_true());
    put(writer, ace, "name", json_string(name));
}

static void write_entry(struct writer *writer, const struct entry *entry)
{
    json_t *list = list_of(writer, entry), *ace = json_object();
    append(writer, json_object_get(json_object_get(list, "aces"), "ace"), ace);
    if (writer->no_memory)
        return;
    name_entry(writer, ace, entry);
    json_t *matches = put_object(writer, ace, "matches");
    json_t *network = put_object(writer, matches, entry->family == 6 ? "ipv6" : "ipv4");
    if (entry->transport != POLICY_PROTOCOLS)
        put(writer, network, "protocol", json_integer(iotsig_mud_number(entry->transport)));
    put_peer(writer, matches, network, entry);
    if (json_object_size(network) == 0)
        json_object_del(matches, entry->family == 6 ? "ipv6" : "ipv4");
    put_transport(writer, matches, entry);
    put(writer, put_object(writer, ace, "actions"), "forwarding", json_string("accept"));
    writer->count++;
}

/* Policies. */

static const struct policy_check *check_of(const struct policy *policy, enum field_id id)
{
    for (size_t i = 0; i < policy->part_count; i++)
        if (policy->parts[i].protocol == policy_fields[id].protocol)
            return iotsig_part_check(&policy->parts[i], id);
    return NULL;
}

/* The protocols over IP: what the policy names, else what its application goes over, else any. */
static size_t transports_of(const struct policy *policy, enum policy_protocol to[POLICY_PROTOCOLS])
{
    unsigned named = 0, over = 0;
    size_t count = 0;
    for (size_t i = 0; i < policy->part_count; i++) {
        named |= PROTOCOL_BIT(policy->parts[i].protocol);
        over |= policy_protocols[policy->parts[i].protocol].over;
    }
    unsigned transports = PROTOCOL_BIT(POLICY_TCP) | PROTOCOL_BIT(POLICY_UDP) |
                          PROTOCOL_BIT(POLICY_ICMP) | PROTOCOL_BIT(POLICY_ICMPV6) |
                          PROTOCOL_BIT(POLICY_IGMP);
    unsigned wanted = (named & transports) != 0 ? named & transports : over;
    for (unsigned i = 0; i < POLICY_PROTOCOLS; i++)
        if ((wanted & PROTOCOL_BIT(i)) != 0)
            to[count++] = (enum policy_protocol)i;
    if (count == 0)
        to[count++] = POLICY_PROTOCOLS;
    return count;
}

/* The fields of a transport that entries hold; NO_FIELD: it has none. */
struct transport_fields {
    enum field_id src_port, dst_port, type;
};
#define NO_FIELD FIELD_COUNT

static struct transport_fields fields_of(enum policy_protocol transport)
{
    switch (transport) {
    case POLICY_TCP: return (struct transport_fields){FIELD_TCP_SRC, FIELD_TCP_DST, NO_FIELD};
    case POLICY_UDP: return (struct transport_fields){FIELD_UDP_SRC, FIELD_UDP_DST, NO_FIELD};
    case POLICY_ICMP: return (struct transport_fields){NO_FIELD, NO_FIELD, FIELD_ICMP_TYPE};
    case POLICY_ICMPV6: return (struct transport_fields){NO_FIELD, NO_FIELD, FIELD_ICMPV6_TYPE};
    default: return (struct transport_fields){NO_FIELD, NO_FIELD, NO_FIELD};
    }
}

/* The values of a field, or none: then it is not looked at. */
struct values {
    const struct number_range *items;
    size_t count; /* 1 at least */
};

static struct values values_of(const struct policy *policy, enum field_id id)
{
    const struct policy_check *check = id == NO_FIELD ? NULL : check_of(policy, id);
    return check == NULL ? (struct values){NULL, 1}
                         : (struct values){check->numbers, check->number_count};
}

static const struct number_range *value_at(struct values values, size_t i)
{
    return values.items == NULL ? NULL : &values.items[i];
}

/* What a policy is written with. */
struct plan {
    enum policy_protocol transports[POLICY_PROTOCOLS];
    size_t transport_count;
    struct {
        struct values src, dst, type;
    } values[POLICY_PROTOCOLS]; /* of `transports` */
};

static void make_plan(struct plan *plan, const struct policy *policy)
{
    plan->transport_count = transports_of(policy, plan->transports);
    for (size_t i = 0; i < plan->transport_count; i++) {
        struct transport_fields fields = fields_of(plan->transports[i]);
        plan->values[i].src = values_of(policy, fields.src_port);
        plan->values[i].dst = values_of(policy, fields.dst_port);
        plan->values[i].type = values_of(policy, fields.type);
    }
}

/* How many entries a policy becomes; lists have few thousand values, so that no product overflows.
 */
static uint64_t count_entries(const struct writer *writer, const struct plan *plan,
                              const struct policy *policy)
{
    uint64_t hosts = (uint64_t)writer->src.count * writer->dst.count, values = 0;
    for (size_t i = 0; i < plan->transport_count; i++)
        values += (uint64_t)plan->values[i].src.count * plan->values[i].dst.count *
                  plan->values[i].type.count;
    if (hosts > MUD_ACES_MAX || values > MUD_ACES_MAX)
        return UINT64_MAX;
    return hosts * values * (policy->bidirectional ? 2 : 1);
}

/* Writes the entries of one transport and one pair of hosts in one direction. */
static void write_values(struct writer *writer, const struct plan *plan, size_t transport,
                         struct entry entry)
{
    struct values src = plan->values[transport].src, dst = plan->values[transport].dst,
                  type = plan->values[transport].type;
    for (size_t i = 0; i < src.count; i++)
        for (size_t j = 0; j < dst.count; j++)
            for (size_t k = 0; k < type.count && !writer->no_memory; k++) {
                entry.src_port = entry.backward ? value_at(dst, j) : value_at(src, i);
                entry.dst_port = entry.backward ? value_at(src, i) : value_at(dst, j);
                entry.type = value_at(type, k);
                write_entry(writer, &entry);
            }
}

static const char *initiated(const struct policy *policy, bool by_source)
{
    if (policy->initiator == INITIATOR_ANY)
        return NULL;
    return (policy->initiator == INITIATOR_SRC) == by_source ? "from-device" : "to-device";
}

static void write_pair(struct writer *writer, const struct plan *plan, const struct policy *policy,
                       const struct end *src, const struct end *dst, bool backward)
{
    bool from_self = src->kind == END_SELF;
    struct entry entry = {.policy = policy,
                          .family = iotsig_policy_has(policy, POLICY_IPV6) ? 6 : 4,
                          .to_device = from_self == backward,
                          .backward = backward,
                          .peer = from_self ? dst : src};
    for (size_t i = 0; i < plan->transport_count; i++) {
        entry.transport = plan->transports[i];
        entry.initiated = entry.transport == POLICY_TCP ? initiated(policy, from_self) : NULL;
        write_values(writer, plan, i, entry);
    }
}

/* One end of each pair is the device, and the other is not. */
static bool has_device(const struct writer *writer)
{
    for (size_t i = 0; i < writer->src.count; i++)
        for (size_t j = 0; j < writer->dst.count; j++)
            if ((writer->src.items[i].kind == END_SELF) == (writer->dst.items[j].kind == END_SELF))
                return false;
    return true;
}

/* What the entries do not hold, so that they accept more. */
static void tell_losses(struct writer *writer, const struct policy *policy, const struct plan *plan)
{
    const struct tree_place nowhere = {0};
    char what[128] = "";
    size_t n = 0;
    bool tcp = plan->transport_count == 1 && plan->transports[0] == POLICY_TCP;
    const char *losses[POLICY_PROTOCOLS + 2];
    size_t count = 0;
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct policy_part *part = &policy->parts[i];
        if (policy_protocols[part->protocol].queued &&
            (part->protocol != POLICY_IGMP || part->count > 0))
            losses[count++] = policy_protocols[part->protocol].name;
    }
    if (policy->forward.rate.count > 0 || policy->backward.rate.count > 0 ||
        policy->forward.has_size || policy->backward.has_size || policy->counts || policy->lasts)
        losses[count++] = "stats";
    if (policy->initiator != INITIATOR_ANY && !tcp)
        losses[count++] = "initiator";
    for (size_t i = 0; i < count && n < sizeof what; i++)
        n += (size_t)snprintf(what + n, sizeof what - n, "%s%s", i == 0 ? "" : ", ", losses[i]);
    if (count > 0)
        iotsig_profile_problem(writer->profile, nowhere, true, policy,
                               "MUD does not hold %s: the file accepts more than the policy covers",
                               what);
}

static void write_policy(struct writer *writer, const struct policy *policy)
{
    struct plan plan;
    enum field_id src = FIELD_IPV4_SRC, dst = FIELD_IPV4_DST;
    if (iotsig_policy_has(policy, POLICY_IPV6)) {
        src = FIELD_IPV6_SRC;
        dst = FIELD_IPV6_DST;
    } else if (!iotsig_policy_has(policy, POLICY_IPV4)) {
        lose(writer, policy, "neither ipv4 nor ipv6");
        return;
    }
    if (!add_hosts(writer, &writer->src, policy, check_of(policy, src)) ||
        !add_hosts(writer, &writer->dst, policy, check_of(policy, dst)))
        return;
    if (!has_device(writer)) {
        lose(writer, policy, "not one end of it is the device (self)");
        return;
    }
    make_plan(&plan, policy);
    if (count_entries(writer, &plan, policy) > MUD_ACES_MAX - writer->count) {
        lose(writer, policy, "the file would have more than 65536 entries");
        return;
    }
    tell_losses(writer, policy, &plan);
    for (int backward = 0; backward <= (policy->bidirectional ? 1 : 0); backward++) {
        writer->suffix = 1;
        for (size_t i = 0; i < writer->src.count; i++)
            for (size_t j = 0; j < writer->dst.count; j++)
                write_pair(writer, &plan, policy, &writer->src.items[i], &writer->dst.items[j],
                           backward == 1);
    }
}

/* The document. */

/* SOURCE_DATE_EPOCH: a build that is repeated writes the same. */
static int write_date(char to[32], struct iotsig_error *error)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds = (uint64_t)time(NULL);
    struct tm parts;
    if (given != NULL && given[0] != '\0' && !iotsig_number(text_of(given), LAST_SECOND, &seconds))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "SOURCE_DATE_EPOCH is no number of seconds");
    time_t when = (time_t)seconds;
    if (gmtime_r(&when, &parts) == NULL || strftime(to, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "there is no date");
    return 0;
}

/* A text of printable characters, not longer than MUD has it. */
static json_t *systeminfo(const char *name)
{
    char text[4 * SYSTEMINFO_MAX];
    struct bytes rest = {(const uint8_t *)name, strlen(name)};
    size_t n = 0;
    for (size_t i = 0; i < SYSTEMINFO_MAX && rest.n > 0; i++) {
        size_t length = iotsig_utf8_length(rest), step = length > 0 ? length : 1;
        bool plain = iotsig_mud_is_character((struct bytes){rest.p, length});
        if (plain)
            memcpy(text + n, rest.p, step);
        else
            text[n] = '?';
        n += plain ? step : 1;
        rest = (struct bytes){rest.p + step, rest.n - step};
    }
    return json_stringn(text, n);
}

static json_t *url_of(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    const json_t *info = json_object_get(profile->root, "device-info");
    const json_t *given = json_object_get(info, MUD_URL);
    const char *text = json_string_value(given);
    char plain[MUD_NAME_MAX];
    if (text != NULL && iotsig_mud_is_url(text))
        return json_string(text);
    if (given != NULL)
        iotsig_profile_problem(writer->profile, iotsig_profile_place(profile, info, MUD_URL, 0),
                               true, NULL,
                               "device-info.%s: no URL with https (another one is written)",
                               MUD_URL);
    iotsig_plain_name(plain, sizeof plain,
                      profile->device.name != NULL ? profile->device.name : "device", "_-.");
    return json_sprintf("https://mud.invalid/%s.json", plain);
}

static void put_lists(struct writer *writer, json_t *mud, const char *name, bool to_device)
{
    json_t *const *lists = writer->lists[to_device];
    if (lists[0] == NULL && lists[1] == NULL)
        return;
    json_t *names =
        put_array(writer, put_object(writer, put_object(writer, mud, name), "access-lists"),
                  "access-list");
    for (size_t i = 0; i < 2; i++) {
        json_t *one;
        if (lists[i] == NULL)
            continue;
        append(writer, names, one = json_object());
        if (!writer->no_memory)
            put(writer, one, "name", json_incref(json_object_get(lists[i], "name")));
    }
}

/* Lists of entries are full; NULL: no memory. */
static json_t *make_document(struct writer *writer, const char *date)
{
    json_t *root = json_object(), *mud = put_object(writer, root, MUD_MUD);
    const char *name = writer->profile->device.name;
    put(writer, mud, "mud-version", json_integer(1));
    put(writer, mud, "mud-url", url_of(writer));
    put(writer, mud, "last-update", json_string(date));
    put(writer, mud, "cache-validity", json_integer(CACHE_HOURS));
    put(writer, mud, "is-supported", json_true());
    if (name != NULL)
        put(writer, mud, "systeminfo", systeminfo(name));
    put_lists(writer, mud, "from-device-policy", false);
    put_lists(writer, mud, "to-device-policy", true);
    put(writer, put_object(writer, root, MUD_ACLS), "acl", json_incref(writer->acls));
    if (!writer->no_memory)
        return root;
    json_decref(root);
    return NULL;
}

static void finish(struct writer *writer)
{
    for (size_t i = 0; i < 4; i++) {
        json_decref(writer->lists[i / 2][i % 2]);
        json_decref(writer->names[i / 2][i % 2]);
    }
    json_decref(writer->acls);
    iotsig_memory_free(writer->allocator, writer->src.items);
    iotsig_memory_free(writer->allocator, writer->dst.items);
    iotsig_arena_fini(&writer->arena);
}

static int write_document(struct writer *writer, struct iotsig_output *output,
                          struct iotsig_error *error)
{
    char date[32];
    int status = write_date(date, error);
    for (size_t i = 0; i < writer->profile->policy_count && !writer->no_memory && status == 0;
         i++) {
        write_policy(writer, &writer->profile->policies[i]);
        iotsig_arena_reset(&writer->arena);
    }
    if (status != 0)
        return status;
    if (writer->count == 0 && !writer->no_memory)
        return iotsig_fail(error, IOTSIG_ERR_EMPTY, "no policy can be one of MUD");
    json_t *root = make_document(writer, date);
    if (root == NULL)
        return iotsig_fail_memory(error);
    iotsig_put_tree(output, root);
    put_string(output, "\n");
    json_decref(root);
    return 0;
}

int iotsig_profiles_write_mud(struct iotsig_profiles *profiles, struct iotsig_output *output,
                              struct iotsig_error *error)
{
    if (profiles->count != 1)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "a MUD file is one device's (give one input)");
    struct writer writer = {.profile = profiles->items[0],
                            .allocator = &profiles->context->allocator,
                            .acls = json_array()};
    writer.no_memory = writer.acls == NULL;
    iotsig_arena_init(&writer.arena, writer.allocator);
    int status = write_document(&writer, output, error);
    finish(&writer);
    return status;
}
