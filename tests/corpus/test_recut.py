# SPDX-License-Identifier: GPL-3.0-or-later
"""Real captures cut at several bytes: the packets are a prefix of the whole's, names of hosts aside."""
import concurrent.futures
import glob
import json
import os
import random
import tempfile
import unittest

import support

support.need_corpus()
CUTS = 4


def packets(path, data=None):
    result = support.run("packets", "--format", "jsonl", "--timeout", "0", path, stdin=data)
    if result.status == 3:
        raise AssertionError(f"{path}: {result.err}")
    found = [json.loads(line) for line in result.out.splitlines()]
    for packet in found:
        del packet["capture"], packet["src"], packet["dst"]
    return found, result.err


def check(path):
    with open(path, "rb") as file:
        content = file.read()
    whole, _ = packets(path)
    numbers = random.Random(len(content))
    for _ in range(CUTS):
        cut = numbers.randrange(300, len(content))
        with tempfile.NamedTemporaryFile() as part:
            part.write(content[:cut])
            part.flush()
            found, _ = packets(part.name)
            piped, _ = packets("-", content[:cut])
        if found != whole[: len(found)] or piped != found:
            return f"{path} cut at {cut}"
        if cut > len(content) * 0.9 and len(found) < len(whole) * 0.5:
            return f"{path} cut at {cut}: {len(found)} of {len(whole)} packets"
    return None


class Recut(unittest.TestCase):
    def test_all(self):
        paths = sorted(glob.glob(os.path.join(support.CORPUS, "captures", "*.pcap*")))
        self.assertGreater(len(paths), 10)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([problem for problem in pool.map(check, paths) if problem], [])


if __name__ == "__main__":
    support.main()
