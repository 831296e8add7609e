"""Compare prediction speed with fastText and with hazm + scikit-learn.

    python benchmarks/speed.py [--corpora DIR] [--out docs/speed.json]

Builds two scratch environments (fastText with this library on current numpy;
hazm with scikit-learn on the numpy that it pins), starts one worker process
for each competitor, and lets them predict the same texts in turn, round by
round, so that a change of the machine's speed hits all of them alike. Quote the
ratios: they are taken within each round.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("speed_worker.py")
PEERS = ROOT / ".venv-benchmarks"
REQUIREMENTS = {
    "current": ["numpy", "scikit-learn", "joblib", "fasttext-wheel==0.9.2"],
    "hazm": ["hazm==0.10.0", "scikit-learn"],
}
# One core; this library from the working tree, not installed.
ENVIRON = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
}
COMPETITORS = {
    "ours": "current",
    "ours, one by one": "current",
    "fastText": "current",
    "fastText, one by one": "current",
    "hazm + scikit-learn": "hazm",
}


def environment(name: str) -> str:
    """Return the interpreter of a scratch environment, made if missing."""
    folder = PEERS / name
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *REQUIREMENTS[name]], check=True)
    return str(python)


def read_texts(corpora: str | None) -> tuple[list[str], list[str]]:
    """Return texts and labels: real news if there is a folder, else our own."""
    if corpora is None:
        lines = (ROOT / "data" / "own_texts.jsonl").read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        return [r["title"] + "\n" + r["body"] for r in records], [r["section"] for r in records]
    labels = {}
    path = ROOT / "data" / "annotations" / "readers_1.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        labels[record["corpus"], record["id"]] = record["section"]
    texts, wanted = [], []
    for corpus in sorted({corpus for corpus, _ in labels}):
        with gzip.open(Path(corpora) / f"{corpus}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                label = labels.pop((corpus, record["id"]), None)
                if label is not None:
                    texts.append(f"{record.get('title') or ''}\n{record['body']}".strip())
                    wanted.append(label)
    return texts, wanted


class Worker:
    """One competitor in its own process."""

    def __init__(self, name: str, data: Path) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [environment(COMPETITORS[name]), str(WORKER), name, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRON,
        )

    def ask(self, command: str) -> dict[str, Any]:
        """Send a command, return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def start_up(statements: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    """Time whole processes: seconds and peak memory of each statement, in turn."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in statements}
    # Not getrusage: its maximum is handed down from the process that started this one.
    program = (
        "import time; start = time.perf_counter()\n{}\n"
        "seconds = time.perf_counter() - start\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(seconds, int(peak.split()[1]) / 1024)"
    )
    for _ in range(rounds + 1):
        for name, statement in statements.items():
            done = subprocess.run(
                [environment("current"), "-c", program.format(statement)],
                capture_output=True,
                text=True,
                check=True,
                env=ENVIRON,
            )
            seconds, megabytes = (float(value) for value in done.stdout.split()[-2:])
            measured[name].append((seconds, megabytes))
    return {
        name: {
            "seconds": statistics.median(s for s, _ in runs[1:]),
            "megabytes": statistics.median(m for _, m in runs[1:]),
        }
        for name, runs in measured.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", help="folder of real news; default: our own texts")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", help="also write the figures there, as JSON")
    options = parser.parse_args()
    texts, labels = read_texts(options.corpora)
    words = sum(len(text.split()) for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "texts.json"
        data.write_text(json.dumps([texts, labels]), encoding="utf-8")
        workers = [Worker(name, data) for name in COMPETITORS]
        for worker in workers:
            worker.ask("ready")
        rounds = [
            {worker.name: worker.ask("predict") for worker in workers}
            for _ in range(options.rounds + 1)
        ][1:]
        for worker in workers:
            worker.process.kill()
    each = words / len(texts)
    print(f"{len(texts)} texts, {each:.0f} words each, {options.rounds} rounds, one core")
    print(f"{'':24}{'texts/s':>10}{'ns/word':>9}{'ours / this':>26}")
    rows = {}
    for name in COMPETITORS:
        rates = [round_[name]["texts"] / round_[name]["seconds"] for round_ in rounds]
        reference = "ours, one by one" if name.endswith("one by one") else "ours"
        ratios = [
            (round_[reference]["texts"] / round_[reference]["seconds"]) / rate
            for round_, rate in zip(rounds, rates, strict=True)
        ]
        rate = statistics.median(rates)
        rows[name] = {
            "texts_per_second": round(rate),
            "ns_per_word": round(1e9 / rate / (words / len(texts)), 1),
            "ratio": round(statistics.median(ratios), 2),
            "ratio_low": round(min(ratios), 2),
            "ratio_high": round(max(ratios), 2),
        }
        row = rows[name]
        print(
            f"{name:24}{row['texts_per_second']:10,d}{row['ns_per_word']:9.0f}"
            f"{row['ratio']:12.2f} ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})"
        )
    start = start_up(
        {
            "import numpy": "import numpy",
            "ours: import, load, first answer": "import fanews_classify as fc\n"
            "fc.load('section').predict('متن خبر')",
            "import sklearn.linear_model": "import sklearn.linear_model",
        },
        options.rounds,
    )
    print(f"\n{'start-up':36}{'seconds':>9}{'peak MB':>9}")
    for name, row in start.items():
        print(f"{name:36}{row['seconds']:9.3f}{row['megabytes']:9.0f}")
    if options.out:
        figures = {"texts": len(texts), "words": words, "speed": rows, "start_up": start}
        Path(options.out).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
