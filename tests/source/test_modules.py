# SPDX-License-Identifier: GPL-3.0-or-later
"""Data flows one way: a module includes its own folder and those before it; the program public headers only."""
import glob
import os
import re
import unittest

import support

ORDER = ["base", "capture", "decode", "app", "host", "flow", "feature", "signature", "translate", "detect", "format", "report"]


def includes(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read(), re.MULTILINE)


def sources(folder):
    return [p for p in glob.glob(os.path.join(support.ROOT, "src", folder, "*")) if p.endswith((".c", ".h"))]


class Modules(unittest.TestCase):
    def test_every_folder_is_a_module(self):
        folders = {os.path.basename(os.path.dirname(p)) for p in glob.glob(os.path.join(support.ROOT, "src", "*", "*.c"))}
        self.assertEqual(folders, set(ORDER) | {"cli"})

    def test_direction(self):
        for rank, module in enumerate(ORDER):
            allowed = ORDER[: rank + 1] + ["iotsig"]
            for path in sources(module):
                for name in includes(path):
                    self.assertIn(name.split("/")[0], allowed, f"{path} includes {name}")

    def test_program_sees_public_headers_only(self):
        for path in sources("cli"):
            for name in includes(path):
                self.assertIn(name.split("/")[0], ["cli", "iotsig"], f"{path} includes {name}")

    def test_extension_sees_public_headers_only(self):
        for path in glob.glob(os.path.join(support.ROOT, "python", "extension", "*.[ch]")):
            for name in includes(path):
                self.assertTrue(name.startswith("iotsig/") or name == "extension.h", f"{path} includes {name}")

    def test_public_headers_see_public_headers_only(self):
        for path in glob.glob(os.path.join(support.ROOT, "include", "iotsig", "*.h")):
            for name in includes(path):
                self.assertTrue(name.startswith("iotsig/"), f"{path} includes {name}")


if __name__ == "__main__":
    unittest.main()
