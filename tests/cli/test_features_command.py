# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig features, on frames made by hand; expectations were worked out by hand."""
import collections
import hashlib
import json
import struct

import support
from support import START, Case, make

ME, GATEWAY, PHONE, OTHER = "02:00:00:00:0a:01", "02:00:00:00:00:02", "02:00:00:00:00:03", "02:00:00:00:f4:00"
ALL, ZERO = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
IP, ROUTER, APP, CLOUD = "192.168.1.20", "192.168.1.1", "192.168.1.30", "198.51.100.7"
SYN_ACK = make.SYN | make.ACK


def frame(packet, src=ME, dst=GATEWAY, **more):
    return make.ethernet(packet, src=src, dst=dst, **more)


def arp(operation, src, spa, tpa, dst=ALL):
    return make.ethernet(make.arp(operation, src, spa, ZERO, tpa), kind=make.ARP, src=src, dst=dst)


def eapol(kind, body, src, dst):
    return make.ethernet(struct.pack(">BBH", 2, kind, len(body)) + body, kind=0x888E, src=src, dst=dst)


def dhcp(client, message, options=b"", op=1):
    head = make.dhcp(client, message, op)
    return head[:-1] + options + b"\xff"


def option(number, value):
    return bytes([number, len(value)]) + value


def discover(client=ME, message=1, options=b""):
    return frame(make.udp("0.0.0.0", 68, "255.255.255.255", 67, dhcp(client, message, options)), src=client, dst=ALL)


def offer(client=ME, server=GATEWAY, options=b""):
    return frame(make.udp(ROUTER, 67, IP, 68, dhcp(client, 2, options, op=2)), src=server, dst=client)


SENT = collections.Counter()  # bytes, by where to


def tcp(payload, dst=CLOUD, dport=8443, mac=GATEWAY, flags=make.PSH | make.ACK, sport=40000):
    seq = 1 + SENT[dst, dport, sport]
    SENT[dst, dport, sport] += len(payload)
    return frame(make.tcp(IP, sport, dst, dport, payload, flags=flags, seq=seq), dst=mac)


def udp(payload, dst=CLOUD, dport=7777, mac=GATEWAY, sport=40000):
    return frame(make.udp(IP, sport, dst, dport, payload), dst=mac)


def to_me(packet, mac=PHONE):
    return frame(packet, src=mac, dst=ME)


def tp_link(text, tcp_head=True):
    key, out = 171, b""
    for byte in text.encode():
        key ^= byte
        out += bytes([key])
    return (struct.pack(">I", len(out)) if tcp_head else b"") + out


def edimax(text, turn):
    out = bytes([ord(text[0]) + turn])
    for byte in text[1:].encode():
        out += bytes([(byte >> turn | byte << (8 - turn)) & 0xFF])
    return out


class Features(Case):
    def read_all(self, *frames, words=(), name="a.pcap", link=1):
        path = self.capture(*frames, name=name, link=link)
        (one,) = json.loads(support.run("features", "--format", "json", *words, path).out)
        return one

    def features(self, family, *frames, words=("--self", ME)):
        """The texts of a family, and no more."""
        one = self.read_all(*frames, words=(*words, "--families", family))
        self.assertEqual({f["family"] for f in one["features"]} - {family}, set())
        return [f["feature"] for f in one["features"]]


class Self(Features):
    """Each criterion against one that comes later, which the other host has."""

    def found(self, *frames, words=(), link=1):
        one = self.read_all(*frames, words=words, link=link)
        return one["self"], one["found_by"]

    def test_criteria(self):
        one, other = ME, OTHER  # the other is the larger address
        probe = arp(1, other, "0.0.0.0", IP)
        key = bytes(1) + struct.pack(">H", 0x010A)  # message 2 of 4: no ACK bit
        asks = bytes(1) + struct.pack(">H", 0x008A)
        steps = [
            ("dhcp-client", [discover(one)], [eapol(1, b"", other, GATEWAY)]),
            ("dhcp-client", [offer(one)], [eapol(1, b"", other, GATEWAY)]),
            ("eapol", [eapol(1, b"", one, GATEWAY)], [probe]),
            ("eapol", [eapol(3, key, one, GATEWAY)], [probe]),
            ("eapol", [eapol(3, asks, GATEWAY, one)], [probe]),  # who is asked answers
            ("eapol", [eapol(0, b"\2\1\0\4", one, GATEWAY)], [probe]),
            ("arp", [arp(1, one, "0.0.0.0", IP), frame(make.udp(CLOUD, 1, IP, 2, b"x"), src=one)], [frame(make.udp(APP, 1, IP, 2, b"x"), src=other)]),
            ("arp", [arp(1, one, IP, IP), frame(make.udp(CLOUD, 1, IP, 2, b"x"), src=one)], [frame(make.udp(APP, 1, IP, 2, b"x"), src=other)]),
            ("no-public-source", [frame(make.udp(IP, 1, APP, 2, b"x"), src=one, dst=other)],
             [frame(make.udp(CLOUD, 1, IP, 2, b"x"), src=other, dst=one), frame(make.tcp(CLOUD, 80, IP, 2, flags=SYN_ACK), src=other, dst=one)]),
            ("no-dhcp-server", [frame(make.udp(IP, 1, APP, 2, b"x"), src=one, dst=other)],
             [frame(make.udp(ROUTER, 67, "255.255.255.255", 68, dhcp(ZERO, 2, op=2)), src=other, dst=ALL),
              frame(make.tcp(ROUTER, 80, IP, 2, flags=SYN_ACK), src=other, dst=one)]),
            ("answered-syn", [frame(make.tcp(IP, 80, APP, 2, flags=SYN_ACK), src=one, dst=other)],
             2 * [frame(make.tcp(APP, 2, IP, 80, flags=make.SYN), src=other, dst=one)]),
            ("frames", 2 * [frame(make.udp(IP, 1, APP, 2, b"x"), src=one, dst=other)], [frame(make.udp(APP, 2, IP, 1, b"x"), src=other, dst=one)]),
        ]
        for by, ours, theirs in steps:
            for frames in (ours + theirs, theirs + ours):
                self.assertEqual(self.found(*frames), (one, by))
        pair = [frame(make.udp(IP, 1, APP, 2, b"x"), src=one, dst=other), frame(make.udp(APP, 2, IP, 1, b"x"), src=other, dst=one)]
        self.assertEqual(self.found(*pair), (other, "largest"))

    def test_a_syn_from_elsewhere_is_no_local_one(self):
        frames = [frame(make.tcp(IP, 80, CLOUD, 2, flags=SYN_ACK), dst=OTHER), frame(make.udp(APP, 2, IP, 1, b"x"), src=OTHER, dst=ME)]
        self.assertEqual(self.found(*frames), (OTHER, "largest"))

    def test_global_ipv6_addresses(self):
        """A host has one prefix; who sends from two is a router."""
        mine = frame(make.udp("2001:db8::20", 1, "2001:db8::30", 2, b"x"), src=ME, dst=OTHER)
        theirs = [frame(make.udp(f"2001:db8:{n}::1", 9, "2001:db8::20", 2, b"x"), src=OTHER, dst=ME) for n in (1, 2)]
        self.assertEqual(self.found(mine, *theirs), (ME, "no-public-source"))
        self.assertEqual(self.found(mine, theirs[0]), (OTHER, "largest"))

    def test_neither_multicast_nor_zero(self):
        self.assertEqual(self.found(frame(make.udp(IP, 1, "224.0.0.251", 2, b"x"), dst="01:00:5e:00:00:fb")), (ME, "only"))
        self.assertEqual(self.found(frame(make.udp(IP, 1, APP, 2, b"x"), src=ZERO, dst=ME)), (ME, "only"))
        one = self.read_all(frame(make.udp(IP, 1, "255.255.255.255", 2, b"x"), src=ZERO, dst=ALL))
        self.assertEqual((one["self"], one["found_by"], one["features"]), (None, None, []))

    def test_raw_ip(self):
        """The private address with most flows, not with most packets."""
        packets = [make.udp(IP, 1, CLOUD, 53, b"x"), make.udp(IP, 1, CLOUD, 123, b"x"), make.udp(IP, 1, APP, 7, b"x")] + 9 * [make.udp(APP, 9, CLOUD, 5, b"x")]
        one = self.read_all(*packets, link=101)
        self.assertEqual((one["self"], one["found_by"], one["addresses"]), (IP, "flows", [IP]))
        self.assertEqual([f["feature"] for f in one["features"] if f["family"] == "flow"], [f"out udp {CLOUD} 123", f"out udp {CLOUD} 53", "out udp local 7"])
        self.assertEqual(self.found(*packets, link=101, words=("--self", APP)), (APP, "given"))

    def test_given(self):
        frames = [discover(), frame(make.udp(APP, 1, CLOUD, 2, b"x"), src=PHONE), frame(make.udp(IP, 1, CLOUD, 2, b"x"))]
        self.assertEqual(self.found(*frames), (ME, "dhcp-client"))
        self.assertEqual(self.found(*frames, words=("--self", PHONE.upper().replace(":", "-"))), (PHONE, "given"))
        self.assertEqual(self.found(*frames, words=("--self", APP)), (PHONE, "given"))
        for wrong in ("plug", "02:00", ""):
            result = support.run("features", "--self", wrong, self.capture(*frames, link=1))
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertIn("--self", result.err)

    def test_addresses_and_gateway(self):
        router = option(3, make.address("192.168.1.254"))
        frames = [discover(), offer(options=router), arp(1, ME, "169.254.3.4", ROUTER), udp(make.dns([("a.example", "A")]), ROUTER, 53)]
        one = self.read_all(*frames)
        self.assertEqual((one["addresses"], one["gateway"]), (["169.254.3.4", IP], "192.168.1.254"))
        self.assertEqual(self.read_all(*frames[:1], *frames[2:])["gateway"], ROUTER)
        asked = [arp(1, ME, IP, "192.168.1.77")] + 2 * [arp(1, ME, IP, ROUTER)]
        self.assertEqual(self.read_all(discover(), *asked)["gateway"], ROUTER)
        public = udp(make.dns([("a.example", "A")]), "9.9.9.9", 53)
        self.assertEqual(self.read_all(discover(), *asked, public)["gateway"], ROUTER)
        self.assertIsNone(self.read_all(discover())["gateway"])


class Flow(Features):
    def test_direction(self):
        self.assertEqual(self.features(
            "flow",
            tcp(b"", dport=33333, sport=22, flags=make.SYN), tcp(b"x", dport=33333, sport=22),  # the SYN tells
            frame(make.tcp(IP, 50001, APP, 4444, flags=SYN_ACK)), frame(make.tcp(IP, 50001, APP, 4444, b"x")),
            tcp(b"x", dport=9000, sport=443),  # the known port responds
            to_me(make.udp(APP, 4000, IP, 5000, b"x")),  # 5000 is known for TCP only: the lower
            udp(b"x", dport=123, sport=123),  # equal: who sends first asks
        ), ["in tcp 198.51.100.7 443", "in tcp local *", "out tcp 198.51.100.7 33333", "out udp 198.51.100.7 123", "out udp local 4000"])

    def test_peers(self):
        answer = make.dns([("cloud.example", "A")], [make.dns_record("cloud.example", "CNAME", "n17.edge.example"),
                                                     make.dns_record("n17.edge.example", "A", CLOUD)])
        self.assertEqual(self.features(
            "flow",
            udp(make.dns([("cloud.example", "A")]), ROUTER, 53), frame(make.udp(ROUTER, 53, IP, 40000, answer), src=GATEWAY, dst=ME),
            tcp(b"x"), udp(b"x", IP, 1), udp(b"x", "255.255.255.255", 2, ALL), udp(b"x", "192.168.1.255", 3, ALL),
            udp(b"x", "239.255.255.250", 1900, "01:00:5e:7f:ff:fa"), udp(b"x", "192.168.9.9", 4), udp(b"x", "203.0.113.5", 5),
            frame(make.udp("fe80::1", 4000, "fe80::2", 6, b"x"), dst=PHONE), frame(make.udp("fe80::1", 4000, "fe80::3", 8, b"x")), frame(make.udp("fe80::1", 9, "ff02::fb", 5353, b"x")),
            frame(make.udp("fe80::1", 9, "ff02::1:ff00:1", 7, b"x")),
            tcp(make.client_hello("n1234.other.example"), "203.0.113.6", 443),
        ), ["out tcp cloud.example 8443", "out tcp n#.other.example 443", "out udp 203.0.113.5 5", "out udp 239.255.255.250 1900",
            "out udp broadcast 2", "out udp broadcast 3", "out udp ff02::fb 5353", "out udp gateway 53", "out udp gateway 8", "out udp local 4", "out udp local 6",
            "out udp self 1", "out udp solicited-node 7"])

    def test_name_when_the_flow_began(self):
        """Two names of one address: each flow has the one that was asked for before it."""
        def answer(name):
            return frame(make.udp(ROUTER, 53, IP, 40000, make.dns([(name, "A")], [make.dns_record(name, "A", CLOUD)])), src=GATEWAY, dst=ME)
        self.assertEqual(self.features("flow", answer("a.example"), tcp(b"x", dport=80), answer("b.example"), tcp(b"x", dport=443)),
                         ["out tcp a.example 80", "out tcp b.example 443", "out udp gateway 53"])

    def test_others_are_not_the_devices(self):
        self.assertEqual(self.features("flow", frame(make.udp(APP, 1, CLOUD, 2, b"x"), src=PHONE)), [])


class Families(Features):
    def test_name(self):
        ntp = bytes([0 << 6 | 3 << 3 | 3]) + bytes(47)
        request = b"GET / HTTP/1.1\r\nA: b\r\nhost:  API12.Example:8080 \r\n\r\nHost: no\r\n"
        self.assertEqual(self.features(
            "name",
            udp(make.dns([("Api.example", "A")]), ROUTER, 53), udp(make.dns([("plug-0a01.example", "AAAA")]), ROUTER, 53),
            frame(make.udp(ROUTER, 53, IP, 40000, make.dns([("answer.example", "A")], response=True)), src=GATEWAY, dst=ME),
            tcp(make.client_hello("TLS.example"), dport=443), tcp(request, dport=80),
            tcp(b"GET / HTTP/1.0\r\nHost: 192.168.1.1\r\n\r\n", ROUTER, 80), udp(ntp, "203.0.113.9", 123, sport=123),
            udp(bytes([4 << 3 | 4]) + bytes(47), dport=123, sport=124), udp(b"\0\1fw-12345678.bin\0octet\0", dport=69), udp(b"\0\2a\0", dport=69),
            udp(b"\0\3a\0", dport=69), to_me(make.tcp(APP, 5, IP, 80, b"GET / HTTP/1.0\r\nHost: in.example\r\n\r\n")),
        ), ["dns A api.example", "dns AAAA plug-<mac>.example", "http api#.example", "http gateway", "ntp 3 203.0.113.9",
            "tftp read fw-<digits>.bin", "tftp write a", "tls tls.example"])

    def test_link(self):
        ipv6 = {"src": ME, "dst": "33:33:ff:00:00:01"}
        self.assertEqual(self.features(
            "link",
            arp(1, ME, "0.0.0.0", IP), arp(2, ME, IP, IP), arp(1, ME, IP, ROUTER), arp(1, ME, IP, APP), arp(2, ME, IP, ROUTER), arp(1, PHONE, APP, IP),
            eapol(1, b"", ME, GATEWAY), eapol(3, bytes(3), GATEWAY, ME), udp(make.dns([("a.example", "A")]), ROUTER, 53),
            frame(make.icmp(IP, CLOUD, 8)), to_me(make.icmp(ROUTER, IP, 0), GATEWAY), frame(make.icmp("fe80::1", "ff02::1:ff00:1", 135), **ipv6),
            frame(make.ip(IP, "224.0.0.251", make.IGMP, make.igmp(0x16, "224.0.0.251"), options=make.ROUTER_ALERT)),
            frame(make.ip(IP, "224.0.0.22", make.IGMP, make.igmpv3_report((4, "239.255.255.250"), (4, "224.0.0.251")))),
            tcp(b"", dport=81, flags=make.SYN), tcp(b"", dport=82, flags=make.SYN), tcp(b"x", dport=82),
        ), ["arp announcement", "arp probe", "arp who-has gateway", "arp who-has local", "eapol in key", "eapol out start", "empty out tcp 198.51.100.7 81",
            "icmp in 0 gateway", "icmp out 8 198.51.100.7", "icmpv6 out 135 solicited-node", "igmp v2-report 224.0.0.251", "igmp v3-report 224.0.0.251",
            "igmp v3-report 239.255.255.250"])

    def test_dhcp(self):
        options = b"\0" + option(55, bytes([1, 3, 6])) + option(60, b"udhcp 1.15.2") + option(12, b"plug-0A01\x07")
        self.assertEqual(self.features("dhcp", discover(options=options), offer(options=option(12, b"no")), discover(PHONE, options=option(12, b"phone")),
                                       discover(message=3, options=option(12, b"x") + b"\x3c\xff")),
                         ["discover", "host-name plug-<mac>\\007", "host-name x", "options discover 53,55,60,12", "options request 53,12",
                          "parameters 1,3,6", "request", "vendor-class udhcp 1.15.2"])

    def test_http(self):
        soap = b'POST /upnp/control HTTP/1.1\r\nSOAPACTION: "urn:Belkin:service:basicevent:1#SetBinaryState"\r\n\r\n'
        self.assertEqual(self.features(
            "content", tcp(b"GET /v1/0123456789ab?id=5&on&x=a=b HTTP/1.1\r\n\r\n", dport=80), tcp(b"GET http://a.example/p? HTTP/1.1\r\n\r\n", dport=8080),
            to_me(make.tcp(APP, 40000, IP, 80, soap)), tcp(b"HTTP/1.1 200 OK\r\n\r\n", APP, 40000, sport=80), tcp(b"GET / HTTP/1.1", dport=80),
        ), ["http in POST /upnp/control", "http out GET /p?", "http out GET /v1/<hex>?id&on&x", 'soap in "urn:Belkin:service:basicevent:1#SetBinaryState"'])

    def test_ssdp(self):
        notify = b"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nUSN: uuid:Socket-1_0-221517K0101769::upnp:rootdevice\r\n\r\n"
        answer = b"HTTP/1.1 200 OK\r\nST: ssdp:all\r\nUSN: uuid:2f402f80-da50-11e1-9b23-0017882476ff\r\n\r\n"
        group, mac = "239.255.255.250", "01:00:5e:7f:ff:fa"
        self.assertEqual(self.features(
            "content", udp(notify, group, 1900, mac), udp(b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", group, 1900, mac), udp(answer, APP, 5000, PHONE, 1900),
            to_me(make.udp(APP, 1900, IP, 1900, b"NOTIFY * HTTP/1.1\r\nNT: no\r\n\r\n")),
        ), ["ssdp answer ssdp:all", "ssdp nt upnp:rootdevice", "ssdp product <uuid>", "ssdp product Socket-1_0-<serial>", "ssdp st ssdp:all"])

    def test_mdns(self):
        text = b"\x05md=H1\x04id=5\x02=x\x00\x03sf="
        answer = make.dns([], [make.dns_record("_hap._tcp.local", "PTR", "hub._hap._tcp.local")], [make.dns_record("hub._hap._tcp.local", "TXT", text)], response=True)
        self.assertEqual(self.features("content", *(udp(message, "224.0.0.251", 5353, "01:00:5e:00:00:fb", 5353) for message in (make.dns([("_hap._tcp.local", "PTR")]), answer))),
                         ["mdns key id", "mdns key sf", "mdns md=H1", "mdns question PTR _hap._tcp.local", "mdns service _hap._tcp.local"])

    def test_coap_and_mqtt(self):
        self.assertEqual(self.features(
            "content", udp(make.coap(0, 1, ["oic", "res"]), dport=5683), to_me(make.udp(APP, 5, IP, 5683, make.coap(1, 3, ["on"]))), udp(make.coap(2, 0x45), dport=5683),
            tcp(make.mqtt(3, make.mqtt_text("tele/plug-000A01/STATE") + b"x"), dport=1883), tcp(make.mqtt_connect("me"), dport=1883),
            tcp(make.mqtt(8, b"\0\1" + make.mqtt_text("cmnd/plug/#") + b"\0" + make.mqtt_text("a") + b"\1", flags=2), dport=1883),
        ), ["coap in PUT /on", "coap out GET /oic/res", "mqtt out a", "mqtt out cmnd/plug/#", "mqtt out tele/plug-<mac>/STATE"])

    def test_agent(self):
        frames = [tcp(b"GET / HTTP/1.1\r\nUser-Agent: plug/1.2\r\n\r\n", dport=80), tcp(b"HTTP/1.1 200 OK\r\nServer: GoAhead\r\n\r\n", APP, 5, sport=80)]
        self.assertEqual(self.features("agent", *frames), ["server GoAhead", "user-agent plug/1.2"])
        self.assertNotIn("agent", [f["family"] for f in self.read_all(*frames)["features"]])

    def test_agent_by_its_hello(self):
        suites, extensions = (hashlib.sha256(text).hexdigest()[:12] for text in (b"1301", b"002b"))  # server_name does not count
        hello = make.client_hello("a.example")
        self.assertEqual(self.features("agent", tcp(hello, dport=8443), tcp(hello[:-1], dport=8443), tcp(make.application_data(), dport=8443)),
                         [f"ja4 t13d010200_{suites}_{extensions}"])

    def test_agent_by_its_syn(self):
        """The kinds of options in their order, and what a system chooses: no values of time stamps."""
        linux = bytes([2, 4, 5, 0xB4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7])

        def syn(options=b"", ttl=64, flags=2, length=None, host=CLOUD, own=IP):
            offset = 20 + len(options) if length is None else length
            segment = struct.pack(">HHIIBBHHH", 40000, 443, 1, 0, offset // 4 << 4, flags, 29200, 0, 0) + options
            packet = bytearray(make.ip(own, host, make.TCP, segment))
            packet[8 if packet[0] >> 4 == 4 else 7] = ttl
            return frame(bytes(packet))

        for ttl, level in ((1, 32), (32, 32), (33, 64), (64, 64), (65, 128), (128, 128), (129, 255), (255, 255)):
            self.assertEqual(self.features("agent", syn(linux, ttl)), [f"syn {level} 29200 mss1460,sack,ts,nop,ws7"])
        self.assertEqual(self.features("agent", syn(linux, own="fd00::2", host="fd00::1")), ["syn 64 29200 mss1460,sack,ts,nop,ws7"])
        self.assertEqual(self.features("agent", syn()), ["syn 64 29200"])
        self.assertEqual(self.features("agent", syn(b"\x22\2\2\4\5\xb4\1\0" + b"\3\3\7\0")), ["syn 64 29200 34,mss1460,nop,end"])
        self.assertEqual(self.features("agent", syn(b"\2\4\5\xb4\1\1\3\1")), ["syn 64 29200 mss1460,nop,nop"])  # the last is damaged
        self.assertEqual(self.features("agent", syn(b"\1\1\1\1", length=40), syn(linux, flags=0x12)), [])  # cut; an answer

    def test_tp_link(self):
        on = '{"context":{"source":"a-b-c"},"system":{"set_relay_state":{"state":1}}}'
        info = '{"system":{"get_sysinfo":{"sw_ver":"1.2.3","model":"HS110(EU)","rssi":-50,"x":[1,{"y":"}"}]},"set_relay_state":{"err_code":0}}}'
        commands = '{"system":{"get_sysinfo":null,"reboot":{}},"emeter":{"get":{"month":123456,"on":true,"l":[1,2]}}}'
        self.assertEqual(self.features(
            "vendor", to_me(make.tcp(APP, 40000, IP, 9999, tp_link(on))), tcp(tp_link(info), APP, 40000, PHONE, sport=9999),
            udp(tp_link(commands, False), "192.168.1.40", 9999, PHONE), tcp(tp_link("nonsense"), dport=9999),
        ), ["tp-link in context.source", "tp-link in system.set_relay_state.state=1", "tp-link out emeter.get.l=1", "tp-link out emeter.get.l=2",
            "tp-link out emeter.get.month", "tp-link out emeter.get.on=true", "tp-link out model HS110(EU)", "tp-link out reply system.get_sysinfo",
            "tp-link out reply system.set_relay_state", "tp-link out system.get_sysinfo", "tp-link out system.reboot"])

    def test_edimax(self):
        text = '<param>\n<code value="1010" />\n<model value="SP-1101W" />\n<id value="020000000A01" />\n</param>'
        for turn in range(8):
            self.assertEqual(self.features("vendor", udp(edimax(text, turn), dport=8765)), ["edimax out code 1010", "edimax out model SP-1101W"])
        self.assertEqual(self.features("vendor", udp(edimax(text, 1)[1:], dport=8765)), [])

    def test_length(self):
        push, more = make.PSH | make.ACK, make.ACK
        big = bytes(1000)
        self.assertEqual(self.features(
            "length",
            tcp(big, flags=more), tcp(big, flags=more), tcp(b"x" * 7, flags=push),  # one message of 2007
            tcp(big, flags=more), frame(make.tcp(CLOUD, 8443, IP, 40000, b"reply"), src=GATEWAY, dst=ME), tcp(b"x" * 5, flags=push),
            udp(b"x" * 33), frame(make.udp(CLOUD, 7777, IP, 40000, b"y" * 44), src=GATEWAY, dst=ME),
            udp(make.dns([("a.example", "A")]), ROUTER, 53), tcp(b"GET / HTTP/1.1\r\n\r\n", dport=80), tcp(b"more of it", dport=80),
        ), ["out tcp 198.51.100.7 8443 1000", "out tcp 198.51.100.7 8443 2007", "out tcp 198.51.100.7 8443 5", "out udp 198.51.100.7 7777 33"])

    def test_length_of_tls(self):
        records = make.client_hello("a.example") + make.application_data(40) + make.application_data(50)
        cut = len(records) - 20  # inside the last one
        self.assertEqual(self.features("length", tcp(records[:cut], dport=443), tcp(records[cut:] + make.application_data(60), dport=443), tcp(b"?" * 9, dport=443),
                                       tcp(make.application_data(70), dport=443)),
                         [f"out tcp a.example 443 tls {n}" for n in (40, 50, 60, 70)])

    def test_what_is_sent_again_is_no_message(self):
        def segment(seq, n):
            return frame(make.tcp(IP, 40000, CLOUD, 8443, bytes(n), seq=seq))

        self.assertEqual(self.features("length", segment(1, 100), segment(1, 100), segment(51, 50), segment(100, 1),  # again, in part, alive
                                       segment(101, 30), segment(1, 130)),
                         [f"out tcp 198.51.100.7 8443 {n}" for n in (100, 30)])
        wrap = 2**32 - 50
        self.assertEqual(self.features("length", segment(wrap, 100), segment(wrap, 100), segment(50, 30), segment(10**9, 20)),
                         [f"out tcp 198.51.100.7 8443 {n}" for n in (100, 20, 30)])

    def test_at_most_forty_lengths(self):
        self.assertEqual(len(self.features("length", *(udp(bytes(n)) for n in range(1, 60)))), 40)


class Hostile(Features):
    def frames(self):
        soap = b'POST /a?b HTTP/1.1\r\nHost: x\r\nSOAPACTION: "y"\r\n\r\n'
        text = make.dns_record("hub._hap._tcp.local", "TXT", b"\x05md=H1\xffid")
        return [discover(options=option(55, b"\1\3") + option(12, b"x")), offer(options=option(3, b"\1\2")), arp(1, ME, IP, ROUTER), eapol(3, bytes(3), GATEWAY, ME),
                tcp(soap, dport=80), udp(make.dns([("a", "A")], [text], response=True), "224.0.0.251", 5353, sport=5353), tcp(tp_link('{"a":{"b":["c"'), dport=9999),
                tcp(tp_link("{[" * 50), dport=9999), tcp(tp_link('{"a' + "\\" * 9), dport=9999), tcp(tp_link("}]}]{}[]"), dport=9999),
                udp(edimax("<param><code value=", 3), dport=8765), tcp(make.client_hello("a.example"), dport=443), udp(make.coap(0, 1, ["x"]), dport=5683),
                frame(make.ip(IP, "224.0.0.22", make.IGMP, make.igmpv3_report((4, "224.0.0.251")))), tcp(make.mqtt(3, b"\xff\xffab"), dport=1883),
                udp(b"NOTIFY * HTTP/1.1\r\nNT:\r\nUSN: uuid:\r\n:\r\n\n", "239.255.255.250", 1900), frame(make.icmp(IP, CLOUD, 8)),
                udp(b"\0\1" + b"a" * 1000, dport=69), udp(tp_link('{"' + "a" * 1200 + '":{"b":1}}', False), dport=9999)]

    def test_cut_anywhere(self):
        frames = self.frames()
        whole = self.read_all(*frames, words=("--families", "flow,name,link,dhcp,content,agent,vendor,length"))
        self.assertGreater(len(whole["features"]), 20)
        cuts = [frame[:n] for frame in frames for n in range(len(frame))]
        one = self.read_all(*cuts, name="cut.pcap")
        self.assertEqual(one["self"], ME)
        for feature in one["features"] + whole["features"]:
            self.assertRegex(feature["feature"], r"^[ -~]{1,1024}$")

    def test_limit(self):
        path = self.capture(*(udp(b"x", dport=n) for n in range(1, 20)), link=1)
        result = support.run("features", "--max-flows", "10", path)
        self.assertEqual(result.status, 5)
        self.assertIn("--max-flows", result.err)
        self.assertEqual(support.run("features", "--max-flows", "40", path).status, 0)


class Output(Features):
    FRAMES = [discover(), udp(b"x", "255.255.255.255", 2, ALL), udp(b"x", "255.255.255.255", 2, ALL)]

    def test_formats(self):
        path = self.capture(*self.FRAMES, link=1)
        words = ("features", "--families", "flow,dhcp", path, "--format")
        texts = [("flow", 1, "out udp broadcast 67", 0), ("flow", 2, "out udp broadcast 2", 1), ("dhcp", 1, "discover", 0), ("dhcp", 1, "options discover 53", 0)]
        texts[:2] = texts[1::-1]
        times = ["1700000000.000000", "1700000000.010000"]
        rows = [{"family": family, "feature": text, "count": count, "first": times[first]} for family, count, text, first in texts]
        self.assertEqual(json.loads(self.run_ok(*words, "json")), [
            {"capture": path, "self": ME, "found_by": "only", "addresses": [IP], "gateway": None, "features": rows}])
        self.assertEqual([json.loads(line) for line in self.run_ok(*words, "jsonl").splitlines()],
                         [{"capture": path, "self": ME, "found_by": "only", **row} for row in rows])
        self.assertEqual(self.run_ok(*words, "csv"), "capture,self,found_by,family,feature,count,first\r\n" + "".join(
            f"{path},{ME},only,{row['family']},{row['feature']},{row['count']},{row['first']}\r\n" for row in rows))
        self.assertEqual(self.run_ok(*words, "text").splitlines(), [
            f"{path}: self {ME} (only), {IP}", "family  count  feature", "flow        2  out udp broadcast 2", "flow        1  out udp broadcast 67",
            "dhcp        1  discover", "dhcp        1  options discover 53"])

    def test_several_and_none(self):
        path, empty = self.capture(*self.FRAMES, link=1), self.capture(name="b.pcap", link=1)
        both = json.loads(self.run_ok("features", "--format", "json", path, empty))
        self.assertEqual([(one["capture"], one["self"]) for one in both], [(path, ME), (empty, None)])
        result = support.run("features", "--format", "text", empty)
        self.assertEqual((result.status, result.out), (1, f"{empty}: no device\nfamily  count  feature\n"))
        self.assertEqual(support.run("features", "--format", "json", empty).status, 1)

    def test_bad_inputs(self):
        path, bad = self.capture(*self.FRAMES, link=1), self.write("bad", b"no capture")
        result = support.run("features", "--format", "json", bad, path)
        self.assertEqual((result.status, [one["capture"] for one in json.loads(result.out)]), (3, [path]))
        for words in (("--strict", path, bad), ("--strict", bad, path), ("--families", "flow,", path), ("--families", "x", path), ("--format", "yaml", path)):
            result = support.run("features", "--format", "json", *words)
            self.assertEqual((result.status, result.out), (3 if words[0] == "--strict" else 2, ""))

    def test_a_capture_that_ends_inside_a_packet(self):
        path = self.capture(*self.FRAMES, link=1)
        with open(path, "rb") as file:
            content = file.read()
        cut = self.write("cut.pcap", content[:-5])
        result = support.run("features", "--format", "jsonl", "--families", "flow", cut)
        self.assertEqual(result.status, 0)
        self.assertIn("warning", result.err)
        self.assertEqual([json.loads(line)["count"] for line in result.out.splitlines()], [1, 1])
        self.assertEqual((support.run("features", "--strict", cut).status, support.run("features", "--strict", cut).out), (3, ""))

    def test_pause(self):
        """No pause ends a capture, unless it is asked for."""
        frames = [make.ethernet(make.udp(IP, 40000, CLOUD, n, b"x"), src=ME) for n in (2, 3)]
        path = self.write("a.pcap", make.pcap([(START, frames[0]), (START + 100 * support.SECOND, frames[1])]))
        count = [len(self.run_ok("features", "--format", "jsonl", "--families", "flow", "--self", ME, *words, path).splitlines()) for words in ((), ("--timeout", "20"))]
        self.assertEqual(count, [2, 1])

    def test_filter_and_names(self):
        table = self.write("names.json", json.dumps({"IP": {CLOUD: "known.example"}, "ALIAS": {}}))
        path = self.capture(tcp(b"x"), udp(b"x"), link=1)
        out = self.run_ok("features", "--self", ME, "--families", "flow", "--format", "jsonl", "--filter", "tcp", "--dns-table", table, path)
        self.assertEqual([json.loads(line)["feature"] for line in out.splitlines()], ["out tcp known.example 8443"])

    def test_jobs(self):
        """Threads change neither the output nor what is said, where captures are bad or cut, and where reading stops at one."""
        paths = [self.capture(*(udp(b"x" * n, dport=7000 + n) for n in range(1 + i % 7)), name=f"{i:02}.pcap", link=1) for i in range(30)]
        paths[7:7] = [self.write("bad.pcap", "nothing"), self.path("absent.pcap")]
        paths.insert(20, self.write("cut.pcap", self.read("05.pcap")[:-3]))
        names = self.write("names.json", json.dumps({"IP": {CLOUD: "known.example"}, "ALIAS": {}}))
        for words in (["--format", "jsonl"], ["--format", "csv"], ["--format", "json", "--strict"], ["--format", "text", "--dns-table", names], ["--max-flows", "1", "--format", "jsonl"]):
            one = support.run("features", *words, *paths)
            self.assertIn(one.status, (3, 5))
            for jobs in ("1", "2", "5", "100000"):
                many = support.run("features", "-j", jobs, *words, *paths, leaks=jobs == "5")
                self.assertEqual((many.status, many.err, many.out), (one.status, one.err, one.out), (words, jobs))
        self.assertEqual(support.run("features", "-j", "0", paths[0]).status, 2)


if __name__ == "__main__":
    support.main()
