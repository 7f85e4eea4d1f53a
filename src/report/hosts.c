/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of hosts in the captures, and what they stand for. */
#include <stdlib.h>

#include "base/error.h"
#include "report/report.h"

struct gathering {
    struct iotsig_report *report;
    bool failed;
};

static bool add(struct iotsig_report *report, const char *name, const char *other)
{
    struct known *known;
    size_t n = strlen(name), m = strlen(other);
    char *key = iotsig_arena_get(&report->arena, n + m + 2);
    bool added;
    if (key == NULL)
        return false;
    memcpy(key, name, n + 1);
    memcpy(key + n + 1, other, m + 1);
    if (iotsig_map_put(&report->known_map, key, n + 1 + m, 0, &added) == NULL ||
        !iotsig_array_grow(&report->context->allocator, &report->known, &report->known_capacity,
                           report->known_count + 1, sizeof *report->known))
        return false;
    known = &report->known[report->known_count];
    *known = (struct known){key, key + n + 1};
    report->known_count += added;
    return true;
}

static void take(void *user, const char *key, const char *value)
{
    struct gathering *gathering = user;
    gathering->failed = gathering->failed || !add(gathering->report, value, key);
}

static int order(const void *one, const void *other)
{
    const struct known *a = one, *b = other;
    int by_name = strcmp(a->name, b->name);
    return by_name != 0 ? by_name : strcmp(a->other, b->other);
}

int iotsig_hosts_gather(struct iotsig_report *report, const struct iotsig_names *names,
                        struct iotsig_error *error)
{
    struct gathering gathering = {.report = report};
    if (names == NULL)
        return 0;
    iotsig_names_each(names, IOTSIG_NAMES_IP, take, &gathering);
    iotsig_names_each(names, IOTSIG_NAMES_ALIAS, take, &gathering);
    if (report->known_count > 0)
        qsort(report->known, report->known_count, sizeof *report->known, order);
    return gathering.failed ? iotsig_fail_memory(error) : 0;
}

void iotsig_hosts_write(const struct iotsig_report *report, struct html *html)
{
    static const char *const titles[] = {"Name", "Stands for", NULL};
    const struct known *known = report->known;
    if (report->known_count == 0)
        return;
    iotsig_page_section(html, "Hosts");
    iotsig_page_table(html, "hosts",
                      "Names that the captures told, and the addresses and names behind them",
                      titles);
    for (size_t i = 0; i < report->known_count; i++) {
        bool first = i == 0 || strcmp(known[i].name, known[i - 1].name) != 0,
             last = i + 1 == report->known_count || strcmp(known[i].name, known[i + 1].name) != 0;
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
    iotsig_page_table_end(html);
    iotsig_html_end(html);
}
