# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the program and large captures, and measures runs: what bench/run and bench/hardening are made of."""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
BUILD = os.path.join(ROOT, "build-bench")
PROGRAM = os.path.join(BUILD, "iotsig")


def build(folder=BUILD, targets=("iotsig", "bench/make-capture", "bench/measure", "bench/pcap-loop"), options=()):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", folder, ROOT, *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, "--quiet", *targets], check=True, stdout=subprocess.DEVNULL)


def make(kind, n):
    """A capture of make-capture's, kept in BUILD; its bytes are in the page cache."""
    path = os.path.join(BUILD, f"{kind}-{n}.pcap")
    if not os.path.exists(path):
        with open(path + ".part", "wb") as file:
            subprocess.run([os.path.join(BUILD, "bench", "make-capture"), kind, str(n)], check=True, stdout=file)
        os.rename(path + ".part", path)
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    return path


def measure(words):
    """CPU seconds and KiB of resident memory of one run."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run([os.path.join(BUILD, "bench", "measure"), *words], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, check=False)
    messages = process.stderr.decode(errors="replace")
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(words)}: status {process.returncode}\n{messages}")
    seconds, memory = messages.split()[-2:]
    return float(seconds), int(memory)


def measure_all(commands, rounds):
    """The least CPU time of each, and the most memory. Takes turns, so that what else the machine does falls on all alike."""
    best, commands = {}, list(commands)
    for _ in range(rounds):
        for name, words in commands:
            seconds, memory = measure(words)
            if name not in best or seconds < best[name][0]:
                best[name] = (seconds, max(memory, best.get(name, (0, 0))[1]))
    return best
