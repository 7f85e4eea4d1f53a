# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig learn, identify, library and extract --generalise, on captures made by hand."""
import hashlib
import json
import os
import random

import support
from support import Case, make

ROUTER, GATEWAY = "192.168.1.1", "02:00:00:00:00:02"


def mac(number):
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


class Learning(Case):
    """A capture is names that a device asks for, and the ports that it connects to."""

    def event(self, name, *words, device=1, folder="in", host=None):
        own, ip, packets = mac(device), f"192.168.1.{100 + device % 100}", []
        if host is not None:
            options = bytes([12, len(host)]) + host.encode()
            message = make.dhcp(own, 3, 1)[:-1] + options + b"\xff"
            packets.append(make.ethernet(make.udp("0.0.0.0", 68, "255.255.255.255", 67, message), src=own, dst="ff:ff:ff:ff:ff:ff"))
        for word in words:
            if isinstance(word, int):
                packet = make.tcp(ip, 40000, ROUTER, word, b"hello", flags=make.PSH | make.ACK)
            else:
                packet = make.udp(ip, 40000, ROUTER, 53, make.dns([(word, "A")]))
            packets.append(make.ethernet(packet, src=own, dst=GATEWAY))
        return self.capture(*packets, name=f"{folder}/{name}", link=1)

    def learn(self, *options, status=0, folder="in"):
        result = support.run("learn", "-o", self.path("out"), "--format", "json", *options, self.path(folder))
        self.assertEqual(result.status, status, result.err)
        return result

    def signature(self, event):
        return json.loads(self.read(f"out/{event}.json"))

    def features(self, event, role="mandatory", family="name"):
        return [trait["feature"] for trait in self.signature(event)[role] if trait["family"] == family]

    def bits(self, event, feature):
        return {t["feature"]: t["bits"] for t in self.signature(event)["mandatory"]}[feature]


class Support(Learning):
    def test_roles(self):
        # Of ten captures: 10 and 9 are enough, 8 and 3 are optional, 2 is nothing.
        counts = {"ten.example": 10, "nine.example": 9, "eight.example": 8, "three.example": 3, "two.example": 2}
        self.events("boot", [[name for name, count in counts.items() if i < count] for i in range(10)])
        self.learn()
        self.assertEqual(self.features("boot"), ["dns A nine.example", "dns A ten.example"][::-1])
        self.assertEqual(self.features("boot", "optional"), ["dns A eight.example", "dns A three.example"])
        support_of = {t["feature"]: t["support"] for role in ("mandatory", "optional") for t in self.signature("boot")[role]}
        self.assertEqual(support_of["dns A eight.example"], "8/10")

    def test_min_support(self):
        self.events("boot", [["a.example"] + (["b.example"] if i < 6 else []) for i in range(10)])
        self.learn("--min-support", "0.6")
        self.assertIn("dns A b.example", self.features("boot"))
        self.learn("--min-support", "61/100")
        self.assertNotIn("dns A b.example", self.features("boot"))
        self.assertEqual(self.signature("boot")["options"]["min_support"], "61/100")

    def test_alone_each_weighs_a_bit(self):
        self.events("boot", [["a.example"]] * 3)
        self.learn()
        self.assertEqual(self.bits("boot", "dns A a.example"), "1.00")

    def test_weight(self):
        # P = 4.5/5 = 0.9 in "a"; in "b", without it, 0.5/5 = 0.1: log2(9) = 3.1699. Shared: log2(1), at least 0.1.
        self.events("a", [["a.example", "both.example"]] * 4, device=1)
        self.events("b", [["b.example", "both.example"]] * 4, device=2)
        self.learn()
        self.assertEqual(self.bits("a", "dns A a.example"), "3.17")
        self.assertEqual(self.bits("a", "dns A both.example"), "0.10")

    def test_weight_over_the_mean_of_others(self):
        # P = 2.5/3. Q = (0.5/3 + 1.5/2)/2 = 0.458333: log2(1.818182) = 0.8625
        self.events("a", [["x.example"]] * 2, device=1)
        self.events("b", [["b.example"]] * 2, device=2)
        self.events("c", [["x.example"]], device=3)
        self.learn()
        self.assertEqual(self.bits("a", "dns A x.example"), "0.86")


class Unique(Learning):
    def test_must_not(self):
        # All that "a" has "b" has too, with its own name on top.
        self.events("a", [["one.example", "two.example"]] * 4, device=1)
        self.events("b", [["one.example", "two.example", "own.example"]] * 4, device=2)
        self.learn()
        self.assertEqual([(t["feature"], t["captures"]) for t in self.signature("a")["must_not"]], [("dns A own.example", 4)])
        self.assertEqual(self.signature("b")["must_not"], [])
        self.assertEqual(self.identify("in/a/00.pcap", "in/b/00.pcap"), ["a", "b"])

    def test_must_not_needs_two(self):
        self.events("a", [["one.example"]] * 4, device=1)
        self.event("b/0.pcap", "one.example", "own.example", device=2)
        self.learn()
        self.assertEqual(self.signature("a")["must_not"], [])
        self.assertIn("also matches 1 of 1 captures of b", self.signature("a")["warnings"])

    def test_group(self):
        for number, event in enumerate(("a", "b")):
            self.events(event, [["same.example", 443]] * 3, device=number + 1)
        self.events("c", [["other.example"]] * 3, device=3)
        result = self.learn()
        self.assertEqual([self.signature(e)["group"] for e in "abc"], [["b"], ["a"], []])
        self.assertIn("not told apart", result.err)
        # The device tells, where it was learned from; another one of the product is of the group.
        self.event("new.pcap", "same.example", 443, device=1, folder="new")
        self.event("unseen.pcap", "same.example", 443, device=9, folder="new")
        old, new = self.identities("new/new.pcap", "new/unseen.pcap")
        self.assertEqual((old["event"], old["group"], old["by_device"]), ("a", None, True))
        self.assertEqual((new["event"], new["group"], new["by_device"]), (None, ["a", "b"], False))

    def test_odd_capture_is_left_out(self):
        self.events("a", [["a.example", "b.example"]] * 8, device=1)
        self.events("z", [["y.example", "z.example"]] * 8, device=2)
        self.event("a/foreign.pcap", "y.example", "z.example", device=2)
        result = self.learn()
        self.assertEqual(self.features("a"), ["dns A a.example", "dns A b.example"])
        left_out = {o["name"]: o["left_out"] for o in self.signature("a")["origins"] if o["left_out"]}
        self.assertEqual(left_out, {"foreign.pcap": "is left out: it is like those of z"})
        self.assertEqual(self.signature("a")["captures"], 8)
        self.assertIn("a/foreign.pcap: warning: is left out: it is like those of z", result.err)

    def test_no_more_than_a_quarter(self):
        self.events("a", [["a.example"]] * 2, device=1)
        self.event("a/foreign.pcap", "z.example", device=2)
        self.learn("-q", status=0)
        self.assertEqual([o["left_out"] for o in self.signature("a")["origins"]], [None] * 3)

    def test_another_name(self):
        """All the same, but for what the device calls itself; learned from one product only."""
        for event, name, device in (("a", "PLUG-1", 1), ("other", "PLUG-2", 2)):
            for i in range(3):
                words = [f"{c}.example" for c in "abcdefghijklmno"]
                self.event(f"{event}/{i}.pcap", *words, host=name, device=device, folder="in" if event == "a" else "new")
        self.learn("-q")
        self.assertIn("host-name PLUG-1", self.features("a", family="dhcp"))
        self.assertEqual(self.identify("in/a/0.pcap"), ["a"])
        other, = self.identities("new/other/0.pcap")
        self.assertEqual((other["event"], other["nearest"]["must_not"]), (None, "dhcp host-name PLUG-2"))

    def test_against(self):
        self.events("a", [["one.example"]] * 3)
        self.events("house", [["one.example", "tv.example"]] * 3, device=5, folder="foreign")
        self.learn("--against", self.path("foreign"))
        self.assertEqual([t["feature"] for t in self.signature("a")["must_not"]], ["dns A tv.example"])
        self.assertEqual(self.signature("a")["against"], {"events": 1, "captures": 3})
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["a.json"])

    def identities(self, *captures, options=()):
        result = support.run("identify", "--signatures", self.path("out"), "--format", "jsonl", *options, *map(self.path, captures))
        self.assertIn(result.status, (0, 1), result.err)
        return [json.loads(line) for line in result.out.splitlines()]

    def identify(self, *captures):
        return [identity["event"] for identity in self.identities(*captures)]

    def test_unknown(self):
        self.events("a", [["a.example", "b.example", "c.example"]] * 3)
        self.learn("-q")
        self.event("new.pcap", "a.example", "b.example", device=1, folder="new")
        new, = self.identities("new/new.pcap")
        self.assertEqual((new["event"], new["group"], new["coverage"], new["matches"]), (None, None, None, []))
        # Three names and one flow of four bits; the third name is missing.
        self.assertEqual((new["nearest"]["event"], new["nearest"]["coverage"]), ("a", "3/4"))
        self.assertEqual(new["nearest"]["missing"], ["name dns A c.example"])
        result = support.run("identify", "--signatures", self.path("out"), self.path("new/new.pcap"))
        self.assertEqual(result.status, 1)

    def test_min_coverage(self):
        self.events("a", [["a.example", "b.example", "c.example"]] * 3)
        self.learn("-q", "--min-coverage", "3/4")
        self.event("new.pcap", "a.example", "b.example", device=1, folder="new")
        self.assertEqual(self.identify("new/new.pcap"), ["a"])


class Files(Learning):
    def both(self):
        self.events("a", [["one.example", "two.example", 443]] * 4, device=1)
        self.events("b", [["one.example", "own.example"]] * 4, device=2)
        self.learn("-q")

    def test_origins(self):
        self.both()
        origin = self.signature("a")["origins"][2]
        content = self.read("in/a/02.pcap")
        self.assertEqual((origin["name"], origin["size"], origin["device"]), ("02.pcap", len(content), mac(1)))
        self.assertEqual(origin["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(origin["duration"], "0.020000000")  # three packets, 10 ms apart

    def test_flows(self):
        self.both()
        self.assertIn({"direction": "out", "transport": "tcp", "peer": "gateway", "port": "443", "mandatory": True, "support": "4/4"},
                      self.signature("a")["flows"])

    def test_same_bytes(self):
        self.both()
        self.run_ok("library", "merge", "-o", self.path("again"), "--format", "json", self.path("out"))
        for name in ("a.json", "b.json"):
            self.assertEqual(self.read(f"out/{name}"), self.read(f"again/{name}"))

    def test_order_of_captures(self):
        numbers, before = random.Random(6), None
        words = [f"{c}.example" for c in "abcdefgh"]
        for event in range(3):
            self.events(f"e{event}", [[w for w in words if numbers.random() < .7] or ["x.example"] for _ in range(6)], device=event + 1)
        for _ in range(3):
            self.learn("-q")
            files = {name: self.read(f"out/{name}") for name in os.listdir(self.path("out"))}
            if before is not None:
                self.assertEqual([{**json.loads(f), "origins": 0} for f in before.values()], [{**json.loads(f), "origins": 0} for f in files.values()])
            before = files
            for event in range(3):  # the same captures, called otherwise
                folder = self.path(f"in/e{event}")
                names = sorted(os.listdir(folder))
                shuffled = numbers.sample(names, len(names))
                for name in names:
                    os.rename(os.path.join(folder, name), os.path.join(folder, "_" + name))
                for name, new in zip(names, shuffled):
                    os.rename(os.path.join(folder, "_" + name), os.path.join(folder, new))

    def test_jobs(self):
        self.both()
        one = {name: self.read(f"out/{name}") for name in os.listdir(self.path("out"))}
        self.learn("-q", "-j", "4")
        self.assertEqual({name: self.read(f"out/{name}") for name in os.listdir(self.path("out"))}, one)

    def test_folder_is_replaced_whole_or_not_at_all(self):
        self.both()
        os.rename(self.path("in/b"), self.path("in/c"))
        self.learn("-q")
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["a.json", "c.json"])
        self.write("out/mine.json", "{}")
        result = support.run("learn", "-q", "-o", self.path("out"), self.path("in"))
        self.assertEqual(result.status, 4)
        self.assertIn("the folder holds other files", result.err)
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["a.json", "c.json", "mine.json"])

    def test_hostile_names(self):
        self.events("a\x1b[31m", [["a.example"]] * 2)
        result = support.run("learn", "-o", self.path("out"), self.path("in"))
        self.assertEqual(result.status, 2)
        self.assertNotIn("\x1b", result.err + result.out)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_hostile_capture_names(self):
        self.events("a", [["a.example", "b.example"]] * 8, device=1)
        self.events("z", [["y.example", "z.example"]] * 8, device=2)
        self.event("a/\x1b[31m\n.pcap", "y.example", "z.example", device=2)
        result = self.learn()
        self.assertIn("left out", result.err)
        self.assertNotIn("\x1b", result.err + result.out)
        self.assertIn("\x1b[31m\n.pcap", [origin["name"] for origin in self.signature("a")["origins"]])
        text = self.run_ok("identify", "--format", "text", "--signatures", self.path("out"), self.path("in/a/\x1b[31m\n.pcap"))
        self.assertNotIn("\x1b", text)
        self.assertIn("a/\\027[31m\\010.pcap", text)

    def test_event_in_utf_8(self):
        self.events("Küche <b>&\"", [["a.example"]] * 2)
        self.learn("-q")
        self.assertEqual(self.signature("Küche <b>&\"")["event"], "Küche <b>&\"")
        self.run_ok("library", "merge", "-o", self.path("again"), "--format", "json", self.path("out"))

    def bad(self, change):
        """What is said of a signature file after a change of its text or object."""
        text = self.read("out/a.json").decode()
        if callable(change):
            value = json.loads(text)
            change(value)
            text = json.dumps(value)
        else:
            self.assertIn(change[0], text)
            text = text.replace(*change, 1)
        result = support.run("library", "list", self.write("bad.json", text))
        self.assertEqual((result.status, result.out), (3, ""), result.err)
        self.assertRegex(result.err, r"^iotsig: .*bad\.json:.*\n$")
        return result.err

    def test_bad_files(self):
        self.both()
        for change, said in (
                (('"iotsig_signature": 1', '"iotsig_signature": 2'), "version"),
                (('"event": "a"', '"event": "../a"'), "event"),
                (('"event": "a"', '"event": 7'), "event"),
                (('"captures": 4', '"captures": -4'), "captures"),
                (('"captures": 4', '"captures": 5'), "support"),
                (('"support": "4/4"', '"support": "5/4"'), "support"),
                (('"4/4", "bits"', '"4/4", "bitz"'), "bit"),
                (('"seen": [1, 1]', '"seen": [2, 1]'), "seen"),
                (('"family": "name"', '"family": "na\\u00e9"'), "feature"),
                (('"feature": "dns A one.example"', '"feature": "dns\\nA"'), "feature"),
                (('"min_support": "9/10"', '"min_support": "11/10"'), "options"),
                (('"group": []', '"group": [7]'), "group"),
                (('"sha256": "', '"sha256": "x'), "sha256"),
                (('"name": "00.pcap"', '"name": null'), "name"),
                (lambda v: v.update(more=1), "more"),
                (lambda v: v.pop("warnings"), "warnings"),
                (lambda v: v["mandatory"].append(v["mandatory"][0]), "twice"),
                (lambda v: v["mandatory"][0].update(bits="0.00"), "bits"),
                (lambda v: v["mandatory"][0].update(bits="1.5"), "bits"),
                (lambda v: v["mandatory"].append(7), "mandatory"),
                (lambda v: v.update(duration="-1.000000000"), "duration")):
            with self.subTest(said):
                self.assertIn(said, self.bad(change))
        self.assertIn("no learned signature", support.run("library", "list", self.write("x.json", "{}")).err)
        self.assertIn("already", support.run("library", "list", self.path("out"), self.path("out/a.json")).err)
        self.assertEqual(support.run("library", "list", self.path("nowhere")).status, 3)

    def test_many_ways_to_be_bad(self):
        """A byte changed somewhere: read, or refused with one line."""
        self.both()
        text, numbers = self.read("out/a.json"), random.Random(1)
        for _ in range(150):
            changed = bytearray(text)
            for _ in range(numbers.randint(1, 3)):
                changed[numbers.randrange(len(changed))] = numbers.choice(b'"{}[],:0129\x00\xff\\ax')
            result = support.run("library", "list", self.write("bad.json", bytes(changed)), leaks=False)
            self.assertIn(result.status, (0, 3))
            self.assertEqual(result.err.count("\n"), 1 if result.status else 0)

    def test_edited(self):
        self.both()
        value = self.signature("a")
        value["mandatory"] = [t for t in value["mandatory"] if t["family"] == "name"][::-1]
        self.write("edited.json", json.dumps(value))
        listed = json.loads(self.run_ok("library", "list", "--format", "json", self.path("edited.json")))
        self.assertEqual([(s["event"], s["mandatory"]) for s in listed], [("a", 2)])


class Library(Learning):
    def one(self, event, words, device):
        self.events(event, [words] * 3, device=device, folder=event)
        self.run_ok("learn", "-q", "-o", self.path(f"{event}.sig"), "--format", "json", self.path(event))

    def test_check(self):
        # Learned apart: "small" matches whatever "large" describes, and nothing the other way round.
        self.one("large", ["a.example", "b.example", "c.example"], 1)
        self.one("small", ["a.example", "b.example"], 2)
        self.one("other", ["o.example", "p.example"], 3)
        paths = [self.path(f"{e}.sig") for e in ("large", "small", "other")]
        result = support.run("library", "check", "--format", "jsonl", *paths)
        self.assertEqual(result.status, 1)
        self.assertEqual([json.loads(line) for line in result.out.splitlines()],
                         [{"matches": "small", "features": "large", "coverage": "1", "always": True, "declared": False}])
        self.assertEqual(support.run("library", "check", paths[0], paths[2]).status, 0)
        text = support.run("library", "check", "--format", "text", *paths).out
        self.assertRegex(text, r"small +large +100\.0 % +always")

    def test_merge(self):
        self.one("large", ["a.example", "b.example", "c.example"], 1)
        self.one("small", ["a.example", "b.example"], 2)
        self.run_ok("library", "merge", "-o", self.path("all"), "--format", "json", self.path("large.sig"), self.path("small.sig/small.json"))
        self.assertEqual(sorted(os.listdir(self.path("all"))), ["large.json", "small.json"])
        self.assertEqual(self.read("all/small.json"), self.read("small.sig/small.json"))

    def test_usage(self):
        self.one("small", ["a.example"], 2)
        for words in (["library"], ["library", "list"], ["library", "remove", self.path("small.sig")],
                      ["library", "merge", self.path("small.sig")], ["learn", self.path("small")],
                      ["identify", self.path("small/small/00.pcap")], ["extract", "--min-support", "9/10", self.path("small")],
                      ["learn", "-o", self.path("x"), "--min-support", "0", self.path("small")],
                      ["learn", "-o", self.path("x"), "--min-support", "1.1", self.path("small")],
                      ["learn", "-o", self.path("x"), "--min-coverage", "x", self.path("small")]):
            with self.subTest(words):
                self.assertEqual(support.run(*words).status, 2)

    def test_nothing_there(self):
        os.makedirs(self.path("empty/event"))
        result = support.run("learn", "-o", self.path("x"), self.path("empty"))
        self.assertEqual((result.status, os.path.exists(self.path("x"))), (3, False))
        self.assertIn("DIR/EVENT/CAPTURE", result.err)
        self.assertEqual(support.run("learn", "-o", self.path("x"), self.path("nowhere")).status, 3)


class Generalise(Learning):
    def test_one(self):
        captures = [self.event(f"{i}.pcap", "a.example", 443, device=i + 1) for i in range(3)]
        value = json.loads(self.run_ok("extract", "--generalise", "-q", "--format", "json", "--name", "plug", *captures))
        self.assertEqual((value["event"], value["captures"]), ("plug", 3))
        self.assertEqual({(t["family"], t["feature"], t["bits"]) for t in value["mandatory"] if t["family"] in ("name", "flow")},
                         {("name", "dns A a.example", "1.00"), ("flow", "out tcp gateway 443", "1.00"), ("flow", "out udp gateway 53", "1.00")})

    def test_against(self):
        captures = [self.event(f"{i}.pcap", "a.example", device=1) for i in range(3)]
        self.events("x", [["a.example", "b.example"]] * 2, device=2, folder="foreign")
        value = json.loads(support.run("extract", "--generalise", "-q", "--format", "json", "--against", self.path("foreign"), *captures).out)
        self.assertEqual([t["feature"] for t in value["must_not"]], ["dns A b.example"])

    def test_text(self):
        captures = [self.event(f"{i}.pcap", "a.example", device=1) for i in range(3)]
        self.assertRegex(self.run_ok("extract", "-q", "--generalise", "--format", "text", *captures), r"mandatory +3/3 +1\.00 +name +dns A a\.example")
        self.assertEqual(support.run("extract", "-q", "--generalise", "--format", "csv", *captures).status, 2)


class Policies(Learning):
    """The flows of learned signatures as profiles and firewalls."""

    FLOWS = {"out tcp www.example.com 443": ("self", "www.example.com", "tcp", 443),
             "in tcp local 80": ("local", "self", "tcp", 80),
             "out udp gateway 53": ("self", "gateway", "udp", 53),
             "out udp 239.255.255.250 1900": ("self", "239.255.255.250", "udp", 1900),
             "out udp n#.cdn-#.example.com *": ("self", "$example.com", "udp", None),
             "out udp <mac>.example.com 7": ("self", "$example.com", "udp", 7)}

    def learned(self, *flows):
        self.events("plug", [["a.example"]] * 2)
        self.learn("-q")
        value = self.signature("plug")
        value["mandatory"] = [{"family": "flow", "feature": f, "support": "2/2", "bits": "1.00", "seen": [1, 1]} for f in flows]
        value["optional"] = []
        return self.write("edited.json", json.dumps(value))

    def policies(self, path, *options):
        out = self.run_ok("profile", "--device", "plug", "--format", "json", *options, path)
        return json.loads(out)["single-policies"]

    def test_words_stay(self):
        policies = self.policies(self.learned(*self.FLOWS), "--ipv4", "10.0.0.5")
        found = []
        for policy in policies.values():
            network = policy["protocols"]["ipv4"]
            transport = "tcp" if "tcp" in policy["protocols"] else "udp"
            found.append((network["src"], network["dst"], transport, policy["protocols"][transport].get("dst-port")))
            self.assertTrue(policy["bidirectional"])
        self.assertEqual(sorted(map(str, found)), sorted(map(str, self.FLOWS.values())))

    def test_families(self):
        path = self.learned("out tcp www.example.com 443", "out udp broadcast 67", "out udp ff02::fb 5353", "out udp solicited-node 9")
        policies = self.policies(path, "--ipv4", "10.0.0.5", "--ipv6", "fe80::5")
        ends = sorted((family, p["protocols"][family]["dst"]) for p in policies.values() for family in ("ipv4", "ipv6") if family in p["protocols"])
        self.assertEqual(ends, [("ipv4", "broadcast"), ("ipv4", "www.example.com"), ("ipv6", "ff02::1:ff00:0/104"),
                                ("ipv6", "ff02::fb"), ("ipv6", "www.example.com")])

    def test_firewall(self):
        path = self.learned("in tcp local 80", "out udp gateway 53")
        words = ["firewall", "--no-check", "--device", "plug", "--ipv4", "10.0.0.5", "--dry-run"]
        out = self.run_ok(*words, "--host", "gateway=10.0.0.1", path)
        self.assertIn("ip saddr 192.168.0.0/16 ip daddr 10.0.0.5 meta l4proto tcp tcp dport 80", out)
        self.assertIn("ip saddr 10.0.0.5 ip daddr 10.0.0.1 meta l4proto udp udp dport 53", out)
        self.assertEqual(support.run(*words, path).status, 3)  # which address is the gateway's?

    def test_several(self):
        self.events("on", [["on.example", 8001]] * 3, device=1)
        self.events("off", [["off.example", 8002]] * 3, device=1)
        self.learn("-q")
        policies = self.policies(self.path("out"), "--ipv4", "10.0.0.5")
        self.assertEqual(list(policies), ["off", "on"])
        self.assertIn("out_tcp_gateway_8001", policies["on"])

    def test_two_of_one_name(self):
        path = self.learned("out udp n<mac>x.example.com 7", "out udp n-mac-x.example.com 7")
        hosts = [policy["protocols"]["ipv4"]["dst"] for policy in self.policies(path, "--ipv4", "10.0.0.5").values()]
        self.assertEqual(sorted(hosts), ["$example.com", "n-mac-x.example.com"])

    def test_no_flow(self):
        for feature in ("out tcp a.example 70000", "out tcp a.example 443x", "out tcp a.example", "up tcp a.example 443", "out sctp a.example 443"):
            result = support.run("profile", "--device", "plug", "--ipv4", "10.0.0.5", self.learned(feature))
            self.assertEqual((result.status, result.out), (3, ""), feature)
            self.assertIn("is no flow", result.err)

    def test_whose(self):
        result = support.run("profile", self.learned("in tcp local 80"))
        self.assertEqual(result.status, 2)
        self.assertIn("--device", result.err)

    def test_no_flows_for_others(self):
        result = support.run("flows", self.learned("in tcp local 80"))
        self.assertEqual(result.status, 3)
        self.assertIn("a learned signature holds no packets", result.err)


if __name__ == "__main__":
    support.main()
