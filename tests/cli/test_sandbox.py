# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser that was taken over can do nothing but what the command line asks for.

The program that is run here has such a parser (tests/sandbox/compromised.c): it does what a packet says, and tells what came of
it. Each attempt is made without the sandbox as well, where it must succeed: so it is the sandbox that stops it.
"""
import ctypes
import gzip
import os
import re
import signal
import socket
import subprocess
import unittest

import support
from support import Case, make

COMPROMISED = os.environ.get("IOTSIG_COMPROMISED", os.path.join(support.ROOT, "build", "tests", "iotsig-compromised"))
DENIED = "Permission denied"
STOPPED = "stopped at system call"

# What is tried, with FOLDER, PORT and PROCESS filled in, and what comes of it when a capture is read and printed.
ATTEMPTS = """
read FOLDER/secret          | Permission denied
list FOLDER                 | Permission denied
list /                      | Permission denied
read /etc/passwd            | Permission denied
read /proc/self/mem         | Permission denied
write FOLDER/secret         | stopped
write FOLDER/in/a.pcap      | stopped
create FOLDER/new           | stopped
create FOLDER/in/new        | stopped
remove FOLDER/secret        | stopped
truncate FOLDER/secret      | stopped
connect PORT                | Permission denied
local FOLDER/socket         | Permission denied
netlink 0                   | Permission denied
netlink 12                  | Permission denied
fork                        | stopped
exec /bin/true              | stopped
signal PROCESS              | stopped
trace                       | stopped
code                        | Permission denied
rights                      | stopped
"""

# A command line for each command, of which CAPTURE is one whose packet attacks; None: it reads no captures.
COMMANDS = {
    "packets": "CAPTURE",
    "flows": "CAPTURE",
    "features": "CAPTURE",
    "extract": "CAPTURE",
    "learn": "-o FOLDER/out/s EVENTS",
    "evaluate": "EVENTS",
    "identify": "--signatures SIGNATURES CAPTURE",
    "detect": "--signatures SIGNATURES CAPTURE",
    "library": None,
    "compare": "CAPTURE CAPTURE",
    "closest": "CAPTURE CAPTURE",
    "merge": "CAPTURE",
    "filter": "CAPTURE",
    "convert": None,
    "profile": "--device d --ipv4 192.168.1.2 CAPTURE",
    "firewall": "--device d --ipv4 192.168.1.2 --explain CAPTURE",
    "report": "CAPTURE CAPTURE",
}


class Outcome:
    def __init__(self, process):
        self.status, self.err = process.returncode, process.stderr.decode()


def run(*words, program=COMPROMISED, **more):
    return Outcome(subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **more))


def without(*calls, errno):
    """For a process that is about to start: such system calls fail, as if the kernel did not have them."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x7FFF0000)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        assert library.seccomp_rule_add(context, ctypes.c_uint32(0x00050000 | errno), number, 0) == 0

    def enter():
        assert library.seccomp_load(context) == 0
    return enter


def lacks():
    """What of the sandbox this kernel or this build does not have."""
    process = subprocess.run([support.PROGRAM, "flows", "-v", "-"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return re.findall(r"has no (.*)$|(built without)", process.stderr.decode(), re.MULTILINE)


@unittest.skipIf(lacks(), "no sandbox here")
class Sandbox(Case):
    def attack(self, what, name="in/a.pcap"):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        return self.capture(make.udp("192.168.1.2", 40000, "192.168.1.1", 5683, what.encode()), name=name)

    def test_attempts(self):
        listening = socket.create_server(("127.0.0.1", 0))
        local = socket.socket(socket.AF_UNIX)
        local.bind(self.path("socket"))
        local.listen()
        self.addCleanup(listening.close)
        self.addCleanup(local.close)
        for line in ATTEMPTS.strip().splitlines():
            what, expected = (part.strip() for part in line.split("|"))
            what = what.replace("FOLDER", self.folder).replace("PORT", str(listening.getsockname()[1])).replace("PROCESS", str(os.getpid()))
            with self.subTest(what):
                self.write("secret", "x" * 10)
                capture = self.attack(what)
                word = what.split()[0]
                result = run("flows", capture)
                if expected == DENIED:
                    self.assertIn(f"{word}: {DENIED}\n", result.err)
                else:
                    self.assertEqual((result.status, STOPPED in result.err, word + ":" in result.err), (-signal.SIGSYS, True, False), result.err)
                self.assertEqual(self.read("secret"), b"x" * 10)
                self.assertFalse(os.path.exists(self.path("new")))
                result = run("flows", "--no-sandbox", capture)
                if word == "exec":
                    self.assertEqual((result.status, result.err), (0, ""))  # it is another program by then
                else:
                    self.assertIn(f"{word}: done\n", result.err)
                for name in ("new", "in/new"):
                    if os.path.exists(self.path(name)):
                        os.unlink(self.path(name))

    def test_output_gives_its_folder_only(self):
        os.mkdir(self.path("out"))
        for what, expected in (("create FOLDER/out/new", "done"), ("create FOLDER/new", DENIED), ("create FOLDER/in/new", DENIED),
                               ("remove FOLDER/secret", DENIED), ("remove FOLDER/in/a.pcap", DENIED)):
            with self.subTest(what):
                self.write("secret", "x")
                result = run("flows", "-o", self.path("out/flows.json"), self.attack(what.replace("FOLDER", self.folder)))
                self.assertIn(f": {expected}\n", result.err)
                self.assertTrue(os.path.exists(self.path("out/flows.json")))
        for what in ("write FOLDER/out/flows.json", "fork", "truncate FOLDER/out/flows.json"):
            result = run("flows", "-o", self.path("out/flows.json"), self.attack(what.replace("FOLDER", self.folder)))
            self.assertIn(STOPPED, result.err)

    def test_what_is_named_can_be_read(self):
        self.write("secret", "x")
        os.mkdir(self.path("linked"))
        os.symlink(self.attack(f"read {self.path('secret')}"), self.path("linked/a.pcap"))
        result = run("flows", self.path("linked"))
        self.assertEqual(result.err, f"read: {DENIED}\n")  # so the capture was read, by a link from elsewhere
        result = run("flows", self.attack(f"read {self.path('in/a.pcap')}"))
        self.assertEqual(result.err, "read: done\n")

    def test_captures_include_nothing(self):
        """What lies where a profile's includes may lie can be read when the input may be a profile."""
        self.write("lab/secret", "x")
        capture = self.attack(f"read {self.path('lab/secret')}", name="lab/in/a.pcap")
        with open(capture, "rb") as file:
            content = file.read()
        packed = self.write("lab/in/a.pcap.gz", gzip.compress(content))
        for words, denied in (([capture], True), ([os.path.dirname(capture)], False), ([packed], False), ([packed, "--include-root", self.path("lab/in")], True)):
            command = "flows" if len(words) == 1 else "profile"
            more = words if len(words) == 1 else [*words, "--device", "d", "--ipv4", "192.168.1.2"]
            with self.subTest(words=words):
                self.assertIn(f"read: {DENIED if denied else 'done'}\n", run(command, *more).err)
        os.unlink(packed)
        self.assertIn(f"read: {DENIED}\n", run("flows", os.path.dirname(capture)).err)
        with open(capture, "rb") as file:
            for source in ({"input": content}, {"stdin": file}):
                process = subprocess.run([COMPROMISED, "flows", "-"], capture_output=True, timeout=60, check=False, cwd=self.path("lab/in"), **source)
                self.assertEqual((process.returncode, process.stderr.decode()), (0, f"read: {DENIED}\n"))

    def test_includes(self):
        self.write("lab/other/o.yaml", "device-info: {name: o, ipv4: 192.168.1.3}\nsingle-policies: {p: {protocols: {ipv4: {src: self, dst: 192.0.2.7}, udp: {dst-port: 7000}}}}\n")
        profile = self.write("lab/in/p.yaml", "device-info: {name: d, ipv4: 192.168.1.2}\nsingle-policies: {q: !include ../other/o.yaml#single-policies.p}\n")
        for words in ("flows", "profile", "firewall --explain", "merge", "firewall --no-check -o " + self.path("out")):
            result = run(*words.split(), profile, program=support.PROGRAM)
            self.assertEqual((result.status, result.err), (0, ""), words)

    def test_every_command(self):
        self.write("secret", "x")
        self.attack(f"read {self.path('secret')}", name="events/one/b.pcap")
        os.mkdir(self.path("out"))
        self.attack("nothing", name="events/two/c.pcap")
        self.assertIn(run("learn", "-o", self.path("signatures"), self.path("events")).status, (0, 1))
        names = {"CAPTURE": self.attack(f"read {self.path('secret')}", name="deep/in/a.pcap"), "EVENTS": self.path("events"),
                 "SIGNATURES": self.path("signatures"), "FOLDER": self.folder}
        listed = re.findall(r"^  (\w+) +\S", support.run("help").out, re.MULTILINE)
        self.assertEqual(set(listed) - {"completion", "help"}, set(COMMANDS))
        for command, words in COMMANDS.items():
            if words is None:
                continue
            for name, value in names.items():
                words = words.replace(name, value)
            for jobs in ((), ("-j", "2")):
                with self.subTest(command, jobs=jobs):
                    result = run(command, *jobs, *words.split())
                    self.assertIn(f"read: {DENIED}\n", result.err)
                    self.assertNotIn("done", result.err)
                    self.assertGreaterEqual(result.status, 0)
                    self.assertIn("read: done\n", run(command, "--no-sandbox", *jobs, *words.split()).err)

    def test_threads_start_no_process(self):
        for what in ("fork", "exec /bin/true"):
            capture = self.attack(what)
            result = run("features", "-j", "2", capture, capture)
            self.assertEqual((result.status, STOPPED in result.err), (-signal.SIGSYS, True))

    def test_firewall_has_netfilter_only_and_only_to_check(self):
        device = ("--device", "d", "--ipv4", "192.168.1.2")
        for protocol, options, expected in (("12", ("--dry-run",), "done"), ("12", ("--dry-run", "--no-check"), DENIED), ("12", ("--explain",), DENIED),
                                            ("0", ("--dry-run",), DENIED)):
            if support.EMULATED and protocol == "0":  # a machine that makes sockets by socketcall() cannot tell them apart
                continue
            with self.subTest(protocol=protocol, options=options):
                self.assertIn(f"netlink: {expected}\n", run("firewall", *device, *options, self.attack(f"netlink {protocol}")).err)

    def test_names_in_filters(self):
        capture = self.attack("x")
        good = run("flows", "--filter", "port domain or port https or host localhost", capture, program=support.PROGRAM)
        self.assertEqual((good.status, good.err), (1, ""))  # no flow has these
        bad = run("flows", "--filter", "host name.invalid", capture, program=support.PROGRAM)
        self.assertEqual(bad.status, 2)
        self.assertIn("unknown host 'name.invalid'", bad.err)

    @unittest.skipIf(support.EMULATED, "what takes Landlock away is for programs of this machine")
    def test_kernel_without_landlock(self):
        self.write("secret", "x")
        capture = self.attack(f"read {self.path('secret')}")
        old = without("landlock_create_ruleset", errno=38)
        self.assertEqual(run("flows", capture, preexec_fn=old).err, "read: done\n")
        result = run("flows", "-v", capture, preexec_fn=old)
        self.assertEqual(result.err.splitlines()[0], "iotsig: its files are not confined: the kernel has no Landlock")
        self.assertIn(STOPPED, run("flows", self.attack(f"write {self.path('secret')}"), preexec_fn=old).err)

    @unittest.skipIf(support.EMULATED, "what makes a stage fail is for programs of this machine")
    def test_stage_that_fails(self):
        result = run("flows", self.attack("x"), preexec_fn=without("landlock_restrict_self", errno=7))
        self.assertEqual((result.status, result.err), (5, "iotsig: cannot confine its files: Argument list too long (--no-sandbox runs without)\n"))
        self.assertEqual(run("flows", "--no-sandbox", self.attack("x"), preexec_fn=without("landlock_restrict_self", errno=7)).status, 0)


if __name__ == "__main__":
    support.main()
