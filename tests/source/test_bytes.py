# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a capture are reached through the cursor of base/bytes only: no casts, no arithmetic, no byte swaps."""
import glob
import os
import re
import unittest

import support

FORBIDDEN = {
    "a cast to a struct": r"\(\s*(?:const\s+)?struct\s+\w+\s*\*\s*\)\s*\(?\s*\w+(?:->|\.)p\b",
    "pointer arithmetic": r"(?:\.|->)p\s*(?:\+|-[^>])|(?:\.|->)p(?:\+\+|--)",
    "an index that is not a constant": r"(?:\.|->)p\[[^\]]*[A-Za-z][^\]]*\]",
    "a byte swap of the machine's": r"\b(?:ntoh[sl]|hton[sl]|be(?:16|32|64)toh|le(?:16|32|64)toh)\b",
}
MODULES = ["capture", "decode", "app", "feature"]


class Bytes(unittest.TestCase):
    def test_patterns_can_fail(self):
        for what, line in {
            "a cast to a struct": "h = (const struct ip *)payload.p;",
            "pointer arithmetic": "q = packet->payload.p + 12;",
            "an index that is not a constant": "x = payload.p[offset];",
            "a byte swap of the machine's": "port = ntohs(x);",
        }.items():
            self.assertRegex(line, FORBIDDEN[what])

    def test_sources(self):
        for module in MODULES:
            for path in glob.glob(os.path.join(support.ROOT, "src", module, "*.[ch]")):
                with open(path, encoding="utf-8") as file:
                    for number, line in enumerate(file, 1):
                        for what, pattern in FORBIDDEN.items():
                            self.assertNotRegex(line, pattern, f"{path}:{number}: {what}")


if __name__ == "__main__":
    unittest.main()
