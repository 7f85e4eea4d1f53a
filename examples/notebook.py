#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From captures of an event to a plot of when each flow of its signature occurs. Cells (# %%) run in a notebook, too.

usage: notebook.py CAPTURE... [-o PLOT.png]
"""
# %% What is read
import argparse

import matplotlib
import pandas

from signature_extraction.event_signature_extraction import pcaps_to_signature_pattern
from signature_extraction.network import FlowFingerprint
from signature_extraction.pkt_extraction import pcap_to_pkts

captures, plot = [], "flows.png"  # in a notebook, the paths of captures are written here
if not captures:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("captures", nargs="+")
    arguments.add_argument("-o", dest="plot", default=plot)
    options = arguments.parse_args()
    captures, plot = options.captures, options.plot

# %% The signature: the flows that all captures have in common
names = {}  # of hosts, as the captures tell them
signature = pcaps_to_signature_pattern(captures, names, progress=True)
print(signature)

# %% When each of them occurs: seconds since the first packet of a capture
rows = []
for capture in captures:
    packets = pcap_to_pkts(capture, names)
    for packet in packets:
        try:
            number, _ = signature.find_matching_flow(FlowFingerprint(packet))
        except ValueError:
            continue  # no flow of the signature
        rows.append({"capture": capture, "flow": number, "seconds": packet.timestamp - packets[0].timestamp, "bytes": packet.length})
seen = pandas.DataFrame(rows, columns=["capture", "flow", "seconds", "bytes"])
print(seen.groupby("flow")["seconds"].describe()[["count", "min", "max"]])

# %% The plot: a row for each flow, a colour for each capture
matplotlib.use("Agg")  # leave this out in a notebook
from matplotlib import pyplot  # pylint: disable=wrong-import-position

figure, axes = pyplot.subplots(figsize=(12, 1.5 + 0.5 * len(signature)), layout="constrained")
for capture, of_capture in seen.groupby("capture"):
    axes.scatter(of_capture["seconds"], of_capture["flow"], s=20, alpha=0.6, label=capture)
axes.set_yticks(range(len(signature)), [str(flow) for flow in signature.flows])
axes.set_xlabel("seconds since the first packet")
axes.invert_yaxis()
axes.legend(loc="best", fontsize="small")
figure.savefig(plot)
