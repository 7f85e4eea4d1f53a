# SPDX-License-Identifier: GPL-3.0-or-later
"""`!include` in profiles: what it stands for by hand, where each error is, and what may not be reached or blown up."""
import json
import os
import time
import unittest

import support
from support import Case

HEAD = "device-info: {ipv4: 10.0.0.1, ipv6: fd00::1, mac: \"02:00:00:00:00:01\"}\n"
ECHO = "device-info: {ipv4: 10.0.0.2, ipv6: fd00::2, mac: \"02:00:00:00:00:02\"}\n"
STREAM = "patterns:\n  stream:\n    protocols:\n      ipv4: {src: self, dst: cloud.example}\n      tcp: {dst-port: 443}\n"


def policy(network, transport, app=None):
    return "{protocols: {" + ", ".join(part for part in (network, transport, app) if part) + "}}"


class Include(Case):
    def setUp(self):
        super().setUp()
        self.texts = []

    def tearDown(self):
        """Leaks are searched for once, in a run over all that was read."""
        paths = [self.write(f"lab/plug/all{i}.yaml", text) for i, text in enumerate(self.texts) if len(text) < 1 << 20]
        if paths:
            support.run("flows", "-o", "/dev/null", *paths)

    def result(self, text):
        started = time.monotonic()
        self.texts.append(text)
        result = support.run("flows", "--format", "json", self.write("lab/plug/p.yaml", text), leaks=False)
        self.assertLess(time.monotonic() - started, 60)
        return result

    def ends(self, text):
        """Of each policy its ends, (host, port)."""
        result = self.result(text)
        self.assertEqual((result.status, result.err), (0, ""))
        return [[(port["host"], port["port"]) for port in flow["ports"]] for flow in json.loads(result.out)[0]["flows"]]

    def fails(self, text, status, place, what):
        """One line, with file and place as in "plug/p.yaml:line 2, column 6"."""
        result = self.result(text)
        self.assertEqual((result.status, len(result.err.splitlines())), (status, 1), result.err)
        if ":" in place:
            file, line, column = place.split(":")
            place = f"{file}:line {line}, column {column}"
        self.assertTrue(result.err.startswith(f"iotsig: {self.path('lab')}/{place}: "), (result.err, place))
        self.assertIn(what, result.err)


class Meaning(Include):
    def test_same_file(self):
        for text in (HEAD + STREAM + "single-policies:\n  a: !include patterns.stream\n  g: {h: !include '#patterns.stream'}\n",
                     HEAD + "single-policies:\n  a: !include patterns.stream\n  g: !include group\ngroup: {h: !include patterns.stream}\n" + STREAM,
                     HEAD + STREAM + "single-policies: !include all\nall: {a: !include patterns.stream, b: {protocols: !include patterns.stream.protocols}}\n"):
            self.assertEqual(self.ends(text), [[("10.0.0.1", 0), ("cloud.example", 443)]] * 2)

    def test_other_file_and_self(self):
        lists = "hosts: {one: self, some: [self, x.example], six: self}\n"
        self.write("lab/echo/p.yaml", ECHO + STREAM + lists)
        other = "../echo/p.yaml#"
        text = HEAD + "single-policies:\n" + "".join("  " + line + "\n" for line in (
            f"a: !include {other}patterns.stream",
            f"b: {{protocols: {{ipv4: {{src: self, dst: !include {other}device-info.ipv4}}, tcp: {{}}}}}}",
            f"c: {{protocols: {{ipv4: {{src: self, dst: !include {other}hosts.some}}, tcp: {{}}}}}}",
            f"d: {{protocols: {{ipv6: {{src: self, dst: [!include {other}hosts.six, y.example]}}, udp: {{}}}}}}",
            f"e: {{protocols: {{ipv4: !include {other}patterns.stream.protocols.ipv4, tcp: {{}}}}}}",
            f"f: !include {other}patterns.stream ipv4.src:self ipv4.dst:10.0.0.9",
            # This very file: `self` stays its own.
            "g: !include p.yaml#mine", "h: !include ../plug/p.yaml#mine",
            # Through a name that does not tell a family, and an alias.
            "i: {protocols: {ipv4: {src: self, dst: !include me}, tcp: {}}}", "j: {protocols: {ipv4: {src: self, dst: *me}, tcp: {}}}",
            "k: {protocols: {ipv4: {src: self, dst: *some}, tcp: {}}}")).replace("*me", "!include me")
        text += "mine: " + policy("ipv4: {src: self, dst: z.example}", "tcp: {}") + f"\nme: !include {other}hosts.one\n"
        text = text.replace("single-policies:", f"some: &some [!include {other}hosts.one]\nsingle-policies:", 1)
        mine = ("10.0.0.1", 0)
        self.assertEqual(self.ends(text), [
            [("10.0.0.2", 0), ("cloud.example", 443)], [mine, ("10.0.0.2", 0)], [mine, ("10.0.0.2", 0), ("x.example", 0)],
            [("fd00::1", 0), ("fd00::2", 0), ("y.example", 0)], [("10.0.0.2", 0), ("cloud.example", 0)], [mine, ("10.0.0.9", 0)][:1] + [("10.0.0.9", 443)],
            [mine, ("z.example", 0)], [mine, ("z.example", 0)], [mine, ("10.0.0.2", 0)], [mine, ("10.0.0.2", 0)], [mine, ("10.0.0.2", 0)]])

    def test_self_of_a_file_between(self):
        """A includes of B what B includes of C: C's `self` is C's, B's own is B's."""
        self.write("lab/c/c.yaml", "device-info: {ipv4: 10.0.0.3}\nx: " + policy("ipv4: {src: self, dst: c.example}", "tcp: {}") + "\n")
        self.write("lab/b/b.yaml", "device-info: {ipv4: !include own}\nown: 10.0.0.2\ny: {c: !include ../c/c.yaml#x, b: "
                   + policy("ipv4: {src: self, dst: !include ../c/c.yaml#device-info.ipv4}", "tcp: {}") + "}\n")
        self.assertEqual(self.ends(HEAD + "single-policies: {g: !include ../b/b.yaml#y}\n"),
                         [[("10.0.0.3", 0), ("c.example", 0)], [("10.0.0.2", 0), ("10.0.0.3", 0)]])

    def test_hardware_address(self):
        dhcp = policy("ipv4: {src: 0.0.0.0, dst: b.example}", "udp: {}", "dhcp: {client-mac: self}")
        self.write("lab/echo/p.yaml", ECHO + "x: " + dhcp + "\n")
        out = json.loads(self.result(HEAD + "single-policies: {a: !include ../echo/p.yaml#x, b: " + dhcp + "}\n").out)[0]["flows"]
        self.assertEqual([flow["application_layer"]["client_mac"] for flow in out], ["02:00:00:00:00:02", "self"])

    def test_changes(self):
        def one(change, stream=STREAM):
            return self.ends(HEAD + stream + f"single-policies:\n  a: !include patterns.stream {change}\n  b: !include patterns.stream\n")
        plain = [("10.0.0.1", 0), ("cloud.example", 443)]
        for change, want in (("", plain), ("ipv4.dst:1.2.3.4", [plain[0], ("1.2.3.4", 443)]), ("protocols.ipv4.dst:1.2.3.4", [plain[0], ("1.2.3.4", 443)]),
                             ("tcp.dst-port:8883", [plain[0], ("cloud.example", 8883)]), ("tcp.src-port:7", [("10.0.0.1", 7), plain[1]]),
                             ("ipv4.src:a.example \t ipv4.dst:self", [("a.example", 0), ("10.0.0.1", 443)])):
            self.assertEqual(one(change), [want, plain], change)  # and the second copy is as it was
        six = STREAM.replace("ipv4", "ipv6")
        self.assertEqual(one("ipv6.dst:fd00::9 ipv6.src:fd00::8", six)[0], [("fd00::8", 0), ("fd00::9", 443)])
        text = HEAD + STREAM + "single-policies:\n  a: {protocols: !include patterns.stream.protocols ipv4.dst:5.6.7.8}\n"
        self.assertEqual(self.ends(text), [[plain[0], ("5.6.7.8", 443)]])

    def test_names_with_dots(self):
        name = "192.168.1.1-a.example_TCP_dst_443"
        text = HEAD + f"x:\n  {name}: {policy('ipv4: {src: self, dst: l.example}', 'tcp: {}')}\n  192: {{b: c}}\n"
        for path in (f"x.{name}", f"p.yaml#x.{name}"):
            for more in ("", ".protocols"):
                where = f"!include {path}{more}"
                where = f"{{protocols: {where}}}" if more else where
                self.assertEqual(self.ends(text + f"single-policies: {{a: {where}}}\n"), [[("10.0.0.1", 0), ("l.example", 0)]])
        # The longest key is taken, and the others are not tried.
        text = HEAD + "a: {b: {c: x}}\na.b: {d: y}\nsingle-policies:\n  p: !include a.b.c\n"
        self.fails(text, 3, "plug/p.yaml:5:6", "there is no member c")

    def test_of_json(self):
        self.write("lab/echo/p.json", json.dumps({"device-info": {"ipv4": "10.0.0.2"}, "x": {"protocols": {"ipv4": {"src": "self", "dst": "j.example"}, "tcp": {}}}}))
        text = HEAD + "single-policies: {a: !include ../echo/p.json#x}\n"
        self.assertEqual(self.ends(text), [[("10.0.0.2", 0), ("j.example", 0)]])
        self.write("lab/echo/p.json", json.dumps({"x": {"protocols": {"ipv4": {"src": "self", "dst": "j.example"}, "tcp": {}}}}))
        self.fails(text, 3, "plug/../echo/p.json", "no address \"ipv4\"")
        for twice in ("{\"x\": 1, \"x\": 2}", "{\"x\": [1,}", "{\"x\": " + "[" * 80 + "]" * 80 + "}"):
            self.write("lab/echo/p.json", twice)
            self.assertIn(self.result(text).status, (3, 5))

    def test_names_of_files(self):
        self.write("lab/\u00e9cho/p.yaml", ECHO + STREAM)
        text = HEAD + "single-policies: {a: !include ../\u00e9cho/p.yaml#patterns.stream}\n"
        self.assertEqual(self.ends(text), [[("10.0.0.2", 0), ("cloud.example", 443)]])
        self.write("lab/\u00e9cho/p.yaml", STREAM)
        self.fails(text, 3, "plug/../\u00e9cho/p.yaml:4:14", "no address \"ipv4\"")
        path = os.path.join(os.fsencode(self.path("lab/plug")), b"\xff.yaml")
        for content, want in ((HEAD + STREAM + "single-policies: {a: !include patterns.stream}\n", 0), (HEAD + "single-policies: {a: !include x}\n", 3)):
            with open(path, "wb") as file:
                file.write(content.encode())
            result = support.run("flows", path)
            self.assertEqual(result.status, want)
            self.assertEqual("\\255.yaml:line 2, column 22: " in result.err, want == 3, result.err)
        self.fails((HEAD + "single-policies: {a: !include ../").encode() + b"\xff.yaml#x}\n", 3, "plug/p.yaml:2:34", "YAML: ")
        self.fails(HEAD + "single-policies: {a: !include \"\\e[31m.yaml#x\"}\n", 3, "plug/p.yaml:2:22", "\\027[31m.yaml")

    def test_standard_input_and_folders(self):
        """Relative to the current folder from standard input, and from a name without a slash."""
        self.write("lab/echo/p.yaml", ECHO + STREAM)
        text = HEAD + "single-policies: {a: !include ../echo/p.yaml#patterns.stream}\n"
        self.write("lab/plug/p.yaml", text)
        for words, stdin in ((["-"], text.encode()), (["p.yaml"], None), (["../plug/p.yaml"], None)):
            result = support.run("flows", *words, stdin=stdin, cwd=self.path("lab/plug"))
            self.assertEqual((result.status, json.loads(result.out)[0]["flows"][0]["src"]), (0, "10.0.0.2"), result.err)


class Refused(Include):
    def test_places(self):
        line = HEAD + STREAM + "single-policies:\n  a: !include "
        other = "../echo/p.yaml#"
        self.write("lab/echo/p.yaml", "patterns:\n  ok: {protocols: {}}\n  bad: [a, !include none.such]\n  worse:\n    ipv4: {dst: self}\n")
        self.write("lab/echo/broken.yaml", "a: b\na: [\n")
        for rest, place, what in (
                ("", "plug/p.yaml:8:6", "no member is named"), ("p.yaml#", "plug/p.yaml:8:6", "no member is named"),
                ("x", "plug/p.yaml:8:6", "there is no member x"), ("patterns.none", "plug/p.yaml:8:6", "there is no member none"),
                ("patterns.stream.protocols.ipv4.dst.x", "plug/p.yaml:8:6", "there is no member x"), ("patterns..stream", "plug/p.yaml:8:6", "no member"),
                (other + "patterns.none", "plug/p.yaml:8:6", "there is no member none"), (other + "patterns.bad", "plug/../echo/p.yaml:3:12", "none.such"),
                (other + "patterns.worse", "plug/../echo/p.yaml:5:12", "no address \"ipv4\" (add it)"), ("../echo/broken.yaml#a", "plug/../echo/broken.yaml:2:1", "twice"),
                ("../echo/none.yaml#a", "plug/p.yaml:8:6", "No such file"), ("patterns.stream x", "plug/p.yaml:8:6", "not a PATH:VALUE: x"),
                ("patterns.stream :x", "plug/p.yaml:8:6", "not a PATH:VALUE"), ("patterns.stream udp.dst-port:5", "plug/p.yaml:8:6", "udp.dst-port"),
                ("patterns.stream ipv4.dst.x:5", "plug/p.yaml:8:6", "no mapping to replace x"), ("patterns.stream ipv4.dst:[a]", "plug/p.yaml:8:6", "plain"),
                ("patterns.stream.protocols.ipv4.dst x:5", "plug/p.yaml:8:6", "no mapping")):
            self.fails(line + rest + "\n", 3, place, what)
        self.fails(line.replace("!include", "!included") + "x\n", 3, "plug/p.yaml:8:6", "YAML: a tag")
        for text in ("a: !include {b: c}\n", "a: !include [b]\n"):
            self.fails(HEAD + "single-policies: {}\n" + text, 3, "plug/p.yaml:3:4", "YAML: a tag")
        self.fails(line + "patterns.stream" + " " * 5000 + "\n" + "y: !include \"x" + "y " * 3000 + "\"\n", 5, "plug/p.yaml:9:4", "too long")

    def test_device_info(self):
        for value in ("self", "10.0.0", "fd00::1", "[10.0.0.2]", "5", "!include x"):
            self.write("lab/echo/p.yaml", f"device-info: {{ipv4: {value}}}\nx: {policy('ipv4: {src: self, dst: b}', 'tcp: {}')}\n")
            place, what = ("1:21", "includes itself") if value.startswith("!") else ("2:24", "no address \"ipv4\"")
            if value.startswith("!"):
                self.write("lab/echo/p.yaml", "device-info: {ipv4: !include device-info.ipv4}\nx: {protocols: {ipv4: {src: self}}}\n")
            self.fails(HEAD + "single-policies: {a: !include ../echo/p.yaml#x}\n", 3, "plug/../echo/p.yaml:" + place, what)

    def test_circles(self):
        tail = "single-policies: {}\n"
        for text, place, what in (
                ("a: !include a\n", "2:4", "(line 2)"), ("a: !include b\nb: !include a\n", "2:4", "(line 2, line 3)"), ("a: {b: !include a}\n", "2:8", "(line 2)"),
                ("a: [x, !include a]\n", "2:8", "(line 2)"), ("a: !include a.b\n", "2:4", "(line 2)"), ("a: {b: [{c: !include a}]}\n", "2:13", "(line 2)"),
                ("a: !include d\nd: !include e\ne: !include d\n", "3:4", "(line 3, line 4)")):
            self.fails(HEAD + text + tail, 3, "plug/p.yaml:" + place, what)
        # An alias of an include is an include of its own, and stands where its anchor does.
        self.fails(HEAD + "a: &a !include b\nb: {c: *a}\n" + tail, 3, "plug/p.yaml:2:4", "includes itself (line 2)")
        # No circle: each leads to the other's neighbour.
        self.assertEqual(self.result(HEAD + "a: {b: !include c.d, e: 1}\nc: {d: !include a.e, f: !include a.b}\nsingle-policies: {}\n").err.count("itself"), 0)
        self.write("lab/echo/p.yaml", "x: {y: !include ../plug/p.yaml#a}\n")
        self.fails(HEAD + "a: !include ../echo/p.yaml#x\n" + tail, 3, "plug/p.yaml:2:4", "(line 2, " + self.path("lab")[:3])
        self.write("lab/echo/p.yaml", "!include p.yaml#x\n")
        self.fails(HEAD + "a: !include ../echo/p.yaml#x\n" + tail, 3, "plug/../echo/p.yaml:1:1", "includes itself (line 1)")

    def test_files_outside(self):
        secret = self.write("secret/p.yaml", ECHO + STREAM)
        os.makedirs(self.path("lab/plug"))
        os.symlink(secret, self.path("lab/plug/link.yaml"))
        os.symlink(self.path("secret"), self.path("lab/folder"))
        self.write("lab-beside/p.yaml", STREAM)
        self.write("lab/inside.yaml", ECHO + STREAM)
        os.symlink("../inside.yaml", self.path("lab/plug/good.yaml"))
        text = HEAD + "single-policies: {a: !include %s#patterns.stream}\n"
        for name in ("../../secret/p.yaml", secret, "link.yaml", "../folder/p.yaml", "../plug/../../secret/p.yaml", "../../lab-beside/p.yaml", "/etc/passwd"):
            self.fails(text % name, 3, "plug/p.yaml:2:22", "lies outside")
        for name in ("../inside.yaml", self.path("lab/inside.yaml"), "good.yaml", "./../plug/./good.yaml"):
            self.assertEqual(self.ends(text % name), [[("10.0.0.2", 0), ("cloud.example", 443)]], name)
        # What an included file includes is held to the same folder, and is relative to that file.
        self.write("lab/deep/er/b.yaml", "x: !include ../../inside.yaml#patterns.stream\ny: !include ../../../secret/p.yaml#patterns.stream\n")
        self.assertEqual(self.ends(HEAD + "single-policies: {a: !include ../deep/er/b.yaml#x}\n")[0][0], ("10.0.0.2", 0))
        self.fails(HEAD + "single-policies: {a: !include ../deep/er/b.yaml#y}\n", 3, "plug/../deep/er/b.yaml:2:4", "lies outside")

    def test_no_regular_files(self):
        os.makedirs(self.path("lab/plug/folder"))
        os.mkfifo(self.path("lab/plug/fifo"))
        self.write("lab/plug/empty.yaml", "")
        self.write("lab/plug/large.yaml", b"#" * (17 << 20))
        for name, status, place, what in (("folder", 3, "plug/p.yaml:2:22", "no regular file"), ("fifo", 3, "plug/p.yaml:2:22", "no regular file"),
                                          ("empty.yaml", 3, "plug/empty.yaml", "nothing is in it"), ("large.yaml", 5, "plug/large.yaml", "16 MiB"),
                                          ("..", 3, "plug/p.yaml:2:22", ""), ("x" * 300, 3, "plug/p.yaml:2:22", "name too long")):
            self.fails(HEAD + f"single-policies: {{a: !include {name}#x}}\n", status, place, what)
        if os.geteuid() != 0:
            os.chmod(self.write("lab/plug/no.yaml", "x: y\n"), 0)
            self.fails(HEAD + "single-policies: {a: !include no.yaml#x}\n", 3, "plug/p.yaml:2:22", "Permission denied")

    def test_limits(self):
        chain = "".join(f"x{i}: !include x{i + 1}\n" for i in range(15))
        tail = "single-policies: {}\n"
        self.assertNotIn("nested", self.result(HEAD + chain + "x15: a\n" + tail).err)
        self.fails(HEAD + "".join(f"x{i}: !include x{i + 1}\n" for i in range(40)) + "x40: a\n" + tail, 5, "plug/p.yaml:18:6", "nested too deep")
        for i in range(70):
            self.write(f"lab/f/{i}.yaml", f"x: a\ny: !include {i + 1}.yaml#y\n")
        result = self.result(HEAD + "x: [" + ", ".join(f"!include ../f/{i}.yaml#x" for i in range(70)) + "]\n" + tail)
        self.assertEqual((result.status, "../f/63.yaml: too many files" in result.err), (5, True), result.err)
        self.fails(HEAD + "x: !include ../f/0.yaml#y\n" + tail, 5, "plug/../f/15.yaml:2:4", "nested too deep")
        deep = "[" * 40 + "z" + "]" * 40
        result = self.result(HEAD + f"a: {deep}\nb: {deep.replace('z', '!include a')}\n" + tail)
        self.assertEqual((result.status, "nested too deep" in result.err), (5, True), result.err)

    def test_bombs(self):
        def powers(member, last):
            return "x0: [a, a, a, a, a, a, a, a, a]\n" + "".join(f"x{i}: [{', '.join([member.format(i - 1)] * 9)}]\n" for i in range(1, last))
        tail = "single-policies: {}\n"
        cases = [powers("!include x{}", 12), powers("{{y: !include x{}}}", 12), "\n".join(powers("!include x{}", 12).splitlines()[::-1]) + "\n",
                 # Aliases of a small thing that an include makes large.
                 "big: [" + "a, " * 5000 + "]\nb0: &b0 [!include big]\nmany: [" + "*b0, " * 5000 + "]\n",
                 "big: \"" + "t" * 60000 + "\"\nmany: [" + "!include big, " * 5000 + "]\n",
                 # A path of which each beginning is tried, and changes that are.
                 "x: &x !include \"" + ".a" * 2000 + "\"\n", "a: {b: c}\ny: [" + ("!include \"a " + "a.b:c " * 600 + "\", ") * 4000 + "]\n",
                 "a: {b: c}\ny: [" + ("!include \"a " + "a." * 1900 + ":c\", ") * 4000 + "]\n"]
        for text in cases:
            result = self.result(HEAD + tail + text)
            self.assertIn(result.status, (3, 5), text[:80])
            self.assertEqual(len(result.err.splitlines()), 1)
            self.assertRegex(result.err, r"p\.yaml:line [0-9]+, column [0-9]+: ")
        for text in cases[:5]:
            self.assertEqual(self.result(HEAD + tail + text).status, 5)
        # Much, and still within the limits.
        flows = self.ends(HEAD + STREAM + "single-policies:\n" + "".join(f"  p{i}: !include patterns.stream tcp.dst-port:{i + 1}\n" for i in range(20000)))
        self.assertEqual(len(flows), 20000)
        self.assertEqual(flows[-1], [("10.0.0.1", 0), ("cloud.example", 20000)])


if __name__ == "__main__":
    support.main()
