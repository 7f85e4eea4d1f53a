# SPDX-License-Identifier: GPL-3.0-or-later
"""What `meson install` puts in place is enough for a program that uses the library through pkg-config."""
import os
import shlex
import subprocess
import unittest

import support
from support import Case


class Install(Case):
    def test_example(self):
        build = os.path.dirname(support.PROGRAM)
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", self.folder], check=True, capture_output=True)
        (metadata,) = [os.path.join(folder, "libiotsig.pc") for folder, _, names in os.walk(self.folder) if "libiotsig.pc" in names]
        library = os.path.dirname(os.path.dirname(metadata))
        environment = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(metadata), "PKG_CONFIG_SYSROOT_DIR": self.folder}
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libiotsig"], env=environment, check=True, capture_output=True)
        sanitizers = shlex.split(os.environ.get("SANITIZERS", ""))
        for name in ("extract", "compare"):
            example = os.path.join(support.ROOT, "examples", name + ".c")
            subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-std=c99", "-Wall", "-Wextra", "-Werror", *sanitizers, "-o", self.path(name),
                            example, *shlex.split(flags.stdout.decode())], check=True)
            with open(example, encoding="utf-8") as file:
                self.assertLess(len(file.readlines()), 60)

        subprocess.run([os.path.join(support.ROOT, "examples", "make-samples"), self.path("samples")], check=True)
        captures = [self.path(f"samples/plug/{name}") for name in ("plug-1.pcap", "plug-2.pcap", "plug-3.pcapng")]

        def run(name, *words):
            process = subprocess.run([self.path(name), *words], env={**os.environ, "LD_LIBRARY_PATH": library}, capture_output=True, check=False)
            self.assertEqual((process.returncode, process.stderr), (0, b""))
            return process

        process = run("extract", *captures)
        self.assertEqual(process.stdout.decode().splitlines(), [
            "192.168.1.110-192.168.1.1_UDP_dst_53_DNS_response-false_qtype-A_domain-name-api.plug.example: 6 packets",
            "192.168.1.135-192.168.1.110_TCP_dst_9999: 6 packets",
            "192.168.1.110-api.plug.example_TCP_dst_443: 15 packets"])

        result = support.run("compare", "--format", "text", *captures[:2])
        self.assertIn(result.status, (0, 1))
        self.assertEqual(run("compare", *captures[:2]).stdout.decode(), result.out)
        self.assertIn("distance", result.out)

    def test_program_and_manual(self):
        build = os.path.dirname(support.PROGRAM)
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", self.folder], check=True, capture_output=True)
        names = {name for _, _, names in os.walk(self.folder) for name in names}
        for name in ("iotsig", "iotsig.1", "iotsig-packets.1", "iotsig-flows.1", "iotsig-extract.1", "libiotsig.3", "signature.h"):
            self.assertIn(name, names)


if __name__ == "__main__":
    support.main()
