"""What tests of faults tell the table of docs/pages/en/concepts/faults.md, and run for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ALONE: Final = ("unshare", "--mount", "--map-root-user")
"""Runs a command whose mounts end with it."""
NAMES: Final = "آبی سرخ سبز زرد سفید سیاه بنفش نارنجی صورتی کبود".split()
LABELLED: Final = "text,label\n" + "".join(
    f"تیم {name} بازی را برد,ورزش\nقیمت {name} در بازار بالا رفت,اقتصاد\n" for name in NAMES
)
"""A table of which a model can be trained in a moment."""


def told(
    record_property: Callable[[str, object], None],
    *,
    fault: str,
    done: str,
    lost: int,
    changed: int,
    times: int = 1,
) -> None:
    """Check that nothing was lost, and note it for benchmarks/faults.py.

    Parameters
    ----------
    record_property : callable
        The fixture of pytest.
    fault : str
        What happened, as "kill -9 during save". Tests with the same words
        share a row of the table; their numbers are added up.
    done : str
        What was checked afterwards, as "old model loads, byte for byte".
    lost : int
        Records, rows or models lost or doubled, as counted by the test.
    changed : int
        Answers that differ from those without the fault.
    times : int
        How often it was made to happen.
    """
    record_property(
        "fault",
        {"fault": fault, "done": done, "lost": lost, "changed": changed, "times": times},
    )
    assert times > 0, "the fault never happened"
    assert (lost, changed) == (0, 0), f"{fault}: {lost} lost, {changed} answers changed"


def python(
    code: str,
    *arguments: object,
    flags: Sequence[str] = (),
    env: Mapping[str, str | None] | None = None,
    before: Sequence[str] = (),
    fails: bool = False,
) -> str:
    """Run Python code in a process of its own; return what it printed.

    Parameters
    ----------
    code : str
    *arguments : object
        ``sys.argv[1:]``.
    flags : sequence of str
        Of the interpreter.
    env : dict of str to str or None
        Changes of the environment; None takes a variable away.
    before : sequence of str
        A command that runs the interpreter, as ``unshare -m``.
    fails : bool
        Return what it wrote to standard error, and expect that it fails.
    """
    command = [*before, sys.executable, *flags, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, check=False, env=environment(env), timeout=300
    )
    told = done.stdout.decode() + done.stderr.decode()
    assert (done.returncode != 0) == fails, told
    return (done.stderr if fails else done.stdout).decode()


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return this process's environment with changes, the package on its path."""
    changed = {**os.environ, "PYTHONPATH": str(ROOT), **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}


def can_mount() -> bool:
    """Whether a process may mount a file system that only it sees."""
    if shutil.which("unshare") is None:
        return False
    trial = [*ALONE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def gone(group: int) -> bool:
    """Whether a group of processes ends."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
