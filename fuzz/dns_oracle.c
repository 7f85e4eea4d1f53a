/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS messages, read by ldns too, record by record: what ldns reads, we do, and find the same.
 *
 * Two differences are meant. The next record begins where RDLENGTH says (RFC 1035 section 3.2.1):
 * ldns goes on behind what it read of the data, so from where these differ nothing can be compared.
 * And we follow no pointer into the part of the name that it ends, or forward (section 4.1.4: "a
 * prior occurrence"), as ldns does: from a record of such an owner on nothing is compared, and such
 * a name in data is none.
 */
#include <ctype.h>
#include <ldns/ldns.h>
#include <string.h>

#include "app/dns.h"
#include "fuzz.h"
#include "oracle.h"

#define HEADER 12

/* Whether each pointer of a name that ldns has read leads to before the part that it ends. */
static bool leads_back(struct bytes message, size_t at)
{
    for (size_t part = at; at + 1 < message.n && message.p[at] != 0;) {
        uint8_t length = message.p[at];
        if (length >> 6 != 3) {
            at += 1u + length;
            continue;
        }
        at = (length & 0x3fu) << 8 | message.p[at + 1];
        if (at >= part)
            return false;
        part = at;
    }
    return true;
}

/* A name of ldns's, which is on the wire and not compressed, as we write it. */
static void write_name(char *to, const ldns_rdf *name)
{
    const uint8_t *wire = ldns_rdf_data(name);
    if (wire[0] == 0)
        *to++ = '.';
    for (size_t at = 0; wire[at] != 0; at += 1u + wire[at]) {
        if (at > 0)
            *to++ = '.';
        for (size_t i = 1; i <= wire[at]; i++) {
            if (wire[at + i] == '.')
                *to++ = '\\';
            to = oracle_escape(to, (uint8_t)tolower(wire[at + i]));
        }
    }
    *to = '\0';
}

static bool is_name(const struct dns_name *ours, const ldns_rdf *theirs)
{
    char text[DNS_NAME_TEXT];
    write_name(text, theirs);
    return strcmp(ours->text, text) == 0 && strlen(ours->text) == ours->n;
}

static void require_data(const struct dns_reader *reader, const struct dns_record *ours,
                         const ldns_rr *theirs)
{
    struct dns_name name;
    struct bytes data = cursor_rest(&ours->data);
    size_t skip = ours->type == DNS_SRV ? 6 : 0;
    const ldns_rdf *field = ldns_rr_rdf(theirs, ours->type == DNS_SRV ? 3 : 0);
    switch (ours->type) {
    case DNS_A:
    case DNS_AAAA:
        REQUIRE(field == NULL ? data.n == 0
                              : data.n == ldns_rdf_size(field) &&
                                    memcmp(data.p, ldns_rdf_data(field), data.n) == 0);
        break;
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_SRV:
        if (iotsig_dns_data_name(reader, ours, skip, &name))
            REQUIRE(field != NULL && is_name(&name, field));
        else
            REQUIRE(field == NULL || !leads_back(reader->message, ours->data_offset + skip));
        break;
    default: break;
    }
}

/* What ldns has read from `start` to `end`. False: nothing can be compared from here on. */
static bool compare(struct dns_reader *reader, const ldns_rr *theirs, size_t section, size_t start,
                    size_t end)
{
    struct dns_record ours;
    if (!leads_back(reader->message, start))
        return false;
    REQUIRE(iotsig_dns_next(reader, &ours) == 1);
    REQUIRE(ours.section == (enum dns_section)section);
    REQUIRE(ours.type == ldns_rr_get_type(theirs) && is_name(&ours.owner, ldns_rr_owner(theirs)));
    if (ours.data.failed || ours.data_offset + cursor_rest(&ours.data).n != end)
        return false;
    if (ours.section != DNS_QUESTION)
        require_data(reader, &ours, theirs);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes message = {data, size};
    struct dns_reader reader;
    size_t at = HEADER;
    bool same = true;
    if (size < HEADER || size > 65535)
        return 0;
    REQUIRE(iotsig_dns_start(&reader, message));
    REQUIRE(reader.response == (LDNS_QR_WIRE(data) != 0));
    const uint16_t counts[] = {LDNS_QDCOUNT(data), LDNS_ANCOUNT(data), LDNS_NSCOUNT(data),
                               LDNS_ARCOUNT(data)};
    for (size_t section = 0; section < 4; section++)
        for (size_t i = 0; i < counts[section] && same; i++) {
            size_t start = at;
            ldns_rr *theirs;
            if (ldns_wire2rr(&theirs, data, size, &at, (ldns_pkt_section)section) != LDNS_STATUS_OK)
                return 0;
            same = compare(&reader, theirs, section, start, at);
            ldns_rr_free(theirs);
        }
    return 0;
}
