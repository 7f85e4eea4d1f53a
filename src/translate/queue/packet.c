/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets. */

#define OPTIONAL __attribute__((unused))

/* What the headers of a packet say. Nothing outside of its bytes is read. */
struct packet {
    const uint8_t *bytes;                /* from the IP header on */
    size_t size;                         /* what is there of it */
    size_t length;                       /* of the IP packet, as its header tells */
    unsigned version;                    /* 4 or 6; 0: it is no IP */
    int protocol;                        /* over IP; -1: none */
    uint8_t source[16], destination[16]; /* of IPv4 four bytes, and zeros */
    bool has_ports;
    uint16_t source_port, destination_port;
    const uint8_t *payload; /* of TCP and UDP; of other protocols all that is over IP */
    size_t payload_length;
};

static unsigned number_at(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* How long the header of the transport is; 0: it has none, or it is not whole. `n` becomes less
 * where UDP's length says so. */
static size_t transport_header(int protocol, const uint8_t *bytes, size_t *n)
{
    if (protocol == IPPROTO_TCP && *n >= 20) {
        size_t header = (size_t)(bytes[12] >> 4) * 4;
        return header >= 20 && header <= *n ? header : 0;
    }
    if (protocol == IPPROTO_UDP && *n >= 8) {
        size_t told = number_at(bytes + 4);
        if (told != 0 && told < *n) /* 0: longer than the field can tell */
            *n = told;
        return told == 0 || told >= 8 ? 8 : 0;
    }
    return 0;
}

/* What is over IP: from `start` to `end`. */
static void read_transport(struct packet *packet, size_t start, size_t end)
{
    const uint8_t *bytes = packet->bytes + start;
    size_t n = end - start, header = transport_header(packet->protocol, bytes, &n);
    bool is_stream = packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
    if (is_stream && header == 0)
        return;
    if (is_stream) {
        packet->has_ports = true;
        packet->source_port = (uint16_t)number_at(bytes);
        packet->destination_port = (uint16_t)number_at(bytes + 2);
    }
    packet->payload = bytes + header;
    packet->payload_length = n - header;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void read_ipv4(struct packet *packet)
{
    const uint8_t *bytes = packet->bytes;
    size_t header = (size_t)(bytes[0] & 15) * 4,
           told = packet->size < 20 ? 0 : number_at(bytes + 2);
    if (packet->size < 20 || header < 20 || header > packet->size || (told != 0 && told < header))
        return;
    packet->version = 4;
    packet->length = told != 0 ? told : packet->size;
    packet->protocol = bytes[9];
    memcpy(packet->source, bytes + 12, 4);
    memcpy(packet->destination, bytes + 16, 4);
    if ((number_at(bytes + 6) & 0x1fff) == 0) /* the other fragments have no transport header */
        read_transport(packet, header, least(packet->length, packet->size));
}

static bool is_extension(int protocol)
{
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_AH;
}

/* Past one extension header. False: it is not whole, or a fragment ends here. */
static bool skip_extension(struct packet *packet, size_t *at, size_t end)
{
    const uint8_t *bytes = packet->bytes + *at;
    size_t length = 8;
    if (end - *at < 8)
        return false;
    bool later = packet->protocol == IPPROTO_FRAGMENT && number_at(bytes + 2) >> 3 != 0;
    if (packet->protocol == IPPROTO_AH)
        length = ((size_t)bytes[1] + 2) * 4;
    else if (packet->protocol != IPPROTO_FRAGMENT)
        length = ((size_t)bytes[1] + 1) * 8;
    packet->protocol = bytes[0];
    if (later || length > end - *at)
        return false;
    *at += length;
    return true;
}

static void read_ipv6(struct packet *packet)
{
    const uint8_t *bytes = packet->bytes;
    size_t at = 40;
    if (packet->size < at)
        return;
    size_t told = number_at(bytes + 4);
    packet->version = 6;
    packet->length = told != 0 ? told + at : packet->size;
    packet->protocol = bytes[6];
    memcpy(packet->source, bytes + 8, 16);
    memcpy(packet->destination, bytes + 24, 16);
    size_t end = least(packet->length, packet->size);
    while (is_extension(packet->protocol))
        if (!skip_extension(packet, &at, end))
            return;
    read_transport(packet, at, end);
}

static void read_packet(struct packet *packet, const uint8_t *bytes, int length)
{
    memset(packet, 0, sizeof *packet);
    packet->bytes = bytes;
    packet->size = packet->length = length > 0 ? (size_t)length : 0;
    packet->protocol = -1;
    if (packet->size > 0 && bytes[0] >> 4 == 4)
        read_ipv4(packet);
    else if (packet->size > 0 && bytes[0] >> 4 == 6)
        read_ipv6(packet);
}

OPTIONAL static bool within(uint64_t value, uint64_t low, uint64_t high)
{
    return low <= value && value <= high;
}

OPTIONAL static bool has_port(const struct packet *packet, unsigned port)
{
    return packet->has_ports && (packet->source_port == port || packet->destination_port == port);
}

/* Whether an address is in one of the ranges, each from a lowest to a highest. */
OPTIONAL static bool in_ranges(const uint8_t address[16], const uint8_t (*ranges)[2][16],
                               size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(ranges[i][0], address, 16) <= 0 && memcmp(address, ranges[i][1], 16) <= 0)
            return true;
    return false;
}

/* The number of a hardware address. */
OPTIONAL static uint64_t mac_at(const uint8_t *bytes)
{
    uint64_t mac = 0;
    for (size_t i = 0; i < 6; i++)
        mac = mac << 8 | bytes[i];
    return mac;
}
