# SPDX-License-Identifier: GPL-3.0-or-later
"""MUD files: what is written satisfies the modules of RFC 8520 and RFC 8519 (checked here by rules of our own); files read by hand; both ways; hostile."""
import copy
import ipaddress
import itertools
import json
import os
import random
import re
import unittest

import support
from support import Case, run

A, SIX = "192.168.1.135", "fd00::135"
ACLS, MUD, DIRECTION = "ietf-access-control-list:acls", "ietf-mud:mud", "ietf-mud:direction-initiated"
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+\Z")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})\Z")
LABEL = r"([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?|[a-zA-Z0-9])"
HOST = re.compile(rf"({LABEL}\.)*{LABEL}\.?\Z")


class Broken(Exception):
    """The document is not as the modules want it."""


class Checker:
    """The constraints of ietf-mud, ietf-access-control-list and ietf-acldns that a MUD file must keep, with the names of RFC 7951."""

    @staticmethod
    def need(holds, *what):
        if not holds:
            raise Broken(" ".join(map(str, what)))

    def text(self, value, low=0, high=10**6):
        self.need(isinstance(value, str) and low <= len(value) <= high, "text", repr(value))
        for c in value:
            self.need(c in "\t\n\r" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF and not 0xFDD0 <= ord(c) <= 0xFDEF and ord(c) & 0xFFFE != 0xFFFE),
                      "character", repr(c))

    def number(self, value, low, high):
        self.need(isinstance(value, int) and not isinstance(value, bool) and low <= value <= high, "number", repr(value), low, high)

    def uri(self, value):
        self.text(value)
        self.need(URI.match(value), "uri", value)

    def empty(self, value):
        self.need(value == [None] and isinstance(value, list), "empty", value)

    def host(self, value):
        self.text(value, 1, 253)
        try:
            ipaddress.ip_address(value)
        except ValueError:
            self.need(HOST.match(value), "host", value)

    def prefix(self, value, version):
        self.text(value)
        address, slash, length = value.partition("/")
        self.need(slash and re.fullmatch(r"\d{1,3}", length), "prefix", value)
        self.need(ipaddress.ip_address(address).version == version, "family", value)
        self.need(int(length) <= (32 if version == 4 else 128), "length", value)

    def members(self, node, **known):
        """A container: its members, each with its check; a name ending in `!` is mandatory."""
        self.need(isinstance(node, dict), "container", node)
        checks = {name.rstrip("!").replace("__", ":").replace("_", "-"): (check, name.endswith("!")) for name, check in known.items()}
        for name in node:
            self.need(name in checks, "unknown member", name)
            checks[name][0](node[name])
        for name, (_, mandatory) in checks.items():
            self.need(not mandatory or name in node, "missing", name)

    def entries(self, node, check):
        """A list with the key `name`."""
        self.need(isinstance(node, list), "list", node)
        for item in node:
            self.need(isinstance(item, dict) and isinstance(item.get("name"), str), "key", item)
            check(item)
        self.need(len({item["name"] for item in node}) == len(node), "keys that are not unique")

    def date(self, value):
        self.need(isinstance(value, str) and DATE.match(value), "date", value)

    def port(self, node):
        self.need(isinstance(node, dict), "port", node)
        if "lower-port" in node or "upper-port" in node:
            self.members(node, **{"lower_port!": lambda v: self.number(v, 0, 65535), "upper_port!": lambda v: self.number(v, 0, 65535)})
            self.need(node["lower-port"] <= node["upper-port"], "range", node)
        else:
            self.members(node, **{"operator": lambda v: self.need(v in ("eq", "neq", "lte", "gte"), "operator", v),
                                  "port!": lambda v: self.number(v, 0, 65535)})

    def ip(self, node, version):
        self.members(node, **{"protocol": lambda v: self.number(v, 0, 255), f"source_ipv{version}_network": lambda v: self.prefix(v, version),
                              f"destination_ipv{version}_network": lambda v: self.prefix(v, version),
                              "ietf_acldns__src_dnsname": self.host, "ietf_acldns__dst_dnsname": self.host})

    def matches(self, node):
        byte = lambda v: self.number(v, 0, 255)
        self.members(node, ipv4=lambda v: self.ip(v, 4), ipv6=lambda v: self.ip(v, 6),
                     tcp=lambda v: self.members(v, source_port=self.port, destination_port=self.port,
                                                ietf_mud__direction_initiated=lambda d: self.need(d in ("to-device", "from-device"), "direction", d)),
                     udp=lambda v: self.members(v, source_port=self.port, destination_port=self.port),
                     icmp=lambda v: self.members(v, type=byte, code=byte),
                     ietf_mud__mud=lambda v: self.members(v, manufacturer=self.host, same_manufacturer=self.empty, model=self.uri,
                                                          local_networks=self.empty, controller=self.uri, my_controller=self.empty))
        self.need(len({"ipv4", "ipv6"} & set(node)) <= 1, "choice l3")
        self.need(len({"tcp", "udp", "icmp"} & set(node)) <= 1, "choice l4")
        protocol = node.get("ipv4", node.get("ipv6", {})).get("protocol")
        for name, numbers in (("tcp", (6,)), ("udp", (17,)), ("icmp", (1, 58))):
            self.need(name not in node or protocol in numbers, "a protocol that is not the one matched")

    def ace(self, node):
        self.members(node, **{"name!": lambda v: self.text(v, 1, 64), "matches": self.matches, "actions!": lambda v: self.members(
            v, **{"forwarding!": lambda f: self.need(f in ("accept", "drop", "reject"), "forwarding", f)})})

    def acl(self, node):
        self.members(node, **{"name!": lambda v: self.text(v, 1, 64), "type": lambda v: self.need(v in ("ipv4-acl-type", "ipv6-acl-type"), "type", v),
                              "aces": lambda v: self.members(v, ace=lambda w: self.entries(w, self.ace))})
        other = "ipv6" if node["type"] == "ipv4-acl-type" else "ipv4"
        for ace in node["aces"]["ace"]:
            self.need(other not in ace.get("matches", {}), "when: matches of the list's type")
            self.need("icmp" not in ace["matches"] or (ace["matches"].get("ipv6", {}).get("protocol") == 58) == (other == "ipv4"), "icmp of the family")

    def check(self, document):
        self.need(isinstance(document, dict) and set(document) == {MUD, ACLS}, "root", list(document))
        acls, used = document[ACLS], []
        self.members(acls, acl=lambda v: self.entries(v, self.acl))
        names = {acl["name"] for acl in acls["acl"]}

        def policy(node):
            self.members(node, **{"access_lists!": lambda v: self.members(v, **{"access_list!": lambda w: self.entries(w, one)})})

        def one(node):
            self.members(node, **{"name!": lambda v: self.need(v in names, "leafref", v)})
            used.append(node["name"])

        url = lambda v: (self.uri(v), self.need(v.startswith("https://"), "https", v))
        self.members(document[MUD], **{
            "mud_version!": lambda v: self.number(v, 1, 1), "mud_url!": url, "last_update!": self.date, "mud_signature": self.uri,
            "cache_validity": lambda v: self.number(v, 1, 168), "is_supported!": lambda v: self.need(isinstance(v, bool), "boolean", v),
            "systeminfo": lambda v: self.text(v, 0, 60), "mfg_name": self.text, "model_name": self.text, "documentation": self.uri,
            "from_device_policy": policy, "to_device_policy": policy})
        self.need(sorted(used) == sorted(names), "lists that are used twice or not at all")


check = Checker().check


def port(node):
    if node is None:
        return None
    return (node["lower-port"], node["upper-port"]) if "lower-port" in node else (node["port"], node["port"])


def accepted(document):
    """What a document accepts, as a set of tuples: direction, family, protocol, other end, source port, destination port, type, initiator."""
    lists = {acl["name"]: acl for acl in document[ACLS]["acl"]}
    result = set()
    for direction, side in (("from", "destination"), ("to", "source")):
        policy = document[MUD].get(f"{direction}-device-policy", {"access-lists": {"access-list": []}})
        for one in policy["access-lists"]["access-list"]:
            acl = lists[one["name"]]
            family = 4 if acl["type"] == "ipv4-acl-type" else 6
            for ace in acl["aces"]["ace"]:
                matches = ace["matches"]
                network = matches.get(f"ipv{family}", {})
                mud = {name: value if name == "controller" else None for name, value in matches.get("ietf-mud:mud", {}).items()}
                peers = [network.get(f"{side}-ipv{family}-network"), network.get(f"ietf-acldns:{side[:3].replace('des', 'dst').replace('sou', 'src')}-dnsname"),
                         tuple(mud.items()) or None]
                peers = [peer for peer in peers if peer is not None]
                assert len(peers) <= 1
                l4 = matches.get("tcp", matches.get("udp", {}))
                result.add((direction, family, network.get("protocol"), peers[0] if peers else None, port(l4.get("source-port")),
                            port(l4.get("destination-port")), matches.get("icmp", {}).get("type"), l4.get(DIRECTION)))
    return result


def profile(policies, **info):
    return json.dumps({"device-info": {"name": "plug", "ipv4": A, "ipv6": SIX, **info}, "single-policies": policies})


def policy(family=4, src="self", dst=None, both=False, initiator=None, stats=None, **protocols):
    network = {name: value for name, value in (("src", src), ("dst", dst)) if value is not None}
    made = {"protocols": {f"ipv{family}": network, **{name.replace("_", "-"): fields for name, fields in protocols.items()}}}
    if both:
        made["bidirectional"] = True
    if initiator is not None:
        made["initiator"] = initiator
    if stats is not None:
        made["stats"] = stats
    return made


class Mud(Case):
    def mud(self, policies, *words, warnings=(), **info):
        """The document of a profile, checked; the warnings in their order, each by what it holds."""
        result = run("profile", "--format", "mud", *words, self.write("p.json", profile(policies, **info)), leaks=False)
        self.assertEqual(result.status, 0, result.err)
        lines = result.err.splitlines()
        self.assertEqual(len(lines), len(warnings), result.err)
        for line, want in zip(lines, warnings):
            self.assertIn("warning: ", line)
            self.assertIn(want, line)
        document = json.loads(result.out)
        check(document)
        return document

    def back(self, document, *words, name="m.json", status=0, err=""):
        """The policies of a document, in the order of the file, flat."""
        text = document if isinstance(document, (str, bytes)) else json.dumps(document)
        result = run("profile", "--from", "mud", "--format", "json", *words, self.write(name, text), leaks=False)
        self.assertEqual((result.status, result.err), (status, err))
        read = json.loads(result.out)
        self.assertIsInstance(read["device-info"]["name"], str)
        return read, {f"{group}/{one}": value for group, entries in read["single-policies"].items() for one, value in entries.items()}


class Writing(Mud):
    def test_checker_can_fail(self):
        good = self.mud({"a": policy(dst="a.example", both=True, tcp={"dst-port": 443}), "b": policy(dst="local", udp={"dst-port": "1-9"})})
        ace = lambda d: d[ACLS]["acl"][0]["aces"]["ace"][0]
        for break_it in (
                lambda d: d[MUD].pop("last-update"), lambda d: d[MUD].update({"mud-version": 2}), lambda d: d[MUD].update({"mud-url": "http://x"}),
                lambda d: d[MUD].update({"cache-validity": 0}), lambda d: d[MUD].update({"systeminfo": "x" * 61}), lambda d: d[MUD].update({"x": 1}),
                lambda d: d[MUD]["from-device-policy"]["access-lists"]["access-list"].append({"name": "none"}),
                lambda d: d[ACLS]["acl"].append(d[ACLS]["acl"][0]), lambda d: ace(d).update({"name": "x" * 65}),
                lambda d: ace(d)["matches"]["ipv4"].update({"protocol": 17}), lambda d: ace(d)["matches"]["ipv4"].update({"protocol": 300}),
                lambda d: ace(d)["matches"]["ipv4"].update({"ietf-acldns:dst-dnsname": "-"}), lambda d: ace(d)["matches"].update({"udp": {}}),
                lambda d: ace(d)["matches"]["ipv4"].update({"dst-dnsname": "a.example"}), lambda d: ace(d)["matches"].update({"ipv6": {}}),
                lambda d: ace(d)["matches"].update({"ietf-mud:mud": {"local-networks": None}}), lambda d: ace(d)["actions"].pop("forwarding"),
                lambda d: ace(d)["matches"]["tcp"].update({"direction-initiated": "from-device"})):
            bad = copy.deepcopy(good)
            break_it(bad)
            with self.assertRaises(Broken):
                check(bad)

    def test_document(self):
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
        self.addCleanup(os.environ.pop, "SOURCE_DATE_EPOCH")
        document = self.mud({"a": policy(dst="a.example", both=True, tcp={"dst-port": 443})})
        entry = lambda side, dns: {
            "name": "a", "matches": {"ipv4": {"protocol": 6, f"ietf-acldns:{dns}-dnsname": "a.example"},
                                     "tcp": {f"{side}-port": {"operator": "eq", "port": 443}}}, "actions": {"forwarding": "accept"}}
        self.assertEqual(document, {
            MUD: {"mud-version": 1, "mud-url": "https://mud.invalid/plug.json", "last-update": "2023-11-14T22:13:20Z", "cache-validity": 48,
                  "is-supported": True, "systeminfo": "plug",
                  "from-device-policy": {"access-lists": {"access-list": [{"name": "mud-plug-v4fr"}]}},
                  "to-device-policy": {"access-lists": {"access-list": [{"name": "mud-plug-v4to"}]}}},
            ACLS: {"acl": [{"name": "mud-plug-v4fr", "type": "ipv4-acl-type", "aces": {"ace": [entry("destination", "dst")]}},
                           {"name": "mud-plug-v4to", "type": "ipv4-acl-type", "aces": {"ace": [entry("source", "src")]}}]}})
        for epoch in ("x", "-1", "99999999999999"):
            os.environ["SOURCE_DATE_EPOCH"] = epoch
            result = run("profile", "--format", "mud", "-o", self.path("out.json"), self.path("p.json"))
            self.assertEqual((result.status, os.path.exists(self.path("out.json"))), (2, False))

    def test_texts(self):
        for name, info in (("x" * 200, "x" * 60), ("a\u0085\u202e\x1b\u00ae", "a?\u202e?\u00ae"), ("\u4e2d" * 61, "\u4e2d" * 60), ("\ufffe\U0001ffff", "??")):
            self.assertEqual(self.mud({"a": policy()}, name=name)[MUD]["systeminfo"], info)
        self.assertEqual(self.mud({"a": policy()}, **{"mud-url": "https://x.example/a?b=c"})[MUD]["mud-url"], "https://x.example/a?b=c")
        for url in ("http://x.example/", "https://", "https:///x", "https://x/\n", "https://x/\u00e9", 7, ""):
            self.assertEqual(self.mud({"a": policy()}, warnings=["device-info.mud-url"], **{"mud-url": url})[MUD]["mud-url"], "https://mud.invalid/plug.json")
        names = ["x" * 300, "x" * 300 + "y", "\u00e9", "a b", "a b-2", "a\x1b[0m", '"', "protocols-"]
        document = self.mud({name: policy(dst=f"{n}.example", tcp={"dst-port": [1, 3]}) for n, name in enumerate(names)})
        self.assertEqual(len(document[ACLS]["acl"][0]["aces"]["ace"]), 2 * len(names))

    def test_by_hand(self):
        any_port = (None, None)
        for one, want in (
                (policy(), {("from", 4, None, None, *any_port, None, None)}),
                (policy(both=True), {(d, 4, None, None, *any_port, None, None) for d in ("from", "to")}),
                (policy(src="10.0.0.0/8", dst="self", udp={}), {("to", 4, 17, "10.0.0.0/8", *any_port, None, None)}),
                (policy(dst="10.0.0.1", tcp={"src-port": 5, "dst-port": "7-9"}), {("from", 4, 6, "10.0.0.1/32", (5, 5), (7, 9), None, None)}),
                (policy(dst=["a.example", "b.example"], both=True, tcp={"dst-port": [1, 3]}, initiator="src"),
                 {(d, 4, 6, h, *((None, (p, p)) if d == "from" else ((p, p), None)), None, "from-device")
                  for d in ("from", "to") for h in ("a.example", "b.example") for p in (1, 3)}),
                (policy(src="a.example", dst="self", both=True, tcp={"dst-port": 80}, initiator="src"),
                 {("to", 4, 6, "a.example", None, (80, 80), None, "to-device"), ("from", 4, 6, "a.example", (80, 80), None, None, "to-device")}),
                (policy(6, dst="local", both=True, icmpv6={"type": "echo-request"}),
                 {("from", 6, 58, (("local-networks", None),), *any_port, 128, None), ("to", 6, 58, (("local-networks", None),), *any_port, 129, None)}),
                (policy(dst="10.0.0.1-10.0.0.6"),
                 {("from", 4, None, net, *any_port, None, None) for net in ("10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32")}),
                (policy(dst="255.255.255.254-255.255.255.255"), {("from", 4, None, "255.255.255.254/31", *any_port, None, None)}),
                (policy(dst="0.0.0.0/0", tcp={"dst-port": "0-65535"}), {("from", 4, 6, None, *any_port, None, None)}),
                (policy(src=A, dst="mdns", udp={"dst-port": 5353}), {("from", 4, 17, "224.0.0.251/32", None, (5353, 5353), None, None)}),
                (policy(dst="224.0.0.22", igmp={}), {("from", 4, 2, "224.0.0.22/32", *any_port, None, None)}),
                (policy(6, dst="all-nodes"), {("from", 6, None, "ff02::1/128", *any_port, None, None)})):
            with self.subTest(policy=one):
                self.assertEqual(accepted(self.mud({"a": one})), want)

    def test_external(self):
        networks = [ipaddress.ip_network(one[3]) for one in accepted(self.mud({"a": policy(dst="external")}))]
        self.assertEqual(sum(net.num_addresses for net in networks), 2**32 - 2**16)
        self.assertFalse(any(net.overlaps(ipaddress.ip_network("192.168.0.0/16")) for net in networks))
        networks = {ipaddress.ip_network(one[3]) for one in accepted(self.mud({"a": policy(6, dst=["external", "fe80::7"])}))}
        self.assertEqual(sum(net.num_addresses for net in networks), 2**128 - 2**118 - 2**121 + 1)

    def test_losses(self):
        wider, left = "MUD does not hold ", "left out of the MUD file: "
        for one, want in (
                (policy(dst="a.example", udp={"dst-port": 53}, dns={"qtype": "A"}), wider + "dns:"),
                (policy(dst="a.example", stats={"rate": "10/second"}), wider + "stats:"),
                (policy(dst="a.example", udp={}, initiator="src"), wider + "initiator:"),
                (policy(dst="a.example", tcp={}, http={}, stats={"packet-count": 5}), wider + "http, stats:"),
                (policy(dst="igmpv3", igmp={"version": 3}), wider + "igmp:"),
                ({"protocols": {"arp": {"type": "request"}}}, left + "neither ipv4 nor ipv6"),
                ({"protocols": {"tcp": {"dst-port": 1}}}, left + "neither ipv4 nor ipv6"),
                (policy(dst="*.a.example"), left + "MUD has no suffixes"), (policy(dst="a_.example"), left + "a host name"),
                (policy(dst="self"), left + "not one end"), (policy(src="10.0.0.1", dst="10.0.0.2"), left + "not one end"),
                (policy(src=["self", "10.0.0.1"], dst="10.0.0.2"), left + "not one end"),
                (policy(dst="gateway"), left + "gateway has no address"),
                (policy(dst=[f"10.0.{i}.1" for i in range(250)], tcp={"dst-port": list(range(1, 600, 2))}), left + "the file would have more than 65536")):
            with self.subTest(want=want):
                self.mud({"a": one, "b": policy(dst="x.example")}, warnings=["policy a: " + want])
                result = run("profile", "--format", "mud", "-o", self.path("x.json"), self.write("q.json", profile({"a": one})))
                self.assertEqual((result.status, os.path.exists(self.path("x.json"))), (0, True) if wider in want else (1, False))
                if os.path.exists(self.path("x.json")):
                    os.unlink(self.path("x.json"))
        dns = accepted(self.mud({"a": policy(dst="10.0.0.1", dns={})}, warnings=["dns"]))
        self.assertEqual({one[2] for one in dns}, {6, 17})
        self.assertEqual({one[3] for one in accepted(self.mud({"a": policy(dst="gateway")}, "--host", "gateway=10.0.0.1"))}, {"10.0.0.1/32"})

    def test_signatures(self):
        flows = [{"network_protocol": network, "src": src, "dst": dst, "transport_protocol": transport, "application_layer": layer, "count": 1,
                  "ports": [{"host": src, "port": sport, "count": 1}, {"host": dst, "port": dport, "count": 1}]}
                 for network, src, dst, transport, sport, dport, layer in (
                     ("IPv4", A, "cloud.example.com", "TCP", 40000, 443, None), ("IPv4", "192.168.1.1", A, "TCP", 40000, 9999, None),
                     ("IPv6", SIX, "ff02::fb", "UDP", 5353, 5353, {"protocol": "DNS", "response": False}), ("IPv4", "10.0.0.1", "10.0.0.2", "UDP", 1, 2, None))]
        path = self.write("s.json", json.dumps({"signature": {"name": "on", "captures": ["a"], "timeout": 20, "flows": flows}}))
        result = run("profile", "--format", "mud", "--device", "plug", "--ipv4", A, "--ipv6", SIX, path)
        self.assertEqual((result.status, len(result.err.splitlines())), (0, 2), result.err)
        document = json.loads(result.out)
        check(document)
        self.assertEqual(accepted(document), {
            ("from", 4, 6, "cloud.example.com", None, (443, 443), None, None), ("to", 4, 6, "cloud.example.com", (443, 443), None, None, None),
            ("to", 4, 6, "192.168.1.1/32", None, (9999, 9999), None, None), ("from", 4, 6, "192.168.1.1/32", (9999, 9999), None, None, None),
            ("from", 6, 17, "ff02::fb/128", (5353, 5353), (5353, 5353), None, None), ("to", 6, 17, "ff02::fb/128", (5353, 5353), (5353, 5353), None, None)})

    def test_one_device(self):
        path = self.write("p.json", profile({"a": policy()}))
        self.assertEqual(run("profile", "--format", "mud", path, path).status, 2)


def ace(name, forwarding="accept", **matches):
    return {"name": name, "matches": {key.replace("mud", "ietf-mud:mud"): value for key, value in matches.items()}, "actions": {"forwarding": forwarding}}


def document(source=(), to=(), family=4, more=(), **mud):
    """A MUD file of our own."""
    kind = f"ipv{family}-acl-type"
    lists = [{"name": name, "type": kind, "aces": {"ace": list(entries)}} for name, entries in (("from", source), ("to", to)) if entries]
    policies = {f"{name}-device-policy": {"access-lists": {"access-list": [{"name": name}]}} for name, entries in (("from", source), ("to", to)) if entries}
    return {MUD: {"mud-version": 1, "mud-url": "https://maker.example/lamp/v1.json", "last-update": "2024-05-06T07:08:09.5+02:00", "cache-validity": 100,
                  "is-supported": True, "systeminfo": "A lamp, by Maker", **policies, **{key.replace("_", "-"): value for key, value in mud.items()}},
            ACLS: {"acl": [*lists, *more]}}


def tcp(side, number, **more):
    return {f"{side}-port": {"operator": "eq", "port": number}, **more}


class Reading(Mud):
    def test_cloud_and_controller(self):
        read, policies = self.back(document(
            [ace("cloud", ipv4={"ietf-acldns:dst-dnsname": "API.Maker.example", "protocol": 6}, tcp=tcp("destination", 443, **{DIRECTION: "from-device"})),
             ace("dns", ipv4={"protocol": 17}, udp=tcp("destination", 53), mud={"controller": "urn:ietf:params:mud:dns"}),
             ace("ntp", ipv4={"protocol": 17}, udp={"destination-port": {"port": 123}}, mud={"controller": "urn:ietf:params:mud:ntp"}),
             ace("home", mud={"my-controller": [None]}),
             ace("hub", ipv4={"protocol": 6}, mud={"controller": "https://Hubs.example/x"})],
            [ace("cloud-back", ipv4={"ietf-acldns:src-dnsname": "API.Maker.example", "protocol": 6}, tcp=tcp("source", 443, **{DIRECTION: "from-device"})),
             ace("dns-back", ipv4={"protocol": 17}, udp=tcp("source", 53), mud={"controller": "urn:ietf:params:mud:dns"}),
             ace("local", ipv4={"protocol": 6}, tcp=tcp("destination", 80, **{DIRECTION: "to-device"}), mud={"local-networks": [None]})]))
        (hub,) = [word for word in read["hosts"] if word.startswith("controller-")]
        self.assertRegex(hub, r"\Acontroller-https---hubs-example-x-[0-9a-f]{8}\Z")
        self.assertEqual(read["hosts"], {"dns-server": None, "ntp-server": None, "controller": None, hub: None})
        self.assertEqual(read["device-info"], {"name": "A-lamp-by-Maker", "mud-url": "https://maker.example/lamp/v1.json",
                                               "mud-controllers": {hub: "https://Hubs.example/x"}})
        self.assertEqual(policies, {
            "from/cloud": policy(dst="API.Maker.example", tcp={"dst-port": 443}, both=True, initiator="src"),
            "from/dns": policy(dst="dns-server", udp={"dst-port": 53}, both=True), "from/ntp": policy(dst="ntp-server", udp={"dst-port": 123}),
            "from/home": policy(dst="controller"), "from/hub": policy(dst=hub, tcp={}),
            "to/local": policy(src="local", dst="self", tcp={"dst-port": 80}, initiator="src")})
        # Without these words a firewall cannot be made; with them, and an address of the device, it can.
        hosts = [word for name in ("dns-server", "ntp-server", "controller", hub) for word in ("--host", name + "=192.168.1.1")]
        result = run("firewall", "--from", "mud", "--explain", "--ipv4", A, self.path("m.json"))
        self.assertEqual((result.status, len(result.err.splitlines())), (3, 4), result.err)
        text = self.run_ok("firewall", "--from", "mud", "--explain", "--ipv4", A, *hosts, self.path("m.json"))
        self.assertIn("192.168.1.1", text)
        result = run("profile", "--from", "mud", "--check", *hosts, self.path("m.json"))
        self.assertEqual((result.status, len(result.err.splitlines())), (3, 6), result.err)
        self.assertIn("the device has no IPv4 address", result.err)
        # And a MUD file again: the same is accepted.
        again = json.loads(self.run_ok("profile", "--from", "mud", "--format", "mud", self.path("m.json")))
        check(again)
        self.assertEqual({one[3][0] for one in accepted(again) if isinstance(one[3], tuple)},
                         {("controller", "urn:ietf:params:mud:dns"), ("controller", "urn:ietf:params:mud:ntp"), ("my-controller", None),
                          ("controller", "https://Hubs.example/x"), ("local-networks", None)})

    def test_networks_and_ports(self):
        for matches, want in (
                ({"ipv4": {"destination-ipv4-network": "10.1.2.3/8"}}, policy(dst="10.0.0.0/8")),
                ({"ipv4": {"destination-ipv4-network": "10.1.2.3/32"}}, policy(dst="10.1.2.3")),
                ({"ipv4": {"destination-ipv4-network": "0.0.0.0/0", "protocol": 1}}, policy(icmp={})),
                ({"ipv4": {"protocol": 1}, "icmp": {"type": 8}}, policy(icmp={"type": "echo-request"})),
                ({"ipv4": {"protocol": 1}, "icmp": {"type": 77}}, policy(icmp={"type": 77})),
                ({"ipv4": {"protocol": 2}}, policy(igmp={})), ({}, policy()), ({"ipv4": {}}, policy()),
                ({"tcp": {}}, policy(tcp={})),
                ({"udp": {"source-port": {"lower-port": 5, "upper-port": 9}}}, policy(udp={"src-port": "5-9"})),
                ({"udp": {"source-port": {"operator": "lte", "port": 9}}}, policy(udp={"src-port": "0-9"})),
                ({"udp": {"source-port": {"operator": "gte", "port": 9}}}, policy(udp={"src-port": "9-65535"})),
                ({"udp": {"source-port": {"operator": "gte", "port": 0}}}, policy(udp={})),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "gateway"}}, policy(dst="gateway.")),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "self"}}, policy(dst="self.")),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "198.51.100.7"}}, policy(dst="198.51.100.7"))):
            with self.subTest(matches=matches):
                _, policies = self.back(document([ace("x", **matches)]))
                self.assertEqual(policies, {"from/x": want})
        _, policies = self.back(document([ace("x", ipv6={"destination-ipv6-network": "2001:DB8::1/32", "protocol": 58}, icmp={"type": 135})],
                                         [ace("y", ipv6={"source-ipv6-network": "2001:db8::/32", "protocol": 58}, icmp={"type": 136})], family=6))
        self.assertEqual(policies, {"from/x": policy(6, dst="2001:db8::/32", icmpv6={"type": "nd-neighbor-solicit"}, both=True)})

    def test_old_shape_and_extras(self):
        """Lists under the drafts' name, identities with their module, members of a signature, and names that groups cannot have."""
        one = document([ace("protocols", "ietf-access-control-list:accept", ipv4={"protocol": 6})], systeminfo="\u00e9 \x1b")
        one["ietf-access-control-list:access-lists"] = one.pop(ACLS)
        one["ietf-access-control-list:access-lists"]["acl"][0]["type"] = "ietf-access-control-list:ipv4-acl-type"
        one.update({"signature": "AAAA", "payload": {"x": [1]}})
        read, policies = self.back(one)
        self.assertEqual((read["device-info"]["name"], policies), ("v1.json", {"from/protocols-2": policy(tcp={})}))

    def test_shared_list(self):
        """One list in both directions."""
        one = document([ace("x", ipv4={"protocol": 6}), ace("y", mud={"local-networks": [None]})])
        one[MUD]["to-device-policy"] = one[MUD]["from-device-policy"]
        self.assertEqual(self.back(one)[1], {"from/x": policy(tcp={}, both=True), "from/y": policy(dst="local", both=True)})

    def test_refused(self):
        """What is wrong, or cannot be said: the entry is left out, and told of by its name; --lenient takes the second."""
        nothing, wrong = "policies have nothing like ", ""
        for matches, want in (
                ({"mud": {"same-manufacturer": [None]}}, nothing + "same-manufacturer"), ({"mud": {"manufacturer": "a.example"}}, nothing),
                ({"mud": {"model": "https://a.example/m"}}, nothing), ({"eth": {"ethertype": "0x0800"}}, nothing + "eth"),
                ({"ipv4": {"ttl": 1}}, nothing + "ipv4.ttl"), ({"ipv4": {"source-ipv4-network": "10.0.0.0/8"}}, nothing + "ipv4.source-ipv4-network"),
                ({"tcp": {"source-port": {"operator": "neq", "port": 1}}}, nothing + "source-port: neq"), ({"ipv4": {"protocol": 47}}, nothing + "protocol 47"),
                ({"udp": {DIRECTION: "from-device"}}, nothing), ({"icmp": {"type": 8, "code": 0}}, nothing + "icmp.code"),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "a.example", "destination-ipv4-network": "10.0.0.0/8"}}, nothing + "two conditions"),
                ({"mud": {"controller": "a"}}, wrong + "controller: no URI"), ({"mud": {"local-networks": None}}, "local-networks: not [null]"),
                ({"mud": {"local-networks": [None, None]}}, "not [null]"), ({"mud": []}, "ietf-mud:mud: no object"),
                ({"ipv6": {}}, "IPv4 and IPv6"), ({"ipv4": {"protocol": 6}, "udp": {}}, "two protocols"), ({"ipv4": {"protocol": 58}}, "other family"),
                ({"ipv4": {"protocol": 256}}, "protocol: no number to 255"), ({"ipv4": {"protocol": 6.0}}, "protocol: no number"),
                ({"ipv4": {"protocol": "6"}}, "protocol: no number"), ({"ipv4": {"destination-ipv4-network": "10.0.0.1"}}, "no prefix of IPv4"),
                ({"ipv4": {"destination-ipv4-network": "10.0.0.0/33"}}, "no prefix"), ({"ipv4": {"destination-ipv4-network": "::/0"}}, "no prefix"),
                ({"ipv4": {"destination-ipv4-network": "10.0.0.1-10.0.0.9"}}, "no prefix"), ({"ipv4": {"ietf-acldns:dst-dnsname": "*.a.example"}}, "no name"),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "10.0.0.1-10.0.0.9"}}, "no name"), ({"ipv4": {"ietf-acldns:dst-dnsname": "10.0.0.0/8"}}, "no name"),
                ({"ipv4": {"ietf-acldns:dst-dnsname": "a\n"}}, "no name"), ({"ipv4": {"ietf-acldns:dst-dnsname": ""}}, "no name"),
                ({"tcp": {"source-port": 5}}, "source-port: no object"), ({"tcp": {"source-port": {}}}, "port: no number"),
                ({"tcp": {"source-port": {"port": 65536}}}, "port: no number"), ({"tcp": {"source-port": {"lower-port": 9, "upper-port": 5}}}, "lower port"),
                ({"tcp": {"source-port": {"lower-port": 9}}}, "upper-port: no number"), ({"tcp": {"source-port": {"operator": "x", "port": 5}}}, "no operator"),
                ({"tcp": {"source-port": {"operator": "eq", "port": 5, "lower-port": 5, "upper-port": 6}}}, "both an operator"),
                ({"tcp": {DIRECTION: "x"}}, "neither from-device"), ({"tcp": None}, "tcp: no object")):
            with self.subTest(matches=matches):
                path = self.write("m.json", json.dumps(document([ace("x", **matches), ace("y", ipv4={"protocol": 6})])))
                result = run("profile", "--from", "mud", "--format", "json", path, leaks=False)
                self.assertEqual((result.status, len(result.err.splitlines())), (3, 1), result.err)
                self.assertTrue(result.err.startswith(f"iotsig: {path}: policy from/x: "), result.err)
                self.assertIn(want, result.err)
                self.assertEqual(list(json.loads(result.out)["single-policies"]["from"]), ["y"])
                result = run("profile", "--from", "mud", "--lenient", "--format", "json", path, leaks=False)
                self.assertEqual(result.status, 0 if want.startswith(nothing) else 3)

    def test_denied(self):
        _, policies = self.back(document([ace("x", "drop"), ace("y", "reject"), ace("z")]),
                                err="".join(f"iotsig: {self.path('m.json')}: warning: policy from/{n}: left out: it denies what is no flow of the device then\n" for n in "xy"))
        self.assertEqual(list(policies), ["from/z"])

    def test_structure(self):
        good = document([ace("x")])
        for change, status, want in (
                (lambda d: d.pop(MUD), 3, "no MUD file"), (lambda d: d.update({MUD: []}), 3, "no MUD file"), (lambda d: d[MUD].update({"mud-version": 2}), 3, "mud-version"),
                (lambda d: d[MUD].update({"mud-version": True}), 3, "mud-version"), (lambda d: d.pop(ACLS), 3, "acl: no list"),
                (lambda d: d[ACLS]["acl"].append(d[ACLS]["acl"][0]), 3, "an access list of the name from is there twice"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"].append(ace("x")), 3, "an entry of the name x is there twice"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"].append(ace("")), 3, "an entry has no name"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"].append(ace("a\x1b[0m")), 3, "an entry has no name"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"].append(ace("a" * 65)), 3, "an entry has no name"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"].append(7), 3, "an entry has no name"),
                (lambda d: d[ACLS]["acl"][0].update({"aces": 7}), 3, "aces.ace: no list"),
                (lambda d: d[ACLS]["acl"][0]["aces"]["ace"][0].pop("actions"), 3, "actions.forwarding"),
                (lambda d: d[MUD]["from-device-policy"]["access-lists"]["access-list"].append({"name": "none"}), 3, "there is no list none"),
                (lambda d: d[MUD]["from-device-policy"]["access-lists"]["access-list"].append({"name": "from"}), 3, "there twice"),
                (lambda d: d[MUD].update({"from-device-policy": None}), 3, "access-list: no list"),
                (lambda d: d[MUD].update({"mud-url": "http://x"}), 0, "warning: mud-url"), (lambda d: d[MUD].pop("last-update"), 0, "warning: last-update"),
                (lambda d: d[MUD].update({"last-update": "2024-05-06"}), 0, "warning: last-update"), (lambda d: d[MUD].update({"is-supported": 1}), 0, "warning: is-supported"),
                (lambda d: d[MUD].update({"cache-validity": 169}), 0, "warning: cache-validity"), (lambda d: d[MUD].update({"systeminfo": 5}), 0, "warning: systeminfo"),
                (lambda d: d[ACLS]["acl"].append({"name": "spare"}), 0, "the list spare is used in no direction")):
            one = copy.deepcopy(good)
            change(one)
            result = run("profile", "--from", "mud", self.write("m.json", json.dumps(one)), leaks=False)
            self.assertEqual(result.status, status, result.err)
            self.assertIn(want, result.err)
        for text in ("", "[]", "{", "7", '{"ietf-mud:mud": {"mud-version": 1}, "ietf-mud:mud": {}}', "ietf-mud:mud: {mud-version: 1}", "{'ietf-mud:mud': {mud-version: 1}}",
                     '{"a":' + "[" * 100000, "ietf-mud:mud: !include x.yaml#a"):
            result = run("profile", "--from", "mud", self.write("m.json", text), leaks=False)
            self.assertIn((result.status, len(result.err.splitlines())), ((3, 1), (5, 1)), result.err)
        self.assertEqual(run("profile", "--from", "mud", self.path("none.json")).status, 3)


class BothWays(Mud):
    def random_policy(self, draw):
        family = draw.choice((4, 6))
        hosts = ["local", "a.example", "b-c.example.org", "controller", "dns-server"]
        hosts += [f"10.{draw.randrange(256)}.0.0/16", f"198.51.100.{draw.randrange(256)}", "10.0.0.3-10.0.0.12", "external"] if family == 4 else [
            "2001:db8::/32", f"2001:db8::{draw.randrange(1, 9999):x}", "multicast"]
        peer = draw.choice([None] + [draw.sample(hosts, draw.randrange(1, 4)) for _ in range(3)])
        src, dst = ("self", peer) if draw.random() < 0.6 else (peer, "self")
        ports = lambda: draw.choice([[draw.randrange(65536)], [f"{draw.randrange(1000)}-{draw.randrange(1000, 65536)}"], [1, "5-9", 443]])
        kind = draw.choice(("tcp", "udp", "icmp", "none"))
        protocols, initiator = {}, None
        if kind in ("tcp", "udp"):
            protocols = {kind: {name: ports() for name in ("src-port", "dst-port") if draw.random() < 0.5}}
            initiator = draw.choice((None, "src", "dst")) if kind == "tcp" else None
        elif kind == "icmp":
            protocols = {"icmp" if family == 4 else "icmpv6": {} if draw.random() < 0.3 else {"type": draw.sample([8, 13, 5, 77] if family == 4 else [128, 135, 1, 200], 2)}}
        return policy(family, src, dst, draw.random() < 0.6, initiator, **protocols)

    def test_random(self):
        """A profile's file, and that of the profile read from it, accept the same; and each policy has its own entries in it."""
        draw = random.Random(7)
        for _ in range(40):
            policies = {f"p{i}": self.random_policy(draw) for i in range(draw.randrange(1, 12))}
            made = json.loads(profile(policies))
            made["hosts"] = {"controller": None, "dns-server": None}
            first = json.loads(self.run_ok("profile", "--format", "mud", self.write("p.json", json.dumps(made)), leaks=False))
            check(first)
            read, back = self.back(first)
            second = json.loads(self.run_ok("profile", "--format", "mud", "--ipv4", A, self.write("q.json", json.dumps(read)), leaks=False))
            check(second)
            self.assertEqual(accepted(second), accepted(first))
            third, again = self.back(second)
            self.assertEqual(sorted(map(json.dumps, again.values())), sorted(map(json.dumps, back.values())))
            # YAML of the same.
            text = self.run_ok("profile", "--from", "mud", self.path("m.json"), leaks=False)
            self.assertEqual(json.loads(self.run_ok("profile", "--format", "json", self.write("y.yaml", text), leaks=False)), third)

    def test_single_values_stay(self):
        """Policies of single values come back as they were, whatever their direction."""
        policies = {"a": policy(dst="a.example", both=True, tcp={"dst-port": 443}, initiator="src"), "b": policy(dst="local", udp={"src-port": 68, "dst-port": 67}),
                    "c": policy(src="10.0.0.0/8", dst="self", tcp={"dst-port": "5-9"}), "d": policy(6, dst="ff02::fb", both=True, udp={"dst-port": 5353}),
                    "e": policy(dst="8.8.8.8", both=True, icmp={"type": "echo-request"}), "f": policy(6, src="2001:db8::1", dst="self")}
        _, back = self.back(self.mud(policies))
        self.assertEqual({name.split("/")[1]: one for name, one in back.items()}, policies)


def spots(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from spots(value, (*path, key))


def put(node, path, value):
    if not path:
        return value
    inner = node
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return node


class Hostile(Mud):
    VALUES = [None, True, 0, -1, 2**63 - 1, 65536, 1.5, 1e300, "", "self", "\x1b[31m\n", "\u202e", "x" * 5000, "$.com", "accept", [], [None], {}, {"name": "from"},
              [[[]]], {"protocols": {}}]

    def test_wrong_types(self):
        """One member of a valid file is something else: problems are told line by line, and nothing crashes."""
        good = document([ace("x", ipv4={"ietf-acldns:dst-dnsname": "a.example", "protocol": 6}, tcp=tcp("destination", 443, **{DIRECTION: "from-device"})),
                         ace("y", ipv4={"protocol": 17}, udp={"source-port": {"lower-port": 1, "upper-port": 5}}, mud={"controller": "urn:ietf:params:mud:dns"})],
                        [ace("z", ipv4={"source-ipv4-network": "10.0.0.0/8", "protocol": 1}, icmp={"type": 0})])
        draw = random.Random(3)
        cases = list(itertools.product(list(spots(good)), self.VALUES))
        for number, (path, value) in enumerate(draw.sample(cases, 350)):
            bad = put(copy.deepcopy(good), path, value)
            result = run("profile", "--from", "mud", "--format", draw.choice(("json", "yaml", "mud")), self.write("m.json", json.dumps(bad)), leaks=False)
            self.assertIn(result.status, (0, 1, 3), (path, value, result.err))
            for line in result.err.splitlines():
                self.assertTrue(line.startswith("iotsig: ") and line.isprintable(), line)
            if number % 10 == 0:
                result = run("firewall", "--from", "mud", "--no-check", "--dry-run", "--ipv4", A, "--host", "dns-server=10.0.0.1", self.path("m.json"), leaks=False)
                self.assertIn(result.status, (0, 1, 3), (path, value, result.err))
                self.assertEqual(result.out != "", result.status == 0)

    def test_broken_bytes(self):
        good = json.dumps(document([ace("x", ipv4={"ietf-acldns:dst-dnsname": "a.example", "protocol": 6})])).encode()
        draw = random.Random(5)
        for _ in range(60):
            bad = bytearray(good)
            for _ in range(draw.randrange(1, 4)):
                at = draw.randrange(len(bad))
                bad[at:at + draw.choice((0, 1, 5))] = draw.choice((b"", b"\0", b"\xff", b'"', b"{", b"]", b"9" * 400, b"\\u0000", b"\\ud800"))
            result = run("profile", "--from", "mud", "--format", "json", self.write("m.json", bytes(bad)), leaks=False)
            self.assertIn(result.status, (0, 1, 3), result.err)

    def test_many(self):
        """Many entries take linear time, also those that are alike; more than there may be are told of."""
        for entries in ([ace(f"x{i}", ipv4={"protocol": 6}) for i in range(66000)], [ace(f"x{i}", ipv4={"protocol": 47}) for i in range(20000)]):
            result = run("profile", "--from", "mud", "--format", "json", self.write("m.json", json.dumps(document(entries, entries[:1000]))), leaks=False)
            self.assertEqual(result.status, 3)
            self.assertEqual(len(result.err.splitlines()), 1 + 1 if len(entries) == 66000 else 21000)


if __name__ == "__main__":
    support.main()
