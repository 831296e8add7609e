"""Feed hostile input to the package, guided by coverage (atheris) where that is installed.

    python tests/fuzz/run.py --inputs 1000000 --save     all targets, the summary in docs/fuzz.json
    python tests/fuzz/run.py --seconds 20                each target for so long
    python tests/fuzz/run.py --target model --inputs 1000
    python tests/fuzz/run.py --target text --replay FILE one input again, with its traceback

A failure is an exception that is not the package's own, a wrong answer, more time than
FIXED + PER_BYTE * length (seconds of this process, the least of three), or more memory than
RSS_MB over that at the start. Inputs that fail are kept in --failures; exit 1 if there is one.
Without atheris inputs are drawn at random from the same seeds.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGETS = {"text": 0.21, "model": 0.25, "records": 0.22, "serve": 0.2, "recipe": 0.12}
FIXED = 2.0
PER_BYTE = 1e-4
RSS_MB = 1500
CHUNK = 20_000  # inputs of one child process
LONGEST = 256  # bytes of decisions
_ENDED = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass
class Summary:
    """What one target has seen."""

    target: str
    inputs: int = 0
    edges: int | None = None
    features: int | None = None
    failures: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    longest: int = 0
    rss_mb: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


class Watch:
    """Runs one input after the other, notes what fails and goes on."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.run: Callable[[bytes], int] = importlib.import_module(f"target_{name}").run
        self.summary = Summary(name)
        self._folder = folder
        self._began = time.time()
        for seed in seeds():
            self.run(seed)  # loads models, compiles what is compiled when first needed
        self._rss = _rss_mb()

    def __call__(self, data: bytes) -> None:
        summary = self.summary
        summary.inputs += 1
        begin = time.process_time()
        try:
            length = self.run(data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever it is, it is a finding
            self._note(data, error)
            return
        seconds = time.process_time() - begin
        if seconds > FIXED + PER_BYTE * length:
            seconds = min(seconds, self._again(data), self._again(data))
            if seconds > FIXED + PER_BYTE * length:
                self._note(data, TimeoutError(f"{seconds:.1f} s for {length} bytes"))
        summary.slowest = max(summary.slowest, round(seconds, 3))
        summary.longest = max(summary.longest, length)
        if not summary.inputs % 500:
            grown = _rss_mb() - self._rss
            if grown > RSS_MB:
                self._note(data, MemoryError(f"{grown} MB more"))
                self._rss = _rss_mb()

    def _again(self, data: bytes) -> float:
        begin = time.process_time()
        self.run(data)
        return time.process_time() - begin

    def _note(self, data: bytes, error: BaseException) -> None:
        frames = [
            f for f in traceback.extract_tb(error.__traceback__) if "run.py" not in f.filename
        ]
        own = [f for f in frames if "fanews_classify/" in f.filename or "tests/fuzz" in f.filename]
        at = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"
        kind = f"{type(error).__name__} {at}"
        kinds = self.summary.kinds
        kinds[kind] = kinds.get(kind, 0) + 1
        self.summary.failures += 1
        if kinds[kind] <= 3 and self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{self.summary.target}-{hashlib.sha256(data).hexdigest()[:12]}"
            (self._folder / name).write_bytes(data)
            print(f"FAILED {kind}: {error!s:.200} [{name}]", file=sys.stderr, flush=True)

    def finish(self, path: Path | None) -> None:
        """Write the summary so far."""
        self.summary.seconds = round(time.time() - self._began, 1)
        self.summary.rss_mb = _rss_mb()
        if path is not None:
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(asdict(self.summary)), encoding="utf-8")
            os.replace(temporary, path)


def _rss_mb() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


def seeds() -> list[bytes]:
    """Inputs to begin with: a hundred of random decisions, always the same."""
    rng = random.Random(7)
    return [rng.randbytes(rng.choice((4, 16, 64, LONGEST))) for _ in range(100)]


def drawn(seed: int) -> Iterator[bytes]:
    """Yield inputs without end: new ones, and old ones a little changed."""
    rng = random.Random(seed)
    pool = seeds()
    while True:
        if rng.random() < 0.5:
            data = bytearray(rng.randbytes(rng.choice((4, 8, 16, 32, 64, 128, LONGEST))))
        else:
            data = bytearray(rng.choice(pool))
            for _ in range(rng.randrange(1, 5)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            pool[rng.randrange(len(pool))] = bytes(data)
        yield bytes(data)


def random_run(
    name: str, inputs: int, seconds: float = 0.0, seed: int = 1, folder: Path | None = None
) -> Summary:
    """Feed a target without atheris; any of the two limits ends it, 0 is none."""
    watch = Watch(name, folder)
    end = time.time() + seconds
    for i, data in enumerate(drawn(seed)):
        if (inputs and i >= inputs) or (seconds and time.time() > end):
            break
        watch(data)
    watch.finish(None)
    return watch.summary


def _child(asked: argparse.Namespace) -> None:
    """Run one target in this process, with atheris; does not return."""
    import atheris

    with atheris.instrument_imports(include=["fanews_classify"]):
        watch = Watch(asked.target, asked.failures)
    out: Path = asked.summary
    most, end = asked.inputs, time.time() + asked.seconds

    def one(data: bytes) -> None:
        watch(data)
        done = (most and watch.summary.inputs >= most) or (asked.seconds and time.time() > end)
        if done or not watch.summary.inputs % 1000:
            watch.finish(out)
        if done:
            os._exit(0)

    asked.failures.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0], f"-max_len={LONGEST}", f"-seed={asked.seed}", "-timeout=120",
            "-rss_limit_mb=4096", "-reload=0", "-report_slow_units=600",
            f"-artifact_prefix={asked.failures.resolve()}/{asked.target}-", str(asked.corpus),
        ],
        one,
    )  # fmt: skip
    atheris.Fuzz()


def _guided(name: str, inputs: int, asked: argparse.Namespace, work: Path) -> Summary:
    """Run one target in a child process, a new one now and then: atheris itself leaks."""
    whole = Summary(name)
    began = time.time()
    corpus = work / f"{name}.corpus"
    corpus.mkdir()
    for i, seed in enumerate(seeds()):
        (corpus / f"{i:03}").write_bytes(seed)
    for number in count():
        left = inputs - whole.inputs if inputs else 0
        seconds = asked.seconds - (time.time() - began) if asked.seconds else 0.0
        if (inputs and left <= 0) or seconds < 0:
            break
        out, log = work / f"{name}.json", work / f"{name}.log"
        out.unlink(missing_ok=True)
        command = [
            sys.executable, str(HERE / "run.py"), "--child", "--target", name,
            "--inputs", str(min(left, CHUNK) or CHUNK), "--seconds", str(seconds),
            "--summary", str(out), "--seed", str(asked.seed + number), "--corpus", str(corpus),
            "--failures", str(asked.failures),
        ]  # fmt: skip
        with log.open("wb") as file:
            code = subprocess.run(command, stdout=file, stderr=file, check=False).returncode
        told = re.sub("INFO: .*\n", "", log.read_text(encoding="utf-8", errors="replace"))
        if out.exists():
            _add(whole, Summary(**json.loads(out.read_text(encoding="utf-8"))))
        for line in told.splitlines():
            if line.startswith("FAILED"):
                print(line, file=sys.stderr, flush=True)
        found = _ENDED.findall(told)
        if found:
            edges, features = map(int, found[-1])
            whole.edges = max(whole.edges or 0, edges)
            whole.features = max(whole.features or 0, features)
        if code:
            whole.failures += 1
            whole.kinds[f"the child ended with {code}"] = 1
            print(told[-3000:], file=sys.stderr)
            break
    whole.seconds = round(time.time() - began, 1)
    print(json.dumps(asdict(whole)), flush=True)
    return whole


def _add(whole: Summary, part: Summary) -> None:
    whole.inputs += part.inputs
    whole.failures += part.failures
    for kind, times in part.kinds.items():
        whole.kinds[kind] = whole.kinds.get(kind, 0) + times
    for name in ("slowest", "longest", "rss_mb"):
        setattr(whole, name, max(getattr(whole, name), getattr(part, name)))


def _all(asked: argparse.Namespace) -> list[Summary]:
    """Run the targets, some of them at a time."""
    names = [asked.target] if asked.target else list(TARGETS)
    share = sum(TARGETS[name] for name in names)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(asked.jobs) as pool:
        asked_for = [
            pool.submit(
                _guided, name, round(asked.inputs * TARGETS[name] / share), asked, Path(folder)
            )
            for name in names
        ]
        return [future.result() for future in asked_for]


def _versions(guided: bool) -> dict[str, str]:
    import numpy

    import fanews_classify

    named = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "fanews_classify": fanews_classify.__version__,
    }
    if guided:
        from importlib.metadata import version

        named["atheris"] = version("atheris")
    return named


def _save(made: list[Summary], guided: bool) -> None:
    """Put the rows of these targets into docs/fuzz.json; those of others stay."""
    path = ROOT / "docs" / "fuzz.json"
    rows: dict[str, Any] = {}
    if path.exists():
        rows = {row["target"]: row for row in json.loads(path.read_text("utf-8"))["targets"]}
    for summary in made:
        rows[summary.target] = {**asdict(summary), "guided": guided, "versions": _versions(guided)}
    limits = {"seconds": [FIXED, PER_BYTE], "rss_mb": RSS_MB}
    whole = {"limits": limits, "targets": [rows[name] for name in TARGETS if name in rows]}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--inputs", type=int, default=0, help="over all targets together")
    parser.add_argument("--seconds", type=float, default=0.0, help="for each target")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--save", action="store_true", help="put the results into docs/fuzz.json")
    parser.add_argument("--without-atheris", action="store_true")
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--summary", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    if asked.replay:
        importlib.import_module(f"target_{asked.target}").run(asked.replay.read_bytes())
        return 0
    if not asked.inputs and not asked.seconds:
        asked.inputs = 10_000
    if asked.child:
        _child(asked)
    guided = not asked.without_atheris and importlib.util.find_spec("atheris") is not None
    if guided:
        made = _all(asked)
    else:
        print("without atheris: inputs are random, not guided by coverage")
        names = [asked.target] if asked.target else list(TARGETS)
        share = sum(TARGETS[name] for name in names)
        made = [
            random_run(
                name, round(asked.inputs * TARGETS[name] / share), asked.seconds, asked.seed,
                asked.failures,
            )
            for name in names
        ]  # fmt: skip
    made.sort(key=lambda summary: list(TARGETS).index(summary.target))
    if not guided:
        for summary in made:
            print(json.dumps(asdict(summary)))
    if asked.save:
        _save(made, guided)
    return int(any(summary.failures for summary in made))


if __name__ == "__main__":
    sys.exit(main())
