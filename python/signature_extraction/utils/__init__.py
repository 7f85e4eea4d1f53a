# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, ports, names and packets by themselves."""
from .distance import ONE, ZERO, discrete_distance, distance_hosts, levenshtein_ratio
from .packet_utils import (
    DnsRtype, DnsTableKeys, compare_domain_names, compare_hosts, extract_domain_names, get_domain_name_from_ip, get_last_layer,
    get_wildcard_subdomain, guess_network_protocol, if_correct_type, is_domain_name, is_ip_address, is_known_port, policy_dict_to_other,
    should_skip_pkt,
)
