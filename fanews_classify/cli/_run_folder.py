"""A folder of what an unfinished run has done: manifest, journal, lock."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.errors import CorpusError, ParameterError

_MANIFEST: Final = "manifest.json"
_JOURNAL: Final = "done.jsonl"
_LOCK: Final = "lock"


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
        self._lock: IO[bytes] | None = None
        with writable(out):
            if folder.exists():
                self._check_ours()
                self._take()
                if not restart:
                    self._compare(manifest)
                if restart or not resumable:
                    self._clear()
            else:
                folder.mkdir()
                self._take()
            self.is_new = not (folder / _MANIFEST).exists()
            if self.is_new:
                text = json.dumps(manifest, ensure_ascii=False, indent=1)
                self.write(_MANIFEST, text.encode("utf-8", "backslashreplace"))

    def entries(self, whole: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Read the journal up to the first entry that is cut off or not `whole`."""
        journal = self.folder / _JOURNAL
        lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
        found: list[dict[str, Any]] = []
        for line in lines:
            try:
                entry = json.loads(line)
                if not whole(entry):
                    break
            except (ValueError, KeyError, TypeError, OSError):
                break
            found.append(entry)
        # A line cut off by the end of power must not be continued.
        with writable(self.out):
            self.write(_JOURNAL, b"".join(line + b"\n" for line in lines[: len(found)]))
        return found

    def note(self, entry: dict[str, Any]) -> None:
        """Append to the journal."""
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace")
        with (self.folder / _JOURNAL).open("ab") as journal:
            journal.write(line + b"\n")
            sync(journal)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        temporary = self.folder / f"{name}.tmp"
        with temporary.open("wb") as file:
            file.write(data)
            sync(file)
        os.replace(temporary, self.folder / name)

    def close(self) -> None:
        """Let other runs work on it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Remove the folder: all is done, or nothing of it can be of use later."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check_ours(self) -> None:
        names = {path.name for path in self.folder.iterdir()}
        if _MANIFEST not in names and not names <= {_LOCK, f"{_MANIFEST}.tmp"}:
            raise CorpusError(
                f"{self.folder} is there and was not made by this command; move it, or give "
                "another --out"
            )

    def _take(self) -> None:
        """Refuse if another process is writing the same."""
        try:
            import fcntl
        except ImportError:  # Windows
            return
        self._lock = (self.folder / _LOCK).open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise CorpusError(f"another run is writing {self.out} just now") from error
        except OSError:  # a file system without locks
            return

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()

    def _compare(self, manifest: dict[str, Any]) -> None:
        path = self.folder / _MANIFEST
        if not path.exists():  # killed before anything was done
            return
        try:
            before = json.loads(path.read_bytes())
        except ValueError:
            before = {}
        now = json.loads(json.dumps(manifest))
        if before != now:
            self.close()
            raise ParameterError(
                f"{self.folder} was left by an unfinished run that differs: "
                f"{'; '.join(_differences(before, now))}. Give the same command as then, or "
                "--restart to begin anew"
            )


def sync(file: IO[bytes]) -> None:
    """Have a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for key in [*now, *(key for key in before if key not in now)]:
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new)
        elif key == "input" and isinstance(old, list) and isinstance(new, list):
            changed = [one["name"] for one in new if one not in old] or ["fewer files"]
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
