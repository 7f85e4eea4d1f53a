/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/dns.h"

#include "app/app.h"

#define DNS_PORT 53
#define MDNS_PORT 5353
#define LABEL_MAX 63
#define WIRE_NAME_MAX 255

enum { RESPONSE, QTYPE, DOMAIN_NAME };

/* Types by their IANA mnemonics ("Resource Record (RR) TYPEs"). */
static const char *const types[] = {
    [1] = "A",          [2] = "NS",         [3] = "MD",          [4] = "MF",
    [5] = "CNAME",      [6] = "SOA",        [7] = "MB",          [8] = "MG",
    [9] = "MR",         [10] = "NULL",      [11] = "WKS",        [12] = "PTR",
    [13] = "HINFO",     [14] = "MINFO",     [15] = "MX",         [16] = "TXT",
    [17] = "RP",        [18] = "AFSDB",     [19] = "X25",        [20] = "ISDN",
    [21] = "RT",        [22] = "NSAP",      [23] = "NSAP-PTR",   [24] = "SIG",
    [25] = "KEY",       [26] = "PX",        [27] = "GPOS",       [28] = "AAAA",
    [29] = "LOC",       [30] = "NXT",       [31] = "EID",        [32] = "NIMLOC",
    [33] = "SRV",       [34] = "ATMA",      [35] = "NAPTR",      [36] = "KX",
    [37] = "CERT",      [38] = "A6",        [39] = "DNAME",      [40] = "SINK",
    [41] = "OPT",       [42] = "APL",       [43] = "DS",         [44] = "SSHFP",
    [45] = "IPSECKEY",  [46] = "RRSIG",     [47] = "NSEC",       [48] = "DNSKEY",
    [49] = "DHCID",     [50] = "NSEC3",     [51] = "NSEC3PARAM", [52] = "TLSA",
    [53] = "SMIMEA",    [55] = "HIP",       [56] = "NINFO",      [57] = "RKEY",
    [58] = "TALINK",    [59] = "CDS",       [60] = "CDNSKEY",    [61] = "OPENPGPKEY",
    [62] = "CSYNC",     [63] = "ZONEMD",    [64] = "SVCB",       [65] = "HTTPS",
    [66] = "DSYNC",     [99] = "SPF",       [100] = "UINFO",     [101] = "UID",
    [102] = "GID",      [103] = "UNSPEC",   [104] = "NID",       [105] = "L32",
    [106] = "L64",      [107] = "LP",       [108] = "EUI48",     [109] = "EUI64",
    [128] = "NXNAME",   [249] = "TKEY",     [250] = "TSIG",      [251] = "IXFR",
    [252] = "AXFR",     [253] = "MAILB",    [254] = "MAILA",     [255] = "ANY",
    [256] = "URI",      [257] = "CAA",      [258] = "AVC",       [259] = "DOA",
    [260] = "AMTRELAY", [261] = "RESINFO",  [262] = "WALLET",    [263] = "CLA",
    [264] = "IPN",
};

const char *iotsig_dns_type_text(uint16_t type, char *to)
{
    if (type < sizeof types / sizeof *types && types[type] != NULL)
        return types[type];
    if (type == 32768)
        return "TA";
    if (type == 32769)
        return "DLV";
    memcpy(to, "TYPE", 4);
    *iotsig_write_number(to + 4, type) = '\0';
    return to;
}

struct bytes iotsig_dns_message(const struct packet *packet)
{
    struct cursor at = cursor_of(packet->payload);
    if (packet->transport == IOTSIG_TCP)
        at = cursor_of(cursor_take_most(&at, cursor_u16(&at)));
    return cursor_rest(&at);
}

bool iotsig_dns_recognise(const struct packet *packet)
{
    return app_has_port(packet, packet->transport, DNS_PORT) ||
           app_has_port(packet, IOTSIG_UDP, MDNS_PORT);
}

bool iotsig_dns_start(struct dns_reader *reader, struct bytes message)
{
    struct cursor at = cursor_of(message);
    reader->message = message;
    cursor_skip(&at, 2); /* the identifier */
    reader->response = cursor_u16(&at) >> 15;
    for (size_t i = DNS_QUESTION; i <= DNS_ADDITIONAL; i++)
        reader->left[i] = cursor_u16(&at);
    reader->section = DNS_QUESTION;
    reader->at = at;
    return !at.failed;
}

/* Escapes a label behind what `name` holds. */
static void add_label(struct dns_name *name, struct bytes label)
{
    if (name->n > 0)
        name->text[name->n++] = '.';
    for (struct cursor at = cursor_of(label); at.left > 0;) {
        uint8_t byte = lower(cursor_u8(&at));
        if (byte == '.')
            name->text[name->n++] = '\\';
        if (byte == '.')
            name->text[name->n++] = '.';
        else
            name->n = (size_t)(iotsig_escape_byte(name->text + name->n, byte) - name->text);
    }
}

/* Past a name: labels, then the root or a pointer. Fails when its end cannot be found. */
static void skip_name(struct cursor *at)
{
    for (;;) {
        uint8_t length = cursor_u8(at);
        if (length == 0)
            return;
        if (length > LABEL_MAX) {
            cursor_skip(at, 1);
            at->failed |= length >> 6 != 3;
            return;
        }
        cursor_skip(at, length);
    }
}

/*
 * Reads the name at `offset`. A pointer must lead to before the part that it ends, so the walk ends
 * (RFC 1035 section 4.1.4: "a prior occurrence"). False when it is not whole or over 255 bytes.
 */
static bool read_name(struct bytes message, size_t offset, struct dns_name *name)
{
    struct cursor at = cursor_of(message);
    size_t wire = 1;

    cursor_skip(&at, offset);
    name->n = 0;
    for (;;) {
        uint8_t length = cursor_u8(&at);
        if (at.failed)
            return false;
        if (length == 0)
            break;
        if (length > LABEL_MAX) {
            size_t target = (size_t)(length & LABEL_MAX) << 8 | cursor_u8(&at);
            if (length >> 6 != 3 || at.failed || target >= offset)
                return false;
            offset = target;
            at = cursor_of(message);
            cursor_skip(&at, target);
            continue;
        }
        struct bytes label = cursor_take(&at, length);
        wire += 1u + length;
        if (at.failed || wire > WIRE_NAME_MAX)
            return false;
        add_label(name, label);
    }
    if (name->n == 0)
        name->text[name->n++] = '.';
    name->text[name->n] = '\0';
    return true;
}

static size_t offset_of(const struct dns_reader *reader)
{
    return reader->message.n - reader->at.left;
}

/* The next record: 1; 0 when only its owner name cannot be read; -1 when its end is not found. */
static int read_record(struct dns_reader *reader, struct dns_record *record)
{
    bool named = read_name(reader->message, offset_of(reader), &record->owner);
    skip_name(&reader->at);
    record->section = reader->section;
    record->type = cursor_u16(&reader->at);
    cursor_skip(&reader->at, 2); /* class */
    uint16_t length = 0;
    if (reader->section != DNS_QUESTION) {
        cursor_skip(&reader->at, 4); /* time to live */
        length = cursor_u16(&reader->at);
    }
    if (reader->at.failed)
        return -1;
    record->data_offset = offset_of(reader);
    record->data = cursor_sub(&reader->at, length);
    return named;
}

int iotsig_dns_next(struct dns_reader *reader, struct dns_record *record)
{
    for (;;) {
        while (reader->section < DNS_ADDITIONAL && reader->left[reader->section] == 0)
            reader->section++;
        if (reader->left[reader->section] == 0)
            return 0;
        if (reader->at.failed)
            return -1;
        reader->left[reader->section]--;
        int got = read_record(reader, record);
        if (got != 0)
            return got;
    }
}

bool iotsig_dns_data_name(const struct dns_reader *reader, const struct dns_record *record,
                          size_t skip, struct dns_name *name)
{
    struct cursor at = record->data;
    cursor_skip(&at, skip);
    skip_name(&at);
    return !at.failed && read_name(reader->message, record->data_offset + skip, name);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct dns_reader reader;
    struct dns_record record;
    char made[DNS_TYPE_TEXT];

    if (!iotsig_dns_start(&reader, iotsig_dns_message(packet)))
        return false;
    app_set_truth(layer, RESPONSE, reader.response);
    enum dns_section section = reader.left[DNS_QUESTION] > 0 ? DNS_QUESTION : DNS_ANSWER;
    uint16_t announced = reader.left[section];
    if (announced == 0)
        return true;
    /* The first one: not a later one after it was found unreadable. */
    if (iotsig_dns_next(&reader, &record) != 1 || record.section != section ||
        reader.left[section] != announced - 1)
        return false;
    const char *type = iotsig_dns_type_text(record.type, made);
    struct text name = {record.owner.text, record.owner.n};
    if (text_equal(name, TEXT("."))) /* the root; a label's own dot is escaped */
        name.n = 0;
    return app_set_text(layer, QTYPE, text_of(type), scratch) &&
           app_set_text(layer, DOMAIN_NAME, name, scratch);
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    return index == QTYPE && number <= UINT16_MAX ? iotsig_dns_type_text((uint16_t)number, to) : NULL;
}

const struct app_protocol iotsig_app_dns = {
    .name = "DNS",
    .attributes = {{"response", APP_TRUTH, 0}, {"qtype", APP_TEXT, 1}, {"domain-name", APP_NAME, 2}},
    .equality = APP_ALL_EQUAL,
    .recognise = iotsig_dns_recognise,
    .parse = parse,
    .aliases = {{"qname", DOMAIN_NAME, false}},
    .word = word,
};
