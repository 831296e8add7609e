"""Sheets of texts that a person fills with labels: CSV for Excel, or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.records.columns import check_column
from fanews_classify.records.kinds import Kind, kind_of
from fanews_classify.records.reading import Reading, Records

ID, TEXT, TARGET, LABEL = "id", "text", "target", "label"
SUGGESTION, CONFIDENCE = "suggestion", "confidence"

_CELL: Final = 32_000  # characters; Excel's cells hold 32,767
# Excel takes a cell that begins so for a formula: a text from anywhere must not be one.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_LOST: Final = 0.25  # share of letters that are question marks, from which on a text is lost


@dataclass
class Sheet:
    """Rows of a sheet.

    Attributes
    ----------
    columns : list of str
    rows : list of dict of str to object
    lines : list of int
        Where each row stood in the file that it was read from.
    delimiter : str
        Of the CSV file.
    """

    columns: list[str]
    rows: list[dict[str, Any]]
    lines: list[int] = field(default_factory=list)
    delimiter: str = ","

    def write(self, path: str | os.PathLike[str], *, for_people: bool = True) -> None:
        """Write to a ``.csv`` or ``.jsonl`` file, at once or not at all.

        Parameters
        ----------
        path : path-like
        for_people : bool, default=True
            Make a CSV file fit for Excel: cells are cut to what Excel's can
            hold, and one that Excel would take for a formula begins with ``'``,
            which `read_sheet` takes away. A byte order mark, by which Excel
            knows UTF-8, it has in any case.

        Raises
        ------
        CorpusError
            If it cannot be written.
        ParameterError
            For another kind of file.
        """
        target = Path(path)
        data = self._csv(for_people) if sheet_kind(target) == "csv" else self._json_lines()
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(data)
            os.replace(temporary, target)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise CorpusError(f"cannot write {target}: {error.strerror or error}") from error

    def _csv(self, for_people: bool) -> bytes:
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, delimiter=self.delimiter, lineterminator="\r\n")
        writer.writerow(map(_text, self.columns))
        for row in self.rows:
            cells = [_text(row.get(name)) for name in self.columns]
            writer.writerow(map(_cell, cells) if for_people else cells)
        return lines.getvalue().encode("utf-8-sig")

    def _json_lines(self) -> bytes:
        lines = (json.dumps(_plain(row), ensure_ascii=False) + "\n" for row in self.rows)
        return "".join(lines).encode("utf-8", "backslashreplace")  # of halves in nested values


def sheet_kind(path: Path) -> Kind:
    """Return what a sheet is written as.

    Raises
    ------
    ParameterError
        If it is neither CSV nor JSON lines.
    """
    if path.suffix.lower() not in (".csv", ".jsonl"):
        raise ParameterError(f"{path}: a sheet is a .csv file, which Excel opens, or a .jsonl file")
    return kind_of(path, "written")


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ";".join(map(_text, value))
    return "" if value is None else _sound(str(value))


def _cell(text: str) -> str:
    cut = text[:_CELL]
    return f"'{cut}" if _FORMULA.match(cut) else cut


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _sound(value) if isinstance(value, str) else value for name, value in row.items()}


def _sound(text: str) -> str:
    """Put the replacement character in the place of half characters, and of NUL."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def read_sheet(path: str | os.PathLike[str], encoding: str | None = None) -> Sheet:
    """Read a sheet that a person, or Excel, has written.

    Parameters
    ----------
    path : path-like
        CSV with any delimiter that Excel takes, or JSON lines; columns ``text``
        and ``label``.
    encoding : str, optional
        By default UTF-8.

    Raises
    ------
    CorpusError
        If it cannot be read, a row is broken, or the letters were lost.
    ParameterError
        If a column is missing.
    """
    source = Path(path)
    with Records(source, Reading(encoding=encoding)) as records:
        sheet = Sheet(records.columns, [], delimiter=records.delimiter or ",")
        for name in (TEXT, LABEL) if not records.empty else ():
            check_column(str(source), records.columns, name)
        for row in records.rows():
            if row.error is not None or row.values is None:
                raise CorpusError(f"{source}, line {row.number}: {row.error}")
            values = row.values
            if records.kind in ("csv", "tsv"):
                values = {name: _told(value) for name, value in values.items()}
            if not any(values.values()):
                continue  # what is left of a row that was emptied
            _check_letters(source, row.number, str(values.get(TEXT) or ""))
            sheet.rows.append(values)
            sheet.lines.append(row.number)
    if not sheet.rows:
        raise CorpusError(f"{source} holds no rows")
    return sheet


def _told(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 1 and value[0] == "'" and _FORMULA.match(value):
        return value[1:]
    return value


def _check_letters(path: Path, line: int, text: str) -> None:
    where = f"{path}, line {line}"
    if not text.strip():
        raise CorpusError(f"{where}: there is no text")
    marks = text.count("?")
    letters = sum(character.isalpha() for character in text)
    if marks > 3 and marks > _LOST * (marks + letters):
        raise CorpusError(
            f"{where}: the text has question marks for letters; they were lost when the sheet was "
            "saved. In Excel save it as «CSV UTF-8»"
        )


def rows_of(columns: Sequence[str], values: Sequence[Sequence[Any]]) -> Sheet:
    """Make a sheet of the values of each row, in the order of the columns."""
    return Sheet(list(columns), [dict(zip(columns, row, strict=True)) for row in values])
