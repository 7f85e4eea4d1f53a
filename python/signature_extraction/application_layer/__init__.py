# SPDX-License-Identifier: GPL-3.0-or-later
"""Application layers of packets and flows."""
from .ApplicationLayer import ApplicationLayer
from .CoAP import CoAP, CoAPFields, CoAPType
from .DHCP import DHCP, DhcpFields
from .DNS import DNS, DnsFields
from .HTTP import HTTP, HttpFields
from .SSDP import SSDP
