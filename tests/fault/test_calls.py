# SPDX-License-Identifier: GPL-3.0-or-later
"""Each system call fails once, in each command: the exit status, what is said, what is left behind.

What is expected follows from which call failed and on which file, as calls.c tells it, and not from what the program did: a file
that is read is an input (3), one that is written is the output (4), and what cannot matter to the result may not change it.
"""
import errno
import gzip
import os
import re
import shutil
import subprocess
import unittest

import support
from support import START, Case, make

CALLS = os.environ["IOTSIG_FAULT_CALLS"]

SHORT = 0  # no failure: less than was asked for is done
END = -1  # nor here: the file ends, as one does that another program shortens
FAULTS = {
    "open": (errno.EACCES, errno.EMFILE),
    "read": (errno.EIO, errno.EINTR, SHORT, END),
    "write": (errno.ENOSPC, errno.EINTR, SHORT),
    "close": (errno.EIO,),
    "fsync": (errno.EIO,),
    "lseek": (errno.EIO,),
    "dup": (errno.EMFILE,),
    "fcntl": (errno.EMFILE,),
    "stat": (errno.EACCES,),
    "lstat": (errno.EACCES,),
    "fstat": (errno.EIO,),
    "fstatat": (errno.EIO,),
    "realpath": (errno.EACCES,),
    "opendir": (errno.EACCES,),
    "readdir": (errno.EIO,),
    "mkdtemp": (errno.ENOSPC,),
    "rename": (errno.EACCES,),
    "renameat2": (errno.EINVAL,),
    "unlinkat": (errno.EACCES,),
    "rmdir": (errno.EACCES,),
    "chmod": (errno.EPERM,),
    "fchmod": (errno.EPERM,),
    "getrandom": (errno.ENOSYS, errno.EINTR, SHORT),
    "socket": (errno.EMFILE,),
    "pthread_create": (errno.EAGAIN,),
    "malloc": (errno.ENOMEM,),
}
if os.environ.get("SANITIZERS"):  # which have an allocator of their own
    del FAULTS["malloc"]
REMOVES = ("unlinkat", "rmdir")  # what cannot be removed stays
HARMLESS = ("getrandom", "fchmod", "chmod", "pthread_create")
OLD = "what was there before\n"
reached, ran = set(), set()


class Calls:
    """One command line, to be run again and again."""

    def __init__(self, folder, words, stdin):
        self.files = [os.path.join(folder, name) for name in ("stdout", "stderr")]
        self.process = subprocess.Popen([CALLS, stdin, *self.files, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, function, n, number=0):
        self.process.stdin.write(f"{function} {n} {number}\n".encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().rstrip("\n")
        with open(self.files[0], "rb") as out, open(self.files[1], encoding="utf-8") as err:
            out, err = out.read(), err.read()
        if not answer:
            raise AssertionError(f"{function} {n} {number}: the program has ended\n{err[-4000:]}")
        status, calls, held, still_open, handled, path = answer.split(" ", 5)
        return int(status), int(calls), (int(held), int(still_open), int(handled)), path, out, err

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise AssertionError("the program did not end well")


def content(path):
    """What is at a path: bytes, names with bytes, or None."""
    if os.path.isdir(path):
        return {name: content(os.path.join(path, name)) for name in sorted(os.listdir(path))}
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return re.sub(rb'"last-update":"[^"]*"', b"", file.read())  # of a MUD file: the clock


class Fault(Case):
    def setUp(self):
        super().setUp()
        ran.add(self.id())
        frames = [make.ethernet(p) for p in (
            make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("api.example.com", "A")])),
            make.tcp("192.168.1.2", 40001, "198.51.100.7", 443, make.client_hello("cloud.example.com")),
            make.udp("192.168.1.2", 40004, "192.168.1.9", 9999, b"x" * 40))]
        packets = [(START + i, frame) for i, frame in enumerate(frames)]
        self.plain = self.write("in/a.pcap", make.pcap(packets))
        self.packed = self.write("in/b.pcapng.gz", gzip.compress(make.pcapng(packets)))
        os.mkdir(self.path("to"))

    def restore(self, output, old):
        folder = self.path("to")
        if content(folder) == ({os.path.basename(output): old} if old is not None else {}):
            return
        shutil.rmtree(folder)
        os.mkdir(folder)
        if isinstance(old, dict):
            os.mkdir(output)
            for name, text in old.items():
                with open(os.path.join(output, name), "wb") as file:
                    file.write(text)
        elif old is not None:
            with open(output, "wb") as file:
                file.write(old)

    def check(self, *words, old=OLD.encode(), stdin="/dev/null", names=()):
        """All faults of a command whose output is to/x, or another path in the folder `to`; `names` are inputs that stand nowhere in
        its words."""
        output = next((word for word in words if os.path.dirname(word) == self.path("to")), self.path("to/x"))
        inputs = [word.lstrip("@") for word in words if word.lstrip("@").startswith(self.path("in"))] + list(names)
        calls = Calls(self.folder, words, stdin)
        self.addCleanup(calls.close)
        self.restore(output, old)
        good = calls.run("open", 0)
        self.assertIn(good[0], (0, 1), good)
        self.assertEqual(good[2], (0, 0, 0))
        new = content(output)
        self.assertEqual(list(content(self.path("to"))), [os.path.basename(output)] if new is not None else [])
        for function, numbers in FAULTS.items():
            self.restore(output, old)
            count = calls.run(function, 0)[1]
            if function == "socket":
                sockets, count = count, min(count, 1)  # behind the first, libnftables would end the program
            if function == "malloc" and sockets > 0:
                continue  # libnftables would, too
            if count > 0:
                reached.add((words[0], function))
            for n in range(1, count + 1):
                for number in numbers:
                    self.restore(output, old)
                    got = calls.run(function, n, number)
                    with self.subTest(f"{' '.join(words)}: {function} {n} {errno.errorcode.get(number, number)} of {got[3]}"):
                        self.check_one(function, number, good, got, (output, old, new), inputs)

    def check_one(self, function, number, good, got, files, inputs):
        status, _, left, path, out, err = got
        output, old, new = files
        now, folder = content(output), self.path("to")
        self.assertEqual(left, (0, 0, 0), "memory, files, signals")
        if function not in REMOVES and not (function in ("opendir", "readdir", "read") and "/.iotsig-" in path) and not (
                function == "malloc" and now == new):
            self.assertEqual(list(content(folder)), [os.path.basename(output)] if now is not None else [])
        if number in (SHORT, errno.EINTR) or function in HARMLESS:
            self.assertEqual((status, out, err, now), (good[0], good[4], good[5], new))
            return
        for line in err.splitlines():
            self.assertRegex(line, "^iotsig: ")
        if number == END:
            self.assertIn(status, (0, 1, 3, 4))
            if status > 1:
                self.assertEqual(now, old)
            return
        if status == good[0]:
            self.assertEqual((out, now), (good[4], new), err)
        elif function == "malloc" and os.strerror(number) not in err:  # as the system says of folders
            self.assertEqual(status, 5, err)
            self.assertIn("out of memory", err)
            self.assertIn(now, (old, new) if isinstance(new, dict) else (old,))  # what is told after a folder was written
        elif path == self.path("stdout"):  # after a folder was written
            self.assertEqual((status, now), (4, new))
        else:
            self.assertEqual(now, old, err)
            self.assertIn(os.strerror(number), err)
        concerned = next((name for name in inputs if path == name or path.startswith(name + "/")), None)
        if path.startswith(folder + "/"):
            self.assertIn(status, (4, good[0]), err)
            depth = 2 if isinstance(new, dict) else 1  # where files are written
            if function in ("rename", "mkdtemp") or (function in ("write", "fsync", "close")
                                                     and re.fullmatch("/[^/]+" * (depth - 1) + "/.iotsig-[^/]+", path[len(folder):])):
                self.assertEqual(status, 4, err)
            if status == 4:
                self.assertRegex(err, f"^iotsig: {re.escape(output)}[:/]")
        elif concerned is not None:
            self.assertIn(status, (3, good[0]), err)
            if function in ("open", "read", "opendir", "readdir", "lseek"):
                self.assertEqual(status, 3, err)
            if status == 3:
                self.assertIn(concerned, err)
        else:
            self.assertIn(status, (3, 4, 5, good[0]), err)

    def out(self, name="x"):
        return ("--strict", "-q", "-o", self.path(f"to/{name}"))

    def ours(self, command, name, *inputs):
        """A file that a command writes."""
        path = self.path(f"in/{name}")
        self.run_ok(command, "-q", "-o", path, *(inputs or [self.plain]))
        return path

    def test_packets(self):
        self.check("packets", *self.out(), self.plain, self.packed)
        self.check("packets", *self.out(), "-", stdin=self.plain, old=None)

    def test_flows(self):
        self.check("flows", *self.out(), self.plain, self.packed, old=None)
        self.check("flows", "--strict", "--format", "json", self.packed, old=None)
        self.check("flows", *self.out(), "-", stdin=self.plain)
        self.check("flows", *self.out(), self.ours("packets", "p.csv"), self.ours("flows", "f.jsonl"))

    def test_features(self):
        self.check("features", *self.out(), "-j", "1", self.plain, self.packed)
        self.check("features", *self.out(), "-j", "2", self.plain, self.packed)

    def test_extract(self):
        table = self.write("in/names.json", '{"IP": {"192.168.1.9": "plug.example"}, "ALIAS": {"a.example": "b.example"}}')
        same = self.write("in/same", "plug.example=192.168.1.77\n")
        os.mkdir(self.path("in/folder"))
        for name in "ab":
            shutil.copy(self.plain, self.path(f"in/folder/{name}.pcap"))
        self.check("extract", *self.out(), "--dns-table", table, "--same-host", "@" + same, self.path("in/folder"), self.packed)
        self.check("extract", "--generalise", *self.out(), self.path("in/folder"), "--against", self.packed)

    def test_learned(self):
        events, learned = self.path("in/e"), self.path("in/learned")
        self.events("a", [["one.example", "two.example"]] * 2, folder="in/e")
        self.events("b", [["one.example", "two.example", "own.example"]] * 2, folder="in/e")
        self.run_ok("learn", "-q", "-o", learned, events)
        other = {"c.json": content(learned)["a.json"]}
        for old in (None, other):
            self.check("learn", *self.out(), "--against", self.packed, events, old=old)
        self.check("library", "merge", *self.out(), learned, old=other)
        self.check("library", "check", "--strict", "-o", self.path("to/x"), learned)
        self.check("library", "list", *self.out(), learned)
        self.check("identify", *self.out(), "--signatures", learned, f"{events}/a/00.pcap", self.plain)
        self.check("evaluate", *self.out(), "--folds", "2", events)
        self.check("detect", *self.out(), "--signatures", learned, f"{events}/a/00.pcap", f"{events}/b/00.pcap")
        self.check("report", *self.out("x.html"), f"{learned}/a.json", f"{events}/a/00.pcap")
        self.check("report", *self.out("x.html"), self.ours("extract", "s.json"), self.plain)

    def test_patterns(self):
        flows = self.ours("flows", "f.json")
        self.check("compare", *self.out(), flows, self.plain)
        self.check("closest", *self.out(), flows, self.plain)
        self.check("merge", *self.out("x.csv"), flows, self.packed)
        self.check("filter", *self.out(), "--port", "53", flows)
        self.check("convert", *self.out("x.csv"), self.ours("packets", "p.json"))

    def test_profile(self):
        device = ("--device", "d", "--ipv4", "192.168.1.2")
        flows = self.ours("flows", "f.json")
        included = self.write("in/other.yaml", "port: 443\n")
        profile = self.write("in/p.yaml", "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies:\n"
                             "  a: {protocols: {tcp: {dst-port: !include other.yaml#port}}}\n")
        self.check("profile", *self.out("x.yaml"), *device, flows)
        self.check("profile", *self.out("x.yaml"), profile, names=(included,))
        self.check("profile", "-q", "-o", self.path("to/x.json"), "--format", "mud", *device, flows)

    def test_firewall(self):
        profile = self.write("in/p.yaml", "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies:\n"
                             "  a: {protocols: {ipv4: {src: self}, tcp: {dst-port: 443}}}\n"
                             "  b: {protocols: {ipv4: {src: self}, udp: {dst-port: 53}, dns: {domain-name: a.example}}}\n")
        for old in (None, {"firewall.nft": b"old"}):
            self.check("firewall", *self.out(), profile, old=old)
        self.check("firewall", *self.out(), "--no-check", profile, old=None)
        self.check("firewall", *self.out(), "--explain", profile)
        self.check("firewall", *self.out(), "--test", self.packed, profile)

    @classmethod
    def tearDownClass(cls):
        """The tests, when all were run, went through all commands, and every function is one that some command calls."""
        if len(ran) < len(unittest.defaultTestLoader.getTestCaseNames(cls)):
            return
        helped = subprocess.run([support.PROGRAM, "help"], capture_output=True, text=True, check=True).stdout
        commands = set(re.findall(r"^  (\w+) ", helped, re.M)) - {"completion", "help"}
        assert commands <= {command for command, _ in reached}, commands - {command for command, _ in reached}
        assert set(FAULTS) <= {function for _, function in reached}, set(FAULTS) - {function for _, function in reached}


if __name__ == "__main__":
    support.main()
