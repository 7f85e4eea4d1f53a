/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a page about a signature is made of. */
#ifndef IOTSIG_REPORT_REPORT_H
#define IOTSIG_REPORT_REPORT_H

#include "base/context.h"
#include "base/map.h"
#include "flow/patterns.h"
#include "iotsig/report.h"
#include "report/page.h"

/** A feature or a flow of the signature. */
struct row {
    enum iotsig_role role;     /**< flows are mandatory */
    const char *kind;          /**< the family of a feature, the protocol of a flow */
    const char *text, *detail; /**< `detail`: what a flow says; or NULL */
    uint64_t support;          /**< as of iotsig_learned_trait() */
    uint64_t given;            /**< in how many captures of the report it is */
    uint32_t weight;           /**< hundredths of a bit; of flows 0 */
    uint64_t least, most;      /**< of a feature */
    uint64_t packets;          /**< of a flow */
};

/** What a capture has of a row. */
struct sighting {
    uint64_t count; /**< 0: nothing */
    struct iotsig_spell *spells;
    size_t spell_count;
};

/** A capture of the report. */
struct trace {
    const char *name, *device, *gateway; /**< NULL: not known */
    const char **addresses;              /**< of the device */
    size_t address_count;
    bool timed;                 /**< whether it has times */
    struct iotsig_spell span;   /**< of the whole capture */
    struct sighting *sightings; /**< one a row */
    uint64_t covered, total;    /**< of the mandatory weight, or flows */
    bool matches;
    const char *forbidden_kind, *forbidden; /**< what keeps the signature away; or NULL */
};

struct iotsig_report {
    struct iotsig_context *context;
    struct iotsig_options options;
    struct iotsig_arena arena;
    struct iotsig_library *library;   /**< holds the signature, or is empty; then ... */
    struct iotsig_patterns *patterns; /**< ... these do */
    const struct iotsig_learned *learned;
    struct row *rows;
    size_t row_count;
    struct iotsig_map row_map; /**< from kind, NUL and text of a feature to its row */
    struct trace *traces;
    size_t trace_count, trace_capacity;
    struct iotsig_map known; /**< each a name, NUL, and what it stands for */
};

/** How many rows of the signature have a role. */
size_t iotsig_report_count(const struct iotsig_report *report, enum iotsig_role role);

/* hosts.c */

/** Adds what a table says; NULL is allowed. */
int iotsig_hosts_gather(struct iotsig_report *report, const struct iotsig_names *names,
                        struct iotsig_error *error);
int iotsig_hosts_write(const struct iotsig_report *report, struct html *html,
                       struct iotsig_error *error);

/* The other sections; each writes nothing where it has nothing to say. */

void iotsig_summary_write(const struct iotsig_report *report, struct html *html);
void iotsig_rows_write(const struct iotsig_report *report, struct html *html);
void iotsig_provenance_write(const struct iotsig_report *report, struct html *html);
void iotsig_captures_write(const struct iotsig_report *report, struct html *html);
int iotsig_timelines_write(const struct iotsig_report *report, struct html *html,
                           struct iotsig_error *error);

#endif
