# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the packages are: in the build folder. IOTSIG_PYTHON names another place."""
import ctypes
import gc
import os
import sys

import support

FOLDER = os.environ.get("IOTSIG_PYTHON", os.path.join(os.path.dirname(support.PROGRAM), "python"))
SANITIZED = bool(os.environ.get("SANITIZERS"))
sys.path.insert(0, FOLDER)


def _failures_of_the_interpreter():
    """Whose allocations the interpreter itself lets fail: how the one of a number begins to, and the end."""
    try:
        from _testcapi import remove_mem_hooks, set_nomemory  # pylint: disable=import-outside-toplevel,no-name-in-module
    except ImportError:
        return []
    return [(lambda number: set_nomemory(number, number + 1), remove_mem_hooks)]


def _failures_of_the_extension():
    """The same of the extension's own, where tests/python/failing.c is preloaded."""
    program = ctypes.CDLL(None)
    if not hasattr(program, "failing_begin"):
        return []
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        ranges = [line.split()[0].split("-") for line in maps if "_iotsig.abi3.so" in line]
    begin, end = min(int(a, 16) for a, _ in ranges), max(int(b, 16) for _, b in ranges)
    program.failing_begin.argtypes = [ctypes.c_size_t] * 3
    return [(lambda number: program.failing_begin(begin, end, number), program.failing_end)]


def assert_only_memory_errors(test, works):
    """Each allocation fails once in each work: what comes is a MemoryError, and at last the work is done."""
    for begin, end in (*_failures_of_the_interpreter(), *_failures_of_the_extension()):
        failed = 0
        for work in works.values():
            work()
            done = number = 0
            while done < 10:  # the interpreter does without some of them
                begin(number)
                number += 1
                try:
                    work()
                    done += 1
                except MemoryError:
                    failed += 1
                    done = 0
                finally:
                    end()
        test.assertGreater(failed, len(works))


def assert_balanced(test, work):
    """That work(times) leaves no reference to what all objects share behind."""
    import iotsig  # pylint: disable=import-outside-toplevel

    shared = [None, True, False, 0, 1, (), "", "IPv4", "TCP", str, int, tuple, dict, iotsig.Packet, iotsig.Layer, iotsig.Flow, iotsig.Port]
    times = 50
    work(times)
    for _ in range(8):  # caches fill up, and then there is a round without a change; what leaks, leaks in each
        gc.collect()
        before = [sys.getrefcount(thing) for thing in shared]
        work(times)
        gc.collect()
        changed = {repr(thing): sys.getrefcount(thing) - count for thing, count in zip(shared, before)}
        if all(abs(change) < times for change in changed.values()):
            return
    test.fail(f"references that are left behind: {changed}")
