"""Objects of JSON lines and JSON arrays."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from fanews_classify._nesting import is_deeper
from fanews_classify.errors import CorpusError
from fanews_classify.records.encoding import BROKEN, MARK, MARKED, unmarked
from fanews_classify.records.source import LongLine, Source
from fanews_classify.records.tables import Row

DEEPEST: Final = 100  # lists and objects inside each other
_TOO_DEEP: Final = f"nested more than {DEEPEST} levels deep"
_MOST: Final = 1 << 28  # bytes of an array, which is read at once


def json_lines(lines: Iterable[str]) -> Iterator[Row]:
    """Yield the object of each line that is not blank."""
    for number, line in enumerate(lines, 1):
        if line.isspace() or not line:
            if type(line) is LongLine:
                yield Row(number, None, LongLine.FAULT)
            continue
        broken = MARK in line
        row = _row(number, unmarked(line) if broken else line)
        if broken and row.error is None:
            row = row._replace(error=BROKEN)
        yield row


def _row(number: int, line: str) -> Row:
    try:
        value = _loaded(line)
    except json.JSONDecodeError as error:
        return Row(number, None, f"not JSON ({error.msg}, column {error.colno})")
    except ValueError as error:  # a number of more digits than Python reads
        return Row(number, None, f"not JSON ({error})")
    return _checked(number, value)


def _loaded(text: str) -> Any:
    """Return the value of JSON, with nothing in it that JSON could not hold again.

    Raises
    ------
    ValueError
        If it is not JSON, or nested so deeply that it might not be written again.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if text.count("[") + text.count("{") > DEEPEST and is_deeper(value, DEEPEST):
        raise ValueError(_TOO_DEEP)
    return value


def _number(digits: str) -> float | str:
    """Return a number; as text where it is beyond the largest, for JSON has no infinity."""
    number = float(digits)
    return digits if math.isinf(number) else number


def _constant(name: str) -> str | None:
    """Return what is no JSON but written by many programs: NaN is missing."""
    return None if name == "NaN" else name


_DECODER: Final = json.JSONDecoder(parse_float=_number, parse_constant=_constant)


def _checked(number: int, value: Any) -> Row:
    if isinstance(value, dict):
        return Row(number, value)
    return Row(number, None, "not a JSON object")


def json_array(source: Source, codec: str) -> Iterator[Row]:
    """Yield the objects of an array, or of lines if the file holds those.

    Raises
    ------
    CorpusError
        If it is neither, or an array too large to be read at once.
    """
    beginning = source.sample.decode(codec, "replace").lstrip("\ufeff \t\r\n")
    if beginning.startswith("{"):
        yield from json_lines(source.lines(codec, "\n"))
        return
    data = source.rest(_MOST)
    if len(data) > _MOST:
        raise CorpusError(
            f"{source.name} is an array of more than {_MOST >> 20} MB; make JSON lines of "
            "it, an object a line (for instance with jq -c '.[]')"
        )
    text = data.decode(codec, MARKED).removeprefix("\ufeff")
    broken = MARK in text
    try:
        values = _loaded(text)
    except ValueError as error:
        raise CorpusError(f"{source.name} is not JSON ({error})") from error
    if not isinstance(values, list):
        raise CorpusError(f"{source.name} holds no array of objects and no JSON lines")
    for number, value in enumerate(values, 1):
        shown = json.dumps(value, ensure_ascii=False) if broken else ""
        if MARK in shown:
            yield _checked(number, json.loads(unmarked(shown)))._replace(error=BROKEN)
        else:
            yield _checked(number, value)
