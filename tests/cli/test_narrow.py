# SPDX-License-Identifier: GPL-3.0-or-later
"""No rule is wider than its policy, and no policy is lost on the way to the rules."""
import os
import re

import generated
import support
from support import Case

HEAD = 'device-info: {name: plug, ipv4: 192.168.1.135, ipv6: "fd00::35"}\nhosts: {gateway: 192.168.1.1}\nsingle-policies:\n'


class Narrow(Case):
    def firewall(self, *policies, words=(), head=HEAD):
        text = head + "".join(f"  p{i}: {{protocols: {policy}}}\n" for i, policy in enumerate(policies))
        return support.run("firewall", "--no-check", "--dry-run", *words, self.write("p.yaml", text))

    def refused(self, policy, why, **more):
        result = self.firewall(policy, **more)
        self.assertEqual((result.status, result.out), (3, ""), policy)
        self.assertRegex(result.err, r"\Aiotsig: \S+:line \d+, column \d+: policy p0: [^\n]*" + re.escape(why) + r"[^\n]*\n\Z")

    def files(self, *policies, **more):
        result = self.firewall(*policies, **more)
        self.assertEqual((result.status, result.err), (0, ""), policies)
        return generated.split(result.out)

    def test_all_in_pieces(self):
        for policy in ("{tcp: {dst-port: [0-100, 101-65535]}}", "{ipv4: {dst: [0.0.0.0/1, 128.0.0.0/1]}}", "{ipv4: {src: [0.0.0.0-9.255.255.255, 10.0.0.0-255.255.255.255]}}",
                       '{ipv6: {dst: ["::/1", "8000::/1"]}}', "{icmp: {type: [%s]}}" % ", ".join(map(str, range(256))), "{ipv4: {}, igmp: {version: 0-255}}", "{mqtt: {payload-length: 0-65535}}",
                       "{mqtt: {packet-type: [%s]}}" % ", ".join(map(str, range(16))), "{arp: {spa: 0.0.0.0/0}}"):
            self.refused(policy, "it would match all traffic")
        for policy in ("{tcp: {dst-port: [0-100, 102-65535]}}", "{ipv4: {dst: [0.0.0.0/1, 128.0.0.1-255.255.255.255]}}", "{tcp: {dst-port: 1-65535}}", "{tcp: {dst-port: 0-65534}}"):
            self.files(policy)
        (rule,) = generated.tables(self.files("{ipv4: {src: self}, tcp: {dst-port: [0-100, 101-65535]}}")["firewall.nft"])["plug"]
        self.assertEqual(rule.matches, "ip saddr 192.168.1.135 meta l4proto tcp")

    def test_messages_without_the_field(self):
        """Every length of a payload is still only of messages that have a payload."""
        for field, needs in (("payload-length", "is_publish"), ("client-id-length", "is_connect"), ("keep-alive", "is_connect")):
            source = self.files(f"{{ipv4: {{src: self}}, mqtt: {{{field}: 0-65535}}}}")["nfqueues.c"]
            self.assertRegex(source, rf"bool matches = seen\.{needs} && \(within\(seen\.message\.\w+, 0, 65535\)\);")

    def test_backward(self):
        for policy in ("{ipv4: {}, tcp: {}, http: {method: GET, uri: /x}}", "{mqtt: {client-id: x}}", "{coap: {type: con}, udp: {}}", "{tls: {handshake-type: client-hello}}", "{dhcp: {type: discover}}"):
            self.refused(policy + ", bidirectional: true", "backward it would match all of its protocols")
            self.files(policy)
        for policy in ("{http: {method: GET, response: false}}", "{ipv4: {src: self}, http: {uri: /x}}", "{tcp: {dst-port: 80}, http: {uri: /x}}", "{dns: {qtype: A}}"):
            self.files(policy + ", bidirectional: true")

    def test_nothing_is_external(self):
        for words, policy in ((["--host", "local=0.0.0.0/0"], "{ipv4: {dst: external}}"), (["--host", "local=0.0.0.0/1", "--host", "local=128.0.0.0/1"], "{ipv4: {dst: external}}"),
                              (["--host", "local=::/0"], "{ipv6: {dst: external}}")):
            self.refused(policy, "nothing is external", words=words)

    def test_last_character_by_its_number(self):
        for uri, want in (("/a*", "/a true"), ("/a$", "/a true"), ("/a\\042", "/a* false"), ("/a\\036", "/a$ false"), ("\\042", "* false"), ("/a\\042*", "/a* true"), ("/a**", "/a* true")):
            source = self.files(f"{{ipv4: {{dst: self}}, http: {{uri: '{uri}'}}}}")["nfqueues.c"]
            ((_, arguments),) = [call for call in generated.calls(source, "is_http_uri") if len(call[1]) == 4 and generated.string(call[1][1]) is not None]
            self.assertEqual(f"{generated.string(arguments[1]).decode()} {arguments[3][0][1]}", want)

    def test_labels(self):
        for name in (".", ".a.example", "a..b.example", "$a.example..", "..", "a.example..", "$..example.com", "*..example.com"):
            self.refused(f"{{ipv4: {{dst: self}}, dns: {{domain-name: '{name}'}}}}", "no domain name")
        for name, want in (("a.example.", b"a.example"), ("Inc\\..a.example", b"inc..a.example"), ("$a.b.example", b"a.b.example")):
            source = self.files(f"{{ipv4: {{dst: self}}, dns: {{domain-name: '{name}'}}}}")["nfqueues.c"]
            found = [generated.string(arguments[1]) for _, arguments in generated.calls(source, "is_name")]
            self.assertIn(want, found)

    def test_host_words_in_upper_case(self):
        for word in ("Self", "GATEWAY", "External", "Local", "All"):
            self.refused(f"{{ipv4: {{dst: {word}}}}}", "a host word is written in lower case")
        self.refused("{ipv4: {dst: Tablet}}", "a host word is written in lower case", words=["--host", "tablet=10.0.0.9"])
        self.assertIn('.name = "gateway"', self.files("{ipv4: {src: self, dst: Gateway.}}")["nfqueues.c"])

    def test_sizes(self):
        for size in ("5 6-7", "100 x-200", "1-2-3", "1 -", "- 1"):
            text = HEAD + f"  p0: {{protocols: {{ipv4: {{dst: 10.0.0.1}}}}, stats: {{packet-size: '{size}'}}}}\n"
            result = support.run("firewall", "--no-check", "--dry-run", self.write("p.yaml", text))
            self.assertEqual((result.status, result.out), (3, ""), size)
            self.assertIn("policy p0: stats.packet-size: no size of a packet", result.err)

    def test_rates_that_the_kernel_cannot_count(self):
        """2^64 nanoseconds times bytes, or times the burst: 5 mbytes/hour is over that."""
        for rate, good in (("30500 bytes/week", True), ("30501 bytes/week", False), ("5 mbytes/hour", False), ("4 mbytes/hour", True), ("29 kbytes/week", True), ("30 kbytes/week", False),
                           ("17592 mbytes/second", True), ("17593 mbytes/second", False), ("1/week burst 30500 packets", True), ("1/week burst 30501 packets", False),
                           ("4294967295/second burst 4294967295 packets", True)):
            text = HEAD + f"  p0: {{protocols: {{ipv4: {{dst: 10.0.0.1}}}}, bidirectional: true, stats: {{rate: {{fwd: 1, bwd: '{rate}'}}}}}}\n"
            result = support.run("firewall", "--no-check", "--dry-run", self.write("p.yaml", text))
            self.assertEqual(result.status, 0 if good else 3, rate)
            self.assertEqual("policy p0: stats.rate: the kernel cannot count so much" in result.err, not good)

    def test_rates_and_initiators_before_other_queues(self):
        """A queue before takes the packets away from one with a rate or an originator, which its program cannot know."""
        policies = ("{ipv4: {src: self}, dns: {domain-name: a.example}}", "{ipv4: {}, dns: {qtype: A}}, stats: {rate: 1/minute}", "{ipv4: {src: self, dst: b.example}, udp: {}}, initiator: src",
                    "{ipv4: {src: self}, tcp: {dst-port: 1}}")
        files = self.files(*policies)
        rules = generated.tables(files["firewall.nft"])["plug"]
        self.assertEqual([rule.comment for rule in rules], ["p3", "p1", "p2", "p0"])
        decides = dict(re.findall(r"static const char \*decide_(\d+)\(.*?\n(.*?)\n}", files["nfqueues.c"], re.DOTALL))
        self.assertEqual({queue: re.findall(r'return "(\w+)"', text) for queue, text in decides.items()}, {"0": ["p0"], "10": ["p1", "p0"], "20": ["p2", "p0"]})

    def test_empty_file_included(self):
        self.write("empty.yaml", "")
        for policy in ("!include empty.yaml#a.b", "{ipv4: {dst: !include empty.yaml#a}}"):
            result = self.firewall(policy)
            self.assertEqual((result.status, result.out), (3, ""))
            self.assertRegex(result.err, r"\Aiotsig: [^\n]+\n\Z")

    def test_folder_in_the_folder(self):
        """What cannot be removed is not replaced, and nothing is left over."""
        path = self.write("p.yaml", HEAD + "  p: {protocols: {ipv4: {dst: 10.0.0.1}}}\n")
        os.makedirs(self.path("out/nfqueues.c/mine"))
        result = support.run("firewall", "--no-check", "-o", self.path("out"), path)
        self.assertEqual((result.status, result.err), (4, f"iotsig: {self.path('out')}: the folder holds other files (choose a new one)\n"))
        self.assertEqual((sorted(os.listdir(self.folder)), os.listdir(self.path("out"))), (["out", "p.yaml"], ["nfqueues.c"]))


if __name__ == "__main__":
    support.main()
