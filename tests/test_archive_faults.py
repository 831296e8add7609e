"""``fanews predict FILES --out FOLDER/`` that is killed, interrupted, or meets what is broken."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from archive_fixtures import (
    ROOT,
    contents,
    files,
    lines,
    make_folder,
    noted,
    outputs,
    run,
    start,
)
from faults import told

from fanews_classify.cli import _archive
from fanews_classify.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_folder(tmp_path, monkeypatch)


posix = pytest.mark.skipif(os.name == "nt", reason="signals")


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_killed_again_and_again_is_gone_on_with(
    jobs: str, folder: Path, record_property: Any
) -> None:
    assert run("--out", "whole/", "--quiet", "--jobs", jobs) == 1
    killed = 0
    for after in (1, 4, 7, 11, 15):
        process = start("--jobs", jobs, "--quiet")
        while process.poll() is None and noted() < after:
            time.sleep(0.002)
        if process.poll() is None:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert killed > 2
    assert run("--out", "out/", "--quiet", "--jobs", jobs) == 1
    mine, whole = contents(), contents("whole")
    told(
        record_property,
        fault="kill -9 of predict into a folder, with its processes",
        done="the same command goes on; same bytes in the end",
        lost=len(mine.keys() ^ whole.keys()),
        changed=sum(mine[name] != whole[name] for name in whole),
        times=killed,
    )


@posix
def test_a_killed_worker_costs_nothing(folder: Path, record_property: Any) -> None:
    assert run("--out", "whole/", "--quiet") == 1
    make = (
        "import os, signal, sys, time, pathlib\n"
        "from fanews_classify.cli import _piecework\n"
        "answer = _piecework.Worker._answer\n"
        "def once(self, piece):\n"
        "    mark = pathlib.Path('killed')\n"
        "    if piece.number == 2 and not mark.exists():\n"
        "        mark.touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return answer(self, piece)\n"
        "_piecework.Worker._answer = once\n"
        "from fanews_classify.cli import _pieces\n"
        "_pieces._BLOCK = 1500\n"
        "if __name__ == '__main__':\n"
        "    from fanews_classify.cli.main import main\n"
        "    sys.exit(main(sys.argv[1:]))\n"
    )
    Path("script.py").write_text(make, encoding="utf-8")  # spawned processes run it as well
    given = ["predict", *files(), "--lines", "--save-every", "20", "--out", "out/", "--jobs", "2"]
    done = subprocess.run(
        [sys.executable, "script.py", *given],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()
    assert Path("killed").exists()
    mine, whole = contents(), contents("whole")
    told(
        record_property,
        fault="kill -9 of a worker process",
        done="its piece is given to a new process",
        lost=len(mine.keys() ^ whole.keys()),
        changed=sum(mine[name] != whole[name] for name in whole),
    )


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_done(jobs: str, folder: Path) -> None:
    assert run("--out", "whole/", "--quiet") == 1
    process = start("--jobs", jobs)
    while noted() < 4:
        assert process.poll() is None
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said.decode()
    assert "the same command goes on" in said.decode()
    assert "Traceback" not in said.decode()
    assert run("--out", "out/", "--jobs", jobs) == 1
    assert contents() == contents("whole")


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_full_disk(jobs: str, folder: Path) -> None:
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "from fanews_classify.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    given = ["predict", "archive/c.jsonl", "archive/d.csv", "--out", "out/", "--jobs", jobs]
    done = subprocess.run(
        [sys.executable, "-c", code, *given],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2, done.stderr.decode()
    assert "cannot write out: File too large" in done.stderr.decode()
    assert "give the same command to go on" in done.stderr.decode()
    assert main(given) == 1
    assert list(contents()) == ["c.jsonl", "d.csv"]
    assert len(contents()["c.jsonl"].splitlines()) == 62


def test_a_damaged_file_does_not_stop_the_others(folder: Path, capsys: Any) -> None:
    noise = random.Random(1)
    text = "".join(noise.choices("ابپتجچحخ ", k=400_000))  # more than is looked at before
    whole = gzip.compress(lines(300) + b"\n" + json.dumps({"text": text}).encode())
    Path("archive/b.jsonl.gz").write_bytes(whole[:-20])
    good = Path("archive/old/a.parquet").read_bytes()
    Path("archive/old/a.parquet").write_bytes(good[:4] + bytes(300) + good[304:])
    assert run("--out", "out/") == 2
    said = capsys.readouterr().err
    assert "not done: archive/b.jsonl.gz: cannot read" in said
    assert "not done: archive/old/a.parquet: cannot read" in said
    assert "2 of 6 files could not be read to their end" in said
    assert outputs() == ["a.parquet", "c.jsonl", "d.csv", "e.txt"]
    before = Path("out/c.jsonl").stat().st_mtime_ns
    assert run("--out", "out/", "--quiet") == 2  # tried once more, and the others are not
    assert Path("out/c.jsonl").stat().st_mtime_ns == before
    Path("archive/b.jsonl.gz").write_bytes(whole)
    Path("archive/old/a.parquet").write_bytes(good)
    assert run("--out", "out/") == 1
    said = capsys.readouterr().err
    assert "done anew: 1 of the files" in said  # of the other one nothing was done
    assert "4 of 6 files are finished" in said
    assert len(contents()) == 6
    assert run("--out", "whole/") == 1
    assert contents() == contents("whole")


def test_two_runs_into_one_folder(folder: Path, capsys: Any) -> None:
    pytest.importorskip("fcntl")
    note = _archive.Archive._note
    seen: list[int] = []

    def twice(self: Any, *given: Any) -> None:
        if not seen:
            seen.append(run("--out", "out/", "--quiet"))
        note(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_archive.Archive, "_note", twice)
        assert run("--out", "out/", "--quiet") == 1
    assert seen == [2]
    assert "another run is writing out just now" in capsys.readouterr().err
    assert len(contents()) == 6


def test_an_unfinished_run_that_differs(folder: Path, capsys: Any) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_archive.Archive, "_pass_on", stop)
        assert run("--out", "out/") == 130
    assert run("--out", "out/", "--model", "topic") == 2
    said = capsys.readouterr().err
    assert "--model was 'section', is 'topic'" in said
    # Parts that are gone or cut off are made once more.
    part = next(path for path in Path("out/_unfinished").glob("*-000000"))
    part.write_bytes(part.read_bytes()[:-1])
    assert run("--out", "out/") == 1
    assert run("--out", "whole/") == 1
    assert contents() == contents("whole")
