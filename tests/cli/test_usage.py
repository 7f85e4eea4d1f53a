# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, exit status, messages, and what becomes of outputs."""
import os
import resource
import signal
import subprocess
import time
import unittest

import support
from support import Case, make

# One line a case: words, status, what the message holds. GOOD, EMPTY, CUT, BAD and NONE are files.
CASES = """
                                            | 2 | usage: iotsig
help                                        | 0 |
help flows                                  | 0 |
help none                                   | 2 | no such command
--help                                      | 0 |
--version                                   | 0 |
none                                        | 2 | no such command
flows                                       | 2 | no input
flows --help                                | 0 |
flows --none GOOD                           | 2 | unknown option --none
flows -x GOOD                               | 2 | unknown option -x
flows --timeout                             | 2 | needs an argument
flows --timeout x GOOD                      | 2 | not a number of seconds
flows --timeout -1 GOOD                     | 2 | not a number of seconds
flows --timeout nan GOOD                    | 2 | not a number of seconds
flows --timeout 0x10 GOOD                   | 2 | not a number of seconds
flows --max-flows 0 GOOD                    | 2 | --max-flows
flows --max-flows 1 GOOD                    | 5 | --max-flows
flows --format xml GOOD                     | 2 | --format
flows --format yaml GOOD                    | 2 | yaml
flows --keep all GOOD                       | 2 | --keep
flows --keep ,ack GOOD                      | 2 | --keep
flows --layers dns GOOD                     | 2 | --layers
flows --layers tls, GOOD                    | 2 | --layers
flows --progress maybe GOOD                 | 2 | --progress
flows --filter nonsense GOOD                | 2 | filter
flows --filter udp GOOD                     | 0 |
flows --filter icmp GOOD                    | 1 |
flows --name x GOOD                         | 2 | unknown option --name
flows GOOD --timeout 5                      | 0 |
flows -q -v GOOD                            | 0 | input 1: 2 flows
flows -- GOOD                               | 0 |
flows GOOD GOOD                             | 0 |
flows EMPTY                                 | 1 |
packets EMPTY                               | 1 |
extract EMPTY                               | 1 | no
extract GOOD EMPTY                          | 0 |
extract GOOD OTHER                          | 1 |
flows -qz GOOD                              | 2 | unknown option -z
flows GOOD -- --none                        | 3 | --none: cannot be opened
flows NONE                                  | 3 | NONE: cannot be opened: No such file
flows GOOD NONE                             | 3 | NONE: cannot be opened
flows BAD                                   | 3 | BAD
packets BAD GOOD                            | 3 | BAD
extract BAD GOOD                            | 3 | BAD
flows CUT                                   | 0 | CUT:byte 100: warning: ends inside a packet
flows -q CUT                                | 0 |
flows --strict CUT                          | 3 | ends inside a packet
packets --strict CUT                        | 3 | ends inside a packet
flows --dns-table NONE GOOD                 | 3 | NONE
flows -o /none/x GOOD                       | 4 | /none/x
flows -o /dev/full GOOD                     | 4 | No space left
packets -o /dev/full GOOD                   | 4 | No space left
extract -o /dev/full GOOD                   | 4 | No space left
flows BAD --max-flows 1 GOOD                | 5 | --max-flows
flows BAD -o /dev/full GOOD                 | 4 | No space left
flows -j 0 GOOD                             | 2 | -j
flows -j 2 GOOD                             | 0 |
extract --jobs 16 GOOD                      | 0 |
packets -j2 GOOD                            | 0 |
flows FOLDER                                | 0 |
packets FOLDER                              | 3 | is a folder
"""


class Usage(Case):
    def setUp(self):
        super().setUp()
        a = make.udp("192.168.1.2", 40000, "192.168.1.1", 20002, b"x")
        b = make.udp("192.168.1.2", 40000, "192.168.1.1", 9999, b"x")
        good = self.capture(a, b)
        content = self.read(good)
        self.files = {
            "GOOD": good, "OTHER": self.capture(make.udp("10.0.0.1", 1, "10.0.0.2", 2, b"x"), name="other.pcap"),
            "EMPTY": self.write("EMPTY", make.pcap([])), "BAD": self.write("BAD", b"not a capture\n" * 10),
            "CUT": self.write("CUT", content[:-7]), "NONE": self.path("NONE"), "FOLDER": os.path.dirname(self.write("FOLDER/a.pcap", content)),
        }

    def fill(self, text):
        return [self.files.get(word, word) for word in text.split()]

    def test_cases(self):
        for line in CASES.strip("\n").splitlines():
            words, status, message = (part.strip() for part in line.split("|", 2))
            with self.subTest(line=words):
                result = support.run(*self.fill(words))
                self.assertEqual(result.status, int(status), result.err)
                self.assertIn(message.replace("CUT:byte", self.files["CUT"] + ":byte"), result.err)
                self.assertEqual(bool(result.err), bool(message) or (status != "0" and status != "1"), result.err)
                for err in result.err.splitlines() if status != "2" or "usage:" not in result.err else []:
                    self.assertTrue(err.startswith("iotsig: "), err)

    def test_help_names_every_option(self):
        for command in ("packets", "flows", "extract"):
            text = self.run_ok(command, "--help")
            self.assertEqual(self.run_ok("help", command), text)
            self.assertIn(f"usage: iotsig {command} ", text)
            for option in ("--timeout", "--filter", "--keep", "--layers", "--dns-table", "--same-host", "--match-random-ports", "--max-flows",
                           "--format", "-o, --output", "-j, --jobs", "--strict", "--progress", "-q, --quiet", "-v, --verbose", "-h, --help"):
                self.assertIn(option, text)
            self.assertEqual("--name" in text, command == "extract")
            self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_one_bad_input_loses_no_other(self):
        for bad in ("BAD", "NONE"):
            result = support.run(*self.fill(f"packets --format jsonl GOOD {bad} OTHER"))
            self.assertEqual((result.status, len(result.out.splitlines())), (3, 3))
            result = support.run(*self.fill(f"extract --format json GOOD {bad} GOOD"))
            self.assertEqual((result.status, result.out.count('"id"')), (3, 2))

    def test_strict_writes_nothing(self):
        for bad in ("BAD", "NONE", "CUT"):
            for command in ("packets", "flows", "extract"):
                result = support.run(*self.fill(f"{command} --strict GOOD {bad}"), "-o", self.path("out"))
                self.assertEqual((result.status, result.out, os.path.exists(self.path("out"))), (3, "", False))
                result = support.run(*self.fill(f"{command} --strict GOOD {bad}"))
                self.assertEqual((result.status, result.out), (3, ""))

    def test_strict_holds_no_capture_open(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

        words = ["packets", "--strict", "--format", "jsonl", *[self.files["GOOD"]] * 100]
        result = support.run(*words, preexec_fn=few_files)
        self.assertEqual((result.status, result.err, len(result.out.splitlines())), (0, "", 200))

    def test_outputs_are_whole_or_not_there(self):
        target = self.write("out/x.json", b"old")
        result = support.run("flows", *self.fill("GOOD --max-flows 1 -o"), target)
        self.assertEqual((result.status, self.read("out/x.json"), os.listdir(self.path("out"))), (5, b"old", ["x.json"]))
        # a write that fails: the size of files is limited
        process = subprocess.run(
            [support.PROGRAM, "packets", "-o", target, self.many()], stderr=subprocess.PIPE, check=False,
            preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))))
        self.assertEqual(process.returncode, 4, process.stderr)
        self.assertIn(b"File too large", process.stderr)
        self.assertEqual((self.read("out/x.json"), os.listdir(self.path("out"))), (b"old", ["x.json"]))
        self.run_ok("flows", "-o", target, self.files["GOOD"])
        self.assertIn(b'"flows"', self.read("out/x.json"))
        self.assertEqual(os.listdir(self.path("out")), ["x.json"])

    def test_outputs_keep_mode_and_links(self):
        target = self.write("x.json", b"old")
        os.chmod(target, 0o640)
        os.symlink(target, self.path("link"))
        self.run_ok("flows", "--format", "json", "-o", self.path("link"), self.files["GOOD"])
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(os.stat(target).st_mode & 0o777, 0o640)
        self.assertIn(b'"flows"', self.read("x.json"))

    def many(self):
        return self.capture(*[make.udp("192.168.1.2", 40000 + i % 999, "192.168.1.1", 8800, b"x") for i in range(20000)],
                            name="many.pcap", step=1000)

    def test_closed_pipe_is_quiet(self):
        for command in ("packets", "flows"):
            with subprocess.Popen([support.PROGRAM, command, "--format", "jsonl", self.many()], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.read(10)
                process.stdout.close()
                err = process.stderr.read()
                self.assertEqual((process.wait(), err), (0, b""))

    def test_a_fifo_as_output(self):
        os.mkfifo(self.path("fifo"))
        with subprocess.Popen(["cat", self.path("fifo")], stdout=subprocess.PIPE) as reader:
            self.run_ok("flows", "--format", "json", "-o", self.path("fifo"), self.files["GOOD"])
            self.assertIn(b'"flows"', reader.stdout.read())

    def test_standard_input_and_fifos(self):
        content = self.read(self.files["GOOD"])
        os.mkfifo(self.path("in"))
        for words in (["packets"], ["flows"], ["extract", "--name", "x"]):
            words += ["--format", "csv"]
            want = self.run_ok(*words, self.files["GOOD"])
            self.assertEqual(self.run_ok(*words, "-", stdin=content), want.replace(self.files["GOOD"], "-"))
            with subprocess.Popen(["sh", "-c", f"cat {self.files['GOOD']} > {self.path('in')}"]) as writer:
                self.assertEqual(self.run_ok(*words, self.path("in")), want.replace(self.files["GOOD"], self.path("in")))
                self.assertEqual(writer.wait(), 0)

    def test_folders(self):
        content, other = self.read(self.files["GOOD"]), self.read(self.files["OTHER"])
        for name, data in (("f/b.pcap", content), ("f/a.pcap", other), ("f/B.pcap", other), ("f/sub/z.pcap", content)):
            self.write(name, data)
        out = self.run_ok("flows", "--format", "csv", self.path("f"))
        inputs = [line.rsplit(",", 1)[1] for line in out.splitlines()[1:]]
        self.assertEqual(inputs, [self.path(f"f/{name}") for name in ("B.pcap", "a.pcap", "b.pcap", "b.pcap")])
        self.write("f/note.txt", b"hello")
        result = support.run("flows", "--format", "csv", self.path("f"))
        self.assertEqual((result.status, result.out), (3, out))
        self.assertIn("note.txt", result.err)

    def test_progress(self):
        """A line for work that takes over a second: here the writer of a FIFO takes its time."""
        os.mkfifo(self.path("slow"))
        packet = make.ethernet(make.udp("192.168.1.2", 40000, "192.168.1.1", 8800, b"x"))
        capture = make.pcap([(support.START + i, packet) for i in range(200000)])

        def run(when):
            with subprocess.Popen([support.PROGRAM, "flows", "--progress", when, self.path("slow")], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                with open(self.path("slow"), "wb") as file:
                    for i in range(0, len(capture), len(capture) // 6):
                        file.write(capture[i : i + len(capture) // 6])
                        time.sleep(0.3)
                out, err = process.communicate()
                self.assertEqual(process.returncode, 0)
                self.assertIn(b'"flows"', out)
                return err.decode()

        line = run("always")
        self.assertRegex(line, r"^\r\x1b\[K[\d.]+ .?B, [\d.]+ k packets, [\d.]+ k/s")
        self.assertTrue(line.endswith("\r\x1b[K"))  # and taken away at the end
        self.assertEqual(run("auto"), "")  # no terminal


if __name__ == "__main__":
    support.main()
