# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that fail: full disks, limits, signals, inputs that change or are no files, names that are no text."""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

import support
from support import PROGRAM, START, Case, make, run

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
OLD = b"what was there before\n"
NOBODY = 65534
IS_ROOT = os.geteuid() == 0


def can_mount():
    command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"]
    return IS_ROOT and shutil.which("unshare") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


def heed_signals():
    """Whoever runs the tests may ignore signals, as nohup(1) does, which is inherited."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


class Failures(Case):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        self.small = self.many(3, "a.pcap")
        os.mkdir(self.path("to"))
        self.out = self.write("to/x", OLD)

    def many(self, count, name):
        frames = [make.ethernet(make.udp("192.168.1.2", 1024 + i % 50000, f"198.51.100.{i % 250}", 9999, b"x")) for i in range(count)]
        return self.write(name, make.pcap([(START + i, frame) for i, frame in enumerate(frames)]))

    def is_untouched(self):
        self.assertEqual(os.listdir(self.path("to")), ["x"])
        self.assertEqual(self.read("to/x"), OLD)

    # Room that ends.

    @unittest.skipUnless(can_mount(), "no file system can be mounted here")
    def test_full_disk(self):
        big = self.many(3000, "b.pcap")
        learned = {f"in/{event}/{i}.pcap": make.dns([(f"{event}.example", "A")]) for event in ("a", "b") for i in range(2)}
        for path, payload in learned.items():
            self.write(path, make.pcap([(START, make.ethernet(make.udp("192.168.1.2", 40000, "192.168.1.1", 53, payload)))]))
        script = ('mount -t tmpfs -o size="$1" none "$2" && cd "$2" && shift 2 && echo old > x && mkdir y && TMPDIR=$PWD "$@"; '
                  'echo "status $?"; ls -A; cat x; ls -A y')
        # rooms: one for the old file and the folder, and one page of a new file
        for words, room in ((("packets", "-o", "x", big), "8k"), (("flows", "-o", "x", big), "8k"), (("packets", "-o", "x", big), "64k"),
                            (("learn", "-q", "-o", "y", self.path("in")), "8k")):
            result = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", room, self.path("to"), PROGRAM, *words],
                                    capture_output=True, text=True, check=False)
            with self.subTest((words, room)):
                self.assertEqual(result.stdout, "status 4\nx\ny\nold\n")
                self.assertRegex(result.stderr, r"^iotsig: [xy](/\w+\.json)?: cannot be written: No space left on device\n$")

    @unittest.skipUnless(can_mount(), "no file system can be mounted here")
    def test_no_room_to_spool(self):
        script = 'mount -t tmpfs -o size=8k none "$1" && TMPDIR=$1 exec "$2" packets -'
        with open(self.many(3000, "b.pcap"), "rb") as big:
            result = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", self.path("to"), PROGRAM], stdin=big, capture_output=True,
                                    text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (4, ""))
        self.assertEqual(result.stderr, "iotsig: standard input: cannot spool to a temporary file: No space left on device (set TMPDIR to a folder with room)\n")

    def test_largest_file(self):
        """RLIMIT_FSIZE, which would end the program by a signal."""
        result = run("packets", "-o", self.out, self.many(300, "b.pcap"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual((result.status, result.err), (4, f"iotsig: {self.out}: cannot be written: File too large\n"))
        self.is_untouched()

    def test_few_files(self):
        """As many captures as there can be files are read with few that are open."""
        paths = [self.many(1, f"in/{i}.pcap") for i in range(60)]
        for command in ("packets", "flows", "features", "extract"):
            result = run(command, "-o", self.path("many"), *paths, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30)))
            self.assertEqual((result.status, result.err), (0, ""), command)

    # Signals.

    def wait_for(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.002)

    def started(self, *words, stdin=subprocess.DEVNULL, **more):
        """The program, started with a capture and a pipe, when it has begun to write and waits for the pipe."""
        pipe = self.path("pipe")
        if not os.path.exists(pipe):
            os.mkfifo(pipe)
        more.setdefault("preexec_fn", heed_signals)
        process = subprocess.Popen([PROGRAM, *words, self.small, pipe], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.addCleanup(process.kill)
        return process, open(pipe, "wb")

    def ended(self, process, writer):
        try:
            writer.close()
        except BrokenPipeError:
            pass
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def test_signals(self):
        for number in SIGNALS:
            with self.subTest(number):
                process, writer = self.started("packets", "-o", self.out)
                self.wait_for(lambda: len(os.listdir(self.path("to"))) == 2)
                process.send_signal(number)
                status, _, err = self.ended(process, writer)
                if support.EMULATED:  # the emulator says so when a signal dumps core
                    err = re.sub(rb"^qemu: uncaught target signal .*\n$", b"", err)
                self.assertEqual((status, err), (-number, b""))
                self.is_untouched()

    def test_signal_that_is_ignored(self):
        """As nohup(1) has it."""
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        process, writer = self.started("packets", "-o", self.out, preexec_fn=ignore)
        self.wait_for(lambda: len(os.listdir(self.path("to"))) == 2)
        process.send_signal(signal.SIGHUP)
        writer.write(self.read("a.pcap"))
        self.assertEqual(self.ended(process, writer), (0, b"", b""))
        self.assertEqual(len(json.loads(self.read("to/x"))), 6)

    def test_signal_while_reading(self):
        for command in ("flows", "features", "extract", "merge"):
            with self.subTest(command):
                process, writer = self.started(command, "-o", self.out)
                writer.write(self.read("a.pcap")[:40])
                writer.flush()
                process.send_signal(signal.SIGTERM)
                self.assertEqual(self.ended(process, writer)[0], -signal.SIGTERM)
                self.is_untouched()

    def test_killed(self):
        """By what cannot be caught: the old file is as it was; a hidden one is left."""
        process, writer = self.started("packets", "-o", self.out)
        self.wait_for(lambda: len(os.listdir(self.path("to"))) == 2)
        process.kill()
        self.ended(process, writer)
        self.assertEqual(self.read("to/x"), OLD)
        (left,) = set(os.listdir(self.path("to"))) - {"x"}
        self.assertRegex(left, r"^\.iotsig-")

    def test_reader_that_goes(self):
        process = subprocess.Popen([PROGRAM, "packets", self.many(30000, "b.pcap")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual((process.wait(timeout=60), process.stderr.read()), (0, b""))
        process.stderr.close()

    # Standard files that are closed.

    def test_closed_files(self):
        def shell(line, *words):
            result = subprocess.run(["sh", "-c", line, "sh", PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            return result.returncode, result.stdout, result.stderr

        self.assertEqual(shell('"$@" >&-', "packets", self.small), (4, "", "iotsig: standard output: cannot be written: Bad file descriptor\n"))
        self.assertEqual(shell('"$@" <&-', "packets", "-")[0], 3)
        for close in (">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(close):
                status, out, _ = shell(f'"$@" {close}', "packets", "-o", self.out, self.path("none"), self.small)
                self.assertEqual((status, out), (3, ""))
                self.assertEqual(len(json.loads(self.read("to/x"))), 3)  # no message in it

    # Inputs.

    def test_input_that_shrinks(self):
        """packets --strict has looked at the capture, and waits for the next one, while it is cut."""
        copy = shutil.copy(self.small, self.path("copy.pcap"))
        process, writer = self.started("packets", "--strict", "-o", self.out, copy)
        time.sleep(0.05)
        os.truncate(copy, os.path.getsize(copy) - 3)
        writer.write(self.read("a.pcap"))
        status, _, err = self.ended(process, writer)
        self.assertEqual(status, 3)
        self.assertIn(f"iotsig: {copy}:".encode(), err)
        self.is_untouched()

    def test_input_that_grows(self):
        """What is appended once the reading has begun is of no harm."""
        copy = shutil.copy(self.small, self.path("copy.pcap"))
        stop = threading.Event()

        def grow():
            tail = self.read("a.pcap")[24:]
            while not stop.is_set():
                with open(copy, "ab") as file:
                    file.write(tail)
                time.sleep(0.001)

        thread = threading.Thread(target=grow)
        thread.start()
        try:
            for command in ("packets", "flows", "features") * 3:
                self.assertEqual(run(command, "-o", self.path("grown"), copy).status, 0)
                json.loads(self.read("grown"))
        finally:
            stop.set()
            thread.join()

    def test_no_files(self):
        """Folders, devices, sockets and pipes where a file is expected."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path("socket"))
            for path, what in (("/dev/zero", "is no capture"), ("/dev/null", "is empty"), (self.path("socket"), "cannot be opened: No such device"),
                               ("/dev/tty", "cannot be opened: No such device")):
                for words in (("packets",), ("flows",), ("features",)):
                    result = run(*words, path, start_new_session=True)
                    with self.subTest((words, path)):
                        self.assertEqual(result.status, 3)
                        self.assertRegex(result.err, f"^iotsig: {path}[^\n]*: {what}[^\n]*\n$")
            for option, path in (("--dns-table", "/dev/zero"), ("--same-host", "@/dev/zero"), ("--dns-table", self.path("to")),
                                 ("--same-host", "@" + self.path("to"))):
                result = run("flows", option, path, self.small)
                self.assertEqual((result.status, len(result.err.splitlines())), (3, 1), (option, path))
        os.mkdir(self.path("in"))
        os.mkfifo(self.path("in/pipe"))  # nobody writes to it
        os.mkdir(self.path("in/folder"))
        shutil.copy(self.small, self.path("in/b.pcap"))
        self.assertEqual(len(self.signature(self.path("in"))["captures"]), 1)

    def test_outputs_that_are_no_files(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process = subprocess.Popen([PROGRAM, "packets", "-o", pipe, self.small])
        with open(pipe, "rb") as reader:
            self.assertEqual(len(json.load(reader)), 3)
        self.assertEqual(process.wait(timeout=60), 0)
        result = run("packets", "-o", "/dev/full", self.small)
        self.assertEqual((result.status, result.err), (4, "iotsig: /dev/full: cannot be written: No space left on device\n"))
        with open("/dev/full", "wb") as full:
            for words in (("help",), ("--version",), ("completion", "bash"), ("packets", "--help"), ("packets", self.small)):
                process = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, check=False)
                self.assertEqual(process.returncode, 4, words)
        for path, what in ((self.path("to"), "Is a directory"), (self.path("none/x"), "No such file or directory"), (self.small + "/x", "Not a directory")):
            result = run("packets", "-o", path, self.small)
            self.assertEqual((result.status, result.err), (4, f"iotsig: {path}: cannot be written: {what}\n"))

    @unittest.skipUnless(IS_ROOT, "only root can be somebody else")
    def test_permissions(self):
        secret, closed = self.many(1, "secret.pcap"), self.path("closed")
        os.chmod(secret, 0)
        os.mkdir(closed)
        shutil.copy(self.small, closed)
        os.chmod(closed, 0o744)  # names can be read, files not
        for words, status, what in ((("packets", secret), 3, f"{secret}: cannot be opened"), (("packets", "-o", self.out, self.small), 4, f"{self.out}: cannot be written"),
                                    (("packets", secret, "-o", "/dev/null"), 3, f"{secret}: cannot be opened"), (("extract", closed), 3, f"{closed}/a.pcap: cannot be read"),
                                    (("learn", "-o", self.path("to/y"), self.path("")), 4, f"{self.path('to/y')}: cannot be written")):
            if words[0] == "learn":
                words = words[:-1] + (self.path("events"),)
                self.many(1, "events/a/0.pcap")
                self.many(1, "events/b/0.pcap")
            result = run(*words, user=NOBODY)
            with self.subTest(words):
                self.assertEqual(result.status, status, result.err)
                self.assertIn(f"iotsig: {what}: Permission denied\n", result.err)
                self.is_untouched()

    def test_names_that_are_no_text(self):
        """Bytes that are no UTF-8, new lines, control sequences: in messages and in every format but CSV, which keeps them."""
        for name, shown in ((b"\xff\xfe.pcap", "\\255\\254.pcap"), (b"a\nb.pcap", "a\\010b.pcap"), (b"\x1b[31m\".pcap", "\\027[31m\".pcap"), (b"-x,\\.pcap", "-x,\\\\.pcap")):
            path = os.path.join(self.folder.encode(), b"in", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(self.small, path)
            with self.subTest(name):
                for kind in ("json", "jsonl", "text"):
                    for command in ("packets", "flows", "features", "extract"):
                        result = run(command, "--format", kind, path)
                        self.assertEqual((result.status, result.err), (0, ""), (command, kind))
                        if kind in ("json", "jsonl"):
                            for line in result.out.splitlines() if kind == "jsonl" else [result.out]:
                                json.loads(line)
                        self.assertNotIn("\x1b", result.out)
                result = run("packets", os.path.join(path, b"none"))
                self.assertEqual((result.status, len(result.err.splitlines())), (3, 1))
                self.assertIn(f"{self.folder}/in/{shown}/none: cannot be opened: Not a directory", result.err)
                output = os.path.join(self.folder.encode(), b"to", name)
                self.assertEqual(run("packets", "-o", output, path).status, 0)
                os.remove(output)
        folder = os.path.join(self.folder.encode(), b"in")
        self.assertEqual(len(self.signature(folder)["captures"]), 4)
        self.is_untouched()


if __name__ == "__main__":
    support.main()
