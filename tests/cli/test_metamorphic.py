# SPDX-License-Identifier: GPL-3.0-or-later
"""Made captures that are changed, so that it is known how the result changes."""
import random
import struct

import metamorphic
import support
from metamorphic import ETHERNET, FILES
from support import SECOND, START, make

HOSTS = ["192.168.1.10", "192.168.1.20", "198.51.100.7", "198.51.100.8", "fd00::10", "2001:db8::7"]
NAMES = ["a.example", "b.a.example", "c.test", "_hue._tcp.local", "x"]


class Traffic:
    """Packets by chance, of every protocol that is read, and what is not."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.frames = [(START + i * SECOND // 50 + self.chance.randrange(1000), *self.frame()) for i in range(80)]

    def pick(self, things):
        return self.chance.choice(things)

    def hosts(self):
        family = self.pick((HOSTS[:4], HOSTS[4:]))
        return self.chance.sample(family, 2)

    def dns(self):
        records = []
        for _ in range(self.chance.randrange(3)):
            kind, data = self.pick((("A", make.address(self.pick(HOSTS[:4]))), ("AAAA", make.address(self.pick(HOSTS[4:]))), ("CNAME", make.dns_name(self.pick(NAMES)))))
            records.append(make.dns_record(self.pick(NAMES), kind, data))
        return make.dns([(self.pick(NAMES), self.pick(("A", "AAAA", "PTR")))], records)

    def payload(self):
        """And the port that it goes to."""
        number = self.chance.randrange
        return self.pick((
            lambda: ("udp", 53, self.dns()),
            lambda: ("udp", 5353, self.dns()),
            lambda: ("tcp", 53, struct.pack(">H", len(message := self.dns())) + message),
            lambda: ("tcp", 443, make.client_hello(self.pick(NAMES[:3]))),
            lambda: ("tcp", 443, make.application_data(number(300))),
            lambda: ("tcp", 8080, f"GET /{number(9)}?q={number(9)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()),
            lambda: ("udp", 1900, b"M-SEARCH * HTTP/1.1\r\n\r\n"),
            lambda: ("udp", 5683, make.coap(number(4), 1 + number(7), ["a", str(number(3))])),
            lambda: ("udp", 67, make.dhcp("02:00:00:00:00:01", 1 + number(8))),
            lambda: ("tcp", number(65536), bytes(number(30))),
            lambda: ("udp", number(65536), self.chance.randbytes(number(1400))),
        ))()

    def frame(self):
        """A frame and its length on the wire; one of ten is cut."""
        transport, port, payload = self.payload()
        src, dst = self.hosts()
        ends = (src, 1024 + self.chance.randrange(60000), dst, port)
        if self.chance.random() < 0.4:
            ends = ends[2:] + ends[:2]
        datagram = make.udp(*ends, payload) if transport == "udp" else make.tcp(*ends, payload, flags=self.pick((make.ACK, make.PSH | make.ACK, make.SYN, make.FIN | make.ACK)))
        frame = self.pick((make.ethernet(datagram), make.ethernet(datagram), make.ethernet(make.ip(src, dst, 17, datagram[:8])), make.ethernet(make.arp(1, "02:00:00:00:00:01", HOSTS[0]), 0x0806)))
        if self.chance.random() < 0.1:
            return frame[: 14 + self.chance.randrange(len(frame) - 14)], len(frame)
        return frame, len(frame)


class Metamorphic(metamorphic.Case):
    SEEDS = range(6)

    def test_files(self):
        for seed in self.SEEDS:
            packets = self.check_files(Traffic(seed).frames, ETHERNET, FILES, metamorphic.CODECS if seed == 0 else ())
            self.assertGreater(packets, 20)

    def test_padding_tags_and_sessions(self):
        changes = {
            "padding": metamorphic.padded(b"\0" * 40), "check sequence": metamorphic.padded(b"\x17\x03\x03\0"),
            "a tag": metamorphic.tagged((0x8100, 7)), "two tags": metamorphic.tagged((0x88A8, 4095), (0x8100, 1)), "PPPoE": metamorphic.in_session,
            "all": lambda frames: metamorphic.padded(b"\0")(list(metamorphic.tagged((0x8100, 7))(list(metamorphic.in_session(frames))))),
        }
        for seed in self.SEEDS:
            self.check_changes(Traffic(seed).frames, ETHERNET, changes)

    def test_halves(self):
        named = renamed = 0
        for seed in self.SEEDS:
            traffic = Traffic(seed)
            named += len(self.names(FILES["pcap"](traffic.frames, ETHERNET))["IP"])
            renamed += self.check_halves(traffic.frames, ETHERNET, 30 + 10 * (seed % 3))
        self.assertGreater(named, 10)
        self.assertGreater(renamed, 0)  # names that change on the way are met, too

    def test_prefix(self):
        for seed in self.SEEDS:
            traffic = Traffic(seed)
            for kind in FILES:
                size = len(FILES[kind](traffic.frames, ETHERNET))
                at = traffic.chance.randrange(size // 2, size)
                self.assertGreater(self.check_prefix(traffic.frames, ETHERNET, kind, at), 0.2)

    def test_what_must_be_seen(self):
        """The comparisons see a packet that is lost, and bytes that are not padding."""
        frames = Traffic(1).frames
        with self.assertRaises(AssertionError):
            self.check_changes(frames, ETHERNET, {"lost": lambda frames: frames[:40] + frames[44:]})
        with self.assertRaises(AssertionError):
            self.check_changes(frames, ETHERNET, {"other ports": lambda frames: metamorphic.in_front(frames, lambda addresses, kind, rest: addresses + kind + rest[:20] + bytes(2) + rest[22:])})


if __name__ == "__main__":
    support.main()
