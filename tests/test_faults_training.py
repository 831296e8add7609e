"""Trainings that are killed, stopped or short of disk: the old model stays, the run goes on."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pytest
from claim_fixtures import SMALL, lay_out, small_file
from faults import LABELLED, environment, gone, python, told

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import CorpusError
from fanews_classify.model._atomic import FolderLock
from fanews_classify.training import claim_train, folds
from fanews_classify.training.checkpoint import Checkpoint
from fanews_classify.training.recipe import Features, Recipe

Record = Callable[[str, object], None]
posix = pytest.mark.skipif(os.name == "nt", reason="sends signals")
RECIPE: Final = Recipe("mine", features=(Features(min_df=1),), search={"C": [0.3, 1.0]})
TOML: Final = """
name = "mine"
[[features]]
min_df = 1
[search]
C = [0.3, 1.0]
"""
FOLDS: Final = 10  # five for each candidate


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with texts, a recipe, and a model of an earlier day."""
    (tmp_path / "mine.csv").write_text(LABELLED, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(**options: Any) -> Any:
    return fc.train(RECIPE, files="mine.csv", out="out/m", checkpoint="out/m.part", **options)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each fold that is computed."""
    made: list[int] = []
    original = folds._score_fold

    def score(*arguments: Any) -> Any:
        made.append(1)
        return original(*arguments)

    monkeypatch.setattr(folds, "_score_fold", score)
    return made


def stopped(after: int) -> Callable[[str, int, int], None]:
    """Interrupt at the n-th finished fold."""
    seen: list[int] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "cross-validation" and done:
            seen.append(done)
            if len(seen) == after:
                raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("after", [1, 7, FOLDS])
def test_finished_folds_are_not_computed_again(
    after: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fc.train(RECIPE, files="mine.csv", out="plain")
    made = counted(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(progress=stopped(after))
    assert len(made) == after
    training = train()
    assert len(made) == FOLDS, "each fold once"
    assert Path("out/m").read_bytes() == Path("plain").read_bytes()
    assert os.listdir("out") == ["m"]
    assert len(training.tried) == 2


@pytest.mark.filterwarnings("ignore:[0-9]+ tasks")  # of folds that were under way
def test_a_checkpoint_changes_nothing_and_several_processes_can_go_on(folder: Path) -> None:
    fc.train(RECIPE, files="mine.csv", out="plain")
    train()
    assert Path("out/m").read_bytes() == Path("plain").read_bytes()
    for backend in ("loky", "threading"):
        with joblib.parallel_config(backend, n_jobs=2):
            with pytest.raises(KeyboardInterrupt):
                train(progress=stopped(7))
            assert len(list(Path("out/m.part").glob("*.npz"))) == 7
            train()
        assert Path("out/m").read_bytes() == Path("plain").read_bytes()


@pytest.mark.parametrize("what", ["texts", "recipe", "files", "version"])
def test_folds_of_something_else_are_thrown_away(
    what: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(progress=stopped(3))
    recipe = RECIPE
    if what in ("texts", "files"):
        text = Path("mine.csv").read_text(encoding="utf-8")
        changed = text.replace("برد", "باخت", 1) if what == "texts" else text + "\n"
        Path("mine.csv").write_text(changed, encoding="utf-8")
    elif what == "recipe":
        recipe = Recipe("mine", features=(Features(min_df=2),), search={"C": [0.3, 1.0]})
    else:
        monkeypatch.setattr(fc, "__version__", "999")
    made = counted(monkeypatch)
    fc.train(recipe, files="mine.csv", out="out/m", checkpoint="out/m.part")
    assert len(made) == FOLDS
    names = {"version": "fanews-classify"}
    assert f"{names.get(what, what)}" in caplog.text.partition("changed:")[2]
    fc.train(recipe, files="mine.csv", out="plain")
    assert Path("out/m").read_bytes() == Path("plain").read_bytes()


def test_damaged_folds_are_computed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fc.train(RECIPE, files="mine.csv", out="plain")
    with pytest.raises(KeyboardInterrupt):
        train(progress=stopped(6))
    kept = sorted(Path("out/m.part").glob("*.npz"))
    kept[0].write_bytes(b"")
    kept[1].write_bytes(kept[1].read_bytes()[:-40])
    data = bytearray(kept[2].read_bytes())
    data[len(data) // 3] ^= 1
    kept[2].write_bytes(data)
    # What would run code if it were unpickled.
    np.savez(kept[3], np.array([{}], dtype=object))
    Path("out/m.part", "half.npz.tmp").write_bytes(b"x")
    made = counted(monkeypatch)
    train()
    assert len(made) == FOLDS - 2
    assert Path("out/m").read_bytes() == Path("plain").read_bytes()
    assert os.listdir("out") == ["m"]


def test_folders_of_others_are_left_alone(folder: Path) -> None:
    Path("out/m.part").mkdir()
    Path("out/m.part/mine.txt").write_text("mine")
    with pytest.raises(CorpusError, match="holds no unfinished training"):
        train()
    assert os.listdir("out/m.part") == ["mine.txt"]
    Path("out/m.part/mine.txt").unlink()
    pytest.importorskip("fcntl")
    other = Checkpoint(Path("out/m.part"), {})
    with pytest.raises(CorpusError, match="another run is training"):
        train()
    other.close()
    train()
    assert os.listdir("out") == ["m"]
    with pytest.raises(CorpusError, match="cannot write"):
        fc.train(RECIPE, files="mine.csv", checkpoint="nowhere/m.part")


def test_nothing_is_left_where_nothing_was_done(folder: Path) -> None:
    Path("two.csv").write_text("text,label\nیک,الف\nدو,الف", encoding="utf-8")
    assert main(["train", "--data", "two.csv", "--out", "out/m"]) == 2
    assert os.listdir("out") == []


def test_claim_models_go_on_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lay_out(folder)
    with pytest.raises(KeyboardInterrupt):
        fc.train(SMALL, data=data, out="out/m", checkpoint="p", progress=stopped(1))
    made: list[int] = []
    original = claim_train._fit

    def fit(*arguments: Any) -> Any:
        made.append(1)
        return original(*arguments)

    monkeypatch.setattr(claim_train, "_fit", fit)
    fc.train(SMALL, data=data, out="out/m", checkpoint="p")
    assert len(made) == 2, "the second fold, and the model"
    assert Path("out/m").read_bytes() == small_file()
    assert not Path("p").exists()


def start(*more: str) -> subprocess.Popen[bytes]:
    arguments = ["train", "mine.toml", "--data", "mine.csv", "--out", "out/m", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "fanews_classify.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )


def end_after(process: subprocess.Popen[bytes], kept: int, sign: int) -> tuple[int, str]:
    """Send a signal once so many folds are kept; return how many are kept then."""
    try:
        while len(list(Path("out/m.part").glob("*.npz"))) < kept:
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.001)
        os.kill(process.pid, sign)
        said = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
        process.wait()
    return len(list(Path("out/m.part").glob("*.npz"))), said


@posix
@pytest.mark.parametrize("moments", [(1, 7), pytest.param(range(1, FOLDS), marks=pytest.mark.slow)])
def test_a_killed_training(moments: Any, folder: Path, record_property: Record) -> None:
    old = b"the model of an earlier day"
    fc.train("mine.toml", files="mine.csv", out="plain")
    changed = lost = 0
    Path("out/m").write_bytes(old)
    for moment in moments:
        process = start()
        kept, _ = end_after(process, moment, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        lost += kept < moment
        changed += Path("out/m").read_bytes() != old
    process = start()
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert b"saved" in out
    assert f"going on: {kept} finished folds" in said.decode()
    changed += Path("out/m").read_bytes() != Path("plain").read_bytes()
    assert os.listdir("out") == ["m"]
    told(record_property, fault="kill -9 while a model is trained", lost=lost, changed=changed,
         done="the model before stays, byte for byte; the same command goes on after the finished "
              "folds and gives the bytes of a run that was not killed",
         times=len(moments))  # fmt: skip


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_training(jobs: str, folder: Path, record_property: Record) -> None:
    fc.train("mine.toml", files="mine.csv", out="plain")
    process = start("--jobs", jobs)
    kept, said = end_after(process, 3, signal.SIGINT)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "finished folds are kept in out/m.part: the same command goes on" in said
    assert said.endswith("fanews: interrupted\n")
    assert not Path("out/m").exists()
    assert gone(process.pid)
    again = start("--jobs", jobs)
    assert again.wait(timeout=120) == 0
    changed = Path("out/m").read_bytes() != Path("plain").read_bytes()
    told(record_property, fault="Ctrl-C while a model is trained", lost=int(kept < 3),
         done="exit code 130, a message, no process left; the same command goes on",
         changed=int(changed))  # fmt: skip


def test_training_without_space_for_its_folds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fc.train(RECIPE, files="mine.csv", out="plain")
    original = FolderLock.write
    said: list[str] = []

    def full(self: FolderLock, name: str, data: bytes) -> None:
        if name.endswith(".npz"):
            said.append(name)
            raise OSError(28, "No space left on device")
        original(self, name, data)

    monkeypatch.setattr(FolderLock, "write", full)
    with caplog.at_level(logging.WARNING):
        train()
    assert len(said) == 1, "said once"
    assert "it cannot be resumed" in caplog.text
    assert Path("out/m").read_bytes() == Path("plain").read_bytes()


_FULL: Final = """
import resource, sys
from pathlib import Path
from fanews_classify.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
sys.exit(main(["train", "mine.toml", "--data", "mine.csv", "--out", "out/m"]))
"""


@posix
def test_a_disk_too_full_for_the_model(folder: Path, record_property: Record) -> None:
    old = b"the model of an earlier day"
    Path("out/m").write_bytes(old)
    fc.train("mine.toml", files="mine.csv", out="plain")
    said = python(_FULL, fails=True)
    assert "cannot write" in said
    assert "finished folds are kept" in said
    lost = Path("out/m").read_bytes() != old
    lost += len(list(Path("out/m.part").glob("*.npz"))) != FOLDS
    assert sorted(os.listdir("out")) == ["m", "m.part"]
    assert main(["train", "mine.toml", "--data", "mine.csv", "--out", "out/m"]) == 0
    told(record_property, fault="disk full when a trained model is saved", lost=lost,
         done="a clear error, the model before stays; with space again the same command trains "
              "no fold once more", changed=Path("out/m").read_bytes() != Path("plain").read_bytes(),
         )  # fmt: skip
