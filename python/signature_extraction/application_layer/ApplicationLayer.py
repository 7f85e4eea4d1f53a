# SPDX-License-Identifier: GPL-3.0-or-later
"""What all application layers do. The library compares them."""
import re
from enum import Enum
from fractions import Fraction

from iotsig import _iotsig

from ..utils.packet_utils import bytes_of, first_layer, is_scapy, payload_of

# As in the library: the parts of a flow that are compared (extension/object.c).
_PART_LAYER = 8

_DIFFERENT_PROTOCOL, _DIFFERENT_ATTRIBUTE = 4, 5


class _Bare:
    """A flow that has nothing but an application layer."""

    network_protocol, transport_protocol, src, dst, ports, count = "IPv4", "TCP", None, None, {}, 1

    def __init__(self, layer):
        self.application_layer = layer


class ApplicationLayer:
    """An application layer; made of a policy's dict, or of a packet of scapy.

    A subclass has `_fields`: triples of an attribute, what it is called in the iteration, and what in differences (None: it is left
    out of them). `_scapy`: the classes that scapy has for the protocol.
    """

    protocol_name = None
    _scapy = ()
    _fields = ()
    _absent_left_out = False
    _classes = {}  # by lower-case names

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        if cls.__dict__.get("protocol_name"):
            ApplicationLayer._classes.setdefault(cls.protocol_name.lower(), cls)

    def __init__(self, source):
        if is_scapy(source):
            self._take_packet(source)
        elif isinstance(source, dict):
            self._take_dict(source)
        elif isinstance(source, _iotsig_layer):
            self._take_layer(source)
        else:
            raise TypeError("an application layer is made of a dict or a packet of scapy")

    def _take_dict(self, policy):
        raise TypeError("an application layer is made by init_protocol(), or by the class of its protocol")

    def _take_layer(self, layer):
        """Of a Layer of the library, whose attributes have the names of outputs."""
        self._take_dict(dict(layer.attributes))

    def _take_packet(self, packet):
        self._take_layer(self._parse(packet))

    def _parse(self, packet):
        """What the library reads from the layer's bytes."""
        layer = first_layer(packet, *self._scapy)
        if layer is not None:
            return _iotsig.parse_layer(self.protocol_name, (17 if first_layer(packet, "TCP") is None else 6, 0, 0, None, bytes_of(layer)))
        found = _read(packet)
        if found.protocol != self.protocol_name:
            raise ValueError(f"the packet has no {self.protocol_name}")
        return found

    # Which protocol.

    @staticmethod
    def get_protocol(packet):
        """The name of the protocol of a packet of scapy; ValueError where none is known."""
        if not is_scapy(packet):
            raise TypeError("a packet of scapy is expected")
        for kind in ApplicationLayer._classes.values():
            if first_layer(packet, *kind._scapy) is not None:
                return kind.protocol_name
        return _read(packet).protocol

    @staticmethod
    def init_protocol(source, name=None):
        """A layer of the protocol of this name, or of that which the source has."""
        if name is None and isinstance(source, dict):
            name = source.get("protocol", source.get("protocol_name"))
        elif name is None:
            name = ApplicationLayer.get_protocol(source)
        if not isinstance(name, str):
            raise ValueError("the name of the protocol is not known")
        kind = ApplicationLayer._classes.get("dns" if name.lower() == "mdns" else name.lower())
        if kind is None:
            raise ValueError(f"{name!r} is no application layer that is known")
        return kind(source)

    def get_protocol_name(self):
        return self.protocol_name

    def _twin(self):
        """Another one like it."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    # As an object.

    def _value(self, attribute):
        return getattr(self, attribute)

    def __iter__(self):
        yield "protocol", self.protocol_name
        for attribute, name, _ in self._fields:
            value = self._value(attribute)
            if value is not None or not self._absent_left_out:
                yield name, value

    def _pairs(self):
        """For the library: the protocol, and attributes that are there."""
        pairs = []
        for attribute, name, _ in self._fields:
            value = self._value(attribute)
            if value is not None:
                pairs.append((name, value if isinstance(value, bool) else value.name if isinstance(value, Enum) else str(value)))
        return self.protocol_name, tuple(pairs)

    def __eq__(self, other):
        if not isinstance(other, ApplicationLayer):
            return NotImplemented
        return _iotsig.match(_Bare(self), _Bare(other), False, (), _PART_LAYER)

    def __hash__(self):
        return hash(tuple(self))

    def _shown(self):
        return [(name, value) for name, value in self if name != "protocol"]

    def __str__(self):
        text = ", ".join(f"{name}: {value}" for name, value in self._shown())
        return f"{self.protocol_name} - {text}" if text else self.protocol_name

    def __repr__(self):
        text = "_".join([self.protocol_name, *(f"{name}-{value}" for name, value in self._shown())])
        return re.sub(r"[ /*=?]", "-", text)

    # Compared.

    def diff(self, other):
        """The fields that differ, each with the two values."""
        if not isinstance(other, ApplicationLayer):
            raise TypeError("an application layer is expected")
        found = {}
        by_name = {name: (attribute, called) for attribute, name, called in self._fields}
        for kind, name, *_ in _iotsig.differences(_Bare(self), _Bare(other)):
            if kind == _DIFFERENT_PROTOCOL:
                found["protocol"] = (self.protocol_name, other.protocol_name)
            elif kind == _DIFFERENT_ATTRIBUTE and by_name[name][1] is not None:
                attribute, called = by_name[name]
                found[called] = (self._value(attribute), other._value(attribute))
        return found

    def compute_distance(self, other):
        """From 0 to 1."""
        return Fraction(*_iotsig.distance(_Bare(self), _Bare(other))[3])


_iotsig_layer = type(_iotsig.layer_of("DNS"))


def _read(packet):
    """What the library reads from a payload that scapy did not take apart."""
    if first_layer(packet, "TCP", "UDP") is None:
        raise ValueError("the packet has no application layer")
    return _iotsig.parse_layer(None, payload_of(packet))


def word_of(protocol, attribute, value):
    """A text as it is, or the word that a number stands for."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, str):
        return str(value)
    if value < 0 or value >= 1 << 63:
        raise ValueError(f"{attribute} of {protocol} is no number that is known")
    return dict(_iotsig.layer_of(repr({"protocol": protocol, attribute: int(value)})).attributes).get(attribute)


def layer_from(value):
    """An application layer of what a file or script has for one: a layer, its text, a dict, pairs, or None."""
    if value is None or isinstance(value, ApplicationLayer) or value != value:  # pylint: disable=comparison-with-itself
        return value if isinstance(value, ApplicationLayer) else None
    if isinstance(value, (tuple, list)) and not isinstance(value, _iotsig_layer):
        value = dict(value)
    if isinstance(value, dict):
        return ApplicationLayer.init_protocol(value) if value else None
    layer = _iotsig.layer_of(value)
    if layer is None:
        return None
    kind = ApplicationLayer._classes.get(layer.protocol.lower())
    return kind(layer) if kind is not None else Other(layer)


class Other(ApplicationLayer):
    """A layer of a protocol that has no class of its own."""

    def __init__(self, source):  # pylint: disable=super-init-not-called
        self.protocol_name = source.protocol
        self.attributes = dict(source.attributes)

    def __iter__(self):
        yield "protocol", self.protocol_name
        yield from self.attributes.items()

    def _pairs(self):
        return self.protocol_name, tuple(self.attributes.items())

    def diff(self, other):
        if not isinstance(other, ApplicationLayer):
            raise TypeError("an application layer is expected")
        mine, others = dict(self), dict(other)
        return {name: (mine.get(name), others.get(name)) for name in {**mine, **others} if mine.get(name) != others.get(name)}
