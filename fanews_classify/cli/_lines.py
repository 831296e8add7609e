"""Lines of standard output, of which Ctrl-C leaves no half."""

from __future__ import annotations

import os
import select
import sys
from types import TracebackType
from typing import Final, Self

_AT_ONCE: Final = 4096  # bytes that a pipe takes wholly or not at all (PIPE_BUF of Linux)


class Lines:
    """Writes lines to standard output, in pieces of whole lines.

    A pipe is waited for before it is written to: there, and not amid a line, an
    interrupt takes effect. Lines that were held back are not written after it.

    Parameters
    ----------
    at_once : bool
        Write each line when it is there.
    """

    def __init__(self, *, at_once: bool) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._most = 1 if at_once else _AT_ONCE
        try:
            self._file: int | None = sys.stdout.fileno() if os.name == "posix" else None
        except (OSError, ValueError):  # a stream in memory
            self._file = None

    def __enter__(self) -> Self:
        if self._file is not None:
            sys.stdout.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or (issubclass(kind, Exception) and not issubclass(kind, OSError)):
            self._write()

    def add(self, line: str) -> None:
        """Write a line, or hold it until some are there."""
        if self._file is None:
            print(line)
            return
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        if self._size + len(data) > _AT_ONCE:
            self._write()
        self._held.append(data)
        self._size += len(data)
        if self._size >= self._most:
            self._write()

    def _write(self) -> None:
        if self._file is None or not self._held:
            return
        data, self._held, self._size = b"".join(self._held), [], 0
        while data:
            select.select((), (self._file,), ())
            data = data[os.write(self._file, data) :]
