# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig detect, on captures and signatures that are made by hand: what is told, and when."""
import csv
import io
import json
import os
import random
import select
import signal
import subprocess
import time

import support
from support import SECOND, START, Case, make

ROUTER, GATEWAY = "192.168.1.1", "02:00:00:00:00:02"
BROADCAST = "ff:ff:ff:ff:ff:ff"
MINUTE = 60


def mac(number):
    return f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}"


def ip(number):
    return f"192.168.{number // 100 + 1}.{number % 100 + 100}"


def ask(word, device=1):
    """A device asks the router for a name: the features "dns A WORD" of name, and "out udp gateway 53" of flow."""
    return make.ethernet(make.udp(ip(device), 40000, ROUTER, 53, make.dns([(word, "A")])), src=mac(device), dst=GATEWAY)


def call(host, device=1):
    """A device asks for its lease, with what it calls itself."""
    options = bytes([12, len(host)]) + host.encode()
    message = make.dhcp(mac(device), 3, 1)[:-1] + options + b"\xff"
    return make.ethernet(make.udp("0.0.0.0", 68, "255.255.255.255", 67, message), src=mac(device), dst=BROADCAST)


def dns(*words, bits="4.00", seen=(1, 1)):
    return [("name", f"dns A {word}", bits, seen) for word in words]


def signature(event, features, must_not=(), duration="1.000000000", group=(), optional=(), devices=()):
    """A signature of ten captures."""
    def trait(family, text, bits=None, seen=(1, 1)):
        weight = {"bits": bits} if bits else {}
        return {"family": family, "feature": text, "support": "10/10", **weight, "seen": list(seen)}

    origins = [{"name": f"{i}.pcap", "size": 1, "sha256": "00" * 32, "device": device, "duration": duration, "left_out": None}
               for i, device in enumerate(devices)]
    return support.learned(event, [trait(*feature) for feature in features], duration=duration, group=list(group),
                           optional=[trait(family, text) for family, text in optional],
                           must_not=[{"family": family, "feature": text, "captures": 2} for family, text in must_not], origins=origins)


class Detecting(Case):
    def library(self, *signatures):
        for made in signatures:
            self.write(f"sig/{made['event'].encode().hex()}.json", json.dumps(made))
        return self.path("sig")

    def traffic(self, *frames, name="a.pcap", link=1, **more):
        """Frames at seconds."""
        return self.write(name, make.pcap([(START + int(at * SECOND), frame) for at, frame in frames], link=link, **more))

    def run_detect(self, *words, status=0, kind="jsonl", **more):
        result = support.run("detect", "--signatures", self.path("sig"), "--format", kind, *words, **more)
        self.assertEqual(result.status, status, result.err)
        return result

    def detect(self, *words, **more):
        out = self.run_detect(*words, **more).out
        return [json.loads(line) for line in out.splitlines()]

    def events(self, *frames, words=(), status=None):
        """(event, or its group; seconds of the last feature) of traffic."""
        result = support.run("detect", "--signatures", self.path("sig"), "--format", "jsonl", *words, self.traffic(*frames), leaks=False)
        seen = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(result.status, (0 if seen else 1) if status is None else status, result.err)
        return [(one["event"] or one["group"], round(float(one["last"]) - START // SECOND, 6)) for one in seen]


class Windows(Detecting):
    def setUp(self):
        super().setUp()
        self.library(signature("on", dns("a.example", "b.example")))

    def test_an_event(self):
        (seen,) = self.detect(self.traffic((1, ask("a.example")), (2.5, ask("b.example"))))
        self.assertEqual(seen, {"input": self.path("a.pcap"), "event": "on", "group": None, "coverage": "1", "device": mac(1),
                                "first": f"{START // SECOND + 1}.000000", "last": f"{START // SECOND + 2}.500000",
                                "by_device": False, "missing": []})
        self.assertEqual(list(seen), ["input", "event", "group", "coverage", "device", "first", "last", "by_device", "missing"])

    def test_nothing(self):
        self.assertEqual(self.events((1, ask("a.example")), (2, ask("c.example"))), [])
        self.assertEqual(self.run_detect(self.path("a.pcap"), status=1, kind="json").out, "[]\n")

    def test_order_does_not_matter(self):
        self.assertEqual(self.events((1, ask("b.example")), (2, ask("a.example"))), [("on", 2)])

    def test_at_least_five_seconds(self):
        self.assertEqual(self.events((1, ask("a.example")), (6, ask("b.example"))), [("on", 6)])
        self.assertEqual(self.events((1, ask("a.example")), (6.1, ask("b.example"))), [])

    def test_half_more_than_the_longest_capture(self):
        self.library(signature("slow", dns("c.example", "d.example"), duration="20.000000000"))
        self.assertEqual(self.events((1, ask("c.example")), (31, ask("d.example"))), [("slow", 31)])
        self.assertEqual(self.events((1, ask("c.example")), (31.1, ask("d.example"))), [])

    def test_what_is_seen_again_is_there_still(self):
        self.assertEqual(self.events((1, ask("a.example")), (5, ask("a.example")), (9, ask("b.example"))), [("on", 9)])
        self.assertEqual(self.events((1, ask("a.example")), (9, ask("b.example")), (13, ask("a.example"))), [("on", 13)])

    def test_used_up(self):
        self.assertEqual(self.events((1, ask("a.example")), (1.1, ask("b.example")), (2, ask("b.example"))), [("on", 1.1)])
        self.assertEqual(self.events((1, ask("a.example")), (1.1, ask("b.example")), (2, ask("b.example")), (2.1, ask("a.example"))),
                         [("on", 1.1), ("on", 2.1)])

    def test_as_often_as_in_a_capture(self):
        """A message that a device repeats up to three times, within two seconds, is one event."""
        self.library(signature("loud", dns("c.example", seen=(1, 3)), duration="2.000000000"))
        self.assertEqual(self.events(*((at, ask("c.example")) for at in (1, 1.5, 2))), [("loud", 1)])
        self.assertEqual(self.events(*((at, ask("c.example")) for at in (1, 1.5, 2, 2.5))), [("loud", 1), ("loud", 2.5)])
        self.assertEqual(self.events(*((at, ask("c.example")) for at in (1, 3.1))), [("loud", 1), ("loud", 3.1)])

    def test_a_pause_ends_what_was_told(self):
        self.library(signature("long", dns("c.example", seen=(1, 9)), duration="200.000000000"))
        self.assertEqual(self.events(*((at, ask("c.example")) for at in (1, 20, 39))), [("long", 1)])
        self.assertEqual(self.events(*((at, ask("c.example")) for at in (1, 22, 41))), [("long", 1), ("long", 22)])

    def test_coverage(self):
        self.library(signature("most", dns("c.example", bits="9.00") + dns("d.example", bits="1.00")),
                     signature("less", dns("e.example", bits="8.90") + dns("f.example", bits="1.10")))
        (seen,) = self.detect(self.traffic((1, ask("c.example")), (2, ask("e.example"))))
        self.assertEqual((seen["event"], seen["coverage"], seen["missing"]), ("most", "9/10", ["name dns A d.example"]))

    def test_time_that_goes_back_a_bit_is_none(self):
        self.assertEqual(self.events((2, ask("a.example")), (1.5, ask("b.example"))), [("on", 2)])

    def test_time_that_goes_back_far_is_another_recording(self):
        self.assertEqual(self.events((MINUTE, ask("a.example")), (1, ask("b.example"))), [])
        self.assertEqual(self.events((MINUTE, ask("a.example")), (1, ask("b.example")), (2, ask("a.example"))), [("on", 2)])

    def test_without_times(self):
        frames = [ask("a.example"), ask("b.example")]
        blocks = [make.simple("<", frame) for frame in frames]
        path = self.write("a.pcapng", make.section("<") + make.interface("<") + b"".join(blocks))
        (seen,) = self.detect(path)
        self.assertEqual((seen["event"], seen["first"], seen["last"]), ("on", None, None))


class Choices(Detecting):
    def test_forbidden(self):
        self.library(signature("a", dns("a.example"), must_not=[("name", "dns A own.example")]))
        self.assertEqual(self.events((1, ask("a.example"))), [("a", 1)])
        self.assertEqual(self.events((1, ask("own.example")), (2, ask("a.example"))), [])
        self.assertEqual(self.events((1, ask("a.example")), (1.9, ask("own.example"))), [])  # it was waited for
        self.assertEqual(self.events((1, ask("a.example")), (1.9, ask("own.example", 2))), [("a", 1)])
        self.assertEqual(self.events((1, ask("own.example")), (6.1, ask("a.example"))), [("a", 6.1)])
        self.assertEqual(self.events((1, ask("a.example")), (2.1, ask("own.example"))), [("a", 1)])

    def test_what_explained_another_event_forbids_nothing(self):
        self.library(signature("a", dns("a.example"), must_not=[("name", "dns A own.example")]), signature("b", dns("own.example")))
        self.assertEqual(self.events((1, ask("own.example")), (3, ask("a.example"))), [("b", 1), ("a", 3)])

    def test_another_product_by_its_name(self):
        named = [("dhcp", "host-name lamp", "1.00", (1, 1))]
        self.library(signature("lamp", dns("a.example", bits="9.00") + named))
        self.assertEqual(self.events((1, ask("a.example"))), [("lamp", 1)])
        self.assertEqual(self.events((1, call("lamp")), (2, ask("a.example"))), [("lamp", 2)])
        self.assertEqual(self.events((1, call("kettle")), (2, ask("a.example"))), [])
        self.assertEqual(self.events((1, call("kettle")), (2, call("lamp")), (3, ask("a.example"))), [("lamp", 3)])
        self.assertEqual(self.events((1, call("kettle", 2)), (2, ask("a.example"))), [("lamp", 2)])

    def test_optional_names_are_its_own(self):
        named = [("dhcp", "host-name lamp", "1.00", (1, 1))]
        self.library(signature("lamp", dns("a.example", bits="9.00") + named, optional=[("dhcp", "host-name lamp2")]))
        self.assertEqual(self.events((1, call("lamp2")), (2, ask("a.example"))), [("lamp", 2)])

    def test_lighter_gives_way_to_heavier(self):
        self.library(signature("light", dns("a.example")), signature("heavy", dns("a.example", "b.example")))
        self.assertEqual(self.events((1, ask("a.example")), (1.9, ask("b.example"))), [("heavy", 1.9)])
        self.assertEqual(self.events((1, ask("b.example")), (1.9, ask("a.example"))), [("heavy", 1.9)])
        self.assertEqual(self.events((1, ask("a.example"))), [("light", 1)])

    def test_patience_of_what_is_half_there(self):
        """The heavier one takes up to 40 s, so its next feature may be 10 s later."""
        self.library(signature("light", dns("a.example")), signature("heavy", dns("a.example", "b.example"), duration="40.000000000"))
        self.assertEqual(self.events((1, ask("a.example")), (5, ask("b.example"))), [("heavy", 5)])
        self.assertEqual(self.events((1, ask("a.example")), (7, ask("b.example"))), [("light", 1)])  # the light one's window

    def test_the_best_covered(self):
        part = dns("c.example", bits="0.50")
        self.library(signature("whole", dns("a.example", "b.example")), signature("most", dns("a.example", "b.example") + part))
        self.assertEqual(self.events((1, ask("a.example")), (2, ask("b.example"))), [("whole", 2)])
        self.assertEqual(self.events((1, ask("a.example")), (2, ask("b.example")), (2.5, ask("c.example"))), [("most", 2.5)])

    def test_ties_and_who_decides(self):
        features = dns("a.example")
        self.library(signature("a", features, group=["b"], devices=[mac(1)]), signature("b", features, group=["a"], devices=[mac(2)]))
        seen = self.detect(self.traffic((1, ask("a.example", 1)), (2, ask("a.example", 2)), (3, ask("a.example", 3))))
        self.assertEqual([(one["event"], one["group"], one["by_device"], one["device"]) for one in seen],
                         [("a", None, True, mac(1)), ("b", None, True, mac(2)), (None, ["a", "b"], False, mac(3))])

    def test_two_events_at_a_time(self):
        """What has nothing in common is no tie."""
        self.library(signature("a", dns("a.example", "b.example")), signature("c", dns("c.example", "d.example")))
        frames = [(1 + i / 10, ask(f"{word}.example")) for i, word in enumerate("acbd")]
        self.assertEqual(sorted(self.events(*frames)), [("a", 1.2), ("c", 1.3)])

    def test_what_they_share_is_used_once(self):
        shared = dns("s.example", bits="4.00")
        self.library(signature("a", dns("a.example") + shared), signature("b", dns("b.example", bits="5.00") + shared))
        for order in ("sab", "sba", "abs"):
            frames = [(1 + i * 0.3, ask(f"{word}.example")) for i, word in enumerate(order)]
            self.assertEqual([event for event, _ in self.events(*frames)], [["a", "b"]], order)  # as of a capture
        self.assertEqual(self.events((1, ask("s.example")), (1.1, ask("a.example")), (3, ask("b.example"))), [("a", 1.1)])


class Devices(Detecting):
    def setUp(self):
        super().setUp()
        self.library(signature("on", dns("a.example", "b.example")))

    def test_features_of_two_devices_are_not_put_together(self):
        self.assertEqual(self.events((1, ask("a.example", 1)), (2, ask("b.example", 2))), [])

    def test_many_at_a_time(self):
        frames = [(1 + i / 1000, ask("a.example", i)) for i in range(300)] + [(2 + i / 1000, ask("b.example", i)) for i in range(300)]
        seen = self.detect(self.traffic(*frames))
        self.assertEqual([one["device"] for one in seen], [mac(i) for i in range(300)])

    def test_those_that_make_room_are_told(self):
        frames = [(1, ask("a.example")), *((1 + i / 100, ask("c.example", i)) for i in range(2, 12)), (2, ask("b.example"))]
        path = self.traffic(*frames)
        result = self.run_detect("--max-devices", "8", path, status=1)
        self.assertRegex(result.err, r"^iotsig: warning: [1-9]\d* devices, 0 flows, 0 features, and names 0 times, had to make room "
                                     r"\(raise --max-devices or --max-flows\)\n$")
        result = self.run_detect("--max-devices", "20", path)
        self.assertEqual((len(result.out.splitlines()), result.err), (1, ""))

    def test_flows_and_features_that_make_room(self):
        self.library(signature("held", [("flow", "out udp gateway 53", "4.00", (1, 9))] + dns("h.example")))
        frames = [(1, ask("h.example")), *((1 + i / 100, ask(f"x{i}.example", i)) for i in range(2, 60))]
        result = self.run_detect("--max-flows", "10", self.traffic(*frames))
        self.assertRegex(result.err, r"0 devices, 4\d flows, \d+ features, and names \d+ times, had to make room")
        self.assertEqual(json.loads(result.out)["event"], "held")

    def test_self(self):
        path = self.traffic((1, ask("a.example", 1)), (1, ask("a.example", 2)), (2, ask("b.example", 1)), (2, ask("b.example", 2)))
        self.assertEqual([one["device"] for one in self.detect(path)], [mac(1), mac(2)])
        self.assertEqual([one["device"] for one in self.detect("--self", mac(2), path)], [mac(2)])
        self.assertEqual([one["device"] for one in self.detect("--self", ip(2), path)], [mac(2)])

    def test_a_router_is_no_device(self):
        """It asks the next resolver for what its hosts ask; and public addresses send through it."""
        router = [(0.5, make.ethernet(make.tcp("198.51.100.7", 443, ip(1), 40000, b"x"), src=GATEWAY, dst=mac(1)))]
        asks = [(1 + i, make.ethernet(make.udp(ROUTER, 40000, "192.168.0.1", 53, make.dns([(f"{w}.example", "A")])),
                                      src=GATEWAY, dst=mac(9))) for i, w in enumerate("ab")]
        self.assertEqual(self.events(*asks), [("on", 2)])
        self.assertEqual(self.events(*router, *asks), [])
        self.assertEqual(self.events(*asks[:1], (1.5, router[0][1]), *asks[1:]), [])

    def test_a_router_by_its_prefixes(self):
        """A network may give a device another prefix; who sends from two at a time is a router, for ten minutes."""
        sent = [make.ethernet(make.udp(f"2001:db8:{n}::1", 40000, "2001:db8:9::9", 7, b"x"), src=mac(1), dst=GATEWAY) for n in (1, 2)]
        asks = [ask("a.example"), ask("b.example")]
        self.assertEqual(self.events((1, sent[0]), (2, asks[0]), (3, sent[0]), (4, asks[1])), [("on", 4)])
        self.assertEqual(self.events((1, sent[0]), (2, asks[0]), (3, sent[1]), (4, asks[1])), [])
        self.assertEqual(self.events((1, sent[0]), (2, sent[1]), (590, asks[0]), (591, asks[1])), [])
        self.assertEqual(self.events((1, sent[0]), (2, sent[1]), (610, asks[0]), (611, asks[1])), [("on", 611)])

    def test_without_hardware_addresses(self):
        packets = [make.udp(ip(1), 40000, ROUTER, 53, make.dns([(f"{w}.example", "A")])) for w in "ab"]
        (seen,) = self.detect(self.traffic(*((i, packet) for i, packet in enumerate(packets)), link=101))
        self.assertEqual((seen["event"], seen["device"]), ("on", ip(1)))


class Features(Detecting):
    """What a capture tells at its end, a stream must tell as it comes."""

    def flow(self, text, family="flow"):
        self.library(signature("it", [(family, text, "4.00", (1, 1))]))

    def frame(self, packet, device=1, back=False):
        ends = {"src": GATEWAY, "dst": mac(device)} if back else {"src": mac(device), "dst": GATEWAY}
        return make.ethernet(packet, **ends)

    def test_the_name_of_a_server(self):
        self.flow("out tcp cloud.example.com 443")
        answer = make.udp(ROUTER, 53, ip(1), 40000, make.dns([("cloud.example.com", "A")],
                                                             [make.dns_record("cloud.example.com", "A", "198.51.100.7")]))
        data = make.tcp(ip(1), 40001, "198.51.100.7", 443, b"x")
        self.assertEqual(self.events((1, self.frame(answer, back=True)), (2, self.frame(data))), [("it", 2)])
        self.assertEqual(self.events((2, self.frame(data))), [])

    def test_the_name_in_the_first_data(self):
        self.flow("out tcp cloud.example.com 443")
        packets = [make.tcp(ip(1), 40001, "198.51.100.7", 443, flags=make.SYN),
                   make.tcp(ip(1), 40001, "198.51.100.7", 443, make.client_hello("cloud.example.com"))]
        self.assertEqual(self.events(*((i, self.frame(packet)) for i, packet in enumerate(packets))), [("it", 1)])

    def test_names_known_beforehand(self):
        self.flow("out tcp cloud.example.com 443")
        data = make.tcp(ip(1), 40001, "198.51.100.7", 443, b"x")
        table = self.write("names.json", '{"IP": {"198.51.100.7": "cloud.example.com"}}')
        self.assertEqual(self.events((1, self.frame(data)), words=("--dns-table", table)), [("it", 1)])

    def test_a_gateway_that_is_known_later(self):
        """The first flow is to a host of the network, until ARP tells who the gateway is."""
        self.flow("out tcp gateway 80")
        data = make.tcp(ip(1), 40001, ROUTER, 80, b"x")
        asked = make.ethernet(make.arp(1, mac(1), ip(1), tpa=ROUTER), kind=make.ARP, src=mac(1), dst=BROADCAST)
        self.assertEqual(self.events((1, self.frame(data)), (2, asked)), [("it", 1)])
        self.assertEqual(self.events((1, self.frame(data))), [])

    def test_a_connection_without_data(self):
        self.flow("empty out tcp 198.51.100.7 443", family="link")
        syn = make.tcp(ip(1), 40001, "198.51.100.7", 443, flags=make.SYN)
        data = make.tcp(ip(1), 40001, "198.51.100.7", 443, b"x")
        self.assertEqual(self.events((1, self.frame(syn))), [("it", 1)])
        self.assertEqual(self.events((1, self.frame(syn)), (3, ask("x.example"))), [("it", 1)])
        self.assertEqual(self.events((1, self.frame(syn)), (1.5, self.frame(data))), [])

    def test_lengths_go_on_forever(self):
        """The hundredth message of a connection is seen as the first is."""
        self.flow("out tcp 198.51.100.7 1234 77", family="length")
        packets = [make.tcp(ip(1), 40001, "198.51.100.7", 1234, b"x" * (77 if i == 99 else 10), seq=1000 + 10 * i) for i in range(100)]
        self.assertEqual(self.events(*((i / 10, self.frame(packet)) for i, packet in enumerate(packets))), [("it", 9.9)])

    def test_a_connection_that_is_held(self):
        """It began long before, and tells no time."""
        self.library(signature("it", [("flow", "out tcp 198.51.100.7 1234", "4.00", (1, 99))] + dns("a.example")))
        packet = self.frame(make.tcp(ip(1), 40001, "198.51.100.7", 1234, b"x"))
        seen = self.detect(self.traffic(*((i, packet) for i in range(20)), (19.5, ask("a.example"))))
        self.assertEqual([(one["event"], float(one["first"]) - START // SECOND) for one in seen], [("it", 19.5)])

    def test_names_that_make_room_leave_those_of_flows(self):
        self.library(signature("it", [("flow", "out tcp cloud.example.com 443", "4.00", (1, 9))]))
        hello = self.frame(make.tcp(ip(1), 40001, "198.51.100.7", 443, make.client_hello("cloud.example.com")))
        more = self.frame(make.tcp(ip(1), 40001, "198.51.100.7", 443, b"x"))
        answers = [make.udp(ROUTER, 53, ip(2), 40000, make.dns([(f"x{i}.example", "A")], [make.dns_record(f"x{i}.example", "A", f"198.51.101.{i}")]))
                   for i in range(100)]
        frames = [(1, hello), *((2 + i / 10, self.frame(answer, device=2, back=True)) for i, answer in enumerate(answers)), (13, more)]
        result = self.run_detect("--max-flows", "20", self.traffic(*frames))
        self.assertRegex(result.err, "names [1-9]")
        self.assertEqual([json.loads(line)["event"] for line in result.out.splitlines()], ["it", "it"])

    def test_families(self):
        self.library(signature("on", dns("a.example")))
        path = self.traffic((1, ask("a.example")))
        self.assertEqual(len(self.detect("--families", "name", path)), 1)
        self.detect("--families", "flow", path, status=1)

    def test_filter(self):
        self.library(signature("on", dns("a.example")))
        path = self.traffic((1, ask("a.example")))
        self.assertEqual(len(self.detect("--filter", "udp port 53", path)), 1)
        self.detect("--filter", "tcp", path, status=1)


class Outputs(Detecting):
    def setUp(self):
        super().setUp()
        self.library(signature("on", dns("a.example", bits="9.00") + dns("b,\".example", bits="1.00")))

    def test_formats(self):
        path = self.traffic((1, ask("a.example")), (10, ask("a.example")))
        array = json.loads(self.run_detect(path, kind="json").out)
        self.assertEqual(array, self.detect(path))
        rows = list(csv.reader(io.StringIO(self.run_detect(path, kind="csv").out)))
        self.assertEqual(rows[0], "input event group coverage device first last missing".split())
        self.assertEqual(rows[1][1:6], ["on", "", "9/10", mac(1), f"{START // SECOND + 1}.000000"])
        self.assertEqual(rows[1][7], 'name dns A b,".example')
        text = self.run_detect(path, kind="text").out.splitlines()
        self.assertEqual(text[0], f"2023-11-14 22:13:21.000  {mac(1)}  on  90.0 %  without dns A b,\".example")
        self.assertEqual(len(text), 2)

    def test_texts_of_others_are_safe(self):
        event, path = 'a"b,c é', self.path("x\x1b[m\ny.pcap")
        self.library(signature(event, dns("evil.example")))
        os.rename(self.traffic((1, ask("evil.example"))), path)
        (seen,) = self.detect(path)
        self.assertEqual((seen["event"], seen["input"]), (event, path))
        for kind in ("text", "json", "jsonl"):
            out = self.run_detect(path, kind=kind).out
            self.assertNotIn("\x1b", out)
        rows = list(csv.reader(io.StringIO(self.run_detect(path, kind="csv").out, newline="")))
        self.assertEqual(rows[1][:2], [path, event])

    def test_output_file_is_whole_or_not_at_all(self):
        path, out = self.traffic((1, ask("a.example"))), self.path("out/x.csv")
        os.mkdir(self.path("out"))
        self.assertEqual(support.run("detect", "--signatures", self.path("sig"), "-o", out, path).status, 0)
        self.assertTrue(self.read("out/x.csv").startswith(b"input,event,"))
        bad = self.write("bad.pcap", b"no capture")
        before = self.read("out/x.csv")
        self.run_detect("--strict", "-o", out, path, bad, status=3)
        self.assertEqual((self.read("out/x.csv"), os.listdir(self.path("out"))), (before, ["x.csv"]))
        self.run_detect("-o", self.path("none/x"), path, status=4)

    def test_bad_inputs_are_told_and_the_rest_counts(self):
        path, bad = self.traffic((1, ask("a.example"))), self.write("bad.pcap", b"no capture")
        result = self.run_detect(bad, path, status=3)
        self.assertEqual((len(result.out.splitlines()), result.err.count("is no capture")), (1, 1))
        cut = self.write("cut.pcap", self.read("a.pcap")[:-3])
        self.assertIn("ends inside a packet", self.run_detect(cut, status=1).err)

    def test_an_event_over_two_files(self):
        self.library(signature("two", dns("c.example", "d.example")))
        one, other = self.traffic((1, ask("c.example")), name="1.pcap"), self.traffic((2, ask("d.example")), name="2.pcap")
        (seen,) = self.detect(one, other)
        self.assertEqual((seen["event"], seen["input"]), ("two", other))

    def test_usage(self):
        path = self.traffic((1, ask("a.example")))
        for words in ([], ["-i", "lo", path], ["-i", ""], ["--follow"], ["--follow", path, path], ["-i", "lo", "--follow"],
                      ["--max-devices", "0", path], ["--self", "x", path], ["--families", "x", path], ["--filter", "(", path],
                      ["--timeout", "3", path]):
            self.assertEqual(support.run("detect", "--signatures", self.path("sig"), *words, leaks=False).status, 2, words)
        self.assertEqual(support.run("detect", path).status, 2)
        self.assertEqual(self.run_detect(path, kind="yaml", status=2).out, "")
        self.assertEqual(support.run("detect", "--signatures", self.path("none"), path).status, 3)
        result = self.run_detect("-i", "no-such-one", status=3)
        self.assertIn("iotsig: no-such-one: cannot be captured on", result.err)


class Live(Detecting):
    """What is still being captured."""

    def start(self, *words, **more):
        process = subprocess.Popen([support.PROGRAM, "detect", "--signatures", self.path("sig"), *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process):
        ready, _, _ = select.select([process.stdout], [], [], 60)
        self.assertTrue(ready, "nothing was told")
        return process.stdout.readline().decode()

    def frames(self, *frames):
        """Of a pcap, without its head."""
        return make.pcap([(START + int(at * SECOND), frame) for at, frame in frames])[24:]

    def test_pipe(self):
        """Each event is there before the next packet comes."""
        self.library(signature("on", dns("a.example", "b.example")))
        process = self.start("--format", "jsonl", "-", stdin=subprocess.PIPE)
        process.stdin.write(make.pcap([]) + self.frames((1, ask("a.example")), (2, ask("b.example"))))
        process.stdin.flush()
        self.assertEqual(json.loads(self.line(process))["event"], "on")
        process.stdin.write(self.frames((11, ask("a.example")), (12, ask("b.example"))))
        process.stdin.flush()
        self.assertEqual(json.loads(self.line(process))["input"], "-")
        process.stdin.close()
        self.assertEqual((process.wait(60), process.stdout.read(), process.stderr.read()), (0, b"", b""))

    def test_time_goes_on_without_packets(self):
        """What waits for more is told when none comes."""
        self.library(signature("on", dns("a.example"), must_not=[("name", "dns A x.example")]))
        process = self.start("--format", "text", "-", stdin=subprocess.PIPE)
        process.stdin.write(make.pcap([(START, ask("a.example"))]))
        process.stdin.flush()
        self.assertIn("  on  100.0 %", self.line(process))
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)

    def test_follow(self):
        self.library(signature("on", dns("a.example", "b.example")))
        path = self.traffic((1, ask("a.example")))
        process = self.start("--format", "jsonl", "--follow", path)
        more = self.frames((2, ask("b.example")))
        with open(path, "ab", buffering=0) as file:
            file.write(more[:20])
            time.sleep(0.3)
            file.write(more[20:])
            self.assertEqual(json.loads(self.line(process))["event"], "on")
            file.write(self.frames((11, ask("b.example")), (12, ask("a.example"))))
            self.assertEqual(json.loads(self.line(process))["event"], "on")
        process.send_signal(signal.SIGTERM)
        self.assertEqual((process.wait(60), process.stdout.read(), process.stderr.read()), (0, b"", b""))

    def test_signals_end_it_as_the_end_does(self):
        """What is complete is told, the array is closed, and a file gets its name."""
        self.library(signature("on", dns("a.example"), must_not=[("name", "dns A x.example")], duration="400.000000000"),
                     signature("at once", dns("b.example")))
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("--format", "json", "-", stdin=subprocess.PIPE)
            process.stdin.write(make.pcap([(START, ask("a.example")), (START + SECOND, ask("b.example"))]))
            process.stdin.flush()
            self.assertEqual(self.line(process), "[\n")
            process.send_signal(number)
            rest = process.stdout.read().decode()
            process.wait(60)
            process.stdin.close()
            self.assertEqual((process.returncode, [one["event"] for one in json.loads("[" + rest)]), (0, ["at once", "on"]))
        out = self.path("x.jsonl")
        path = self.traffic((1, ask("b.example")))
        process = self.start("-v", "--follow", "-o", out, path)
        time.sleep(0.5)
        self.assertFalse(os.path.exists(out))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0, process.stderr.read())
        self.assertEqual(json.loads(self.read("x.jsonl"))["event"], "at once")

    def test_nothing_until_the_signal(self):
        self.library(signature("on", dns("a.example")))
        process = self.start("--follow", self.traffic((1, ask("x.example"))))
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertEqual((process.wait(60), process.stdout.read()), (1, b"[]\n"))

    def test_who_reads_has_gone(self):
        self.library(signature("on", dns("a.example")))
        process = self.start("--format", "jsonl", "-", stdin=subprocess.PIPE)
        process.stdout.close()
        process.stdin.write(make.pcap([(START + i * SECOND * 10, ask("a.example")) for i in range(3)]))
        process.stdin.close()
        self.assertEqual((process.wait(60), process.stderr.read()), (0, b""))


class Identified(Detecting):
    """Of a capture of one event, what iotsig identify says of it."""

    def test_same(self):
        draw = random.Random(1)
        words = [f"w{i}.example" for i in range(8)]
        owned = [draw.sample(words, draw.randrange(2, 5)) for _ in range(6)]
        for event, own in enumerate(owned):
            for i in range(4):
                frames = [(j / 10, ask(word, event + 1)) for j, word in enumerate(own + draw.sample(words, 1))]
                self.traffic(*frames, name=f"in/e{event}/{i}.pcap")
        self.assertEqual(support.run("learn", "-q", "--format", "json", "-o", self.path("sig"), self.path("in")).status, 0)
        paths = []
        for i in range(60):
            asked = (owned[i % 6] if i % 3 else []) + draw.sample(words, draw.randrange(1, 4))
            frames = [(j / 10, ask(word, 1 + i % 9)) for j, word in enumerate(asked)]
            paths.append(self.traffic(*frames, name=f"{i}.pcap"))
        identified = [json.loads(line) for line in support.run("identify", "--format", "jsonl", "--signatures", self.path("sig"), *paths).out.splitlines()]
        known = 0
        for path, want in zip(paths, identified):
            seen = support.run("detect", "--format", "jsonl", "--signatures", self.path("sig"), path, leaks=False).out.splitlines()
            got = [{key: json.loads(line)[key] for key in ("event", "group", "coverage", "device", "by_device")} for line in seen[:1]]
            known += want["coverage"] is not None
            if want["group"] is not None and got:  # what is part of a heavier one gives way to it
                self.assertTrue(got[0]["event"] in want["group"] or set(got[0]["group"] or ()) <= set(want["group"]), (path, want, got))
                self.assertEqual(got[0]["coverage"], want["coverage"])
            else:
                self.assertEqual(got, [{key: want[key] for key in got[0]}] if want["coverage"] and got else [], (path, want))
                self.assertEqual(bool(got), want["coverage"] is not None)
        self.assertGreater(known, 15)
        self.assertLess(known, 55)


if __name__ == "__main__":
    support.main()
