# SPDX-License-Identifier: GPL-3.0-or-later
from enum import Enum, IntEnum
from fractions import Fraction

from ..utils.packet_utils import if_correct_type
from .ApplicationLayer import ApplicationLayer, word_of

_URI_PATH = 11


class CoAPType(IntEnum):
    """Types of messages (RFC 7252)."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3

    def __str__(self):
        return f"{type(self).__name__}.{self.name}"


class CoAPFields(str, Enum):
    """Fields of CoAP in a policy."""

    TYPE = "type"
    RESPONSE = "response"
    METHOD = "method"
    URI = "uri"


def _type_of(value):
    try:
        return CoAPType[value.upper()] if isinstance(value, str) else CoAPType(value) if value is not None else None
    except (KeyError, ValueError):
        return None


class CoAP(ApplicationLayer):
    """A request with its method and path, or a response."""

    protocol_name = "CoAP"
    _scapy = ("CoAP",)
    WEIGHT_CODE = Fraction(1, 2)
    WEIGHT_URI = Fraction(1, 2)
    _fields = (("type", "type", None), ("response", "response", None), ("code", "code", "method"), ("uri", "uri", "uri"))

    def _take_dict(self, policy):
        self.type = _type_of(policy.get("type"))
        if "response" in policy:
            self.is_request = not policy["response"]
        else:
            self.is_request = bool(policy.get("is_request", True))
        self.code = word_of("CoAP", "code", policy.get("code", policy.get("method")))
        self.uri = if_correct_type(policy.get("uri", policy.get("uri_path")), str)

    @property
    def response(self):
        return not self.is_request

    @response.setter
    def response(self, response):
        self.is_request = not response

    @property
    def uri_path(self):
        return self.uri

    @uri_path.setter
    def uri_path(self, uri):
        self.uri = uri

    @staticmethod
    def is_uri_path(option_key):
        """Whether an option, by its number or name, is part of the path."""
        return option_key in (_URI_PATH, "Uri-Path")

    def __hash__(self):
        return hash((self.protocol_name, self.is_request, self.code, self.uri))
