/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program of a firewall's queues: C that a compiler takes with all warnings as errors.
 *
 * Its fixed pieces are the files of queue/, of which it gets those that it uses. Made for each
 * firewall are a function for each policy and direction (queue_way.c), and what decides which of
 * them look at the packets of a queue (queue.c).
 */
#ifndef IOTSIG_TRANSLATE_QUEUE_H
#define IOTSIG_TRANSLATE_QUEUE_H

#include "base/map.h"
#include "base/output.h"
#include "translate/rule.h"

/** A host's name in the program's table of addresses. */
struct queue_host {
    struct policy_text text;
    bool family[2]; /**< IPv4, IPv6: what is asked for */
};

struct queue_program {
    const struct iotsig_firewall *firewall;
    struct iotsig_output *output;
    const struct way **decided; /**< room for all ways */
    bool *queued;               /**< ways that a queue decides, by number */
    unsigned protocols;         /**< bits of those that they name */
    struct iotsig_map names;    /**< from kind of match and name to the number in `hosts` */
    struct queue_host *hosts;
    size_t host_count, host_capacity;
};

/** Writes as printf() does; a text of a profile goes through one of the functions below. */
void iotsig_queue_put(const struct queue_program *program, const char *format, ...)
    PRINTF_LIKE(2, 3);

/** A text as a string of C, with the quotes. */
void iotsig_queue_put_text(const struct queue_program *program, struct text text);

/** The room for a name that stands in a comment or a line of the log. */
#define QUEUE_NAME_ROOM 120

/** Letters, digits, `_`, `-`, `.` and `/`, no more. */
void iotsig_queue_name(char to[QUEUE_NAME_ROOM], const struct way *way);

/** The number of a host in the program's table. */
size_t iotsig_queue_host(const struct queue_program *program, const struct policy_text *text);

/** The function of a way, and what belongs to it. */
void iotsig_queue_put_way(const struct queue_program *program, const struct way *way);

#endif
