/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What captures are identified as, and which signatures of a library collide. */
#include "base/ratio.h"
#include "format/cells.h"
#include "format/rows.h"

/* Features that are told as missing. */
#define MISSING_MAX 8

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
    struct rows rows;
};

int iotsig_identity_writer_new(struct iotsig_identity_writer **out, struct iotsig_context *context,
                               struct iotsig_output *output, const struct iotsig_style *style,
                               struct iotsig_error *error)
{
    static const char *const titles[] = {"input", "event", ">coverage", "device", "", NULL};
    struct rows *rows;
    int status = iotsig_rows_new(&rows, context, output, style,
                                 "input,event,group,coverage,device\r\n", titles, error);
    if (status == 0)
        *out = (struct iotsig_identity_writer *)rows;
    return status;
}

static void put_row(struct table *table, const struct shown *shown)
{
    struct cell cell = {0};
    iotsig_cell_add_safe(&cell, shown->capture);
    iotsig_cell_put(&cell, table);
    add_events(&cell, shown);
    iotsig_cell_put(&cell, table);
    if (shown->identity.ties > 0)
        iotsig_cell_add_share(&cell, shown->identity.coverage);
    iotsig_cell_put(&cell, table);
    iotsig_cell_add(&cell, shown->device != NULL ? shown->device : "-");
    iotsig_cell_put(&cell, table);
    add_remark(&cell, shown);
    iotsig_cell_put(&cell, table);
}

static void put_csv_row(struct iotsig_output *output, const struct shown *shown)
{
    struct cell group = {0};
    if (shown->event == NULL && shown->identity.ties > 0)
        for (size_t i = 0; i < shown->identity.ties; i++) {
            iotsig_cell_add(&group, i == 0 ? "" : " ");
            iotsig_cell_add(&group, iotsig_learned_event(iotsig_probe_tie(shown->probe, i)));
        }
    iotsig_put_field(output, shown->capture);
    iotsig_put_field(output, shown->event);
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
    struct rows *rows = &writer->rows;
    struct shown shown = {.capture = capture, .device = device, .library = library, .probe = probe};
    iotsig_probe_identify(probe, &shown.identity);
    if (shown.identity.event != NULL)
        shown.event = iotsig_learned_event(shown.identity.event);
    find_nearest(&shown);
    iotsig_rows_begin(rows);
    switch (rows->style.format) {
    case IOTSIG_FORMAT_TEXT: put_row(&rows->table, &shown); break;
    case IOTSIG_FORMAT_CSV: put_csv_row(rows->output, &shown); break;
    default: put_object(rows->output, &shown); iotsig_rows_end(rows);
    }
    return iotsig_rows_check(rows, error);
}

int iotsig_identity_writer_free(struct iotsig_identity_writer *writer, struct iotsig_error *error)
{
    return iotsig_rows_free((struct rows *)writer, error);
}

/* Collisions. */

struct checking {
    struct rows *rows;
    size_t undeclared;
};

static void put_collision_row(struct table *table, const struct iotsig_collision *collision,
                              bool declared)
{
    struct cell cell = {0};
    iotsig_table_cell(table, text_of(iotsig_learned_event(collision->matches)));
    iotsig_table_cell(table, text_of(iotsig_learned_event(collision->features)));
    iotsig_cell_add_share(&cell, collision->coverage);
    iotsig_cell_put(&cell, table);
    iotsig_table_cell(table,
                      text_of(collision->always ? "always" : "when it has its optional features"));
    iotsig_table_cell(table, text_of(declared ? "a declared group" : ""));
}

static int put_collision(void *user, const struct iotsig_collision *collision)
{
    struct checking *checking = user;
    struct rows *rows = checking->rows;
    struct iotsig_output *output = rows->output;
    const char *features = iotsig_learned_event(collision->features),
               *matches = iotsig_learned_event(collision->matches);
    bool declared = iotsig_learned_is_akin(collision->features, collision->matches);
    checking->undeclared += !declared;
    iotsig_rows_begin(rows);
    switch (rows->style.format) {
    case IOTSIG_FORMAT_TEXT: put_collision_row(&rows->table, collision, declared); break;
    case IOTSIG_FORMAT_CSV:
        iotsig_put_field(output, matches);
        iotsig_put_field(output, features);
        iotsig_put_ratio(output, collision->coverage);
        put_string(output, collision->always ? ",true" : ",false");
        put_string(output, declared ? ",true\r\n" : ",false\r\n");
        break;
    default:
        iotsig_put_member(output, "{\"matches\":", matches);
        iotsig_put_member(output, ",\"features\":", features);
        put_string(output, ",\"coverage\":");
        iotsig_put_quoted_ratio(output, collision->coverage);
        put_string(output, collision->always ? ",\"always\":true" : ",\"always\":false");
        put_string(output, declared ? ",\"declared\":true}" : ",\"declared\":false}");
        iotsig_rows_end(rows);
    }
    return 0;
}

int iotsig_library_check(const struct iotsig_library *library, struct iotsig_context *context,
                         struct iotsig_output *output, const struct iotsig_style *style,
                         size_t *count, struct iotsig_error *error)
{
    static const char *const titles[] = {"signature", "also matches", ">coverage", "when", "",
                                         NULL};
    struct checking checking = {.undeclared = 0};
    int status = iotsig_rows_new(&checking.rows, context, output, style,
                                 "matches,features,coverage,always,declared\r\n", titles, error);
    if (status != 0)
        return status;
    status = iotsig_library_collide(library, context, put_collision, &checking, error);
    int ended = iotsig_rows_free(checking.rows, status == 0 ? error : NULL);
    *count = checking.undeclared;
    return status != 0 ? status : ended;
}
