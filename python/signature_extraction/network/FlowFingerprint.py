# SPDX-License-Identifier: GPL-3.0-or-later
"""Flow fingerprints. The library matches, adds and compares them."""
import copy
import json
import operator
import os
import re
import tempfile
import time
from fractions import Fraction

import iotsig
from iotsig import _iotsig, _pairs
from iotsig.errors import writing

from ..application_layer import ApplicationLayer
from ..application_layer.ApplicationLayer import layer_from
from .Packet import Packet

# As in the library: the parts of a flow that are matched (extension/object.c), and in what flows differ.
_PART_HOSTS, _PART_PORTS, _PART_ALL = 2, 4, 31
_DIFFERENT_HOST, _DIFFERENT_PORT = 2, 3

_THIRD = Fraction(1, 3)


def _end(host, port):
    return f"{host}" if port is None else f"{host}:{port}"


class FlowFingerprint:
    """What is the same in the packets between two ends; made of a dict, a packet, or a list of these."""

    WEIGHT_NETWORK = _THIRD
    WEIGHT_TRANSPORT = _THIRD
    WEIGHT_APPLICATION = _THIRD
    WEIGHT_NETWORK_PROTOCOL = _THIRD
    WEIGHT_HOSTS = 2 * _THIRD
    WEIGHT_SINGLE_HOST = _THIRD
    WEIGHT_TRANSPORT_PROTOCOL = _THIRD
    WEIGHT_PORTS = 2 * _THIRD

    PROTOCOL_NAMES = {"ipv4": "IPv4", "ipv6": "IPv6", "tcp": "TCP", "udp": "UDP", "dns": "DNS", "mdns": "DNS", "http": "HTTP",
                      "ssdp": "SSDP", "coap": "CoAP", "dhcp": "DHCP"}
    PROTOCOL_LAYERS = {"ipv4": "network_protocol", "ipv6": "network_protocol", "tcp": "transport_protocol", "udp": "transport_protocol",
                       "dns": "application_layer", "mdns": "application_layer", "http": "application_layer",
                       "ssdp": "application_layer", "coap": "application_layer", "dhcp": "application_layer"}

    _open_hosts = ()  # hosts of a policy that tells no port of theirs
    _words = {}  # of a policy's hosts, by how they are spelt to be no words

    def __init__(self, packets):
        if isinstance(packets, (dict, Packet)):
            packets = [packets]
        packets = [dict(packet) if isinstance(packet, (dict, Packet)) else packet for packet in packets]
        if not packets:
            raise ValueError("a flow is made of one packet at least")
        for packet in packets:
            if not isinstance(packet, dict):
                raise TypeError("a flow is made of a dict, a packet, or a list of these")
        self._take(packets[0])
        if "ports" not in packets[0]:
            for packet in packets[1:]:
                other = Packet({**packet, "id": 0})
                self._add_ends(other.src, other.sport, other.dst, other.dport)

    def _take(self, flow):
        packet = Packet({**flow, "id": 0})
        self.network_protocol = packet.network_protocol
        self.src, self.dst = packet.src, packet.dst
        self.transport_protocol = packet.transport_protocol
        self.application_layer = layer_from(packet.application_layer)
        self.count = flow.get("count", 1)
        self.bidirectional = flow.get("bidirectional", True)
        self.ports = dict(flow["ports"]) if isinstance(flow.get("ports"), dict) else {}
        if "ports" not in flow:
            self._add_ends(packet.src, packet.sport, packet.dst, packet.dport)

    def _add_ends(self, src, sport, dst, dport):
        if sport is not None:
            self.ports.setdefault((src, sport), 1)
        if dport is not None:
            self.ports.setdefault((dst, dport), 1)

    @classmethod
    def _of_library(cls, flow, without_ports=False):
        """Of a Flow of the library. without_ports: port 0 stands for none."""
        self = cls.__new__(cls)
        self.network_protocol, self.transport_protocol = flow.network_protocol, flow.transport_protocol
        self.src, self.dst = flow.src or None, flow.dst or None
        self.application_layer = layer_from(flow.application_layer)
        self.ports = {}
        open_hosts = []
        for host, port, count, _ in flow.ports:
            host = host or None
            if port == 0 and without_ports:
                open_hosts.append(host)
            else:
                self.ports[(host, port)] = self.ports.get((host, port), 0) + count
        if open_hosts:
            self._open_hosts = tuple(open_hosts)
        self.count = flow.count
        self.bidirectional = True
        self.packets, self.bytes, self.first, self.last = flow.packets, flow.bytes, flow.first, flow.last
        return self

    # Policies.

    @staticmethod
    def slugify(name):
        """A name of letters, digits, `_`, `.` and `-`."""
        return re.sub(r"[^A-Za-z0-9_.-]", "-", name)

    @staticmethod
    def from_policy(policy):
        """The flow of a policy: what it does not tell is None. `self`, and other words, are hosts of these names."""
        if not isinstance(policy, dict):
            raise TypeError("a policy is a dict")
        protocols = policy.get("protocols")
        if not isinstance(protocols, dict) or not protocols:
            raise ValueError("a policy has protocols")
        whole, words = _whole(protocols)
        try:
            text = json.dumps({"single-policies": {"flow": {**policy, "protocols": whole}}}, default=str)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"not a policy: {error}") from error
        try:
            flow = iotsig.flows(_Memory(text), timeout=None)[0]
        except IndexError as error:
            raise ValueError("the policy is no flow") from error
        made = FlowFingerprint._of_library(flow, without_ports=True)
        made._words = words
        made.bidirectional = bool(policy.get("bidirectional", False))
        made.src, made.dst = _named(made.src), _named(made.dst)
        made.ports = {end: count for end, count in made.ports.items() if end[0] != _ABSENT}
        made._open_hosts = tuple(host for host in made._open_hosts if host != _ABSENT)
        if not {"tcp", "udp"} & set(protocols):
            made.transport_protocol = None
        del made.packets, made.bytes, made.first, made.last
        return made

    def extract_policy(self, ipv4):
        """The policy of the flow, for the device that has this address."""
        self._must_be_whole()
        text = _iotsig.pattern_from_flows([self], False, "").profile((None, None, ipv4, None), "json")
        (policy,) = json.loads(text)["single-policies"].values()
        policy["bidirectional"] = bool(self.bidirectional)
        hosts = policy["protocols"][self.network_protocol.lower()]
        for end, values in hosts.items():
            hosts[end] = [self._words.get(v, v) for v in values] if isinstance(values, list) else self._words.get(values, values)
        return policy

    def translate_to_firewall(self, device_name, ipv4, output_dir=None):
        """Writes the firewall that blocks the flow to a folder: the current one, unless another is given."""
        self._must_be_whole()
        folder = os.getcwd() if output_dir is None else os.fsdecode(output_dir)
        # Written beside the others, then put in their places: the folder may hold anything.
        with writing(folder):
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".firewall-") as place:
                made = os.path.join(place, "firewall")
                _iotsig.pattern_from_flows([self._of_device(ipv4)], False, "").firewall((device_name, None, ipv4, None), made)
                for name in sorted(os.listdir(made)):
                    os.replace(os.path.join(made, name), os.path.join(folder, name))

    def _of_device(self, ipv4):
        """The flow with this address in place of a policy's `self`."""
        if self.network_protocol != "IPv4" or "self" not in self._words.values():
            return self

        def address(host):
            return ipv4 if host == "self" else host

        flow = copy.copy(self)
        flow.src, flow.dst, flow._open_hosts = address(self.src), address(self.dst), tuple(map(address, self._open_hosts))
        flow.ports = {(address(host), port): count for (host, port), count in self.ports.items()}
        return flow

    def _must_be_whole(self):
        for name in ("src", "dst", "network_protocol", "transport_protocol"):
            if getattr(self, name) is None:
                raise ValueError(f"the flow has no {name}")
        if self.transport_protocol not in ("TCP", "UDP") or self.network_protocol not in ("IPv4", "IPv6"):
            raise ValueError("the protocols of the flow are not known")

    # Ports.

    def _fixed(self, match_random_ports=False):
        flags = _iotsig.fixed_ports(self, bool(match_random_ports))
        return [key for key, fixed in zip(list(self.ports), flags) if fixed]

    def get_fixed_ports(self, match_random_ports=False):
        """The (host, port) pairs that are the same in each event."""
        return set(self._fixed(match_random_ports))

    def contains_port(self, port):
        """Whether a port is one of its ports."""
        return operator.index(port) in (number for _, number in self.ports)

    def add_ports(self, other):
        """Its ports with those of another flow, as a dict."""
        mine = list(self.ports)
        joined = _iotsig.join(self, other)
        ports = {}
        for i, (host, port, count) in enumerate(joined):
            key = mine[i] if i < len(mine) else (host, port)
            if i >= len(mine) and port == 0 and key not in other.ports:
                continue  # stands for a port that is not known
            ports[key] = ports.get(key, 0) + count
        return ports

    def add_flow(self, flow):
        """Adds another flow: counts and ports, and what this one lacks."""
        self.ports = self.add_ports(flow)
        self.count += flow.count
        for name in ("network_protocol", "src", "dst", "transport_protocol", "application_layer"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(flow, name))
        if hasattr(self, "packets") and hasattr(flow, "packets"):
            self.packets += flow.packets
            self.bytes += flow.bytes
            self.first = min((t for t in (self.first, flow.first) if t is not None), default=None)
            self.last = max((t for t in (self.last, flow.last) if t is not None), default=None)

    # Matching.

    def match_hosts(self, other, hosts_equal={}):  # pylint: disable=dangerous-default-value
        """Whether the hosts are the same, in the same or the other direction."""
        return _iotsig.match(self, other, False, _pairs(hosts_equal), _PART_HOSTS)

    def match_ports(self, other, match_random_ports=False, hosts_equal={}):  # pylint: disable=dangerous-default-value
        """Whether the fixed ports are the other flow's."""
        return _iotsig.match(self, other, bool(match_random_ports), _pairs(hosts_equal), _PART_PORTS)

    def match_flow(self, other, match_random_ports=False, hosts_equal={}):  # pylint: disable=dangerous-default-value
        """Whether the flow matches another one."""
        return _iotsig.match(self, other, bool(match_random_ports), _pairs(hosts_equal), _PART_ALL)

    def is_in_list(self, flows):
        """Whether it matches one of these."""
        return _iotsig.find(self, flows, False, ()) >= 0

    # Differences and distances.

    def _differences(self, other, kind):
        if not isinstance(other, FlowFingerprint):
            raise TypeError("a flow is expected")
        return [found for found in _iotsig.differences(self, other) if found[0] == kind]

    def get_different_hosts(self, other):
        """The pairs of hosts that differ."""
        return {(a, b) for _, _, a, b, _, _ in self._differences(other, _DIFFERENT_HOST)}

    def get_different_ports(self, other):
        """The ends whose fixed ports differ: host and port of each flow."""
        return {(a, port_a, b, port_b) for _, _, a, b, port_a, port_b in self._differences(other, _DIFFERENT_PORT)}

    def _distances(self, other):
        return [Fraction(*ratio) for ratio in _iotsig.distance(self, other)]

    def compute_distance(self, other):
        """From 0 to 1."""
        return self._distances(other)[0]

    def _distance_network_layer(self, other):
        return self._distances(other)[1]

    def _distance_transport_layer(self, other):
        return self._distances(other)[2]

    def _distance_ports(self, other):
        transport = self._distances(other)[2]
        differ = self.WEIGHT_TRANSPORT_PROTOCOL if self.transport_protocol != other.transport_protocol else 0
        return (transport - differ) / self.WEIGHT_PORTS

    def _distance_application_layer(self, other):
        return self._distances(other)[3]

    def find_closest_flow(self, flows):
        """The first of the flows at the smallest distance. ValueError of none."""
        flows = list(flows)
        if not flows:
            raise ValueError("there is no flow")
        index, _ = _iotsig.closest_flow(self, flows)
        return flows[index]

    # Identifiers.

    def get_id(self):
        """What identifies the flow, as the name of a file."""
        base = _iotsig.flow_id(self, False)
        if self.application_layer is None:
            return base
        whole = f"{base}_{self.slugify(repr(self.application_layer))}"
        return whole if len(whole) <= 200 else _iotsig.flow_id(self, True)

    def get_unique_id(self):
        """The same, with the time."""
        return f"{self.get_id()}_{int(time.time())}"

    # As an object.

    def __iter__(self):
        src, dst = sorted((self.src, self.dst), key=lambda host: (host is None, host or ""))
        fixed = {}
        for host, port in self._fixed():
            fixed.setdefault(host, port)
        yield "network_protocol", self.network_protocol
        yield "src", src
        yield "dst", dst
        yield "transport_protocol", self.transport_protocol
        yield "sport", fixed.get(src)
        yield "dport", fixed.get(dst)
        yield "application_layer", None if self.application_layer is None else tuple(self.application_layer)

    def __eq__(self, other):
        return self.match_flow(other) if isinstance(other, FlowFingerprint) else NotImplemented

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        fixed = {}
        for host, port in self._fixed():
            fixed.setdefault(host, port)
        layer = "" if self.application_layer is None else f" / {self.application_layer}"
        return f"{_end(self.src, fixed.get(self.src))} <-> {_end(self.dst, fixed.get(self.dst))} [{self.transport_protocol}{layer}]"


# Policies are read as those of a profile, which has no device here, and whose flows have two hosts and a transport.

_ABSENT = "\\000"  # the host that a policy does not name


def _spelt(word):
    """A word by its first letter's number, as the name of a host that is called so."""
    return f"\\{ord(word[0]):03d}{word[1:]}"


def _named(host):
    return None if host == _ABSENT else host


def _whole(protocols):
    """The protocols with what is absent; and how the hosts that they name are written when they are no words."""
    whole, words = dict(protocols), {}
    network = next((name for name in ("ipv4", "ipv6") if name in whole), "ipv4")
    fields = whole.get(network, {})
    if isinstance(fields, dict):
        whole[network] = fields = {"src": _ABSENT, "dst": _ABSENT, **fields}
        for end in ("src", "dst"):
            hosts = list(fields[end]) if isinstance(fields[end], (list, tuple)) else [fields[end]]
            words.update((_spelt(host.lower()), host.lower()) for host in hosts if isinstance(host, str) and host)
            fields[end] = [_spelt(host) if host == "self" else host for host in hosts]
    if not {"tcp", "udp"} & set(whole):
        whole["tcp"] = {}
    return whole, words


class _Memory:
    """A text as a binary file, called a policy in messages."""

    name = "policy"

    def __init__(self, text):
        self._bytes = text.encode("utf-8", "surrogatepass")

    def read(self, _=-1):
        taken, self._bytes = self._bytes, b""
        return taken


class FlowFingerprintJsonEncoder(json.JSONEncoder):
    """Writes flows as their policies, for the device of this address."""

    def __init__(self, ipv4, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ipv4 = ipv4

    def default(self, o):
        if isinstance(o, FlowFingerprint):
            return o.extract_policy(self.ipv4)
        return super().default(o)
