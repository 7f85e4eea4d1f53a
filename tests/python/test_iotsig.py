# SPDX-License-Identifier: GPL-3.0-or-later
"""The package iotsig: what it gives is what the program writes, as objects of Python."""
import copy
import gc
import io
import json
import os
import pathlib
import pickle
import resource
import signal
import sys
import threading
import unittest
import warnings
import weakref
from fractions import Fraction

import packages  # makes the packages importable  # pylint: disable=unused-import
import support
from support import SECOND, START, make

import iotsig


def plug(sport, name="api.plug.example"):
    """One event: a question, its answer, and a connection."""
    return [make.udp("192.0.2.10", sport, "192.0.2.1", 53, make.dns([(name, "A")])),
            make.udp("192.0.2.1", 53, "192.0.2.10", sport, make.dns([(name, "A")], [make.dns_record(name, "A", "198.51.100.7")])),
            make.tcp("192.0.2.10", sport + 1, "198.51.100.7", 443, b"hello"),
            make.tcp("198.51.100.7", 443, "192.0.2.10", sport + 1, b"answer!")]


def packet_record(packet, capture):
    """A packet as the program writes it."""
    layer = packet.application_layer
    text = None
    if packet.time is not None:
        text = f"{packet.time // SECOND}.{packet.time % SECOND:09d}"
    return {"capture": capture, "id": packet.id, "timestamp": text, "network_protocol": packet.network_protocol, "src": packet.src,
            "dst": packet.dst, "transport_protocol": packet.transport_protocol, "sport": packet.sport, "dport": packet.dport,
            "application_layer": None if layer is None else {"protocol": layer.protocol, **dict(layer.attributes)}, "length": packet.length}


def with_nine(record):
    """Captures hold six or nine decimals."""
    seconds, decimals = record["timestamp"].split(".")
    return {**record, "timestamp": f"{seconds}.{decimals:0<9}"}


# Two features, each of weight 4 (as in tests/cli/test_detect.py).
SIGNATURE = {
    "iotsig_signature": 1, "event": "on", "captures": 10, "against": {"events": 2, "captures": 20},
    "options": {"min_support": "9/10", "min_coverage": "9/10", "families": None}, "duration": "1.000000000", "group": [], "warnings": [],
    "mandatory": [{"family": "name", "feature": f"dns A {name}", "support": "10/10", "bits": "4.00", "seen": [1, 1]} for name in ("a.example", "b.example")],
    "optional": [], "must_not": [], "flows": [], "origins": []}


class Iotsig(support.Case):
    def event(self, number, **more):
        return self.capture(*plug(40000 + 10 * number), name=f"{number}.pcap", **more)

    # Packets.

    def test_packets(self):
        path = self.event(1)
        found = list(iotsig.packets(path))
        self.assertEqual([packet_record(p, path) for p in found], [with_nine(r) for r in self.packets(path)])
        self.assertEqual((found[2].dst, found[2].time), ("api.plug.example", START + 2 * SECOND // 100))
        self.assertEqual(found[0].application_layer, ("DNS", (("response", False), ("qtype", "A"), ("domain-name", "api.plug.example"))))

    def test_tuples(self):
        packet = next(iotsig.packets(self.event(1)))
        flow = iotsig.flows(self.event(1))[0]
        self.assertEqual(packet._asdict(), {name: getattr(packet, name) for name in (
            "id", "time", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer", "length")})
        for thing in (packet, flow, flow.ports[0], flow.application_layer, iotsig.Progress(("x", 1, 2, 3))):
            self.assertEqual(tuple(thing), tuple(getattr(thing, name) for name in thing._fields))
            self.assertEqual(list(thing._asdict()), list(thing._fields))
            self.assertEqual(type(thing)(thing), thing)

    def test_sources(self):
        path = self.event(1)
        wanted = list(iotsig.packets(path))
        with open(path, "rb") as file:
            content = file.read()
        self.assertEqual(list(iotsig.packets(pathlib.Path(path))), wanted)
        self.assertEqual(list(iotsig.packets(os.fsencode(path))), wanted)
        self.assertEqual(list(iotsig.packets(io.BytesIO(content))), wanted)
        for offset, buffering in ((0, -1), (5, -1), (5, 0)):
            with open(self.write("offset", b"x" * offset + content), "rb", buffering=buffering) as file:
                self.assertEqual(file.read(offset), b"x" * offset)
                self.assertEqual(list(iotsig.packets(file)), wanted)
                self.assertEqual(iotsig.flows(file), iotsig.flows(path))
                self.assertEqual(file.tell(), offset)
        read, write = os.pipe()
        os.write(write, content)
        os.close(write)
        with open(read, "rb") as file:
            self.assertEqual(list(iotsig.packets(file)), wanted)

    def test_no_source(self):
        with open(self.event(1), encoding="latin-1") as text:
            for source, kind in ((text, TypeError), (5, TypeError), (None, TypeError), ("a\0b", ValueError), (self.path("none"), FileNotFoundError),
                                 (self.folder + "/x/y", iotsig.ReadError), (b"\xff\xfe", ValueError), ("\ud800", ValueError)):
                for function in (iotsig.packets, iotsig.flows):
                    with self.assertRaises(kind):
                        function(source)

    def test_errors_say_where(self):
        path = self.write("x", b"no capture at all")
        with self.assertRaises(iotsig.FormatError) as caught:
            iotsig.packets(path)
        self.assertIn(path, str(caught.exception))
        self.assertEqual((caught.exception.file, caught.exception.position), (path, "byte 0"))
        with self.assertRaises(ValueError) as caught:
            iotsig.flows(io.BytesIO(b"no capture"))
        self.assertIn("<file>", str(caught.exception))

    def test_cut_and_damaged(self):
        path = self.event(1)
        with open(path, "rb") as file:
            content = file.read()
        cut = self.write("cut", content[:-5])
        with self.assertWarns(iotsig.CaptureWarning) as caught:
            self.assertEqual(len(list(iotsig.packets(cut))), 3)
        self.assertIn(cut, str(caught.warning))
        with self.assertWarns(iotsig.CaptureWarning):
            iotsig.flows(cut)
        broken = bytearray(content)
        broken[-62:-58] = b"\xff\xff\xff\xff"
        broken = self.write("broken", bytes(broken[:24 + 16 + len(plug(1)[0]) + 14] + b"\xff" * 40))
        packets = iotsig.packets(broken)
        self.assertEqual(next(packets).dport, 53)
        with self.assertRaises(iotsig.FormatError):
            next(packets)
        self.assertEqual(list(packets), [])
        with self.assertWarns(iotsig.CaptureWarning):
            self.assertEqual(len(iotsig.flows(broken)), 1)

    def test_options(self):
        path = self.event(1)
        self.assertEqual(len(list(iotsig.packets(path, filter="udp"))), 2)
        self.assertEqual(len(list(iotsig.packets(self.event(2, step=30 * SECOND)))), 1)
        for timeout in (None, 0, 30, 30.0, Fraction(30)):
            self.assertEqual(len(list(iotsig.packets(self.event(2, step=30 * SECOND), timeout=timeout))), 4)
        named = list(iotsig.packets(path, names={"IP": {"192.0.2.10": "Plug.example"}, "other": 5}))
        self.assertEqual(named[0].src, "plug.example")
        for options in ({"timeout": -1}, {"timeout": float("nan")}, {"timeout": 10**400}, {"filter": "no filter"}, {"keep": "x"}, {"layers": ["x"]},
                        {"names": {"IP": {"x": "y"}}}, {"names": {"IP": {"192.0.2.1": ""}}}):
            with self.assertRaises(ValueError):
                iotsig.packets(path, **options)
        for options in ({"timeout": "20"}, {"timeout": True}, {"filter": 5}, {"names": []}, {"names": {"IP": 5}}, {"names": {"IP": {5: "x"}}},
                        {"progress": 5}, {"keep": 5}):
            with self.assertRaises(TypeError):
                iotsig.packets(path, **options)
        packets = iotsig.packets(path)
        self.assertEqual(packets.hosts(), {"IP": {"198.51.100.7": "api.plug.example"}, "ALIAS": {}})
        packets.close()
        self.assertEqual((list(packets), packets.hosts()), ([], None))

    # Patterns.

    def test_flows(self):
        path = self.event(1)
        pattern = iotsig.flows(path)
        (record,) = json.loads(self.run_ok("flows", "--format", "json", path))
        self.assertEqual(pattern.hosts, record["hosts"])
        self.assertEqual(len(pattern), len(record["flows"]))
        for flow, wanted in zip(pattern, record["flows"]):
            self.assertEqual([getattr(flow, name) for name in ("id", "src", "dst", "sport", "dport", "count", "packets", "bytes")],
                             [wanted[name] for name in ("id", "src", "dst", "sport", "dport", "count", "packets", "bytes")])
            self.assertEqual([dict(zip(("host", "port", "count", "fixed"), port)) for port in flow.ports], wanted["ports"])
        self.assertEqual(pattern[-1], pattern[len(pattern) - 1])
        self.assertEqual(pattern[:1], [pattern[0]])
        self.assertEqual(pattern.index(pattern[1]), 1)
        for index in (99, -99):
            with self.assertRaises(IndexError):
                pattern[index]  # pylint: disable=pointless-statement
        for form in ("csv", "json", "jsonl", "text"):
            self.assertEqual(len(pattern.text(form)) > 0, True)
            pattern.write(self.path("out." + form))
            self.assertEqual(self.read("out." + form).decode(), pattern.text(form))
        self.assertEqual(iotsig.flows(self.path("out.json")), pattern)
        self.assertEqual(iotsig.flows(self.path("out.csv")), pattern)
        with self.assertRaises(ValueError):
            pattern.text("yaml")
        with self.assertRaises(OSError):
            pattern.write(self.path("no/folder/x.csv"))

    def test_extract(self):
        paths = [self.event(i) for i in (1, 2, 3)]
        signature = iotsig.extract(paths)
        self.assertEqual(json.loads(signature.text()), json.loads(self.run_ok("extract", "--format", "json", *paths)))
        self.assertEqual((signature.captures, signature.timeout), (tuple(paths), 20.0))
        self.assertEqual(iotsig.extract([iotsig.flows(p) for p in paths])[:], signature[:])
        with open(paths[0], "rb") as file:
            self.assertEqual(len(iotsig.extract([file, paths[1], iotsig.flows(paths[2])], name="on")), len(signature))
        with self.assertRaises(iotsig.EmptyError):
            iotsig.extract([self.capture(name="empty.pcap")])
        with self.assertRaises(FileNotFoundError):
            iotsig.extract(self.path("none"))
        with self.assertWarns(iotsig.CaptureWarning):
            iotsig.extract([*paths, self.path("none")])

    def test_compare(self):
        a, b = iotsig.flows(self.event(1)), iotsig.flows(self.capture(*plug(50000, "other.plug.example"), name="b.pcap"))
        paths = [self.path("1.pcap"), self.path("b.pcap")]
        record = json.loads(support.run("compare", "--format", "json", *paths).out)
        found = iotsig.compare(a, b)
        self.assertEqual(found.distance, Fraction(record["distance"]))
        self.assertEqual(iotsig.compare(a, a), (0, found.pairs and [(f, f, 0) for f in a], [], []))
        self.assertTrue(iotsig.compare(a, a).equal)
        self.assertEqual([p.b for p in iotsig.closest(a, a)], list(a))
        for wrong in (5, None, []):
            with self.assertRaises(TypeError):
                iotsig.compare(a, wrong)

    def test_values(self):
        """Tuples and patterns can be copied and pickled, and tuples be hashed and put in order."""
        paths = [self.event(1), self.event(2)]
        packet = next(iotsig.packets(paths[0]))
        pattern, signature = iotsig.flows(paths[0]), iotsig.extract(paths)
        for thing in (packet, packet.application_layer, pattern[0], pattern[0].ports[0], pattern, signature):
            for twin in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
                self.assertEqual(twin, thing)
                self.assertEqual(type(twin), type(thing))
                self.assertEqual(repr(twin), repr(thing))
        same = [self.event(1, step=SECOND // (10 * i)) for i in (1, 2)]  # a random port that is the same in both
        for thing in (iotsig.flows(same[0], match_random_ports=True), iotsig.extract(same, match_random_ports=True)):
            twin = pickle.loads(pickle.dumps(thing))
            self.assertEqual((list(twin), twin.text("csv")), (list(thing), thing.text("csv")))
        self.assertTrue(all(port.fixed for port in twin[0].ports) and twin[0].ports[0].port > 40000)
        twin = pickle.loads(pickle.dumps(signature))
        for name in ("twin.json", "twin.csv"):
            twin.write(self.path(name))
            signature.write(self.path(name + ".own"), name.rsplit(".", 1)[1])
            self.assertEqual(self.read(name), self.read(name + ".own"))
        with self.assertRaises(iotsig.WriteError):
            twin.write(self.path("no/such/folder.json"))
        for form in ("json", "csv", "jsonl", "text"):
            self.assertEqual(twin.text(form), signature.text(form))
        self.assertEqual(len({packet, packet, pattern[0]}), 2)
        ports = [port for flow in pattern for port in flow.ports]
        self.assertEqual([p.host for p in sorted(ports)], sorted(p.host for p in ports))

    def test_profile_and_firewall(self):
        signature = iotsig.extract([self.event(1), self.event(2)])
        self.assertIn("single-policies", signature.profile(device="plug", ipv4="192.0.2.10"))
        signature.write_firewall(self.path("wall"), device="plug", ipv4="192.0.2.10")
        self.assertIn(b"api.plug.example", self.read("wall/firewall.nft") + self.read("wall/README.txt"))
        with self.assertRaises(ValueError):
            signature.write_firewall(self.path("wall2"), device="plug", ipv4="x")
        head = "network_protocol,src,dst,transport_protocol,sport,dport,application_layer\r\n"
        bad = "IPv4,192.0.2.10,gateway,TCP,,443,\r\n"  # a host of the network that is called so
        good = "IPv4,192.0.2.10,192.0.2.1,TCP,,80,\r\n"
        with self.assertRaises(iotsig.FormatError) as failed:
            iotsig.flows(self.write("bad.csv", head + bad)).write_firewall(self.path("none"), device="plug", ipv4="192.0.2.10")
        with self.assertWarns(iotsig.CaptureWarning) as warned:
            iotsig.flows(self.write("some.csv", head + bad + good)).write_firewall(self.path("some"), device="plug", ipv4="192.0.2.10")
        for text in (str(failed.exception), str(warned.warning)):
            self.assertIn("policy 192.0.2.10-gateway_TCP_dst_443: ipv4.dst: no host", text)
        self.assertIn(b"192.0.2.1 meta l4proto tcp tcp dport 80", self.read("some/firewall.nft"))

    def test_detect(self):
        """Two features of a signature in a row."""
        folder = os.path.dirname(self.write("sig/on.json", json.dumps(SIGNATURE)))

        def ask(name):
            return make.ethernet(make.udp("192.168.1.101", 40000, "192.168.1.1", 53, make.dns([(name, "A")])), src="02:00:00:01:00:01",
                                 dst="02:00:00:00:00:02")

        path = self.write("d.pcap", make.pcap([(START + SECOND, ask("a.example")), (START + 5 * SECOND // 2, ask("b.example"))]))
        wanted = [("on", (), 1, "02:00:00:01:00:01", START + SECOND, START + 5 * SECOND // 2, ())]
        self.assertEqual(iotsig.detect(path, folder), wanted)
        with open(path, "rb") as file:
            self.assertEqual(iotsig.detect(file, folder, device="192.168.1.101"), wanted)
        self.assertEqual(iotsig.detect(path, folder, device="192.168.1.102"), [])
        third = {**SIGNATURE["mandatory"][0], "feature": "dns A c.example", "bits": "0.50"}  # less than a tenth of all
        most = os.path.dirname(self.write("most/on.json", json.dumps({**SIGNATURE, "mandatory": [*SIGNATURE["mandatory"], third]})))
        (found,) = iotsig.detect(path, most)
        self.assertEqual((found.coverage, found.missing), (Fraction(16, 17), (("name", "dns A c.example"),)))
        with self.assertWarns(iotsig.CaptureWarning):
            with open(path, "rb") as file:
                self.assertEqual(iotsig.detect(self.write("e.pcap", file.read() + b"\xff" * 40), folder), wanted)
        for source, signatures, kind in ((self.path("none"), folder, ValueError), (path, self.path("none"), ValueError), (path, path, ValueError),
                                         (5, folder, TypeError), (path, 5, TypeError), ("a\0b", folder, ValueError)):
            with self.assertRaises(kind):
                iotsig.detect(source, signatures)

    # Running.

    def test_progress(self):
        count = 200000
        path = self.capture(*[make.udp("192.0.2.1", 4000, "192.0.2.2", 5000, b"x")] * count, name="long.pcap", step=1000)
        seen = []
        self.assertEqual(iotsig.flows(path, progress=seen.append)[0].packets, count)
        self.assertEqual([p.packets for p in seen], [65536, 131072, 196608])
        self.assertEqual({(p.path, p.size) for p in seen}, {(path, os.path.getsize(path))})
        library = os.path.dirname(self.write("sig/on.json", json.dumps(SIGNATURE)))
        seen.clear()
        self.assertEqual(iotsig.detect(path, library, progress=seen.append), [])
        self.assertEqual([(p.path, p.packets, p.size) for p in seen], [(path, n, os.path.getsize(path)) for n in (65536, 131072, 196608)])
        for function in (iotsig.flows, iotsig.packets, iotsig.extract, lambda *a, **more: iotsig.detect(*a, library, **more)):
            with self.assertRaises(ZeroDivisionError):
                function(path, progress=lambda p: 1 // 0)
        previous = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        try:
            for function in (iotsig.flows, iotsig.packets, iotsig.extract):
                with self.assertRaises(KeyboardInterrupt):
                    function(path, progress=lambda p: signal.raise_signal(signal.SIGALRM))
        finally:
            signal.signal(signal.SIGALRM, previous)
        self.threads(path)

    def threads(self, path):
        """While one thread reads a capture, another goes on: it was asked for the GIL."""
        read, write = os.pipe()
        began, result = threading.Event(), []

        def work():
            began.set()
            with open(read, "rb", buffering=0) as file:
                result.append(iotsig.flows(f"/proc/self/fd/{file.fileno()}"))

        thread = threading.Thread(target=work)
        thread.start()
        began.wait()
        with open(path, "rb") as file, open(write, "wb") as pipe:
            pipe.write(file.read())  # the reader waits for it in the library
        thread.join()
        self.assertEqual(result[0][:], iotsig.flows(path)[:])
        results = {}

        def count(name):
            results[name] = iotsig.flows(path)[0].packets

        threads = [threading.Thread(target=count, args=(i,)) for i in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(results, dict.fromkeys(range(4), 200000))

    def test_no_leak(self):
        paths = [self.event(1), self.event(2)]
        empty = self.write("x", b"")

        def work(times):
            for _ in range(times):
                signature = iotsig.extract(paths, names={"IP": {"192.0.2.3": "x.example"}}, same_hosts={"a": "b"})
                list(signature)
                list(iotsig.packets(paths[0]))
                next(iotsig.packets(paths[0]))
                signature.text("csv")
                iotsig.compare(signature, signature)
                try:
                    iotsig.flows(empty)
                except ValueError:
                    pass

        packages.assert_balanced(self, work)
        times = int(os.environ.get("IOTSIG_LOOPS", "40" if packages.SANITIZED else "200"))
        work(times)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        blocks = sys.getallocatedblocks()
        work(times)
        gc.collect()
        self.assertLess(sys.getallocatedblocks() - blocks, 200)
        if not packages.SANITIZED:
            self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 4096)

    def test_circle(self):
        """An iterator that its own progress function holds is collected."""
        class Holder:
            pass

        holder = Holder()
        holder.packets = iotsig.packets(self.event(1), progress=lambda _, holder=holder: None)
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        self.assertIsNone(gone())

    def test_no_memory(self):
        path, native = self.event(1), iotsig._iotsig
        source = os.fsencode(path), -1
        options = iotsig._options(timeout_ns=0, same_hosts={"a.example": "b.example"}, names={"IP": {"192.0.2.1": "x.example"}}, layers="all")
        pattern = iotsig.flows(path)._native
        packages.assert_only_memory_errors(self, {
            "packets": lambda: list(native.packets(source, options)), "hosts": lambda: native.packets(source, options).hosts(),
            "columns": lambda: native.packet_columns(source, options),
            "read": lambda: [list(found) for found, _, _ in native.read((source, source), options, False)[0]],
            "extract": lambda: native.extract((source, pattern), options, "x"), "compare": lambda: native.compare(pattern, pattern, False, [("a", "b")]),
            "closest": lambda: native.closest(pattern, pattern, False), "text": lambda: pattern.text("json"),
            "layer": lambda: native.layer_of("DNS - response: False, qtype: A, domain-name: x\0y"), "odd": lambda: native.hosts_equal("\ud800\0", "b", ()),
            "learn": lambda: native.learn_names({"IP": {"192.0.2.1": "x"}}, (17, 53, 5, "192.0.2.1", b"x" * 40))})

    def test_load_names(self):
        path = self.write("names.json", '{"IP": {"192.0.2.1": "a.example"}, "ALIAS": {"c.example": "b.example"}}')
        self.assertEqual(iotsig.load_names(path), {"IP": {"192.0.2.1": "a.example"}, "ALIAS": {"c.example": "b.example"}})
        with self.assertRaises(ValueError):
            iotsig.load_names(self.write("bad.json", "{"))

    def test_no_warning_by_itself(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            iotsig.extract([self.event(1), self.event(2)])


if __name__ == "__main__":
    unittest.main()
