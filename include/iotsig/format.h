/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/format.h - packets, patterns and signatures as text, CSV, JSON, JSON lines, and back.
 *
 * Captures, and the files that are written here, are told apart by their first bytes. What is
 * written can be read back and is equal; text is for people, and is not read. CSV and JSON lines
 * have no place for the names of hosts and for a pattern without a flow. CSV files of the Python
 * package signature-extraction are read, too: iotsig(1), "Files".
 */
#ifndef IOTSIG_FORMAT_H
#define IOTSIG_FORMAT_H

#include "iotsig/build.h"
#include "iotsig/compare.h"
#include "iotsig/evaluate.h"
#include "iotsig/output.h"
#include "iotsig/packet.h"
#include "iotsig/profile.h"
#include "iotsig/signature.h"

#ifdef __cplusplus
extern "C" {
#endif

enum iotsig_format {
    IOTSIG_FORMAT_TEXT, /**< an aligned table */
    IOTSIG_FORMAT_CSV,  /**< RFC 4180 */
    IOTSIG_FORMAT_JSON,
    IOTSIG_FORMAT_JSONL, /**< a JSON object a line */
    IOTSIG_FORMAT_YAML,  /**< profiles only */
    IOTSIG_FORMAT_HTML   /**< pages only: iotsig/report.h */
};

/** The format of a name, "text", "csv", ...; IOTSIG_ERR_ARGUMENT when there is none. */
IOTSIG_API int iotsig_format_parse(enum iotsig_format *format, const char *name,
                                   struct iotsig_error *error);

/** The format that the ending of a path chooses, "x.csv", ...; false when it chooses none. */
IOTSIG_API bool iotsig_format_of_path(enum iotsig_format *format, const char *path);

/** How something is written. */
struct iotsig_style {
    enum iotsig_format format;
    unsigned width; /**< columns that a table may take; 0: any */
    bool colour;    /**< whether a table may use terminal colours */
};

/** A pattern, and what it is called in outputs. */
struct iotsig_named_pattern {
    const struct iotsig_pattern *pattern;
    const char *name;
};

/**
 * Reads one input into a list of patterns: a capture, a file of packets, patterns or a signature,
 * or a folder: the files in it, bytewise by name. "-" is standard input.
 *
 * An input that cannot be read does not lose what was read before it, nor what it had before it
 * broke; in a folder, the other files are read and the first failure is answered.
 * @param report  called with each failure and each warning (status IOTSIG_OK: a capture that ends
 *                inside a packet); anything but 0 ends the reading. Or NULL.
 * @return 0; IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT, IOTSIG_ERR_UNSUPPORTED; IOTSIG_ERR_ARGUMENT: the
 *         filter; IOTSIG_ERR_LIMIT, IOTSIG_ERR_CANCELLED, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_patterns_read(struct iotsig_patterns *patterns, const char *path,
                                    int (*report)(void *user, const struct iotsig_error *what),
                                    void *user, struct iotsig_error *error);

/**
 * The same of a file that is open, from where it stands. The descriptor stays the caller's. `name`
 * is what messages, the progress and the pattern call it.
 */
IOTSIG_API int iotsig_patterns_read_fd(struct iotsig_patterns *patterns, int fd, const char *name,
                                       int (*report)(void *user, const struct iotsig_error *what),
                                       void *user, struct iotsig_error *error);

/**
 * A time from its text in a file: "1724059939.123456", "-1.5e3"; decimals past nine are cut.
 * @return whether it is one that fits
 */
IOTSIG_API bool iotsig_time_read(const char *text, struct iotsig_time *time);

/**
 * A layer by itself from its text in a file: a JSON object, or as the Python package writes one, a
 * dict, a tuple of pairs, or "DNS - response: False, qtype: A". `*out` is NULL where the text says
 * that there is none. To be freed with iotsig_layer_free().
 * @return 0, IOTSIG_ERR_FORMAT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_layer_read(struct iotsig_layer **out, struct iotsig_context *context,
                                 const char *text, struct iotsig_error *error);

/** Writes patterns as `iotsig flows` does. @return IOTSIG_ERR_ARGUMENT for YAML and HTML, else 0 */
IOTSIG_API int iotsig_patterns_write(const struct iotsig_patterns *patterns,
                                     struct iotsig_output *output,
                                     const struct iotsig_style *style, struct iotsig_error *error);

/** The same, but what was read as a signature is written as one, with its name and captures. */
IOTSIG_API int iotsig_patterns_rewrite(const struct iotsig_patterns *patterns,
                                       struct iotsig_output *output,
                                       const struct iotsig_style *style,
                                       struct iotsig_error *error);

/**
 * Writes a file of packets, patterns or signatures in another format; "-" is standard input. Packets
 * stay packets, and are written as they are read. What was whole before a failure has been written.
 * @return 0; IOTSIG_ERR_EMPTY: it holds nothing; IOTSIG_ERR_UNSUPPORTED: a capture; else as
 *         iotsig_patterns_read() and iotsig_packet_writer_put()
 */
IOTSIG_API int iotsig_convert(struct iotsig_context *context, const char *path,
                              const struct iotsig_options *options, struct iotsig_output *output,
                              const struct iotsig_style *style, struct iotsig_error *error);

/**
 * Writes a signature as `iotsig extract` does; `signature` NULL: that there is none.
 * @return IOTSIG_ERR_ARGUMENT for YAML and HTML, IOTSIG_ERR_MEMORY, else 0
 */
IOTSIG_API int iotsig_signature_write(const struct iotsig_signature *signature,
                                      struct iotsig_output *output,
                                      const struct iotsig_style *style,
                                      struct iotsig_error *error);

/**
 * Writes a comparison as `iotsig compare` does; `a` and `b` are what was compared.
 * @return IOTSIG_ERR_ARGUMENT for YAML and HTML, IOTSIG_ERR_MEMORY, else 0
 */
IOTSIG_API int iotsig_comparison_write(const struct iotsig_comparison *comparison,
                                       const struct iotsig_named_pattern *a,
                                       const struct iotsig_named_pattern *b,
                                       struct iotsig_output *output,
                                       const struct iotsig_style *style,
                                       struct iotsig_error *error);

/** Writes closest flows as `iotsig closest` does, likewise. */
IOTSIG_API int iotsig_closest_write(const struct iotsig_closest *closest,
                                    const struct iotsig_named_pattern *a,
                                    const struct iotsig_named_pattern *b,
                                    struct iotsig_output *output, const struct iotsig_style *style,
                                    struct iotsig_error *error);

/**
 * Writes a device's profile with the policies of all patterns: of one pattern flat, of several each in
 * a group called like its input.
 * @return 0; IOTSIG_ERR_ARGUMENT: neither YAML nor JSON, or iotsig_device_check(); IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profile_write(const struct iotsig_patterns *patterns,
                                    const struct iotsig_device *device,
                                    struct iotsig_output *output,
                                    const struct iotsig_style *style, struct iotsig_error *error);

/** Writes a learned signature as text or JSON. @return IOTSIG_ERR_ARGUMENT: another format; IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_learned_write(const struct iotsig_learned *learned,
                                    struct iotsig_context *context, struct iotsig_output *output,
                                    const struct iotsig_style *style, struct iotsig_error *error);

/**
 * Writes the signatures of a library as files of a folder, EVENT.json each: the folder whole or not
 * at all. It is replaced when it holds nothing but such files.
 * @return 0; IOTSIG_ERR_ARGUMENT: an event's name cannot be a file's; IOTSIG_ERR_WRITE,
 * IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_library_write(const struct iotsig_library *library,
                                    struct iotsig_context *context, const char *path,
                                    struct iotsig_error *error);

/**
 * Adds the signatures of a file, or of all files in a folder, to a library. Those that were read
 * before one that is not good stay.
 * @return 0; IOTSIG_ERR_READ; IOTSIG_ERR_FORMAT, also for an event that has a signature already;
 * IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_library_read(struct iotsig_library *library, const char *path,
                                   struct iotsig_error *error);

/** Writes what a library holds, a line for each signature, as `iotsig library list` does. */
IOTSIG_API int iotsig_library_list(const struct iotsig_library *library,
                                   struct iotsig_context *context, struct iotsig_output *output,
                                   const struct iotsig_style *style, struct iotsig_error *error);

/**
 * Writes which signatures would match what has just the features of another one, as `iotsig library
 * check` does: all its mandatory ones, or these and the optional ones. `*count`: how many pairs of
 * events that are not declared a group.
 */
IOTSIG_API int iotsig_library_check(const struct iotsig_library *library,
                                    struct iotsig_context *context, struct iotsig_output *output,
                                    const struct iotsig_style *style, size_t *count,
                                    struct iotsig_error *error);

/**
 * Writes how good signatures are, as `iotsig evaluate` does. All tasks of the evaluation have been run;
 * the corpus and options are those it was made of.
 * @return 0, IOTSIG_ERR_ARGUMENT for YAML and HTML, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_evaluation_write(const struct iotsig_evaluation *evaluation,
                                       const struct iotsig_corpus *corpus,
                                       const struct iotsig_evaluate_options *options,
                                       struct iotsig_context *context, struct iotsig_output *output,
                                       const struct iotsig_style *style,
                                       struct iotsig_error *error);

/** Writes what captures are identified as, one after the other, as `iotsig identify` does. */
struct iotsig_identity_writer;

/** @return 0, IOTSIG_ERR_ARGUMENT for YAML and HTML, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_identity_writer_new(struct iotsig_identity_writer **out,
                                          struct iotsig_context *context,
                                          struct iotsig_output *output,
                                          const struct iotsig_style *style,
                                          struct iotsig_error *error);

/** Writes that of the capture of this name; `device` may be NULL. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_identity_writer_put(struct iotsig_identity_writer *writer,
                                          const char *capture,
                                          const struct iotsig_library *library,
                                          const struct iotsig_probe *probe, const char *device,
                                          struct iotsig_error *error);

/** Writes what is still to be written, and frees; NULL is allowed. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_identity_writer_free(struct iotsig_identity_writer *writer,
                                           struct iotsig_error *error);

/** Writes packets one by one. */
struct iotsig_packet_writer;

/** @return 0, IOTSIG_ERR_ARGUMENT for YAML and HTML, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_packet_writer_new(struct iotsig_packet_writer **out,
                                        struct iotsig_context *context,
                                        struct iotsig_output *output,
                                        const struct iotsig_style *style,
                                        struct iotsig_error *error);

/** Writes one packet of the capture of this name. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_packet_writer_put(struct iotsig_packet_writer *writer, const char *capture,
                                        const struct iotsig_packet *packet,
                                        struct iotsig_error *error);

/** Writes what is still to be written, and frees; NULL is allowed. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_packet_writer_free(struct iotsig_packet_writer *writer,
                                         struct iotsig_error *error);

#ifdef __cplusplus
}
#endif

#endif
