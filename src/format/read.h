/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading files of packets, flows, patterns and signatures.
 *
 * All come as records, JSON objects; a CSV row is made one first. A record says itself what it is.
 * Flows or packets that follow one another with the same label are one pattern, unless they say
 * that a new one begins: packet 0, another `pattern` number, an empty line of CSV.
 */
#ifndef IOTSIG_FORMAT_READ_H
#define IOTSIG_FORMAT_READ_H

#include <jansson.h>

#include "capture/source.h"
#include "flow/group.h"
#include "flow/patterns.h"
#include "iotsig/packet.h"

/** Where packets go that are not grouped. */
struct packet_sink {
    int (*put)(void *user, const char *capture, const struct iotsig_packet *packet,
               struct iotsig_error *error);
    void *user;
    struct iotsig_pattern *pattern; /**< its hosts and layers are theirs */
};

struct record_reader {
    struct iotsig_patterns *patterns;
    const char *path;
    struct iotsig_pattern *pattern; /**< the one that grows, or NULL */
    struct grouper *grouper;        /**< when it grows by packets */
    char *label;                    /**< of the pattern that grows: a copy */
    size_t label_length;
    uint64_t number;  /**< of the last packet; or what flows say that their pattern's is */
    bool numbered;    /**< there was one that is not 0: packets do not all have the same */
    bool is_signature; /**< the pattern that grows is one */
    bool failed;      /**< a record could not be read: a pattern without a flow is not kept */
    struct packet_sink *sink; /**< NULL: packets are grouped */
    const char *word; /**< what messages call a part of a record: "member", "column" */
};

void iotsig_records_init(struct record_reader *reader, struct iotsig_patterns *patterns,
                         const char *path);

/** Takes a record, an object. @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_LIMIT, ... */
int iotsig_records_take(struct record_reader *reader, json_t *value, struct iotsig_error *error);

/**
 * Takes a profile: its policies are the flows of one pattern. A policy that cannot be a flow is told
 * of by its name, and does not keep the others out.
 */
int iotsig_records_take_profile(struct record_reader *reader, json_t *profile,
                                struct iotsig_error *error);

/** A layer by itself, of its object in a record. */
int iotsig_record_layer(struct iotsig_layer **out, struct iotsig_context *context, json_t *value,
                        struct iotsig_error *error);

/** Whether a record is a profile. */
bool iotsig_record_is_profile(json_t *record);

/** Whether the first bytes of a file are those of a profile in YAML. */
bool iotsig_profile_begins(struct bytes start);

/** Reads a profile in YAML. */
int iotsig_profile_read(struct record_reader *reader, struct iotsig_source *source,
                        struct iotsig_error *error);

/** Reads records or a profile from a source whose first bytes are `start`. */
int iotsig_records_read(struct record_reader *reader, struct iotsig_source *source,
                        struct bytes start, struct iotsig_error *error);

/** Whether the first bytes of a file are those of what iotsig_records_read() reads. */
bool iotsig_records_begin(struct bytes start);

/** Completes the pattern that grows, and frees. */
int iotsig_records_finish(struct record_reader *reader, struct iotsig_error *error);

/** Whether the first bytes of a file are the titles of one of our CSV files. */
bool iotsig_csv_begins(struct bytes start);

/** Reads a CSV file (RFC 4180), each row as a record. */
int iotsig_csv_read(struct record_reader *reader, struct iotsig_source *source,
                    struct iotsig_error *error);

#endif
