/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tables for people are made of: cells, and the lines above a table. */
#ifndef IOTSIG_FORMAT_CELLS_H
#define IOTSIG_FORMAT_CELLS_H

#include "format/table.h"
#include "iotsig/layer.h"
#include "iotsig/pattern.h"
#include "iotsig/ratio.h"

/** The longest cell that is put together here. */
#define CELL_MAX 4096

/** A cell that is being put together; what is too long is cut. Start with all zero. */
struct cell {
    size_t n;
    char text[CELL_MAX];
};

void iotsig_cell_add(struct cell *cell, const char *text);

/** "host", or "host:port"; an IPv6 address in brackets before a port (RFC 3986 section 3.2.2). */
void iotsig_cell_add_host(struct cell *cell, const char *host, int32_t port);

/** "TCP", "UDP/IPv6". */
void iotsig_cell_add_protocol(struct cell *cell, int network, int transport);

/** "DNS response AAAA api.example": values speak for themselves. "-" for none. */
void iotsig_cell_add_layer(struct cell *cell, const struct iotsig_layer *layer);

/** What somebody called a file, as iotsig_put_safe(). */
void iotsig_cell_add_safe(struct cell *cell, const char *text);

/** Family and text of a feature. */
void iotsig_cell_add_feature(struct cell *cell, const char *family, const char *text);

/** "97.5 %" */
void iotsig_cell_add_share(struct cell *cell, struct iotsig_ratio share);

/** Puts a cell into a table, and empties it. */
void iotsig_cell_put(struct cell *cell, struct table *table);

/** What somebody called a file or a signature, without what a terminal could obey. */
void iotsig_put_safe(struct iotsig_output *output, const char *text);

/** Family and text of a feature, as a JSON string. */
void iotsig_put_feature(struct iotsig_output *output, const char *family, const char *text);

/** "1 flow", "2 flows". */
void iotsig_put_count(struct iotsig_output *output, uint64_t count, const char *what);

/** IOTSIG_ERR_ARGUMENT when the format is YAML or HTML, else 0. */
int iotsig_refuse_format(const struct iotsig_style *style, struct iotsig_error *error);

#endif
