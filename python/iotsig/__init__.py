# SPDX-License-Identifier: GPL-3.0-or-later
"""IoT event signatures: from captures to the flows that identify an event.

    >>> import iotsig
    >>> for packet in iotsig.packets("on.pcap"):
    ...     print(packet.src, packet.dst, packet.application_layer)
    >>> signature = iotsig.extract(["on-1.pcap", "on-2.pcap", "on-3.pcap"])
    >>> for flow in signature:
    ...     print(flow.id)

A source is a path, or a binary file that is open. Packets, flows, layers and ports are tuples with names; times are whole
nanoseconds since 1970. What reads captures lets other threads run, and stops at Ctrl-C.
"""
import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from . import _iotsig
from ._iotsig import Flow, Layer, Packet, Port, Progress
from .errors import (
    ArgumentError, CancelledError, CaptureWarning, EmptyError, Error, FormatError, LimitError, MissingError, ReadError, WriteError,
)
from .errors import warn as _warn
from .progress import watching as _watching

__version__ = _iotsig.version
__all__ = [
    "packets", "flows", "read", "extract", "compare", "closest", "detect", "convert", "load_names", "Packet", "Layer", "Flow", "Port", "Progress",
    "Pattern", "Signature", "Comparison", "Pair", "Detection", "Error", "FormatError", "ArgumentError", "EmptyError", "LimitError", "ReadError",
    "MissingError", "WriteError", "CancelledError", "CaptureWarning",
]

DEFAULT_TIMEOUT = 20
_ANY_PAUSE = -1
_NS = 10**9


# Tuples with names: pandas takes its columns from them.

def _asdict(self):
    """Its values by their names."""
    return dict(zip(self._fields, self))


for _kind in (Packet, Layer, Flow, Port, Progress):
    _kind._fields = _kind.__match_args__
    _kind._asdict = _asdict


# Inputs.

def _is_plain_file(source):
    raw = source.raw if type(source) in (io.BufferedReader, io.BufferedRandom) else source
    return type(raw) is io.FileIO


def _name_of(source):
    name = getattr(source, "name", None)
    return name if isinstance(name, (str, bytes)) and name else "<file>"


def _reopen(source):
    """A descriptor of its own for a file on disk, at the same place; None where there can be none."""
    try:
        position = source.tell()
        descriptor = os.open(f"/proc/self/fd/{source.fileno()}", os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    os.lseek(descriptor, position, os.SEEK_SET)
    return descriptor


@contextlib.contextmanager
def _opened(source):
    """What the library reads: (name, descriptor or -1)."""
    if not hasattr(source, "read"):
        yield os.fsencode(source), -1
        return
    if isinstance(source, io.TextIOBase):
        raise TypeError("a capture must be opened in binary mode")
    name = os.fsencode(_name_of(source))
    descriptor = _reopen(source) if _is_plain_file(source) else None
    if descriptor is not None:
        try:
            yield name, descriptor
        finally:
            os.close(descriptor)
        return
    with tempfile.TemporaryFile(buffering=0) as copy:
        try:
            shutil.copyfileobj(source, copy, 1 << 20)
        except TypeError as error:
            raise TypeError("a capture must be opened in binary mode") from error
        copy.seek(0)
        yield name, copy.fileno()


# Options.

def _nanoseconds(timeout):
    if timeout is None:
        return 0
    if isinstance(timeout, bool) or not hasattr(timeout, "__float__"):
        raise TypeError("timeout must be a number of seconds, or None")
    try:
        seconds = float(timeout)
    except OverflowError:
        seconds = -1
    if not 0 <= seconds <= 9e9:
        raise ValueError("timeout must be from 0 to 9000000000 seconds")
    return round(Fraction(timeout if isinstance(timeout, int) else str(timeout)) * _NS) if seconds else 0


def _words(words):
    return words if isinstance(words, str) else ",".join(words)


def _pairs(same_hosts):
    """Pairs of hosts, of a mapping from a host to one or several that are the same, or of pairs."""
    if isinstance(same_hosts, Mapping):
        return [(a, b) for a, others in list(same_hosts.items()) for b in ([others] if isinstance(others, str) else list(others))]
    return [pair if isinstance(pair, str) else tuple(pair) for pair in same_hosts]


def _options(*, timeout_ns, keep=(), layers=(), filter=None, match_random_ports=False, same_hosts=(), names=None, progress=None):
    return timeout_ns, _words(keep), _words(layers), filter, bool(match_random_ports), _pairs(same_hosts), names, progress


def _warn_of(failures):
    for failure in failures:
        _warn(failure.file, failure.position, failure.message)


# Patterns.

class Pattern(Sequence):
    """Flow fingerprints of one capture or file, in order; it does not change.

    `name` is where it comes from, `hosts` the names of hosts that were known: {"IP": {address: name}, "ALIAS": {name: alias}}.
    """

    __slots__ = ("_native", "name", "hosts")

    def __init__(self, native, name, hosts):
        self._native = native
        self.name = name
        self.hosts = hosts

    def __len__(self):
        return len(self._native)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self._native[i] for i in range(*index.indices(len(self)))]
        return self._native[index]

    def __eq__(self, other):
        if not isinstance(other, Pattern):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    __hash__ = None

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}: {len(self)} flows>"

    def __reduce__(self):
        return _restored, (type(self), self.text("json"), self._native.random_ports(), self.name, self.hosts)

    def text(self, format="json"):
        """The pattern as `iotsig flows --format` writes it: text, csv, json or jsonl."""
        return self._native.text(format)

    def write(self, path, format=None):
        """Writes it to a file, whole or not at all; the ending of the path chooses the format, else json."""
        self._native.write(path, format or _format_of(path))

    def profile(self, *, device=None, mac=None, ipv4=None, ipv6=None, format="yaml"):
        """Its flows as policies of a device's profile."""
        return self._native.profile((device, mac, ipv4, ipv6), format)

    def write_firewall(self, folder, *, device, ipv4=None, ipv6=None, mac=None):
        """Writes a firewall that blocks its flows: firewall.nft and what belongs to it."""
        self._native.firewall((device, mac, ipv4, ipv6), folder)


class Signature(Pattern):
    """The flows that all captures of an event have in common.

    `captures` are what it was made from, `timeout` the pause in seconds that ended the events; 0: none did, None: not known.
    """

    __slots__ = ("captures", "timeout")

    def __init__(self, native, name, hosts, captures=(), timeout=None):
        super().__init__(native, name, hosts)
        self.captures = tuple(captures)
        self.timeout = timeout

    def __reduce__(self):
        return _restored, (type(self), self.text("json"), self._native.random_ports(), self.name, self.hosts, self.captures, self.timeout)


class _Restored:
    """A signature that was pickled: the library reads back what it has written."""

    def __init__(self, native, text):
        self._native = native
        self._text = text

    def __len__(self):
        return len(self._native)

    def __getitem__(self, index):
        return self._native[index]

    def text(self, format):
        with _opened(io.BytesIO(self._text.encode("utf-8", "surrogateescape"))) as (_, descriptor):
            return _iotsig.convert(f"/proc/self/fd/{descriptor}", format)

    def write(self, path, format):
        with _opened(io.BytesIO(self._text.encode("utf-8", "surrogateescape"))) as (_, descriptor):
            _iotsig.convert(f"/proc/self/fd/{descriptor}", format, path)

    def __getattr__(self, name):
        return getattr(self._native, name)


def _restored(kind, text, random_ports, name, hosts, *more):
    with _opened(io.BytesIO(text.encode("utf-8", "surrogateescape"))) as source:
        found, _ = _iotsig.read((source,), _options(timeout_ns=0, match_random_ports=random_ports), False)
    native = found[0][0]
    return kind(_Restored(native, text) if issubclass(kind, Signature) else native, name, hosts, *more)


def _native_of(pattern):
    if not isinstance(pattern, Pattern):
        raise TypeError("a pattern is expected")
    native = pattern._native
    return native._native if isinstance(native, _Restored) else native


def _format_of(path):
    ending = os.path.splitext(os.fsdecode(path))[1][1:]
    return {"csv": "csv", "jsonl": "jsonl", "txt": "text", "text": "text"}.get(ending, "json")


class Pair(NamedTuple):
    """Flow `a` of one pattern and flow `b` of another, and their distance from 0 to 1."""

    a: Flow
    b: Flow
    distance: Fraction


class Comparison(NamedTuple):
    """What two patterns have in common. `distance` is the mean over pairs, and flows without one at 1 each."""

    distance: Fraction
    pairs: list
    only_a: list
    only_b: list

    @property
    def equal(self):
        return self.distance == 0


# What it does.

def packets(source, *, timeout=DEFAULT_TIMEOUT, keep=(), layers=(), filter=None, names=None, progress=None):
    """Iterates over the packets of a capture that count, with the names of hosts.

    timeout: a longer pause, in seconds, ends the event; None or 0: none does. keep: rules to turn off, such as "dhcp". layers:
    application layers to read as well, such as "tls,mqtt" or "all". filter: a BPF expression. names: tables of names known
    beforehand. progress: True, or a function that takes a Progress.
    """
    with _opened(source) as opened, _watching(progress) as callback:
        return _iotsig.packets(opened, _options(timeout_ns=_nanoseconds(timeout), keep=keep, layers=layers, filter=filter, names=names,
                                                progress=callback))


def _listed(sources):
    is_one = isinstance(sources, (str, bytes, os.PathLike, Pattern)) or hasattr(sources, "read")
    return [sources] if is_one else list(sources)


@contextlib.contextmanager
def _all_opened(sources):
    with contextlib.ExitStack() as stack:
        yield tuple(_native_of(s) if isinstance(s, Pattern) else stack.enter_context(_opened(s)) for s in _listed(sources))


def read(sources, *, timeout=DEFAULT_TIMEOUT, keep=(), layers=(), filter=None, match_random_ports=False, same_hosts=(), names=None,
         progress=None):
    """The patterns of captures, folders, and files of packets, patterns or signatures, as a list.

    What cannot be read, or only in part, is told as a CaptureWarning, and does not keep the others out.
    """
    with _all_opened(sources) as inputs, _watching(progress) as callback:
        options = _options(timeout_ns=_nanoseconds(timeout), keep=keep, layers=layers, filter=filter,
                           match_random_ports=match_random_ports, same_hosts=same_hosts, names=names, progress=callback)
        found, failures = _iotsig.read(inputs, options, False)
    _warn_of(failures)
    return [Pattern(*each) for each in found]


def flows(source, **options):
    """The pattern of one capture or file; options as of read()."""
    with _opened(source) as opened, _watching(options.pop("progress", None)) as callback:
        timeout = options.pop("timeout", DEFAULT_TIMEOUT)
        found, failures = _iotsig.read((opened,), _options(timeout_ns=_nanoseconds(timeout), progress=callback, **options), False)
    if not found:
        raise failures[0] if failures else EmptyError(f"{os.fsdecode(opened[0])}: holds no pattern")
    _warn_of(failures)
    if len(found) > 1:
        raise ArgumentError(f"{os.fsdecode(opened[0])}: holds {len(found)} patterns (use read())")
    return Pattern(*found[0])


def _common_name(sources):
    """The common folder's name, else that of the first without its ending."""
    paths = [os.path.abspath(os.fsdecode(s)) for s in sources if isinstance(s, (str, bytes, os.PathLike))]
    if not paths:
        return "signature"
    if len(paths) == 1:
        return os.path.splitext(os.path.basename(paths[0]))[0]
    return os.path.basename(os.path.commonpath([os.path.dirname(p) for p in paths])) or "signature"


def extract(sources, *, name=None, timeout=DEFAULT_TIMEOUT, keep=(), layers=(), filter=None, match_random_ports=False, same_hosts=(),
            names=None, progress=None):
    """The signature of an event: the flows that all of its captures (or patterns) have in common.

    Captures share their tables of names, in order. EmptyError when none holds a flow.
    """
    listed = _listed(sources)
    timeout_ns = _nanoseconds(timeout)
    with _all_opened(listed) as inputs, _watching(progress) as callback:
        options = _options(timeout_ns=timeout_ns, keep=keep, layers=layers, filter=filter, match_random_ports=match_random_ports,
                           same_hosts=same_hosts, names=names, progress=callback)
        native, hosts, failures = _iotsig.extract(inputs, options, name if name is not None else _common_name(listed))
    if native is None:
        raise failures[0] if failures else EmptyError("no input holds a flow")
    _warn_of(failures)
    captures = [os.fsdecode(s) if isinstance(s, (str, bytes, os.PathLike)) else s.name if isinstance(s, Pattern) else
                os.fsdecode(_name_of(s)) for s in listed]
    return Signature(native, name if name is not None else _common_name(listed), hosts, captures, timeout_ns / _NS)


def compare(a, b, *, match_random_ports=False, same_hosts=()):
    """What two patterns have in common, and how far they are apart."""
    distance, pairs, only_a, only_b = _iotsig.compare(_native_of(a), _native_of(b), bool(match_random_ports), _pairs(same_hosts))
    return Comparison(Fraction(distance), [Pair(a[p.a], b[p.b], Fraction(*p.distance)) for p in pairs], [a[i] for i in only_a],
                      [b[i] for i in only_b])


def closest(a, b, *, match_random_ports=False):
    """For each flow of a pattern the closest one of another, as a list of pairs."""
    found = _iotsig.closest(_native_of(a), _native_of(b), bool(match_random_ports))
    return [Pair(a[p.a], b[p.b], Fraction(*p.distance)) for p in found]


class Detection(NamedTuple):
    """An event that was seen: which (None: one of `group`), how sure, of which device, when, and what was missing."""

    event: str | None
    group: tuple
    coverage: Fraction
    device: str
    first: int | None
    last: int | None
    missing: tuple


def detect(source, signatures, *, filter=None, device=None, names=None, progress=None):
    """The events of learned signatures (a folder of `iotsig learn`, or a file) that happen in a capture, in order, as a list.

    device: look at this one only, a hardware or IP address. Times are nanoseconds since 1970.
    """
    with _opened(source) as (name, descriptor), _watching(progress) as callback:
        options = _options(timeout_ns=0, filter=filter, names=names, progress=callback)
        path = name if descriptor < 0 else f"/proc/self/fd/{descriptor}".encode()
        found, failure = _iotsig.detect(path, os.fsencode(signatures), device, options)
    if failure is not None:
        _warn_of([failure])
    return [Detection(events[0] if is_one else None, () if is_one else events, Fraction(*coverage), *more)
            for is_one, events, coverage, *more in found]


def convert(path, format="json"):
    """A file of packets, patterns or signatures in another format, as a text."""
    return _iotsig.convert(os.fsdecode(path), format)


def load_names(path):
    """The tables of names of a file: JSON, or the text of Unbound's dump_cache."""
    return _iotsig.load_names(path)
