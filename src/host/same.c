/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/same.h"

#include "base/error.h"
#include "capture/lines.h"

#define HOST_TEXT_MAX 1200

struct pair {
    uint32_t a, b;
};

struct iotsig_same_hosts {
    struct iotsig_context *context;
    struct hosts hosts;
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
    iotsig_memory_free(allocator, same->pairs);
    iotsig_memory_free(allocator, same);
}

const struct host *iotsig_same_hosts_partner(const struct iotsig_same_hosts *same,
                                             const struct host *host, size_t *i)
{
    if (same == NULL)
        return NULL;
    /* Each pair is looked at from both sides: 2i is a = host, 2i + 1 is b = host. */
    while (*i < 2 * same->count) {
        const struct pair *pair = &same->pairs[*i / 2];
        bool second = (*i)++ % 2 == 1;
        if (text_equal(host_at(&same->hosts, second ? pair->b : pair->a)->name.text,
                       host->name.text))
            return host_at(&same->hosts, second ? pair->a : pair->b);
    }
    return NULL;
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
    struct pair pair;
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
    return 0;
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
        same->count = count;
    iotsig_source_close(source);
    return status;
}
