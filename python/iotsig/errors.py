# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong. Each says the file and the place in its text, and has them as attributes."""
import contextlib
import errno
import os
import warnings

# As in iotsig/base.h.
_MEMORY, _LIMIT, _READ, _FORMAT, _UNSUPPORTED, _WRITE, _ARGUMENT, _EMPTY, _CANCELLED, _CLOSED = range(-1, -11, -1)


class Error(Exception):
    """Something failed in the library."""

    file = position = message = ""


class FormatError(Error, ValueError):
    """The bytes of an input are not what they should be, or of a kind that cannot be read."""


class ArgumentError(Error, ValueError):
    """An argument is wrong: a filter, a host, a list of words."""


class EmptyError(Error, ValueError):
    """There is nothing to work on: no pattern holds a flow."""


class LimitError(Error, ValueError):
    """The input needs more flows or names, or a distance larger numbers, than can be."""


class ReadError(Error, OSError, ValueError):
    """A file cannot be opened or read."""


class MissingError(ReadError, FileNotFoundError):
    """There is no such file."""


class WriteError(Error, OSError, ValueError):
    """An output cannot be written."""


class CancelledError(Error, ValueError):
    """What tells the progress asked to stop."""


class CaptureWarning(UserWarning):
    """A capture ends inside a packet, or is damaged, or a flow can be no rule of a firewall: all else counts."""


_CLASSES = {
    _LIMIT: LimitError, _READ: ReadError, _FORMAT: FormatError, _UNSUPPORTED: FormatError, _WRITE: WriteError,
    _ARGUMENT: ArgumentError, _EMPTY: EmptyError, _CANCELLED: CancelledError, _CLOSED: WriteError,
}


def _text(file, position, message):
    place = ":".join(part for part in (file, position) if part)
    return f"{place}: {message}" if place else message


def from_status(status, file, position, message):
    """The exception of a failure of the library."""
    if status == _MEMORY:
        return MemoryError()
    kind = _CLASSES.get(status, FormatError)
    if kind is ReadError and message.endswith(os.strerror(errno.ENOENT)):
        kind = MissingError
    error = kind(_text(file, position, message))
    error.file, error.position, error.message = file, position, message
    return error


@contextlib.contextmanager
def writing(path):
    """A context in which what Python itself cannot write is a WriteError, as what the library cannot."""
    try:
        yield
    except Error:
        raise
    except OSError as error:
        raise from_status(_WRITE, os.fspath(path), "", f"cannot be written: {error.strerror or error}") from error


def warn(file, position, message):
    """Tells what does no harm: what was whole counts."""
    warnings.warn(_text(file, position, message), CaptureWarning, stacklevel=3)
