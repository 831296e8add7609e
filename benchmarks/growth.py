"""Measure how time and memory of prediction grow, and draw it.

    python benchmarks/growth.py [--corpora DIR] [--rounds 3] [--most 1000000]

With the number of texts, with the length of one text, with the model's vocabulary, with
the number of processes. Each figure comes from a fresh process (growth_worker.py); the
processes of a round follow each other, so that a change of the machine's speed hits all
sizes alike, and the median of the rounds is kept. Linux only; needs the package's own
requirements and matplotlib.

News is written to a temporary folder only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scratch import ENVIRON, HERE, ROOT
from speed import machine

Row = dict[str, float]
Figures = dict[str, dict[str, dict[str, Row]]]
"""By subject, what was measured, and size."""

MOST_LISTED = 100_000  # texts held in a list: 70 MB
MOST_SHARED = 200_000  # texts given to several processes
JOBS = (1, 2, 4)
# Of each panel: title, subject, axis, and what is drawn (series, key, name, style).
PANELS = (
    ("number of texts", "texts", "texts of 60 words", (
        ("stream", "seconds", "stream: seconds", "C0.-"),
        ("predict", "seconds", "predict(list): seconds", "C0.:"),
        ("stream", "peak_mb", "stream: peak MB", "C1.-"),
        ("predict", "peak_mb", "predict(list): peak MB", "C1.:"),
    )),
    ("length of one text", "length", "words", (
        ("predict", "seconds", "seconds", "C0.-"),
        ("predict", "peak_mb", "peak MB", "C1.-"),
        ("predict", "added_mb", "MB taken by the call", "C1.:"),
    )),
    ("vocabulary of the model", "vocabulary", "terms", (
        ("random", "load_seconds", "seconds to load", "C0.-"),
        ("random", "peak_mb", "peak MB after one answer", "C1.-"),
        ("random", "file_mb", "MB of the file", "C1.:"),
        ("random", "ns_per_word", "ns per word", "C2.-"),
    )),
)  # fmt: skip


class Task(NamedTuple):
    """One figure: where it belongs, and the call of growth_worker.py."""

    subject: str
    series: str
    size: int
    measurement: str
    arguments: Sequence[object]


def run(measurement: str, arguments: Sequence[object]) -> dict[str, Any]:
    """Measure in a fresh process; end the benchmark if it failed."""
    command = [sys.executable, str(HERE / "growth_worker.py"), measurement, json.dumps(arguments)]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{measurement}{tuple(arguments)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def powers(least: int, most: int) -> list[int]:
    """Return the powers of ten from `least` to `most`."""
    found = [least]
    while found[-1] * 10 <= most:
        found.append(found[-1] * 10)
    return found


def tasks(model: str, randoms: dict[str, str], most: int, folder: str) -> list[Task]:
    """List what a round measures; `randoms` are models by the size of their vocabulary."""
    found = [Task("texts", "stream", n, "stream", (model, folder, n)) for n in powers(100, most)]
    found += [
        Task("texts", "predict", n, "predict", (model, folder, n))
        for n in powers(100, min(most, MOST_LISTED))
    ]
    found += [Task("length", "predict", n, "length", (model, folder, n)) for n in powers(10, most)]
    found += [
        Task("vocabulary", "random", int(n), "vocabulary", (path, folder))
        for n, path in randoms.items()
    ]
    # Of a large model one sees in the memory of a process whether it was copied.
    largest = max(randoms, key=int)
    models = {Path(model).stem: model, f"random, {int(largest):,} terms": randoms[largest]}
    count = min(most, MOST_SHARED)
    found += [
        Task("processes", name, n, "processes", (path, folder, n, count))
        for name, path in models.items()
        for n in JOBS
        if n <= (os.cpu_count() or 1)
    ]
    return found


def measure(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """Make texts and models, measure all rounds, and return the figures."""
    lengths, vocabularies = powers(10, options.most), powers(1000, options.most)
    print("making texts and models", file=sys.stderr, flush=True)
    made = run("prepare", (folder, options.corpora, lengths, vocabularies))
    randoms = {n: path for n, (path, _) in made.items()}
    planned = tasks(options.model, randoms, options.most, folder)
    rounds: list[list[Row]] = []
    for number in range(1, options.rounds + 1):
        print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
        rounds.append([run(task.measurement, task.arguments) for task in planned])
        add_speed_up(planned, rounds[-1])
    figures: Figures = {}
    for task, *rows in zip(planned, *rounds, strict=True):
        series = figures.setdefault(task.subject, {}).setdefault(task.series, {})
        series[str(task.size)] = medians(rows)
    for size, (_, share) in made.items():
        figures["vocabulary"]["random"][size]["known_share"] = round(share, 3)
    return {**figures, "machine": {**machine(), "rounds": options.rounds}}


def add_speed_up(planned: Sequence[Task], rows: Sequence[Row]) -> None:
    """Compare the speeds of several processes with that of one in the same round."""
    alone = {
        task.series: row["texts_per_second"]
        for task, row in zip(planned, rows, strict=True)
        if task.subject == "processes" and task.size == 1
    }
    for task, row in zip(planned, rows, strict=True):
        if task.subject == "processes":
            row["speed_up"] = row["texts_per_second"] / alone[task.series]


def medians(rows: Sequence[Row]) -> Row:
    """Return the median of each figure, to four digits."""
    found = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def table(figures: Figures) -> str:
    """Return the figures as text."""
    lines = []
    for subject in ("texts", "length", "vocabulary", "processes"):
        for series, rows in figures[subject].items():
            names = list(next(iter(rows.values())))
            widths = [max(len(name), 9) + 2 for name in names]
            head = zip(names, widths, strict=True)
            title = f"{subject}: {series}"
            lines += ["", f"{title:34}" + "".join(f"{name:>{width}}" for name, width in head)]
            for size, row in rows.items():
                cells = zip(row.values(), widths, strict=True)
                lines.append(
                    f"{int(size):34,}" + "".join(f"{cell:>{width},.4g}" for cell, width in cells)
                )
    return "\n".join(lines[1:])


def plot(figures: Figures, path: str) -> None:
    """Draw the figures against size, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "fanews"  # the same bytes every time
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(PANELS), figsize=(14, 4.5))
    for axis, (title, subject, name_of_x, curves) in zip(axes, PANELS, strict=True):
        for series, key, name, style in curves:
            rows = figures[subject][series]
            values = [row[key] for row in rows.values()]
            axis.plot([int(n) for n in rows], values, style, label=name)
        axis.set(title=title, xlabel=name_of_x, xscale="log", yscale="log")
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    """Measure, print, save and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", help="folder of real news; default: our own texts")
    parser.add_argument("--model", default="section", help="name or path; default: section")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=1_000_000, help="texts, words and terms")
    parser.add_argument("--out", default=str(ROOT / "docs" / "growth.json"))
    parser.add_argument("--plot", default=str(ROOT / "docs" / "pages" / "assets" / "growth.svg"))
    options = parser.parse_args()
    if options.rounds < 1 or options.most < 1000:
        parser.error("give --rounds of 1 and --most of 1000 at least")
    # News must not be written into the repository.
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options, folder)
    print(table(figures))
    Path(options.out).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    plot(figures, options.plot)


if __name__ == "__main__":
    main()
