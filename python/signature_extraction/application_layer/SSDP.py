# SPDX-License-Identifier: GPL-3.0-or-later
from ..utils.packet_utils import if_correct_type
from .ApplicationLayer import ApplicationLayer, has_port, parses, raw_payload

SSDP_PORT = 1900


class SSDP(ApplicationLayer):
    """A search or an advertisement, or an answer."""

    protocol_name = "SSDP"
    _fields = (("response", "response", None), ("method", "method", "method"))

    def _take_dict(self, policy):
        self.response = bool(policy.get("response", False))
        self.method = if_correct_type(policy.get("method", policy.get("type")), str)

    @classmethod
    def _layer_of_packet(cls, packet):
        raw = raw_payload(packet, "UDP")
        return raw if raw is not None and has_port(packet, SSDP_PORT) and parses("SSDP", raw) else None
