/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a signature and captures to what the page shows. */
#include "report/report.h"

#include "base/error.h"
#include "format/cells.h"
#include "iotsig/firewall.h"

/* Into the report's memory; NULL stays NULL. False when there is no memory. */
static bool copy_text(struct iotsig_report *report, const char **to, const char *text)
{
    *to = text == NULL ? NULL : iotsig_arena_text(&report->arena, text, strlen(text));
    return (*to == NULL) == (text == NULL);
}

/* The key of a feature: family, NUL, text; what is too long to be one is none. */
struct row_key {
    size_t n;
    char text[2048];
};

static bool make_key(struct row_key *key, const char *kind, const char *text)
{
    size_t k = strlen(kind) + 1, t = strlen(text);
    if (k + t > sizeof key->text)
        return false;
    memcpy(key->text, kind, k);
    memcpy(key->text + k, text, t);
    key->n = k + t;
    return true;
}

/* The signature. */

static bool take_trait(struct iotsig_report *report, size_t i)
{
    struct iotsig_trait trait;
    struct row_key key;
    bool added;
    iotsig_learned_trait(report->learned, i, &trait);
    report->rows[i] = (struct row){.role = trait.role,
                                   .kind = trait.family,
                                   .text = trait.text,
                                   .support = trait.support,
                                   .weight = trait.weight,
                                   .least = trait.least,
                                   .most = trait.most};
    return !make_key(&key, trait.family, trait.text) ||
           iotsig_map_put(&report->row_map, key.text, key.n, i, &added) != NULL;
}

static bool copy_cell(struct iotsig_report *report, const char **to, struct cell *cell)
{
    *to = iotsig_arena_text(&report->arena, cell->text, cell->n);
    cell->n = 0;
    return *to != NULL;
}

static const struct iotsig_pattern *pattern_of(const struct iotsig_report *report)
{
    return iotsig_patterns_get(report->patterns, 0);
}

static bool take_flow(struct iotsig_report *report, size_t i)
{
    struct iotsig_flow flow;
    struct cell cell = {0};
    struct row *row = &report->rows[i];
    iotsig_pattern_flow(pattern_of(report), i, &flow);
    *row = (struct row){.role = IOTSIG_MANDATORY, .packets = flow.packets};
    iotsig_cell_add_protocol(&cell, flow.network, flow.transport);
    if (!copy_cell(report, &row->kind, &cell))
        return false;
    iotsig_cell_add_host(&cell, flow.src, flow.sport);
    iotsig_cell_add(&cell, " \u2192 ");
    iotsig_cell_add_host(&cell, flow.dst, flow.dport);
    if (!copy_cell(report, &row->text, &cell))
        return false;
    if (flow.layer == NULL)
        return true;
    iotsig_cell_add_layer(&cell, flow.layer);
    return copy_cell(report, &row->detail, &cell);
}

static int take_rows(struct iotsig_report *report, struct iotsig_error *error)
{
    size_t count = report->learned != NULL ? iotsig_learned_count(report->learned)
                                           : iotsig_pattern_count(pattern_of(report));
    bool done = true;
    if (count == 0)
        return 0;
    if (count > SIZE_MAX / sizeof *report->rows ||
        (report->rows = iotsig_arena_get(&report->arena, count * sizeof *report->rows)) == NULL)
        return iotsig_fail_memory(error);
    report->row_count = count;
    for (size_t i = 0; i < count && done; i++)
        done = report->learned != NULL ? take_trait(report, i) : take_flow(report, i);
    return done ? 0 : iotsig_fail_memory(error);
}

static int take_signature(struct iotsig_report *report, const char *path,
                          struct iotsig_error *error)
{
    size_t learned = iotsig_library_count(report->library),
           extracted = iotsig_patterns_count(report->patterns);
    if (learned + extracted == 0)
        return iotsig_fail_in(error, iotsig_fail(error, IOTSIG_ERR_EMPTY, "it holds no signature"),
                              path);
    if (learned + extracted > 1)
        return iotsig_fail_in(error,
                              iotsig_fail(error, IOTSIG_ERR_FORMAT,
                                          "it holds several signatures (give one)"),
                              path);
    if (learned == 1)
        report->learned = iotsig_library_get(report->library, 0);
    int status = take_rows(report, error);
    if (status == 0 && extracted == 1)
        status = iotsig_hosts_gather(report, iotsig_patterns_names(report->patterns, 0), error);
    return status;
}

static int read_signature(struct iotsig_report *report, const char *path,
                          struct iotsig_error *error)
{
    int status = iotsig_library_new(&report->library, report->context, error);
    if (status == 0)
        status =
            iotsig_patterns_new(&report->patterns, report->context, &report->options, false, error);
    if (status != 0)
        return status;
    iotsig_patterns_set_library(report->patterns, report->library);
    status = iotsig_patterns_read(report->patterns, path, NULL, NULL, error);
    return status != 0 ? status : take_signature(report, path, error);
}

int iotsig_report_new(struct iotsig_report **out, struct iotsig_context *context, const char *path,
                      const struct iotsig_options *options, struct iotsig_error *error)
{
    const struct iotsig_options defaults = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_report *report = iotsig_memory_get(&context->allocator, sizeof *report);
    if (report == NULL)
        return iotsig_fail_memory(error);
    *report = (struct iotsig_report){.context = context,
                                     .options = options != NULL ? *options : defaults};
    iotsig_arena_init(&report->arena, &context->allocator);
    iotsig_map_init(&report->row_map, &context->allocator, context->hash_key);
    iotsig_map_init(&report->known, &context->allocator, context->hash_key);
    int status = read_signature(report, path, error);
    if (status == 0)
        *out = report;
    else
        iotsig_report_free(report);
    return status;
}

const struct iotsig_learned *iotsig_report_learned(const struct iotsig_report *report)
{
    return report->learned;
}

int64_t iotsig_report_timeout(const struct iotsig_report *report)
{
    const struct provenance *signature =
        report->learned == NULL ? report->patterns->items[0].signature : NULL;
    return signature == NULL ? NO_TIMEOUT : signature->timeout_ns;
}

size_t iotsig_report_rows(const struct iotsig_report *report)
{
    return report->row_count;
}

size_t iotsig_report_count(const struct iotsig_report *report, enum iotsig_role role)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += report->rows[i].role == role;
    return count;
}

/* Captures. */

static struct trace *new_trace(struct iotsig_report *report, const char *name)
{
    size_t count = report->trace_count, rows = report->row_count;
    struct trace trace = {0};
    if (!iotsig_array_grow(&report->context->allocator, &report->traces, &report->trace_capacity,
                           count + 1, sizeof *report->traces) ||
        !copy_text(report, &trace.name, name) ||
        (trace.sightings = iotsig_arena_get(&report->arena, rows * sizeof *trace.sightings)) ==
            NULL)
        return NULL;
    for (size_t i = 0; i < rows; i++)
        trace.sightings[i] = (struct sighting){0};
    report->traces[count] = trace;
    return &report->traces[count];
}

/* From here on it is of the report. */
static void keep_trace(struct iotsig_report *report)
{
    const struct trace *trace = &report->traces[report->trace_count++];
    for (size_t i = 0; i < report->row_count; i++)
        report->rows[i].given += trace->sightings[i].count > 0;
}

static bool take_spells(struct iotsig_report *report, struct sighting *sighting,
                        const struct iotsig_features *features, size_t i)
{
    struct iotsig_spell spell;
    size_t count = 0;
    while (iotsig_features_spell(features, i, count, &spell))
        count++;
    sighting->spells = iotsig_arena_get(&report->arena, count * sizeof *sighting->spells);
    if (sighting->spells == NULL)
        return false;
    for (; sighting->spell_count < count; sighting->spell_count++)
        (void)iotsig_features_spell(features, i, sighting->spell_count,
                                    &sighting->spells[sighting->spell_count]);
    return true;
}

static bool take_features(struct iotsig_report *report, struct trace *trace,
                          const struct iotsig_features *features)
{
    struct row_key key;
    for (size_t i = 0; i < iotsig_features_count(features); i++) {
        struct iotsig_feature feature;
        iotsig_features_get(features, i, &feature);
        const uint64_t *row = make_key(&key, feature.family, feature.text)
                                  ? iotsig_map_get(&report->row_map, key.text, key.n)
                                  : NULL;
        if (row == NULL)
            continue;
        trace->sightings[*row].count = feature.count;
        if (!take_spells(report, &trace->sightings[*row], features, i))
            return false;
    }
    return true;
}

static bool take_device(struct iotsig_report *report, struct trace *trace,
                        const struct iotsig_features *features)
{
    size_t count = 0;
    while (iotsig_features_address(features, count) != NULL)
        count++;
    trace->addresses = iotsig_arena_get(&report->arena, count * sizeof *trace->addresses);
    if (trace->addresses == NULL ||
        !copy_text(report, &trace->device, iotsig_features_self(features)) ||
        !copy_text(report, &trace->gateway, iotsig_features_gateway(features)))
        return false;
    for (; trace->address_count < count; trace->address_count++)
        if (!copy_text(report, &trace->addresses[trace->address_count],
                       iotsig_features_address(features, trace->address_count)))
            return false;
    return true;
}

static void take_span(struct trace *trace, const struct iotsig_features *features)
{
    struct iotsig_time first, last;
    iotsig_features_span(features, &first, &last);
    trace->timed = first.digits > 0 && last.digits > 0;
    trace->span = (struct iotsig_spell){first.ns, last.ns};
}

static int take_match(struct iotsig_report *report, struct trace *trace,
                      const struct iotsig_features *features, struct iotsig_error *error)
{
    struct iotsig_probe *probe;
    struct iotsig_match match;
    int status = iotsig_probe_new(&probe, report->context, report->library, features, error);
    if (status != 0)
        return status;
    iotsig_probe_match(probe, 0, &match);
    trace->covered = match.coverage.num;
    trace->total = match.coverage.den;
    trace->matches = match.matches;
    bool done = copy_text(report, &trace->forbidden_kind, match.forbidden_family) &&
                copy_text(report, &trace->forbidden, match.forbidden);
    iotsig_probe_free(probe);
    return done ? 0 : iotsig_fail_memory(error);
}

int iotsig_report_add_features(struct iotsig_report *report, const char *name,
                               const struct iotsig_features *features, struct iotsig_error *error)
{
    if (report->learned == NULL)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "the signature is no learned one");
    struct trace *trace = new_trace(report, name);
    if (trace == NULL || !take_features(report, trace, features) ||
        !take_device(report, trace, features))
        return iotsig_fail_memory(error);
    take_span(trace, features);
    int status = take_match(report, trace, features, error);
    if (status == 0)
        status = iotsig_hosts_gather(report, iotsig_features_names(features), error);
    if (status == 0)
        keep_trace(report);
    return status;
}

static void widen(struct trace *trace, const struct iotsig_flow *flow)
{
    if (flow->first.digits == 0 || flow->last.digits == 0)
        return;
    struct iotsig_spell *span = &trace->span;
    if (!trace->timed || flow->first.ns < span->first_ns)
        span->first_ns = flow->first.ns;
    if (!trace->timed || flow->last.ns > span->last_ns)
        span->last_ns = flow->last.ns;
    trace->timed = true;
}

static bool see_flow(struct iotsig_report *report, struct sighting *sighting,
                     const struct iotsig_pattern *pattern, size_t i)
{
    struct iotsig_flow flow;
    iotsig_pattern_flow(pattern, i, &flow);
    sighting->count = flow.packets > 0 ? flow.packets : 1;
    if (flow.first.digits == 0 || flow.last.digits == 0)
        return true;
    sighting->spells = iotsig_arena_get(&report->arena, sizeof *sighting->spells);
    if (sighting->spells == NULL)
        return false;
    sighting->spells[0] = (struct iotsig_spell){flow.first.ns, flow.last.ns};
    sighting->spell_count = 1;
    return true;
}

static int take_pattern(struct iotsig_report *report, struct trace *trace,
                        const struct iotsig_pattern *pattern, struct iotsig_error *error)
{
    struct iotsig_comparison *comparison;
    struct iotsig_flow flow;
    bool done = true;
    int status = iotsig_compare(&comparison, pattern_of(report), pattern, &report->options, error);
    if (status != 0)
        return status;
    for (size_t i = 0; i < iotsig_pattern_count(pattern); i++) {
        iotsig_pattern_flow(pattern, i, &flow);
        widen(trace, &flow);
    }
    trace->covered = iotsig_comparison_count(comparison);
    trace->total = report->row_count;
    trace->matches = trace->covered == trace->total && trace->total > 0;
    for (size_t i = 0; i < iotsig_comparison_count(comparison) && done; i++) {
        struct iotsig_pair pair;
        iotsig_comparison_pair(comparison, i, &pair);
        done = see_flow(report, &trace->sightings[pair.a], pattern, pair.b);
    }
    iotsig_comparison_free(comparison);
    return done ? 0 : iotsig_fail_memory(error);
}

int iotsig_report_add_patterns(struct iotsig_report *report, const struct iotsig_patterns *patterns,
                               struct iotsig_error *error)
{
    const struct iotsig_names *told = NULL;
    int status = 0;
    if (report->learned != NULL)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "the signature is a learned one");
    for (size_t i = 0; i < iotsig_patterns_count(patterns) && status == 0; i++) {
        struct trace *trace = new_trace(report, iotsig_patterns_input(patterns, i));
        if (trace == NULL)
            return iotsig_fail_memory(error);
        status = take_pattern(report, trace, iotsig_patterns_get(patterns, i), error);
        if (status == 0 && iotsig_patterns_names(patterns, i) != told) {
            told = iotsig_patterns_names(patterns, i);
            status = iotsig_hosts_gather(report, told, error);
        }
        if (status == 0)
            keep_trace(report);
    }
    return status;
}

/* The page. */

static const char *title_of(const struct iotsig_report *report)
{
    if (report->learned != NULL)
        return iotsig_learned_event(report->learned);
    const struct provenance *signature = report->patterns->items[0].signature;
    return signature != NULL ? signature->name : iotsig_patterns_input(report->patterns, 0);
}

int iotsig_report_write(const struct iotsig_report *report, struct iotsig_output *output,
                        struct iotsig_error *error)
{
    struct html html = {.output = output};
    iotsig_html_start(&html, title_of(report));
    iotsig_html_begin(&html, "header");
    iotsig_html_element(&html, "p", "kind",
                        report->learned != NULL ? "Learned signature" : "Extracted signature");
    iotsig_html_element(&html, "h1", NULL, title_of(report));
    iotsig_summary_write(report, &html);
    iotsig_html_end(&html);
    iotsig_rows_write(report, &html);
    iotsig_captures_write(report, &html);
    int status = iotsig_timelines_write(report, &html, error);
    if (status == 0)
        status = iotsig_hosts_write(report, &html, error);
    iotsig_provenance_write(report, &html);
    iotsig_html_finish(&html);
    return status;
}

void iotsig_report_free(struct iotsig_report *report)
{
    if (report == NULL)
        return;
    const struct iotsig_allocator *allocator = &report->context->allocator;
    iotsig_patterns_free(report->patterns);
    iotsig_library_free(report->library);
    iotsig_map_fini(&report->row_map);
    iotsig_map_fini(&report->known);
    iotsig_memory_free(allocator, report->traces);
    iotsig_arena_fini(&report->arena);
    iotsig_memory_free(allocator, report);
}
