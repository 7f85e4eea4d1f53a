/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which system calls the process can still make, and with what: seccomp, through libseccomp.
 *
 * What a call's pointers lead to cannot be looked at. So clone3() does not seem to be there, and
 * the C library takes clone(), whose flags say that it makes a thread. Where libraries try a thing
 * and do without when it fails, it fails (sockets, mappings that could be executed: names in
 * filters make the C library try both); all else ends the process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/sandbox.h"

/* Tables of calls that may have any arguments; 0 is read(), so that a count is needed. */
static const int calls_always[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(dup),
    /* About files: Landlock lets these through, too. */
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(stat),
    SCMP_SYS(stat64), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(fadvise64),
    /* Memory, time, ends. */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(sysinfo),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
    SCMP_SYS(restart_syscall), SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

static const int calls_of_threads[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
                                       SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield)};

static const int calls_of_outputs[] = {SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
                                       SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fchmod),
                                       SCMP_SYS(fsync)};

static const int calls_of_folders[] = {SCMP_SYS(mkdir), SCMP_SYS(mkdirat),  SCMP_SYS(rmdir),
                                       SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(umask)};

/* libmnl and libnftables; which socket, see below. */
static const int calls_of_nftables[] = {
    SCMP_SYS(capget),     SCMP_SYS(getuid), SCMP_SYS(getuid32),    SCMP_SYS(geteuid),
    SCMP_SYS(geteuid32),  SCMP_SYS(bind),   SCMP_SYS(getsockname), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg),     SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),    SCMP_SYS(select), SCMP_SYS(pselect6),    SCMP_SYS(pselect6_time64),
    SCMP_SYS(poll),       SCMP_SYS(ppoll)};

/* Waiting. */
static const int calls_of_streams[] = {SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64)};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Rules that are added until one cannot be. */
struct filter {
    scmp_filter_ctx context;
    int status;
};

static void add_table(struct filter *filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count && filter->status == 0; i++)
        filter->status = seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, calls[i], 0);
}

/* A call whose argument `i`, of which only the bits of `mask` count, is `value`. */
static void add(struct filter *filter, uint32_t action, int call, unsigned i, uint64_t mask,
                uint64_t value)
{
    if (filter->status == 0)
        filter->status = seccomp_rule_add(filter->context, action, call, 1,
                                          SCMP_CMP(i, SCMP_CMP_MASKED_EQ, mask, value));
}

/* Files that are opened with these flags; other flags than those of `mask` do not matter. */
static void add_open(struct filter *filter, int mask, int flags)
{
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, (unsigned)mask, (unsigned)flags);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, (unsigned)mask, (unsigned)flags);
}

/* No file that is there is opened for writing, unless the user names a device. */
static void add_opens(struct filter *filter, const struct sandbox *sandbox)
{
    const int changes = O_ACCMODE | O_CREAT | O_TRUNC;
    add_open(filter, changes, O_RDONLY);
    if (sandbox->file)
        add_open(filter, changes | O_EXCL, O_WRONLY | O_CREAT | O_EXCL);
    if (sandbox->device)
        add_open(filter, changes, O_WRONLY);
    if (sandbox->spool)
        add_open(filter, changes | O_TMPFILE, O_RDWR | O_TMPFILE);
}

/* Memory that can be executed is what the linker has mapped, and no more. */
static void add_mappings(struct filter *filter)
{
    const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
    for (size_t i = 0; i < COUNT(calls); i++) {
        add(filter, SCMP_ACT_ALLOW, calls[i], 2, PROT_EXEC, 0);
        add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], 2, PROT_EXEC, PROT_EXEC);
    }
}

/* Descriptors: copies and flags, but not who gets signals. Of terminals: whether it is one, how
 * wide. */
static void add_descriptors(struct filter *filter)
{
    const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};
    for (size_t i = 0; i < COUNT(commands); i++) {
        add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, UINT32_MAX, (unsigned)commands[i]);
        add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, UINT32_MAX, (unsigned)commands[i]);
    }
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ);
}

static void add_threads(struct filter *filter)
{
    const unsigned thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    add_table(filter, calls_of_threads, COUNT(calls_of_threads));
    if (filter->status == 0)
        filter->status =
            seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, thread, thread);
}

/* Arguments of socketcall(), by which a C library may make sockets where a machine has it, lie in
 * memory: there it is all sockets or none. */
#ifdef SYS_socketcall
static const bool sockets_are_alike = true;
#else
static const bool sockets_are_alike = false;
#endif

static void add_socket(struct filter *filter, uint32_t action, enum scmp_compare family,
                       enum scmp_compare protocol)
{
    if (filter->status == 0)
        filter->status =
            seccomp_rule_add(filter->context, action, SCMP_SYS(socket), 2,
                             SCMP_A0(family, AF_NETLINK), SCMP_A2(protocol, NETLINK_NETFILTER));
}

/* The one socket that nftables wants, or none. */
static void add_sockets(struct filter *filter, const struct sandbox *sandbox)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
    if (!sandbox->nftables || sockets_are_alike) {
        if (filter->status == 0)
            filter->status =
                seccomp_rule_add(filter->context, sandbox->nftables ? SCMP_ACT_ALLOW : refuse,
                                 SCMP_SYS(socket), 0);
    } else {
        add_socket(filter, SCMP_ACT_ALLOW, SCMP_CMP_EQ, SCMP_CMP_EQ);
        add_socket(filter, refuse, SCMP_CMP_EQ, SCMP_CMP_NE);
        if (filter->status == 0)
            filter->status = seccomp_rule_add(filter->context, refuse, SCMP_SYS(socket), 1,
                                              SCMP_A0(SCMP_CMP_NE, AF_NETLINK));
    }
    if (sandbox->nftables)
        add_table(filter, calls_of_nftables, COUNT(calls_of_nftables));
}

/* libpcap asks an interface's socket, which is open, what it has lost and whether it failed, and
 * gives its ring back. */
static void add_interface(struct filter *filter)
{
    const int calls[] = {SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(recvfrom),
                         SCMP_SYS(recv)};
    add_table(filter, calls, COUNT(calls));
    if (filter->status == 0)
        filter->status = seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                                          SCMP_A1(SCMP_CMP_EQ, SOL_PACKET),
                                          SCMP_A2(SCMP_CMP_EQ, PACKET_RX_RING));
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS);
}

/* A process may end itself, and ask for its own limits. */
static void add_self(struct filter *filter)
{
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0, UINT32_MAX, (unsigned)getpid());
    if (filter->status == 0)
        filter->status = seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                          SCMP_A2(SCMP_CMP_EQ, 0));
}

static void add_all(struct filter *filter, const struct sandbox *sandbox)
{
    add_table(filter, calls_always, COUNT(calls_always));
    add_opens(filter, sandbox);
    add_mappings(filter);
    add_descriptors(filter);
    add_self(filter);
    add_sockets(filter, sandbox);
    if (sandbox->threads)
        add_threads(filter);
    if (sandbox->stream)
        add_table(filter, calls_of_streams, COUNT(calls_of_streams));
    if (sandbox->settings->interface != NULL)
        add_interface(filter);
    if (sandbox->file || sandbox->device)
        add_table(filter, calls_of_outputs, COUNT(calls_of_outputs));
    if (sandbox->folder)
        add_table(filter, calls_of_folders, COUNT(calls_of_folders));
}

/* Says which call it was, in what is safe in a handler, and lets the signal end the process. */
static void tell_call(int signal_number, siginfo_t *about, void *context)
{
    static const char before[] = "iotsig: stopped at system call ",
                      after[] =
                          ", which it has no use for: an attack, or a bug (--no-sandbox lets it)\n";
    char text[sizeof before + sizeof after + 10], digits[10], *end = text;
    int number = about->si_syscall, n = 0;
    (void)context;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0 && n < 10);
    end = mempcpy(end, before, sizeof before - 1);
    while (n > 0)
        *end++ = digits[--n];
    end = mempcpy(end, after, sizeof after - 1);
    ssize_t written = write(STDERR_FILENO, text, (size_t)(end - text));
    (void)written;
    signal(signal_number, SIG_DFL);
    (void)raise(signal_number); /* once the handler has returned */
}

static int load(scmp_filter_ctx context)
{
    int status = seccomp_load(context);
    return status == -EINVAL ? -ENOSYS : status; /* what a kernel without says */
}

int sandbox_confine_calls(const struct sandbox *sandbox)
{
    struct filter filter = {.context = seccomp_init(SCMP_ACT_TRAP)};
    struct sigaction action = {.sa_sigaction = tell_call, .sa_flags = SA_SIGINFO};
    if (filter.context == NULL)
        return -ENOMEM;
    filter.status = seccomp_attr_set(filter.context, SCMP_FLTATR_API_SYSRAWRC, 1);
    add_all(&filter, sandbox);
    if (filter.status == 0 && sigaction(SIGSYS, &action, NULL) != 0)
        filter.status = -errno;
    if (filter.status == 0)
        filter.status = load(filter.context);
    seccomp_release(filter.context);
    return filter.status;
}
