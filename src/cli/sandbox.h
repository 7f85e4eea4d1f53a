/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the process may still do once it reads what others wrote; see sandbox.c. */
#ifndef IOTSIG_CLI_SANDBOX_H
#define IOTSIG_CLI_SANDBOX_H

#include "cli/cli.h"

/** What a command line needs; all else is given up. */
struct sandbox {
    const struct settings *settings;
    bool includes; /**< reads files that profiles include */
    bool spool;    /**< writes a file without a name in TMPDIR */
    bool file;     /**< -o: makes a file and gives it its name */
    bool device;   /**< -o is there and no regular file: it is written to as it is */
    bool folder;   /**< -o: makes a folder of files */
    bool threads;
    bool stream; /**< waits for pipes, files that grow, or an interface */
    bool nftables; /**< asks the kernel to check rules */
};

/**
 * A stage answers 0, or a negative errno. -ENOSYS: the kernel does not have it.
 */
int sandbox_confine_files(const struct sandbox *sandbox);
int sandbox_confine_calls(const struct sandbox *sandbox);

#endif
