"""Files of records: any bytes as text, CSV, JSON and Parquet, gzipped or not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from choices import Choices
from texts import text_of

from fanews_classify.cli import _formats
from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.labelling.sheet import read_sheet
from fanews_classify.records.reading import Reading, Records

KINDS = ("text", "csv", "tsv", "jsonl", "json")
CODES = (None, None, None, "cp1256", "utf-16", "utf-16-le", "latin-1", "utf-8", "utf-32", "ascii")
NUMBERS = (
    "1e400", "-1e400", "1" * 5000, "NaN", "Infinity", "-Infinity", "1e-400", "-0.0", "0.1",
    "123456789012345678901234567890", "true", "null", "[" * 60 + "]" * 60, "[" * 900 + "]" * 900,
    '{"a":' * 40 + "1" + "}" * 40, '"\\ud800"', '"\\u0000"', "{}", "[]", '"x"',
)  # fmt: skip


@cache
def _folder() -> Path:
    shared = Path("/dev/shm")  # in memory where there is such a place
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared if shared.is_dir() else None))


def run(data: bytes) -> int:
    """Read a file made of decisions to its end; return its length."""
    given = Choices(data)
    what = given.below(16)
    kind = given.of(KINDS)
    if what == 0:
        kind, content = "parquet", _parquet(given)
    else:
        content = given.rest() if what <= 3 else _written(kind, given)
    if what == 5:
        content = _gzipped(content, given)
    path = _folder() / f"{'sheet' if what == 6 else 'news'}.{'csv' if kind == 'text' else kind}"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if what == 6 and kind in ("csv", "jsonl"):
                sheet = read_sheet(path)
                for kind in ("csv", "jsonl"):
                    sheet.write(path.with_name(f"written.{kind}"))
            else:
                code = CODES[given.below(len(CODES))]
                check(path, Reading(kind=kind, encoding=code))  # type: ignore[arg-type]
        except (CorpusError, ParameterError):
            pass
    return len(content)


def check(path: Path, reading: Reading) -> None:
    """Read all records, and write them as every format."""
    with Records(path, reading) as records:
        assert len(set(records.columns)) == len(records.columns)
        asked = []
        for row in records.rows():
            assert row.error is None or row.error
            assert row.values is not None or row.error
            if row.values is not None:
                assert all(type(name) is str for name in row.values)
                asked.append((row, None))
    packing = _formats.Packing()
    for line in _json_lines(asked, packing):
        json.loads(line, parse_constant=_refuse)


def _json_lines(asked: list[Any], packing: Any) -> list[str]:
    made = _formats.JsonFormat((), packing)._lines(row.values for row, _ in asked)
    return made.decode("utf-8").split("\n")[:-1]


def _refuse(name: str) -> Any:
    raise AssertionError(f"{name} was written, which is not JSON")


def _written(kind: str, given: Choices) -> bytes:
    rows = 1 + given.below(6)
    if kind == "text":
        made = given.of(("\n", "\r\n", "\r", "")).join(text_of(given, 6) for _ in range(rows))
    elif kind in ("csv", "tsv"):
        out = io.StringIO(newline="")
        delimiter = "\t" if kind == "tsv" else given.of((",", ";", "|", "\t"))
        writer = csv.writer(out, delimiter=delimiter, lineterminator=given.of(("\n", "\r\n", "\r")))
        writer.writerow(
            given.of((["id", "text"], ["text", "label"], ["text", "text"], ["sep="], []))
        )
        for _ in range(rows):
            writer.writerow([text_of(given, 5) for _ in range(given.below(4))])
        made = out.getvalue()
    else:
        lines = [_object(given) for _ in range(rows)]
        made = "\n".join(lines) if kind == "jsonl" or given.flag() else f"[{','.join(lines)}]"
    data = made.encode(given.of(("utf-8", "utf-8", "utf-16", "cp1256")), "ignore")
    changed = bytearray(data)
    for _ in range(given.below(4)):
        at = (given.byte() << 8 | given.byte()) % max(len(changed), 1)
        changed[at : at + given.below(3)] = given.of(
            (b'"', b'""', b"\n", b"\0", b"\xff", b",", b"")
        )
    return bytes(changed)


def _object(given: Choices) -> str:
    fields = []
    for _ in range(given.below(4)):
        name = given.of(("text", "id", "label", "text", "", "a.b", "\ud800"))
        value = given.of(NUMBERS) if given.flag() else json.dumps(text_of(given, 4))
        fields.append(f"{json.dumps(name)}: {value}")
    return f"{{{', '.join(fields)}}}" if given.below(8) else given.of(NUMBERS)


def _gzipped(content: bytes, given: Choices) -> bytes:
    packed = bytearray(gzip.compress(content, 1, mtime=0))
    for _ in range(given.below(3)):
        packed[given.below(len(packed))] ^= 1 << given.below(8)
    return bytes(packed[: len(packed) - given.below(9)])


@cache
def _parquet_seed() -> bytes:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return b"PAR1"
    out = io.BytesIO()
    table = pa.table({"id": [1, 2, 3], "text": ["خبر", None, "x" * 50], "more": [[1], [], None]})
    pq.write_table(table, out, row_group_size=2)
    return out.getvalue()


def _parquet(given: Choices) -> bytes:
    data = bytearray(_parquet_seed())
    for _ in range(1 + given.below(6)):
        data[(given.byte() << 8 | given.byte()) % len(data)] = given.byte()
    return bytes(data)
