/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "capture/live.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/linktype.h"

/* Bytes that the kernel keeps for a reader that is busy. */
#define KERNEL_BUFFER (16 * 1024 * 1024)

/* Milliseconds after which the kernel hands over packets that do not fill a block. One at a time
 * they would each take the room of the largest. */
#define HANDED_OVER_AFTER 50

struct live {
    const struct iotsig_context *context;
    pcap_t *pcap;
    struct iotsig_wait wait;
    int link_type;
    bool nanoseconds;
    char name[64]; /* of the interface */
};

/* What libpcap says, made safe. */
static int fail(const struct live *live, int status, const char *what, const char *why,
                struct iotsig_error *error)
{
    char safe[160];
    size_t n = iotsig_escape(safe, sizeof safe, (struct bytes){(const uint8_t *)why, strlen(why)});
    iotsig_fail(error, status, "%s: %.*s", what, (int)n, safe);
    return iotsig_fail_in(error, status, live->name);
}

static const char *reason(const struct live *live, int status)
{
    const char *text = pcap_geterr(live->pcap);
    if (status == PCAP_ERROR_PERM_DENIED)
        return "no right to capture (run it as root, or give it cap_net_raw)";
    if (status == PCAP_ERROR_NO_SUCH_DEVICE)
        return "there is no such interface (ip link lists them)";
    return text[0] != '\0' ? text : pcap_statustostr(status);
}

static int activate(struct live *live, struct iotsig_error *error)
{
    pcap_t *pcap = live->pcap;
    pcap_set_snaplen(pcap, (int)IOTSIG_PACKET_MAX);
    pcap_set_promisc(pcap, 1);
    pcap_set_timeout(pcap, HANDED_OVER_AFTER);
    pcap_set_buffer_size(pcap, KERNEL_BUFFER);
    live->nanoseconds = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
    int status = pcap_activate(pcap); /* warnings are above 0 */
    return status < 0
               ? fail(live, IOTSIG_ERR_READ, "cannot be captured on", reason(live, status), error)
               : 0;
}

static int find_link_type(struct live *live, struct iotsig_error *error)
{
    int dlt = pcap_datalink(live->pcap);
    live->link_type = iotsig_link_type_of_dlt(dlt);
    return live->link_type >= 0
               ? 0
               : iotsig_fail_in(error, iotsig_link_type_refuse(dlt, error), live->name);
}

static int set_filter(struct live *live, const char *filter, struct iotsig_error *error)
{
    struct bpf_program program;
    const char *what = "the filter cannot be used (see pcap-filter(7))";
    if (filter == NULL)
        return 0;
    if (pcap_compile(live->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return fail(live, IOTSIG_ERR_ARGUMENT, what, pcap_geterr(live->pcap), error);
    int status = pcap_setfilter(live->pcap, &program);
    pcap_freecode(&program);
    return status == 0 ? 0 : fail(live, IOTSIG_ERR_ARGUMENT, what, pcap_geterr(live->pcap), error);
}

static int start(struct live *live, const char *interface, const char *filter,
                 struct iotsig_error *error)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    live->pcap = pcap_create(interface, why);
    if (live->pcap == NULL)
        return fail(live, IOTSIG_ERR_READ, "cannot be captured on", why, error);
    int status = activate(live, error);
    if (status == 0)
        status = find_link_type(live, error);
    if (status == 0)
        status = set_filter(live, filter, error);
    if (status == 0 && pcap_setnonblock(live->pcap, 1, why) != 0)
        status = fail(live, IOTSIG_ERR_READ, "cannot be captured on", why, error);
    return status;
}

int iotsig_live_open(struct live **out, struct iotsig_context *context, const char *interface,
                     const char *filter, const struct iotsig_wait *wait, struct iotsig_error *error)
{
    struct live *live = iotsig_memory_get(&context->allocator, sizeof *live);
    if (live == NULL)
        return iotsig_fail_memory(error);
    *live = (struct live){.context = context, .wait = *wait};
    size_t n = strlen(interface);
    memcpy(live->name, interface, n < sizeof live->name ? n : sizeof live->name - 1);
    int status = start(live, interface, filter, error);
    if (status != 0)
        iotsig_live_close(live);
    else
        *out = live;
    return status;
}

static struct iotsig_time time_of(const struct live *live, const struct pcap_pkthdr *header)
{
    int64_t fraction = header->ts.tv_usec;
    return (struct iotsig_time){(int64_t)header->ts.tv_sec * 1000000000 +
                                    fraction * (live->nanoseconds ? 1 : 1000),
                                live->nanoseconds ? 9 : 6};
}

int iotsig_live_next(struct live *live, struct iotsig_frame *frame, struct iotsig_error *error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int got;
    while ((got = pcap_next_ex(live->pcap, &header, &bytes)) == 0)
        if (iotsig_wait_for(&live->wait, pcap_get_selectable_fd(live->pcap)))
            return READER_END;
    if (got < 0)
        return fail(live, IOTSIG_ERR_READ, "cannot be read any more", pcap_geterr(live->pcap),
                    error);
    *frame = (struct iotsig_frame){.bytes = bytes,
                                   .captured = header->caplen,
                                   .length = header->len,
                                   .link_type = live->link_type,
                                   .time = time_of(live, header)};
    return READER_FRAME;
}

uint64_t iotsig_live_lost(const struct live *live)
{
    struct pcap_stat statistics;
    return pcap_stats(live->pcap, &statistics) == 0 ? statistics.ps_drop : 0;
}

void iotsig_live_close(struct live *live)
{
    if (live->pcap != NULL)
        pcap_close(live->pcap);
    iotsig_memory_free(&live->context->allocator, live);
}
