/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns, signatures and packets in every format. */
#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/output.h"
#include "flow/patterns.h"
#include "format/cells.h"
#include "format/records.h"
#include "format/rows.h"
#include "signature/signature.h"

static const struct {
    const char *name;
    enum iotsig_format format;
} formats[] = {{"text", IOTSIG_FORMAT_TEXT},
               {"csv", IOTSIG_FORMAT_CSV},
               {"json", IOTSIG_FORMAT_JSON},
               {"jsonl", IOTSIG_FORMAT_JSONL},
               {"yaml", IOTSIG_FORMAT_YAML},
               {"html", IOTSIG_FORMAT_HTML}};

int iotsig_format_parse(enum iotsig_format *format, const char *name, struct iotsig_error *error)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0) {
            *format = formats[i].format;
            return 0;
        }
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                       "not a format (use text, csv, json, jsonl, yaml or html)");
}

bool iotsig_format_of_path(enum iotsig_format *format, const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || strchr(dot, '/') != NULL)
        return false;
    if (strcmp(dot, ".txt") == 0) {
        *format = IOTSIG_FORMAT_TEXT;
        return true;
    }
    if (strcmp(dot, ".yml") == 0) {
        *format = IOTSIG_FORMAT_YAML;
        return true;
    }
    return iotsig_format_parse(format, dot + 1, NULL) == 0;
}

static const char *const flow_titles[] = {">#",      "source",   "destination", "protocol",
                                          "content", ">packets", ">bytes",      NULL};

static void flow_row(struct table *table, const struct iotsig_pattern *pattern, size_t index)
{
    struct iotsig_flow flow;
    struct cell cell = {.n = 0};
    iotsig_pattern_flow(pattern, index, &flow);
    iotsig_table_number(table, index + 1);
    iotsig_cell_add_host(&cell, flow.src, flow.sport);
    iotsig_cell_put(&cell, table);
    iotsig_cell_add_host(&cell, flow.dst, flow.dport);
    iotsig_cell_put(&cell, table);
    iotsig_cell_add_protocol(&cell, flow.network, flow.transport);
    iotsig_cell_put(&cell, table);
    iotsig_cell_add_layer(&cell, flow.layer);
    iotsig_cell_put(&cell, table);
    iotsig_table_number(table, flow.packets);
    iotsig_table_number(table, flow.bytes);
}

static int write_table(const struct iotsig_pattern *pattern, struct iotsig_output *output,
                       const struct iotsig_style *style, struct iotsig_error *error)
{
    struct table table;
    iotsig_table_init(&table, &pattern->context->allocator, output, style, flow_titles);
    for (size_t i = 0; i < pattern->count; i++)
        flow_row(&table, pattern, i);
    return iotsig_table_finish(&table) ? 0 : iotsig_fail_memory(error);
}

/* Flows as JSON, with something in front of each. */

static void put_flows(struct iotsig_output *output, const struct iotsig_pattern *pattern)
{
    put_string(output, "\"flows\":[");
    for (size_t i = 0; i < pattern->count; i++) {
        put_string(output, i == 0 ? "{" : ",{");
        iotsig_put_flow_json(output, pattern, i);
        put_string(output, "}");
    }
    put_string(output, "]");
}

/* `number`: tells the pattern from those before it that have the same label; 0: there is none. */
static void put_flow_lines(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                           const char *member, const char *value, size_t number)
{
    for (size_t i = 0; i < pattern->count; i++) {
        put_string(output, "{\"");
        put_string(output, member);
        put_string(output, "\":");
        iotsig_put_json(output, text_of(value));
        if (number > 0) {
            put_string(output, ",\"pattern\":");
            iotsig_put_number(output, number);
        }
        put_string(output, ",");
        iotsig_put_flow_json(output, pattern, i);
        put_string(output, "}\n");
    }
}

struct table_member {
    struct iotsig_output *output;
    bool first;
};

static void put_name(void *user, const char *key, const char *value)
{
    struct table_member *member = user;
    put_string(member->output, member->first ? "" : ",");
    iotsig_put_json(member->output, text_of(key));
    put_string(member->output, ":");
    iotsig_put_json(member->output, text_of(value));
    member->first = false;
}

static void put_names(struct iotsig_output *output, const struct iotsig_names *names)
{
    struct table_member member = {output, true};
    put_string(output, "\"hosts\":{\"IP\":{");
    iotsig_names_each(names, IOTSIG_NAMES_IP, put_name, &member);
    member.first = true;
    put_string(output, "},\"ALIAS\":{");
    iotsig_names_each(names, IOTSIG_NAMES_ALIAS, put_name, &member);
    put_string(output, "}}");
}

/* Seconds, with as many decimals as there are. */
static void put_seconds(struct iotsig_output *output, int64_t ns)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%lld.%09lld", (long long)(ns / 1000000000),
                     (long long)(ns % 1000000000));
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    iotsig_output_put(output, text, (size_t)n);
}

static void signature_json(const struct provenance *from, const struct iotsig_pattern *pattern,
                           struct iotsig_output *output)
{
    put_string(output, "{\"signature\":{\"name\":");
    iotsig_put_json(output, text_of(from->name));
    put_string(output, ",\"captures\":[");
    for (size_t i = 0; i < from->capture_count; i++) {
        put_string(output, i == 0 ? "" : ",");
        iotsig_put_json(output, text_of(from->captures[i]));
    }
    put_string(output, "],\"timeout\":");
    if (from->timeout_ns == NO_TIMEOUT)
        put_string(output, "null");
    else
        put_seconds(output, from->timeout_ns);
    put_string(output, ",");
    put_flows(output, pattern);
    put_string(output, "}}");
}

static int signature_text(const struct provenance *from, const struct iotsig_pattern *pattern,
                          struct iotsig_output *output, const struct iotsig_style *style,
                          struct iotsig_error *error)
{
    put_string(output, "signature ");
    iotsig_put_safe(output, from->name);
    put_string(output, ": ");
    iotsig_put_count(output, pattern->count, "flow");
    if (from->capture_count > 0) {
        put_string(output, " common to ");
        iotsig_put_count(output, from->capture_count, "capture");
    }
    put_string(output, "\n");
    return pattern->count == 0 ? 0 : write_table(pattern, output, style, error);
}

/* The provenance of an item that is to be written as the signature that it was. */
static const struct provenance *signature_of(const struct patterns_item *item, bool keep)
{
    return keep ? item->signature : NULL;
}

static void pattern_json(const struct iotsig_patterns *patterns, size_t i,
                         struct iotsig_output *output)
{
    put_string(output, "{\"input\":");
    iotsig_put_json(output, text_of(patterns->items[i].input));
    put_string(output, ",");
    put_names(output, iotsig_patterns_names(patterns, i));
    put_string(output, ",");
    put_flows(output, patterns->items[i].pattern);
    put_string(output, "}");
}

static void patterns_json(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                          bool keep)
{
    bool alone = patterns->count == 1 && signature_of(&patterns->items[0], keep) != NULL;
    put_string(output, alone ? "" : "[");
    for (size_t i = 0; i < patterns->count; i++) {
        const struct provenance *from = signature_of(&patterns->items[i], keep);
        put_string(output, i == 0 ? "" : ",");
        if (from != NULL)
            signature_json(from, patterns->items[i].pattern, output);
        else
            pattern_json(patterns, i, output);
    }
    put_string(output, alone ? "\n" : "]\n");
}

static int patterns_text(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                         bool keep, const struct iotsig_style *style, struct iotsig_error *error)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < patterns->count; i++) {
        const struct patterns_item *item = &patterns->items[i];
        const struct provenance *from = signature_of(item, keep);
        put_string(output, i == 0 ? "" : "\n");
        if (from != NULL) {
            status = signature_text(from, item->pattern, output, style, error);
            continue;
        }
        iotsig_put_safe(output, item->input);
        put_string(output, ": ");
        iotsig_put_count(output, item->pattern->count, "flow");
        put_string(output, "\n");
        if (item->pattern->count > 0)
            status = write_table(item->pattern, output, style, error);
    }
    return status;
}

static void put_flow_rows(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                          const char *input)
{
    for (size_t i = 0; i < pattern->count; i++)
        iotsig_put_flow_csv(output, pattern, i, input);
}

/*
 * Rows and lines hold patterns one after another, told apart by their labels. Where the one before
 * has the same, an empty line or a number tells where the next begins.
 */
static void patterns_flat(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                          bool keep, bool csv)
{
    const char *before = NULL;
    size_t number = 0;
    put_string(output, csv ? iotsig_flow_columns : "");
    for (size_t i = 0; i < patterns->count; i++) {
        const struct patterns_item *item = &patterns->items[i];
        if (item->pattern->count == 0)
            continue;
        const struct provenance *from = signature_of(item, keep);
        const char *label = from != NULL ? from->name : item->input;
        bool same = before != NULL && strcmp(before, label) == 0;
        number = same ? number + 1 : 0;
        before = label;
        put_string(output, csv && same ? "\r\n" : "");
        if (csv)
            put_flow_rows(output, item->pattern, label);
        else
            put_flow_lines(output, item->pattern, from != NULL ? "signature" : "input", label, number);
    }
}

static int write_patterns(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                          bool keep, const struct iotsig_style *style, struct iotsig_error *error)
{
    switch (style->format) {
    case IOTSIG_FORMAT_TEXT:
        return patterns_text(patterns, output, keep, style, error);
    case IOTSIG_FORMAT_CSV:
    case IOTSIG_FORMAT_JSONL:
        patterns_flat(patterns, output, keep, style->format == IOTSIG_FORMAT_CSV);
        return 0;
    case IOTSIG_FORMAT_JSON:
        patterns_json(patterns, output, keep);
        return 0;
    default:
        return iotsig_refuse_format(style, error);
    }
}

int iotsig_patterns_write(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                          const struct iotsig_style *style, struct iotsig_error *error)
{
    return write_patterns(patterns, output, false, style, error);
}

int iotsig_patterns_rewrite(const struct iotsig_patterns *patterns, struct iotsig_output *output,
                            const struct iotsig_style *style, struct iotsig_error *error)
{
    return write_patterns(patterns, output, true, style, error);
}

/* That there is no signature. */
static int write_none(struct iotsig_output *output, const struct iotsig_style *style)
{
    if (style->format == IOTSIG_FORMAT_TEXT)
        put_string(output, "no signature: no input holds a flow\n");
    else if (style->format == IOTSIG_FORMAT_CSV)
        put_string(output, iotsig_flow_columns);
    else if (style->format == IOTSIG_FORMAT_JSON)
        put_string(output, "{\"signature\":null}\n");
    return 0;
}

int iotsig_signature_write(const struct iotsig_signature *signature, struct iotsig_output *output,
                           const struct iotsig_style *style, struct iotsig_error *error)
{
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    if (signature == NULL)
        return write_none(output, style);
    switch (style->format) {
    case IOTSIG_FORMAT_TEXT:
        return signature_text(&signature->from, signature->pattern, output, style, error);
    case IOTSIG_FORMAT_CSV:
        put_string(output, iotsig_flow_columns);
        put_flow_rows(output, signature->pattern, signature->from.name);
        return 0;
    case IOTSIG_FORMAT_JSON:
        signature_json(&signature->from, signature->pattern, output);
        put_string(output, "\n");
        return 0;
    default:
        put_flow_lines(output, signature->pattern, "signature", signature->from.name, 0);
        return 0;
    }
}

/* Packets. */

struct iotsig_packet_writer {
    struct rows rows;
};

static const char *const packet_titles[] = {">id",         "time",     "source",  ">sport",
                                            "destination", ">dport",   "protocol", "content",
                                            ">length",     NULL};

int iotsig_packet_writer_new(struct iotsig_packet_writer **out, struct iotsig_context *context,
                             struct iotsig_output *output, const struct iotsig_style *style,
                             struct iotsig_error *error)
{
    struct rows *rows;
    int status =
        iotsig_rows_new(&rows, context, output, style, iotsig_packet_columns, packet_titles, error);
    if (status == 0)
        *out = (struct iotsig_packet_writer *)rows;
    return status;
}

static void packet_row(struct table *table, const struct iotsig_packet *packet)
{
    char seconds[IOTSIG_TIME_TEXT];
    struct cell cell = {.n = 0};
    size_t n = (size_t)(iotsig_write_time(seconds, packet->time) - seconds);
    iotsig_table_number(table, packet->id);
    iotsig_table_cell(table, (struct text){seconds, n});
    iotsig_table_cell(table, text_of(packet->src));
    iotsig_table_number(table, packet->sport);
    iotsig_table_cell(table, text_of(packet->dst));
    iotsig_table_number(table, packet->dport);
    iotsig_cell_add_protocol(&cell, packet->network, packet->transport);
    iotsig_cell_put(&cell, table);
    iotsig_cell_add_layer(&cell, packet->layer);
    iotsig_cell_put(&cell, table);
    iotsig_table_number(table, packet->length);
}

int iotsig_packet_writer_put(struct iotsig_packet_writer *writer, const char *capture,
                             const struct iotsig_packet *packet, struct iotsig_error *error)
{
    struct rows *rows = &writer->rows;
    iotsig_rows_begin(rows);
    switch (rows->style.format) {
    case IOTSIG_FORMAT_TEXT: packet_row(&rows->table, packet); break;
    case IOTSIG_FORMAT_CSV: iotsig_put_packet_csv(rows->output, packet); break;
    default: iotsig_put_packet_json(rows->output, capture, packet); iotsig_rows_end(rows);
    }
    return iotsig_rows_check(rows, error);
}

int iotsig_packet_writer_free(struct iotsig_packet_writer *writer, struct iotsig_error *error)
{
    return iotsig_rows_free((struct rows *)writer, error);
}
