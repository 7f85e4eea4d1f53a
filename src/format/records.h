/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets and flows as JSON objects and CSV rows: the one place that knows their members. */
#ifndef IOTSIG_FORMAT_RECORDS_H
#define IOTSIG_FORMAT_RECORDS_H

#include "base/output.h"
#include "base/text.h"
#include "iotsig/format.h"

/** "IPv4", "IPv6". */
struct text iotsig_network_name(int network);

/** "TCP", "UDP". */
struct text iotsig_transport_name(int transport);

/** The JSON object of an application layer, or `null`. */
void iotsig_put_layer(struct iotsig_output *output, const struct iotsig_layer *layer);

/** The members of a packet, as a whole object. */
void iotsig_put_packet_json(struct iotsig_output *output, const char *capture,
                            const struct iotsig_packet *packet);

void iotsig_put_packet_csv(struct iotsig_output *output, const struct iotsig_packet *packet);

/** The members of a flow, without the braces around them. */
void iotsig_put_flow_json(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                          size_t index);

/** A row; `input` may be empty. */
void iotsig_put_flow_csv(struct iotsig_output *output, const struct iotsig_pattern *pattern,
                         size_t index, const char *input);

extern const char iotsig_packet_columns[], iotsig_flow_columns[];

#endif
