/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS messages: ldns writes them and reads them, and so do we. */
#include "unit.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dns.h"

static const char *const words[] = {"a", "Example", "cloud", "_hue", "_tcp", "local", "x-y", "com", "7"};
static const ldns_rr_type types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_CNAME,
                                     LDNS_RR_TYPE_PTR, LDNS_RR_TYPE_SRV, LDNS_RR_TYPE_TXT};

static void random_name(uint64_t *random, char *to, size_t room)
{
    size_t labels = 1 + below(random, 5), at = 0;
    for (size_t i = 0; i < labels; i++)
        at += (size_t)snprintf(to + at, room - at, "%s.", words[below(random, 9)]);
}

static ldns_rr *random_record(uint64_t *random)
{
    char owner[128], target[128], line[512];
    random_name(random, owner, sizeof owner);
    random_name(random, target, sizeof target);
    unsigned byte = (unsigned)below(random, 256);
    switch (types[below(random, 6)]) {
    case LDNS_RR_TYPE_A: snprintf(line, sizeof line, "%s 60 IN A 192.0.2.%u", owner, byte); break;
    case LDNS_RR_TYPE_AAAA: snprintf(line, sizeof line, "%s 60 IN AAAA 2001:db8::%x", owner, byte); break;
    case LDNS_RR_TYPE_CNAME: snprintf(line, sizeof line, "%s 60 IN CNAME %s", owner, target); break;
    case LDNS_RR_TYPE_PTR: snprintf(line, sizeof line, "%s 60 IN PTR %s", owner, target); break;
    case LDNS_RR_TYPE_SRV: snprintf(line, sizeof line, "%s 60 IN SRV 0 0 80 %s", owner, target); break;
    default: snprintf(line, sizeof line, "%s 60 IN TXT \"x\"", owner); break;
    }
    ldns_rr *record = NULL;
    assert_int_equal(ldns_rr_new_frm_str(&record, line, 60, NULL, NULL), LDNS_STATUS_OK);
    return record;
}

/* A message with compressed names, as servers write them. */
static uint8_t *random_message(uint64_t *random, size_t *n)
{
    char name[128];
    uint8_t *wire;
    ldns_pkt *message = ldns_pkt_new();
    ldns_pkt_set_qr(message, below(random, 2) == 0);
    if (below(random, 4) != 0) {
        random_name(random, name, sizeof name);
        ldns_rr *question = ldns_rr_new();
        ldns_rr_set_owner(question, ldns_dname_new_frm_str(name));
        ldns_rr_set_type(question, types[below(random, 6)]);
        ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
        ldns_rr_set_question(question, true);
        ldns_pkt_push_rr(message, LDNS_SECTION_QUESTION, question);
    }
    static const ldns_pkt_section sections[] = {LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY,
                                                LDNS_SECTION_ADDITIONAL};
    for (size_t i = 0, count = below(random, 6); i < count; i++)
        ldns_pkt_push_rr(message, sections[below(random, 3)], random_record(random));
    assert_int_equal(ldns_pkt2wire(&wire, message, n), LDNS_STATUS_OK);
    ldns_pkt_free(message);
    return wire;
}

/* ldns escapes other characters too, so only names without escapes are compared. */
static void check_name(const struct dns_name *ours, const ldns_rdf *theirs)
{
    char *text = ldns_rdf2str(theirs);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    if (n > 1 && text[n - 1] == '.') /* the root is its dot */
        text[n - 1] = '\0';
    if (strchr(text, '\\') == NULL && strchr(ours->text, '\\') == NULL)
        assert_string_equal(ours->text, text);
    assert_int_equal(strlen(ours->text), ours->n);
    free(text);
}

static void check_data(const struct dns_reader *reader, const struct dns_record *ours,
                       const ldns_rr *theirs)
{
    struct dns_name name;
    size_t index = ours->type == DNS_SRV ? 3 : 0, skip = ours->type == DNS_SRV ? 6 : 0;
    struct bytes data = cursor_rest(&ours->data);
    const ldns_rdf *rdf = ldns_rr_rdf(theirs, index);
    if (ours->type == DNS_A || ours->type == DNS_AAAA) {
        assert_int_equal(data.n, ldns_rdf_size(rdf));
        assert_memory_equal(data.p, ldns_rdf_data(rdf), data.n);
    } else if (ours->type == DNS_CNAME || ours->type == DNS_PTR || ours->type == DNS_SRV) {
        assert_true(iotsig_dns_data_name(reader, ours, skip, &name));
        check_name(&name, rdf);
    }
}

/* Whether all of it was read. `whole`: nothing may be missing. */
static void compare(struct bytes wire, const ldns_pkt *theirs, bool whole)
{
    struct dns_reader reader;
    struct dns_record record;
    ldns_rr_list *lists[] = {ldns_pkt_question(theirs), ldns_pkt_answer(theirs),
                             ldns_pkt_authority(theirs), ldns_pkt_additional(theirs)};
    size_t at[4] = {0};
    assert_true(iotsig_dns_start(&reader, wire));
    assert_int_equal(reader.response, ldns_pkt_qr(theirs));
    int status;
    while ((status = iotsig_dns_next(&reader, &record)) == 1) {
        if (!whole)
            continue; /* ldns puts EDNS and TSIG aside, and may differ in what it can read */
        assert_true(at[record.section] < ldns_rr_list_rr_count(lists[record.section]));
        const ldns_rr *rr = ldns_rr_list_rr(lists[record.section], at[record.section]++);
        assert_int_equal(record.type, ldns_rr_get_type(rr));
        check_name(&record.owner, ldns_rr_owner(rr));
        if (record.section != DNS_QUESTION)
            check_data(&reader, &record, rr);
    }
    if (!whole)
        return;
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(at[i], ldns_rr_list_rr_count(lists[i]));
}

static void agrees_with_ldns(void **state)
{
    (void)state;
    uint64_t random = 53;
    for (int i = 0; i < 3000; i++) {
        size_t n;
        ldns_pkt *message;
        uint8_t *wire = random_message(&random, &n);
        assert_int_equal(ldns_wire2pkt(&message, wire, n), LDNS_STATUS_OK);
        compare((struct bytes){wire, n}, message, true);
        ldns_pkt_free(message);
        free(wire);
    }
}

/* The first question of a message in which any bytes were changed, where ldns reads it whole. */
static void agrees_with_ldns_on_damage(void **state)
{
    (void)state;
    uint64_t random = 530;
    int compared = 0;
    for (int i = 0; i < 30000; i++) {
        size_t n;
        ldns_pkt *message;
        struct dns_reader reader;
        struct dns_record record;
        uint8_t *wire = random_message(&random, &n);
        damage(&random, wire + 4, n - 4, 1 + below(&random, 3));
        if (ldns_wire2pkt(&message, wire, n) == LDNS_STATUS_OK) {
            const ldns_rr_list *questions = ldns_pkt_question(message);
            assert_true(iotsig_dns_start(&reader, (struct bytes){wire, n}));
            if (ldns_rr_list_rr_count(questions) > 0 && iotsig_dns_next(&reader, &record) == 1 &&
                record.section == DNS_QUESTION) {
                const ldns_rr *rr = ldns_rr_list_rr(questions, 0);
                assert_int_equal(record.type, ldns_rr_get_type(rr));
                check_name(&record.owner, ldns_rr_owner(rr));
                compared++;
            }
            ldns_pkt_free(message);
        }
        free(wire);
    }
    assert_true(compared > 1000);
}

/* What a message cut at n bytes holds is what the whole message holds, up to some record. */
static void cut_messages_give_a_prefix(void **state)
{
    (void)state;
    uint64_t random = 5353;
    for (int i = 0; i < 200; i++) {
        size_t n;
        uint8_t *wire = random_message(&random, &n);
        for (size_t cut = 12; cut <= n; cut++) {
            struct dns_reader whole, part;
            struct dns_record a, b;
            uint8_t *exact = malloc(cut); /* so that a sanitizer sees a step too far */
            memcpy(exact, wire, cut);
            assert_true(iotsig_dns_start(&whole, (struct bytes){wire, n}));
            assert_true(iotsig_dns_start(&part, (struct bytes){exact, cut}));
            while (iotsig_dns_next(&part, &a) == 1) {
                assert_int_equal(iotsig_dns_next(&whole, &b), 1);
                assert_int_equal(a.type, b.type);
                assert_string_equal(a.owner.text, b.owner.text);
            }
            free(exact);
        }
        free(wire);
    }
}

/* RFC 1035, RFC 3596, RFC 2782, RFC 9460; RFC 3597 section 5 for the unknown. */
static void type_names(void **state)
{
    (void)state;
    char to[DNS_TYPE_TEXT];
    assert_string_equal(iotsig_dns_type_text(1, to), "A");
    assert_string_equal(iotsig_dns_type_text(28, to), "AAAA");
    assert_string_equal(iotsig_dns_type_text(33, to), "SRV");
    assert_string_equal(iotsig_dns_type_text(65, to), "HTTPS");
    assert_string_equal(iotsig_dns_type_text(255, to), "ANY");
    assert_string_equal(iotsig_dns_type_text(65280, to), "TYPE65280");
    assert_string_equal(iotsig_dns_type_text(0, to), "TYPE0");
    /* every type that ldns names, by its name */
    for (unsigned type = 1; type < 260; type++) {
        char *theirs = ldns_rr_type2str((ldns_rr_type)type);
        const char *ours = iotsig_dns_type_text((uint16_t)type, to);
        if (strncmp(theirs, "TYPE", 4) != 0 && strncmp(ours, "TYPE", 4) != 0)
            assert_string_equal(ours, theirs);
        free(theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_ldns),
        cmocka_unit_test(agrees_with_ldns_on_damage),
        cmocka_unit_test(cut_messages_give_a_prefix),
        cmocka_unit_test(type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
