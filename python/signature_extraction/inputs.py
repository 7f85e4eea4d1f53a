# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures as scripts give them: paths and files, tables of names that are updated in place, pauses."""
import os

from iotsig import _ANY_PAUSE, _all_opened, _iotsig, _nanoseconds, _opened, _options, _warn_of, _watching
from iotsig.errors import CaptureWarning

from .utils.packet_utils import table_of, update_table

# The default for a table: it is never filled.
NO_TABLE = {}


def own_table(dns_table):
    """The caller's table, or a new one where there is none."""
    return {} if dns_table is NO_TABLE else table_of(dns_table)


def pause_of(timeout):
    """Of 0 seconds each gap is a pause; None: none is."""
    return _ANY_PAUSE if timeout is not None and timeout == 0 else _nanoseconds(timeout)


def options_for(table, timeout, match_random_ports=False, progress=None):
    return _options(timeout_ns=pause_of(timeout), names=table, match_random_ports=match_random_ports, progress=progress)


def listed(sources):
    one = isinstance(sources, (str, bytes, os.PathLike)) or hasattr(sources, "read")
    return [sources] if one else list(sources)


def read_whole(source, match_random_ports=False):
    """The library's patterns of one file. What cannot be read is raised."""
    with _opened(source) as opened:
        found, failures = _iotsig.read((opened,), _options(timeout_ns=0, match_random_ports=match_random_ports), False)
    if failures:
        raise failures[0]
    return [native for native, _, _ in found]


def read_patterns(sources, dns_table, timeout, match_random_ports, progress):
    """The library's patterns of captures, in order, with one table of names. A capture that is none is raised, damage is warned of."""
    table = own_table(dns_table)
    sources = listed(sources)
    with _all_opened(sources) as inputs, _watching(progress) as callback:
        found, failures = _iotsig.read(inputs, options_for(table, timeout, match_random_ports, callback), True)
    if len(found) < len(sources):
        raise next((f for f in failures if not isinstance(f, CaptureWarning)), ValueError("an input holds no capture"))
    _warn_of(failures)
    for _, _, names in found[-1:]:
        update_table(table, names)
    return [native for native, _, _ in found]
