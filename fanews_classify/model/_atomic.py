"""Files that are written whole or not at all, and folders that one process has for itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_RANDOM: Final = 6


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then rename it.

    The writer holds a lock on the temporary file. One that is left unlocked is of
    a process that was killed: the next write to the same path removes it.

    Raises
    ------
    OSError
        If it cannot be written; what was at `path` stays.
    """
    _remove_left(path)
    temporary, file = _locked(path)
    try:
        with file:
            file.write(data)
            sync(file)
            if fcntl is not None:  # before the lock is given back
                os.replace(temporary, path)
        if fcntl is None:  # Windows renames no open file
            os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def sync(file: IO[bytes]) -> None:
    """Have a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _locked(path: Path) -> tuple[Path, IO[bytes]]:
    """Make a temporary file that no other process takes for left behind."""
    while True:
        temporary = path.with_name(f".{path.name}.{os.urandom(_RANDOM).hex()}.tmp")
        file = open(temporary, "xb")  # noqa: SIM115 - the caller closes it
        if fcntl is None:
            return temporary, file
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            there = os.path.samestat(os.stat(temporary), os.fstat(file.fileno()))
        except FileNotFoundError:  # another process removed it before it was locked
            there = False
        except OSError:  # a file system without locks: nobody removes anything there
            there = True
        if there:
            return temporary, file
        file.close()


def _remove_left(path: Path) -> None:
    """Remove temporary files whose writer was killed."""
    if fcntl is None:
        return
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _RANDOM}}}\.tmp")
    with suppress(OSError):  # a folder that cannot be listed
        for entry in os.scandir(path.parent):
            if not name.fullmatch(entry.name):
                continue
            with suppress(OSError), open(entry.path, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(entry.path)


class FolderLock:
    """The right of one process to work in a folder, which ends with the process.

    Parameters
    ----------
    folder : Path
    """

    NAME: Final = "lock"

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / self.NAME
        self._file: IO[bytes] | None = None

    def take(self, check: Callable[[], None]) -> None:
        """Make the folder if it is not there, and lock it.

        Parameters
        ----------
        check : callable
            Raises if the folder is something else's; called before anything is written there.

        Raises
        ------
        BlockingIOError
            If another process has it.
        OSError
            If nothing can be written there.
        """
        while True:
            self._folder.mkdir(exist_ok=True)
            # A process that has ended its work may just be removing it.
            with suppress(FileNotFoundError):
                check()
                self._file = self._path.open("wb")
                try:
                    if self._is_locked(self._file):
                        return
                except BaseException:
                    self.release()
                    raise
                self.release()

    def _is_locked(self, file: IO[bytes]) -> bool:
        """Lock a file; return False if it was removed meanwhile."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks
            return True
        return os.path.samestat(os.fstat(file.fileno()), os.stat(self._path))

    def release(self) -> None:
        """Let other processes have it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the folder, whole or not at all.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        path = self._path.with_name(name)
        temporary = self._path.with_name(f"{name}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                sync(file)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
