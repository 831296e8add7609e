"""The fuzz targets of tests/fuzz, fed a few hundred inputs each, always the same ones."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FUZZ = Path(__file__).resolve().parent / "fuzz"
INPUTS = {"text": 250, "model": 600, "records": 600, "serve": 300, "recipe": 300}


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FUZZ))
    return importlib.import_module("run")


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_fails_on_random_input(driver: Any, name: str, tmp_path: Path) -> None:
    assert set(INPUTS) == set(driver.TARGETS)
    summary = driver.random_run(name, INPUTS[name], seed=11, folder=tmp_path)
    assert summary.inputs == INPUTS[name]
    assert summary.failures == 0, summary.kinds


def test_a_wrong_target_is_found_out(
    driver: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = importlib.import_module("target_serve")

    def crash(data: bytes) -> int:
        if len(data) > 100:
            raise ValueError("found")
        return len(data)

    monkeypatch.setattr(target, "run", crash)
    monkeypatch.setattr(driver, "seeds", lambda: [b"short"])
    summary = driver.random_run("serve", 200, folder=tmp_path)
    assert summary.failures > 5
    (kind,) = summary.kinds
    assert kind.startswith("ValueError")
    assert 1 <= len(list(tmp_path.iterdir())) <= 3


def test_forged_files_get_past_the_digests(driver: Any) -> None:
    """Else the target would test nothing but SHA-256."""
    from fanews_classify.errors import ModelFileError
    from fanews_classify.model._store import from_bytes

    target = importlib.import_module("target_model")
    choices = importlib.import_module("choices")
    loaded, told = 0, set()
    for data, _ in zip(driver.drawn(3), range(400), strict=False):
        try:
            from_bytes(target.forge(choices.Choices(data)), Path("forged"))
            loaded += 1
        except ModelFileError as error:
            told.add(str(error)[:40])
    assert loaded > 20
    assert len(told) > 25


def test_the_watch_sees_code_and_files(driver: Any, tmp_path: Path) -> None:
    watch = importlib.import_module("watch")
    (tmp_path / "a").write_text("a")
    with watch.only_this_file(tmp_path / "a"):
        (tmp_path / "a").read_text()
    for action in (
        lambda: (tmp_path / "b").write_text("b"),
        lambda: eval("1 + 1"),
        lambda: importlib.import_module("this"),
        lambda: subprocess.run(["true"], check=True),
    ):
        with pytest.raises(watch.ForbiddenActionError), watch.only_this_file(tmp_path / "a"):
            action()


def test_the_command_runs_without_atheris(tmp_path: Path) -> None:
    command = [sys.executable, str(FUZZ / "run.py"), "--without-atheris", "--inputs", "60"]
    command += ["--target", "recipe", "--failures", str(tmp_path / "failures")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"target": "recipe", "inputs": 60' in done.stdout
    assert not (tmp_path / "failures").exists()
