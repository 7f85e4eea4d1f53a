/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of names (JSON, Unbound), and the file of hosts that are the same. */
#include <stdio.h>

#include "fuzz.h"
#include "host/names.h"

static void require_clean(void *user, const char *key, const char *value)
{
    (void)user;
    fuzz_printable(key);
    fuzz_printable(value);
}

/* Entry by entry, as a caller of the library makes a table. */
struct table {
    struct iotsig_names *names;
    enum iotsig_names_table which;
};

static void set(void *user, const char *key, const char *value)
{
    const struct table *table = user;
    REQUIRE(iotsig_names_set(table->names, table->which, key, value, NULL) == 0);
}

static void set_again(struct iotsig_context *context, const struct iotsig_names *names)
{
    struct table table;
    REQUIRE(iotsig_names_new(&table.names, context, NULL) == 0);
    for (table.which = IOTSIG_NAMES_IP; table.which <= IOTSIG_NAMES_ALIAS; table.which++) {
        iotsig_names_each(names, table.which, set, &table);
        REQUIRE(iotsig_names_count(table.names, table.which) ==
                iotsig_names_count(names, table.which));
    }
    iotsig_names_free(table.names);
}

/* Words of a caller, which no reader has looked at: those of the first line, around its `=`. */
static void take_words(struct iotsig_context *context, const struct iotsig_same_hosts *same,
                       struct bytes line)
{
    static const char hub[] = "hub.example.org";
    char key[1200], value[1200];
    struct iotsig_names *names, *all;
    struct cursor at = cursor_of(line);
    struct bytes left = cursor_take(&at, bytes_find(line, '='));
    cursor_skip(&at, at.left > 0);
    snprintf(key, sizeof key, "%.*s", (int)left.n, (const char *)left.p);
    snprintf(value, sizeof value, "%.*s", (int)at.left, (const char *)at.p);
    REQUIRE(iotsig_names_new(&names, context, NULL) == 0);
    for (enum iotsig_names_table table = IOTSIG_NAMES_IP; table <= IOTSIG_NAMES_ALIAS; table++) {
        int status = iotsig_names_set(names, table, key, value, NULL);
        REQUIRE(status == 0 || status == IOTSIG_ERR_ARGUMENT);
        REQUIRE(iotsig_names_count(names, table) == (status == 0));
    }
    REQUIRE(iotsig_names_new(&all, context, NULL) == 0);
    REQUIRE(iotsig_names_add_all(all, names, NULL) == 0);
    REQUIRE(iotsig_names_add_all(all, names, NULL) == 0);
    for (enum iotsig_names_table table = IOTSIG_NAMES_IP; table <= IOTSIG_NAMES_ALIAS; table++) {
        iotsig_names_each(all, table, require_clean, NULL);
        REQUIRE(iotsig_names_count(all, table) == iotsig_names_count(names, table));
    }
    iotsig_names_free(all);
    iotsig_names_free(names);
    REQUIRE(iotsig_hosts_equal(key, key, same) && iotsig_names_equal(value, value, same));
    REQUIRE(iotsig_hosts_equal(key, value, same) == iotsig_hosts_equal(value, key, same));
    REQUIRE(iotsig_hosts_equal(key, hub, same) == iotsig_hosts_equal(hub, key, same));
    REQUIRE(iotsig_names_equal(key, value, same) == iotsig_names_equal(value, key, same));
    REQUIRE(!iotsig_hosts_equal(key, value, NULL) || iotsig_hosts_equal(key, value, same));
    if (iotsig_host_kind(key) == IOTSIG_HOST_IPV4)
        REQUIRE(iotsig_host_kind(value) != IOTSIG_HOST_IPV6 ||
                !iotsig_hosts_equal(key, value, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_names *names, *copy;
    struct iotsig_same_hosts *same;
    struct iotsig_error error;
    char declaration[80];
    const char *path = fuzz_file(data, size);

    REQUIRE(iotsig_names_new(&names, context, &error) == 0);
    if (iotsig_names_load(names, path, &error) == 0) {
        iotsig_names_each(names, IOTSIG_NAMES_IP, require_clean, NULL);
        iotsig_names_each(names, IOTSIG_NAMES_ALIAS, require_clean, NULL);
        REQUIRE(iotsig_names_dup(&copy, names, &error) == 0);
        REQUIRE(iotsig_names_count(copy, IOTSIG_NAMES_IP) ==
                iotsig_names_count(names, IOTSIG_NAMES_IP));
        iotsig_names_free(copy);
        set_again(context, names);
    }
    iotsig_names_free(names);

    snprintf(declaration, sizeof declaration, "@%s", path);
    REQUIRE(iotsig_same_hosts_new(&same, context, &error) == 0);
    (void)iotsig_same_hosts_add(same, declaration, &error);
    take_words(context, same, (struct bytes){data, bytes_find((struct bytes){data, size}, '\n')});
    iotsig_same_hosts_free(same);
    iotsig_context_free(context);
    return 0;
}
