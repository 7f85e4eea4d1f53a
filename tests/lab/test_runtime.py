# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime that generated programs are linked with here: its headers, and its parsers."""
import os
import shutil
import struct
import subprocess
import tempfile

import runtime
import support
from lab import DEVICE, SERVER
from runtime import Runtime
from support import make

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT, OTHER = DEVICE["ipv4"], SERVER["ipv4"]


def hex_of(address):
    return make.address(address).hex()


class Headers(support.Case):
    NAMES = [name for names in runtime.HEADERS.values() for name in names]

    def compile(self, *texts):
        """Each text by itself, in what generated programs may be compiled as."""
        files = [self.write(f"{number}.c", text) for number, text in enumerate(texts)]
        for standard in ("c99", "gnu11"):
            for define in ([], ["-DLOG"]):
                runtime.call([*runtime.compiler(), f"-std={standard}", *runtime.WARNINGS, *define, "-fsyntax-only", f"-I{runtime.INCLUDE}",
                              f"-I{runtime.PARSERS}", *files])

    def test_alone_and_twice(self):
        self.assertEqual(len(self.NAMES), 13)
        self.compile(*(f'#include "{name}"\n' * times for name in self.NAMES for times in (1, 2)))

    def test_together(self):
        self.compile("".join(f'#include "{name}"\n' for name in self.NAMES), "".join(f'#include "{name}"\n' for name in reversed(self.NAMES)))


class Parsers(support.Case):
    """The driver is built with sanitizers whatever the rest is: parsers have no lengths to keep to."""

    @classmethod
    def setUpClass(cls):
        cls.build = tempfile.mkdtemp(prefix="iotsig-test-")
        cls.addClassCleanup(shutil.rmtree, cls.build)
        libraries = Runtime(os.path.join(cls.build, "lib"), flags=["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        cls.driver = libraries.compile(os.path.join(HERE, "parse.c"), os.path.join(cls.build, "parse"))

    def parse(self, *packets):
        """What the driver says of (parser, packet) pairs, each a line."""
        lines = "".join(f"{parser} {packet.hex()}\n" for parser, packet in packets)
        done = subprocess.run([self.driver], input=lines, text=True, capture_output=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr[:2000]), (0, ""))
        return done.stdout.splitlines()

    def check(self, parser, *cases):
        """Cases are (packet, line)."""
        found = self.parse(*((parser, packet) for packet, _ in cases))
        self.assertEqual(found, [line for _, line in cases])

    @staticmethod
    def udp(payload, port=7000, **more):
        return make.udp(CLIENT, 5000, OTHER, port, payload, **more)

    @staticmethod
    def tcp(payload, port=80, **more):
        return make.tcp(CLIENT, 5000, OTHER, port, payload, **more)

    def test_headers(self):
        ends = f" {CLIENT} {OTHER}"
        ends6 = f" {hex_of(DEVICE['ipv6'])} {hex_of(SERVER['ipv6'])}"
        ports = struct.pack(">HHHH", 1, 53, 12, 0) + b"four"

        def ip6(first, payload):
            return make.ip(DEVICE["ipv6"], SERVER["ipv6"], first, payload)

        options = make.ip(CLIENT, OTHER, make.UDP, ports, options=b"\x94\x04\0\0")
        extended = ip6(0, b"\x3c\0" + bytes(6) + b"\x11\1" + bytes(14) + ports)
        self.check("headers", (self.udp(b"seven77"), "l3=20 all=28 port=7000 udp=7" + ends),
                   (options, "l3=24 all=32 port=53 udp=4" + ends),
                   (ip6(make.UDP, ports), "l3=40 all=48 port=53 udp=4" + ends6),
                   (extended, "l3=64 all=72 port=53 udp=4" + ends6),
                   (ip6(44, b"\x11\0\0\1" + bytes(4) + ports), "l3=48 all=56 port=53 udp=4" + ends6),
                   (ip6(44, b"\x11\0\0\x09" + bytes(4) + ports), "l3=48 all=60 port=53 udp=4" + ends6),
                   (make.ip(CLIENT, OTHER, make.UDP, ports, fragment=5), "l3=20 all=32 port=53 udp=4" + ends),
                   (make.ip(CLIENT, OTHER, make.UDP, ports[:4] + b"\xff\xff" + ports[6:]), "l3=20 all=28 port=53 udp=4" + ends))
        self.assertRegex(self.parse(("headers", self.tcp(b"abc")))[0], "^l3=20 all=40 port=80 ")
        self.assertRegex(self.parse(("headers", make.icmp(CLIENT, OTHER, 8)))[0], "^l3=20 all=20 ")

    def test_dns(self):
        def message(*arguments, **more):
            return self.udp(make.dns(*arguments, **more), 53)

        pointer = b"\xc0\x0c"  # to the first question's name
        behind = b"\3www" + pointer
        alias = make.dns_record(pointer, "CNAME", b"\3cdn" + b"\xc0\x10", ttl=5)  # behind the first label, "api"
        address = make.dns_record("cdn.plug.example", "A", "192.0.2.7")
        self.check("dns", (message([("api.plug.example", "A")]), "qr=0 questions=1 answers=0 [api.plug.example 1 1] suffix=1 full=1"),
                   (message([("API.Plug.Example", "AAAA")]), "qr=0 questions=1 answers=0 [API.Plug.Example 28 1] suffix=1 full=1"),
                   (message([("plug.example", "ANY")]), "qr=0 questions=1 answers=0 [plug.example 255 1] suffix=0 full=0"),
                   (message([("other.example", 65), ("x.api.plug.example", 12)]),
                    "qr=0 questions=2 answers=0 [other.example 65 1] [x.api.plug.example 12 1] suffix=1 full=0"),
                   (message([("a.example", "A")], [make.dns_record(pointer, "A", "192.0.2.1"), make.dns_record(behind, "A", "192.0.2.2"),
                                                   make.dns_record("A.EXAMPLE", "A", "192.0.2.3")]),
                    "qr=1 questions=1 answers=3 [a.example 1 1] 192.0.2.1 192.0.2.3 suffix=0 full=0"),
                   (message([("a.example", "AAAA")], [make.dns_record(pointer, "AAAA", "2001:db8::1")]),
                    f"qr=1 questions=1 answers=1 [a.example 28 1] {hex_of('2001:db8::1')} suffix=0 full=0"),
                   (message([("api.plug.example", "A")], [alias, address]),
                    "qr=1 questions=1 answers=2 [api.plug.example 1 1] 192.0.2.7 suffix=1 full=1"),
                   (message([(b"\3a.b\2\0\x1b\0", "A")]), r"qr=0 questions=1 answers=0 [a\046b.\000\027 1 1] suffix=0 full=0"),
                   (message([], [make.dns_record("p.local", "PTR", "q.local")]), "qr=1 questions=0 answers=1 suffix=0 full=0"))

    def test_dns_lies(self):
        loop = make.dns([(b"\xc0\x0c", "A")])
        forward = make.dns([(b"\xc0\x20", "A")]) + b"\1a\0"
        header = make.dns([(b"\1a\xc0\x00", "A")])
        many = make.dns([("a.example", "A")])[:4] + b"\xff\xff\xff\xff" + make.dns([("a.example", "A")])[8:]
        long = make.dns([((b"\x3f" + b"a" * 63) * 4 + b"\0", "A")])
        nothing = "qr=0 questions=0 answers=0 suffix=0 full=0"
        self.check("dns", *((self.udp(lie, 53), nothing) for lie in (loop, forward, header, long, b"", b"\0" * 11)),
                   (self.udp(many, 53), "qr=0 questions=1 answers=0 [a.example 1 1] suffix=0 full=0"))
        circle = [make.dns_record("a.example", "CNAME", "b.example"), make.dns_record("b.example", "CNAME", "a.example")]
        self.check("dns", (self.udp(make.dns([("a.example", "A")], circle), 53),
                           "qr=1 questions=1 answers=2 [a.example 1 1] suffix=0 full=0"))

    def test_http(self):
        cases = []
        for number, method in enumerate(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]):
            cases.append((self.tcp(f"{method} /set?a=b HTTP/1.1\r\nHost: x\r\n\r\n".encode()), f"http=1 request=1 method={number} uri=/set?a=b"))
        cases[-1] = (cases[-1][0], "http=1 request=1 method=8 uri=/set?a=b")
        self.check("http", *cases, (self.tcp(b"HTTP/1.1 200 OK\r\n\r\n"), "http=1 request=0 method=8 uri=-"),
                   (self.tcp(b"GET /a\0b HTTP/1.1\r\n\r\n"), r"http=1 request=1 method=0 uri=/a\000b"),
                   (self.tcp(b"GETTER / HTTP/1.1\r\n\r\n"), "http=0 request=0 method=8 uri=-"),
                   (self.tcp(b""), "http=0 request=0 method=8 uri=-"))

    def test_coap(self):
        def message(*arguments, **more):
            return self.udp(make.coap(*arguments, **more), 5683)

        self.check("coap", (message(0, 1, ("a", "b"), query=("q", "r=1")), "request=1 type=0 method=0 uri=/a/b?q&r=1"),
                   (message(1, 2, ("light",), token=b"12345678", payload=b"on"), "request=1 type=1 method=2 uri=/light"),
                   (message(0, 3), "request=1 type=0 method=3 uri=-"), (message(0, 4, ("x" * 300,)), f"request=1 type=0 method=4 uri=/{'x' * 300}"),
                   (message(0, 5, ("a",)), "request=0 type=0 method=8 uri=-"),  # FETCH: HTTP has none
                   (message(2, 0x45, payload=b"21"), "request=0 type=2 method=8 uri=-"), (message(3, 0), "request=0 type=3 method=8 uri=-"),
                   (self.udp(b"\x40\1\0\1\xb5abc", 5683), "request=1 type=0 method=0 uri=-"),  # an option of 5 bytes that has 3
                   (self.udp(b"\x40\1", 5683), "request=0 type=0 method=8 uri=-"))

    def test_ssdp(self):
        def message(text):
            return make.udp(CLIENT, 1900, "239.255.255.250", 1900, text)

        self.check("ssdp", (message(b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n"), "request=1 search=1 notify=0"),
                   (message(b"NOTIFY * HTTP/1.1\r\n\r\n"), "request=1 search=0 notify=1"),
                   (message(b"GET / HTTP/1.1\r\n\r\n"), "request=1 search=0 notify=0"),
                   (message(b"HTTP/1.1 200 OK\r\n\r\n"), "request=0 search=0 notify=0"), (message(b""), "request=0 search=0 notify=0"))

    def test_dhcp(self):
        def message(payload):
            return make.udp("0.0.0.0", 68, "255.255.255.255", 67, payload)

        plain = make.dhcp(DEVICE["mac"], 3)
        shifted = plain[:240] + b"\0\0" + b"\x0c\4plug" + plain[240:]
        self.check("dhcp", (message(make.dhcp(DEVICE["mac"], 1)), f"type=1 client={DEVICE['mac']}"),
                   (message(make.dhcp(SERVER["mac"], 8)), f"type=8 client={SERVER['mac']}"),
                   (message(shifted), f"type=3 client={DEVICE['mac']}"), (message(plain[:240]), f"type=0 client={DEVICE['mac']}"),
                   (message(plain[:236] + b"\1\2\3\4" + plain[240:]), f"type=0 client={DEVICE['mac']}"), (message(b""), "type=0 client=00:00:00:00:00:00"))

    def test_igmp(self):
        def message(payload):
            return make.ip(CLIENT, "224.0.0.22", make.IGMP, payload, options=make.ROUTER_ALERT)

        group, other = "239.255.255.250", "224.0.0.251"
        self.check("igmp", (message(make.igmp(0x11)), "version=1 type=0x11 0.0.0.0"), (message(make.igmp(0x11, group, 100)), f"version=2 type=0x11 {group}"),
                   (message(make.igmpv3_query(other, sources=["192.0.2.1"])), f"version=3 type=0x11 {other}"),
                   (message(make.igmp(0x12, group)), f"version=1 type=0x12 {group}"), (message(make.igmp(0x16, group)), f"version=2 type=0x16 {group}"),
                   (message(make.igmp(0x17, group)), f"version=2 type=0x17 {group}"),
                   (message(make.igmpv3_report((4, group), (1, other, ["192.0.2.1", "192.0.2.2"]), (3, group))),
                    f"version=3 type=0x22 {group} {other} {group}"),
                   (message(make.igmpv3_report((4, group), (1, other, ["192.0.2.1"]))[:-1]), f"version=3 type=0x22 {group}"),
                   (message(b"\x22\0\0\0\0\0\xff\xff"), "version=3 type=0x22"), (message(b"\x33" + bytes(7)), "version=0 type=0x33 0.0.0.0"))

    def test_mqtt(self):
        def line(kind, clean=0, alive=0, name="", topic="", payload=0, mqtt=1, id_length=None, topic_length=None):
            id_length, topic_length = (len(text) if length is None else length for text, length in ((name, id_length), (topic, topic_length)))
            return f"mqtt={mqtt} type={kind} clean={clean} alive={alive} id={id_length}:{name} topic={topic_length}:{topic} payload={payload}"

        self.check("mqtt", (self.tcp(make.mqtt_connect("plug-7"), 1883), line(1, 1, 60, "plug-7")),
                   (self.tcp(make.mqtt_connect("x" * 200, clean=False, keep_alive=0x1234), 1883), line(1, 0, 0x1234, "x" * 127, id_length=200)),
                   (self.tcp(make.mqtt_publish("a/b", b"12345"), 1883), line(3, topic="a/b", payload=5)),
                   (self.tcp(make.mqtt_publish("a/b", b"x" * 300, qos=1), 1883), line(3, topic="a/b", payload=300)),
                   (self.tcp(make.mqtt_publish("y" * 256), 1883), line(3, topic="y" * 255, topic_length=256)),
                   (self.tcp(make.mqtt_subscribe("a/#"), 1883), line(8, topic="a/#")), (self.tcp(make.mqtt(12), 1883), line(12)),
                   (self.tcp(make.mqtt(12, flags=1), 1883), line(12, mqtt=0)), (self.tcp(b"\x30\xff\xff\xff\xff\1", 1883), line(0, mqtt=0)),
                   (self.tcp(b"\x30\x09\0\xff", 1883), line(3, topic_length=255)), (self.tcp(b"", 1883), line(0, mqtt=0)))

    def test_tls(self):
        self.check("tls", (self.tcp(make.client_hello("a.example"), 443), "tls=1 version=0x303 content=22 handshake=1 session=0"),
                   (self.tcp(make.client_hello(session=bytes(32)), 443), "tls=1 version=0x303 content=22 handshake=1 session=1"),
                   (self.tcp(make.tls_record(22, b"\2\0\0\x26\3\3" + bytes(32) + b"\0"), 443), "tls=1 version=0x303 content=22 handshake=2 session=0"),
                   (self.tcp(make.application_data(), 443), "tls=1 version=0x303 content=23 handshake=0 session=0"),
                   (self.tcp(make.tls_record(21, b"\2\x28"), 443), "tls=1 version=0x303 content=21 handshake=0 session=0"),
                   (self.tcp(b"\x16\3\1\0\1", 443), "tls=1 version=0x301 content=22 handshake=0 session=0"),
                   (self.tcp(b"\x16\2\3\0\1\2", 443), "tls=0 version=0x203 content=22 handshake=2 session=0"),
                   (self.tcp(b"", 443), "tls=0 version=0 content=0 handshake=0 session=0"))

    def test_cut_anywhere(self):
        """Messages that end anywhere, in packets that are whole: nothing behind them is read."""
        answers = [make.dns_record(b"\xc0\x0c", "CNAME", "b.example"), make.dns_record("b.example", "AAAA", "2001:db8::1")]
        messages = {
            "dns": make.dns([("a.example", "A"), ("b.example", "A")], answers), "http": b"GET /abc HTTP/1.1\r\n\r\n",
            "coap": make.coap(0, 1, ("abc", "x" * 300), b"tok", b"p", ("q=1",)), "ssdp": b"M-SEARCH * HTTP/1.1\r\n\r\n",
            "dhcp": make.dhcp(DEVICE["mac"], 3), "mqtt": make.mqtt_connect("plug-7"), "tls": make.client_hello("a.example", b"session")}
        asked = []
        for parser, message in messages.items():
            wrap = self.tcp if parser in ("http", "mqtt", "tls") else self.udp
            asked += [(parser, wrap(message[:n])) for n in range(len(message))]
        report = make.igmpv3_report((4, "239.0.0.1"), (1, "239.0.0.2", ["192.0.2.1"]))
        asked += [("igmp", make.ip(CLIENT, OTHER, make.IGMP, report[:n])) for n in range(len(report))]
        asked += [("mqtt", self.tcp(make.mqtt_publish("topic", b"x", 1)[:n])) for n in range(11)]
        whole = make.ip(DEVICE["ipv6"], SERVER["ipv6"], 0, b"\x2b\0" + bytes(6) + b"\x33\0" + bytes(6) + b"\x11\1" + bytes(10) + bytes(8))
        for n in range(40, len(whole)):
            asked.append(("headers", whole[:4] + struct.pack(">H", n - 40) + whole[6:n]) if n > 40 else ("dns", self.udp(b"")))
        self.assertEqual(len(self.parse(*asked)), len(asked))


if __name__ == "__main__":
    runtime.need()
    support.main()
