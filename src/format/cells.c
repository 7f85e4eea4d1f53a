/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/cells.h"

#include <stdio.h>

#include "base/error.h"
#include "format/records.h"

void iotsig_cell_add(struct cell *cell, const char *text)
{
    struct text add = text_of(text);
    size_t room = sizeof cell->text - cell->n;
    size_t n = add.n < room ? add.n : room;
    memcpy(cell->text + cell->n, add.p, n);
    cell->n += n;
}

void iotsig_cell_add_host(struct cell *cell, const char *host, int32_t port)
{
    char digits[16];
    bool brackets = port != IOTSIG_NO_PORT && strchr(host, ':') != NULL;
    iotsig_cell_add(cell, brackets ? "[" : "");
    iotsig_cell_add(cell, host);
    iotsig_cell_add(cell, brackets ? "]" : "");
    if (port != IOTSIG_NO_PORT) {
        snprintf(digits, sizeof digits, ":%d", (int)port);
        iotsig_cell_add(cell, digits);
    }
}

void iotsig_cell_add_protocol(struct cell *cell, int network, int transport)
{
    iotsig_cell_add(cell, iotsig_transport_name(transport).p);
    iotsig_cell_add(cell, network == 4 ? "" : "/IPv6");
}

void iotsig_cell_add_layer(struct cell *cell, const struct iotsig_layer *layer)
{
    struct iotsig_attribute attribute;
    iotsig_cell_add(cell, layer == NULL ? "-" : iotsig_layer_protocol(layer));
    for (size_t i = 0; layer != NULL && iotsig_layer_attribute(layer, i, &attribute); i++) {
        if (attribute.text == NULL && !attribute.truth)
            continue;
        iotsig_cell_add(cell, " ");
        iotsig_cell_add(cell, attribute.text != NULL ? attribute.text : attribute.name);
    }
}

void iotsig_cell_add_feature(struct cell *cell, const char *family, const char *text)
{
    iotsig_cell_add(cell, family);
    iotsig_cell_add(cell, " ");
    iotsig_cell_add(cell, text);
}

void iotsig_cell_add_share(struct cell *cell, struct iotsig_ratio share)
{
    char text[32];
    /* A share in thousandths, half up; the numbers are sums of weights, far below 2^54. */
    uint64_t thousandths = (share.num * 2000 + share.den) / (2 * share.den);
    snprintf(text, sizeof text, "%llu.%u %%", (unsigned long long)(thousandths / 10),
             (unsigned)(thousandths % 10));
    iotsig_cell_add(cell, text);
}

void iotsig_cell_put(struct cell *cell, struct table *table)
{
    iotsig_table_cell(table, (struct text){cell->text, cell->n});
    cell->n = 0;
}

/* As messages show a file. */
static struct iotsig_error shown_as(const char *text)
{
    struct iotsig_error shown = {.status = 0};
    iotsig_fail_in(&shown, 0, text);
    return shown;
}

void iotsig_cell_add_safe(struct cell *cell, const char *text)
{
    iotsig_cell_add(cell, shown_as(text).file);
}

void iotsig_put_safe(struct iotsig_output *output, const char *text)
{
    put_string(output, shown_as(text).file);
}

void iotsig_put_feature(struct iotsig_output *output, const char *family, const char *text)
{
    struct cell cell = {0};
    iotsig_cell_add_feature(&cell, family, text);
    iotsig_put_json(output, (struct text){cell.text, cell.n});
}

void iotsig_put_count(struct iotsig_output *output, uint64_t count, const char *what)
{
    iotsig_put_number(output, count);
    put_string(output, " ");
    put_string(output, what);
    put_string(output, count == 1 ? "" : "s");
}

int iotsig_refuse_format(const struct iotsig_style *style, struct iotsig_error *error)
{
    bool page = style->format == IOTSIG_FORMAT_HTML;
    if (!page && style->format != IOTSIG_FORMAT_YAML)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                       "%s is the format of %s (use text, csv, json or jsonl)",
                       page ? "html" : "yaml",
                       page ? "reports and evaluations" : "profiles");
}
