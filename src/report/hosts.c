/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of hosts in the captures, and what they stand for. */
#include <stdlib.h>

#include "base/error.h"
#include "host/names.h"
#include "report/report.h"

struct gathering {
    struct iotsig_report *report;
    bool failed;
};

static bool add(struct iotsig_report *report, const char *name, const char *other)
{
    char key[2 * IOTSIG_NAME_TEXT];
    size_t n = strlen(name) + 1, m = strlen(other);
    bool added;
    if (n + m > sizeof key) /* no name is as long */
        return true;
    memcpy(key, name, n);
    memcpy(key + n, other, m);
    return iotsig_map_put(&report->known, key, n + m, 0, &added) != NULL;
}

static void take(void *user, const char *key, const char *value)
{
    struct gathering *gathering = user;
    gathering->failed = gathering->failed || !add(gathering->report, value, key);
}

int iotsig_hosts_gather(struct iotsig_report *report, const struct iotsig_names *names,
                        struct iotsig_error *error)
{
    struct gathering gathering = {.report = report};
    if (names == NULL)
        return 0;
    iotsig_names_each(names, IOTSIG_NAMES_IP, take, &gathering);
    iotsig_names_each(names, IOTSIG_NAMES_ALIAS, take, &gathering);
    return gathering.failed ? iotsig_fail_memory(error) : 0;
}

/* A name, and an address or another name that stands for it. */
struct known {
    const char *name, *other;
};

static int order(const void *one, const void *other)
{
    const struct known *a = one, *b = other;
    int by_name = strcmp(a->name, b->name);
    return by_name != 0 ? by_name : strcmp(a->other, b->other);
}

static void put_all(const struct known *known, size_t count, struct html *html)
{
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || strcmp(known[i].name, known[i - 1].name) != 0,
             last = i + 1 == count || strcmp(known[i].name, known[i + 1].name) != 0;
        if (first) {
            iotsig_html_begin(html, "tr");
            iotsig_page_heading(html, "row");
            iotsig_html_element(html, "code", NULL, known[i].name);
            iotsig_html_end(html);
            iotsig_html_begin(html, "td");
        }
        iotsig_html_text(html, first ? "" : ", ");
        iotsig_html_element(html, "code", NULL, known[i].other);
        if (last) {
            iotsig_html_end(html);
            iotsig_html_end(html);
        }
    }
}

int iotsig_hosts_write(const struct iotsig_report *report, struct html *html,
                       struct iotsig_error *error)
{
    static const char *const titles[] = {"Name", "Stands for", NULL};
    const struct iotsig_allocator *allocator = &report->context->allocator;
    const struct iotsig_map_entry *entry = NULL;
    size_t count = 0, n;
    if (iotsig_map_count(&report->known) == 0)
        return 0;
    struct known *known =
        iotsig_memory_get(allocator, iotsig_map_count(&report->known) * sizeof *known);
    if (known == NULL)
        return iotsig_fail_memory(error);
    while ((entry = iotsig_map_next(&report->known, entry)) != NULL) {
        const char *name = iotsig_map_key(entry, &n);
        known[count++] = (struct known){name, name + strlen(name) + 1};
    }
    qsort(known, count, sizeof *known, order);
    iotsig_page_section(html, "Hosts");
    iotsig_page_table(html, "hosts",
                      "Names that the captures told, and the addresses and names behind them",
                      titles);
    put_all(known, count, html);
    iotsig_page_table_end(html);
    iotsig_html_end(html);
    iotsig_memory_free(allocator, known);
    return 0;
}
