/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers of hand-made payloads. Each payload lies in memory of just its size, so that a sanitizer sees a byte too far. */
#ifndef IOTSIG_TESTS_LAYER_H
#define IOTSIG_TESTS_LAYER_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"

/** The bytes of a hexadecimal text; to be freed. */
static inline struct bytes from_hex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *bytes = malloc(n + 1);
    assert_true(strlen(hex) % 2 == 0 && bytes != NULL);
    for (size_t i = 0; i < n; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'}, *end;
        bytes[i] = (uint8_t)strtoul(digits, &end, 16);
        assert_true(*end == '\0');
    }
    uint8_t *exact = realloc(bytes, n > 0 ? n : 1);
    return (struct bytes){exact != NULL ? exact : bytes, n};
}

static inline void free_bytes(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.p);
}

/** The attributes of a layer as text, such as "TLS response=false server-name=a.example"; "" for none. */
static inline const char *layer_text(const struct iotsig_layer *layer)
{
    static char text[4096];
    struct iotsig_attribute attribute;
    size_t n = (size_t)snprintf(text, sizeof text, "%s", iotsig_layer_protocol(layer));
    for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++) {
        const char *value = attribute.text != NULL ? attribute.text : attribute.truth ? "true" : "false";
        n += (size_t)snprintf(text + n, sizeof text - n, " %s=%s", attribute.name, value);
        assert_true(n < sizeof text);
    }
    return text;
}

/** The same of a payload between two ports, with the layers that are asked for. */
static inline const char *layer_of(uint8_t transport, uint16_t sport, uint16_t dport, unsigned layers,
                                   struct bytes payload)
{
    static char scratch[APP_TEXT_MAX];
    struct iotsig_layer layer;
    struct packet packet = {.transport = transport, .payload = payload};
    packet.src.address.version = packet.dst.address.version = 4;
    packet.src.port = sport;
    packet.dst.port = dport;
    return iotsig_app_parse(&packet, layers, &layer, scratch) ? layer_text(&layer) : "";
}

static inline const char *layer_of_hex(uint8_t transport, uint16_t sport, uint16_t dport,
                                       unsigned layers, const char *hex)
{
    struct bytes payload = from_hex(hex);
    const char *text = layer_of(transport, sport, dport, layers, payload);
    free_bytes(payload);
    return text;
}

/** All ways to cut a payload, and many to change it: nothing is read outside, and what is found is printable. */
static inline void hostile(uint8_t transport, uint16_t sport, uint16_t dport, struct bytes whole)
{
    uint64_t random = 4711;
    for (size_t i = 0; i < whole.n + 20000; i++) {
        size_t n = i < whole.n ? i : whole.n;
        uint8_t *exact = malloc(n > 0 ? n : 1);
        memcpy(exact, whole.p, n);
        for (size_t j = 0; i >= whole.n && j < 1 + i % 4; j++)
            exact[below(&random, n)] = (uint8_t)next_random(&random);
        for (const char *c = layer_of(transport, sport, dport, IOTSIG_LAYERS_ALL, (struct bytes){exact, n}); *c != '\0'; c++)
            assert_true(*c >= 0x20 && *c <= 0x7e);
        free(exact);
    }
}

#endif
