# SPDX-License-Identifier: GPL-3.0-or-later
"""compare and closest against a second implementation: behaviour section 6 word by word, comparing all with all.

Random patterns of few hosts, ports and layers, so that much is equal or nearly so; captures, where they are; cases by hand.
"""
import csv
import decimal
import functools
import io
import json
import os
import random
import re
import unittest
from fractions import Fraction

import support
from support import Case, make
from test_reference import NAMES, SERVICES, SUFFIXES, Reference, is_domain

KNOWN = SERVICES | {("UDP", 5353), ("UDP", 5683)}
HOSTS = ["192.168.1.2", "192.168.1.3", "192.168.1.30", "fd00::2", "a.example.com", "b.example.com", "example.com", "x.a.example.com",
         "a.co.uk", "b.co.uk", "z.a.co.uk", "hub.local", "x.hub.local", "router", "rooter", "_x._udp.local"]
URIS = ["/a", "/a*", "/a?", "/b", "/ab/cd", "/ab/ce", ""]
ATTRIBUTES = {"DNS": {"qtype": 1, "domain-name": 2}, "HTTP": {"method": 1, "uri": 1}, "CoAP": {"code": 1, "uri": 1},
              "SSDP": {"method": 1}, "DHCP": {"client_mac": 1, "message_type": 1}}
TEXTS = ("domain-name", "uri")  # the others are equal or not
RESPONSES = ("HTTP", "CoAP", "SSDP")  # two responses are the same


@functools.lru_cache(maxsize=None)
def levenshtein(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def text_distance(a, b):
    return Fraction(levenshtein(a, b), len(a) + len(b)) if a != b else Fraction(0)


def is_address(host):
    return re.fullmatch(r"\d+\.\d+\.\d+\.\d+|.*:.*", host) is not None


def host_distance(a, b):
    if a == b:
        return Fraction(0)
    return Fraction(1) if is_address(a) or is_address(b) else text_distance(a, b)


class Distances(Reference):
    """Flows as Reference has them, where attributes may be absent."""

    def __init__(self, *words, suffixes=None, **more):
        super().__init__(*words, **more)
        self.suffixes = suffixes or (lambda name: name in SUFFIXES)

    def registrable(self, name):
        parts = name.split(".")
        return next((".".join(parts[i:]) for i in range(len(parts) - 1) if self.suffixes(".".join(parts[i + 1 :]))), None)

    def related(self, a, b):
        if a == b:
            return True
        if self.registrable(a) is None or self.registrable(a) != self.registrable(b):
            return False
        return a.endswith("." + b) or b.endswith("." + a) or a.split(".")[1:] == b.split(".")[1:]

    def declared(self, a, b, related):
        """By a rule, or by it after one of them has been replaced as --same-host says."""
        if related(a, b):
            return True
        pairs = [*self.same, *((y, x) for x, y in self.same)]
        return any((a == x and related(y, b)) or (b == x and related(a, y)) for x, y in pairs)

    @functools.lru_cache(maxsize=None)  # pylint: disable=method-cache-max-size-none
    def hosts_equal(self, a, b):
        return self.declared(a, b, lambda x, y: x == y or (is_domain(x) and is_domain(y) and self.related(x, y)))

    def layers_equal(self, a, b, exact=False):
        if a is None or b is None:
            return a is b
        if a["protocol"] != b["protocol"]:
            return False
        if a["protocol"] == "DNS":
            x, y = a.get("domain-name"), b.get("domain-name")
            names = x == y if x is None or y is None else self.declared(x, y, self.related)
            return names and a.get("qtype") == b.get("qtype")
        if a["protocol"] == "DHCP":
            return a.get("client_mac") == b.get("client_mac")
        if a.get("response") or b.get("response"):
            return True

        def of(layer):
            uri = layer.get("uri")
            return layer.get("method"), layer.get("code"), uri and uri[:-1] if uri and uri[-1] in "*?" else uri

        return of(a) == of(b)

    def fixed(self, flow, entry):
        host, port, count = entry
        del host
        return (flow["transport"], port) in KNOWN or flow.get("services", {}).get(port, False) or (
            self.random_ports and count > 1 and count == flow["count"])

    # Section 6

    def network(self, a, b):
        src, dst = b["src"], b["dst"]
        if host_distance(a["src"], dst) < host_distance(a["src"], src):
            src, dst = dst, src
        return ((a["network"] != b["network"]) + host_distance(a["src"], src) + host_distance(a["dst"], dst)) / Fraction(3)

    def transport(self, a, b):
        ports, others = ([entry[1] for entry in flow["ports"] if self.fixed(flow, entry)] for flow in (a, b))
        most = max(len(ports), len(others))
        identical = sum(port in others for port in ports)
        apart = 1 - Fraction(identical, most) if most else 0
        return Fraction(a["transport"] != b["transport"], 3) + Fraction(2, 3) * apart

    def application(self, a, b):
        if a is None or b is None:
            return Fraction(a is not b)
        if a["protocol"] != b["protocol"]:
            return Fraction(1)
        if a["protocol"] in RESPONSES and a.get("response") and b.get("response"):
            return Fraction(0)
        weights, total = ATTRIBUTES[a["protocol"]], Fraction(0)
        for name, weight in weights.items():
            x, y = a.get(name), b.get(name)
            if x != y:
                total += weight * (text_distance(x, y) if name in TEXTS and x is not None and y is not None else 1)
        return total / sum(weights.values())

    def distance(self, a, b):
        parts = [self.network(a, b), self.transport(a, b), self.application(a["layer"], b["layer"])]
        return [sum(parts) / 3, *parts]

    # include/iotsig/compare.h

    def compare(self, a, b):
        """Pairs of indices, and the overall distance."""
        pairs, free = {}, list(range(len(b)))
        for twins in (True, False):
            for i, flow in enumerate(a):
                if i in pairs:
                    continue
                for j in free:
                    if self.matches(flow, b[j]) and (not twins or self.distance(flow, b[j])[0] == 0):
                        pairs[i] = j
                        free.remove(j)
                        break
        alone = len(a) + len(b) - 2 * len(pairs)
        count = len(pairs) + alone
        total = sum((self.distance(a[i], b[j])[0] for i, j in pairs.items()), Fraction(alone))
        return sorted(pairs.items()), total / count if count else Fraction(0)

    def closest(self, a, b):
        return [min(range(len(b)), key=lambda j: (self.distance(flow, b[j])[0], j)) for flow in a]


EQUAL = Distances()


def decimals(fraction):
    """Six of them, rounded to the nearest, half up."""
    with decimal.localcontext(decimal.Context(prec=60)):
        value = decimal.Decimal(fraction.numerator) / decimal.Decimal(fraction.denominator)
        return str(value.quantize(decimal.Decimal("0.000001"), decimal.ROUND_HALF_UP))


def random_layer(choice):
    protocol = choice(["DNS", "DNS", "HTTP", "CoAP", "SSDP", "DHCP", None, None])
    if protocol is None:
        return None
    layer = {"protocol": protocol}
    values = {"response": [True, False], "qtype": ["A", "AAAA"], "domain-name": NAMES, "method": ["GET", "POST"], "code": ["GET", "PUT"],
              "uri": URIS, "client_mac": ["02:00:00:00:00:01", "02:00:00:00:00:02"], "message_type": ["discover", "request"],
              "type": ["CON", "NON"]}
    names = [*ATTRIBUTES[protocol], *(["type"] if protocol == "CoAP" else []), *([] if protocol == "DHCP" else ["response"])]
    for name in names:
        if choice([True] * 7 + [False]):
            layer[name] = choice(values[name])
    if protocol in RESPONSES and layer.get("response") and choice([True] * 3 + [False]):
        layer = {"protocol": protocol, "response": True}
    return layer


def random_flow(numbers, hosts):
    choice = numbers.choice
    transport = choice(["TCP", "UDP"])
    src, dst = choice(hosts), choice(hosts)
    ports = [80, 443, 9999, 40000, 40001, 40002] if transport == "TCP" else [53, 5353, 5683, 40000, 40001]
    count = choice([1, 1, 2, 3])
    if transport == "UDP" and choice([True, False, False]):
        entries = [[src, 5353, count], [dst, 5353, count]]
    else:
        entries = [[src, choice(ports), choice([1, count])], [dst, choice(ports), choice([1, count])]]
    while choice([True, False, False]):
        entries.append([choice([src, dst, choice(hosts)]), choice(ports), choice([1, 2])])
    if choice([True] + [False] * 9):
        entries = entries[: choice([0, 1])]
    if choice([True] + [False] * 9):
        numbers.shuffle(entries)
    return {"network": choice(["IPv4", "IPv4", "IPv4", "IPv6"]), "src": src, "dst": dst, "transport": transport,
            "ports": entries, "layer": random_layer(choice), "count": count}


def changed(numbers, flow, hosts):
    """The same flow, swapped, or with a change."""
    flow = json.loads(json.dumps(flow))
    for _ in range(numbers.choice([0, 0, 1, 1, 1, 2])):
        what = numbers.choice(["swap", "host", "port", "layer", "count", "drop", *["relative"] * 6, *["name"] * 2])
        if what == "relative":  # a host that is equal to the destination
            old = flow["dst"]
            new = numbers.choice([host for host in HOSTS if EQUAL.hosts_equal(host, old)])
            flow["src"] = new if flow["src"] == old else flow["src"]
            flow["dst"] = new
            flow["ports"] = [[new if host == old else host, port, count] for host, port, count in flow["ports"]]
        elif what == "name" and flow["layer"] and "domain-name" in flow["layer"]:
            flow["layer"]["domain-name"] = numbers.choice(NAMES)
        elif what == "swap":
            flow["src"], flow["dst"] = flow["dst"], flow["src"]
            flow["ports"] = flow["ports"][::-1]
        elif what == "host":
            old, new = flow["src"], numbers.choice(hosts)
            flow["src"] = new
            flow["ports"] = [[new if host == old else host, port, count] for host, port, count in flow["ports"]]
        elif what == "port" and flow["ports"]:
            numbers.choice(flow["ports"])[1] = numbers.choice([80, 443, 5353, 40000, 40003])
        elif what == "layer":
            flow["layer"] = random_layer(numbers.choice)
        elif what == "count":
            flow["count"] = 3
        elif what == "drop":
            flow["ports"] = flow["ports"][:-1]
    return flow


def as_json(flows, name="x"):
    return json.dumps([{"input": name, "flows": [
        {"network_protocol": flow["network"], "src": flow["src"], "dst": flow["dst"], "transport_protocol": flow["transport"],
         "ports": [{"host": host, "port": port, "count": count} for host, port, count in flow["ports"]],
         "application_layer": flow["layer"], "count": flow["count"]} for flow in flows]}])


def words_of(fraction):
    return str(fraction)  # "1/2", "0"


class SecondImplementation(Case):
    def ids(self, path, words=()):
        result = support.run("flows", "--format", "json", *words, path)
        return [flow["id"] for pattern in json.loads(result.out) for flow in pattern["flows"]]

    def check_rows(self, rows, pairs, a, b, ids_a, ids_b, reference):
        got = [(row["a"], row["b"], row["distance"], row["network"], row["transport"], row["application"], row["distance_decimal"])
               for row in rows]
        want = []
        for i, j in pairs:
            distance = reference.distance(a[i], b[j])
            want.append((ids_a[i], ids_b[j], *map(words_of, distance), decimals(distance[0])))
        self.assertEqual([(*row[:6], decimals(Fraction(str(row[6])))) for row in got], want)

    def check(self, a, b, path_a, path_b, reference, words=()):
        """Both commands on two patterns. How many pairs, and how many of them at distance 0."""
        ids_a, ids_b = self.ids(path_a, words), self.ids(path_b, words)
        pairs, overall = reference.compare(a, b)
        result = support.run("compare", "--format", "json", *words, path_a, path_b)
        self.assertEqual(result.status, 0 if overall == 0 and (a or b) else 1, result.err)
        got = json.loads(result.out)
        self.check_rows(got["pairs"], pairs, a, b, ids_a, ids_b, reference)
        self.assertEqual((got["distance"], f"{got['distance_decimal']:.6f}"), (words_of(overall), decimals(overall)))
        taken_a, taken_b = {i for i, _ in pairs}, {j for _, j in pairs}
        self.assertEqual(got["only_a"], [name for i, name in enumerate(ids_a) if i not in taken_a])
        self.assertEqual(got["only_b"], [name for i, name in enumerate(ids_b) if i not in taken_b])
        if b:
            closest = reference.closest(a, b)
            result = support.run("closest", "--format", "json", *words, path_a, path_b)
            self.assertEqual(result.status, 0 if a else 1, result.err)
            self.check_rows(json.loads(result.out)["closest"], list(enumerate(closest)), a, b, ids_a, ids_b, reference)
        return len(pairs), sum(reference.distance(a[i], b[j])[0] == 0 for i, j in pairs)

    def check_random(self, seed, words=(), rounds=8, **more):
        numbers = random.Random(seed)
        reference = Distances(**more)
        pairs = zeros = 0
        for _ in range(rounds):
            hosts = numbers.sample(HOSTS, numbers.randrange(2, 6))
            a = [random_flow(numbers, hosts) for _ in range(numbers.randrange(1, 30))]
            b = [changed(numbers, numbers.choice(a), hosts) if numbers.random() < 0.8 else random_flow(numbers, hosts)
                 for _ in range(numbers.randrange(1, 30))]
            more_pairs, more_zeros = self.check(a, b, self.write("a.json", as_json(a)), self.write("b.json", as_json(b)), reference, words)
            pairs += more_pairs
            zeros += more_zeros
        return pairs, zeros

    def check_many(self, seeds, words=(), **more):
        pairs = zeros = 0
        for seed in seeds:
            with self.subTest(seed=seed):
                found = self.check_random(seed, words, **more)
                pairs += found[0]
                zeros += found[1]
        self.assertGreater(zeros, 20 * len(seeds))  # else the test would say little
        self.assertGreater(pairs - zeros, 3 * len(seeds))

    def test_random(self):
        self.check_many(range(8))

    def test_random_ports(self):
        self.check_many(range(100, 103), ["--match-random-ports"], random_ports=True)

    def test_same_hosts(self):
        same = (("192.168.1.2", "a.example.com"), ("router", "fd00::2"), ("a.co.uk", "hub.local"))
        words = [word for a, b in same for word in ("--same-host", f"{a}={b}")]
        self.check_many(range(200, 204), words, same=same)

    def test_captures(self):
        """Flows as the program reads them, but matched and measured here."""
        folder = os.path.join(support.CORPUS, "captures")
        suffix_file = "/usr/share/publicsuffix/public_suffix_list.dat"
        if not os.path.isdir(folder) or not os.path.exists(suffix_file):
            self.skipTest("no captures, or no list of public suffixes")
        with open(suffix_file, encoding="utf-8") as file:
            rules = {line.split()[0] for line in file if line.strip() and not line.startswith("//")}

        def is_suffix(name):
            wildcard = "*." + name.partition(".")[2] in rules and "!" + name not in rules
            return name in rules or wildcard or "." not in name

        reference = Distances(suffixes=is_suffix)
        names = sorted(os.listdir(folder), key=lambda name: (os.path.getsize(os.path.join(folder, name)), name))
        paths = [os.path.join(folder, name) for name in names][20:100:6]
        pairs = zeros = 0
        patterns = []
        for path in paths:
            (pattern,) = json.loads(support.run("flows", "--format", "json", path).out)
            patterns.append([
                {"network": flow["network_protocol"], "src": flow["src"], "dst": flow["dst"], "transport": flow["transport_protocol"],
                 "ports": [[p["host"], p["port"], p["count"]] for p in flow["ports"]], "layer": flow["application_layer"],
                 "count": flow["count"], "services": {p["port"]: p["fixed"] for p in flow["ports"]}} for flow in pattern["flows"]])
        for (a, path_a), (b, path_b) in zip(zip(patterns, paths), list(zip(patterns, paths))[1:]):
            if 0 < len(a) < 150 and 0 < len(b) < 150:
                found = self.check(a, b, path_a, path_b, reference)
                pairs += found[0]
                zeros += found[1]
        self.assertGreater(pairs, 10)
        self.assertGreater(zeros, 3)


def flow(src="192.168.1.2", dst="api.example.com", sport=40000, dport=443, transport="TCP", network="IPv4", layer=None, count=1, ports=()):
    return {"network": network, "src": src, "dst": dst, "transport": transport, "layer": layer, "count": count,
            "ports": [[src, sport, count], [dst, dport, count], *ports]}


def dns(name, qtype="A", response=False):
    return {"protocol": "DNS", "response": response, "qtype": qtype, "domain-name": name}


HOSTILE = 'x\x1b]0;t\x07,"\r\n=cmd|\\000\u00ff</b>'


class ByHand(Case):
    def pattern(self, name, *flows):
        return self.write(name, as_json(flows))

    def run_json(self, command, a, b, *words, status=0):
        result = support.run(command, "--format", "json", *words, a, b)
        self.assertEqual((result.status, result.err), (status, ""))
        return json.loads(result.out)

    def test_equal(self):
        flows = [flow(), flow(dst="192.168.1.1", dport=53, transport="UDP", layer=dns("api.example.com"))]
        # other ports and counts, another order and direction: all of it is the same
        swapped = flow(src="api.example.com", dst="192.168.1.2", sport=443, dport=50000, count=7)
        a, b = self.pattern("a.json", *flows), self.pattern("b.json", flows[1], swapped)
        found = self.run_json("compare", a, b)
        self.assertEqual(list(found), ["distance", "distance_decimal", "a", "b", "pairs", "only_a", "only_b"])
        self.assertEqual((found["distance"], found["distance_decimal"], found["a"], found["b"]), ("0", 0, a, b))
        self.assertEqual((found["only_a"], found["only_b"]), ([], []))
        self.assertEqual([pair["a"] for pair in found["pairs"]],
                         ["192.168.1.2-api.example.com_TCP_dst_443",
                          "192.168.1.2-192.168.1.1_UDP_dst_53_DNS_response-false_qtype-A_domain-name-api.example.com"])
        self.assertEqual([(pair["distance"], pair["differences"]) for pair in found["pairs"]], [("0", [])] * 2)

    def test_different(self):
        # www.example.com equals api.example.com: 3 edits of 30 characters: 1/10; a ninth of it: 1/90. The other two have
        # no pair: (1/90 + 1 + 1) / 3 = 181/270 = 0.67037
        a = self.pattern("a.json", flow(), flow(dst="192.168.1.9", dport=9999))
        b = self.pattern("b.json", flow(dst="192.168.1.8", dport=9999), flow(dst="www.example.com", sport=50000))
        found = self.run_json("compare", a, b, status=1)
        self.assertEqual((found["distance"], found["distance_decimal"]), ("181/270", 0.670370))
        self.assertEqual(found["only_a"], ["192.168.1.2-192.168.1.9_TCP_dst_9999"])
        self.assertEqual(found["only_b"], ["192.168.1.2-192.168.1.8_TCP_dst_9999"])
        (pair,) = found["pairs"]
        self.assertEqual(pair, {
            "a": "192.168.1.2-api.example.com_TCP_dst_443", "b": "192.168.1.2-www.example.com_TCP_dst_443", "distance": "1/90",
            "distance_decimal": 0.011111, "network": "1/30", "transport": "0", "application": "0",
            "differences": [{"what": "host", "a": "api.example.com", "b": "www.example.com"}]})

    def test_twins_come_first(self):
        """The first of A matches both of B and is nearer to none; the second of A has its twin in B."""
        a = self.pattern("a.json", flow(dst="www.example.com"), flow(dst="api.example.com"))
        b = self.pattern("b.json", flow(dst="api.example.com"), flow(dst="ftp.example.com"))
        found = self.run_json("compare", a, b, status=1)
        self.assertEqual([(pair["a"].split("-")[1], pair["b"].split("-")[1]) for pair in found["pairs"]],
                         [("www.example.com_TCP_dst_443", "ftp.example.com_TCP_dst_443"),
                          ("api.example.com_TCP_dst_443", "api.example.com_TCP_dst_443")])

    def test_ports_that_are_twice(self):
        """5353 at both ends, and at one: distance 0 (section 6 counts the fixed ports of the first), and they match."""
        short = flow("192.168.1.2", "224.0.0.251", 5353, 5353, "UDP")
        short["ports"] = short["ports"][:1]
        a = self.pattern("a.json", flow("192.168.1.2", "224.0.0.251", 5353, 5353, "UDP"))
        b = self.pattern("b.json", short, flow("192.168.1.2", "224.0.0.251", 5353, 5353, "UDP"))
        ids = ["192.168.1.2-224.0.0.251_UDP_src_5353", "192.168.1.2-224.0.0.251_UDP_src_5353_dst_5353"]
        found = self.run_json("compare", a, b, status=1)
        self.assertEqual([(pair["b"], pair["distance"]) for pair in found["pairs"]], [(ids[0], "0")])
        self.assertEqual(found["only_b"], ids[1:])
        self.assertEqual([row["b"] for row in self.run_json("closest", a, b)["closest"]], ids[:1])

    def test_responses_with_attributes(self):
        """A request, and a response that says the same: distance 0."""
        layer = {"protocol": "HTTP", "response": False, "method": "GET", "uri": "/a"}
        a = self.pattern("a.json", flow(dport=80, layer=layer))
        b = self.pattern("b.json", flow(dport=80, layer={**layer, "response": True}), flow(dport=80, layer=layer))
        for command, rows in (("compare", "pairs"), ("closest", "closest")):
            (row,) = self.run_json(command, a, b, status=command == "compare")[rows]
            self.assertIn("response-true", row["b"])
            self.assertEqual(row["differences"], [{"what": "attribute", "name": "response", "a": "false", "b": "true"}])

    def test_differences(self):
        a = self.pattern("a.json", flow(dst="192.168.1.1", dport=53, transport="UDP", layer=dns("api.example.com")))
        b = self.pattern("b.json", flow(src="192.168.1.1", dst="fd00::2", sport=9999, dport=443, network="IPv6",
                                        layer={"protocol": "DNS", "qtype": "AAAA"}))
        (row,) = self.run_json("closest", a, b)["closest"]
        # a: .2 - .1; b: .1 - fd00::2; the source of A is nearer to neither: the same direction
        self.assertEqual(row["differences"], [
            {"what": "network_protocol", "a": "IPv4", "b": "IPv6"},
            {"what": "host", "a": "192.168.1.2", "b": "192.168.1.1"},
            {"what": "host", "a": "192.168.1.1", "b": "fd00::2"},
            {"what": "transport_protocol", "a": "UDP", "b": "TCP"},
            {"what": "port", "a": "192.168.1.2", "b": "192.168.1.1", "port_a": None, "port_b": 9999},
            {"what": "port", "a": "192.168.1.1", "b": "fd00::2", "port_a": 53, "port_b": 443},
            {"what": "attribute", "name": "response", "a": "false", "b": None},
            {"what": "attribute", "name": "qtype", "a": "A", "b": "AAAA"},
            {"what": "attribute", "name": "domain-name", "a": "api.example.com", "b": None}])
        # 1/3 + 1/3 + 1/3; 1/3 + 2/3; 1/3 + 2/3
        self.assertEqual([row[name] for name in ("distance", "network", "transport", "application")], ["1"] * 4)

    def test_closest(self):
        """Ties by order; each flow of A may have the same of B; nothing need match."""
        b = self.pattern("b.json", flow(dst="192.168.1.8"), flow(dst="192.168.1.9"), flow(dst="192.168.1.8"))
        a = self.pattern("a.json", flow(dst="192.168.1.7"), flow(dst="192.168.1.9"), flow(dst="192.168.1.8", dport=80))
        found = self.run_json("closest", a, b)
        self.assertEqual(list(found), ["a", "b", "closest"])
        self.assertEqual([(row["b"].split("-")[1].split("_")[0], row["distance"]) for row in found["closest"]],
                         [("192.168.1.8", "1/9"), ("192.168.1.9", "0"), ("192.168.1.8", "2/9")])

    def test_same_host(self):
        a, b = self.pattern("a.json", flow(dst="hub.example.com")), self.pattern("b.json", flow(dst="192.168.1.9"))
        self.assertEqual(self.run_json("compare", a, b, status=1)["pairs"], [])
        found = self.run_json("compare", a, b, "--same-host", "192.168.1.9=api.example.com", status=1)  # after replacing
        self.assertEqual([pair["distance"] for pair in found["pairs"]], ["1/9"])
        self.assertEqual((found["distance"], found["only_a"], found["only_b"]), ("1/9", [], []))
        pairs = self.write("pairs.txt", "# equal\n\n 192.168.1.9 = api.example.com # the hub\n")
        self.assertEqual(self.run_json("compare", a, b, "--same-host", "@" + pairs, status=1), found)
        bad = self.write("bad.txt", "a.example=b.example\nno pair\n")
        result = support.run("compare", "--same-host", "@" + bad, a, b)
        self.assertEqual(result.status, 3)
        self.assertIn(f"{bad}:line 2: ", result.err)

    def test_exit_status(self):
        good, other = self.pattern("good.json", flow()), self.pattern("other.json", flow(dst="192.168.1.9"))
        empty, none = self.pattern("empty.json"), self.write("none.json", '{"signature":null}\n')
        bad, two = self.write("bad.json", '[{"input":"x","flows":[{]}]'), self.write("two.json", json.dumps(
            json.loads(as_json([flow()], "x")) + json.loads(as_json([flow()], "y"))))
        no_flow = self.capture(make.tcp("192.168.1.2", 1, "192.168.1.3", 2, b""))
        cases = [
            ("compare", [good, good], 0), ("compare", [good, other], 1), ("compare", [good, empty], 1), ("compare", [empty, good], 1),
            ("compare", [empty, empty], 1), ("compare", [no_flow, no_flow], 1), ("compare", [good, none], 1), ("compare", [none, good], 1),
            ("compare", [bad, good], 3), ("compare", [good, bad], 3), ("compare", [bad, none], 3),
            ("compare", [good, self.path("absent")], 3), ("compare", [two, good], 3), ("compare", [good, two], 3),
            ("compare", [], 2), ("compare", [good], 2), ("compare", [good, good, good], 2), ("compare", ["--format", "yaml", good, good], 2),
            ("closest", [good, other], 0), ("closest", [empty, good], 1), ("closest", [good, empty], 1), ("closest", [empty, empty], 1),
            ("closest", [good, none], 1), ("closest", [good, bad], 3), ("closest", [good], 2), ("closest", [good, good, good], 2),
            ("closest", ["-o", self.path("none/x"), good, good], 4), ("compare", ["--name", "x", good, good], 2),
        ]
        for command, words, status in cases:
            with self.subTest(command=command, words=words):
                result = support.run(command, *words)
                self.assertEqual(result.status, status, result.err)
                if status > 1:
                    self.assertRegex(result.err, "^iotsig: ")

    def test_inputs(self):
        """Captures, packet files, signatures, and standard input for one of them."""
        capture = self.capture(make.tcp("192.168.1.2", 40000, "192.168.1.9", 9999, b"x"),
                               make.udp("192.168.1.2", 40001, "192.168.1.1", 53, make.dns([("api.example.com", "A")])))
        files = [capture]
        for command, kind in (("packets", "csv"), ("packets", "jsonl"), ("flows", "json"), ("flows", "csv"), ("extract", "json")):
            files.append(self.path(f"{command}.{kind}"))
            self.run_ok(command, "--format", kind, "-o", files[-1], capture)
        for path in files:
            found = self.run_json("compare", path, capture)
            self.assertEqual((found["distance"], len(found["pairs"])), ("0", 2), path)
            with open(path, "rb") as file:
                content = file.read()
            for words in (["-", capture], [capture, "-"]):
                result = support.run("compare", "--format", "json", *words, stdin=content)
                self.assertEqual((result.status, result.err), (0, ""))
                self.assertEqual(json.loads(result.out)["a" if words[0] == "-" else "b"], "-")

    def test_text(self):
        a = self.pattern("a.json", flow(), flow(dst="192.168.1.9", dport=9999))
        b = self.pattern("b.json", flow(dst="www.example.com", sport=50000), flow(dst="fd00::9", network="IPv6", dport=9999))
        result = support.run("compare", "--format", "text", a, b)
        self.assertEqual((result.status, result.err), (1, ""))
        lines = result.out.splitlines()
        self.assertEqual(lines[:3], [f"A: {a}", f"B: {b}", "distance 181/270 (0.670370): 1 pair"])
        rows = [re.split(r" {2,}", line.strip()) for line in lines[3:]]
        self.assertEqual([[cell.lower() for cell in rows[0]], *rows[1:]], [
            ["distance", "flow of a", "flow of b", "difference"],
            ["1/90", "192.168.1.2 - api.example.com:443 TCP", "192.168.1.2 - www.example.com:443 TCP",
             "host api.example.com / www.example.com"],
            ["-", "192.168.1.2 - 192.168.1.9:9999 TCP", "-", "only in A"],
            ["-", "-", "192.168.1.2 - [fd00::9]:9999 TCP/IPv6", "only in B"]])
        out = support.run("closest", "--format", "text", a, b).out
        self.assertEqual(len(out.splitlines()), 5, out)
        self.assertIn("host 192.168.1.9 / www.example.com; port 9999 / 443", support.run("closest", "--format", "text", self.pattern(
            "c.json", flow(dst="192.168.1.9", dport=9999)), self.pattern("d.json", flow(dst="www.example.com"))).out)

    def test_csv_and_lines(self):
        a = self.pattern("a.json", flow(), flow(dst="192.168.1.9", dport=9999))
        b = self.pattern("b.json", flow(dst="www.example.com"), flow(dst="192.168.1.8", dport=9999))
        ids = ["192.168.1.2-api.example.com_TCP_dst_443", "192.168.1.2-www.example.com_TCP_dst_443",
               "192.168.1.2-192.168.1.9_TCP_dst_9999", "192.168.1.2-192.168.1.8_TCP_dst_9999"]
        difference = '[{"what":"host","a":"api.example.com","b":"www.example.com"}]'
        out = support.run("compare", "--format", "csv", a, b).out
        self.assertEqual(out.split("\r\n")[0], "a,b,distance,distance_decimal,network,transport,application,differences")
        rows = list(csv.reader(io.StringIO(out, newline="")))
        self.assertEqual(rows[1:], [[ids[0], ids[1], "1/90", "0.011111", "1/30", "0", "0", difference],
                                    [ids[2], "", "", "", "", "", "", "[]"], ["", ids[3], "", "", "", "", "", "[]"]])
        lines = [json.loads(line) for line in support.run("compare", "--format", "jsonl", a, b).out.splitlines()]
        self.assertEqual([(line["a"], line["b"], line["distance"]) for line in lines],
                         [(ids[0], ids[1], "1/90"), (ids[2], None, None), (None, ids[3], None)])
        rows = list(csv.DictReader(io.StringIO(self.run_ok("closest", "--format", "csv", a, b), newline="")))
        self.assertEqual([(row["a"], row["b"], row["distance"]) for row in rows], [(ids[0], ids[1], "1/90"), (ids[2], ids[3], "1/9")])
        self.run_ok("closest", "-o", self.path("x.csv"), a, b)
        self.assertTrue(self.read("x.csv").startswith(b"a,b,distance,"))

    def test_hostile_texts(self):
        def other(text):
            return text + "x"

        a, b = (self.pattern(f"{name}.json",
                             flow(dst=change(HOSTILE), layer=dns(change(HOSTILE))),
                             flow(dport=80, layer={"protocol": "HTTP", "response": False, "method": "GET", "uri": change("/" + HOSTILE)}))
                for name, change in (("a", str), ("b", other)))
        for command, status in (("compare", 1), ("closest", 0)):
            for kind in ("text", "csv", "json", "jsonl"):
                result = support.run(command, "--format", kind, a, b)
                self.assertEqual((result.status, result.err), (status, ""))
                self.assertRegex(result.out.replace("\r\n", "\n"), r"\A[\n -~]*\Z")
                if kind == "csv":
                    rows = list(csv.reader(io.StringIO(result.out, newline=""), strict=True))
                    self.assertEqual({len(row) for row in rows}, {8})
                    differences = [json.loads(row[-1]) for row in rows[1:]]
                    if command == "closest":
                        self.assertEqual([[d["what"] for d in row] for row in differences], [["host", "attribute"], ["attribute"]])
                        self.assertEqual(differences[0][0]["b"], differences[0][0]["a"] + "x")
                elif kind != "text":
                    for line in result.out.splitlines():
                        json.loads(line)
        hostile = self.write("x\x1b[31m\"\n.json", as_json([flow()]))
        for kind in ("text", "json"):
            result = support.run("compare", "--format", kind, hostile, a)
            self.assertNotIn("\x1b", result.out)

    def test_two_that_are_far(self):
        """More and longer names than the arithmetic of 64 bits can sum: 1/9 * 1/n for lengths n of two that differ in one place."""
        lengths = range(30, 160)
        a = [flow(dst=f"a{'x' * (n - 22)}.example.com", dport=10000 + n, layer={"protocol": "HTTP", "method": "GET", "uri": "/" + "y" * n})
             for n in lengths]
        b = [{**f, "layer": {**f["layer"], "uri": f["layer"]["uri"] + "*"}} for f in a]
        # each: one of 2n + 3 characters, half of the application, a third of the whole
        overall = sum(Fraction(1, 6 * (2 * n + 3)) for n in lengths) / len(lengths)
        self.assertGreater(overall.denominator, 2**64)
        found = self.run_json("compare", self.pattern("a.json", *a), self.pattern("b.json", *b), status=1)
        self.assertEqual((found["only_a"], found["only_b"]), ([], []))
        self.assertEqual((found["distance"], f"{found['distance_decimal']:.6f}"), (str(overall), decimals(overall)))


if __name__ == "__main__":
    support.main()
