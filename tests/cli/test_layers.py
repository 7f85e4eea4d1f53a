# SPDX-License-Identifier: GPL-3.0-or-later
"""--layers: what each layer tells of packets made by hand, what flows make of it, and that nothing changes without it."""
import hashlib
import json
import random
import struct

import support
from support import Case, make

A, B, CLOUD = "192.168.1.2", "192.168.1.1", "198.51.100.7"
ALL = ("--layers", "all")
WORDS = ("tls", "quic", "mqtt", "tplink", "edimax", "tuya", "matter", "mdns", "ntp")


def hidden(text):
    """As TP-Link hides it."""
    out, key = b"", 171
    for byte in text.encode():
        key ^= byte
        out += bytes([key])
    return out


def turned(text, bits):
    """As Edimax hides it."""
    return bytes([ord("<") + bits]) + bytes((byte >> bits | byte << 8 - bits) & 0xFF for byte in text.encode()[1:])


def server_hello(version=0x0304):
    extension = struct.pack(">HHH", 43, 2, version)
    body = b"\3\3" + bytes(32) + b"\0" + b"\x13\1" + b"\0" + struct.pack(">H", len(extension)) + extension
    return make.tls_record(22, b"\2" + struct.pack(">I", len(body))[1:] + body)


CERTIFICATE = make.tls_record(22, b"\x0b\0\0\4\0\0\0\0")
SUITES, EXTENSIONS = (hashlib.sha256(text).hexdigest()[:12] for text in (b"1301", b"002b"))  # server_name does not count
NAMED, UNNAMED = f"t13d010200_{SUITES}_{EXTENSIONS}", f"t13i010100_{SUITES}_{EXTENSIONS}"


def to_cloud(payload, port=40000, **more):
    return make.tcp(A, port, CLOUD, 443, payload, **more)


def from_cloud(payload, port=40000, **more):
    return make.tcp(CLOUD, 443, A, port, payload, **more)


# Each word, a packet of its kind, and what it tells.
QUERY = b"\0\0\0\0\0\2\0\0\0\0\0\0\xc0\x0c\0\x0c\0\1" + make.dns_name("_hue._tcp.local") + b"\0\x0c\0\1"
CASES = {
    "tls": (to_cloud(make.client_hello("a.example")),
            {"protocol": "TLS", "response": False, "server-name": "a.example", "version": "1.3", "ja4": NAMED}),
    "quic": (make.udp(A, 40000, CLOUD, 443, b"\xf0\0\0\0\1\0\2ab" + bytes(20)), {"protocol": "QUIC", "type": "retry", "version": "1"}),
    "mqtt": (make.tcp(A, 40000, CLOUD, 1883, make.mqtt_subscribe("home/+/plug")), {"protocol": "MQTT", "type": "subscribe", "topic": "home/+/plug"}),
    "tplink": (make.udp(A, 40000, B, 9999, hidden('{"system":{"set_relay_state":{"state":1}}}')),
               {"protocol": "TP-Link", "response": False, "command": "system.set_relay_state"}),
    "edimax": (make.tcp(A, 40000, B, 8765, turned('<param><code value="1010" /><model value="SP1101W" /></param>', 3)),
               {"protocol": "Edimax", "code": "1010", "model": "SP1101W"}),
    "tuya": (make.tcp(A, 40000, B, 6668, struct.pack(">IIII", 0x55AA, 1, 7, 24) + b"3.3" + bytes(21)), {"protocol": "Tuya", "command": "control", "version": "3.3"}),
    "matter": (make.udp(A, 40000, B, 5540, b"\0\0\0\0\1\2\3\4" + b"\1\x30\0\1\0\0"),
               {"protocol": "Matter", "response": False, "session": "unsecured", "message": "case-sigma-1"}),
    "mdns": (make.udp(A, 5353, "224.0.0.251", 5353, QUERY), {"protocol": "DNS-SD", "response": False, "service": "_hue._tcp.local"}),
    "ntp": (make.udp(A, 123, B, 123, b"\x23" + bytes(47)), {"protocol": "NTP", "response": False, "version": "4", "mode": "client"}),
}


class Packets(Case):
    def layers(self, *words):
        return [p["application_layer"] for p in self.packets(*words, self.path("a.pcap"))]

    def test_each(self):
        self.assertEqual(tuple(CASES), WORDS)
        self.capture(*[packet for packet, _ in CASES.values()])
        wanted = [layer for _, layer in CASES.values()]
        self.assertEqual(self.layers(*ALL), wanted)
        self.assertEqual(self.layers("--layers", ",".join(reversed(WORDS))), wanted)
        for i, word in enumerate(WORDS):
            self.assertEqual(self.layers("--layers", word), [layer if i == j else None for j, layer in enumerate(wanted)])
        for layer, got in zip(wanted, self.layers(*ALL)):
            self.assertEqual(list(layer), list(got))  # and their order

    def test_without_it_nothing_is_there(self):
        path = self.capture(*[packet for packet, _ in CASES.values()])
        self.assertEqual(self.layers(), [None] * len(CASES))
        for flow in self.flows(path):
            self.assertIsNone(flow["application_layer"])

    def test_old_layers_stay(self):
        request = b"GET /a HTTP/1.1\r\n\r\n"
        self.capture(make.tcp(A, 40000, B, 1883, request), make.tcp(A, 40000, B, 9999, request), make.udp(A, 40000, B, 53, make.dns([("a.example", "A")])),
                     make.udp(A, 5353, "224.0.0.251", 5353, make.dns([("a.local", "PTR")])), make.udp(A, 40000, B, 1900, b"NOTIFY * HTTP/1.1\r\n\r\n"),
                     make.udp(A, 40000, B, 5683, make.coap(0, 1, ["a"])))
        self.assertEqual(self.layers(*ALL), self.layers())
        self.assertNotIn(None, self.layers())

    def test_wrong_words(self):
        path = self.capture(CASES["tls"][0])
        for word in ("", "dns", "tls,", "tls,,quic", "TLS", "all,x", "none"):
            result = support.run("packets", "--layers", word, path)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertIn("--layers: not a list of layers (use tls, quic,", result.err)

    def test_hellos_are_kept(self):
        """Who asks for TLS sees hellos, also those that name no server; not the rest of the handshake."""
        self.capture(to_cloud(make.client_hello()), from_cloud(server_hello()), from_cloud(CERTIFICATE), from_cloud(server_hello() + CERTIFICATE))
        self.assertEqual(self.layers("--keep", "handshake"), [None] * 4)
        self.assertEqual(support.run("packets", "--format", "jsonl", self.path("a.pcap")).status, 1)
        self.assertEqual(support.run("packets", "--format", "jsonl", "--layers", "quic,mqtt", self.path("a.pcap")).status, 1)
        server = {"protocol": "TLS", "response": True, "version": "1.3"}
        self.assertEqual(self.layers("--layers", "tls"),
                         [{"protocol": "TLS", "response": False, "version": "1.3", "ja4": UNNAMED}, server, server])

    def test_a_cut_hello(self):
        hello = make.client_hello("cloud.example.com")
        packet = to_cloud(hello)
        first = hello.index(b"cloud.example.com") + len("cloud.example.com")
        for left, want in ((0, {"version": "1.3", "ja4": NAMED, "server-name": "cloud.example.com"}),
                           (len(hello) - first + 1, {"version": "1.3"}), (len(hello) - 45, {})):
            frame = make.ethernet(packet, pad=False)
            self.write("a.pcap", make.pcap([(support.START, frame)], snap=len(frame) - left))
            self.assertEqual(self.layers(*ALL), [{"protocol": "TLS", "response": False, **want}])

    def test_names_are_escaped(self):
        self.capture(to_cloud(make.client_hello("A\x1b[31m.b\\c\x7f")), make.tcp(A, 1, B, 1883, make.mqtt_publish('"\n,')))
        one, other = self.layers(*ALL)
        self.assertEqual(one["server-name"], "a\\027[31m.b\\\\c\\127")
        self.assertEqual(other["topic"], '"\\010,')
        text = self.run_ok("packets", "--format", "csv", *ALL, self.path("a.pcap"))
        self.assertNotIn("\x1b", text)


class Flows(Case):
    """A layer that was asked for is that of all packets between two ends."""

    def session(self, name, port, data=3):
        return [to_cloud(make.client_hello(name), port=port), from_cloud(server_hello(), port=port), from_cloud(CERTIFICATE, port=port),
                *[packet for _ in range(data) for packet in (to_cloud(make.application_data(), port=port), from_cloud(make.application_data(), port=port))]]

    def test_one_flow(self):
        path = self.capture(*self.session("a.example", 40000))
        self.assertEqual([(f["packets"], f["application_layer"]) for f in self.flows(path)], [(7, None)])
        (flow,) = self.flows(*ALL, path)
        self.assertEqual((flow["packets"], flow["count"], flow["dst"], flow["application_layer"]), (8, 1, "a.example", CASES["tls"][1]))
        self.assertEqual(flow["id"], f"{A}-a.example_TCP_dst_443_TLS_response-false_server-name-a.example_version-1.3_ja4-{NAMED}")

    def test_what_comes_before_the_hello(self):
        path = self.capture(to_cloud(b"", flags=2), *self.session("a.example", 40000))
        (flow,) = self.flows(*ALL, "--keep", "syn", path)
        self.assertEqual((flow["packets"], flow["application_layer"]["protocol"]), (9, "TLS"))

    def test_each_attribute_from_the_first_that_has_it(self):
        packets = [make.tcp(A, 40000, CLOUD, 1883, message) for message in
                   (make.mqtt_connect("plug-1"), make.mqtt(12), make.mqtt_publish("a/b"), make.mqtt_publish("c/d"), make.mqtt_connect("plug-2"))]
        path = self.capture(*packets, make.tcp(A, 40001, CLOUD, 1883, b"\0\0"))
        flows = self.flows("--layers", "mqtt", path)
        self.assertEqual([(f["packets"], f["application_layer"]) for f in flows],
                         [(5, {"protocol": "MQTT", "type": "connect", "client-id": "plug-1", "topic": "a/b"}), (1, None)])

    def test_types_of_mqtt_are_compared(self):
        path = self.capture(*[make.tcp(A, 40000 + i, CLOUD, 1883, message) for i, message in enumerate(
            (make.mqtt_connect("plug-1"), make.mqtt_publish("a/b"), make.mqtt_connect("plug-2"), make.mqtt_publish("c/d"), make.mqtt_publish("a/b")))])
        flows = self.flows("--layers", "mqtt", path)
        self.assertEqual([(f["count"], f["application_layer"]) for f in flows],
                         [(2, {"protocol": "MQTT", "type": "connect", "client-id": "plug-1"}), (2, {"protocol": "MQTT", "type": "publish", "topic": "a/b"}),
                          (1, {"protocol": "MQTT", "type": "publish", "topic": "c/d"})])

    def test_sessions_of_the_same_server(self):
        """Two names of one parent are equal, and so is none; a third is not."""
        names = ("x.a.example", "y.a.example", None, "b.example")
        path = self.capture(*[p for i, name in enumerate(names) for p in self.session(name, 40000 + i)])
        flows = self.flows("--timeout", "0", *ALL, path)
        self.assertEqual([(f["count"], f["packets"], f["application_layer"]["server-name"]) for f in flows],
                         [(3, 24, "x.a.example"), (1, 8, "b.example")])

    def test_other_layers_of_the_same_ends(self):
        request = make.tcp(A, 40000, CLOUD, 443, b"GET / HTTP/1.1\r\n\r\n")
        flows = self.flows(*ALL, self.capture(*self.session("a.example", 40000), request))
        self.assertEqual([(f["packets"], f["application_layer"]["protocol"]) for f in flows], [(8, "TLS"), (1, "HTTP")])

    def test_two_protocols_of_the_same_ends(self):
        """What has none goes with the first."""
        hello = make.tcp(A, 40000, CLOUD, 1883, make.client_hello("a.example"))
        publish, other = make.tcp(A, 40000, CLOUD, 1883, make.mqtt_publish("a")), make.tcp(A, 40000, CLOUD, 1883, b"\0")
        flows = self.flows(*ALL, self.capture(other, hello, publish, hello, publish, publish))
        self.assertEqual([(f["packets"], f["application_layer"]["protocol"]) for f in flows], [(3, "TLS"), (3, "MQTT")])

    def test_round_trip(self):
        session = [*self.session("a.example", 40000), *self.session("b.example", 40001), *self.session(None, 40002)]
        path = self.capture(*session, *[packet for packet, _ in CASES.values()], name="x.pcap")
        want = self.flows(*ALL, path)
        self.assertGreaterEqual(len(want), 9)
        for kind in ("json", "jsonl", "csv"):
            flows, packets = self.path(f"flows.{kind}"), self.path(f"packets.{kind}")
            self.run_ok("flows", *ALL, "-o", flows, path)
            self.run_ok("packets", *ALL, "-o", packets, path)
            for file in (flows, packets):
                self.assertEqual(self.flows(file), want, file)
                again = self.path(f"again.{kind}")
                self.run_ok("convert", "-o", again, file)
                self.assertEqual(self.read(f"again.{kind}"), self.read(file))

    def test_signature_and_comparison(self):
        a = self.capture(*self.session("b.example", 40000), *self.session("x.a.example", 40001), name="a.pcap")
        b = self.capture(*self.session("c.example", 41000), *self.session("y.a.example", 41001), name="b.pcap")
        signature = self.signature(*ALL, a, b)
        self.assertEqual([(f["count"], f["application_layer"]["server-name"]) for f in signature["flows"]], [(2, "x.a.example")])
        files = [self.path(name) for name in ("a.json", "b.json")]
        for capture, file in zip((a, b), files):
            self.run_ok("flows", *ALL, "-o", file, capture)
        self.assertEqual([f["application_layer"] for f in self.signature(*files)["flows"]], [f["application_layer"] for f in signature["flows"]])
        same = support.run("compare", "--format", "json", files[0], files[0])
        self.assertEqual((same.status, json.loads(same.out)["distance"]), (0, "0"))

    def test_distance(self):
        """By hand: of four attributes that count, the name differs in 1 of 22 characters, and one is absent on one side."""
        def flow(**attributes):
            return json.dumps({"flows": [{"network_protocol": "IPv4", "src": A, "dst": CLOUD, "transport_protocol": "TCP", "sport": None, "dport": 443,
                                          "ports": [], "application_layer": {"protocol": "TLS", **attributes}, "count": 1, "packets": 1, "bytes": 1,
                                          "first": None, "last": None}]})
        one = self.write("one.json", flow(response=False, version="1.3", **{"server-name": "x.a.example"}))
        other = self.write("other.json", flow(response=True, version="1.3", ja4="t13", **{"server-name": "y.a.example"}))
        result = json.loads(support.run("compare", "--format", "json", one, other).out)
        # 1/3 of (1/4 of 1/22, and 1/4)
        self.assertEqual(result["distance"], "23/264")
        result = json.loads(support.run("closest", "--format", "json", one, other).out)
        self.assertIn("23/264", json.dumps(result))

    def test_merging_by_the_rule(self):
        """A flow joins the first that has no other value of what both have, which then has what it lacked: written out here, and by the index."""
        values = {"server-name": ("a.example", "x.a.example", "y.a.example", "z.x.a.example", "b.example"), "version": ("1.2", "1.3"), "alpn": ("h2", "h3")}

        def equal(a, b):
            if a.startswith("z") or b.startswith("z"):  # a subdomain of two of them, and no sibling
                return a.split("z.")[-1] in (b, "x." + b) or b.split("z.")[-1] in (a, "x." + a) or a == b
            return a == b or (a.endswith("a.example") and b.endswith("a.example"))

        for seed in range(30):
            numbers = random.Random(seed)
            flows, want = [], []
            for _ in range(60):
                layer = {"protocol": "TLS", **{name: numbers.choice(some) for name, some in values.items() if numbers.random() < 0.5}}
                flows.append({"network_protocol": "IPv4", "src": A, "dst": CLOUD, "transport_protocol": "TCP", "sport": None, "dport": None, "ports": [],
                              "application_layer": layer, "count": 1, "packets": 1, "bytes": 1, "first": None, "last": None})
                for one in want:
                    if all(equal(one[name], layer[name]) for name in values if name in one and name in layer):
                        one.update({name: value for name, value in layer.items() if name not in one}, count=one["count"] + 1)
                        break
                else:
                    want.append({**layer, "count": 1})
            path = self.write("x.json", json.dumps({"flows": flows}))
            merged = json.loads(self.run_ok("merge", "--format", "json", path))[0]["flows"]
            self.assertEqual([{**f["application_layer"], "count": f["count"]} for f in merged], want)

    def test_selection(self):
        path = self.write("x.pcap", make.pcap([(support.START + i, make.ethernet(p)) for i, p in enumerate([p for p, _ in CASES.values()])]))
        for word, protocol in zip(WORDS, ("tls", "quic", "mqtt", "tp-link", "edimax", "tuya", "matter", "dns-sd", "ntp")):
            out = json.loads(self.run_ok("filter", "--format", "json", *ALL, "--protocol", protocol, path))
            self.assertEqual([f["application_layer"]["protocol"] for f in out[0]["flows"]], [CASES[word][1]["protocol"]])
        out = json.loads(self.run_ok("filter", "--format", "json", *ALL, "--attribute", "server-name=a.example", path))
        self.assertEqual(len(out[0]["flows"]), 1)

    def test_policies_do_not_hold_them(self):
        path = self.capture(*self.session("a.example", 40000))
        device = ("--device", "plug", "--ipv4", A)
        plain = self.run_ok("profile", *device, path)
        result = support.run("profile", "-v", *device, *ALL, path)
        self.assertEqual(result.status, 0)
        self.assertIn("policies do not hold: application layers that were asked for", result.err)
        self.assertEqual(result.out.replace("_TLS_response-false_server-name-a.example_version-1.3_ja4-" + NAMED, ""), plain)


class Option(Case):
    COMMANDS = ("packets", "flows", "extract", "compare", "closest", "merge", "filter", "features")

    def test_help_and_completion(self):
        for command in self.COMMANDS:
            self.assertIn("--layers LIST", support.run(command, "--help").out, command)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("tls quic mqtt tplink edimax tuya matter mdns ntp all", support.run("completion", shell).out)


if __name__ == "__main__":
    support.main()
