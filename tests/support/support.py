# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the program, and makes what it reads. The environment names the program: IOTSIG."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "examples"))
import packets as make  # pylint: disable=wrong-import-position

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAM = os.environ.get("IOTSIG", os.path.join(ROOT, "build", "iotsig"))
CORPUS = os.environ.get("IOTSIG_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
EMULATED = bool(os.environ.get("IOTSIG_EMULATED"))  # PROGRAM is for another machine
# Whether the memory that is taken is the program's own: a sanitizer and an emulator reserve a lot.
OWN_MEMORY = "sanitized" not in PROGRAM and not EMULATED
SKIPPED = 77  # meson's

SECOND = 10**9
START = 1_700_000_000 * SECOND


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode("utf-8")  # what is written is UTF-8, whatever was read
        self.err = process.stderr.decode("utf-8")


def run(*words, stdin=None, leaks=True, **more):
    """Runs the program. A sanitizer's report or a signal is a failure of the test, whatever it tests.

    The search for leaks at the end takes longer than all else in a short run. A test that starts the program hundreds of
    times leaves it out (leaks=False), and searches once, in a run over all the inputs.
    """
    environment = os.environ if leaks else {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    process = subprocess.run(
        [PROGRAM, *words], input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True, timeout=120, env=environment, **more,
    )
    result = Result(process)
    if result.status < 0 or "Sanitizer" in result.err or "runtime error" in result.err:
        raise AssertionError(f"iotsig {' '.join(words)}: status {result.status}\n{result.err[:4000]}")
    return result


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="iotsig-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def capture(self, *packets, name="a.pcap", link=None, step=SECOND // 100, **more):
        """A pcap of IP packets, or of frames of a link type, a bit of time apart."""
        frames = packets
        if link is None:
            link, frames = 1, [make.ethernet(packet) for packet in packets]
        return self.write(name, make.pcap([(START + i * step, f) for i, f in enumerate(frames)], link=link, **more))

    def event(self, name, *words, device=1, folder="in"):
        """A capture of a device that asks for names."""
        packets = [make.udp(f"192.168.1.{100 + device}", 40000, "192.168.1.1", 53, make.dns([(word, "A")])) for word in words]
        return self.capture(*(make.ethernet(packet, src=f"02:00:00:00:01:{device:02x}") for packet in packets), name=f"{folder}/{name}", link=1)

    def events(self, event, captures, device=1, folder="in"):
        """Captures of an event, of these names each."""
        for i, words in enumerate(captures):
            self.event(f"{event}/{i:02d}.pcap", *words, device=device, folder=folder)

    def run_ok(self, *words, **more):
        result = run(*words, **more)
        self.assertEqual((result.status, result.err), (0, ""))
        return result.out

    def packets(self, *words, **more):
        return [json.loads(line) for line in self.run_ok("packets", "--format", "jsonl", *words, **more).splitlines()]

    def flows(self, *words, **more):
        """The flows of one input."""
        (pattern,) = json.loads(self.run_ok("flows", "--format", "json", *words, **more))
        return pattern["flows"]

    def signature(self, *words, **more):
        return json.loads(self.run_ok("extract", "--format", "json", *words, **more))["signature"]


def learned(event, mandatory, **more):
    """What a file says of a learned signature: features of ten captures, and other members as they are given."""
    return {"iotsig_signature": 1, "event": event, "captures": 10, "against": {"events": 2, "captures": 20},
            "options": {"min_support": "9/10", "min_coverage": "9/10", "families": None}, "duration": "1.000000000", "group": [], "warnings": [],
            "mandatory": list(mandatory), "optional": [], "must_not": [], "flows": [], "origins": [], **more}


def need_corpus():
    """Ends the test as skipped where the captures are not."""
    if not os.path.isdir(CORPUS):
        print(f"no corpus at {CORPUS} (IOTSIG_CORPUS names another place)")
        sys.exit(SKIPPED)


def need(program):
    """Ends the test as skipped where a program is not installed."""
    if shutil.which(program) is None:
        print(f"{program} is not installed (scripts/install-deps --full)")
        sys.exit(SKIPPED)


main = unittest.main
