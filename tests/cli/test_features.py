# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mission names, end to end on the samples: names, HTTP, SSDP, CoAP, DHCP, the signature."""
import os

import support
from support import Case

import importlib.machinery
import importlib.util


def load_samples():
    path = os.path.join(support.ROOT, "examples", "make-samples")
    loader = importlib.machinery.SourceFileLoader("make_samples", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_samples", loader))
    loader.exec_module(module)
    return module


SAMPLES = load_samples()


class Features(Case):
    def setUp(self):
        super().setUp()
        for name, content in SAMPLES.samples():
            self.write(name, content)

    def layers(self, name, *words):
        return [p["application_layer"] for p in self.packets(self.path(name), *words)]

    def test_http_method_and_uri(self):
        self.assertEqual(self.layers("http.pcap"), [
            {"protocol": "HTTP", "response": False, "method": "GET", "uri": "/api/state*"},
            {"protocol": "HTTP", "response": True},
            {"protocol": "HTTP", "response": False, "method": "PUT", "uri": "/api/relay"},
        ])

    def test_ssdp_method(self):
        self.assertEqual(self.layers("ssdp.pcap"), [
            {"protocol": "SSDP", "response": False, "method": "M-SEARCH"},
            {"protocol": "SSDP", "response": True},
            {"protocol": "SSDP", "response": False, "method": "NOTIFY"},
        ])

    def test_coap_type_method_and_uri(self):
        self.assertEqual(self.layers("coap.pcap"), [
            {"protocol": "CoAP", "type": "CON", "response": False, "code": "GET", "uri": "/oic/res"},
            {"protocol": "CoAP", "type": "ACK", "response": True},
            {"protocol": "CoAP", "type": "NON", "response": False, "code": "PUT", "uri": "/light/1"},
        ])

    def test_dhcp_message_type_only_when_kept(self):
        result = support.run("packets", "--format", "jsonl", self.path("dhcp.pcap"))
        self.assertEqual((result.status, result.out), (1, ""))
        client = "02:00:00:00:01:10"
        self.assertEqual(self.layers("dhcp.pcap", "--keep", "dhcp"), [
            {"protocol": "DHCP", "client_mac": client, "message_type": kind}
            for kind in ("discover", "offer", "request", "ack")
        ])

    def test_dns_name_and_type(self):
        dns = [layer for layer in self.layers("plug/plug-1.pcap") if layer and layer["protocol"] == "DNS"]
        self.assertEqual(dns, [
            {"protocol": "DNS", "response": False, "qtype": "PTR", "domain-name": "_ipp._tcp.local"},
            {"protocol": "DNS", "response": False, "qtype": "A", "domain-name": "api.plug.example"},
            {"protocol": "DNS", "response": True, "qtype": "A", "domain-name": "api.plug.example"},
        ])

    def test_handshakes_are_left_out_and_the_hello_names_the_server(self):
        tls = [(p["src"], p["dst"]) for p in self.packets(self.path("plug/plug-1.pcap")) if 443 in (p["sport"], p["dport"])]
        plug, cloud = "192.168.1.110", "api.plug.example"
        self.assertEqual(tls, [(plug, cloud), (plug, cloud), (cloud, plug), (plug, cloud), (cloud, plug)])

    def test_signature_of_the_plug(self):
        inputs = [self.path(f"plug/plug-{name}") for name in ("1.pcap", "2.pcap", "3.pcapng")]
        signature = self.signature(*inputs)
        self.assertEqual(
            (signature["name"], signature["captures"], signature["timeout"]), ("plug", inputs, 20))
        summary = [(f["src"], f["dst"], f["transport_protocol"], f["sport"], f["dport"], f["count"], f["packets"])
                   for f in signature["flows"]]
        # By hand: three captures, each with one lookup (2 packets), one switching (2 packets that are
        # kept), one session (the hello and 2 times 2 records); one flow of each a capture.
        self.assertEqual(summary, [
            ("192.168.1.110", "192.168.1.1", "UDP", None, 53, 3, 6),
            ("192.168.1.135", "192.168.1.110", "TCP", None, 9999, 3, 6),
            ("192.168.1.110", "api.plug.example", "TCP", None, 443, 3, 15),
        ])
        ports = [(p["host"], p["port"], p["count"], p["fixed"]) for p in signature["flows"][1]["ports"]]
        self.assertEqual(ports, [
            ("192.168.1.135", 50101, 1, False), ("192.168.1.110", 9999, 3, True),
            # by the number of flows: five in the third capture, seven in the second
            ("192.168.1.135", 50301, 1, False), ("192.168.1.135", 50201, 1, False),
        ])

    def test_a_folder_and_a_mix_of_patterns_and_captures_give_the_same(self):
        inputs = [self.path(f"plug/plug-{name}") for name in ("1.pcap", "2.pcap", "3.pcapng")]
        want = self.signature(*inputs)["flows"]
        self.assertEqual(self.signature(self.path("plug"))["flows"], want)
        self.run_ok("flows", "-o", self.path("second.json"), inputs[1])
        self.run_ok("flows", "-o", self.path("third.csv"), inputs[2])
        self.assertEqual(self.signature(inputs[0], self.path("second.json"), self.path("third.csv"))["flows"], want)

    def test_the_pause_ends_the_event(self):
        plug3 = self.path("plug/plug-3.pcapng")
        self.assertEqual(len(self.packets("--timeout", "0", plug3)), len(self.packets(plug3)) + 1)


if __name__ == "__main__":
    support.main()
