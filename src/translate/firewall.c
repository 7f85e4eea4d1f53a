/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a firewall: checked, printed, and written as a folder. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/output.h"
#include "translate/rule.h"

static const struct file {
    const char *name;
    bool needs_queue;
} files[IOTSIG_FILE_COUNT] = {
    [IOTSIG_FILE_NFT] = {"firewall.nft", false},
    [IOTSIG_FILE_QUEUES] = {"nfqueues.c", true},
    [IOTSIG_FILE_CMAKE] = {"CMakeLists.txt", true},
    [IOTSIG_FILE_README] = {"README.txt", false},
};

const char *iotsig_firewall_file_name(const struct iotsig_firewall *firewall,
                                      enum iotsig_firewall_file file)
{
    return files[file].needs_queue && firewall->queue_count == 0 ? NULL : files[file].name;
}

int iotsig_firewall_print(const struct iotsig_firewall *firewall, enum iotsig_firewall_file file,
                          struct iotsig_output *output, struct iotsig_error *error)
{
    switch (file) {
    case IOTSIG_FILE_NFT: return iotsig_nft_print(firewall, NFT_FILE, output, error);
    case IOTSIG_FILE_QUEUES: return iotsig_queues_print(firewall, output, error);
    case IOTSIG_FILE_CMAKE: return iotsig_cmake_print(firewall, output, error);
    default: return iotsig_readme_print(firewall, output, error);
    }
}

static int write_file(void *user, size_t file, struct iotsig_output *output,
                      struct iotsig_error *error)
{
    return iotsig_firewall_print(user, (enum iotsig_firewall_file)file, output, error);
}

int iotsig_firewall_write(const struct iotsig_firewall *firewall, const char *path,
                          struct iotsig_error *error)
{
    const char *names[IOTSIG_FILE_COUNT], *known[IOTSIG_FILE_COUNT];
    for (size_t i = 0; i < IOTSIG_FILE_COUNT; i++) {
        names[i] = iotsig_firewall_file_name(firewall, (enum iotsig_firewall_file)i);
        known[i] = files[i].name;
    }
    const struct folder folder = {.path = path,
                                  .names = names,
                                  .known = known,
                                  .count = IOTSIG_FILE_COUNT,
                                  .write = write_file,
                                  .user = (void *)(uintptr_t)firewall};
    return iotsig_folder_write(&folder, firewall->profiles->context, error);
}

/* The check. */

#define CANNOT_CHECK "nftables cannot check the rules here: "

/* What libnftables says when the machine cannot check: it is not about the rules. `said`: one line.
 */
static bool is_about_machine(const char *said)
{
    static const char *const signs[] = {
        "Operation not permitted",
        "cache initialization failed",
        "Address family not supported",
        "No such file or directory",
        "Operation not supported",
        "Unable to initialize Netlink",
        "Protocol not supported",
        "Cannot allocate memory",
        "Device or resource busy",
        "Protocol error"}; /* connections of a bridge that are not tracked */
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(said, signs[i]) != NULL)
            return true;
    return false;
}

/* The first line of what it said. Behind it stands the rule, whose comment may say anything. */
static int refuse(const char *said, struct iotsig_error *error)
{
    char line[160];
    size_t n = strcspn(said, "\n");
    line[iotsig_escape(line, sizeof line - 1, (struct bytes){(const uint8_t *)said, n})] = '\0';
    bool machine = is_about_machine(line);
    const char *text = strstr(line, "Error: ");
    text = text == NULL ? line : text + strlen("Error: ");
    return iotsig_fail(error, machine ? IOTSIG_ERR_UNSUPPORTED : IOTSIG_ERR_FORMAT,
                       machine ? CANNOT_CHECK "%s" : "nftables refuses the rules: %s", text);
}

static bool has_right(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

static bool has_netlink(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int check_text(const char *text, struct iotsig_error *error)
{
    /* Without the right libnftables would print so itself; without a socket it would end the
     * program. */
    if (!has_right())
        return iotsig_fail(error, IOTSIG_ERR_UNSUPPORTED,
                           CANNOT_CHECK "no right to (be root, or give --no-check)");
    if (!has_netlink())
        return iotsig_fail(error, IOTSIG_ERR_UNSUPPORTED,
                           CANNOT_CHECK "no netlink socket: %s (give --no-check)", strerror(errno));
    struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
    int status = 0;
    if (context == NULL)
        return iotsig_fail_memory(error);
    nft_ctx_set_dry_run(context, true);
    if (nft_ctx_buffer_error(context) != 0 || nft_ctx_buffer_output(context) != 0)
        status = iotsig_fail_memory(error);
    else if (nft_run_cmd_from_buffer(context, text) != 0)
        status = refuse(nft_ctx_get_error_buffer(context), error);
    nft_ctx_free(context);
    return status;
}

static int check_as(const struct iotsig_firewall *firewall, enum nft_purpose purpose,
                    struct iotsig_error *error)
{
    struct iotsig_output *output;
    int status = iotsig_output_memory(&output, firewall->profiles->context, error);
    if (status != 0)
        return status;
    size_t n;
    status = iotsig_nft_print(firewall, purpose, output, error);
    iotsig_output_put(output, "", 1); /* the NUL that nftables' text ends with */
    if (status == 0)
        status = iotsig_output_flush(output, error);
    if (status == 0)
        status = check_text(iotsig_output_text(output, &n), error);
    iotsig_output_free(output);
    return status;
}

int iotsig_firewall_check(const struct iotsig_firewall *firewall, struct iotsig_error *error)
{
    struct iotsig_error refused;
    int status = check_as(firewall, NFT_CHECK, error);
    /* A kernel that tracks no connections can still check the other rules. */
    if (status == IOTSIG_ERR_UNSUPPORTED &&
        check_as(firewall, NFT_CHECK_NO_TRACK, &refused) == IOTSIG_ERR_FORMAT) {
        status = refused.status;
        if (error != NULL)
            *error = refused;
    }
    return status;
}
