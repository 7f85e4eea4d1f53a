/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals that end the program: what it has not written whole is removed first. The handler removes
 * it and lets the signal do what it does, so that who started the program sees how it ended.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/cli.h"

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
#define ENDING_COUNT (sizeof endings / sizeof *endings)

static struct sigaction before[ENDING_COUNT];
static struct iotsig_context *volatile abandoned; /* whose files are removed; NULL: nobody's */

static void end(int number)
{
    if (abandoned != NULL)
        iotsig_context_abandon(abandoned);
    signal(number, SIG_DFL);
    if (raise(number) != 0) /* it comes once the handler has returned */
        _exit(128 + number);
}

/* Who ignores a signal, as nohup(1) does, goes on ignoring it. */
void cli_catch_signals(struct iotsig_context *context)
{
    struct sigaction action = {.sa_handler = end, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    abandoned = context;
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(endings[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL)
            sigaction(endings[i], &action, NULL);
}

void cli_leave_signals(void)
{
    if (abandoned == NULL)
        return;
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaction(endings[i], &before[i], NULL);
    abandoned = NULL;
}

void cli_block_signals(bool block)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaddset(&set, endings[i]);
    pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}
