/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is behind the decryption of an Initial packet, which no fuzzer gets past: frames, and the
 * hello in them. */
#include <string.h>

#include "app/ja4.h"
#include "app/quic.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quic_crypto crypto = {.n = 0};
    struct tls_hello hello;
    char ja4[JA4_TEXT];
    iotsig_quic_take_frames((struct bytes){data, size}, &crypto);
    REQUIRE(crypto.n <= QUIC_CRYPTO_MAX);
    if (iotsig_tls_hello((struct bytes){crypto.data, crypto.n}, &hello) &&
        iotsig_ja4(&hello, 'q', ja4))
        REQUIRE(hello.client && strlen(ja4) == JA4_TEXT - 1 && ja4[0] == 'q');
    return 0;
}
