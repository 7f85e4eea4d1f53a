# SPDX-License-Identifier: GPL-3.0-or-later
"""From packets to patterns."""
from iotsig import _iotsig

from .inputs import read_whole
from .network.FlowFingerprint import FlowFingerprint
from .network.NetworkPattern import NetworkPattern


def group_pkts_per_flow(pkts, match_random_ports=False):
    """The flow fingerprints of packets."""
    pkts = list(pkts)
    if not all(hasattr(packet, "sport") and hasattr(packet, "dport") for packet in pkts):
        raise TypeError("packets are expected")
    native = _iotsig.pattern_from_packets(pkts, bool(match_random_ports))
    return NetworkPattern._of_library(native, any(None in (p.src, p.dst, p.transport_protocol, p.sport, p.dport) for p in pkts))


def pkts_csv_to_pattern_csv(pkts_file, pattern_file, match_random_ports=False):
    """From a file of packets to a file of their pattern."""
    found = read_whole(pkts_file, match_random_ports)
    if len(found) == 1:
        found[0].write(pattern_file, "csv")
    else:
        NetworkPattern([FlowFingerprint._of_library(flow) for native in found for flow in native]).to_csv(pattern_file)
