/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QUIC: the examples of RFC 9001 appendix A and RFC 9369 appendix A; and packets that were made with another
 * implementation of AEAD_AES_128_GCM, of the same ClientHello and connection ID.
 */
#include "layer.h"

#include "app/quic.h"

/* RFC 9001 section A.2, RFC 9369 section A.2: the client's first packet. */
static const char initial_1[] =
    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c"
    "0bab7df5976d27cd449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c"
    "8eb7539ec4d4905fed1bee1fc8aafba17c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89"
    "eac2308249a02252155e2347b63d58c5457afd84d05dfffdb20392844ae812154682e9cf012f9021a6f0be17ddd0c208"
    "4dce25ff9b06cde535d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec4e15daf8500a6ef69ec4e3feb6b1d98e"
    "610ac8b7ec3faf6ad760b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6a8e5eba0fc3dd60bc8e30c5c4287e53805db"
    "059ae0648db2f64264ed5e39be2e20d82df566da8dd5998ccabdae053060ae6c7b4378e846d29f37ed7b4ea9ec5d82e7"
    "961b7f25a9323851f681d582363aa5f89937f5a67258bf63ad6f1a0b1d96dbd4faddfcefc5266ba6611722395c906556"
    "be52afe3f565636ad1b17d508b73d8743eeb524be22b3dcbc2c7468d54119c7468449a13d8e3b95811a198f3491de3e7"
    "fe942b330407abf82a4ed7c1b311663ac69890f4157015853d91e923037c227a33cdd5ec281ca3f79c44546b9d90ca00"
    "f064c99e3dd97911d39fe9c5d0b23a229a234cb36186c4819e8b9c5927726632291d6a418211cc2962e20fe47feb3edf"
    "330f2c603a9d48c0fcb5699dbfe5896425c5bac4aee82e57a85aaf4e2513e4f05796b07ba2ee47d80506f8d2c25e50fd"
    "14de71e6c418559302f939b0e1abd576f279c4b2e0feb85c1f28ff18f58891ffef132eef2fa09346aee33c28eb130ff2"
    "8f5b766953334113211996d20011a198e3fc433f9f2541010ae17c1bf202580f6047472fb36857fe843b19f5984009dd"
    "c324044e847a4f4a0ab34f719595de37252d6235365e9b84392b061085349d73203a4a13e96f5432ec0fd4a1ee65accd"
    "d5e3904df54c1da510b0ff20dcc0c77fcb2c0e0eb605cb0504db87632cf3d8b4dae6e705769d1de354270123cb11450e"
    "fc60ac47683d7b8d0f811365565fd98c4c8eb936bcab8d069fc33bd801b03adea2e1fbc5aa463d08ca19896d2bf59a07"
    "1b851e6c239052172f296bfb5e72404790a2181014f3b94a4e97d117b438130368cc39dbb2d198065ae3986547926cd2"
    "162f40a29f0c3c8745c0f50fba3852e566d44575c29d39a03f0cda721984b6f440591f355e12d439ff150aab7613499d"
    "bd49adabc8676eef023b15b65bfc5ca06948109f23f350db82123535eb8a7433bdabcb909271a6ecbcb58b936a88cd4e"
    "8f2e6ff5800175f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f76f0be79e2fb8f5d5fbbe2e30ecadd220723"
    "c8c0aea8078cdfcb3868263ff8f0940054da48781893a7e49ad5aff4af300cd804a6b6279ab3ff3afb64491c85194aab"
    "760d58a606654f9f4400e8b38591356fbf6425aca26dc85244259ff2b19c41b9f96f3ca9ec1dde434da7d2d392b905dd"
    "f3d1f9af93d1af5950bd493f5aa731b4056df31bd267b6b90a079831aaf579be0a39013137aac6d404f518cfd4684064"
    "7e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e194cd934";
static const char initial_2[] =
    "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c"
    "96058bdbfb127cdfcbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb5a842d09747052f17ac2053d21f57c5d"
    "250f2c4f0e0202b70785b7946e992e58a59ac52dea6774d4f03b55545243cf1a12834e3f249a78d395e0d18f4d766004"
    "f1a2674802a747eaa901c3f10cda5500cb9122faa9f1df66c392079a1b40f0de1c6054196a11cbea40afb6ef5253cd68"
    "18f6625efce3b6def6ba7e4b37a40f7732e093daa7d52190935b8da58976ff3312ae50b187c1433c0f028edcc4c2838b"
    "6a9bfc226ca4b4530e7a4ccee1bfa2a3d396ae5a3fb512384b2fdd851f784a65e03f2c4fbe11a53c7777c023462239dd"
    "6f7521a3f6c7d5dd3ec9b3f233773d4b46d23cc375eb198c63301c21801f6520bcfb7966fc49b393f0061d974a2706df"
    "8c4a9449f11d7f3d2dcbb90c6b877045636e7c0c0fe4eb0f697545460c806910d2c355f1d253bc9d2452aaa549e27a1f"
    "ac7cf4ed77f322e8fa894b6a83810a34b361901751a6f5eb65a0326e07de7c1216ccce2d0193f958bb3850a833f7ae43"
    "2b65bc5a53975c155aa4bcb4f7b2c4e54df16efaf6ddea94e2c50b4cd1dfe06017e0e9d02900cffe1935e0491d77ffb4"
    "fdf85290fdd893d577b1131a610ef6a5c32b2ee0293617a37cbb08b847741c3b8017c25ca9052ca1079d8b78aebd4787"
    "6d330a30f6a8c6d61dd1ab5589329de714d19d61370f8149748c72f132f0fc99f34d766c6938597040d8f9e2bb522ff9"
    "9c63a344d6a2ae8aa8e51b7b90a4a806105fcbca31506c446151adfeceb51b91abfe43960977c87471cf9ad4074d30e1"
    "0d6a7f03c63bd5d4317f68ff325ba3bd80bf4dc8b52a0ba031758022eb025cdd770b44d6d6cf0670f4e990b22347a7db"
    "848265e3e5eb72dfe8299ad7481a408322cac55786e52f633b2fb6b614eaed18d703dd84045a274ae8bfa73379661388"
    "d6991fe39b0d93debb41700b41f90a15c4d526250235ddcd6776fc77bc97e7a417ebcb31600d01e57f32162a8560cacc"
    "7e27a096d37a1a86952ec71bd89a3e9a30a2a26162984d7740f81193e8238e61f6b5b984d4d3dfa033c1bb7e4f0037fe"
    "bf406d91c0dccf32acf423cfa1e7071010d3f270121b493ce85054ef58bada42310138fe081adb04e2bd901f2f13458b"
    "3d6758158197107c14ebb193230cd1157380aa79cae1374a7c1e5bbcb80ee23e06ebfde206bfb0fcbc0edc4ebec30966"
    "1bdd908d532eb0c6adc38b7ca7331dce8dfce39ab71e7c32d318d136b6100671a1ae6a6600e3899f31f0eed19e3417d1"
    "34b90c9058f8632c798d4490da4987307cba922d61c39805d072b589bd52fdf1e86215c2d54e6670e07383a27bbffb5a"
    "ddf47d66aa85a0c6f9f32e59d85a44dd5d3b22dc2be80919b490437ae4f36a0ae55edf1d0b5cb4e9a3ecabee93dfc6e3"
    "8d209d0fa6536d27a5d6fbb17641cde27525d61093f1b28072d111b2b4ae5f89d5974ee12e5cf7d5da4d6a31123041f3"
    "3e61407e76cffcdcfd7e19ba58cf4b536f4c4938ae79324dc402894b44faf8afbab35282ab659d13c93f70412e85cb19"
    "9a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc";

/* Two Initial packets in one datagram. The first: PING, the end of the hello, ACK, bytes 40 to 100; the second: padding, 90 to
 * 160, 0 to 45. */
static const char coalesced[] =
    "cb00000001088394c8f03e515708000040b9a84541b2514cda27a324c1a54b95cb8867c32c1413fba8561419b27ebb66"
    "9f2e06b42175e66f450b6b597e5726fb28f6d671e1fd9728ce1c45895bd8d40b3196eb34aed05b07060b8fad6f450d7c"
    "af0cb740bcbb3a6d0934786e3440d742252004fd7de020fa6d1a51233ab4c1144d2247f294ec2501c69f4bd38b44c708"
    "8d3b0d7f9a6886985df7107aa352352852a4cead4115cad262f355730af0532a0b869e0935b51b404e6d5a285df57fce"
    "b35f15219b5c54f6b0e1d6cc00000001088394c8f03e5157080000408fb37b6a3aadfc5dc784cee4d9fdc84212e62063"
    "628b8ba3f76008b7e00255c15e19f21948b449869e13f83b87d061ce62423224e8b733e32919589345f5e42d2a6ed880"
    "bf912d4c8b841e8124279757554a667c98bc973ae5823c786866ca94d9412714a4b0cc69e21753979857bcdd181779d9"
    "1943097eae450eb0fee8aca43c7b7e897098791b90ce3c3a1a011671";

/* Its first 100 bytes only, and all but its first 60. */
static const char beginning[] =
    "c100000001088394c8f03e5157080000408e77a546b451be9b7ca3cac0a5a46d3cde86ea1ba948b493c65035757d070d"
    "55f5e8dc088bde29b4615c30345b27fb15e5e566eb0368d7f1e3ba76b4ddde8b3162714bcb3d2b949c2dedd203be8c7c"
    "db3cbe4bacbc32e89de18847650fdf5421a704078683498a021854223c9cfd105e2354f095ec25c1c69f4bc38b4ac708"
    "71a30c903affb4820d211fa56e9735c0";
static const char gap[] =
    "cb00000001088394c8f03e515708000040cba2994688516ffb11d34ba6882cfaab7776c3231010f4ab58171db16bbf79"
    "9a3e00a40c72e46b406a1b29121722fb14f7e475e90268e431c5ba52a4c0d0aba219a6fa60f4244243f7db2283fbf841"
    "3b4d443059bb2e0fc0bf61c48963080c218b040180e121fa611841223298fe155d2557f296e421c9c3974dc3a64ac509"
    "875e691ef558ebfd4a944d1354accad6ad5b3b52b610c8527f0cbd74167043d5f38e9a1d55ddeb2e3b5853c4dfc27c8b"
    "8acadf472acac80da8165761886984a78f1201e36aee84919853689b05";

/* RFC 9001 section A.4 */
static const char retry[] = "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba";

#define NAME "server-name=example.com"
#define JA4  "ja4=q13d0211an_62ed6f6ca7ad_4d634acda6c0"

static const char *quic(const char *hex)
{
    return layer_of_hex(IOTSIG_UDP, 40000, 443, IOTSIG_LAYER_QUIC, hex);
}

static void check_keys(uint32_t version, const char *key, const char *iv, const char *mask)
{
    struct bytes id = from_hex("8394c8f03e515708"), want[] = {from_hex(key), from_hex(iv), from_hex(mask)};
    struct quic_keys keys;
    iotsig_quic_client_keys(version, id, &keys);
    assert_memory_equal(keys.key, want[0].p, sizeof keys.key);
    assert_memory_equal(keys.iv, want[1].p, sizeof keys.iv);
    assert_memory_equal(keys.mask, want[2].p, sizeof keys.mask);
    free_bytes(id);
    for (size_t i = 0; i < 3; i++)
        free_bytes(want[i]);
}

/* RFC 9001 section A.1, RFC 9369 section A.1 */
static void keys_of_the_standards(void **state)
{
    (void)state;
    check_keys(QUIC_VERSION_1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
               "9f50449e04a0e810283a1e9933adedd2");
    check_keys(QUIC_VERSION_2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
               "45b95e15235d6f45a6b19cbcb0294ba9");
}

static void packets_of_the_standards(void **state)
{
    (void)state;
    const char *const packets[] = {initial_1, initial_2};
    for (size_t i = 0; i < 2; i++) {
        struct bytes bytes = from_hex(packets[i]);
        struct cursor at = cursor_of(bytes);
        struct quic_packet packet;
        uint8_t plain[QUIC_PACKET_MAX];
        size_t n;
        assert_true(iotsig_quic_next(&at, &packet));
        assert_int_equal(packet.type, QUIC_INITIAL);
        assert_int_equal(packet.version, i == 0 ? QUIC_VERSION_1 : QUIC_VERSION_2);
        assert_int_equal(packet.whole.n, 1200);
        assert_int_equal(at.left, 0);
        assert_true(iotsig_quic_decrypt(&packet, plain, &n));
        assert_int_equal(n, 1162);
        assert_memory_equal(plain, "\x06\x00\x40\xf1\x01\x00\x00\xed\x03\x03\xeb\xf8\xfa\x56", 14);
        free_bytes(bytes);
    }
    assert_string_equal(quic(initial_1), "QUIC type=initial version=1 " NAME " alpn=alpn " JA4);
    assert_string_equal(quic(initial_2), "QUIC type=initial version=2 " NAME " alpn=alpn " JA4);
    assert_string_equal(quic(retry), "QUIC type=retry version=1");
}

static void frames_in_any_order(void **state)
{
    (void)state;
    assert_string_equal(quic(coalesced), "QUIC type=initial version=1 " NAME " alpn=alpn " JA4);
    assert_string_equal(quic(beginning), "QUIC type=initial version=1 " NAME " alpn=alpn"); /* which ends with byte 97 */
    assert_string_equal(quic(gap), "QUIC type=initial version=1");
}

/* A packet that was cut, changed, or is a server's: its type is in clear. */
static void what_cannot_be_read(void **state)
{
    (void)state;
    struct bytes bytes = from_hex(initial_1);
    uint8_t *exact = (uint8_t *)(uintptr_t)bytes.p;
    exact[1199] ^= 1;
    assert_string_equal(layer_of(IOTSIG_UDP, 40000, 443, IOTSIG_LAYER_QUIC, bytes), "QUIC type=initial version=1");
    exact[1199] ^= 1;
    exact[8] ^= 1; /* of the connection ID */
    assert_string_equal(layer_of(IOTSIG_UDP, 40000, 443, IOTSIG_LAYER_QUIC, bytes), "QUIC type=initial version=1");
    exact[8] ^= 1;
    bytes.n = 150;
    assert_string_equal(layer_of(IOTSIG_UDP, 40000, 443, IOTSIG_LAYER_QUIC, bytes), "QUIC type=initial version=1");
    free_bytes(bytes);
}

static void types(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *want;
    } cases[] = {
        {"d000000001000001aa", "QUIC type=0-rtt version=1"},
        {"e000000001000001aa", "QUIC type=handshake version=1"},
        {"f00000000100000000", "QUIC type=retry version=1"},
        {"e06b3343cf000001aa", "QUIC type=0-rtt version=2"},
        {"f06b3343cf000001aa", "QUIC type=handshake version=2"},
        {"c06b3343cf00000000", "QUIC type=retry version=2"},
        {"c0000000010000", "QUIC type=initial version=1"},
        {"8000000001000001aa", ""}, /* the fixed bit is not set */
        {"400000000100000000", ""}, /* a short header */
        {"c000000002000001aa", ""}, /* a version that is not known */
        {"c0000000011500000000000000000000000000000000000000000000", ""}, /* an ID of 21 bytes */
        {"c000000001", ""},
        {"8a0000000000000000000100000002", ""}, /* Version Negotiation, to port 443 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(quic(cases[i].hex), cases[i].want);
    const char *negotiation = "8a000000000100020102" "000000016b3343cf";
    assert_string_equal(layer_of_hex(IOTSIG_UDP, 443, 40000, IOTSIG_LAYER_QUIC, negotiation), "QUIC type=version-negotiation");
    assert_string_equal(layer_of_hex(IOTSIG_UDP, 444, 40000, IOTSIG_LAYER_QUIC, negotiation), "");
    assert_string_equal(layer_of_hex(IOTSIG_UDP, 40000, 443, IOTSIG_LAYERS_ALL & ~IOTSIG_LAYER_QUIC, retry), "");
    assert_string_equal(layer_of_hex(IOTSIG_TCP, 40000, 443, IOTSIG_LAYER_QUIC, retry), "");
}

static void take_frames(struct quic_crypto *crypto, const char *hex)
{
    struct bytes plain = from_hex(hex);
    iotsig_quic_take_frames(plain, crypto);
    free_bytes(plain);
}

static void frames(void **state)
{
    (void)state;
    struct quic_crypto crypto = {.n = 0};
    take_frames(&crypto, "0605026162" "1c0000000600026364"); /* CONNECTION_CLOSE ends it */
    assert_int_equal(crypto.n, 0);
    take_frames(&crypto, "03000000000102030600056162636465"); /* ACK with counts */
    assert_int_equal(crypto.n, 7);
    assert_memory_equal(crypto.data, "abcdeab", 7);
    take_frames(&crypto, "06ffffffffffffffff016a" "065000016a" "064fff016a" "0607056b6c"); /* far, past the end, the last byte; cut */
    assert_int_equal(crypto.n, 7);
    assert_int_equal(crypto.data[QUIC_CRYPTO_MAX - 1], 'j');
    take_frames(&crypto, "02000040ffff"); /* ranges that are not there */
    assert_int_equal(crypto.n, 7);
}

static void hostile_packets(void **state)
{
    (void)state;
    const char *const packets[] = {coalesced, beginning, retry};
    for (size_t i = 0; i < 3; i++) {
        struct bytes bytes = from_hex(packets[i]);
        hostile(IOTSIG_UDP, 40000, 443, bytes);
        free_bytes(bytes);
    }
}

/* Frames are only read when they are authentic, so they are changed behind the decryption. */
static void hostile_frames(void **state)
{
    (void)state;
    uint64_t random = 6;
    struct bytes start = from_hex("06004004010000000205000102000101060440026162");
    for (size_t i = 0; i < 100000; i++) {
        struct quic_crypto crypto = {.n = 0};
        size_t n = below(&random, start.n + 1);
        uint8_t *exact = malloc(n > 0 ? n : 1);
        memcpy(exact, start.p, n);
        if (n > 0)
            damage(&random, exact, n, i % 4);
        iotsig_quic_take_frames((struct bytes){exact, n}, &crypto);
        assert_true(crypto.n <= QUIC_CRYPTO_MAX);
        free(exact);
    }
    free_bytes(start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_the_standards), cmocka_unit_test(packets_of_the_standards),
        cmocka_unit_test(frames_in_any_order),   cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(types),                 cmocka_unit_test(frames),
        cmocka_unit_test(hostile_packets),       cmocka_unit_test(hostile_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
