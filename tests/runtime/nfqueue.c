/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nfqueue.h"

#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common.h"

#define PACKET_MAX 65535
#define BUFFER     (PACKET_MAX + 4096) /* and what netlink puts around it */

#ifdef LOG
#define HASH_BYTES 32

/* Four times FNV-1a of 64 bits, each from another start: equal packets have equal hashes. */
static uint8_t *hash_of(struct bytes packet)
{
    uint8_t *hash = runtime_allocate(HASH_BYTES, 1);
    for (uint64_t part = 0; part < HASH_BYTES / 8; part++) {
        uint64_t state = 0xcbf29ce484222325u ^ part;
        for (struct cursor at = cursor_of(packet); at.left > 0;)
            state = (state ^ cursor_u8(&at)) * 0x100000001b3u;
        memcpy(hash + 8 * part, &state, sizeof state);
    }
    return hash;
}
#endif

static uint32_t ask(const thread_arg_t *thread, struct nfq_data *data, uint32_t id, uint8_t *packet,
                    int n)
{
#ifdef LOG
    struct timeval time;
    if (nfq_get_timestamp(data, &time) != 0)
        gettimeofday(&time, NULL);
    uint8_t *hash = hash_of((struct bytes){packet, (size_t)n});
    return thread->func((int)id, hash, time, n, packet, thread->arg);
#else
    (void)data;
    return thread->func((int)id, n, packet, thread->arg);
#endif
}

static int handle(struct nfq_q_handle *queue, struct nfgenmsg *message, struct nfq_data *data,
                  void *arg)
{
    (void)message;
    struct nfqnl_msg_packet_hdr *head = nfq_get_msg_packet_hdr(data);
    if (head == NULL)
        return 0;
    uint32_t id = ntohl(head->packet_id), verdict = NF_ACCEPT;
    uint8_t *packet;
    int n = nfq_get_payload(data, &packet);
    if (n > 0) {
        runtime_enter(packet, runtime_ip_length((struct bytes){packet, (size_t)n}));
        verdict = ask(arg, data, id, packet, n);
        runtime_leave();
    }
    return nfq_set_verdict(queue, id, verdict == NF_ACCEPT ? NF_ACCEPT : NF_DROP, 0, NULL);
}

static void serve(struct nfq_handle *handle)
{
    char *buffer = runtime_allocate(BUFFER, 1);
    for (;;) {
        ssize_t n = recv(nfq_fd(handle), buffer, BUFFER, 0);
        if (n >= 0)
            nfq_handle_packet(handle, buffer, (int)n);
        else if (errno != EINTR && errno != ENOBUFS) /* ENOBUFS: some were lost */
            break;
    }
    free(buffer);
}

void *nfqueue_thread(void *thread_arg)
{
    thread_arg_t *thread = thread_arg;
    struct nfq_handle *netlink = nfq_open();
    struct nfq_q_handle *queue =
        netlink == NULL ? NULL : nfq_create_queue(netlink, thread->queue_id, handle, thread);
    if (queue != NULL && nfq_set_mode(queue, NFQNL_COPY_PACKET, PACKET_MAX) >= 0)
        serve(netlink);
    fprintf(stderr, "queue %u cannot be served\n", (unsigned)thread->queue_id);
    if (queue != NULL)
        nfq_destroy_queue(queue);
    if (netlink != NULL)
        nfq_close(netlink);
    return NULL;
}
