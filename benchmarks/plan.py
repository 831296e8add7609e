"""Plan for an archive of a hundred million articles, from rates measured here.

    python benchmarks/plan.py                          simulate again with the saved rates
    python benchmarks/plan.py --rates [--corpora DIR]  measure this machine first: some minutes
    python benchmarks/plan.py --archive [--corpora DIR]   `fanews predict FILES --out FOLDER/`
                                                       against the sum of its steps
    python benchmarks/plan.py --plot                   only draw

`--texts` and `--mean` are those of your archive. Writes docs/plan.json and
docs/pages/assets/plan.svg. Of the corpora, where there are any, quantiles of the lengths
are kept and nothing else; without them rates come from the project's own texts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from plan_figures import PLOT, SAVED, draw
from plan_lengths import Archive, articles, measure, posts_and_articles
from plan_rates import CHARACTERS, MODELS, memory, news, overheads, storage, time_steps
from plan_simulation import (
    SCHEDULES,
    Cluster,
    FloatArray,
    Outcome,
    chunked_by_characters,
    chunked_by_units,
    simulate,
)
from speed import machine

TEXTS: Final = 100_000_000
MONTH: Final = 1_000_000
UNIT: Final = 10  # texts whose lengths are kept as a sum
SIZES: Final = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
CORES: Final = (1, 8, 32, 128)
CHOSEN: Final = 10_000  # rows a chunk in the plan; see the table of chunk sizes
_GOOD: Final = 0.95  # of the ideal speed, in every column
_SEED: Final = 8
# Assumptions, not measurements: one worker in fifty three times as slow (a busy
# neighbour, a failing disk), each dying once in two hours, as machines do that are cheap
# because they may be taken away, and another there after half a minute.
_SLOW: Final = {"slow_share": 0.02, "slow_factor": 3.0}
_DEATHS: Final = {"hours_to_death": 2.0, "restart": 30.0}


class Costs:
    """What a text takes, of the models that are asked.

    Parameters
    ----------
    saved : dict
        See `time_steps`, `overheads`; ``end_to_end`` is what the command adds to the
        sum of its steps, nothing where that was not measured.
    models : tuple of str
    """

    def __init__(self, saved: dict[str, Any], models: tuple[str, ...]) -> None:
        # Answers of one question more are written too.
        steps = ["read Parquet", *models, *(["write answers"] * min(len(models), 2))]
        extra = saved.get("end_to_end", {}).get("extra_us_per_text", 0.0)
        self.text = (sum(saved["costs"][step]["us_per_text"] for step in steps) + extra) / 1e6
        self.character = sum(saved["costs"][step]["ns_per_character"] for step in steps) / 1e9
        self.overhead = sum(
            saved["overheads"][name] for name in ("open and read a file", "write, sync and rename")
        )
        self.serial = sum(saved["overheads"][name] for name in ("hand out", "note in the journal"))

    def seconds(self, characters: FloatArray, texts: FloatArray | float) -> FloatArray:
        """Return the seconds that chunks take."""
        found: FloatArray = characters * self.character + texts * self.text
        return found

    def cluster(self, workers: int, **hindrances: float) -> Cluster:
        """Return workers with these overheads."""
        return Cluster(workers, self.overhead, self.serial, **hindrances)


def run(
    sums: FloatArray, rows: int, costs: Costs, cluster: Cluster, schedule: str = "in order"
) -> Outcome:
    """Simulate chunks of equal rows."""
    work = costs.seconds(chunked_by_units(sums, rows // UNIT), float(rows))
    return simulate(work, cluster, schedule, np.random.default_rng(_SEED))


def simulated(saved: dict[str, Any], texts: int, mean: float | None) -> dict[str, Any]:
    """Return everything that follows from rates and lengths."""
    mixed = scaled(articles(saved["lengths"]), mean)
    sums = drawn(mixed, texts)
    costs = {name: Costs(saved, asked) for name, asked in MODELS.items()}
    characters = float(sums.sum())
    every = {**_SLOW, **_DEATHS}
    plan: dict[str, Any] = {}
    for name, cost in costs.items():
        plan[name] = {}
        for cores in CORES:
            found = run(sums, CHOSEN, cost, cost.cluster(cores, **every))
            into = characters * saved["storage"]["parquet_zstd_bytes_per_character"]
            plan[name][str(cores)] = {
                "seconds": _digits(found.makespan),
                "efficiency": round(found.efficiency, 4),
                "cpu_hours": _digits(float(cost.seconds(sums, float(UNIT)).sum()) / 3600),
                "memory_gb": _digits(cores * saved["memory"][name][str(CHOSEN)] / 1e3),
                "in_gb": _digits(into / 1e9),
                "out_gb": _digits(texts * saved["storage"][f"{name}_answer_bytes_per_row"] / 1e9),
                "read_mb_per_second": _digits(into / 1e6 / found.makespan),
            }
    month = {
        name: _digits(MONTH * (cost.text + cost.character * characters / texts))
        for name, cost in costs.items()
    }
    return {
        "archive": {
            "texts": texts,
            "characters": characters,
            "mean_characters": characters / texts,
            "giants": mixed.giants,
        },
        "assumed": every,
        "plan": plan,
        "monthly": {"texts": MONTH, "seconds": month},
        "chunks": chunk_sizes(saved, sums, costs, characters / texts),
        "schedules": schedules(saved, costs["all three"], texts, mean),
    }


def chunk_sizes(
    saved: dict[str, Any], sums: FloatArray, costs: dict[str, Costs], mean: float
) -> dict[str, Any]:
    """Return efficiencies by chunk size."""
    every = {**_SLOW, **_DEATHS}
    cost = costs["all three"]
    by_cores = {f"{n} cores": cost.cluster(n, **every) for n in CORES[1:]}
    by_hindrance = {
        "costs of a chunk only": cost.cluster(128),
        "and slow workers": cost.cluster(128, **_SLOW),
        "and workers that die": cost.cluster(128, **every),
    }
    half = drawn(scaled(posts_and_articles(saved["lengths"], by_source=True), mean), len(sums) * 10)
    table: dict[str, Any] = {}
    curves: dict[str, Any] = {"all three models, by cores": {}, "128 cores, by what hinders": {}}
    for size in SIZES:
        efficiency: dict[str, float] = {}
        lost = 0.0
        for name, cluster in by_cores.items():
            found = run(sums, size, cost, cluster)
            curves["all three models, by cores"].setdefault(name, {})[str(size)] = round(
                found.efficiency, 4
            )
            efficiency[name] = round(found.efficiency, 4)
            if name == "32 cores":
                lost = found.in_hand / float(cost.seconds(sums, UNIT).mean()) * UNIT
        section = costs["section"]
        found = run(sums, size, section, section.cluster(128, **every))
        efficiency["128 cores, section only"] = round(found.efficiency, 4)
        hindered = curves["128 cores, by what hinders"]
        for name, cluster in by_hindrance.items():
            found = run(sums, size, cost, cluster)
            hindered.setdefault(name, {})[str(size)] = round(found.efficiency, 4)
        found = run(half, size, cost, by_hindrance["and workers that die"])
        hindered.setdefault("and short texts first", {})[str(size)] = round(found.efficiency, 4)
        table[str(size)] = {
            "characters": size * mean,
            "seconds_a_chunk": _digits(size * (cost.text + cost.character * mean)),
            "efficiency": efficiency,
            "lost_rows_at_a_kill": _digits(lost),
        }
    good = [size for size, row in table.items() if min(row["efficiency"].values()) >= _GOOD]
    return {
        "rows": CHOSEN,
        "good": {"least": _GOOD, "sizes": [int(size) for size in good]},
        "shown": [*by_cores, "128 cores, section only"],
        "table": table,
        "curves": curves,
    }


def schedules(
    saved: dict[str, Any], cost: Costs, texts: int, mean: float | None
) -> list[dict[str, Any]]:
    """Return efficiencies by archive, kind of chunk and way of sharing out; 128 cores."""
    models = {
        "articles, mixed": articles(saved["lengths"]),
        "articles, by source": articles(saved["lengths"], by_source=True),
        "posts, then articles by source": posts_and_articles(saved["lengths"], by_source=True),
        "articles, ten times as many giants": articles(saved["lengths"], giants=1e-5),
    }
    found = []
    for name, archive in models.items():
        model = scaled(archive, mean)
        sums = drawn(model, texts)
        by_rows = cost.seconds(chunked_by_units(sums, CHOSEN // UNIT), float(CHOSEN))
        held, units = chunked_by_characters(sums, CHOSEN * model.mean)
        by_characters = cost.seconds(held, units * UNIT)
        for equal, work in (("rows", by_rows), ("characters", by_characters)):
            row: dict[str, Any] = {"archive": name, "equal": equal}
            for schedule in SCHEDULES:
                cluster = cost.cluster(128, **_SLOW, **_DEATHS)
                outcome = simulate(work, cluster, schedule, np.random.default_rng(_SEED))
                row[schedule] = round(outcome.efficiency, 4)
            row["longest_to_mean"] = _digits(float(work.max() / work.mean()))
            found.append(row)
    return found


def scaled(archive: Archive, mean: float | None) -> Archive:
    """Make all texts longer or shorter by one factor, so that they have a given mean."""
    if mean is None:
        return archive
    shift = float(np.log(mean / replace(archive, giants=0.0).mean))
    parts = tuple((share, replace(part, mu=part.mu + shift)) for share, part in archive.parts)
    return replace(archive, parts=parts)


def drawn(archive: Archive, texts: int) -> FloatArray:
    """Draw the lengths of an archive."""
    return archive.unit_sums(texts, UNIT, np.random.default_rng(_SEED))


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def end_to_end(saved: dict[str, Any], corpora: Path | None, rounds: int) -> dict[str, Any]:
    """Run the command on Parquet files, with one process; compare CPU seconds with the steps'."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [text.encode("utf-8", "replace").decode() for text in news(corpora)]
    texts = (texts * (40_000 // len(texts) + 1))[:40_000]
    characters = sum(map(len, texts))
    spent, clock = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(4):
            table = pa.table({"id": range(number, 40_000, 4), "text": texts[number::4]})
            pq.write_table(table, Path(folder) / f"{number}.parquet", compression="zstd")
        files = sorted(map(str, Path(folder).glob("*.parquet")))
        for number in range(rounds):
            command = [sys.executable, "-m", "fanews_classify.cli.main", "predict", *files,
                       "--quiet", "--column", "text", "--keep", "id", "--drop-text",
                       "--out", f"{folder}/out{number}/"]  # fmt: skip
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True)
            clock.append(time.perf_counter() - start)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    costs = Costs({**saved, "end_to_end": {}}, ("section",))
    steps = characters * costs.character + len(texts) * costs.text
    begin = saved["overheads"]["start a worker"]
    cpu = statistics.median(spent)
    return {
        "texts": len(texts),
        "characters": characters,
        "cpu_seconds": _digits(cpu),
        "seconds": _digits(statistics.median(clock)),
        "seconds_of_the_steps": _digits(steps),
        "extra_us_per_text": _digits(max((cpu - begin - steps) / len(texts) * 1e6, 0.0)),
    }


def rounded(value: Any) -> Any:
    """Return figures with four digits, in whatever they are."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return _digits(value) if isinstance(value, float) else value


def main() -> None:
    """Measure, simulate, save, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", action="store_true", help="measure this machine")
    parser.add_argument("--archive", action="store_true", help="measure the command as well")
    parser.add_argument("--plot", action="store_true", help="only draw what was saved")
    parser.add_argument("--corpora", type=Path, help="folder of real news")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=TEXTS, help="of your archive")
    parser.add_argument("--mean", type=float, help="characters of a text of yours, on average")
    parser.add_argument("--out", type=Path, default=SAVED)
    options = parser.parse_args()
    if options.texts < 1_000_000 or options.texts % 1_000_000:
        parser.error("give --texts in whole millions")
    saved: dict[str, Any] = json.loads(SAVED.read_text(encoding="utf-8")) if SAVED.exists() else {}
    if options.corpora:
        saved["lengths"] = measure(options.corpora)
    if options.rates:
        saved["machine"] = {**machine(), "load": _digits(os.getloadavg()[0])}
        saved["characters"] = CHARACTERS
        saved["measured_on"] = "real news" if options.corpora else "the project's own texts"
        saved.update(rounded(time_steps(options.corpora, options.rounds)))
        saved["storage"] = rounded(storage(options.corpora))
        saved["overheads"] = rounded(overheads())
        saved["memory"] = rounded(memory(options.corpora))
    if options.archive:
        saved["end_to_end"] = end_to_end(saved, options.corpora, options.rounds)
    if not options.plot:
        start = time.perf_counter()
        saved.update(rounded(simulated(saved, options.texts, options.mean)))
        print(f"simulated in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        options.out.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")
    if options.out == SAVED:
        draw(saved, PLOT)
    print(json.dumps(saved["plan"], indent=1))


if __name__ == "__main__":
    main()
