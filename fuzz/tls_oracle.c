/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ClientHellos, read by GnuTLS too: which extensions there are, and where; and the server name that
 * a server of GnuTLS finds. The input is the body of a hello. What GnuTLS refuses is not compared:
 * of a hello that is cut, we give what is there.
 */
#include <gnutls/gnutls.h>
#include <string.h>

#include "app/tls.h"
#include "fuzz.h"

enum { HEADER = 4, CLIENT_HELLO = 1, SERVER_NAME = 0, EXTENSIONS = 1024 };

/* The extensions that GnuTLS found. */
struct found {
    size_t count;
    struct {
        unsigned kind;
        struct bytes bytes;
    } list[EXTENSIONS];
};

static int take(void *to, unsigned kind, const unsigned char *data, unsigned size)
{
    struct found *found = to;
    REQUIRE(found->count < EXTENSIONS);
    found->list[found->count].kind = kind;
    found->list[found->count++].bytes = (struct bytes){data, size};
    return 0;
}

/* The name in a server_name extension, read strictly: one entry, a host_name, and nothing more (RFC
 * 6066 section 3). */
static bool strict_name(struct bytes extension, struct bytes *name)
{
    const uint8_t *p = extension.p;
    if (extension.n < 5 || (size_t)(p[0] << 8 | p[1]) != extension.n - 2 || p[2] != 0 ||
        (size_t)(p[3] << 8 | p[4]) != extension.n - 5)
        return false;
    *name = (struct bytes){p + 5, extension.n - 5};
    return true;
}

static void compare(const struct tls_hello *hello, const struct found *found)
{
    struct cursor at = hello->extensions;
    const struct bytes *server_name = NULL;
    struct bytes name;
    REQUIRE(hello->whole && hello->client);
    for (size_t i = 0; i < found->count; i++) {
        unsigned kind = cursor_u16(&at);
        struct bytes bytes = cursor_take(&at, cursor_u16(&at));
        REQUIRE(!at.failed && kind == found->list[i].kind && bytes.n == found->list[i].bytes.n);
        REQUIRE(bytes.n == 0 || memcmp(bytes.p, found->list[i].bytes.p, bytes.n) == 0);
        if (kind == SERVER_NAME && server_name == NULL)
            server_name = &found->list[i].bytes;
    }
    REQUIRE(at.left == 0 && hello->has_name == (server_name != NULL));
    if (server_name != NULL && strict_name(*server_name, &name) && name.n > 0)
        REQUIRE(hello->name.n == name.n && memcmp(hello->name.p, name.p, name.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[HEADER + 65536];
    static struct found found;
    struct tls_hello hello;
    const gnutls_datum_t body = {message + HEADER, (unsigned)size};
    if (size > 16384) /* what one record may hold, which a hello is read from */
        return 0;
    const uint8_t header[HEADER] = {CLIENT_HELLO, 0, (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(message, header, HEADER);
    memcpy(message + HEADER, data, size);
    found.count = 0;
    bool whole =
        gnutls_ext_raw_parse(&found, take, &body, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO) >= 0;
    REQUIRE(iotsig_tls_hello((struct bytes){message, HEADER + size}, &hello));
    if (whole)
        compare(&hello, &found);
    return 0;
}
