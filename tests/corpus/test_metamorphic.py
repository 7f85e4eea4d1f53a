# SPDX-License-Identifier: GPL-3.0-or-later
"""Real captures that are changed, so that it is known how the result changes. IOTSIG_TEST_ALL=1: all of them, else a few."""
import glob
import os
import random

import metamorphic
import support
from metamorphic import ETHERNET, FILES
from support import CORPUS

support.need_corpus()
MOST_FRAMES = None if os.environ.get("IOTSIG_TEST_ALL") else 3000


def captures():
    paths = sorted(glob.glob(os.path.join(CORPUS, "captures", "*"))) + sorted(glob.glob(os.path.join(CORPUS, "setup", "*", "*")))
    return paths if MOST_FRAMES is None else random.Random(4).sample(paths, 10)


class Metamorphic(metamorphic.Case):
    def each(self):
        for path in captures():
            with open(path, "rb") as file:
                link, frames = metamorphic.read(file.read())
            self.assertEqual(link, ETHERNET, path)
            with self.subTest(path=os.path.basename(path)):
                yield frames[:MOST_FRAMES], random.Random(len(frames))

    def test_files(self):
        packets = 0
        for frames, chance in self.each():
            packets += self.check_files(frames, ETHERNET, chance.sample(sorted(FILES), 2), chance.sample(sorted(metamorphic.CODECS), 1))
        self.assertGreater(packets, 500)

    def test_padding_tags_and_sessions(self):
        for frames, chance in self.each():
            self.check_changes(frames, ETHERNET, {
                "padding": metamorphic.padded(chance.randbytes(1 + chance.randrange(40))),
                "tags": metamorphic.tagged(*[(chance.choice((0x8100, 0x88A8)), chance.randrange(4096)) for _ in range(1 + chance.randrange(3))]),
                "PPPoE": metamorphic.in_session,
            })

    def test_halves(self):
        for frames, chance in self.each():
            self.check_halves(frames, ETHERNET, chance.randrange(len(frames) + 1))

    def test_prefix(self):
        for frames, chance in self.each():
            kind = chance.choice(sorted(FILES))
            self.check_prefix(frames, ETHERNET, kind, chance.randrange(200, len(FILES[kind](frames, ETHERNET))))


if __name__ == "__main__":
    support.main()
