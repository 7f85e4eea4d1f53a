/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/same.h"

#include "base/error.h"
#include "capture/lines.h"

#define HOST_TEXT_MAX 1200

/* No side of a pair. */
#define NO_SIDE SIZE_MAX

/* Each pair is looked at from both sides: side 2i is that of a, side 2i + 1 that of b. */
struct pair {
    uint32_t a, b;
    size_t next[2]; /* the next side of the same host */
};

/* The sides of a host, in the order of the pairs. */
struct sides {
    size_t first, last;
};

struct iotsig_same_hosts {
    struct iotsig_context *context;
    struct hosts hosts;
    struct sides *sides; /* by number of the host */
    size_t side_count, side_capacity;
    struct pair *pairs;
    size_t count, capacity;
};

int iotsig_same_hosts_new(struct iotsig_same_hosts **out, struct iotsig_context *context,
                          struct iotsig_error *error)
{
    struct iotsig_same_hosts *same = iotsig_memory_get(&context->allocator, sizeof *same);
    if (same == NULL)
        return iotsig_fail_memory(error);
    *same = (struct iotsig_same_hosts){.context = context};
    iotsig_hosts_init(&same->hosts, context);
    *out = same;
    return 0;
}

void iotsig_same_hosts_free(struct iotsig_same_hosts *same)
{
    if (same == NULL)
        return;
    const struct iotsig_allocator *allocator = &same->context->allocator;
    iotsig_hosts_fini(&same->hosts);
    iotsig_memory_free(allocator, same->sides);
    iotsig_memory_free(allocator, same->pairs);
    iotsig_memory_free(allocator, same);
}

static size_t first_side(const struct iotsig_same_hosts *same, const struct host *host)
{
    struct text name = host->name.text;
    const uint64_t *number = iotsig_map_get(&same->hosts.strings.map, name.p, name.n);
    return number == NULL || *number >= same->side_count ? NO_SIDE : same->sides[*number].first;
}

const struct host *iotsig_same_hosts_partner(const struct iotsig_same_hosts *same,
                                             const struct host *host, size_t *i)
{
    if (same == NULL || same->count == 0 || *i == NO_SIDE)
        return NULL;
    size_t side = *i == 0 ? first_side(same, host) : *i - 1;
    if (side == NO_SIDE) {
        *i = NO_SIDE;
        return NULL;
    }
    const struct pair *pair = &same->pairs[side / 2];
    size_t next = pair->next[side % 2];
    *i = next == NO_SIDE ? NO_SIDE : next + 1;
    return host_at(&same->hosts, side % 2 == 1 ? pair->a : pair->b);
}

/* Puts a side of the last pair behind those of its host. */
static bool link_side(struct iotsig_same_hosts *same, uint32_t host, size_t side)
{
    if (!iotsig_array_grow(&same->context->allocator, &same->sides, &same->side_capacity,
                           (size_t)host + 1, sizeof *same->sides))
        return false;
    while (same->side_count <= host)
        same->sides[same->side_count++] = (struct sides){NO_SIDE, NO_SIDE};
    struct sides *sides = &same->sides[host];
    same->pairs[side / 2].next[side % 2] = NO_SIDE;
    if (sides->first == NO_SIDE)
        sides->first = side;
    else
        same->pairs[sides->last / 2].next[sides->last % 2] = side;
    sides->last = side;
    return true;
}

/* Keeps the first `count` pairs only: there was memory for their sides. */
static void cut_pairs(struct iotsig_same_hosts *same, size_t count)
{
    same->count = same->side_count = 0;
    while (same->count < count) {
        const struct pair pair = same->pairs[same->count++];
        (void)link_side(same, pair.a, 2 * same->count - 2);
        (void)link_side(same, pair.b, 2 * same->count - 1);
    }
}

static struct text trim(struct text text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
        text.p++, text.n--;
    while (text.n > 0 && strchr(" \t\r", text.p[text.n - 1]) != NULL)
        text.n--;
    return text;
}

static bool add_host(struct iotsig_same_hosts *same, struct text text, uint32_t *number)
{
    char room[HOST_TEXT_MAX];
    struct text clean;
    if (text.n == 0 || !iotsig_host_clean(room, sizeof room, text, &clean))
        return false;
    *number = iotsig_hosts_add(&same->hosts, clean);
    return true;
}

static int add_pair(struct iotsig_same_hosts *same, struct text text, struct iotsig_error *error)
{
    const char *equals = text.n == 0 ? NULL : memchr(text.p, '=', text.n);
    struct pair pair = {0};
    if (equals == NULL)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "no pair of hosts (write A=B)");
    size_t n = (size_t)(equals - text.p);
    if (!add_host(same, trim((struct text){text.p, n}), &pair.a) ||
        !add_host(same, trim((struct text){equals + 1, text.n - n - 1}), &pair.b))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "a host of the pair is empty or too long (write A=B)");
    if (pair.a == NO_HOST || pair.b == NO_HOST ||
        !iotsig_array_grow(&same->context->allocator, &same->pairs, &same->capacity,
                           same->count + 1, sizeof *same->pairs))
        return iotsig_fail_memory(error);
    same->pairs[same->count++] = pair;
    if (link_side(same, pair.a, 2 * same->count - 2) &&
        link_side(same, pair.b, 2 * same->count - 1))
        return 0;
    cut_pairs(same, same->count - 1);
    return iotsig_fail_memory(error);
}

static int add_line(void *user, struct text line, struct iotsig_error *error)
{
    const char *comment = line.n == 0 ? NULL : memchr(line.p, '#', line.n);
    if (comment != NULL)
        line.n = (size_t)(comment - line.p);
    line = trim(line);
    int status = line.n == 0 ? 0 : add_pair(user, line, error);
    return status == IOTSIG_ERR_ARGUMENT ? iotsig_fail_as(error, IOTSIG_ERR_FORMAT) : status;
}

int iotsig_same_hosts_add(struct iotsig_same_hosts *same, const char *declaration,
                          struct iotsig_error *error)
{
    if (declaration[0] != '@')
        return add_pair(same, trim(text_of(declaration)), error);

    struct iotsig_source *source;
    int status = iotsig_source_open(&source, same->context, declaration + 1, error);
    if (status != 0)
        return status;
    size_t count = same->count;
    status = iotsig_lines(source, add_line, same, error);
    if (status != 0)
        cut_pairs(same, count);
    iotsig_source_close(source);
    return status;
}
