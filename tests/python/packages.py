# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the packages are: in the build folder. IOTSIG_PYTHON names another place."""
import gc
import os
import sys

import support

FOLDER = os.environ.get("IOTSIG_PYTHON", os.path.join(os.path.dirname(support.PROGRAM), "python"))
SANITIZED = bool(os.environ.get("SANITIZERS"))
sys.path.insert(0, FOLDER)


def assert_only_memory_errors(test, works):
    """Each allocation of the interpreter fails once in each work: what comes is a MemoryError, and at last the work is done."""
    try:
        from _testcapi import remove_mem_hooks, set_nomemory  # pylint: disable=import-outside-toplevel,no-name-in-module
    except ImportError:
        test.skipTest("the interpreter cannot let its allocations fail")
    for name, work in works.items():
        work()
        failed = done = number = 0
        while done < 10:  # the interpreter does without some of them
            set_nomemory(number, number + 1)  # the first is number 0
            number += 1
            try:
                work()
                done += 1
            except MemoryError:
                failed += 1
                done = 0
            finally:
                remove_mem_hooks()
        test.assertGreater(failed, 0, name)


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
