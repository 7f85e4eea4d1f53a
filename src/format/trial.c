/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials of a firewall: a row for each policy and direction. */
#include <stdio.h>

#include "base/error.h"
#include "detect/trial.h"
#include "format/cells.h"
#include "format/rows.h"

static void policy_json(struct iotsig_output *output, const struct iotsig_trial_policy *policy)
{
    iotsig_put_member(output, "{\"device\":", policy->device);
    iotsig_put_member(output, ",\"policy\":", policy->policy);
    put_string(output, policy->backward ? ",\"backward\":true" : ",\"backward\":false");
    iotsig_put_member(output, ",\"verdict\":", policy->verdict);
    iotsig_put_number_member(output, ",\"packets\":", policy->count.packets);
    iotsig_put_number_member(output, ",\"bytes\":", policy->count.bytes);
    iotsig_put_number_member(output, ",\"flows\":", policy->count.flows);
    iotsig_put_time_member(output, ",\"first\":", policy->count.first);
    iotsig_put_time_member(output, ",\"last\":", policy->count.last);
    put_string(output, "}");
}

static void rule_json(struct iotsig_output *output, const struct iotsig_trial_rule *rule)
{
    iotsig_put_member(output, "{\"table\":", rule->table);
    iotsig_put_member(output, ",\"rule\":", rule->rule);
    iotsig_put_member(output, ",\"verdict\":", rule->verdict);
    iotsig_put_number_member(output, ",\"packets\":", rule->packets);
    put_string(output, "}");
}

static void put_decimal(struct iotsig_output *output, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    put_string(output, text);
}

static void trial_json(const struct iotsig_trial *trial, struct iotsig_output *output)
{
    struct iotsig_trial_policy policy;
    struct iotsig_trial_rule rule;
    struct iotsig_trial_count dropped;
    uint64_t packets;
    double probability;
    const char *capture;
    iotsig_trial_totals(trial, &packets, &dropped);
    put_string(output, "{\"captures\":[");
    for (size_t i = 0; (capture = iotsig_trial_capture(trial, i)) != NULL; i++) {
        put_string(output, i == 0 ? "" : ",");
        iotsig_put_json(output, text_of(capture));
    }
    iotsig_put_number_member(output, "],\"packets\":", packets);
    iotsig_put_number_member(output, ",\"dropped\":", dropped.packets);
    iotsig_put_number_member(output, ",\"bytes_dropped\":", dropped.bytes);
    put_string(output, ",\"drop_probability\":");
    if (iotsig_trial_is_random(trial, &probability))
        put_decimal(output, probability);
    else
        put_string(output, "null");
    put_string(output, ",\"policies\":[");
    for (size_t i = 0; iotsig_trial_policy(trial, i, &policy); i++) {
        put_string(output, i == 0 ? "" : ",");
        policy_json(output, &policy);
    }
    put_string(output, "],\"rules\":[");
    for (size_t i = 0; iotsig_trial_rule(trial, i, &rule); i++) {
        put_string(output, i == 0 ? "" : ",");
        rule_json(output, &rule);
    }
    put_string(output, "]}\n");
}

static void trial_lines(const struct iotsig_trial *trial, struct iotsig_output *output)
{
    struct iotsig_trial_policy policy;
    for (size_t i = 0; iotsig_trial_policy(trial, i, &policy); i++) {
        policy_json(output, &policy);
        put_string(output, "\n");
    }
}

static void csv_time(struct iotsig_output *output, struct iotsig_time time)
{
    if (time.digits != 0)
        iotsig_put_time(output, time);
}

static void trial_csv(const struct iotsig_trial *trial, struct iotsig_output *output)
{
    struct iotsig_trial_policy policy;
    put_string(output, "device,policy,backward,verdict,packets,bytes,flows,first,last\r\n");
    for (size_t i = 0; iotsig_trial_policy(trial, i, &policy); i++) {
        iotsig_put_field(output, policy.device);
        iotsig_put_field(output, policy.policy);
        iotsig_put_field(output, policy.backward ? "true" : "false");
        iotsig_put_field(output, policy.verdict);
        iotsig_put_number(output, policy.count.packets);
        iotsig_put_number_member(output, ",", policy.count.bytes);
        iotsig_put_number_member(output, ",", policy.count.flows);
        put_string(output, ",");
        csv_time(output, policy.count.first);
        put_string(output, ",");
        csv_time(output, policy.count.last);
        put_string(output, "\r\n");
    }
}

/* Text. */

static const char *const titles[] = {"device", "policy", "verdict", ">packets", ">bytes",
                                     ">flows", "first",  "last",    NULL};

/* A text of a profile, without what a terminal could obey. */
static void safe_cell(struct table *table, struct cell *cell, const char *text, const char *ending)
{
    iotsig_cell_add_safe(cell, text != NULL ? text : "-");
    iotsig_cell_add(cell, ending);
    iotsig_cell_put(cell, table);
}

static void time_cell(struct table *table, struct iotsig_time time)
{
    char text[IOTSIG_TIME_TEXT];
    if (time.digits == 0)
        iotsig_table_cell(table, TEXT("-"));
    else
        iotsig_table_cell(table,
                          (struct text){text, (size_t)(iotsig_write_time(text, time) - text)});
}

static void policy_row(struct table *table, struct cell *cell,
                       const struct iotsig_trial_policy *policy)
{
    safe_cell(table, cell, policy->device, "");
    safe_cell(table, cell, policy->policy, policy->backward ? " (backward)" : "");
    iotsig_table_cell(table, text_of(policy->verdict));
    iotsig_table_number(table, policy->count.packets);
    iotsig_table_number(table, policy->count.bytes);
    iotsig_table_number(table, policy->count.flows);
    time_cell(table, policy->count.first);
    time_cell(table, policy->count.last);
}

static void put_sum(struct iotsig_output *output, const struct iotsig_trial *trial)
{
    struct iotsig_trial_count dropped;
    uint64_t packets;
    double probability;
    bool random = iotsig_trial_is_random(trial, &probability);
    iotsig_trial_totals(trial, &packets, &dropped);
    put_string(output, "\n");
    iotsig_put_number(output, dropped.packets);
    put_string(output, " of ");
    iotsig_put_count(output, packets, "packet");
    put_string(output, random ? " would be covered (" : " would be dropped (");
    iotsig_put_count(output, dropped.bytes, "byte");
    put_string(output, " in ");
    iotsig_put_count(output, dropped.flows, "flow");
    put_string(output, ")\n");
    if (!random)
        return;
    put_string(output, "of these, by a drop probability of ");
    put_decimal(output, probability);
    put_string(output, ", about ");
    put_decimal(output, (double)dropped.packets * probability);
    put_string(output, " would be dropped\n");
}

static int trial_text(const struct iotsig_trial *trial, struct iotsig_output *output,
                      const struct iotsig_style *style, struct iotsig_error *error)
{
    struct iotsig_trial_policy policy;
    struct table table;
    struct cell cell = {.n = 0};
    iotsig_table_init(&table, &iotsig_trial_context(trial)->allocator, output, style, titles);
    for (size_t i = 0; iotsig_trial_policy(trial, i, &policy); i++)
        policy_row(&table, &cell, &policy);
    if (!iotsig_table_finish(&table))
        return iotsig_fail_memory(error);
    put_sum(output, trial);
    return 0;
}

int iotsig_trial_write(const struct iotsig_trial *trial, struct iotsig_output *output,
                       const struct iotsig_style *style, struct iotsig_error *error)
{
    switch (style->format) {
    case IOTSIG_FORMAT_TEXT: return trial_text(trial, output, style, error);
    case IOTSIG_FORMAT_JSON: trial_json(trial, output); return 0;
    case IOTSIG_FORMAT_JSONL: trial_lines(trial, output); return 0;
    case IOTSIG_FORMAT_CSV: trial_csv(trial, output); return 0;
    default: return iotsig_refuse_format(style, error);
    }
}
