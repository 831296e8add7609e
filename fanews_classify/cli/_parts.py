"""A folder of finished parts beside an output file, so that a killed run can go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.cli._run_folder import (
    RunFolder,
    has_counts,
    journal_lines,
    parsed,
    stamp,
    writable,
)
from fanews_classify.model._atomic import sync

SUFFIX: Final = ".part"
_JOINED: Final = "joined"
_VERSION: Final = 1


class Parts:
    """The finished parts of an output file that is being written, in order.

    Parameters
    ----------
    out : Path
    manifest : dict
    restart : bool
    resumable : bool, default=True
        See `RunFolder`, also for the errors.

    Attributes
    ----------
    entries : list of dict
        What the journal says of each finished part.
    is_made : bool
        Whether the output is there, whole, of a run that was killed just after that.
    """

    def __init__(
        self, out: Path, manifest: dict[str, Any], *, restart: bool, resumable: bool = True
    ) -> None:
        self.out = out
        self.resumable = resumable
        self.folder = _folder(out)
        self.entries: list[dict[str, Any]] = []
        manifest = {"version_of_parts": _VERSION, **manifest}
        self._run = RunFolder(self.folder, out, manifest, restart=restart, resumable=resumable)
        lines = list(self._run.lines())
        self.is_made = _is_of(lines, out)
        if self.is_made:  # the parts may be gone already
            found = map(parsed, lines)
            self.entries = [entry for entry in found if entry and has_counts(entry)]
            return
        seen: list[None] = []

        def whole(entry: dict[str, Any]) -> bool:
            seen.append(None)
            path = self.path(len(seen) - 1)
            return has_counts(entry) and path.stat().st_size == entry["bytes"]

        self.entries = self._run.entries(whole)

    def add(self, data: bytes, entry: dict[str, Any]) -> None:
        """Write a part and note it.

        Raises
        ------
        CorpusError
            If it cannot be written; what was finished before stays.
        """
        entry = {**entry, "bytes": len(data)}
        with writable(self.out, self._kept):
            self._run.write(self.path(len(self.entries)).name, data)
            self._run.note(entry)
        self.entries.append(entry)

    def path(self, number: int) -> Path:
        """Return the file of a part."""
        return self.folder / f"{number:06d}"

    def finish(self, join: Callable[[IO[bytes]], None]) -> None:
        """Put the parts together as the output file, and remove their folder.

        Raises
        ------
        CorpusError
            If it cannot be written; the parts stay.
        """
        with writable(self.out, self._kept):
            joined = self.folder / _JOINED
            with joined.open("wb") as file:
                join(file)
                sync(file)
            # By this a run that is killed before it has removed the folder knows its output.
            self._run.note({"made": stamp(joined)})
            os.replace(joined, self.out)
        self.discard()

    def close(self) -> None:
        """Let other runs write this file."""
        self._run.close()

    def discard(self) -> None:
        """Remove the folder: nothing of it can be of use later."""
        self._run.discard()

    def _kept(self) -> str:
        with suppress(OSError):
            (self.folder / _JOINED).unlink(missing_ok=True)
        done = sum(entry["records"] for entry in self.entries)
        if not done or not self.resumable:
            return ""
        return f"; the answers of {done:,} records are kept: give the same command to go on"


def is_made(out: Path) -> bool:
    """Tell whether an output is of a run that was killed before it said so."""
    try:
        return _is_of(journal_lines(_folder(out)), out)
    except OSError:  # no folder, or one that cannot be read
        return False


def _folder(out: Path) -> Path:
    return out.with_name(out.name + SUFFIX)


def _is_of(lines: Iterable[bytes], out: Path) -> bool:
    made = [entry["made"] for entry in map(parsed, lines) if entry and "made" in entry]
    return list(stamp(out)) in made
