/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

/*
 * Where a standard file is closed, the next one that is opened would stand in its place: messages
 * would go to the output. So something stands there that can be used the other way only, and
 * whoever uses it is told.
 */
static void fill_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int main(int argc, char **argv)
{
    fill_standard_files();
    return iotsig_cli(argc, argv, NULL);
}
