/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What captures are identified as, and which signatures of a library collide. */
#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/ratio.h"
#include "format/cells.h"
#include "format/identity.h"

/* Features that are told as missing. */
#define MISSING_MAX 8

void iotsig_put_quoted_ratio(struct iotsig_output *output, struct iotsig_ratio ratio)
{
    put_string(output, "\"");
    iotsig_put_ratio(output, ratio);
    put_string(output, "\"");
}

/* A capture that is written, and what is known of it. */
struct shown {
    const char *capture, *device, *event;
    const struct iotsig_library *library;
    const struct iotsig_probe *probe;
    struct iotsig_identity identity;
    size_t nearest;            /* the signature of the highest coverage, of an unknown capture */
    struct iotsig_match match; /* of that; `learned` NULL: there is none */
};

/* Of an unknown capture, the signature that comes nearest. */
static void find_nearest(struct shown *shown)
{
    struct iotsig_match match;
    shown->match = (struct iotsig_match){.coverage = RATIO_ZERO};
    if (shown->identity.ties > 0)
        return;
    for (size_t i = 0; i < iotsig_library_count(shown->library); i++) {
        iotsig_probe_match(shown->probe, i, &match);
        if (iotsig_ratio_compare(match.coverage, shown->match.coverage) > 0) {
            shown->match = match;
            shown->nearest = i;
        }
    }
}

/* The next mandatory feature from `*i` on that is missing; false: there is none. */
static bool next_missing(const struct shown *shown, size_t *i, struct iotsig_trait *trait)
{
    while (*i < iotsig_learned_count(shown->match.learned)) {
        size_t place = (*i)++;
        iotsig_learned_trait(shown->match.learned, place, trait);
        if (trait->role != IOTSIG_MANDATORY)
            return false;
        if (!iotsig_probe_has(shown->probe, shown->nearest, place))
            return true;
    }
    return false;
}

void iotsig_put_feature(struct iotsig_output *output, const char *family, const char *text)
{
    struct cell cell = {0};
    iotsig_cell_add(&cell, family);
    iotsig_cell_add(&cell, " ");
    iotsig_cell_add(&cell, text);
    iotsig_put_json(output, (struct text){cell.text, cell.n});
}

static void put_nearest(struct iotsig_output *output, const struct shown *shown)
{
    const struct iotsig_match *match = &shown->match;
    struct iotsig_trait trait;
    if (match->learned == NULL) {
        put_string(output, ",\"nearest\":null");
        return;
    }
    iotsig_put_member(output, ",\"nearest\":{\"event\":", iotsig_learned_event(match->learned));
    put_string(output, ",\"coverage\":");
    iotsig_put_quoted_ratio(output, match->coverage);
    put_string(output, ",\"missing\":[");
    for (size_t i = 0, n = 0; n < MISSING_MAX && next_missing(shown, &i, &trait); n++) {
        put_string(output, n == 0 ? "" : ",");
        iotsig_put_feature(output, trait.family, trait.text);
    }
    put_string(output, "],\"must_not\":");
    if (match->forbidden == NULL)
        put_string(output, "null");
    else
        iotsig_put_feature(output, match->forbidden_family, match->forbidden);
    put_string(output, "}");
}

static void put_object(struct iotsig_output *output, const struct shown *shown)
{
    const struct iotsig_identity *identity = &shown->identity;
    bool any = false;
    iotsig_put_member(output, "{\"input\":", shown->capture);
    iotsig_put_member(output, ",\"event\":", shown->event);
    put_string(output, ",\"group\":");
    if (identity->event == NULL && identity->ties > 0) {
        for (size_t i = 0; i < identity->ties; i++)
            iotsig_put_member(output, i == 0 ? "[" : ",",
                     iotsig_learned_event(iotsig_probe_tie(shown->probe, i)));
        put_string(output, "]");
    } else {
        put_string(output, "null");
    }
    put_string(output, ",\"coverage\":");
    if (identity->ties > 0)
        iotsig_put_quoted_ratio(output, identity->coverage);
    else
        put_string(output, "null");
    iotsig_put_member(output, ",\"device\":", shown->device);
    put_string(output, ",\"matches\":[");
    for (size_t i = 0; i < iotsig_library_count(shown->library); i++) {
        struct iotsig_match match;
        iotsig_probe_match(shown->probe, i, &match);
        if (!match.matches)
            continue;
        iotsig_put_member(output, any ? ",{\"event\":" : "{\"event\":", iotsig_learned_event(match.learned));
        put_string(output, ",\"coverage\":");
        iotsig_put_quoted_ratio(output, match.coverage);
        put_string(output, "}");
        any = true;
    }
    put_string(output, identity->by_device ? "],\"by_device\":true" : "],\"by_device\":false");
    put_nearest(output, shown);
    put_string(output, "}");
}

/* "A, B": the events that a capture may be of. */
static void add_events(struct cell *cell, const struct shown *shown)
{
    if (shown->event != NULL)
        iotsig_cell_add(cell, shown->event);
    else if (shown->identity.ties == 0)
        iotsig_cell_add(cell, "unknown");
    else
        for (size_t i = 0; i < shown->identity.ties; i++) {
            iotsig_cell_add(cell, i == 0 ? "one of " : ", ");
            iotsig_cell_add(cell, iotsig_learned_event(iotsig_probe_tie(shown->probe, i)));
        }
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

static void add_remark(struct cell *cell, const struct shown *shown)
{
    struct iotsig_trait trait;
    size_t i = 0;
    if (shown->identity.by_device)
        iotsig_cell_add(cell, "by the device; its traffic is that of others too");
    if (shown->match.learned == NULL)
        return;
    iotsig_cell_add(cell, "nearest ");
    iotsig_cell_add(cell, iotsig_learned_event(shown->match.learned));
    iotsig_cell_add(cell, " ");
    iotsig_cell_add_share(cell, shown->match.coverage);
    if (shown->match.forbidden != NULL) {
        iotsig_cell_add(cell, ", which must not have ");
        iotsig_cell_add(cell, shown->match.forbidden);
    } else if (next_missing(shown, &i, &trait)) {
        iotsig_cell_add(cell, " without ");
        iotsig_cell_add(cell, trait.text);
    }
}

struct iotsig_identity_writer {
    struct iotsig_context *context;
    struct iotsig_output *output;
    struct iotsig_style style;
    struct table table; /* of text */
    size_t captures;
};

int iotsig_identity_writer_new(struct iotsig_identity_writer **out, struct iotsig_context *context,
                               struct iotsig_output *output, const struct iotsig_style *style,
                               struct iotsig_error *error)
{
    static const char *const titles[] = {"input", "event", ">coverage", "device", "", NULL};
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    struct iotsig_identity_writer *writer = iotsig_memory_get(&context->allocator, sizeof *writer);
    if (writer == NULL)
        return iotsig_fail_memory(error);
    *writer =
        (struct iotsig_identity_writer){.context = context, .output = output, .style = *style};
    if (style->format == IOTSIG_FORMAT_JSON)
        put_string(output, "[");
    else if (style->format == IOTSIG_FORMAT_CSV)
        put_string(output, "input,event,group,coverage,device\r\n");
    else if (style->format == IOTSIG_FORMAT_TEXT)
        iotsig_table_init(&writer->table, &context->allocator, output, &writer->style, titles);
    *out = writer;
    return 0;
}

static void put_row(struct iotsig_identity_writer *writer, const struct shown *shown)
{
    struct cell cell = {0};
    iotsig_cell_add_safe(&cell, shown->capture);
    iotsig_cell_put(&cell, &writer->table);
    add_events(&cell, shown);
    iotsig_cell_put(&cell, &writer->table);
    if (shown->identity.ties > 0)
        iotsig_cell_add_share(&cell, shown->identity.coverage);
    iotsig_cell_put(&cell, &writer->table);
    iotsig_cell_add(&cell, shown->device != NULL ? shown->device : "-");
    iotsig_cell_put(&cell, &writer->table);
    add_remark(&cell, shown);
    iotsig_cell_put(&cell, &writer->table);
}

static void put_csv_row(struct iotsig_output *output, const struct shown *shown)
{
    struct cell group = {0};
    if (shown->event == NULL && shown->identity.ties > 0)
        for (size_t i = 0; i < shown->identity.ties; i++) {
            iotsig_cell_add(&group, i == 0 ? "" : " ");
            iotsig_cell_add(&group, iotsig_learned_event(iotsig_probe_tie(shown->probe, i)));
        }
    iotsig_put_csv(output, text_of(shown->capture));
    put_string(output, ",");
    iotsig_put_csv(output, text_of(shown->event != NULL ? shown->event : ""));
    put_string(output, ",");
    iotsig_put_csv(output, (struct text){group.text, group.n});
    put_string(output, ",");
    if (shown->identity.ties > 0)
        iotsig_put_ratio(output, shown->identity.coverage);
    put_string(output, ",");
    iotsig_put_csv(output, text_of(shown->device != NULL ? shown->device : ""));
    put_string(output, "\r\n");
}

int iotsig_identity_writer_put(struct iotsig_identity_writer *writer, const char *capture,
                               const struct iotsig_library *library,
                               const struct iotsig_probe *probe, const char *device,
                               struct iotsig_error *error)
{
    struct shown shown = {.capture = capture, .device = device, .library = library, .probe = probe};
    iotsig_probe_identify(probe, &shown.identity);
    if (shown.identity.event != NULL)
        shown.event = iotsig_learned_event(shown.identity.event);
    find_nearest(&shown);
    switch (writer->style.format) {
    case IOTSIG_FORMAT_TEXT: put_row(writer, &shown); break;
    case IOTSIG_FORMAT_CSV: put_csv_row(writer->output, &shown); break;
    default:
        if (writer->style.format == IOTSIG_FORMAT_JSON)
            put_string(writer->output, writer->captures == 0 ? "\n" : ",\n");
        put_object(writer->output, &shown);
        if (writer->style.format == IOTSIG_FORMAT_JSONL)
            put_string(writer->output, "\n");
    }
    writer->captures++;
    return writer->style.format == IOTSIG_FORMAT_TEXT && writer->table.failed
               ? iotsig_fail_memory(error)
               : 0;
}

int iotsig_identity_writer_free(struct iotsig_identity_writer *writer, struct iotsig_error *error)
{
    int status = 0;
    if (writer == NULL)
        return 0;
    if (writer->style.format == IOTSIG_FORMAT_JSON)
        put_string(writer->output, writer->captures == 0 ? "]\n" : "\n]\n");
    else if (writer->style.format == IOTSIG_FORMAT_TEXT && !iotsig_table_finish(&writer->table))
        status = iotsig_fail_memory(error);
    iotsig_memory_free(&writer->context->allocator, writer);
    return status;
}

/* Collisions. */

struct checking {
    struct iotsig_output *output;
    const struct iotsig_style *style;
    struct table table;
    size_t all, undeclared;
};

static int put_collision(void *user, const struct iotsig_collision *collision)
{
    struct checking *checking = user;
    struct iotsig_output *output = checking->output;
    const char *features = iotsig_learned_event(collision->features),
               *matches = iotsig_learned_event(collision->matches);
    bool declared = iotsig_learned_is_akin(collision->features, collision->matches);
    bool json = checking->style->format == IOTSIG_FORMAT_JSON;
    struct cell cell = {0};
    checking->undeclared += !declared;
    if (checking->style->format == IOTSIG_FORMAT_TEXT) {
        iotsig_cell_add(&cell, matches);
        iotsig_cell_put(&cell, &checking->table);
        iotsig_cell_add(&cell, features);
        iotsig_cell_put(&cell, &checking->table);
        iotsig_cell_add_share(&cell, collision->coverage);
        iotsig_cell_put(&cell, &checking->table);
        iotsig_cell_add(&cell, collision->always ? "always" : "when it has its optional features");
        iotsig_cell_put(&cell, &checking->table);
        iotsig_cell_add(&cell, declared ? "a declared group" : "");
        iotsig_cell_put(&cell, &checking->table);
    } else if (checking->style->format == IOTSIG_FORMAT_CSV) {
        iotsig_put_csv(output, text_of(matches));
        put_string(output, ",");
        iotsig_put_csv(output, text_of(features));
        put_string(output, ",");
        iotsig_put_ratio(output, collision->coverage);
        put_string(output, collision->always ? ",true" : ",false");
        put_string(output, declared ? ",true\r\n" : ",false\r\n");
    } else {
        put_string(output, !json ? "" : checking->all == 0 ? "\n" : ",\n");
        iotsig_put_member(output, "{\"matches\":", matches);
        iotsig_put_member(output, ",\"features\":", features);
        put_string(output, ",\"coverage\":");
        iotsig_put_quoted_ratio(output, collision->coverage);
        put_string(output, collision->always ? ",\"always\":true" : ",\"always\":false");
        put_string(output, declared ? ",\"declared\":true}" : ",\"declared\":false}");
        put_string(output, json ? "" : "\n");
    }
    checking->all++;
    return 0;
}

int iotsig_library_check(const struct iotsig_library *library, struct iotsig_context *context,
                         struct iotsig_output *output, const struct iotsig_style *style,
                         size_t *count, struct iotsig_error *error)
{
    static const char *const titles[] = {"signature", "also matches", ">coverage", "when", "",
                                         NULL};
    struct checking checking = {.output = output, .style = style};
    int status = iotsig_refuse_format(style, error);
    if (status != 0)
        return status;
    if (style->format == IOTSIG_FORMAT_JSON)
        put_string(output, "[");
    else if (style->format == IOTSIG_FORMAT_CSV)
        put_string(output, "matches,features,coverage,always,declared\r\n");
    else if (style->format == IOTSIG_FORMAT_TEXT)
        iotsig_table_init(&checking.table, &context->allocator, output, style, titles);
    status = iotsig_library_collide(library, context, put_collision, &checking, error);
    if (style->format == IOTSIG_FORMAT_JSON)
        put_string(output, checking.all == 0 ? "]\n" : "\n]\n");
    else if (style->format == IOTSIG_FORMAT_TEXT && !iotsig_table_finish(&checking.table) &&
             status == 0)
        status = iotsig_fail_memory(error);
    *count = checking.undeclared;
    return status;
}
