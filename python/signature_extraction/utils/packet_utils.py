# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, ports, names, and packets of scapy. A packet of scapy is judged by its layers; the bytes of one go to the library."""
import operator
from collections.abc import MutableMapping
from enum import Enum, IntEnum

from iotsig import _iotsig, _pairs

_TRANSPORTS = {"tcp": 6, "udp": 17}
_DNS, _MDNS, _BOOTP, _DHCPV6, _HTTPS = 53, 5353, 67, 546, 443


class DnsRtype(IntEnum):
    """Types of DNS records that tell names of hosts."""

    A = 1
    CNAME = 5
    PTR = 12
    AAAA = 28
    SRV = 33


class DnsTableKeys(Enum):
    """The tables of names; their names are the keys in a `dns_table`."""

    IP = "IP"
    ALIAS = "ALIAS"


def if_correct_type(value, type, default=None):  # pylint: disable=redefined-builtin
    """A value, or the default where it is of another type."""
    return value if isinstance(value, type) else default


def integer(value):
    """Any integer, NumPy's as well; None of what is none."""
    try:
        return operator.index(value)
    except TypeError:
        return None


def policy_dict_to_other(policy, field, other, field2):
    """Copies a field of a policy, if it has it, to a dict, under another name."""
    if field in policy:
        other[field2] = policy[field]


# Hosts.

def _kind(host):
    return _iotsig.host_kind(host) if isinstance(host, str) else 0


def is_ip_address(s):
    """Whether a text is an address of IPv4 or IPv6."""
    return _kind(s) in (4, 6)


def guess_network_protocol(s):
    """IPv4 or IPv6, of an address; ValueError of what is none."""
    kind = _kind(s)
    if kind not in (4, 6):
        raise ValueError(f"{s!r} is no address")
    return f"IPv{kind}"


def is_known_port(port, protocol="tcp"):
    """Whether a port is a known service port."""
    number = integer(port)
    if number is None or not isinstance(protocol, str):
        return False
    return _iotsig.is_service(number, _TRANSPORTS.get(protocol.lower(), 0))


def is_domain_name(s):
    """Whether a text looks like a domain name."""
    return _kind(s) == 1


def compare_domain_names(a, b):
    """Whether two names are the same: identical, one below the other, or of one parent; within one registrable domain."""
    if a is None or b is None:
        return a is b
    return _iotsig.names_equal(a, b, ())


def compare_hosts(a, b, hosts_equal={}):  # pylint: disable=dangerous-default-value
    """Whether two hosts are the same, by their names or as a dict declares."""
    if a is None or b is None:
        return a is b
    return _iotsig.hosts_equal(a, b, _pairs(hosts_equal))


def get_wildcard_subdomain(a, b):
    """What stands for both names: `*.` and the parent that they have in common; ValueError where there is none."""
    if not isinstance(a, str) or not isinstance(b, str):
        raise TypeError("a name must be a text")
    first, second = a.split("."), b.split(".")
    common = []
    for x, y in zip(reversed(first), reversed(second)):
        if x.lower() != y.lower():
            break
        common.insert(0, x)
    if len(common) == len(first) == len(second):
        common = common[1:]
    if not common or common == [""]:
        raise ValueError(f"{a!r} and {b!r} have no parent in common")
    return "*." + ".".join(common)


def get_domain_name_from_ip(ip, dns_table):
    """The name of an address: its alias, if it has one. KeyError where there is none."""
    names, aliases = (table_of(table_of(dns_table).get(key.name)) for key in DnsTableKeys)
    return aliases.get(names[ip], names[ip])


def update_table(dns_table, names):
    """Puts names in a dict of tables, in place."""
    for key in DnsTableKeys:
        table_of(dns_table.setdefault(key.name, {})).update(names[key.name])


def table_of(dns_table):
    """The dict of tables that a caller gave, or one of these; a new one for None."""
    if dns_table is None:
        return {}
    if not isinstance(dns_table, MutableMapping):
        raise TypeError("dns_table must be a dict of dicts")
    return dns_table


# Packets of scapy.

def is_scapy(packet):
    return hasattr(packet, "haslayer") and hasattr(packet, "payload")


def layers_of(packet):
    """The layers of a packet, outermost first."""
    while type(packet).__name__ != "NoPayload":
        if not is_scapy(packet):
            raise TypeError("a packet of scapy is expected")
        yield packet
        packet = packet.payload


def first_layer(packet, *names):
    """The outermost layer of one of these classes, or None."""
    for layer in layers_of(packet):
        if type(layer).__name__ in names:
            return layer
    return None


def bytes_of(layer):
    """The bytes of a layer and what is in it, without padding."""
    try:
        whole = bytes(layer)
        padding = next((bytes(inner) for inner in layers_of(layer) if type(inner).__name__ == "Padding"), b"")
    except Exception as error:  # scapy lets through what struct, socket and others raise
        raise ValueError(f"scapy cannot build the packet: {error}") from error
    return whole[: len(whole) - len(padding)]


def get_last_layer(packet):
    """The innermost layer that is no padding."""
    last = packet
    for layer in layers_of(packet):
        if type(layer).__name__ != "Padding":
            last = layer
    return last


def is_tls(layer):
    return type(layer).__name__ in ("TLS", "SSLv2") or type(layer).__module__.startswith("scapy.layers.tls")


def _port(number):
    return number if isinstance(number, int) and 0 <= number <= 0xFFFF else 0


def payload_of(packet):
    """(transport, sport, dport, destination, bytes) as the layers say: the ports of a protocol are those that it is known by."""
    transport = first_layer(packet, "TCP", "UDP")
    network = first_layer(packet, "IP", "IPv6")
    is_tcp = type(transport).__name__ == "TCP"
    sport, dport, inner = _port(transport.sport), _port(transport.dport), transport.payload
    for layer in layers_of(transport.payload) if is_scapy(transport.payload) else ():
        name = type(layer).__name__
        if is_tcp and is_tls(layer):
            sport, dport, inner = 0, _HTTPS, layer
        elif not is_tcp and name in ("BOOTP", "DHCP"):
            sport, dport, inner = 0, _BOOTP, layer
        elif not is_tcp and name.startswith("DHCP6"):
            sport, dport, inner = 0, _DHCPV6, layer
        elif name == "DNS":
            sport, dport, inner = (sport, _MDNS if _MDNS in (sport, dport) else _DNS, layer)
        else:
            continue
        break
    destination = network.dst if network is not None and isinstance(network.dst, str) else None
    return 6 if is_tcp else 17, sport, dport, destination, bytes_of(inner)


def _has_router_alert(packet):
    for layer in layers_of(packet):
        for option in getattr(layer, "options", None) or []:
            if type(option).__name__ in ("IPOption_Router_Alert", "RouterAlert"):
                return True
    return False


def should_skip_pkt(packet):
    """Whether a packet says nothing about an event."""
    transport = first_layer(packet, "TCP", "UDP")
    if transport is None:
        return True
    flags = int(transport.flags) if type(transport).__name__ == "TCP" and transport.flags is not None else 0
    return not _iotsig.is_kept(payload_of(packet), flags, _has_router_alert(packet))


def extract_domain_names(packet, dns_table):
    """Puts the names of hosts that a packet tells into the tables, in place."""
    dns_table = table_of(dns_table)
    if first_layer(packet, "TCP", "UDP") is not None:
        update_table(dns_table, _iotsig.learn_names(dns_table, payload_of(packet)))
