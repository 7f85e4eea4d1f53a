# SPDX-License-Identifier: GPL-3.0-or-later
from enum import Enum
from fractions import Fraction

from ..utils.packet_utils import first_layer, if_correct_type
from .ApplicationLayer import ApplicationLayer, has_port, parses, raw_payload
from .SSDP import SSDP_PORT


class HttpFields(str, Enum):
    """Fields of HTTP in a policy."""

    RESPONSE = "response"
    METHOD = "method"
    URI = "uri"


class HTTP(ApplicationLayer):
    """A request, or a response, of which nothing else is kept."""

    protocol_name = "HTTP"
    WEIGHT_METHOD = Fraction(1, 2)
    WEIGHT_URI = Fraction(1, 2)
    _fields = (("response", "response", None), ("method", "method", "method"), ("uri", "uri", "uri"))

    def _take_dict(self, policy):
        self.response = bool(policy.get("response", False))
        self.method = if_correct_type(policy.get("method"), str)
        self.uri = if_correct_type(policy.get("uri"), str)

    @classmethod
    def _layer_of_packet(cls, packet):
        layer = first_layer(packet, "HTTPRequest", "HTTPResponse")
        if layer is not None:
            return layer
        layer = first_layer(packet, "HTTP")  # by its port: it may be the middle of a message
        if layer is None:
            layer = raw_payload(packet)
        return layer if layer is not None and not has_port(packet, SSDP_PORT) and parses("HTTP", layer) else None

    @staticmethod
    def is_response(packet):
        """Whether a packet of scapy is a response."""
        if first_layer(packet, "HTTPResponse") is not None:
            return True
        return first_layer(packet, "HTTPRequest") is None and HTTP(packet).response
