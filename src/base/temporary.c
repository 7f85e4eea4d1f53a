/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "base/temporary.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

void iotsig_temporary_enter(struct iotsig_context *context, struct temporary *temporary)
{
    temporary->next = context->temporaries;
    atomic_signal_fence(memory_order_seq_cst);
    context->temporaries = temporary;
}

void iotsig_temporary_leave(struct iotsig_context *context, struct temporary *temporary)
{
    for (struct temporary *volatile *at = &context->temporaries; *at != NULL; at = &(*at)->next) {
        if (*at != temporary)
            continue;
        *at = temporary->next;
        atomic_signal_fence(memory_order_seq_cst);
        return;
    }
}

void iotsig_temporary_remove(const struct temporary *temporary)
{
    if (temporary->names == NULL) {
        (void)unlink(temporary->path);
        return;
    }
    int fd = open(temporary->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; fd >= 0 && i < temporary->count; i++)
        if (temporary->names[i] != NULL)
            (void)unlinkat(fd, temporary->names[i], 0);
    if (fd >= 0)
        close(fd);
    (void)rmdir(temporary->path);
}

void iotsig_context_abandon(const struct iotsig_context *context)
{
    for (const struct temporary *at = context->temporaries; at != NULL; at = at->next)
        iotsig_temporary_remove(at);
}
