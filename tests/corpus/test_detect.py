# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a real capture of one event, iotsig detect tells what iotsig identify says of it, and nothing else."""
import glob
import json
import os
from fractions import Fraction

import support

support.need_corpus()
SAME = ("input", "event", "group", "device", "by_device")


class Detect(support.Case):
    def lines(self, *words, status=0):
        result = support.run(*words, "--quiet", "--format", "jsonl")
        self.assertEqual((result.status, result.err), (status, ""))
        return [json.loads(line) for line in result.out.splitlines()]

    def check(self, signatures, path, want):
        if want["coverage"] is None:
            self.assertEqual(self.lines("detect", "--signatures", signatures, path, status=1), [])
            return
        (told,) = self.lines("detect", "--signatures", signatures, path)
        self.assertEqual({key: told[key] for key in SAME}, {key: want[key] for key in SAME})
        # It is told when the device has been quiet for a while, and may show more later.
        self.assertLessEqual(Fraction(told["coverage"]), Fraction(want["coverage"]))

    def test_setup(self):
        folder, signatures = os.path.join(support.CORPUS, "setup"), self.path("signatures")
        self.run_ok("learn", "--quiet", "--output", signatures, folder)
        paths = sorted(path for path in glob.glob(os.path.join(folder, "*", "*")) if os.path.isfile(path))
        identified = self.lines("identify", "--signatures", signatures, *paths)
        self.assertEqual([one["input"] for one in identified], paths)
        for path, want in zip(paths, identified):
            self.check(signatures, path, want)
        own = sum(os.path.basename(os.path.dirname(one["input"])) == one["event"] for one in identified)
        print(f"{own} of {len(paths)} captures are told as the event they are of")
        self.assertGreater(own, len(paths) * 0.9)


if __name__ == "__main__":
    support.main()
