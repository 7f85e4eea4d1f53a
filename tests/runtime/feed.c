/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program of queues without a kernel: linked instead of nfqueue.c, it reads packets from standard
 * input, each behind the number of its queue (2 bytes) and its length (4), in network order, and
 * prints DROP or ACCEPT for each (with LOG the program does). A packet of queue 65535 is a number
 * of seconds by which time goes on.
 *
 * Names are looked up in the file FEED_ANSWERS instead of the network: lines `NAME TYPE TTL
 * ADDRESS...`; when there are more lines of a name and type, each question gets the next. What is
 * asked is written to FEED_ASKED.
 */
#include "nfqueue.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX (1 << 20)
#define TIME_QUEUE 65535
#define PATIENCE   20 /* seconds: no thread serves a queue */
#define A          1

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int wanted = -1; /* the queue of the packet that is pending */
static uint8_t *packet;
static size_t length;
static bool ended;
static time_t later;

static void fail(const char *what)
{
    fprintf(stderr, "feed: %s\n", what);
    abort();
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec += __atomic_load_n(&later, __ATOMIC_RELAXED);
    return status;
}

static uint32_t number(const uint8_t *p, int n)
{
    uint32_t value = 0;
    while (n-- > 0)
        value = value << 8 | *p++;
    return value;
}

/* Reads the next packet to where it has no byte too many, so that a sanitizer sees who reads on. */
static void read_next(void)
{
    uint8_t head[6];
    size_t n = fread(head, 1, sizeof head, stdin);
    ended = n == 0;
    if (ended)
        return;
    length = number(head + 2, 4);
    if (n != sizeof head || length > PACKET_MAX)
        fail("not whole");
    packet = malloc(length > 0 ? length : 1);
    if (packet == NULL || fread(packet, 1, length, stdin) != length)
        fail("not whole");
    wanted = (int)number(head, 2);
    if (wanted != TIME_QUEUE)
        return;
    __atomic_fetch_add(&later, (time_t)number(packet, 4), __ATOMIC_RELAXED);
    free(packet);
    wanted = -1;
}

static void judge_it(const thread_arg_t *thread)
{
#ifdef LOG
    uint8_t *hash = calloc(1, 32);
    struct timeval now = {1700000000, 5};
    uint32_t verdict = thread->func(1, hash, now, (int)length, packet, thread->arg);
#else
    uint32_t verdict = thread->func(1, (int)length, packet, thread->arg);
    puts(verdict == NF_DROP ? "DROP" : verdict == NF_ACCEPT ? "ACCEPT" : "?");
    fflush(stdout);
#endif
    if (verdict != NF_DROP && verdict != NF_ACCEPT)
        fail("no verdict");
    free(packet);
    wanted = -1;
}

void *nfqueue_thread(void *arg)
{
    const thread_arg_t *thread = arg;
    pthread_mutex_lock(&lock);
    while (!ended) {
        if (wanted == thread->queue_id) {
            judge_it(thread);
        } else if (wanted < 0) {
            read_next();
        } else {
            struct timespec until;
            syscall(SYS_clock_gettime, CLOCK_REALTIME, &until);
            until.tv_sec += PATIENCE;
            if (pthread_cond_timedwait(&changed, &lock, &until) != 0)
                fail("a queue has no thread");
            continue;
        }
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Names. */

static size_t put_name(uint8_t *to, const char *name)
{
    size_t n = 0;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        to[n++] = (uint8_t)label;
        memcpy(to + n, name, label);
        n += label;
        name += label + (name[label] == '.');
    }
    to[n++] = 0;
    return n;
}

static size_t put_record(uint8_t *to, int type, unsigned long ttl, const char *address)
{
    const uint8_t fixed[12] = {0xc0,
                               12,
                               0,
                               (uint8_t)type,
                               0,
                               1,
                               (uint8_t)(ttl >> 24),
                               (uint8_t)(ttl >> 16),
                               (uint8_t)(ttl >> 8),
                               (uint8_t)ttl,
                               0,
                               type == A ? 4 : 16};
    memcpy(to, fixed, sizeof fixed);
    if (inet_pton(type == A ? AF_INET : AF_INET6, address, to + sizeof fixed) != 1)
        fail("no address");
    return sizeof fixed + fixed[11];
}

/* The line that answers a question for the time `turn`, or the last before; false: there is none.
 */
static bool find_line(const char *name, int type, unsigned turn, char line[1024])
{
    char room[1024], of[256];
    int kind, found = 0;
    const char *path = getenv("FEED_ANSWERS");
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    while (file != NULL && fgets(room, sizeof room, file) != NULL && (unsigned)found <= turn)
        if (sscanf(room, "%255s %d", of, &kind) == 2 && strcmp(of, name) == 0 && kind == type) {
            strcpy(line, room);
            found++;
        }
    if (file != NULL)
        fclose(file);
    return found > 0;
}

static unsigned note(const char *name, int type)
{
    static struct {
        char name[256];
        int type;
        unsigned turns;
    } asked[64];
    size_t i = 0;
    const char *path = getenv("FEED_ASKED");
    FILE *file = path == NULL ? NULL : fopen(path, "a");
    if (file != NULL) {
        fprintf(file, "%s %d\n", name, type);
        fclose(file);
    }
    while (i < 63 && asked[i].turns > 0 &&
           (strcmp(asked[i].name, name) != 0 || asked[i].type != type))
        i++;
    snprintf(asked[i].name, sizeof asked[i].name, "%s", name);
    asked[i].type = type;
    return asked[i].turns++;
}

int res_query(const char *name, int class, int type, unsigned char *answer, int room)
{
    char line[1024], *word, *rest;
    uint8_t *records;
    size_t n = 12;
    if (room < 2048 || class != 1)
        fail("an odd question");
    if (!find_line(name, type, note(name, type), line))
        return -1;
    memset(answer, 0, 12);
    answer[2] = 0x81;
    answer[3] = 0x80;
    answer[5] = 1;
    n += put_name(answer + n, name);
    memcpy(answer + n, (const uint8_t[]){0, (uint8_t)type, 0, 1}, 4);
    records = answer + n + 4;
    strtok_r(line, " \n", &rest);
    strtok_r(NULL, " \n", &rest);
    unsigned long ttl = strtoul(strtok_r(NULL, " \n", &rest), NULL, 10);
    for (; (word = strtok_r(NULL, " \n", &rest)) != NULL; answer[7]++)
        records += put_record(records, type, ttl, word);
    return (int)(records - answer);
}
