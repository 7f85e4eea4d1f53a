# SPDX-License-Identifier: GPL-3.0-or-later
"""firewall --test: packets that a policy covers, packets that differ in one thing and are not covered, and what is counted of them.

Each case is a policy, packets that it covers, and packets that it does not: a second reading of what policies mean, by hand.
"""
import csv
import io
import json
import os
import struct
import unittest

import support
from support import CORPUS, SECOND, START, Case, make

DEVICE, PHONE, GATEWAY, CLOUD = "192.168.1.135", "192.168.1.110", "192.168.1.1", "203.0.113.7"
DEVICE6, PHONE6 = "fd00::135", "fd00::110"
MAC, OTHER_MAC = "50:c7:bf:ed:0a:54", "50:c7:bf:ed:0a:55"
HEAD = f"""device-info: {{name: plug, mac: "{MAC}", ipv4: {DEVICE}, ipv6: "{DEVICE6}"}}
hosts: {{gateway: [{GATEWAY}, "fe80::1"], phone: {PHONE}}}
single-policies:
"""


def policy(protocols, name="p", **more):
    lines = [f"  {name}:", f"    protocols: {protocols}", *(f"    {key}: {value}" for key, value in more.items())]
    return "\n".join(lines) + "\n"


def size(value):
    return {"stats": f"{{packet-size: {value}}}"}


def rate(value):
    return {"stats": f"{{rate: {value}}}"}


def arp(operation=1, sha=MAC, spa=DEVICE, tha="00:00:00:00:00:00", tpa=GATEWAY):
    return make.ethernet(make.arp(operation, sha, spa, tha, tpa), kind=make.ARP)


def tcp(src=DEVICE, sport=50000, dst=PHONE, dport=9999, payload=b"", **more):
    return make.ethernet(make.tcp(src, sport, dst, dport, payload, **more))


def udp(src=DEVICE, sport=50000, dst=PHONE, dport=9999, payload=b"", **more):
    return make.ethernet(make.udp(src, sport, dst, dport, payload, **more))


def icmp(kind, src=DEVICE, dst=PHONE, **more):
    return make.ethernet(make.icmp(src, dst, kind, **more))


def igmp(message, src=DEVICE, dst="224.0.0.22"):
    return make.ethernet(make.ip(src, dst, make.IGMP, message, options=make.ROUTER_ALERT))


def dns(*questions, answers=(), response=None, sport=50000, dport=53, src=DEVICE, dst=GATEWAY):
    return udp(src, sport, dst, dport, make.dns(questions, answers, response=response))


def answer(name, kind, data, asked=None, **more):
    """From the gateway to the device."""
    records = [make.dns_record(name, kind, data)]
    return dns((asked or name, kind), answers=records, **{"src": GATEWAY, "dst": DEVICE, "sport": 53, "dport": 50000, **more})


def mdns(*questions, answers=()):
    return udp(DEVICE, 5353, "224.0.0.251", 5353, make.dns(questions, answers))


def http(line, sport=50000, dport=80):
    return tcp(sport=sport, dport=dport, payload=line.encode() + b"\r\nHost: x\r\n\r\n")


def ssdp(line, sport=50000, dport=1900):
    return udp(sport=sport, dst="239.255.255.250", dport=dport, payload=line.encode() + b"\r\n\r\n")


def coap(*what, sport=50000, dport=5683, **more):
    return udp(sport=sport, dport=dport, payload=make.coap(*what, **more))


def dhcp(message=3, client=MAC, sport=68, dport=67):
    return udp("0.0.0.0", sport, "255.255.255.255", dport, make.dhcp(client, message))


def mqtt(message, dport=1883):
    return tcp(dport=dport, payload=message)


def tls(record, dport=443):
    return tcp(dport=dport, payload=record)


def server_hello(session=b"", chosen=None):
    extensions = struct.pack(">HHH", 43, 2, chosen) if chosen else b""
    body = b"\x03\x03" + bytes(32) + bytes([len(session)]) + session + b"\x13\x01\0" + struct.pack(">H", len(extensions)) + extensions
    return make.tls_record(22, b"\x02" + struct.pack(">I", len(body))[1:] + body)


class Trial(Case):
    def trial(self, profile, frames, words=(), step=SECOND // 100, times=None):
        """The outcome of one capture."""
        times = times or [i * step for i in range(len(frames))]
        capture = self.write("trial.pcap", make.pcap([(START + time, frame) for time, frame in zip(times, frames)], link=1))
        path = self.write("trial.yaml", HEAD + profile)
        return json.loads(self.run_ok("firewall", "--test", capture, "--format", "json", *words, path))

    def hits(self, profile, frames, **more):
        """{policy: packets} with "p-backward" for those backward, of the policies with any."""
        return {one["policy"] + ("-backward" if one["backward"] else ""): one["packets"]
                for one in self.trial(profile, frames, **more)["policies"] if one["packets"] > 0}

    def check(self, protocols, covered, others, more=None):
        """Each packet alone: covered ones are, the others are not."""
        for want, frames in ((1, covered), (0, others)):
            for i, frame in enumerate(frames):
                with self.subTest(protocols=protocols, more=more, covered=bool(want), number=i):
                    outcome = self.trial(policy(protocols, **(more or {})), [frame])
                    self.assertEqual((outcome["packets"], outcome["dropped"]), (1, want))
                    self.assertEqual(sum(one["packets"] for one in outcome["policies"]), want)


class Headers(Trial):
    def test_arp(self):
        self.check("{arp: {type: request, sha: self, spa: self, tpa: gateway}}", [arp()],
                   [arp(operation=2), arp(sha=OTHER_MAC), arp(spa=PHONE), arp(tpa=PHONE), tcp()])
        self.check("{arp: {tha: broadcast}}", [arp(tha="ff:ff:ff:ff:ff:ff")], [arp(), arp(tha="ff:ff:ff:ff:ff:fe")])
        self.check("{arp: {tha: default}}", [arp()], [arp(tha=MAC)])
        self.check(f"{{arp: {{sha: [{OTHER_MAC}, \"02:00:00:00:00:09\"]}}}}", [arp(sha=OTHER_MAC), arp(sha="02:00:00:00:00:09")], [arp()])
        short = make.arp(1, MAC, DEVICE, tpa=GATEWAY)[:27]
        self.check("{arp: {type: request}}", [arp()], [make.ethernet(short, kind=make.ARP, pad=False),
                                                       make.ethernet(b"\0\1\x86\xdd" + make.arp(1, MAC, DEVICE)[4:], kind=make.ARP)])

    def test_arp_backward(self):
        hits = self.hits(policy("{arp: {type: request, sha: self, spa: self, tpa: gateway}}", bidirectional="true"),
                         [arp(), arp(operation=2, sha=OTHER_MAC, spa=GATEWAY, tha=MAC, tpa=DEVICE), arp(operation=2)])
        self.assertEqual(hits, {"p": 1, "p-backward": 1})

    def test_ip(self):
        self.check("{ipv4: {src: self, dst: phone}}", [tcp(), udp(), icmp(8), tcp(dport=1)], [tcp(src=GATEWAY), tcp(dst=GATEWAY), tcp(src=DEVICE6, dst=PHONE6), arp()])
        self.check(f"{{ipv6: {{src: self, dst: \"{PHONE6}\"}}}}", [tcp(src=DEVICE6, dst=PHONE6)], [tcp(src=PHONE6, dst=DEVICE6), tcp(src=DEVICE6, dst="fd00::111"), tcp()])
        self.check("{ipv4: {dst: [10.0.0.0/9, 172.16.0.5, 172.16.0.7-172.16.0.9]}}",
                   [tcp(dst=dst) for dst in ("10.0.0.0", "10.127.255.255", "172.16.0.5", "172.16.0.7", "172.16.0.9")],
                   [tcp(dst=dst) for dst in ("9.255.255.255", "10.128.0.0", "172.16.0.4", "172.16.0.6", "172.16.0.10")])
        self.check("{ipv4: {dst: external}}", [tcp(dst=CLOUD), tcp(dst="192.167.255.255")], [tcp(), tcp(dst="192.168.255.255")])
        self.check("{ipv4: {dst: [external, phone]}}", [tcp(dst=CLOUD), tcp()], [tcp(dst=GATEWAY)])
        self.check("{ipv6: {dst: external}}", [tcp(src=DEVICE6, dst="2001:db8::1")], [tcp(src=DEVICE6, dst=PHONE6), tcp(src=DEVICE6, dst="fe80::2")])
        self.check("{ipv4: {src: self}, tcp: {}}", [tcp()], [udp(), icmp(8)])

    def test_vlan(self):
        tagged = make.ethernet(make.tcp(DEVICE, 1, PHONE, 2), tags=[(0x8100, 5)])
        twice = make.ethernet(make.tcp(DEVICE, 1, PHONE, 2), tags=[(0x88A8, 6), (0x8100, 5)])
        self.check("{ipv4: {src: self}}", [tagged], [twice])

    def test_tunnels_are_not_looked_into(self):
        inner = make.tcp(DEVICE, 1, PHONE, 9999)
        outer = make.ethernet(make.ip(GATEWAY, CLOUD, 4, inner))
        self.check("{ipv4: {src: self}}", [make.ethernet(inner)], [outer, make.ethernet(b"\x11\0\0\1" + struct.pack(">HH", len(inner) + 2, 0x21) + inner, kind=0x8864)])
        self.check("{ipv4: {src: gateway}}", [outer], [])
        self.check("{tcp: {dst-port: 9999}}", [make.ethernet(inner)], [outer])

    def test_ports(self):
        self.check("{ipv4: {src: self}, tcp: {src-port: 50000, dst-port: [80, 443, 8000-8010]}}",
                   [tcp(dport=port) for port in (80, 443, 8000, 8010)],
                   [tcp(dport=port) for port in (79, 81, 444, 7999, 8011)] + [tcp(sport=50001, dport=80), udp(dport=80)])
        self.check("{udp: {dst-port: 53}}", [udp(dport=53), udp(src=DEVICE6, dst=PHONE6, dport=53)], [tcp(dport=53), udp(sport=53)])

    def test_icmp(self):
        self.check("{ipv4: {src: self}, icmp: {type: [echo-request, 42]}}", [icmp(8), icmp(42)], [icmp(0), icmp(8, src=PHONE, dst=DEVICE), udp()])
        self.check("{icmpv6: {type: nd-neighbor-solicit}}", [icmp(135, DEVICE6, PHONE6)], [icmp(136, DEVICE6, PHONE6), icmp(135)])
        hits = self.hits(policy("{ipv4: {src: self}, icmp: {type: echo-request}}", bidirectional="true"), [icmp(8), icmp(0, PHONE, DEVICE), icmp(8, PHONE, DEVICE)])
        self.assertEqual(hits, {"p": 1, "p-backward": 1})

    def test_fragments(self):
        whole = make.udp(DEVICE, 50000, PHONE, 9999, bytes(64))
        first = make.ethernet(make.ip(DEVICE, PHONE, make.UDP, whole[20:60], fragment=0x2000))
        later = make.ethernet(make.ip(DEVICE, PHONE, make.UDP, whole[60:], fragment=5))
        self.check("{ipv4: {src: self}, udp: {dst-port: 9999}}", [first], [later])
        self.check("{ipv4: {src: self}, udp: {}}", [first, later], [])
        header = struct.pack(">BBHI", make.UDP, 0, 0, 7)
        late_header = struct.pack(">BBHI", make.UDP, 0, 5 << 3, 7)
        datagram = make.udp(DEVICE6, 50000, PHONE6, 9999, bytes(8))[40:]
        self.check("{ipv6: {src: self}, udp: {dst-port: 9999}}", [make.ethernet(make.ip(DEVICE6, PHONE6, 44, header + datagram))],
                   [make.ethernet(make.ip(DEVICE6, PHONE6, 44, late_header + datagram))])

    def test_extension_headers(self):
        datagram = make.udp(DEVICE6, 50000, PHONE6, 9999)[40:]
        options = struct.pack(">BB6s", make.UDP, 0, b"\1\4\0\0\0\0")
        both = struct.pack(">BB6s", 60, 0, b"\1\4\0\0\0\0") + options
        self.check("{ipv6: {src: self}, udp: {dst-port: 9999}}",
                   [make.ethernet(make.ip(DEVICE6, PHONE6, 60, options + datagram)), make.ethernet(make.ip(DEVICE6, PHONE6, 0, both + datagram))],
                   [make.ethernet(make.ip(DEVICE6, PHONE6, 50, datagram))])

    def test_size(self):
        def sized(n):
            return udp(payload=bytes(n - 28))

        self.check("{ipv4: {src: self}}", [sized(199), sized(28)], [sized(200)], size('"< 200"'))
        self.check("{ipv4: {src: self}}", [sized(201)], [sized(200)], size('"> 200"'))
        self.check("{ipv4: {src: self}}", [sized(100), sized(200)], [sized(99), sized(201)], size('"100-200"'))
        self.check("{ipv4: {src: self}}", [sized(150)], [sized(149)], size("150"))
        self.check("{ipv6: {src: self}}", [udp(DEVICE6, dst=PHONE6, payload=bytes(52))], [udp(DEVICE6, dst=PHONE6, payload=bytes(51))], size("100"))

    def test_a_packet_shorter_than_it_says(self):
        datagram = make.udp(DEVICE, 50000, PHONE, 9999, bytes(64))
        self.check("{ipv4: {src: self}, udp: {dst-port: 9999}}", [make.ethernet(datagram)], [make.ethernet(datagram[:-1])])

    def test_other_links(self):
        path = self.write("raw.pcap", make.pcap([(START, make.tcp(DEVICE, 1, PHONE, 9999))], link=101))
        profile = self.write("p.yaml", HEAD + policy("{tcp: {dst-port: 9999}}"))
        self.assertEqual(json.loads(self.run_ok("firewall", "--test", path, "--format", "json", profile))["dropped"], 1)


class Payloads(Trial):
    def test_igmp(self):
        joined = make.igmpv3_report((4, "239.1.1.1"), (3, "239.255.255.250", ["10.0.0.1"]))
        self.check("{ipv4: {src: self}, igmp: {version: 3, type: v3-membership-report, group: 239.255.255.250}}", [igmp(joined)],
                   [igmp(make.igmpv3_report((4, "239.1.1.1"))), igmp(make.igmp(0x16, "239.255.255.250")), igmp(joined, src=PHONE), igmp(joined[:7])])
        self.check("{igmp: {version: 2}}", [igmp(make.igmp(0x16, "239.1.1.1")), igmp(make.igmp(0x17, "239.1.1.1")), igmp(make.igmp(0x11, time=100))],
                   [igmp(make.igmp(0x12, "239.1.1.1")), igmp(make.igmp(0x11)), igmp(make.igmpv3_query())])
        self.check("{igmp: {type: leave-group}}", [igmp(make.igmp(0x17))], [igmp(make.igmp(0x16))])
        self.check("{igmp: {group: 224.0.0.0/4}}", [igmp(make.igmp(0x16, "239.1.1.1"))], [igmp(make.igmp(0x16, "10.1.1.1"))])

    def test_dns(self):
        self.check("{udp: {dst-port: 53}, dns: {response: false, qtype: A, domain-name: api.example.com}}",
                   [dns(("api.example.com", "A")), dns(("API.Example.COM", "A")), dns(("other.example", "A"), ("api.example.com", "A"))],
                   [dns(("api.example.com", "AAAA")), dns(("a.api.example.com", "A")), dns(("example.com", "A")), dns(("xapi.example.com", "A")),
                    dns(("api.example.com", "A"), response=True), dns(("api.example.com", "AAAA"), ("other.example", "A")),
                    udp(dport=53, payload=b"\0" * 11), udp(dport=53)])

    def test_dns_names(self):
        self.check('{dns: {domain-name: "*.example.com"}}', [dns(("a.example.com", "A")), dns(("a.b.example.com", "A"))],
                   [dns(("example.com", "A")), dns(("aexample.com", "A")), dns(("a.example.com.net", "A"))])
        self.check("{dns: {domain-name: $example.com}}", [dns(("example.com", "A")), dns(("a.b.example.com", "A"))], [dns(("notexample.com", "A")), dns(("com", "A"))])
        self.check("{dns: {domain-name: [a.example, b.example]}}", [dns(("a.example", "A")), dns(("b.example", "A"))], [dns(("c.example", "A"))])
        # A dot inside of a label is no boundary between labels.
        inside = b"\x0enot.example.co\x01x\0"
        self.check("{dns: {domain-name: $example.co.x}}", [dns(("a.example.co.x", "A"))], [dns((inside, "A"))])
        strange = b"\x04a\xff\\b\x07example\0"
        self.check("{dns: {domain-name: 'a\\255\\\\b.example'}}", [dns((strange, "A"))], [dns(("a.example", "A"))])

    def test_dns_places(self):
        question = make.dns([("a.example", "A")])
        over_tcp = struct.pack(">H", len(question)) + question
        self.check("{dns: {domain-name: a.example}}", [dns(("a.example", "A")), tcp(dport=53, payload=over_tcp)],
                   [dns(("a.example", "A"), dport=5300), mdns(("a.example", "A")), tcp(dport=53)])
        self.check("{udp: {dst-port: 5300}, dns: {domain-name: a.example}}", [dns(("a.example", "A"), dport=5300)], [dns(("a.example", "A"))])

    def test_dns_backward(self):
        profile = policy("{ipv4: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {response: false, domain-name: a.example}}", bidirectional="true")
        hits = self.hits(profile, [dns(("a.example", "A")), answer("a.example", "A", CLOUD), answer("b.example", "A", CLOUD), dns(("a.example", "A"), response=True)])
        self.assertEqual(hits, {"p": 1, "p-backward": 1})

    def test_mdns(self):
        self.check("{mdns: {response: false, qtype: PTR, domain-name: _hap._tcp.local}}", [mdns(("_hap._tcp.local", "PTR"))],
                   [mdns(("_hap._tcp.local", "A")), mdns(("_http._tcp.local", "PTR")), dns(("_hap._tcp.local", "PTR"))])
        # Questions are judged, and an answer of mDNS mostly has none.
        said = mdns(answers=[make.dns_record("_hap._tcp.local", "PTR", "x._hap._tcp.local")])
        self.check("{mdns: {response: true}}", [said], [mdns(("_hap._tcp.local", "PTR"))])
        self.check("{mdns: {response: true, qtype: PTR, domain-name: _hap._tcp.local}}", [mdns(("_hap._tcp.local", "PTR"), answers=[make.dns_record("x.local", "A", DEVICE)]), said],
                   [mdns(answers=[make.dns_record("x._hap._tcp.local", "PTR", "y.local")]), mdns(answers=[make.dns_record("_hap._tcp.local", "A", DEVICE)]),
                    mdns(("x.local", "A"), answers=[make.dns_record("_hap._tcp.local", "PTR", "y.local")])])

    def test_http(self):
        self.check("{http: {response: false, method: GET, uri: /state}}", [http("GET /state HTTP/1.1"), http("GET /state HTTP/1.0", dport=8080)],
                   [http("POST /state HTTP/1.1"), http("GET /states HTTP/1.1"), http("GET /state?x=1 HTTP/1.1"), http("HTTP/1.1 200 OK"), http("GET /state"), tcp(dport=80)])
        self.check('{tcp: {dst-port: 80}, http: {uri: "/api/*"}}', [http("PUT /api/1 HTTP/1.1"), http("GET /api/?q=2 HTTP/1.1")], [http("GET /ap HTTP/1.1"), http("GET /api/ HTTP/1.1", dport=81)])
        hits = self.hits(policy("{tcp: {dst-port: 80}, http: {response: false, method: GET, uri: /x}}", bidirectional="true"),
                         [http("GET /x HTTP/1.1"), http("HTTP/1.1 404 No", sport=80, dport=50000), http("GET /y HTTP/1.1")])
        self.assertEqual(hits, {"p": 1, "p-backward": 1})

    def test_uris_of_the_network(self):
        """What is learned from a packet covers it: a query whatever it is, and a * that a path ends with as itself."""
        def get(target):
            return http(f"GET {target} HTTP/1.1")

        for one, covered, others in ((get("/on?x=1"), ["/on?y", "/on?"], ["/off?x=1"]), (get("/on*"), ["/on*"], ["/on", "/once", "/on*x"]), (get("*"), ["*"], ["/", "*x"]),
                                     (get("/on$"), ["/on$"], ["/on", "/once"])):
            capture = self.write("one.pcap", make.pcap([(START, one)], link=1))
            profile = self.write("one.yaml", self.run_ok("profile", "--device", "plug", "--ipv4", DEVICE, capture))
            for want, targets in ((1, covered), (0, others)):
                for target in targets:
                    with self.subTest(one=one[-30:], target=target):
                        path = self.write("other.pcap", make.pcap([(START, get(target))], link=1))
                        self.assertEqual(json.loads(self.run_ok("firewall", "--test", path, "--format", "json", profile))["dropped"], want)
        one = coap(0, 1, ["light", "*"])
        profile = self.write("one.yaml", self.run_ok("profile", "--device", "plug", "--ipv4", DEVICE, self.write("one.pcap", make.pcap([(START, one)], link=1))))
        path = self.write("all.pcap", make.pcap([(START, one), (START, coap(0, 1, ["light", "on"]))], link=1))
        self.assertEqual(json.loads(self.run_ok("firewall", "--test", path, "--format", "json", profile))["dropped"], 1)

    def test_ssdp(self):
        self.check("{ssdp: {response: false, method: M-SEARCH}}", [ssdp("M-SEARCH * HTTP/1.1")], [ssdp("NOTIFY * HTTP/1.1"), ssdp("HTTP/1.1 200 OK", sport=1900), ssdp("M-SEARCH * HTTP/1.1", dport=1901)])
        self.check("{ssdp: {response: true}}", [ssdp("HTTP/1.1 200 OK", sport=1900, dport=50000)], [ssdp("M-SEARCH * HTTP/1.1")])
        self.check("{udp: {dst-port: 1901}, ssdp: {type: M-SEARCH}}", [ssdp("M-SEARCH * HTTP/1.1", dport=1901)], [ssdp("M-SEARCH * HTTP/1.1"), udp(dport=1901)])

    def test_coap(self):
        self.check("{coap: {response: false, type: con, method: GET, uri: /light/on}}", [coap(0, 1, ["light", "on"])],
                   [coap(1, 1, ["light", "on"]), coap(0, 2, ["light", "on"]), coap(0, 1, ["light"]), coap(0, 1, ["light", "on", "x"]), coap(0, 0x45), coap(0, 1),
                    coap(0, 1, ["light", "on"], dport=5684)])
        self.check("{coap: {uri: light/on}}", [coap(0, 1, ["light", "on"])], [coap(0, 1, ["light"]), coap(0, 1)])
        self.check("{coap: {uri: /}}", [coap(0, 1)], [coap(0, 1, ["x"]), coap(2, 0x45)])
        self.check('{coap: {uri: "/light/*"}}', [coap(0, 3, ["light", "on"]), coap(0, 3, ["light", "on", "now"])], [coap(0, 3, ["lights", "on"]), coap(0, 3, ["light"])])
        self.check("{coap: {response: true, type: ack}}", [coap(2, 0x45), coap(2, 0)], [coap(2, 1, ["x"]), coap(0, 0x45)])
        self.check("{udp: {dst-port: 5700}, coap: {method: PUT}}", [coap(0, 3, dport=5700)], [coap(0, 3), udp(dport=5700, payload=b"\x40"), udp(dport=5700, payload=b"\x80\x03\0\1")])

    def test_dhcp(self):
        self.check("{dhcp: {type: request, client-mac: self}}", [dhcp()], [dhcp(message=1), dhcp(client=OTHER_MAC), dhcp(sport=1000, dport=1001), udp(sport=68, dport=67, payload=b"\1\1\6")])
        self.check("{dhcp: {type: [discover, 8]}}", [dhcp(1), dhcp(8)], [dhcp(3)])
        self.check("{udp: {dst-port: 1001}, dhcp: {client-mac: self}}", [dhcp(dport=1001)], [udp(dport=1001, payload=b"\1\1\6\0")])

    def test_mqtt(self):
        connect, publish = make.mqtt_connect("plug-1", keep_alive=30), make.mqtt_publish("home/plug", b"12345")
        self.check("{mqtt: {packet-type: connect, client-id: plug-1, client-id-length: 6, clean-session: true, keep-alive: 30}}", [mqtt(connect)],
                   [mqtt(make.mqtt_connect("plug-2", keep_alive=30)), mqtt(make.mqtt_connect("plug-10", keep_alive=30)), mqtt(make.mqtt_connect("plug-1")),
                    mqtt(make.mqtt_connect("plug-1", clean=False, keep_alive=30)), mqtt(publish), mqtt(connect, dport=1884), mqtt(connect[:-1])])
        self.check("{mqtt: {client-id-length: 5-7}}", [mqtt(connect), mqtt(make.mqtt_connect("x" * 7))], [mqtt(make.mqtt_connect("x" * 8)), mqtt(publish)])
        self.check("{mqtt: {packet-type: publish, topic-name: home/plug, payload-length: 5}}", [mqtt(publish), mqtt(make.mqtt_publish("home/plug", b"12345", qos=1))],
                   [mqtt(make.mqtt_publish("home/plugs", b"12345")), mqtt(make.mqtt_publish("home/plug", b"1234")), mqtt(make.mqtt_subscribe("home/plug"))])
        self.check("{tcp: {dst-port: 1884}, mqtt: {packet-type: subscribe}}", [mqtt(make.mqtt_subscribe("x"), dport=1884)], [mqtt(make.mqtt(8, b"\0\1"), dport=1884)])
        # Flags that no packet has, a length of five bytes.
        self.check("{mqtt: {packet-type: [1, 3, 12]}}", [mqtt(b"\xc0\0")], [mqtt(b"\xc1\0"), mqtt(b"\xc0\x80\x80\x80\x80\0"), mqtt(b"\x36\0"), mqtt(b"\xc0"), mqtt(b"\0\0")])

    def test_mqtt_5(self):
        body = make.mqtt_text("MQTT") + b"\x05\x02\0\x1e" + b"\x05\x11\0\0\0\x0a" + make.mqtt_text("plug-5")
        self.check("{mqtt: {client-id: plug-5, keep-alive: 30}}", [mqtt(make.mqtt(1, body))], [mqtt(make.mqtt(1, body.replace(b"MQTT", b"MQTX")))])

    def test_tls(self):
        hello, data = make.client_hello("a.example"), make.application_data()
        self.check("{tls: {content-type: handshake, handshake-type: client-hello}}", [tls(hello), tls(hello, dport=8443), tls(hello[:50])],
                   [tls(data), tls(server_hello()), tls(b"\x16\x02" + hello[2:]), tls(hello[:5]), tls(b"\x16\x03\x03\0\0")])
        self.check("{tls: {session-id: true}}", [tls(make.client_hello("a.example", session=bytes(32))), tls(server_hello(bytes(8)))], [tls(hello), tls(data)])
        self.check("{tls: {session-id: false}}", [tls(hello)], [tls(make.client_hello(session=bytes(32))), tls(data)])
        # The version of the record, which TLS 1.3 leaves at that of 1.2.
        self.check('{tls: {tls-version: "1.2"}}', [tls(data), tls(hello), tls(server_hello(chosen=0x0304))], [tls(b"\x17\x03\x01\0\1x")])
        self.check("{tls: {content-type: [alert, 20]}}", [tls(make.tls_record(21, b"\1\0")), tls(make.tls_record(20, b"\1"))], [tls(data)])


class Names(Trial):
    PROFILE = policy("{ipv4: {src: self, dst: api.example.com}, tcp: {dst-port: 443}}", bidirectional="true")

    def test_answers(self):
        to, back = tcp(dst=CLOUD, dport=443), tcp(CLOUD, 443, DEVICE, 50000)
        said = answer("api.example.com", "A", CLOUD)
        self.assertEqual(self.hits(self.PROFILE, [to, back]), {})
        self.assertEqual(self.hits(self.PROFILE, [to, said, to, back, tcp(dst="203.0.113.8", dport=443), tcp(dst=CLOUD, dport=80)]), {"p": 1, "p-backward": 1})
        self.assertEqual(self.hits(self.PROFILE, [answer("API.example.com", "A", CLOUD), to]), {"p": 1})
        for other in (answer("b.example.com", "A", CLOUD), answer(b"\x0bapi.example\x03com\0", "A", CLOUD), answer("xapi.example.com", "A", CLOUD), mdns(answers=[make.dns_record("api.example.com", "A", CLOUD)]),
                      dns(("api.example.com", "A"), answers=[make.dns_record("api.example.com", "A", CLOUD)], response=False, src=GATEWAY, dst=DEVICE, sport=53)):
            self.assertEqual(self.hits(self.PROFILE, [other, to]), {})

    def test_aliases(self):
        chain = [make.dns_record("api.example.com", "CNAME", "lb.cdn.example"), make.dns_record("lb.cdn.example", "CNAME", "n1.cdn.example"),
                 make.dns_record("n1.cdn.example", "A", CLOUD), make.dns_record("other.example", "A", "203.0.113.8")]
        said = udp(GATEWAY, 53, DEVICE, 50000, make.dns([("api.example.com", "A")], chain))
        self.assertEqual(self.hits(self.PROFILE, [said, tcp(dst=CLOUD, dport=443), tcp(dst="203.0.113.8", dport=443)]), {"p": 1})
        middle = self.PROFILE.replace("api.example.com", "lb.cdn.example")
        self.assertEqual(self.hits(middle, [said, tcp(dst=CLOUD, dport=443)]), {"p": 1})

    def test_suffixes(self):
        for pattern, covered, others in (('"*.example.com"', ["a.example.com", "a.b.example.com"], ["example.com", "aexample.com"]),
                                         ("$example.com", ["example.com", "a.example.com"], ["aexample.com"])):
            profile = policy(f"{{ipv4: {{src: self, dst: {pattern}}}, tcp: {{dst-port: 443}}}}")
            for name in covered + others:
                with self.subTest(pattern=pattern, name=name):
                    self.assertEqual(self.hits(profile, [answer(name, "A", CLOUD), tcp(dst=CLOUD, dport=443)]), {"p": 1} if name in covered else {})

    def test_ipv6(self):
        profile = policy("{ipv6: {src: self, dst: api.example.com}, tcp: {dst-port: 443}}")
        self.assertEqual(self.hits(profile, [answer("api.example.com", "AAAA", "2001:db8::7"), tcp(DEVICE6, dst="2001:db8::7", dport=443), tcp(DEVICE6, dst="2001:db8::8", dport=443)]), {"p": 1})

    def test_mixed_list(self):
        profile = policy(f"{{ipv4: {{src: self, dst: [api.example.com, {PHONE}]}}}}")
        self.assertEqual(self.hits(profile, [answer("api.example.com", "A", CLOUD), tcp(dst=CLOUD), tcp(dst=PHONE), tcp(dst=GATEWAY)]), {"p": 2})

    def test_known_beforehand(self):
        table = self.write("names.json", json.dumps({"IP": {CLOUD: "n1.cdn.example"}, "ALIAS": {"n1.cdn.example": "api.example.com"}}))
        self.assertEqual(self.hits(self.PROFILE, [tcp(dst=CLOUD, dport=443)], words=["--dns-table", table]), {"p": 1})


class Rates(Trial):
    def test_packets(self):
        # Ten a second: a bucket of 500 ms, and each packet costs 100. Over it are the 6th, those at 50 and 110 ms, and the last.
        times = [0, 0, 0, 0, 0, 0, 50, 100, 110, 300, 300, 300]
        outcome = self.trial(policy("{ipv4: {src: self}}", **rate("10/second")), [tcp()] * len(times), times=[t * 10**6 for t in times])
        self.assertEqual([outcome["dropped"], outcome["rules"][0]["packets"]], [4, 4])

    def test_bucket_by_hand(self):
        def over(times, period, count, burst):
            most = period // count * burst
            tokens, last, dropped = most, times[0], 0
            for time in times:
                tokens, last = min(most, tokens + time - last), time
                if tokens >= period // count:
                    tokens -= period // count
                else:
                    dropped += 1
            return dropped

        times = [(i * i * 7919) % 1000 * 10**6 for i in range(60)]
        times.sort()
        for text, period, count, burst in (("10/second", 10**9, 10, 5), ("7/minute", 60 * 10**9, 7, 5), ("10/second burst 2 packets", 10**9, 10, 2), ("40/second", 10**9, 40, 5)):
            with self.subTest(rate=text):
                outcome = self.trial(policy("{ipv4: {src: self}}", **rate(f'"{text}"')), [tcp()] * len(times), times=times)
                self.assertEqual(outcome["dropped"], over(times, period, count, burst))

    def test_bytes(self):
        # 1000 bytes a second: a bucket of one second, and a frame of 114 bytes costs 100 ms.
        frames = [udp(payload=bytes(72))] * 13
        outcome = self.trial(policy("{ipv4: {src: self}}", **rate('"1000 bytes/second"')), frames, times=[0] * 11 + [50 * 10**6, 100 * 10**6])
        self.assertEqual(outcome["dropped"], 2)
        outcome = self.trial(policy("{ipv4: {src: self}}", **rate('"1 kbytes/second"')), [udp(payload=bytes(996))] * 2, step=0)
        self.assertEqual(outcome["dropped"], 1)

    def test_shared(self):
        """Policies with the same matches share a rule and its bucket; others have their own."""
        profile = "".join(policy(f"{{ipv4: {{src: self}}, udp: {{dst-port: 53}}, dns: {{domain-name: {name}}}}}", name, **rate("1/second")) for name in ("a.example", "b.example"))
        frames = [dns(("a.example", "A"))] * 5 + [dns(("b.example", "A"))] * 2 + [dns(("c.example", "A"))]
        outcome = self.trial(profile, frames, step=0)
        self.assertEqual([one["packets"] for one in outcome["policies"]], [0, 2])
        self.assertEqual([rule["packets"] for rule in outcome["rules"]], [3])

    def test_each_capture_begins_anew(self):
        path = self.write("a.pcap", make.pcap([(START, tcp())] * 6, link=1))
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}", **rate("10/second")))
        outcome = json.loads(self.run_ok("firewall", "--test", path, "--test", path, "--format", "json", profile))
        self.assertEqual((outcome["captures"], outcome["packets"], outcome["dropped"]), ([path, path], 12, 2))
        self.assertEqual(outcome["policies"][0]["flows"], 1)

    def test_option(self):
        self.assertEqual(self.trial(policy("{ipv4: {src: self}}"), [tcp()] * 8, step=0, words=["--rate", "1"])["dropped"], 3)


class Rules(Trial):
    def test_counts(self):
        frames = [tcp(payload=b"x"), udp(), tcp(sport=50001), tcp(PHONE, 9999, DEVICE, 50000), tcp(GATEWAY)]
        outcome = self.trial(policy("{ipv4: {src: self, dst: phone}, tcp: {dst-port: 9999}}", bidirectional="true"), frames)
        self.assertEqual(outcome["policies"], [
            {"device": "plug", "policy": "p", "backward": False, "verdict": "drop", "packets": 2, "bytes": 81, "flows": 2,
             "first": "1700000000.000000", "last": "1700000000.020000"},
            {"device": "plug", "policy": "p", "backward": True, "verdict": "drop", "packets": 1, "bytes": 40, "flows": 1,
             "first": "1700000000.030000", "last": "1700000000.030000"}])
        self.assertEqual((outcome["packets"], outcome["dropped"], outcome["bytes_dropped"]), (5, 3, 121))
        self.assertEqual([(rule["table"], rule["verdict"], rule["packets"]) for rule in outcome["rules"]], [("plug", "drop", 2), ("plug", "drop", 1)])
        self.assertEqual(outcome["rules"][0]["rule"], f"ip saddr {DEVICE} ip daddr {PHONE} meta l4proto tcp tcp dport 9999")

    def test_arp_counts(self):
        (one,) = self.trial(policy("{arp: {spa: self}}"), [arp(), arp(), arp(tpa=PHONE)])["policies"]
        self.assertEqual((one["packets"], one["bytes"], one["flows"]), (3, 84, 2))

    def test_nothing(self):
        (one,) = self.trial(policy("{ipv4: {src: self}}"), [tcp(GATEWAY)])["policies"]
        self.assertEqual((one["packets"], one["flows"], one["first"], one["last"]), (0, 0, None, None))

    def test_overlap(self):
        """What nftables drops no queue sees, and of policies of one kind the first that covers a packet has it."""
        profile = (policy("{ipv4: {src: self}, udp: {dst-port: 53}, dns: {domain-name: $example.com}}", "queued") + policy("{ipv4: {src: self}, udp: {}, dns: {qtype: A}}", "wide")
                   + policy("{ipv4: {src: self, dst: phone}}", "phone") + policy("{ipv4: {src: self}, udp: {dst-port: 53}}", "drop"))
        frames = [dns(("a.example.com", "A")), dns(("a.example.com", "A"), dst=PHONE), tcp()]
        self.assertEqual(self.hits(profile, frames), {"phone": 2, "drop": 1})
        profile = "".join(profile.partition(policy("{ipv4: {src: self, dst: phone}}", "phone"))[:1])
        frames = [dns(("a.example.com", "A")), dns(("b.example", "A")), dns(("b.example", "AAAA")), dns(("b.example", "A"), sport=53, dport=50000)]
        outcome = self.trial(profile, frames)
        self.assertEqual([one["packets"] for one in outcome["policies"]], [1, 2])
        self.assertEqual([rule["packets"] for rule in outcome["rules"]], [3, 1])

    def test_tables(self):
        other = self.write("other.yaml", f"device-info: {{name: lamp, ipv4: {PHONE}}}\nsingle-policies:\n" + policy("{ipv4: {dst: self}}", "lamp"))
        # Two tables: what the first does not drop the second sees.
        outcome = self.trial(policy("{ipv4: {src: self}, tcp: {}}"), [tcp(), udp()], words=[other])
        self.assertEqual({one["device"] + "/" + one["policy"]: one["packets"] for one in outcome["policies"]}, {"lamp/lamp": 2, "plug/p": 0})
        accepted = self.trial(policy("{ipv4: {src: self}, tcp: {}}"), [tcp(), udp()], words=["--drop-probability", "0", other])
        self.assertEqual([accepted["dropped"], {one["device"]: (one["verdict"], one["packets"]) for one in accepted["policies"]}],
                         [0, {"lamp": ("accept", 2), "plug": ("accept", 1)}])

    def test_probability(self):
        outcome = self.trial(policy("{ipv4: {src: self}, tcp: {}}"), [tcp(), tcp(), udp()], words=["--drop-probability", "0.25"])
        self.assertEqual((outcome["drop_probability"], outcome["dropped"], outcome["policies"][0]["verdict"]), (0.25, 2, "queue"))

    def test_learning_rule(self):
        """Answers of name servers are shown to a program, which lets them through."""
        outcome = self.trial(policy("{ipv4: {src: self, dst: $example.com}, tcp: {}}"), [answer("a.example.com", "A", CLOUD), tcp(dst=CLOUD), udp(dport=53)])
        self.assertEqual([(rule["verdict"], rule["packets"]) for rule in outcome["rules"]], [("queue", 1), ("queue", 1)])
        self.assertEqual(outcome["dropped"], 1)

    def test_initiator(self):
        out, back, again = tcp(flags=make.SYN), tcp(PHONE, 9999, DEVICE, 50000, flags=make.SYN | make.ACK), tcp(flags=make.ACK)
        for initiator, first, want in (("src", [out, back, again], {"p": 2, "p-backward": 1}), ("src", [back, out, again], {}),
                                       ("dst", [out, back, again], {}), ("dst", [back, out, again], {"p": 2, "p-backward": 1})):
            with self.subTest(initiator=initiator, want=want):
                profile = policy("{ipv4: {src: self, dst: phone}, tcp: {}}", bidirectional="true", initiator=initiator)
                self.assertEqual(self.hits(profile, first), want)

    def test_filter(self):
        self.assertEqual(self.trial(policy("{ipv4: {src: self}}"), [tcp(), udp()], words=["--filter", "udp"])["packets"], 1)

    def test_no_pause_ends_it(self):
        self.assertEqual(self.trial(policy("{ipv4: {src: self}}"), [tcp(), tcp()], step=100 * SECOND, words=["--timeout", "20"])["dropped"], 2)

    def test_limit(self):
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}"))
        capture = self.capture(*(make.tcp(DEVICE, port, PHONE, 80) for port in range(1, 20)))
        result = support.run("firewall", "--test", capture, "--format", "json", "--max-flows", "10", profile)
        self.assertEqual(result.status, 5)
        self.assertIn("more than 10 flows", result.err)


class Formats(Trial):
    def outcome(self, *words, frames=None):
        capture = self.write("trial.pcap", make.pcap([(START + i, frame) for i, frame in enumerate(frames or [tcp(), udp()])], link=1))
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}, tcp: {}}", '"a, \\"b\\""', bidirectional="true"))
        return self.run_ok("firewall", "--test", capture, *words, profile)

    def test_text(self):
        lines = self.outcome("--format", "text").splitlines()
        self.assertEqual(lines[0].split(), ["device", "policy", "verdict", "packets", "bytes", "flows", "first", "last"])
        self.assertEqual(lines[1].split()[-5:], ["1", "40", "1", "1700000000.000000", "1700000000.000000"])
        self.assertEqual(lines[2].split()[-6:], ["drop", "0", "0", "0", "-", "-"])
        self.assertEqual(lines[-1], "1 of 2 packets would be dropped (40 bytes in 1 flow)")
        lines = self.outcome("--format", "text", "--drop-probability", "0.5").splitlines()
        self.assertEqual(lines[-2:], ["1 of 2 packets would be covered (40 bytes in 1 flow)", "of these, by a drop probability of 0.5, about 0.5 would be dropped"])

    def test_csv_and_lines(self):
        want = json.loads(self.outcome("--format", "json"))["policies"]
        self.assertEqual([json.loads(line) for line in self.outcome("--format", "jsonl").splitlines()], want)
        rows = list(csv.DictReader(io.StringIO(self.outcome("--format", "csv"), newline="")))
        self.assertEqual([row["policy"] for row in rows], ['a, "b"', 'a, "b"'])
        self.assertEqual([{key: value if isinstance(value, str) else "" if value is None else json.dumps(value) for key, value in one.items()} for one in want], rows)

    def test_yaml_is_refused(self):
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}"))
        result = support.run("firewall", "--test", self.capture(make.tcp(DEVICE, 1, PHONE, 2)), "--format", "yaml", profile)
        self.assertNotEqual(result.status, 0)
        self.assertEqual(result.out, "")

    def test_cut_capture(self):
        capture = self.capture(make.tcp(DEVICE, 1, PHONE, 2), make.tcp(DEVICE, 1, PHONE, 2))
        with open(capture, "r+b") as file:
            file.truncate(os.path.getsize(capture) - 5)
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}"))
        result = support.run("firewall", "--test", capture, "--format", "json", profile)
        self.assertEqual(json.loads(result.out)["dropped"], 1)
        self.assertIn("warning", result.err)

    def test_missing_capture(self):
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}"))
        result = support.run("firewall", "--test", self.path("none.pcap"), profile)
        self.assertEqual(result.status, 3)
        self.assertIn("none.pcap", result.err)

    def test_standard_input(self):
        profile = self.write("p.yaml", HEAD + policy("{ipv4: {src: self}}"))
        out = self.run_ok("firewall", "--test", "-", "--format", "json", profile, stdin=make.pcap([(START, tcp())], link=1))
        self.assertEqual(json.loads(out)["dropped"], 1)


class Hostile(Trial):
    """Packets that end anywhere, for every parser: nothing but an answer is wanted."""

    def test_cut_anywhere(self):
        frames = [arp(), icmp(8), igmp(make.igmpv3_report((4, "239.1.1.1"), (3, "239.2.2.2", ["10.0.0.1"]))), answer("a.example", "A", CLOUD),
                  mdns(("_hap._tcp.local", "PTR")), http("GET /x HTTP/1.1"), ssdp("NOTIFY * HTTP/1.1"), coap(0, 1, ["a", "b"], token=b"12"), dhcp(),
                  mqtt(make.mqtt_connect("plug")), mqtt(make.mqtt_publish("a/b", b"x", qos=1)), tls(make.client_hello("a.example", session=bytes(32))), tls(server_hello(bytes(3), 0x0304))]
        profile = "".join(policy(protocols, f"p{i}") for i, protocols in enumerate((
            "{arp: {type: reply}}", "{icmp: {type: 200}}", "{igmp: {group: 10.0.0.0/8}}", "{dns: {domain-name: $b.example}}", "{mdns: {domain-name: x.local}}",
            "{http: {uri: /y}}", "{ssdp: {method: M-SEARCH}}", "{coap: {uri: /c}}", "{dhcp: {client-mac: broadcast}}", "{mqtt: {client-id: none}}", "{mqtt: {topic-name: none}}",
            "{tls: {session-id: true, content-type: alert}}", "{ipv4: {dst: b.example}, tcp: {dst-port: 1}}",
            "{udp: {src-port: 50000}, coap: {uri: /c}}", "{udp: {src-port: 50000}, dhcp: {client-mac: broadcast}}", "{tcp: {src-port: 50000}, mqtt: {topic-name: none}}")))
        cut = [frame[:n] for frame in frames for n in range(len(frame))]
        outcome = self.trial(profile, cut + frames)
        self.assertEqual((outcome["packets"], outcome["dropped"]), (len(cut) + len(frames), 0))


@unittest.skipUnless(os.path.isdir(CORPUS), "no corpus")
class Corpus(Trial):
    def test_signature_hits_its_captures(self):
        """The profile made of a signature covers the packets of its flows, in each of the captures: counted by another command."""
        captures = [os.path.join(CORPUS, "captures", name) for name in ("1724059939.pcap", "1724060053.pcap", "1724060140.pcap")]
        signature = self.write("signature.json", self.run_ok("extract", "--format", "json", *captures))
        profile = self.write("plug.yaml", self.run_ok("profile", "--device", "plug", "--ipv4", DEVICE, signature))
        cloud = "use1-api.tplinkra.com"
        for capture in captures:
            outcome = json.loads(self.run_ok("firewall", "--test", capture, "--format", "json", profile))
            packets = self.packets("--keep", "dhcp,router-alert,dhcpv6,handshake,ack,syn", "--timeout", "0", capture)
            ends = [(one["transport_protocol"], one["src"], one["sport"], one["dst"], one["dport"]) for one in packets]

            def count(transport, src, sport, dst, dport, ends=ends):
                wanted = (transport, src, sport, dst, dport)
                return sum(all(w in (None, got) for w, got in zip(wanted, one)) for one in ends)

            got = {(one["policy"].split("_DNS")[0], one["backward"]): one["packets"] for one in outcome["policies"]}
            self.assertEqual(got, {
                (f"{PHONE}-{DEVICE}_TCP_dst_9999", False): count("TCP", PHONE, None, DEVICE, 9999),
                (f"{PHONE}-{DEVICE}_TCP_dst_9999", True): count("TCP", DEVICE, 9999, PHONE, None),
                (f"{DEVICE}-{GATEWAY}_UDP_dst_53", False): count("UDP", DEVICE, None, GATEWAY, 53),
                (f"{DEVICE}-{GATEWAY}_UDP_dst_53", True): count("UDP", GATEWAY, 53, DEVICE, None),
                (f"{DEVICE}-{cloud}_TCP_dst_443", False): count("TCP", DEVICE, None, cloud, 443),
                (f"{DEVICE}-{cloud}_TCP_dst_443", True): count("TCP", cloud, 443, DEVICE, None),
                (f"{DEVICE}-{PHONE}_UDP_src_9999", False): count("UDP", DEVICE, 9999, PHONE, None),
                (f"{DEVICE}-{PHONE}_UDP_src_9999", True): count("UDP", PHONE, None, DEVICE, 9999)})
            self.assertGreater(outcome["dropped"], 40)


if __name__ == "__main__":
    support.main()
