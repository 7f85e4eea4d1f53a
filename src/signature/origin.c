/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file a capture was, so that somebody can tell it again. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "iotsig/learn.h"

#define CHUNK ((size_t)64 * 1024)

_Static_assert(sizeof((struct iotsig_origin *)0)->sha256 == SHA256_DIGEST_SIZE, "size of SHA-256");

static int fail(const char *path, struct iotsig_error *error)
{
    iotsig_fail(error, IOTSIG_ERR_READ, "cannot be read: %s", strerror(errno));
    return iotsig_fail_in(error, IOTSIG_ERR_READ, path);
}

static int digest(int fd, struct iotsig_origin *origin)
{
    struct sha256_ctx sha;
    uint8_t chunk[CHUNK];
    ssize_t n;
    sha256_init(&sha);
    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        sha256_update(&sha, (size_t)n, chunk);
        origin->size += (uint64_t)n;
    }
    sha256_digest(&sha, sizeof origin->sha256, origin->sha256);
    return n < 0 ? -1 : 0;
}

/* Times may be at the ends of what 64 bits hold. */
static int64_t between(struct iotsig_time first, struct iotsig_time last)
{
    uint64_t span = (uint64_t)last.ns - (uint64_t)first.ns;
    return span > INT64_MAX ? INT64_MAX : (int64_t)span;
}

int iotsig_origin_read(struct iotsig_origin *origin, const char *path,
                       const struct iotsig_features *features, struct iotsig_error *error)
{
    const char *slash = strrchr(path, '/');
    struct iotsig_time first, last;
    iotsig_features_span(features, &first, &last);
    *origin = (struct iotsig_origin){.name = slash != NULL ? slash + 1 : path,
                                     .device = iotsig_features_self(features),
                                     .duration_ns = between(first, last)};
    if (strcmp(path, "-") == 0)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, error);
    int status = digest(fd, origin);
    if (status != 0)
        status = fail(path, error);
    close(fd);
    return status;
}
