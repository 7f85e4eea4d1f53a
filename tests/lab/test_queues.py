# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues of the kernel, served by a program on the runtime that is of the shape that generated ones have."""
import os
import shutil
import subprocess
import tempfile
import unittest

import lab
import runtime
import support
from lab import DEVICE, ROUTER, SERVER, Lab
from runtime import Runtime

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTS = {"device": DEVICE, "server": SERVER}
OTHER = SERVER["ipv4"]

CMAKE = """
cmake_minimum_required(VERSION 3.10)
project(sample C)
add_executable(sample sample.c)
target_include_directories(sample PRIVATE ${INCLUDE_DIR} ${INCLUDE_PARSERS_DIR})
target_link_libraries(sample pthread nfqueue packet_utils rule_utils header dns dns_map http)
set_target_properties(sample PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BIN_DIR})
"""


class Queues(support.Case):
    @classmethod
    def setUpClass(cls):
        cls.build = tempfile.mkdtemp(prefix="iotsig-test-")
        cls.addClassCleanup(shutil.rmtree, cls.build)
        cls.libraries = Runtime(os.path.join(cls.build, "lib"))

    def lab_with(self, program, command="iptables", hosts=None):
        """A laboratory whose router serves the queues with a program."""
        here = Lab.of(self, hosts or HOSTS, routed=True)
        log = self.path("log")
        with open(log, "wb") as output:
            process = here.popen(ROUTER, program, stdout=output, stderr=subprocess.STDOUT)
        here.wait_for_queue(ROUTER, 0, 10)
        here.run(ROUTER, command, "-A", "FORWARD", "-p", "udp", "--dport", "53", "-j", "NFQUEUE", "--queue-num", "0")
        here.run(ROUTER, command, "-A", "FORWARD", "-p", "tcp", "--dport", "80", "-j", "NFQUEUE", "--queue-num", "10")
        return here, process

    @staticmethod
    def dig(here, name, server=OTHER, kind="A"):
        return here.run("device", "dig", "+short", "+tries=1", "+timeout=1", f"@{server}", name, kind, check=False).stdout

    TABLE = {"blocked.example": [("A", "192.0.2.1", 60)], "not.blocked.example": [("A", "192.0.2.2", 60)]}

    def check_dns(self, here, process, server=OTHER):
        dns = here.dns("server", self.TABLE)
        self.assertEqual(self.dig(here, "not.blocked.example", server), "192.0.2.2\n")
        self.assertNotIn("192.0.2.1", self.dig(here, "blocked.example", server))
        self.assertEqual(self.dig(here, "not.blocked.example", server), "192.0.2.2\n")
        self.assertTrue(dns.asked("not.blocked.example"))
        self.assertFalse(dns.asked("blocked.example"))
        self.assertIsNone(process.poll())

    def test_drop_and_pass(self):
        program = self.libraries.compile(os.path.join(HERE, "sample.c"), self.path("sample"), parsers=["dns", "dns_map", "http"])
        here, process = self.lab_with(program)
        self.check_dns(here, process)
        web = here.http("server")

        def curl(path):
            return here.run("device", "curl", "-sS", "--max-time", "1", f"http://{OTHER}{path}", check=False).stdout

        self.assertEqual(curl("/open"), "/open")
        self.assertEqual(curl("/secret"), "")
        self.assertEqual(curl("/secrets"), "/secrets")
        self.assertEqual([path for _, path, _ in web.requests], ["/open", "/secrets"])
        self.assertEqual(self.read("log"), b"")

    def test_ipv6(self):
        program = self.libraries.compile(os.path.join(HERE, "sample.c"), self.path("sample"))
        here, process = self.lab_with(program, "ip6tables")
        self.check_dns(here, process, SERVER["ipv6"])

    def test_log(self):
        program = Runtime(self.path("lib"), log=True).compile(os.path.join(HERE, "sample.c"), self.path("sample"))
        here, process = self.lab_with(program)
        self.check_dns(here, process)
        lines = [line.split(",") for line in self.read("log").decode().splitlines()]
        self.assertEqual([line[2] for line in lines], ["ACCEPT", "DROP", "ACCEPT"])
        self.assertEqual({len(line[0]) for line in lines}, {64})
        self.assertEqual(len({line[0] for line in lines}), 3)  # two have the same name, but not the same identifier
        self.assertTrue(all(int(line[1]) > 1_600_000_000 for line in lines))

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
    def test_cmake(self):
        with open(os.path.join(HERE, "sample.c"), encoding="utf-8") as file:
            self.write("source/sample.c", file.read())
        self.write("source/CMakeLists.txt", CMAKE)
        folder = self.libraries.cmake(self.path("source"), self.path("build"), "sample", self.path("bin"))
        here, process = self.lab_with(os.path.join(folder, "sample"))
        self.check_dns(here, process)

    def test_a_library_that_is_missing_is_an_error(self):
        with self.assertRaisesRegex(AssertionError, "http_free_message"):
            self.libraries.compile(os.path.join(HERE, "sample.c"), self.path("sample"), parsers=["dns", "dns_map"])

    def test_resolve(self):
        program = self.libraries.compile(os.path.join(HERE, "resolve.c"), self.path("resolve"), parsers=["dns", "dns_map"])
        here = Lab.of(self, HOSTS)
        dns = here.dns("server", {
            "a.example": [("A", "192.0.2.1", 60), ("A", "192.0.2.3", 60)], "b.example": [("CNAME", "c.example", 60)],
            "c.example": [("A", "192.0.2.9", 60)]})
        done = here.run("device", program, OTHER, "a.example", "b.example", "missing.example", "a.example")
        self.assertEqual(done.stdout.splitlines(), ["a.example: 1 3", "b.example: 9", "missing.example:", "a.example: 1 3", "never.asked.example: none"])
        self.assertEqual([name for name, _, _ in dns.queries], ["a.example", "b.example", "missing.example", "a.example"])
        self.assertEqual({kind for _, kind, _ in dns.queries}, {1})


if __name__ == "__main__":
    runtime.need()
    lab.need("dig", "curl", queue=True)
    support.main()
