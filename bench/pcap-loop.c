/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least that a program on libpcap does: look at each packet's header. Other programs are
 * measured against it.
 *
 * usage: pcap-loop FILE
 */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <stdio.h>

#define BUFFER ((size_t)1024 * 1024)

int main(int argc, char **argv)
{
    static char buffer[BUFFER], error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *bytes;
    unsigned long packets = 0, length = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fputs("usage: pcap-loop FILE\n", stderr);
        return 2;
    }
    setvbuf(file, buffer, _IOFBF, sizeof buffer);
    pcap_t *pcap = pcap_fopen_offline(file, error);
    if (pcap == NULL) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        packets++;
        length += header->len;
    }
    printf("%lu packets, %lu bytes\n", packets, length);
    pcap_close(pcap);
    return 0;
}
