# SPDX-License-Identifier: GPL-3.0-or-later
"""From packets to patterns."""
import os

from iotsig import _iotsig, _options

from .network.NetworkPattern import NetworkPattern


def group_pkts_per_flow(pkts, match_random_ports=False):
    """The flow fingerprints of packets."""
    pkts = list(pkts)
    if not all(hasattr(packet, "sport") and hasattr(packet, "dport") for packet in pkts):
        raise TypeError("packets are expected")
    without_ports = any(packet.sport is None or packet.dport is None for packet in pkts)
    return NetworkPattern._of_library(_iotsig.pattern_from_packets(pkts, bool(match_random_ports)), without_ports)


def pkts_csv_to_pattern_csv(pkts_file, pattern_file, match_random_ports=False):
    """From a file of packets to a file of their pattern."""
    options = _options(timeout_ns=0, match_random_ports=match_random_ports)
    found, failures = _iotsig.read(((os.fsencode(pkts_file), -1),), options, False)
    if failures:
        raise failures[0]
    flows = [flow for native, _, _ in found for flow in native]
    if len(found) == 1:
        found[0][0].write(os.fspath(pattern_file), "csv")
    else:
        from .network.FlowFingerprint import FlowFingerprint  # pylint: disable=import-outside-toplevel

        NetworkPattern([FlowFingerprint._of_library(flow) for flow in flows]).to_csv(pattern_file)
