# SPDX-License-Identifier: GPL-3.0-or-later
"""firewall.nft on a bridge: packets that a policy covers are dropped, and those that differ in one field pass."""
import json
import os
import random
import re

import lab
import policies
import support
from lab import DEVICE, GATEWAY, ROUTER, SERVER, Lab
from support import Case, make

HOSTS = {"device": DEVICE, "server": SERVER}
HEAD = (f"device-info: {{name: plug, mac: \"{DEVICE['mac']}\", ipv4: {DEVICE['ipv4']}, ipv6: \"{DEVICE['ipv6']}\"}}\n"
        f"hosts: {{gateway: [{GATEWAY['ipv4']}, \"{GATEWAY['ipv6']}\"], phone: [{SERVER['ipv4']}, \"{SERVER['ipv6']}\"]}}\nsingle-policies:\n")
ME, PHONE, ME6, PHONE6, OTHER, OTHER6 = DEVICE["ipv4"], SERVER["ipv4"], DEVICE["ipv6"], SERVER["ipv6"], "192.168.1.77", "fd00:1::77"


def frame(packet, kind=None, back=False):
    ends = (SERVER, DEVICE) if back else (DEVICE, SERVER)
    return make.ethernet(packet, kind=kind, src=ends[0]["mac"], dst=ends[1]["mac"], pad=False)


def udp(src=ME, sport=5000, dst=PHONE, dport=7000, payload=b"hello"):
    return make.udp(src, sport, dst, dport, payload)


def tcp(src=ME, sport=5000, dst=PHONE, dport=9999, flags=make.SYN):
    return make.tcp(src, sport, dst, dport, b"", flags=flags)


class OnPackets(Case):
    """Both directions of one laboratory, loaded with one policy after the other."""

    def setUp(self):
        super().setUp()
        self.lab = Lab.of(self, HOSTS)

    def load(self, protocols, *words, **more):
        lines = "".join(f"    {key}: {value}\n" for key, value in more.items())
        path = self.write("p.yaml", f"{HEAD}  p:\n    protocols: {protocols}\n{lines}")
        result = support.run("firewall", *words, "-o", self.path("out"), path)
        self.assertEqual((result.status, result.err), (0, ""))
        self.lab.nft_file(ROUTER, self.path("out/firewall.nft"))

    def counters(self):
        return {name: packets for name, (packets, _) in self.lab.nft_counters(ROUTER, "bridge plug").items()}

    def passes(self, *packets, back=False, kind=None):
        frames = [frame(packet, kind, back) for packet in packets]
        arrived = self.lab.through(*(("server", "device") if back else ("device", "server")), *frames)
        return [packet for packet, sent in zip(packets, frames) if sent in arrived]

    def check(self, covered, others, kind=None, back=(), back_others=()):
        """What is covered is dropped and counted; the others pass."""
        self.assertEqual(self.passes(*covered, kind=kind), [])
        self.assertEqual(self.passes(*others, kind=kind), list(others))
        self.assertEqual(self.passes(*back, kind=kind, back=True), [])
        self.assertEqual(self.passes(*back_others, kind=kind, back=True), list(back_others))
        want = {"p": len(covered)}
        if back:
            want["p-backward"] = len(back)
        self.assertEqual(self.counters(), want)

    def test_tcp(self):
        self.load("{ipv4: {src: self, dst: phone}, tcp: {dst-port: 9999}}", bidirectional="true")
        self.check([tcp(), tcp(sport=1), tcp(flags=make.ACK)], [tcp(src=OTHER), tcp(dst=OTHER), tcp(dport=9998), tcp(sport=9999, dport=5000), udp(dport=9999), tcp(ME6, 5000, PHONE6, 9999)],
                   back=[tcp(PHONE, 9999, ME, 5000)], back_others=[tcp(PHONE, 5000, ME, 9999), tcp(PHONE, 9998, ME, 5000), tcp(OTHER, 9999, ME, 5000), tcp(PHONE, 9999, OTHER, 5000)])

    def test_one_way(self):
        self.load("{ipv4: {src: self, dst: phone}, tcp: {dst-port: 9999}}")
        answer = tcp(PHONE, 9999, ME, 5000, make.RST)  # nothing answers this
        self.check([tcp()], [answer], back_others=[answer])

    def test_ipv6_lists_and_ranges(self):
        self.load("{ipv6: {src: self, dst: [phone, fd00:1::90-fd00:1::99, 2001:db8::/32]}, udp: {src-port: [5000, 5002], dst-port: [70-80, 7000]}}", bidirectional="true")
        self.check([udp(ME6, 5000, PHONE6), udp(ME6, 5002, "fd00:1::95", 75), udp(ME6, 5000, "2001:db8:1::1", 80)],
                   [udp(ME6, 5001, PHONE6), udp(ME6, 5000, "fd00:1::9a"), udp(ME6, 5000, PHONE6, 81), udp(ME6, 5000, "2001:db9::1"), udp(OTHER6, 5000, PHONE6), udp()],
                   back=[udp(PHONE6, 7000, ME6, 5000)], back_others=[udp(PHONE6, 7001, ME6, 5000), udp(PHONE6, 7000, ME6, 5001)])

    def test_arp(self):
        self.load("{arp: {type: request, sha: self, spa: self, tpa: phone}}", bidirectional="true")
        mac, zero = DEVICE["mac"], "00:00:00:00:00:00"
        self.check([make.arp(1, mac, ME, zero, PHONE)],
                   [make.arp(2, mac, ME, zero, PHONE), make.arp(1, SERVER["mac"], ME, zero, PHONE), make.arp(1, mac, OTHER, zero, PHONE), make.arp(1, mac, ME, zero, OTHER)], kind=make.ARP,
                   back=[make.arp(2, SERVER["mac"], PHONE, mac, ME)], back_others=[make.arp(1, SERVER["mac"], PHONE, mac, ME), make.arp(2, SERVER["mac"], PHONE, SERVER["mac"], ME)])

    def test_icmp(self):
        self.load("{ipv4: {src: self}, icmp: {type: echo-request}}", bidirectional="true")
        self.check([make.icmp(ME, PHONE, 8)], [make.icmp(ME, PHONE, 0), make.icmp(OTHER, PHONE, 8), make.icmp(ME6, PHONE6, 8)],
                   back=[make.icmp(PHONE, ME, 0)], back_others=[make.icmp(PHONE, ME, 8)])

    def test_icmpv6(self):
        self.load("{ipv6: {dst: phone}, icmpv6: {type: [echo-request, 200]}}")
        self.check([make.icmp(ME6, PHONE6, 128), make.icmp(ME6, PHONE6, 200)], [make.icmp(ME6, PHONE6, 129), make.icmp(ME6, OTHER6, 128), make.icmp(ME, PHONE, 128)])

    def test_external(self):
        self.load("{ipv4: {src: self, dst: external}}", bidirectional="true")
        self.check([udp(dst="8.8.8.8"), udp(dst="192.167.255.255"), tcp(dst="10.0.0.1")], [udp(), udp(dst="192.168.255.255"), udp(src="8.8.8.8")], back=[udp("8.8.8.8", 53, ME, 5000)],
                   back_others=[udp(PHONE, 53, ME, 5000)])

    def test_sizes(self):
        def sized(n, version=4):
            head = (20 if version == 4 else 40) + 8
            ends = (ME, 5000, PHONE) if version == 4 else (ME6, 5000, PHONE6)
            return udp(*ends, payload=b"x" * (n - head))
        self.load("{ipv4: {src: self}, udp: {dst-port: 7000}}", stats='{packet-size: "< 200"}')
        self.check([sized(199), sized(28)], [sized(200), sized(201)])
        self.load("{ipv6: {src: self}, udp: {dst-port: 7000}}", stats="{packet-size: 100-200}")
        self.check([sized(100, 6), sized(200, 6)], [sized(99, 6), sized(201, 6)])

    def test_rate(self):
        self.load("{ipv4: {src: self}, udp: {dst-port: 7000}}", stats="{rate: 3/day burst 4 packets}")
        packets = [udp(payload=b"%d" % i) for i in range(10)]
        self.assertEqual(self.passes(*packets), packets[:4])
        self.assertEqual(self.counters(), {"p": 6})

    def test_probability_of_none(self):
        self.load("{ipv4: {src: self}, udp: {dst-port: 7000}}", "--drop-probability", "0")
        self.assertEqual(self.passes(udp()), [udp()])
        self.assertEqual(self.counters(), {"p": 1})

    def test_log_and_reload(self):
        for _ in range(2):
            self.load("{ipv4: {src: self}, udp: {dst-port: 7000}}", "--log", "csv", "--log-group", "7")
            self.check([udp()], [udp(dport=7001)])
        listed = self.lab.run(ROUTER, "nft", "list", "ruleset").stdout
        self.assertEqual((listed.count("table bridge"), listed.count('log prefix "p,,DROP" group 7')), (1, 1))
        self.lab.run(ROUTER, "nft", "delete", "table", "bridge", "plug")
        self.assertEqual(self.passes(udp()), [udp()])

    def test_initiator(self):
        """The kernel here tracks no connections of a bridge: the text is loaded where it can be."""
        path = self.write("p.yaml", f"{HEAD}  p:\n    protocols: {{ipv4: {{src: self, dst: phone}}, tcp: {{dst-port: 443}}}}\n    bidirectional: true\n    initiator: src\n")
        result = support.run("firewall", "--no-check", "-o", self.path("out"), path)
        self.assertEqual(result.status, 0)
        text = self.read("out/firewall.nft").decode().replace("table bridge", "table inet")
        self.assertEqual(text.count("ct original ip saddr"), 2)
        self.lab.nft(ROUTER, text)
        listed = self.lab.run(ROUTER, "nft", "list", "table", "inet", "plug").stdout
        self.assertIn("ct direction original ct original ip saddr " + ME, listed)

    def test_hostile_names_load(self):
        names = ['"x\\ny"', '"a\\"; drop; #"', '"*/ int x;"', "a" * 400, "\u00e9t\u00e9", '"%n ${X} $(x) `x`"', '"} }"', '"\\\\"', '"drop"', "'#'"]
        text = HEAD.replace("name: plug", 'name: "x { } ; flush ruleset"') + "".join(
            f"  {name}:\n    protocols: {{ipv4: {{dst: 10.0.0.{i + 1}}}}}\n    bidirectional: true\n" for i, name in enumerate(names))
        for log in ("none", "csv", "pcap"):
            result = support.run("firewall", "--log", log, "-o", self.path("out"), self.write("h.yaml", text))
            self.assertEqual((result.status, result.err), (0, ""))
            self.lab.nft_file(ROUTER, self.path("out/firewall.nft"))
            listed = self.lab.run(ROUTER, "nft", "list", "ruleset").stdout
            self.assertEqual((listed.count(" drop comment "), listed.count("table "), listed.count("chain ")), (2 * len(names), 1, 1))

    def test_keywords(self):
        """Whatever the device is called, its table can be loaded."""
        for name in ("add", "bridge", "ip", "tcp", "table", "chain", "rule", "set", "map", "drop", "accept", "queue", "counter", "comment", "log", "meta", "th", "vlan", "ether", "xt", "or"):
            text = HEAD.replace("name: plug", f"name: {name}") + "  p: {protocols: {ipv4: {dst: 10.0.0.1}}}\n"
            result = support.run("firewall", "-o", self.path("out"), self.write("k.yaml", text))
            self.assertEqual((result.status, result.err), (0, ""), name)
            self.lab.nft_file(ROUTER, self.path("out/firewall.nft"))

    def test_every_field_loads(self):
        path = self.write("p.json", json.dumps(policies.profile(random.Random(9), 300)))
        result = support.run("firewall", "-q", "--no-check", "--log", "csv", "-o", self.path("out"), path)
        self.assertEqual((result.status, result.err), (0, ""))
        # Without what the kernel here does not have: queues, and connections of a bridge.
        lines = [re.sub(r"queue num \d+", "accept", line) for line in self.read("out/firewall.nft").decode().splitlines() if "ct direction" not in line]
        self.lab.nft(ROUTER, "\n".join(lines) + "\n")
        rules = sum(" counter " in line for line in lines)
        self.assertGreater(rules, 250)
        self.assertEqual(self.lab.run(ROUTER, "nft", "list", "ruleset").stdout.count(" comment "), rules)

    def test_check(self):
        """Without the right to ask the kernel the rules are still written, with a warning."""
        path = self.write("p.yaml", HEAD + "  p: {protocols: {ipv4: {dst: 10.0.0.1}}}\n")
        os.chmod(self.folder, 0o777)
        process = self.lab.run("device", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", support.PROGRAM, "firewall", "--dry-run", path, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertRegex(process.stderr, r"\Aiotsig: warning: nftables cannot check the rules here: .*\n\Z")
        self.assertIn("ip daddr 10.0.0.1 counter drop", process.stdout)


if __name__ == "__main__":
    lab.need()
    support.main()
