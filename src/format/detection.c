/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events that were seen in traffic, each written when it was. */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "base/ratio.h"
#include "format/cells.h"
#include "format/rows.h"
#include "iotsig/detect.h"

struct iotsig_detection_writer {
    struct rows rows;
};

int iotsig_detection_writer_new(struct iotsig_detection_writer **out,
                                struct iotsig_context *context, struct iotsig_output *output,
                                const struct iotsig_style *style, struct iotsig_error *error)
{
    struct rows *rows;
    int status =
        iotsig_rows_new(&rows, context, output, style,
                        "input,event,group,coverage,device,first,last,missing\r\n", NULL, error);
    if (status == 0)
        *out = (struct iotsig_detection_writer *)rows;
    return status;
}

static const char *event_of(const struct iotsig_detection *detection)
{
    return detection->event != NULL ? iotsig_learned_event(detection->event) : NULL;
}

static void put_object(struct iotsig_output *output, const char *input,
                       const struct iotsig_detection *detection)
{
    iotsig_put_member(output, "{\"input\":", input);
    iotsig_put_member(output, ",\"event\":", event_of(detection));
    put_string(output, ",\"group\":");
    for (size_t i = 0; i < detection->tie_count && detection->event == NULL; i++)
        iotsig_put_member(output, i == 0 ? "[" : ",", iotsig_learned_event(detection->ties[i]));
    put_string(output, detection->event == NULL ? "]" : "null");
    put_string(output, ",\"coverage\":");
    iotsig_put_quoted_ratio(output, detection->coverage);
    iotsig_put_member(output, ",\"device\":", detection->device);
    iotsig_put_time_member(output, ",\"first\":", detection->first);
    iotsig_put_time_member(output, ",\"last\":", detection->last);
    put_string(output, detection->by_device ? ",\"by_device\":true,\"missing\":["
                                            : ",\"by_device\":false,\"missing\":[");
    for (size_t i = 0; i < detection->missing_count; i++) {
        put_string(output, i == 0 ? "" : ",");
        iotsig_put_feature(output, detection->missing[i].family, detection->missing[i].text);
    }
    put_string(output, "]}");
}

static void put_csv_time(struct iotsig_output *output, struct iotsig_time time)
{
    put_string(output, ",");
    if (time.digits > 0)
        iotsig_put_time(output, time);
}

static void put_csv_row(struct iotsig_output *output, const char *input,
                        const struct iotsig_detection *detection)
{
    const char *event = event_of(detection);
    struct cell group = {0}, missing = {0};
    for (size_t i = 0; i < detection->tie_count && event == NULL; i++) {
        iotsig_cell_add(&group, i == 0 ? "" : " ");
        iotsig_cell_add(&group, iotsig_learned_event(detection->ties[i]));
    }
    for (size_t i = 0; i < detection->missing_count; i++) {
        iotsig_cell_add(&missing, i == 0 ? "" : "; ");
        iotsig_cell_add_feature(&missing, detection->missing[i].family, detection->missing[i].text);
    }
    iotsig_put_field(output, input);
    iotsig_put_field(output, event);
    iotsig_put_csv(output, (struct text){group.text, group.n});
    put_string(output, ",");
    iotsig_put_ratio(output, detection->coverage);
    put_string(output, ",");
    put_string(output, detection->device);
    put_csv_time(output, detection->first);
    put_csv_time(output, detection->last);
    put_string(output, ",");
    iotsig_put_csv(output, (struct text){missing.text, missing.n});
    put_string(output, "\r\n");
}

/* "2023-11-14 22:13:20.123", of UTC. */
static void add_time(struct cell *cell, struct iotsig_time time)
{
    time_t seconds = (time_t)(time.ns / 1000000000);
    struct tm parts;
    char text[96];
    if (time.digits == 0 || gmtime_r(&seconds, &parts) == NULL) {
        iotsig_cell_add(cell, "-");
        return;
    }
    snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%03d", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
             (int)(time.ns % 1000000000 / 1000000));
    iotsig_cell_add(cell, text);
}

/* A line: no table, as the next row may come in an hour. */
static void put_line(struct iotsig_output *output, const struct iotsig_detection *detection)
{
    struct cell cell = {0};
    add_time(&cell, detection->last);
    iotsig_cell_add(&cell, "  ");
    iotsig_cell_add(&cell, detection->device);
    iotsig_cell_add(&cell, "  ");
    if (detection->event != NULL)
        iotsig_cell_add(&cell, event_of(detection));
    for (size_t i = 0; i < detection->tie_count && detection->event == NULL; i++) {
        iotsig_cell_add(&cell, i == 0 ? "one of " : ", ");
        iotsig_cell_add(&cell, iotsig_learned_event(detection->ties[i]));
    }
    iotsig_cell_add(&cell, "  ");
    iotsig_cell_add_share(&cell, detection->coverage);
    if (detection->by_device)
        iotsig_cell_add(&cell, "  by the device; its traffic is that of others too");
    for (size_t i = 0; i < detection->missing_count && i == 0; i++) {
        iotsig_cell_add(&cell, "  without ");
        iotsig_cell_add(&cell, detection->missing[i].text);
    }
    put_text(output, (struct text){cell.text, cell.n});
    put_string(output, "\n");
}

void iotsig_detection_writer_put(struct iotsig_detection_writer *writer, const char *input,
                                 const struct iotsig_detection *detection)
{
    struct rows *rows = &writer->rows;
    iotsig_rows_begin(rows);
    switch (rows->style.format) {
    case IOTSIG_FORMAT_TEXT: put_line(rows->output, detection); break;
    case IOTSIG_FORMAT_CSV: put_csv_row(rows->output, input, detection); break;
    default: put_object(rows->output, input, detection); iotsig_rows_end(rows);
    }
}

void iotsig_detection_writer_free(struct iotsig_detection_writer *writer)
{
    (void)iotsig_rows_free((struct rows *)writer, NULL);
}
