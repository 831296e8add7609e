"""Rates that plan.py reckons with, measured on this machine: CPU seconds of one core.

    python benchmarks/plan_rates.py worker MODELS FILE    the peak memory of a worker

Steps take turns, round by round, and of each the median is kept.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from plan_lengths import ARTICLES, texts_of

from fanews_classify.scale.columns import Columns
from fanews_classify.scale.shipping import Shipped

CHARACTERS: Final = {"short": 700, "ordinary": 2_500, "long": 20_000}
"""Of the texts that are measured on."""
MODELS: Final = {"section": ("section",), "all three": ("section", "topic", "stance")}
_AT_ONCE: Final = 2_500_000  # characters that a step gets
_GROUPS: Final = (1_000, 10_000, 50_000)  # rows, of which the memory is measured
_NATURAL: Final = 10_000  # articles whose size on disk is measured
Steps = dict[str, Callable[[], object]]


def news(corpora: Path | None) -> list[str]:
    """Return articles: of the corpora, else the project's own."""
    if corpora is None:
        from speed_texts import judged_texts

        return judged_texts(None)
    each = _NATURAL // len(ARTICLES) + 1
    return [text for name in ARTICLES for text in islice(texts_of(corpora, name), each)]


def cut(texts: Iterable[str], length: int) -> list[bytes]:
    """Join texts and cut them into pieces of so many characters, encoded."""
    whole = "\n".join(texts)
    whole *= -(-_AT_ONCE // len(whole))
    return [
        whole[at : at + length].encode("utf-8", "replace")
        for at in range(0, _AT_ONCE - length + 1, length)
    ]


def ask_all(texts: list[str], answers: dict[str, Columns]) -> dict[str, list[Any]]:
    """Ask for section and topics, and for the stance towards each topic found."""
    topics = answers["topic"](texts)
    return {
        **answers["section"](texts),
        **{f"topic_{name}": column for name, column in topics.items()},
        "stances": stances(texts, topics["labels"], answers["topic"].shipped.model.labels),
    }


def stances(
    texts: Sequence[str], found: Sequence[Sequence[str]], known: Sequence[str]
) -> list[list[str]]:
    """Return the stance towards each topic of each text."""
    pairs = [
        (text, label)
        for text, labels in zip(texts, found, strict=True)
        for label in labels
        if label in known
    ]
    stance = Shipped("stance").model
    told = iter(
        stance.predict([text for text, _ in pairs], [label for _, label in pairs]) if pairs else []
    )
    return [[next(told) for label in labels if label in known] for labels in found]


class Files:
    """The same texts as Parquet and as compressed JSON lines."""

    def __init__(self, folder: Path, name: str, texts: list[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.texts = pa.table({"text": texts})
        self.parquet = folder / f"{name}.parquet"
        self.lines = folder / f"{name}.jsonl.gz"
        self.out = folder / f"{name}.out.parquet"
        pq.write_table(self.texts, self.parquet, compression="zstd", row_group_size=10_000)
        with gzip.open(self.lines, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts)

    def read_parquet(self) -> list[str]:
        """Read the texts."""
        import pyarrow.parquet as pq

        found: list[str] = pq.read_table(self.parquet, columns=["text"]).column(0).to_pylist()
        return found

    def read_lines(self) -> list[str]:
        """Read the texts."""
        with gzip.open(self.lines, "rb") as file:
            return [json.loads(line)["text"] for line in file]

    def write(self, columns: dict[str, list[Any]], texts: bool) -> int:
        """Write answers, with the texts or without; return the bytes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(columns)
        if texts:
            table = table.append_column("text", self.texts.column(0))
        pq.write_table(table, self.out, compression="zstd")
        return self.out.stat().st_size


def steps_of(files: Files, encoded: list[bytes], answers: dict[str, Columns]) -> Steps:
    """Return what is timed. Texts are new objects each time, as texts that were read are."""
    texts = [text.decode() for text in encoded]
    one = answers["section"](texts)
    topics = answers["topic"](texts)["labels"]
    known = answers["topic"].shipped.model.labels

    def fresh() -> list[str]:
        return [text.decode() for text in encoded]

    return {
        "decode": fresh,  # taken off the three that need it
        "section": lambda: answers["section"](fresh()),
        "topic": lambda: answers["topic"](fresh()),
        "stance": lambda: stances(fresh(), topics, known),
        "read Parquet": files.read_parquet,
        "read JSON lines, gzip": files.read_lines,
        "write answers": lambda: files.write(one, texts=False),
        "write answers and texts": lambda: files.write(one, texts=True),
    }


def time_steps(corpora: Path | None, rounds: int) -> dict[str, Any]:
    """Return CPU seconds of a text by step and length, and what they are made of.

    Returns
    -------
    dict
        ``rates``: by step and kind of text, microseconds a text. ``costs``: by step,
        microseconds a text and nanoseconds a character (a straight line through them).
    """
    texts = news(corpora)
    answers = {name: Columns(Shipped(name)) for name in ("section", "topic")}
    with tempfile.TemporaryDirectory() as folder:
        steps, counts = {}, {}
        for name, length in CHARACTERS.items():
            encoded = cut(texts, length)
            files = Files(Path(folder), name, [text.decode() for text in encoded])
            steps[name], counts[name] = steps_of(files, encoded, answers), len(encoded)
        seconds: dict[tuple[str, str], list[float]] = {}
        for number in range(rounds + 1):
            for kind, chosen in steps.items():
                for step, call in chosen.items():
                    start = time.process_time()
                    call()
                    spent = time.process_time() - start
                    if number:  # the first is there to warm up
                        seconds.setdefault((step, kind), []).append(spent)
    rates: dict[str, dict[str, float]] = {}
    for (step, kind), found in seconds.items():
        rates.setdefault(step, {})[kind] = statistics.median(found) / counts[kind] * 1e6
    for step in ("section", "topic", "stance"):
        for kind in CHARACTERS:
            rates[step][kind] -= rates["decode"][kind]
    del rates["decode"]
    return {"rates": rates, "costs": {step: line(found) for step, found in rates.items()}}


def line(rates: dict[str, float]) -> dict[str, float]:
    """Return microseconds a text and nanoseconds a character; relative errors count alike."""
    x = np.array([CHARACTERS[kind] for kind in rates], dtype=np.float64)
    y = np.array(list(rates.values()))
    rows = np.stack((np.ones_like(x), x), axis=1) / y[:, None]
    fixed, slope = np.linalg.lstsq(rows, np.ones_like(y), rcond=None)[0].tolist()
    if fixed < 0:  # nothing is negative: then the character is all
        fixed, slope = 0.0, float(np.median(y / x))
    return {"us_per_text": fixed, "ns_per_character": slope * 1000}


def storage(corpora: Path | None) -> dict[str, float]:
    """Return the bytes of a character or of a row on disk, of whole articles, each once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [text.encode("utf-8", "replace").decode() for text in news(corpora)[:_NATURAL]]
    answers = {name: Columns(Shipped(name)) for name in ("section", "topic")}
    characters = sum(map(len, texts))
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder), "all", texts)
        sizes = {
            "utf8": sum(len(text.encode()) for text in texts),
            "parquet_zstd": files.parquet.stat().st_size,
            "jsonl_gz": files.lines.stat().st_size,
        }
        pq.write_table(pa.table({"text": texts}), files.out, compression="snappy")
        sizes["parquet_snappy"] = files.out.stat().st_size
        found = {f"{name}_bytes_per_character": size / characters for name, size in sizes.items()}
        whole = ask_all(texts, answers)
        for name, asked in MODELS.items():
            columns = whole if "topic" in asked else answers["section"](texts)
            size = files.write({"id": list(range(len(texts))), **columns}, texts=False)
            found[f"{name}_answer_bytes_per_row"] = size / len(texts)
        known = sum(len(labels) for labels in whole["topic_labels"]) / len(texts)
    return {"texts": len(texts), **found, "topics_per_text": known}


def overheads() -> dict[str, float]:
    """Return the seconds that a chunk costs whatever is in it: medians, by the clock."""
    import joblib

    columns = Columns(Shipped("section"))
    text = "بانک مرکزی نرخ سود را اعلام کرد"
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder), "one", [text] * 100)
        answers = columns([text] * 100)

        def write() -> None:
            files.write(answers, texts=False)
            _sync(files.out)
            os.replace(files.out, files.out.with_suffix(".done"))
            _sync(Path(folder))

        def note() -> None:
            with (Path(folder) / "journal").open("ab") as file:
                file.write(b"{}\n")
                file.flush()
                os.fsync(file.fileno())

        found = {
            "open and read a file": _median(files.read_parquet, 50),
            "write, sync and rename": _median(write, 50),
            "note in the journal": _median(note, 50),
        }
    with joblib.Parallel(n_jobs=2) as parallel:
        task = [joblib.delayed(abs)(1)] * 400
        parallel(task)
        found["hand out"] = _median(lambda: parallel(task), 5) / len(task)
    start = [sys.executable, __file__, "worker", "section,topic,stance"]
    found["start a worker"] = _median(lambda: subprocess.run(start, check=True,
                                                             capture_output=True), 5)  # fmt: skip
    return found


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _median(call: Callable[[], object], count: int) -> float:
    seconds = []
    for _ in range(count + 1):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def memory(corpora: Path | None) -> dict[str, dict[str, float]]:
    """Return the peak megabytes of a worker by its models and by the rows of a row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [text.encode("utf-8", "replace").decode() for text in news(corpora)]
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in _GROUPS:
            path = Path(folder) / f"{rows}.parquet"
            many = (texts * (rows // len(texts) + 1))[:rows]
            pq.write_table(pa.table({"text": many}), path, compression="zstd")
            for name, asked in MODELS.items():
                command = [sys.executable, __file__, "worker", ",".join(asked), str(path)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found.setdefault(name, {})[str(rows)] = float(done.stdout)
    return found


def worker(models: str, path: str | None = None) -> None:
    """Load models, answer the only row group of a file, print the peak megabytes."""
    import pyarrow.parquet as pq

    names = models.split(",")
    answers = {name: Columns(Shipped(name)) for name in names if name != "stance"}
    if "stance" in names:
        _ = Shipped("stance").model
    if path is not None:
        texts = pq.ParquetFile(path).read_row_group(0, columns=["text"]).column(0).to_pylist()
        ask_all(texts, answers) if "topic" in names else answers["section"](texts)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(row for row in status.splitlines() if row.startswith("VmHWM"))
    print(int(peak.split()[1]) * 1024 / 1e6)


if __name__ == "__main__" and sys.argv[1:2] == ["worker"]:
    worker(*sys.argv[2:])
