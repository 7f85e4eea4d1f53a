# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the reading of captures is, for people: with tqdm where it is there, else a line on a terminal."""
import sys


class _Bar:
    def __init__(self):
        from tqdm.auto import tqdm  # type: ignore[import]  # pylint: disable=import-outside-toplevel

        self._tqdm = tqdm
        self._bar = None
        self._path = None

    def __call__(self, progress):
        if self._bar is None or progress.path != self._path or progress.position < self._bar.n:
            self.close()
            self._path = progress.path
            self._bar = self._tqdm(total=progress.size or None, unit="B", unit_scale=True, desc=str(progress.path))
        self._bar.update(progress.position - self._bar.n)

    def close(self):
        if self._bar is not None:
            if self._bar.total:
                self._bar.update(self._bar.total - self._bar.n)
            self._bar.close()
            self._bar = None


class _Line:
    def __init__(self, file):
        self._file = file
        self._width = 0

    def __call__(self, progress):
        share = f" ({100 * progress.position // progress.size} %)" if progress.size else ""
        text = f"{progress.path}: {progress.packets} packets{share}".encode("ascii", "backslashreplace").decode("ascii")
        text = "".join(c if c.isprintable() else "?" for c in text)
        self._file.write("\r" + text.ljust(self._width))
        self._file.flush()
        self._width = len(text)

    def close(self):
        if self._width:
            self._file.write("\r" + " " * self._width + "\r")
            self._file.flush()
            self._width = 0


class _Silent:
    callback = None

    def __enter__(self):
        return self.callback

    def __exit__(self, *_):
        return None


class _Shown(_Silent):
    def __init__(self, callback):
        self.callback = callback

    def __exit__(self, *_):
        self.callback.close()


class _Called(_Silent):
    def __init__(self, callback):
        self.callback = callback


def watching(progress):
    """A context whose value the library calls: `progress` itself, or of True something that shows it."""
    if progress is None or progress is False:
        return _Silent()
    if progress is True:
        try:
            return _Shown(_Bar())
        except ImportError:
            return _Shown(_Line(sys.stderr)) if sys.stderr is not None and sys.stderr.isatty() else _Silent()
    if not callable(progress):
        raise TypeError("progress must be True, or a function that takes a Progress")
    return _Called(progress)
