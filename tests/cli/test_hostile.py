# SPDX-License-Identifier: GPL-3.0-or-later
"""Input that means harm, or is just broken: bounded time and memory, nothing lost that was whole, nothing printed raw."""
import bz2
import gzip
import json
import lzma
import os
import resource
import struct
import subprocess
import time
import unittest

import support
from support import SECOND, START, Case, make

A, B = "192.168.1.10", "192.168.1.1"
HEAD = struct.Struct(">HHHHHH")


def query(body, questions=1, answers=0, flags=0x0100):
    return make.udp(A, 40000, B, 53, HEAD.pack(1, flags, questions, answers, 0, 0) + body)


def answer(body, answers=1, questions=0):
    return make.udp(B, 53, A, 40000, HEAD.pack(1, 0x8180, questions, answers, 0, 0) + body)


class Dns(Case):
    def layer(self, packet):
        (got,) = self.packets(self.capture(packet))
        return got["application_layer"]

    def test_pointers_that_loop_or_lead_forward(self):
        for body in (b"\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\x01a\xc0\x0c", b"\xc0\x20" + bytes(30), b"\xc3\xff"):
            with self.subTest(body=body.hex()):
                self.assertIsNone(self.layer(query(body + struct.pack(">HH", 1, 1))))

    def test_pointer_to_a_prior_name(self):
        body = make.dns_name("a.example") + struct.pack(">HH", 1, 1)
        body += b"\x01b\xc0\x0e" + struct.pack(">HH", 1, 1)
        self.assertEqual(self.layer(query(body, 2))["domain-name"], "a.example")
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([198, 51, 100, 7])
        path = self.capture(answer(make.dns_name("a.example") + struct.pack(">HH", 1, 1) + record, questions=1),
                            make.udp(A, 1, "198.51.100.7", 2, b"x"))
        self.assertEqual(self.packets(path)[1]["dst"], "a.example")

    def test_names_of_64_kib(self):
        labels = b"".join(b"\x3f" + b"x" * 63 for _ in range(900))
        self.assertIsNone(self.layer(query(labels + b"\0" + struct.pack(">HH", 1, 1))))
        # A chain of pointers, each to one label more: as long, in few bytes.
        body, before = b"", b"\0"
        for i in range(20):
            here = 12 + len(body)
            body += b"\x3f" + b"z" * 63 + before + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([198, 51, 100, i])
            before = struct.pack(">H", 0xC000 | here)
        path = self.capture(answer(body, 20), *[make.udp(A, 1, f"198.51.100.{i}", 2, b"x") for i in range(20)])
        named = [p["dst"].startswith("z") for p in self.packets(path)[1:]]
        self.assertEqual(named, [i < 3 for i in range(20)])  # four labels of 63 are over 255 bytes

    def test_the_root_is_a_name_without_its_dot(self):
        packet = query(b"\0" + struct.pack(">HH", 2, 1))
        self.assertEqual(self.layer(packet), {"protocol": "DNS", "response": False, "qtype": "NS", "domain-name": ""})
        flows = self.flows(self.capture(packet))
        self.assertEqual(self.flows(self.write("f.json", json.dumps([{"flows": flows}]))), flows)

    def test_longest_name(self):
        name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])  # 255 bytes on the wire
        body = make.dns_name(name) + struct.pack(">HH", 1, 1)
        self.assertEqual(self.layer(query(body))["domain-name"], name)
        longer = make.dns_name(name + "e") + struct.pack(">HH", 1, 1)
        self.assertIsNone(self.layer(query(longer)))

    def test_counts_beyond_the_message(self):
        body = make.dns_name("a.example") + struct.pack(">HH", 1, 1)
        self.assertEqual(self.layer(query(body, 65535, 65535))["domain-name"], "a.example")
        self.assertIsNone(self.layer(query(b"", 65535)))

    def test_text_of_names_is_escaped(self):
        evil = b"\x1b[2J\n\"'\\.\xff\0"
        body = bytes([len(evil)]) + evil + b"\x07example\0" + struct.pack(">HH", 1, 1)
        want = "\\027[2j\\010\"'\\\\\\.\\255\\000.example"
        self.assertEqual(self.layer(query(body))["domain-name"], want)
        path = self.capture(query(body))
        for kind in ("text", "csv", "json", "jsonl"):
            for command in ("packets", "flows", "extract"):
                out = self.run_ok(command, "--format", kind, path)
                self.assertNotRegex(out, r"[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\uffff]", (command, kind))

    def test_a_record_that_cannot_be_read_is_skipped(self):
        bad = b"\x01a\xc0\xff" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes(4)
        short = make.dns_record("short.example", "A", b"\1\2")
        long = make.dns_record("long.example", "A", bytes([198, 51, 100, 10, 0]))
        loop = make.dns_name("c.example") + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\xff"
        good = make.dns_record("good.example", "A", "198.51.100.9")
        path = self.capture(answer(bad + short + long + loop + good, 5), make.udp(A, 1, "198.51.100.9", 2, b"x"),
                            make.udp(A, 1, "198.51.100.10", 2, b"x"))
        self.assertEqual([p["dst"] for p in self.packets(path)][1:], ["good.example", "198.51.100.10"])

    def test_cut_messages_give_what_they_hold(self):
        packet = answer(make.dns_name("a.example") + struct.pack(">HH", 1, 1)
                        + make.dns_record("a.example", "A", "198.51.100.9"), questions=1)
        question = 14 + 20 + 8 + 12 + 11 + 4
        frame = make.ethernet(packet)
        snaps = range(34 + 4, len(frame) + 1)
        cut = [make.enhanced("<", 0, START // 1000, frame[:snap], len(frame)) for snap in snaps]
        found = self.packets(self.write("cut", make.section() + make.interface() + b"".join(cut)))
        self.assertEqual(len(found), len(snaps))
        for snap, layer in zip(snaps, (got["application_layer"] for got in found)):
            if snap >= question:
                self.assertEqual(layer, {"protocol": "DNS", "response": True, "qtype": "A", "domain-name": "a.example"})
            else:
                self.assertIsNone(layer, snap)


class Others(Case):
    def one(self, packet, *words):
        (got,) = self.packets(*words, self.capture(packet))
        return got["application_layer"]

    def test_options_of_length_zero(self):
        # IPv4: an option of length 0 or 1 ends the list
        for option in (b"\x07\0\0\0", b"\x07\1\0\0"):
            self.assertEqual(len(self.packets(self.capture(make.udp(A, 1, B, 2, b"x", options=option)))), 1)
        # DHCP: options without a value, then the message type
        message = make.dhcp("02:00:00:00:00:01", 1)[:240] + b"\x0c\0" * 50 + b"\x35\0\x35\1\3\xff"
        self.assertEqual(self.one(make.udp(A, 68, B, 67, message), "--keep", "dhcp")["message_type"], "request")
        # CoAP: empty segments
        self.assertEqual(self.one(make.udp(A, 1, B, 5683, b"\x50\1\0\1\xb0\0\0"))["uri"], "///")

    def test_dhcp_overload(self):
        base = make.dhcp("02:00:00:00:00:01", 1)[:240]
        message = base[:108] + b"\x35\1\2\xff" + base[112:] + b"\x34\1\1\xff"
        self.assertEqual(self.one(make.udp(A, 68, B, 67, message), "--keep", "dhcp")["message_type"], "offer")

    def test_coap_that_lies(self):
        for payload, want in [
            (b"\x50\1\0\1\xbd\xff", {"code": "GET"}),  # an extended length beyond the end
            (b"\x50\1\0\1\xbf", {"code": "GET"}),  # a reserved length
            (b"\x5f\1\0\1", {"code": "GET"}),  # a token of 15 bytes
            (b"\x50\x1f\0\1", {"code": "0.31"}),
            (b"\x50\1\0\1\xb3a/b", {"code": "GET", "uri": "/a\\047b"}),
            (b"\x50\1\0\1\xb3oic\4r", {"code": "GET"}),  # cut in the path
            (b"\x50\1\0\1\xb3oic\3res\x44rt", {"code": "GET", "uri": "/oic/res"}),  # in the query
            (b"\x50\1\0\1\x38host", {"code": "GET"}),  # before the path
        ]:
            layer = self.one(make.udp(A, 1, B, 5683, payload))
            self.assertEqual(layer, {"protocol": "CoAP", "type": "NON", "response": False, **want}, payload)
        self.assertIsNone(self.one(make.udp(A, 1, B, 5683, b"\x90\1\0\1")))  # version 2
        self.assertEqual(self.one(make.udp(A, 1, B, 5683, b"\x60\0\0\1")), {"protocol": "CoAP", "type": "ACK", "response": True})

    def test_http_lines(self):
        for line, want in [
            (b"GET / HTTP/1.1\r\n", {"response": False, "method": "GET", "uri": "/"}),
            (b"PATCH /a?b HTTP/2.0\r\n", {"response": False, "method": "PATCH", "uri": "/a*"}),
            (b"OPTIONS * HTTP/1.1\r\n", {"response": False, "method": "OPTIONS", "uri": "*"}),
            (b"GET /a* HTTP/1.1\r\n", {"response": False, "method": "GET", "uri": "/a\\042"}),
            (b"GET /*a*?b* HTTP/1.1\r\n", {"response": False, "method": "GET", "uri": "/*a**"}),
            (b"GET /\xff\x1b HTTP/1.0\r\n", {"response": False, "method": "GET", "uri": "/\\255\\027"}),
            (b"HTTP/1.1 404 \r\n", {"response": True}),
            (b"HTTP/1.1 404\r\n", {"response": True}),
            (b"HTTP/1.1 40x Not Found\r\n", None), (b"HTTP/1 404 Not Found\r\n", None),
            (b"GET / HTTP/1.1\n", None), (b"GET / HTTP/1.1", None), (b"GET  HTTP/1.1\r\n", None),
            (b"get / HTTP/1.1\r\n", None), (b"BREW / HTTP/1.1\r\n", None), (b"GET / HTTP/1.1 \r\n", None),
            (b"NOTIFY * HTTP/1.1\r\n", None), (b"GET " + b"/" * 60000 + b" HTTP/1.1", None),
        ]:
            layer = self.one(make.tcp(A, 1, B, 8123, line))
            self.assertEqual(layer, want and {"protocol": "HTTP", **want}, line[:40])
            self.assertEqual(self.one(make.udp(A, 1, B, 8123, line)), layer)  # HTTP is on any port

    def test_tls_server_names(self):
        def dst(payload, port=8443):
            path = self.capture(make.tcp(A, 1, "198.51.100.9", port, payload))
            return self.packets(path)[0]["dst"]

        hello = make.client_hello("Cloud.Example.")
        self.assertEqual(dst(hello), "cloud.example")
        self.assertEqual(dst(hello[:-1]), "198.51.100.9")  # not whole
        self.assertEqual(dst(hello, 53), "cloud.example")  # any TCP port
        for before in (make.application_data(9), make.tls_record(20, b"\1"), make.tls_record(21, b"\1\0")):
            self.assertEqual(dst(before + hello), "cloud.example")  # any whole record
        self.assertEqual(dst(make.client_hello("a" * 256)), "198.51.100.9")
        self.assertEqual(dst(make.client_hello("\x1b]0;x\x07")), "\\027]0;x\\007")
        lies = [hello[:i] + bytes([hello[i] ^ 0xFF]) + hello[i + 1 :] for i in range(len(hello))]  # in any length, anywhere
        self.assertEqual(len(self.packets(self.capture(*[make.tcp(A, 1, "198.51.100.9", 8443, lie) for lie in lies]))), len(lies))

    def test_endless_headers(self):
        extension = struct.pack(">BB", 60, 0) + bytes(6)
        packet = make.ip("fd00::1", "fd00::2", 60, extension * 8000 + bytes(8))
        mpls = make.ethernet(struct.pack(">I", 16 << 12) * 16000, kind=0x8847)
        nested = b""
        for _ in range(2000):
            nested = make.ip(A, B, 4, nested) if len(nested) < 65000 else nested
        started = time.monotonic()
        result = support.run("packets", self.capture(*[make.ethernet(packet), mpls, make.ethernet(nested)] * 20, link=1))
        self.assertEqual((result.status, result.err), (1, ""))
        self.assertLess(time.monotonic() - started, 10)

    def test_every_bit(self):
        """Each byte of each sample packet, changed: an answer, and no crash."""
        packets = [
            query(make.dns_name("a.example") + struct.pack(">HH", 1, 1)),
            make.tcp(A, 1, B, 443, make.client_hello("a.example")),
            make.udp(A, 1, B, 5683, make.coap(0, 1, ["oic", "res"])),
            make.udp("0.0.0.0", 68, B, 67, make.dhcp("02:00:00:00:00:01", 1)[:250]),
        ]
        frames = []
        for packet in packets:
            frame = make.ethernet(packet)
            for i in range(len(frame)):
                for mask in (0x01, 0x80, 0xFF):
                    frames.append(frame[:i] + bytes([frame[i] ^ mask]) + frame[i + 1 :])
        path = self.capture(*frames, link=1)
        for command in ("packets", "flows"):
            self.run_ok(command, "--keep", "dhcp,syn,ack", path)


class Limits(Case):
    def flows_capture(self, n):
        return self.capture(*[make.udp(A, 1, f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", 2, b"x") for i in range(n)], step=1000)

    def test_max_flows(self):
        path = self.flows_capture(101)
        self.assertEqual(len(self.flows("--max-flows", "101", path)), 101)
        result = support.run("flows", "--max-flows", "100", path)
        self.assertEqual((result.status, result.out), (5, ""))
        self.assertIn("--max-flows", result.err)

    def test_max_names(self):
        def told(n):
            return [answer(make.dns_record(f"n{i % n}.example", "A", f"198.51.100.{i % n}")) for i in range(3 * n)]

        alone = [make.udp(A, 1, B, 2, b"x")]
        self.run_ok("packets", "--max-flows", "5", self.capture(*alone, *told(5)))
        result = support.run("packets", "--max-flows", "5", self.capture(*alone, *told(6)))
        self.assertEqual(result.status, 5)
        self.assertIn("more than 5 names", result.err)

    def test_gzip_bomb(self):
        """A thousand times its size, unpacked: read as a stream, in the memory of a buffer."""
        packet = make.ethernet(make.udp(A, 1, B, 2, bytes(1200)))
        record = struct.pack("<IIII", 1_700_000_000, 0, len(packet), len(packet)) + packet
        bomb = self.path("bomb.gz")
        with gzip.open(bomb, "wb") as file:
            file.write(make.pcap([]))
            for _ in range(400):
                file.write(record * 500)
        self.assertLess(os.path.getsize(bomb), 2_000_000)
        process = subprocess.Popen([support.PROGRAM, "flows", "--format", "json", bomb], stdout=subprocess.PIPE)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.stdout.close()
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(out)[0]["flows"][0]["packets"], 200_000)
        if support.OWN_MEMORY:
            self.assertLess(usage.ru_maxrss, 32 * 1024)

    def test_damaged_compression(self):
        content = gzip.compress(make.pcap([(START + i, make.ethernet(make.udp(A, 1, B, 2, os.urandom(900)))) for i in range(300)]))
        damaged = content[: len(content) // 2] + b"\xff" * 64 + content[len(content) // 2 + 64 :]
        for words in ([self.write("d.gz", damaged)], ["-"]):
            result = support.run("packets", "--format", "jsonl", *words, stdin=damaged if words == ["-"] else None)
            self.assertEqual(result.status, 3, result.err)
            self.assertIn("damaged", result.err)
            self.assertGreater(len(result.out.splitlines()), 10)
        # An early end is no damage.
        result = support.run("packets", "--format", "jsonl", self.write("c.gz", content[: len(content) // 2]))
        self.assertEqual(result.status, 0, result.err)
        self.assertIn("ends inside a packet", result.err)
        plain = gzip.decompress(content)
        for kind, other in (("xz", lzma.compress(plain, preset=0)), ("bz2", bz2.compress(plain, 1))):
            result = support.run("packets", "--format", "jsonl", self.write("c." + kind, other[: len(other) * 3 // 4]))
            self.assertIn(result.status, (0, 1), result.err)
            self.assertIn("ends inside a packet", result.err)
        for cut in range(3, 40):
            result = support.run("packets", "--format", "jsonl", self.write("c.gz", content[:cut]))
            self.assertIn(result.status, (1, 3))
            self.assertRegex(result.err, "^iotsig: .*c.gz:")

    def test_pcapng_lengths_that_lie(self):
        start = make.section() + make.interface()
        frame = make.ethernet(make.udp(A, 1, B, 2, b"x"))
        good = make.enhanced("<", 0, START // 1000, frame)
        for bad in (
            struct.pack("<III", 6, 0, 0), struct.pack("<III", 6, 8, 8), struct.pack("<III", 6, 13, 13) + bytes(64),
            struct.pack("<IIIIIIII", 6, 32, 0, 0, 0, 4, 4, 32), struct.pack("<IIIIIIII", 6, 36, 9, 0, 0, 0, 0, 36) + bytes(4),
            struct.pack("<IIIIIIII", 6, 0xFFFFFFFC, 0, 0, 0, 0xFFFFFF00, 60, 32), make.block("<", 1, b"\1\0"),
            struct.pack("<III", 0x0A0D0D0A, 28, 0) + bytes(16),
        ):
            result = support.run("packets", "--format", "jsonl", self.write("x", start + good + bad + good))
            self.assertEqual((result.status, len(result.out.splitlines())), (3, 1), (bad.hex(), result.err))
            self.assertRegex(result.err, r"^iotsig: \S+x:byte \d+: ")

    def test_many_interfaces(self):
        content = make.section() + make.interface() * 70000
        result = support.run("packets", "--format", "jsonl", self.write("x", content))
        self.assertEqual(result.status, 3)
        self.assertIn("65536 interfaces", result.err)


if __name__ == "__main__":
    support.main()
