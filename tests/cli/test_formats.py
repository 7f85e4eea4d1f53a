# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written: text, CSV, JSON, JSON lines as the contract has them, and read back to the same."""
import csv
import io
import json
import os
import pty
import re
import subprocess
import unittest

import support
from support import SECOND, START, Case, make

PACKET_KEYS = ["capture", "id", "timestamp", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport",
               "application_layer", "length"]
FLOW_KEYS = ["id", "network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "ports", "application_layer",
             "count", "packets", "bytes", "first", "last"]
PACKET_TITLES = "id,timestamp,network_protocol,src,dst,transport_protocol,sport,dport,application_layer,length"
FLOW_TITLES = ("network_protocol,src,dst,transport_protocol,sport,dport,application_layer,"
               "ports,count,packets,bytes,first,last,input")
HOSTILE = b'x\x1b]0;t\x07,"\r\n=cmd|\\\x00\xff'


class Formats(Case):
    def setUp(self):
        super().setUp()
        question = bytes([len(HOSTILE)]) + HOSTILE + b"\x07example\0\0\1\0\1"
        self.sample = self.capture(
            make.udp("192.168.1.2", 40000, "192.168.1.1", 53, bytes.fromhex("000101000001000000000000") + question),
            make.tcp("192.168.1.2", 40001, "198.51.100.7", 443, make.client_hello("cloud.example.com")),
            make.tcp("192.168.1.2", 40001, "198.51.100.7", 443, make.application_data()),
            make.tcp("192.168.1.2", 40002, "192.168.1.9", 80, b"GET /a,b\"c?d HTTP/1.1\r\n"),
            make.udp("fd00::2", 40003, "fd00::1", 5683, make.coap(0, 1, ["oic", "res"])),
            make.udp("192.168.1.2", 40004, "192.168.1.9", 9999, b"x" * 40),
        )

    def test_packets_jsonl(self):
        lines = self.run_ok("packets", "--format", "jsonl", self.sample).splitlines()
        packets = [json.loads(line) for line in lines]
        self.assertEqual([list(p) for p in packets], [PACKET_KEYS] * 6)
        self.assertEqual([p["id"] for p in packets], list(range(6)))
        self.assertEqual({p["capture"] for p in packets}, {self.sample})
        self.assertEqual([p["timestamp"] for p in packets][:2], ["1700000000.000000", "1700000000.010000"])
        self.assertNotIn(" ", lines[4])  # as compact as the contract's
        self.assertTrue(lines[4].startswith('{"capture":"'), lines[4])
        self.assertEqual(packets[4]["application_layer"], {"protocol": "CoAP", "type": "CON", "response": False, "code": "GET", "uri": "/oic/res"})
        self.assertIsNone(packets[5]["application_layer"])
        self.assertEqual(json.loads(self.run_ok("packets", "--format", "json", self.sample)), packets)

    def test_nanoseconds_have_nine_digits(self):
        frame = make.ethernet(make.udp("192.168.1.2", 1, "192.168.1.1", 2, b"x"))
        path = self.write("n.pcap", make.pcap([(START + 7, frame)], nanoseconds=True))
        self.assertEqual(self.packets(path)[0]["timestamp"], "1700000000.000000007")

    def test_flows_json(self):
        text = self.run_ok("flows", "--format", "json", self.sample)
        (pattern,) = json.loads(text)
        self.assertEqual(list(pattern), ["input", "hosts", "flows"])
        self.assertEqual(pattern["hosts"], {"IP": {"198.51.100.7": "cloud.example.com"}, "ALIAS": {}})
        for flow in pattern["flows"]:
            self.assertEqual(list(flow), FLOW_KEYS)
            self.assertRegex(flow["id"], r"^[A-Za-z0-9_.-]{1,200}$")
            for port in flow["ports"]:
                self.assertEqual(list(port), ["host", "port", "count", "fixed"])
        tls = pattern["flows"][1]
        self.assertEqual((tls["dst"], tls["sport"], tls["dport"], tls["packets"]), ("cloud.example.com", None, 443, 2))
        self.assertEqual(tls["id"], "192.168.1.2-cloud.example.com_TCP_dst_443")
        self.assertEqual((tls["first"], tls["last"]), ("1700000000.010000", "1700000000.020000"))

    def test_extract_json(self):
        root = json.loads(self.run_ok("extract", "--format", "json", "--name", "toggle", self.sample, self.sample))
        signature = root["signature"]
        self.assertEqual((list(root), list(signature)), (["signature"], ["name", "captures", "timeout", "flows"]))
        self.assertEqual((signature["name"], signature["captures"], signature["timeout"]), ("toggle", [self.sample] * 2, 20))
        self.assertEqual({(f["first"], f["last"]) for f in signature["flows"]}, {(None, None)})
        self.assertEqual(signature["flows"][1]["packets"], 4)  # of both patterns

    def test_names_of_signatures(self):
        for words, name in ((("--name", "x/y"), "x/y"), ((), os.path.basename(self.folder))):
            self.assertEqual(self.signature(*words, self.sample, self.sample)["name"], name)
        self.assertEqual(self.signature(self.sample)["name"], "a")
        folder = os.path.dirname(self.write("plug.v1/a.pcap", self.read(self.sample)))
        for path in (folder, folder + "/", folder + "//", os.path.join(folder, "."), os.path.join(folder, "..", "plug.v1/")):
            self.assertEqual(self.signature(path)["name"], "plug.v1", path)
        for words in ((folder, self.sample), (folder + "/", self.sample)):
            self.assertEqual(self.signature(*words)["name"], os.path.basename(self.folder))

    def test_csv(self):
        text = self.run_ok("packets", "--format", "csv", self.sample)
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(",".join(rows[0]), PACKET_TITLES)
        self.assertEqual({len(row) for row in rows}, {10})
        want = self.packets(self.sample)
        self.assertEqual([json.loads(row[8]) if row[8] else None for row in rows[1:]], [p["application_layer"] for p in want])
        text = self.run_ok("flows", "--format", "csv", self.sample)
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(",".join(rows[0]), FLOW_TITLES)
        self.assertEqual({len(row) for row in rows}, {14})
        self.assertTrue(text.endswith("\r\n"))

    def test_what_is_written_reads_back(self):
        """Each format of each stage gives the next stage what the capture gives it."""
        flows = self.flows(self.sample)
        for kind in ("csv", "json", "jsonl"):
            path = self.path(f"packets.{kind}")
            self.run_ok("packets", "-o", path, self.sample)
            self.assertEqual(self.flows(path), flows, kind)
            path = self.path(f"flows.{kind}")
            self.run_ok("flows", "-o", path, self.sample)
            self.assertEqual(self.flows(path), flows, kind)
            self.assertEqual(self.signature(path, self.sample)["flows"], self.signature(self.sample, self.sample)["flows"])
            path = self.path(f"signature.{kind}")
            self.run_ok("extract", "-o", path, self.sample, self.sample)
            self.assertEqual(self.flows(path), self.signature(self.sample, self.sample)["flows"], kind)

    def test_packets_without_a_time_read_back(self):
        frames = [make.ethernet(make.tcp("192.168.1.2", 40000, "192.168.1.9", 80, text + b"\r\n"))
                  for text in (b"GET / HTTP/1.1", b"HTTP/1.1 200 OK", b"POST / HTTP/1.1")]
        content = make.section() + make.interface(resolution=9) + make.enhanced("<", 0, START, frames[0])
        sample = self.write("x.pcapng", content + make.simple("<", frames[1]) + make.simple("<", frames[2]))
        flows = self.flows(sample)
        self.assertEqual([(f["packets"], f["first"], f["last"]) for f in flows],
                         [(2, "1700000000.000000000", "1700000000.000000000"), (1, None, None)])
        for kind in ("csv", "json", "jsonl"):
            path = self.path(f"packets.{kind}")
            self.run_ok("packets", "-o", path, sample)
            self.assertEqual(self.flows(path), flows, kind)

    def test_hostile_text_is_quoted(self):
        for command in ("packets", "flows", "extract"):
            for kind in ("text", "csv", "json", "jsonl"):
                out = self.run_ok(command, "--format", kind, self.sample)
                self.assertNotRegex(out, r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\U0010ffff]")
        (row,) = [r for r in csv.reader(io.StringIO(self.run_ok("packets", "--format", "csv", self.sample), newline="")) if r[0] == "0"]
        self.assertIn("\\027]0;t\\007,\"\\013\\010=cmd|\\\\\\000\\255.example", json.loads(row[8])["domain-name"])

    def test_capture_names_are_escaped_in_text(self):
        path = self.path("\x1b[31m.pcap")
        os.rename(self.sample, path)
        for words in (["flows", "--format", "text", path], ["flows", "--format", "text", path + "none"]):
            result = support.run(*words)
            self.assertNotIn("\x1b", result.out + result.err)

    def table(self, columns, *words, **environment):
        """The output on a terminal of so many columns."""
        main, terminal = pty.openpty()
        import fcntl, struct, termios  # pylint: disable=import-outside-toplevel,multiple-imports
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([support.PROGRAM, *words], stdout=terminal, stdin=subprocess.DEVNULL,
                                   env={**os.environ, "TERM": "xterm", **environment})
        os.close(terminal)
        out = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                piece = b""
            if not piece:
                break
            out += piece
        os.close(main)
        self.assertEqual(process.wait(), 0)
        return out.decode()

    def test_text_on_a_terminal(self):
        plain = re.compile(r"\x1b\[[0-9;]*m")
        for columns in (40, 80, 200):
            for command in ("packets", "flows", "extract"):
                lines = plain.sub("", self.table(columns, command, self.sample)).splitlines()
                lines = [line for line in lines if self.sample not in line]  # a title over the table
                self.assertGreater(len(lines), 5)
                self.assertLessEqual(max(map(len, lines)), columns, (command, columns))
        self.assertIn("\x1b[", self.table(80, "flows", self.sample))
        self.assertNotIn("\x1b[", self.table(80, "flows", self.sample, NO_COLOR="1"))
        self.assertIn("\x1b[", self.table(80, "flows", self.sample, NO_COLOR=""))  # no-color.org: when not empty
        self.assertNotIn("\x1b[", self.table(80, "flows", self.sample, TERM="dumb"))
        self.assertIn("cloud.example.com", self.table(200, "flows", self.sample))
        json.loads(self.table(80, "flows", "--format", "json", self.sample))
        json.loads(self.run_ok("flows", self.sample))  # no terminal: JSON

    def test_endings_choose_the_format(self):
        for ending, start in ((".csv", "network_protocol,"), (".json", "[{"), (".jsonl", "{"), (".txt", ""), (".weird", "[")):
            path = self.path("x" + ending)
            self.run_ok("flows", "-o", path, self.sample)
            self.assertTrue(self.read(path).decode().startswith(start), ending)
        self.run_ok("flows", "--format", "csv", "-o", self.path("x.json"), self.sample)
        self.assertTrue(self.read("x.json").startswith(b"network_protocol,"))


class Tables(Case):
    """--dns-table and --same-host."""

    def setUp(self):
        super().setUp()
        self.sample = self.capture(make.udp("192.168.1.2", 40000, "198.51.100.7", 8800, b"x"),
                                   make.udp("2001:db8::2", 40001, "2001:db8::7", 8800, b"x"),
                                   make.udp("192.168.1.2", 40002, "198.51.100.9", 8800, b"x"))

    def hosts(self, *words):
        return [p["dst"] for p in self.packets(*words, self.sample)]

    def test_json(self):
        table = {"IP": {"198.51.100.7": "A.Example", "2001:DB8:0::7": "b.example"}, "ALIAS": {"b.example": "c.example"}}
        self.assertEqual(self.hosts("--dns-table", self.write("t", json.dumps(table))), ["a.example", "c.example", "198.51.100.9"])
        self.assertEqual(self.hosts("--dns-table", self.write("t", '{"IP":{}}')), ["198.51.100.7", "2001:db8::7", "198.51.100.9"])

    def test_a_table_of_another_run(self):
        table = self.write("t.json", json.dumps({"IP": {"198.51.100.7": "a.example"}}))
        pattern = self.path("flows.json")
        self.run_ok("flows", "--dns-table", table, "-o", pattern, self.sample)
        hosts = json.loads(self.read("flows.json"))[0]["hosts"]
        self.assertEqual(hosts["IP"], {"198.51.100.7": "a.example"})
        self.assertEqual(self.hosts("--dns-table", self.write("h.json", json.dumps(hosts)))[0], "a.example")

    def test_unbound(self):
        dump = """START_RRSET_CACHE
;rrset 3588 1 0 8 3
edge.example.net.\t60\tIN\tA\t198.51.100.7
;rrset 3588 2 0 8 3
api.example.com.\t60\tIN\tCNAME\tedge.example.net.
_x._tcp.example.com.\t60\tIN\tSRV\t0 0 80 host.example.org.
host.example.org.\t60\tIN\tAAAA\t2001:db8::7
9.100.51.198.in-addr.arpa.\t60\tIN\tPTR\tnine.example.
bad line
END_RRSET_CACHE
START_MSG_CACHE
msg other.example. IN A 33152 1 60 3 1 0 0
other.example.\t60\tIN\tA\t198.51.100.7
END_MSG_CACHE
EOF
"""
        self.assertEqual(self.hosts("--dns-table", self.write("t", dump)), ["api.example.com", "_x._tcp.example.com", "nine.example"])

    def test_bad_tables(self):
        for content in ("", "{", "[]", "START_RRSET_CACHE\nx.example.\t60\tIN\tA\t1.2.3\nEND_RRSET_CACHE\n", '{"IP":{"1.2.3":"a.example"}}', '{"IP":{"1.2.3.4":5}}', '{"IP":[]}', "hello\n", "{" * 100000,
                        '{"IP":{"1.2.3.4":"a","1.2.3.4":"b"}}'):
            result = support.run("packets", "--dns-table", self.write("t", content), self.sample)
            self.assertEqual((result.status, result.out), (3, ""), content[:40])
            self.assertRegex(result.err, r"^iotsig: \S+/t:")

    def test_same_hosts(self):
        a = self.capture(make.udp("192.168.1.2", 40000, "198.51.100.7", 8800, b"x"), name="1.pcap")
        b = self.capture(make.udp("192.168.1.2", 40000, "203.0.113.7", 8800, b"x"), name="2.pcap")
        pairs = self.write("pairs", "# routers\n\n203.0.113.7 = 198.51.100.7\n")
        for words in (["--same-host", "198.51.100.7=203.0.113.7"], ["--same-host", "@" + pairs]):
            self.assertEqual(len(self.signature(*words, a, b)["flows"]), 1)
        self.assertEqual(support.run("extract", a, b).status, 1)
        for bad in ("x", "=", "a=", "=b", "@/none"):
            result = support.run("extract", "--same-host", bad, a)
            self.assertIn(result.status, (2, 3))
            self.assertTrue(result.err)

    def test_random_ports(self):
        def capture(port, name):
            return self.capture(make.udp("192.168.1.2", 40001, "198.51.100.7", port, b"x"),
                                make.udp("192.168.1.2", 40002, "198.51.100.7", port, b"x"), name=name)

        (flow,) = self.flows("--match-random-ports", capture(7777, "1.pcap"))
        self.assertEqual([(p["port"], p["count"], p["fixed"]) for p in flow["ports"]],
                         [(40001, 1, False), (7777, 2, True), (40002, 1, False)])
        result = support.run("extract", "--match-random-ports", capture(7777, "1.pcap"), capture(8888, "2.pcap"))
        self.assertEqual(result.status, 1)
        self.assertEqual(len(self.signature(capture(7777, "1.pcap"), capture(8888, "2.pcap"))["flows"]), 1)


class Timing(Case):
    def test_pauses(self):
        def times(*seconds):
            frames = [(START + int(s * SECOND), make.ethernet(make.udp("192.168.1.2", 1, "192.168.1.1", 2, b"x"))) for s in seconds]
            return self.write("t.pcap", make.pcap(frames, nanoseconds=True))

        def kept(path, *words):
            return len(self.packets(*words, path))

        self.assertEqual(kept(times(0, 20)), 2)  # later than: 20 s is no pause
        self.assertEqual(kept(times(0, 20.000000001)), 1)
        self.assertEqual(kept(times(0, 30, 31)), 1)
        self.assertEqual(kept(times(0, 30, 31), "--timeout", "0"), 3)
        self.assertEqual(kept(times(0, 5), "--timeout", "4.5"), 1)
        self.assertEqual(kept(times(100, 0, 15, 30)), 4)  # back in time is no pause
        self.assertEqual(kept(times(100, 0, 90)), 2)  # but the next is seen from there
        self.assertEqual(kept(times(0, 21), "--timeout", "1e9"), 2)

    def test_skipped_packets_count_and_filtered_ones_do_not(self):
        kept = make.ethernet(make.udp("192.168.1.2", 1, "192.168.1.1", 2, b"x"))
        icmp = make.ethernet(make.ip("192.168.1.2", "192.168.1.1", 1, bytes(8)))
        path = self.write("t.pcap", make.pcap([(START, kept), (START + 15 * SECOND, icmp), (START + 30 * SECOND, kept)]))
        self.assertEqual(len(self.packets(path)), 2)
        self.assertEqual(len(self.packets("--filter", "udp", path)), 1)


if __name__ == "__main__":
    support.main()
