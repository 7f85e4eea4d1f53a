# SPDX-License-Identifier: GPL-3.0-or-later
"""What benches of signatures have in common: what is asked of the program, and real captures, read, cut and merged."""
import glob
import json
import os
import socket
import struct
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "examples"))
import packets  # noqa: E402 (the path above)

CORPUS = os.environ.get("IOTSIG_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
IOTSIG = os.environ.get("IOTSIG", os.path.join(ROOT, "build", "iotsig"))
SECOND = 10**9


def iotsig(*words):
    """What the program prints. That there is nothing to tell is no failure."""
    result = subprocess.run([IOTSIG, *words], capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1):
        sys.exit(f"iotsig {' '.join(words)}: status {result.returncode}\n{result.stderr}")
    return result.stdout


def lines(*words):
    """The same, as JSON lines."""
    return [json.loads(line) for line in iotsig(*words, "-q", "--format", "jsonl").splitlines()]


def captures(*pattern):
    """The captures of the corpus whose path is like that."""
    found = sorted(glob.glob(os.path.join(CORPUS, *pattern)))
    if not found:
        sys.exit(f"no captures {os.path.join(*pattern)} (IOTSIG_CORPUS is where they are)")
    return found


def read(path):
    """The Ethernet frames of a capture, as (time in nanoseconds, frame) pairs; one that is cut ends it."""
    with open(path, "rb") as file:
        data = file.read()
    return list(_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _pcap(data))


def _pcap(data):
    orders = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
    order, unit = orders[data[:4]]
    at = 24
    while at + 16 <= len(data):
        second, rest, taken, _ = struct.unpack_from(order + "IIII", data, at)
        yield second * SECOND + rest * unit, data[at + 16 : at + 16 + taken]
        at += 16 + taken


def _pcapng(data):
    at, order, units = 0, "<", []
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order, units = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">", []
        kind, length = struct.unpack_from(order + "II", data, at)
        body = data[at + 8 : at + length - 4]
        if kind == 1:
            units.append(_unit(order, body[8:]))
        elif kind == 6:
            number, high, low, taken, _ = struct.unpack_from(order + "IIIII", body)
            yield ((high << 32) + low) * units[number], body[20 : 20 + taken]
        at += length


def _unit(order, options):
    """The nanoseconds of an interface's unit of time, which is a microsecond unless it says another."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 9:
            return 10 ** (9 - options[at + 4])
        at += 4 + length + -length % 4
    return 1000


def write(path, frames):
    with open(path, "wb") as file:
        file.write(packets.pcap(sorted(frames, key=lambda pair: pair[0]), nanoseconds=True))
    return path


def between(frames, first, last):
    return [(time, frame) for time, frame in frames if first <= time <= last]


class Tcp:
    """The addresses, ports, flags and payload of an IPv4 TCP segment."""

    def __init__(self, frame):
        header = 14 + (frame[14] & 15) * 4
        self.src, self.dst = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
        self.sport, self.dport = struct.unpack_from(">HH", frame, header)
        self.flags = frame[header + 13]
        total = struct.unpack_from(">H", frame, 16)[0]
        self.payload = frame[header + (frame[header + 12] >> 4) * 4 : 14 + total]


def tcp(frame):
    """What a frame says of TCP over IPv4, or None."""
    return Tcp(frame) if len(frame) >= 54 and frame[12:14] == b"\x08\x00" and frame[23] == 6 else None
