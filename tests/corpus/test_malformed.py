# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken and hostile captures, and plain ones of every protocol: an answer each, soon, and the reason where it is no."""
import concurrent.futures
import glob
import json
import os
import time

import support

support.need_corpus()
RULES = ("--timeout", "0", "--keep", "dhcp,router-alert,dhcpv6,handshake,ack,syn")
COMMANDS = (["packets", "--format", "jsonl"], ["flows", "--format", "json"], ["extract", "--format", "text"], ["features", "--format", "jsonl"])
SECONDS = 5  # sanitizers, and a machine that does other things


def check(path):
    problems = []
    for words in COMMANDS:
        started = time.monotonic()
        result = support.run(*words, *RULES, path, leaks=False)
        seconds = time.monotonic() - started
        if result.status not in (0, 1, 3) or seconds > SECONDS or (result.status == 3 and not result.err.startswith("iotsig: ")):
            problems.append(f"{words[0]} {path}: status {result.status}, {seconds:.1f} s, {result.err[:200]}")
    return problems


class Malformed(support.Case):
    def setUp(self):
        super().setUp()
        everything = glob.glob(os.path.join(support.CORPUS, "malformed", "**"), recursive=True)
        self.paths = sorted(path for path in everything if os.path.isfile(path))
        self.assertGreater(len(self.paths), 100)

    def test_all(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([problem for problems in pool.map(check, self.paths) for problem in problems], [])

    def test_leaks(self):
        for words in COMMANDS:
            self.assertIn(support.run(*words, *RULES, *self.paths).status, (1, 3))
        # All have no flow in common. A pattern of all their flows gives a signature of them all.
        flows = [json.loads(line) for line in support.run("flows", "--format", "jsonl", *RULES, *self.paths).out.splitlines()]
        pattern = self.write("flows.jsonl", "".join(json.dumps({**flow, "input": "all"}) + "\n" for flow in flows))
        self.assertGreater(len(self.signature(pattern)["flows"]), len(flows) / 10)
        self.run_ok("extract", "--format", "text", pattern)


if __name__ == "__main__":
    support.main()
