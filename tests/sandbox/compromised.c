/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parser that somebody else has taken over: it stands in the place of CoAP's, and does what the
 * payload says, WORD ARGUMENT. Then it tells on standard error what came of it. The rest of the
 * program is the one that is installed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"

static bool try_open(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    return fd >= 0 && close(fd) == 0;
}

static bool try_read(const char *path)
{
    return try_open(path, O_RDONLY);
}

static bool try_write(const char *path)
{
    return try_open(path, O_WRONLY);
}

static bool try_create(const char *path)
{
    return try_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

static bool try_list(const char *path)
{
    DIR *folder = opendir(path);
    return folder != NULL && closedir(folder) == 0;
}

static bool try_remove(const char *path)
{
    return unlink(path) == 0;
}

static bool try_truncate(const char *path)
{
    return truncate(path, 0) == 0;
}

static bool try_connect(const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool try_local(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool try_netlink(const char *protocol)
{
    return socket(AF_NETLINK, SOCK_RAW, atoi(protocol)) >= 0;
}

static bool try_fork(const char *unused)
{
    (void)unused;
    pid_t child = fork();
    if (child == 0)
        _exit(EXIT_SUCCESS);
    return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool try_exec(const char *path)
{
    return execl(path, path, (char *)NULL) == 0;
}

static bool try_signal(const char *process)
{
    return kill(atoi(process), 0) == 0;
}

static bool try_trace(const char *unused)
{
    (void)unused;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

/* Memory that can be written and then executed. */
static bool try_code(const char *unused)
{
    (void)unused;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool try_rights(const char *unused)
{
    (void)unused;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static const struct {
    const char *word;
    bool (*attempt)(const char *argument);
} attempts[] = {{"read", try_read},       {"write", try_write},   {"create", try_create},
                {"list", try_list},       {"remove", try_remove}, {"truncate", try_truncate},
                {"connect", try_connect}, {"local", try_local},   {"netlink", try_netlink},
                {"fork", try_fork},       {"exec", try_exec},     {"signal", try_signal},
                {"trace", try_trace},     {"code", try_code},     {"rights", try_rights}};

static bool recognise(const struct packet *packet)
{
    return app_has_port(packet, IOTSIG_UDP, 5683);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    char word[20] = "", argument[2000] = "", said[2100];
    snprintf(said, sizeof said, "%.*s", (int)packet->payload.n, (const char *)packet->payload.p);
    (void)sscanf(said, "%19s %1999s", word, argument);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (strcmp(word, attempts[i].word) == 0) {
            bool done = attempts[i].attempt(argument);
            dprintf(STDERR_FILENO, "%s: %s\n", word, done ? "done" : strerror(errno));
        }
    (void)layer;
    (void)scratch;
    return false;
}

const struct app_protocol iotsig_app_coap = {.name = "CoAP",
                                             .equality = APP_ALL_EQUAL,
                                             .recognise = recognise,
                                             .parse = parse};
