# SPDX-License-Identifier: GPL-3.0-or-later
"""Real captures cut at several bytes: the packets are a prefix of the whole's, names of hosts aside."""
import concurrent.futures
import glob
import os
import random
import re

import support

support.need_corpus()
CUTS = 4
NAMES = re.compile(r'"(?:capture|src|dst)":"(?:[^"\\]|\\.)*",')  # as text: parsing all of it as JSON takes far longer


def packets(path, data=None):
    result = support.run("packets", "--format", "jsonl", "--timeout", "0", path, stdin=data, leaks=False)
    if result.status == 3:
        raise AssertionError(f"{path}: {result.err}")
    return result.out


class Recut(support.Case):
    def check(self, path):
        with open(path, "rb") as file:
            content = file.read()
        whole = NAMES.sub("", packets(path)).splitlines()
        numbers = random.Random(len(content))
        for i in range(CUTS):
            cut = numbers.randrange(300, len(content))
            part = self.write(f"{os.path.basename(path)}.{i}", content[:cut])
            out = packets(part)
            if packets("-", content[:cut]) != out.replace(f'"capture":"{part}"', '"capture":"-"'):
                return f"{path} cut at {cut}: another result from a pipe"
            found = NAMES.sub("", out).splitlines()
            if found != whole[: len(found)]:
                return f"{path} cut at {cut}"
            if cut > len(content) * 0.9 and len(found) < len(whole) * 0.5:
                return f"{path} cut at {cut}: {len(found)} of {len(whole)} packets"
        return None

    def test_all(self):
        paths = sorted(glob.glob(os.path.join(support.CORPUS, "captures", "*.pcap*")))
        self.assertGreater(len(paths), 10)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([problem for problem in pool.map(self.check, paths) if problem], [])
        parts = [self.path(name) for name in sorted(os.listdir(self.folder))]
        self.assertEqual(support.run("packets", "--timeout", "0", *paths, *parts).status, 0)  # and none leaks


if __name__ == "__main__":
    support.main()
