# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken and hostile captures, and plain ones of every protocol: an answer each, soon, and the reason where it is no."""
import concurrent.futures
import glob
import os
import time
import unittest

import support

support.need_corpus()
KEEP = "dhcp,router-alert,dhcpv6,handshake,ack,syn"
COMMANDS = (["packets", "--format", "jsonl"], ["flows", "--format", "json"], ["extract", "--format", "text"])
SECONDS = 5  # sanitizers, and a machine that does other things


def check(path):
    problems = []
    for words in COMMANDS:
        started = time.monotonic()
        result = support.run(*words, "--timeout", "0", "--keep", KEEP, path)
        seconds = time.monotonic() - started
        if result.status not in (0, 1, 3) or seconds > SECONDS or (result.status == 3 and not result.err.startswith("iotsig: ")):
            problems.append(f"{words[0]} {path}: status {result.status}, {seconds:.1f} s, {result.err[:200]}")
    return problems


class Malformed(unittest.TestCase):
    def test_all(self):
        paths = [p for p in glob.glob(os.path.join(support.CORPUS, "malformed", "**"), recursive=True) if os.path.isfile(p)]
        self.assertGreater(len(paths), 100)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([problem for problems in pool.map(check, paths) for problem in problems], [])


if __name__ == "__main__":
    support.main()
