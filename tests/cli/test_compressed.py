# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressed captures that are cut at any byte, damaged, put together, padded, or ask for much memory.

What a cut one holds is told by other decompressors: Python's, and the programs zstd and lz4.
"""
import bz2
import collections
import gzip
import itertools
import json
import lzma
import os
import random
import resource
import shutil
import struct
import subprocess
import zlib

import support
from support import START, Case, make

NUMBERS = random.Random(1)


def capture(n, size):
    """Half of it random, so that compressors have something to do and cannot do it all."""
    frames = [make.ethernet(make.udp("192.168.1.2", 1, "192.168.1.1", 2, NUMBERS.randbytes(size // 2) + bytes(size // 2))) for _ in range(n)]
    return make.pcap([(START + i, frame) for i, frame in enumerate(frames)])


FAILURES = (zlib.error, lzma.LZMAError, OSError, EOFError)
SMALL, LARGE = capture(3, 40), capture(700, 900)


def whole(content):
    """How many whole packets there are in a pcap."""
    at, n = 24, 0
    while at + 16 <= len(content):
        at += 16 + struct.unpack_from("<I", content, at + 8)[0]
        n += at <= len(content)
    return n


def filtered(*words):
    """A program from standard input to standard output; what it could do before it failed counts."""
    if shutil.which(words[0]) is None:
        return None
    return lambda content: subprocess.run(words, input=content, capture_output=True, check=False).stdout


def by_byte(make_decompressor):
    """All that can be decompressed before an end or damage."""
    def decompress(content):
        try:
            return make_decompressor().decompress(content)
        except FAILURES:  # which loses what came before
            pass
        decompressor, out = make_decompressor(), b""
        try:
            for i in range(len(content)):
                out += decompressor.decompress(content[i : i + 1])
        except FAILURES:
            pass
        return out
    return decompress


def accepts(name, content):
    """Whether the program of that name has no complaint."""
    return subprocess.run([name.split("-", maxsplit=1)[0], "-dc"], input=content, capture_output=True, check=False).returncode == 0


Codec = collections.namedtuple("Codec", "compress decompress exact trailer")  # trailer: bytes of checksums behind all data
CODECS = {
    "gzip": Codec(gzip.compress, by_byte(lambda: zlib.decompressobj(31)), True, 8),
    "xz": Codec(lzma.compress, by_byte(lzma.LZMADecompressor), True, 12),
    "bzip2": Codec(lambda content: bz2.compress(content, 1), by_byte(bz2.BZ2Decompressor), True, 0),
    "zstd": Codec(filtered("zstd", "-c"), filtered("zstd", "-dcq"), False, 4),
    "lz4": Codec(filtered("lz4", "-c", "-B4"), filtered("lz4", "-dcq"), False, 4),
    "lz4-linked": Codec(filtered("lz4", "-c", "-B4", "-BD", "-BX"), filtered("lz4", "-dcq"), False, 4),
}
CODECS = {name: codec for name, codec in CODECS.items() if codec.compress is not None}
ENDS_EARLY = r"warning: (ends inside a packet|the compressed data ends early)"


def zstd_frame(content, window_log):
    """One raw block (RFC 8878, section 3.1.1)."""
    return struct.pack("<IBB", 0xFD2FB528, 0, window_log - 10 << 3) + struct.pack("<I", len(content) << 3 | 1)[:3] + content


class Compressed(Case):
    def read_many(self, contents, *words):
        """For each: how many packets, and the messages about it; and the exit status of all."""
        paths = [self.write(f"c{i:05}", content) for i, content in enumerate(contents)]
        result = support.run("packets", "--format", "jsonl", "--timeout", "0", *words, *paths)
        counts = collections.Counter(json.loads(line)["capture"] for line in result.out.splitlines())
        told = {path: "\n".join(lines) for path, lines in itertools.groupby(sorted(result.err.splitlines()), lambda line: line.split(":")[1].strip())}
        self.assertLessEqual(set(told), set(paths), result.err)
        return [(counts[path], told.get(path, "")) for path in paths], result.status

    def read_one(self, content, *words):
        ((count, told),), status = self.read_many([content], *words)
        return count, told, status

    def check_cuts(self, name, plain, cuts):
        codec = CODECS[name]
        packed = codec.compress(plain)
        got, status = self.read_many([packed[:cut] for cut in cuts(len(packed))])
        self.assertEqual(status, 0)
        last = 0
        for cut, (count, told) in zip(cuts(len(packed)), got):
            want = whole(codec.decompress(packed[:cut]))
            self.assertRegex(told, ENDS_EARLY, (name, cut))
            self.assertEqual(told.count("\n"), 0, told)
            (self.assertEqual if codec.exact else self.assertGreaterEqual)(count, want, (name, cut, len(packed)))
            self.assertGreaterEqual(count, last)
            self.assertLessEqual(count, whole(plain))
            last = count
        return packed, [count for count, _ in got]

    def test_cut_at_every_byte(self):
        for name in CODECS:
            with self.subTest(name):
                packed, _ = self.check_cuts(name, SMALL, lambda n: range(6, n))
                self.assertEqual(self.read_one(packed), (3, "", 0))
                self.assertEqual(self.read_one(packed[:-1], "--strict")[2], 3)

    def test_a_larger_one_is_cut(self):
        for name in CODECS:
            with self.subTest(name):
                packed, counts = self.check_cuts(name, LARGE, lambda n: range(n // 16, n, n // 16))
                self.assertEqual(self.read_one(packed), (700, "", 0))
                # Nothing is held back: half of the file gives about half of the packets, blocks aside.
                self.assertGreater(counts[len(counts) // 2], 150)
                if name in ("gzip", "xz"):
                    self.assertGreater(counts[len(counts) // 2], 320)

    def test_flipped_bytes(self):
        """Any one damaged byte is told, and nothing before it is lost."""
        for name, codec in CODECS.items():
            with self.subTest(name):
                packed = codec.compress(SMALL)
                places = range(10 if name == "gzip" else 6, len(packed) - (1 if name == "bzip2" else 0))  # its last bits mean nothing
                flipped = [packed[:i] + bytes([packed[i] ^ 0x10]) + packed[i + 1 :] for i in places]
                got, status = self.read_many(flipped)
                self.assertEqual(status, 3)
                for place, content, (count, told) in zip(places, flipped, got):
                    self.assertTrue(told != "" or accepts(name, content), (name, place))  # a few bits mean nothing
                    if codec.exact:
                        before = os.path.commonprefix([codec.decompress(content), SMALL])
                        self.assertGreaterEqual(count, whole(before), (name, place, told))
                    if place >= len(packed) - codec.trailer:
                        self.assertEqual(count, 3, (name, place, told))
                        self.assertIn("damaged", told)

    def test_a_flipped_byte_far_in(self):
        """zstd and lz4 do not tell what they have given when they fail: the blocks before are not lost for it."""
        for name, codec in CODECS.items():
            with self.subTest(name):
                packed = codec.compress(LARGE)
                places = [len(packed) * i // 16 for i in range(8, 16)]
                got, status = self.read_many([packed[:i] + bytes([packed[i] ^ 0xFF]) + packed[i + 1 :] for i in places])
                before, _ = self.read_many([packed[:i] for i in places])
                self.assertEqual(status, 3)
                for (count, told), (least, _) in zip(got, before):
                    self.assertIn("damaged", told)
                    self.assertGreaterEqual(count, least, told)

    def test_damage_in_the_head_of_a_later_block(self):
        blocks = [LARGE[i : i + 60000] for i in range(0, 240000, 60000)]
        frame = struct.pack("<IBB", 0xFD2FB528, 0, 10 << 3) + b"".join(struct.pack("<I", len(b) << 3)[:3] + b for b in blocks)
        count, told, status = self.read_one(frame + b"\xff\xff\xff" + bytes(100))
        self.assertEqual((count, status), (whole(LARGE[:240000]), 3))
        self.assertIn("zstd data is damaged", told)
        frame = bytes.fromhex("04224d18604082") + b"".join(struct.pack("<I", len(b) | 1 << 31) + b for b in blocks)
        count, told, status = self.read_one(frame + struct.pack("<I", 70000) + bytes(100))
        self.assertEqual((count, status), (whole(LARGE[:240000]), 3))
        self.assertIn("lz4 data is damaged", told)

    def test_members(self):
        """Of one kind, of several, of nothing, with skippable frames and zeros between them."""
        parts = [SMALL, SMALL[24:], b"", SMALL[24:]]
        skippable = struct.pack("<II", 0x184D2A53, 5) + b"12345"
        for name, codec in CODECS.items():
            with self.subTest(name):
                packed = [codec.compress(part) for part in parts]
                self.assertEqual(self.read_one(b"".join(packed)), (9, "", 0))
                self.assertEqual(self.read_one(bytes(512).join(packed) + bytes(1000)), (9, "", 0))
                self.assertEqual(self.read_one(skippable + skippable.join(packed) + skippable), (9, "", 0))
                cut, told, status = self.read_one(packed[0] + packed[1][:3])
                self.assertEqual((cut, status), (3, 0))
                self.assertRegex(told, ENDS_EARLY)
        mixed = b"".join(codec.compress(SMALL[24:]) for codec in CODECS.values())
        self.assertEqual(self.read_one(gzip.compress(SMALL[:24]) + mixed), (3 * len(CODECS), "", 0))

    def test_what_follows_is_ignored_with_a_warning(self):
        for name, codec in CODECS.items():
            with self.subTest(name):
                trailed = [codec.compress(SMALL) + behind for behind in (b"x", b"hello, world, hello, world", bytes(7) + b"\x01" * 100_000)]
                got, status = self.read_many(trailed)
                self.assertEqual(status, 0)
                for count, told in got:
                    self.assertEqual(count, 3)
                    self.assertRegex(told, r"^iotsig: \S+: ?byte \d+: warning: what follows the compressed data is not compressed")
                self.assertEqual(self.read_one(trailed[0], "--strict")[2], 3)

    def test_of_nothing(self):
        for name, codec in CODECS.items():
            with self.subTest(name):
                count, told, status = self.read_one(codec.compress(b""))
                self.assertEqual((count, status), (0, 3))
                self.assertIn("is empty", told)
        self.assertRegex(self.read_one(gzip.compress(SMALL)[:4])[1], ENDS_EARLY)
        self.assertRegex(self.read_one(zlib_cut(SMALL[:3]))[1], ENDS_EARLY)

    def test_windows(self):
        """128 MiB is what is allowed; more is refused in words, and takes no memory."""
        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

        packed = bytearray(lzma.compress(SMALL))
        self.assertEqual(packed[14:16], b"\x21\x01")  # the filter LZMA2, whose property is the size of the dictionary
        head = 12 + (packed[12] + 1) * 4
        for log, fits in ((26, True), (27, True), (28, False), (31, False)):
            packed[16] = (log - 12) * 2
            packed[head - 4 : head] = struct.pack("<I", zlib.crc32(packed[12 : head - 4]))
            for content in (bytes(packed), zstd_frame(SMALL, log)):
                path = self.write("x", content)
                more = {"preexec_fn": limited} if support.OWN_MEMORY else {}
                result = support.run("packets", "--format", "jsonl", path, **more)
                self.assertEqual((result.status, len(result.out.splitlines())), (0, 3) if fits else (3, 0), result.err)
                if not fits:
                    self.assertIn("window of over 128 MiB", result.err)

    def test_many_small_members(self):
        for name, codec in CODECS.items():
            with self.subTest(name):
                self.assertEqual(self.read_one(codec.compress(SMALL) + codec.compress(b"") * 3000)[::2], (3, 0))
        self.assertEqual(self.read_one(struct.pack("<II", 0x184D2A50, 0) * 100_000 + gzip.compress(SMALL)), (3, "", 0))


def zlib_cut(content):
    """gzip data that has given these bytes, and then ends."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)


if __name__ == "__main__":
    support.main()
