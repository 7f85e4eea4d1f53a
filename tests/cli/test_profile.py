# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies (behaviour section 6) by hand; flow -> policy -> flow on generated flows; hostile YAML."""
import json
import random
import time
import unittest

import support
from support import Case

try:
    import yaml
except ImportError:
    yaml = None

A, C, SIX = "192.168.1.2", "198.51.100.7", "fd00::2"
DEVICE = ["--device", "d", "--ipv4", A, "--ipv6", SIX, "--mac", "02:00:00:00:00:01"]
INFO = {"name": "d", "mac": "02:00:00:00:00:01", "ipv4": A, "ipv6": SIX}


def flow(src, dst, ports, transport="TCP", layer=None, network="IPv4", **more):
    return {"network_protocol": network, "src": src, "dst": dst, "transport_protocol": transport, "application_layer": layer,
            "ports": [{"host": host, "port": port, "count": 1} for host, port in ports], "count": 1, **more}


def layer(protocol, **attributes):
    return {"protocol": protocol, **{name.replace("domain_name", "domain-name"): value for name, value in attributes.items()}}


class Made(Case):
    def pattern(self, name, *flows, key="flows"):
        return self.write(name, json.dumps({"input": name, key: list(flows)}))

    def policies(self, *flows, words=()):
        profile = json.loads(self.run_ok("profile", *DEVICE, "--format", "json", *words, self.pattern("p.json", *flows)))
        self.assertEqual((list(profile), profile["device-info"]), (["device-info", "single-policies"], INFO))
        return list(profile["single-policies"].values())


class Policies(Made):
    def test_by_hand(self):
        for one, want in (
                (flow(A, C, [(A, 40000), (C, 9999)]), {"ipv4": {"src": "self", "dst": C}, "tcp": {"dst-port": 9999}}),
                (flow(C, A, [(C, 40000), (A, 9999)]), {"ipv4": {"src": C, "dst": "self"}, "tcp": {"dst-port": 9999}}),
                (flow("fd00:0::2", "ff02::fb", [(SIX, 5353), ("ff02::fb", 5353)], "UDP", layer("DNS", response=True, qtype="PTR", domain_name="*.$.local"),
                      "IPv6"),
                 {"ipv6": {"src": "self", "dst": "ff02::fb"}, "udp": {"src-port": 5353, "dst-port": 5353},
                  "mdns": {"response": True, "qtype": "PTR", "domain-name": "$.\\036.local"}}),
                (flow(A, C, [(A, 1024), (C, 53)], "UDP", layer("DNS", qtype="A", domain_name="a.example")),
                 {"ipv4": {"src": "self", "dst": C}, "udp": {"dst-port": 53}, "dns": {"qtype": "A", "domain-name": "a.example"}}),
                (flow(A, "*.example.com", [(A, 40000)], layer=layer("HTTP", response=False, method="GET", uri="/x*")),
                 {"ipv4": {"src": "self", "dst": "$.example.com"}, "tcp": {}, "http": {"response": False, "method": "GET", "uri": "/x*"}}),
                (flow(A, C, [(A, 40000)], layer=layer("HTTP", response=False, method="GET", uri="/x\\042")),
                 {"ipv4": {"src": "self", "dst": C}, "tcp": {}, "http": {"response": False, "method": "GET", "uri": "/x\\042"}}),
                (flow(A, C, [(A, 40000)], layer=layer("HTTP", response=False, method="OPTIONS", uri="*")),
                 {"ipv4": {"src": "self", "dst": C}, "tcp": {}, "http": {"response": False, "method": "OPTIONS", "uri": "\\042"}}),
                (flow(A, C, [(A, 40000), (C, 5683)], "UDP", layer("CoAP", type="CON", response=False, code="GET", uri="$")),
                 {"ipv4": {"src": "self", "dst": C}, "udp": {"dst-port": 5683}, "coap": {"type": "CON", "response": False, "method": "GET", "uri": "\\036"}}),
                (flow(A, C, [(A, 40000), (C, 1900)], "UDP", layer("SSDP", response=False, method="M-SEARCH")),
                 {"ipv4": {"src": "self", "dst": C}, "udp": {"dst-port": 1900}, "ssdp": {"response": False, "method": "M-SEARCH"}}),
                (flow(A, C, [(A, 40000), (C, 5683)], "UDP", layer("CoAP", type="CON", response=False, code="GET", uri="/a")),
                 {"ipv4": {"src": "self", "dst": C}, "udp": {"dst-port": 5683}, "coap": {"type": "CON", "response": False, "method": "GET", "uri": "/a"}}),
                (flow("0.0.0.0", "self", [("0.0.0.0", 68), ("self", 67)], "UDP", layer("DHCP", client_mac="02:00:00:00:00:01", message_type="discover")),
                 {"ipv4": {"src": "0.0.0.0", "dst": "\\115elf"}, "udp": {"src-port": 68, "dst-port": 67},
                  "dhcp": {"client-mac": "02:00:00:00:00:01", "type": "discover"}}),
                (flow("a.example.com", C, [("a.example.com", 40000), (C, 443), ("b.example.com", 40001), ("10.0.0.9", 9999), (C, 5000)]),
                 {"ipv4": {"src": ["a.example.com", "b.example.com"], "dst": [C, "10.0.0.9"]}, "tcp": {"dst-port": [443, 9999, 5000]}}),
                (flow(A, C, [(A, 40000)], network="IPv6"), {"ipv6": {"src": A, "dst": C}, "tcp": {}})):
            with self.subTest(want=want):
                (got,) = self.policies(one)
                self.assertEqual(got, {"protocols": want, "bidirectional": True})
                self.assertEqual(list(got["protocols"]), list(want))

    def test_same_hosts_stay_on_one_side(self):
        one = flow("10.0.0.1", C, [("10.0.0.1", 443), (C, 40000), ("10.0.0.2", 9999)])
        (got,) = self.policies(one, words=["--same-host", "10.0.0.1=10.0.0.2"])
        self.assertEqual(got["protocols"], {"ipv4": {"src": ["10.0.0.1", "10.0.0.2"], "dst": C}, "tcp": {"src-port": [443, 9999]}})

    def test_groups(self):
        one = flow(A, C, [(C, 443)])
        long = "\u00e9" * 400
        path = self.write("g.json", json.dumps([{"input": name, "flows": [one]} for name in ("x", "x", long, long, "\x1b[0m\n", "protocols")]))
        got = json.loads(self.run_ok("profile", *DEVICE, "--format", "json", path))["single-policies"]
        self.assertEqual(list(got), ["x", "x-2", "\u00e9" * 240, "\u00e9" * 240 + "-2", "\x1b[0m\n", "protocols"])
        text = self.run_ok("profile", *DEVICE, path)
        self.assertNotIn("\x1b", text)
        (read,) = json.loads(self.run_ok("flows", "--format", "json", self.write("g.yaml", text)))
        self.assertEqual(len(read["flows"]), 6)
        name = self.folder.encode() + b"/\xff.json"
        with open(name, "wb") as file:
            file.write(json.dumps({"flows": [one]}).encode())
        self.assertIn('"?', json.dumps(list(json.loads(self.run_ok("profile", *DEVICE, "--format", "json", path, name))["single-policies"])).replace(
            self.folder + "/", ""))

    def test_losses(self):
        whole = flow(A, C, [(A, 0), (C, 443)], packets=0, bytes=0)
        pairs = flow("a.example.com", C, [("a.example.com", 443), (C, 0), ("b.example.com", 9999)])
        for one, lost in ((whole, []), (dict(whole, count=2), ["counts"]), (dict(whole, packets=1), ["counts"]), (dict(whole, first="1.000000"), ["times"]),
                          (flow(A, C, [(A, 40000), (C, 443)]), ["ports that are not fixed"]), (pairs, ["which host had which port"])):
            result = support.run("profile", "-v", *DEVICE, self.pattern("l.json", one))
            self.assertEqual([line.split("hold: ")[1] for line in result.err.splitlines() if "hold: " in line], lost)

    def test_options_and_outputs(self):
        path = self.pattern("p.json", flow(A, C, [(C, 443)]))
        for words in (["--ipv4", A], ["--device", "d"], [*DEVICE, "--format", "csv"], ["--device", "d", "--ipv4", SIX], ["--device", "d", "--ipv6", A],
                      [*DEVICE, "--mac", "x"], [*DEVICE, "--mac", "02:00:00:00:00:0"], [*DEVICE, "-o", self.path("x.csv")]):
            self.assertEqual(support.run("profile", *words, path).status, 2, words)
        for name, start in (("x", b"device-info:"), ("x.yml", b"device-info:"), ("x.json", b"{")):
            self.run_ok("profile", *DEVICE, "-o", self.path(name), path)
            self.assertTrue(self.read(name).startswith(start))
        self.assertEqual(support.run("profile", *DEVICE, self.pattern("e.json")).status, 1)


WORDS = ["true", "no", "Yes", "off", "y", "null", "~", "1.5", "0x10", "12:30", "1e5", "1_000", "0o17", "010", "-5", "+1", ".inf", "-.INF", ".NaN", "2001-12-14",
         "2001-12-14T21:59:43Z", "=", "<<", "...", "---", "- a", "-", "?", ": ", "a: b", "a:", "#", "a #b", "*a", "&a", "!a", "!!str", "@a", "`a", "%a", "|", ">",
         "'", "\"", "''", "\\\\", "\\000", "$", "a$b*c", "[a", "{a", "]", "a, b", " a", "a ", "  ", "self", "Self", "{}", "[]", "self.example", "\\115elf", "/a*", "/a$", "/a?*", "/a\\\\*", "/a\\\\$"]


def hostile(numbers):
    return numbers.choice(WORDS) if numbers.random() < 0.7 else "".join(chr(numbers.randrange(0x20, 0x7F)) for _ in range(numbers.randint(1, 30))).replace(
        "\\", "\\\\").lower().rstrip(".") or "."


def generated(numbers):
    hosts = ["a.example.com", A, SIX, "$" * 300, "*" * 60]
    src, dst = (numbers.choice(hosts) if numbers.random() < 0.5 else hostile(numbers).lower() for _ in range(2))
    if src == dst:
        dst = "b.example.org"
    kind = numbers.choice([None, "DNS", "HTTP", "SSDP", "CoAP", "DHCP"])
    truth, text = numbers.random() < 0.5, hostile(numbers)
    name = hostile(numbers).lower()
    made = {"DNS": layer("DNS", response=truth, qtype=text, domain_name=name), "HTTP": layer("HTTP", response=truth, method=text, uri=name),
            "SSDP": layer("SSDP", method=text), "CoAP": layer("CoAP", type=text, response=truth, code=name, uri=text),
            "DHCP": layer("DHCP", client_mac=text, message_type=name)}.get(kind)
    ends = [(src, numbers.choice([0, 443, 9999])), (dst, numbers.choice([0, 443, 9999]))]
    return flow(src, dst, ends, "TCP", made, numbers.choice(["IPv4", "IPv6"]))


class RoundTrip(Made):
    def test_generated(self):
        numbers = random.Random(5)
        flows = [generated(numbers) for _ in range(1500)]
        path = self.pattern("g.json", *flows)
        (want,) = json.loads(self.run_ok("flows", "--format", "json", path))
        for kind in ("yaml", "json"):
            out = self.path("g." + kind + kind)
            self.run_ok("profile", *DEVICE, "--format", kind, "-o", out, path)
            (got,) = json.loads(self.run_ok("flows", "--format", "json", out))
            self.assertEqual(len(got["flows"]), len(flows))
            for a, b in zip(want["flows"], got["flows"]):
                self.assertEqual(b, a)

    @unittest.skipIf(yaml is None, "python3-yaml is not installed")
    def test_an_independent_parser_reads_the_same(self):
        numbers = random.Random(6)
        flows = [generated(numbers) for _ in range(300)] + [flow(word, "b.example", [], layer=layer("HTTP", uri=word)) for word in WORDS]
        path = self.pattern("g.json", *flows)
        want = json.loads(self.run_ok("profile", *DEVICE, "--format", "json", path))
        self.assertEqual(yaml.safe_load(self.run_ok("profile", *DEVICE, path)), want)
        for name in WORDS:
            words = ["--device", name, "--ipv4", A]
            self.assertEqual(yaml.safe_load(self.run_ok("profile", *words, path))["device-info"]["name"], name)


HEAD = "device-info: {ipv4: 10.0.0.1}\nsingle-policies:\n"
GOOD = "  good:\n    protocols:\n      ipv4: {src: self, dst: x.example}\n      tcp: {dst-port: 443}\n"


class Reading(Made):
    def result(self, text):
        started = time.monotonic()
        result = support.run("flows", "--format", "json", self.write("h.yaml", text), leaks=False)
        self.assertLess(time.monotonic() - started, 60)
        return result

    def test_hostile(self):
        bomb = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n" + "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 12))
        texts = "x: &x " + "y" * 30000 + "\nz: [" + "*x," * 5000 + "]\n"
        cases = [  # text, status, line, column
            (HEAD + "  a: " + "[" * 100000, 5, 3, 69), (HEAD + "  a: " + "{a: " * 100000, 5, 3, None), (HEAD + "  a:\n    " + "- " * 100000, 5, 4, None),
            (bomb + HEAD + GOOD, 5, None, None), (texts + HEAD + GOOD, 5, 2, None), (HEAD + GOOD + GOOD, 3, 7, 3), (HEAD + "  ? [a]\n  : b\n", 3, 3, 5),
            (HEAD + "  b: \"x\\0y\"\n", 3, 3, 6), (HEAD + "  \"b\\0\": x\n", 3, 3, 3), (HEAD + "  \u00e9: x\0y\n", 3, 3, 7), ((HEAD + "  b: ").encode() + b"\xff", 3, 3, 6),
            (HEAD + GOOD + "---\n" + HEAD, 3, 7, 1), (HEAD + "  b: !include x.y\n", 3, 3, 6), (HEAD + "  b: !includes x.y\n", 3, 3, 6), (HEAD + "  b: !!python/object:os.system x\n", 3, 3, 6),
            (HEAD + "  b: *none\n", 3, 3, None), (HEAD + "  b: &b [*b]\n", 3, 3, 10), (HEAD + "  <<: {a: b}\n", 3, 3, 3), (HEAD + "  a:\n\tb: c\n", 3, 4, 1),
            (HEAD + "  a: [b\n", 3, None, None), (HEAD + "  \"a\n", 3, None, None), (HEAD + "  a: \"\\ud800\"\n", 3, 3, None)]
        for text, status, line, column in cases:
            with self.subTest(text=text[:120]):
                result = self.result(text)
                self.assertEqual((result.status, len(result.err.splitlines())), (status, 1), result.err)
                self.assertRegex(result.err, rf"^iotsig: \S+h\.yaml:line {line or '[0-9]+'}, column {column or '[0-9]+'}: (YAML: |!include x\.y: there is no member x\.y$)")
        result = self.result(HEAD + "  a: " + "x" * (17 << 20))
        self.assertEqual((result.status, "16 MiB" in result.err, len(result.err.splitlines())), (5, True, 1))
        ports = f"ipv4: {{src: [{', '.join(f'h{i}.example' for i in range(9000))}], dst: b}}\n      tcp: {{src-port: [{', '.join(map(str, range(9000)))}]}}\n"
        self.assertEqual(self.result(HEAD + "  a:\n    protocols:\n      " + ports).status, 3)

    def test_what_people_write(self):
        text = ("%YAML 1.1\n---\n# mine\ndevice-info:\n  ipv4: 10.0.0.1\nsingle-policies:\n  a: &a\n    protocols:\n      tcp: {dst-port: [443, 8883]}\n"
                "      ipv4: {src: [self, \"10.0.0.9\"], dst: $.example}\n      dhcp: {client_mac: \"x\", message_type: !!str 12}\n    stats: {rate: 10/second}\n"
                "    initiator: src\n  deep: {er: {b: *a}}\n  c:\n    protocols:\n      ipv6: {src: fd00::1, dst: local}\n      udp:\n        src-port: 5353\n"
                "      mdns: {response: yes, qtype: PTR}\n...\n")
        result = self.result(text)
        self.assertEqual((result.status, result.err), (0, ""))
        a, b, c = json.loads(result.out)[0]["flows"]
        self.assertEqual({**a, "id": 0}, {**b, "id": 0})
        self.assertEqual([(p["host"], p["port"]) for p in a["ports"]], [("10.0.0.1", 0), ("10.0.0.9", 0), ("*.example", 443), ("*.example", 8883)])
        self.assertEqual(a["application_layer"], {"protocol": "DHCP", "client_mac": "x", "message_type": "12"})
        self.assertEqual((c["network_protocol"], c["sport"], c["application_layer"]), ("IPv6", 5353, {"protocol": "DNS", "response": True, "qtype": "PTR"}))

    def test_policies_that_are_no_flows(self):
        bad = ("  one:\n    protocols:\n      arp: {type: request}\n  two:\n    protocols:\n      icmp: {type: echo}\n      ipv4: {src: self, dst: b}\n")
        result = self.result(HEAD + bad + GOOD)
        self.assertEqual((result.status, len(json.loads(result.out)[0]["flows"])), (3, 1))
        self.assertRegex(result.err, r"\Aiotsig: \S+h\.yaml:policy one: .*\(and 1 more like it\)\n\Z")
        for text in ("ipv4: {src: self, dst: b}", "ipv4: {src: self, dst: b, ttl: 1}\n      tcp: {}", "ipv4: {src: self, dst: b}\n      tcp: {dst-port: 65536}",
                     "ipv6: {src: self, dst: b}\n      tcp: {}", "ipv4: {src: [], dst: b}\n      tcp: {}", "ipv4: {src: a, dst: 5}\n      tcp: {}",
                     "ipv4: {src: a, dst: b}\n      tcp: {}\n      udp: {}", "ipv4: {src: a, dst: b}\n      tcp: {}\n      mqtt: {}",
                     "ipv4: {src: a, dst: b}\n      tcp: {}\n      dns: {none: 1}", "ipv4: {src: a, dst: b}\n      tcp: {}\n      dns: {response: 1}",
                     "ipv4: {src: a, dst: b}\n      tcp: {}\n      dns: {}\n      http: {}", "ipv4: x\n      tcp: y", "ipv4: {src: {a: b}, dst: b}\n      tcp: {}"):
            result = self.result(HEAD + "  \"b\\e[0m\":\n    protocols:\n      " + text + "\n" + GOOD)
            self.assertEqual((result.status, len(json.loads(result.out)[0]["flows"])), (3, 1), text)
            self.assertRegex(result.err, r"\Aiotsig: \S+h\.yaml:policy b\\027\[0m\b.*: .+\n\Z", text)


if __name__ == "__main__":
    support.main()
