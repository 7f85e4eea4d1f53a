/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program: commands over the public headers.
 *
 * A run has one context, one set of options, and the worst of what happened as its exit status.
 */
#ifndef IOTSIG_CLI_CLI_H
#define IOTSIG_CLI_CLI_H

#include <stdbool.h>

#include "iotsig/detect.h"
#include "iotsig/feature.h"
#include "iotsig/firewall.h"
#include "iotsig/format.h"
#include "iotsig/listing.h"
#include "iotsig/report.h"
#include "iotsig/select.h"

/** In the order of their precedence when several apply: usage, resource, output, input, nothing. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_NOTHING = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_OUTPUT = 4,
    EXIT_RESOURCE = 5
};

/** What the command line says. */
struct settings {
    struct iotsig_options options;
    const char **inputs;
    int input_count;
    const char *output; /**< -o, or "-" */
    const char *name;   /**< or NULL */
    const char *format; /**< or NULL */
    bool strict, quiet, verbose;
    bool invert; /**< of a selection */
    struct iotsig_profile_settings profiles; /**< the device, and the words of its network */
    struct iotsig_firewall_settings firewall;
    struct iotsig_feature_options features;
    struct iotsig_learn_options learn;
    struct iotsig_evaluate_options evaluate; /**< but for `learn` */
    const char **against;    /**< foreign captures, and folders of them */
    const char **signatures; /**< learned ones: files and folders */
    int against_count, signature_count;
    bool generalise, learning_given, features_given, timeout_given;
    const char **hosts; /**< of `profiles` */
    const char **tests; /**< captures that a firewall is tried on */
    int test_count;
    bool folds_given, seed_given;
    const char **named; /**< files and folders that options name, to be read */
    int named_count;
    const char *interface; /**< that is captured on, or NULL */
    bool follow;           /**< the input is a file that grows */
    uint32_t max_devices;  /**< 0: the default */
    int jobs; /**< threads at most */
    bool from_mud, check, no_check, dry_run, explain, no_sandbox;
    enum { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER } progress;
};

/** The progress line on standard error. */
struct progress {
    bool wanted, shown;
    double started, printed;
};

struct run {
    const struct command *command;
    bool own_process; /**< which the program may confine */
    struct iotsig_settings context_settings;
    struct iotsig_context *context;
    struct settings settings;
    struct iotsig_names *names;
    struct iotsig_same_hosts *same_hosts;
    struct iotsig_selection *selection; /**< or NULL: all flows */
    struct iotsig_style style;
    struct iotsig_output *output;
    struct iotsig_capture *live;  /**< of settings.interface */
    struct detecting *detecting;  /**< while events are looked for; of detect.c */
    struct progress progress;
    int status; /**< `enum exit_status`, the worst so far */
};

/** Which options a command takes; each option is of some of these. */
enum option_group {
    GROUP_ALL = 1 << 0,     /**< what every command takes */
    GROUP_CAPTURES = 1 << 1, /**< how captures are read */
    GROUP_MATCH = 1 << 2,   /**< how flows are matched */
    GROUP_NAME = 1 << 3,    /**< what the result is called */
    GROUP_SELECT = 1 << 4,  /**< which flows are wanted */
    GROUP_DEVICE = 1 << 5,  /**< whose profile it is, and how profiles are read */
    GROUP_FORMAT = 1 << 6,  /**< formats that are not a profile's */
    GROUP_PROFILE = 1 << 7, /**< what becomes of a profile */
    GROUP_FIREWALL = 1 << 8, /**< what becomes of a firewall */
    GROUP_FEATURES = 1 << 9,  /**< which features, and whose */
    GROUP_LEARN = 1 << 10,    /**< how signatures are learned */
    GROUP_SIGNATURES = 1 << 11, /**< which learned signatures */
    GROUP_EXTRACT = 1 << 12,  /**< whether a signature is learned */
    GROUP_FOLDER = 1 << 13,   /**< the output is a folder: no option, but -o must be given */
    GROUP_EVALUATE = 1 << 14, /**< how signatures are evaluated */
    GROUP_REPORT = 1 << 15,   /**< the output is a page, of some features */
    GROUP_STREAM = 1 << 16    /**< traffic that may go on forever, and what is looked at */
};

/** What a command does beside reading its inputs and writing its output; see sandbox.c. */
enum sandbox_need {
    NEEDS_SPOOL = 1 << 0,    /**< reads what can be read only once twice */
    NEEDS_INCLUDES = 1 << 1, /**< reads the files that profiles include */
    NEEDS_THREADS = 1 << 2,  /**< reads with as many threads as -j says */
    NEEDS_FOLDER = 1 << 3,   /**< -o names a folder that it writes */
    NEEDS_NFTABLES = 1 << 4, /**< has the kernel check rules */
    NEEDS_STREAM = 1 << 5    /**< waits for what is still being captured */
};

struct command {
    const char *name, *arguments, *summary, *description;
    unsigned groups; /**< `enum option_group`, combined; GROUP_ALL goes without saying */
    unsigned needs;  /**< `enum sandbox_need`, combined; 0: the least */
    int inputs_min, inputs_max;
    void (*perform)(struct run *run);
};

/** All commands, in the order of the help; ends with NULL. */
extern const struct command *const cli_commands[];

extern const struct command command_packets, command_flows, command_features, command_extract, command_compare,
    command_learn, command_identify, command_detect, command_library, command_evaluate, command_closest, command_merge, command_filter, command_convert, command_profile, command_firewall,
    command_report;

/**
 * The program. `allocator` may be NULL: malloc and free, and the process is the program's own. With the
 * caller's memory it is the caller's process, which is not confined.
 */
int iotsig_cli(int argc, char **argv, const struct iotsig_allocator *allocator);

/* Common to the commands. */

/** From now on a signal that ends the program removes what has not been written whole. */
void cli_catch_signals(struct iotsig_context *context);

/** Signals are handled as before. */
void cli_leave_signals(void);

/** Blocks them while threads are started: only the first one handles them. */
void cli_block_signals(bool block);

/** Raises the exit status to what an error means, and prints it; a closed pipe is no error. */
void cli_fail(struct run *run, const struct iotsig_error *error);

/** The same for what the program finds itself; `place`: a file or the like, or NULL. */
void cli_fail_at(struct run *run, enum iotsig_status status, const char *place, const char *text);

/** The same for an allocation of the program's own. */
void cli_fail_memory(struct run *run);

/** Raises the exit status when no pattern of a list has a flow. */
void cli_raise_if_empty(struct run *run, const struct iotsig_patterns *patterns);

/**
 * Writes patterns; none with a flow raises the exit status. `keep`: what was read as a signature stays
 * one.
 */
void cli_write_patterns(struct run *run, const struct iotsig_patterns *patterns, bool keep);

/** The name of what is made of the inputs: --name, else the common folder or the stem. */
void cli_name(const struct settings *settings, char *name, size_t room);

/** Raises the exit status. */
void cli_raise(struct run *run, enum exit_status status);

/** Prints a warning: something in an input that loses nothing that was whole. */
void cli_warn(struct run *run, const struct iotsig_error *warning);

/** Prints a warning about what was made of inputs that are all good; `place` as above. */
void cli_remark(struct run *run, const char *place, const char *text);

/** Prints a note with -v. */
void cli_note(struct run *run, const char *format, ...);

/** Opens the output and finds the format; false when it cannot. */
bool cli_open_output(struct run *run);

/** Writes the output out, or throws it away with --strict when an input was bad. */
void cli_close_output(struct run *run);

/**
 * The same behind a writer: a failure of it is told first; `nothing`: it had nothing to write, or
 * what it wrote says so, which the exit status tells.
 */
void cli_end_output(struct run *run, int status, const struct iotsig_error *error, bool nothing);

/** Whether the run is to end: out of a resource, no way to write, or a bad input with --strict. */
bool cli_is_over(const struct run *run);

/**
 * Reads the inputs into a list, and unless the run is over then, hands it to `use`.
 * @param shared_names  as of iotsig_patterns_new()
 */
void cli_with_patterns(struct run *run, bool shared_names,
                       void (*use)(struct run *run, struct iotsig_patterns *patterns));

/** The list that inputs are read into, or NULL when there is none, which has been told. */
struct iotsig_patterns *cli_new_patterns(struct run *run, bool shared_names);

/** Reads one of them. */
void cli_read_input(struct run *run, struct iotsig_patterns *patterns, int input);

/**
 * What is done with the features of capture `i`, in the thread that asked for them; false: no more are
 * wanted.
 */
typedef bool cli_features_taker(void *user, int i, struct iotsig_features *features);

/**
 * Reads the features of captures with as many threads as -j says, and hands them over in their order.
 * What cannot be read is told and left out.
 */
void cli_read_features(struct run *run, const char *const *paths, int count,
                       cli_features_taker *take_features, void *user);

/** The same, with the path of the capture. */
typedef bool cli_capture_taker(void *user, const char *path, struct iotsig_features *features);

/** Does it for captures, and the files in folders; false: the run is over. */
bool cli_read_each(struct run *run, const char *const *paths, int count, cli_capture_taker *take,
                   void *user);

struct cli_workers;

/** Work for any thread; the context is its own, or the run's. @return 0, or a failure */
typedef int cli_task(void *user, size_t i, struct iotsig_context *context, struct iotsig_error *error);

/**
 * Runs tasks 0 to `count` - 1 with as many threads as -j says. False: one failed, which is told.
 * @param workers  with whose contexts they made what they made, to be freed after that; or NULL
 */
bool cli_run_tasks(struct run *run, size_t count, cli_task *task, void *user,
                   struct cli_workers **workers);

/** NULL is allowed. */
void cli_workers_free(struct cli_workers *workers);

/** An empty corpus; NULL: none, which has been told. */
struct iotsig_corpus *cli_new_corpus(struct run *run);

/** Reads FOLDER/EVENT/CAPTURE into a corpus, bytewise by name; false: the run is over. */
bool cli_read_events(struct run *run, struct iotsig_corpus *corpus, const char *folder);

/**
 * Reads captures, and the files in folders, as captures of an event; NULL: as foreign ones, also those
 * in folders in the folders. False: the run is over.
 */
bool cli_read_captures(struct run *run, struct iotsig_corpus *corpus, const char *event,
                       const char *const *paths, int count);

/** Reads the captures of --against into a corpus, as foreign ones; false: the run is over. */
bool cli_read_against(struct run *run, struct iotsig_corpus *corpus);

/** Reads learned signatures from files and folders; NULL: they cannot be read, which has been told. */
struct iotsig_library *cli_read_library(struct run *run, const char *const *paths, int count);

/** extract --generalise */
void cli_generalise(struct run *run);

/** For iotsig_options: draws the progress line; `user` is the run. */
int cli_progress(void *run, const struct iotsig_progress *progress);

/** Takes the progress line away. */
void cli_progress_clear(struct run *run);

/** Parses the command line after the command; false: the exit status says why. */
bool cli_parse(struct run *run, int argc, char **argv);

/** Opens the interface that is captured on, if there is one, and gives up root; false: it cannot. */
bool cli_open_live(struct run *run);

/** Becomes the user who called sudo, or nobody; false: it cannot, which has been told. */
bool cli_drop_root(struct run *run);

/**
 * Gives up what the command line does not need, for good; before anything is read that others wrote.
 * @return false: it cannot, which has been told
 */
bool cli_confine(struct run *run);

void cli_help_command(const struct command *command);

/** Prints what makes a shell complete the program's words; false for a shell that is not known. */
bool cli_complete(const char *shell);

#endif
