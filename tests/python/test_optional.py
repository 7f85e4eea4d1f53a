# SPDX-License-Identifier: GPL-3.0-or-later
"""pandas and scapy: DataFrames, and packets that scripts made. Skipped where they are not installed."""
import glob
import importlib.util
import logging
import os
import subprocess
import sys
import unittest

import packages  # makes the packages importable  # pylint: disable=unused-import
import support
from support import SECOND, make

logging.getLogger("scapy").setLevel(logging.ERROR)
try:
    import numpy
    import pandas
    from scapy.all import BOOTP, DHCP as DHCPLayer, DNS as DNSLayer, DNSQR, DNSRR, ICMP, IP, TCP, UDP, DHCP6_Solicit, Ether, IPOption_Router_Alert, IPv6, PcapReader, Padding, Raw
    from scapy.contrib.coap import CoAP as CoAPLayer
    from scapy.utils import EDecimal
    from scapy.layers.http import HTTP as HTTPLayer, HTTPRequest, HTTPResponse
except ImportError as absent:
    print(f"{absent} (scripts/install-deps)")
    sys.exit(support.SKIPPED)

import iotsig
from signature_extraction.application_layer import DHCP, DNS, HTTP, ApplicationLayer, CoAP, CoAPType
from signature_extraction.event_signature_extraction import pcaps_to_signature_pattern
from signature_extraction.flow_grouping import group_pkts_per_flow
from signature_extraction.network import FlowFingerprint, NetworkPattern, Packet
from signature_extraction.pkt_extraction import df_to_pkts, pcap_to_df, pcap_to_pkts, pkts_to_df
from signature_extraction.utils import extract_domain_names, get_last_layer, is_known_port, should_skip_pkt

COLUMNS = ["id", "timestamp", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer", "length"]
HEAD = IP(src="192.0.2.10", dst="192.0.2.1")


def mixed():
    """Packets of all kinds, most of which count."""
    name = "api.plug.example"
    return [make.udp("192.0.2.10", 40000, "192.0.2.1", 53, make.dns([(name, "A")])),
            make.udp("192.0.2.1", 53, "192.0.2.10", 40000, make.dns([(name, "A")], [make.dns_record(name, "CNAME", "cdn.example"),
                                                                                    make.dns_record("cdn.example", "A", "198.51.100.7")])),
            make.tcp("192.0.2.10", 40001, "198.51.100.7", 443, b"", make.SYN), make.tcp("192.0.2.10", 40001, "198.51.100.7", 443, b"", make.ACK),
            make.tcp("192.0.2.10", 40001, "198.51.100.7", 443, make.client_hello("api.plug.example")),
            make.tcp("192.0.2.10", 40001, "198.51.100.7", 443, make.application_data()),
            make.tcp("192.0.2.10", 40002, "198.51.100.8", 8080, b"GET /on?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"),
            make.tcp("198.51.100.8", 8080, "192.0.2.10", 40002, b"HTTP/1.1 200 OK\r\n\r\n"),
            make.udp("192.0.2.10", 40003, "192.0.2.20", 5683, make.coap(0, 1, ("oic", "res"))),
            make.udp("192.0.2.10", 40004, "239.255.255.250", 1900, b"M-SEARCH * HTTP/1.1\r\n\r\n"),
            make.udp("192.0.2.10", 68, "255.255.255.255", 67, make.dhcp("02:00:00:00:00:01", 1)),
            make.udp("2001:db8::1", 40005, "2001:db8::2", 9999, b"x"), make.udp("192.0.2.10", 40006, "192.0.2.20", 9999, b"")]


class Frames(support.Case):
    def test_df(self):
        path = self.capture(*mixed())
        df, packets = pcap_to_df(path), pcap_to_pkts(path)
        self.assertEqual(list(df.columns), COLUMNS)
        self.assertEqual(len(df), len(packets))
        for row, packet in zip(df.to_dict("records"), packets):
            self.assertEqual({**row, "timestamp": float(row["timestamp"])}, {**dict(packet), "timestamp": float(packet.timestamp)})
        self.assertEqual({name: str(kind) for name, kind in df.dtypes.items() if kind != object},
                         {"id": "int64", "timestamp": "float64", "sport": "int64", "dport": "int64", "length": "int64"})
        self.assertEqual(df_to_pkts(df), packets)
        df.loc[0, "src"] = "changed"  # it can be written to
        self.assertEqual(df.src[0], "changed")
        table = {}
        pcap_to_df(path, table)
        self.assertEqual(table["ALIAS"], {"cdn.example": "api.plug.example"})
        empty = pcap_to_df(self.capture(name="empty.pcap"))
        self.assertEqual((list(empty.columns), len(empty), df_to_pkts(empty)), (COLUMNS, 0, []))

    def test_packets(self):
        packets = pcap_to_pkts(self.capture(*mixed()))
        df = pkts_to_df(packets)
        self.assertEqual(list(df.columns), COLUMNS)
        again = df_to_pkts(df)
        self.assertEqual(again, packets)
        self.assertEqual([(p.id, p.timestamp, p.length) for p in again], [(p.id, p.timestamp, p.length) for p in packets])
        self.assertEqual(list(pkts_to_df([]).columns), COLUMNS)
        absent = [Packet({"src": "a.example", "dst": "b.example", "transport_protocol": "TCP", "sport": None, "dport": 443}), packets[0]]
        self.assertEqual(df_to_pkts(pkts_to_df(absent)), absent)
        df.to_csv(self.path("mine.csv"))
        self.assertEqual(group_pkts_per_flow(df_to_pkts(pandas.read_csv(self.path("mine.csv"), index_col=0))).flows, group_pkts_per_flow(packets).flows)
        self.assertEqual(Packet({"sport": numpy.int64(80)}).sport, 80)
        self.assertTrue(is_known_port(numpy.int64(443)) and is_known_port(df.dport[0], "udp") and not is_known_port(443.0))
        self.assertTrue(FlowFingerprint(packets[0]).contains_port(numpy.uint16(53)))
        packets[0].timestamp = EDecimal("12.5")  # as scapy's
        self.assertEqual((str(pkts_to_df(packets).timestamp.dtype), pkts_to_df(packets).timestamp[0]), ("float64", 12.5))
        for wrong in (None, 5, [], {}, packets, df.src):
            with self.assertRaises(TypeError):
                df_to_pkts(wrong)

    def test_tuples(self):
        """What iotsig gives is a DataFrame as it is."""
        path = self.capture(*mixed())
        df = pandas.DataFrame(iotsig.packets(path))
        self.assertEqual(list(df.columns), list(iotsig.Packet._fields))
        self.assertEqual(list(df.itertuples(index=False, name=None)), [tuple(packet) for packet in iotsig.packets(path)])
        self.assertEqual(list(pandas.DataFrame(iotsig.flows(path)).columns), list(iotsig.Flow._fields))

    def test_pattern(self):
        pattern = pcaps_to_signature_pattern(self.capture(*mixed()))
        df = pattern.to_df()
        self.assertEqual(list(df.columns), ["network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer"])
        self.assertEqual(len(df), len(pattern))
        dns = df[df.dport.eq(53) | df.sport.eq(53)].iloc[0]
        self.assertEqual(dns.application_layer[0], ("protocol", "DNS"))
        self.assertEqual((len(NetworkPattern().to_df()), list(NetworkPattern().to_df().columns)), (0, list(df.columns)))


class Notebook(support.Case):
    def test_plot(self):
        """The example makes a plot of its samples."""
        if importlib.util.find_spec("matplotlib") is None:
            self.skipTest("matplotlib is not installed (scripts/install-deps --full)")
        paths = [self.capture(*mixed(), name=f"{i}.pcap") for i in (1, 2)]
        example = os.path.join(support.ROOT, "examples", "notebook.py")
        done = subprocess.run([sys.executable, example, *paths, "-o", self.path("plot.png")], env={**os.environ, "PYTHONPATH": packages.FOLDER},
                              capture_output=True, check=True)
        self.assertIn(b"api.plug.example:443 [TCP]", done.stdout)
        self.assertEqual(self.read("plot.png")[:4], b"\x89PNG")
        with open(example, encoding="utf-8") as file:
            cells = file.read().replace('captures, plot = [], "flows.png"', f'captures, plot = {paths!r}, {self.path("cells.png")!r}')
        notebook = subprocess.run([sys.executable, "-c", cells, "-f", "kernel.json"], env={**os.environ, "PYTHONPATH": packages.FOLDER},
                                  capture_output=True, check=True)  # as a notebook's kernel has them
        self.assertEqual((notebook.stdout, self.read("cells.png")[:4]), (done.stdout, b"\x89PNG"))


class Scapy(support.Case):
    def test_like_the_library(self):
        """Packets that scapy reads are judged as the library judges them."""
        self.compare(self.capture(*mixed()))

    def test_corpus(self):
        if not os.path.isdir(support.CORPUS):
            self.skipTest("no corpus")
        for path in sorted(glob.glob(os.path.join(support.CORPUS, "captures", "1724*.pcap"))):
            self.compare(path)

    def compare(self, path):
        found, table = [], {}
        with PcapReader(path) as reader:
            for packet in reader:
                if found and packet.time > last + 20:  # noqa: F821  # pylint: disable=used-before-assignment
                    break
                last = packet.time
                if not should_skip_pkt(packet):
                    extract_domain_names(packet, table)
                    found.append(Packet.build_from_pkt(packet))
        wanted, known = pcap_to_pkts(path), {}
        pcap_to_pkts(path, known)
        self.assertEqual(table or {"IP": {}, "ALIAS": {}}, known)
        Packet.replace_ips_with_domains(found, table)
        self.assertEqual(len(found), len(wanted))
        for a, b in zip(found, wanted):
            self.assertEqual((a, None if a.application_layer is None else dict(a.application_layer), a.length),
                             (b, None if b.application_layer is None else dict(b.application_layer), b.length))
            self.assertAlmostEqual(float(a.timestamp), float(b.timestamp), places=5)

    def test_protocols(self):
        for packet, name in ((HEAD / UDP(sport=1, dport=53) / DNSLayer(qd=DNSQR(qname="a.example")), "DNS"),
                             (HEAD / TCP() / HTTPLayer() / HTTPRequest(Method="POST", Path="/x"), "HTTP"),
                             (HEAD / TCP(dport=8000) / Raw(b"GET / HTTP/1.1\r\n\r\n"), "HTTP"),
                             (HEAD / UDP() / CoAPLayer(code=1), "CoAP"), (HEAD / UDP() / BOOTP() / DHCPLayer(options=[("message-type", 1)]), "DHCP")):
            self.assertEqual(ApplicationLayer.get_protocol(packet), name)
            self.assertEqual(ApplicationLayer.init_protocol(packet).protocol_name, name)
        coap = make.coap(0, 1, ("oic", "res"))
        for transport, payload, name in ((UDP(sport=1, dport=53), make.dns([("a.example", "A")]), "DNS"), (UDP(sport=68, dport=67), make.dhcp("02:00:00:00:00:01", 1), "DHCP"),
                                         (UDP(sport=1, dport=1900), b"NOTIFY * HTTP/1.1\r\n\r\n", "SSDP"), (UDP(sport=1, dport=5683), coap, "CoAP"), (UDP(sport=1, dport=5684), coap, None),
                                         (UDP(sport=1, dport=5683), b"\x80" + coap[1:], None), (TCP(sport=1, dport=5683), coap, None)):
            packet = HEAD / transport / Raw(payload)  # which scapy did not take apart
            if name is None:
                self.assertIsNone(Packet.build_from_pkt(packet).application_layer)
            else:
                self.assertEqual((ApplicationLayer.get_protocol(packet), Packet.build_from_pkt(packet).application_layer.protocol_name), (name, name))
        self.assertEqual(DHCP(HEAD / UDP(sport=68, dport=67) / Raw(make.dhcp("02:00:00:00:00:01", 1))).client_mac, "02:00:00:00:00:01")
        segment = IP(bytes(HEAD / TCP(dport=80, flags="PA") / Raw(b"the middle of a message")))
        self.assertTrue(segment.haslayer(HTTPLayer))  # by its port
        for packet in (HEAD / TCP(), HEAD / UDP() / Raw(b"x"), HEAD / ICMP(), Ether(), segment):
            with self.assertRaises(ValueError):
                ApplicationLayer.get_protocol(packet)
            for kind in (DNS, HTTP, CoAP, DHCP):
                with self.assertRaises(ValueError):
                    kind(packet)

    def test_layers(self):
        dns = DNS(HEAD / UDP(sport=53) / DNSLayer(qr=1, qd=DNSQR(qname="A.example", qtype="AAAA"), an=DNSRR(rrname="a.example", type="AAAA", rdata="2001:db8::1")))
        self.assertEqual((dns.response, dns.qtype, dns.qname), (True, "AAAA", "a.example"))
        http = HTTP(HEAD / TCP() / HTTPLayer() / HTTPRequest(Method="GET", Path="/a?b=c"))
        self.assertEqual((http.response, http.method, http.uri), (False, "GET", "/a*"))
        self.assertTrue(HTTP.is_response(HEAD / TCP() / HTTPLayer() / HTTPResponse()))
        self.assertFalse(HTTP.is_response(HEAD / TCP() / HTTPLayer() / HTTPRequest()))
        coap = CoAP(HEAD / UDP() / CoAPLayer(type=1, code=3, options=[("Uri-Path", b"oic"), ("Uri-Path", b"res")]))
        self.assertEqual((coap.type, coap.is_request, coap.code, coap.uri), (CoAPType.NON, True, "PUT", "/oic/res"))
        self.assertFalse(CoAP(HEAD / UDP() / CoAPLayer(type=2, code=69)).is_request)
        for client in ("00:11:22:33:44:55", bytes.fromhex("001122334455")):
            dhcp = DHCP(HEAD / UDP() / BOOTP(chaddr=client) / DHCPLayer(options=[("message-type", "request"), "end"]))
            self.assertEqual((dhcp.client_mac, dhcp.message_type), ("00:11:22:33:44:55", "request"))
        self.assertEqual(DHCP(HEAD / UDP() / BOOTP() / DHCPLayer(options=[("message-type", 2), "end"])).message_type, "offer")

    def test_skip(self):
        alert = IP(src="192.0.2.1", dst="192.0.2.2", options=[IPOption_Router_Alert()])
        for packet, skipped in ((HEAD / ICMP(), True), (Ether(), True), (HEAD / TCP(flags="S"), True), (HEAD / TCP(flags="A"), True),
                                (HEAD / TCP(flags="A") / Padding(b"\0" * 6), True), (HEAD / TCP(flags="PA") / Raw(b"x"), False),
                                (HEAD / TCP(flags="FA") / Raw(b"x"), True), (HEAD / UDP(dport=9999), False), (alert / UDP(dport=9999), True),
                                (HEAD / UDP(sport=1, dport=2) / BOOTP() / DHCPLayer(), True), (IPv6() / UDP(sport=1, dport=2) / DHCP6_Solicit(), True),
                                (HEAD / UDP(sport=1, dport=53) / DNSLayer(qd=DNSQR(qname="x")), False)):
            self.assertEqual(should_skip_pkt(packet), skipped, packet)
        for wrong in (None, 5, b"x"):
            for call in (should_skip_pkt, get_last_layer, Packet.build_from_pkt, lambda p: extract_domain_names(p, {})):
                with self.assertRaises(TypeError):
                    call(wrong)

    def test_tls_is_tls_on_any_port(self):
        try:
            from scapy.layers.tls.all import TLS, ServerName, TLS_Ext_ServerName, TLSApplicationData, TLSClientHello
        except ImportError:
            self.skipTest("scapy has no TLS here")
        server = TLS_Ext_ServerName(servernames=[ServerName(servername=b"a.example")])
        self.assertTrue(should_skip_pkt(HEAD / TCP(sport=1, dport=4433, flags="PA") / TLS(msg=[TLSClientHello(ext=[])])))
        self.assertFalse(should_skip_pkt(HEAD / TCP(sport=1, dport=4433, flags="PA") / TLS(msg=[TLSClientHello(ext=[server])])))
        self.assertFalse(should_skip_pkt(HEAD / TCP(sport=1, dport=4433, flags="PA") / TLS(type=23, msg=[TLSApplicationData(data=b"x" * 20)])))

    def test_names(self):
        answer = DNSRR(rrname="cdn.example", type="A", rdata="198.51.100.7")
        alias = DNSRR(rrname="a.example", type="CNAME", rdata="cdn.example")
        packet = HEAD / UDP(sport=53) / DNSLayer(qr=1, ancount=2, qd=DNSQR(qname="a.example"), an=alias / answer)
        table = {}
        extract_domain_names(packet, table)
        self.assertEqual(table, {"IP": {"198.51.100.7": "cdn.example"}, "ALIAS": {"cdn.example": "a.example"}})
        self.assertIsInstance(get_last_layer(HEAD / UDP() / Raw(b"x") / Padding(b"y")), Raw)
        self.assertIsInstance(get_last_layer(HEAD / UDP(sport=1, dport=53) / DNSLayer()), DNSLayer)

    def test_packet(self):
        packet = Ether() / HEAD / UDP(sport=4000, dport=53) / DNSLayer(qd=DNSQR(qname="a.example"))
        packet.time = 12.5
        found = Packet.build_from_pkt(packet)
        self.assertEqual((found.src, found.dst, found.network_protocol, found.transport_protocol, found.sport, found.dport, found.timestamp, found.length),
                         ("192.0.2.10", "192.0.2.1", "IPv4", "UDP", 4000, 53, 12.5, len(packet)))
        self.assertEqual(found.application_layer, DNS({"qtype": "A", "domain-name": "a.example"}))
        other = Packet.build_from_pkt(IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP())
        self.assertEqual((other.network_protocol, other.transport_protocol, other.application_layer), ("IPv6", "TCP", None))
        self.assertEqual(Packet.build_from_pkt(Ether() / HEAD / ICMP()).transport_protocol, None)
        self.assertEqual(SECOND, 10**9)


if __name__ == "__main__":
    unittest.main()
