# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of queues that firewalls come with: compiled with warnings as errors, and fed with packets. What a policy covers is
dropped, and what differs in one field passes. No kernel and no right is needed: tests/runtime/feed.c stands for the queues."""
import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

import runtime
import support
from runtime import INCLUDE, PARSERS, WARNINGS, Runtime, call, compiler
from support import make

HERE = os.path.dirname(os.path.abspath(__file__))
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
ME, ME6, MAC = "192.168.1.135", "fd00:1::135", "50:c7:bf:ed:0a:54"
GATE, OTHER, OTHER6 = "192.168.1.1", "192.168.1.77", "fd00:1::77"
SSDP, GATE6 = "239.255.255.250", "fe80::1"
TIME_QUEUE = 65535


def udp(payload=b"", src=ME, sport=5000, dst=GATE, dport=53, **more):
    return make.udp(src, sport, dst, dport, payload, **more)


def tcp(payload=b"", src=ME, sport=5000, dst=GATE, dport=80, **more):
    return make.tcp(src, sport, dst, dport, payload, **more)


def back(packet):
    """The packet with its ends exchanged."""
    version, head = packet[0] >> 4, (packet[0] & 15) * 4
    if version == 6:
        packet, head = packet[:8] + packet[24:40] + packet[8:24] + packet[40:], 40
    else:
        packet = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
    return packet[:head] + packet[head + 2:head + 4] + packet[head:head + 2] + packet[head + 4:]


def framed(message):
    return struct.pack(">H", len(message)) + message


def http(start, rest=b"Host: x\r\n\r\n"):
    return start.encode() + b"\r\n" + rest


def question(*names, kind="A", **more):
    return make.dns([(name, kind) for name in names], **more)


def igmp(message, src=ME, dst="224.0.0.22", **more):
    return make.ip(src, dst, make.IGMP, message, **{"options": make.ROUTER_ALERT, **more})


def arp(operation=1, sha=MAC, spa=ME, tha="00:00:00:00:00:00", tpa=GATE):
    return make.arp(operation, sha, spa, tha, tpa)


def connect(client="abc", clean=True, keep_alive=60, level=4, flags=0, rest=b""):
    flags |= 2 if clean else 0
    return make.mqtt(1, make.mqtt_text("MQTT") + struct.pack(">BBH", level, flags, keep_alive) + make.mqtt_text(client) + rest)


def to_broker(payload, **more):
    return tcp(payload, dport=1883, **more)


def to_coap(*words, **more):
    return udp(make.coap(*words, **more), dport=5683)


def dhcp(kind=1, client=MAC, **more):
    return udp(make.dhcp(client, kind), **{"src": "0.0.0.0", "sport": 68, "dst": "255.255.255.255", "dport": 67, **more})


def ipv6_with(extensions, packet):
    """An IPv6 packet with extension headers, each a (number, bytes behind the first) pair."""
    kind, chain = packet[6], b""
    for number, body in reversed(extensions):
        chain, kind = bytes([kind]) + body + chain, number
    return packet[:4] + struct.pack(">HB", len(packet) - 40 + len(chain), kind) + packet[7:40] + chain + packet[40:]


ASK = question("blocked.example")
ANSWER = make.dns([("blocked.example", "A")], [make.dns_record("blocked.example", "A", "192.0.2.1")])
# Records whose data is not what their type holds; the first points to itself.
UNSOUND = [make.dns([("blocked.example", "A")], [make.dns_record("blocked.example", kind, data)]) for kind, data in (
    ("CNAME", b"\xc0\x3c"), ("A", b"abc"), ("AAAA", b"abcd"), ("PTR", b"\1a"), (15, b"\0"), (6, b"\1a\0\1b\0" + bytes(19)), ("SRV", bytes(6)), (2, b"\1a\0b"),
    ("TXT", b"\5abcd"), (41, b"\0\1\0\5abcd"))]
OPT = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 8) + struct.pack(">HH", 10, 4) + bytes(4)
TO_GATE = "ipv4: {src: self, dst: gateway}"
HELLO = make.client_hello("x.example", session=b"s" * 32)
SEARCH = b'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\n\r\n'
REPORT = make.igmpv3_report((4, "224.0.0.251"), (3, "239.1.2.3", ["10.0.0.1", "10.0.0.2"]))

# Each: the protocols of a policy, covered packets, others; covered packets of the way back, others (None: it has no way back).
CASES = {
    "dns": (
        f"{{{TO_GATE}, udp: {{dst-port: 53}}, dns: {{response: false, qtype: A, domain-name: blocked.example}}}}",
        [udp(ASK), udp(question("BLOCKED.Example")), udp(question("a.example", "blocked.example")), udp(question("blocked.example", additional=[OPT])),
         udp(ASK + b"more")],
        [udp(ASK, src=OTHER), udp(ASK, dst=OTHER), udp(ASK, dport=54), udp(ASK, sport=53, dport=5000), tcp(framed(ASK), dport=53), udp(ANSWER),
         udp(ASK, src=ME6, dst=GATE6), udp(question("blocked.example", kind="AAAA")), udp(question("not.blocked.example")), udp(question("locked.example")),
         udp(question("blocked.example.org")), udp(question("xblocked.example")), udp(question("example")), udp(), udp(ASK[:-1]), udp(ASK[:11]),
         udp(make.dns([("blocked.example", "AAAA"), ("a.example", "A")])), udp(make.dns()), udp(question(b"\xc0\x0c")), udp(question(b"\x07blocked\xc0\x0c")),
         udp(ASK[:4] + b"\xff\xff" + ASK[6:]), udp(ASK, fragment=100)],
        [back(udp(ANSWER)), back(udp(question("blocked.example", response=True)))],
        [udp(ANSWER), back(udp(ASK)), back(udp(ANSWER, dst=OTHER)), back(udp(ANSWER, dport=54)), *map(back, map(udp, UNSOUND))]),
    "dns-names": (
        "{udp: {dst-port: 53}, dns: {domain-name: [\"*.below.example\", $both.example, exact.example], qtype: [A, AAAA, 100]}}",
        [udp(question(name)) for name in ("a.below.example", "a.b.below.example", "both.example", "A.BOTH.example", "exact.example")]
        + [udp(question("both.example", kind=kind)) for kind in ("AAAA", 100)],
        [udp(question(name)) for name in ("below.example", "xbelow.example", "xboth.example", "a.exact.example", "example", "a.below.example.x")]
        + [udp(question("both.example", kind=99))], None, None),
    "dns-tcp": ("{tcp: {dst-port: 53}, dns: {response: false}}", [tcp(framed(ASK), dport=53), tcp(framed(ASK) + b"next", dport=53)],
                [tcp(ASK, dport=53), udp(ASK), tcp(framed(ANSWER), dport=53), tcp(framed(ASK)[:-1], dport=53), tcp(b"\0", dport=53), tcp(b"", dport=53)], None, None),
    "dns-any": ("{dns: {domain-name: blocked.example}}", [udp(ASK), back(udp(ANSWER)), tcp(framed(ASK), dport=53), udp(ASK, src=ME6, dst=GATE6)],
                [udp(ASK, dport=5353), udp(ASK, dport=5000), tcp(ASK, dport=53)], None, None),
    "mdns": (
        "{udp: {dst-port: 5353}, mdns: {response: true, qtype: PTR, domain-name: _hap._tcp.local}}",
        [udp(make.dns([], [make.dns_record("x.local", "A", "10.0.0.1"), make.dns_record("_HAP._tcp.local", "PTR", "x.local")]), dport=5353),
         udp(make.dns([("_hap._tcp.local", "PTR")], response=True), dport=5353)],
        [udp(make.dns([("_hap._tcp.local", "PTR")]), dport=5353), udp(make.dns([], [make.dns_record("_hap._tcp.local", "TXT", b"\x01a")]), dport=5353),
         udp(make.dns([], [make.dns_record("x.local", "PTR", "_hap._tcp.local")]), dport=5353),
         udp(make.dns([], [make.dns_record("_hap._tcp.local", "PTR", "x.local")])),
         udp(make.dns([], [make.dns_record("_hap._tcp.local", "PTR", b"\x05x\0")]), dport=5353),
         udp(make.dns([("x.local", "PTR")], [make.dns_record("_hap._tcp.local", "PTR", "x.local")]), dport=5353)], None, None),
    "http": (
        f"{{{TO_GATE}, tcp: {{dst-port: 80}}, http: {{response: false, method: [GET, PATCH], uri: [/exact, \"/start*\"]}}}}",
        [tcp(http(f"{method} {uri} HTTP/1.1")) for method in ("GET", "PATCH") for uri in ("/exact", "/start", "/starting?x=1")] + [tcp(b"GET /exact HTTP/1.0\r\n")],
        [tcp(http(line)) for line in ("POST /exact HTTP/1.1", "GET /exac HTTP/1.1", "GET /exact? HTTP/1.1", "GET /star HTTP/1.1", "GET /exact", "get /exact HTTP/1.1",
                                      "PATCH /exact2 HTTP/1.1", "HTTP/1.1 200 OK", "GET  HTTP/1.1", "GET /exact HTTP/11", "GETX /exact HTTP/1.1", "")]
        + [tcp(http("GET /exact HTTP/1.1"), **{key: value}) for key, value in (("dport", 81), ("src", OTHER), ("dst", OTHER))]
        + [tcp(b"GET /exact HTTP/1.1"), tcp(b""), udp(http("GET /exact HTTP/1.1"), dport=80)],
        [back(tcp(http("HTTP/1.1 200 OK"))), back(tcp(http("HTTP/1.0 404")))],
        [back(tcp(http("GET /exact HTTP/1.1"))), back(tcp(b"middle of a body\r\n")), back(tcp(http("HTTP/1.1 20 OK"))), tcp(http("HTTP/1.1 200 OK"))]),
    "http-any": ("{http: {method: DELETE}}", [tcp(http("DELETE / HTTP/1.1"), dport=8080), tcp(http("DELETE * HTTP/1.1"), src=ME6, dst=GATE6)],
                 [tcp(http("PUT / HTTP/1.1")), udp(http("DELETE / HTTP/1.1"))], None, None),
    "ssdp": (
        "{ipv4: {src: self, dst: ssdp}, udp: {dst-port: 1900}, ssdp: {response: false, method: M-SEARCH}}", [udp(SEARCH, dst=SSDP, dport=1900)],
        [udp(SEARCH, dst=SSDP, dport=1901), udp(SEARCH, dst=GATE, dport=1900), udp(SEARCH.replace(b"M-SEARCH", b"NOTIFY"), dst=SSDP, dport=1900),
         udp(SEARCH.replace(b"M-SEARCH", b"GET"), dst=SSDP, dport=1900), udp(http("HTTP/1.1 200 OK"), dst=SSDP, dport=1900), udp(b"M-SEARCH", dst=SSDP, dport=1900)],
        [back(udp(http("HTTP/1.1 200 OK"), dst=SSDP, dport=1900))], [back(udp(SEARCH, dst=SSDP, dport=1900))]),
    "ssdp-any": ("{ssdp: {method: notify}}", [udp(b"NOTIFY * HTTP/1.1\r\n", dst=SSDP, dport=1900), udp(b"NOTIFY * HTTP/1.1\r\n", src=ME6, dst="ff02::c", dport=1900)],
                 [udp(SEARCH, dst=SSDP, dport=1900), udp(b"NOTIFY * HTTP/1.1\r\n", dst=SSDP, dport=1901)], None, None),
    "coap": (
        f"{{{TO_GATE}, udp: {{dst-port: 5683}}, coap: {{response: false, type: [con, non], method: GET, uri: [/a/b, \"/light*\"]}}}}",
        [to_coap(0, 1, ["a", "b"]), to_coap(1, 1, ["a", "b"], token=b"12345678"), to_coap(0, 1, ["light"]), to_coap(0, 1, ["light", "x" * 300], payload=b"!"),
         to_coap(0, 1, ["lights"], query=["x=1"])],
        [to_coap(2, 1, ["a", "b"]), to_coap(0, 2, ["a", "b"]), to_coap(0, 69), to_coap(0, 1, ["a"]), to_coap(0, 1, ["a", "b", "c"]), to_coap(0, 1), to_coap(0, 5, ["a", "b"]),
         udp(make.coap(0, 1, ["a", "b"]), dport=5684), udp(make.coap(0, 1, ["a", "b"])[:-1], dport=5683), udp(b"\0" + make.coap(0, 1, ["a", "b"])[1:], dport=5683),
         udp(make.coap(0, 1, ["a", "b"]) + b"\xff", dport=5683), udp(make.coap(0, 1, ["a", "b"]) + b"\xf0", dport=5683),
         udp(b"\x49" + make.coap(0, 1, ["a", "b"], token=b"12345678")[1:], dport=5683)],
        [back(to_coap(2, 69)), back(to_coap(0, 132)), back(to_coap(2, 0))], [back(to_coap(0, 1, ["a", "b"]))]),
    "coap-any": ("{coap: {method: [PUT, DELETE]}}", [to_coap(0, 3), to_coap(3, 4)], [to_coap(0, 1), udp(make.coap(0, 3), dport=5685)], None, None),
    "dhcp": (
        "{udp: {src-port: 68, dst-port: 67}, dhcp: {type: [discover, request], client-mac: self}}", [dhcp(), dhcp(3)],
        [dhcp(2), dhcp(client=MAC[:-1] + "5"), dhcp(sport=69), dhcp(dport=68), udp(make.dhcp(MAC, 1)[:-1], sport=68, dport=67), udp(make.dhcp(MAC, 1)[:239], sport=68, dport=67),
         udp(make.dhcp(MAC, 1).replace(b"\x63\x82\x53\x63", b"\x63\x82\x53\x64"), sport=68, dport=67), udp(make.dhcp(MAC, 1)[:-4] + b"\x35\xff\x01\xff", sport=68, dport=67)],
        [back(dhcp(2)), back(dhcp(5))], [back(dhcp(2, client="00:00:00:00:00:01")), dhcp(2)]),
    "dhcp-any": ("{dhcp: {type: inform}}", [dhcp(8), dhcp(8, sport=9)], [dhcp(1), dhcp(8, sport=9, dport=9)], None, None),
    "igmp": (
        "{ipv4: {src: self, dst: igmpv3}, igmp: {version: 3, type: v3-membership-report, group: [mdns, 239.1.0.0/16]}}",
        [igmp(REPORT), igmp(REPORT, options=b""), igmp(make.igmpv3_report((4, "10.0.0.1"), (4, "239.1.9.9")))],
        [igmp(REPORT, src=OTHER), igmp(REPORT, dst="224.0.0.2"), igmp(make.igmpv3_report((4, "239.2.0.1"))), igmp(make.igmpv3_report()), igmp(REPORT[:-1]), igmp(REPORT[:7]),
         igmp(make.igmp(0x16, "224.0.0.251")), igmp(make.igmpv3_query("224.0.0.251")), make.ip(ME, "224.0.0.22", make.UDP, REPORT),
         igmp(REPORT[:6] + b"\xff\xff" + REPORT[8:])],
        [make.ip("224.0.0.22", ME, make.IGMP, REPORT)], [igmp(REPORT)]),
    "igmp-versions": (
        "{igmp: {version: [1, 2], group: [224.0.0.251, 0.0.0.0]}}",
        [igmp(make.igmp(0x11, "0.0.0.0")), igmp(make.igmp(0x11, "224.0.0.251", time=10)), igmp(make.igmp(0x12, "224.0.0.251")), igmp(make.igmp(0x16, "224.0.0.251")), igmp(make.igmp(0x17, "224.0.0.251"))],
        [igmp(make.igmpv3_query("224.0.0.251")), igmp(make.igmp(0x16, "224.0.0.252")), igmp(make.igmp(0x13, "224.0.0.251")), igmp(REPORT)], None, None),
    "igmp-outside": ("{igmp: {group: external}}", [igmp(REPORT), igmp(make.igmpv3_report((4, "192.168.1.1"), (4, "239.1.1.1")))], [igmp(make.igmpv3_report((4, "192.168.1.1")))], None, None),
    "mqtt": (
        f"{{{TO_GATE}, tcp: {{dst-port: 1883}}, mqtt: {{packet-type: connect, client-id: abc, client-id-length: 3-5, clean-session: true, keep-alive: [10, 50-70]}}}}",
        [to_broker(connect()), to_broker(connect(keep_alive=10)), to_broker(connect() + make.mqtt(12)), to_broker(connect(flags=0xC0, rest=make.mqtt_text("user") + make.mqtt_text("word")))],
        [to_broker(connect(), src=OTHER), tcp(connect(), dport=1884), to_broker(connect("abd")), to_broker(connect("ab")), to_broker(connect(clean=False)), to_broker(connect(keep_alive=11)),
         to_broker(make.mqtt_publish("abc")), to_broker(connect(level=5)), to_broker(connect()[:-1]), to_broker(connect(flags=0x80)), to_broker(b"\x11" + connect()[1:]), to_broker(b"")],
        [back(to_broker(make.mqtt(2, b"\0\0"))), back(to_broker(make.mqtt_publish("x")))], [back(to_broker(make.mqtt(12, flags=1))), to_broker(make.mqtt(2, b"\0\0"))]),
    "mqtt-long": ("{mqtt: {client-id-length: 100-65535}}", [to_broker(connect("x" * 127)), to_broker(connect("x" * 100))], [to_broker(connect("x" * 99)), to_broker(connect("x" * 128)), to_broker(connect("x" * 999))], None, None),
    "mqtt-publish": (
        "{tcp: {dst-port: 1883}, mqtt: {topic-name: a/b, payload-length: 3-200}}",
        [to_broker(make.mqtt_publish("a/b", b"xyz")), to_broker(make.mqtt_publish("a/b", b"x" * 200, qos=1))],
        [to_broker(make.mqtt_publish("a/b", b"xy")), to_broker(make.mqtt_publish("a/b", b"x" * 201)), to_broker(make.mqtt_publish("a/bc", b"xyz")), to_broker(make.mqtt_publish("a/", b"xyz")),
         to_broker(make.mqtt_subscribe("a/b")), to_broker(make.mqtt_publish("x" * 256, b"xyz")), to_broker(b"\x36" + make.mqtt_publish("a/b", b"xyz")[1:])], None, None),
    "mqtt-type": ("{mqtt: {packet-type: [pingreq, subscribe, 15]}}", [to_broker(make.mqtt(12)), to_broker(make.mqtt_subscribe("x")), to_broker(make.mqtt(15))],
                  [to_broker(make.mqtt(12, b"x")), to_broker(make.mqtt(13)), to_broker(make.mqtt(8, b"\0\1\0\1x\0")), tcp(make.mqtt(12), dport=8883)], None, None),
    "tls": (
        f"{{{TO_GATE}, tcp: {{dst-port: 443}}, tls: {{content-type: handshake, handshake-type: client-hello, tls-version: [1.2, 1.3], session-id: true}}}}",
        [tcp(HELLO, dport=443)],
        [tcp(HELLO, dport=444), tcp(HELLO, dport=443, src=OTHER), tcp(make.client_hello("x.example"), dport=443), tcp(make.application_data(), dport=443), tcp(HELLO[:44], dport=443),
         tcp(HELLO[:43], dport=443), tcp(HELLO[:5], dport=443), tcp(HELLO[:1] + b"\x03\x01" + HELLO[3:], dport=443), tcp(HELLO[:5] + b"\x02" + HELLO[6:], dport=443), tcp(HELLO[:43] + b"\x21" + HELLO[44:], dport=443)],
        [back(tcp(HELLO[:5] + b"\x02" + HELLO[6:], dport=443)), back(tcp(make.tls_record(22, b"\x0b\0\0\0"), dport=443))], [back(tcp(make.application_data(), dport=443))]),
    "tls-any": ("{tls: {content-type: [application-data, alert]}}", [tcp(make.application_data()), tcp(make.tls_record(21, b"\1\0"), src=ME6, dst=GATE6)],
                [tcp(HELLO), tcp(make.application_data()[1:]), tcp(b"\x17\x02\x03\0\1x"), tcp(b"\x17\x03\x03\0\0")], None, None),
    "size": (
        "{ipv4: {src: self}, udp: {}, dns: {domain-name: blocked.example}}\n    stats: {packet-size: \"< 70\"}",
        [udp(ASK), udp(ASK + b"x" * (69 - len(udp(ASK))))], [udp(ASK + b"x" * (70 - len(udp(ASK))))], None, None),
    "extensions": (
        "{ipv6: {src: self, dst: [\"2001:db8::/32\", gateway]}, dns: {domain-name: blocked.example}}",
        [udp(ASK, src=ME6, dst=GATE6), udp(ASK, src=ME6, dst="2001:db8:1::1"), ipv6_with([(0, bytes(7)), (60, b"\1" + bytes(14)), (43, bytes(7)), (44, bytes(7))], udp(ASK, src=ME6, dst=GATE6))],
        [udp(ASK, src=ME6, dst="2001:db9::1"), udp(ASK, src=OTHER6, dst=GATE6), ipv6_with([(44, b"\0\0\x08" + bytes(4))], udp(ASK, src=ME6, dst=GATE6)),
         ipv6_with([(60, b"\xff" + bytes(6))], udp(ASK, src=ME6, dst=GATE6)), udp(ASK)], None, None),
}

# With a drop probability a program decides these too.
CHANCE_CASES = {
    "arp": ("{arp: {type: request, sha: self, spa: self, tpa: gateway}}", [arp()], [arp(2), arp(sha="00:00:00:00:00:01"), arp(spa=OTHER), arp(tpa=OTHER), arp()[:27], udp(ASK)]),
    "icmp": ("{ipv4: {src: self}, icmp: {type: [echo-request, 3]}}", [make.icmp(ME, GATE, 8), make.icmp(ME, OTHER, 3)], [make.icmp(ME, GATE, 0), make.icmp(OTHER, GATE, 8), make.icmp(ME6, OTHER6, 8), udp(), make.ip(ME, GATE, 1, b"")]),
    "icmpv6": ("{icmpv6: {type: echo-request}}", [make.icmp(ME6, OTHER6, 128)], [make.icmp(ME6, OTHER6, 129), make.ip(ME, GATE, 58, bytes([128, 0, 0, 0]))]),
    "ports": ("{ipv4: {src: self, dst: external}, tcp: {src-port: [5000, 5002-5004], dst-port: 443}}", [tcp(dst="8.8.8.8", dport=443), tcp(dst="8.8.8.8", dport=443, sport=5003)],
              [tcp(dst="8.8.8.8", dport=443, sport=5001), tcp(dst=GATE, dport=443), tcp(dst="8.8.8.8", dport=444), udp(dst="8.8.8.8", dport=443), tcp(src=OTHER, dst="8.8.8.8", dport=443),
               tcp(dst="8.8.8.8", dport=443)[:30]]),
}


def frames(packets):
    return b"".join(struct.pack(">HI", queue, len(packet)) + packet for queue, packet in packets)


class Programs(support.Case):
    """Libraries are built once: plain, with LOG, and with sanitizers."""

    @classmethod
    def setUpClass(cls):
        cls.libraries = {}
        cls.build = tempfile.mkdtemp(prefix="iotsig-test-")
        cls.addClassCleanup(shutil.rmtree, cls.build)

    def runtime(self, kind="plain"):
        if kind not in self.libraries:
            self.libraries[kind] = Runtime(os.path.join(self.build, kind), log=kind == "log", flags=SANITIZED if kind == "sanitized" else None)
        return self.libraries[kind]

    def profile(self, name, *policies):
        """A file of policies: each its protocols, or a (name, protocols) pair."""
        text = f'device-info: {{name: {name}, mac: "{MAC}", ipv4: {ME}, ipv6: "{ME6}"}}\nhosts: {{gateway: [{GATE}, "{GATE6}"]}}\nsingle-policies:\n'
        for i, policy in enumerate(policies):
            key, protocols = policy if isinstance(policy, tuple) else (f"p{i}", policy)
            text += f"  {key}:\n    protocols: {protocols}\n"
        return self.write(name + ".yaml", text)

    def firewall(self, *words, out="out"):
        shutil.rmtree(self.path(out), ignore_errors=True)
        result = support.run("firewall", "--no-check", "-o", self.path(out), *words)
        self.assertEqual((result.status, result.err), (0, ""))
        return self.path(out + "/nfqueues.c")

    def program(self, *words, kind="plain", out="out"):
        return self.runtime(kind).compile(self.firewall(*words, out=out), self.path(out + "/program"), fed=True)

    def feed(self, program, packets, environment=()):
        done = subprocess.run([program], input=frames(packets), capture_output=True, timeout=300, check=False, env={**os.environ, **dict(environment)})
        self.assertEqual((done.returncode, done.stderr.decode()[:4000]), (0, ""))
        return done.stdout.decode().splitlines()

    def check(self, program, packets, want, what=""):
        """The verdicts on (queue, packet) pairs."""
        got = self.feed(program, packets)
        self.assertEqual(len(got), len(want), what)
        for (queue, packet), verdict, wanted in zip(packets, got, want):
            self.assertEqual(verdict, wanted, f"{what} queue {queue}: {packet.hex()}")

    def all_cases(self):
        """A firewall of a device for each case, and the packets with their verdicts: no table looks at another's queues."""
        paths, packets, want = [], [], []
        for i, (name, (protocols, *lists)) in enumerate(CASES.items()):
            bidirectional = "\n    bidirectional: true" if lists[2] is not None else ""
            paths.append(self.profile(name, protocols + bidirectional))
            for j, some in enumerate(lists):
                packets += [(10 * i + j // 2, packet) for packet in some or []]
                want += ["ACCEPT" if j % 2 else "DROP"] * len(some or [])
        return paths, packets, want


class Fields(Programs):
    def test_each_field(self):
        paths, packets, want = self.all_cases()
        self.assertGreater(len(packets), 250)
        self.check(self.program(*paths), packets, want)

    def test_each_alone(self):
        """Pieces that a program does not use are not in it: -Wextra would refuse them."""
        for i, (name, (protocols, *lists)) in enumerate(CASES.items()):
            source = self.firewall(self.profile(name, protocols + ("\n    bidirectional: true" if lists[2] is not None else "")))
            call([*compiler(), "-std=gnu11", *WARNINGS, *(["-DLOG"] if i % 2 else []), f"-I{INCLUDE}", f"-I{PARSERS}", "-c", "-o", "/dev/null", source])
            (parser,) = set(re.findall(r"(\w+)_parse_message", self.read("out/nfqueues.c").decode()))
            self.assertIn(f"{parser}: {{", protocols.replace("mdns", "dns"))

    def test_all_compilers(self):
        paths, _, _ = self.all_cases()
        source = self.firewall(*paths, self.profile("named", "{ipv4: {dst: [a.example, $b.example]}, tcp: {}}"))
        for command in (["gcc"], ["clang"]):
            if shutil.which(command[0]):
                for flags in (["-O0"], ["-O2", "-DLOG"]):
                    call([*command, "-std=gnu11", *WARNINGS, *flags, f"-I{INCLUDE}", f"-I{PARSERS}", "-c", "-o", "/dev/null", source])

    def test_with_a_probability(self):
        """What nftables decides otherwise; with nearly 1 each is dropped but one of 2^32."""
        paths, packets, want = [], [], []
        for i, (name, (protocols, covered, others)) in enumerate(CHANCE_CASES.items()):
            paths.append(self.profile(name, protocols))
            packets += [(10 * i, packet) for packet in covered + others]
            want += ["DROP"] * len(covered) + ["ACCEPT"] * len(others)
        self.check(self.program("--drop-probability", "0.9999999998", *paths), packets, want)

    def test_how_probable(self):
        for probability in (0.1, 0.75):
            program = self.program("--drop-probability", str(probability), self.profile("p", "{ipv4: {src: self}, udp: {}}"))
            verdicts = self.feed(program, [(0, udp())] * 4000 + [(0, udp(src=OTHER))] * 100)
            self.assertAlmostEqual(verdicts[:4000].count("DROP") / 4000, probability, delta=0.04)
            self.assertEqual(set(verdicts[4000:]), {"ACCEPT"})


class Overlap(Programs):
    def test_a_queue_decides_for_later_rules(self):
        """What a queue lets through does not come back to the rules behind it."""
        path = self.profile("p", "{udp: {dst-port: 53}, dns: {domain-name: a.example}}", "{ipv4: {src: self}, udp: {}, dns: {domain-name: b.example}}",
                            "{udp: {dst-port: 53}, dns: {domain-name: c.example}}", "{udp: {dst-port: 54}, dns: {domain-name: d.example}}")
        a, b, c, d = (udp(question(name + ".example")) for name in "abcd")
        self.check(self.program(path), [(0, a), (0, b), (0, c), (0, d), (10, b), (10, c), (10, a), (0, udp(question("b.example"), src=OTHER)), (10, udp(question("d.example"), dport=54))],
                   ["DROP", "DROP", "DROP", "ACCEPT", "DROP", "ACCEPT", "ACCEPT", "ACCEPT", "DROP"])

    def test_what_nftables_must_decide_is_left_to_it(self):
        """The connection's originator, and a rate: another rule's are not guessed."""
        path = self.profile("p", "{udp: {dst-port: 53}, dns: {domain-name: a.example}}",
                            f"{{{TO_GATE}, udp: {{}}, dns: {{domain-name: b.example}}}}\n    initiator: src", "{udp: {}, dns: {domain-name: c.example}}\n    stats: {rate: 10/second}")
        b, c = udp(question("b.example")), udp(question("c.example"))
        self.check(self.program(path), [(0, b), (0, c), (10, b), (20, c)], ["ACCEPT", "ACCEPT", "DROP", "DROP"])


class Log(Programs):
    def test_lines(self):
        path = self.profile("p", ('"we,ird\\n\\"%s/*"', "{udp: {dst-port: 53}, dns: {domain-name: a.example}}"), ("plain", "{udp: {}, dns: {domain-name: b.example}}"))
        lines = self.feed(self.program(path, kind="log"), [(0, udp(question(name + ".example"))) for name in "abc"])
        lines = [line.split(",") for line in lines]
        self.assertEqual([(line[0], line[1], line[3]) for line in lines], [("0" * 64, "1700000000.000005", verdict) for verdict in ("DROP", "DROP", "ACCEPT")])
        self.assertRegex(lines[0][2], r"^we-ird---s/--[0-9a-f]{8}$")
        self.assertEqual([line[2] for line in lines[1:]], ["plain", lines[0][2]])


class Names(Programs):
    """Hosts that are names. What the resolver answers is in a file."""

    def start(self, program, *answers):
        """A program with which one can talk."""
        self.write("answers", "".join(line + "\n" for line in answers))
        process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**os.environ, "FEED_ANSWERS": self.path("answers"), "FEED_ASKED": self.path("asked")})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors.decode()[:4000]), (0, ""))

    @staticmethod
    def ask(process, packet, queue=0):
        process.stdin.write(frames([(queue, packet)]))
        process.stdin.flush()
        return process.stdout.readline().decode().strip()

    @staticmethod
    def wait(process, seconds):
        """Time goes on for the program."""
        process.stdin.write(frames([(TIME_QUEUE, struct.pack(">I", seconds))]))

    def until(self, process, packet, verdict, queue=0):
        end = time.monotonic() + 20
        while self.ask(process, packet, queue) != verdict:
            self.assertLess(time.monotonic(), end, f"never {verdict}")
            time.sleep(0.02)

    def asked(self):
        return self.read("asked").decode().splitlines()

    def test_looked_up(self):
        program = self.program(self.profile("p", "{ipv4: {src: self, dst: [host.example, 10.9.0.0/16]}, tcp: {dst-port: 443}}", "{ipv6: {dst: host.example}, tcp: {}}",
                                            "{ipv4: {dst: other.example}, udp: {}}"))
        process = self.start(program, "host.example 1 300 192.0.2.1 192.0.2.2", "host.example 28 300 2001:db8::1")
        one = tcp(dst="192.0.2.1", dport=443)
        self.until(process, one, "DROP")
        six = tcp(src=ME6, dst="2001:db8::1")
        self.until(process, six, "DROP", 10)
        for packet, want in ((one, "DROP"), (tcp(dst="192.0.2.2", dport=443), "DROP"), (tcp(dst="10.9.8.7", dport=443), "DROP"), (tcp(dst="192.0.2.3", dport=443), "ACCEPT"),
                             (tcp(dst="192.0.2.1", dport=444), "ACCEPT"), (back(one), "ACCEPT"), (tcp(src=OTHER, dst="192.0.2.1", dport=443), "ACCEPT")):
            self.assertEqual(self.ask(process, packet), want)
        self.assertEqual(self.ask(process, tcp(src=ME6, dst="2001:db8::2"), 10), "ACCEPT")
        self.assertEqual(self.ask(process, udp(dst="192.0.2.1"), 20), "ACCEPT")
        self.assertEqual(set(self.asked()), {"host.example 1", "host.example 28", "other.example 1"})

    def test_looked_up_again(self):
        """Before the answer expires; the old address is good for a minute more."""
        program = self.program(self.profile("p", "{ipv4: {dst: host.example}, tcp: {}}"))
        process = self.start(program, "host.example 1 1 192.0.2.1", "host.example 1 3600 192.0.2.2")
        self.until(process, tcp(dst="192.0.2.1"), "DROP")
        self.until(process, tcp(dst="192.0.2.2"), "DROP")
        self.assertEqual(self.ask(process, tcp(dst="192.0.2.1")), "DROP")
        self.wait(process, 70)
        self.assertEqual(self.ask(process, tcp(dst="192.0.2.1")), "ACCEPT")
        self.assertEqual(self.ask(process, tcp(dst="192.0.2.2")), "DROP")
        self.assertEqual(self.asked(), ["host.example 1"] * 2)

    def test_asked_again_when_there_is_no_answer(self):
        program = self.program(self.profile("p", "{ipv4: {dst: host.example}, tcp: {}}"))
        process = self.start(program)
        self.assertEqual(self.ask(process, tcp(dst="192.0.2.1")), "ACCEPT")
        end = time.monotonic() + 20
        while not os.path.exists(self.path("asked")) or len(self.asked()) < 2:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.write("answers", "host.example 1 9 192.0.2.1\n")
        self.until(process, tcp(dst="192.0.2.1"), "DROP")

    @staticmethod
    def answer(name, *records, src=GATE, ask=None, **more):
        message = make.dns([(ask or name, "A")], [make.dns_record(name, kind, data, ttl) for kind, data, ttl in records], **more)
        return udp(message, src=src, sport=53, dst=ME, dport=5000)

    def test_learned(self):
        """From the answers of name servers, in any queue."""
        program = self.program(self.profile("p", '{ipv4: {dst: ["*.below.example", $both.example]}, tcp: {dst-port: 443}}', '{ipv6: {dst: "*.below.example"}, tcp: {}}'))
        process = self.start(program)

        def reached(address, queue=0):
            six = ":" in address
            return self.ask(process, tcp(src=ME6 if six else ME, dst=address, dport=443), queue) == "DROP"

        learning = 20  # the queue behind those of the policies
        self.assertEqual(self.ask(process, self.answer("a.below.example", ("A", "192.0.2.1", 60)), learning), "ACCEPT")
        self.assertEqual(self.ask(process, self.answer("B.Both.Example", ("A", "192.0.2.2", 60)), learning), "ACCEPT")
        self.assertEqual(self.ask(process, self.answer("both.example", ("A", "192.0.2.3", 60)), 0), "ACCEPT")
        self.assertEqual(self.ask(process, self.answer("x.below.example", ("AAAA", "2001:db8::9", 60)), 10), "ACCEPT")
        alias = make.dns([("y.below.example", "A")], [make.dns_record("y.below.example", "CNAME", "cdn.example"), make.dns_record("cdn.example", "A", "192.0.2.4")])
        self.ask(process, udp(alias, src=GATE, sport=53, dst=ME), learning)
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"):
            self.assertTrue(reached(address), address)
        self.assertTrue(reached("2001:db8::9", 10))
        for i, packet in enumerate((
                self.answer("below.example", ("A", "192.0.3.0", 60)), self.answer("xboth.example", ("A", "192.0.3.1", 60)), self.answer("a.below.example", ("A", "192.0.3.2", 60), response=False),
                udp(make.dns([("a.below.example", "A")], [make.dns_record("a.below.example", "A", "192.0.3.3")]), src=GATE, sport=54), self.answer("a.below.example", ("A", b"\xc0\0\3", 60)),
                self.answer("a.below.example", ("TXT", b"\xc0\0\3\5", 60)), udp(make.dns([("a.below.example", "A")], [make.dns_record("a.below.example", "A", "192.0.3.6", cls=3)]), src=GATE, sport=53))):
            self.ask(process, packet, learning)
            self.assertFalse(reached(f"192.0.3.{i}"), i)
        self.wait(process, 121)
        self.assertFalse(reached("192.0.2.1"))
        self.ask(process, self.answer("a.below.example", ("A", "192.0.2.1", 0xFFFFFFFF)), learning)
        self.assertTrue(reached("192.0.2.1"))
        self.wait(process, 61)  # such a TTL is none (RFC 2181 section 8)
        self.assertFalse(reached("192.0.2.1"))

    def test_many_addresses(self):
        """The one that expires first makes room."""
        process = self.start(self.program(self.profile("p", '{ipv4: {dst: "*.below.example"}, tcp: {}}')))
        for i in range(140):
            self.ask(process, self.answer("a.below.example", ("A", f"192.0.2.{i}", 100 + i)), 10)
        got = [self.ask(process, tcp(dst=f"192.0.2.{i}")) for i in range(140)]
        self.assertEqual(got, ["ACCEPT"] * 12 + ["DROP"] * 128)


class Hostile(Programs):
    """Under sanitizers: packets that are not what they should be."""

    @staticmethod
    def mutated(seeds, count):
        rng = random.Random(7)
        for _ in range(count):
            queue, seed = rng.choice(seeds)
            packet = bytearray(seed)
            for _ in range(rng.randrange(1, 4)):
                kind, at = rng.randrange(5), rng.randrange(len(packet))
                if kind == 0:
                    packet[at] ^= 1 << rng.randrange(8)
                elif kind == 1:
                    packet[at:at + 2] = rng.choice((b"\xff\xff", b"\0\0", b"\x7f\xff", b"\xc0\x0c"))
                elif kind == 2:
                    del packet[max(at, 1):]
                elif kind == 3:
                    packet[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40)))
                else:
                    packet[at:at] = packet[at:at + rng.randrange(1, 40)]
            if rng.randrange(4) and packet[0] >> 4 == 4 and len(packet) >= 28:  # lengths that agree lead further
                packet[2:4] = struct.pack(">H", len(packet) & 0xFFFF)
                if packet[9] == 17 and packet[0] == 0x45:
                    packet[24:26] = struct.pack(">H", len(packet) - 20 & 0xFFFF)
            yield queue, bytes(packet)

    def packets(self, seeds):
        rng = random.Random(8)
        queues = sorted({queue for queue, _ in seeds})
        return [*self.mutated(seeds, 20000), *((queue, b"") for queue in queues), *((queue, rng.randbytes(rng.randrange(200))) for queue in queues for _ in range(20)),
                *((queue, udp(b"\xc0" * 60000, dport=53)[:65535]) for queue in queues)]

    def sanitized(self):
        paths, seeds, _ = self.all_cases()
        named = self.profile("named", '{ipv4: {dst: ["*.below.example", a.example]}, tcp: {}}', '{ipv6: {dst: "*.below.example"}, tcp: {}}')
        try:
            program = self.program(*paths, named, kind="sanitized")
        except AssertionError as error:
            if "sanitize" not in str(error) and "asan" not in str(error):
                raise
            self.skipTest("no sanitizers")
        learning = int(re.findall(r"queue num (\d+)", self.read("out/firewall.nft").decode())[-1])
        return program, seeds + [(learning, packet) for packet in (
            Names.answer("a.below.example", ("A", "192.0.2.1", 60), ("AAAA", "2001:db8::1", 60)), Names.answer("a.example", ("CNAME", "b.example", 5)))]

    def test_packets(self):
        program, seeds = self.sanitized()
        packets = self.packets(seeds)
        got = self.feed(program, packets)
        self.assertEqual(len(got), len(packets))
        self.assertGreater(got.count("DROP"), 500)

    def test_parsers_that_trust_what_they_read(self):
        """naive.c believes every count and length; what the program hands to it must not lead it astray."""
        program, seeds = self.sanitized()
        naive = self.path("out/naive")
        call([*compiler(), "-std=gnu11", "-O1", "-g", *WARNINGS, *SANITIZED, f"-I{INCLUDE}", f"-I{PARSERS}", "-o", naive, self.path("out/nfqueues.c"), os.path.join(HERE, "naive.c"),
              os.path.join(self.runtime("sanitized").folder, "feed.o")])
        packets = [*seeds, *self.packets(seeds)]
        self.assertEqual(len(self.feed(naive, packets)), len(packets))
        self.assertEqual(self.feed(naive, seeds), self.feed(program, seeds))


class Cmake(Programs):
    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
    def test_targets(self):
        """Also of a device whose name is one of CMake's or of a library."""
        for device, target in (("plug", "plug"), ("http", "http-queues"), ("test", "test-queues")):
            self.firewall(self.profile(device, f"{{{TO_GATE}, tcp: {{}}, http: {{method: GET}}}}", "{mdns: {response: true}}", "{ipv4: {dst: a.example}}"), out=device)
            folder = self.runtime().cmake(self.path(device), self.path(device + "-build"), target, self.path(device + "-bin"))
            self.assertEqual(os.listdir(folder), [device])

    def test_libraries(self):
        for protocols, want in (("{dns: {response: true}}", "dns dns_map"), ("{mdns: {response: true}}", "dns dns_map"), ("{http: {response: true}}", "http"), ("{ipv4: {dst: a.example}}", "resolv"),
                                ("{ipv4: {dst: a.example}, coap: {type: con}}", "coap resolv"), ("{igmp: {type: 17}}", "igmp"), ("{mqtt: {packet-type: connect}}", "mqtt")):
            self.firewall(self.profile("p", protocols))
            text = self.read("out/CMakeLists.txt").decode()
            self.assertIn(f"target_link_libraries(p PRIVATE pthread nfqueue packet_utils rule_utils header {want})\n", text)
            for name in ("${BIN_DIR}", "${INCLUDE_DIR}", "${INCLUDE_PARSERS_DIR}", "if(OPENWRT_CROSSCOMPILING)", "netfilter_log"):
                self.assertIn(name, text)


if __name__ == "__main__":
    runtime.need()
    support.main()
