/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/tls.h"

#include "app/app.h"
#include "app/ja4.h"

enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum {
    SERVER_NAME = 0,
    HOST_NAME = 0,
    SIGNATURE_ALGORITHMS = 13,
    ALPN = 16,
    SUPPORTED_VERSIONS = 43
};

/* The first name of type host_name in a server_name extension (RFC 6066 section 3). */
static struct bytes host_name(struct cursor extension)
{
    struct cursor list = cursor_sub(&extension, cursor_u16(&extension));
    while (list.left > 0) {
        uint8_t type = cursor_u8(&list);
        struct bytes name = cursor_take(&list, cursor_u16(&list));
        if (type == HOST_NAME && !list.failed)
            return name;
    }
    return (struct bytes){NULL, 0};
}

/* Past all that comes before the extensions (RFC 8446 sections 4.1.2 and 4.1.3). */
static struct cursor extensions_of(struct cursor hello, uint8_t type)
{
    cursor_skip(&hello, 2 + 32);                     /* version, random */
    cursor_skip(&hello, cursor_u8(&hello));          /* session */
    if (type == CLIENT_HELLO) {
        cursor_skip(&hello, cursor_u16(&hello)); /* cipher suites */
        cursor_skip(&hello, cursor_u8(&hello));  /* compression methods */
    } else {
        cursor_skip(&hello, 2 + 1); /* the chosen ones */
    }
    return cursor_sub(&hello, cursor_u16(&hello));
}

static void walk_hello(struct cursor hello, uint8_t type, struct tls_summary *summary)
{
    struct cursor extensions = extensions_of(hello, type);
    while (extensions.left > 0) {
        uint16_t kind = cursor_u16(&extensions);
        struct cursor extension = cursor_sub(&extensions, cursor_u16(&extensions));
        if (extensions.failed || kind != SERVER_NAME)
            continue;
        summary->server_name_hello = true;
        if (type == CLIENT_HELLO && summary->server_name.n == 0)
            summary->server_name = host_name(extension);
        return;
    }
}

static void walk_handshake(struct cursor record, struct tls_summary *summary)
{
    while (record.left > 0) {
        uint8_t type = cursor_u8(&record);
        struct cursor message = cursor_sub(&record, cursor_u24(&record));
        if (message.failed || (type != CLIENT_HELLO && type != SERVER_HELLO))
            continue;
        summary->hello = true;
        walk_hello(message, type, summary);
    }
}

struct tls_summary iotsig_tls_walk(struct bytes payload)
{
    struct tls_summary summary = {0};
    struct cursor at = cursor_of(payload);

    for (;;) {
        uint8_t type = cursor_u8(&at), major = cursor_u8(&at);
        cursor_skip(&at, 1);
        struct cursor record = cursor_sub(&at, cursor_u16(&at));
        if (at.failed || type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA || major != 3)
            return summary;
        summary.records = true;
        if (type == APPLICATION_DATA)
            summary.application_data = true;
        else if (type == HANDSHAKE)
            walk_handshake(record, &summary);
    }
}

bool iotsig_tls_record(struct bytes payload, struct tls_record *record)
{
    enum { HEARTBEAT = 24, LENGTH_MAX = (1 << 14) + 2048 }; /* RFC 6520, RFC 5246 section 6.2.3 */
    struct cursor at = cursor_of(payload);
    *record = (struct tls_record){.content_type = cursor_u8(&at)};
    record->version = cursor_u16(&at);
    size_t length = cursor_u16(&at);
    if (at.failed || record->content_type < CHANGE_CIPHER_SPEC ||
        record->content_type > HEARTBEAT || record->version >> 8 != 3 || length == 0 ||
        length > LENGTH_MAX)
        return false;
    if (record->content_type != HANDSHAKE)
        return true;
    at = cursor_of(cursor_take_most(&at, length));
    record->handshake_type = cursor_u8(&at);
    record->has_handshake = !at.failed;
    if (record->handshake_type != CLIENT_HELLO && record->handshake_type != SERVER_HELLO)
        return true;
    cursor_skip(&at, 3 + 2 + 32); /* length, version, random */
    record->has_session = cursor_u8(&at) > 0;
    record->is_hello = !at.failed;
    return true;
}

/* Hellos that may be cut (RFC 8446 section 4.1). */

enum { TLS_1_2 = 0x0303 };

static const struct {
    uint16_t number;
    const char *word;
} versions[] = {
    {0x0304, "1.3"}, {0x0303, "1.2"}, {0x0302, "1.1"}, {0x0301, "1.0"}, {0x0300, "ssl-3.0"}};

const char *iotsig_tls_version_text(uint16_t version)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].number == version)
            return versions[i].word;
    return NULL;
}

/* A list of the client's, or the choice of the server (RFC 8446 section 4.2.1). */
static void read_versions(struct cursor extension, struct tls_hello *hello)
{
    uint16_t best = 0;
    struct cursor list = extension;
    if (hello->client)
        list = cursor_sub(&extension, cursor_u8(&extension));
    while (list.left > 1) {
        uint16_t version = cursor_u16(&list);
        if (iotsig_tls_version_text(version) != NULL && version > best)
            best = version;
    }
    if (best != 0)
        hello->version = best;
    hello->has_versions = true;
}

static void read_extension(uint16_t kind, struct cursor extension, struct tls_hello *hello)
{
    switch (kind) {
    case SERVER_NAME:
        hello->has_name = true;
        if (hello->client && hello->name.n == 0)
            hello->name = host_name(extension);
        break;
    case ALPN: {
        struct cursor list = cursor_sub(&extension, cursor_u16(&extension));
        hello->alpn = cursor_take(&list, cursor_u8(&list));
        break;
    }
    case SIGNATURE_ALGORITHMS:
        hello->signatures = cursor_sub(&extension, cursor_u16(&extension));
        break;
    case SUPPORTED_VERSIONS: read_versions(extension, hello); break;
    default: break;
    }
}

/* Whole extensions, one after the other; false when the last is not whole. */
static bool read_extensions(struct cursor list, struct tls_hello *hello)
{
    while (list.left > 0) {
        uint16_t kind = cursor_u16(&list);
        struct cursor extension = cursor_sub(&list, cursor_u16(&list));
        if (!list.failed)
            read_extension(kind, extension, hello);
    }
    return !list.failed;
}

/* Up to the extensions; an old hello has none, and ends there. */
static void read_head(struct cursor *at, struct tls_hello *hello)
{
    hello->version = cursor_u16(at);
    cursor_skip(at, 32);            /* random */
    cursor_skip(at, cursor_u8(at)); /* session */
    if (hello->client) {
        hello->ciphers = cursor_sub(at, cursor_u16(at));
        cursor_skip(at, cursor_u8(at)); /* compression methods */
    } else {
        hello->ciphers = cursor_sub(at, 2);
        cursor_skip(at, 1);
    }
}

bool iotsig_tls_hello(struct bytes handshake, struct tls_hello *hello)
{
    struct cursor at = cursor_of(handshake);
    uint8_t type = cursor_u8(&at);
    size_t length = cursor_u24(&at);
    *hello = (struct tls_hello){.client = type == CLIENT_HELLO};
    if (at.failed || (type != CLIENT_HELLO && type != SERVER_HELLO))
        return false;
    struct cursor body = cursor_of(cursor_take_most(&at, length));
    hello->whole = body.left == length;
    read_head(&body, hello);
    if (!body.failed && body.left > 0) {
        length = cursor_u16(&body);
        hello->extensions = cursor_of(cursor_take_most(&body, length));
        bool all = hello->extensions.left == length;
        hello->whole &= read_extensions(hello->extensions, hello) && all;
    }
    hello->whole &= !body.failed;
    if (!hello->whole && !hello->has_versions && hello->version == TLS_1_2)
        hello->version = 0;
    return true;
}

/* The layer. */

enum { RESPONSE, NAME, VERSION, PROTOCOL, JA4 };

static bool recognise(const struct packet *packet)
{
    struct tls_record record;
    return packet->transport == IOTSIG_TCP && iotsig_tls_record(packet->payload, &record) &&
           record.content_type == HANDSHAKE && record.has_handshake &&
           (record.handshake_type == CLIENT_HELLO || record.handshake_type == SERVER_HELLO);
}

struct bytes iotsig_tls_handshake(struct bytes payload)
{
    struct cursor at = cursor_of(payload);
    cursor_skip(&at, 3);
    return cursor_take_most(&at, cursor_u16(&at));
}

bool iotsig_tls_set_hello(struct iotsig_layer *layer, const struct tls_hello *hello, char transport,
                          const struct tls_attributes *to, struct app_scratch *scratch)
{
    const char *version = iotsig_tls_version_text(hello->version);
    char ja4[JA4_TEXT];
    if (to->version >= 0 && version != NULL)
        app_set_constant(layer, to->version, version);
    return (hello->name.n == 0 || app_set_name(layer, to->name, hello->name, scratch)) &&
           (hello->alpn.n == 0 || app_set_bytes(layer, to->alpn, hello->alpn, scratch)) &&
           (!iotsig_ja4(hello, transport, ja4) ||
            app_set_text(layer, to->ja4, text_of(ja4), scratch));
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    static const struct tls_attributes attributes = {.version = VERSION,
                                                     .name = NAME,
                                                     .alpn = PROTOCOL,
                                                     .ja4 = JA4};
    struct tls_hello hello;
    if (!iotsig_tls_hello(iotsig_tls_handshake(packet->payload), &hello))
        return false;
    app_set_truth(layer, RESPONSE, !hello.client);
    return iotsig_tls_set_hello(layer, &hello, 't', &attributes, scratch);
}

/* The fingerprint changes when a session is resumed, so it is no part of equality. */
const struct app_protocol iotsig_app_tls = {
    .name = "TLS",
    .attributes = {{"response", APP_TRUTH, 0},
                   {"server-name", APP_NAME, 1},
                   {"version", APP_TEXT, 1},
                   {"alpn", APP_TEXT, 1},
                   {"ja4", APP_NOTE, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_TLS,
    .recognise = recognise,
    .parse = parse,
};
