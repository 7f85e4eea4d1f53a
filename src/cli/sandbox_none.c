/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the sandbox is not built: other systems, and builds whose instrumentation does what it
 * forbids. */
#include "cli/cli.h"

bool cli_confine(struct run *run)
{
    if (run->own_process && !run->settings.no_sandbox)
        cli_note(run, "nothing is confined: this program was built without its sandbox");
    return true;
}
