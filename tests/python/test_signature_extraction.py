# SPDX-License-Identifier: GPL-3.0-or-later
"""The package signature_extraction: each name of the interface, with its arguments, defaults and exceptions.

What is expected was worked out by hand from the behaviour's sections; what is compared with the program says so.
"""
import contextlib
import copy
import gc
import inspect
import io
import json
import os
import pickle
import subprocess
import sys
import time
import unittest
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace

import packages  # makes the packages importable  # pylint: disable=unused-import
import support
from support import SECOND, START, make

from signature_extraction import event_signature_extraction, flow_grouping, pkt_extraction, utils
from signature_extraction.application_layer import DHCP, DNS, HTTP, ApplicationLayer, CoAP, CoAPFields, CoAPType, DhcpFields, DnsFields, HttpFields
from signature_extraction.event_signature_extraction import patterns_to_signature, pcaps_to_signature_csv, pcaps_to_signature_pattern
from signature_extraction.flow_grouping import group_pkts_per_flow, pkts_csv_to_pattern_csv
from signature_extraction.network import FlowFingerprint, NetworkPattern, Packet
from signature_extraction.network.FlowFingerprint import FlowFingerprint as SameFlowFingerprint
from signature_extraction.network.FlowFingerprint import FlowFingerprintJsonEncoder
from signature_extraction.pkt_extraction import pcap_to_csv, pcap_to_pkts, pkts_to_csv, reset_vars
from signature_extraction.timestamp import Timestamp

THIRD = Fraction(1, 3)


def plug(sport, name="api.plug.example"):
    return [make.udp("192.0.2.10", sport, "192.0.2.1", 53, make.dns([(name, "A")])),
            make.udp("192.0.2.1", 53, "192.0.2.10", sport, make.dns([(name, "A")], [make.dns_record(name, "A", "198.51.100.7")])),
            make.tcp("192.0.2.10", sport + 1, "198.51.100.7", 443, b"hello"),
            make.tcp("198.51.100.7", 443, "192.0.2.10", sport + 1, b"answer!")]


def flow(**more):
    return FlowFingerprint({"src": "192.0.2.10", "dst": "api.plug.example", "transport_protocol": "TCP", "sport": 40001, "dport": 443, **more})


class Signatures(unittest.TestCase):
    """Arguments and their defaults."""

    def test_arguments(self):
        for function, names, defaults in (
            (pcap_to_pkts, ["pcap_file", "dns_table_arg", "timeout_arg"], [{}, 20]),
            (pkt_extraction.pcap_to_df, ["pcap_file", "dns_table_arg", "timeout_arg"], [{}, 20]),
            (pcap_to_csv, ["pcap_file", "output_file", "dns_table_arg", "timeout_arg"], [{}, 20]),
            (pkt_extraction.pkts_to_df, ["pkts"], []), (pkt_extraction.df_to_pkts, ["df"], []), (pkts_to_csv, ["pkts", "output_file"], []),
            (group_pkts_per_flow, ["pkts", "match_random_ports"], [False]),
            (pkts_csv_to_pattern_csv, ["pkts_file", "pattern_file", "match_random_ports"], [False]),
            (patterns_to_signature, ["patterns", "match_random_ports"], [False]),
            (pcaps_to_signature_pattern, ["pcap_files", "dns_table", "timeout", "match_random_ports"], [{}, 20, False]),
            (pcaps_to_signature_csv, ["pcap_files", "output_file", "dns_table", "timeout", "match_random_ports"], [{}, 20, False]),
            (FlowFingerprint.get_fixed_ports, ["self", "match_random_ports"], [False]),
            (FlowFingerprint.match_hosts, ["self", "other", "hosts_equal"], [{}]),
            (FlowFingerprint.match_ports, ["self", "other", "match_random_ports", "hosts_equal"], [False, {}]),
            (FlowFingerprint.match_flow, ["self", "other", "match_random_ports", "hosts_equal"], [False, {}]),
            (FlowFingerprint.translate_to_firewall, ["self", "device_name", "ipv4", "output_dir"], [None]),
            (Packet.replace_ips_with_domains, ["pkts", "dns_table"], []), (Packet.set_domain_names, ["self", "dns_table"], []), (HTTP.is_response, ["pkt"], []),
            (CoAP.is_uri_path, ["option_key"], []), (FlowFingerprint.slugify, ["name"], []), (FlowFingerprint.from_policy, ["policy"], []),
            (FlowFingerprint.add_ports, ["self", "other"], []), (FlowFingerprint.add_flow, ["self", "flow"], []), (FlowFingerprint.contains_port, ["self", "port"], []),
            (FlowFingerprint.get_different_hosts, ["self", "other"], []), (FlowFingerprint.is_in_list, ["self", "flows"], []),
            (FlowFingerprint.extract_policy, ["self", "ipv4"], []), (FlowFingerprint.find_closest_flow, ["self", "flows"], []),
            (NetworkPattern.load_from_csv, ["file"], []), (NetworkPattern.to_csv, ["self", "file"], []), (utils.policy_dict_to_other, ["policy", "field", "other", "field2"], []),
            (utils.get_domain_name_from_ip, ["ip", "dns_table"], []), (utils.get_wildcard_subdomain, ["a", "b"], []), (utils.is_ip_address, ["s"], []),
            (NetworkPattern, ["flows"], [[]]), (NetworkPattern.find_matching_flow, ["self", "flow", "match_random_ports"], [False]),
            (ApplicationLayer.init_protocol, ["source", "name"], [None]), (utils.if_correct_type, ["value", "type", "default"], [None]),
            (utils.is_known_port, ["port", "protocol"], ["tcp"]), (utils.compare_hosts, ["a", "b", "hosts_equal"], [{}]),
        ):
            parameters = [p for p in inspect.signature(function).parameters.values() if p.kind != p.KEYWORD_ONLY]
            self.assertEqual([p.name for p in parameters], names, function)
            self.assertEqual([p.default for p in parameters if p.default is not p.empty], defaults, function)


class Packets(unittest.TestCase):
    WHOLE = {"src": "192.0.2.10", "dst": "a.example", "network_protocol": "IPv4", "transport_protocol": "TCP", "sport": 40000, "dport": 443,
             "application_layer": None, "timestamp": 1.5, "length": 60}

    def test_attributes(self):
        packet, next_one = Packet(self.WHOLE), Packet(self.WHOLE)
        self.assertEqual({name: getattr(packet, name) for name in self.WHOLE}, self.WHOLE)
        self.assertEqual(next_one.id, packet.id + 1)
        self.assertEqual(dict(packet), {"id": packet.id, **self.WHOLE})
        self.assertEqual([name for name, _ in packet], ["id", "timestamp", "network_protocol", "src", "dst", "transport_protocol", "sport",
                                                        "dport", "application_layer", "length"])

    def test_wrong_types(self):
        packet = Packet({"src": 5, "dst": b"x", "network_protocol": 4, "transport_protocol": 6, "sport": "80", "dport": 1.5, "application_layer": "text",
                         "timestamp": "now", "length": None})
        self.assertEqual([getattr(packet, n) for n in self.WHOLE], [None, None, "IPv4", None, None, None, "text", "now", None])
        empty = Packet({})
        self.assertEqual([getattr(empty, n) for n in self.WHOLE], [None, None, "IPv4", None, None, None, None, None, None])
        for wrong in (None, 5, "x", []):
            with self.assertRaises(TypeError):
                Packet(wrong)

    def test_network(self):
        for src, dst, network in (("192.0.2.1", "x", "IPv4"), ("2001:db8::1", "x", "IPv6"), ("x", "2001:db8::1", "IPv6"), ("x", "y", "IPv4")):
            self.assertEqual(Packet({"src": src, "dst": dst}).network_protocol, network)
        self.assertEqual(Packet({"src": "192.0.2.1", "network_protocol": "IPv6"}).network_protocol, "IPv6")

    def test_compare(self):
        packet = Packet(self.WHOLE)
        self.assertEqual(packet, Packet({**self.WHOLE, "timestamp": 9, "length": 1}))
        for name, value in (("src", "192.0.2.11"), ("dport", 80), ("transport_protocol", "UDP"), ("network_protocol", "IPv6"),
                            ("application_layer", DNS({"qtype": "A"}))):
            self.assertNotEqual(packet, Packet({**self.WHOLE, name: value}))
        later = Packet({**self.WHOLE, "timestamp": 2.5})
        self.assertTrue(packet < later and later > packet and not packet > later)
        self.assertEqual([p.timestamp for p in sorted([later, packet])], [1.5, 2.5])
        for other in (5, None, "x"):
            self.assertIs(packet.__lt__(other), NotImplemented)
            self.assertIs(packet.__gt__(other), NotImplemented)
            self.assertNotEqual(packet, other)

    def test_names(self):
        table = {"IP": {"192.0.2.1": "cdn.example", "192.0.2.2": "b.example"}, "ALIAS": {"cdn.example": "a.example"}}
        packets = [Packet({"src": "192.0.2.1", "dst": "192.0.2.2"}), Packet({"src": "192.0.2.3", "dst": None})]
        self.assertIs(Packet.replace_ips_with_domains(packets, table), packets)
        self.assertEqual([(p.src, p.dst) for p in packets], [("a.example", "b.example"), ("192.0.2.3", None)])
        packets[1].set_domain_names({"IP": {"192.0.2.3": "c.example"}})
        self.assertEqual(packets[1].src, "c.example")
        packets[1].set_domain_names({})

    def test_objects(self):
        class Mine(Packet):
            def where(self):
                return self.dst

        packet = Mine({**self.WHOLE, "application_layer": DNS({"qtype": "A", "domain-name": "x.example"})})
        packet.src = "changed"
        packet.note = "mine"
        for twin in (pickle.loads(pickle.dumps(Packet(self.WHOLE))), copy.copy(packet), copy.deepcopy(packet)):
            self.assertIsInstance(twin, Packet)
        twin = copy.deepcopy(packet)
        self.assertEqual((twin, twin.note, twin.where(), twin.id), (packet, "mine", "a.example", packet.id))
        self.assertIsNot(twin.application_layer, packet.application_layer)
        self.assertIsInstance(repr(packet), str)
        self.assertEqual(hash(Packet(self.WHOLE)), hash(Packet(self.WHOLE)))

    def test_timestamp(self):
        time_ns = 1724059939123456789
        stamp = Timestamp(time_ns)
        self.assertEqual((stamp.ns, str(stamp), float(stamp)), (time_ns, "1724059939.123456789", 1724059939.123456789))
        self.assertTrue(stamp == Decimal("1724059939.123456789") and stamp < Timestamp(time_ns + 1) and stamp != Timestamp(time_ns + 1))
        self.assertEqual(stamp + 1, 1724059940.123456789)
        self.assertEqual([str(Timestamp(-1)), str(Timestamp(SECOND // 4, 6))], ["-0.000000001", "0.250000"])
        for twin in (pickle.loads(pickle.dumps(stamp)), copy.deepcopy(stamp)):
            self.assertEqual((twin, twin.ns), (stamp, time_ns))
        self.assertEqual(json.loads(json.dumps({"t": stamp}))["t"], float(stamp))


class Layers(unittest.TestCase):
    def test_dns(self):
        dns = DNS({"qtype": "A", "domain-name": "www.example.com"})
        self.assertEqual((dns.response, dns.qtype, dns.qname, dns.protocol_name, dns.get_protocol_name()), (False, "A", "www.example.com", "DNS", "DNS"))
        self.assertEqual(dns, DNS({"response": True, "qtype": "A", "domain-name": "other.example.com"}))
        self.assertNotEqual(dns, DNS({"qtype": "AAAA", "domain-name": "www.example.com"}))
        self.assertNotEqual(dns, DNS({"qtype": "A", "domain-name": "www.example.org"}))
        self.assertEqual(hash(dns), hash(DNS({"response": True, "qtype": "A", "domain-name": "www.example.com"})))
        self.assertEqual(dict(dns), {"protocol": "DNS", "response": False, "qtype": "A", "domain-name": "www.example.com"})
        self.assertEqual(dict(DNS({"qtype": "A"})), {"protocol": "DNS", "response": False, "qtype": "A"})
        self.assertEqual(str(dns), "DNS - response: False, qtype: A, domain-name: www.example.com")
        self.assertEqual(repr(dns), "DNS_response-False_qtype-A_domain-name-www.example.com")
        self.assertEqual(dns.diff(DNS({"qtype": "AAAA", "domain-name": "x.example.com"})), {"qtype": ("A", "AAAA"), "qname": ("www.example.com", "x.example.com")})
        self.assertEqual(dns.diff(dns), {})
        self.assertEqual([DNS.WEIGHT_QTYPE, DNS.WEIGHT_QNAME], [THIRD, 2 * THIRD])
        # One of the seven letters of the names differs, 15 + 15 characters.
        self.assertEqual(dns.compute_distance(DNS({"qtype": "AAAA", "domain-name": "wwx.example.com"})), THIRD + 2 * THIRD * Fraction(1, 30))
        self.assertEqual(DNS({"qtype": 28}).qtype, "AAAA")
        self.assertEqual(DNS({"qtype": 4711}).qtype, "TYPE4711")
        self.assertEqual([DnsFields.QTYPE.value, DnsFields.QNAME.value], ["qtype", "domain-name"])

    def test_http(self):
        http = HTTP({"method": "GET", "uri": "/a?b=*"})
        self.assertEqual((http.response, http.method, http.uri), (False, "GET", "/a?b=*"))
        self.assertEqual(repr(http), "HTTP_response-False_method-GET_uri--a-b--")
        self.assertEqual(HTTP({"method": "GET", "uri": "/a*"}), HTTP({"method": "GET", "uri": "/a?"}))
        self.assertNotEqual(http, HTTP({"method": "POST", "uri": "/a?b=*"}))
        self.assertEqual(http, HTTP({"response": True}))
        self.assertEqual(http.diff(HTTP({"method": "PUT", "uri": "/a?b=*"})), {"method": ("GET", "PUT")})
        self.assertEqual(http.compute_distance(HTTP({"method": "PUT", "uri": "/a?b=*"})), Fraction(1, 2))
        self.assertEqual(HTTP({"response": True}).compute_distance(HTTP({"response": True})), 0)
        self.assertEqual([HTTP.WEIGHT_METHOD, HTTP.WEIGHT_URI, HttpFields.METHOD.value, HttpFields.URI.value], [Fraction(1, 2), Fraction(1, 2), "method", "uri"])

    def test_coap(self):
        coap = CoAP({"type": "NON", "method": "GET", "uri": "/oic/res"})
        self.assertEqual((coap.type, coap.is_request, coap.code, coap.uri, coap.uri_path, coap.response), (CoAPType.NON, True, "GET", "/oic/res", "/oic/res", False))
        self.assertEqual({t.name: t.value for t in CoAPType}, {"CON": 0, "NON": 1, "ACK": 2, "RST": 3})
        self.assertEqual(coap, CoAP({"type": "CON", "method": "GET", "uri": "/oic/res"}))
        self.assertNotEqual(coap, CoAP({"method": "PUT", "uri": "/oic/res"}))
        self.assertEqual(CoAP({"method": 2}).code, "POST")
        self.assertTrue(CoAP({"response": True}).response)
        self.assertEqual(CoAP({"type": 2, "response": True}).type, CoAPType.ACK)
        self.assertEqual([CoAP.is_uri_path(k) for k in (11, "Uri-Path", 12, "Uri-Query")], [True, True, False, False])
        self.assertEqual(coap.diff(CoAP({"method": "PUT", "uri": "/oic/res"})), {"method": ("GET", "PUT")})
        self.assertEqual(coap.compute_distance(CoAP({"method": "PUT", "uri": "/oic/res"})), CoAP.WEIGHT_CODE)
        self.assertEqual(str(coap), "CoAP - type: CoAPType.NON, response: False, code: GET, uri: /oic/res")
        self.assertEqual(CoAPFields.URI.value, "uri")
        coap.response = True
        self.assertFalse(coap.is_request)

    def test_dhcp(self):
        dhcp = DHCP({"client-mac": "00:11:22:33:44:55", "type": "discover"})
        self.assertEqual((dhcp.client_mac, dhcp.message_type), ("00:11:22:33:44:55", "discover"))
        other = DHCP({"client-mac": "00:11:22:33:44:55", "type": 3})
        self.assertEqual((other.message_type, dhcp, hash(dhcp)), ("request", other, hash(other)))
        self.assertNotEqual(dhcp, DHCP({"client-mac": "00:11:22:33:44:56", "type": "discover"}))
        self.assertEqual(dhcp.diff(other), {"type": ("discover", "request")})
        self.assertEqual(dhcp.compute_distance(other), DHCP.WEIGHT_MESSAGE_TYPE)
        self.assertEqual([DHCP.WEIGHT_CLIENT_MAC, DhcpFields.CLIENT_MAC.value], [Fraction(1, 2), "client-mac"])

    def test_all(self):
        self.assertIsInstance(ApplicationLayer.init_protocol({"qtype": "A"}, "dns"), DNS)
        self.assertIsInstance(ApplicationLayer.init_protocol({"qtype": "A"}, "mdns"), DNS)
        self.assertIsInstance(ApplicationLayer.init_protocol({"protocol": "CoAP"}), CoAP)
        for source, name in (({}, "foo"), ({}, None), ({"protocol": 5}, None)):
            with self.assertRaises(ValueError):
                ApplicationLayer.init_protocol(source, name)
        for wrong in (None, 5, "x", []):
            with self.assertRaises(TypeError):
                DNS(wrong)
            with self.assertRaises(TypeError):
                ApplicationLayer.get_protocol(wrong)
            self.assertNotEqual(DNS({}), wrong)
            with self.assertRaises(TypeError):
                ApplicationLayer(wrong)
        with self.assertRaises(TypeError):
            ApplicationLayer({})
        self.assertNotEqual(DNS({}), HTTP({}))
        self.assertEqual(DNS({}).compute_distance(HTTP({})), 1)
        self.assertEqual(DNS({}).diff(HTTP({})), {"protocol": ("DNS", "HTTP")})
        with self.assertRaises(TypeError):
            DNS({}).diff(5)
        for layer in (DNS({"qtype": "A", "domain-name": "x.example"}), HTTP({"method": "GET"}), CoAP({"type": "CON"}), DHCP({"type": "ack"})):
            for twin in (pickle.loads(pickle.dumps(layer)), copy.copy(layer), copy.deepcopy(layer)):
                self.assertEqual((twin, hash(twin), dict(twin), type(twin)), (layer, hash(layer), dict(layer), type(layer)))
        odd = DNS({"qtype": "A", "domain-name": "x.example"})
        odd.qname = "\0\ud800\N{SNOWMAN}.example"
        self.assertEqual(odd, odd)
        self.assertNotEqual(odd, DNS({"qtype": "A", "domain-name": "x.example"}))


class Flows(support.Case):
    def test_attributes(self):
        found = flow()
        self.assertEqual((found.src, found.dst, found.network_protocol, found.transport_protocol, found.application_layer, found.count,
                          found.bidirectional), ("192.0.2.10", "api.plug.example", "IPv4", "TCP", None, 1, True))
        self.assertEqual(found.ports, {("192.0.2.10", 40001): 1, ("api.plug.example", 443): 1})
        packet = Packet({"src": "a.example", "dst": "b.example", "transport_protocol": "UDP", "sport": 1, "dport": 53})
        self.assertEqual(FlowFingerprint(packet).ports, {("a.example", 1): 1, ("b.example", 53): 1})
        self.assertEqual(FlowFingerprint([packet, dict(packet)]).ports, FlowFingerprint(packet).ports)
        self.assertEqual(FlowFingerprint([packet]).count, 1)
        self.assertEqual(flow(sport=None).ports, {("api.plug.example", 443): 1})
        self.assertIs(FlowFingerprint, SameFlowFingerprint)
        with self.assertRaises(ValueError):
            FlowFingerprint([])
        for wrong in (5, None, "x", [5]):
            with self.assertRaises((TypeError, ValueError)):
                FlowFingerprint(wrong)
        weights = {name: getattr(FlowFingerprint, name) for name in dir(FlowFingerprint) if name.startswith("WEIGHT_")}
        self.assertEqual(set(weights), {f"WEIGHT_{n}" for n in ("NETWORK", "TRANSPORT", "APPLICATION", "NETWORK_PROTOCOL", "HOSTS", "SINGLE_HOST",
                                                                "TRANSPORT_PROTOCOL", "PORTS")})
        self.assertTrue(all(isinstance(weight, Fraction) for weight in weights.values()))
        self.assertEqual(weights["WEIGHT_NETWORK"] + weights["WEIGHT_TRANSPORT"] + weights["WEIGHT_APPLICATION"], 1)
        self.assertEqual(weights["WEIGHT_NETWORK_PROTOCOL"] + weights["WEIGHT_HOSTS"], 1)
        self.assertEqual(weights["WEIGHT_TRANSPORT_PROTOCOL"] + weights["WEIGHT_PORTS"], 1)
        self.assertEqual(FlowFingerprint.PROTOCOL_NAMES["tcp"], "TCP")
        self.assertEqual(FlowFingerprint.PROTOCOL_LAYERS["ipv4"], "network_protocol")

    def test_ports(self):
        found = flow()
        self.assertEqual(found.get_fixed_ports(), {("api.plug.example", 443)})
        self.assertEqual(flow(transport_protocol="UDP", dport=1900).get_fixed_ports(), {("api.plug.example", 1900)})
        found.count, found.ports[("192.0.2.10", 40001)] = 3, 3
        self.assertEqual(found.get_fixed_ports(True), {("192.0.2.10", 40001), ("api.plug.example", 443)})
        self.assertEqual([found.contains_port(port) for port in (443, 40001, 444)], [True, True, False])
        for wrong in ("443", None, 443.0):
            with self.assertRaises(TypeError):
                found.contains_port(wrong)

    def test_add(self):
        first, second = flow(), flow(src="192.0.2.10", dst="eu.plug.example", sport=40009)
        ports = first.add_ports(second)
        self.assertEqual(ports, {("192.0.2.10", 40001): 1, ("api.plug.example", 443): 2, ("192.0.2.10", 40009): 1})
        self.assertEqual(list(ports), [("192.0.2.10", 40001), ("api.plug.example", 443), ("192.0.2.10", 40009)])
        first.application_layer = None
        second.application_layer = HTTP({"method": "GET"})
        first.add_flow(second)
        self.assertEqual((first.ports, first.count, first.application_layer.method), (ports, 2, "GET"))

    def test_match(self):
        found = flow()
        self.assertTrue(found.match_flow(flow(sport=50000)))
        self.assertTrue(found.match_flow(FlowFingerprint({"src": "api.plug.example", "dst": "192.0.2.10", "transport_protocol": "TCP", "sport": 443, "dport": 5})))
        self.assertTrue(found.match_flow(flow(dst="eu.plug.example")))  # the same parent
        for other in (flow(dport=80), flow(dst="api.other.example"), flow(transport_protocol="UDP"), flow(network_protocol="IPv6"),
                      flow(application_layer=DNS({"qtype": "A"})), flow(src="192.0.2.11")):
            self.assertFalse(found.match_flow(other))
            self.assertNotEqual(found, other)
        self.assertEqual(found, flow(sport=50000))
        self.assertTrue(found.match_flow(flow(src="192.0.2.11"), hosts_equal={"192.0.2.11": "192.0.2.10"}))
        self.assertTrue(found.match_hosts(flow(src="192.0.2.11"), {"192.0.2.10": ["192.0.2.9", "192.0.2.11"]}))
        self.assertFalse(found.match_hosts(flow(src="192.0.2.11")))
        self.assertTrue(found.match_hosts(flow(transport_protocol="UDP", dport=1)))
        self.assertTrue(found.match_ports(flow(transport_protocol="UDP", sport=1)))
        self.assertFalse(found.match_ports(flow(dport=444)))
        one, other = flow(), flow(sport=50000)
        one.count = one.ports[("192.0.2.10", 40001)] = 2
        self.assertTrue(one.match_ports(other))
        self.assertFalse(one.match_ports(other, match_random_ports=True))
        self.assertFalse(one.match_flow(other, True))
        self.assertTrue(found.is_in_list([flow(dport=80), flow()]))
        self.assertFalse(found.is_in_list([]))
        for wrong in (5, None, "x"):
            self.assertNotEqual(found, wrong)
            for call in (found.match_flow, found.match_hosts, found.match_ports, found.get_different_hosts, found.get_different_ports, found.compute_distance):
                with self.assertRaises(TypeError):
                    call(wrong)

    def test_differences(self):
        found = flow()
        self.assertEqual(found.get_different_hosts(flow(dst="eu.plug.example")), {("api.plug.example", "eu.plug.example")})
        self.assertEqual(found.get_different_hosts(flow()), set())
        self.assertEqual(found.get_different_ports(flow(dport=80)), {("api.plug.example", 443, "api.plug.example", 80)})
        self.assertEqual(found.get_different_ports(flow(sport=5000)), {("192.0.2.10", None, "192.0.2.10", 5000)})
        self.assertEqual(found.get_different_ports(flow()), set())

    def test_distance(self):
        found = flow()
        self.assertEqual(found.compute_distance(found), 0)
        other = flow(dst="apx.plug.example", dport=80)  # one letter of 16 + 16; no port in common
        self.assertEqual(found._distance_network_layer(other), THIRD * Fraction(1, 32))
        self.assertEqual((found._distance_ports(other), found._distance_transport_layer(other)), (1, 2 * THIRD))
        self.assertEqual(found._distance_application_layer(other), 0)
        self.assertEqual(found.compute_distance(other), THIRD * (THIRD * Fraction(1, 32) + 2 * THIRD))
        udp = flow(transport_protocol="UDP")
        self.assertEqual((found._distance_transport_layer(udp), found._distance_ports(udp)), (THIRD, 0))
        self.assertIsInstance(found.compute_distance(other), Fraction)
        self.assertEqual(found.compute_distance(flow(application_layer=HTTP({}))), THIRD)
        near, far = flow(sport=50005), flow(dst="other.example")
        self.assertIs(found.find_closest_flow([other, far, near, flow(sport=50006)]), near)
        self.assertIs(found.find_closest_flow([udp]), udp)
        with self.assertRaises(ValueError):
            found.find_closest_flow([])

    def test_identifiers(self):
        found = flow()
        self.assertEqual(found.get_id(), "192.0.2.10-api.plug.example_TCP_dst_443")
        self.assertEqual(flow(application_layer=HTTP({"method": "GET", "uri": "/a?*"})).get_id(),
                         "192.0.2.10-api.plug.example_TCP_dst_443_HTTP_response-False_method-GET_uri--a--")
        identifier, seconds = found.get_unique_id().rsplit("_", 1)
        self.assertEqual(identifier, found.get_id())
        self.assertLess(abs(int(seconds) - time.time()), 100)
        self.assertEqual(FlowFingerprint.slugify("a/b c*\n\N{SNOWMAN}_.-Z9"), "a-b-c---_.-Z9")
        self.assertEqual(dict(found), {"network_protocol": "IPv4", "src": "192.0.2.10", "dst": "api.plug.example", "transport_protocol": "TCP",
                                       "sport": None, "dport": 443, "application_layer": None})
        turned = FlowFingerprint({"src": "api.plug.example", "dst": "192.0.2.10", "transport_protocol": "TCP", "sport": 443, "dport": 50009})
        self.assertEqual((dict(turned), hash(turned)), (dict(found), hash(found)))
        self.assertEqual(hash(found), hash(tuple(found)))
        self.assertEqual(repr(found), "192.0.2.10 <-> api.plug.example:443 [TCP]")
        layer = DNS({"qtype": "A"})
        self.assertEqual(repr(flow(application_layer=layer)), f"192.0.2.10 <-> api.plug.example:443 [TCP / {layer}]")
        self.assertEqual(dict(flow(application_layer=layer))["application_layer"], (("protocol", "DNS"), ("response", False), ("qtype", "A")))

    def test_policy(self):
        found = flow(application_layer=HTTP({"method": "GET", "uri": "/on"}))
        policy = found.extract_policy("192.0.2.10")
        self.assertEqual(policy, {"protocols": {"ipv4": {"src": "self", "dst": "api.plug.example"}, "tcp": {"dst-port": 443},
                                                "http": {"response": False, "method": "GET", "uri": "/on"}}, "bidirectional": True})
        back = FlowFingerprint.from_policy(found.extract_policy("192.0.2.99"))
        self.assertTrue(back == found and found == back)
        self.assertEqual((back.ports, back.get_fixed_ports()), ({("api.plug.example", 443): 1}, {("api.plug.example", 443)}))
        self.assertEqual(pickle.loads(pickle.dumps(back)), found)
        own = FlowFingerprint.from_policy(policy)
        self.assertEqual((own.src, own.bidirectional), ("self", True))
        for words in ({"src": "self", "dst": "gateway"}, {"src": "local", "dst": "self"}, {"src": "self", "dst": ["igmpv3", "a.example"]}, {"src": "192.0.2.9", "dst": "\\115elf"}):
            twin = FlowFingerprint.from_policy({"protocols": {"ipv4": words, "udp": {"dst-port": 53}}})
            for each in (twin, copy.deepcopy(twin), pickle.loads(pickle.dumps(twin))):
                self.assertEqual(each.extract_policy("192.0.2.10")["protocols"], {"ipv4": words, "udp": {"dst-port": 53}})
        named = flow(dst="self")  # by the network: it is not the device
        self.assertEqual(named.extract_policy("192.0.2.10")["protocols"]["ipv4"], {"src": "self", "dst": "\\115elf"})
        for protocols, wanted in (({"tcp": {"dst-port": 80}}, ("IPv4", None, None, "TCP", {}, None)),
                                  ({"ipv6": {"dst": "a.example"}, "udp": {"dst-port": 53, "src-port": 1}}, ("IPv6", None, "a.example", "UDP", {("a.example", 53): 1}, None)),
                                  ({"ipv4": {"src": "self", "dst": "192.0.2.1"}}, ("IPv4", "self", "192.0.2.1", None, {}, None)),
                                  ({"dns": {"qtype": "A"}}, ("IPv4", None, None, None, {}, DNS({"qtype": "A"})))):
            part = FlowFingerprint.from_policy({"protocols": protocols})
            self.assertEqual((part.network_protocol, part.src, part.dst, part.transport_protocol, part.ports, part.application_layer), wanted)
            with self.assertRaises(ValueError):
                part.extract_policy("192.0.2.10")
        self.assertEqual(json.loads(json.dumps([found], cls=FlowFingerprintJsonEncoder, ipv4="192.0.2.10")), [policy])
        with self.assertRaises(TypeError):
            FlowFingerprintJsonEncoder("192.0.2.10").default(5)
        for wrong in ({}, {"protocols": {}}, {"protocols": {"tcp": {"dst-port": "x"}}}, {"protocols": 5}, {"protocols": {"ipv4": 5, "tcp": {}}},
                      {"protocols": {"arp": {"type": "request"}}}, {"protocols": {"tcp": {}, "udp": {}}}, {"protocols": {"ipv4": {}, "ipv6": {}}}):
            with self.assertRaises(ValueError):
                FlowFingerprint.from_policy(wrong)
        with self.assertRaises(ValueError):
            FlowFingerprint({"src": "a.example"}).extract_policy("192.0.2.10")

    def test_firewall(self):
        found = flow()
        self.write("wall/mine.txt", "stays")
        found.translate_to_firewall("plug", "192.0.2.10", self.path("wall"))
        self.assertIn(b"table", self.read("wall/firewall.nft"))
        self.assertEqual(self.read("wall/mine.txt"), b"stays")
        before = os.getcwd()
        os.makedirs(self.path("here"))
        os.chdir(self.path("here"))
        try:
            found.translate_to_firewall("plug", "192.0.2.10")
        finally:
            os.chdir(before)
        self.assertEqual(self.read("here/firewall.nft"), self.read("wall/firewall.nft"))
        with self.assertRaises(ValueError):
            found.translate_to_firewall("plug", "no address", self.path("wall"))
        own = FlowFingerprint.from_policy({"protocols": {"ipv4": {"src": "self", "dst": "192.0.2.1"}, "tcp": {"dst-port": 443}}})
        own.translate_to_firewall("plug", "192.0.2.10", self.path("own"))
        self.assertIn(b"ip saddr 192.0.2.10 ip daddr 192.0.2.1 meta l4proto tcp tcp dport 443", self.read("own/firewall.nft"))
        self.assertEqual(own.src, "self")
        with self.assertRaises(ValueError) as caught:
            flow(dst="gateway").translate_to_firewall("plug", "192.0.2.10", self.path("none"))
        self.assertIn("ipv4.dst: no host", str(caught.exception))

    def test_objects(self):
        class Mine(FlowFingerprint):
            pass

        found = Mine({"src": "a.example", "dst": "b.example", "transport_protocol": "TCP", "dport": 443})
        found.src = "192.0.2.10"
        found.ports[("192.0.2.10", 5)] = 7
        found.count = 9
        twin = copy.deepcopy(found)
        twin.ports[("x", 1)] = 1
        self.assertEqual((type(twin), len(found.ports), len(twin.ports), twin.count), (Mine, 2, 3, 9))
        self.assertEqual(copy.copy(flow()), flow())
        self.assertEqual(len({flow(), flow(sport=50009)}), 1)

    def test_hostile(self):
        class Changes(str):
            """A text that changes the dict it is a key of when it is looked at."""

            def __hash__(self):
                return hash(str(self))

        found = flow()
        for ports in ({("a", 70000): 1}, {("a", -1): 1, ("b", 2**200): 1}, {("a",): 1}, {"a": 1}, {5: 1}, {("a", "443"): 1}, {(5, 443): 1}, {("a", 1): "x"}, 5, None, []):
            bad = flow()
            bad.ports = ports
            for call in (lambda: bad.match_flow(found), lambda: bad.add_ports(found), bad.get_fixed_ports, bad.get_id):
                try:
                    call()
                except (TypeError, ValueError):
                    continue
                self.assertIn(ports, [{("a", -1): 1, ("b", 2**200): 1}])
        for name, values in (("src", (5, b"x", "a" * 5000, [])), ("transport_protocol", (5, [])), ("network_protocol", (5,)), ("application_layer", (5, "foo", [], object())),
                             ("count", ("x", 1.5))):
            for value in values:
                bad = flow()
                setattr(bad, name, value)
                with self.assertRaises((TypeError, ValueError)):
                    bad.match_flow(found)
        for value in (-5, 2**200, True):
            bad = flow()
            bad.count = value
            self.assertTrue(bad.match_flow(found))
        odd = flow()
        odd.src = "\0\ud800\x1b[31m"
        self.assertFalse(odd.match_flow(found))
        self.assertTrue(odd.match_hosts(odd))
        self.assertNotIn("\x1b", odd.get_id())
        odd.ports = {("\0\ud800\x1b[31m", 1): 1, (Changes("x"), 2): 1}
        self.assertEqual(odd.get_fixed_ports(), {("\0\ud800\x1b[31m", 1)})
        absent = FlowFingerprint({})
        self.assertTrue(absent.match_flow(FlowFingerprint({})) and absent == absent)
        self.assertEqual(absent.compute_distance(found) > 0, True)
        self.assertEqual((absent.src, dict(absent)["dport"]), (None, None))
        other = flow(transport_protocol="SCTP")
        self.assertTrue(other.match_flow(flow(transport_protocol="SCTP")))
        self.assertFalse(other.match_flow(flow(transport_protocol="DCCP")))
        with self.assertRaises(TypeError):
            found.match_flow(found, hosts_equal={"a": 5})


class Patterns(support.Case):
    def event(self, number, **more):
        return self.capture(*plug(40000 + 10 * number), name=f"{number}.pcap", **more)

    def test_packets(self):
        path = self.event(1)
        table = {}
        packets = pcap_to_pkts(path, table)
        self.assertEqual(table, {"IP": {"198.51.100.7": "api.plug.example"}, "ALIAS": {}})
        wanted = self.packets(path)
        self.assertEqual([(p.id, p.src, p.dst, p.sport, p.dport, p.length, p.timestamp.ns) for p in packets],
                         [(r["id"], r["src"], r["dst"], r["sport"], r["dport"], r["length"], int(Decimal(r["timestamp"]) * 10**9)) for r in wanted])
        self.assertEqual(packets[0].application_layer, DNS({"qtype": "A", "domain-name": "api.plug.example"}))
        self.assertIsNot(packets[0].application_layer, pcap_to_pkts(path)[0].application_layer)
        with open(path, "rb") as file:
            self.assertEqual(pcap_to_pkts(file), packets)
        # A table that was given is used for the next capture; a default one is not.
        later = self.capture(*plug(41000)[2:], name="later.pcap")
        self.assertEqual(pcap_to_pkts(later, table)[0].dst, "api.plug.example")
        self.assertEqual(pcap_to_pkts(later)[0].dst, "198.51.100.7")
        self.assertEqual(pkt_extraction.NO_TABLE, {})
        table["IP"]["198.51.100.7"] = "mine.example"
        self.assertEqual(pcap_to_pkts(later, table)[0].dst, "mine.example")

    def test_timeout(self):
        path = self.event(1, step=30 * SECOND)
        self.assertEqual([len(pcap_to_pkts(path, {}, t)) for t in (20, 30, None, 29.9)], [1, 4, 4, 1])
        self.assertEqual(len(pcap_to_pkts(self.event(2, step=1000), timeout_arg=0)), 1)
        self.assertEqual(len(pcap_to_pkts(self.event(3, step=0), timeout_arg=0)), 4)
        self.assertEqual(pkt_extraction.timeout, 0)
        reset_vars()
        self.assertEqual(pkt_extraction.timeout, 20)
        for wrong in ("x", [], True):
            with self.assertRaises(TypeError):
                pcap_to_pkts(path, {}, wrong)
        with self.assertRaises(ValueError):
            pcap_to_pkts(path, {}, -1)

    def test_bad_captures(self):
        bad = self.write("bad.pcap", b"no capture")
        for call in (lambda p: pcap_to_pkts(p), lambda p: pcaps_to_signature_pattern(p), lambda p: pcaps_to_signature_pattern([self.event(1), p])):
            with self.assertRaises(ValueError) as caught:
                call(bad)
            self.assertIn(bad, str(caught.exception))
            with self.assertRaises(FileNotFoundError):
                call(self.path("none"))
            for wrong in (5, None):
                with self.assertRaises(TypeError):
                    call(wrong)
        for table in ([], "x", 5, {"IP": 5}, {"IP": {5: "x"}}, {"IP": {"192.0.2.1": None}}):
            with self.assertRaises(TypeError):
                pcap_to_pkts(self.event(1), table)
        with self.assertRaises(ValueError):
            pcaps_to_signature_pattern([])

    def test_csv(self):
        path = self.event(1)
        pcap_to_csv(path, self.path("p.csv"))
        packets = pcap_to_pkts(path)
        pkts_to_csv(packets, self.path("q.csv"))
        self.assertEqual(self.read("p.csv"), self.read("q.csv"))
        self.assertEqual(self.read("p.csv").decode(), self.run_ok("packets", "--format", "csv", path))
        self.assertEqual(self.flows(self.path("p.csv")), self.flows(path))
        pkts_csv_to_pattern_csv(self.path("p.csv"), self.path("f.csv"))
        self.assertEqual(NetworkPattern.load_from_csv(self.path("f.csv")).flows, group_pkts_per_flow(packets).flows)
        whole = {"src": "a.example", "dst": "b.example", "transport_protocol": "TCP", "sport": 1, "dport": 443, "length": 5}
        times = ((1724059939.123456, "1724059939.123456"), (Decimal("1724059939.123456789"), "1724059939.123456789"), ("1724059939.5", "1724059939.500000"),
                 (Timestamp(START + 1), "1700000000.000000001"), (5, "5.000000"), (-0.25, "-0.250000"), ("now", ""), (None, ""), (float("nan"), ""), (10**30, ""))
        pkts_to_csv([Packet({**whole, "timestamp": given}) for given, _ in times], self.path("t.csv"))
        self.assertEqual([line.split(",")[1] for line in self.read("t.csv").decode().splitlines()[1:]], [text for _, text in times])
        with self.assertRaises(OSError):
            pkts_to_csv(packets, self.path("no/such/folder.csv"))
        with self.assertRaises(TypeError):
            pkts_to_csv([5], self.path("x.csv"))
        self.assertFalse(os.path.exists(self.path("x.csv")))

    def test_group(self):
        path = self.event(1)
        pattern = group_pkts_per_flow(pcap_to_pkts(path))
        self.assertEqual([self.record(f) for f in pattern.flows], [self.record_of(f) for f in self.flows(path)])
        self.assertEqual(len(group_pkts_per_flow([])), 0)
        absent = group_pkts_per_flow([Packet({"src": "a.example", "dst": "b.example", "transport_protocol": "TCP", "dport": 443}), Packet({})])
        self.assertEqual([(f.src, f.dst, f.ports) for f in absent.flows], [("a.example", "b.example", {("b.example", 443): 1}), (None, None, {})])
        text = Packet({"src": "a.example", "dst": "b.example", "transport_protocol": "UDP", "sport": 1, "dport": 53, "application_layer": "DNS - response: False, qtype: A"})
        self.assertEqual(group_pkts_per_flow([text]).flows[0].application_layer, DNS({"qtype": "A"}))
        odd = [Packet({"src": "a.example", "dst": "b.example", "network_protocol": network, "transport_protocol": transport, "sport": len(network), "dport": 2, "length": length})
               for network, transport, length in (("IPv4", "SCTP", "x"), ("IPX", "SCTP", 5), ("IPv4", "DCCP", 2**70), ("IPv4", "SCTP", 7), ("IPv4", "SCTP", -3))]
        self.assertEqual([(f.network_protocol, f.transport_protocol, f.packets, f.bytes) for f in group_pkts_per_flow(odd).flows],
                         [("IPv4", "SCTP", 3, 7), ("IPX", "SCTP", 1, 5), ("IPv4", "DCCP", 1, 2**63 - 1)])
        for wrong in ([5], [None], 5):
            with self.assertRaises(TypeError):
                group_pkts_per_flow(wrong)

    def record(self, found):
        return (found.src, found.dst, found.transport_protocol, found.count, found.packets, found.bytes, found.ports,
                None if found.application_layer is None else dict(found.application_layer))

    def record_of(self, found):
        return (found["src"], found["dst"], found["transport_protocol"], found["count"], found["packets"], found["bytes"],
                {(p["host"], p["port"]): p["count"] for p in found["ports"]}, found["application_layer"])

    def test_signature(self):
        paths = [self.event(i) for i in (1, 2, 3)]
        table = {}
        pattern = pcaps_to_signature_pattern(paths, table)
        wanted = self.signature(*paths)["flows"]
        self.assertEqual([self.record(f) for f in pattern.flows], [self.record_of(f) for f in wanted])
        self.assertEqual(table["IP"], {"198.51.100.7": "api.plug.example"})
        self.assertEqual(pcaps_to_signature_pattern(paths[0]).flows, group_pkts_per_flow(pcap_to_pkts(paths[0])).flows)
        patterns = [group_pkts_per_flow(pcap_to_pkts(path)) for path in paths]
        self.assertEqual(len(patterns_to_signature(patterns).flows), len(wanted))
        for each in patterns:
            each.flows[0].count += 0  # looked at: they are objects of Python from now on
        self.assertEqual([self.record(f)[:4] for f in patterns_to_signature(patterns).flows], [self.record_of(f)[:4] for f in wanted])
        for none in ([], [NetworkPattern()], [NetworkPattern(), NetworkPattern([])]):
            with self.assertRaises(ValueError):
                patterns_to_signature(none)
        policy = {"protocols": {"ipv4": {"src": "self", "dst": "a.example"}, "tcp": {"dst-port": 443}}}
        (found,) = patterns_to_signature([NetworkPattern([FlowFingerprint.from_policy(policy)])] * 2).flows
        self.assertEqual(found.ports, {("a.example", 443): 2})
        pcaps_to_signature_csv(paths, self.path("s.csv"))
        self.assertEqual([self.record(f) for f in NetworkPattern.load_from_csv(self.path("s.csv")).flows], [self.record_of(f) for f in wanted])
        self.assertEqual(self.flows(self.path("s.csv"))[0]["ports"], wanted[0]["ports"])

    def test_pattern(self):
        flows = [flow(), flow(dport=80)]
        pattern = NetworkPattern(flows)
        self.assertEqual((pattern.flows, pattern.get_flows(), len(pattern)), (flows, flows, 2))
        pattern.add_flow(flow(dport=22))
        self.assertEqual((len(pattern), len(flows), len(NetworkPattern())), (3, 2, 0))
        self.assertEqual(pattern.find_matching_flow(flow(dport=80, sport=3)), (1, pattern.flows[1]))
        library = group_pkts_per_flow([Packet({"src": "192.0.2.10", "dst": f"{name}.example", "transport_protocol": "TCP", "sport": 4, "dport": 80}) for name in "ab"])
        number, found = library.find_matching_flow(flow(dst="b.example", sport=4, dport=80))
        self.assertEqual((number, found.dst), (1, "b.example"))
        with self.assertRaises(ValueError):
            pattern.find_matching_flow(flow(dport=23))
        one, other = flow(), flow(sport=7)
        one.count = one.ports[("192.0.2.10", 40001)] = 2
        with self.assertRaises(ValueError):
            NetworkPattern([other]).find_matching_flow(one, True)
        self.assertEqual(str(pattern), "\n".join(f"<{f}>" for f in pattern.flows))
        self.assertEqual(repr(pattern), ", ".join(f"<{f}>" for f in pattern.flows))
        pattern.set_flows([flow()])
        self.assertEqual(len(pattern), 1)
        for twin in (pickle.loads(pickle.dumps(pattern)), copy.deepcopy(pattern), pickle.loads(pickle.dumps(pcaps_to_signature_pattern(self.event(1))))):
            self.assertIsInstance(twin.flows[0], FlowFingerprint)
        pattern.to_csv(self.path("p.csv"))
        self.assertEqual(NetworkPattern.load_from_csv(self.path("p.csv")).flows[0].ports, flow().ports)
        for partial in (NetworkPattern([FlowFingerprint({})]), group_pkts_per_flow([Packet({"sport": 1, "dport": 2})]),
                        group_pkts_per_flow([Packet({"src": "a.example", "dst": "b.example", "sport": 1, "dport": 2})])):
            with self.assertRaises(ValueError):
                partial.to_csv(self.path("none.csv"))
        for file in (io.StringIO(), io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")):
            pattern.to_csv(file)
            file.seek(0)
            self.assertEqual(NetworkPattern.load_from_csv(file).flows, pattern.flows)
        with self.assertRaises(ValueError):
            NetworkPattern.load_from_csv(io.StringIO("network_protocol,src,dst\nIPv4,,\n"))
        with self.assertRaises(FileNotFoundError):
            NetworkPattern.load_from_csv(self.path("none.csv"))
        old = self.write("old.csv", "network_protocol,src,dst,transport_protocol,sport,dport,application_layer\r\n"
                                    "IPv4,192.0.2.10,a.example,UDP,,53,\"(('protocol', 'DNS'), ('response', False), ('qtype', 'A'), ('domain-name', 'x.example'))\"\r\n")
        (found,) = NetworkPattern.load_from_csv(old).flows
        self.assertEqual((found.ports, found.application_layer), ({("a.example", 53): 1}, DNS({"qtype": "A", "domain-name": "x.example"})))

    def test_progress(self):
        seen = []
        path = self.capture(*[make.udp("192.0.2.1", 4000, "192.0.2.2", 5000, b"x")] * 70000, name="long.pcap", step=1000)
        self.assertEqual(len(pcap_to_pkts(path, progress=seen.append)), 70000)
        self.assertEqual([p.packets for p in seen], [65536])

    def test_many_hosts(self):
        """Texts and layers that are met again are the same ones."""
        frames = [make.udp(f"10.{i // 250}.{i % 250}.1", 1000 + i, "192.0.2.1", 53, make.dns([(f"n{i}.example", "A")])) for i in range(3000)]
        path = self.capture(*frames * 2)
        packets = pcap_to_pkts(path, timeout_arg=None)
        self.assertEqual([(p.src, p.sport, p.application_layer.qname) for p in packets],
                         [(f"10.{i // 250}.{i % 250}.1", 1000 + i, f"n{i}.example") for i in range(3000)] * 2)
        self.assertIs(packets[0].src, packets[3000].src)


class Utilities(unittest.TestCase):
    def test_hosts(self):
        self.assertEqual([utils.is_ip_address(s) for s in ("192.0.2.1", "2001:db8::1", "a.example", "", "1.2.3", 5, None)],
                         [True, True, False, False, False, False, False])
        self.assertEqual([utils.guess_network_protocol(s) for s in ("192.0.2.1", "2001:db8::1")], ["IPv4", "IPv6"])
        for wrong in ("a.example", "", None, 5):
            with self.assertRaises(ValueError):
                utils.guess_network_protocol(wrong)
        self.assertEqual([utils.is_domain_name(s) for s in ("a.example", "example", "192.0.2.1", "a_b.example", "-a.example", 5)], [True, False, False, False, False, False])
        self.assertTrue(utils.compare_domain_names("a.x.example", "b.x.example"))
        self.assertFalse(utils.compare_domain_names("example.com", "google.com"))
        self.assertFalse(utils.compare_domain_names("evil-example.com", "example.com"))
        self.assertFalse(utils.compare_domain_names("nodot", "other"))
        self.assertTrue(utils.compare_hosts("a.x.example", "x.example"))
        self.assertFalse(utils.compare_hosts("192.0.2.1", "192.0.2.2"))
        self.assertTrue(utils.compare_hosts("192.0.2.1", "192.0.2.2", {"192.0.2.2": "192.0.2.1"}))
        self.assertTrue(utils.compare_hosts(None, None))
        self.assertFalse(utils.compare_hosts(None, "x"))
        with self.assertRaises(TypeError):
            utils.compare_hosts(5, "x")
        for odd in ("@/etc/passwd", ""):  # no file is read
            with self.assertRaises(ValueError):
                utils.compare_hosts("a", "b", {odd: "b"})
        self.assertEqual(utils.get_wildcard_subdomain("a.x.example", "b.x.example"), "*.x.example")
        with self.assertRaises(ValueError):
            utils.get_wildcard_subdomain("a.example", "b.org")
        table = {"IP": {"192.0.2.1": "b.example", "192.0.2.2": "c.example"}, "ALIAS": {"b.example": "a.example"}}
        self.assertEqual([utils.get_domain_name_from_ip(ip, table) for ip in table["IP"]], ["a.example", "c.example"])
        for ip, tables in (("192.0.2.3", table), ("192.0.2.1", {})):
            with self.assertRaises(KeyError):
                utils.get_domain_name_from_ip(ip, tables)

    def test_small(self):
        self.assertEqual([utils.if_correct_type(5, int), utils.if_correct_type("x", int), utils.if_correct_type("x", int, 7)], [5, None, 7])
        other = {}
        utils.policy_dict_to_other({"dst-port": 80}, "dst-port", other, "dport")
        utils.policy_dict_to_other({"dst-port": 80}, "src-port", other, "sport")
        self.assertEqual(other, {"dport": 80})
        self.assertEqual([utils.is_known_port(443), utils.is_known_port(443, "udp"), utils.is_known_port(1900), utils.is_known_port(1900, "udp"),
                          utils.is_known_port(40000), utils.is_known_port(2**80), utils.is_known_port(-1), utils.is_known_port("443"),
                          utils.is_known_port(80, "foo")], [True, True, False, True, False, False, False, False, False])
        self.assertEqual({t.name: t.value for t in utils.DnsRtype}, {"A": 1, "CNAME": 5, "PTR": 12, "AAAA": 28, "SRV": 33})
        self.assertEqual([k.name for k in utils.DnsTableKeys], ["IP", "ALIAS"])

    def test_distances(self):
        self.assertEqual((utils.ZERO, utils.ONE), (Fraction(0), Fraction(1)))
        self.assertEqual((utils.discrete_distance(1, 1), utils.discrete_distance(1, 2)), (0, 1))
        self.assertEqual(utils.levenshtein_ratio("kitten", "sitting"), Fraction(3, 13))
        self.assertEqual(utils.levenshtein_ratio("", ""), 0)
        self.assertEqual(utils.levenshtein_ratio("\N{SNOWMAN}a\ud800", "\N{SNOWMAN}b\ud800"), Fraction(1, 6))
        self.assertEqual(utils.distance_hosts("192.0.2.1", "192.0.2.2"), 1)
        self.assertEqual(utils.distance_hosts("192.0.2.1", "a.example"), 1)
        self.assertEqual(utils.distance_hosts("ab.example", "cb.example"), Fraction(1, 20))
        for wrong in (("x", 5), (5, "x"), ("x", b"x")):
            with self.assertRaises(TypeError):
                utils.levenshtein_ratio(*wrong)
        self.assertIs(type(utils.distance.levenshtein_ratio("a", "b")), Fraction)
        self.assertIs(utils.packet_utils.is_ip_address, utils.is_ip_address)


class Told(support.Case):
    """Whatever is given for an argument, only ValueError, TypeError and KeyError come out."""

    @staticmethod
    def wrong():
        return [None, 5, -1, 2**70, float("inf"), "", "x", "\ud800", "a\0b", b"x", [], [5], [None], ["x"], [("a", "b", "c")], (), {}, {5: 5}, {"IP": None},
                {"IP": {"192.0.2.1": 5}}, {"IP": MappingProxyType({})}, MappingProxyType({}), {"protocols": {"tcp": 5}}, {"ports": {5: 5}},
                {"src": 5, "dport": 2**70}, object(), int, os.devnull, f"{os.devnull}/x", SimpleNamespace(haslayer=5, payload=5), DNS({}), Packet({}),
                FlowFingerprint({}), NetworkPattern(), NetworkPattern([5])]

    def calls(self):
        for module in (pkt_extraction, flow_grouping, event_signature_extraction, utils):
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__.startswith(module.__name__) and not name.startswith("_"):
                    yield function
        for make_one in (lambda: Packet({}), flow, lambda: FlowFingerprint({}), lambda: NetworkPattern([flow()]), lambda: DNS({}), lambda: HTTP({}),
                         lambda: CoAP({}), lambda: DHCP({}), lambda: FlowFingerprintJsonEncoder("192.0.2.10")):
            yield type(make_one())
            for name, _ in inspect.getmembers(make_one(), inspect.ismethod):
                if not name.startswith("__") and (not name.startswith("_") or name.startswith("_distance")):
                    yield lambda *a, make_one=make_one, name=name: getattr(make_one(), name)(*a)
            yield from (getattr(type(make_one()), name) for name, kind in vars(type(make_one())).items() if isinstance(kind, staticmethod))

    def test_arguments(self):
        os.makedirs(self.path("here"))
        before = os.getcwd()
        os.chdir(self.path("here"))
        self.addCleanup(os.chdir, before)
        functions = list(self.calls())
        self.assertGreater(len(functions), 80)
        for function in functions:
            for arguments in ((), *((a,) for a in self.wrong()), *((flow(), a) for a in self.wrong()),
                              *zip(self.wrong(), ["192.0.2.10"] * 99, reversed(self.wrong()))):
                with contextlib.suppress(ValueError, TypeError, KeyError, ImportError):  # pandas may be absent
                    function(*arguments)

    def test_what_they_say(self):
        for call, what in ((lambda: patterns_to_signature(NetworkPattern([flow()])), "patterns are expected"),
                           (lambda: Packet.replace_ips_with_domains([5], {}), "packets are expected"),
                           (lambda: flow()._distance_ports(5), "not a flow"),
                           (lambda: flow().match_flow(flow(), hosts_equal="ab"), "pairs of texts"), (lambda: flow().match_flow(flow(), hosts_equal=["ab"]), "pairs of texts"),
                           (lambda: flow().match_flow(flow(), hosts_equal=[("a", "b", "c")]), "pairs of texts"),
                           (lambda: NetworkPattern([5]).to_csv(self.path("x.csv")), "not a flow"), (lambda: utils.get_wildcard_subdomain(None, "x"), "must be a text"),
                           (lambda: utils.get_domain_name_from_ip("x", {"IP": {"x": "y"}, "ALIAS": 5}), "dict of dicts")):
            with self.assertRaises(TypeError) as caught:
                call()
            self.assertIn(what, str(caught.exception))
        with self.assertRaises(ValueError) as caught:
            flow().translate_to_firewall("plug", "192.0.2.10", self.write("file", ""))
        self.assertIsInstance(caught.exception, OSError)
        self.assertEqual(str(caught.exception), f"{self.path('file')}: cannot be written: File exists")
        packet = Packet({"src": "a.example", "dst": "b.example", "transport_protocol": "TCP"})
        for port in (float("inf"), 80.5, -1.0, 65536):
            packet.sport = port
            with self.assertRaises(ValueError):
                group_pkts_per_flow([packet])
        packet.sport = 80.0
        self.assertEqual(group_pkts_per_flow([packet]).flows[0].ports, {("a.example", 80): 1})


class Running(support.Case):
    def test_no_leak(self):
        path = self.capture(*plug(40000))
        bad = flow()
        bad.ports = {("a", "b"): 1}

        def work(times):
            for _ in range(times):
                table = {"IP": {"192.0.2.9": "x.example"}}
                packets = pcap_to_pkts(path, table)
                pattern = group_pkts_per_flow(packets)
                signature = patterns_to_signature([pattern, NetworkPattern(pattern.flows)])
                first, last = signature.flows[0], signature.flows[-1]
                first.match_flow(last, hosts_equal={"a": "b"})
                first.compute_distance(last)
                first.find_closest_flow(signature.flows)
                first.get_different_hosts(last)
                first.get_different_ports(last)
                first.add_flow(copy.copy(first))
                first.application_layer.diff(DNS({"qtype": 1}))
                FlowFingerprint.from_policy(first.extract_policy("192.0.2.10"))
                pkts_to_csv(packets, self.path("p.csv"))
                first.get_id(), hash(first), repr(first), str(packets[0])
                utils.levenshtein_ratio("a", "b"), utils.compare_hosts("a.example", "b.example", {"a": "b"})
                for call in (lambda: bad.match_flow(first), lambda: utils.compare_hosts(5, "x"), lambda: pcap_to_pkts(path, {"IP": {"x": "y"}})):
                    try:
                        call()
                    except (TypeError, ValueError):
                        pass

        packages.assert_balanced(self, work)
        times = 10 if packages.SANITIZED else 50
        work(times)
        gc.collect()
        blocks = sys.getallocatedblocks()
        work(times)
        gc.collect()
        self.assertLess(sys.getallocatedblocks() - blocks, 200)

    def test_no_memory(self):
        packets = pcap_to_pkts(self.capture(*plug(40000)))
        flows = group_pkts_per_flow(packets).flows
        first, last, native = flows[0], flows[-1], flow_grouping._iotsig
        packages.assert_only_memory_errors(self, {
            "match": lambda: native.match(first, last, False, [("a", "b")], 31), "find": lambda: native.find(first, flows, False, ()),
            "distance": lambda: native.distance(first, last), "closest": lambda: native.closest_flow(first, flows),
            "differences": lambda: native.differences(first, last), "join": lambda: native.join(first, last), "id": lambda: native.flow_id(first, True),
            "fixed": lambda: native.fixed_ports(first, False), "flows": lambda: native.pattern_from_flows(flows, False, ""),
            "packets": lambda: native.pattern_from_packets(packets, False), "write": lambda: native.write_packets(packets, self.path("x.csv"))})

    def test_nothing_else_is_imported(self):
        """pandas and scapy are imported only by what needs them."""
        code = "import sys, signature_extraction.event_signature_extraction, signature_extraction.flow_grouping; " \
               "print([m for m in ('pandas', 'numpy', 'scapy', 'tqdm') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": packages.FOLDER}, capture_output=True, check=True)
        self.assertEqual(done.stdout, b"[]\n")

    def test_modules(self):
        """The modules are there with the package; a module and its class have one name."""
        code = "import signature_extraction as s; print(s.pkt_extraction.pcap_to_pkts.__name__, s.utils.distance.ONE, s.network.FlowFingerprint.__name__); " \
               "from signature_extraction.network.FlowFingerprint import FlowFingerprintJsonEncoder; " \
               "from signature_extraction.network.Packet import Packet; from signature_extraction.network.NetworkPattern import NetworkPattern; " \
               "from signature_extraction.application_layer.DNS import DNS, DnsFields; from signature_extraction.application_layer.HTTP import HTTP, HttpFields; " \
               "from signature_extraction.application_layer.CoAP import CoAP, CoAPType; from signature_extraction.application_layer.DHCP import DHCP, DhcpFields"
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": packages.FOLDER}, capture_output=True, check=True)
        self.assertEqual(done.stdout, b"pcap_to_pkts 1 FlowFingerprint\n")

    def test_old_names(self):
        self.assertTrue(callable(event_signature_extraction.patterns_to_signature) and callable(flow_grouping.group_pkts_per_flow))
        self.assertEqual(io.BytesIO().read(), b"")
        self.assertEqual(START % SECOND, 0)


if __name__ == "__main__":
    unittest.main()
