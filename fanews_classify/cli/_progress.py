"""A bar on the terminal while long work goes on."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import suppress
from typing import Any, Final

from fanews_classify.cli._inputs import Inputs

_DELAY: Final = 1.0  # seconds of work before a bar appears
_EVERY_SECONDS: Final = 60.0  # between two lines of a log
_EVERY: Final = 256  # records between two looks at it


class Progress:
    """A bar of tqdm on standard error; nothing without tqdm.

    It counts bytes where the size of the input is known, else records.

    Parameters
    ----------
    inputs : Inputs
    shown : bool
    """

    def __init__(self, inputs: Inputs, shown: bool) -> None:
        self._inputs = inputs
        self._bytes = not inputs.whole_texts and inputs.total is not None
        self._records = 0
        self._bar: Any = self._made() if shown else None

    def _made(self) -> Any:
        try:
            from tqdm import tqdm
        except ImportError:
            return None
        settings: dict[str, Any] = {"unit": " records", "unit_scale": True}
        if self._bytes:
            settings |= {"total": self._inputs.total, "unit": "B"}
        elif self._inputs.whole_texts:
            settings |= {"total": len(self._inputs.paths), "unit_scale": False}
        return tqdm(desc="fanews", delay=_DELAY, file=sys.stderr, leave=False, **settings)

    def count(self, records: int = 1) -> None:
        """Tell that more records are done."""
        before, self._records = self._records, self._records + records
        if self._bar is None or self._records // _EVERY == before // _EVERY:
            return
        self._show()

    def _show(self) -> None:
        if self._bytes:
            self._bar.set_postfix_str(f"{self._records:,} records", refresh=False)
            self._bar.update(self._inputs.position - self._bar.n)
        else:
            self._bar.update(self._records - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


class ArchiveProgress:
    """How far an archive is, how fast it goes, and how long it still takes.

    On a terminal a bar of tqdm; elsewhere, as in the log of a night's run, a line each
    minute.

    Parameters
    ----------
    total, done : int
        Bytes of the files, and of those what an earlier run has done.
    records : int
        Those of the earlier run.
    shown : bool
    """

    def __init__(self, total: int, done: int, records: int, shown: bool) -> None:
        self._total, self._begun, self._before = total, done, records
        self._start = self._told = time.monotonic()
        self._shown = shown
        self._bar: Any = None
        if shown and is_terminal(sys.stderr):
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self._bar = tqdm(
                desc="fanews", total=total, initial=done, unit="B", unit_scale=True,
                delay=_DELAY, file=sys.stderr, leave=False,
            )  # fmt: skip

    def show(self, done: int, records: int) -> None:
        """Tell how many bytes and records are done."""
        if self._bar is not None:
            with suppress(OSError, ValueError):  # the terminal is gone: the work goes on
                self._bar.set_postfix_str(self._rate(records), refresh=False)
                self._bar.update(done - self._bar.n)
        elif self._shown and time.monotonic() - self._told >= _EVERY_SECONDS:
            self._told = time.monotonic()
            say(self.line(done, records))

    def line(self, done: int, records: int) -> str:
        """Return a line for a log."""
        seconds = max(time.monotonic() - self._start, 1e-3)
        rate = (done - self._begun) / seconds
        left = f", {_duration((self._total - done) / rate)} left" if rate > 0 else ""
        share = done / max(self._total, 1)
        return f"{records:,} records, {share:.0%} of the input, {self._rate(records)}{left}"

    def _rate(self, records: int) -> str:
        seconds = max(time.monotonic() - self._start, 1e-3)
        return f"{(records - self._before) / seconds:,.0f} records a second"

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            with suppress(OSError, ValueError):
                self._bar.close()


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def say(message: str) -> None:
    """Write a line on standard error; whether anybody is there to read it decides nothing."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"fanews: {message}", file=sys.stderr, flush=True)


def expect_to_be_stopped() -> None:
    """Let joblib not warn of work that is thrown away, which is meant if the user stops it.

    It warns as late as at the end of the program, so this stays in force.
    """
    warnings.filterwarnings("ignore", "[0-9]+ tasks ", UserWarning)


def is_terminal(stream: Any) -> bool:
    """Tell whether a person sees what is written to a stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # none, or closed
        return False
