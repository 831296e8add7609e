"""Pieces of work in processes that may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pool_tasks
import pytest
from faults import told

from fanews_classify.errors import ParameterError, WorkerError
from fanews_classify.scale.pool import Pool

ROOT = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="signals")


def results(pool: Pool[int, Any], tasks: list[int]) -> dict[int, Any]:
    """Do all tasks."""
    waiting, found = list(reversed(tasks)), {}
    while True:
        while waiting and pool.has_room:
            pool.submit(waiting.pop())
        done = list(pool.done())
        if not done:
            return found
        for task, result in done:
            assert task not in found, "done twice"
            found[task] = result


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rsplit(")", 1)[1].split()[0] != "Z"


def gone(pids: list[int], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while any(map(is_alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(is_alive, pids))


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_is_done_once_and_errors_are_handed_on(jobs: int, tmp_path: Path) -> None:
    with Pool(pool_tasks.doubling, tmp_path, jobs) as pool:
        found = results(pool, [1, -5, *range(2, 12)])
    assert isinstance(found.pop(-5), ValueError)
    assert {task: result[0] for task, result in found.items()} == {n: 2 * n for n in range(1, 12)}
    processes = {result[1] for result in found.values()}
    assert len(processes) <= len(list(tmp_path.iterdir())) <= jobs  # one may have failed only
    assert (os.getpid() in processes) == (jobs == 1)


@posix
def test_the_piece_of_a_killed_process_is_given_to_another(
    tmp_path: Path, record_property: Any
) -> None:
    with Pool(pool_tasks.dying, tmp_path, 2) as pool:
        tasks = [0, 1, 2, 3, 5, 6]
        done = results(pool, tasks)
        # One that kills whoever touches it is given up, and takes no other with it.
        found = results(pool, [4, *range(10, 16)])
    assert isinstance(found.pop(4), WorkerError)
    assert found == {n: n for n in range(10, 16)}
    assert (tmp_path / "died").exists()
    told(
        record_property,
        fault="kill -9 of a worker process",
        done="its piece is given to a new process",
        lost=len(done.keys() ^ set(tasks)),
        changed=sum(task != result for task, result in done.items()),
    )


def test_what_fails_at_the_beginning_is_told(tmp_path: Path) -> None:
    with Pool(pool_tasks.failing, "no model", 2) as pool:
        assert isinstance(results(pool, [1])[1], LookupError)
    with pytest.raises(ParameterError):
        Pool(pool_tasks.failing, "", 0)


@posix
def test_leaving_ends_the_processes(tmp_path: Path) -> None:
    with Pool(pool_tasks.sleeping, tmp_path, 2) as pool:
        pool.submit(1)
        pool.submit(2)
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.02)
    assert gone([int(path.name) for path in tmp_path.iterdir()])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_no_process_outlives_the_one_that_gave_it_work(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, pool_tasks\n"
        "from fanews_classify.scale.pool import Pool\n"
        "if __name__ == '__main__':\n"
        "    with Pool(pool_tasks.sleeping, pathlib.Path(sys.argv[1]), 2) as pool:\n"
        "        pool.submit(1); pool.submit(2); list(pool.done())\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    folder = tmp_path / "pids"
    folder.mkdir()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)], env={**os.environ, "PYTHONPATH": path}
    )
    while len(list(folder.iterdir())) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone([int(one.name) for one in folder.iterdir()])


def test_what_cannot_be_sent_back_costs_itself_only() -> None:
    with Pool(pool_tasks.awkward, None, 2) as pool:
        found = results(pool, [1, 2, 3, 4])
    assert isinstance(found[1], WorkerError)
    assert "StubbornError: an error" in str(found[1])
    assert isinstance(found[2], Exception)
    assert (found[3], found[4]) == (3, 4)


@posix
def test_processes_that_end_at_once_are_not_started_for_ever() -> None:
    with (
        Pool(pool_tasks.awkward, pool_tasks.Bomb(), 2) as pool,
        pytest.raises(WorkerError, match="as soon as they were started"),
    ):
        results(pool, [3, 4, 5, 6])


def test_where_processes_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = Pool._worker, []

    def scarce(self: Pool[Any, Any]) -> Any:
        if len(made) == most:
            raise BlockingIOError("too many processes")
        made.append(make(self))
        return made[-1]

    monkeypatch.setattr(Pool, "_worker", scarce)
    most = 1
    with Pool(pool_tasks.awkward, None, 3) as pool:
        assert results(pool, [3, 4, 5, 6]) == {n: n for n in (3, 4, 5, 6)}
    assert len(made) == 1
    most = 1
    with (
        Pool(pool_tasks.awkward, None, 3) as pool,
        pytest.raises(WorkerError, match="no process can be started: too many"),
    ):
        results(pool, [3])
