"""A folder of finished parts beside an output file, so that a killed run can go on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.errors import CorpusError, ParameterError

SUFFIX: Final = ".part"
_MANIFEST: Final = "manifest.json"
_JOURNAL: Final = "done.jsonl"
_JOINED: Final = "joined"
_LOCK: Final = "lock"
_VERSION: Final = 1


class Parts:
    """The finished parts of an output file that is being written.

    Each part is written to a temporary name and then renamed, and noted in a
    journal after that: what the journal names is whole.

    Parameters
    ----------
    out : Path
    manifest : dict
        What the parts depend on, as JSON values: input, model, options.
    restart : bool
        Throw away what an earlier run left.
    resumable : bool, default=True
        Whether the same input can be read once more.

    Attributes
    ----------
    entries : list of dict
        What the journal says of each finished part.

    Raises
    ------
    CorpusError
        If an earlier run was about something else, or cannot be gone on with.
    """

    def __init__(
        self, out: Path, manifest: dict[str, Any], *, restart: bool, resumable: bool = True
    ) -> None:
        self.out = out
        self.resumable = resumable
        self.folder = out.with_name(out.name + SUFFIX)
        self.entries: list[dict[str, Any]] = []
        self._lock: IO[bytes] | None = None
        manifest = {"version_of_parts": _VERSION, **manifest}
        with writable(out):
            if self.folder.exists():
                self._check_ours()
                self._take()
                if not restart:
                    self._compare(manifest)
                if resumable and not restart:
                    self._read_journal()
                else:
                    self._clear()
            else:
                self.folder.mkdir()
                self._take()
            if not (self.folder / _MANIFEST).exists():
                text = json.dumps(manifest, ensure_ascii=False, indent=1)
                self._write(_MANIFEST, text.encode("utf-8", "backslashreplace"))

    def add(self, data: bytes, entry: dict[str, Any]) -> None:
        """Write a part and note it.

        Raises
        ------
        CorpusError
            If it cannot be written; what was finished before stays.
        """
        entry = {**entry, "bytes": len(data)}
        with writable(self.out, self):
            self._write(self.path(len(self.entries)).name, data)
            line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace")
            with (self.folder / _JOURNAL).open("ab") as journal:
                journal.write(line + b"\n")
                _sync(journal)
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
        with writable(self.out, self):
            joined = self.folder / _JOINED
            with joined.open("wb") as file:
                join(file)
                _sync(file)
            os.replace(joined, self.out)
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let other runs write this file."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Remove the folder: nothing of it can be of use later."""
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
        """Refuse if another process is writing the same file."""
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

    def _read_journal(self) -> None:
        journal = self.folder / _JOURNAL
        lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
        for number, line in enumerate(lines):
            try:
                entry = json.loads(line)
                whole = self.path(number).stat().st_size == entry["bytes"]
            except (ValueError, KeyError, TypeError, OSError):
                whole = False
            if not whole:
                break
            self.entries.append(entry)
        # A line cut off by the end of power must not be continued.
        self._write(_JOURNAL, b"".join(line + b"\n" for line in lines[: len(self.entries)]))

    def _write(self, name: str, data: bytes) -> None:
        temporary = self.folder / f"{name}.tmp"
        with temporary.open("wb") as file:
            file.write(data)
            _sync(file)
        os.replace(temporary, self.folder / name)


def _sync(file: IO[bytes]) -> None:
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
def writable(out: Path, parts: Parts | None = None) -> Iterator[None]:
    """Turn what goes wrong in writing into a `CorpusError` that says what to do."""
    try:
        yield
    except OSError as error:
        kept = ""
        if parts is not None:
            done = sum(entry["records"] for entry in parts.entries)
            if done and parts.resumable:
                kept = f"; the answers of {done:,} records are kept: give the same command to go on"
            with suppress(OSError):
                (parts.folder / _JOINED).unlink(missing_ok=True)
        raise CorpusError(f"cannot write {out}: {error.strerror or error}{kept}") from error
