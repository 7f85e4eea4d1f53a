# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds tests/runtime, the libraries that generated programs link, and programs on them.

CC names the compiler; SANITIZERS is handed to it.
"""
import os
import shlex
import shutil
import subprocess
import sys

from support import ROOT, SKIPPED

SOURCES = os.path.join(ROOT, "tests", "runtime")
INCLUDE = os.path.join(SOURCES, "include")
PARSERS = os.path.join(INCLUDE, "parsers")
HEADERS = {folder: sorted(name for name in os.listdir(folder) if name.endswith(".h")) for folder in (INCLUDE, PARSERS)}

# Those that every program links come first; then a library for each parser.
BASE = ["pthread", "nfqueue", "packet_utils", "rule_utils", "header"]
PARSER_LIBRARIES = ["dns", "dns_map", "http", "coap", "ssdp", "dhcp", "igmp", "mqtt", "tls"]

# What an archive is made of, beside common.o; the name of the archive is the file's unless it is told.
OBJECTS = {name: [name] for name in ["packet_utils", "header", *PARSER_LIBRARIES]}
OBJECTS.update(nfqueue_thread=["nfqueue"], rule_utils=[], http=["http", "startline"], ssdp=["ssdp", "startline"])
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def compiler():
    return shlex.split(os.environ.get("CC", "cc"))


def sanitizers():
    return shlex.split(os.environ.get("SANITIZERS", ""))


def need():
    """Ends the test as skipped where the runtime cannot be built."""
    for program in (compiler()[0], "ar"):
        if shutil.which(program) is None:
            print(f"{program} is not installed (scripts/install-deps)")
            sys.exit(SKIPPED)
    probe = "#include <stdint.h>\n#include <libnetfilter_queue/libnetfilter_queue.h>\n"
    if subprocess.run([*compiler(), "-x", "c", "-fsyntax-only", "-"], input=probe, text=True, capture_output=True, check=False).returncode != 0:
        print("libnetfilter-queue-dev is not installed (scripts/install-deps)")
        sys.exit(SKIPPED)


def call(arguments, **more):
    """Runs a command; its output is in the error when it fails."""
    done = subprocess.run(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(arguments)}: status {done.returncode}\n{done.stdout[:8000]}")
    return done.stdout


class Runtime:
    """The libraries in a folder. `log`: for programs that define LOG. `flags`: instead of the SANITIZERS."""

    def __init__(self, folder, log=False, flags=None):
        self.folder = folder
        self.flags = sanitizers() if flags is None else flags
        self.defines = ["-DLOG"] if log else []
        os.makedirs(folder, exist_ok=True)
        sources = [os.path.join(SOURCES, name) for name in sorted(os.listdir(SOURCES)) if name.endswith(".c")]
        sources.append(os.path.join(ROOT, "src", "app", "startline.c"))
        includes = [f"-I{path}" for path in (os.path.join(ROOT, "src"), INCLUDE, PARSERS)]
        call([*compiler(), "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", *WARNINGS, *self.defines, *self.flags, *includes, "-c", *sources],
             cwd=folder)
        for name, objects in OBJECTS.items():
            call(["ar", "rcs", f"lib{name}.a", *(f"{stem}.o" for stem in [*objects, "common"])], cwd=folder)
        # A linker script: whoever links nfqueue need not know of what it is made.
        with open(os.path.join(folder, "libnfqueue.so"), "w", encoding="ascii") as script:
            script.write("INPUT(-lnfqueue_thread -lnetfilter_queue -lnfnetlink -lmnl)\n")

    def compile(self, source, program, parsers=PARSER_LIBRARIES, fed=False):
        """Compiles one C file and links it with the runtime, as a generated CMakeLists.txt does. `fed`: it gets its packets from
        standard input (feed.c), not from the kernel."""
        feed = [os.path.join(self.folder, "feed.o")] if fed else []
        call([*compiler(), "-std=gnu11", "-O1", "-g", *WARNINGS, *self.defines, *self.flags, f"-I{INCLUDE}", f"-I{PARSERS}",
              "-o", program, source, *feed, f"-L{self.folder}", *(f"-l{name}" for name in [*BASE, *parsers])])
        return program

    def cmake(self, source, build, target, bin_dir):
        """Builds `target` of the CMake project in the folder `source`. Its program is left in `bin_dir`, which is returned."""
        flags = shlex.join([*WARNINGS, *self.defines, *self.flags])
        call(["cmake", "-S", source, "-B", build, f"-DCMAKE_C_COMPILER={compiler()[-1]}", f"-DCMAKE_C_FLAGS={flags}",
              f"-DCMAKE_EXE_LINKER_FLAGS=-L{self.folder}", f"-DBIN_DIR={bin_dir}", f"-DINCLUDE_DIR={INCLUDE}", f"-DINCLUDE_PARSERS_DIR={PARSERS}"])
        call(["cmake", "--build", build, "--target", target])
        return bin_dir
