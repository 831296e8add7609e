"""A small archive of all kinds of files, and runs of ``fanews predict`` over it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fanews_classify.cli import _pieces
from fanews_classify.cli.main import main

pa = pytest.importorskip("pyarrow", exc_type=ImportError)
pq = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)

ROOT = Path(__file__).resolve().parent.parent
TEXTS = (
    "باشگاه فوتبال شهر در لیگ قهرمان شد",
    "بانک مرکزی نرخ ارز و شاخص بورس را اعلام کرد",
    "بیمارستان‌ها از کمبود دارو و پزشک خبر دادند",
    "",
)


def rows(n: int, seed: int = 0) -> list[dict[str, Any]]:
    chosen = random.Random(seed)
    return [
        {"id": i, "text": f"{chosen.choice(TEXTS)} {i}" if i % 7 else None, "tags": ["x"] * (i % 3)}
        for i in range(n)
    ]


def lines(n: int, seed: int = 0) -> bytes:
    found = [json.dumps(row, ensure_ascii=False).encode() for row in rows(n, seed)]
    found[3:3] = [b"{broken", b'{"text": "\xe1\xcd"}', b""]
    return b"\n".join(found)


def make_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with an archive, in pieces so small that each file has several."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(_pieces, "_BLOCK", 1500)
    make_archive(60)
    return folder


def make_archive(n: int) -> None:
    Path("archive/old").mkdir(parents=True)
    for seed, name in enumerate(("a.parquet", "old/a.parquet")):
        table = pa.Table.from_pylist(rows(n, seed)).replace_schema_metadata({"pandas": "{}"})
        pq.write_table(table, f"archive/{name}", row_group_size=n // 6, compression="zstd")
    Path("archive/b.jsonl.gz").write_bytes(gzip.compress(lines(n, 2)))
    Path("archive/c.jsonl").write_bytes(lines(n, 3))
    with Path("archive/d.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([r["id"], r["text"]] for r in rows(n, 4))])
    Path("archive/e.txt").write_text("\n".join([*TEXTS, "x\udcff"] * 9), "utf-8", "surrogateescape")


def files() -> list[str]:
    return sorted(str(path) for path in Path("archive").rglob("*.*") if path.is_file())


def run(*arguments: str) -> int:
    return main(["predict", *files(), "--lines", "--save-every", "20", *arguments])


def contents(name: str = "out") -> dict[str, bytes]:
    found = {str(path.relative_to(name)): path for path in Path(name).rglob("*") if path.is_file()}
    return {key: found[key].read_bytes() for key in sorted(found)}


def outputs() -> list[str]:
    return [name for name in contents() if not name.startswith("_unfinished")]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys\n"
        "from fanews_classify.cli import _pieces\n"
        "_pieces._BLOCK = 1500\n"
        "from fanews_classify.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    given = ["predict", *files(), "--lines", "--save-every", "20", "--out", "out/"]
    return subprocess.Popen(
        [sys.executable, "-c", code, *given, *arguments],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


def noted() -> int:
    """Lines of the journal."""
    try:
        return Path("out/_unfinished/done.jsonl").read_bytes().count(b"\n")
    except OSError:
        return 0
