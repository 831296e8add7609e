"""Results of finished folds, kept in a folder so that a killed training can go on."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import fanews_classify
from fanews_classify.errors import CorpusError
from fanews_classify.model._atomic import FolderLock

Arrays = Sequence[npt.NDArray[Any]]

_MANIFEST: Final = "manifest.json"
_ENDING: Final = ".npz"
_UNREADABLE: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
# What the numbers of a fold come from.
_CODE: Final = ("text", "features", "model", "training")
_LOG: Final = logging.getLogger("fanews_classify.training")


class Checkpoint:
    """A folder of finished results, each whole or not there.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    depends : dict
        What the results depend on, as JSON values. Results that an earlier run
        left are used if they depend on the same, and else thrown away.

    Attributes
    ----------
    found : int
        Results of an earlier run.

    Raises
    ------
    CorpusError
        If the folder cannot be written, is something else's, or another process
        trains into it.
    """

    def __init__(self, folder: Path, depends: Mapping[str, Any]) -> None:
        self.folder = folder
        self._lock = FolderLock(folder)
        self._broken = False
        manifest = json.loads(json.dumps(depends))
        try:
            try:
                self._lock.take(self._check_ours)
            except BlockingIOError as error:
                raise CorpusError(
                    f"another run is training just now, with its finished folds in {folder}"
                ) from error
            try:
                before = self._read_manifest()
                if before != manifest:
                    self._empty(before, manifest)
                    self._lock.write(_MANIFEST, json.dumps(manifest, indent=1).encode())
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise CorpusError(f"cannot write {folder}: {error.strerror or error}") from error
        self.found = len(list(folder.glob(f"*{_ENDING}")))
        if self.found:
            _LOG.info("going on: %d finished folds are in %s", self.found, folder)

    def get(self, key: str) -> list[npt.NDArray[Any]] | None:
        """Return the arrays of a finished result; None if it is not there or damaged."""
        try:
            with np.load(self.folder / f"{key}{_ENDING}", allow_pickle=False) as file:
                return [file[f"arr_{i}"] for i in range(len(file.files))]
        except _UNREADABLE:
            return None

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep the arrays of a result; what cannot be kept is said once, and is no error."""
        if self._broken:
            return
        data = io.BytesIO()
        np.savez(data, *arrays)
        try:
            self._lock.write(f"{key}{_ENDING}", data.getvalue())
        except OSError as error:
            self._broken = True
            _LOG.warning(
                "cannot write %s: %s; training goes on, but from here on it cannot be resumed",
                self.folder,
                error.strerror or error,
            )

    def kept(self) -> int:
        """Count the results that a later run would find."""
        return len(list(self.folder.glob(f"*{_ENDING}")))

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let other processes use the folder."""
        self._lock.release()

    def _check_ours(self) -> None:
        names = {path.name for path in self.folder.iterdir()}
        if _MANIFEST not in names and not names <= {FolderLock.NAME, f"{_MANIFEST}.tmp"}:
            raise CorpusError(
                f"{self.folder} is there and holds no unfinished training; move it away"
            )

    def _read_manifest(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / _MANIFEST).read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _empty(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Throw away results that depend on something else."""
        left = [path for path in self.folder.iterdir() if path.name != FolderLock.NAME]
        if any(path.suffix == _ENDING for path in left):
            changed = [key for key in now if before.get(key) != now[key]]
            _LOG.warning(
                "the finished folds in %s are of something else (changed: %s): beginning anew",
                self.folder,
                ", ".join(changed),
            )
        for path in left:
            path.unlink()


@contextmanager
def kept_in(
    folder: str | os.PathLike[str] | None, depends: Callable[[], Mapping[str, Any]]
) -> Iterator[Checkpoint | None]:
    """Open a checkpoint for a training; remove it when all went well.

    Parameters
    ----------
    folder : path-like or None
        None keeps nothing.
    depends : callable
        Returns what the results depend on, as JSON values; this package is added.

    Yields
    ------
    Checkpoint or None
    """
    if folder is None:
        yield None
        return
    opened = Checkpoint(Path(folder), {**_package(), **depends()})
    try:
        yield opened
    except BaseException:
        if not opened.kept():
            opened.discard()
        opened.close()
        raise
    opened.discard()


def resumed(
    kept: Checkpoint | None, keys: Sequence[str], compute: Callable[[list[int]], Iterator[Arrays]]
) -> Iterator[list[npt.NDArray[Any]]]:
    """Yield the results of all keys in order, computing those that are not kept.

    Parameters
    ----------
    kept : Checkpoint or None
    keys : sequence of str
    compute : callable
        Takes the numbers of the missing results, and yields their arrays in order.
    """
    found = [kept.get(key) if kept is not None else None for key in keys]
    made = compute([i for i, arrays in enumerate(found) if arrays is None])
    for key, arrays in zip(keys, found, strict=True):
        if arrays is not None:
            yield arrays
            continue
        new = list(next(made))
        if kept is not None:
            kept.put(key, new)
        yield new


def digest_of(*parts: Any) -> str:
    """SHA-256 of JSON values and arrays, as a name for what follows from them."""
    digest = hashlib.sha256()
    for part in parts:
        array = isinstance(part, np.ndarray)
        data = part.tobytes() if array else json.dumps(part, sort_keys=True).encode()
        digest.update(f"{len(data)} ".encode() + data)
    return digest.hexdigest()


def _package() -> dict[str, str]:
    root = Path(fanews_classify.__file__).parent
    code = sorted(path for name in _CODE for path in (root / name).rglob("*.py"))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in code]
    return {"fanews-classify": fanews_classify.__version__, "code": digest_of(digests)}
