# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig report, on signatures and captures made by hand: what the page says, where marks are, and that no text becomes markup."""
import json
import os

import page
import support
from support import SECOND, START, Case, make

DEVICE, ROUTER = "02:00:00:00:00:01", "02:00:00:00:00:02"
SCRIPT = "<script>document.title='run'</script>"
HOSTILE = f"{SCRIPT}<img src=x onerror=\"document.title='run'\">'\"&amp;\u202e\u2066\n\x1b[31m\x7f"


def trait(feature, support_of=None, bits=None, family="name", seen=(1, 1)):
    values = {"family": family, "feature": feature}
    if support_of is not None:
        values["support"] = support_of
    if bits is not None:
        values["bits"] = bits
    return values | {"seen": list(seen)}


def forbidden(feature, captures, family="name"):
    return {"family": family, "feature": feature, "captures": captures}


class Report(Case):
    def learned(self, mandatory, optional=(), must_not=(), **more):
        members = {"event": "boot", "captures": 4, "against": {"events": 2, "captures": 9}, "duration": "4.000000000",
                   "optional": list(optional), "must_not": list(must_not)}
        return self.write("signature.json", json.dumps(support.learned(mandatory=mandatory, **members | more)))

    def asks(self, name, *questions, answer=None):
        """A capture of a device that asks for names, each at a time in milliseconds; the router answers with an address."""
        frames = []
        for at, question in questions:
            packet = make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([(question, "A")]))
            frames.append((START + at * SECOND // 1000, make.ethernet(packet, src=DEVICE, dst=ROUTER)))
            if answer is not None:
                records = [make.dns_record(question, "A", answer)]
                packet = make.udp("192.168.1.1", 53, "192.168.1.2", 40000, make.dns([(question, "A")], records))
                frames.append((START + at * SECOND // 1000, make.ethernet(packet, src=ROUTER, dst=DEVICE)))
        return self.write(name, make.pcap(frames))

    def page(self, *words, status=0, err=""):
        result = support.run("report", "-o", self.path("x.html"), *words)
        self.assertEqual((result.status, result.out, result.err), (status, "", err))
        return page.read(self.read("x.html"))


class Learned(Report):
    def boot(self):
        return self.learned(
            [trait("dns A one.example", "4/4", "3.00", seen=(2, 3)), trait("dns A gone.example", "4/4", "4.00"), trait("dns A two.example", "3/4", "1.00")],
            [trait("dns A often.example", "2/4")], [forbidden("dns A other.example", 7)],
            origins=[{"name": "a.pcap", "size": 120, "sha256": "0123456789abcdef" * 4, "device": DEVICE, "duration": "2.500000000", "left_out": None},
                     {"name": "-", "size": 0, "sha256": None, "device": None, "duration": "0.000000000", "left_out": "is odd"}],
            group=["twin"], warnings=["fewer than 5 mandatory features"])

    def test_signature(self):
        root = self.page(self.boot())
        self.assertEqual((root.one("h1").words(), root.one("title").words()), ("boot", "boot"))
        self.assertEqual(root.one("p", class_="lead").words(), "Learned from 4 captures, and told from 9 captures of 2 other events.")
        facts = dict(zip([n.words() for n in root.all("dt")], [n.words() for n in root.all("dd")]))
        self.assertEqual(facts, {"Mandatory": "3", "Optional": "1", "Must not be": "1", "Weight": "8.00 bits", "Needed coverage": "9/10",
                                 "Needed support": "9/10", "Longest capture": "4 s"})
        self.assertEqual(root.one("b").words(), "twin")
        self.assertEqual([n.words() for n in root.one("div", class_="warning").all("li")], ["fewer than 5 mandatory features"])
        mandatory = page.table(root, "Mandatory")
        self.assertEqual(page.rows(mandatory), [["name dns A gone.example", "4/4", "4.00", "1"], ["name dns A one.example", "4/4", "3.00", "2 to 3"],
                                                ["name dns A two.example", "3/4", "1.00", "1"]])
        # Bars: support of all captures, weight of the heaviest.
        self.assertEqual([n.attributes["width"] for n in mandatory.all("rect", class_="part")],
                         ["100.00%", "100.00%", "100.00%", "75.00%", "75.00%", "25.00%"])
        self.assertEqual(page.rows(page.table(root, "Optional")), [["name dns A often.example", "2/4", "1"]])
        self.assertEqual(page.rows(page.table(root, "Must not")), [["name dns A other.example", "7"]])
        self.assertEqual(page.rows(page.table(root, "The captures that it was")),
                         [["a.pcap", "120", "2.500 s", DEVICE, "0123456789abcdef" * 4], ["-is odd", "", "0 s", "", ""]])
        self.assertEqual([n.words() for n in root.all("h2")], ["Features", "Provenance"])

    def test_captures(self):
        # Of 8.00 bits: "one" and "two" are half, "gone" is missing.
        some = self.asks("some.pcap", (0, "one.example"), (1000, "two.example"), (3000, "one.example"), (4000, "last.example"))
        every = self.asks("every.pcap", (0, "one.example"), (1, "two.example"), (2, "gone.example"))
        other = self.asks("other.pcap", (0, "one.example"), (1, "two.example"), (2, "gone.example"), (3, "other.example"))
        root = self.page(self.boot(), some, every, other)
        device = f"{DEVICE}192.168.1.2gateway 192.168.1.1"
        self.assertEqual(page.rows(page.table(root, "How much")),
                         [[some, "50 %", "does not match", device, "name dns A gone.example"], [every, "100 %", "matches", device, "nothing"],
                          [other, "100 %", "does not matchmust not be there: name dns A other.example", device, "nothing"]])

    def timeline(self, root, name):
        """Of each row its feature, what its drawing says, and where its marks are."""
        strips = []
        for row in page.table(root, self.path(name)).one("tbody").all("tr"):
            drawing = row.one("svg")
            strips.append((row.one("th").words(), drawing.one("title").words(),
                           [(n.attributes["x1"], n.attributes["x2"]) for n in drawing.all("line", class_="mark")]))
        return strips

    def test_timeline(self):
        some = self.asks("some.pcap", (0, "before.example"), (1000, "two.example"), (1000, "often.example"), (2000, "one.example"), (3000, "one.example"),
                         (4000, "last.example"))
        root = self.page(self.boot(), some)
        self.assertEqual(self.timeline(root, "some.pcap"), [
            ("name dns A two.example", "seen once, at 1 s", [("25.00%", "25.00%")]),
            ("name dns A often.example", "seen once, at 1 s", [("25.00%", "25.00%")]),
            ("name dns A one.example", "seen 2 times, from 2 s to 3 s", [("50.00%", "50.00%"), ("75.00%", "75.00%")]),
            ("name dns A gone.example", "missing", [])])
        timeline = page.table(root, some)
        self.assertEqual(timeline.one("caption").words(), f"{some}, 4 s")
        self.assertEqual([(n.text(), n.attributes["x"]) for n in timeline.one("svg", class_="axis").all("text")],
                         [("0", "0.00%"), ("1 s", "25.00%"), ("2 s", "50.00%"), ("3 s", "75.00%"), ("4 s", "100.00%")])

    def test_spells(self):
        """More than can be kept: the nearest are put together, what stands alone stays alone."""
        times = [*range(0, 200), 5_000, *range(9_800, 10_001)]
        self.asks("many.pcap", *((at, "one.example") for at in times))
        feature, title, marks = self.timeline(self.page(self.boot(), self.path("many.pcap")), "many.pcap")[0]
        self.assertEqual((feature, title), ("name dns A one.example", "seen 402 times, from 0 s to 10 s"))
        self.assertLess(len(marks), 64)
        self.assertIn(("50.00%", "50.00%"), marks)
        places = [tuple(float(x[:-1]) for x in mark) for mark in marks]
        self.assertEqual((places[0][0], places[-1][1]), (0, 100))
        self.assertEqual([first for first, last in places if 2 < first < 50 or 50 < first < 98 or 2 < last < 50 or 50 < last < 98], [])

    def test_flows_and_lengths(self):
        def packet(way, payload):
            ends = ("192.168.1.2", 40000, "198.51.100.7", 6000) if way == "out" else ("198.51.100.7", 6000, "192.168.1.2", 40000)
            source, target = (DEVICE, ROUTER) if way == "out" else (ROUTER, DEVICE)
            return make.ethernet(make.udp(*ends, payload), src=source, dst=target)

        frames = [(0, packet("out", b"x" * 30)), (4, packet("in", b"y")), (5, packet("out", b"x" * 40)), (10, packet("in", b"y"))]
        capture = self.write("flow.pcap", make.pcap([(START + at * SECOND, frame) for at, frame in frames]))
        signature = self.learned([trait("out udp 198.51.100.7 6000", "4/4", "2.00", "flow"), trait("out udp 198.51.100.7 6000 40", "4/4", "1.00", "length")])
        self.assertEqual([(strip[0], strip[2]) for strip in self.timeline(self.page(signature, capture), "flow.pcap")], [
            ("flow out udp 198.51.100.7 6000", [("0.00%", "0.00%"), ("40.00%", "40.00%"), ("50.00%", "50.00%"), ("100.00%", "100.00%")]),
            ("length out udp 198.51.100.7 6000 40", [("50.00%", "50.00%")])])

    def test_long_lists_are_folded(self):
        signature = self.learned([trait(f"dns A {i}.example", "4/4", "1.00") for i in range(12)])
        capture = self.asks("a.pcap", (0, "9.example"))
        folded = page.table(self.page(signature, capture), "How much").one("details")
        self.assertEqual((folded.one("summary").words(), len(folded.all("li"))), ("11 of 12", 11))

    def test_hosts(self):
        captures = [self.asks(f"{i}.pcap", (0, "one.example"), answer=f"198.51.100.{i}") for i in (2, 1)]
        hosts = page.rows(page.table(self.page(self.boot(), *captures), "Names"))
        self.assertEqual(hosts, [["one.example", "198.51.100.1, 198.51.100.2"]])

    def test_folder_and_options(self):
        for name in ("in/b.pcap", "in/a.pcap"):
            self.asks(name, (0, "one.example"))
        one = self.page("-j2", self.boot(), self.path("in"))
        self.assertEqual([row[0] for row in page.rows(page.table(one, "How much"))], [self.path("in/a.pcap"), self.path("in/b.pcap")])
        first = self.read("x.html")
        self.page("--format", "html", self.boot(), self.path("in"))
        self.assertEqual(self.read("x.html"), first)
        root = self.page("--self", "192.168.1.1", self.boot(), self.path("in/a.pcap"))
        self.assertEqual(page.rows(page.table(root, "How much"))[0][1], "0 %")

    def test_families_are_the_signature_s(self):
        """A signature that was learned from other families than usual finds these in captures, too."""
        hello = make.tcp("192.168.1.2", 40000, "198.51.100.7", 80, b"GET / HTTP/1.1\r\nUser-Agent: plug\r\n\r\n")
        capture = self.write("a.pcap", make.pcap([(START, make.ethernet(hello, src=DEVICE, dst=ROUTER))]))
        feature = next(f["feature"] for f in json.loads(self.run_ok("features", "--format", "json", "--families", "agent", capture))[0]["features"]
                       if "plug" in f["feature"])
        options = {"min_support": "9/10", "min_coverage": "9/10", "families": "agent"}
        signature = self.learned([trait(feature, "4/4", "1.00", "agent")], options=options)
        self.assertEqual(page.rows(page.table(self.page(signature, capture), "How much"))[0][1], "100 %")
        self.assertEqual(page.rows(page.table(self.page("--families", "name", signature, capture), "How much"))[0][1], "0 %")

    def test_nothing_mandatory(self):
        root = self.page(self.learned([]), status=1)
        self.assertIn("There is none", root.one("p", class_="nothing").words())


class Extracted(Report):
    def captures(self):
        """Two captures of the same two flows; the first is also what is not common."""
        def frames(port):
            return [(0, make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("one.example", "A")]))),
                    (1, make.tcp("192.168.1.2", port, "198.51.100.7", 9999, b"on")), (4, make.tcp("198.51.100.7", 9999, "192.168.1.2", port, b"ok"))]

        more = [(5, make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("own.example", "A")])))]
        paths = []
        for name, packets in (("1.pcap", frames(40001) + more), ("2.pcap", frames(40002)), ("3.pcap", frames(40003)[:1] + more)):
            paths.append(self.write(name, make.pcap([(START + at * SECOND, make.ethernet(packet)) for at, packet in packets])))
        return paths

    def test_page(self):
        first, second, third = self.captures()
        for kind in ("json", "csv"):
            signature = self.path(f"plug.{kind}")
            self.run_ok("extract", "--name", "plug", "-o", signature, first, second)
            root = self.page(signature, first, second, third)
            self.assertEqual(page.rows(page.table(root, "Flows, and in")), [
                ["UDP 192.168.1.2 \u2192 192.168.1.1:53DNS A one.example", "3/3", "2"], ["TCP 192.168.1.2 \u2192 198.51.100.7:9999", "2/3", "4"]])
            self.assertEqual(page.rows(page.table(root, "How much")), [
                [first, "100 %", "matches", "nothing"], [second, "100 %", "matches", "nothing"],
                [third, "50 %", "does not match", "TCP 192.168.1.2 \u2192 198.51.100.7:9999"]])
            # In the first the second flow is from 1 to 4 s of 5.
            marks = [[(n.attributes["x1"], n.attributes["x2"]) for n in row.all("line", class_="mark")]
                     for row in page.table(root, first).one("tbody").all("tr")]
            self.assertEqual(marks, [[("0.00%", "0.00%")], [("20.00%", "80.00%")]])
            if kind == "json":
                self.assertEqual(root.one("h1").words(), "plug")
                self.assertEqual([n.words() for n in root.one("ul", class_="files").all("li")], [first, second])

    def test_without_captures(self):
        first, second, _ = self.captures()
        signature = self.path("plug.json")
        self.run_ok("extract", "-o", signature, first, second)
        root = self.page(signature)
        self.assertEqual([row[1] for row in page.rows(page.table(root, "Flows, and in"))], ["2/2", "2/2"])
        self.assertEqual(root.one("p", class_="lead").words(), "The flows that 2 captures have in common; each counts the same.")
        self.assertEqual([n.words() for n in root.all("h2")], ["Flows", "Provenance"])

    def test_pause(self):
        """The pause that ended the events of the signature ends those of the captures."""
        first, second, _ = self.captures()
        signature = self.path("plug.json")
        self.run_ok("extract", "--timeout", "2", "-o", signature, first, second)
        root = self.page(signature, first)
        self.assertEqual(page.table(root, first).one("caption").words(), f"{first}, 1 s")
        root = self.page("--timeout", "20", signature, first)
        self.assertEqual(page.table(root, first).one("caption").words(), f"{first}, 5 s")

    def test_packet_files(self):
        first, second, _ = self.captures()
        signature, packets = self.path("plug.json"), self.path("p.jsonl")
        self.run_ok("extract", "-o", signature, first, second)
        self.run_ok("packets", "-o", packets, first)
        self.assertEqual(page.rows(page.table(self.page(signature, packets), "How much"))[0][1], "100 %")


class Hostile(Report):
    def test_learned(self):
        hidden = [self.asks(f"in/{name}.pcap", (0, "one.example")) for name in ("<script>document.title='run'<", "\"><img src=x>\u202e\n\x1b[2J", "&lt;'")]
        signature = self.learned(
            [trait(f"dns A {SCRIPT}\\010\"'&", "4/4", "1.00"), trait("dns A one.example", "4/4", "1.00")], [trait("dns A </title></style>", "2/4")],
            [forbidden("--><!--", 2)], event="<b>\"&'\u202e<img src=x>", group=[HOSTILE], warnings=[HOSTILE, "</style><script>"],
            options={"min_support": "9/10", "min_coverage": "9/10", "families": None},
            origins=[{"name": HOSTILE, "size": 1, "sha256": "0" * 64, "device": HOSTILE, "duration": "1.000000000", "left_out": HOSTILE}])
        root = self.page(signature, self.path("in"))
        shown = HOSTILE.replace("\u202e", "\\226\\128\\174").replace("\u2066", "\\226\\129\\166").replace("\n", "\\010").replace("\x1b", "\\027")
        shown = shown.replace("\x7f", "\\127")
        self.assertEqual(root.one("h1").text(), "<b>\"&'\\226\\128\\174<img src=x>")
        self.assertEqual(root.one("b").text(), shown)
        self.assertEqual(root.one("div", class_="warning").all("li")[0].text(), shown)
        self.assertEqual(page.table(root, "Mandatory").all("code")[0].text(), f"dns A {SCRIPT}\\010\"'&")
        names = [row.one("th").text() for row in page.table(root, "How much").one("tbody").all("tr")]
        self.assertEqual(sorted(names), sorted(n.replace("\u202e", "\\226\\128\\174").replace("\n", "\\010").replace("\x1b", "\\027") for n in hidden))

    def test_hosts_and_uris(self):
        name = "<script>document-title='run'<.\"><img src=x onerror=y>'&\x1b.example"
        packets = [make.udp("192.168.1.1", 53, "192.168.1.2", 40000, make.dns([(name, "A")], [make.dns_record(name, "A", "198.51.100.7")])),
                   make.tcp("192.168.1.2", 40001, "198.51.100.7", 80, f"GET /{SCRIPT}\"'&\x1b HTTP/1.1\r\nHost: x\r\n\r\n".encode())]
        capture = self.capture(*packets)
        signature = self.path("s.json")
        self.run_ok("extract", "--name", HOSTILE, "-o", signature, capture)
        root = self.page(signature, capture)
        self.assertIn("GET", page.table(root, "Flows").words())
        self.assertIn(SCRIPT.split(" ", maxsplit=1)[0], page.table(root, "Flows").words())
        self.assertIn("<script>", page.table(root, "Names").words())
        self.assertIn("\\027", page.table(root, "Names").words())

    def test_times_at_the_ends(self):
        """Times that are as far apart as times can be."""
        frame = make.ethernet(make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("one.example", "A")])), src=DEVICE, dst=ROUTER)
        for kind in ("learned", "extracted"):
            blocks = make.section() + make.interface(resolution=9)
            for units in (0, 2**63 - 1, 2**63):
                blocks += make.enhanced("<", 0, units, frame)
            capture = self.write("far.pcapng", blocks)
            signature = self.learned([trait("dns A one.example", "4/4", "1.00")])
            if kind == "extracted":
                signature = self.path("s.json")
                self.run_ok("extract", "--timeout", "0", "-o", signature, capture)
            result = support.run("report", "-q", "-o", self.path("x.html"), "--timeout", "0", signature, capture)
            self.assertEqual((result.status, result.err), (0, ""))
            marks = [line.attributes["x2"] for line in page.read(self.read("x.html")).all("line", class_="mark")]
            self.assertEqual(marks[-1], "100.00%")


class Evaluation(Report):
    def test_page(self):
        # Ten captures of the first ask for two names of equal weight; the eleventh for one: half is no nine tenths.
        first, second = "<b>'\"&\u202e", "other"
        self.events(first, [["a.example", "c.example"]] * 10 + [["c.example"]], 1)
        self.events(second, [["b.example"]] * 5, 2)
        result = support.run("evaluate", "-q", "-o", self.path("x.html"), self.path("in"))
        self.assertEqual((result.status, result.out, result.err), (0, "", ""))
        root = page.read(self.read("x.html"))
        shown = first.replace("\u202e", "\\226\\128\\174")
        self.assertEqual(root.one("h1").words(), "2 signatures of 2 events")
        self.assertEqual(root.one("p", class_="lead").words(), "16 captures were tested with signatures that were learned without them.")
        measures = {row[0].split(" ")[0]: row[1:] for row in page.rows(page.table(root, "Shares"))}
        self.assertEqual([row[-1] for row in page.rows(page.table(root, "Shares"))], ["15 of 16"] * 4 + ["0 of 16"] * 2 + ["0 of 16"])
        self.assertEqual(next(value for key, value in measures.items() if key.startswith("Recall"))[0], "93.75 %")
        # By Wilson's formula with z = 1.96: (0.9375 + 1.92073/16 +- 1.96 sqrt(0.9375 * 0.0625/16 + 0.9604/256)) / (1 + 3.84146/16)
        self.assertEqual(next(value for key, value in measures.items() if key.startswith("Recall"))[1], "71.67 to 98.89 %")
        self.assertEqual(page.rows(page.table(root, "What became")), [[f"1 {shown}", "10/11", "10/11", "0", "0"], ["2 other", "5/5", "5/5", "0", "0"]])
        matrix = page.table(root, "A row for each event")
        self.assertEqual(page.rows(matrix), [[f"1 {shown}", "10", "\u00b7", "\u00b7", "1"], ["2 other", "\u00b7", "5", "\u00b7", "\u00b7"]])
        self.assertEqual([[cell.attributes["class"] for cell in row.all("td")] for row in matrix.one("tbody").all("tr")],
                         [["right shade8", "wrong shade0", "wrong shade0", "wrong shade1"], ["wrong shade0", "right shade9", "wrong shade0", "wrong shade0"]])
        # Of 9 or 8 captures that are learned from, against 4: log2(0.95 / 0.1) = 3.25 or log2(0.9444 / 0.1) = 3.24 bits for each name, and 0.1 for
        # the flow that all have: 3.35 of 6.6 is 50.76 %, and 3.34 of 6.58 too.
        self.assertEqual(page.rows(page.table(root, "Captures that")), [[f"10.pcap{shown}", "unknown", "50.7 %", "name dns A a.example"]])
        self.assertEqual(dict(zip([n.words() for n in root.all("dt")], [n.words() for n in root.all("dd")]))["Folds"], "5")
        self.run_ok("evaluate", "-q", "--format", "html", "-j2", "-o", self.path("y"), self.path("in"))
        self.assertEqual(self.read("y"), self.read("x.html"))

    def test_folders(self):
        self.events("a", [["a.example"]] * 2, 1)
        self.events("b", [["b.example"]] * 2, 2)
        self.run_ok("evaluate", "-q", "--test", self.path("in"), "-o", self.path("x.html"), self.path("in"))
        root = page.read(self.read("x.html"))
        self.assertNotIn("Folds", [n.words() for n in root.all("dt")])
        self.assertEqual(root.one("p", class_="nothing").words(), "There is none.")

    def test_many_events(self):
        """Too many for a matrix: what is confused is listed."""
        names = [f"{chr(97 + i // 26)}{chr(97 + i % 26)}.example" for i in range(66)]
        # One capture of the first is like those of the second, and the other one is learned from when it is tested.
        for i, name in enumerate(names):
            self.events(f"e{i:02d}", [[name], [names[1] if i == 0 else name]], i)
        self.run_ok("evaluate", "-q", "--folds", "2", "-o", self.path("x.html"), self.path("in"))
        root = page.read(self.read("x.html"))
        self.assertEqual(len(page.rows(page.table(root, "What became"))), 66)
        self.assertEqual(page.rows(page.table(root, "Events whose captures")), [["1 e00", "e01", "1"], ["1 e00", "unknown", "1"]])

    def test_html_is_for_pages(self):
        for words in (("flows", "--format", "html", "x"), ("library", "--format", "html", "list", "x")):
            self.assertEqual(support.run(*words).status, 2)
        capture = self.asks("a.pcap", (0, "one.example"))
        result = support.run("flows", "-o", self.path("x.html"), capture)
        self.assertEqual((result.status, os.path.exists(self.path("x.html"))), (2, False))
        self.assertIn("html is the format of reports", result.err)


class Use(Report):
    def refuse(self, status, err, *words):
        before = sorted(os.listdir(self.folder))
        result = support.run("report", "-o", self.path("x.html"), *words)
        self.assertEqual((result.status, result.out), (status, ""))
        self.assertIn(err, result.err)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_standard_output(self):
        signature = self.learned([trait("dns A one.example", "4/4", "1.00")])
        self.page(signature)
        self.assertEqual(self.run_ok("report", "-o", "-", signature), self.read("x.html").decode())
        self.assertEqual(self.run_ok("report", "-", stdin=self.read("signature.json")), self.read("x.html").decode())

    def test_wrong_use(self):
        signature = self.learned([trait("dns A one.example", "4/4", "1.00")])
        self.refuse(2, "--format: a report is html", "--format", "json", signature)
        result = support.run("report", "-o", self.path("x.json"), signature)
        self.assertEqual((result.status, os.path.exists(self.path("x.json"))), (2, False))
        self.refuse(3, "No such file", self.path("absent.json"))
        self.refuse(1, "it holds no signature", self.write("none.json", '{"signature":null}'))
        self.refuse(3, "it holds several signatures (give one)", self.write("two.jsonl", self.read("signature.json") + self.read("signature.json").replace(b"boot", b"toot")))
        extracted = self.path("s.json")
        self.run_ok("extract", "-o", extracted, self.asks("a.pcap", (0, "one.example")))
        self.refuse(2, "are for learned signatures", "--self", DEVICE, extracted, self.path("a.pcap"))

    def test_bad_captures(self):
        """A capture that cannot be read is left out; with --strict there is no page."""
        signature = self.learned([trait("dns A one.example", "4/4", "1.00")])
        good, bad = self.asks("a.pcap", (0, "one.example")), self.write("bad.pcap", b"no capture")
        result = support.run("report", "-o", self.path("x.html"), signature, bad, good)
        self.assertEqual(result.status, 3)
        self.assertEqual([row[0] for row in page.rows(page.table(page.read(self.read("x.html")), "How much"))], [good])
        os.remove(self.path("x.html"))
        self.refuse(3, "bad.pcap", "--strict", signature, bad, good)

    def test_old_page_stays(self):
        self.write("x.html", "old")
        result = support.run("report", "-o", self.path("x.html"), self.path("absent.json"))
        self.assertEqual((result.status, self.read("x.html")), (3, b"old"))


if __name__ == "__main__":
    support.main()
