# SPDX-License-Identifier: GPL-3.0-or-later
import re
from enum import Enum
from fractions import Fraction

from ..utils.packet_utils import first_layer, if_correct_type
from .ApplicationLayer import ApplicationLayer, word_of


class DhcpFields(str, Enum):
    """Fields of DHCP in a policy."""

    CLIENT_MAC = "client-mac"
    MESSAGE_TYPE = "type"


def _option(layer, name):
    for option in getattr(layer, "options", None) or ():
        if isinstance(option, tuple) and len(option) >= 2 and option[0] == name:
            return option[1]
    return None


def _text_of(client):
    """A hardware address: scripts give its text for the field that holds its bytes."""
    if re.fullmatch(rb"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", client):
        return client.decode("ascii").lower()
    return client[:6].hex(":") if len(client) >= 6 else None


class DHCP(ApplicationLayer):
    """A message of a client, or to it."""

    protocol_name = "DHCP"
    _scapy = ("DHCP", "BOOTP")
    WEIGHT_CLIENT_MAC = WEIGHT_CLIENT = Fraction(1, 2)
    WEIGHT_MESSAGE_TYPE = WEIGHT_TYPE = Fraction(1, 2)
    _fields = (("client_mac", "client_mac", "client-mac"), ("message_type", "message_type", "type"))

    def _take_dict(self, policy):
        self.client_mac = if_correct_type(policy.get("client-mac", policy.get("client_mac")), str)
        self.message_type = word_of("DHCP", "message_type", policy.get("type", policy.get("message_type")))

    def _take_packet(self, packet):
        bootp, dhcp = first_layer(packet, "BOOTP"), first_layer(packet, "DHCP")
        if bootp is None and dhcp is None:
            super()._take_packet(packet)
            return
        client = getattr(bootp, "chaddr", None)
        if isinstance(client, bytes):
            client = _text_of(client)
        message = _option(dhcp, "message-type")
        self._take_dict({"client-mac": client, "type": message})

    def __hash__(self):
        return hash(self.client_mac)
