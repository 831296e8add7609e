"""One prediction on several engines: rates, time to start, and whether all answers agree.

    python benchmarks/engines.py [--rows 100000] [--rounds 5] [--save]

Invented texts of the length of articles are written to sixteen Parquet files. Each engine
reads them, predicts with the section model and hands the answers back to this process. The
engines take turns, so that what else the machine does falls on all of them alike; the
speed-up is the ratio to the single process of the same round. `--save` writes
docs/engines.json. Exit code 1 if the answers of an engine differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from speed import machine

import fanews_classify as fc
from fanews_classify.interop import dask as on_dask
from fanews_classify.interop import spark as on_spark
from fanews_classify.scale.columns import Columns
from fanews_classify.scale.shipping import Shipped

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "engines.json"
FILES: Final = 16
JOBS: Final = 2
NAMES: Final = ("label", "label_fa", "confidence", "error")
_WORDS: Final = (40, 400)  # of a text
Rows = list[tuple[Any, ...]]
Run = Callable[[Path], Rows]
"""Predicts what the files of a folder hold."""


def write_texts(folder: Path, rows: int) -> int:
    """Write invented texts; return how many words they have."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    choose = random.Random(0)
    found = [
        json.loads(line)["body"]
        for path in sorted((ROOT / "data").glob("own_texts*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    words = [word for text in found for word in text.split()]
    total = 0
    for number in range(FILES):
        ids = range(number * rows // FILES, (number + 1) * rows // FILES)
        texts = []
        for _ in ids:
            length = choose.randint(*_WORDS)
            total += length
            texts.append(" ".join(choose.choices(words, k=length)))
        table = pa.table({"id": pa.array(ids, pa.int64()), "text": texts})
        pq.write_table(table, folder / f"part-{number:02d}.parquet")
    return total


def _read(path: Path) -> tuple[list[int], list[str]]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return table["id"].to_pylist(), table["text"].to_pylist()


@contextmanager
def single() -> Iterator[Run]:
    """Predict in this process."""
    answer = Columns(Shipped("section"))

    def run(folder: Path) -> Rows:
        rows: Rows = []
        for path in sorted(folder.iterdir()):
            ids, texts = _read(path)
            found = answer(texts)
            rows += zip(ids, *(found[name] for name in NAMES), strict=True)
        return rows

    yield run


class _Rows:
    """What `in_processes` asks: rows of the answer."""

    def __init__(self) -> None:
        self._answer = Columns(Shipped("section"))

    def __call__(self, texts: list[str]) -> Rows:
        found = self._answer(texts)
        return list(zip(*(found[name] for name in NAMES), strict=True))


@contextmanager
def processes() -> Iterator[Run]:
    """Predict in processes of joblib."""

    def run(folder: Path) -> Rows:
        ids: list[int] = []

        def texts() -> Iterator[str]:
            for path in sorted(folder.iterdir()):
                more, found = _read(path)
                ids.extend(more)
                yield from found

        answers = list(fc.in_processes(_Rows(), texts(), n_jobs=JOBS))
        return [(number, *row) for number, row in zip(ids, answers, strict=True)]

    yield run


@contextmanager
def dask() -> Iterator[Run]:
    """Predict on a Dask cluster of worker processes."""
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    def run(folder: Path) -> Rows:
        frame = dd.read_parquet(folder, split_row_groups=False, aggregate_files=False)
        found = on_dask.add_predictions(frame)[["id", *NAMES]].compute()
        found = found.astype(object).where(found.notna(), None)
        return list(found.itertuples(index=False, name=None))

    with (
        LocalCluster(
            n_workers=JOBS,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs="ERROR",
        ) as cluster,
        Client(cluster),
    ):
        yield run


@contextmanager
def spark() -> Iterator[Run]:
    """Predict on Spark in local mode."""
    from pyspark.sql import SparkSession

    os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    builder = SparkSession.builder.master(f"local[{JOBS}]")
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.files.minPartitionNum": str(FILES),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()

    def run(folder: Path) -> Rows:
        frame = session.read.parquet(str(folder))
        table = on_spark.add_predictions(frame).select("id", *NAMES).toArrow()
        columns = [table[name].to_pylist() for name in ("id", *NAMES)]
        return list(zip(*columns, strict=True))

    try:
        yield run
    finally:
        session.stop()


ENGINES: Final[dict[str, Callable[[], AbstractContextManager[Run]]]] = {
    "one process": single,
    f"fc.in_processes, {JOBS} jobs": processes,
    f"Dask, {JOBS} workers": dask,
    f"Spark, local[{JOBS}]": spark,
}


def digest(rows: Rows) -> str:
    """SHA-256 of the answers, in the order of the texts."""
    text = json.dumps(sorted(rows, key=lambda row: row[0]), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def measure(folder: Path, few: Path, rounds: int) -> tuple[dict[str, Any], list[str]]:
    """Return what docs/engines.json has of each engine, and the digests of all answers."""
    starts: dict[str, float] = {}
    runs: dict[str, Run] = {}
    seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
    digests = []
    with ExitStack() as stack:
        for name, engine in ENGINES.items():
            start = time.perf_counter()
            runs[name] = stack.enter_context(engine())
            runs[name](few)
            starts[name] = time.perf_counter() - start
            print(f"{name}: first answers after {starts[name]:.1f} s", flush=True)
        for number in range(rounds):
            for name in list(ENGINES)[:: 1 if number % 2 == 0 else -1]:
                start = time.perf_counter()
                rows = runs[name](folder)
                seconds[name].append(time.perf_counter() - start)
                digests.append(digest(rows))
                print(f"round {number + 1}, {name}: {seconds[name][-1]:.2f} s", flush=True)
    measured = {}
    for name, took in seconds.items():
        ratios = [one / other for one, other in zip(seconds["one process"], took, strict=True)]
        measured[name] = {
            "seconds_to_first_answers": round(starts[name], 2),
            "seconds": round(statistics.median(took), 3),
            "speed_up": {
                "median": round(statistics.median(ratios), 3),
                "low": round(min(ratios), 3),
                "high": round(max(ratios), 3),
            },
        }
    return measured, digests


def main() -> int:
    """Measure, print, and save where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, few = Path(scratch, "all"), Path(scratch, "few")
        folder.mkdir()
        few.mkdir()
        words = write_texts(folder, options.rows)
        write_texts(few, FILES)
        measured, digests = measure(folder, few, options.rounds)
    equal = len(set(digests)) == 1
    found = {
        "rows": options.rows,
        "words_per_row": round(words / options.rows),
        "files": FILES,
        "rounds": options.rounds,
        "machine": machine(),
        "versions": {name: version(name) for name in ("dask", "distributed", "pyspark", "joblib")},
        "engines": measured,
        "runs": len(digests),
        "different": sum(one != digests[0] for one in digests),
        "sha256": digests[0],
    }
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    print(text)
    if options.save:
        SAVED.write_text(text, encoding="utf-8")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
