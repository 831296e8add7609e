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


def test_a_file_that_cannot_be_opened_does_not_stop_the_others(folder: Path, capsys: Any) -> None:
    whole = Path("archive/a.parquet").read_bytes()
    Path("archive/a.parquet").write_bytes(whole[: len(whole) // 2])
    Path("archive/n.csv").write_bytes(b"")
    Path("archive/n.jsonl").write_bytes(b"")  # an hour without news
    Path("archive/g.jsonl.gz").write_bytes(b"not packed")
    Path("archive/w.csv").write_bytes("text\nخبر".encode("cp1256"))
    assert run("--out", "out/") == 2
    said = capsys.readouterr().err
    assert "archive/a.parquet and 3 more cannot be read; now the other files" in said
    for name in ("a.parquet", "g.jsonl.gz", "n.csv", "w.csv"):
        assert f"not done: archive/{name}: " in said
    assert "4 of 10 files could not be read" in said
    good = ["b.jsonl.gz", "c.jsonl", "d.csv", "e.txt", "n.jsonl", "old/a.parquet"]
    assert outputs() == good
    assert Path("out/n.jsonl").read_bytes() == b""
    Path("archive/a.parquet").write_bytes(whole)
    Path("archive/n.csv").write_bytes(b"text\n")
    Path("archive/g.jsonl.gz").write_bytes(gzip.compress(b""))
    Path("archive/w.csv").write_bytes("text\nخبر".encode())
    assert run("--out", "out/", "--quiet") == 1
    assert run("--out", "whole/", "--quiet") == 1
    assert contents() == contents("whole")


def test_files_of_which_none_can_be_opened(folder: Path, capsys: Any) -> None:
    Path("one.csv").write_bytes(b"")
    Path("two.parquet").write_bytes(b"PAR1")
    assert main(["predict", "one.csv", "two.parquet", "--out", "out/"]) == 2
    assert "one.csv is empty" in capsys.readouterr().err
    assert not Path("out").exists()
    # What the command has to be changed for is said before any work.
    Path("two.csv").write_bytes(b"a,b\n1,2")
    assert main(["predict", "one.csv", "two.csv", "--out", "out/"]) == 2
    assert "say with --column" in capsys.readouterr().err


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_a_kill_before_each_single_step(
    more: list[str], tmp_path: Path, record_property: Any
) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "archive_kills.py"), str(tmp_path), *more],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["points"] > 25
    assert found["torn"] == found["stuck"] == 0
    told(
        record_property,
        fault="kill -9 of predict into a folder, with its processes",
        done="the same command goes on; same bytes in the end",
        lost=found["lost"],
        changed=found["changed"],
        times=found["points"],
    )


def stopped(*arguments: str, after: int = 6) -> None:
    """Predict into ``out/`` and stop when so many things are noted."""
    note, left = _archive.Archive._note, [after]

    def once(self: Any, *given: Any) -> None:
        note(self, *given)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_archive.Archive, "_note", once)
        assert run("--out", "out/", "--quiet", *arguments) == 130


def test_a_journal_of_garbage(folder: Path) -> None:
    assert run("--out", "whole/", "--quiet") == 1
    stopped(after=12)
    journal = Path("out/_unfinished/done.jsonl")
    good = journal.read_bytes().splitlines(keepends=True)
    entries = [json.loads(line) for line in good]
    parts = [entry for entry in entries if "part" in entry]
    strange: list[Any] = [None, True, -1, 1.0, 1e300, 1 << 200, "1", [], {}, [[1]], {"x": "y"}]
    bad = [b"\n", b"5\n", b"null\n", b"[]\n", b'"x"\n', b"{}\n", b"\0\0\n", b"[" * 99_999 + b"\n"]
    for entry in (parts[0], parts[-1], next(e for e in entries if "finished" in e)):
        for key in entry:
            bad.append(json.dumps({k: v for k, v in entry.items() if k != key}).encode() + b"\n")
            bad += [
                json.dumps({**entry, key: v}).encode() + b"\n" for v in strange if v != entry[key]
            ]
    bad += [json.dumps({**entry, "part": entry["part"] + 90}).encode() + b"\n" for entry in parts]
    random.Random(1).shuffle(bad)
    mixed = [line for pair in zip(bad, good * len(bad), strict=False) for line in pair]
    journal.write_bytes(b"".join([*mixed, *bad[::7], *good]) + good[0][:30])
    assert run("--out", "out/", "--quiet", "--jobs", "1") == 1
    assert contents() == contents("whole")


def test_what_is_not_of_this_run_is_not_replaced(folder: Path, capsys: Any) -> None:
    assert run("--out", "whole/", "--quiet") == 1
    stopped(after=9)
    assert outputs()  # some are finished
    mine = Path("out/e.txt")
    mine.write_text("mine", encoding="utf-8")
    for more in ([], ["--restart"]):
        before = contents()
        assert run("--out", "out/", *more) == 2
        assert "is there already" in capsys.readouterr().err
        assert {**contents(), "_unfinished/lock": b""} == {**before, "_unfinished/lock": b""}
    mine.unlink()
    assert run("--out", "out/") == 1
    assert "resuming after" in capsys.readouterr().err
    assert contents() == contents("whole")
    assert run("--out", "out/", "--restart") == 2
    assert run("--out", "out/", "--restart", "--overwrite", "--jobs", "2") == 1
    assert contents() == contents("whole")


def test_inputs_that_change_between_runs_and_change_back(folder: Path) -> None:
    assert run("--out", "whole/", "--quiet") == 1
    first, other = Path("archive/a.parquet"), Path("archive/old/a.parquet")
    was, about = first.read_bytes(), first.stat()
    stopped(after=3)
    first.write_bytes(other.read_bytes())
    stopped(after=2)
    first.write_bytes(was)
    os.utime(first, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert run("--out", "out/", "--jobs", "2", "--quiet") == 1
    assert contents() == contents("whole")


def test_a_file_that_changes_or_fails_while_it_is_read(folder: Path, capsys: Any) -> None:
    from fanews_classify.cli import _piecework

    answer = _piecework.Worker._answer

    def meddling(self: Any, piece: Any) -> Any:
        path = self._work.files[piece.file].path
        if path.name == "c.jsonl":
            raise LookupError("a fault\nof ours")
        if path.name == "d.csv" and path.exists():
            path.unlink()
        if str(path) == "archive/a.parquet" and piece.number == 1:
            path.write_bytes(Path("archive/old/a.parquet").read_bytes())
        return answer(self, piece)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_piecework.Worker, "_answer", meddling)
        assert run("--out", "out/") == 2
    said = capsys.readouterr().err
    assert "not done: archive/c.jsonl: it failed with LookupError: a fault of ours" in said
    assert "not done: archive/d.csv: archive/d.csv was changed" in said
    assert "not done: archive/a.parquet: archive/a.parquet was changed" in said
    assert outputs() == ["b.jsonl.gz", "e.txt", "old/a.parquet"]


@posix
def test_nobody_listens(folder: Path) -> None:
    given = ["archive/c.jsonl", "archive/e.txt", "--lines", "--out", "out/"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "fanews_classify.cli.main", "predict", *given],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=write,
        check=False,
    )
    os.close(write)
    assert outputs() == ["c.jsonl", "e.txt"]
    assert done.returncode == 1
