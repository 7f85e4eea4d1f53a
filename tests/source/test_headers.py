# SPDX-License-Identifier: GPL-3.0-or-later
"""Each public header compiles alone, as C99 and as C++17, without a warning."""
import glob
import os
import shutil
import subprocess
import unittest

import support

HEADERS = sorted(glob.glob(os.path.join(support.ROOT, "include", "iotsig", "*.h")))


class Headers(unittest.TestCase):
    def compile(self, compiler, language, standard):
        if shutil.which(compiler) is None:
            self.skipTest(f"{compiler} is not installed")
        for header in HEADERS:
            text = f'#include "iotsig/{os.path.basename(header)}"\n'
            done = subprocess.run(
                [compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 "-fsyntax-only", "-I", os.path.join(support.ROOT, "include"), "-"],
                input=text, text=True, capture_output=True,
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""), header)

    def test_there_are_headers(self):
        self.assertTrue(HEADERS)

    def test_c99(self):
        self.compile("cc", "c", "c99")

    def test_cpp17(self):
        self.compile("c++", "c++", "c++17")


if __name__ == "__main__":
    unittest.main()
