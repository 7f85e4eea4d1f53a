# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst that inputs can do: time grows as they do, and memory has the ceilings of docs/limits.md.

Time is the processor's, as the ratio of four times as much to as much, in one run: 4 where it is linear, 16 where it is quadratic.
IOTSIG_BOUNDS in the environment says how many of each thing there are, 40000 where it does not.
"""
import gzip
import json
import os
import struct
import subprocess
import tempfile

import support
from support import PROGRAM, Case, make

FLOOD = os.environ["IOTSIG_FLOOD"]
MANY = int(os.environ.get("IOTSIG_BOUNDS", "40000"))
FEW = MANY // 4
RATIO_MOST = 10
FEW_SHOWN, MANY_SHOWN = 10_000, 40_000  # by one device: less than the 65536 that detect remembers

# Bytes of memory for each thing that is new, as in docs/limits.md.
FLOW_MOST = 1536
FEATURE_MOST = 1280
NAME_MOST = 512
PATTERN_MOST = 2560  # a flow of an input of commands with several
POLICY_MOST = 8192


class Bounds(Case):
    def flood(self, kind, count):
        path = self.path(f"{kind}-{count}")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                subprocess.run([FLOOD, kind, str(count)], stdout=file, check=True)
        return path

    def cost(self, *words, statuses=(0,)):
        """Seconds of the processor, and bytes of memory at most."""
        out = self.path("learned") if words[0] == "learn" else "/dev/null"
        with tempfile.TemporaryFile() as err:
            process = subprocess.Popen([PROGRAM, *words, "-q", "-o", out], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            err.seek(0)
            self.assertIn(process.returncode, statuses, err.read())
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024

    def check(self, few, many, statuses=(0,), ratio=RATIO_MOST):
        """Two command lines; answers how much more memory the larger took."""
        little, least = min(self.cost(*few, statuses=statuses) for _ in range(2))
        more, most = self.cost(*many, statuses=statuses)
        self.assertLess(more / max(little, 0.02), ratio, (few, little, more))
        return most - least

    def test_flows(self):
        """Packets each of which is a flow, or a name, of its own."""
        for kind in ("flows", "hosts", "names", "labels", "domains", "answers", "renames", "aliases", "targets", "devices"):
            with self.subTest(kind):
                more = self.check(("flows", self.flood(kind, FEW)), ("flows", self.flood(kind, MANY)))
                self.assertLess(more / (MANY - FEW), FLOW_MOST)

    def test_features(self):
        for kind in ("hosts", "answers", "devices", "leases", "targets"):
            with self.subTest(kind):
                more = self.check(("features", self.flood(kind, FEW)), ("features", self.flood(kind, MANY)))
                self.assertLess(more / (MANY - FEW), FEATURE_MOST)

    def test_packets(self):
        """Memory is for names only."""
        for kind, most in (("hosts", 8), ("targets", 8), ("answers", NAME_MOST), ("renames", NAME_MOST), ("aliases", NAME_MOST)):
            with self.subTest(kind):
                more = self.check(("packets", self.flood(kind, FEW)), ("packets", self.flood(kind, MANY)))
                self.assertLess(more / (MANY - FEW), most)

    def test_times(self):
        """All equal, in reverse, and from one end of what there is to the other."""
        for kind in ("equal", "reverse", "ends"):
            for words in (("flows", "--timeout", "0"), ("features",), ("packets", "--timeout", "0")):
                with self.subTest((kind, words)):
                    self.check((*words, self.flood(kind, FEW)), (*words, self.flood(kind, MANY)))

    def test_signatures(self):
        """Patterns of which nearly all flows match, or none."""
        for kind, command in (("hosts", "extract"), ("hosts", "compare"), ("labels", "extract"), ("labels", "closest"), ("targets", "merge"), ("domains", "extract")):
            captures = [[self.flood(kind, count), self.flood(kind, count + 50)] for count in (FEW // 2, MANY // 2)]
            with self.subTest((kind, command)):
                more = self.check((command, *captures[0]), (command, *captures[1]), (0, 1))
                self.assertLess(more / (MANY - FEW), PATTERN_MOST)

    def corpus(self, events, captures):
        """Each event asks for a name of its own, for one that ten events do, and for one that all do."""
        def capture(event):
            number = "".join(chr(ord("a") + int(digit)) for digit in f"{event:05}")  # digits in names are not kept
            names = f"{number}.example", f"{number[:-1]}.example.net", "all.example.org"
            return make.pcap([(support.START + i, make.ethernet(make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([(name, "A")]))))
                              for i, name in enumerate(names)])
        for event in range(events):
            content = capture(event)
            for i in range(captures):
                self.write(f"{events}-{captures}/{event:05}/{i}.pcap", content)
        return self.path(f"{events}-{captures}")

    def test_learn(self):
        """Many events, and many captures of few."""
        for few, many in (((500, 2), (2000, 2)), ((4, 250), (4, 1000))):
            with self.subTest(many):
                few, many = self.corpus(*few), self.corpus(*many)
                self.check(("learn", few), ("learn", many))

    def test_evaluate(self):
        """Each event is left out once: so the time is as the square of their number, and as that of captures."""
        self.check(("evaluate", self.corpus(4, 250)), ("evaluate", self.corpus(4, 1000)))
        self.check(("evaluate", self.corpus(150, 3)), ("evaluate", self.corpus(600, 3)), ratio=32)

    def library(self, name, signatures):
        """A file of signatures: of each the mandatory features, all as heavy."""
        traits = {"support": "9/9", "bits": "5.00", "seen": [1, 9]}
        return self.write(name, "".join(json.dumps(
            {"iotsig_signature": 1, "event": f"e{i:07}", "captures": 9, "against": {"events": 1, "captures": 9},
             "options": {"min_support": "9/10", "min_coverage": "9/10", "families": None}, "duration": "100000.000000000", "group": [],
             "warnings": [], "mandatory": [{"family": "flow", "feature": feature, **traits} for feature in features],
             "optional": [], "must_not": [], "flows": [], "origins": []}) + "\n" for i, features in enumerate(signatures)))

    def test_a_signature_that_is_too_large(self):
        """It is not read to its end."""
        # Piece by piece: what is measured of a process includes the memory of the one that started it.
        with open(self.library("one", [["x"]]), encoding="ascii") as file:
            head, trait, tail = file.read().partition('{"family": "flow", "feature": "x", "support": "9/9", "bits": "5.00", "seen": [1, 9]}')
        signatures = self.path("s")
        with open(signatures, "w", encoding="ascii") as file:
            file.write(head + trait)
            for i in range(650_000):
                file.write("," + trait.replace("x", f"out udp 11.{i >> 16}.{i >> 8 & 255}.{i & 255} 9999"))
            file.write(tail)
        self.assertGreater(os.path.getsize(signatures), 64 << 20)
        words = ("identify", "--signatures", signatures, self.flood("hosts", 100))
        self.assertRegex(support.run(*words).err, r"^iotsig: [^\n]*/s:line 1: a JSON object is too large to be read\n$")
        self.assertLess(self.cost(*words, statuses=(5,))[1], 768 << 20)

    def test_library(self):
        """Signatures that have nothing in common."""
        few, many = (self.library(f"{n}", ([f"out udp 11.{i >> 16}.{i >> 8 & 255}.{i & 255} 9999"] for i in range(n))) for n in (FEW // 2, MANY // 2))
        for command in ("list", "check"):
            with self.subTest(command):
                self.check(("library", command, few), ("library", command, many))

    def test_detect(self):
        """One signature of many features, and many signatures of few, of a device that shows all of them, one after the other."""
        def feature(i):
            return f"out udp 11.{i >> 16}.{i >> 8 & 255}.{i & 255} 9999"
        for kind, signatures in (("one", lambda n: [map(feature, range(n))]),
                                 ("twins", lambda n: [map(feature, range(n))] * 3),
                                 ("each", lambda n: ([feature(i)] for i in range(n)))):
            with self.subTest(kind):
                # as many flows as are kept are features of one device
                few, many = (("--signatures", self.library(f"{kind}-{n}", signatures(n)), self.flood("hosts", n)) for n in (FEW_SHOWN, MANY_SHOWN))
                self.check(("detect", *few), ("detect", *many))

    def test_detect_what_waits(self):
        """Signatures that share features wait for each other, and are looked at whenever something is new: time as their square."""
        few, many = (("--signatures", self.library(f"{n}", ([f"out udp 11.0.{j >> 8}.{j & 255} 9999" for j in (i, (i + n // 2) % n)] for i in range(n))),
                      self.flood("hosts", n)) for n in (1000, 4000))
        self.check(("detect", *few), ("detect", *many), ratio=32)

    def test_detect_much(self):
        """Memory is for what is remembered, however much is seen."""
        signatures = self.library("s", [["out udp 11.0.0.7 9999", "out udp 11.0.0.8 9999"]])
        for kind in ("flows", "hosts", "names", "answers", "renames", "aliases", "targets", "devices", "leases", "equal", "reverse", "ends"):
            with self.subTest(kind):
                few, many = (("detect", "--max-flows", "4096", "--signatures", signatures, self.flood(kind, n)) for n in (FEW, MANY))
                self.assertLess(self.check(few, many, (0, 1)), 4 << 20)

    def test_most_flows(self):
        """--max-flows: what is more ends the run, and memory stays as it was."""
        for command in ("flows", "features"):
            for kind in ("hosts", "labels", "answers"):
                if (command, kind) == ("features", "labels"):  # their names are of no device
                    continue
                with self.subTest((command, kind)):
                    words = (command, "--max-flows", "1000", self.flood(kind, MANY))
                    result = support.run(*words)
                    self.assertEqual(result.status, 5)
                    self.assertRegex(result.err, r"^iotsig: [^\n]*1000[^\n]*--max-flows[^\n]*\n$")
                    least = self.cost("flows", self.flood("hosts", 100))[1]
                    self.assertLess(self.cost(*words, statuses=(5,))[1] - least, 4 << 20)

    def test_bombs(self):
        """A small file that holds much: packets without bytes, blocks without packets."""
        zeros = make.pcap([]) + bytes(64 << 20)
        bomb = self.write("bomb.gz", gzip.compress(zeros, 1) + gzip.compress(bytes(64 << 20), 1) * 3)
        self.assertLess(os.path.getsize(bomb), 4 << 20)
        least = self.cost("flows", self.flood("hosts", 100))[1]
        for command in ("flows", "features", "packets"):
            self.assertLess(self.cost(command, bomb, statuses=(1,))[1] - least, 2 << 20)
        section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
        interface = struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20)
        for content, status in ((section + interface * 300_000, 3), ((section + interface) * 100_000, 1)):
            self.assertLess(self.cost("flows", self.write("x.pcapng", content), statuses=(status,))[1] - least, 16 << 20)

    def test_empty_members(self):
        """Members of a compressed file that hold nothing."""
        few, many = (self.write(f"{n}.gz", gzip.compress(make.pcap([])) + gzip.compress(b"") * n) for n in (FEW, MANY))
        self.assertLess(self.check(("flows", few), ("flows", many), (1,)), 1 << 20)

    def test_deep_files(self):
        """What is nested a million deep, in files of ours, profiles and MUD files."""
        for content in ("[" * 1_000_000, '[{"flows":' * 1_000_000, '{"a":' * 1_000_000, "single-policies: " + "[" * 1_000_000, "single-policies: " + "{a: " * 1_000_000,
                        "single-policies:\n  a: &a [x, x]\n" + "".join(f"  a{i}: &a{i} [*a{i - 1 if i else ''}, *a{i - 1 if i else ''}]\n" for i in range(60))):
            path = self.write("deep", content)
            for words in (("flows",), ("profile", "--device", "d", "--ipv4", "10.0.0.1"), ("profile", "--from", "mud"), ("flows", "--dns-table", path)):
                with self.subTest((content[:20], words)):
                    self.assertLess(self.cost(*words, path, statuses=(3, 5))[1], 256 << 20)

    def policies(self, name, policies):
        return self.write(name, "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies:\n" + "".join(
            f"  p{i}: {{protocols: {{{policy}}}, bidirectional: true}}\n" for i, policy in enumerate(policies)))

    def test_firewall(self):
        """Many policies of their own, and many that one program of a queue decides."""
        words = ("firewall", "--no-check", "--explain")
        few, many = (self.policies(f"p{n}", (f"ipv4: {{dst: 10.0.{i >> 8}.{i & 255}}}" for i in range(n))) for n in (2500, 10_000))
        self.check((*words, few), (*words, many))
        few, many = (self.policies(f"q{n}", (f"ipv4: {{src: self}}, udp: {{dst-port: 53}}, dns: {{domain-name: n{i}.example}}" for i in range(n)))
                     for n in (2500, 10_000))
        self.check((*words, few), (*words, many))

    def test_policies_of_flows(self):
        """Each flow of a capture becomes a policy."""
        device = ("--device", "d", "--ipv4", "192.168.1.2")
        for words in (("firewall", "--no-check", "--explain"), ("profile",)):
            for kind in ("labels", "hosts", "targets"):
                with self.subTest((words, kind)):
                    few, many = ((*words, *device, self.flood(kind, n)) for n in (2500, 10_000))
                    self.assertLess(self.check(few, many) / (10_000 - 2500), POLICY_MOST)
        words = ("firewall", "--no-check", "--explain", *device, self.flood("labels", 80_000))
        self.assertLess(self.cost(*words, statuses=(3,))[1], 80_000 * 5120)

    def test_policies_that_overlap(self):
        """Each queue decides for all behind it: so many that the program would have no end."""
        profile = self.policies("p", (f"ipv4: {{src: self}}, udp: {{dst-port: 53-{60 + i}}}, dns: {{domain-name: n{i}.example}}" for i in range(3000)))
        result = support.run("firewall", "--no-check", "--dry-run", profile)
        self.assertEqual((result.status, result.out), (5, ""))
        self.assertEqual(result.err, "iotsig: too many policies with a queue may cover the same packets (give them addresses or ports, or make several firewalls)\n")

    def test_more_policies_than_a_profile_may_have(self):
        """That is told once."""
        result = support.run("profile", "--check", self.write("p", "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies:\n" + "".join(
            f"  p{i}: {{protocols: {{tcp: {{dst-port: 7}}}}}}\n" for i in range(66_000))))
        self.assertEqual((result.status, len(result.err.splitlines())), (3, 1), result.err[:500])
        self.assertIn("65536", result.err)

    def test_pairs_of_same_hosts(self):
        """Partners whose names have nothing, a parent, or all in common."""
        for kind, name in (("apart", "h{i}.n{i}.com"), ("parent", "h{i}.example.com"), ("one", "h.example.com")):
            few, many = (self.write(f"{kind}-{n}", "".join(f"11.{i >> 16}.{i >> 8 & 255}.{i & 255}={name.format(i=i)}\n" for i in range(n)))
                         for n in (FEW // 2, MANY // 2))
            with self.subTest(kind):
                self.check(("flows", "--same-host", "@" + few, self.flood("hosts", FEW // 2)), ("flows", "--same-host", "@" + many, self.flood("hosts", MANY // 2)))


if __name__ == "__main__":
    support.main()
