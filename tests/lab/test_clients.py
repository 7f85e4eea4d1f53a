# SPDX-License-Identifier: GPL-3.0-or-later
"""A generated program decides about real clients: dig, curl and coap-client, through queues of the kernel."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import lab
import runtime
import support
from lab import DEVICE, ROUTER, SERVER, Lab
from runtime import Runtime

HOSTS = {"device": DEVICE, "server": SERVER, "far": {"ipv4": "203.0.113.5", "ipv6": "2001:db8::5"}}
HEAD = f"device-info: {{name: plug, ipv4: {DEVICE['ipv4']}, ipv6: \"{DEVICE['ipv6']}\"}}\nhosts: {{gateway: [{SERVER['ipv4']}, \"{SERVER['ipv6']}\"]}}\nsingle-policies:\n"
FAR, FAR6 = HOSTS["far"]["ipv4"], HOSTS["far"]["ipv6"]


class Clients(support.Case):
    @classmethod
    def setUpClass(cls):
        cls.build = tempfile.mkdtemp(prefix="iotsig-test-")
        cls.addClassCleanup(shutil.rmtree, cls.build)
        cls.libraries = Runtime(os.path.join(cls.build, "lib"))

    def program(self, policies, *words):
        """Generates, builds by the CMakeLists.txt that was generated, and gives the program and its rules with a queue."""
        path = self.write("p.yaml", HEAD + policies)
        result = support.run("firewall", "--no-check", *words, "-o", self.path("out"), path)
        self.assertEqual((result.status, result.err), (0, ""))
        folder = self.libraries.cmake(self.path("out"), self.path("build"), "plug", self.path("bin"))
        rules = re.findall(r"^\t\t(\S.*) counter queue num (\d+)", self.read("out/firewall.nft").decode(), re.MULTILINE)
        return os.path.join(folder, "plug"), [(matches, int(number)) for matches, number in rules]

    def start(self, policies, *words, before=lambda here: None):
        """The program serves its queues; iptables feeds each what its rule of nftables would, by family and port."""
        program, rules = self.program(policies, *words)
        here = Lab.of(self, HOSTS, routed=True)
        before(here)
        self.process = here.popen(ROUTER, program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        here.wait_for_queue(ROUTER, *(number for _, number in rules))
        for matches, number in rules:
            command = "ip6tables" if "ip6" in matches else "iptables"
            match = []
            for flag, word in (("-s", r"ip6? saddr ([0-9a-f.:]+)"), ("-d", r"ip6? daddr ([0-9a-f.:]+)"), ("-p", r"l4proto (tcp|udp)"), ("--sport", r"sport (\d+)"), ("--dport", r"dport (\d+)")):
                found = re.search(word, matches)
                match += [flag, found.group(1)] if found else []
            here.run(ROUTER, command, "-A", "FORWARD", *match, "-j", "NFQUEUE", "--queue-num", str(number))
        return here

    def tearDown(self):
        if getattr(self, "process", None) is not None:
            self.assertIsNone(self.process.poll(), "the program has ended")
        super().tearDown()

    @staticmethod
    def dig(here, name, *words, server=SERVER["ipv4"]):
        return here.run("device", "dig", "+short", "+tries=1", "+timeout=1", *words, f"@{server}", name, check=False).stdout

    @staticmethod
    def curl(here, url, *words):
        return here.run("device", "curl", "-sS", "--max-time", "1", *words, url, check=False).stdout

    TABLE = {name: [("A", "192.0.2.1", 60), ("AAAA", "2001:db8::1", 60)] for name in
             ("blocked.example", "not.blocked.example", "notblocked.example", "example", "a.suffix.example", "suffix.example", "xsuffix.example", "com")}

    def test_dns(self):
        here = self.start("  name:\n    protocols: {ipv4: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {response: false, qtype: A, domain-name: blocked.example}}\n"
                          "  suffix:\n    protocols: {ipv4: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {domain-name: $suffix.example}}\n"
                          "  six:\n    protocols: {ipv6: {src: self, dst: gateway}, udp: {dst-port: 53}, dns: {domain-name: blocked.example}}\n")
        near, _ = here.dns("server", self.TABLE), here.dns("far", self.TABLE)
        for name, answers in (("blocked.example", False), ("BLOCKED.example", False), ("not.blocked.example", True), ("notblocked.example", True), ("example", True), ("com", True),
                              ("suffix.example", False), ("a.suffix.example", False), ("xsuffix.example", True)):
            self.assertEqual("192.0.2.1" in self.dig(here, name), answers, name)
        self.assertIn("2001:db8::1", self.dig(here, "blocked.example", "-t", "AAAA"))  # another type
        self.assertIn("192.0.2.1", self.dig(here, "blocked.example", server=FAR))  # another server
        self.assertNotIn("192.0.2.1", self.dig(here, "blocked.example", server=SERVER["ipv6"]))
        self.assertIn("192.0.2.1", self.dig(here, "com", server=SERVER["ipv6"]))
        self.assertFalse([name for name, kind, source in near.queries if name == "blocked.example" and kind == 1])

    def test_answers(self):
        """Backward a query's policy covers the answers: queries come through, and nothing comes back."""
        here = self.start("  name:\n    protocols: {ipv4: {src: gateway, dst: self}, udp: {src-port: 53}, dns: {response: true, domain-name: blocked.example}}\n")
        near = here.dns("server", self.TABLE)
        self.assertNotIn("192.0.2.1", self.dig(here, "blocked.example"))
        self.assertIn("192.0.2.1", self.dig(here, "example"))
        self.assertTrue(near.asked("blocked.example"))

    def test_http(self):
        here = self.start("  get:\n    protocols: {ipv4: {src: self}, tcp: {dst-port: 80}, http: {method: GET, uri: /secret}}\n"
                          "  post:\n    protocols: {ipv4: {src: self}, tcp: {dst-port: 80}, http: {method: POST, uri: \"/set*\"}}\n")
        web = here.http("server")
        url = f"http://{SERVER['ipv4']}"
        for path, words, passes in (("/secret", [], False), ("/secrets", [], True), ("/Secret", [], True), ("/secret", ["-d", "x"], True), ("/set", ["-d", "x"], False), ("/set/on", ["-d", "x"], False),
                                    ("/set", [], True), ("/se", ["-d", "x"], True)):
            self.assertEqual(self.curl(here, url + path, *words), path if passes else "", (path, words))
        self.assertEqual(len(web.requests), 5)

    def test_coap(self):
        here = self.start("  get:\n    protocols: {ipv4: {src: self}, udp: {dst-port: 5683}, coap: {type: CON, method: GET, uri: /time}}\n")
        here.coap("server")

        def get(path, *words):
            return here.run("device", "timeout", "2", "coap-client-notls", "-B", "1", *words, f"coap://{SERVER['ipv4']}{path}", check=False).stdout

        self.assertNotRegex(get("/time"), r"\d\d:\d\d:\d\d")
        self.assertRegex(get("/time", "-N"), r"\d\d:\d\d:\d\d")  # not confirmable
        self.assertIn("</time>", get("/.well-known/core"))

    def test_names_of_hosts(self):
        """Addresses come from real answers, for as long as they live."""
        table = {"cloud.example": [("A", FAR, 1), ("AAAA", FAR6, 1)], "other.example": [("A", SERVER["ipv4"], 60)]}
        servers = []

        def serve(here):
            servers.append(here.dns("server", table))
            here.http("server")
            here.http("far")
            here.resolver(ROUTER, SERVER["ipv4"])

        here = self.start("  cloud:\n    protocols: {ipv4: {src: self, dst: cloud.example}, tcp: {dst-port: 80}}\n"
                          "  cloud6:\n    protocols: {ipv6: {src: self, dst: cloud.example}, tcp: {dst-port: 80}}\n", before=serve)
        lab.wait_for(lambda: len([1 for name, _, _ in servers[0].queries if name == "cloud.example"]) >= 2, what="look-ups")
        lab.wait_for(lambda: self.curl(here, f"http://{FAR}/a") == "" and self.curl(here, f"http://[{FAR6}]/a") == "", what="the addresses")
        self.assertEqual(self.curl(here, f"http://{SERVER['ipv4']}/b"), "/b")
        # Each name is asked for again before its answer has ended, and a new address is blocked too.
        table["cloud.example"] = [("A", SERVER["ipv4"], 1)]
        lab.wait_for(lambda: self.curl(here, f"http://{SERVER['ipv4']}/b") == "", timeout=10, what="the new address")
        asked = len(servers[0].queries)
        time.sleep(3)
        self.assertGreater(len(servers[0].queries), asked)
        self.assertEqual({name for name, _, _ in servers[0].queries}, {"cloud.example"})

    def test_suffix_of_hosts(self):
        """The addresses of a suffix are those that answers to the device tell."""
        table = {"a.cloud.example": [("A", FAR, 60)], "cloud.example.net": [("A", SERVER["ipv4"], 60)]}
        here = self.start("  cloud:\n    protocols: {ipv4: {src: self, dst: \"*.cloud.example\"}, tcp: {dst-port: 80}}\n")
        here.dns("server", table)
        here.http("server")
        here.http("far")
        self.assertEqual(self.curl(here, f"http://{FAR}/a"), "/a")
        for name in table:
            self.dig(here, name)
        self.assertEqual(self.curl(here, f"http://{FAR}/a"), "")
        self.assertEqual(self.curl(here, f"http://{SERVER['ipv4']}/a"), "/a")

    def test_chance(self):
        here = self.start("  p:\n    protocols: {ipv4: {src: self}, udp: {dst-port: 7000}}\n", "--drop-probability", "0.5")
        with here.sniff("server") as sniffer:
            here.run("device", "python3", "-c", "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                     f"for i in range(200): s.sendto(b'%03d' % i, ('{SERVER['ipv4']}', 7000))\ns.sendto(b'end', ('{SERVER['ipv4']}', 7001))")
            sniffer.wait_for(lambda frame: (lab.ip_of(frame) or b"")[-3:] == b"end")
            arrived = sum(1 for frame in sniffer.frames if lab.from_to(DEVICE["ipv4"], SERVER["ipv4"])(frame)) - 1
        # Outside of 60 to 140 of 200 once in ten million runs.
        self.assertTrue(60 <= arrived <= 140, arrived)

    def test_log(self):
        self.libraries = Runtime(self.path("lib"), log=True)
        here = self.start("  name:\n    protocols: {ipv4: {src: self}, udp: {dst-port: 53}, dns: {domain-name: blocked.example}}\n")
        here.dns("server", self.TABLE)
        for name in ("example", "blocked.example"):
            self.dig(here, name)
        lines = [self.process.stdout.readline().decode() for _ in range(2)]
        for line, verdict in zip(lines, ("ACCEPT", "DROP")):
            self.assertRegex(line, rf"\A[0-9a-f]+,\d+\.\d{{6}},name,{verdict}\n\Z")


if __name__ == "__main__":
    runtime.need()
    lab.need("dig", "curl", "coap-client-notls", "coap-server-notls", "cmake", queue=True)
    unittest.main()
