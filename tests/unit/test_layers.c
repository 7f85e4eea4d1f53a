/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers that must be asked for: the table, the words, and each protocol's bytes, made by hand. */
#include "layer.h"

static void check(uint8_t transport, uint16_t sport, uint16_t dport, const char *hex, const char *want)
{
    assert_string_equal(layer_of_hex(transport, sport, dport, IOTSIG_LAYERS_ALL, hex), want);
    assert_string_equal(layer_of_hex(transport, sport, dport, 0, hex), "");
}

static void the_table(void **state)
{
    (void)state;
    unsigned seen = 0;
    bool asked = false;
    for (size_t i = 0; iotsig_app_protocols[i] != NULL; i++) {
        const struct app_protocol *protocol = iotsig_app_protocols[i];
        assert_int_equal(seen & protocol->layer, 0);
        assert_true(protocol->layer != 0 || !asked);
        assert_int_equal(protocol->layer != 0, protocol->equality == APP_KNOWN_EQUAL);
        asked = protocol->layer != 0;
        seen |= protocol->layer;
        assert_ptr_equal(iotsig_app_protocol(text_of(protocol->name)), protocol);
    }
    assert_int_equal(seen, IOTSIG_LAYERS_ALL);
}

static void the_words(void **state)
{
    (void)state;
    unsigned layers = 77;
    struct iotsig_error error;
    static const char *const wrong[] = {"", ",", "tls,", ",tls", "TLS", "tls ,mqtt", "dns", "all,", "tlsx"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(iotsig_layers_parse(&layers, wrong[i], &error), IOTSIG_ERR_ARGUMENT);
        assert_int_equal(layers, 77);
    }
    assert_int_equal(iotsig_layers_parse(&layers, "mqtt,tls,mqtt", &error), 0);
    assert_int_equal(layers, IOTSIG_LAYER_TLS | IOTSIG_LAYER_MQTT);
    assert_int_equal(iotsig_layers_parse(&layers, "tls,quic,mqtt,tplink,edimax,tuya,matter,mdns,ntp", &error), 0);
    assert_int_equal(layers, IOTSIG_LAYERS_ALL);
    assert_int_equal(iotsig_layers_parse(&layers, "all", &error), 0);
    assert_int_equal(layers, IOTSIG_LAYERS_ALL);
}

/* RFC 8446 section 4.1: version, random, session, suites, compression, extensions. */
#define RANDOM "0000000000000000000000000000000000000000000000000000000000000000"

static void tls(void **state)
{
    (void)state;
    check(IOTSIG_TCP, 40000, 8443,
          "160301004a" "01000046" "0303" RANDOM "00" "0002" "1301" "0100" "001b" "0000000e000c000009" "412e6578616d706c65" "00100005000302" "6832",
          "TLS response=false server-name=a.example version=1.2 alpn=h2 ja4=t12d0102h2_0f2cb44170f4_000000000000");
    check(IOTSIG_TCP, 443, 40000, "1603030036" "02000032" "0303" RANDOM "00" "1301" "00" "000a" "002b00020304" "fe0d0000",
          "TLS response=true version=1.3");
    check(IOTSIG_TCP, 443, 40000, "160301002a" "02000026" "0301" RANDOM "00" "002f" "00", "TLS response=true version=1.0");
    /* cut: in the name, which is none then; behind the head, which says 1.2 of 1.3 as well */
    check(IOTSIG_TCP, 40000, 443, "160301004a" "01000046" "0303" RANDOM "00" "0002" "1301" "0100" "001b" "0000000e000c000009" "412e65",
          "TLS response=false");
    check(IOTSIG_TCP, 40000, 443, "1603010200" "010001fc", "TLS response=false");
    check(IOTSIG_TCP, 40000, 443, "1603010200" "010001", "");
    check(IOTSIG_TCP, 40000, 443, "1603010200" "0b000000", ""); /* a certificate */
    check(IOTSIG_TCP, 40000, 443, "1703030002" "0100", "");
    check(IOTSIG_UDP, 40000, 443, "1603010200" "010001fc", "");
    assert_string_equal(layer_of_hex(IOTSIG_TCP, 40000, 443, IOTSIG_LAYERS_ALL & ~IOTSIG_LAYER_TLS, "1603010200" "010001fc"), "");
}

/* MQTT 3.1.1 and 5.0, sections 3.1, 3.3 and 3.8. */
static void mqtt(void **state)
{
    (void)state;
    check(IOTSIG_TCP, 40000, 1883, "1010" "00044d515454" "0402003c" "0004706c7567", "MQTT type=connect client-id=plug");
    check(IOTSIG_TCP, 40000, 1883, "1013" "00044d515454" "0502003c" "022100" "0004706c7567", "MQTT type=connect client-id=plug");
    check(IOTSIG_TCP, 40000, 1883, "100c" "00044d515454" "0402003c" "0000", "MQTT type=connect");
    check(IOTSIG_TCP, 1883, 40000, "20020000", "MQTT type=connack");
    check(IOTSIG_TCP, 40000, 1883, "3008" "0003612f62" "68692e", "MQTT type=publish topic=a/b");
    check(IOTSIG_TCP, 40000, 1883, "320a" "0003612f0a" "0001" "68692e", "MQTT type=publish topic=a/\\010");
    check(IOTSIG_TCP, 40000, 1883, "8208" "0001" "0003612f62" "00", "MQTT type=subscribe topic=a/b");
    check(IOTSIG_TCP, 40000, 1883, "820c" "0001" "0003612f62" "01" "000123" "02", "MQTT type=subscribe topic=a/b");
    check(IOTSIG_TCP, 40000, 1883, "8209" "0001" "00" "0003612f62" "00", "MQTT type=subscribe topic=a/b"); /* 5.0 */
    check(IOTSIG_TCP, 40000, 1883, "820b" "0001" "020b05" "0003612f62" "00", "MQTT type=subscribe topic=a/b");
    check(IOTSIG_TCP, 40000, 1883, "8208" "0001" "0003612f", "MQTT type=subscribe"); /* cut */
    check(IOTSIG_TCP, 40000, 1883, "820c" "0001" "0003612f62" "0100", "MQTT type=subscribe topic=a/b");
    check(IOTSIG_TCP, 40000, 1883, "c000", "MQTT type=pingreq");
    check(IOTSIG_TCP, 40000, 1883, "c100", ""); /* flags that it must not have */
    check(IOTSIG_TCP, 40000, 1884, "c000", "");
    check(IOTSIG_UDP, 40000, 1883, "c000", "");
}

/* JSON, hidden as port 9999 hides it. */
static const char *hidden(const char *json, bool tcp)
{
    static char hex[2048];
    uint8_t key = 171;
    size_t n = 0;
    for (size_t i = 0; tcp && i < 4; i++)
        n += (size_t)sprintf(hex + n, "%02x", i == 3 ? (unsigned)strlen(json) : 0u);
    for (; *json != '\0'; json++)
        n += (size_t)sprintf(hex + n, "%02x", key ^= (uint8_t)*json);
    return hex;
}

static void tp_link(void **state)
{
    (void)state;
    static const struct {
        const char *json, *want;
    } cases[] = {
        {"{\"system\":{\"set_relay_state\":{\"state\":1}}}", " command=system.set_relay_state"},
        {"{ \"system\" : { \"get_sysinfo\" : null } }", " command=system.get_sysinfo"},
        {"{\"context\":{\"child_ids\":[\"8006\"]},\"system\":{\"set_relay_state\":{\"state\":0}}}", " command=system.set_relay_state"},
        {"{\"emeter\":{\"get_realtime\"", ""},
        {"{\"emeter\":{\"get_realtime\":", " command=emeter.get_realtime"},
        {"{\"a\\\"b\":{\"c\":1}}", " command=a\\\\\"b.c"},
        {"{\"a\":[{\"b\":1}],\"c\":{\"d\":2}}", " command=c.d"},
        {"{\"a\":1}", ""},
        {"{\"\":{\"\":1}}", ""},
        {"{}}}}]{\"a\":{\"b\":1}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[100];
        snprintf(want, sizeof want, "TP-Link response=false%s", cases[i].want);
        check(IOTSIG_TCP, 40000, 9999, hidden(cases[i].json, true), want);
        check(IOTSIG_UDP, 40000, 9999, hidden(cases[i].json, false), want);
        snprintf(want, sizeof want, "TP-Link response=true%s", cases[i].want);
        check(IOTSIG_TCP, 9999, 40000, hidden(cases[i].json, true), want);
    }
    /* A known message: the request for the state, as it is sent by UDP. */
    check(IOTSIG_UDP, 40000, 9999, "d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6", "TP-Link response=false command=system.get_sysinfo");
    check(IOTSIG_TCP, 40000, 9999, hidden("[1]", true), "");
    check(IOTSIG_TCP, 40000, 9999, "000000", "");
    check(IOTSIG_TCP, 40000, 9998, hidden("{\"system\":{\"reboot\":{}}}", true), "");
}

/* `<` plus the bits by which the rest is turned to the right. */
static const char *turned(const char *xml, unsigned bits)
{
    static char hex[2048];
    size_t n = (size_t)sprintf(hex, "%02x", '<' + bits);
    for (xml++; *xml != '\0'; xml++) {
        unsigned byte = (uint8_t)*xml;
        n += (size_t)sprintf(hex + n, "%02x", (byte >> bits | byte << (8 - bits)) & 0xff);
    }
    return hex;
}

static void edimax(void **state)
{
    (void)state;
    static const char xml[] = "<param><code value=\"1010\" /><model value=\"SP\n\" /></param>";
    for (unsigned bits = 0; bits < 8; bits++)
        check(IOTSIG_TCP, 40000, 8765, turned(xml, bits), "Edimax code=1010 model=SP\\010");
    check(IOTSIG_UDP, 8765, 40000, turned("<param><code value=\"1020\"", 3), "Edimax code=1020");
    check(IOTSIG_TCP, 40000, 8765, turned("<param>", 3), "Edimax");
    check(IOTSIG_TCP, 40000, 8765, turned("<parom>", 3), "");
    check(IOTSIG_TCP, 40000, 8765, "44", "");
    check(IOTSIG_TCP, 40000, 8766, turned(xml, 1), "");
}

#define TUYA_HEAD(command, length) "000055aa" "00000001" "000000" command "000000" length

static void tuya(void **state)
{
    (void)state;
    check(IOTSIG_TCP, 40000, 6668, TUYA_HEAD("09", "08") "00000000" "0000aa55", "Tuya command=heartbeat");
    check(IOTSIG_TCP, 40000, 6668, TUYA_HEAD("07", "17") "332e33" "000000000000000000000000" "ffff" "00000000" "0000aa55", "Tuya command=control version=3.3");
    check(IOTSIG_TCP, 6668, 40000, TUYA_HEAD("08", "1b") "00000000" "332e33" "000000000000000000000000" "ffff" "00000000" "0000aa55",
          "Tuya command=status version=3.3");
    /* {"version":"3.1"} */
    check(IOTSIG_UDP, 40000, 6666, TUYA_HEAD("00", "21") "00000000" "7b2276657273696f6e223a22332e31227d" "00000000" "0000aa55", "Tuya command=udp version=3.1");
    check(IOTSIG_UDP, 40000, 6666, TUYA_HEAD("00", "21") "00000000" "7b2276657273696f6e22", "Tuya command=udp");
    check(IOTSIG_UDP, 40000, 6667, TUYA_HEAD("13", "20") "00000000" "8a8b8c8d", "Tuya command=broadcast");
    check(IOTSIG_UDP, 40000, 6667, "00006699" "0000" "00000001" "00000013" "00000020", "Tuya command=broadcast version=3.5");
    check(IOTSIG_TCP, 40000, 6668, "000055aa" "00000001" "00000400" "00000000", "Tuya command=1024");
    check(IOTSIG_TCP, 40000, 6668, TUYA_HEAD("07", ""), ""); /* cut */
    check(IOTSIG_TCP, 40000, 6668, "000055ab" "00000001" "00000009" "00000008", "");
    check(IOTSIG_UDP, 40000, 6668, TUYA_HEAD("09", "08") "00000000" "0000aa55", "");
}

static void matter(void **state)
{
    (void)state;
    /* flags, session, security, counter; source node; then exchange flags, opcode, exchange, protocol */
    check(IOTSIG_UDP, 40000, 5540, "04" "0000" "00" "78563412" "0102030405060708" "05" "20" "3412" "0000" "1530", "Matter response=false session=unsecured message=pbkdf-request");
    check(IOTSIG_UDP, 5540, 40000, "01" "0000" "00" "78563412" "0102030405060708" "06" "31" "3412" "0000", "Matter response=true session=unsecured message=case-sigma-2");
    check(IOTSIG_UDP, 5540, 40000, "00" "0000" "00" "78563412" "02" "10" "3412" "0000", "Matter response=true session=unsecured message=ack");
    check(IOTSIG_UDP, 5540, 40000, "00" "0000" "00" "78563412" "11" "20" "3412" "0000" "f1ff", "Matter response=false session=unsecured"); /* a vendor's */
    check(IOTSIG_UDP, 5540, 40000, "00" "0000" "00" "78563412" "01" "20" "3412" "0100", "Matter response=false session=unsecured"); /* interaction model */
    check(IOTSIG_UDP, 5540, 40000, "00" "0000" "00" "78563412" "01" "20" "3412" "00", "Matter session=unsecured"); /* cut */
    check(IOTSIG_UDP, 40000, 5540, "00" "0100" "00" "78563412" "c0ffee", "Matter session=secured");
    check(IOTSIG_UDP, 40000, 5540, "06" "0000" "81" "78563412" "0102030405060708" "0100" "c0ffee", "Matter session=group");
    check(IOTSIG_UDP, 40000, 5540, "10" "0100" "00" "78563412" "c0ffee", ""); /* another version */
    check(IOTSIG_UDP, 40000, 5540, "03" "0100" "00" "78563412" "c0ffee", "");
    check(IOTSIG_UDP, 40000, 5540, "00" "0100" "02" "78563412" "c0ffee", "");
    check(IOTSIG_UDP, 40000, 5540, "00" "0100" "00" "785634", "");
    check(IOTSIG_UDP, 40000, 5541, "00" "0100" "00" "78563412" "c0ffee", "");
}

/* A first question that cannot be read hides what is behind it from DNS. */
static void mdns(void **state)
{
    (void)state;
    static const char hue[] = "045f687565045f746370056c6f63616c00";
    char message[200];
    snprintf(message, sizeof message, "000000000002000000000000" "c00c" "000c0001" "%s" "000c0001", hue);
    check(IOTSIG_UDP, 5353, 5353, message, "DNS-SD response=false service=_hue._tcp.local");
    snprintf(message, sizeof message, "000084000000000200000000" "c00c" "000c0001000000780000" "%s" "000c0001000000780000", hue);
    check(IOTSIG_UDP, 5353, 5353, message, "DNS-SD response=true service=_hue._tcp.local");
    check(IOTSIG_UDP, 5353, 5353, "000000000001000000000000" "ff", "");
    /* What DNS reads stays DNS. */
    snprintf(message, sizeof message, "000000000001000000000000" "%s" "000c0001", hue);
    assert_string_equal(layer_of_hex(IOTSIG_UDP, 5353, 5353, IOTSIG_LAYERS_ALL, message), "DNS response=false qtype=PTR domain-name=_hue._tcp.local");
    snprintf(message, sizeof message, "000000000002000000000000" "c00c" "000c0001" "%s" "000c0001", hue);
    assert_string_equal(layer_of_hex(IOTSIG_UDP, 53, 40000, IOTSIG_LAYERS_ALL, message), "");
}

#define ZEROS_47 "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

static void ntp(void **state)
{
    (void)state;
    check(IOTSIG_UDP, 40000, 123, "23" ZEROS_47, "NTP response=false version=4 mode=client");
    check(IOTSIG_UDP, 123, 40000, "dc" ZEROS_47, "NTP response=true version=3 mode=server");
    check(IOTSIG_UDP, 123, 123, "25" ZEROS_47, "NTP response=false version=4 mode=broadcast");
    check(IOTSIG_UDP, 40000, 123, "160200010000000000000000", "NTP response=false version=2 mode=control");
    check(IOTSIG_UDP, 123, 40000, "168200010000000000000000", "NTP response=true version=2 mode=control");
    check(IOTSIG_UDP, 40000, 123, "23" "00", "");
    check(IOTSIG_UDP, 40000, 123, "16020001000000000000", "");
    check(IOTSIG_UDP, 40000, 123, "2b" ZEROS_47, ""); /* version 5 */
    check(IOTSIG_UDP, 40000, 123, "20" ZEROS_47, ""); /* a mode that is none */
    check(IOTSIG_UDP, 40000, 124, "23" ZEROS_47, "");
    check(IOTSIG_TCP, 40000, 123, "23" ZEROS_47, "");
}

/* Old layers come first: HTTP on a port of another protocol is HTTP. */
static void others_come_first(void **state)
{
    (void)state;
    const char *request = "474554202f20485454502f312e310d0a0d0a";
    assert_string_equal(layer_of_hex(IOTSIG_TCP, 40000, 1883, IOTSIG_LAYERS_ALL, request), "HTTP response=false method=GET uri=/");
    assert_string_equal(layer_of_hex(IOTSIG_TCP, 40000, 1883, 0, request), "HTTP response=false method=GET uri=/");
}

static void hostile_bytes(void **state)
{
    (void)state;
    static const struct {
        uint8_t transport;
        uint16_t port;
        const char *hex;
    } cases[] = {
        {IOTSIG_TCP, 443, "160301004a" "01000046" "0303" RANDOM "00" "0002" "1301" "0100" "001b" "0000000e000c000009" "412e6578616d706c65" "00100005000302" "6832"},
        {IOTSIG_TCP, 1883, "820c" "0001" "0003612f62" "01" "000123" "02"},
        {IOTSIG_TCP, 1883, "1013" "00044d515454" "0502003c" "022100" "0004706c7567"},
        {IOTSIG_UDP, 9999, "d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6"},
        {IOTSIG_UDP, 6666, TUYA_HEAD("00", "21") "00000000" "7b2276657273696f6e223a22332e31227d" "00000000" "0000aa55"},
        {IOTSIG_UDP, 5540, "04" "0000" "00" "78563412" "0102030405060708" "05" "20" "3412" "0000" "1530"},
        {IOTSIG_UDP, 5353, "000000000002000000000000" "c00c" "000c0001" "045f687565045f746370056c6f63616c00" "000c0001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = from_hex(cases[i].hex);
        hostile(cases[i].transport, 40000, cases[i].port, bytes);
        free_bytes(bytes);
    }
    struct bytes bytes = from_hex(turned("<param><code value=\"1010\" /><model value=\"SP\" /></param>", 5));
    hostile(IOTSIG_TCP, 8765, 40000, bytes);
    free_bytes(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table), cmocka_unit_test(the_words),         cmocka_unit_test(tls),
        cmocka_unit_test(mqtt),      cmocka_unit_test(tp_link),           cmocka_unit_test(edimax),
        cmocka_unit_test(tuya),      cmocka_unit_test(matter),            cmocka_unit_test(mdns),
        cmocka_unit_test(ntp),
        cmocka_unit_test(others_come_first), cmocka_unit_test(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
