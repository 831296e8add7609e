"""A folder of what an unfinished run has done: manifest, journal, lock."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.model._atomic import FolderLock, sync

JOURNAL: Final = "done.jsonl"
_MANIFEST: Final = "manifest.json"
_LAST: Final = (_MANIFEST, JOURNAL, FolderLock.NAME)
"""Removed last, in this order: a run that is killed meanwhile knows its folder again."""
_SIGN: Final = "version_of_"  # with which a name in each manifest begins
_SYNC: Final = 1.0  # seconds of work that may have to be done once more after the end of power


class RunFolder:
    """What lets the same command go on where an earlier one was stopped.

    What is done is written to a temporary name, renamed, and noted in a journal
    after that: what the journal names is whole.

    Parameters
    ----------
    folder : Path
    out : Path
        What is written in the end; for messages.
    manifest : dict
        What the run depends on, as JSON values: input, model, options.
    restart : bool
        Throw away what an earlier run left.
    resumable : bool, default=True
        Whether the same input can be read once more.

    Attributes
    ----------
    is_new : bool
        Whether nothing of an earlier run is gone on with.

    Raises
    ------
    CorpusError
        If another process works on it, it was not made by this command, or it cannot
        be written.
    ParameterError
        If an earlier run was about something else.
    """

    def __init__(
        self,
        folder: Path,
        out: Path,
        manifest: dict[str, Any],
        *,
        restart: bool,
        resumable: bool = True,
    ) -> None:
        self.folder, self.out = folder, out
        self._lock = FolderLock(folder)
        self._synced = time.monotonic()
        with writable(out):
            try:
                self._lock.take(self._check_ours)
            except BlockingIOError as error:
                raise CorpusError(f"another run is writing {out} just now") from error
            if not restart:
                self._compare(manifest)
            if restart or not resumable:
                self._clear()
            self.is_new = not (folder / _MANIFEST).exists()
            if self.is_new:
                self._clear()  # a journal without its manifest
                text = json.dumps(manifest, ensure_ascii=False, indent=1)
                self.write(_MANIFEST, text.encode("utf-8", "backslashreplace"))

    def entries(self, whole: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Read the journal up to the first entry that is cut off or not `whole`."""
        found: list[dict[str, Any]] = []
        kept: list[bytes] = []
        for line in self.lines():
            entry = parsed(line)
            try:
                if entry is None or not whole(entry):
                    break
            except OSError:
                break
            found.append(entry)
            kept.append(line)
        self.rewrite(kept)
        return found

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the journal, each with its end."""
        return journal_lines(self.folder)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Keep these lines only; one cut off by the end of power must not be continued."""
        with writable(self.out):
            self.write(JOURNAL, b"".join(lines))

    def note(self, entry: dict[str, Any], *, at_once: bool = True) -> None:
        """Append to the journal; what is not on the disk at once is so a second later."""
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace")
        with (self.folder / JOURNAL).open("ab") as journal:
            journal.write(line + b"\n")
            if at_once or not 0 <= time.monotonic() - self._synced < _SYNC:
                sync(journal)
                self._synced = time.monotonic()

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        self._lock.write(name, data)

    def close(self) -> None:
        """Let other runs work on it."""
        self._lock.release()

    def discard(self) -> None:
        """Remove the folder: all is done, or nothing of it can be of use later."""
        with suppress(OSError):
            self._clear()
            # Other runs are kept off until nothing is left that they could take for theirs.
            (self.folder / FolderLock.NAME).unlink(missing_ok=True)
            self.folder.rmdir()
        self.close()

    def tidy(self, kept: Iterable[str]) -> None:
        """Remove what a killed run left, but for the files of these names."""
        names = {*kept, *_LAST}
        for path in self.folder.iterdir():
            if path.name not in names:
                with suppress(OSError):
                    path.unlink()

    def _check_ours(self) -> None:
        names = {path.name for path in self.folder.iterdir()}
        temporary = {f"{name}.tmp" for name in _LAST}
        ours = names <= {*_LAST, *temporary}
        if _MANIFEST in names:
            try:
                found = json.loads((self.folder / _MANIFEST).read_bytes())
                ours = any(name.startswith(_SIGN) for name in found)
            except (ValueError, TypeError, AttributeError, RecursionError):
                ours = False
        if not ours:
            raise CorpusError(
                f"{self.folder} is there and was not made by this command; move it, or give "
                "another --out"
            )

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name not in _LAST:
                path.unlink()
        for name in (_MANIFEST, JOURNAL):
            (self.folder / name).unlink(missing_ok=True)

    def _compare(self, manifest: dict[str, Any]) -> None:
        path = self.folder / _MANIFEST
        if not path.exists():  # killed before anything was done
            return
        before = json.loads(path.read_bytes())
        now = json.loads(json.dumps(manifest))
        if before != now:
            self.close()
            raise ParameterError(
                f"{self.folder} was left by an unfinished run that differs: "
                f"{'; '.join(_differences(before, now))}. Give the same command as then, or "
                "--restart to begin anew"
            )


def journal_lines(folder: Path) -> Iterator[bytes]:
    """Yield the lines of a folder's journal, each with its end."""
    try:
        with (folder / JOURNAL).open("rb") as journal:
            yield from (line for line in journal if line.endswith(b"\n"))
    except FileNotFoundError:
        return


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line, None if there is none in it."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def is_count(value: Any) -> bool:
    """Tell whether what was read from a journal is a number that it can have had."""
    return type(value) is int and 0 <= value < 1 << 62


def has_counts(entry: dict[str, Any]) -> bool:
    """Tell whether an entry has what `Summary.merge` needs, and its columns."""
    labels, lists = entry.get("labels"), (entry.get("faults"), entry.get("columns"))
    return (
        all(is_count(entry.get(name)) for name in ("records", "faulty", "without", "bytes"))
        and isinstance(labels, dict)
        and all(map(is_count, labels.values()))
        and all(isinstance(found, list) and {str} >= set(map(type, found)) for found in lists)
    )


def stamp(path: Path) -> tuple[int, int]:
    """Return the size of a file and when it was made, (-1, 0) if there is none."""
    try:
        about = os.stat(path)
    except OSError:
        return -1, 0
    return about.st_size, about.st_mtime_ns


def _differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for key in [*now, *(key for key in before if key not in now)]:
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new)
        elif key == "input" and isinstance(old, list) and isinstance(new, list):
            known = {json.dumps(one) for one in old}
            changed = [one["name"] for one in new if json.dumps(one) not in known]
            changed = changed or ["fewer files, or in another order"]
            yield f"input changed ({', '.join(changed[:3])})"
        elif "SHA-256" in key:
            yield f"{key} changed"
        else:
            yield f"{key} was {old!r}, is {new!r}"


@contextmanager
def writable(out: Path, kept: Callable[[], str] = str) -> Iterator[None]:
    """Turn what goes wrong in writing into a `CorpusError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise CorpusError(f"cannot write {out}: {error.strerror or error}{kept()}") from error
