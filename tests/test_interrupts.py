"""Ctrl-C that Python loses, in a finalizer or by another error on the way."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from faults import LABELLED, told

from fanews_classify.cli import _archive, _asking, _interrupts, _writing, commands
from fanews_classify.cli.main import main
from fanews_classify.errors import CorpusError
from fanews_classify.training.checkpoint import Checkpoint

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals")
N: Final = 60
Press = Callable[[], None]


class Finalized:
    """An object in whose finalizer Ctrl-C arrives: Python forgets it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def lost() -> None:
    Finalized()


def turned() -> None:
    """A library tidies up after Ctrl-C and fails at that, as zipfile does."""
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        raise ValueError("there is an open writing handle")


@pytest.fixture(params=[lost, turned])
def press(request: pytest.FixtureRequest) -> Press:
    chosen: Press = request.param
    return chosen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text(LABELLED, encoding="utf-8")
    rows = [{"id": i, "text": f"باشگاه فوتبال شهر {i}"} for i in range(N)]
    made = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    Path("a.jsonl").write_text(made, encoding="utf-8")
    return tmp_path


def pressed_at(patch: pytest.MonkeyPatch, owner: Any, name: str, n: int, press: Press) -> None:
    """Press Ctrl-C in the n-th call of a function."""
    original, calls = getattr(owner, name), [0]

    def called(*given: Any, **options: Any) -> Any:
        calls[0] += 1
        found = original(*given, **options)
        if calls[0] == n:
            press()
        return found

    patch.setattr(owner, name, called)


PLACES: Final = [
    (["train", "--data", "mine.csv", "--out", "o"], Checkpoint, "put", 2, "are kept in o.part"),
    (["predict", "a.jsonl", "--out", "o.csv", "--save-every", "9"], _writing.Parts, "add", 3,
     "the answers of 27 records are kept"),
    (["predict", "a.jsonl", "--out", "o/"], _archive.SoFar, "take", 1, "are kept in o/_unfinished"),
    (["predict", "a.jsonl"], _asking.Ask, "__call__", 1, "interrupted"),
    (["explain", "a.jsonl"], commands, "read_texts", 1, "interrupted"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "owner", "name", "n", "said"), PLACES)
def test_ctrl_c_that_python_loses(
    arguments: list[str], owner: Any, name: str, n: int, said: str, press: Press,
    monkeypatch: pytest.MonkeyPatch, capsys: Any, record_property: Any,
) -> None:  # fmt: skip
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    assert main(arguments) == 0
    whole = taken(capsys)
    with monkeypatch.context() as patch:
        pressed_at(patch, owner, name, n, press)
        assert main(arguments) == 130
    err = capsys.readouterr().err
    assert said in err
    assert "interrupted" in err
    assert "ignored" not in err, "nothing of what Python forgot"
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before
    assert not Path("o").is_file()
    assert not Path("o.csv").exists()
    assert main(arguments) == 0, "the same command goes on"
    again = taken(capsys)
    told(record_property, fault="Ctrl-C that arrives in a finalizer, or becomes another error",
         done="seen at the next step: exit code 130, and the same command goes on",
         lost=int(again.keys() != whole.keys()), changed=int(again != whole))  # fmt: skip


def taken(capsys: Any) -> dict[str, str | bytes]:
    """Take away what a command has written."""
    paths = [path for path in Path().glob("o*/**/*") if path.is_file()]
    paths += [path for path in Path().glob("o*") if path.is_file()]
    found: dict[str, str | bytes] = {str(path): path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    return {**found, "standard output": capsys.readouterr().out}


@pytest.mark.parametrize("error", [CorpusError, ZeroDivisionError])
def test_which_errors_stay(error: type[Exception]) -> None:
    def after(press: Press) -> None:
        with _interrupts.noted():
            press()
            raise error

    with pytest.raises(error):
        after(_interrupts.check)
    with pytest.raises(error if error is CorpusError else KeyboardInterrupt):
        after(lost)


def test_handlers_of_others_stay(capsys: Any) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        with _interrupts.noted():
            signal.raise_signal(signal.SIGINT)
            _interrupts.check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["predict", "a.jsonl"])))
    thread.start()
    thread.join()
    assert codes == [0]
