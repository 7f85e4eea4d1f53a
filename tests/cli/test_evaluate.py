# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig evaluate, on captures made by hand: what each share is, worked out by hand too."""
import json
import math
import os

import support


def wilson(part, whole, z=1.959963984540054):
    p = part / whole
    middle, spread = p + z * z / (2 * whole), z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return [round((middle + sign * spread) / (1 + z * z / whole), 6) for sign in (-1, 1)]


class Evaluating(support.Case):
    def evaluate(self, *options, folder="in", status=0):
        result = support.run("evaluate", "-q", "--format", "json", *options, self.path(folder))
        self.assertEqual(result.status, status, result.err)
        return json.loads(result.out)

    def by_event(self, found):
        return {event["event"]: event for event in found["events"]}


class Shares(Evaluating):
    def test_all_good(self):
        self.events("a", [["a.example"]] * 6, device=1)
        self.events("b", [["b.example"]] * 6, device=2)
        found = self.evaluate("--folds", "3")
        self.assertEqual(list(found)[:7], ["recall", "false_positive_rate", "outside_groups_rate", "identification",
                                           "identification_by_traffic", "group_identification", "open_set_rate"])
        self.assertEqual([found[key] for key in list(found)[:7]], [1, 0, 0, 1, 1, 1, 0])
        self.assertEqual([found[key] for key in ("signatures", "captures", "pairs", "false_positives")], [2, 12, 12, 0])
        self.assertEqual(found["intervals"]["recall"], [wilson(12, 12)[0], 1])
        self.assertEqual(found["intervals"]["false_positive_rate"], [0, wilson(0, 12)[1]])
        self.assertEqual(found["confusion"], [{"event": e, "identified": e, "several": False, "captures": 6} for e in "ab"])

    def test_a_missed_capture(self):
        # Ten captures of "a" ask for two names, of equal weight; the eleventh for one: half is no nine tenths.
        self.events("a", [["a.example", "c.example"]] * 10 + [["c.example"]], device=1)
        self.events("b", [["b.example"]] * 5, device=2)
        found = self.evaluate("--folds", "5")
        event = self.by_event(found)["a"]
        self.assertEqual([event["n"], event["recall"], event["identification"]], [11, round(10 / 11, 6), round(10 / 11, 6)])
        self.assertEqual(found["recall"], round(15 / 16, 6))
        self.assertEqual(found["intervals"]["recall"], wilson(15, 16))
        (missed,) = event["missed"]
        self.assertEqual([missed["capture"], missed["identified"], missed["matches"]], ["10.pcap", None, False])
        self.assertEqual(missed["missing"], ["name dns A a.example"])
        self.assertIn({"event": "a", "identified": None, "several": False, "captures": 1}, found["confusion"])

    def test_a_group(self):
        # The same traffic from two devices: told apart by the hardware address, and by nothing else.
        self.events("a", [["x.example"]] * 5, device=1)
        self.events("b", [["x.example"]] * 5, device=2)
        self.events("c", [["c.example"]] * 5, device=3)
        found = self.evaluate()
        self.assertEqual([found[key] for key in ("recall", "identification", "group_identification")], [1, 1, 1])
        self.assertEqual(found["identification_by_traffic"], round(5 / 15, 6))
        self.assertEqual([found["pairs"], found["false_positives"], found["false_positives_outside_groups"]], [30, 10, 0])
        self.assertEqual(found["open_set_rate"], round(10 / 15, 6))  # a's captures are b's when a is left out
        self.assertEqual([self.by_event(found)[e]["false_positives"] for e in "abc"], [5, 5, 0])

    def test_equals_are_no_group_unless_they_are_declared_one(self):
        # b's signature matches all of a; a's must not have z, and matches two of five of b: less than half.
        self.events("a", [["x.example"]] * 4)
        self.events("b", [["x.example"]] * 2 + [["x.example", "z.example"]] * 3)
        self.event("b/x.pcap", "x.example", folder="test")
        self.event("a/x.pcap", "x.example", folder="test")
        self.event("b/z.pcap", "x.example", "z.example", folder="test")
        found = self.evaluate("--test", self.path("test"))
        self.assertEqual([found["recall"], found["identification"], found["group_identification"]], [1, *[round(1 / 3, 6)] * 2])
        self.assertEqual([found["false_positives"], found["false_positives_outside_groups"]], [2, 2])
        self.assertIn({"event": "a", "identified": None, "several": True, "captures": 1}, found["confusion"])

    def test_the_same_device_in_a_group(self):
        self.events("a", [["x.example"]] * 5)
        self.events("b", [["x.example"]] * 5)
        found = self.evaluate()
        self.assertEqual([found["identification"], found["group_identification"]], [0, 1])
        self.assertIn({"event": "a", "identified": None, "several": True, "captures": 5}, found["confusion"])

    def test_an_event_of_one_capture_has_nothing_to_be_learned_from(self):
        self.events("a", [["a.example"]] * 4, device=1)
        self.events("b", [["b.example"]], device=2)
        found = self.evaluate("--folds", "2")
        self.assertEqual([self.by_event(found)["b"][key] for key in ("n", "recall", "signature")], [1, 0, True])
        self.assertEqual(found["pairs"], 4 // 2 + 1)  # b's signature is there in the fold without b's capture only

    def test_another_folder(self):
        self.events("a", [["a.example"]] * 3, device=1)
        self.events("b", [["b.example"]] * 3, device=2)
        self.events("a", [["a.example"], ["b.example"]], device=9, folder="test")
        self.events("new", [["new.example"], ["b.example"]], device=8, folder="test")
        found = self.evaluate("--test", self.path("test"))
        self.assertEqual([found["captures"], found["recall"], found["signatures"]], [4, 0.25, 2])
        self.assertEqual(self.by_event(found)["a"]["missed"][0]["identified"], "b")
        # a's two captures with b's signature, new's two with both.
        self.assertEqual([found["pairs"], found["false_positives"]], [6, 2])
        self.assertEqual(found["open_set_rate"], 0.5)  # what asks for b.example is claimed whoever is left out
        self.assertEqual([found["options"]["folds"], self.evaluate()["options"]["folds"]], [None, 5])

    def test_several_folders(self):
        self.events("a", [["a.example"]] * 3, device=1)
        self.events("b", [["b.example"]] * 3, device=2)
        self.events("a", [["a.example"]] * 2, device=9, folder="june")
        self.events("b", [["b.example"]], device=9, folder="july")
        self.events("house", [["b.example", "tv.example"]] * 7, device=7, folder="foreign")
        found = self.evaluate("--test", self.path("june"), "--test", self.path("july"), "--against", self.path("foreign"))
        self.assertEqual([self.by_event(found)[event]["n"] for event in "ab"], [2, 1])
        self.assertEqual([found["recall"], found["pairs"]], [1, 3])


class Chance(Evaluating):
    def setUp(self):
        super().setUp()
        # Of each event half ask for one name and half for another: what is learned depends on who is in which fold.
        for number, event in enumerate("abc"):
            self.events(event, [[f"{event}.example", f"{event}{i % 2}.example"] for i in range(8)], device=number + 1)

    def test_jobs_and_order_change_nothing(self):
        words = ("evaluate", "-q", "--format", "json", "--foreign", "1", "--folds", "3", self.path("in"))
        once = support.run(*words).out
        for jobs in "2", "7":
            self.assertEqual(support.run(*words, "-j", jobs).out, once)
        again = self.path("again")
        for event in "cba":  # folders that list their files in another order
            os.makedirs(f"{again}/{event}")
            for i in reversed(range(8)):
                os.rename(self.path(f"in/{event}/{i:02d}.pcap"), f"{again}/{event}/{i:02d}.pcap")
        self.assertEqual(support.run(*words[:-1], again).out, once)

    def test_each_capture_is_tested_once(self):
        for seed in range(1, 6):
            found = self.evaluate("--seed", str(seed))
            self.assertEqual(found["captures"], 24)
            self.assertEqual(sum(row["captures"] for row in found["confusion"]), 24)
            self.assertEqual(found["pairs"], 48)

    def test_the_seed_decides(self):
        # Eight of nine ask for a name: in half of the captures it is mandatory, or not, as the ninth is among these.
        self.events("d", [["d.example", "e.example"]] * 8 + [["d.example"]], device=4)
        seen = {json.dumps(self.evaluate("--folds", "2", "--seed", str(seed))["events"]) for seed in range(1, 9)}
        self.assertGreater(len(seen), 1)

    def test_foreign_captures(self):
        # Two of eight captures are another event's: as optional features they are, the odd ones are left out.
        clean = self.evaluate()
        self.assertEqual(clean["recall"], 1)
        for seed in "1", "2", "3":
            self.assertEqual(self.evaluate("--foreign", "1", "--seed", seed)["recall"], 1)
        self.assertEqual(self.evaluate("--foreign", "1")["options"]["foreign"], 1)
        # More foreign captures than own ones leave nothing to tell events apart by.
        self.assertEqual(self.evaluate("--foreign", "16")["identification"], 0)


class Usage(Evaluating):
    def refused(self, *words):
        result = support.run("evaluate", *words, self.path("in"))
        self.assertEqual((result.status, result.out), (2, ""), result.err)
        return result.err

    def test_options(self):
        self.events("a", [["a.example"]] * 2)
        for words in (("--folds", "1"), ("--folds", "x"), ("--seed", "-1"), ("--foreign", "70000"), ("--test", "t", "--folds", "3"),
                      ("--test", "t", "--seed", "2")):
            self.refused(*words)

    def test_nothing_to_test(self):
        """A line says what is missing, and none what follows from that."""
        self.events("a", [["a.example"]] * 2, folder="good")
        os.makedirs(self.path("in/a"))
        bad = os.path.dirname(os.path.dirname(self.write("bad/a/a.pcap", b"no capture")))
        for folder, reason in ((self.path("in"), "holds no folder"), (self.path("none"), "No such file"), (bad, "is no capture")):
            for words in (("evaluate", folder), ("evaluate", "--test", folder, self.path("good")), ("learn", "-o", self.path("x"), folder)):
                result = support.run(*words)
                self.assertEqual((result.status, result.out), (3, ""), words)
                self.assertRegex(result.err, rf"^iotsig: {folder}[^\n]*{reason}[^\n]*\n$")

    def test_hostile_names_of_captures(self):
        self.events("a", [["a.example"]] * 3)
        self.event("a/x\x1b[31m\n.pcap", "c.example")
        text = self.run_ok("evaluate", "-q", "--format", "text", self.path("in"))
        self.assertNotIn("\x1b", text)
        self.assertIn("a/x\\027[31m\\010.pcap", text)
        found = self.evaluate()
        self.assertIn("x\x1b[31m\n.pcap", [missed["capture"] for missed in found["events"][0]["missed"]])

    def test_text_and_csv(self):
        self.events("a", [["a.example", "c.example"]] * 10 + [["c.example"]], device=1)
        self.events("bé", [["b.example"]] * 5, device=2)
        text = self.run_ok("evaluate", "-q", "--format", "text", self.path("in"))
        self.assertIn("recall", text)
        self.assertIn("93.75 %", text)
        self.assertRegex(text, r"\n  1    +10   \.   \.   1\n  2    +\.   5   \.   \.\n")
        self.assertRegex(text, r"a/10\.pcap +unknown +\d+\.\d %  without dns A a\.example")
        table = self.run_ok("evaluate", "-q", "--format", "csv", self.path("in")).split("\r\n")
        self.assertEqual(table[1:3], ["a,11,10,10,10,0,0", '"bé",5,5,5,5,0,0'])
        line = self.run_ok("evaluate", "-q", "--format", "jsonl", self.path("in"))
        self.assertEqual(line.count("\n"), 1)
        self.assertEqual(json.loads(line), self.evaluate())


if __name__ == "__main__":
    support.main()
