/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program of the shape that generated ones have: a callback for each queue, a thread for each. It
 * drops queries of blocked.example, and what is fetched from /secret. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "header.h"
#include "http.h"
#include "nfqueue.h"
#include "packet_utils.h"

#define QUEUES 2

#ifdef LOG
#define PARAMETERS                                                                                 \
    int pkt_id, uint8_t *hash, struct timeval timestamp, int pkt_len, uint8_t *payload, void *arg
#else
#define PARAMETERS int pkt_id, int pkt_len, uint8_t *payload, void *arg
#endif

static bool is_blocked_query(uint8_t *payload)
{
    static char name[] = "blocked.example";
    dns_message_t message = dns_parse_message(payload + get_headers_length(payload));
    bool blocked = !message.header.qr &&
                   dns_contains_full_domain_name(message.questions, message.header.qdcount, name);
    dns_free_message(message);
    return blocked;
}

static bool is_blocked_fetch(uint8_t *payload)
{
    uint8_t *data = payload + get_headers_length(payload);
    if (!is_http(data))
        return false;
    uint16_t port = get_dst_port(payload + get_l3_header_length(payload));
    http_message_t message = http_parse_message(data, port);
    bool blocked = message.is_request && message.method == HTTP_GET && message.uri != NULL &&
                   strcmp(message.uri, "/secret") == 0;
    http_free_message(message);
    return blocked;
}

static uint32_t dns_callback(PARAMETERS)
{
    (void)pkt_id, (void)pkt_len, (void)arg;
    uint32_t verdict = is_blocked_query(payload) ? NF_DROP : NF_ACCEPT;
#ifdef LOG
    print_hash(hash);
    printf(",%ld,%s\n", (long)timestamp.tv_sec, verdict == NF_DROP ? "DROP" : "ACCEPT");
    fflush(stdout);
    free(hash);
#endif
    return verdict;
}

static uint32_t http_callback(PARAMETERS)
{
    (void)pkt_id, (void)pkt_len, (void)arg;
#ifdef LOG
    (void)timestamp;
    free(hash);
#endif
    return is_blocked_fetch(payload) ? NF_DROP : NF_ACCEPT;
}

int main(void)
{
    thread_arg_t arguments[QUEUES] = {{0, dns_callback, NULL}, {10, http_callback, NULL}};
    pthread_t threads[QUEUES];
    for (int i = 0; i < QUEUES; i++)
        if (pthread_create(&threads[i], NULL, nfqueue_thread, &arguments[i]) != 0)
            return EXIT_FAILURE;
    for (int i = 0; i < QUEUES; i++)
        pthread_join(threads[i], NULL);
    return EXIT_SUCCESS;
}
