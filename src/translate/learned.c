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

struct parts {
    char text[PARTS][256];
};

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
    return strcmp(parts->text[TRANSPORT], "tcp") == 0 || strcmp(parts->text[TRANSPORT], "udp") == 0;
}

/* The labels behind the last one in which `#` or `<word>` stands for what differs. */
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

/* The peer as a policy's host, in a family; NULL: it has none there, or there is no memory. */
static json_t *peer_host(const char *peer, int family, bool *other)
{
    struct address address;
    *other = true;
    if (strcmp(peer, "solicited-node") == 0)
        return family == 6 ? json_string(SOLICITED_NODE) : NULL;
    if (strcmp(peer, "broadcast") == 0 && family == 6)
        return NULL;
    if (iotsig_address_parse(peer, &address) && address.version != family)
        return NULL;
    *other = false;
    const char *fixed = fixed_labels(peer);
    if (fixed == peer)
        return json_string(peer);
    return fixed == NULL ? json_string(peer) : json_sprintf("$%s", fixed);
}

static json_t *policy_of(const struct parts *parts, int family, bool *other)
{
    bool out = strcmp(parts->text[WAY], "out") == 0;
    unsigned long port = 0;
    json_t *host = peer_host(parts->text[PEER], family, other);
    if (host == NULL)
        return NULL;
    json_t *self = json_string("self");
    json_t *network = json_pack("{s:o, s:o}", "src", out ? self : host, "dst", out ? host : self);
    json_t *transport = json_object();
    bool made = network != NULL && transport != NULL;
    if (made && sscanf(parts->text[PORT], "%5lu", &port) == 1)
        made = json_object_set_new(transport, "dst-port", json_integer((json_int_t)port)) == 0;
    json_t *policy =
        !made ? NULL
              : json_pack("{s:{s:O, s:O}, s:b}", "protocols", family == 4 ? "ipv4" : "ipv6",
                          network, parts->text[TRANSPORT], transport, "bidirectional", 1);
    json_decref(network);
    json_decref(transport);
    return policy;
}

/* "out_tcp_www.example.com_443": a policy's name has no spaces, nor what stands for digits. */
static void name_policy(const struct parts *parts, int family, char *name, size_t room)
{
    snprintf(name, room, "%s_%s_%s_%s%s", parts->text[WAY], parts->text[TRANSPORT],
             parts->text[PEER], strcmp(parts->text[PORT], "*") == 0 ? "any" : parts->text[PORT],
             family == 6 ? "_ipv6" : "");
    for (char *at = name; *at != '\0'; at++)
        if (*at == '#' || *at == '<' || *at == '>' || *at == ':')
            *at = '-';
}

static bool add_flow(json_t *policies, const char *text, int family)
{
    struct parts parts;
    char name[1200];
    bool other;
    if (!split(text, &parts))
        return true;
    json_t *policy = policy_of(&parts, family, &other);
    name_policy(&parts, family, name, sizeof name);
    return policy != NULL ? json_object_set_new(policies, name, policy) == 0 : other;
}

static bool add_flows(json_t *policies, const struct iotsig_learned *learned, int family)
{
    struct iotsig_trait trait;
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role == IOTSIG_MANDATORY && strcmp(trait.family, "flow") == 0 &&
            !add_flow(policies, trait.text, family))
            return false;
    }
    return true;
}

static bool add_signature(json_t *policies, const struct iotsig_learned *learned,
                          const struct iotsig_device *device)
{
    return (device->ipv4 == NULL || add_flows(policies, learned, 4)) &&
           (device->ipv6 == NULL || add_flows(policies, learned, 6));
}

/* The policies of one signature lie flat, those of several each in a group of its event's name. */
static bool add_all(json_t *policies, const struct iotsig_library *library,
                    const struct iotsig_device *device)
{
    size_t count = iotsig_library_count(library);
    if (count == 1)
        return add_signature(policies, iotsig_library_get(library, 0), device);
    for (size_t i = 0; i < count; i++) {
        const struct iotsig_learned *learned = iotsig_library_get(library, i);
        json_t *group = json_object();
        if (group == NULL ||
            json_object_set_new(policies, iotsig_learned_event(learned), group) != 0 ||
            !add_signature(group, learned, device))
            return false;
    }
    return true;
}

int iotsig_profiles_add_learned(struct iotsig_profiles *profiles,
                                const struct iotsig_library *library, struct iotsig_error *error)
{
    const struct iotsig_device *device = &profiles->settings.device;
    json_t *root = json_object(), *policies = json_object(), *info = iotsig_device_tree(device);
    bool made = root != NULL && policies != NULL && info != NULL &&
                json_object_set(root, "device-info", info) == 0 &&
                json_object_set(root, "single-policies", policies) == 0 &&
                add_all(policies, library, device);
    json_decref(policies);
    json_decref(info);
    if (!made) {
        json_decref(root);
        return iotsig_fail_memory(error);
    }
    const char *path = iotsig_library_count(library) == 1
                           ? iotsig_learned_event(iotsig_library_get(library, 0))
                           : NULL;
    return iotsig_profiles_take(profiles, path, root, NULL, error);
}
