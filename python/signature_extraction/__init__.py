# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of the package signature-extraction, over the library iotsig: existing scripts run unchanged.

New code uses the package iotsig.
"""
from iotsig import __version__

from . import application_layer, event_signature_extraction, flow_grouping, network, pkt_extraction, utils
