# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is lost: what is put in by hand comes out of every format, field by field; and files of the Python package are read.

Expectations are the generated values themselves, or were written down by hand. What the program derives (`fixed`, `sport`,
`dport`) is derived here from behaviour section 4.
"""
import csv
import io
import ipaddress
import json
import os
import random
import unittest

import support
from support import START, Case, make

FORMATS = ("json", "jsonl", "csv")
MAX = 2**63 - 1
SERVICES = {53: "both", 443: "both", 9999: "both", 80: "TCP", 5353: "UDP"}  # as netbase and section 4 have them
OTHERS = [0, 40000, 50001, 61234, 65535]

PROTOCOLS = {
    "DNS": {"response": bool, "qtype": str, "domain-name": "name"}, "HTTP": {"response": bool, "method": str, "uri": str},
    "SSDP": {"response": bool, "method": str}, "CoAP": {"type": str, "response": bool, "code": str, "uri": str},
    "DHCP": {"client_mac": str, "message_type": str},
    "TLS": {"response": bool, "server-name": "name", "version": str, "alpn": str, "ja4": str},
    "QUIC": {"type": str, "version": str, "server-name": "name", "alpn": str, "ja4": str}, "MQTT": {"type": str, "client-id": str, "topic": str},
    "TP-Link": {"response": bool, "command": str}, "Edimax": {"code": str, "model": str}, "Tuya": {"command": str, "version": str},
    "Matter": {"response": bool, "session": str, "message": str}, "DNS-SD": {"response": bool, "service": "name"},
    "NTP": {"response": bool, "version": str, "mode": str}}

HOSTILE = ["", "\"", "\"\"", ",", ", ", "a,b", "a;b", "\\\\", "\\\\\\\\", "\\000", "\\010\\013", "\\027]0;t\\007", "=cmd|' /C x'!A0", "{", "[]",
           "{\"a\":1}", "nan", "None", "null", "True", "-", "  x  ", "/b'oic'/b'res'", "('a', 'b')", "\\255\\254", "\\195\\169", "%s%n", "#", "'", "\t"[:0]]
LABELS = ["a.pcap", "b.pcap", "a,b.pcap", "\"q\".pcap", "n\nl.pcap", "c\r\nr.pcap", "\r", "tab\t.pcap", " x ", "\u00e9\u2028.pcap", "\x1b[31m.pcap",
          "nan", "None", "null", "0", "{", "(", "\\000", "\x7f\u0085", "\U0001f4a1"]


def escape(raw):
    """Bytes of a label as RFC 1035 section 5.1 writes them, lower case."""
    return "".join("\\" + chr(b) if b in b".\\" else chr(b).lower() if 0x20 <= b <= 0x7E else f"\\{b:03d}" for b in raw)


def name(numbers):
    """A name of up to 255 bytes on the wire, of any bytes."""
    kind = numbers.randrange(6)
    if kind == 0:
        return ".".join(escape(bytes(numbers.choice([0, 255, 92, 46, 34]) for _ in range(n))) for n in (63, 63, 63, 61))
    if kind == 1:
        return ".".join(escape(bytes(numbers.randrange(256) for _ in range(numbers.randint(1, 20)))) for _ in range(numbers.randint(1, 5)))
    return numbers.choice(["a.example", "x.y.a.example", "_hue._tcp.local", "1.2.3", "b.co.uk", "xn--bcher-kva.example", "."])


def host(numbers):
    kind = numbers.randrange(5)
    if kind == 0:
        return str(ipaddress.IPv4Address(numbers.getrandbits(32)))
    if kind == 1:
        address = ipaddress.IPv6Address(numbers.getrandbits(128) & numbers.choice([(1 << 128) - 1, 0xFFFF << 112 | 0xFF]))
        return str(address)
    if kind == 2:
        return numbers.choice([word for word in HOSTILE if word and word == word.lower()] + ["router", "localhost", "a b"])
    return name(numbers)


def text(numbers):
    kind = numbers.randrange(4)
    if kind == 0:
        return "".join(numbers.choice(["\\\\", "\\000", "\\255", *map(chr, range(0x20, 0x5C)), *map(chr, range(0x5D, 0x7F))])
                       for _ in range(numbers.choice([1, 5, 50, 4000])))
    return numbers.choice(HOSTILE + ["GET", "A", "aaaa", "28", "/x?*", "CON", "00:11:22:33:44:55"])


def layer(numbers):
    protocol = numbers.choice([None, *PROTOCOLS])
    if protocol is None:
        return None
    got = {"protocol": protocol}
    for attribute, kind in PROTOCOLS[protocol].items():
        if numbers.random() < 0.8:
            got[attribute] = (numbers.random() < 0.5 if kind is bool else numbers.choice([name(numbers), "2001:DB8:0::1".lower(), ""])
                              if kind == "name" else text(numbers))
    return got


def time(numbers):
    return numbers.choice([
        None, "0.000000", "0.000000000", "-0.500000", "-0.000000001", "1724059939.123456", "1724059939.123456789", "1724059939.100000000",
        "9223372036.854775807", "-9223372036.854775808", f"{numbers.randrange(10**10 - 10**9 * 2)}.{numbers.randrange(10**6):06d}",
        f"-{numbers.randrange(1, 10**9)}.{numbers.randrange(10**9):09d}"])


def count(numbers):
    return numbers.choice([0, 1, 2, 3, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**53 + 1, MAX - 1, MAX, numbers.randrange(MAX)])


def is_fixed(flow, port, random_ports):
    known = SERVICES.get(port["port"]) in ("both", flow["transport_protocol"])
    return known or (random_ports and port["count"] > 1 and port["count"] == flow["count"])


def derive(flow, random_ports):
    for port in flow["ports"]:
        port["fixed"] = is_fixed(flow, port, random_ports)
    for side, which in (("src", "sport"), ("dst", "dport")):
        flow[which] = next((p["port"] for p in flow["ports"] if p["fixed"] and p["host"] == flow[side]), None)
    return flow


def flow_of(numbers, random_ports):
    flow = {"network_protocol": numbers.choice(["IPv4", "IPv6"]), "src": host(numbers), "dst": host(numbers),
            "transport_protocol": numbers.choice(["TCP", "UDP"]), "sport": None, "dport": None, "ports": [],
            "application_layer": layer(numbers), "count": count(numbers), "packets": count(numbers), "bytes": count(numbers),
            "first": time(numbers), "last": time(numbers)}
    for _ in range(numbers.choice([0, 1, 2, 2, 3, 40])):
        flow["ports"].append({"host": numbers.choice([flow["src"], flow["dst"], host(numbers)]), "port": numbers.choice([*SERVICES, *OTHERS]),
                              "count": numbers.choice([flow["count"], count(numbers)]), "fixed": False})
    return derive(flow, random_ports)


def hosts_of(numbers):
    # A key of a JSON object must be plain, and an address has one spelling.
    addresses = {str(ipaddress.IPv4Address(numbers.getrandbits(32))): name(numbers) for _ in range(numbers.randrange(4))}
    addresses.update({str(ipaddress.IPv6Address(numbers.getrandbits(128))): host(numbers) for _ in range(numbers.randrange(3))})
    return {"IP": addresses, "ALIAS": {name(numbers): name(numbers) for _ in range(numbers.randrange(4))}}


def patterns_of(numbers, count_, random_ports):
    labels = LABELS + [LABELS[0]] * 10  # equal ones next to each other, too
    return [{"input": numbers.choice(labels), "hosts": hosts_of(numbers),
             "flows": [flow_of(numbers, random_ports) for _ in range(numbers.choice([0, 1, 1, 2, 5]))]} for _ in range(count_)]


class Trip(Case):
    def again(self, path, kind, *words):
        """The patterns of a file, written in a format, read, and written as JSON."""
        out = self.path(f"again-{os.path.basename(path)}.{kind}")
        self.run_ok("flows", *words, "-o", out, path)
        return out, json.loads(self.run_ok("flows", *words, "--format", "json", out))

    def assertSame(self, want, got):
        """Field by field, without the identifiers, so that a difference is readable."""
        self.assertEqual(len(want), len(got))
        for a, b in zip(want, got):
            self.assertEqual([a["input"], a["hosts"], len(a["flows"])], [b["input"], b["hosts"], len(b["flows"])])
            for x, y in zip(a["flows"], b["flows"]):
                y = {key: value for key, value in y.items() if key != "id"}
                self.assertEqual(list(y), list(x))
                self.assertEqual(y, {**x, "id": y.get("id")} if "id" in y else x)

    @staticmethod
    def flat(patterns):
        """What rows and lines keep of patterns: not the names of hosts, and no pattern without a flow."""
        return [{**p, "hosts": {"IP": {}, "ALIAS": {}}} for p in patterns if p["flows"]]


class Patterns(Trip):
    def test_generated(self):
        for seed in range(4):
            random_ports = seed % 2 == 1
            words = ["--match-random-ports"] if random_ports else []
            want = patterns_of(random.Random(seed), 40, random_ports)
            path = self.write(f"{seed}.json", json.dumps(want))
            with self.subTest(seed=seed):
                self.assertSame(want, json.loads(self.run_ok("flows", *words, "--format", "json", path)))
                ids = None
                for kind in FORMATS:
                    out, got = self.again(path, kind, *words)
                    self.assertSame(want if kind == "json" else self.flat(want), got)
                    got_ids = [f["id"] for p in got for f in p["flows"]]
                    self.assertEqual(got_ids, ids or got_ids)
                    ids = got_ids
                    for other in FORMATS if seed < 2 else ():  # and from there to every other one
                        _, got = self.again(out, other, *words)
                        self.assertSame(want if (kind, other) == ("json", "json") else self.flat(want), got)

    def test_lines_made_by_hand(self):
        """The input in each format, so that a reader and a writer with the same fault are found out."""
        numbers = random.Random(77)
        want = [{"input": f"{i} {label}", "hosts": {"IP": {}, "ALIAS": {}}, "flows": [flow_of(numbers, False) for _ in range(3)]}
                for i, label in enumerate(LABELS)]
        lines = "".join(json.dumps({"input": p["input"], **f}) + "\n" for p in want for f in p["flows"])
        rows = io.StringIO()
        titles = ["network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer", "ports", "count", "packets",
                  "bytes", "first", "last", "input"]
        writer = csv.writer(rows)
        writer.writerow(titles)
        for pattern in want:
            for flow in pattern["flows"]:
                row = {**flow, "input": pattern["input"], "ports": json.dumps(flow["ports"]),
                       "application_layer": flow["application_layer"] and json.dumps(flow["application_layer"])}
                writer.writerow([row[title] for title in titles])
        pretty = json.dumps(want, indent=3)
        for content in (lines, lines.replace("\n", "\r\n\r\n"), rows.getvalue(), "\ufeff" + rows.getvalue(), pretty, "\ufeff" + pretty,
                        "".join(json.dumps(p, indent=1) + "\n" for p in want), "".join(json.dumps([p]) for p in want)):
            path = self.write("hand", content)
            self.assertSame(want, json.loads(self.run_ok("flows", "--format", "json", path)))

        # and what is written is what a reader of this format expects
        got = list(csv.reader(io.StringIO(self.run_ok("flows", "--format", "csv", path), newline="")))
        self.assertEqual(got[0], titles)
        flows = [(p["input"], f) for p in want for f in p["flows"]]
        for row, (label, flow) in zip(got[1:], flows, strict=True):
            row = dict(zip(titles, row, strict=True))
            self.assertEqual((row["src"], row["dst"], row["input"], row["first"]), (flow["src"], flow["dst"], label, flow["first"] or ""))
            self.assertEqual(json.loads(row["ports"]), flow["ports"])
            self.assertEqual(json.loads(row["application_layer"] or "null"), flow["application_layer"])

    def test_equal_labels_next_to_each_other(self):
        flow = flow_of(random.Random(1), False)
        want = [{"input": label, "hosts": {"IP": {}, "ALIAS": {}}, "flows": [flow] * n}
                for label, n in (("x", 2), ("x", 1), ("x", 1), ("y", 1), ("x", 2), ("x", 0), ("x", 1))]
        path = self.write("same.json", json.dumps(want))
        for kind in FORMATS:
            _, got = self.again(path, kind)
            self.assertSame(want if kind == "json" else self.flat(want), got)

    def test_a_pattern_without_a_flow(self):
        want = [{"input": "x", "hosts": {"IP": {"1.2.3.4": "a.example"}, "ALIAS": {}}, "flows": []}]
        path = self.write("e.json", json.dumps(want))
        for out in (path, self.path("f.json")):
            result = support.run("flows", "--format", "json", "-o", self.path("f.json"), out)
            self.assertEqual((result.status, result.err), (1, ""))
            self.assertEqual(json.loads(self.read("f.json")), want)

    def test_random_ports_stay_fixed(self):
        """What was written with --match-random-ports is shown so without it."""
        flow = flow_of(random.Random(3), False)
        flow.update(count=3, src="a.example", dst="b.example", ports=[{"host": "a.example", "port": 40000, "count": 1, "fixed": False},
                                                                      {"host": "b.example", "port": 50001, "count": 3, "fixed": True}])
        want = [{"input": "x", "hosts": {"IP": {}, "ALIAS": {}}, "flows": [derive(flow, True)]}]
        self.assertEqual(flow["dport"], 50001)
        path = self.write("r.json", json.dumps(want))
        for kind in FORMATS:
            self.assertSame(want, self.again(path, kind)[1])

    def test_long_lines(self):
        """A flow that stands for many connections is a line of megabytes."""
        flow = flow_of(random.Random(2), False)
        flow["ports"] = [{"host": "a.example", "port": i % 60000, "count": 1 + i, "fixed": False} for i in range(20000)]
        flow.update(transport_protocol="TCP", src="b.example", dst="c.example")
        services = {p["port"] for p in self.flows(self.write("p.json", json.dumps({"flows": [flow]})))[0]["ports"] if p["fixed"]}
        self.assertGreater(len(services), 100)
        for port in flow["ports"]:
            port["fixed"] = port["port"] in services
        flow.update(sport=None, dport=None)
        want = [{"input": "x", "hosts": {"IP": {}, "ALIAS": {}}, "flows": [flow, flow]}]
        path = self.write("l.jsonl", "".join(json.dumps({"input": "x", **flow}) + "\n" for _ in range(2)))
        self.assertGreater(os.path.getsize(path), 2 * 2**20)
        self.assertSame(want, json.loads(self.run_ok("flows", "--format", "json", path)))
        for kind in FORMATS:
            self.assertSame(want, self.again(path, kind)[1])

    def test_one_spelling(self):
        """What comes from outside in another spelling has one afterwards, and keeps it."""
        flow = {"network_protocol": "ipv6", "src": "2001:DB8:0:0::1", "dst": "A.Example.", "transport_protocol": "tcp", "count": 7,
                "application_layer": {"protocol": "dns", "domain-name": "\\065\\.b.C.", "qtype": "a"}}
        for raw, want in (("a\u0000b", "a\\000b"), ("\u00e9", "\\195\\169"), ("a\nb", "a\\010b"), ("a\\", "a\\\\"), ("1.2.3.4\u0000", "1.2.3.4\\000")):
            path = self.write("o.jsonl", json.dumps({**flow, "dst": raw}) + "\n" + json.dumps(flow))
            first, second = self.flows(path)
            self.assertEqual(first["dst"], want)
            self.assertEqual([second[key] for key in ("network_protocol", "src", "dst", "transport_protocol", "application_layer")], [
                "IPv6", "2001:db8::1", "a.example", "TCP", {"protocol": "DNS", "qtype": "a", "domain-name": "a\\.b.c"}])
            for kind in FORMATS:
                self.assertEqual(self.again(path, kind)[1][0]["flows"], [first, second])
        # bytes that are no UTF-8, and NUL, in CSV
        path = self.write("n.csv", b"src,dst,transport_protocol,network_protocol\r\na\0b,\"\xff\r\n\"\"\",TCP,IPv4\r\n")
        self.assertEqual([(f["src"], f["dst"]) for f in self.flows(path)], [("a\\000b", "\\255\\013\\010\"")])

    def test_file_names(self):
        content = make.pcap([(START, make.ethernet(make.udp("192.168.1.2", 1, "192.168.1.1", 2, b"x")))])
        for label in ("q\"u,o\nt\r e;.pcap", "caf\u00e9.pcap", "-- x", "\\000.pcap", "a,src,dst,b.pcap"):
            path = self.write(label, content)
            want = json.loads(self.run_ok("flows", "--format", "json", path))
            self.assertEqual(want[0]["input"], path)
            for kind in FORMATS:
                self.run_ok("flows", "--format", kind, "-o", self.path("out"), path)
                self.assertEqual(json.loads(self.run_ok("flows", "--format", "json", self.path("out"))), want)
        # JSON holds no name that is no UTF-8; CSV does.
        raw = os.fsencode(self.folder) + b"/\xff\n.pcap"
        with open(raw, "wb") as file:
            file.write(content)
        self.run_ok("flows", "--format", "csv", "-o", self.path("raw.csv"), raw)
        self.assertIn(b'"' + raw + b'"', self.read("raw.csv"))
        self.run_ok("flows", "--format", "csv", "-o", self.path("again.csv"), self.path("raw.csv"))
        self.assertEqual(self.read("again.csv"), self.read("raw.csv"))
        self.assertIn("\ufffd\n.pcap", json.loads(self.run_ok("flows", "--format", "json", self.path("raw.csv")))[0]["input"])


class Packets(Trip):
    @staticmethod
    def generate(seed, n):
        """Packets of which each is a flow: no two have the same source. And these flows."""
        numbers = random.Random(seed)
        packets, flows = [], []
        for i in range(n):
            packet = {"capture": "x", "id": i, "timestamp": time(numbers), "network_protocol": "IPv4", "src": f"10.{seed}.{i >> 8}.{i & 255}",
                      "dst": host(numbers), "transport_protocol": numbers.choice(["TCP", "UDP"]), "sport": numbers.choice(OTHERS),
                      "dport": numbers.choice([*SERVICES, *OTHERS]), "application_layer": layer(numbers), "length": numbers.choice([0, 60, 2**32 - 1])}
            packets.append(packet)
            flow = {key: packet[key] for key in ("network_protocol", "src", "dst", "transport_protocol")}
            ports = [{"host": packet["src"], "port": packet["sport"], "count": 1, "fixed": False},
                     {"host": packet["dst"], "port": packet["dport"], "count": 1, "fixed": False}]
            flow.update(sport=None, dport=None, ports=ports, application_layer=packet["application_layer"], count=1, packets=1,
                        bytes=packet["length"], first=packet["timestamp"], last=packet["timestamp"])
            flows.append(derive(flow, False))
        return packets, flows

    @staticmethod
    def rows(packets, titles):
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(titles)
        for packet in packets:
            shown = packet["application_layer"]
            row = {**packet, "application_layer": shown and json.dumps(shown)}
            writer.writerow([row[title] for title in titles])
        return out.getvalue()

    def test_generated(self):
        for seed in range(3):
            packets, flows = self.generate(seed, 300)
            titles = [key for key in packets[0] if key != "capture"]
            for content, label in ((json.dumps(packets), "x"), ("\n".join(map(json.dumps, packets)), "x"), (self.rows(packets, titles), None),
                                   (self.rows(packets, ["capture", *reversed(titles)]), "x")):
                path = self.write("packets", content)
                want = [{"input": label or path, "hosts": {"IP": {}, "ALIAS": {}}, "flows": flows}]
                self.assertSame(want, json.loads(self.run_ok("flows", "--format", "json", path)))
                self.assertSame(want, self.again(path, "csv")[1])

    def test_several_captures_in_one_file(self):
        a = self.capture(*[make.udp("192.168.1.2", 40000 + i, "192.168.1.1", 53, make.dns([(f"n{i}.example", "A")])) for i in range(5)], name="a.pcap")
        b = self.capture(*[make.udp("192.168.1.3", 40000, "192.168.1.1", 8800, b"x")] * 2, name="b.pcap")
        want = json.loads(self.run_ok("flows", "--format", "json", a, b, b, a))
        self.assertEqual(len(want), 4)
        for kind in FORMATS:
            path = self.path(f"p.{kind}")
            self.run_ok("packets", "-o", path, a, b, b, a)
            got = json.loads(self.run_ok("flows", "--format", "json", path))
            self.assertEqual([p["flows"] for p in got], [p["flows"] for p in want], kind)
            self.assertEqual([p["input"] for p in got], [path] * 4 if kind == "csv" else [a, b, b, a])

    def test_hosts_that_look_like_others(self):
        """Names from the network: an address in another spelling, dots at the end, bytes of any kind."""
        answers = [make.dns_record(owner, "A", f"198.51.100.{i}") for i, owner in enumerate(
            ["2001:DB8:0::1", "x\x00\x7f\\y.example", "nan", "a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." + "d" * 61])]
        path = self.capture(
            make.udp("192.168.1.1", 53, "192.168.1.2", 40000, make.dns([("q.example", "A")], answers)),
            *[make.udp("192.168.1.2", 40000, f"198.51.100.{i}", 8800, b"x") for i in range(4)],
            make.tcp("192.168.1.2", 40001, "198.51.100.77", 443, make.client_hello("x.example..")),
            make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("2001:db8:0::1", "A")])))
        want = json.loads(self.run_ok("flows", "--format", "json", path))
        hosts = [f["dst"] for f in want[0]["flows"]]
        self.assertEqual([hosts[1], hosts[3], hosts[5]], ["2001:db8::1", "nan", "x.example"])
        self.assertEqual(want[0]["flows"][-1]["application_layer"]["domain-name"], "2001:db8:0::1")
        for kind in FORMATS:
            got = self.again(path, kind)[1]
            self.assertEqual(got if kind == "json" else [p["flows"] for p in got], want if kind == "json" else [p["flows"] for p in want])
            self.run_ok("packets", "-o", self.path(f"p.{kind}"), path)
            self.assertEqual(self.flows(self.path(f"p.{kind}")), want[0]["flows"])

    def test_absent_times(self):
        lines = [{"src": "1.2.3.4", "dst": "5.6.7.8", "transport_protocol": "UDP", "network_protocol": "IPv4", "sport": 1, "dport": 40000, "timestamp": t}
                 for t in (None, "5.000000", None, "4.000000000", "-6.000000")]
        for order in (lines, lines[::-1], lines[1:] + lines[:1]):
            (flow,) = self.flows(self.write("t", "\n".join(map(json.dumps, order))))
            self.assertEqual((flow["packets"], flow["first"], flow["last"]), (5, "-6.000000", "5.000000"))


class Signatures(Trip):
    def test_generated(self):
        for seed in range(10, 13):
            (pattern,) = patterns_of(random.Random(seed), 1, False)
            flow = flow_of(random.Random(seed), False)
            pattern["flows"].append(flow)
            path = self.write(f"{seed}.json", json.dumps(pattern))
            label = random.Random(seed).choice(LABELS)
            one = json.loads(self.run_ok("extract", "--name", label, "--format", "json", path))["signature"]
            self.assertEqual((one["name"], one["captures"]), (label, [pattern["input"]]))
            for inputs in ([path], [path, path]):
                want = json.loads(self.run_ok("extract", "--name", label, "--format", "json", *inputs))["signature"]["flows"]
                self.assertTrue(want)
                for kind in FORMATS:
                    out = self.path(f"s.{kind}")
                    self.run_ok("extract", "--name", label, "-o", out, *inputs)
                    (got,) = json.loads(self.run_ok("flows", "--format", "json", out))
                    self.assertEqual(got["flows"], want)
                    self.assertEqual(got["input"], out if kind == "json" else label)
                    self.assertEqual(self.again(out, "csv")[1][0]["flows"], want)

    def test_sums_end_where_json_ends(self):
        flow = {"network_protocol": "IPv4", "src": "a.example", "dst": "b.example", "transport_protocol": "TCP", "count": MAX, "packets": MAX - 5,
                "bytes": 2**62, "ports": [{"host": "a.example", "port": 443, "count": MAX}, {"host": "b.example", "port": 1, "count": 2**40}]}
        path = self.write("m.json", json.dumps(flow))
        out = self.path("s.json")
        self.run_ok("extract", "-o", out, path, path)
        (got,) = self.flows(out)
        self.assertEqual([got["count"], got["packets"], got["bytes"], *[p["count"] for p in got["ports"]]], [MAX, MAX, 2**63 - 1, MAX, 2**41])


# Layers of the Python package: its text, and the object that it means.
OLD_LAYERS = [
    ("(('protocol', 'DNS'), ('response', False), ('qtype', 'A'), ('domain-name', 'x.example'))",
     {"protocol": "DNS", "response": False, "qtype": "A", "domain-name": "x.example"}),
    ("{'protocol': 'DNS', 'response': True, 'qtype': 28, 'domain-name': 'X.Example.'}",
     {"protocol": "DNS", "response": True, "qtype": "AAAA", "domain-name": "x.example"}),
    ("[('protocol', 'dns'), ('response', 1), ('qtype', 'https'), ('qname', \"it's.example\"),]",
     {"protocol": "DNS", "response": True, "qtype": "HTTPS", "domain-name": "it's.example"}),
    ("{'protocol': 'mDNS', 'qtype': '65', 'domain-name': None}", {"protocol": "DNS", "qtype": "HTTPS"}),
    ("(('protocol', 'DNS'), ('qtype', 4711), ('domain-name', 'a\\xe9\\x00\\n\\\\\\'\\u20ac\\U0001f4a1\\udcff\\7\\101'))",
     {"protocol": "DNS", "qtype": "TYPE4711",
      "domain-name": "a\\195\\169\\000\\010\\\\'\\226\\130\\172\\240\\159\\146\\161\\255\\007a"}),
    ("(('protocol', 'HTTP'), ('response', False), ('method', 'GET'), ('uri', '/a?*'))",
     {"protocol": "HTTP", "response": False, "method": "GET", "uri": "/a?*"}),
    ("HTTP - response: False, method: GET, uri: /a, b: c", {"protocol": "HTTP", "response": False, "method": "GET", "uri": "/a, b: c"}),
    ("HTTP - response: True", {"protocol": "HTTP", "response": True}),
    ("(('protocol', 'CoAP'), ('type', <CoAPType.NON: 1>), ('response', False), ('code', 1), ('uri', \"/b'oic'/b'res'\"))",
     {"protocol": "CoAP", "type": "NON", "response": False, "code": "GET", "uri": "/oic/res"}),
    ("{'protocol': 'CoAP', 'type': 2, 'is_request': False}", {"protocol": "CoAP", "type": "ACK", "response": True}),
    ("{'protocol': 'CoAP', 'response': False, 'method': 'post', 'uri': '/b\\'a\\\\\\\\x2fb\\'/b\"c\\'\"'}",
     {"protocol": "CoAP", "response": False, "code": "POST", "uri": "/a\\\\x2fb/c'"}),
    ("{'protocol': 'CoAP', 'response': False, 'method': 'post', 'uri': '/b\\'a\\\\x2fb\\''}",
     {"protocol": "CoAP", "response": False, "code": "POST", "uri": "/a\\047b"}),
    ("CoAP - type: CoAPType.CON, response: False, code: 1, uri: /b'x'", {"protocol": "CoAP", "type": "CON", "response": False, "code": "GET", "uri": "/x"}),
    ("{'protocol': 'DHCP', 'client-mac': '00:11:22:33:44:55', 'type': 'Discover'}",
     {"protocol": "DHCP", "client_mac": "00:11:22:33:44:55", "message_type": "discover"}),
    ("{'protocol': 'DHCP', 'client_mac': '00:11:22:33:44:55', 'type': 3}",
     {"protocol": "DHCP", "client_mac": "00:11:22:33:44:55", "message_type": "request"}),
    ("(('protocol', b'SSDP'), ('response', 0), ('method', b'M-SEARCH'))", {"protocol": "SSDP", "response": False, "method": "M-SEARCH"}),
    ("()", None), ("[]", None), ("None", None), ("nan", None), ("", None), ("<NA>", None), ("DNS", {"protocol": "DNS"}),
]

BAD_LAYERS = [
    ("(('protocol', 'DNS'", "no comma and no end"), ("(" * 100000, "nested too deep"), ("{'protocol': 'DNS'}}", "something behind it"),
    ("(('protocol', 'None'),)", "known protocol"), ("(('protocol', 'DNS'), ('x', 1))", "an attribute that its protocol does not have"),
    ("(('protocol', 'DNS'), 5)", "not of pairs"), ("{'protocol': 'DNS', 5: 6}", "a key that is no text"), ("{'qtype': 'A'}", 'no "protocol"'),
    ("{'protocol': 'DNS', 'qtype': 'A}", "a text is not closed"), ("{'protocol': 'DNS', 'qtype': '\\x4'}", "an escape that is none"),
    ("{'protocol': 'DNS', 'qtype': '\\U00110000'}", "an escape that is none"), ("{'protocol': 'DNS', 'qtype': '\\", "an escape that is none"),
    ("{'protocol': 'DNS', 'response': 2}", "a truth value that is none"), ("{'protocol': 'DNS', 'qtype': ['A']}", "no text"),
    ("{'protocol': 'DNS', 'qtype': os.system('x')}", "a word that is no literal"), ("{'protocol': 'DNS', 'qtype': 99999999999999999999}", "a number"),
    ("{'protocol': 'DNS', 'qtype': -}", "a number"), ("{'protocol': 'CoAP', 'type': <x>}", "member of an enum"), ("{'protocol'}", "no colon"),
    ("abc", "known protocol"), ("DNS - x", "without a value"), ("{\"protocol\": \"DNS\"", "JSON: "), ("[1]", "not of pairs"), ("\\", "known"),
]


class OldFiles(Trip):
    """Files of the Python package (version 1.0.12), as its interface tells them, and of pandas."""

    def table(self, rows, **more):
        out = io.StringIO()
        csv.writer(out, **more).writerows(rows)
        return self.write("old.csv", out.getvalue())

    def test_layers(self):
        for title in ("application_layer", "application_protocol"):
            rows = [["network_protocol", "src", "dst", "transport_protocol", "sport", "dport", title]]
            rows += [["IPv4", f"10.0.0.{i}", "a.example", "UDP", "", "53.0", old] for i, (old, _) in enumerate(OLD_LAYERS)]
            got = self.flows(self.table(rows))
            for flow, (old, want) in zip(got, OLD_LAYERS, strict=True):
                self.assertEqual(flow["application_layer"], want, old)
            path = self.path("old.csv")
            for kind in FORMATS:
                self.assertEqual(self.again(path, kind)[1][0]["flows"], got)

    def test_bad_layers(self):
        for old, reason in BAD_LAYERS:
            rows = [["network_protocol", "src", "dst", "transport_protocol", "application_layer"], ["IPv4", "a.example", "b.example", "TCP", ""],
                    ["IPv4", "a.example", "b.example", "TCP", old]]
            result = support.run("flows", "--format", "json", self.table(rows))
            self.assertEqual(result.status, 3)
            self.assertEqual(len(json.loads(result.out)[0]["flows"]), 1)
            self.assertRegex(result.err, r"^iotsig: \S+old.csv:line 3, column application_layer: [^\n]*\n$", old[:50])
            self.assertIn(reason, result.err, old[:50])

    def test_patterns(self):
        """As DataFrame.to_csv() writes them: an index without a title, floats where a port is absent."""
        rows = [["", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer"],
                ["0", "IPv4", "192.168.1.2", "192.168.1.135", "TCP", "", "9999.0", ""], ["1", "IPv6", "fe80::1", "a.example", "UDP", "nan", "5683", "None"],
                ["2", "IPv4", "192.168.1.2", "b.example", "TCP", "40000.0", "None", "nan"]]
        want = [(None, 9999, [("192.168.1.135", 9999, 1, True)]), (None, 5683, [("a.example", 5683, 1, True)]),
                (None, None, [("192.168.1.2", 40000, 1, False)])]
        for path in (self.table(rows), self.table([row[1:] for row in rows], lineterminator="\n"), self.table(rows, quoting=csv.QUOTE_ALL)):
            got = self.flows(path)
            self.assertEqual([(f["sport"], f["dport"], [tuple(p.values()) for p in f["ports"]]) for f in got], want)
            self.assertEqual([(f["count"], f["packets"], f["first"]) for f in got], [(1, 0, None)] * 3)
        # and they match what a capture gives
        capture = self.capture(make.tcp("192.168.1.2", 50000, "192.168.1.135", 9999, b"x"))
        self.assertEqual([f["dport"] for f in self.signature(path, capture)["flows"]], [9999])

    def test_packets(self):
        times = [("1724059939.123456", "1724059939.123456"), ("1.724059939123456e9", "1724059939.123456"), ("1724059939.5", "1724059939.500000"),
                 ("1724059939", "1724059939.000000"), ("1724059939.1234567", "1724059939.123456700"), ("1.5E-05", "0.000015"),
                 ("1724059939.123456789", "1724059939.123456789"), ("-1.25", "-1.250000"), ("nan", None), ("", None), ("17.24059939e+8", "1724059939.000000"),
                 ("1724059939.12345678912", "1724059939.123456789"), ("-0.0", "0.000000")]
        for titles in (["id", "timestamp"], ["", "id", "timestamp"], ["timestamp"]):
            rows = [[*titles, "src", "dst", "transport_protocol", "sport", "dport", "application_protocol", "length", "comment"]]
            for i, (old, _) in enumerate(times):
                front = {"": i, "id": i + 100, "timestamp": old}
                rows.append([*[front[title] for title in titles], f"10.0.0.{i}", "fd00::1" if i % 2 else "a.example", "UDP", "40000.0", "53",
                             "(('protocol', 'DNS'), ('qtype', 'PTR'))", "78.0", "\udcff"])
            out = io.StringIO()
            csv.writer(out).writerows(rows)
            got = self.flows(self.write("p.csv", out.getvalue().encode("utf-8", "surrogateescape")))
            self.assertEqual([(f["first"], f["last"]) for f in got], [(want, want) for _, want in times])
            self.assertEqual([f["network_protocol"] for f in got], ["IPv6" if i % 2 else "IPv4" for i in range(len(times))])
            self.assertEqual({(f["bytes"], f["dport"], f["application_layer"]["qtype"]) for f in got}, {(78, 53, "PTR")})

    def test_columns(self):
        rows = [["application_protocol", "src", "dst", "transport_protocol", "application_layer", "flows", "signature", "hosts"],
                ["nonsense", "a.example", "b.example", "TCP", "(('protocol', 'HTTP'),)", "x", "y", "z"]]
        self.assertEqual(self.flows(self.table(rows))[0]["application_layer"], {"protocol": "HTTP"})
        rows[0][0] = "src"
        result = support.run("flows", self.table(rows))
        self.assertEqual(result.status, 3)
        self.assertRegex(result.err, "old.csv:line 1: the column src is there twice")


FLOW = '"network_protocol":"IPv4","src":"a.example","dst":"b.example","transport_protocol":"TCP"'
PACKET_TITLES = "id,timestamp,network_protocol,src,dst,transport_protocol,sport,dport,application_layer,length\n"
PACKET = "0,5.000000,IPv4,1.2.3.4,5.6.7.8,TCP,1,2,,60\n"

# A file, the message behind its name, and how many flows it had before.
MESSAGES = [
    (PACKET_TITLES + PACKET + "\"\n\n\",,,,,,,,,\n1,5,IPv4,1.2.3.4,5.6.7.8,TCP,abc,2,,60", r'line 3, column id: "\\010\\010" is no number \(want 0 to 9223372036854775807\)', 1),
    (PACKET_TITLES + PACKET * 5 + "1,5,IPv4,1.2.3.4,5.6.7.8,TCP,abc,2,,60\n", r'line 7, column sport: "abc" is no port \(want 0 to 65535\)', 1),
    (PACKET_TITLES + PACKET + "1,5,IPv4,1.2.3.4,5.6.7.8,TCP,1,65536,,60\n", r'line 3, column dport: "65536" is no port \(want 0 to 65535\)', 1),
    (PACKET_TITLES + PACKET + "1,5,IPv4,1.2.3.4,5.6.7.8,TCP,1,2.5,,60\n", r'line 3, column dport: "2.5" is no port', 1),
    (PACKET_TITLES + PACKET + "1,5,IPv4,1.2.3.4,5.6.7.8,TCP,,2,,60\n", r"line 3, column sport: there is no port \(want 0 to 65535\)", 1),
    (PACKET_TITLES + "1,5,IPv4,,5.6.7.8,TCP,1,2,,60\n", r"line 2, column src: there is no host \(want an address", 0),
    (PACKET_TITLES + "1,5,IPv5,1.2.3.4,5.6.7.8,TCP,1,2,,60\n", r'line 2, column network_protocol: "IPv5" is no network protocol \(want IPv4 or IPv6\)', 0),
    (PACKET_TITLES + "1,5,IPv4,1.2.3.4,5.6.7.8,ICMP,1,2,,60\n", r'line 2, column transport_protocol: "ICMP" is no transport protocol \(want TCP or UDP\)', 0),
    (PACKET_TITLES + "1,5,IPv4,1.2.3.4,5.6.7.8,TCP,1,2,,4294967296\n", r'line 2, column length: "4294967296" is no length', 0),
    (PACKET_TITLES + "1,x\x1b[31m" + "y" * 500 + ",IPv4,1.2.3.4,5.6.7.8,TCP,1,2,,60\n", r'line 2, column timestamp: "x\\027\[31my+\.\.\." is no time \(want seconds', 0),
    *[(PACKET_TITLES + f"1,{time_},IPv4,1.2.3.4,5.6.7.8,TCP,1,2,,60\n", f"line 2, column timestamp: .* is no time", 0) for time_ in (
        "1.", ".5", "1.123456789x", "1e", "1e5.5", "0x10", "1e99", "9223372036.854775808", "-9223372036.854775809", "1 ", "--1", "1" * 50, "inf")],
    (PACKET_TITLES + PACKET + "1,5\n", r"line 3: 2 fields where there are 10 titles", 1),
    (PACKET_TITLES + PACKET + "1,\"5", r"line 3: a quote is not closed", 1),
    (PACKET_TITLES + "," * 300, r"line 2: more than 256 fields", 0),
    ("src,dst,transport_protocol,ports\na.example,b.example,TCP,\na.example,b.example,TCP,\"[{\"\"host\"\":\"\"a\"\",\"\"port\"\":1}]\"\n",
     r"line 3, column ports: there is no number", 1),
    ("src,dst,transport_protocol,ports\na.example,b.example,TCP,[\n", r"line 2, column ports: JSON: ", 0),
    ("{" + FLOW + "}\n{" + FLOW + ',"count":-1}\n', r"line 2, member count: -1 is no number", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"count":1.5}\n', r"line 2, member count: a number with a fraction is no number", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"count":9223372036854775808}\n', r"line 2: JSON: too big integer", 1),
    ("{" + FLOW + '}\n{"src":5}\n', r"line 2, member src: 5 is no host", 1),
    ("{" + FLOW + "}\n" + "{" + FLOW.replace("a.example", "x" * 1100) + "}\n", r'line 2, member src: "x{64}\.\.\." is no host', 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"input":"a\\u0000b"}\n', r'line 2, member input: "a\\000b" is no name of an input \(want a text without NUL\)', 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"input":5}\n', r"line 2, member input: 5 is no name of an input", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"\\u0000":5}\n', r"line 2: JSON: NUL", 1),
    ("{" + FLOW + "}\n{" + FLOW.replace("a.example", "\udcff") + "}\n", r"line 2: JSON: unable to decode byte 0xff", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"application_layer":{"protocol":"DNS","x\\u001b":1}}\n', r'line 2, member application_layer: DNS has no attribute "x\\027"', 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"application_layer":{"protocol":"DNS","qtype":1}}\n', r"line 2, member application_layer: 1 is no qtype \(want a text\)", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"application_layer":{"protocol":"X"}}\n', r'line 2, member application_layer: "X" is no protocol', 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"application_layer":[]}\n', r"line 2, member application_layer: an array is no application layer", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"ports":[{"host":"a","port":1,"count":1},{"host":"a","port":70000,"count":1}]}\n', r"line 2, member ports: 70000 is no port", 1),
    ("{" + FLOW + "}\n{" + FLOW + ',"ports":[{"host":"a","port":1,"count":1,"fixed":0}]}\n', r"line 2, member ports: 0 is no truth value", 1),
    ('[{"input":"x","flows":[{' + FLOW + "},\n{" + FLOW + ',"first":true}]}]', r"line 1, element 1, flow 2, member first: true is no time", 1),
    ('[{"input":"x","flows":[{' + FLOW + '}],"hosts":[]}]', r"line 1, element 1: no table of names", 1),
    ('[{"input":"x","flows":[{' + FLOW + '}]},\n{"input":"y","flows":5}]', r"line 2, element 2, member flows: 5 is no list", 1),
    ("[{" + FLOW + "},\n{" + FLOW + "}", r"line 2: JSON: an array is not closed", 2),
    ("[{" + FLOW + "},\n{" + FLOW + "},]", r"line 2: JSON: something that is no object", 2),
    ("[{" + FLOW + "}\n{" + FLOW + "}]", r"line 2: JSON: no comma between elements", 1),
    ("[{" + FLOW + "}]\n5", r"line 2: JSON: something that is no object", 1),
    ("{" + FLOW + "}\n\n\n{" + FLOW, r"line 4: JSON: .*end of file", 1),
    ("{" + FLOW + "}\n{" + FLOW + '\n,"src":1}', r"line 3: JSON: duplicate object key", 1),
    ("{" + FLOW + "}\n" + '{"timestamp":"1"}', r"line 2: packets and flows in one file", 1),
    ("{" + FLOW + "}\n" + "[" * 100000, r"line 2: JSON: something that is no object", 1),
    ('{"x":' + "[" * 100000, r"line 1: JSON: maximum parsing depth", 0),
    ('{"x":1}', r"line 1: neither packets nor flows", 0),
]


class Failures(Trip):
    def test_messages(self):
        """One line: file, line, column, reason. What came before counts; with --strict nothing does."""
        for i, (content, message, flows) in enumerate(MESSAGES):
            with self.subTest(message=message):
                path = self.write(f"{i}.txt", content.encode("utf-8", "surrogateescape"))
                result = support.run("flows", "--format", "json", path)
                self.assertRegex(result.err, rf"\Aiotsig: \S+/{i}\.txt:{message}[^\n]*\n\Z")
                self.assertEqual(result.status, 3)
                patterns = json.loads(result.out)
                self.assertEqual(sum(len(p["flows"]) for p in patterns), flows)
                self.assertTrue(all(p["flows"] for p in patterns))
                if i % 8 == 0:
                    result = support.run("flows", "--strict", "--format", "json", path)
                    self.assertEqual((result.status, result.out), (3, ""))

    def test_several_bad_inputs(self):
        good = self.write("good.jsonl", "{" + FLOW + "}")
        bad = [self.write(f"bad-{i}.jsonl", "{" + FLOW + "}\n{" + FLOW + f',"count":-{i}}}') for i in (1, 2)]
        result = support.run("flows", "--format", "jsonl", bad[0], good, bad[1], good)
        self.assertEqual((result.status, len(result.out.splitlines())), (3, 4))
        self.assertEqual([line.split(": ")[-1] for line in result.err.splitlines()],
                         [f"-{i} is no number (want 0 to 9223372036854775807)" for i in (1, 2)])
        result = support.run("flows", "--strict", bad[0], good, bad[1])
        self.assertEqual((result.status, result.out, len(result.err.splitlines())), (3, "", 1))

    def test_cut_anywhere(self):
        """A file that was cut is read, or refused in one line."""
        flow = flow_of(random.Random(5), False)
        flow["application_layer"] = {"protocol": "DNS", "qtype": "A", "domain-name": "a\\\\\"b"}
        patterns = self.write("x.json", json.dumps([{"input": "x,\"\n", "hosts": {"IP": {}, "ALIAS": {}}, "flows": [flow, flow]}]))
        for kind in FORMATS:
            self.run_ok("flows", "-o", self.path(f"w.{kind}"), patterns)
            whole = self.read(f"w.{kind}")
            for cut in random.Random(6).sample(range(1, len(whole)), 15):
                result = support.run("flows", self.write("cut", whole[:cut]))
                self.assertIn(result.status, (0, 1, 3))
                self.assertLessEqual(len(result.err.splitlines()), 1)


if __name__ == "__main__":
    support.main()
