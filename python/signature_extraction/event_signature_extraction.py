# SPDX-License-Identifier: GPL-3.0-or-later
"""From the captures of an event to its signature."""
from iotsig import EmptyError, _iotsig, _options

from .inputs import NO_TABLE, read_patterns
from .network.NetworkPattern import NetworkPattern


def _extract(natives, match_random_ports):
    options = _options(timeout_ns=0, match_random_ports=match_random_ports)
    signature, _, _ = _iotsig.extract(tuple(natives), options, "signature")
    if signature is None:
        raise EmptyError("no pattern holds a flow")
    return signature


def patterns_to_signature(patterns, match_random_ports=False):
    """The flows that all patterns have in common. ValueError when none holds a flow."""
    patterns = list(patterns)
    if not all(isinstance(pattern, NetworkPattern) for pattern in patterns):
        raise TypeError("patterns are expected")
    partial = any(pattern._partial or any(getattr(flow, "_open_hosts", ()) for flow in pattern._flows or ()) for pattern in patterns)
    natives = [pattern._in_library() for pattern in patterns]
    return NetworkPattern._of_library(_extract(natives, bool(match_random_ports)), partial)


def pcaps_to_signature_pattern(pcap_files, dns_table=NO_TABLE, timeout=20, match_random_ports=False, *, progress=None):
    """The signature of one capture, or of a list; these share the table of names, which is updated in place."""
    natives = read_patterns(pcap_files, dns_table, timeout, bool(match_random_ports), progress)
    return NetworkPattern._of_library(_extract(natives, bool(match_random_ports)))


def pcaps_to_signature_csv(pcap_files, output_file, dns_table=NO_TABLE, timeout=20, match_random_ports=False, *, progress=None):
    """The same to a file."""
    pcaps_to_signature_pattern(pcap_files, dns_table, timeout, match_random_ports, progress=progress).to_csv(output_file)
