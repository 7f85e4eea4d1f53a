# SPDX-License-Identifier: GPL-3.0-or-later
"""From captures to packets."""
import os
from array import array
from decimal import Decimal

from iotsig import _iotsig, _opened, _warn, _watching

from .application_layer.ApplicationLayer import layer_from
from .inputs import NO_TABLE, options_for, own_table
from .network.Packet import Packet, restart_numbers
from .timestamp import Timestamp
from .utils.packet_utils import update_table

COLUMNS = ["id", "timestamp", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer", "length"]
_NETWORKS, _TRANSPORTS = {4: "IPv4", 6: "IPv6"}, {6: "TCP", 17: "UDP"}

# The pause, in seconds, that ended the event of the last capture.
timeout = 20


def reset_vars():
    """The module's variables as they were at first."""
    global timeout  # pylint: disable=global-statement
    timeout = 20
    restart_numbers()


def _read(pcap_file, dns_table_arg, timeout_arg, progress):
    global timeout  # pylint: disable=global-statement
    table = own_table(dns_table_arg)
    with _opened(pcap_file) as source, _watching(progress) as callback:
        options = options_for(table, timeout_arg, progress=callback)
        timeout = timeout_arg
        columns = _iotsig.packet_columns(source, options)
    failure = columns["failure"]
    if failure is not None:
        _warn(failure.file, failure.position, failure.message)
    update_table(table, columns["hosts"])
    return columns


def _packet(number, time, network, src, dst, transport, sport, dport, layer, length):
    packet = Packet.__new__(Packet)
    packet.__dict__ = {
        "id": number, "src": src, "dst": dst, "network_protocol": network, "transport_protocol": transport, "sport": sport, "dport": dport,
        "application_layer": layer, "timestamp": time, "length": length}
    return packet


def pcap_to_pkts(pcap_file, dns_table_arg=NO_TABLE, timeout_arg=20, *, progress=None):
    """The packets of a capture that count, with the names of hosts.

    `dns_table_arg` is updated in place. A pause of more seconds than `timeout_arg` ends the event; 0: any gap; None: none.
    """
    columns = _read(pcap_file, dns_table_arg, timeout_arg, progress)
    texts, layers = columns["texts"], [layer_from(layer) for layer in columns["layers"]]
    times = [Timestamp(ns, digits) if digits else None for ns, digits in zip(array("q", columns["time"]), columns["digits"])]
    return [
        _packet(i, time, _NETWORKS[network], texts[src], texts[dst], _TRANSPORTS[transport], sport, dport,
                None if layer < 0 else layers[layer]._twin(), length)
        for i, (time, network, src, dst, transport, sport, dport, layer, length) in enumerate(zip(
            times, columns["network"], array("i", columns["src"]), array("i", columns["dst"]), columns["transport"],
            array("H", columns["sport"]), array("H", columns["dport"]), array("i", columns["layer"]), array("Q", columns["length"])))
    ]


def pcap_to_df(pcap_file, dns_table_arg=NO_TABLE, timeout_arg=20, *, progress=None):
    """The same as a DataFrame. Packets whose application layers are alike share one object."""
    import numpy  # pylint: disable=import-outside-toplevel
    import pandas  # pylint: disable=import-outside-toplevel

    columns = _read(pcap_file, dns_table_arg, timeout_arg, progress)

    def numbers(name, kind):
        return numpy.frombuffer(columns[name], dtype=kind)

    def objects(values):
        found = numpy.empty(len(values), dtype=object)
        for i, value in enumerate(values):
            found[i] = value
        return found

    texts = objects(columns["texts"])
    layers = objects([*(layer_from(layer) for layer in columns["layers"]), None])  # None is at -1
    networks, transports = objects([_NETWORKS.get(i) for i in range(7)]), objects([_TRANSPORTS.get(i) for i in range(18)])
    ns = numbers("time", numpy.int64)
    seconds = ns // 10**9 + ns % 10**9 / 1e9
    if not numbers("digits", numpy.uint8).all():
        seconds[numbers("digits", numpy.uint8) == 0] = numpy.nan
    return pandas.DataFrame({
        "id": numpy.arange(columns["count"], dtype=numpy.int64), "timestamp": seconds.astype(numpy.float64),
        "network_protocol": networks[numbers("network", numpy.uint8)],
        "src": texts[numbers("src", numpy.int32)], "dst": texts[numbers("dst", numpy.int32)],
        "transport_protocol": transports[numbers("transport", numpy.uint8)],
        "sport": numbers("sport", numpy.uint16).astype(numpy.int64), "dport": numbers("dport", numpy.uint16).astype(numpy.int64),
        "application_layer": layers[numbers("layer", numpy.int32)], "length": numbers("length", numpy.uint64).astype(numpy.int64),
    }, copy=False)


def pcap_to_csv(pcap_file, output_file, dns_table_arg=NO_TABLE, timeout_arg=20, *, progress=None):
    """The same to a file."""
    pkts_to_csv(pcap_to_pkts(pcap_file, dns_table_arg, timeout_arg, progress=progress), output_file)


def pkts_to_df(pkts):
    """Packets as a DataFrame, a row each."""
    import pandas  # pylint: disable=import-outside-toplevel

    rows = [dict(packet) for packet in pkts]
    for row in rows:
        if isinstance(row["timestamp"], Decimal):  # of scapy: pandas calculates with floats
            row["timestamp"] = float(row["timestamp"])
    return pandas.DataFrame(rows, columns=COLUMNS)


def _plain(value):
    """Without what pandas has for absent values, and the fractions of whole numbers that come with it."""
    if isinstance(value, float) and value != value:  # pylint: disable=comparison-with-itself
        return None
    return value


def _port(value):
    return int(value) if isinstance(value, float) and value == value and value.is_integer() else _plain(value)


def df_to_pkts(df):
    """The rows of a DataFrame as packets."""
    import pandas  # pylint: disable=import-outside-toplevel

    if not isinstance(df, pandas.DataFrame):
        raise TypeError("a DataFrame is expected")
    packets = []
    for row in df.to_dict("records"):
        row = {name: None if value is pandas.NaT or value is pandas.NA else _plain(value) for name, value in row.items()}
        packets.append(Packet({**row, "sport": _port(row.get("sport")), "dport": _port(row.get("dport"))}))
    return packets


def pkts_to_csv(pkts, output_file):
    """Writes packets to a file, which the program reads, too."""
    _iotsig.write_packets(pkts, os.fspath(output_file))
