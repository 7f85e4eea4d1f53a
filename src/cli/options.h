/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options: one row each. The command line is parsed by it, and --help and what shells complete are
 * made of it.
 */
#ifndef IOTSIG_CLI_OPTIONS_H
#define IOTSIG_CLI_OPTIONS_H

#include "cli/cli.h"

enum option_id {
    OPTION_OUTPUT = 'o',
    OPTION_QUIET = 'q',
    OPTION_VERBOSE = 'v',
    OPTION_HELP = 'h',
    OPTION_INTERFACE = 'i',
    OPTION_JOBS = 'j',
    OPTION_TIMEOUT = 256,
    OPTION_RANDOM_PORTS,
    OPTION_DNS_TABLE,
    OPTION_SAME_HOST,
    OPTION_FILTER,
    OPTION_KEEP,
    OPTION_LAYERS,
    OPTION_FORMAT,
    OPTION_PROGRESS,
    OPTION_MAX_FLOWS,
    OPTION_STRICT,
    OPTION_NAME,
    OPTION_SELECT, /* and what it is selected by: `enum iotsig_select_by` */
    OPTION_INVERT = OPTION_SELECT + IOTSIG_SELECT_ID + 1,
    OPTION_DEVICE,
    OPTION_MAC,
    OPTION_IPV4,
    OPTION_IPV6,
    OPTION_PROFILE_FORMAT,
    OPTION_HOST_WORD,
    OPTION_INCLUDE_ROOT,
    OPTION_LENIENT,
    OPTION_FROM,
    OPTION_CHECK,
    OPTION_EXPLAIN,
    OPTION_TEST,
    OPTION_DRY_RUN,
    OPTION_QUEUE,
    OPTION_RATE,
    OPTION_DROP_PROBABILITY,
    OPTION_LOG,
    OPTION_LOG_GROUP,
    OPTION_NO_CHECK,
    OPTION_SELF,
    OPTION_FAMILIES,
    OPTION_GENERALISE,
    OPTION_MIN_SUPPORT,
    OPTION_MIN_COVERAGE,
    OPTION_AGAINST,
    OPTION_SIGNATURES,
    OPTION_TEST_FOLDER,
    OPTION_FOLDS,
    OPTION_SEED,
    OPTION_FOREIGN,
    OPTION_NO_SANDBOX,
    OPTION_PAGE_FORMAT,
    OPTION_FOLLOW,
    OPTION_MAX_DEVICES
};

/** What an option's argument is, for shells. */
enum argument_kind {
    ARGUMENT_NONE,
    ARGUMENT_TEXT,
    ARGUMENT_FILE,
    ARGUMENT_WORDS /**< one of `words` */
};

struct option_row {
    const char *name, *argument, *help; /**< `argument` NULL: it takes none */
    int id;
    unsigned groups; /**< `enum option_group`: it is of commands that have one of them */
    enum argument_kind kind;
    const char *words; /**< with spaces between; for ARGUMENT_WORDS */
};

/** Ends with a row without a name. */
extern const struct option_row cli_options[];

/** The most rows there can be. */
#define OPTIONS_MAX 64

bool cli_option_applies(const struct command *command, const struct option_row *row);

#endif
