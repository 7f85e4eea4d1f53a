/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MUD files (RFC 8520) as profiles.
 *
 * Each entry of an access list (RFC 8519) that a direction of the file uses, and that accepts,
 * becomes a policy; one from the device and the same to it become one policy of both directions.
 * What is wrong is told, with the names of list and entry. An entry with something that a policy
 * has no word for is not used: without it the policy would be wider.
 */
#include "translate/mud.h"

#include <stdarg.h>
#include <stdio.h>

#include "translate/range.h"
#include "translate/rule.h"

/* For messages. */
#define WHAT_MAX  128
#define SHOWN_MAX 120

#define PORT_MAX   UINT16_MAX
#define PORTS_TEXT 16

/* Longest name of a device that is made of other texts, with its NUL. */
#define DEVICE_ROOM 49

/* The drafts before RFC 8519 called it so, and there are files that still do. */
#define OLD_ACLS "ietf-access-control-list:access-lists"

enum who { WHO_ANY, WHO_DEVICE, WHO_PEER };

/* An entry that accepts, as a policy will say it. Texts are of the list's arena. */
struct accepted {
    const char *acl, *name;
    bool to_device;
    uint8_t family;                                     /* 4, 6 */
    enum policy_protocol transport;                     /* POLICY_PROTOCOLS: any */
    const char *peer;                                   /* NULL: any */
    char own_ports[PORTS_TEXT], peer_ports[PORTS_TEXT]; /* "": any */
    int type;                                           /* of ICMP; -1: any */
    enum who initiator;
    size_t next; /* of the same key; those behind the end: none */
    bool joined; /* it is the other direction of another one */
};

struct reader {
    struct iotsig_profiles *profiles;
    struct profile probe;        /* for messages */
    json_t *acls;                /* by name, borrowed values */
    json_t *words, *controllers; /* of the profile: hosts, and their URIs */
    const char *acl, *ace;       /* where the reader is; or NULL */
    bool to_device;
    struct accepted *items;
    size_t count, capacity;
    bool no_memory;
};

/* Messages. */

static void tell(struct reader *reader, bool warning, const char *format, ...) PRINTF_LIKE(3, 4);

static void tell(struct reader *reader, bool warning, const char *format, ...)
{
    const struct tree_place nowhere = {0};
    char name[2 * MUD_NAME_MAX + 2], shown[SHOWN_MAX], what[WHAT_MAX];
    struct policy policy = {.shown = shown};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (reader->acl == NULL) {
        iotsig_profile_problem(&reader->probe, nowhere, warning, NULL, "%s", what);
        return;
    }
    if (reader->ace != NULL)
        snprintf(name, sizeof name, "%.64s/%.64s", reader->acl, reader->ace);
    else
        snprintf(name, sizeof name, "%.64s", reader->acl);
    shown[iotsig_escape(shown, sizeof shown - 1,
                        (struct bytes){(const uint8_t *)name, strlen(name)})] = '\0';
    iotsig_profile_problem(&reader->probe, nowhere, warning, &policy, "%s", what);
}

/* What the file says is wrong. Answers false, as what is called for an entry does. */
#define refuse(reader, ...) (tell(reader, false, __VA_ARGS__), false)

/* What it says is right, and a policy has no word for it. */
static bool no_word(struct reader *reader, const char *where, const char *name)
{
    bool lenient = reader->profiles->settings.lenient;
    tell(reader, lenient, "policies have nothing like %.30s%.40s%s", where, name,
         lenient ? " (it is left out)" : "");
    return false;
}

/* Members. */

/* Whether all members of an object are among those named; those that are not are told of. */
static bool has_only(struct reader *reader, const json_t *object, const char *where,
                     const char *const known[])
{
    const char *name;
    json_t *value;
    bool good = true;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            good = no_word(reader, where, name);
    }
    return good;
}

static bool is_object(struct reader *reader, const json_t *value, const char *what)
{
    return json_is_object(value) || refuse(reader, "%s: no object", what);
}

/* A number of a member; false: it is none to `max`, which has been told. */
static bool take_number(struct reader *reader, const json_t *object, const char *name, unsigned max,
                        unsigned *number)
{
    const json_t *value = json_object_get(object, name);
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || n > (json_int_t)max)
        return refuse(reader, "%s: no number to %u", name, max);
    *number = (unsigned)n;
    return true;
}

/* An identity of the access lists' module, with its name in front or without. */
static bool is_identity(const json_t *value, const char *name)
{
    static const char module[] = "ietf-access-control-list:";
    const char *text = json_string_value(value);
    if (text != NULL && strncmp(text, module, sizeof module - 1) == 0)
        text += sizeof module - 1;
    return text != NULL && strcmp(text, name) == 0;
}

/* Keys of lists: no longer than they may be, without control characters. */
static bool is_name(const char *text)
{
    struct bytes rest = {(const uint8_t *)text, strlen(text)};
    size_t count = 0;
    for (size_t n; rest.n > 0; rest = (struct bytes){rest.p + n, rest.n - n}, count++) {
        n = iotsig_utf8_length(rest);
        if (n == 0 || !iotsig_mud_is_character((struct bytes){rest.p, n}))
            return false;
    }
    return count > 0 && count <= MUD_NAME_MAX;
}

/* The other host. */

static const char *keep(struct reader *reader, const char *text)
{
    char *copy = iotsig_arena_text(&reader->profiles->arena, text, strlen(text));
    reader->no_memory = reader->no_memory || copy == NULL;
    return copy;
}

/* An entry has one condition on the other host: a policy's list would mean one of them, not all. */
static bool set_peer(struct reader *reader, struct accepted *to, const char *text)
{
    if (to->peer != NULL)
        return no_word(reader, "", "two conditions on one host");
    to->peer = keep(reader, text);
    return to->peer != NULL;
}

/* "ADDRESS/LENGTH"; bits behind the length count for nothing (RFC 6991 section 4). */
static bool parse_prefix(const char *text, uint8_t family, struct address_range *range)
{
    char address[IOTSIG_ADDRESS_TEXT];
    size_t n = strcspn(text, "/"), bits = family == 4 ? 32 : 128;
    uint64_t length;
    if (n >= sizeof address || text[n] == '\0')
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (!iotsig_address_parse(address, &range->low) || range->low.version != family ||
        !iotsig_number(text_of(text + n + 1), bits, &length))
        return false;
    range->high = range->low;
    for (size_t i = (size_t)length; i < bits; i++) {
        uint8_t bit = (uint8_t)(0x80 >> i % 8);
        range->low.bytes[i / 8] &= (uint8_t)~bit;
        range->high.bytes[i / 8] |= bit;
    }
    return true;
}

static bool take_network(struct reader *reader, const json_t *network, const char *name,
                         struct accepted *to)
{
    const char *text = json_string_value(json_object_get(network, name));
    struct address_range range;
    char written[RANGE_TEXT];
    if (text == NULL || !parse_prefix(text, to->family, &range))
        return refuse(reader, "%s: no prefix of IPv%u", name, (unsigned)to->family);
    if (iotsig_ranges_are_all(&range, 1))
        return true;
    iotsig_range_write(written, &range);
    return set_peer(reader, to, written);
}

/* A name that can be nothing else for a profile: a single label has a dot at its end, for it is no
 * word. */
static bool take_name(struct reader *reader, const json_t *network, const char *name,
                      struct accepted *to)
{
    const char *text = json_string_value(json_object_get(network, name));
    char room[256];
    struct address address;
    size_t n = text == NULL ? 0 : strlen(text), last = n;
    if (text != NULL && iotsig_address_parse(text, &address))
        return set_peer(reader, to, text);
    if (n == 0 || n > 253 ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != n)
        return refuse(reader, "%s: no name of a host", name);
    if (text[n - 1] == '.')
        last--;
    while (last > 0 && text[last - 1] != '.')
        last--;
    if (is_digit((uint8_t)text[last]) && strspn(text + last, "0123456789.") == n - last)
        return refuse(reader, "%s: no name of a host", name);
    snprintf(room, sizeof room, "%s%s", text, strchr(text, '.') == NULL ? "." : "");
    return set_peer(reader, to, room);
}

/* A host word that the profile's reader has to give an address. */
static bool set_word(struct reader *reader, struct accepted *to, const char *word, const char *uri)
{
    if (json_object_set_new(reader->words, word, json_null()) != 0 ||
        (uri != NULL && json_object_set_new(reader->controllers, word, json_string(uri)) != 0)) {
        reader->no_memory = true;
        return false;
    }
    return set_peer(reader, to, word);
}

static bool take_controller(struct reader *reader, const json_t *value, struct accepted *to)
{
    const char *uri = json_string_value(value);
    char word[MUD_NAME_MAX];
    if (uri == NULL || !iotsig_mud_is_uri(uri))
        return refuse(reader, "controller: no URI");
    for (size_t i = 0; i < sizeof mud_classes / sizeof *mud_classes; i++)
        if (strcmp(uri, mud_classes[i].uri) == 0)
            return set_word(reader, to, mud_classes[i].word, NULL);
    /* A class of somebody's own: a word of its letters, and a hash where it has others. */
    snprintf(word, sizeof word, "%s-", MUD_MY_CONTROLLER);
    size_t n = strlen(word);
    iotsig_plain_name(word + n, sizeof word - n, uri, "-");
    for (size_t i = n; word[i] != '\0'; i++)
        word[i] = (char)lower((uint8_t)word[i]);
    return set_word(reader, to, word, uri);
}

static bool take_mud(struct reader *reader, const json_t *mud, struct accepted *to)
{
    const char *name;
    json_t *value;
    bool good = is_object(reader, mud, MUD_MUD);
    json_object_foreach((json_t *)(uintptr_t)mud, name, value) {
        bool local = strcmp(name, "local-networks") == 0;
        if (strcmp(name, "controller") == 0)
            good = take_controller(reader, value, to) && good;
        else if (!local && strcmp(name, "my-controller") != 0)
            good = no_word(reader, "", name);
        else if (json_array_size(value) != 1 || !json_is_null(json_array_get(value, 0)))
            good = refuse(reader, "%s: not [null]", name);
        else
            good = (local ? set_peer(reader, to, "local")
                          : set_word(reader, to, MUD_MY_CONTROLLER, NULL)) &&
                   good;
    }
    return good;
}

/* Protocols. */

static bool set_transport(struct reader *reader, struct accepted *to,
                          enum policy_protocol transport)
{
    if (to->transport != POLICY_PROTOCOLS && to->transport != transport)
        return refuse(reader, "two protocols over IP");
    to->transport = transport;
    return true;
}

static bool take_protocol(struct reader *reader, const json_t *network, struct accepted *to)
{
    unsigned number = 0;
    char text[24];
    if (json_object_get(network, "protocol") == NULL)
        return true;
    if (!take_number(reader, network, "protocol", UINT8_MAX, &number))
        return false;
    for (unsigned i = 0; i < POLICY_PROTOCOLS; i++)
        if (number != 0 && iotsig_mud_number(i) == number)
            return set_transport(reader, to, (enum policy_protocol)i);
    snprintf(text, sizeof text, "protocol %u", number);
    return no_word(reader, "", text);
}

static bool take_ip(struct reader *reader, const json_t *matches, const char *name,
                    struct accepted *to)
{
    static const char *const known[2][2][4] = {
        {{"protocol", "destination-ipv4-network", MUD_DST_NAME, NULL},
         {"protocol", "destination-ipv6-network", MUD_DST_NAME, NULL}},
        {{"protocol", "source-ipv4-network", MUD_SRC_NAME, NULL},
         {"protocol", "source-ipv6-network", MUD_SRC_NAME, NULL}}};
    const json_t *network = json_object_get(matches, name);
    const char *const *names = known[to->to_device][to->family == 6];
    char where[8];
    if (!is_object(reader, network, name))
        return false;
    snprintf(where, sizeof where, "%s.", name);
    bool good = has_only(reader, network, where, names);
    good = take_protocol(reader, network, to) && good;
    if (json_object_get(network, names[1]) != NULL)
        good = take_network(reader, network, names[1], to) && good;
    if (json_object_get(network, names[2]) != NULL)
        good = take_name(reader, network, names[2], to) && good;
    return good;
}

static bool take_range(struct reader *reader, const json_t *match, const char *name,
                       char ports[PORTS_TEXT])
{
    unsigned low = 0, high = PORT_MAX, port = 0;
    const json_t *operator= json_object_get(match, "operator");
    const char *is = operator== NULL ? "eq" : json_string_value(operator);
    bool range = json_object_get(match, "lower-port") != NULL ||
                 json_object_get(match, "upper-port") != NULL;
    if (range && (operator!= NULL || json_object_get(match, "port") != NULL))
        return refuse(reader, "%s: both an operator and a range", name);
    if (range) {
        if (!take_number(reader, match, "lower-port", PORT_MAX, &low) ||
            !take_number(reader, match, "upper-port", PORT_MAX, &high))
            return false;
        if (low > high)
            return refuse(reader, "%s: the lower port is the higher one", name);
    } else {
        if (!take_number(reader, match, "port", PORT_MAX, &port))
            return false;
        if (is != NULL && strcmp(is, "neq") == 0)
            return no_word(reader, name, ": neq");
        if (is == NULL ||
            (strcmp(is, "eq") != 0 && strcmp(is, "lte") != 0 && strcmp(is, "gte") != 0))
            return refuse(reader, "%s: no operator", name);
        low = is[0] == 'l' ? 0 : port;
        high = is[0] == 'g' ? PORT_MAX : port;
    }
    if (low == high)
        snprintf(ports, PORTS_TEXT, "%u", low);
    else if (low > 0 || high < PORT_MAX)
        snprintf(ports, PORTS_TEXT, "%u-%u", low, high);
    return true;
}

static bool take_ports(struct reader *reader, const json_t *transport, const char *name,
                       char ports[PORTS_TEXT])
{
    static const char *const known[] = {"operator", "port", "lower-port", "upper-port", NULL};
    const json_t *match = json_object_get(transport, name);
    char where[24];
    if (match == NULL)
        return true;
    snprintf(where, sizeof where, "%s.", name);
    return is_object(reader, match, name) && has_only(reader, match, where, known) &&
           take_range(reader, match, name, ports);
}

static bool take_initiator(struct reader *reader, const json_t *transport, struct accepted *to)
{
    const json_t *value = json_object_get(transport, MUD_DIRECTION);
    const char *text = json_string_value(value);
    if (value == NULL)
        return true;
    bool from = text != NULL && strcmp(text, "from-device") == 0;
    if (!from && (text == NULL || strcmp(text, "to-device") != 0))
        return refuse(reader, "%s: neither from-device nor to-device", MUD_DIRECTION);
    to->initiator = from ? WHO_DEVICE : WHO_PEER;
    return true;
}

static bool take_transport(struct reader *reader, const json_t *matches, const char *name,
                           enum policy_protocol protocol, struct accepted *to)
{
    static const char *const known[] = {"source-port", "destination-port", NULL, NULL},
                             *const tcp[] = {"source-port", "destination-port", MUD_DIRECTION,
                                             NULL};
    const json_t *transport = json_object_get(matches, name);
    char where[8];
    if (!is_object(reader, transport, name))
        return false;
    snprintf(where, sizeof where, "%s.", name);
    bool good = set_transport(reader, to, protocol);
    good = has_only(reader, transport, where, protocol == POLICY_TCP ? tcp : known) && good;
    good = take_ports(reader, transport, "source-port",
                      to->to_device ? to->peer_ports : to->own_ports) &&
           good;
    good = take_ports(reader, transport, "destination-port",
                      to->to_device ? to->own_ports : to->peer_ports) &&
           good;
    return (protocol != POLICY_TCP || take_initiator(reader, transport, to)) && good;
}

static bool take_icmp(struct reader *reader, const json_t *matches, struct accepted *to)
{
    static const char *const known[] = {"type", NULL};
    const json_t *icmp = json_object_get(matches, "icmp");
    unsigned type = 0;
    if (!is_object(reader, icmp, "icmp") || !has_only(reader, icmp, "icmp.", known) ||
        !set_transport(reader, to, to->family == 6 ? POLICY_ICMPV6 : POLICY_ICMP))
        return false;
    if (json_object_get(icmp, "type") == NULL)
        return true;
    if (!take_number(reader, icmp, "type", UINT8_MAX, &type))
        return false;
    to->type = (int)type;
    return true;
}

/* Entries. */

/* The family, by what is matched, else by the list's type; 0: it cannot be told, which has been
 * told. */
static uint8_t family_of(struct reader *reader, const json_t *acl, const json_t *matches)
{
    const json_t *type = json_object_get(acl, "type");
    bool four = json_object_get(matches, "ipv4") != NULL,
         six = json_object_get(matches, "ipv6") != NULL;
    bool type_four = is_identity(type, "ipv4-acl-type"),
         type_six = is_identity(type, "ipv6-acl-type");
    if ((four && six) || (four && type_six) || (six && type_four)) {
        tell(reader, false, "IPv4 and IPv6 in one entry, or one in a list of the other");
        return 0;
    }
    if (four || six)
        return four ? 4 : 6;
    if (!type_four && !type_six)
        tell(reader, false, "of IPv4 or IPv6? (neither the entry nor its list says so)");
    return type_four ? 4 : type_six ? 6 : 0;
}

static bool take_matches(struct reader *reader, const json_t *acl, const json_t *matches,
                         struct accepted *to)
{
    static const char *const known[] = {"ipv4", "ipv6", "tcp", "udp", "icmp", MUD_MUD, NULL};
    if (matches != NULL && !is_object(reader, matches, "matches"))
        return false;
    to->family = family_of(reader, acl, matches);
    if (to->family == 0)
        return false;
    bool good = has_only(reader, matches, "", known);
    if (json_object_get(matches, "ipv4") != NULL || json_object_get(matches, "ipv6") != NULL)
        good = take_ip(reader, matches, to->family == 4 ? "ipv4" : "ipv6", to) && good;
    if (json_object_get(matches, MUD_MUD) != NULL)
        good = take_mud(reader, json_object_get(matches, MUD_MUD), to) && good;
    if (json_object_get(matches, "tcp") != NULL)
        good = take_transport(reader, matches, "tcp", POLICY_TCP, to) && good;
    if (json_object_get(matches, "udp") != NULL)
        good = take_transport(reader, matches, "udp", POLICY_UDP, to) && good;
    if (json_object_get(matches, "icmp") != NULL)
        good = take_icmp(reader, matches, to) && good;
    if (good && (to->transport == POLICY_ICMP || to->transport == POLICY_ICMPV6 ||
                 to->transport == POLICY_IGMP))
        good = (to->transport == POLICY_ICMPV6) == (to->family == 6) ||
               refuse(reader, "a protocol of the other family of addresses");
    return good;
}

/* Whether the entry is one that accepts; what it denies is no flow of the device. */
static bool accepts(struct reader *reader, const json_t *ace)
{
    const json_t *forwarding = json_object_get(json_object_get(ace, "actions"), "forwarding");
    if (is_identity(forwarding, "accept"))
        return true;
    if (!is_identity(forwarding, "drop") && !is_identity(forwarding, "reject"))
        return refuse(reader, "actions.forwarding: neither accept, drop nor reject");
    tell(reader, true, "left out: it denies what is no flow of the device then");
    return false;
}

static void take_ace(struct reader *reader, const json_t *acl, const json_t *ace)
{
    static const char *const known[] = {"name", "matches", "actions", "statistics", NULL};
    struct accepted accepted = {.acl = reader->acl,
                                .name = reader->ace,
                                .to_device = reader->to_device,
                                .transport = POLICY_PROTOCOLS,
                                .type = -1};
    bool good = has_only(reader, ace, "", known);
    if (!accepts(reader, ace) ||
        !take_matches(reader, acl, json_object_get(ace, "matches"), &accepted) || !good ||
        reader->no_memory)
        return;
    if (!iotsig_array_grow(&reader->profiles->context->allocator, &reader->items, &reader->capacity,
                           reader->count + 1, sizeof *reader->items)) {
        reader->no_memory = true;
        return;
    }
    reader->items[reader->count++] = accepted;
}

/* The key of an item of a list that no other item has; NULL: that has been told. */
static const char *take_key(struct reader *reader, const json_t *item, json_t *seen,
                            const char *what)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    if (name == NULL || !is_name(name)) {
        tell(reader, false, "%s has no name of 1 to %d characters", what, MUD_NAME_MAX);
        return NULL;
    }
    if (json_object_get(seen, name) != NULL) {
        tell(reader, false, "%s of the name %.64s is there twice", what, name);
        return NULL;
    }
    if (json_object_set_new(seen, name, json_true()) != 0) {
        reader->no_memory = true;
        return NULL;
    }
    return name;
}

static void take_acl(struct reader *reader, const json_t *acl)
{
    const json_t *aces = json_object_get(json_object_get(acl, "aces"), "ace"), *ace;
    json_t *seen = json_object();
    size_t i;
    if (json_object_get(acl, "aces") != NULL && !json_is_array(aces))
        tell(reader, false, "aces.ace: no list");
    json_array_foreach(aces, i, ace) {
        if (reader->no_memory)
            break;
        if (reader->count == MUD_ACES_MAX) {
            tell(reader, false, "more than %d entries", MUD_ACES_MAX);
            break;
        }
        reader->ace = NULL;
        reader->ace = take_key(reader, ace, seen, "an entry");
        if (reader->ace != NULL)
            take_ace(reader, acl, ace);
    }
    reader->ace = NULL;
    json_decref(seen);
}

/* The lists that a direction uses. */
static void take_direction(struct reader *reader, const json_t *mud, bool to_device, json_t *used)
{
    const char *which = to_device ? "to-device-policy" : "from-device-policy", *name;
    const json_t *policy = json_object_get(mud, which);
    const json_t *lists = json_object_get(json_object_get(policy, "access-lists"), "access-list"),
                 *list;
    json_t *seen = json_object();
    size_t i;
    reader->to_device = to_device;
    if (policy != NULL && !json_is_array(lists))
        tell(reader, false, "%s.access-lists.access-list: no list", which);
    json_array_foreach(lists, i, list) {
        if (reader->no_memory || (name = take_key(reader, list, seen, which)) == NULL)
            continue;
        const json_t *acl = json_object_get(reader->acls, name);
        if (acl == NULL) {
            tell(reader, false, "%s: there is no list %.64s", which, name);
            continue;
        }
        if (json_object_set_new(used, name, json_true()) != 0)
            reader->no_memory = true;
        reader->acl = name;
        take_acl(reader, acl);
        reader->acl = NULL;
    }
    json_decref(seen);
}

/* All lists, by their names. */
static void index_acls(struct reader *reader, const json_t *root)
{
    const json_t *acls = json_object_get(root, MUD_ACLS);
    if (acls == NULL)
        acls = json_object_get(root, OLD_ACLS);
    const json_t *list = json_object_get(acls, "acl");
    json_t *acl, *seen = json_object();
    size_t i;
    if (!json_is_array(list))
        tell(reader, false, "%s.acl: no list", MUD_ACLS);
    json_array_foreach(list, i, acl) {
        const char *name = take_key(reader, acl, seen, "an access list");
        if (name != NULL && json_object_set(reader->acls, name, acl) != 0)
            reader->no_memory = true;
    }
    json_decref(seen);
}

static void tell_unused(struct reader *reader, const json_t *used)
{
    const char *name;
    json_t *acl;
    json_object_foreach(reader->acls, name, acl)
        if (json_object_get(used, name) == NULL)
            tell(reader, true, "the list %.64s is used in no direction", name);
}

/* Joining. */

#define NONE     SIZE_MAX
#define KEY_ROOM 400

static int reply_of(const struct accepted *accepted)
{
    enum field_id id = accepted->family == 6 ? FIELD_ICMPV6_TYPE : FIELD_ICMP_TYPE;
    if (accepted->type < 0)
        return accepted->type;
    const struct field_word *word = iotsig_field_word(&policy_fields[id], (uint64_t)accepted->type);
    return word == NULL ? accepted->type : (int)word->reply;
}

/* What an entry has in common with that of the other direction: all but the type is seen from the
 * device. */
static void key_of(char key[KEY_ROOM], const struct accepted *accepted)
{
    snprintf(key, KEY_ROOM, "%u %u %s %s %d %u %s", (unsigned)accepted->family,
             (unsigned)accepted->transport, accepted->own_ports, accepted->peer_ports,
             accepted->to_device ? reply_of(accepted) : accepted->type,
             (unsigned)accepted->initiator, accepted->peer == NULL ? "" : accepted->peer);
}

/* Entries from the device get the same one to it, if there is one. */
static void join(struct reader *reader, bool *both)
{
    json_t *waiting = json_object();
    char key[KEY_ROOM];
    for (size_t i = 0; i < reader->count; i++) {
        struct accepted *accepted = &reader->items[i];
        key_of(key, accepted);
        json_t *first = json_object_get(waiting, key);
        size_t at = first == NULL ? NONE : (size_t)json_integer_value(first);
        bool wait = !accepted->to_device;
        if (wait) {
            accepted->next = at;
            at = i;
        } else if (at != NONE) {
            accepted->joined = both[at] = true;
            at = reader->items[at].next;
        } else {
            continue;
        }
        int set = at == NONE ? json_object_del(waiting, key)
                             : json_object_set_new(waiting, key, json_integer((json_int_t)at));
        reader->no_memory = reader->no_memory || set != 0;
    }
    json_decref(waiting);
}

/* The profile. */

static bool put_new(struct reader *reader, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        reader->no_memory = true;
    return !reader->no_memory;
}

/* Under a name that is not taken: "plug", "plug-2", ...; `protocols` would make a policy of the
 * group. */
static bool put_named(struct reader *reader, json_t *object, const char *name, json_t *value)
{
    char room[4 * MUD_NAME_MAX + 24];
    unsigned i = 2;
    snprintf(room, sizeof room, "%s", name);
    for (bool taken = strcmp(name, "protocols") == 0;
         taken || json_object_get(object, room) != NULL; taken = false)
        snprintf(room, sizeof room, "%s-%u", name, i++);
    return put_new(reader, object, room, value);
}

static void put_ports(struct reader *reader, json_t *transport, const char *name, const char *ports)
{
    uint64_t port;
    if (ports[0] != '\0')
        put_new(reader, transport, name,
                iotsig_number(text_of(ports), PORT_MAX, &port) ? json_integer((json_int_t)port)
                                                               : json_string(ports));
}

static json_t *transport_of(struct reader *reader, const struct accepted *accepted)
{
    json_t *fields = json_object();
    const struct field_word *word =
        accepted->type < 0
            ? NULL
            : iotsig_field_word(
                  &policy_fields[accepted->family == 6 ? FIELD_ICMPV6_TYPE : FIELD_ICMP_TYPE],
                  (uint64_t)accepted->type);
    put_ports(reader, fields, "src-port",
              accepted->to_device ? accepted->peer_ports : accepted->own_ports);
    put_ports(reader, fields, "dst-port",
              accepted->to_device ? accepted->own_ports : accepted->peer_ports);
    if (accepted->type >= 0)
        put_new(reader, fields, "type",
                word != NULL ? json_string(word->word) : json_integer(accepted->type));
    return fields;
}

static json_t *policy_of(struct reader *reader, const struct accepted *accepted, bool both)
{
    const char *family = accepted->family == 6 ? "ipv6" : "ipv4";
    json_t *policy = json_object();
    put_new(reader, policy, "protocols", json_object());
    json_t *protocols = json_object_get(policy, "protocols");
    put_new(reader, protocols, family, json_object());
    json_t *network = json_object_get(protocols, family);
    if (!accepted->to_device)
        put_new(reader, network, "src", json_string("self"));
    if (accepted->peer != NULL)
        put_new(reader, network, accepted->to_device ? "src" : "dst", json_string(accepted->peer));
    if (accepted->to_device)
        put_new(reader, network, "dst", json_string("self"));
    if (accepted->transport != POLICY_PROTOCOLS)
        put_new(reader, protocols, policy_protocols[accepted->transport].name,
                transport_of(reader, accepted));
    if (both)
        put_new(reader, policy, "bidirectional", json_true());
    if (accepted->initiator != WHO_ANY)
        put_new(reader, policy, "initiator",
                json_string((accepted->initiator == WHO_DEVICE) != accepted->to_device ? "src"
                                                                                       : "dst"));
    return policy;
}

static json_t *policies_of(struct reader *reader, const bool *both)
{
    json_t *policies = json_object(), *groups = json_object();
    for (size_t i = 0; i < reader->count && !reader->no_memory; i++) {
        const struct accepted *accepted = &reader->items[i];
        json_t *group = json_object_get(groups, accepted->acl);
        if (accepted->joined)
            continue;
        if (group == NULL) {
            put_new(reader, groups, accepted->acl, group = json_object());
            if (!reader->no_memory)
                put_named(reader, policies, accepted->acl, json_incref(group));
        }
        if (!reader->no_memory)
            put_named(reader, group, accepted->name, policy_of(reader, accepted, both[i]));
    }
    json_decref(groups);
    return policies;
}

/* A plain name of letters, digits and `-`, `_`, `.`. */
static void plain(char to[DEVICE_ROOM], const char *text)
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < DEVICE_ROOM; text++) {
        uint8_t c = (uint8_t)*text;
        bool letter = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '.';
        if (letter)
            to[n++] = (char)c;
        else if (n > 0 && to[n - 1] != '-')
            to[n++] = '-';
    }
    while (n > 0 && to[n - 1] == '-')
        n--;
    to[n] = '\0';
}

static void name_device(char to[DEVICE_ROOM], const json_t *mud)
{
    static const char *const members[] = {"systeminfo", "model-name", "mfg-name"};
    const char *url = json_string_value(json_object_get(mud, "mud-url"));
    to[0] = '\0';
    for (size_t i = 0; i < 3 && to[0] == '\0'; i++) {
        const char *text = json_string_value(json_object_get(mud, members[i]));
        if (text != NULL)
            plain(to, text);
    }
    if (to[0] == '\0' && url != NULL && strrchr(url, '/') != NULL)
        plain(to, strrchr(url, '/'));
    if (to[0] == '\0')
        snprintf(to, DEVICE_ROOM, "device");
}

/* NULL: no memory. */
static json_t *profile_of(struct reader *reader, const json_t *mud, const bool *both)
{
    char name[DEVICE_ROOM];
    const char *url = json_string_value(json_object_get(mud, "mud-url"));
    json_t *root = json_object(), *info = json_object();
    put_new(reader, root, "device-info", info);
    if (!reader->no_memory) {
        name_device(name, mud);
        put_new(reader, info, "name", json_string(name));
        if (url != NULL && iotsig_mud_is_url(url))
            put_new(reader, info, MUD_URL, json_string(url));
        if (json_object_size(reader->controllers) > 0)
            put_new(reader, info, MUD_CONTROLLERS, json_incref(reader->controllers));
        if (json_object_size(reader->words) > 0)
            put_new(reader, root, "hosts", json_incref(reader->words));
        put_new(reader, root, "single-policies", policies_of(reader, both));
    }
    if (!reader->no_memory)
        return root;
    json_decref(root);
    return NULL;
}

/* The file. */

static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    size_t i = 0;
    for (; form[i] != '\0'; i++)
        if (form[i] == 'd' ? !is_digit((uint8_t)text[i]) : text[i] != form[i])
            return false;
    if (text[i] == '.') {
        if (!is_digit((uint8_t)text[++i]))
            return false;
        while (is_digit((uint8_t)text[i]))
            i++;
    }
    if (strcmp(text + i, "Z") == 0)
        return true;
    return (text[i] == '+' || text[i] == '-') && strlen(text + i) == 6 && text[i + 3] == ':' &&
           strspn(text + i + 1, "0123456789:") == 5;
}

/* What a MUD file must have beside its policies; nothing is lost where that is wrong. */
static void check_mud(struct reader *reader, const json_t *mud)
{
    const char *url = json_string_value(json_object_get(mud, "mud-url"));
    const char *date = json_string_value(json_object_get(mud, "last-update"));
    const json_t *hours = json_object_get(mud, "cache-validity"),
                 *info = json_object_get(mud, "systeminfo");
    if (url == NULL || !iotsig_mud_is_url(url))
        tell(reader, true, "mud-url: no URL with https");
    if (date == NULL || !is_date(date))
        tell(reader, true, "last-update: no date and time");
    if (!json_is_boolean(json_object_get(mud, "is-supported")))
        tell(reader, true, "is-supported: neither true nor false");
    if (hours != NULL && (!json_is_integer(hours) || json_integer_value(hours) < 1 ||
                          json_integer_value(hours) > 168))
        tell(reader, true, "cache-validity: not 1 to 168 hours");
    if (info != NULL && !json_is_string(info))
        tell(reader, true, "systeminfo: no text");
}

/* Whether it is a MUD file of the one version there is. */
static int check_root(const json_t *root, struct iotsig_error *error)
{
    const json_t *mud = json_object_get(root, MUD_MUD);
    const json_t *version = json_object_get(mud, "mud-version");
    if (!json_is_object(mud))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "no MUD file: it has no " MUD_MUD);
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "mud-version: only 1 is known");
    return 0;
}

static int take_root(struct reader *reader, const char *path, const json_t *root,
                     struct iotsig_error *error)
{
    const json_t *mud = json_object_get(root, MUD_MUD);
    json_t *used = json_object(), *profile = NULL;
    index_acls(reader, root);
    check_mud(reader, mud);
    take_direction(reader, mud, false, used);
    take_direction(reader, mud, true, used);
    tell_unused(reader, used);
    json_decref(used);
    bool *both = iotsig_arena_get(&reader->profiles->arena, reader->count * sizeof *both);
    if (both == NULL)
        return iotsig_fail_memory(error);
    for (size_t i = 0; i < reader->count; i++)
        both[i] = false;
    join(reader, both);
    if (!reader->no_memory)
        profile = profile_of(reader, mud, both);
    if (profile == NULL)
        return iotsig_fail_memory(error);
    return iotsig_profiles_take(reader->profiles, path, profile, NULL, error);
}

static int take_tree(struct iotsig_profiles *profiles, const char *path,
                     const struct iotsig_tree *tree, struct iotsig_error *error)
{
    const json_t *root = iotsig_tree_root(tree);
    struct reader reader = {.profiles = profiles,
                            .probe = {.list = profiles, .path = path},
                            .acls = json_object(),
                            .words = json_object(),
                            .controllers = json_object()};
    int status = check_root(root, error);
    reader.no_memory = reader.acls == NULL || reader.words == NULL || reader.controllers == NULL;
    if (status == 0)
        status = take_root(&reader, path, root, error);
    json_decref(reader.acls);
    json_decref(reader.words);
    json_decref(reader.controllers);
    iotsig_memory_free(&profiles->context->allocator, reader.items);
    return status;
}

int iotsig_profiles_read_mud(struct iotsig_profiles *profiles, const char *path,
                             struct iotsig_error *error)
{
    struct iotsig_tree *tree;
    int status =
        iotsig_tree_read(&tree, profiles->context, path, profiles->settings.include_root, error);
    if (status != 0)
        return status;
    const json_t *root = iotsig_tree_root(tree);
    /* A place is known of YAML only. */
    if (json_is_object(root) && iotsig_tree_place(tree, root, MUD_MUD, 0).line > 0)
        status = iotsig_fail(error, IOTSIG_ERR_FORMAT, "no JSON, which a MUD file is");
    if (status == 0)
        status = take_tree(profiles, path, tree, error);
    iotsig_tree_free(tree);
    return status == 0 ? 0 : iotsig_fail_in(error, status, path);
}
