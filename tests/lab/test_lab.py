# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory: what a rule drops does not arrive, and is counted; what is left behind is nothing."""
import os
import shutil
import subprocess
import unittest

import lab
import support
from lab import DEVICE, GATEWAY, ROUTER, SERVER, Lab
from support import make

HOSTS = {"device": DEVICE, "server": SERVER}

RULES = """
table bridge plug {
    chain prerouting {
        type filter hook prerouting priority 0; policy accept;
        ip saddr 192.168.1.135 ip daddr 192.168.1.110 meta l4proto udp udp dport 7000 counter drop comment "seven"
        ip6 saddr fd00:1::135 meta l4proto udp udp dport 7000 counter drop comment "seven6"
        arp operation request arp daddr ip 192.168.1.99 counter drop comment "arp"
        meta l4proto tcp counter comment "never"
    }
}
"""


def udp(port, source=DEVICE, target=SERVER, family="ipv4"):
    packet = make.udp(source[family], 5000, target[family], port, b"hello")
    return make.ethernet(packet, src=source["mac"], dst=target["mac"], pad=False)


def arp(target):
    payload = make.arp(1, DEVICE["mac"], DEVICE["ipv4"], tpa=target)
    return make.ethernet(payload, kind=make.ARP, src=DEVICE["mac"], dst="ff:ff:ff:ff:ff:ff", pad=False)


class Bridge(unittest.TestCase):
    def test_all_arrives(self):
        here = Lab.of(self, HOSTS)
        frames = [udp(7000), udp(7000, family="ipv6"), arp("192.168.1.99"), udp(7001)]
        self.assertEqual(here.through("device", "server", *frames), frames)
        self.assertEqual(here.through("server", "device", udp(7000, SERVER, DEVICE)), [udp(7000, SERVER, DEVICE)])
        self.assertEqual(here.through("device", "server", *(frame.ljust(60, b"\0") for frame in frames)), frames)

    def test_dropped_and_counted(self):
        here = Lab.of(self, HOSTS)
        here.nft(ROUTER, RULES)
        self.assertEqual(here.nft_counters(ROUTER, "bridge plug"), {"seven": (0, 0), "seven6": (0, 0), "arp": (0, 0), "never": (0, 0)})
        frames = [udp(7000), udp(7001), udp(7000), udp(7000, family="ipv6"), arp("192.168.1.99"), arp("192.168.1.98")]
        self.assertEqual(here.through("device", "server", *frames), [udp(7001), arp("192.168.1.98")])
        counters = here.nft_counters(ROUTER, "bridge plug")
        self.assertEqual({comment: packets for comment, (packets, _) in counters.items()}, {"seven": 2, "seven6": 1, "arp": 1, "never": 0})
        self.assertGreater(counters["seven"][1], 2 * (20 + 8 + 5 - 1))

    def test_file(self):
        here = Lab.of(self, HOSTS)
        with self.assertRaisesRegex(AssertionError, "syntax error"):
            here.nft(ROUTER, "table bridge plug { chain c { drop nothing } }")
        path = f"/proc/{os.getpid()}/fd/{self.memory_file(RULES)}"
        here.nft_file(ROUTER, path)
        self.assertEqual(here.through("device", "server", udp(7000)), [])

    def memory_file(self, text):
        number = os.memfd_create("rules")
        self.addCleanup(os.close, number)
        os.write(number, text.encode())
        return number

    def test_addresses(self):
        here = Lab.of(self, HOSTS, gateway=GATEWAY)
        self.assertIn(DEVICE["mac"], here.run("device", "ip", "link", "show", "eth0").stdout)
        server = here.dns("server", {"a.example": [("A", "192.0.2.1", 60)]})
        gateway = here.dns(ROUTER, {"a.example": [("A", "192.0.2.2", 60)]})
        for address, expected in ((SERVER["ipv4"], "192.0.2.1"), (SERVER["ipv6"], "192.0.2.1"), (GATEWAY["ipv4"], "192.0.2.2"),
                                  (GATEWAY["ipv6"], "192.0.2.2")):
            self.assertEqual(here.run("device", "dig", "+short", "+tries=1", f"@{address}", "a.example").stdout, expected + "\n")
        self.assertEqual(server.queries, [("a.example", 1, DEVICE["ipv4"]), ("a.example", 1, DEVICE["ipv6"])])
        self.assertEqual(len(gateway.queries), 2)

    def test_sniffer(self):
        here = Lab.of(self, HOSTS)
        with here.sniff("server") as sniffer, here.sniff("device", outgoing=True) as sent:
            here.send("device", udp(7000))
            found = sniffer.wait_for(lab.from_to(DEVICE["ipv4"], SERVER["ipv4"]))
            self.assertEqual(lab.ip_of(found)[-5:], b"hello")
            self.assertEqual(sent.wait_for(lab.from_to(DEVICE["ipv4"], SERVER["ipv4"])), found)
            with self.assertRaisesRegex(AssertionError, "did not happen"):
                sniffer.wait_for(lab.from_to(SERVER["ipv4"], DEVICE["ipv4"]), timeout=0.1)

    def test_replay(self):
        if shutil.which("tcpreplay") is None:
            self.skipTest("tcpreplay is not installed")
        here = Lab.of(self, HOSTS)
        number = os.memfd_create("capture")
        self.addCleanup(os.close, number)
        os.write(number, make.pcap([(support.START, udp(7000)), (support.START + 1, udp(7001))]))
        with here.sniff("server") as sniffer:
            here.replay("device", f"/proc/{os.getpid()}/fd/{number}")
            sniffer.wait_for(lambda frame: frame == udp(7001))
        self.assertIn(udp(7000), sniffer.frames)


class Servers(unittest.TestCase):
    def test_dns(self):
        here = Lab.of(self, HOSTS)
        table = {"www.example": [("CNAME", "api.example", 30)], "api.example": [("A", "192.0.2.1", 60), ("AAAA", "2001:db8::1", 60)]}
        server = here.dns("server", table)

        def dig(*words):
            return here.run("device", "dig", "+tries=1", "+noall", "+comments", "+answer", f"@{SERVER['ipv4']}", *words).stdout

        answer = dig("WWW.example").split()
        for word in ("NOERROR,", "CNAME", "api.example.", "192.0.2.1", "30"):
            self.assertIn(word, answer)
        self.assertIn("2001:db8::1", dig("api.example", "AAAA"))
        self.assertIn("NXDOMAIN", dig("b.example"))
        table["b.example"] = [("A", "192.0.2.2", 1)]
        self.assertIn("192.0.2.2", dig("b.example"))
        self.assertTrue(server.asked("www.example"))
        self.assertFalse(server.asked("other.example"))

    def test_resolver_and_http(self):
        here = Lab.of(self, HOSTS)
        here.dns("server", {"plug.example": [("A", SERVER["ipv4"], 60)]})
        here.resolver("device", SERVER["ipv4"])
        server = here.http("server")
        self.assertEqual(here.run("device", "curl", "-sS", "-4", "http://plug.example/a?b").stdout, "/a?b")
        self.assertEqual(here.run("device", "curl", "-sS", "-d", "on", f"http://{SERVER['ipv4']}/set").stdout, "/set")
        self.assertEqual(server.requests, [("GET", "/a?b", DEVICE["ipv4"]), ("POST", "/set", DEVICE["ipv4"])])

    def test_coap(self):
        here = Lab.of(self, HOSTS)
        here.coap("server")
        self.assertRegex(here.run("device", "coap-client-notls", f"coap://{SERVER['ipv4']}/time").stdout, r"\d\d:\d\d:\d\d")


class Routed(unittest.TestCase):
    def test_forwarded_and_filtered(self):
        here = Lab.of(self, {"device": DEVICE, "server": SERVER, "far": {"ipv4": "203.0.113.5", "ipv6": "2001:db8::5"}}, routed=True)
        table = {"a.example": [("A", "192.0.2.1", 60)]}
        near, far = here.dns("server", table), here.dns("far", table)

        def dig(address):
            return here.run("device", "dig", "+short", "+tries=1", "+timeout=1", f"@{address}", "a.example", check=False).stdout

        for address in (SERVER["ipv4"], SERVER["ipv6"], "203.0.113.5", "2001:db8::5"):
            self.assertEqual(dig(address), "192.0.2.1\n", address)
        self.assertEqual((len(near.queries), len(far.queries)), (2, 2))
        here.run(ROUTER, "iptables", "-A", "FORWARD", "-d", "203.0.113.5", "-j", "DROP")
        here.run(ROUTER, "ip6tables", "-A", "FORWARD", "-d", SERVER["ipv6"], "-j", "DROP")
        self.assertNotIn("192.0.2.1", dig("203.0.113.5"))
        self.assertNotIn("192.0.2.1", dig(SERVER["ipv6"]))
        self.assertEqual(dig(SERVER["ipv4"]), "192.0.2.1\n")


class Cleaning(unittest.TestCase):
    def names(self):
        return set(os.listdir(lab.NAMESPACES))

    def test_closed_after_a_failure(self):
        process = None
        with self.assertRaises(ZeroDivisionError), Lab(HOSTS) as here:
            mine = {here.namespace(host) for host in (ROUTER, "device", "server")}
            self.assertLessEqual(mine, self.names())
            here.resolver("device", SERVER["ipv4"])
            process = here.popen("device", "sleep", "1000")
            here.run("device", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &")
            child = here.run("device", "ip", "netns", "pids", here.namespace("device")).stdout.split()
            raise ZeroDivisionError
        self.assertFalse(mine & self.names())
        self.assertIsNotNone(process.poll())
        for pid in child:
            lab.wait_for(lambda pid=pid: not os.path.exists(f"/proc/{pid}/exe"), what="the end of a child")
        self.assertFalse(os.path.exists(os.path.join(lab.RESOLVERS, here.namespace("device"))))
        here.close()

    def test_half_made(self):
        before = {name for name in self.names() if f"-{os.getpid()}-" in name}
        with self.assertRaises(AssertionError):
            Lab({"device": {"mac": "nothing"}})
        self.assertEqual({name for name in self.names() if f"-{os.getpid()}-" in name}, before)

    def test_killed(self):
        """What a killed process left is gone when the next laboratory is made; one that was asked to end leaves nothing."""
        script = "import lab, sys, time\nlab.Lab({'device': lab.DEVICE})\nprint(flush=True)\ntime.sleep(1000)\n"
        for kill, left in (("terminate", False), ("kill", True)):
            with subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                prefix = f"{lab.PREFIX}-{process.pid}-"
                getattr(process, kill)()
                process.wait()
            # A neighbour's laboratory may have been quicker, so what is left is not asked for.
            if not left:
                self.assertFalse([name for name in self.names() if name.startswith(prefix)])
            Lab(HOSTS).close()
            self.assertFalse([name for name in self.names() if name.startswith(prefix)])


if __name__ == "__main__":
    lab.need("iptables", "ip6tables", "dig", "curl", "coap-client-notls", "coap-server-notls")
    support.main()
