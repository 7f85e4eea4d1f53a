# SPDX-License-Identifier: GPL-3.0-or-later
from enum import Enum
from fractions import Fraction

from ..utils.packet_utils import first_layer, if_correct_type
from .ApplicationLayer import ApplicationLayer


class HttpFields(str, Enum):
    """Fields of HTTP in a policy."""

    RESPONSE = "response"
    METHOD = "method"
    URI = "uri"


class HTTP(ApplicationLayer):
    """A request, or a response, of which nothing else is kept."""

    protocol_name = "HTTP"
    _scapy = ("HTTPRequest", "HTTPResponse")  # HTTP by itself goes by the port, and may be the middle of a message
    WEIGHT_METHOD = Fraction(1, 2)
    WEIGHT_URI = Fraction(1, 2)
    _fields = (("response", "response", None), ("method", "method", "method"), ("uri", "uri", "uri"))

    def _take_dict(self, policy):
        self.response = bool(policy.get("response", False))
        self.method = if_correct_type(policy.get("method"), str)
        self.uri = if_correct_type(policy.get("uri"), str)

    @staticmethod
    def is_response(pkt):
        """Whether a packet of scapy is a response."""
        if first_layer(pkt, "HTTPResponse") is not None:
            return True
        return first_layer(pkt, "HTTPRequest") is None and HTTP(pkt).response
