# SPDX-License-Identifier: GPL-3.0-or-later
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import BinaryIO, Literal, NamedTuple, overload

_Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Source = _Path | BinaryIO
_Tables = Mapping[str, Mapping[str, str]]
_Words = str | Iterable[str]
_Same = Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]
_Progress = bool | Callable[[Progress], object] | None
_Format = Literal["text", "csv", "json", "jsonl"]

__version__: str
DEFAULT_TIMEOUT: int

class Layer(NamedTuple):
    protocol: str
    attributes: tuple[tuple[str, str | bool], ...]

class Port(NamedTuple):
    host: str
    port: int
    count: int
    fixed: bool

class Packet(NamedTuple):
    id: int
    time: int | None
    network_protocol: str
    src: str
    dst: str
    transport_protocol: str
    sport: int
    dport: int
    application_layer: Layer | None
    length: int

class Flow(NamedTuple):
    id: str
    network_protocol: str
    src: str
    dst: str
    transport_protocol: str
    sport: int | None
    dport: int | None
    ports: tuple[Port, ...]
    application_layer: Layer | None
    count: int  # type: ignore[assignment]
    packets: int
    bytes: int
    first: int | None
    last: int | None

class Progress(NamedTuple):
    path: str | None
    position: int
    size: int
    packets: int

class Pattern(Sequence[Flow]):
    name: str
    hosts: dict[str, dict[str, str]]
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> Flow: ...
    @overload
    def __getitem__(self, index: slice) -> list[Flow]: ...
    def text(self, format: _Format = ...) -> str: ...
    def write(self, path: _Path, format: _Format | None = ...) -> None: ...
    def profile(self, *, device: str | None = ..., mac: str | None = ..., ipv4: str | None = ..., ipv6: str | None = ...,
                format: Literal["yaml", "json"] = ...) -> str: ...
    def write_firewall(self, folder: _Path, *, device: str, ipv4: str | None = ..., ipv6: str | None = ..., mac: str | None = ...) -> None: ...

class Signature(Pattern):
    captures: tuple[str, ...]
    timeout: float | None

class Pair(NamedTuple):
    a: Flow
    b: Flow
    distance: Fraction

class Comparison(NamedTuple):
    distance: Fraction
    pairs: list[Pair]
    only_a: list[Flow]
    only_b: list[Flow]
    @property
    def equal(self) -> bool: ...

class Detection(NamedTuple):
    event: str | None
    group: tuple[str, ...]
    coverage: Fraction
    device: str
    first: int | None
    last: int | None
    missing: tuple[tuple[str, str], ...]

class _Packets(Iterator[Packet]):
    def __next__(self) -> Packet: ...
    def hosts(self) -> dict[str, dict[str, str]] | None: ...
    def close(self) -> None: ...

class Error(Exception):
    file: str
    position: str
    message: str

class FormatError(Error, ValueError): ...
class ArgumentError(Error, ValueError): ...
class EmptyError(Error, ValueError): ...
class LimitError(Error, ValueError): ...
class ReadError(Error, OSError, ValueError): ...
class MissingError(ReadError, FileNotFoundError): ...
class WriteError(Error, OSError, ValueError): ...
class CancelledError(Error, ValueError): ...
class CaptureWarning(UserWarning): ...

def packets(source: _Source, *, timeout: float | None = ..., keep: _Words = ..., layers: _Words = ..., filter: str | None = ...,
            names: _Tables | None = ..., progress: _Progress = ...) -> _Packets: ...
def read(sources: _Source | Pattern | Iterable[_Source | Pattern], *, timeout: float | None = ..., keep: _Words = ...,
         layers: _Words = ..., filter: str | None = ..., match_random_ports: bool = ..., same_hosts: _Same = ...,
         names: _Tables | None = ..., progress: _Progress = ...) -> list[Pattern]: ...
def flows(source: _Source, *, timeout: float | None = ..., keep: _Words = ..., layers: _Words = ..., filter: str | None = ...,
          match_random_ports: bool = ..., same_hosts: _Same = ..., names: _Tables | None = ..., progress: _Progress = ...) -> Pattern: ...
def extract(sources: _Source | Pattern | Iterable[_Source | Pattern], *, name: str | None = ..., timeout: float | None = ...,
            keep: _Words = ..., layers: _Words = ..., filter: str | None = ..., match_random_ports: bool = ..., same_hosts: _Same = ...,
            names: _Tables | None = ..., progress: _Progress = ...) -> Signature: ...
def compare(a: Pattern, b: Pattern, *, match_random_ports: bool = ..., same_hosts: _Same = ...) -> Comparison: ...
def closest(a: Pattern, b: Pattern, *, match_random_ports: bool = ...) -> list[Pair]: ...
def detect(source: _Source, signatures: _Path, *, filter: str | None = ..., device: str | None = ..., names: _Tables | None = ...,
           progress: _Progress = ...) -> list[Detection]: ...
def convert(path: _Path, format: _Format = ...) -> str: ...
def load_names(path: _Path) -> dict[str, dict[str, str]]: ...
