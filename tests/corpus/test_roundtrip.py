# SPDX-License-Identifier: GPL-3.0-or-later
"""Every flow and packet of the real captures goes through each format and comes back as it was."""
import json
import os
import unittest

import support
from support import CORPUS, Case

FORMATS = ("json", "jsonl", "csv")


class RoundTrip(Case):
    @staticmethod
    def folders():
        setup = os.path.join(CORPUS, "setup")
        return [os.path.join(CORPUS, "captures"), *(os.path.join(setup, name_) for name_ in sorted(os.listdir(setup)))]

    def test_flows(self):
        for words in (["--keep", "dhcp,ack"], ["--keep", "dhcp,ack", "--layers", "all"]):
            with self.subTest(words=words):
                self.check_flows(words)

    def check_flows(self, words):
        out = self.path("all.json")
        self.run_ok("flows", "-q", *words, "-o", out, *self.folders())
        want = json.loads(self.read("all.json"))
        self.assertGreater(sum(len(p["flows"]) for p in want), 1000)
        self.assertGreater(sum(len(p["hosts"]["IP"]) for p in want), 100)
        # Rows and lines keep neither the names of hosts nor a pattern without a flow.
        flat = [{**p, "hosts": {"IP": {}, "ALIAS": {}}} for p in want if p["flows"]]
        for kind in FORMATS:
            again = self.path(f"again.{kind}")
            self.run_ok("flows", "-o", again, out)
            self.assertEqual(json.loads(self.run_ok("flows", "--format", "json", again)), want if kind == "json" else flat)

    def test_packets(self):
        paths = [entry.path for entry in sorted(os.scandir(self.folders()[0]), key=lambda e: os.fsencode(e.name)) if entry.is_file()]
        for words in ([], ["--layers", "all"]):
            with self.subTest(words=words):
                self.check_packets(words, paths)

    def check_packets(self, words, paths):
        want = json.loads(self.run_ok("flows", "-q", "--format", "json", *words, *paths))
        want = [p for p in want if p["flows"]]
        for kind in FORMATS:
            path = self.path(f"packets.{kind}")
            self.run_ok("packets", "-q", *words, "-o", path, *paths)
            got = json.loads(self.run_ok("flows", "--format", "json", path))
            self.assertEqual([p["flows"] for p in got], [p["flows"] for p in want])
            if kind != "csv":
                self.assertEqual([p["input"] for p in got], [p["input"] for p in want])


if __name__ == "__main__":
    support.need_corpus()
    support.main()
