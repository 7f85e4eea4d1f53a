# SPDX-License-Identifier: GPL-3.0-or-later
"""The program and the library are built so that an overflow finds little to use: what the linker wrote is read with readelf."""
import os
import platform
import re
import shlex
import shutil
import subprocess
import unittest

import support
from support import Case

# What the compiler can do for the processor at hand: a flag, and what it leaves in the notes of a binary.
PROCESSORS = {"x86_64": ("-fcf-protection=full", {"IBT", "SHSTK"}), "aarch64": ("-mbranch-protection=standard", {"BTI", "PAC"})}


def readelf(path, *options):
    return subprocess.run(["readelf", "-W", *options, path], check=True, capture_output=True, env={**os.environ, "LC_ALL": "C"}).stdout.decode()


def features(path):
    found = re.search(r"(?:x86|AArch64) feature: (.*)", readelf(path, "-n"))
    return set(re.split(r",\s*", found.group(1).strip())) if found else set()


@unittest.skipIf(shutil.which("readelf") is None, "readelf is not installed")
class Binary(Case):
    def setUp(self):
        super().setUp()
        build = os.path.dirname(support.PROGRAM)
        library = os.path.join(build, "src", "libiotsig.so.0")
        self.binaries = (support.PROGRAM, library)

    def test_anywhere_in_memory(self):
        self.assertRegex(readelf(support.PROGRAM, "-h"), r"Type:\s+DYN")
        self.assertRegex(readelf(support.PROGRAM, "-d"), r"FLAGS_1.*\bPIE\b")

    def test_what_can_be_written_cannot_be_executed(self):
        for path in self.binaries:
            segments = re.findall(r"^  (\w+) +(?:0x\w+ +){5}([RWE ]{3})", readelf(path, "-l"), re.MULTILINE)
            self.assertIn("LOAD", dict(segments))
            self.assertIn(("GNU_STACK", "RW "), segments)
            self.assertEqual([kind for kind, flags in segments if "W" in flags and "E" in flags], [])
            self.assertEqual([kind for kind, flags in segments if kind == "LOAD" and flags == "RE "], [])  # headers and constants are not executed

    def test_tables_are_read_only(self):
        for path in self.binaries:
            self.assertIn("GNU_RELRO", readelf(path, "-l"))
            self.assertRegex(readelf(path, "-d"), r"BIND_NOW|FLAGS_1.*\bNOW\b")
            self.assertNotIn("TEXTREL", readelf(path, "-d"))

    def test_no_path_of_libraries(self):
        for path in self.binaries:
            self.assertNotRegex(readelf(path, "-d"), r"\((RPATH|RUNPATH)\)")

    def test_canaries_and_checked_copies(self):
        for path in self.binaries:
            imported = set(re.findall(r" UND (\w+)@", readelf(path, "--dyn-syms")))
            self.assertIn("__stack_chk_fail", imported)
            self.assertIn("__memcpy_chk", imported)
            self.assertIn("__snprintf_chk", imported)
            self.assertEqual(imported & {"sprintf", "vsprintf", "strcat", "gets"}, set())

    @unittest.skipUnless(platform.machine() == "x86_64", "what is looked for is an instruction of x86-64")
    def test_jumps_land_where_they_may(self):
        """Each function that a pointer may lead to begins with ENDBR64, whatever the start files that are linked can do."""
        for path in self.binaries:
            with open(path, "rb") as file:
                self.assertGreater(file.read().count(b"\xf3\x0f\x1e\xfa"), 100)

    @unittest.skipUnless(platform.machine() in PROCESSORS, "nothing to check on this processor")
    def test_returns_and_jumps_are_checked(self):
        flag, expected = PROCESSORS[platform.machine()]
        source = self.write("empty.c", "int main(void) { return 0; }\n")
        compiled = subprocess.run([*shlex.split(os.environ.get("CC", "cc")), flag, "-o", self.path("empty"), source], check=False, capture_output=True)
        if compiled.returncode != 0 or features(self.path("empty")) != expected:
            self.skipTest("the compiler, or the start files it links, cannot")
        for path in self.binaries:
            self.assertEqual(features(path), expected)


if __name__ == "__main__":
    support.main()
