"""The command killed, stopped, run twice at once, and where the clock goes wrong."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from faults import LABELLED, environment, gone, python, told

from fanews_classify.cli.main import main

Record = Callable[[str, object], None]
TEXTS: Final = [
    "باشگاه فوتبال شهر در لیگ قهرمان شد",
    "بانک مرکزی نرخ ارز و شاخص بورس را اعلام کرد",
    'یک "نقل"\nدو خط, ویرگول',
    "",
]
N: Final = 3000
posix = pytest.mark.skipif(os.name == "nt", reason="sends signals")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a table and what it should become."""
    monkeypatch.chdir(tmp_path)
    with Path("a.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows([str(i), f"{TEXTS[i % 4]} {i}" if i % 4 < 3 else ""] for i in range(N))
    return tmp_path


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fanews_classify.cli.main", *arguments],
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
        **options,
    )


def rows_of(name: str) -> list[Any]:
    if name.endswith(".parquet"):
        import pyarrow.parquet as pq

        found: list[Any] = pq.read_table(name).to_pylist()
        return found
    data = Path(name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    if "jsonl" in name:
        return [json.loads(line) for line in text.split("\n")[:-1]]
    return list(csv.DictReader(text.splitlines(keepends=True)))


def differences(found: str, expected: str) -> tuple[int, int]:
    """Count rows lost or doubled, and rows changed."""
    mine, whole = rows_of(found), rows_of(expected)
    kept = {row["id"]: row for row in mine}
    lost = len(mine) - len(kept) + sum(row["id"] not in kept for row in whole)
    changed = sum(row["id"] in kept and kept[row["id"]] != row for row in whole)
    return lost + abs(len(mine) - len(whole)), changed


def killed_until_done(name: str, whole: str, most: int, draw: random.Random) -> int:
    """Run and kill at random moments, at last let it finish; return the number of kills."""
    kills = 0
    while True:
        process = start("predict", "a.csv", "--out", name, "--save-every", "30")
        noted = Path(f"{name}.part", "done.jsonl")
        before = noted.stat().st_size if noted.exists() else 0
        if kills < most:
            try:
                while not (noted.exists() and noted.stat().st_size > before):
                    if process.poll() is not None:
                        break
                    time.sleep(0.001)
                time.sleep(draw.random() * 0.02)
            finally:
                process.kill()
        _, said = process.communicate(timeout=120)
        if process.returncode == 0:
            return kills
        assert process.returncode == -signal.SIGKILL, said.decode()
        kills += 1
        if Path(name).exists():  # only when it is whole
            assert Path(name).read_bytes() == Path(whole).read_bytes()
            if not Path(f"{name}.part", "done.jsonl").exists():
                shutil.rmtree(f"{name}.part", ignore_errors=True)
                return kills


@posix
@pytest.mark.parametrize("times", [5, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["o.csv", "o.jsonl.gz", "o.parquet"])
def test_killed_again_and_again(
    name: str, times: int, folder: Path, record_property: Record
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", exc_type=ImportError)
    whole = name.replace("o.", "whole.")
    assert main(["predict", "a.csv", "--out", whole, "--save-every", "30", "--quiet"]) == 0
    kills = killed_until_done(name, whole, times, random.Random(name))
    lost, changed = differences(name, whole)
    assert Path(name).read_bytes() == Path(whole).read_bytes()
    assert not Path(f"{name}.part").exists()
    told(record_property, fault="kill -9 while predict writes CSV, JSON lines or Parquet",
         done="the same command, killed again and again, ends with the bytes of a run that was "
              "not killed", lost=lost, changed=changed, times=kills)  # fmt: skip


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted_twice(jobs: str, folder: Path, record_property: Record) -> None:
    assert main(["predict", "a.csv", "--out", "whole.csv", "--save-every", "30", "--quiet"]) == 0
    arguments = ("predict", "a.csv", "--out", "o.csv", "--save-every", "30", "--jobs", jobs)
    process = start(*arguments)
    try:
        while not Path("o.csv.part", "000003").exists():
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.002)
        # As a terminal does, to all processes; and again, by somebody who cannot wait.
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (130, -signal.SIGINT), said
    assert gone(process.pid)
    assert not Path("o.csv").exists()
    assert main([*arguments, "--quiet"]) == 0
    lost, changed = differences("o.csv", "whole.csv")
    assert Path("o.csv").read_bytes() == Path("whole.csv").read_bytes()
    told(record_property, fault="Ctrl-C, twice, while predict writes a file",
         done="no process is left, the same command goes on to the bytes of a run that was not "
              "stopped", lost=lost, changed=changed)  # fmt: skip


@posix
def test_interrupted_on_standard_output(folder: Path, record_property: Record) -> None:
    process = start("predict", "a.csv", "--json", stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()  # more than a pipe holds is still to come
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert said.decode() == "fanews: interrupted\n"
    answers = (first + rest).split(b"\n")
    broken = [line for line in answers[:-1] if "label" not in json.loads(line)]
    told(record_property, fault="Ctrl-C while predict writes to standard output",
         done="exit code 130, one line to say so, every line written is whole",
         lost=int(answers[-1] != b""), changed=len(broken))  # fmt: skip


_STREAM: Final = """
import json, signal, sys
import fanews_classify as fc
section, text = fc.load("section"), sys.argv[1]
texts = [f"{text} {i}" for i in range(20_000)]
def given():
    for i, one in enumerate(texts):
        if i == 15_000:
            signal.raise_signal(signal.SIGINT)
        yield one
found, stopped = [], False
try:
    found.extend(answer.label for answer in section.stream(given()))
except KeyboardInterrupt:
    stopped = True
expected = section.predict(texts)
changed = sum(a != b for a, b in zip(found, expected))
rest = [answer.label for answer in section.stream(texts[len(found):])]
print(json.dumps([stopped, len(found), len(expected) - len(found) - len(rest), changed]))
"""


@posix
def test_an_interrupted_stream(record_property: Record) -> None:
    stopped, there, lost, changed = json.loads(python(_STREAM, TEXTS[0]))
    assert stopped
    assert there <= 15_000
    told(record_property, fault="Ctrl-C while a program reads answers of stream", lost=lost,
         done="KeyboardInterrupt at once; the answers until then are right, and the same model "
              "goes on with the rest", changed=changed)  # fmt: skip


@posix
def test_an_interrupted_server(record_property: Record) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start("serve", "--port", str(port), stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/"
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.communicate()[1].decode()
                assert time.monotonic() < end
                time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in said
    assert process.returncode in (0, 130)
    assert gone(process.pid)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    told(record_property, fault="Ctrl-C while the page is served",
         done="it ends without a traceback, its port is free", lost=0,
         changed=int(process.returncode not in (0, 130)))  # fmt: skip


@posix
def test_two_runs_to_one_file(folder: Path, record_property: Record) -> None:
    assert main(["predict", "a.csv", "--out", "whole.csv", "--save-every", "30", "--quiet"]) == 0
    arguments = ("predict", "a.csv", "--out", "o.csv", "--save-every", "30")
    both = [start(*arguments) for _ in range(2)]
    ended = [(p.communicate(timeout=120)[1].decode(), p.returncode) for p in both]
    codes = sorted(code for _, code in ended)
    if codes != [0, 2]:  # unless the second began after the first had ended
        pytest.fail(str(ended))
    said = next(said for said, code in ended if code == 2)
    assert "another run is writing" in said or "is there already" in said
    lost, changed = differences("o.csv", "whole.csv")
    told(record_property, fault="two runs of predict write one file", lost=lost, changed=changed,
         done="one is refused with a clear error, the file is that of one run")  # fmt: skip


_CLOCK: Final = """
import itertools, sys, time
back = itertools.count(2_000_000_000, -86_400)
time.time = lambda: float(next(back))  # each look at the clock is a day earlier
time.time_ns = lambda: next(back) * 10**9
from fanews_classify.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@posix
def test_the_clock_set_back(folder: Path, record_property: Record) -> None:
    import re

    assert main(["predict", "a.csv", "--out", "whole.csv", "--quiet"]) == 0
    Path("mine.csv").write_text(LABELLED, encoding="utf-8")
    assert main(["train", "--data", "mine.csv", "--out", "plain"]) == 0
    os.utime("a.csv", (4_000_000_000, 4_000_000_000))  # far in the future
    process = start("predict", "a.csv", "--out", "o.csv", "--save-every", "30")
    try:
        while not Path("o.csv.part", "000003").exists():
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()
    for path in Path("o.csv.part").iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000) if path.stem < "2" else (4e9, 4e9))
    env = {"PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _CLOCK, "predict", "a.csv", "--out", "o.csv", "--save-every", "30"],
        capture_output=True,
        check=False,
        env=environment(env),
    )
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "resuming after" in said
    assert not re.search(r"-\d", said), "no negative time or rate"
    python(_CLOCK, "train", "--data", "mine.csv", "--out", "m")
    lost, changed = differences("o.csv", "whole.csv")
    changed += Path("m").read_bytes() != Path("plain").read_bytes()
    told(record_property, fault="clock set back, files dated 2001 and 2096: predict resumed, train",
         done="same rows, same model, no negative rate", lost=lost, changed=changed,
         times=2)  # fmt: skip
