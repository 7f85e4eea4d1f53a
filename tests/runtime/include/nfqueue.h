/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queues of the kernel, as generated programs use them: a thread for each, a callback for each
 * packet. Whether LOG is defined must be the same for the program and for the library. */
#ifndef RUNTIME_NFQUEUE_H
#define RUNTIME_NFQUEUE_H

#include <netinet/in.h> /* before linux/netfilter.h, which has the same structures */

#include <linux/netfilter.h>
#include <stdint.h>
#ifdef LOG
#include <sys/time.h>
#endif

/** Judges a packet, which starts at its IP header: NF_ACCEPT or NF_DROP. With LOG, it frees `hash`.
 */
#ifdef LOG
typedef uint32_t basic_callback(int pkt_id, uint8_t *hash, struct timeval timestamp, int pkt_len,
                                uint8_t *payload, void *arg);
#else
typedef uint32_t basic_callback(int pkt_id, int pkt_len, uint8_t *payload, void *arg);
#endif

typedef struct {
    uint16_t queue_id;
    basic_callback *func;
    void *arg;
} thread_arg_t;

/** Serves the queue of a thread_arg_t, which must stay. Ends only when the queue cannot be read. */
void *nfqueue_thread(void *thread_arg);

#endif
