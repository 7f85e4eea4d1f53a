# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures of every kind: formats, link types, tags, tunnels, compression, streams, files that grow."""
import os
import shutil
import struct
import subprocess

import support
from support import SECOND, START, Case, make

A, B = "192.168.1.10", "192.168.1.20"
A6, B6 = "fd00::10", "fd00::20"
PING = make.udp(A, 40000, B, 9999, b"hello")
PING6 = make.udp(A6, 40000, B6, 9999, b"hello")


def ends(packet):
    return packet["network_protocol"], packet["src"], packet["dst"], packet["sport"], packet["dport"]


IS_PING = ("IPv4", A, B, 40000, 9999)
IS_PING6 = ("IPv6", A6, B6, 40000, 9999)


class Formats(Case):
    def stamps(self, content):
        return [p["timestamp"] for p in self.packets(self.write("x", content))]

    FRAMES = [(START + 123_456_789, make.ethernet(PING)), (START + SECOND, make.ethernet(PING6))]

    def test_pcap(self):
        for order in "<>":
            for modified in (False, True):
                with self.subTest(order=order, modified=modified):
                    self.assertEqual(self.stamps(make.pcap(self.FRAMES, order=order, modified=modified)),
                                     ["1700000000.123456", "1700000001.000000"])
            self.assertEqual(self.stamps(make.pcap(self.FRAMES, order=order, nanoseconds=True)),
                             ["1700000000.123456789", "1700000001.000000000"])

    def test_pcapng_resolutions(self):
        frame = make.ethernet(PING)
        for order in "<>":
            for resolution, units, want in [
                (None, START // 1000 + 7, "1700000000.000007"),
                (3, START // 10**6 + 5, "1700000000.005000"),
                (6, START // 1000 + 7, "1700000000.000007"),
                (9, START + 7, "1700000000.000000007"),
                (0, START // SECOND, "1700000000.000000"),
                (0x80 | 1, START // SECOND * 2 + 1, "1700000000.500000"),
                (0x80 | 32, (START // SECOND << 32) + (1 << 31), "1700000000.500000000"),
            ]:
                with self.subTest(order=order, resolution=resolution):
                    content = make.section(order) + make.interface(order, resolution=resolution)
                    content += make.enhanced(order, 0, units, frame)
                    self.assertEqual(self.stamps(content), [want])

    def test_pcapng_offset(self):
        content = make.section() + make.interface(resolution=9, offset=START // SECOND) + make.enhanced("<", 0, 5, make.ethernet(PING))
        self.assertEqual(self.stamps(content), ["1700000000.000000005"])

    def test_pcapng_times_that_64_bits_do_not_hold(self):
        most, least = "9223372036.854775807", "-9223372036.854775808"
        for units, offset, want in ((2**63 - 1, 0, most), (2**63, 0, most), (2**64 - 1, 0, most), (0, 10**10, most), (0, 2**63 - 1, most),
                                    (0, -10**10, least), (2**64 - 1, -2**63, least)):
            content = make.section() + make.interface(resolution=9, offset=offset) + make.enhanced("<", 0, units, make.ethernet(PING))
            self.assertEqual(self.stamps(content), [want], (units, offset))

    def test_pcapng_sections_interfaces_and_blocks(self):
        """A second section of the other byte order; an interface with its own link type; all packet blocks;
        blocks that mean nothing here."""
        units = START // 1000
        frame = make.ethernet(PING)
        content = make.section("<") + make.interface("<") + make.interface("<", link=101)
        content += make.block("<", 5, bytes(12)) + make.block("<", 0x80000BAD, bytes(300))
        content += make.enhanced("<", 0, units, frame) + make.enhanced("<", 1, units, PING6, options=make.option("<", 1, b"note") + bytes(4))
        content += make.simple("<", frame) + make.obsolete("<", 1, units, PING)
        content += make.section(">") + make.interface(">", link=101) + make.enhanced(">", 0, units, PING6)
        got = self.packets(self.write("x.pcapng", content))
        self.assertEqual([ends(p) for p in got], [IS_PING, IS_PING6, IS_PING, IS_PING, IS_PING6])
        # A simple packet block has no time.
        self.assertEqual([p["timestamp"] for p in got], ["1700000000.000000"] * 2 + [None] + ["1700000000.000000"] * 2)

    def test_simple_packet_is_cut_at_the_snapshot_length(self):
        frame = make.ethernet(PING)
        content = make.section() + make.interface(snap=50) + make.simple("<", frame[:50], length=len(frame))
        (packet,) = self.packets(self.write("x", content))
        self.assertEqual((ends(packet), packet["length"]), (IS_PING, 60))

    def test_length_is_that_on_the_wire(self):
        (packet,) = self.packets(self.capture(make.udp(A, 1, B, 2, bytes(1000)), snap=80))
        self.assertEqual(packet["length"], 14 + 20 + 8 + 1000)

    def test_compression(self):
        content = make.pcap(self.FRAMES)
        for program in ("gzip", "zstd", "xz", "lz4", "bzip2"):
            with self.subTest(program):
                if shutil.which(program) is None:
                    self.skipTest(f"{program} is not installed")
                packed = subprocess.run([program, "-c"], input=content, capture_output=True, check=True).stdout
                path = self.write("a.pcap." + program, packed)
                self.assertEqual(len(self.packets(path)), 2)
                self.assertEqual(len(self.packets("-", stdin=packed)), 2)
                twice = self.write("twice", packed + subprocess.run(
                    [program, "-c"], input=content[24:], capture_output=True, check=True).stdout)
                self.assertEqual(len(self.packets(twice)), 4)  # members follow each other

    def test_standard_input(self):
        content = make.pcap(self.FRAMES)
        self.assertEqual(len(self.packets("-", stdin=content)), 2)
        self.assertEqual(len(self.flows("-", stdin=content)), 2)

    def test_a_pipe_with_a_name(self):
        path = self.path("fifo")
        os.mkfifo(path)
        for command in ("packets", "flows"):
            writer = subprocess.Popen(["sh", "-c", f"cat > {path}"], stdin=subprocess.PIPE)
            reader = subprocess.Popen([support.PROGRAM, command, "--format", "jsonl", path], stdout=subprocess.PIPE)
            writer.communicate(make.pcap(self.FRAMES))
            self.assertEqual(len(reader.communicate()[0].splitlines()), 2)

    def test_a_capture_still_being_written(self):
        """Cut at any byte: the whole packets before the cut, a warning, exit 0; with --strict exit 3."""
        for name, content, least in (("pcap", make.pcap(self.FRAMES), 4), ("pcapng", make.pcapng(self.FRAMES), 12)):
            whole = [len(make.pcap(self.FRAMES[:n]) if name == "pcap" else make.pcapng(self.FRAMES[:n])) for n in range(3)]
            paths = []
            for cut in range(least, len(content)):
                paths.append(self.write(f"cut-{name}-{cut}", content[:cut]))
                result = support.run("packets", "--format", "jsonl", paths[-1], leaks=False)
                # In a pcapng what is behind a packet's bytes, padding and length, is not the packet's.
                want = sum(cut >= end - (4 + 3 if name == "pcapng" else 0) for end in whole[1:])
                got = len(result.out.splitlines())
                self.assertIn(got, {want, sum(cut >= end for end in whole[1:])}, (name, cut))
                self.assertEqual(result.status, 0 if got else 1, (name, cut, result.err))
                boundary = cut in whole or (name == "pcapng" and cut == len(make.section()))
                self.assertEqual("ends inside a packet" in result.err, not boundary, (name, cut, result.err))
            self.assertEqual(support.run("packets", *paths).status, 0)  # and none leaks
        path = self.write("cut", make.pcap(self.FRAMES)[:-1])
        self.assertEqual(support.run("packets", "--strict", path).status, 3)

    def test_files_that_are_no_captures(self):
        for name, content, what in [
            ("empty", b"", "is empty"),
            ("text", b"hello, world, this is no capture\n", "is no capture"),
            ("short", b"\xd4\xc3", "is no capture"),
        ]:
            result = support.run("packets", "--format", "jsonl", self.write(name, content))
            self.assertEqual((result.status, result.out), (3, ""))
            self.assertIn(what, result.err)
        result = support.run("packets", self.folder)
        self.assertEqual(result.status, 3)
        self.assertIn("is a folder", result.err)
        result = support.run("packets", self.path("absent"))
        self.assertEqual(result.status, 3)
        self.assertIn("No such file", result.err)

    def test_unknown_link_type_is_named(self):
        result = support.run("packets", self.capture(b"x" * 40, link=9999))
        self.assertEqual(result.status, 3)
        self.assertRegex(result.err, r"^iotsig: .*a\.pcap:byte 24: link type unnamed \(9999\) cannot be read")
        result = support.run("packets", self.capture(b"x" * 40, link=147 - 40))
        self.assertRegex(result.err, r"link type FRELAY \(107\)")
    def test_an_interface_that_cannot_be_read(self):
        """In a pcapng its packets are passed over: those of the others count, and the first is told of at the end."""
        def ping(number=0):
            return make.enhanced("<", number, START // 1000, make.ethernet(PING))

        start = make.section() + make.interface() + make.interface(link=107)
        for content, count in [
            (ping(1), 0),
            (ping() + ping(1) + ping(), 2),
            (ping(1) + ping() + ping(1) + make.section(">") + make.interface(">", link=101) + make.enhanced(">", 0, 0, PING6), 2),
            (ping(1) + ping() + ping()[:-20], 1),
            (ping(1) + ping() + ping(1)[:-20], 1),
        ]:
            path = self.write("x", start + content)
            place = len(start) + (len(ping()) if content.startswith(ping()) else 0)
            for words in (["packets"], ["packets", "--filter", "udp"], ["flows"]):
                result = support.run(*words, "--format", "csv", "--timeout", "0", path)
                self.assertEqual(result.status, 3, result.err)
                self.assertRegex(result.err, rf"^iotsig: \S+x:byte {place}: link type FRELAY \(107\) cannot be read[^\n]*\n$")
                if words[0] == "packets":
                    self.assertEqual(len(result.out.splitlines()) - 1, count)
        # A pause ends the reading, not the telling.
        later = make.enhanced("<", 0, START // 1000 + 60_000_000, make.ethernet(PING))
        for words in (["packets"], ["flows"]):
            result = support.run(*words, "--format", "csv", self.write("x", start + ping() + ping(1) + later))
            self.assertEqual((result.status, len(result.out.splitlines())), (3, 2), result.err)
        self.run_ok("packets", self.write("x", start + ping() + later + ping(1)))
        # One that has no packets is no matter.
        self.assertEqual(len(self.packets(self.write("x", start + ping() + ping()))), 2)

    def test_damage_loses_nothing_before_it(self):
        content = make.pcap(self.FRAMES) + struct.pack("<IIII", 0, 0, 2**31, 2**31) + bytes(100)
        path = self.write("x", content)
        for command in ("packets", "flows"):
            result = support.run(command, "--format", "jsonl", path)
            self.assertEqual((result.status, len(result.out.splitlines())), (3, 2), result.err)
            self.assertRegex(result.err, r"^iotsig: .*x:byte \d+: a packet of 2147483648 bytes")


class Links(Case):
    def check(self, link, *frames, want=IS_PING):
        for frame in frames:
            with self.subTest(link=link, frame=frame.hex()):
                got = self.packets(self.capture(frame, link=link))
                self.assertEqual([ends(p) for p in got], [want])

    def test_raw_ip(self):
        for link in (12, 14, 101, 228):
            self.check(link, PING)
        for link in (101, 229):
            self.check(link, PING6, want=IS_PING6)

    def test_loopback(self):
        self.check(0, struct.pack("<I", 2) + PING, struct.pack(">I", 2) + PING)
        self.check(108, struct.pack(">I", 2) + PING)
        for family in (10, 24, 28, 30):  # Linux, NetBSD, FreeBSD, macOS
            self.check(0, struct.pack("<I", family) + PING6, want=IS_PING6)

    def test_linux_cooked(self):
        self.check(113, struct.pack(">HHHQH", 0, 1, 6, 0, 0x0800) + PING,
                   struct.pack(">HHHQH", 0, 1, 6, 0, 0x8100) + struct.pack(">HH", 5, 0x0800) + PING)
        self.check(276, struct.pack(">HHIHBBQ", 0x0800, 0, 2, 1, 0, 6, 0) + PING)

    def test_ppp(self):
        self.check(9, b"\x00\x21" + PING, b"\x21" + PING, b"\xff\x03\x00\x21" + PING)
        self.check(50, b"\xff\x03\x00\x21" + PING)
        self.check(51, struct.pack(">BBHHH", 0x11, 0, 1, len(PING) + 2, 0x21) + PING)
        self.check(204, b"\x01\x00\x21" + PING)
        self.check(9, b"\x00\x57" + PING6, want=IS_PING6)

    def wireless(self, control=0x0208, qos=False):
        """802.11 data, from the access point (section 9.2.4.1)."""
        head = struct.pack("<HH", control | (0x0080 if qos else 0), 0) + bytes(18) + struct.pack("<H", 0)
        return head + (b"\0\0" if qos else b"") + b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", 0x0800) + PING

    def test_wireless(self):
        self.check(105, self.wireless(), self.wireless(qos=True))
        self.check(127, struct.pack("<BBHI", 0, 0, 8, 0) + self.wireless(),
                   struct.pack("<BBHII", 0, 0, 12, 1 << 31, 0) + self.wireless(qos=True))
        # Protected frames are not clear: skipped, not an error.
        result = support.run("packets", self.capture(self.wireless(control=0x4208), link=105))
        self.assertEqual((result.status, result.err), (1, ""))

    def test_ethernet_8023_with_snap(self):
        body = b"\xaa\xaa\x03\0\0\0\x08\0" + PING
        self.check(1, make.mac("02:00:00:00:00:02") * 2 + struct.pack(">H", len(body)) + body)

    def test_tags(self):
        for tags in ([(0x8100, 5)], [(0x88A8, 5), (0x8100, 6)], [(0x9100, 5), (0x8100, 6), (0x8100, 7)]):
            self.check(1, make.ethernet(PING, tags=tags))
        self.check(1, make.ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(PING) + 2, 0x21) + PING, kind=0x8864))
        self.check(1, make.ethernet(struct.pack(">I", 16 << 12 | 64) + struct.pack(">I", 17 << 12 | 1 << 8 | 64) + PING, kind=0x8847))


class Tunnels(Case):
    """Addresses and network protocol of the outermost IP header, ports of the first TCP or UDP header."""
    OUT, TO = "10.0.0.1", "10.0.0.2"

    def check(self, packet, want):
        got = self.packets(self.capture(packet))
        self.assertEqual([ends(p) for p in got], [want])

    def test_ip_in_ip(self):
        want = ("IPv4", self.OUT, self.TO, 40000, 9999)
        self.check(make.ip(self.OUT, self.TO, 4, PING), want)
        self.check(make.ip(self.OUT, self.TO, 41, PING6), want)
        self.check(make.ip(A6, B6, 4, PING), IS_PING6)

    def test_gre(self):
        want = ("IPv4", self.OUT, self.TO, 40000, 9999)
        self.check(make.ip(self.OUT, self.TO, 47, struct.pack(">HH", 0, 0x0800) + PING), want)
        self.check(make.ip(self.OUT, self.TO, 47, struct.pack(">HHII", 0x3000, 0x86DD, 1, 2) + PING6), want)
        self.check(make.ip(self.OUT, self.TO, 47, struct.pack(">HHI", 0x2000, 0x6558, 1) + make.ethernet(PING)), want)

    def test_vxlan_and_geneve_are_udp(self):
        inner = make.ethernet(PING)
        self.check(make.udp(self.OUT, 55555, self.TO, 4789, struct.pack(">II", 8 << 24, 5 << 8) + inner),
                   ("IPv4", self.OUT, self.TO, 55555, 4789))
        self.check(make.udp(self.OUT, 55555, self.TO, 6081, struct.pack(">HHI", 0, 0x6558, 5 << 8) + inner),
                   ("IPv4", self.OUT, self.TO, 55555, 6081))

    def test_ipv6_extensions(self):
        segment = PING6[40:]
        hop = struct.pack(">BB", 60, 0) + bytes([1, 4, 0, 0, 0, 0])
        destination = struct.pack(">BB", 44, 1) + bytes([1, 12]) + bytes(12)
        fragment = struct.pack(">BBHI", 17, 0, 1, 7)  # the first: more follow
        self.check(make.ip(A6, B6, 0, hop + destination + fragment + segment), IS_PING6)
        later = struct.pack(">BBHI", 17, 0, 8 << 3, 7)
        self.assertEqual(support.run("packets", self.capture(make.ip(A6, B6, 44, later + segment))).status, 1)

    def test_authentication_header(self):
        header = struct.pack(">BBHII", 17, 4, 0, 1, 1) + bytes(12)
        self.check(make.ip(A, B, 51, header + PING[20:]), IS_PING)

    def test_fragments_and_icmp(self):
        first = make.ip(A, B, 17, PING[20:], fragment=0x2000)
        later = make.ip(A, B, 17, PING[20:], fragment=0x2002)
        error = make.ip(B, A, 1, b"\x03\x03\0\0" + bytes(4) + PING)
        got = self.packets(self.capture(first, later, error))
        self.assertEqual([ends(p) for p in got], [IS_PING])


class Kept(Case):
    """The rules of section 1, in order; each with what turns it off."""

    def kept(self, *packets, keep=None):
        words = ["--keep", keep] if keep else []
        result = support.run("packets", "--format", "jsonl", *words, self.capture(*packets))
        return len(result.out.splitlines())

    def test_dhcp(self):
        message = make.udp("0.0.0.0", 68, "255.255.255.255", 67, make.dhcp("02:00:00:00:00:01", 1))
        self.assertEqual((self.kept(message), self.kept(message, keep="dhcp")), (0, 1))

    def test_dhcpv6(self):
        message = make.udp("fe80::1", 546, "ff02::1:2", 547, bytes(20))
        self.assertEqual((self.kept(message), self.kept(message, keep="dhcpv6")), (0, 1))

    def test_router_alert(self):
        message = make.udp(A, 1, B, 2, b"x", options=b"\x94\x04\0\0")
        other = make.udp(A, 1, B, 2, b"x", options=b"\x01\x01\x07\x07\x04\x94\x94\x94\x94")  # a route recorded
        hop = struct.pack(">BB", 17, 0) + bytes([5, 2, 0, 0, 1, 0])
        message6 = make.ip(A6, B6, 0, hop + PING6[40:])
        self.assertEqual((self.kept(message), self.kept(message, keep="router-alert")), (0, 1))
        self.assertEqual((self.kept(message6), self.kept(message6, keep="router-alert")), (0, 1))
        self.assertEqual(self.kept(other), 1)

    def test_padding_is_no_payload(self):
        self.assertEqual(self.kept(make.tcp(A, 1, B, 2, flags=make.ACK)), 0)  # padded to 60 bytes
        self.assertEqual(self.kept(make.udp(A, 1, B, 2)), 1)  # empty, kept

    def test_ack_and_syn(self):
        ack = make.tcp(A, 1, B, 2, flags=make.ACK)
        self.assertEqual((self.kept(ack), self.kept(ack, keep="ack")), (0, 1))
        for flags in (make.SYN, make.FIN, make.RST, make.SYN | make.ACK):
            data = make.tcp(A, 1, B, 2, b"data", flags=flags)
            self.assertEqual((self.kept(data), self.kept(data, keep="syn")), (0, 1))
        self.assertEqual(self.kept(make.tcp(A, 1, B, 2, b"data")), 1)
        self.assertEqual(self.kept(make.tcp(A, 1, B, 2, flags=0)), 1)  # no payload, and no ACK

    def test_tls_on_443(self):
        finished = make.tls_record(22, b"\x14\0\0\x0c" + bytes(12))
        for payload, flags, want in [
            (make.client_hello("a.example"), make.PSH | make.ACK, 1),
            (make.client_hello(None), make.PSH | make.ACK, 0),
            (make.application_data(), make.PSH | make.ACK, 1),
            (make.application_data(), make.FIN | make.ACK, 1),  # flags do not matter here
            (finished, make.PSH | make.ACK, 0),
            (finished + make.application_data(), make.ACK, 1),
            (make.tls_record(20, b"\1") + make.tls_record(21, b"\1\0"), make.ACK, 0),
            (make.application_data()[:-1], make.ACK, 1),  # no whole record: by rule 4
            (make.application_data()[:-1], make.FIN | make.ACK, 0),
            (b"\x17\x02\0\0\1x", make.ACK, 1),  # another version: by rule 4
        ]:
            for pair in ((40000, 443), (443, 40000)):
                with self.subTest(payload=payload[:6].hex(), flags=flags, pair=pair):
                    self.assertEqual(self.kept(make.tcp(A, pair[0], B, pair[1], payload, flags)), want)
        self.assertEqual(self.kept(make.tcp(A, 1, B, 443, finished), keep="handshake"), 1)
        self.assertEqual(self.kept(make.tcp(A, 1, B, 8443, finished)), 1)  # another port

    def test_offloaded_segment_has_length_zero(self):
        packet = make.tcp(A, 1, B, 2, b"data")
        self.assertEqual(self.kept(packet[:2] + b"\0\0" + packet[4:]), 1)

    def test_data_offset_below_five_counts_as_five(self):
        packet = make.tcp(A, 1, B, 2, b"data")
        self.assertEqual(self.kept(packet[:32] + b"\x10" + packet[33:]), 1)

    def test_pause(self):
        def count(*seconds, timeout=None):
            content = make.pcap([(START + int(s * SECOND), make.ethernet(PING)) for s in seconds])
            return len(self.packets(*(["--timeout", timeout] if timeout else []), self.write("p", content)))

        self.assertEqual(count(0, 20, 40.000001, 41), 2)
        self.assertEqual(count(0, 20, 40, 60), 4)
        self.assertEqual(count(0, 30, 60, timeout="0"), 3)
        self.assertEqual(count(0, 1, 2.6, timeout="1.5"), 2)
        self.assertEqual(count(100, 50, 60), 3)  # back in time is no pause

    def test_a_skipped_packet_is_a_sign_of_life(self):
        frames = [(START, PING), (START + 15 * SECOND, make.tcp(A, 1, B, 2, flags=make.SYN)), (START + 30 * SECOND, PING)]
        content = make.pcap([(t, make.ethernet(p)) for t, p in frames])
        self.assertEqual(len(self.packets(self.write("p", content))), 2)
        # One that is filtered out was never seen.
        self.assertEqual(len(self.packets("--filter", "udp", self.path("p"))), 1)

    def test_filter(self):
        path = self.capture(PING, PING6, make.udp(A, 5, B, 6, b"x"))
        self.assertEqual(len(self.packets("--filter", "ip6", path)), 1)
        self.assertEqual(len(self.packets("--filter", "udp port 9999", path)), 2)
        result = support.run("packets", "--filter", "no such thing", path)
        self.assertEqual(result.status, 2)
        self.assertIn("pcap-filter(7)", result.err)


if __name__ == "__main__":
    support.main()
