"""Bytes of a file or of standard input, read once, in order, in constant memory."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, Literal, Self

from fanews_classify.errors import CorpusError
from fanews_classify.records import encoding
from fanews_classify.records._nearest import nearest
from fanews_classify.records.kinds import is_gzip_name

LONGEST_LINE: Final = 1 << 26
"""Characters of a line; a longer one, maybe without an end, is passed over piece by piece."""
_PIECE: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"


class LongLine(str):
    """Stands for a line that is longer than `LONGEST_LINE`; it is empty."""

    __slots__ = ()

    FAULT: Final = f"the line has more than {LONGEST_LINE:,} characters"


class NotUtf8Error(CorpusError):
    """A file that should be UTF-8 is clearly something else."""


class Closing(ABC):
    """What is closed at the end of a ``with`` block."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close what is open."""


class Source(Closing):
    """A file, unpacked if it is gzipped, or standard input.

    Parameters
    ----------
    path : Path, optional
        Without it, standard input.

    Attributes
    ----------
    name : str
        For messages.
    sample : bytes
        The beginning, unpacked; what `stream` gives begins with it as well.

    Raises
    ------
    CorpusError
        If the file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name = "standard input" if path is None else str(path)
        self._file: IO[bytes] | None = None
        if path is None:
            unpacked: Any = sys.stdin.buffer
            # What is there: a terminal or a pipe may give no more for a long time.
            self.sample = unpacked.read1(encoding.SAMPLE)
            if self.sample.startswith(_GZIP):
                packed = io.BufferedReader(_Prefixed(self.sample, unpacked))
                unpacked = gzip.GzipFile(fileobj=packed)
                with readable(path):
                    self.sample = unpacked.read(encoding.SAMPLE)
            self._more = bool(self.sample)
        else:
            with readable(path):
                self._file = file = path.open("rb")
                try:
                    unpacked = self._unpacked(file, path)
                    self.sample = unpacked.read(encoding.SAMPLE)
                except BaseException:
                    file.close()
                    raise
                self._more = len(self.sample) == encoding.SAMPLE
        self.stream = io.BufferedReader(
            _Prefixed(self.sample, unpacked if self._more else io.BytesIO()), encoding.SAMPLE
        )

    def _unpacked(self, file: io.BufferedReader, path: Path) -> io.BufferedReader | gzip.GzipFile:
        packed = file.peek(2)[:2] == _GZIP
        if not packed and is_gzip_name(path) and is_regular(path):
            raise CorpusError(f"cannot read {path}: it is named .gz, but is not gzipped")
        return gzip.GzipFile(fileobj=file) if packed else file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def position(self) -> int:
        """Bytes of the file read so far, those of a gzipped one as they are packed."""
        try:
            return 0 if self._file is None else self._file.tell()
        except ValueError:  # closed, maybe just now by another thread
            return 0

    def check_encoding(self, codec: str) -> None:
        """Raise a NotUtf8Error if what should be UTF-8 is clearly something else."""
        if codec != encoding.UTF_8:
            return
        guess = encoding.foreign(self.sample, cut=self._more)
        if guess is not None:
            raise NotUtf8Error(f"{self.name} is not UTF-8; {guess}")

    def lines(self, codec: str, newline: Literal["", "\n"]) -> Iterator[str]:
        r"""Yield decoded lines with their ends; a `MARK` stands for what is broken.

        Parameters
        ----------
        codec : str
        newline : {"", "\n"}
            Where lines end: at any of the three ends, or there only.

        Yields
        ------
        str
            A `LongLine` for each that is too long to be held in memory.

        Raises
        ------
        CorpusError
            If the file cannot be read to its end.
        """
        text = io.TextIOWrapper(self.stream, codec, errors=encoding.MARKED, newline=newline)
        with readable(self.path):
            lines = bounded_lines(text, ("\n", "\r") if newline == "" else "\n")
            for line in lines:
                yield line.removeprefix("\ufeff") if line else line  # utf-16-le leaves it there
                break
            yield from lines

    def rest(self, most: int = sys.maxsize) -> bytes:
        """Return everything, or if there are more than `most` bytes some more than those.

        Raises
        ------
        CorpusError
            If the file cannot be read to its end.
        """
        data = bytearray()
        with readable(self.path):
            while len(data) <= most and (piece := self.stream.read(1 << 20)):
                data += piece
        return bytes(data)


def bounded_lines(text: io.TextIOWrapper, ends: str | tuple[str, ...]) -> Iterator[str]:
    """Yield lines; what is too long is not held but read on to its end."""
    for line in iter(partial(text.readline, LONGEST_LINE), ""):
        if len(line) < LONGEST_LINE or line.endswith(ends):
            yield line
            continue
        while (more := text.readline(_PIECE)) and not more.endswith(ends):
            pass
        yield LongLine()


class _Prefixed(io.RawIOBase):
    """A stream that begins with bytes that were read from it already."""

    def __init__(self, beginning: bytes, stream: Any) -> None:
        super().__init__()
        self._beginning = memoryview(beginning)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data: memoryview | bytes = self._beginning[: len(buffer)]
        if data:
            self._beginning = self._beginning[len(data) :]
        else:
            data = self._stream.read1(len(buffer))
            if not data:  # asked again, a terminal would wait for more
                self._stream = io.BytesIO()
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def readable(path: Path | None) -> Iterator[None]:
    """Turn what goes wrong in reading into a `CorpusError` that says what to do."""
    name = path or "standard input"
    try:
        yield
    except FileNotFoundError as error:
        raise CorpusError(_missing(path)) from error
    except IsADirectoryError as error:
        raise CorpusError(is_folder(path)) from error
    except EOFError as error:
        raise CorpusError(f"cannot read {name} to its end: the gzipped file is cut off") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"cannot read {name}: damaged gzip data ({error})") from error
    except UnicodeError as error:  # UTF-16 without its mark; broken letters raise nothing
        raise CorpusError(f"cannot read {name} in this encoding: {error}") from error
    except OSError as error:
        raise CorpusError(f"cannot read {name}: {error.strerror or error}") from error


def _missing(path: Path | None) -> str:
    if path is None:
        return "cannot read standard input"
    folder = path.parent
    if not folder.is_dir():
        return f"cannot read {path}: there is no folder {folder}"
    try:  # names that are alike only because they end with .csv are not
        beside = [name for name in os.listdir(folder) if nearest(path.stem, [Path(name).stem])]
    except OSError:
        beside = []
    like = nearest(path.name, beside)
    hint = "" if like is None else f"; did you mean {str(folder / like)!r}?"
    return f"cannot read {path}: there is no such file{hint}"


def is_folder(path: Path | None) -> str:
    """Say that a folder is no file, and how its files are given."""
    return f"{path} is a folder; name its files, for instance {path}/*.txt"


def is_regular(path: Path) -> bool:
    """Tell whether a path is a file on disk, which can be read more than once."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
