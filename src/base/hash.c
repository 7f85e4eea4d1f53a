/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <string.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline struct sip sip_start(const struct iotsig_hash_key *key)
{
    return (struct sip){key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                        key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t sip_end(struct sip *s)
{
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* Eight bytes as a little-endian number, on any machine. */
static inline uint64_t load64(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

uint64_t iotsig_hash(const struct iotsig_hash_key *key, const void *data, size_t n)
{
    struct sip s = sip_start(key);
    const unsigned char *p = data;
    size_t i = 0;
    for (; n - i >= 8; i += 8)
        sip_word(&s, load64(p + i));

    uint64_t last = (uint64_t)n << 56;
    for (unsigned shift = 0; i < n; i++, shift += 8)
        last |= (uint64_t)p[i] << shift;
    sip_word(&s, last);
    return sip_end(&s);
}

uint64_t iotsig_hash_pair(const struct iotsig_hash_key *key, uint64_t a, uint64_t b)
{
    struct sip s = sip_start(key);
    sip_word(&s, a);
    sip_word(&s, b);
    sip_word(&s, (uint64_t)16 << 56);
    return sip_end(&s);
}
