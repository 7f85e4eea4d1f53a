/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation
 *
 * Captures, profiles and signatures are written by others, and parsers have bugs. So the process
 * that parses has nothing worth taking over: between the command line, which is the user's own, and
 * the first byte of an input it gives up, in stages, what the command line does not ask for.
 *
 * - rights: root keeps what opening files takes, and nothing else; no program that is run later
 *   gains any.
 * - resources: no core dumps, no more memory than the machine has, no more open files than the
 *   inputs need, no processes.
 * - files (sandbox_files.c): Landlock. Inputs can be read, the folder of -o written; nothing else
 *   can be opened. With a kernel that knows these, no TCP, no abstract socket and no signal leaves.
 * - calls (sandbox_calls.c): seccomp. The system calls that the command needs, with the arguments
 *   that it needs: files are opened for reading only, or made anew; no socket, no program.
 *
 * A live capture opens its interface first, and is somebody else than root by then (user.c).
 *
 * What a command needs beside reading inputs and writing its output is in its row, `needs`. A row
 * that says nothing gets the least.
 *
 * A stage that the kernel does not have is left out, and -v says so: what is read is the same, and
 * a warning at each run would be switched off. A stage that fails otherwise ends the run. A system
 * call that is not allowed ends the process, with a line that says which: by then somebody else may
 * be at the wheel.
 *
 * The program does this, never the library: a process is its caller's. So where the caller brings
 * memory (iotsig_cli()), nothing is confined either.
 */
#define _GNU_SOURCE
#include "cli/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors beside those of inputs: standard ones, the output, folders, libraries' own. */
#define FILES_SPARE 64

static uint32_t bit(int capability)
{
    return UINT32_C(1) << (capability & 31);
}

/* Root reads and replaces files of others; all its other rights would be an attacker's. */
static int confine_rights(const struct sandbox *sandbox)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = {{0}};
    uint32_t kept = bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_FOWNER) |
                    (sandbox->nftables ? bit(CAP_NET_ADMIN) : 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capget, &header, held) != 0)
        return -errno;
    held[0].effective &= kept; /* all of these are among the first 32 */
    held[0].permitted &= kept;
    held[1].effective = held[1].permitted = 0;
    held[0].inheritable = held[1].inheritable = 0;
    return syscall(SYS_capset, &header, held) == 0 ? 0 : -errno;
}

/* Lowers a limit; one that is lower already stays. */
static int limit(int resource, rlim_t most)
{
    struct rlimit limits;
    if (getrlimit(resource, &limits) != 0)
        return -errno;
    if (limits.rlim_cur <= most && limits.rlim_max <= most)
        return 0;
    limits.rlim_cur = limits.rlim_cur < most ? limits.rlim_cur : most;
    limits.rlim_max = limits.rlim_max < most ? limits.rlim_max : most;
    return setrlimit(resource, &limits) == 0 ? 0 : -errno;
}

static rlim_t memory_of_machine(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (rlim_t)pages * (rlim_t)size : RLIM_INFINITY;
}

static int confine_resources(const struct sandbox *sandbox)
{
    const struct settings *settings = sandbox->settings;
    rlim_t files = (rlim_t)settings->input_count + 2 * (rlim_t)settings->jobs + FILES_SPARE;
    int status = limit(RLIMIT_CORE, 0);
    if (status == 0)
        status = limit(RLIMIT_DATA, memory_of_machine());
    if (status == 0)
        status = limit(RLIMIT_NOFILE, files);
    if (status == 0 && !sandbox->threads) /* they count as processes */
        status = limit(RLIMIT_NPROC, 0);
    return status;
}

/* What -o asks for. */
static void plan_output(struct sandbox *sandbox, bool folder)
{
    struct stat about;
    const struct settings *settings = sandbox->settings;
    if (strcmp(settings->output, "-") == 0 || settings->dry_run)
        return;
    sandbox->folder = folder;
    sandbox->device =
        stat(settings->output, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
    sandbox->file = !sandbox->device;
}

/* Whether one of the inputs can be read only once. */
static bool has_stream(const struct settings *settings)
{
    struct stat about;
    for (int i = 0; i < settings->input_count; i++)
        if (strcmp(settings->inputs[i], "-") == 0 ||
            (stat(settings->inputs[i], &about) == 0 && !S_ISREG(about.st_mode)))
            return true;
    return false;
}

static void plan(struct sandbox *sandbox, const struct run *run)
{
    const struct settings *settings = &run->settings;
    unsigned needs = run->command->needs;
    bool tells =
        settings->explain || settings->test_count > 0; /* of a firewall, which is not written */
    *sandbox = (struct sandbox){.settings = settings,
                                .includes = (needs & NEEDS_INCLUDES) != 0,
                                .spool = (needs & NEEDS_SPOOL) != 0 && has_stream(settings),
                                .stream = (needs & NEEDS_STREAM) != 0,
                                .threads = (needs & NEEDS_THREADS) != 0 && settings->jobs > 1,
                                .nftables =
                                    (needs & NEEDS_NFTABLES) != 0 && !tells && !settings->no_check};
    plan_output(sandbox, (needs & NEEDS_FOLDER) != 0 && !tells);
}

bool cli_confine(struct run *run)
{
    static const struct {
        int (*confine)(const struct sandbox *sandbox);
        const char *what, *lacks;
    } stages[] = {
        {confine_rights, "its rights", "capabilities"},
        {confine_resources, "its resources", "limits"},
        {sandbox_confine_files, "its files", "Landlock"},
        {sandbox_confine_calls, "its system calls", "seccomp filters"},
    };
    struct sandbox sandbox;
    struct iotsig_error error;
    if (!run->own_process || run->settings.no_sandbox)
        return true;
    plan(&sandbox, run);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        int status = stages[i].confine(&sandbox);
        if (status == 0)
            continue;
        if (status == -ENOSYS) {
            cli_note(run, "%s are not confined: the kernel has no %s", stages[i].what,
                     stages[i].lacks);
            continue;
        }
        snprintf(error.message, sizeof error.message,
                 "cannot confine %s: %s (--no-sandbox runs without)", stages[i].what,
                 strerror(-status));
        error.status = IOTSIG_ERR_LIMIT;
        error.file[0] = error.position[0] = '\0';
        cli_fail(run, &error);
        return false;
    }
    return true;
}
