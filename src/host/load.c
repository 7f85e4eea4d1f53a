/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables of names from files: JSON, or the text of Unbound's dump_cache.
 *
 * A dump has the lines of a zone file (RFC 1035 section 5.1: owner, TTL, class, type, data)
 * between START_RRSET_CACHE and END_RRSET_CACHE, and then the message cache, which says nothing
 * more about names.
 */
#include "host/load.h"
#include "base/error.h"
#include "capture/json.h"
#include "capture/lines.h"
#include "host/hosts.h"
#include "host/names.h"

/* The largest JSON table that is read; a line of it is some forty bytes. */
#define JSON_MAX ((size_t)256 * 1024 * 1024)

static bool clean(struct text text, char room[IOTSIG_NAME_TEXT], struct text *name)
{
    return text.n > 0 && iotsig_host_clean(room, IOTSIG_NAME_TEXT - 1, text, name);
}

static bool parse_address(struct text text, struct address *address)
{
    char copy[IOTSIG_ADDRESS_TEXT];
    if (text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return iotsig_address_parse(copy, address);
}

/* The dump of a cache. */

enum { OWNER, TTL, CLASS, TYPE, DATA, FIELDS = DATA + 4 };

struct dump {
    struct iotsig_names *names;
    bool rrsets; /* inside the RRset section */
    bool ended;
};

static size_t split(struct text line, struct text fields[FIELDS])
{
    size_t count = 0;
    for (size_t i = 0; i < line.n && count < FIELDS;) {
        while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
            i++;
        size_t start = i;
        while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
            i++;
        if (i > start)
            fields[count++] = (struct text){line.p + start, i - start};
    }
    return count;
}

static int dump_record(struct iotsig_names *names, const struct text *fields, size_t count,
                       struct iotsig_error *error)
{
    char owner_room[IOTSIG_NAME_TEXT], target_room[IOTSIG_NAME_TEXT];
    struct text owner, target, type = fields[TYPE];
    struct address address;
    bool srv = text_equal(type, TEXT("SRV"));

    if (!clean(fields[OWNER], owner_room, &owner))
        return 0;
    if (text_equal(type, TEXT("A")) || text_equal(type, TEXT("AAAA"))) {
        if (!parse_address(fields[DATA], &address))
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "no address in an %.*s record",
                               (int)type.n, type.p);
        return iotsig_names_set_address(names, &address, owner, error);
    }
    if (srv && count < FIELDS)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT, "no target in an SRV record");
    if (!clean(fields[srv ? DATA + 3 : DATA], target_room, &target))
        return 0;
    if (srv || text_equal(type, TEXT("CNAME")))
        return iotsig_names_set_alias(names, target, owner, error);
    if (text_equal(type, TEXT("PTR")))
        return iotsig_names_set_pointer(names, owner, target, error);
    return 0;
}

static int dump_line(void *user, struct text line, struct iotsig_error *error)
{
    struct dump *dump = user;
    struct text fields[FIELDS];

    if (text_equal(line, TEXT("START_RRSET_CACHE")))
        dump->rrsets = true;
    else if (text_equal(line, TEXT("END_RRSET_CACHE")))
        dump->rrsets = false, dump->ended = true;
    else if (dump->rrsets && line.n > 0 && line.p[0] != ';') {
        size_t count = split(line, fields);
        if (count <= DATA || !text_equal(fields[CLASS], TEXT("IN")))
            return 0;
        return dump_record(dump->names, fields, count, error);
    }
    return 0;
}

static int load_dump(struct iotsig_names *names, struct iotsig_source *source,
                     struct iotsig_error *error)
{
    struct dump dump = {.names = names};
    int status = iotsig_lines(source, dump_line, &dump, error);
    if (status != 0)
        return status;
    if (!dump.ended)
        return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                           "neither JSON nor a whole dump_cache (give one of these)");
    return iotsig_names_follow_aliases(names, error);
}

/* JSON. */

static int load_addresses(struct iotsig_names *names, json_t *table, struct iotsig_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(table, key, value) {
        struct address address;
        char room[IOTSIG_NAME_TEXT];
        struct text name;
        if (!iotsig_address_parse(key, &address))
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "a key of \"IP\" is no address");
        if (!json_is_string(value) ||
            !clean((struct text){json_string_value(value), json_string_length(value)}, room, &name))
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "the name of %s is no name", key);
        int status = iotsig_names_set_address(names, &address, name, error);
        if (status != 0)
            return status;
    }
    return 0;
}

static int load_aliases(struct iotsig_names *names, json_t *table, struct iotsig_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(table, key, value) {
        char canonical_room[IOTSIG_NAME_TEXT], alias_room[IOTSIG_NAME_TEXT];
        struct text canonical, alias;
        if (!json_is_string(value) || !clean(text_of(key), canonical_room, &canonical) ||
            !clean((struct text){json_string_value(value), json_string_length(value)}, alias_room,
                   &alias))
            return iotsig_fail(error, IOTSIG_ERR_FORMAT, "an entry of \"ALIAS\" is no name");
        int status = iotsig_names_set_alias(names, canonical, alias, error);
        if (status != 0)
            return status;
    }
    return 0;
}

int iotsig_names_load_tables(struct iotsig_names *names, json_t *root, struct iotsig_error *error)
{
    json_t *addresses = json_object_get(root, "IP"), *aliases = json_object_get(root, "ALIAS");
    if ((addresses == NULL && aliases == NULL) ||
        (addresses != NULL && !json_is_object(addresses)) ||
        (aliases != NULL && !json_is_object(aliases)))
        return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                           "no table of names (want {\"IP\": {...}, \"ALIAS\": {...}})");
    int status = addresses == NULL ? 0 : load_addresses(names, addresses, error);
    return status != 0 || aliases == NULL ? status : load_aliases(names, aliases, error);
}

static int load_json(struct iotsig_names *names, struct iotsig_source *source,
                     struct iotsig_error *error)
{
    json_t *root;
    int status = iotsig_json_read(source, JSON_MAX, &root, error);
    if (status != 0)
        return status;
    status = iotsig_names_load_tables(names, root, error);
    json_decref(root);
    return status;
}

int iotsig_names_load(struct iotsig_names *names, const char *path, struct iotsig_error *error)
{
    struct iotsig_names *copy = NULL;
    struct iotsig_source *source;
    struct bytes start;

    int status = iotsig_source_open(&source, names->context, path, error);
    if (status != 0)
        return status;
    status = iotsig_source_need(source, 256, &start, error);
    if (status == 0)
        status = iotsig_names_dup(&copy, names, error);
    if (status == 0)
        status = iotsig_json_begins(start) ? load_json(copy, source, error)
                                           : load_dump(copy, source, error);
    if (status == 0) {
        struct iotsig_names loaded = *copy;
        *copy = *names;
        *names = loaded;
    } else {
        iotsig_fail_in(error, status, iotsig_source_name(source));
    }
    iotsig_names_free(copy);
    iotsig_source_close(source);
    return status;
}
