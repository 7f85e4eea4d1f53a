# SPDX-License-Identifier: GPL-3.0-or-later
"""Real captures through the compatible package: packets, names, flows and signatures are the program's.

The program itself is held against what is expected of them by tests/corpus.
"""
import glob
import json
import os
import unittest

import packages  # makes the packages importable  # pylint: disable=unused-import
import support

support.need_corpus()

from signature_extraction.event_signature_extraction import patterns_to_signature, pcaps_to_signature_pattern  # pylint: disable=wrong-import-position
from signature_extraction.flow_grouping import group_pkts_per_flow  # pylint: disable=wrong-import-position
from signature_extraction.pkt_extraction import pcap_to_pkts  # pylint: disable=wrong-import-position

SMALL = 1_000_000  # bytes: enough of all kinds, in little time


def layer_of(layer):
    """As the program writes it."""
    return None if layer is None else {"protocol": layer.protocol_name, **dict(layer._pairs()[1])}


def packet_of(packet):
    return (str(packet.timestamp), packet.network_protocol, packet.src, packet.dst, packet.transport_protocol, packet.sport, packet.dport,
            layer_of(packet.application_layer), packet.length)


def packet_of_record(record):
    return (record["timestamp"], *(record[name] for name in ("network_protocol", "src", "dst", "transport_protocol", "sport", "dport",
                                                             "application_layer", "length")))


def flow_of(flow):
    fixed = flow.get_fixed_ports()
    return (flow.network_protocol, flow.src, flow.dst, flow.transport_protocol, layer_of(flow.application_layer), flow.count, flow.packets, flow.bytes,
            [(host, port, count, (host, port) in fixed) for (host, port), count in flow.ports.items()])


def flow_of_record(record):
    return (*(record[name] for name in ("network_protocol", "src", "dst", "transport_protocol", "application_layer", "count", "packets", "bytes")),
            [(p["host"], p["port"], p["count"], p["fixed"]) for p in record["ports"]])


def small(pattern):
    return [path for path in sorted(glob.glob(os.path.join(support.CORPUS, pattern))) if os.path.getsize(path) < SMALL]


class Corpus(support.Case):
    def records(self, command, path):
        return [json.loads(line) for line in support.run(command, "--format", "jsonl", path).out.splitlines()]

    def test_captures(self):
        paths = small("captures/*.pcap")
        self.assertGreater(len(paths), 5)
        for path in paths:
            with self.subTest(path):
                table = {}
                packets = pcap_to_pkts(path, table)
                self.assertEqual([packet_of(p) for p in packets], [packet_of_record(r) for r in self.records("packets", path)])
                (pattern,) = json.loads(support.run("flows", "--format", "json", path).out)
                self.assertEqual(table, pattern["hosts"])
                wanted = [flow_of_record(r) for r in pattern["flows"]]
                self.assertEqual([flow_of(f) for f in group_pkts_per_flow(packets).flows], wanted)

    def test_signatures(self):
        for folder in sorted(glob.glob(os.path.join(support.CORPUS, "setup", "*"))):
            paths = sorted(glob.glob(os.path.join(folder, "*.pcap")))[:2]
            with self.subTest(folder):
                signature = json.loads(support.run("extract", "--format", "json", *paths).out)["signature"]
                if signature is None:
                    with self.assertRaises(ValueError):
                        pcaps_to_signature_pattern(paths)
                    continue
                wanted = [flow_of_record(r) for r in signature["flows"]]
                found = pcaps_to_signature_pattern(paths)
                self.assertEqual([flow_of(f) for f in found.flows], wanted)
                table = {}
                patterns = [group_pkts_per_flow(pcap_to_pkts(path, table)) for path in paths]
                for pattern in patterns:
                    self.assertEqual(len(pattern.flows), len(pattern))  # objects from now on
                self.assertEqual([flow_of(f) for f in patterns_to_signature(patterns).flows], wanted)


if __name__ == "__main__":
    unittest.main()
