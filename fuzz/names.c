/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of names (JSON, Unbound), and the file of hosts that are the same. */
#include <stdio.h>

#include "fuzz.h"

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
    iotsig_same_hosts_free(same);
    iotsig_context_free(context);
    return 0;
}
