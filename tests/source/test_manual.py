# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual is well-formed, and tells every option that --help tells, and no other."""
import glob
import os
import re
import shutil
import subprocess
import unittest

import support

# iotsig(1) says that these are of commands that read captures.
OF_CAPTURES = {"timeout", "filter", "keep", "dns-table", "same-host", "match-random-ports", "max-flows", "layers"}

MANUAL = os.path.join(support.ROOT, "man")


def page(name):
    with open(os.path.join(MANUAL, name), encoding="utf-8") as file:
        return file.read()


def help_options(command):
    return set(re.findall(r"^  .{4}--([a-z0-9-]+)", support.run(command, "--help").out, re.MULTILINE))


def page_options(name):
    return set(re.findall(r"Fl -([a-z0-9-]+)", "".join(re.findall(r"^\.It .*", page(name), re.MULTILINE))))


class Manual(unittest.TestCase):
    def test_options(self):
        commands = re.findall(r"^  (\w+) +\S", support.run("help").out, re.MULTILINE)
        self.assertIn("extract", commands)
        for command in commands:
            if command not in ("help", "completion"):
                common, own, told = page_options("iotsig.1"), page_options(f"iotsig-{command}.1"), help_options(command)
                if "timeout" not in told:  # a command that reads no captures
                    common -= OF_CAPTURES
                self.assertEqual(told, common | own, command)
                self.assertIn(f".It Xr iotsig-{command} 1", page("iotsig.1"))

    def test_headers(self):
        names = {os.path.basename(path) for path in glob.glob(os.path.join(support.ROOT, "include", "iotsig", "*.h"))}
        self.assertEqual(set(re.findall(r"^\.It In iotsig/(\S+)", page("libiotsig.3"), re.MULTILINE)), names)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_lint(self):
        pages = sorted(glob.glob(os.path.join(MANUAL, "*.[1-9]")))
        self.assertGreater(len(pages), 4)
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stdout.decode()), (0, ""))


if __name__ == "__main__":
    support.main()
