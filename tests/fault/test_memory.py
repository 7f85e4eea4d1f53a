# SPDX-License-Identifier: GPL-3.0-or-later
"""Each allocation fails once: exit status 5, a message, no leak, and no output file."""
import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import unittest

import support
from support import START, Case, make

METER = os.environ["IOTSIG_MEMORY_METER"]


FIREWALL = """device-info: {name: plug, mac: "50:c7:bf:ed:0a:54", ipv4: 192.168.1.135, ipv6: "fd00::35"}
hosts: {gateway: [192.168.1.1, "fe80::1", "02:00:00:00:00:01"], a: 10.0.0.1}
single-policies:
  group:
    one: {protocols: {ipv4: {src: self, dst: [external, a, a.example, $b.example.org]}, udp: {dst-port: [5, 7-9]}, dns: {response: false, qtype: [A, AAAA], domain-name: [$x.example, y]}}, bidirectional: true}
    two: {protocols: {ipv4: {src: self, dst: phone}, tcp: {}, http: {method: [GET, PUT], uri: [/a, /b*]}}, bidirectional: true, initiator: src}
  three: {protocols: {arp: {type: request, sha: gateway, spa: self}}, bidirectional: true}
  four: {protocols: {ipv6: {src: self, dst: gateway}, icmpv6: {type: echo-request}}, bidirectional: true, stats: {rate: {fwd: 3, bwd: 4/hour}, packet-size: 60-90}}
  five: {protocols: {ipv4: {dst: !include "other.yaml#device-info.ipv4"}, igmp: {type: leave-group, group: mdns}}}
  six: {protocols: {ipv4: {src: self}, mqtt: {client-id: x, topic-name: y}}}
"""


class Memory(Case):
    def setUp(self):
        super().setUp()
        hello = make.client_hello("cloud.example.com")
        frames = [make.ethernet(p) for p in (
            make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("api.example.com", "A")])),
            make.udp("192.168.1.1", 53, "192.168.1.2", 40000, make.dns(
                [("api.example.com", "A")], [make.dns_record("api.example.com", "CNAME", "edge.example.net"),
                                            make.dns_record("edge.example.net", "A", "198.51.100.7")])),
            make.tcp("192.168.1.2", 40001, "198.51.100.7", 443, hello),
            make.tcp("192.168.1.2", 40002, "198.51.100.8", 80, b"GET /a?b HTTP/1.1\r\n\r\n"),
            make.udp("fd00::2", 40003, "fd00::1", 5683, make.coap(0, 1, ["oic", "res"])),
            make.udp("192.168.1.2", 40004, "192.168.1.9", 9999, b"x" * 40),
        )]
        packets = [(START + i, frame) for i, frame in enumerate(frames)]
        self.plain = self.write("a.pcap", make.pcap(packets))
        self.packed = self.write("b.pcapng.gz", gzip.compress(make.pcapng(packets)))

    def check(self, *words):
        process = subprocess.run([METER, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=250, check=False)
        out, err = process.stdout.decode(), process.stderr.decode()
        self.assertEqual(process.returncode, 0, out[-500:] + err[-3000:])
        allocations, failed = map(int, re.search(r"(\d+) allocations, (\d+) runs that failed$", out).groups())
        self.assertGreater(allocations, 5)
        self.assertGreater(failed, allocations)
        self.assertEqual(len(re.findall("out of memory", err)), failed)

    def test_packets(self):
        for kind in ("text", "csv", "jsonl"):
            self.check("packets", "--format", kind, "-o", "/dev/null", self.plain, self.packed)

    def test_compressed(self):
        with open(self.plain, "rb") as file:
            content = file.read()
        packers = [gzip.compress, lzma.compress, bz2.compress]
        for program in ("zstd", "lz4"):
            if shutil.which(program) is not None:
                packers.append(lambda data, words=(program, "-c"): subprocess.run(words, input=data, capture_output=True, check=True).stdout)
        for packer in packers:
            self.check("flows", "-o", "/dev/null", self.write("x", packer(content)))
        members = [gzip.compress(content)] + [packer(content[24:]) for packer in packers + packers[::-1]]
        self.check("flows", "-o", "/dev/null", self.write("all", b"".join(members)))

    def test_flows(self):
        for kind in ("text", "csv", "json"):
            self.check("flows", "--format", kind, "-o", "/dev/null", "--match-random-ports", self.plain, self.packed)

    def some_events(self):
        """Two events whose captures share all but a name, and a group."""
        for event, words in (("a", ("one", "two")), ("b", ("one", "two", "own")), ("c", ("three",)), ("d", ("three",))):
            self.events(event, [[f"{word}.example" for word in words]] * 2)
        return self.path("in")

    def test_learn(self):
        """A fault of the folder's writing leaves nothing behind; reading and matching what was written."""
        folder = self.some_events()
        self.check("learn", "-q", "--format", "json", "--against", f"{folder}/a", "-o", self.path("out"), folder)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.pcap", "b.pcapng.gz", "in", "out"])
        for kind in ("text", "jsonl"):
            self.check("identify", "--format", kind, "--signatures", self.path("out"), "-o", "/dev/null",
                       f"{folder}/a/00.pcap", f"{folder}/c/00.pcap", self.plain)
            self.check("library", "list", "--format", kind, "-o", "/dev/null", self.path("out"))
        self.check("extract", "--generalise", "-q", "-o", "/dev/null", f"{folder}/a", "--against", f"{folder}/b")
        self.check("profile", "--device", "x", "--ipv4", "192.168.1.2", "-o", "/dev/null", self.path("out"))
        self.check("library", "merge", "-o", self.path("again"), self.path("out"))

    def test_evaluate(self):
        """With as many captures as it takes for all that a result holds: a missed one, a group, a foreign one."""
        folder = self.some_events()
        for kind in ("text", "html", "json"):
            self.check("evaluate", "-q", "--folds", "2", "--format", kind, "-o", "/dev/null", folder)
        self.check("evaluate", "-q", "--foreign", "1", "--test", folder, "--format", "json", "-o", "/dev/null", folder)
        self.check("evaluate", "-q", "--folds", "2", "-j", "2", "--format", "csv", "-o", "/dev/null", folder)

    def test_detect(self):
        """Also what is forgotten: devices, flows, names."""
        folder = self.some_events()
        self.run_ok("learn", "-q", "--format", "json", "-o", self.path("out"), folder)
        for words in (("--format", "jsonl"), ("--format", "csv", "--max-devices", "4", "--max-flows", "2")):
            self.check("detect", "-q", *words, "--signatures", self.path("out"), "-o", "/dev/null",
                       f"{folder}/a/00.pcap", f"{folder}/c/00.pcap", self.plain, self.packed)

    def test_report(self):
        folder = self.some_events()
        self.run_ok("learn", "-q", "-o", self.path("out"), folder)
        self.check("report", "-q", "-o", "/dev/null", self.path("out/a.json"), f"{folder}/a", self.packed)
        self.run_ok("extract", "-o", self.path("x.json"), self.plain)
        self.check("report", "-o", "/dev/null", self.path("x.json"), self.plain, self.packed)

    def test_library_check(self):
        folder = self.some_events()
        for event in "ab":
            self.run_ok("extract", "--generalise", "-q", "--format", "json", "-o", self.path(event), f"{folder}/{event}")
        self.check("library", "check", "--format", "text", "-o", "/dev/null", self.path("a"), self.path("b"))

    def test_layers(self):
        """Layers of one flow that are put together, in a capture and in a signature."""
        def capture(name, *payloads):
            packets = [make.tcp("192.168.1.2", 40001, "198.51.100.7", 1883, payload) for payload in payloads]
            return self.write(name, make.pcap([(START + i, make.ethernet(packet)) for i, packet in enumerate(packets)]))

        one = capture("1.pcap", make.mqtt(12), make.mqtt_connect("me"), make.mqtt_subscribe("a"), b"\0", make.client_hello("a.example"))
        other = capture("2.pcap", make.mqtt_publish("a"), make.client_hello("b.a.example")[:60])
        for words in (("packets", "--format", "jsonl"), ("flows", "--format", "json"), ("extract",), ("merge",)):
            self.check(*words, "-o", "/dev/null", "--layers", "all", one, other)

    def test_features(self):
        frames = [make.ethernet(make.udp("0.0.0.0", 68, "255.255.255.255", 67, make.dhcp("02:00:00:00:00:01", 1))),
                  make.ethernet(make.arp(1, "02:00:00:00:00:01", "192.168.1.2", tpa="192.168.1.1"), kind=make.ARP)]
        link = self.write("c.pcap", make.pcap([(START, frame) for frame in frames]))
        raw = self.write("d.pcap", make.pcap([(START, make.udp("192.168.1.2", 40000, "198.51.100.7", 7, b"x"))], link=101))
        for kind in ("text", "csv", "json"):
            self.check("features", "--format", kind, "-o", "/dev/null", self.plain, self.packed, link, raw)
        self.check("features", "-j", "2", "-o", "/dev/null", self.plain, self.packed, link, raw)

    def test_extract(self):
        table = self.write("names.json", '{"IP": {"192.168.1.9": "plug.example"}, "ALIAS": {"a.example": "b.example"}}')
        unbound = self.write("names.txt", "START_RRSET_CACHE\na.example.\t60\tIN\tA\t198.51.100.8\nEND_RRSET_CACHE\n")
        for words in (("--dns-table", table), ("--dns-table", unbound, "--same-host", "plug.example=192.168.1.77"),
                      ("--filter", "udp or tcp", "--keep", "dhcp,ack")):
            self.check("extract", "--format", "json", "-o", "/dev/null", *words, self.plain, self.packed)

    def test_files_of_ours(self):
        for command, kind in (("packets", "csv"), ("packets", "jsonl"), ("flows", "csv"), ("flows", "json"), ("extract", "json")):
            path = self.path(f"{command}.{kind}")
            self.run_ok(command, "--format", kind, "-o", path, self.plain)
            self.check("extract", "--format", "text", "-o", "/dev/null", path, self.packed)

    def test_files_of_the_python_package(self):
        layers = ("\"(('protocol', 'DNS'), ('qtype', 1), ('domain-name', 'a.example'))\"", "\"{'protocol': 'CoAP', 'uri': \"\"/b'a'/b'b'\"\"}\"",
                  "\"HTTP - response: False, uri: /x\"", "nan")
        rows = "".join(f"{i},192.168.1.{i},b.example,TCP,40000.0,443.0,{layer}\r\n" for i, layer in enumerate(layers))
        patterns = self.write("old.csv", ",src,dst,transport_protocol,sport,dport,application_protocol\r\n" + rows + "\r\n" + rows)
        self.check("flows", "--format", "jsonl", "-o", "/dev/null", patterns)

    def test_compare_and_closest(self):
        """Captures, and patterns in which names are long, ports many and fixed twice, and some flows match and some do not."""
        def flow(dst, sport, dport, layer=None, more=()):
            ends = [("192.168.1.2", sport), (dst, dport), *more]
            return {"network_protocol": "IPv4", "transport_protocol": "UDP", "src": "192.168.1.2", "dst": dst, "application_layer": layer,
                    "ports": [{"host": host, "port": port, "count": 1} for host, port in ends]}

        def uri(text):
            return {"protocol": "CoAP", "code": "GET", "uri": text}

        label = "x" * 60
        name = ".".join([label] * 8) + ".example.com"
        many = [(name, port) for port in range(20, 40)]
        a = [flow(name, 40000, 53), flow("a." + name, 40000, 5683, uri("/" + "a" * 3000)), flow("192.168.1.9", 5353, 5353),
             flow("192.168.1.8", 40000, 9999), flow(name, 40000, 123, more=many), flow("only.example.org", 1, 2)]
        b = [flow("b." + name, 40001, 53), flow(name, 40000, 5683, uri("/" + "b" * 2000)), flow("192.168.1.9", 5353, 5353),
             flow("192.168.1.8", 40002, 9999), flow("c." + name, 40000, 123, more=many[1:]), flow("192.168.1.8", 40002, 9999)]
        a, b = (self.write(path, json.dumps([{"input": "x", "flows": flows}])) for path, flows in (("a.json", a), ("b.json", b)))
        for command, kind in (("compare", "text"), ("closest", "json")):
            self.check(command, "--format", kind, "-o", "/dev/null", "--same-host", "192.168.1.9=only.example.org", a, b)
        self.check("compare", "-o", "/dev/null", self.plain, self.packed)

    def test_patterns(self):
        flows = self.path("f.json")
        self.run_ok("flows", "-o", flows, self.plain)
        profile = self.path("p.yaml")
        device = ("--device", "d", "--ipv4", "192.168.1.2", "--ipv6", "fd00::2")
        self.run_ok("profile", *device, "-o", profile, flows)
        self.check("merge", "-o", "/dev/null", "--same-host", "a=b", flows, self.packed)
        self.check("filter", "-o", "/dev/null", "--host", "*.example.net", "--host", "192.168.1.2", "--protocol", "udp", "--attribute", "qtype=A",
                   "--port", "53", flows)
        self.check("filter", "-o", "/dev/null", "--id", "x", "--invert", flows, flows)
        self.check("convert", "--format", "csv", "-o", "/dev/null", flows)
        self.check("convert", "--format", "jsonl", "-o", "/dev/null", profile)
        name = json.loads(self.run_ok("flows", flows))[0]["flows"][0]["id"]
        self.check("flows", "-o", "/dev/null", self.write("q.yaml", f"single-policies: {{a: !include p.yaml#single-policies.{name} ipv4.dst:b.example}}\n"))
        packets = self.path("p.csv")
        self.run_ok("packets", "-o", packets, self.plain)
        for kind in ("text", "json"):
            self.check("convert", "--format", kind, "-o", "/dev/null", packets)
        for kind in ("yaml", "json"):
            self.check("profile", *device, "--format", kind, "-o", "/dev/null", "-q", flows, flows)
            self.check("profile", *device, "--format", kind, "-o", "/dev/null", "-q", profile)
        mud = self.path("m.json")
        self.run_ok("profile", *device, "--format", "mud", "-o", mud, "-q", flows)
        self.check("profile", *device, "--format", "mud", "-o", "/dev/null", "-q", flows)
        self.check("profile", *device, "--from", "mud", "--format", "mud", "-o", "/dev/null", "-q", mud)

    def test_trial(self):
        table = self.write("names.json", '{"IP": {"192.168.1.9": "plug.example"}, "ALIAS": {"plug.example": "b.example"}}')
        profile = self.write("p.yaml", "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies:\n"
                             "  a: {protocols: {ipv4: {src: self, dst: [$b.example, api.example.com]}}, bidirectional: true, initiator: src}\n"
                             "  b: {protocols: {udp: {dst-port: 53}, dns: {qtype: A}}}\n  c: {protocols: {tcp: {dst-port: 80}}, stats: {rate: 1}}\n")
        for kind in ("text", "json"):
            self.check("firewall", "--format", kind, "-o", "/dev/null", "--dns-table", table, "--test", self.plain, "--test", self.packed, profile)

    def test_firewall(self):
        """Of profiles with all that a policy can say, and of flows: explained, printed, checked, written as a folder."""
        flows, profile = self.path("f.json"), self.write("p.yaml", FIREWALL)
        self.write("other.yaml", "device-info: {ipv4: 10.0.0.9}\nport: 443\n")
        self.run_ok("flows", "-o", flows, self.write("b.pcap", make.pcap([(START, make.ethernet(make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("api.example.com", "A")]))))])))
        self.check("profile", "--check", "-q", "--host", "phone=10.0.0.8", profile)
        for words in (("--dry-run", "--no-check", "--log", "csv"), ("--explain", "--drop-probability", "0.5"), ("--dry-run", "--name", "home", "--rate", "5")):
            self.check("firewall", "-q", "--host", "phone=10.0.0.8", *words, *(() if "--explain" in words else ("--no-check",)), profile)
        self.check("firewall", "--no-check", "-o", self.path("out"), "--device", "d", "--ipv4", "192.168.1.2", "--host", "phone=10.0.0.8", profile, flows)
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["CMakeLists.txt", "README.txt", "firewall.nft", "nfqueues.c"])
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(".")], [])

    def test_no_output_is_left(self):
        os.mkdir(self.path("out"))
        path = self.path("out/x.json")
        self.check("extract", "-o", path, self.plain)
        self.assertEqual(os.listdir(self.path("out")), ["x.json"])  # of the first run, in which nothing failed


if __name__ == "__main__":
    support.main()
