# SPDX-License-Identifier: GPL-3.0-or-later
"""firewall --test against the kernel: the same frames go through a bridge with the rules, and each counter must be the same."""
import json
import struct
import unittest

import lab
import support
from lab import DEVICE, GATEWAY, ROUTER, SERVER, Lab
from support import SECOND, START, Case, make

HOSTS = {"device": DEVICE, "server": SERVER}
ME, PHONE, ME6, PHONE6, OTHER = DEVICE["ipv4"], SERVER["ipv4"], DEVICE["ipv6"], SERVER["ipv6"], "192.168.1.77"
HEAD = (f"device-info: {{name: plug, mac: \"{DEVICE['mac']}\", ipv4: {ME}, ipv6: \"{ME6}\"}}\n"
        f"hosts: {{gateway: [{GATEWAY['ipv4']}, \"{GATEWAY['ipv6']}\"], phone: [{PHONE}, \"{PHONE6}\"]}}\nsingle-policies:\n")

# Overlapping ones too: the first in the table counts.
POLICIES = {
    "web": ("{ipv4: {src: self, dst: phone}, tcp: {dst-port: [80, 8000-8010]}}", {"bidirectional": "true"}),
    "tcp": ("{ipv4: {src: self}, tcp: {}}", {"bidirectional": "true"}),
    "small": ("{ipv4: {src: self, dst: phone}, udp: {dst-port: 7000}}", {"stats": '{packet-size: "< 60"}'}),
    "some": ("{ipv4: {src: self, dst: phone}, udp: {dst-port: 7000}}", {"stats": "{packet-size: 60-100}"}),
    "slow": ("{ipv4: {src: self}, udp: {dst-port: 7001}}", {"stats": "{rate: 3/week}"}),
    "bytes": ("{ipv4: {src: self}, udp: {dst-port: 7002}}", {"stats": '{rate: "400 bytes/week"}'}),
    "burst": ("{ipv4: {src: self}, udp: {dst-port: 7003}}", {"stats": '{rate: "1/week burst 2 packets"}'}),
    "far": ("{ipv4: {src: self, dst: external}, udp: {dst-port: 7004}}", {}),
    "ping": ("{ipv4: {src: self}, icmp: {type: echo-request}}", {"bidirectional": "true"}),
    "fragments": ("{ipv4: {src: self}, udp: {}}", {}),
    "asks": ("{arp: {type: request, sha: self, spa: self, tpa: phone}}", {"bidirectional": "true"}),
    "six": ("{ipv6: {src: self, dst: phone}, udp: {dst-port: [53, 5353]}}", {"bidirectional": "true", "stats": '{packet-size: "> 60"}'}),
    "six-all": ("{ipv6: {src: self}, udp: {}}", {}),
    "neighbour": ("{ipv6: {src: self}, icmpv6: {type: [nd-neighbor-solicit, echo-request]}}", {"bidirectional": "true"}),
}


def frame(packet, kind=None, **more):
    return make.ethernet(packet, kind=kind, src=DEVICE["mac"], dst=SERVER["mac"], **more)


def udp(dport, n=8, src=ME, dst=PHONE, sport=5000):
    return frame(make.udp(src, sport, dst, dport, bytes(n)))


def tcp(sport, dport, src=ME, dst=PHONE, **more):
    return frame(make.tcp(src, sport, dst, dport, b"x", **more))


def arp(operation, sha=DEVICE["mac"], spa=ME, tpa=PHONE, **more):
    return frame(make.arp(operation, sha, spa, tpa=tpa, **more), kind=make.ARP)


def frames():
    """Some that rules match, and some that look like it."""
    whole, whole6 = make.udp(ME, 5000, OTHER, 9000, bytes(64)), make.udp(ME6, 5000, PHONE6, 53, bytes(64))[40:]
    yield from (tcp(5000, port) for port in (79, 80, 81, 7999, 8000, 8010, 8011))
    yield from (tcp(80, 5000, PHONE, ME), tcp(8005, 5000, PHONE, ME), tcp(81, 5000, PHONE, ME), tcp(5000, 80, OTHER), tcp(5000, 80, ME6, PHONE6))
    yield from (udp(7000, n) for n in (0, 31, 32, 33, 72, 73, 500))
    yield from [udp(7001)] * 9
    yield from [udp(7002, 72)] * 6 + [udp(7002, 2)] * 30  # short ones are padded on Ethernet
    yield from [udp(7003)] * 4
    yield from (udp(7004, dst=dst) for dst in ("203.0.113.7", "192.167.255.255", "192.168.0.0", "192.169.0.0"))
    yield from (frame(make.icmp(src, dst, kind)) for src, dst in ((ME, PHONE), (PHONE, ME)) for kind in (0, 8, 13))
    yield from (frame(make.ip(ME, OTHER, make.UDP, whole[20:60], fragment=0x2000)), frame(make.ip(ME, OTHER, make.UDP, whole[60:], fragment=5)),
                frame(make.ip(ME, PHONE, make.TCP, bytes(40), fragment=5)))
    yield from (arp(1), arp(2), arp(1, sha=SERVER["mac"]), arp(1, spa=OTHER), arp(1, tpa=OTHER), arp(2, SERVER["mac"], PHONE, ME, tha=DEVICE["mac"]), arp(2, SERVER["mac"], PHONE, OTHER, tha=DEVICE["mac"]))
    yield from (udp(port, n, ME6, PHONE6) for port in (53, 54, 5353) for n in (12, 13, 200))
    yield from (udp(5000, 100, PHONE6, ME6, sport=53), udp(5000, 100, PHONE6, ME6, sport=54))
    options = struct.pack(">BB6s", make.UDP, 0, b"\1\4\0\0\0\0")
    yield from (frame(make.ip(ME6, PHONE6, 60, options + whole6)), frame(make.ip(ME6, PHONE6, 44, struct.pack(">BBHI", make.UDP, 0, 1, 7) + whole6)),
                frame(make.ip(ME6, PHONE6, 44, struct.pack(">BBHI", make.UDP, 0, 9 << 3, 7) + whole6)))
    yield from (frame(make.icmp(src, dst, kind, body=bytes(20))) for src, dst in ((ME6, PHONE6), (PHONE6, ME6)) for kind in (128, 129, 135, 136))
    # What is damaged: longer by its header than it is.
    yield from (frame(make.tcp(ME, 5000, PHONE, 80, bytes(100))[:-1], pad=False), frame(make.udp(ME6, 5000, PHONE6, 53, bytes(100))[:-1], pad=False))
    # Tunnels, and tags: the kernel takes one off.
    inner = make.tcp(ME, 5000, PHONE, 80)
    yield from (frame(make.ip(OTHER, PHONE, 4, inner)), frame(inner, tags=[(0x8100, 7)]), frame(inner, tags=[(0x88A8, 7), (0x8100, 8)]),
                frame(b"\x11\0\0\1" + struct.pack(">HH", len(inner) + 2, 0x21) + inner, kind=0x8864), frame(inner, kind=0x88B5))


class Counters(Case):
    def trial(self, profile, capture):
        return json.loads(self.run_ok("firewall", "--test", capture, "--format", "json", profile))

    def kernel(self, laboratory, profile, sent):
        result = support.run("firewall", "-o", self.path("out"), profile)
        self.assertEqual((result.status, result.err), (0, ""))
        laboratory.nft_file(ROUTER, self.path("out/firewall.nft"))
        laboratory.through("device", "server", *sent)
        return {name: packets for name, (packets, _) in laboratory.nft_counters(ROUTER, "bridge plug").items()}

    @staticmethod
    def policies(outcome):
        return {one["policy"] + ("-backward" if one["backward"] else ""): one["packets"] for one in outcome["policies"]}

    def compare(self, names, sent):
        """The counters of some policies, which both must find."""
        profile = self.write("p.yaml", HEAD + "".join(
            f"  {name}:\n    protocols: {POLICIES[name][0]}\n" + "".join(f"    {key}: {value}\n" for key, value in POLICIES[name][1].items()) for name in names))
        capture = self.write("a.pcap", make.pcap([(START + i * SECOND // 1000, one) for i, one in enumerate(sent)]))
        with Lab(HOSTS) as laboratory:
            counted = self.kernel(laboratory, profile, sent)
        outcome = self.trial(profile, capture)
        self.assertEqual(self.policies(outcome), counted)
        self.assertEqual([rule["packets"] for rule in outcome["rules"]], list(counted.values()))
        return counted

    def test_together(self):
        counted = self.compare(POLICIES, list(frames()))
        self.assertNotIn(0, [counted[name] for name in POLICIES])

    def test_each_alone(self):
        for name in POLICIES:
            with self.subTest(policy=name):
                self.assertGreater(sum(self.compare([name], list(frames())).values()), 0)


if __name__ == "__main__":
    lab.need()
    unittest.main()
