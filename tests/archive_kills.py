"""Kills ``fanews predict`` before each thing it does to its files, one after the other.

Run by a test in a process of its own: ``python archive_kills.py FOLDER [--overwrite]``. Each
run is a fork that ends without a word (no handler, nothing flushed) when its turn comes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from archive_fixtures import contents, files, make_archive

from fanews_classify.cli import _pieces
from fanews_classify.cli._run_folder import RunFolder
from fanews_classify.cli.main import main

_CALLS: Final = ("replace", "fsync", "unlink", "rmdir", "mkdir")
_DIED: Final = 77


def predict(name: str, *more: str) -> int:
    given = ["--lines", "--save-every", "20", "--quiet", "--out", f"{name}/", *more]
    return main(["predict", *files(), *given])


def forked(call: Callable[[], int]) -> int:
    """Return how a call ends in a process of its own."""
    child = os.fork()
    if not child:
        code = 70
        try:
            code = call()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(before: int, *more: str) -> int:
    """Predict, and end before the call of this number."""
    left = [before]

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                if name == "note":  # in the middle of the line
                    run, entry = given
                    with (run.folder / "done.jsonl").open("ab") as journal:
                        journal.write(json.dumps(entry).encode()[:40])
                os._exit(_DIED)
            return real(*given, **named)

        return call

    for name in _CALLS:
        setattr(os, name, counted(name, getattr(os, name)))
    RunFolder.note = counted("note", RunFolder.note)  # type: ignore[method-assign]
    return predict("out", *more)


def all_points(*more: str) -> dict[str, int]:
    """Kill at each point; return what was counted."""
    whole = contents("whole")
    old = dict.fromkeys(whole, b"old") if more else {}
    told = {"points": 0, "lost": 0, "changed": 0, "torn": 0, "stuck": 0}
    while True:
        shutil.rmtree("out", ignore_errors=True)
        for name, data in old.items():
            Path("out", name).parent.mkdir(parents=True, exist_ok=True)
            Path("out", name).write_bytes(data)
        if forked(lambda: killed(told["points"] + 1, *more)) != _DIED:
            return told
        told["points"] += 1
        seen = {name: Path("out", name) for name in whole}
        torn = [n for n, p in seen.items() if p.exists() and p.read_bytes() != whole[n]]
        told["torn"] += sum(seen[name].read_bytes() != old.get(name) for name in torn)
        ready = not Path("out/_unfinished/manifest.json").exists()
        code = forked(lambda: predict("out", *more))
        # Killed after the last output was there, and while nothing but traces was left.
        told["stuck"] += code != 1 and not (code == 2 and ready and not torn)
        now = contents()
        told["lost"] += len(now.keys() ^ whole.keys())
        told["changed"] += sum(now.get(name) != whole[name] for name in whole)


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    _pieces._BLOCK = 1500  # type: ignore[misc]
    make_archive(30)
    for name in files():
        if name not in ("archive/c.jsonl", "archive/old/a.parquet"):
            Path(name).unlink()
    assert forked(lambda: predict("whole")) == 1
    print(json.dumps(all_points(*sys.argv[2:])))
