# SPDX-License-Identifier: GPL-3.0-or-later
from ..utils.packet_utils import if_correct_type
from .ApplicationLayer import ApplicationLayer


class SSDP(ApplicationLayer):
    """A search or an advertisement, or an answer."""

    protocol_name = "SSDP"
    _fields = (("response", "response", None), ("method", "method", "method"))

    def _take_dict(self, policy):
        self.response = bool(policy.get("response", False))
        self.method = if_correct_type(policy.get("method", policy.get("type")), str)
