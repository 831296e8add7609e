"""Compare speed, size and accuracy with what else classifies Persian news on a CPU.

    python benchmarks/speed.py [--corpora DIR] [--rounds 7] [--out docs/speed.json]

Builds scratch environments (scratch.py), trains every competitor (peers.py) on the same
texts, and lets them label the same texts in turn, round by round, so that a change of
the machine's speed hits all alike. Quote the ratios: they are taken within each round.
Needs no package but what it installs itself.

A text counts as many words as stand between its spaces. Speeds are measured in words
and given in texts of the set's average length: the slowest competitors label a sample.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers import PEERS
from scratch import ENVIRON, HERE, REQUIREMENTS, Worker, interpreter

HOW = ("in batches", "one by one")
NUMPY = "import numpy"  # the least that any of them needs
# The whole of a process that loads a model and answers once.
_START = """
import sys
from pathlib import Path
from peers import PEERS
peer = PEERS[sys.argv[1]]()
peer.load(Path(sys.argv[2]))
peer.predict_one("بانک مرکزی نرخ سود را اعلام کرد")
"""
# Not getrusage: its maximum is handed down from the process that started this one.
_PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""

Round = dict[tuple[str, str], dict[str, float]]
"""Of (set, how): words a second of each competitor."""


def make_texts(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Write the texts to the folder; return what is tested on."""
    command = [interpreter("current"), str(HERE / "speed_texts.py"), str(folder)]
    command += ["--corpora", options.corpora] if options.corpora else []
    command += ["--limit", str(options.limit)] if options.limit else []
    done = subprocess.run(command, env=ENVIRON, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    test: dict[str, Any] = json.loads((folder / "test.json").read_text(encoding="utf-8"))
    return test


def train(name: str, folder: Path) -> dict[str, float]:
    """Train and save a competitor; return seconds and bytes."""
    model = model_folder(name, folder)
    model.mkdir()
    with Worker(name, folder / "train.log") as worker:
        found = worker.ask("train", str(folder / "training.json"), str(model))
    print(f"trained {name}: {found['seconds']:.0f} s", file=sys.stderr, flush=True)
    return found


def model_folder(name: str, folder: Path) -> Path:
    """Return where a competitor's model stands."""
    return folder / f"model {list(PEERS).index(name)}"


def measure_round(workers: dict[str, tuple[Worker, Worker]], sets: Sequence[str]) -> Round:
    """Ask all workers in turn for each set, one by one and in batches; then two at once."""
    rates: Round = {}
    for kind in sets:
        for how in HOW:
            answers = {name: pair[0].ask("measure", kind, how) for name, pair in workers.items()}
            rates[kind, how] = {n: a["words"] / a["seconds"] for n, a in answers.items()}
    together = rates["articles", "two processes"] = {}
    for name, pair in workers.items():
        for worker in pair:
            worker.send("measure", "articles", "in batches")
        answers_of_two = [worker.receive() for worker in pair]
        together[name] = sum(a["words"] / a["seconds"] for a in answers_of_two)
    return rates


def start_up(names: Sequence[str], folder: Path) -> dict[str, tuple[float, float]]:
    """Return seconds and peak megabytes of a process of each competitor that answers once."""
    commands = {NUMPY: [interpreter("current"), "-c", NUMPY + _PEAK]}
    for name in names:
        python = interpreter(PEERS[name].environment)
        commands[name] = [python, "-c", _START + _PEAK, name, str(model_folder(name, folder))]
    found = {}
    for name, command in commands.items():
        start = time.perf_counter()
        done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{name} failed to start:\n{done.stderr}")
        found[name] = seconds, int(done.stdout.split()[-1]) / 1024
    return found


def macro_f1(truth: Sequence[str], answers: Sequence[str]) -> float:
    """Return the mean of the labels' F1."""
    scores = []
    for label in sorted(set(truth)):
        right = sum(t == a == label for t, a in zip(truth, answers, strict=True))
        scores.append(2 * right / (truth.count(label) + answers.count(label)))
    return statistics.mean(scores)


def ranged(values: Sequence[float], digits: int) -> dict[str, float]:
    """Return median, lowest and highest."""
    found = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def speeds(name: str, rounds: Sequence[Round], sizes: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return a competitor's speed for each set and way of asking, and ours against it."""
    rows: dict[str, Any] = {}
    for kind, how in rounds[0]:
        rate = statistics.median(r[kind, how][name] for r in rounds)
        rows.setdefault(kind, {})[how] = {
            "texts_per_second": round(rate * sizes[kind]["texts"] / sizes[kind]["words"], 1),
            "ns_per_word": round(1e9 / rate, 1),
            "ratio": ranged([r[kind, how]["ours"] / r[kind, how][name] for r in rounds], 3),
        }
    return rows


def machine() -> dict[str, Any]:
    """Say what this was measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def race(
    names: Sequence[str], folder: Path, test: dict[str, Any], count: int
) -> tuple[dict[str, float], list[Round], list[dict[str, tuple[float, float]]]]:
    """Return macro-F1, and speeds and start-ups of each round."""
    with contextlib.ExitStack() as stack:
        workers = {}
        for name in names:
            model = model_folder(name, folder)
            logs = [folder / f"{model.name} {i}.log" for i in (1, 2)]
            first, second = (stack.enter_context(Worker(name, log)) for log in logs)
            workers[name] = first, second
            for worker in workers[name]:
                worker.ask("load", str(model), str(folder / "test.json"))
        scores = {
            name: macro_f1(test["labels"], pair[0].ask("label", "articles")["labels"])
            for name, pair in workers.items()
        }
        rounds, starts = [], []
        for number in range(count + 1):
            print(f"round {number} of {count}", file=sys.stderr, flush=True)
            rounds.append(measure_round(workers, list(test["sets"])))
            starts.append(start_up(names, folder))
    return scores, rounds[1:], starts[1:]  # the first is there to warm up


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train, measure all rounds, and return the figures."""
    names = ["ours", *(name for name in PEERS if name in options.peers and name != "ours")]
    for name in names:
        interpreter(PEERS[name].environment)
    test = make_texts(options, folder)
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    sizes = {
        kind: {"texts": len(texts), "words": sum(len(text.split()) for text in texts)}
        for kind, texts in test["sets"].items()
    }
    trained = {name: train(name, folder) for name in names}
    scores, rounds, starts = race(names, folder, test, options.rounds)
    return {
        **sizes["articles"],
        "training_texts": len(training["texts"]),
        "unlabelled_texts": len(training["unlabelled"]),
        "rounds": options.rounds,
        "machine": machine(),
        "versions": REQUIREMENTS,
        "sets": sizes,
        "competitors": {
            name: {
                "training_seconds": round(trained[name]["seconds"], 1),
                "model_bytes": trained[name]["bytes"],
                "macro_f1": round(scores[name], 4),
                "speed": speeds(name, rounds, sizes),
            }
            for name in names
        },
        "start_up": {
            name: {
                "seconds": ranged([start[name][0] for start in starts], 3),
                "megabytes": round(statistics.median(start[name][1] for start in starts), 1),
            }
            for name in starts[0]
        },
    }


def table(figures: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = [
        f"{figures['texts']} articles of {figures['words'] / figures['texts']:.0f} words, "
        f"trained on {figures['training_texts']} others, {figures['rounds']} rounds, one thread"
    ]
    for kind, how in ((k, h) for k in figures["sets"] for h in (*HOW, "two processes")):
        rows = {
            name: found["speed"][kind][how]
            for name, found in figures["competitors"].items()
            if how in found["speed"][kind]
        }
        title = f"{kind}, {how} ({figures['sets'][kind]['texts']} texts)"
        lines += ["", f"{title:44}{'texts/s':>10}{'ns/word':>9}{'ours / this':>22}"] * bool(rows)
        for name, row in rows.items():
            ratio = "{median:.2f} ({low:.2f}-{high:.2f})".format(**row["ratio"])
            lines.append(
                f"  {name:42}{row['texts_per_second']:10,.0f}{row['ns_per_word']:9,.0f}{ratio:>22}"
            )
    lines += [
        "",
        f"{'':26}{'start s':>9}{'peak MB':>9}{'model MB':>10}{'train s':>9}{'macro-F1':>10}",
    ]
    for name, start in figures["start_up"].items():
        line = f"  {name:24}{start['seconds']['median']:9.3f}{start['megabytes']:9.0f}"
        if found := figures["competitors"].get(name):
            line += f"{found['model_bytes'] / 1e6:10.1f}{found['training_seconds']:9.0f}"
            line += f"{found['macro_f1']:10.3f}"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", help="folder of real news; default: our own texts")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", help="also write the figures there, as JSON")
    parser.add_argument(
        "--peers", nargs="+", choices=list(PEERS), default=list(PEERS), metavar="NAME",
        help=f"competitors beside ours: {', '.join(map(repr, PEERS))}",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, help="train on so many texts only, to try this out")
    options = parser.parse_args()
    # News must not be written into the repository.
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options, Path(folder))
    print(table(figures))
    if options.out:
        Path(options.out).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
