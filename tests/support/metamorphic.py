# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures that are changed so that it is known how the result changes, without knowing the result.

A capture is a list of frames: (time in nanoseconds, bytes, length on the wire).
"""
import bz2
import gzip
import json
import lzma
import os
import struct
import subprocess

import support
from support import make

ETHERNET = 1
IPV4, IPV6 = 0x0800, 0x86DD
KEEP = ["--timeout", "0", "--keep", "dhcp,dhcpv6,router-alert,handshake"]


# A reader of captures that knows as much as those at hand need.


def read(content):
    """The link type and the frames of a pcap, or of a pcapng of one section whose interfaces are alike; ValueError: it is neither."""
    if content[:4] == b"\x0a\x0d\x0d\x0a":
        return read_pcapng(content)
    magics = {struct.pack(order + "I", number): (order, unit) for order in "<>" for number, unit in ((0xA1B2C3D4, 1000), (0xA1B23C4D, 1))}
    if content[:4] not in magics:
        raise ValueError("no capture")
    order, unit = magics[content[:4]]
    link, at, frames = struct.unpack_from(order + "I", content, 20)[0], 24, []
    while at + 16 <= len(content):
        second, part, taken, length = struct.unpack_from(order + "IIII", content, at)
        frame = content[at + 16 : at + 16 + taken]
        if len(frame) == taken:
            frames.append((second * 10**9 + part * unit, frame, length))
        at += 16 + taken
    return link & 0xFFFF, frames


def read_pcapng(content):
    order = "<" if content[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    interfaces, frames, at = [], [], 0
    while at + 12 <= len(content):
        kind, size = struct.unpack_from(order + "II", content, at)
        body, at = content[at + 8 : at + size - 4], at + size
        if kind == 1:
            options, unit = body[8:], 1000
            while len(options) >= 4:
                code, n = struct.unpack_from(order + "HH", options)
                if code == 9:
                    unit = {6: 1000, 9: 1}[options[4]]
                options = options[4 + n + -n % 4 :]
            interfaces.append((struct.unpack_from(order + "H", body)[0], unit))
        elif kind == 6:
            number, high, low, taken, length = struct.unpack_from(order + "IIIII", body)
            frames.append(((high << 32 | low) * interfaces[number][1], body[20 : 20 + taken], length))
    (link,) = {link for link, _ in interfaces}
    return link, frames


# Changes.


def in_front(frames, change):
    """Frames of Ethernet to whose first two addresses and type `change` adds."""
    for time, frame, length in frames:
        new = change(frame[:12], frame[12:14], frame[14:]) if len(frame) >= 14 else None
        yield (time, frame, length) if new is None else (time, new, length + len(new) - len(frame))


def tagged(*tags):
    """VLAN tags, the outermost first (IEEE 802.1Q)."""
    return lambda frames: in_front(frames, lambda addresses, kind, rest: addresses + b"".join(struct.pack(">HH", *tag) for tag in tags) + kind + rest)


def in_session(frames):
    """A PPPoE session around what is IP (RFC 2516)."""
    def change(addresses, kind, rest):
        protocol = {IPV4: 0x0021, IPV6: 0x0057}.get(int.from_bytes(kind, "big"))
        size = datagram_length(kind, rest)
        if protocol is None or size is None:
            return None
        return addresses + struct.pack(">HBBHHH", 0x8864, 0x11, 0, 1, size + 2, protocol) + rest

    return in_front(frames, change)


def datagram_length(kind, rest):
    """Of the IP datagram, by its header; None where it does not say."""
    if int.from_bytes(kind, "big") == IPV4 and len(rest) >= 4:
        return int.from_bytes(rest[2:4], "big") or None
    if int.from_bytes(kind, "big") == IPV6 and len(rest) >= 6:
        return 40 + int.from_bytes(rest[4:6], "big") if rest[4:6] != b"\0\0" else None
    return None


def padded(filling):
    """More bytes behind each frame that was captured whole and whose datagram knows its end."""
    def change(frames):
        for time, frame, length in frames:
            knows = len(frame) == length and len(frame) >= 14 and datagram_length(frame[12:14], frame[14:]) is not None
            yield (time, frame + filling, length + len(filling)) if knows else (time, frame, length)

    return change


FILES = {
    "pcap": lambda frames, link: make.pcap(frames, link, "<", nanoseconds=True),
    "big-endian pcap": lambda frames, link: make.pcap(frames, link, ">", nanoseconds=True),
    "pcapng": lambda frames, link: make.pcapng(frames, link, "<"),
    "big-endian pcapng": lambda frames, link: make.pcapng(frames, link, ">"),
}


def by_program(*words):
    return lambda content: subprocess.run(words, input=content, capture_output=True, check=True).stdout


CODECS = {
    "gzip": lambda content: gzip.compress(content, 1),
    "bzip2": lambda content: bz2.compress(content, 1),
    "xz": lambda content: lzma.compress(content, preset=0),
    "zstd": by_program("zstd", "-1", "-c"),
    "lz4": by_program("lz4", "-1", "-c"),
}


# Results.


def without(packets, *names):
    return [{name: value for name, value in packet.items() if name not in ("capture", "id", *names)} for packet in packets]


class Case(support.Case):
    """`frames`: what is changed; `link`: its type."""

    def packets(self, content, *words):
        path = self.write("a", content)
        result = support.run("packets", "--format", "jsonl", "-q", *KEEP, *words, path, leaks=False)
        self.assertEqual((result.status, result.err), (0 if result.out else 1, ""))
        return [json.loads(line) for line in result.out.splitlines()]

    def names(self, content):
        (pattern,) = json.loads(support.run("flows", "--format", "json", "-q", *KEEP, self.write("a", content), leaks=False).out)
        return pattern["hosts"]

    def check_files(self, frames, link, kinds, codecs):
        want = without(self.packets(FILES["pcap"](frames, link)))
        for kind in kinds:
            content = FILES[kind](frames, link)
            self.assertEqual(without(self.packets(content)), want, kind)
        for codec in codecs:
            self.assertEqual(without(self.packets(CODECS[codec](content))), want, codec)
        return len(want)

    def check_changes(self, frames, link, changes):
        """What changes nothing but lengths."""
        want = self.packets(FILES["pcap"](frames, link))
        for name, change in changes.items():
            got = self.packets(FILES["pcap"](list(change(frames)), link))
            self.assertEqual(without(got, "length"), without(want, "length"), name)

    def check_halves(self, frames, link, at):
        """With the names of the whole, two parts hold what the whole does; a host that has one name in a part and another in the
        whole may have either."""
        whole = FILES["pcap"](frames, link)
        names = self.names(whole)
        table = self.write("names.json", json.dumps(names))
        got = []
        for part in (frames[:at], frames[at:]):
            content = FILES["pcap"](part, link)
            own = self.names(content)
            aliases = {**names["ALIAS"], **own["ALIAS"]}
            other = {aliases.get(name, name) if key == "IP" else name for key in ("IP", "ALIAS") for of, name in own[key].items() if names[key].get(of) != name}
            for packet in self.packets(content, "--dns-table", table):
                got.append((packet, other))
        want = self.packets(whole)
        self.assertEqual(without([packet for packet, _ in got], "src", "dst"), without(want, "src", "dst"))
        renamed = 0
        for (packet, other), packet_of_whole in zip(got, want):
            for end in ("src", "dst"):
                if packet[end] != packet_of_whole[end]:
                    self.assertIn(packet[end], other)
                    renamed += 1
        return renamed

    def check_prefix(self, frames, link, kind, at):
        """A file that ends at a byte gives the first packets of the whole, hosts aside."""
        content = FILES[kind](frames, link)
        want = without(self.packets(content), "src", "dst")
        got = without(self.packets(content[:at]), "src", "dst")
        self.assertEqual(got, want[: len(got)])
        return len(got) / max(len(want), 1)
