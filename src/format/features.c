/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of captures: a table, an object or lines each. */
#include "base/context.h"
#include "base/error.h"
#include "format/cells.h"
#include "format/rows.h"
#include "iotsig/feature.h"

struct iotsig_feature_writer {
    struct rows rows;
};

int iotsig_feature_writer_new(struct iotsig_feature_writer **out, struct iotsig_context *context,
                              struct iotsig_output *output, const struct iotsig_style *style,
                              struct iotsig_error *error)
{
    struct rows *rows;
    int status =
        iotsig_rows_new(&rows, context, output, style,
                        "capture,self,found_by,family,feature,count,first\r\n", NULL, error);
    if (status == 0)
        *out = (struct iotsig_feature_writer *)rows;
    return status;
}

/* The members that all formats have. */
static void feature_members(struct iotsig_output *output, const struct iotsig_feature *feature)
{
    iotsig_put_member(output, "\"family\":", feature->family);
    iotsig_put_member(output, ",\"feature\":", feature->text);
    iotsig_put_number_member(output, ",\"count\":", feature->count);
    iotsig_put_time_member(output, ",\"first\":", feature->first);
}

static void write_json(struct rows *rows, const char *capture,
                       const struct iotsig_features *features)
{
    struct iotsig_output *output = rows->output;
    struct iotsig_feature feature;
    const char *address;
    iotsig_put_member(output, "{\"capture\":", capture);
    iotsig_put_member(output, ",\"self\":", iotsig_features_self(features));
    iotsig_put_member(output, ",\"found_by\":", iotsig_features_found_by(features));
    put_string(output, ",\"addresses\":[");
    for (size_t i = 0; (address = iotsig_features_address(features, i)) != NULL; i++)
        iotsig_put_member(output, i == 0 ? "" : ",", address);
    iotsig_put_member(output, "],\"gateway\":", iotsig_features_gateway(features));
    put_string(output, ",\"features\":[");
    for (size_t i = 0; i < iotsig_features_count(features); i++) {
        iotsig_features_get(features, i, &feature);
        put_string(output, i == 0 ? "\n {" : ",\n {");
        feature_members(output, &feature);
        put_string(output, "}");
    }
    put_string(output, "]}");
}

static void write_lines(struct rows *rows, const char *capture,
                        const struct iotsig_features *features)
{
    struct iotsig_output *output = rows->output;
    struct iotsig_feature feature;
    for (size_t i = 0; i < iotsig_features_count(features); i++) {
        iotsig_features_get(features, i, &feature);
        iotsig_put_member(output, "{\"capture\":", capture);
        iotsig_put_member(output, ",\"self\":", iotsig_features_self(features));
        iotsig_put_member(output, ",\"found_by\":", iotsig_features_found_by(features));
        put_string(output, ",");
        feature_members(output, &feature);
        put_string(output, "}\n");
    }
}

static void write_csv(struct rows *rows, const char *capture,
                      const struct iotsig_features *features)
{
    struct iotsig_output *output = rows->output;
    struct iotsig_feature feature;
    for (size_t i = 0; i < iotsig_features_count(features); i++) {
        iotsig_features_get(features, i, &feature);
        iotsig_put_field(output, capture);
        iotsig_put_field(output, iotsig_features_self(features));
        iotsig_put_field(output, iotsig_features_found_by(features));
        iotsig_put_field(output, feature.family);
        iotsig_put_field(output, feature.text);
        iotsig_put_number(output, feature.count);
        put_string(output, ",");
        if (feature.first.digits != 0)
            iotsig_put_time(output, feature.first);
        put_string(output, "\r\n");
    }
}

/* "a.pcap: self 02:00:00:00:00:01 (dhcp-client), 192.168.1.2, gateway 192.168.1.1" */
static void put_head(struct iotsig_output *output, const char *capture,
                     const struct iotsig_features *features)
{
    const char *text;
    iotsig_put_safe(output, capture);
    if (iotsig_features_self(features) == NULL) {
        put_string(output, ": no device\n");
        return;
    }
    put_string(output, ": self ");
    put_string(output, iotsig_features_self(features));
    put_string(output, " (");
    put_string(output, iotsig_features_found_by(features));
    put_string(output, ")");
    for (size_t i = 0; (text = iotsig_features_address(features, i)) != NULL; i++) {
        put_string(output, ", ");
        put_string(output, text);
    }
    text = iotsig_features_gateway(features);
    put_string(output, text != NULL ? ", gateway " : "");
    put_string(output, text != NULL ? text : "");
    put_string(output, "\n");
}

static int write_text(struct rows *rows, const char *capture,
                      const struct iotsig_features *features, struct iotsig_error *error)
{
    static const char *const titles[] = {"family", ">count", "feature", NULL};
    struct iotsig_feature feature;
    struct table table;
    put_string(rows->output, rows->count == 1 ? "" : "\n");
    put_head(rows->output, capture, features);
    iotsig_table_init(&table, rows->allocator, rows->output, &rows->style, titles);
    for (size_t i = 0; i < iotsig_features_count(features); i++) {
        iotsig_features_get(features, i, &feature);
        iotsig_table_cell(&table, text_of(feature.family));
        iotsig_table_number(&table, feature.count);
        iotsig_table_cell(&table, text_of(feature.text));
    }
    return iotsig_table_finish(&table) ? 0 : iotsig_fail_memory(error);
}

int iotsig_feature_writer_put(struct iotsig_feature_writer *writer, const char *capture,
                              const struct iotsig_features *features, struct iotsig_error *error)
{
    struct rows *rows = &writer->rows;
    iotsig_rows_begin(rows);
    switch (rows->style.format) {
    case IOTSIG_FORMAT_TEXT: return write_text(rows, capture, features, error);
    case IOTSIG_FORMAT_CSV: write_csv(rows, capture, features); return 0;
    case IOTSIG_FORMAT_JSON: write_json(rows, capture, features); return 0;
    default: write_lines(rows, capture, features); return 0;
    }
}

void iotsig_feature_writer_free(struct iotsig_feature_writer *writer)
{
    (void)iotsig_rows_free((struct rows *)writer, NULL);
}
