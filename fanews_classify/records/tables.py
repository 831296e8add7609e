"""Rows of CSV files; a broken row costs itself only."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import contains
from typing import Any, Final, NamedTuple

from fanews_classify.records.encoding import BROKEN, MARK, unmarked
from fanews_classify.records.source import LongLine

_MOST: Final = 1 << 26  # characters of one row, so that a stray quotation mark takes no more
_DELIMITERS: Final = ";\t|"


class Row(NamedTuple):
    """A record of a file, or what is wrong with it.

    Attributes
    ----------
    number : int
        Line on which it begins; of Parquet and JSON arrays a count from 1.
    values : dict or None
        By column. Of a faulty record what could be read, else None.
    error : str or None
        What is wrong.
    batch, place
        Where it stands in an Arrow record batch, if it comes from one.
    """

    number: int
    values: dict[str, Any] | None
    error: str | None = None
    batch: Any = None
    place: int = 0


class CsvRows:
    """The rows of a CSV file after its header.

    Parameters
    ----------
    lines : iterator of str
        With their ends, cut at any kind of line end.
    delimiter : str, optional
        By default what the header tells: a comma, or a semicolon, tab or bar if
        there is no comma. Excel's first line ``sep=;`` decides as well.

    Attributes
    ----------
    columns : list of str
        Of names that stand there twice the second gets ``.1``.
    """

    def __init__(self, lines: Iterator[str], delimiter: str | None) -> None:
        csv.field_size_limit(_MOST)  # news are longer than the module's 128 kB
        self._feed = _Feed(lines)
        self.delimiter = delimiter or ","
        self.columns = self._header(guess=delimiter is None)

    def _header(self, *, guess: bool) -> list[str]:
        for _, first, _ in self._cells():
            cells = first
            told = re.fullmatch(r"sep=(.)", "".join(cells)) if self._feed.number == 0 else None
            if told or (self._feed.number == 0 and cells == ["sep=", ""]):
                self.delimiter = told[1] if told and guess else self.delimiter
                continue
            if guess and len(cells) == 1:
                for other in _DELIMITERS:
                    split = next(csv.reader(self._feed.held, delimiter=other), [])
                    if len(split) > 1:
                        self.delimiter, cells = other, split
                        break
            return unique([unmarked(name) for name in cells])
        return []

    def __iter__(self) -> Iterator[Row]:
        width = len(self.columns)
        for number, given, fault in self._cells():
            cells, error = given, fault
            if len(cells) > width and not any(cells[width:]):
                cells = cells[:width]  # a spreadsheet's empty columns
            if error is None and len(cells) != width:
                error = f"wrong number of columns: {len(cells)} instead of {width}"
            if any(map(contains, cells, repeat(MARK))):
                cells = [unmarked(cell) for cell in cells]
                error = error or BROKEN
            yield Row(number, dict(zip(self.columns, cells, strict=False)), error)

    def _cells(self) -> Iterator[tuple[int, list[str], str | None]]:
        """Yield (line, cells, fault) of each row that is not blank."""
        feed = self._feed
        delimiter, rows = self.delimiter, None
        while True:
            feed.begin()
            if rows is None or delimiter != self.delimiter:  # the header told another one
                delimiter = self.delimiter
                rows = csv.reader(feed.lines(), delimiter=delimiter)
            number = feed.number + 1
            fault = None
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], str(error)
            if type(feed.held[0]) is LongLine:
                fault = LongLine.FAULT
            elif feed.too_long or (len(feed.held) > 1 and not _is_sound(feed.held, delimiter)):
                fault = "a quotation mark is not closed"
            if fault is not None:
                # The lines after the first are rows of their own, for all we know.
                feed.give_back()
                rows = None  # may have come to the end of the lines
                first = [line.rstrip("\r\n") for line in feed.held]
                try:
                    cells = next(csv.reader(first, delimiter=delimiter), [])
                except csv.Error:  # the first line alone has a cell that is too long
                    cells = []
            if cells or fault is not None:
                yield number, cells, fault


class _Feed:
    """Lines, of which those of the row at hand are held and can be given back.

    Attributes
    ----------
    held : list of str
    number : int
        Lines before those.
    too_long : bool
        Whether a row would not end; `lines` ends with its beginning then, and
        has to be called once more.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.held: list[str] = []
        self.number = 0
        self.too_long = False

    def lines(self) -> Iterator[str]:
        """Yield lines and hold them."""
        size = 0
        while not self.too_long:
            line = self._again.pop() if self._again else next(self._lines, None)
            if line is None:
                return
            if type(line) is LongLine and self.held:  # inside an open quotation mark
                self._again.append(line)
                self.too_long = True
                return
            if not self.held:
                size = 0
            self.held.append(line)
            size += len(line)
            self.too_long = size > _MOST and len(self.held) > 1
            yield line

    def begin(self) -> None:
        """Forget the lines of the row before."""
        self.number += len(self.held)
        self.held.clear()
        self.too_long = False

    def give_back(self) -> None:
        """Hold the first line only, and hand out the others once more."""
        self._again.extend(reversed(self.held[1:]))
        del self.held[1:]


def _is_sound(lines: list[str], delimiter: str) -> bool:
    """Tell whether the quotation marks of a row of several lines are where they belong."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def unique(names: Iterable[str]) -> list[str]:
    """Return names of columns; of one that is there twice the second gets ``.1``."""
    different: list[str] = []
    for name in names:
        number, other = 0, name
        while other in different:
            number += 1
            other = f"{name}.{number}"
        different.append(other)
    return different
