/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>

#define IPV6_HEADER 40

static _Thread_local struct {
    struct bytes bytes;
    bool certain; /* its length is what was received */
} looked_at;

void runtime_enter(const uint8_t *data, size_t n)
{
    looked_at.bytes = (struct bytes){data, n};
    looked_at.certain = true;
}

void runtime_leave(void)
{
    looked_at.bytes = (struct bytes){NULL, 0};
    looked_at.certain = false;
}

size_t runtime_ip_length(struct bytes packet)
{
    struct cursor at = cursor_of(packet);
    size_t told = 0;
    uint8_t version = cursor_u8(&at) >> 4;
    if (version == 4) {
        cursor_skip(&at, 1);
        told = cursor_u16(&at);
    } else if (version == 6) {
        cursor_skip(&at, 3);
        told = cursor_u16(&at);
        told += told > 0 ? IPV6_HEADER : 0;
    }
    /* 0: longer than the field can tell, so the caller knows better. */
    return told == 0 || at.failed || told > packet.n ? packet.n : told;
}

void runtime_look(const uint8_t *packet)
{
    if (looked_at.certain)
        return;
    looked_at.bytes = (struct bytes){packet, UINT16_MAX};
    looked_at.bytes.n = runtime_ip_length(looked_at.bytes);
}

struct bytes runtime_bytes(const uint8_t *p)
{
    uintptr_t start = (uintptr_t)looked_at.bytes.p, wanted = (uintptr_t)p;
    if (start != 0 && wanted >= start && wanted - start <= looked_at.bytes.n)
        return (struct bytes){p, looked_at.bytes.n - (wanted - start)};
    return (struct bytes){p, UINT16_MAX};
}

void *runtime_allocate(size_t count, size_t size)
{
    void *p = calloc(count > 0 ? count : 1, size);
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

char *runtime_text(struct bytes bytes)
{
    char *text = runtime_allocate(4 * bytes.n + 1, 1), *end = text;
    for (struct cursor at = cursor_of(bytes); at.left > 0;) {
        uint8_t byte = cursor_u8(&at);
        if (byte != 0) {
            *end++ = (char)byte;
        } else {
            memcpy(end, "\\000", 4);
            end += 4;
        }
    }
    return text;
}
