/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles of learned signatures: a policy for each flow among the mandatory features.
 *
 * A feature is "out tcp www.example.com 443": way, transport, peer, and the responder's port. Words
 * for peers stay words; of a name with parts that differ from one unit to the next, what follows
 * these is left, as a suffix.
 */
#include <stdio.h>

#include "base/error.h"
#include "decode/address.h"
#include "translate/profile.h"

/* Whom all neighbours with a common end of their address hear (RFC 4291 section 2.7.1). */
#define SOLICITED_NODE "ff02::1:ff00:0/104"

enum { WAY, TRANSPORT, PEER, PORT, PARTS };

/* A feature of the family flow in its parts. */
struct parts {
    char text[PARTS][256];
    uint64_t port; /* 0: any */
};

static bool is_one_of(const char *text, const char *one, const char *other)
{
    return strcmp(text, one) == 0 || strcmp(text, other) == 0;
}

static bool split(const char *text, struct parts *parts)
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t n = strcspn(text, " ");
        if (n == 0 || n >= sizeof parts->text[i] || (text[n] == '\0') != (i == PORT))
            return false;
        memcpy(parts->text[i], text, n);
        parts->text[i][n] = '\0';
        text += n + (i < PORT);
    }
    parts->port = 0;
    return is_one_of(parts->text[WAY], "out", "in") &&
           is_one_of(parts->text[TRANSPORT], "tcp", "udp") &&
           (strcmp(parts->text[PORT], "*") == 0 ||
            iotsig_number(text_of(parts->text[PORT]), UINT16_MAX, &parts->port));
}

/* Whether a peer can have an address of a family. */
static bool is_of_family(const char *peer, int family)
{
    struct address address;
    if (strcmp(peer, "solicited-node") == 0)
        return family == 6;
    if (strcmp(peer, "broadcast") == 0)
        return family == 4;
    return !iotsig_address_parse(peer, &address) || address.version == family;
}

/* The labels behind the last one in which `#` or `<word>` stands for what differs; NULL: none. */
static const char *fixed_labels(const char *name)
{
    const char *last = name + strcspn(name, "#<");
    if (*last == '\0')
        return name;
    for (const char *next; *(next = last + 1 + strcspn(last + 1, "#<")) != '\0';)
        last = next;
    const char *dot = strchr(last, '.');
    return dot != NULL ? dot + 1 : NULL;
}

/* A name of which nothing is fixed stays as it is, and is found to be none. */
static json_t *peer_host(const char *peer)
{
    const char *fixed = fixed_labels(peer);
    if (strcmp(peer, "solicited-node") == 0)
        return json_string(SOLICITED_NODE);
    return fixed == NULL || fixed == peer ? json_string(peer) : json_sprintf("$%s", fixed);
}

static json_t *policy_of(const struct parts *parts, int family)
{
    bool out = strcmp(parts->text[WAY], "out") == 0;
    json_t *self = json_string("self"), *host = peer_host(parts->text[PEER]);
    json_t *network = json_pack("{s:o, s:o}", "src", out ? self : host, "dst", out ? host : self);
    json_t *transport =
        parts->port == 0 ? json_object() : json_pack("{s:I}", "dst-port", (json_int_t)parts->port);
    return json_pack("{s:{s:o, s:o}, s:b}", "protocols", family == 4 ? "ipv4" : "ipv6", network,
                     parts->text[TRANSPORT], transport, "bidirectional", 1);
}

/* "out_tcp_www.example.com_443" */
static bool add_flow(json_t *policies, const struct parts *parts, int family)
{
    char name[PARTS * sizeof parts->text[0] + sizeof "_ipv6"];
    json_t *policy = policy_of(parts, family);
    snprintf(name, sizeof name, "%s_%s_%s_%s%s", parts->text[WAY], parts->text[TRANSPORT],
             parts->text[PEER], parts->port == 0 ? "any" : parts->text[PORT],
             family == 6 ? "_ipv6" : "");
    for (char *at = name; *at != '\0'; at++)
        if (strchr("#<>:", *at) != NULL) /* which a policy's name does not have */
            *at = '-';
    return policy != NULL && iotsig_policies_add(policies, name, policy);
}

static int add_flows(json_t *policies, const struct iotsig_learned *learned, int family,
                     struct iotsig_error *error)
{
    struct iotsig_trait trait;
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        struct parts parts;
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role != IOTSIG_MANDATORY || strcmp(trait.family, "flow") != 0)
            continue;
        if (!split(trait.text, &parts)) {
            iotsig_fail(error, IOTSIG_ERR_FORMAT, "the feature \"%.100s\" is no flow", trait.text);
            return iotsig_fail_in(error, IOTSIG_ERR_FORMAT, iotsig_learned_event(learned));
        }
        if (is_of_family(parts.text[PEER], family) && !add_flow(policies, &parts, family))
            return iotsig_fail_memory(error);
    }
    return 0;
}

static int add_signature(json_t *policies, const struct iotsig_learned *learned,
                         const struct iotsig_device *device, struct iotsig_error *error)
{
    int status = device->ipv4 != NULL ? add_flows(policies, learned, 4, error) : 0;
    return status == 0 && device->ipv6 != NULL ? add_flows(policies, learned, 6, error) : status;
}

/* The policies of one signature lie flat, those of several each in a group of its event's name. */
static int add_all(json_t *policies, const struct iotsig_library *library,
                   const struct iotsig_device *device, struct iotsig_error *error)
{
    size_t count = iotsig_library_count(library);
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        const struct iotsig_learned *learned = iotsig_library_get(library, i);
        json_t *group = count == 1 ? json_incref(policies) : json_object();
        status = group == NULL ? iotsig_fail_memory(error)
                               : add_signature(group, learned, device, error);
        if (status == 0 && count > 1 &&
            !iotsig_policies_add(policies, iotsig_learned_event(learned), json_incref(group)))
            status = iotsig_fail_memory(error);
        json_decref(group);
    }
    return status;
}

int iotsig_profiles_add_learned(struct iotsig_profiles *profiles,
                                const struct iotsig_library *library, struct iotsig_error *error)
{
    const struct iotsig_device *device = &profiles->settings.device;
    json_t *policies = json_object();
    int status =
        policies == NULL ? iotsig_fail_memory(error) : add_all(policies, library, device, error);
    if (status != 0) {
        json_decref(policies);
        return status;
    }
    json_t *root = json_pack("{s:o, s:o}", "device-info", iotsig_device_tree(device),
                             "single-policies", policies);
    if (root == NULL)
        return iotsig_fail_memory(error);
    const char *path = iotsig_library_count(library) == 1
                           ? iotsig_learned_event(iotsig_library_get(library, 0))
                           : NULL;
    return iotsig_profiles_take(profiles, path, root, NULL, error);
}
