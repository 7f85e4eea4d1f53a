# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows and signatures against a second implementation: behaviour sections 2 to 5, word by word, comparing all with all.

Random files of packets, with few hosts, ports and layers, so that much matches.
"""
import copy
import functools
import json
import random
import re

import support
from support import Case

SUFFIXES = {"com", "co.uk", "local"}  # of the names below
SERVICES = {("TCP", 80), ("TCP", 443), ("UDP", 443), ("TCP", 9999), ("UDP", 9999), ("TCP", 53), ("UDP", 53)}  # as netbase has them
HOSTS = ["192.168.1.2", "192.168.1.3", "fd00::2", "a.example.com", "b.example.com", "example.com", "x.a.example.com",
         "a.co.uk", "b.co.uk", "z.a.co.uk", "hub.local", "x.hub.local", "router"]
NAMES = ["a.example.com", "b.example.com", "other.com", "_hue._tcp.local", "_x._tcp.local", "hub"]


# Section 3


def labels(name):
    return name.split(".")


def registrable(name):
    parts = labels(name)
    for i in range(len(parts)):
        if ".".join(parts[i + 1 :]) in SUFFIXES:
            return ".".join(parts[i:])
    return None


@functools.cache
def related(a, b):
    if a == b:
        return True
    if registrable(a) is None or registrable(a) != registrable(b):
        return False
    below = a.endswith("." + b) or b.endswith("." + a)
    return below or labels(a)[1:] == labels(b)[1:]


@functools.cache
def is_domain(host):
    parts = labels(host)
    return (len(parts) >= 2 and len(parts[-1]) >= 2 and not re.fullmatch(r"[\d.]+|.*:.*", host)
            and all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", part) for part in parts))


class Reference:
    def __init__(self, random_ports=False, same=()):
        self.random_ports = random_ports
        self.same = same

    def hosts_equal(self, a, b):
        def plain(x, y):
            return x == y or (is_domain(x) and is_domain(y) and related(x, y))

        return plain(a, b) or any(
            (plain(x, b) and a == y) or (plain(y, b) and a == x) or (plain(a, x) and b == y) or (plain(a, y) and b == x)
            for x, y in self.same)

    # Section 2

    def layers_equal(self, a, b, exact=False):
        if a is None or b is None:
            return a is b
        if a["protocol"] != b["protocol"]:
            return False
        if a["protocol"] == "DNS":
            names = a["domain-name"] == b["domain-name"] if exact else related(a["domain-name"], b["domain-name"])
            return a["qtype"] == b["qtype"] and names
        if a["protocol"] == "DHCP":
            return a["client_mac"] == b["client_mac"]
        if a["response"] or b["response"]:
            return True
        method = "code" if a["protocol"] == "CoAP" else "method"
        return a[method] == b[method] and a.get("uri", "").rstrip("*?") == b.get("uri", "").rstrip("*?")

    # Section 4

    def fixed(self, flow, entry):
        _, port, count = entry
        return (flow["transport"], port) in SERVICES or (self.random_ports and count > 1 and count == flow["count"])

    def matches(self, a, b):
        if a["network"] != b["network"] or a["transport"] != b["transport"]:
            return False
        same = self.hosts_equal(a["src"], b["src"]) and self.hosts_equal(a["dst"], b["dst"])
        swapped = self.hosts_equal(a["src"], b["dst"]) and self.hosts_equal(a["dst"], b["src"])
        if not (same or swapped) or not self.layers_equal(a["layer"], b["layer"]):
            return False
        for host, port, _ in b["ports"]:
            first = next((entry for entry in a["ports"] if self.hosts_equal(entry[0], host)), None)
            if first is None or (self.fixed(a, first) and first[1] != port):
                return False
        return True

    def add(self, a, b):
        for key in ("count", "packets", "bytes"):
            a[key] += b[key]
        for host, port, count in b["ports"]:
            for entry in a["ports"]:
                if entry[1] == port and self.hosts_equal(entry[0], host):
                    entry[2] += count
                    break
            else:
                a["ports"].append([host, port, count])

    def flows(self, packets):
        groups = []
        for packet in packets:
            ends = sorted([(packet["src"], packet["sport"]), (packet["dst"], packet["dport"])])
            for group in groups:
                if (group["ends"] == ends and group["transport"] == packet["transport_protocol"]
                        and self.layers_equal(group["layer"], packet["application_layer"], exact=True)):
                    break
            else:
                group = {
                    "ends": ends, "network": packet["network_protocol"], "transport": packet["transport_protocol"],
                    "src": packet["src"], "dst": packet["dst"], "layer": packet["application_layer"], "count": 1,
                    "packets": 0, "bytes": 0,
                    "ports": [[packet["src"], packet["sport"], 1], [packet["dst"], packet["dport"], 1]],
                }
                groups.append(group)
            group["packets"] += 1
            group["bytes"] += packet["length"]
        flows = []
        for group in groups:
            del group["ends"]
            found = next((flow for flow in flows if self.matches(flow, group)), None)
            if found is None:
                flows.append(group)
            else:
                self.add(found, group)
        return flows

    # Section 5

    def signature(self, patterns):
        patterns = sorted((p for p in patterns if p), key=len)
        consumed = [[False] * len(p) for p in patterns]
        signature = []
        for i, flow in enumerate(patterns[0]):
            if consumed[0][i]:
                continue
            taken = copy.deepcopy(flow)
            consumed[0][i] = True
            for j, pattern in enumerate(patterns):
                found = next((k for k, other in enumerate(pattern) if self.matches(taken, other)), None)
                if found is None:
                    break
                if j == 0 and consumed[0][found]:
                    continue
                consumed[j][found] = True
                self.add(taken, pattern[found])
            else:
                signature.append(taken)
        return signature


def random_layer(choice):
    kind = choice(["none", "none", "DNS", "HTTP", "CoAP", "SSDP", "DHCP"])
    if kind == "none":
        return None
    if kind == "DNS":
        return {"protocol": "DNS", "response": choice([True, False]), "qtype": choice(["A", "AAAA"]), "domain-name": choice(NAMES)}
    if kind == "DHCP":
        return {"protocol": "DHCP", "client_mac": choice(["02:00:00:00:00:01", "02:00:00:00:00:02"]),
                "message_type": choice(["discover", "request"])}
    if choice([True, False]):
        return {"protocol": kind, "response": True} if kind != "CoAP" else {"protocol": kind, "type": "ACK", "response": True}
    if kind == "CoAP":
        return {"protocol": kind, "type": "CON", "response": False, "code": choice(["GET", "PUT"]), "uri": choice(["/a", "/b"])}
    if kind == "SSDP":
        return {"protocol": kind, "response": False, "method": choice(["M-SEARCH", "NOTIFY"])}
    return {"protocol": kind, "response": False, "method": choice(["GET", "POST"]), "uri": choice(["/a", "/a*", "/b"])}


def random_packets(numbers, hosts):
    def end():
        return numbers.choice(hosts), numbers.choice([80, 443, 9999, 53, 40000, 40001, 40002, 40003])

    packets = []
    for i in range(numbers.randrange(1, 40)):
        (src, sport), (dst, dport) = end(), end()
        if (src, sport) == (dst, dport):
            continue
        packets.append({
            "capture": "x", "id": i, "timestamp": f"{1700000000 + i}.000000", "network_protocol": numbers.choice(["IPv4", "IPv4", "IPv6"]),
            "src": src, "dst": dst, "transport_protocol": numbers.choice(["TCP", "UDP"]), "sport": sport, "dport": dport,
            "application_layer": random_layer(numbers.choice), "length": numbers.randrange(40, 1500)})
    return packets


def shape(flow):
    """A flow of the program, in the words of the reference."""
    return {"network": flow["network_protocol"], "transport": flow["transport_protocol"], "src": flow["src"], "dst": flow["dst"],
            "layer": flow["application_layer"], "count": flow["count"], "packets": flow["packets"], "bytes": flow["bytes"],
            "ports": [[p["host"], p["port"], p["count"]] for p in flow["ports"]]}


class SecondImplementation(Case):
    def check(self, seed, words=(), files=40, **more):
        numbers = random.Random(seed)
        reference = Reference(**more)
        paths, patterns = [], []
        for i in range(files):
            hosts = numbers.sample(HOSTS, numbers.randrange(2, 6))
            packets = random_packets(numbers, hosts)
            path = self.write(f"{i}.jsonl", "".join(json.dumps(p) + "\n" for p in packets))
            if packets:
                paths.append(path)
                patterns.append(reference.flows(packets))
        got = json.loads(self.run_ok("flows", "--format", "json", *words, *paths))
        matched = 0
        for path, pattern, want in zip(paths, got, patterns):
            self.assertEqual([shape(flow) for flow in pattern["flows"]], want, path)
            matched += sum(flow["count"] > 1 for flow in want)
            for flow, flow_want in zip(pattern["flows"], want):
                fixed = [reference.fixed(flow_want, entry) for entry in flow_want["ports"]]
                self.assertEqual([p["fixed"] for p in flow["ports"]], fixed)
        self.assertGreater(matched, files // 2)
        for i in range(0, len(paths) - 3, 3):
            for n in (2, 3):
                want = reference.signature(patterns[i : i + n])
                result = support.run("extract", "--format", "json", *words, *paths[i : i + n], leaks=i == 0)
                self.assertEqual(result.status, 0 if want else 1, result.err)
                signature = json.loads(result.out)["signature"]
                self.assertEqual([shape(flow) for flow in signature["flows"]], want, paths[i : i + n])

    def test_flows_and_signatures(self):
        for seed in range(8):
            with self.subTest(seed=seed):
                self.check(seed)

    def test_random_ports(self):
        for seed in range(100, 106):
            with self.subTest(seed=seed):
                self.check(seed, ["--match-random-ports"], random_ports=True)

    def test_same_hosts(self):
        same = [("192.168.1.2", "a.example.com"), ("router", "fd00::2"), ("a.co.uk", "hub.local")]
        words = [word for a, b in same for word in ("--same-host", f"{a}={b}")]
        for seed in range(200, 206):
            with self.subTest(seed=seed):
                self.check(seed, words, same=same)


if __name__ == "__main__":
    support.main()
