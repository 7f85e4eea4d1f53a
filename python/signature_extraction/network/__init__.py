# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets, flow fingerprints, and patterns of these."""
from .Packet import Packet
from .FlowFingerprint import FlowFingerprint
from .NetworkPattern import NetworkPattern
