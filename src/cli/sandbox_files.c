/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files the process can still open: Landlock (Linux,
 * Documentation/userspace-api/landlock.rst).
 *
 * A rule gives rights to a file, or to all that is beneath a folder. Links are followed when a rule
 * is made, and rights are those of what they lead to; so links in the folders of inputs get rules
 * of their own. What is open already stays so.
 *
 * The interface is the kernel's, in its own numbers: the headers that a program is built with are
 * often older than the kernel it runs on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/sandbox.h"

#define CREATE_RULESET 444 /* system calls: the same number everywhere */
#define ADD_RULE       445
#define RESTRICT_SELF  446
#define GET_VERSION    1 /* a flag of the first */
#define PATH_BENEATH   1 /* a kind of rule */

enum rights {
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8
};

/* Rights that are about a folder only: a rule for a file must not hold them. */
#define RIGHTS_OF_FOLDERS (READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG)

/* Folders in the folder of an input, whose links are looked at: DIR/EVENT/CAPTURE. */
#define DEPTH_MAX 2

struct ruleset {
    uint64_t files;    /* what of files is forbidden without a rule */
    uint64_t networks; /* TCP: bind, connect */
    uint64_t scoped;   /* not across: abstract sockets, signals */
};

struct rule {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

/* All that a version of the interface can forbid; `size` is how much of the structure it knows. */
static struct ruleset forbid_all(long version, size_t *size)
{
    static const int rights[] = {0, 13, 14, 15, 15, 16}; /* from version 5 on: 16 */
    *size = version < 4   ? sizeof(uint64_t)
            : version < 6 ? 2 * sizeof(uint64_t)
                          : sizeof(struct ruleset);
    return (struct ruleset){.files = (UINT64_C(1) << rights[version < 5 ? version : 5]) - 1,
                            .networks = version < 4 ? 0 : 3,
                            .scoped = version < 6 ? 0 : 3};
}

/* What is not there gets no rule: whoever opens it says that. Nor do pipes, which need none. */
static int allow_fd(int ruleset, int fd, unsigned rights)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return -errno;
    struct rule rule = {S_ISDIR(about.st_mode) ? rights : rights & ~(unsigned)RIGHTS_OF_FOLDERS,
                        fd};
    if (rule.allowed == 0 || syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) == 0 ||
        errno == EBADFD)
        return 0;
    return -errno;
}

static int allow(int ruleset, const char *path, unsigned rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int status = allow_fd(ruleset, fd, rights);
    close(fd);
    return status;
}

static int allow_links(int ruleset, int folder, int depth);

/* A link's target, and links in a folder. */
static int allow_entry(int ruleset, int folder, const struct dirent *entry, int depth)
{
    const char *name = entry->d_name;
    struct stat about;
    if (name[0] == '.' || entry->d_type == DT_REG || fstatat(folder, name, &about, 0) != 0)
        return 0; /* neither is read */
    bool is_folder = S_ISDIR(about.st_mode);
    if (entry->d_type == DT_DIR && depth >= DEPTH_MAX)
        return 0;
    int fd = openat(folder, name, (is_folder ? O_RDONLY | O_DIRECTORY : O_PATH) | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int status = entry->d_type == DT_DIR ? 0 : allow_fd(ruleset, fd, READ_FILE | READ_DIR);
    if (status == 0 && is_folder && depth < DEPTH_MAX)
        return allow_links(ruleset, fd, depth + 1);
    close(fd);
    return status;
}

/* Rules for what the links in a folder lead to. The descriptor is used up. */
static int allow_links(int ruleset, int folder, int depth)
{
    DIR *open = fdopendir(folder);
    struct dirent *entry;
    int status = 0;
    if (open == NULL) {
        close(folder);
        return -ENOMEM;
    }
    while (status == 0 && (entry = readdir(open)) != NULL)
        status = allow_entry(ruleset, dirfd(open), entry, depth);
    closedir(open);
    return status;
}

/* A file, or a folder of files, that the command line names. */
static int allow_input(int ruleset, const char *path)
{
    if (strcmp(path, "-") == 0)
        return 0;
    int status = allow(ruleset, path, READ_FILE | READ_DIR);
    int folder = status == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return folder < 0 ? status : allow_links(ruleset, folder, 1);
}

/* "a/b" becomes "a", and "b" ".": the folder that something is in. */
static void cut_to_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        strcpy(path, ".");
    else
        slash[slash == path] = '\0';
}

/* A path without slashes at its end; false: too long. */
static bool copy_path(char to[PATH_MAX], const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0 || n >= PATH_MAX)
        return false;
    memcpy(to, path, n);
    to[n] = '\0';
    return true;
}

/* The first bytes of a capture that is not compressed: pcap in its kinds, pcapng. */
static bool is_capture(const uint8_t start[4])
{
    static const uint8_t captures[][4] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4},
                                          {0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
                                          {0x34, 0xcd, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34},
                                          {0x0a, 0x0d, 0x0d, 0x0a}};
    for (size_t i = 0; i < sizeof captures / sizeof *captures; i++)
        if (memcmp(start, captures[i], sizeof captures[i]) == 0)
            return true;
    return false;
}

/* Whether a file is no plain capture, so that it may be a profile, as far as can be seen without
 * using it up. */
static bool may_be_profile(int folder, const char *name)
{
    uint8_t start[4] = {0};
    struct stat about;
    if (fstatat(folder, name, &about, 0) != 0 || !S_ISREG(about.st_mode))
        return true;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = fd >= 0 ? pread(fd, start, sizeof start, 0) : -1;
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)sizeof start && !is_capture(start);
}

/* The same of standard input: of a pipe, by a copy of its first bytes. */
static bool input_may_be_profile(void)
{
    uint8_t start[4] = {0};
    int copy[2];
    ssize_t n = pread(STDIN_FILENO, start, sizeof start, lseek(STDIN_FILENO, 0, SEEK_CUR));
    if (n < 0 && pipe2(copy, O_CLOEXEC) == 0) {
        if (tee(STDIN_FILENO, copy[1], sizeof start, 0) > 0)
            n = read(copy[0], start, sizeof start);
        close(copy[0]);
        close(copy[1]);
    }
    return n != (ssize_t)sizeof start || !is_capture(start);
}

static bool folder_may_hold_profile(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool may = false;
    while (folder != NULL && !may && (entry = readdir(folder)) != NULL)
        may = entry->d_name[0] != '.' && entry->d_type != DT_DIR &&
              may_be_profile(dirfd(folder), entry->d_name);
    if (folder != NULL)
        closedir(folder);
    return may;
}

/* The folder whose files a profile may include, as iotsig-profile(1) says: that above its own. */
static bool find_root(const char *input, char root[PATH_MAX])
{
    char folder[PATH_MAX];
    struct stat about;
    bool is_folder = stat(input, &about) == 0 && S_ISDIR(about.st_mode);
    if (!(strcmp(input, "-") == 0 ? input_may_be_profile()
          : is_folder             ? folder_may_hold_profile(input)
                                  : may_be_profile(AT_FDCWD, input)) ||
        !copy_path(folder, input))
        return false;
    if (!is_folder)
        cut_to_folder(folder);
    if (realpath(folder, root) == NULL)
        return false;
    if (strrchr(root, '/') != root) /* "/lab" is not widened to all there is */
        cut_to_folder(root);
    return true;
}

/* What profiles may include. */
static int allow_includes(int ruleset, const struct settings *settings)
{
    char root[PATH_MAX];
    int status = 0;
    if (settings->profiles.include_root != NULL)
        return 0; /* an option names it */
    for (int i = 0; i < settings->input_count && status == 0; i++) {
        if (find_root(settings->inputs[i], root))
            status = allow(ruleset, root, READ_FILE);
    }
    return status;
}

static int allow_output(int ruleset, const struct sandbox *sandbox)
{
    const char *path = sandbox->settings->output;
    char folder[PATH_MAX];
    unsigned rights = READ_DIR | MAKE_REG | WRITE_FILE | REMOVE_FILE;
    if (sandbox->device)
        return allow(ruleset, path, WRITE_FILE);
    if (!sandbox->file || (realpath(path, folder) == NULL && !copy_path(folder, path)))
        return 0;
    cut_to_folder(folder);
    int status = 0;
    if (sandbox->folder) {
        rights |= MAKE_DIR | REMOVE_DIR;
        status = allow(ruleset, path, READ_FILE); /* whether what is there may be replaced */
    }
    return status == 0 ? allow(ruleset, folder, rights) : status;
}

/* What libraries read on behalf of the command line. */
static int allow_libraries(int ruleset, const struct sandbox *sandbox)
{
    static const struct {
        const char *path;
        enum { ALWAYS, FILTERS, CHECKS } of;
    } files[] = {
        {"/dev/urandom", ALWAYS}, /* jansson, for the keys of its hashes */
        /* Names in filters: of hosts, ports, protocols and hardware addresses. */
        {"/etc/nsswitch.conf", FILTERS},
        {"/etc/host.conf", FILTERS},
        {"/etc/resolv.conf", FILTERS},
        {"/etc/gai.conf", FILTERS},
        {"/etc/hosts", FILTERS},
        {"/etc/services", FILTERS},
        {"/etc/protocols", FILTERS},
        {"/etc/networks", FILTERS},
        {"/etc/ethers", FILTERS},
        /* Words of nftables. */
        {"/etc/iproute2", CHECKS},
        {"/usr/share/iproute2", CHECKS},
        {"/etc/connlabel.conf", CHECKS},
        {"/etc/nsswitch.conf", CHECKS},
        {"/etc/services", CHECKS},
        {"/etc/protocols", CHECKS},
    };
    bool filters = sandbox->settings->options.filter != NULL;
    int status = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files && status == 0; i++)
        if (files[i].of == ALWAYS || (files[i].of == FILTERS && filters) ||
            (files[i].of == CHECKS && sandbox->nftables))
            status = allow(ruleset, files[i].path, READ_FILE);
    return status;
}

static int allow_all(int ruleset, const struct sandbox *sandbox)
{
    const struct settings *settings = sandbox->settings;
    const char *temporary = getenv("TMPDIR");
    int status = 0;
    for (int i = 0; i < settings->input_count && status == 0; i++)
        status = allow_input(ruleset, settings->inputs[i]);
    for (int i = 0; i < settings->named_count && status == 0; i++)
        status = allow_input(ruleset, settings->named[i]);
    if (status == 0 && sandbox->includes)
        status = allow_includes(ruleset, settings);
    if (status == 0 && sandbox->spool)
        status = allow(ruleset, temporary != NULL ? temporary : "/tmp", READ_FILE | WRITE_FILE);
    if (status == 0)
        status = allow_output(ruleset, sandbox);
    return status == 0 ? allow_libraries(ruleset, sandbox) : status;
}

int sandbox_confine_files(const struct sandbox *sandbox)
{
    size_t size;
    long version = syscall(CREATE_RULESET, NULL, 0, GET_VERSION);
    if (version < 1) /* built without, switched off, or kept from us: by a container, say */
        return -ENOSYS;
    struct ruleset forbidden = forbid_all(version, &size);
    int ruleset = (int)syscall(CREATE_RULESET, &forbidden, size, 0);
    if (ruleset < 0)
        return -errno;
    int status = allow_all(ruleset, sandbox);
    if (status == 0 && syscall(RESTRICT_SELF, ruleset, 0) != 0)
        status = -errno;
    close(ruleset);
    return status;
}
