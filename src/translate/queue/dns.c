/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS and mDNS. The parser sees only what was walked here to its end: its counts, names and lengths
 * are true. */

/* Where names stand in what a record holds: behind how many bytes, how many, and how many bytes
 * follow. */
static bool data_is_sound(const uint8_t *message, const struct wire_record *record)
{
    static const struct {
        unsigned type, before, names, after;
    } rows[] = {{2, 0, 1, 0},  {5, 0, 1, 0},  {6, 0, 2, 20}, {12, 0, 1, 0},
                {15, 2, 1, 0}, {33, 6, 1, 0}, {39, 0, 1, 0}};
    char name[WIRE_NAME];
    size_t end = record->data + record->length;
    if (record->type == WIRE_A || record->type == WIRE_AAAA)
        return record->length == (record->type == WIRE_A ? 4 : 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].type != record->type)
            continue;
        size_t at = record->data + rows[i].before;
        for (unsigned j = 0; j < rows[i].names; j++) {
            size_t taken = at < end ? take_name(message, end, at, name) : 0;
            if (taken == 0)
                return false;
            at += taken;
        }
        return end - at == rows[i].after;
    }
    return true;
}

/* TXT (strings with a length) and OPT (options with a code and a length): each must fit. */
static bool parts_are_sound(const uint8_t *message, const struct wire_record *record)
{
    size_t at = record->data, end = at + record->length;
    while (record->type == 16 && at < end)
        at += 1 + (size_t)message[at];
    while (record->type == 41 && at < end) {
        if (end - at < 4)
            return false;
        at += 4 + (size_t)number_at(message + at + 2);
    }
    return at <= end;
}

static bool dns_is_sound(const uint8_t *message, size_t n)
{
    char name[WIRE_NAME];
    struct wire_record record;
    size_t at = WIRE_HEADER;
    if (n < WIRE_HEADER)
        return false;
    size_t questions = number_at(message + 4);
    size_t records =
        (size_t)number_at(message + 6) + number_at(message + 8) + number_at(message + 10);
    for (size_t i = 0; i < questions; i++)
        if (!take_question(message, n, &at, name))
            return false;
    for (size_t i = 0; i < records; i++)
        if (!take_record(message, n, &at, name, &record) || !data_is_sound(message, &record) ||
            !parts_are_sound(message, &record))
            return false;
    return questions + records > 0;
}

struct seen_dns {
    const uint8_t *bytes;
    size_t n;
    dns_message_t message;
};

static bool see_dns(const struct packet *packet, struct seen_dns *seen)
{
    memset(seen, 0, sizeof *seen);
    seen->bytes = packet->payload;
    seen->n = packet->payload_length;
    if (packet->protocol == IPPROTO_TCP) { /* behind its length (RFC 1035 section 4.2.2) */
        if (seen->n < 2 || number_at(seen->bytes) > seen->n - 2)
            return false;
        seen->n = number_at(seen->bytes);
        seen->bytes += 2;
    }
    if (!dns_is_sound(seen->bytes, seen->n))
        return false;
    seen->message = dns_parse_message(copy_of(seen->bytes, seen->n));
    for (size_t i = 0; i < seen->message.header.qdcount; i++)
        for (char *c = seen->message.questions[i].qname; c != NULL && *c != '\0'; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    return true;
}

static void forget_dns(struct seen_dns *seen)
{
    dns_free_message(seen->message);
}

/* Answers without a question, as mDNS has them: each counts as the question that it answers. */
OPTIONAL static bool any_answer(const struct seen_dns *seen, bool (*is_asked)(dns_question_t *))
{
    char name[WIRE_NAME];
    struct wire_record record;
    size_t at = WIRE_HEADER;
    for (unsigned left = number_at(seen->bytes + 6);
         left > 0 && take_record(seen->bytes, seen->n, &at, name, &record); left--) {
        dns_question_t question;
        memset(&question, 0, sizeof question);
        question.qname = name;
        question.qtype = (uint16_t)record.type;
        question.qclass = (uint16_t)record.class;
        if (is_asked(&question))
            return true;
    }
    return false;
}

/* Whether some question is as asked. */
OPTIONAL static bool any_question(const struct seen_dns *seen, bool (*is_asked)(dns_question_t *))
{
    for (size_t i = 0; i < seen->message.header.qdcount; i++)
        if (seen->message.questions[i].qname != NULL && is_asked(&seen->message.questions[i]))
            return true;
    return number_at(seen->bytes + 4) == 0 && any_answer(seen, is_asked);
}

OPTIONAL static bool is_name(dns_question_t *question, char *name)
{
    return dns_contains_full_domain_name(question, 1, name);
}

/* Whether a name ends in `suffix`, which begins with a dot, and has something before it. */
OPTIONAL static bool is_below(dns_question_t *question, char *suffix, uint16_t length)
{
    return strlen(question->qname) > length &&
           dns_contains_suffix_domain_name(question, 1, suffix, length);
}
