# SPDX-License-Identifier: GPL-3.0-or-later
"""merge, filter, convert, identifiers, and what shells complete. Expectations were worked out by hand."""
import json
import re
import subprocess
import unittest

import support
from support import Case, make

A, B, C = "192.168.1.2", "192.168.1.9", "198.51.100.7"


def flow(src, sport, dst, dport, transport="TCP", layer=None, count=1, packets=1, octets=60, first=None, last=None, network="IPv4"):
    return {"network_protocol": network, "src": src, "dst": dst, "transport_protocol": transport,
            "ports": [{"host": src, "port": sport, "count": count}, {"host": dst, "port": dport, "count": count}],
            "application_layer": layer, "count": count, "packets": packets, "bytes": octets, "first": first, "last": last}


def dns(name, qtype="A"):
    return {"protocol": "DNS", "response": False, "qtype": qtype, "domain-name": name}


class Made(Case):
    def patterns(self, name, *patterns):
        """A file of patterns: each (input, hosts, flows)."""
        return self.write(name, json.dumps([{"input": i, "hosts": h, "flows": f} for i, h, f in patterns]))

    def pattern(self, name, *flows):
        return self.patterns(name, (name, {}, list(flows)))

    def read_json(self, *words, **more):
        return json.loads(self.run_ok(*words, "--format", "json", **more))


class Merge(Made):
    def test_sums_times_order_and_names(self):
        one = self.patterns("1.json", ("one", {"IP": {C: "a.example", B: "b.example"}, "ALIAS": {}}, [
            flow(A, 40000, C, 9999, packets=3, octets=300, first="20.000000", last="30.000000"), flow(A, 40001, B, 443)]))
        two = self.patterns("2.json", ("two", {"IP": {C: "c.example"}, "ALIAS": {"x.example": "y.example"}}, [
            flow("10.0.0.1", 1, "10.0.0.2", 2), flow(C, 9999, A, 50000, count=2, packets=5, octets=1000, first="10.000000", last="25.000000")]))
        (got,) = self.read_json("merge", "--name", "both", one, two)
        self.assertEqual(got["input"], "both")
        self.assertEqual(got["hosts"], {"IP": {C: "c.example", B: "b.example"}, "ALIAS": {"x.example": "y.example"}})
        self.assertEqual([(f["src"], f["dst"]) for f in got["flows"]], [(A, C), (A, B), ("10.0.0.1", "10.0.0.2")])
        first = got["flows"][0]
        self.assertEqual([first[k] for k in ("count", "packets", "bytes", "first", "last")], [3, 8, 1300, "10.000000", "30.000000"])
        self.assertEqual([(p["host"], p["port"], p["count"]) for p in first["ports"]], [(A, 40000, 1), (C, 9999, 3), (A, 50000, 2)])

    def test_one_input_and_none_with_a_flow(self):
        path = self.pattern("1.json", flow(A, 40000, C, 443), flow(A, 40000, B, 53, "UDP", dns("a.example")))
        self.assertEqual(self.read_json("merge", path)[0]["flows"], self.read_json("flows", path)[0]["flows"])
        self.assertEqual(support.run("merge", self.pattern("e.json")).status, 1)

    def test_same_host_and_random_ports(self):
        one, two = self.pattern("1.json", flow(A, 40000, C, 9999)), self.pattern("2.json", flow(A, 40001, B, 9999))
        self.assertEqual(len(self.read_json("merge", one, two)[0]["flows"]), 2)
        self.assertEqual(len(self.read_json("merge", "--same-host", f"{B}={C}", one, two)[0]["flows"]), 1)
        two = self.pattern("2.json", flow(A, 40001, C, 7000, count=2))
        one = self.pattern("1.json", flow(A, 40000, C, 7001, count=2))
        self.assertEqual(len(self.read_json("merge", one, two)[0]["flows"]), 1)
        self.assertEqual(len(self.read_json("merge", "--match-random-ports", one, two)[0]["flows"]), 2)
        fixed = flow(A, 40000, C, 7001, count=2)
        fixed["ports"][1]["fixed"] = True
        self.assertEqual(self.read_json("merge", self.pattern("f.json", fixed))[0]["flows"][0]["dport"], 7001)


FLOWS = [flow(A, 40000, "a.b.example.com", 443), flow(A, 40000, "example.com", 9999), flow("fd00::1", 40000, "evil-example.com", 80, "TCP",
              {"protocol": "HTTP", "response": False, "method": "GET", "uri": "/a"}, network="IPv6"),
         flow(A, 40001, B, 53, "UDP", dns("x.example")), flow(A, 5353, "224.0.0.251", 5353, "UDP", dns("_hue._tcp.local", "PTR")),
         flow(A, 1, "x\\.example.com", 2)]


class Filter(Made):
    def setUp(self):
        super().setUp()
        self.file = self.pattern("f.json", *FLOWS)

    def numbers(self, *words):
        """Which of FLOWS are left."""
        result = support.run("filter", "--format", "json", *words, self.file)
        self.assertEqual(result.err, "")
        got = [(f["src"], f["dst"]) for f in json.loads(result.out)[0]["flows"]]
        self.assertEqual(result.status, 0 if got else 1)
        ends = [(f["src"], f["dst"]) for f in FLOWS]
        return [ends.index(end) for end in got]

    def test_each_option(self):
        for words, want in (
                ("--host 192.168.1.2", [0, 1, 3, 4, 5]), ("--host EXAMPLE.com.", [1]), ("--host *.example.com", [0]), ("--host FD00:0::1", [2]),
                ("--host *.1.2", []), ("--host *.com", [0, 1, 2, 5]), ("--host *.example.com --same-host 192.168.1.9=y.example.com", [0, 3]),
                ("--host 10.0.0.1 --same-host 192.168.1.9=10.0.0.1", [3]),
                ("--port 40000", [0, 1, 2]), ("--port 443 --port 53", [0, 3]), ("--port 443 --host example.com", []),
                ("--protocol ipv6", [2]), ("--protocol UDP", [3, 4]), ("--protocol dns", [3, 4]), ("--protocol mdns", [4]), ("--protocol http", [2]),
                ("--protocol tcp --host example.com", [1]), ("--protocol tcp --invert", [3, 4]),
                ("--attribute qtype", [3, 4]), ("--attribute qtype=PTR", [4]), ("--attribute qtype=ptr", []), ("--attribute response=false", [2, 3, 4]),
                ("--attribute method=GET --attribute qtype=A", [2, 3]), ("--attribute uri=", []), ("", [0, 1, 2, 3, 4, 5]),
                ("--port 443 --port 9999 --protocol tcp --invert", [2, 3, 4, 5]), ("--id 192.168.1.2-example.com_TCP_dst_9999", [1]), ("--id x", [])):
            with self.subTest(words=words):
                self.assertEqual(self.numbers(*words.split()), want)

    def test_wrong_values(self):
        for option, value in (("--port", "65536"), ("--port", "-1"), ("--port", ""), ("--port", "x"), ("--protocol", "none"), ("--protocol", ""),
                              ("--attribute", "none=1"), ("--attribute", "=1"), ("--attribute", ""), ("--host", "")):
            result = support.run("filter", option, value, self.file)
            self.assertEqual((result.status, result.out), (2, ""), (option, value))
            self.assertTrue(result.err.startswith(f"iotsig: {option}: not a"), result.err)

    def test_signatures_stay_signatures(self):
        path = self.write("s.json", json.dumps({"signature": {"name": "n", "captures": ["x"], "timeout": 20, "flows": FLOWS}}))
        got = self.read_json("filter", "--port", "443", path)
        self.assertEqual([got["signature"]["name"], got["signature"]["captures"], len(got["signature"]["flows"])], ["n", ["x"], 1])

    def test_pipe(self):
        other = self.pattern("o.json", flow(A, 40007, "example.com", 9999))
        out = self.run_ok("flows", "--format", "json", self.file)
        out = self.run_ok("filter", "--port", "9999", "-", stdin=out.encode())
        out = self.run_ok("merge", "-", other, stdin=out.encode())
        self.assertEqual([f["count"] for f in json.loads(out)[0]["flows"]], [2])
        out = self.run_ok("profile", "-", "--device", "d", "--ipv4", A, "--format", "json", stdin=out.encode())
        self.assertEqual(list(json.loads(out)["single-policies"].values()), [
            {"protocols": {"ipv4": {"src": "self", "dst": "example.com"}, "tcp": {"dst-port": 9999}}, "bidirectional": True}])


class Convert(Made):
    def trip(self, path, *kinds):
        for i, kind in enumerate(kinds):
            out = self.path(f"t{i}.{kind}")
            self.run_ok("convert", path, "-o", out)
            path = out
        return self.read(path.split("/")[-1]).decode()

    def test_and_back(self):
        capture = self.capture(make.udp(A, 40000, B, 53, make.dns([("a.example", "A")])), make.tcp(A, 40001, C, 9999, b"x"))
        for command in ("packets", "flows", "extract"):
            for kind in ("json", "jsonl", "csv"):
                path = self.path(f"{command}.{kind}")
                self.run_ok(command, "-o", path, capture)
                want = self.read(f"{command}.{kind}").decode()
                for other in ("json", "jsonl", "csv"):
                    got = self.trip(path, other, kind)
                    if (command, "csv") == ("packets", other) and kind != "csv":  # a row has no place for the capture
                        want, got = want.replace(capture, "C"), got.replace(self.path("t0.csv"), "C")
                    if command == "extract" and kind == "json":
                        want, got = (re.sub(r'^.*?"flows":', "", text).rstrip("]}\n") for text in (want, got))
                    elif command == "flows" and kind == "json" and other != "json":
                        want = re.sub(r'"hosts":.*?"flows"', '"hosts":{"IP":{},"ALIAS":{}},"flows"', want)
                    elif command == "extract" and kind == "jsonl" and other == "csv":
                        got = got.replace('{"input":', '{"signature":')
                    self.assertEqual(got, want, (command, kind, other))

    def test_refused(self):
        capture, old = self.capture(make.udp(A, 1, B, 2, b"x")), self.write("old.json", "old")
        for path, status in ((capture, 3), (self.write("n", ""), 1), (self.write("x", "nonsense\n"), 3), (self.write("y", '{"src": 1}'), 3),
                             (self.write("z", "[]"), 1), (self.path("none"), 3)):
            result = support.run("convert", path, "-o", old)
            self.assertEqual((result.status, len(result.err.splitlines()), self.read("old.json")), (status, 1, b"old"), path)
        result = support.run("convert", capture)
        self.assertEqual((result.status, result.out), (3, ""))

    def test_what_was_whole(self):
        lines = self.run_ok("packets", "--format", "jsonl", self.capture(make.udp(A, 1, B, 2, b"x"), make.udp(A, 1, B, 2, b"y")))
        result = support.run("convert", "--format", "json", "-", stdin=(lines + '{"timestamp": "x"}').encode())
        self.assertEqual((result.status, [p["id"] for p in json.loads(result.out)]), (3, [0, 1]))
        path = self.pattern("1.json", FLOWS[0], FLOWS[1], {**FLOWS[2], "src": 5})
        result = support.run("convert", "--format", "json", path)
        self.assertEqual((result.status, len(json.loads(result.out)[0]["flows"])), (3, 2))

    def test_old_files_and_profiles(self):
        old = self.write("old.csv", "src,dst,transport_protocol,sport,dport,application_layer\n10.0.0.1,a.example,UDP,,53.0,\"(('protocol', 'DNS'), ('qtype', 1))\"\n")
        (got,) = self.read_json("convert", old)
        self.assertEqual((got["flows"][0]["dport"], got["flows"][0]["application_layer"]), (53, {"protocol": "DNS", "qtype": "A"}))
        profile = self.write("p.yaml", "device-info: {ipv4: 10.0.0.1}\nsingle-policies:\n  a:\n    b:\n      protocols:\n"
                                       "        ipv4: {src: self, dst: a.example}\n        tcp: {dst-port: 443}\n")
        (got,) = self.read_json("convert", profile)
        self.assertEqual([(f["src"], f["dst"], f["sport"], f["dport"]) for f in got["flows"]], [("10.0.0.1", "a.example", None, 443)])


class Identifiers(Made):
    def ids(self, *flows):
        path = self.pattern("i.json", *flows)
        ids = [f["id"] for f in self.read_json("flows", path)[0]["flows"]]
        self.assertEqual(ids, [f["id"] for f in self.read_json("flows", path)[0]["flows"]])
        self.assertEqual(len(set(ids)), len(ids))
        for one in ids:
            self.assertRegex(one, r"\A[A-Za-z0-9_.-]{1,255}\Z")
        return ids

    def test_unique(self):
        same = flow("a", 40000, "b", 40001)
        self.assertEqual(self.ids(same, same, flow("a", 40000, "b", 40001, "UDP"), same), ["a-b_TCP", "a-b_TCP-2", "a-b_UDP", "a-b_TCP-3"])
        # a natural one that looks like a numbered one
        layer = {"protocol": "HTTP", "method": "GET"}
        got = self.ids(flow("a", 40000, "b", 40001, layer=layer), flow("a", 40000, "b", 40001, layer={"protocol": "HTTP", "method": "GET-2"}),
                       flow("a", 40000, "b", 40001, layer=layer), flow("a", 40000, "b", 40001, layer={"protocol": "HTTP", "method": "GET-2"}))
        self.assertEqual(got, ["a-b_TCP_HTTP_method-GET", "a-b_TCP_HTTP_method-GET-2", "a-b_TCP_HTTP_method-GET-3", "a-b_TCP_HTTP_method-GET-2-2"])

    def test_characters_and_length(self):
        got = self.ids(flow("a b/*=?", 9999, "::1", 443, layer={"protocol": "HTTP", "uri": "/\"'$\u00e9"}))
        self.assertEqual(got, ["a-b----" + "-" + "--1_TCP_src_9999_dst_443_HTTP_uri-" + "-----195-169"])
        long = [flow("a", 40000, "b", 40001, layer={"protocol": "HTTP", "uri": "x" * n + end}) for n, end in ((178, ""), (179, ""), (5000, "y"), (5000, "z"))]
        got = self.ids(*long, long[3])
        self.assertEqual(got[0], "a-b_TCP_HTTP_uri-" + "x" * 178)
        self.assertEqual([len(one) for one in got], [195, 196, 200, 200, 202])
        self.assertRegex(got[2], r"^a-b_TCP_HTTP_uri-x+[0-9a-f]{16}$")


COMMANDS = ("packets flows features extract learn identify detect evaluate library compare closest merge filter convert profile "
            "firewall report").split()


class Completion(Case):
    def test_scripts_name_the_options_of_help_and_no_others(self):
        scripts = {shell: self.run_ok("completion", shell) for shell in ("bash", "zsh", "fish")}
        for command in COMMANDS:
            text = self.run_ok(command, "--help")
            want = set(re.findall(r"^  (?:-\w, |    )(--[\w-]+)", text, re.M)) | set(re.findall(r"^  (-\w), ", text, re.M))
            self.assertIn("--help", want)
            bash = re.search(rf"^        {command}\) words='(.*?)' ;;", scripts["bash"], re.M)[1].split()
            zsh = re.findall(r"'\*(--?[\w-]+)\[", re.search(rf"^        {command}\)\n(.*?);;", scripts["zsh"], re.M | re.S)[1])
            fish = []
            for line in re.findall(rf"^complete -c iotsig -n '__fish_seen_subcommand_from {command}' (.*)", scripts["fish"], re.M):
                fish += ["--" + re.search(r"-l (\S+)", line)[1], *("-" + x for x in re.findall(r" -s (\w)", line.split(" -d ")[0]))]
            for got in (bash, zsh, fish):
                self.assertEqual(sorted(got), sorted(want), command)
        for shell, program in (("zsh", "zsh"), ("fish", "fish"), ("bash", "bash")):
            if support.shutil.which(program):
                subprocess.run([program, "-n", self.write(shell, scripts[shell])], check=True)

    def test_bash(self):
        script = self.write("c.bash", self.run_ok("completion", "bash"))
        self.write("a b.pcap", ""), self.write("*.x", "")

        def complete(*words):
            lines = f"source {script}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _iotsig; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            out = subprocess.run(["bash", "-c", lines, "x", "iotsig", *words], cwd=self.folder, capture_output=True, check=True)
            self.assertEqual(out.stderr, b"")
            return out.stdout.decode().split("\n")[:-1]

        self.assertEqual(complete("f"), ["flows", "features", "filter", "firewall"])
        self.assertEqual(complete(""), [*COMMANDS, "completion", "help"])
        self.assertEqual(complete("help", "c"), ["compare", "closest", "convert", "completion"])
        self.assertEqual(complete("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(complete("filter", "--pro"), ["--protocol", "--progress"])
        self.assertEqual(complete("flows", "--device"), [""])
        self.assertEqual(complete("flows", "--format", "j"), ["json", "jsonl"])
        self.assertEqual(complete("profile", "--format", ""), ["yaml", "json", "mud"])
        self.assertEqual(complete("flows", "--format", "=", "c"), ["csv"])
        self.assertEqual(complete("flows", "--format", "="), ["text", "csv", "json", "jsonl"])
        self.assertEqual(complete("flows", "a"), ["a b.pcap"])
        self.assertEqual(complete("flows", "-o", "*"), ["*.x"])
        self.assertEqual(complete("flows", "--timeout", ""), [""])

    def test_wrong_shells(self):
        for words in ((), ("tcsh",), ("bash", "zsh")):
            result = support.run("completion", *words)
            self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("bash|zsh|fish", self.run_ok("completion", "--help"))
        self.assertEqual(self.run_ok("help", "completion"), self.run_ok("completion", "--help"))


if __name__ == "__main__":
    support.main()
