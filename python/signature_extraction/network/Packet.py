# SPDX-License-Identifier: GPL-3.0-or-later
"""Summaries of packets."""
import itertools

from ..application_layer import ApplicationLayer
from ..utils.packet_utils import (
    first_layer, get_domain_name_from_ip, guess_network_protocol, if_correct_type, integer, is_scapy, table_of,
)

_numbers = itertools.count()


def restart_numbers():
    """The next packet is number 0."""
    global _numbers  # pylint: disable=global-statement
    _numbers = itertools.count()


def network_of(*hosts):
    """The network protocol that hosts tell, else IPv4."""
    for host in hosts:
        try:
            return guess_network_protocol(host)
        except ValueError:
            pass
    return "IPv4"


class Packet:
    """What is kept of a packet; made of a dict of its attributes."""

    def __init__(self, packet):
        if not isinstance(packet, dict):
            raise TypeError("a packet is made of a dict")
        number = integer(packet.get("id"))
        self.id = next(_numbers) if number is None else number
        self.src = if_correct_type(packet.get("src"), str)
        self.dst = if_correct_type(packet.get("dst"), str)
        network = packet.get("network_protocol")
        self.network_protocol = network_of(self.src, self.dst) if network is None else if_correct_type(network, str, "IPv4")
        self.transport_protocol = if_correct_type(packet.get("transport_protocol"), str)
        self.sport = integer(packet.get("sport"))
        self.dport = integer(packet.get("dport"))
        self.application_layer = packet.get("application_layer")
        self.timestamp = packet.get("timestamp")
        self.length = packet.get("length")

    @classmethod
    def build_from_pkt(cls, packet):
        """Of a packet of scapy."""
        if not is_scapy(packet):
            raise TypeError("a packet of scapy is expected")
        network = first_layer(packet, "IP", "IPv6")
        transport = first_layer(packet, "TCP", "UDP")
        try:
            layer = ApplicationLayer.init_protocol(packet)
        except ValueError:
            layer = None
        length = getattr(packet, "wirelen", None)
        return cls({
            "src": getattr(network, "src", None), "dst": getattr(network, "dst", None),
            "network_protocol": "IPv6" if type(network).__name__ == "IPv6" else "IPv4",
            "transport_protocol": None if transport is None else type(transport).__name__,
            "sport": getattr(transport, "sport", None), "dport": getattr(transport, "dport", None),
            "application_layer": layer, "timestamp": packet.time, "length": len(packet) if length is None else length,
        })

    def set_domain_names(self, dns_table):
        """Puts the names of its hosts in place of their addresses, as far as they are known."""
        dns_table = table_of(dns_table)
        for end in ("src", "dst"):
            try:
                setattr(self, end, get_domain_name_from_ip(getattr(self, end), dns_table))
            except (KeyError, TypeError):
                pass

    @staticmethod
    def replace_ips_with_domains(pkts, dns_table):
        """Does so for all packets of a list, and returns it."""
        for packet in pkts:
            if not isinstance(packet, Packet):
                raise TypeError("packets are expected")
            packet.set_domain_names(dns_table)
        return pkts

    def _key(self):
        return (self.network_protocol, self.src, self.dst, self.transport_protocol, self.sport, self.dport)

    def __eq__(self, other):
        if not isinstance(other, Packet):
            return NotImplemented
        return self._key() == other._key() and self.application_layer == other.application_layer

    def __hash__(self):
        return hash(self._key())

    def __lt__(self, other):
        return self.timestamp < other.timestamp if isinstance(other, Packet) else NotImplemented

    def __gt__(self, other):
        return self.timestamp > other.timestamp if isinstance(other, Packet) else NotImplemented

    def __iter__(self):
        for name in ("id", "timestamp", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer",
                     "length"):
            yield name, getattr(self, name)

    def __repr__(self):
        source = self.src if self.sport is None else f"{self.src}:{self.sport}"
        target = self.dst if self.dport is None else f"{self.dst}:{self.dport}"
        layer = "" if self.application_layer is None else f" / {self.application_layer}"
        return f"{self.timestamp}: {source} -> {target} [{self.transport_protocol}{layer}]"
