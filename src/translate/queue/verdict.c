/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts. */

/* The name of the policy that a packet matches; NULL: of none. */
typedef const char *decision(const struct packet *packet);

/* `*name` stays what it is when no policy matches. */
static uint32_t judge(decision *decide, const uint8_t *bytes, int length, const char **name)
{
    struct packet packet;
    read_packet(&packet, bytes, length);
#ifdef HOST_COUNT
    if (packet.protocol == IPPROTO_UDP && packet.has_ports && packet.source_port == 53)
        learn(packet.payload, packet.payload_length);
#endif
    const char *found = decide(&packet);
    if (found == NULL)
        return NF_ACCEPT;
    *name = found;
#ifdef CHANCE
    if (!is_hit())
        return NF_ACCEPT;
#endif
    return NF_DROP;
}

#ifdef LOG
/* One line, whatever other threads print. */
static void log_verdict(uint8_t *hash, struct timeval time, const char *name, uint32_t verdict)
{
    flockfile(stdout);
    print_hash(hash);
    printf(",%ld.%06ld,%s,%s\n", (long)time.tv_sec, (long)time.tv_usec, name,
           verdict == NF_DROP ? "DROP" : "ACCEPT");
    funlockfile(stdout);
    free(hash);
}
#endif
