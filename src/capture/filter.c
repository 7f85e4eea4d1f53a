/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "capture/filter.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/linktype.h"
#include "capture/reader.h"

struct compiled {
    int link_type;
    struct bpf_program program;
};

int iotsig_filter_init(struct filter *filter, const struct iotsig_allocator *allocator,
                       const char *expression, struct iotsig_error *error)
{
    *filter = (struct filter){.allocator = allocator};
    if (expression == NULL)
        return 0;
    size_t n = strlen(expression) + 1;
    char *copy = iotsig_memory_get(allocator, n);
    if (copy == NULL)
        return iotsig_fail_memory(error);
    memcpy(copy, expression, n);
    filter->expression = copy;
    return 0;
}

void iotsig_filter_fini(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++)
        pcap_freecode(&filter->compiled[i].program);
    iotsig_memory_free(filter->allocator, filter->compiled);
    iotsig_memory_free(filter->allocator, (char *)(uintptr_t)filter->expression);
}

static struct compiled *find(struct filter *filter, int link_type)
{
    for (size_t i = 0; i < filter->count; i++)
        if (filter->compiled[i].link_type == link_type)
            return &filter->compiled[i];
    return NULL;
}

int iotsig_filter_prepare(struct filter *filter, int link_type, struct iotsig_error *error)
{
    if (filter->expression == NULL || find(filter, link_type) != NULL)
        return 0;
    if (!iotsig_array_grow(filter->allocator, &filter->compiled, &filter->capacity,
                           filter->count + 1, sizeof *filter->compiled))
        return iotsig_fail_memory(error);
    pcap_t *dead = pcap_open_dead(iotsig_link_type_dlt(link_type), IOTSIG_PACKET_MAX);
    if (dead == NULL)
        return iotsig_fail_memory(error);

    int status = 0;
    struct compiled *new = &filter->compiled[filter->count];
    new->link_type = link_type;
    if (pcap_compile(dead, &new->program, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        filter->count++;
    } else {
        char why[160];
        size_t n = iotsig_escape(why, sizeof why, (struct bytes){(const uint8_t *)pcap_geterr(dead),
                                                                 strlen(pcap_geterr(dead))});
        status = iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                             "the filter cannot be used on link type %s: %.*s (see pcap-filter(7))",
                             iotsig_link_type_name(link_type), (int)n, why);
    }
    pcap_close(dead);
    return status;
}

int iotsig_filter_passes(struct filter *filter, const struct iotsig_frame *frame,
                         struct iotsig_error *error)
{
    if (filter->expression == NULL)
        return 1;
    int status = iotsig_filter_prepare(filter, frame->link_type, error);
    if (status != 0)
        return status;
    struct pcap_pkthdr header = {.caplen = frame->captured, .len = frame->length};
    const struct compiled *compiled = find(filter, frame->link_type);
    return pcap_offline_filter(&compiled->program, &header, frame->bytes) != 0;
}
