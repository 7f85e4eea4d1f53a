/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "common.h"

#define HEADER         12
#define QUESTION_LEAST 5  /* the root, a type, a class */
#define RECORD_LEAST   11 /* and a TTL, and a length */
#define NAME_ON_WIRE   255
#define LABEL_MAX      63
#define MESSAGE_MAX    65535
#define CLASS_IN       1
#define RECURSION      0x0100
#define RESPONSE       0x8000
#define POINTER        0xc0
#define ADDRESSES_MOST UINT8_MAX

struct dns_resource_record {
    char *name;
    uint16_t type;
    char *target;      /* of a CNAME, else NULL */
    ip_addr_t address; /* of version 0: it has none */
};

/* A name while it is read: each byte takes up to four characters. */
struct name {
    size_t on_wire, n;
    char text[4 * NAME_ON_WIRE + 1];
};

/* What would not be itself in a text with dots is written as its number (RFC 1035 section 5.1). */
static void add_byte(struct name *name, uint8_t byte)
{
    if (byte > ' ' && byte < 0x7f && byte != '.' && byte != '\\') {
        name->text[name->n++] = (char)byte;
        return;
    }
    name->text[name->n++] = '\\';
    name->text[name->n++] = (char)('0' + byte / 100);
    name->text[name->n++] = (char)('0' + byte / 10 % 10);
    name->text[name->n++] = (char)('0' + byte % 10);
}

static bool add_label(struct name *name, struct bytes label)
{
    name->on_wire += label.n + 1;
    if (name->on_wire >= NAME_ON_WIRE)
        return false;
    if (name->n > 0)
        name->text[name->n++] = '.';
    for (struct cursor at = cursor_of(label); at.left > 0;)
        add_byte(name, cursor_u8(&at));
    return true;
}

/* Reads labels up to the root or a pointer. @return whether it went well; `to` is where the pointer
 * leads, 0 when there is none */
static bool read_labels(struct cursor *at, struct name *name, size_t *to)
{
    *to = 0;
    for (;;) {
        uint8_t length = cursor_u8(at);
        if (length >= POINTER) {
            *to = (size_t)(length & ~POINTER) << 8 | cursor_u8(at);
            return !at->failed && *to > 0;
        }
        if (length == 0 || length > LABEL_MAX)
            return !at->failed && length == 0;
        if (!add_label(name, cursor_take(at, length)) || at->failed)
            return false;
    }
}

/* Reads a name. Pointers lead backwards only, so they come to an end. @return NULL: there is none
 */
static char *read_name(struct bytes message, struct cursor *at)
{
    struct name name = {.on_wire = 0};
    struct cursor here = *at;
    bool first = true;
    for (size_t limit = message.n - at->left, to;; limit = to) {
        bool well = read_labels(&here, &name, &to);
        if (first)
            *at = here;
        first = false;
        if (!well || to >= limit)
            return NULL;
        if (to == 0)
            return runtime_text((struct bytes){(uint8_t *)name.text, name.n});
        here = cursor_of(message);
        cursor_skip(&here, to);
    }
}

static bool read_question(struct bytes message, struct cursor *at, dns_question_t *question)
{
    char *name = read_name(message, at);
    question->qname = name;
    question->qtype = cursor_u16(at);
    question->qclass = cursor_u16(at);
    if (name != NULL && !at->failed)
        return true;
    free(name);
    return false;
}

static void read_data(struct bytes message, struct cursor *data, dns_resource_record_t *record)
{
    size_t n = data->left;
    if (record->type == CNAME) {
        /* The name may lead out of the data: the cursor must count from the message's end. */
        struct cursor at = *data;
        at.left = message.n - (size_t)(data->p - message.p);
        record->target = read_name(message, &at);
    } else if (record->type == A && n == 4) {
        record->address.version = 4;
        cursor_copy(data, &record->address.value.ipv4, n);
    } else if (record->type == AAAA && n == 16) {
        record->address.version = 6;
        cursor_copy(data, record->address.value.ipv6, n);
    }
}

static bool read_record(struct bytes message, struct cursor *at, dns_resource_record_t *record)
{
    *record = (dns_resource_record_t){.name = read_name(message, at)};
    record->type = cursor_u16(at);
    cursor_skip(at, 2 + 4); /* class, TTL */
    struct cursor data = cursor_sub(at, cursor_u16(at));
    if (record->name == NULL || at->failed) {
        free(record->name);
        return false;
    }
    read_data(message, &data, record);
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static dns_message_t parse(struct bytes bytes)
{
    dns_message_t message = {0};
    struct cursor at = cursor_of(bytes);
    cursor_skip(&at, 2);
    message.header.qr = (cursor_u16(&at) & RESPONSE) != 0;
    size_t questions = cursor_u16(&at), answers = cursor_u16(&at);
    cursor_skip(&at, 4);

    questions = least(questions, at.left / QUESTION_LEAST);
    message.questions = runtime_allocate(questions, sizeof *message.questions);
    bool well = !at.failed;
    while (well && message.header.qdcount < questions) {
        well = read_question(bytes, &at, &message.questions[message.header.qdcount]);
        message.header.qdcount += well;
    }

    answers = least(answers, at.left / RECORD_LEAST);
    message.answers = runtime_allocate(answers, sizeof *message.answers);
    while (well && message.header.ancount < answers) {
        well = read_record(bytes, &at, &message.answers[message.header.ancount]);
        message.header.ancount += well;
    }
    return message;
}

dns_message_t dns_parse_message(uint8_t *data)
{
    return parse(runtime_bytes(data));
}

void dns_free_message(dns_message_t message)
{
    for (size_t i = 0; i < message.header.qdcount; i++)
        free(message.questions[i].qname);
    for (size_t i = 0; i < message.header.ancount; i++) {
        free(message.answers[i].name);
        free(message.answers[i].target);
    }
    free(message.questions);
    free(message.answers);
}

bool dns_contains_suffix_domain_name(dns_question_t *questions, uint16_t qdcount, char *suffix,
                                     uint16_t length)
{
    for (size_t i = 0; i < qdcount; i++) {
        size_t n = strlen(questions[i].qname);
        if (n >= length && strncasecmp(questions[i].qname + n - length, suffix, length) == 0)
            return true;
    }
    return false;
}

bool dns_contains_full_domain_name(dns_question_t *questions, uint16_t qdcount, char *name)
{
    for (size_t i = 0; i < qdcount; i++)
        if (strcasecmp(questions[i].qname, name) == 0)
            return true;
    return false;
}

/* Where the alias `name` leads; NULL when it is none. */
static char *target_of(dns_resource_record_t *answers, uint16_t ancount, char *name)
{
    for (size_t i = 0; i < ancount; i++)
        if (answers[i].target != NULL && strcasecmp(answers[i].name, name) == 0)
            return answers[i].target;
    return NULL;
}

ip_list_t dns_get_ip_from_name(dns_resource_record_t *answers, uint16_t ancount, char *name)
{
    ip_list_t list = {0, runtime_allocate(ancount, sizeof *list.ip_addresses)};
    /* No more aliases than answers: they may go round. */
    for (size_t aliases = 0; name != NULL && aliases <= ancount; aliases++) {
        for (size_t i = 0; i < ancount && list.ip_count < ADDRESSES_MOST; i++)
            if (answers[i].address.version != 0 && strcasecmp(answers[i].name, name) == 0)
                list.ip_addresses[list.ip_count++] = answers[i].address;
        name = list.ip_count > 0 ? NULL : target_of(answers, ancount, name);
    }
    return list;
}

/* Writes a name on the wire. @return its length; 0 when it is no name */
static size_t write_name(const char *name, uint8_t *to)
{
    size_t n = 0;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        if (label == 0 || label > LABEL_MAX || n + label + 2 > NAME_ON_WIRE)
            return 0;
        to[n++] = (uint8_t)label;
        memcpy(to + n, name, label);
        n += label;
        name += label + (name[label] == '.');
    }
    to[n++] = 0;
    return n;
}

static void write_u16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

int dns_send_query(char *qname, int sockfd, struct sockaddr_in *server)
{
    uint8_t query[HEADER + NAME_ON_WIRE + 4] = {0};
    size_t name = write_name(qname, query + HEADER);
    if (name == 0 || getrandom(query, 2, 0) != 2)
        return -1;
    write_u16(query + 2, RECURSION);
    write_u16(query + 4, 1);
    write_u16(query + HEADER + name, A);
    write_u16(query + HEADER + name + 2, CLASS_IN);
    size_t n = HEADER + name + 4;
    ssize_t sent = sendto(sockfd, query, n, 0, (struct sockaddr *)server, sizeof *server);
    return sent == (ssize_t)n ? 0 : -1;
}

int dns_receive_response(int sockfd, struct sockaddr_in *server, dns_message_t *message)
{
    uint8_t *buffer = runtime_allocate(MESSAGE_MAX, 1);
    struct sockaddr_in from;
    ssize_t n;
    do {
        socklen_t size = sizeof from;
        n = recvfrom(sockfd, buffer, MESSAGE_MAX, 0, (struct sockaddr *)&from, &size);
    } while (n >= 0 && (from.sin_addr.s_addr != server->sin_addr.s_addr ||
                        from.sin_port != server->sin_port));
    bool well = n >= HEADER;
    if (well)
        *message = parse((struct bytes){buffer, (size_t)n});
    free(buffer);
    return well ? 0 : -1;
}
