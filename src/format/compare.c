/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons and closest flows. Both are pairs of flows with a distance; a row a pair. */
#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/output.h"
#include "base/ratio.h"
#include "flow/pattern.h"
#include "format/cells.h"

/* What is written, and where. */
struct writing {
    struct iotsig_output *output;
    const struct iotsig_style *style;
    const struct iotsig_named_pattern *a, *b;
    struct table table;
    struct cell cell;
    bool first;
};

/* A pair, or a flow that is alone. */
struct row {
    const size_t *a, *b; /* NULL: none */
    const struct iotsig_distance *distance;
};

static void put_separator(struct writing *writing)
{
    put_string(writing->output, writing->first ? "" : ",");
    writing->first = false;
}

/* `"name":`, after a comma unless it is the first. */
static void put_name(struct writing *writing, const char *name)
{
    put_separator(writing);
    put_string(writing->output, "\"");
    put_string(writing->output, name);
    put_string(writing->output, "\":");
}

static void put_text_or_null(struct writing *writing, const char *name, const char *text)
{
    put_name(writing, name);
    iotsig_put_member(writing->output, "", text);
}

static void put_port_or_null(struct writing *writing, const char *name, int32_t port)
{
    put_name(writing, name);
    if (port == IOTSIG_NO_PORT)
        put_string(writing->output, "null");
    else
        iotsig_put_number(writing->output, (uint64_t)port);
}

static const char *const kinds[] = {
    [IOTSIG_DIFFERENT_NETWORK] = "network_protocol",
    [IOTSIG_DIFFERENT_TRANSPORT] = "transport_protocol",
    [IOTSIG_DIFFERENT_HOST] = "host",
    [IOTSIG_DIFFERENT_PORT] = "port",
    [IOTSIG_DIFFERENT_PROTOCOL] = "application_protocol",
    [IOTSIG_DIFFERENT_ATTRIBUTE] = "attribute",
};

/* JSON. */

static void put_difference(void *user, const struct iotsig_difference *difference)
{
    struct writing *writing = user;
    put_separator(writing);
    put_string(writing->output, "{");
    writing->first = true;
    put_text_or_null(writing, "what", kinds[difference->kind]);
    if (difference->kind == IOTSIG_DIFFERENT_ATTRIBUTE)
        put_text_or_null(writing, "name", difference->name);
    put_text_or_null(writing, "a", difference->a);
    put_text_or_null(writing, "b", difference->b);
    if (difference->kind == IOTSIG_DIFFERENT_PORT) {
        put_port_or_null(writing, "port_a", difference->port_a);
        put_port_or_null(writing, "port_b", difference->port_b);
    }
    put_string(writing->output, "}");
}

static void put_differences(struct writing *writing, const struct row *row)
{
    put_string(writing->output, "[");
    writing->first = true;
    if (row->a != NULL && row->b != NULL)
        iotsig_flow_differences(writing->a->pattern, *row->a, writing->b->pattern, *row->b,
                                put_difference, writing);
    put_string(writing->output, "]");
    writing->first = false;
}

static void put_ratio(struct writing *writing, const char *name, const struct iotsig_ratio *ratio)
{
    put_name(writing, name);
    if (ratio == NULL) {
        put_string(writing->output, "null");
        return;
    }
    iotsig_put_quoted_ratio(writing->output, *ratio);
}

static void put_id(struct writing *writing, const char *name, const struct iotsig_named_pattern *of,
                   const size_t *flow)
{
    char id[IOTSIG_FLOW_ID];
    if (flow != NULL)
        iotsig_pattern_flow_id(of->pattern, *flow, id);
    put_text_or_null(writing, name, flow != NULL ? id : NULL);
}

static void put_decimal(struct writing *writing, const struct iotsig_distance *distance)
{
    put_name(writing, "distance_decimal");
    if (distance == NULL)
        put_string(writing->output, "null");
    else
        iotsig_put_ratio_decimal(writing->output, distance->whole);
}

static void row_json(struct writing *writing, const struct row *row)
{
    const struct iotsig_distance *distance = row->distance;
    put_string(writing->output, "{");
    writing->first = true;
    put_id(writing, "a", writing->a, row->a);
    put_id(writing, "b", writing->b, row->b);
    put_ratio(writing, "distance", distance == NULL ? NULL : &distance->whole);
    put_decimal(writing, distance);
    put_ratio(writing, "network", distance == NULL ? NULL : &distance->network);
    put_ratio(writing, "transport", distance == NULL ? NULL : &distance->transport);
    put_ratio(writing, "application", distance == NULL ? NULL : &distance->application);
    put_name(writing, "differences");
    put_differences(writing, row);
    put_string(writing->output, "}");
}

/* CSV. */

static const char csv_columns[] =
    "a,b,distance,distance_decimal,network,transport,application,differences\r\n";

static void id_field(struct writing *writing, const struct iotsig_named_pattern *of,
                     const size_t *flow)
{
    char id[IOTSIG_FLOW_ID];
    if (flow != NULL) {
        iotsig_pattern_flow_id(of->pattern, *flow, id);
        iotsig_put_csv(writing->output, text_of(id));
    }
    put_string(writing->output, ",");
}

static void ratio_field(struct writing *writing, const struct iotsig_ratio *ratio)
{
    iotsig_put_ratio(writing->output, *ratio);
    put_string(writing->output, ",");
}

static void row_csv(struct writing *writing, const struct row *row)
{
    id_field(writing, writing->a, row->a);
    id_field(writing, writing->b, row->b);
    if (row->distance != NULL) {
        ratio_field(writing, &row->distance->whole);
        iotsig_put_ratio_decimal(writing->output, row->distance->whole);
        put_string(writing->output, ",");
        ratio_field(writing, &row->distance->network);
        ratio_field(writing, &row->distance->transport);
        ratio_field(writing, &row->distance->application);
    } else {
        put_string(writing->output, ",,,,,");
    }
    iotsig_output_quote(writing->output, true);
    put_differences(writing, row);
    iotsig_output_quote(writing->output, false);
    put_string(writing->output, "\r\n");
}

/* Text. */

static const char *const titles[] = {"distance", "flow of A", "flow of B", "difference", NULL};

/* "192.168.1.110 - api.example:443 TCP": what there is no difference of is in both columns. */
static void flow_cell(struct writing *writing, const struct iotsig_named_pattern *of,
                      const size_t *number)
{
    struct iotsig_flow flow;
    struct cell *cell = &writing->cell;
    if (number == NULL) {
        iotsig_cell_add(cell, "-");
    } else {
        iotsig_pattern_flow(of->pattern, *number, &flow);
        iotsig_cell_add_host(cell, flow.src, flow.sport);
        iotsig_cell_add(cell, " - ");
        iotsig_cell_add_host(cell, flow.dst, flow.dport);
        iotsig_cell_add(cell, " ");
        iotsig_cell_add_protocol(cell, flow.network, flow.transport);
        if (flow.layer != NULL) {
            iotsig_cell_add(cell, " ");
            iotsig_cell_add_layer(cell, flow.layer);
        }
    }
    iotsig_cell_put(cell, &writing->table);
}

static void add_side(struct cell *cell, const char *text, int32_t port, bool is_port)
{
    char digits[16];
    if (is_port) {
        snprintf(digits, sizeof digits, "%d", (int)port);
        text = port == IOTSIG_NO_PORT ? "-" : digits;
    }
    iotsig_cell_add(cell, text != NULL ? text : "-");
}

/* "qtype A / AAAA" */
static void add_difference(void *user, const struct iotsig_difference *difference)
{
    struct writing *writing = user;
    bool is_port = difference->kind == IOTSIG_DIFFERENT_PORT;
    const char *what = kinds[difference->kind];
    if (difference->kind == IOTSIG_DIFFERENT_ATTRIBUTE)
        what = difference->name;
    else if (difference->kind == IOTSIG_DIFFERENT_PROTOCOL)
        what = "application";
    iotsig_cell_add(&writing->cell, writing->cell.n == 0 ? "" : "; ");
    iotsig_cell_add(&writing->cell, what);
    iotsig_cell_add(&writing->cell, " ");
    add_side(&writing->cell, difference->a, difference->port_a, is_port);
    iotsig_cell_add(&writing->cell, " / ");
    add_side(&writing->cell, difference->b, difference->port_b, is_port);
}

static void row_text(struct writing *writing, const struct row *row)
{
    char text[IOTSIG_RATIO_TEXT] = "-";
    if (row->distance != NULL)
        iotsig_ratio_text(row->distance->whole, text);
    iotsig_cell_add(&writing->cell, text);
    iotsig_cell_put(&writing->cell, &writing->table);
    flow_cell(writing, writing->a, row->a);
    flow_cell(writing, writing->b, row->b);
    if (row->a == NULL || row->b == NULL)
        iotsig_cell_add(&writing->cell, row->a == NULL ? "only in B" : "only in A");
    else
        iotsig_flow_differences(writing->a->pattern, *row->a, writing->b->pattern, *row->b,
                                add_difference, writing);
    if (writing->cell.n == 0)
        iotsig_cell_add(&writing->cell, "-");
    iotsig_cell_put(&writing->cell, &writing->table);
}

/* Rows in every format; a JSON array's are between brackets that the caller writes. */

static void begin_rows(struct writing *writing)
{
    if (writing->style->format == IOTSIG_FORMAT_TEXT)
        iotsig_table_init(&writing->table, &writing->a->pattern->context->allocator,
                          writing->output, writing->style, titles);
    else if (writing->style->format == IOTSIG_FORMAT_CSV)
        put_string(writing->output, csv_columns);
    writing->first = true;
}

static void put_row(struct writing *writing, const struct row *row)
{
    switch (writing->style->format) {
    case IOTSIG_FORMAT_TEXT: row_text(writing, row); break;
    case IOTSIG_FORMAT_CSV: row_csv(writing, row); break;
    case IOTSIG_FORMAT_JSON:
        put_separator(writing);
        row_json(writing, row);
        writing->first = false;
        break;
    default: row_json(writing, row); put_string(writing->output, "\n");
    }
}

static int end_rows(struct writing *writing, struct iotsig_error *error)
{
    if (writing->style->format == IOTSIG_FORMAT_TEXT && !iotsig_table_finish(&writing->table))
        return iotsig_fail_memory(error);
    return 0;
}

static void put_inputs(struct writing *writing)
{
    put_text_or_null(writing, "a", writing->a->name);
    put_text_or_null(writing, "b", writing->b->name);
}

/* Comparisons. */

static void put_pairs(struct writing *writing, const struct iotsig_comparison *comparison)
{
    struct iotsig_pair pair;
    for (size_t i = 0; i < iotsig_comparison_count(comparison); i++) {
        iotsig_comparison_pair(comparison, i, &pair);
        put_row(writing, &(struct row){&pair.a, &pair.b, &pair.distance});
    }
}

static void put_alone(struct writing *writing, const struct iotsig_comparison *comparison,
                      bool second)
{
    size_t flow;
    for (size_t i = 0; iotsig_comparison_only(comparison, second, i, &flow); i++)
        put_row(writing, second ? &(struct row){.b = &flow} : &(struct row){.a = &flow});
}

static void put_ids(struct writing *writing, const char *name,
                    const struct iotsig_comparison *comparison, bool second)
{
    char id[IOTSIG_FLOW_ID];
    size_t flow;
    put_name(writing, name);
    put_string(writing->output, "[");
    for (size_t i = 0; iotsig_comparison_only(comparison, second, i, &flow); i++) {
        iotsig_pattern_flow_id((second ? writing->b : writing->a)->pattern, flow, id);
        put_string(writing->output, i == 0 ? "" : ",");
        iotsig_put_json(writing->output, text_of(id));
    }
    put_string(writing->output, "]");
}

static void comparison_json(struct writing *writing, const struct iotsig_comparison *comparison)
{
    put_string(writing->output, "{");
    writing->first = true;
    put_text_or_null(writing, "distance", iotsig_comparison_distance(comparison));
    put_name(writing, "distance_decimal");
    put_string(writing->output, iotsig_comparison_decimal(comparison));
    put_inputs(writing);
    put_name(writing, "pairs");
    put_string(writing->output, "[");
    begin_rows(writing);
    put_pairs(writing, comparison);
    put_string(writing->output, "]");
    writing->first = false;
    put_ids(writing, "only_a", comparison, false);
    put_ids(writing, "only_b", comparison, true);
    put_string(writing->output, "}\n");
}

/* "A: a.json\nB: b.json\n" */
static void text_inputs(struct writing *writing)
{
    put_string(writing->output, "A: ");
    iotsig_put_safe(writing->output, writing->a->name);
    put_string(writing->output, "\nB: ");
    iotsig_put_safe(writing->output, writing->b->name);
    put_string(writing->output, "\n");
}

static int comparison_rows(struct writing *writing, const struct iotsig_comparison *comparison,
                           struct iotsig_error *error)
{
    size_t pairs = iotsig_comparison_count(comparison);
    if (writing->style->format == IOTSIG_FORMAT_TEXT) {
        text_inputs(writing);
        put_string(writing->output, "distance ");
        put_string(writing->output, iotsig_comparison_distance(comparison));
        put_string(writing->output, " (");
        put_string(writing->output, iotsig_comparison_decimal(comparison));
        put_string(writing->output, "): ");
        iotsig_put_count(writing->output, pairs, "pair");
        put_string(writing->output, "\n");
    }
    begin_rows(writing);
    put_pairs(writing, comparison);
    put_alone(writing, comparison, false);
    put_alone(writing, comparison, true);
    return end_rows(writing, error);
}

int iotsig_comparison_write(const struct iotsig_comparison *comparison,
                            const struct iotsig_named_pattern *a,
                            const struct iotsig_named_pattern *b, struct iotsig_output *output,
                            const struct iotsig_style *style, struct iotsig_error *error)
{
    struct writing writing = {.output = output, .style = style, .a = a, .b = b};
    int status = iotsig_refuse_format(style, error);
    if (status == 0 && style->format == IOTSIG_FORMAT_JSON)
        comparison_json(&writing, comparison);
    else if (status == 0)
        status = comparison_rows(&writing, comparison, error);
    return status;
}

/* Closest flows. */

int iotsig_closest_write(const struct iotsig_closest *closest, const struct iotsig_named_pattern *a,
                         const struct iotsig_named_pattern *b, struct iotsig_output *output,
                         const struct iotsig_style *style, struct iotsig_error *error)
{
    struct writing writing = {.output = output, .style = style, .a = a, .b = b, .first = true};
    bool json = style->format == IOTSIG_FORMAT_JSON;
    struct iotsig_pair pair;
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    if (json) {
        put_string(output, "{");
        put_inputs(&writing);
        put_name(&writing, "closest");
        put_string(output, "[");
    } else if (style->format == IOTSIG_FORMAT_TEXT) {
        text_inputs(&writing);
    }
    begin_rows(&writing);
    for (size_t i = 0; i < iotsig_pattern_count(a->pattern); i++) {
        iotsig_closest_get(closest, i, &pair);
        put_row(&writing, &(struct row){&pair.a, &pair.b, &pair.distance});
    }
    if (json)
        put_string(output, "]}\n");
    return end_rows(&writing, error);
}
