"""Files that are written whole or not at all, also by several processes at once."""

from __future__ import annotations

import os
import re
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
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:  # before the lock is given back
                os.replace(temporary, path)
        if fcntl is None:  # Windows renames no open file
            os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


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
