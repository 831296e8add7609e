"""A bar on the terminal while long work goes on."""

from __future__ import annotations

import sys
from typing import Any, Final

from fanews_classify.cli._inputs import Inputs

_DELAY: Final = 1.0  # seconds of work before a bar appears
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


def is_terminal(stream: Any) -> bool:
    """Tell whether a person sees what is written to a stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # none, or closed
        return False
