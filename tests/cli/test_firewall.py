# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles to rules: each rule written out by hand, what is refused and where, names, queues, and the folder."""
import ctypes
import errno
import json
import os
import platform
import random
import re
import socket
import struct
import unittest

import policies
import support
from support import Case

PHONE = "192.168.1.110"
HEAD = 'device-info: {name: plug, mac: "50:c7:bf:ed:0a:54", ipv4: 192.168.1.135, ipv6: "fd00::35"}\nhosts: {gateway: [192.168.1.1, "fe80::1"]}\nsingle-policies:\n'


def policy(protocols, name="p", **more):
    lines = [f"  {name}:", f"    protocols: {protocols}", *(f"    {key}: {value}" for key, value in more.items())]
    return "\n".join(lines).replace("packet_size", "packet-size") + "\n"


class Made(Case):
    def profile(self, *policies, head=HEAD, name="p.yaml"):
        return self.write(name, head + "".join(policies))

    def firewall(self, *words):
        return support.run("firewall", "--no-check", *words)

    def rules(self, *policies, words=(), head=HEAD):
        """The rules of firewall.nft, without their comments and counters."""
        result = self.firewall("--dry-run", *words, self.profile(*policies, head=head))
        self.assertEqual((result.status, result.err), (0, ""))
        return [re.sub(r' comment "[^"]*"$', "", line.strip()).replace(" counter ", " ") for line in self.nft(result.out) if " counter " in line]

    @staticmethod
    def nft(out):
        return out.split("==> nfqueues.c")[0].split("==> README.txt")[0].splitlines()


class Rules(Made):
    def test_by_hand(self):
        both, me, six = {"bidirectional": "true"}, "192.168.1.135", "fd00::35"
        for protocols, more, want in (
                ("{ipv4: {src: 192.168.1.110, dst: self}, tcp: {dst-port: 9999}}", both,
                 [f"ip saddr {PHONE} ip daddr {me} meta l4proto tcp tcp dport 9999 drop", f"ip daddr {PHONE} ip saddr {me} meta l4proto tcp tcp sport 9999 drop"]),
                ("{ipv4: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {qtype: A}}", {}, [f"ip saddr {me} ip daddr 192.168.1.1 meta l4proto udp udp dport 53 queue num 0"]),
                ("{ipv6: {src: self, dst: gateway}, udp: {src-port: [5, 3, 4-6], dst-port: 70-80}}", both,
                 [f"ip6 saddr {six} ip6 daddr fe80::1 meta l4proto udp udp sport {{ 3, 4-6 }} udp dport 70-80 drop",
                  f"ip6 daddr {six} ip6 saddr fe80::1 meta l4proto udp udp dport {{ 3, 4-6 }} udp sport 70-80 drop"]),
                ("{arp: {type: request, sha: self, spa: self, tpa: gateway}}", both,
                 [f"arp operation request arp saddr ether 50:c7:bf:ed:0a:54 arp saddr ip {me} arp daddr ip 192.168.1.1 drop",
                  f"arp operation reply arp daddr ether 50:c7:bf:ed:0a:54 arp daddr ip {me} arp saddr ip 192.168.1.1 drop"]),
                ("{arp: {tha: broadcast, sha: [default, \"02-00-00-00-00-0A\"]}}", {}, ["arp daddr ether ff:ff:ff:ff:ff:ff arp saddr ether { 00:00:00:00:00:00, 02:00:00:00:00:0a } drop"]),
                ("{ipv4: {dst: external}}", both, ["ip daddr != 192.168.0.0/16 drop", "ip saddr != 192.168.0.0/16 drop"]),
                ("{ipv6: {src: external}}", {}, ["ip6 saddr != { fc00::/7, fe80::/10 } drop"]),
                ("{ipv4: {dst: [external, 192.168.7.7]}}", {}, ["ip daddr { 0.0.0.0-192.167.255.255, 192.168.7.7, 192.169.0.0-255.255.255.255 } drop"]),
                ("{ipv4: {dst: [local, 10.0.0.0/8, 10.1.1.1, 10.0.0.1-10.0.0.3]}}", {}, ["ip daddr { 10.0.0.0/8, 192.168.0.0/16 } drop"]),
                ("{ipv4: {dst: [broadcast, igmpv3, all, mdns, ssdp, coap]}}", {},
                 ["ip daddr { 224.0.0.2, 224.0.0.22, 224.0.0.251, 224.0.1.187, 239.255.255.250, 255.255.255.255 } drop"]),
                ("{ipv6: {dst: [default, all-nodes, mdns, coap]}}", {}, ["ip6 daddr { ::, ff02::1, ff02::fb, ff02::158 } drop"]),
                ("{ipv6: {dst: [multicast, all-routers]}}", {}, ["ip6 daddr ff02::/16 drop"]),
                ("{ipv4: {src: self}, icmp: {type: [echo-request, 8, 42]}}", both,
                 [f"ip saddr {me} meta l4proto 1 icmp type {{ echo-request, 42 }} drop", f"ip daddr {me} meta l4proto 1 icmp type {{ echo-reply, 42 }} drop"]),
                ("{icmpv6: {type: nd_neighbor_solicit}}", both, ["meta l4proto 58 icmpv6 type nd-neighbor-solicit drop", "meta l4proto 58 icmpv6 type nd-neighbor-advert drop"]),
                ("{ipv4: {}, igmp: {version: 3}}", {}, ["meta protocol ip meta l4proto 2 queue num 0"]),
                ("{ipv6: {}, tcp: {}, http: {method: get}}", {}, ["meta protocol ip6 meta l4proto tcp queue num 0"]),
                ("{dns: {domain-name: a.example}}", {}, ["meta l4proto { tcp, udp } queue num 0"]),
                ("{ipv4: {src: self, dst: a.example}, tcp: {dst-port: 443}}", both,
                 [f"ip saddr {me} meta l4proto tcp tcp dport 443 queue num 0", f"ip daddr {me} meta l4proto tcp tcp sport 443 queue num 1"]),
                ("{ipv4: {dst: [a.example, 10.0.0.1]}}", {}, ["meta protocol ip queue num 0"]),
                ("{ipv4: {src: self, dst: $example.com}}", {}, [f"ip saddr {me} queue num 0", "meta l4proto udp udp sport 53 queue num 10"]),
                ("{ipv4: {src: self}, tcp: {dst-port: 80}}", {"stats": '{rate: 10/second, packet-size: "< 200"}'},
                 [f"ip saddr {me} meta l4proto tcp tcp dport 80 ip length < 200 limit rate over 10/second drop"]),
                ("{ipv6: {src: self}, tcp: {dst-port: 80}}", {**both, "stats": "{rate: {fwd: 5 kbytes/minute, bwd: 7/hour burst 9 packets}, packet-size: {fwd: 100-200, bwd: 141}}"},
                 [f"ip6 saddr {six} meta l4proto tcp tcp dport 80 ip6 length 60-160 limit rate over 5 kbytes/minute drop",
                  f"ip6 daddr {six} meta l4proto tcp tcp sport 80 ip6 length 101 limit rate over 7/hour burst 9 packets drop"]),
                ("{ipv4: {src: self}}", {**both, "stats": "{rate: {fwd: 3/minute}}"},  # backward without a limit would block all
                 [f"ip saddr {me} limit rate over 3/minute drop", f"ip daddr {me} limit rate over 3/minute drop"]),
                ("{ipv4: {src: self}}", {"stats": '{packet-size: ">= 100", rate: 3}'}, [f"ip saddr {me} ip length > 99 limit rate over 3/second drop"]),
                ("{ipv4: {src: self, dst: gateway}, tcp: {}}", {**both, "initiator": "dst"},
                 [f"ip saddr {me} ip daddr 192.168.1.1 meta l4proto tcp ct direction reply ct original ip saddr 192.168.1.1 drop",
                  f"ip daddr {me} ip saddr 192.168.1.1 meta l4proto tcp ct direction original ct original ip saddr 192.168.1.1 drop"]),
                ("{ipv4: {dst: 10.0.0.1}, udp: {dst-port: 53}}", {"initiator": "src"}, ["ip daddr 10.0.0.1 meta l4proto udp udp dport 53 ct direction original drop"])):
            with self.subTest(protocols=protocols, more=more):
                self.assertEqual(self.rules(policy(protocols, **more)), want)

    def test_shared_and_numbered(self):
        dns = "{ipv4: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {domain-name: %s}}"
        web = "{ipv4: {src: self}, tcp: {dst-port: 80}, http: {uri: /}}"
        plain = "{ipv4: {src: self}, tcp: {dst-port: 81}}"
        rules = self.rules(policy(dns % "a.example", "a", bidirectional="true"), policy(plain, "b"), policy(dns % "b.example", "c"), policy(web, "d", bidirectional="true"),
                           policy(plain, "e"), words=["--queue", "100"])
        forward, back = "ip saddr 192.168.1.135", "ip daddr 192.168.1.135"
        self.assertEqual(rules, [  # what nftables decides stands in front, and equal matches are one rule
            f"{forward} meta l4proto tcp tcp dport 81 drop", f"{forward} ip daddr 192.168.1.1 meta l4proto udp udp dport 53 queue num 100",
            f"{back} ip saddr 192.168.1.1 meta l4proto udp udp sport 53 queue num 101", f"{forward} meta l4proto tcp tcp dport 80 queue num 110",
            f"{back} meta l4proto tcp tcp sport 80 queue num 111"])
        result = self.firewall("--dry-run", "--queue", "65535", self.profile(policy(dns % "a.example", bidirectional="true")))
        self.assertEqual((result.status, result.err), (5, "iotsig: more queues than there are numbers (65535 is the last)\n"))

    def test_options(self):
        plain, dns = policy("{ipv4: {dst: 10.0.0.1}}", bidirectional="true"), policy("{ipv4: {dst: 10.0.0.2}, dns: {qtype: A}}", "q", stats="{rate: 2/minute}")
        cases = (
            (["--rate", "7"], ["ip daddr 10.0.0.1 limit rate over 7/second drop", "ip saddr 10.0.0.1 limit rate over 7/second drop",
                               "ip daddr 10.0.0.2 meta l4proto { tcp, udp } limit rate over 2/minute queue num 0"]),
            (["--drop-probability", "0"], ["ip daddr 10.0.0.1 accept", "ip saddr 10.0.0.1 accept", "ip daddr 10.0.0.2 meta l4proto { tcp, udp } limit rate over 2/minute accept"]),
            (["--drop-probability", "0.5"], ["ip daddr 10.0.0.2 meta l4proto { tcp, udp } limit rate over 2/minute queue num 10",
                                             "ip daddr 10.0.0.1 queue num 0", "ip saddr 10.0.0.1 queue num 1"]),
            (["--drop-probability", "1", "--log", "csv", "--log-group", "3"],
             ['ip daddr 10.0.0.1 log prefix "p,,DROP" group 3 drop', 'ip saddr 10.0.0.1 log prefix "p-backward,,DROP" group 3 drop',
              'ip daddr 10.0.0.2 meta l4proto { tcp, udp } limit rate over 2/minute log prefix "q,,QUEUE" group 3 queue num 0']),
            (["--log", "pcap"], ["ip daddr 10.0.0.1 log group 0 drop", "ip saddr 10.0.0.1 log group 0 drop",
                                 "ip daddr 10.0.0.2 meta l4proto { tcp, udp } limit rate over 2/minute log group 0 queue num 0"]))
        for words, want in cases:
            with self.subTest(words=words):
                self.assertEqual(self.rules(plain, dns, words=words), want)
        for words in (["--rate", "1", "--drop-probability", "0.1"], ["--drop-probability", "1.1"], ["--drop-probability", "nan"], ["--drop-probability", "-0"], ["--rate", "0"],
                      ["--queue", "65536"], ["--log", "all"], ["--log-group", "x"], ["--from", "yaml"], ["--host", "gateway"], ["--host", "gateway=x"], ["--host", "=10.0.0.1"],
                      ["--host", "self=10.0.0.1"], ["--ipv4", "x"]):
            result = self.firewall("--dry-run", *words, self.profile(plain))
            self.assertEqual((result.status, result.out, len(result.err.splitlines())), (2, "", 1), (words, result.err))
        for words in ([], ["--format", "json", "--dry-run"], ["--format", "text", "-o", self.path("out")], ["--dry-run", "--explain"], ["--test", "x", "--explain"]):
            self.assertEqual(self.firewall(*words, self.profile(plain)).status, 2, words)
        for words in (["--format", "json"], ["-o", self.path("out")]):
            self.assertEqual(support.run("profile", "--check", *words, self.profile(plain)).status, 2, words)
        result = self.firewall("--dry-run", "-o", self.path("out"), self.profile(plain))
        self.assertEqual((result.status, "ip daddr 10.0.0.1" in result.out, os.path.exists(self.path("out"))), (0, True, False))

    def test_words_and_options_in_front(self):
        rules = self.rules(policy("{ipv4: {src: phone, dst: gateway}}"), policy("{ipv4: {src: self, dst: external}}", "q"), head=HEAD, words=[
            "--host", "phone=192.168.1.9", "--host", "gateway=192.168.1.254", "--host", "local=10.0.0.0/8", "--host", "local=172.16.0.0/12", "--ipv4", "10.1.1.1"])
        self.assertEqual(rules, ["ip saddr 192.168.1.9 ip daddr 192.168.1.254 drop", "ip saddr 10.1.1.1 ip daddr != { 10.0.0.0/8, 172.16.0.0/12 } drop"])
        head = "device-info: {name: d}\nhosts: {tablet: {ipv4: 10.0.0.7, mac: \"02:00:00:00:00:07\"}}\nsingle-policies:\n"
        self.assertEqual(self.rules(policy("{arp: {sha: tablet, spa: tablet}}"), head=head), ["arp saddr ether 02:00:00:00:00:07 arp saddr ip 10.0.0.7 drop"])


class Problems(Made):
    def test_all_at_once(self):
        path = self.write("bad.yaml", """device-info: {name: d, ipv4: 10.0.0.1}
single-policies:
  one:
    protocols:
      ipv4: {src: self, dst: phone}
      tcp: {dst-port: 65536}
  group:
    two:
      protocols:
        ipv4: {dst: "-x.example"}
        udp: {dst-prt: 1}
    three:
      protocols: {quic: {x: y}, ipv6: {src: self}}
    good: {protocols: {ipv4: {dst: 10.0.0.2}}}
  four: {protocols: {}}
  five: 5
  six: {protocols: {ipv4: {dst: [10.0.0.3, "fe80::1"]}}, bidirectional: 1, initiator: x, stats: {rate: 1/year}, extra: 1}
""")
        want = [("5, column 25", "policy one: ipv4.dst: the host word phone has no IPv4 address (give it under hosts, or --host phone=ADDRESS)"),
                ("6, column 13", "policy one: tcp.dst-port: no number to 65535, nor a range N-M"),
                ("10, column 16", "policy group/two: ipv4.dst: no host: neither an address, nor a host word, nor a name of letters, digits and hyphens"),
                ("11, column 15", "policy group/two: udp: the field dst-prt is not known"),
                ("13, column 19", "policy group/three: the protocol quic is not known"),
                ("13, column 40", "policy group/three: ipv6.src: the device has no IPv6 address (give device-info.ipv6, or --ipv6)"),
                ("15, column 3", "policy four: it would match all traffic, or all of its protocols (give it a field)"),
                ("16, column 3", "single-policies.five: neither a policy nor a group"),
                ("17, column 113", "policy six: the key extra is not known"),
                ("17, column 44", "policy six: ipv4.dst: an address of the other family"),
                ("17, column 58", "policy six: bidirectional: neither true nor false"),
                ("17, column 76", "policy six: initiator: neither src nor dst"),
                ("17, column 98", "policy six: stats.rate: no rate (write 10/second, or \"5 kbytes/minute\"; or fwd and bwd of them)")]
        result = support.run("profile", "--check", path)
        self.assertEqual((result.status, result.out), (3, ""))
        self.assertEqual(result.err.splitlines(), [f"iotsig: {path}:line {place}: {what}" for place, what in want])
        out = self.path("out")
        result = self.firewall("-o", out, path)
        self.assertEqual((result.status, len(result.err.splitlines()), os.path.exists(out)), (3, len(want), False))

    def test_what_is_no_profile(self):
        for text, want in (("device-info: {name: x}\npolicies: {}\n", ["no profile"]), ("device-info: [x]\nsingle-policies: []\n", [":line 1, column 1: device-info", ":line 2, column 1: no profile"]),
                           ("x", ["no profile"]), ("single-policies: {a: {protocols: []}}\n", [":line 1, column 23: policy a: protocols: no mapping"]),
                           ("single-policies: {a: {protocols: {tcp: 5}}}\n", [":line 1, column 35: policy a: tcp: no mapping"])):
            result = support.run("profile", "--check", self.write("n.yaml", text))
            self.assertEqual(result.status, 3, text)
            lines = [line for line in result.err.splitlines() if "warning" not in line]
            self.assertEqual(len(lines), len(want), result.err)
            for line, words in zip(lines, want):
                self.assertIn(words, line)

    def refused(self, protocols, *words, **more):
        result = self.firewall("--dry-run", *words, self.profile(policy(protocols, **more)))
        self.assertEqual((result.status, result.out), (3, ""), protocols)
        self.assertRegex(result.err, r"\Aiotsig: \S+p\.yaml:line \d+, column \d+: policy p: .+\n")
        return result.err

    def test_values(self):
        for protocols in ("{ipv4: {dst: $com}}", "{ipv4: {dst: \"*.co.uk\"}}", "{dns: {domain-name: $com}}", "{dns: {domain-name: \"*.github.io\"}}", "{ipv4: {dst: a..b}}",
                          "{ipv4: {dst: 1.2.3.999}}", "{ipv4: {dst: 10.0.0.1/8}}", "{ipv4: {dst: 10.0.0.2-10.0.0.1}}", "{ipv4: {dst: \"a b\"}}", "{ipv4: {dst: all-nodes}}",
                          "{ipv4: {dst: \"\"}}", "{ipv4: {dst: []}}", "{ipv4: {dst: {a: b}}}", "{ipv4: {dst: null}}", "{ipv4: {dst: true}}", "{ipv4: {dst: 5}}", "{ipv4: {dst: 0.0.0.0/0}}",
                          "{ipv4: {dst: [local, external]}}", "{tcp: {}}", "{tcp: {dst-port: 0-65535}}", "{http: {}, tcp: {}}", "{tcp: {dst-port: -1}}", "{tcp: {dst-port: 5-4}}",
                          "{tcp: {dst-port: x}}", "{tcp: {dst-port: 1}, udp: {}}", "{ipv4: {dst: 10.0.0.1}, ipv6: {}}", "{arp: {type: request}, tcp: {}}", "{ipv6: {}, icmp: {type: 8}}",
                          "{udp: {dst-port: 80}, http: {}}", "{tcp: {dst-port: 5353}, mdns: {}}", "{dns: {qtype: A}, http: {}}", "{ipv6: {src: self}, dhcp: {type: 1}}", "{arp: {sha: gateway}}",
                          "{arp: {sha: \"02:00\"}}", "{arp: {spa: a.example}}", "{icmp: {type: 256}}", "{icmp: {type: ping}}", "{dns: {response: 2}}", "{dns: {response: [true, false]}}",
                          "{dns: {qtype: TYPE65536}}", "{dns: {domain-name: \"\"}}", f"{{dns: {{domain-name: {'a' * 254}}}}}", "{http: {method: BREW}}", "{coap: {method: FETCH}}", "{coap: {type: 4}}",
                          "{http: {uri: \"*\"}}", "{http: {uri: \"a\\\\0b\"}}", "{http: {uri: \"\\\\000\"}}", "{http: {uri: \"\\\\300\"}}", f"{{mqtt: {{client-id: {'x' * 128}}}}}",
                          "{mqtt: {packet-type: 16}}", "{tls: {tls-version: 65536}}", "{tls: {tls-version: \"2.0\"}}", "{ssdp: {method: GET, type: NOTIFY}}", "{tcp: {dst_port: 1, dst-port: 1}}", "{tcp: [80]}", "{ipv4: self}"):
            with self.subTest(protocols=protocols):
                self.refused(protocols)
        for stats in ("[]", "{rate: 0}", "{rate: 1/s}", "{rate: {fwd: 1, up: 2}}", "{rate: {bwd: 1}}", "{rate: {}}", "{rate: 1 gbytes/second}", "{packet-size: -5}", "{packet-size: \"< 0\"}", "{packet-size: 9-5}",
                      "{packet-size: 65536}", "{latency: 1}"):
            self.refused("{ipv4: {dst: 10.0.0.1}}", stats=stats)
        self.refused("{tcp: {dst-port: 5}}", stats="{packet-size: 5}")
        self.refused("{tcp: {dst-port: 5}}", initiator="src")
        self.refused("{ipv6: {src: self}}", stats="{packet-size: 39}")

    def test_what_people_write(self):
        """Quirks that are understood; packet counts and durations are kept, and said not to be enforced."""
        text = policy("{ipv4: {src: Self.example.}, tcp: , ssdp: {type: m-search}}".replace("tcp", "udp"), "a b") + policy(
            "{igmp: {type: V2_MEMBERSHIP_REPORT, group: 224.0.0.251}}", stats="{packet-count: {fwd: 1}, duration: 5 seconds}")
        path = self.profile(text, head=HEAD + "  # a comment\n")
        result = self.firewall("--explain", path)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("packet-count and duration of the policy are not enforced", result.out)
        result = support.run("profile", self.profile(policy("{ipv4: {dst: self}}"), head="interactions: {x: [1, abc, -3]}\n" + HEAD))
        self.assertEqual((result.status, result.err.count("warning: the key interactions is kept, and not used")), (0, 1))
        self.assertIn("x: [1, abc, -3]", result.out)

    def test_lenient(self):
        text = policy("{ipv4: {dst: 10.0.0.1, ttl: 5}}", "odd") + policy("{ipv4: {dst: 10.0.0.2}}", "good")
        result = self.firewall("--dry-run", "--lenient", self.profile(text))
        self.assertEqual((result.status, "10.0.0.1" in result.out, "10.0.0.2" in result.out), (0, False, True))
        self.assertIn("warning: policy odd: ipv4: the field ttl is not known (the policy is left out)", result.err)
        self.refused("{ipv4: {dst: 10.0.0.1}, tcp: {dst-port: x}}", "--lenient")


class Names(Made):
    def comments(self, *policies, words=(), head=HEAD):
        result = self.firewall("--dry-run", *words, self.profile(*policies, head=head))
        self.assertEqual(result.status, 0, result.err)
        nft = "\n".join(self.nft(result.out))
        return re.findall(r'comment "([^"]*)"', nft), re.findall(r"^table bridge (\S+) \{", nft, re.MULTILINE)

    def test_policies(self):
        names = ['"x\\ny"', '"a\\"; drop; #"', '"*/ int x;"', "a" * 300, "\u00e9t\u00e9", '"%n ${X} $(x)"', '"../../x"', '"p, q"']
        comments, _ = self.comments(*(policy(f"{{ipv4: {{dst: 10.0.0.{i + 1}}}}}", name) for i, name in enumerate(names)), words=["--log", "csv"])
        self.assertEqual(len(comments), len(names))
        self.assertEqual(len(set(comments)), len(names))
        for comment in comments:
            self.assertRegex(comment, r"\A[A-Za-z0-9 _.:/=+@()-]{1,127}\Z")
        both, _ = self.comments(policy("{ipv4: {dst: 10.0.0.1}}", "b" * 300, bidirectional="true"))
        self.assertEqual(len(set(both)), 2)

    def test_tables(self):
        for device, table in (("plug", "plug"), ("tplink-plug", "tplink-plug"), ("table", "table-"), ("drop", "drop-"), ("ip6", "ip6-"), ("7up", "d-7up")):
            self.assertEqual(self.comments(policy("{ipv4: {dst: 10.0.0.1}}"), head=f"device-info: {{name: {device}}}\nsingle-policies:\n")[1], [table])
        for device in ('"my plug"', '"x { }"', "\u00e9", "p" * 300, '"a;b"', '"\\e[0m"', '"a/b"'):
            (table,) = self.comments(policy("{ipv4: {dst: 10.0.0.1}}"), head=f"device-info: {{name: {device}}}\nsingle-policies:\n")[1]
            self.assertRegex(table, r"\A[A-Za-z][A-Za-z0-9_-]{1,63}-[0-9a-f]{8}\Z")

    def test_several_devices(self):
        paths = [self.profile(policy("{ipv4: {dst: self}, dns: {qtype: A}}", bidirectional="true"), head=f"device-info: {{name: {name}, ipv4: 10.0.0.{i}}}\nsingle-policies:\n", name=f"{i}.yaml")
                 for i, name in enumerate(("plug", "camera", "plug"), 1)]
        nft = "\n".join(self.nft(self.firewall("--dry-run", *paths).out))
        self.assertEqual(re.findall(r"^table bridge (\S+) \{", nft, re.MULTILINE), ["plug", "camera", "plug-2"])
        self.assertEqual(re.findall(r"queue num (\d+)", nft), ["0", "1", "10", "11", "20", "21"])
        nft = "\n".join(self.nft(self.firewall("--dry-run", "--name", "home", *paths).out))
        self.assertEqual(re.findall(r"^table bridge (\S+) \{", nft, re.MULTILINE), ["home"])
        self.assertEqual(re.findall(r"queue num (\d+)", nft), ["0", "1", "10", "11", "20", "21"])

    def test_signatures(self):
        flow = {"network_protocol": "IPv4", "src": "10.0.0.1", "dst": "gateway", "transport_protocol": "TCP", "application_layer": None, "count": 1,
                "ports": [{"host": "10.0.0.1", "port": 0, "count": 1}, {"host": "gateway", "port": 443, "count": 1}]}
        device = ["--device", "plug", "--ipv4", "10.0.0.1"]
        path = self.write("s.json", '{"signature": {"name": "s", "captures": [], "timeout": 20, "flows": [%s]}}' % str(flow).replace("'", '"').replace("None", "null"))
        # A host that calls itself like a host word does not become what the word stands for.
        result = self.firewall("--dry-run", *device, path)
        self.assertEqual((result.status, result.out), (3, ""))
        self.assertIn("ipv4.dst: no host", result.err)
        path = self.write("s.json", self.read("s.json").replace(b"gateway", b"api.example.com"))
        self.assertEqual(self.firewall("--dry-run", path).status, 2)
        result = self.firewall("--dry-run", *device, path)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("ip saddr 10.0.0.1 meta l4proto tcp tcp dport 443 counter queue num 0", result.out)


class RoundTrip(Made):
    def test_reading_and_writing_changes_no_policy(self):
        whole = policies.profile(random.Random(8), 400)
        path = self.write("p.json", json.dumps(whole))
        first = self.firewall("--dry-run", "-q", path)
        self.assertEqual((first.status, first.err), (0, ""))
        for kind in ("json", "yaml", "yaml", "json"):
            out = self.path(f"{os.path.basename(path)}.{kind}")
            result = support.run("profile", "-q", "-o", out, path)
            self.assertEqual((result.status, result.err), (0, ""))
            path = out
            self.assertEqual(self.firewall("--dry-run", "-q", path).out, first.out)
        self.assertEqual(json.loads(self.read(os.path.basename(path))), whole)


class Machine(Made):
    """A kernel without nftables: libnftables would end the program."""

    @staticmethod
    def forbid_netlink():
        """socket(AF_NETLINK, ..., NETLINK_NETFILTER) fails as in such a kernel (seccomp(2))."""
        load, equal, answer = 0x20, 0x15, 0x06
        number, domain, protocol = 0, 16, 32  # in struct seccomp_data
        program = [(load, 0, 0, number), (equal, 0, 5, 41), (load, 0, 0, domain), (equal, 0, 3, socket.AF_NETLINK), (load, 0, 0, protocol),
                   (equal, 0, 1, 12), (answer, 0, 0, 0x00050000 | errno.EPROTONOSUPPORT), (answer, 0, 0, 0x7FFF0000)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
        head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
        libc = ctypes.CDLL(None)
        no_new_privileges, set_seccomp, filtered = 38, 22, 2
        assert libc.prctl(no_new_privileges, 1, 0, 0, 0) == 0 and libc.prctl(set_seccomp, filtered, head) == 0

    @unittest.skipUnless(platform.machine() == "x86_64" and not support.EMULATED, "the number of socket(2)")
    @unittest.skipUnless(os.geteuid() == 0, "without root the kernel is not asked")
    def test_without_nftables(self):
        path = self.profile(policy("{ipv4: {dst: 10.0.0.1}}"))
        result = support.run("firewall", "--dry-run", path, preexec_fn=self.forbid_netlink)
        self.assertEqual((result.status, result.err), (0, "iotsig: warning: nftables cannot check the rules here: no netlink socket: Protocol not supported (give --no-check)\n"))
        self.assertIn("ip daddr 10.0.0.1 counter drop", result.out)


class Folder(Made):
    def setUp(self):
        super().setUp()
        self.plain, self.queued = self.profile(policy("{ipv4: {dst: 10.0.0.1}}")), self.profile(policy("{ipv4: {dst: a.example}}"), name="q.yaml")

    def test_files(self):
        out = self.path("out")
        for path, names in ((self.queued, ["CMakeLists.txt", "README.txt", "firewall.nft", "nfqueues.c"]), (self.plain, ["README.txt", "firewall.nft"])):
            self.assertEqual(self.firewall("-o", out + "/", path).status, 0)
            self.assertEqual(sorted(os.listdir(out)), names)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out", "p.yaml", "q.yaml"])
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o777 & ~self.umask())
        readme = self.read("out/README.txt").decode()
        for word in ("nft -f firewall.nft", "nft delete table bridge plug", "nft list table bridge plug"):
            self.assertIn(word, readme)

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_whole_or_not_at_all(self):
        self.assertEqual(self.firewall("-o", self.path("out"), self.queued).status, 0)
        before = {name: self.read("out/" + name) for name in os.listdir(self.path("out"))}
        self.write("out/mine", "x")
        result = self.firewall("-o", self.path("out"), self.plain)
        self.assertEqual((result.status, result.err), (4, f"iotsig: {self.path('out')}: the folder holds other files (choose a new one)\n"))
        self.assertEqual({name: self.read("out/" + name) for name in os.listdir(self.path("out")) if name != "mine"}, before)
        for path in (self.path("none/out"), self.plain, self.path("x" * 300)):
            self.assertEqual(self.firewall("-o", path, self.queued).status, 4, path)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out", "p.yaml", "q.yaml"])


if __name__ == "__main__":
    support.main()
