/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From root to somebody else. An interface is opened as root; what it receives is parsed as the
 * user who called sudo, or as nobody.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct identity {
    uid_t user;
    gid_t group;
};

/* A number that sudo has set, not root's. */
static bool read_id(const char *name, unsigned *id)
{
    const char *text = getenv(name);
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || value == 0 || value >= UINT32_MAX)
        return false;
    *id = (unsigned)value;
    return true;
}

static bool find_identity(struct identity *identity)
{
    if (read_id("SUDO_UID", &identity->user) && read_id("SUDO_GID", &identity->group))
        return true;
    const struct passwd *nobody = getpwnam("nobody");
    if (nobody == NULL || nobody->pw_uid == 0)
        return false;
    *identity = (struct identity){nobody->pw_uid, nobody->pw_gid};
    return true;
}

/* All of the three ids, and no group beside. That it is for good is tried. */
static bool become(const struct identity *identity)
{
    if (setgroups(0, NULL) != 0 ||
        setresgid(identity->group, identity->group, identity->group) != 0 ||
        setresuid(identity->user, identity->user, identity->user) != 0)
        return false;
    errno = EPERM;
    return getuid() == identity->user && geteuid() == identity->user &&
           getgid() == identity->group && getegid() == identity->group && setuid(0) != 0 &&
           seteuid(0) != 0 && setgid(0) != 0;
}

bool cli_drop_root(struct run *run)
{
    struct identity identity;
    char text[160];
    if (geteuid() != 0 || !run->own_process || run->settings.no_sandbox)
        return true;
    bool found = find_identity(&identity);
    if (found && become(&identity)) {
        cli_note(run, "goes on as user %u", (unsigned)identity.user);
        return true;
    }
    snprintf(text, sizeof text, "cannot give up root: %s (--no-sandbox goes on as root)",
             found ? strerror(errno) : "there is no user nobody");
    cli_fail_at(run, IOTSIG_ERR_LIMIT, NULL, text);
    return false;
}
