"""The same work on every backend of joblib, a Dask cluster among them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from claim_fixtures import SMALL, lay_out, small_file
from dask_cluster import connected

import fanews_classify as fc
from fanews_classify.scale import _backends
from fanews_classify.scale._backends import in_parts
from fanews_classify.training import folds
from fanews_classify.training.recipe import Features, Learner, Recipe, Validation

HERE = ["threading", "loky", "multiprocessing"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connected(__name__, threads=1) as found:
        yield found


@pytest.fixture(scope="module")
def texts(own_texts: list[dict[str, str]]) -> list[str]:
    return [f"{row['title']} {i}" for i in range(60) for row in own_texts]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from fanews_classify.scale import processes

    monkeypatch.setattr(processes, "_TASK_TEXTS", 500)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.usefixtures("small_parts")
def test_answers_are_those_of_one_process(
    backend: str, section: fc.NewsClassifier, texts: list[str]
) -> None:
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert list(fc.in_processes(section.predict, iter(texts))) == section.predict(texts)
        probabilities = np.array(list(fc.in_processes(section.predict_proba, texts[:1200])))
        answers = list(fc.in_processes(section.stream, texts[:1200]))
    assert np.array_equal(probabilities, section.predict_proba(texts[:1200]))
    assert answers == list(section.stream(texts[:1200]))


@pytest.mark.usefixtures("small_parts")
def test_answers_of_a_dask_cluster(
    client: Any, section: fc.NewsClassifier, texts: list[str]
) -> None:
    with joblib.parallel_config(backend="dask"):
        assert list(fc.in_processes(section.predict, iter(texts))) == section.predict(texts)


def square(shared: list[int], part: int) -> int:
    return shared[0] * part**2


@pytest.mark.parametrize("backend", HERE)
def test_parts_are_read_as_far_as_needed(backend: str) -> None:
    read = []

    def parts() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = in_parts(square, [3], parts())
        assert [next(found) for _ in range(3)] == [0, 3, 12]
        if backend == "multiprocessing":  # which has no generator: in rounds
            assert len(read) == 4
        assert [*found] == [3 * number**2 for number in range(3, 1000)]
    assert len(read) == 1000


class Counted:
    """Counts in each process how often it arrives there."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        counts: Any = _backends
        counts.arrived = getattr(counts, "arrived", 0) + 1
        self.__dict__.update(state)

    def __init__(self) -> None:
        self.data = bytes(100_000)


def arrivals(_: Counted, part: int) -> tuple[int, int]:
    time.sleep(0.01)
    return os.getpid(), getattr(_backends, "arrived", 0)


def test_what_is_shared_is_sent_to_a_dask_worker_once(client: Any) -> None:
    with joblib.parallel_config(backend="dask"):
        found = list(in_parts(arrivals, Counted(), range(60)))
    assert {pid for pid, _ in found} <= set(client.run(os.getpid).values())
    assert {count for _, count in found} == {1}


PASSED = 8  # parts that wait for nothing


def gated(folder: str, part: int) -> int:
    """Note who works on a part; the later ones wait until they may go on."""
    Path(folder, f"{part}-{os.getpid()}").touch()
    until = time.monotonic() + 60
    while part >= PASSED and not Path(folder, "go").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return part**2


def begun(folder: Path) -> list[list[int]]:
    """Return the parts that wait, and who works on them."""
    names = [path.name.split("-") for path in folder.iterdir() if "-" in path.name]
    return sorted(list(map(int, name)) for name in names if int(name[0]) >= PASSED)


def test_a_dask_worker_killed_in_mid_run_loses_nothing(client: Any, tmp_path: Path) -> None:
    with joblib.parallel_config(backend="dask"):
        found = in_parts(gated, str(tmp_path), range(24))
        assert next(found) == 0
        until = time.monotonic() + 60
        while not begun(tmp_path) and time.monotonic() < until:
            time.sleep(0.01)
        part, killed = begun(tmp_path)[0]
        assert killed in client.run(os.getpid).values()
        os.kill(killed, signal.SIGKILL)
        (tmp_path / "go").touch()
        assert list(found) == [part**2 for part in range(1, 24)]
    assert [pid for other, pid in begun(tmp_path) if other == part] != [killed]


RECIPE = Recipe(
    "small",
    features=(Features(min_df=1, max_tokens=40),),
    learner=Learner(C=1.0),
    validation=Validation(folds=3),
)


@pytest.fixture(scope="module")
def rows(own_texts: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    import csv

    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    chosen = [t for t in own_texts if t["section"] in ("sport", "health")][:60]
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        writer.writerows([t["body"], t["section"]] for t in chosen)
    return file


@pytest.fixture(scope="module")
def trained_here(rows: Path) -> bytes:
    return trained(rows)


def trained(rows: Path) -> bytes:
    out = rows.with_suffix(".fanews")
    fc.train(RECIPE, files=[rows], out=out)
    return out.read_bytes()


@pytest.mark.parametrize("backend", HERE)
def test_cross_validation_gives_the_same_model(
    backend: str, rows: Path, trained_here: bytes
) -> None:
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert trained(rows) == trained_here


def test_cross_validation_on_a_dask_cluster(
    client: Any, rows: Path, trained_here: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: object) -> None:
        raise AssertionError("a fold was fitted in this process")

    monkeypatch.setattr(folds, "fit_on", here)
    with joblib.parallel_config(backend="dask"):
        assert trained(rows) == trained_here
    with pytest.raises(AssertionError, match="in this process"):
        trained(rows)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_claims_are_cross_validated_there_as_well(backend: str, tmp_path: Path) -> None:
    out = tmp_path / "claims.fanews"
    with joblib.parallel_config(backend=backend, n_jobs=2):
        fc.train(SMALL, data=lay_out(tmp_path), out=out)
    assert out.read_bytes() == small_file()


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
def test_threads_do_not_share_random_numbers() -> None:
    """Those of liblinear are one sequence for the whole process."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from sklearn.svm import LinearSVC

    from fanews_classify.training._fitting import fitted

    random = np.random.default_rng(0)
    X, y = random.normal(size=(150, 600)), random.integers(2, size=150)

    def fit(seed: int) -> bytes:
        model = LinearSVC(dual=True, max_iter=20, random_state=seed)
        return fitted(model, X, y).coef_.tobytes()  # type: ignore[no-any-return]

    alone = [fit(seed) for seed in range(60)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(fit, range(60))) == alone


KILLED = """
import sys
import fanews_classify as fc
section = fc.load("section")
texts = (f"نرخ سود بانکی بالا رفت {number}" for number in range(10**9))
for number, _ in enumerate(fc.in_processes(section.predict, texts, n_jobs=2)):
    if number == 20_000:
        print("under way", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_one_that_wants_the_answers(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == b"under way"
        assert len(_members(parent.pid)) >= 3
        parent.send_signal(how)
        parent.wait(timeout=60)
        until = time.monotonic() + 60
        while (left := _members(parent.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        assert not left


def _members(group: int) -> list[int]:
    """Return the processes of a session that are alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has just ended
            continue
        if int(session) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found
