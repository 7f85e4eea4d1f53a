# SPDX-License-Identifier: GPL-3.0-or-later
from enum import Enum
from fractions import Fraction

from ..utils.packet_utils import if_correct_type
from .ApplicationLayer import ApplicationLayer, word_of


class DnsFields(str, Enum):
    """Fields of DNS in a policy."""

    RESPONSE = "response"
    QTYPE = "qtype"
    QNAME = "domain-name"


class DNS(ApplicationLayer):
    """A question, or its answer: the type and name that are asked for."""

    protocol_name = "DNS"
    _scapy = ("DNS",)
    WEIGHT_QTYPE = Fraction(1, 3)
    WEIGHT_QNAME = Fraction(2, 3)
    _fields = (("response", "response", None), ("qtype", "qtype", "qtype"), ("qname", "domain-name", "qname"))
    _absent_left_out = True

    def _take_dict(self, policy):
        self.response = bool(policy.get("response", False))
        self.qtype = word_of("DNS", "qtype", policy.get("qtype"))
        self.qname = if_correct_type(policy.get("domain-name", policy.get("qname")), str)

    def __hash__(self):
        return hash((self.protocol_name, self.qtype, self.qname))
