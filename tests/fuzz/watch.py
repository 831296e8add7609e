"""Tell if something runs code, opens a file or a connection while a model is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORBIDDEN = (
    "exec", "compile", "import", "pickle.find_class", "marshal.loads", "ctypes.", "socket.",
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.listdir", "os.scandir",
    "urllib.", "shutil.", "os.remove", "os.rename", "os.mkdir", "sys._getframe.never",
)  # fmt: skip


class ForbiddenActionError(BaseException):
    """What no code under test may swallow."""


_allowed: set[str] | None = None
_seen: list[str] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _allowed is None:
        return
    if event == "open":
        if str(arguments[0]) not in _allowed:
            _seen.append(f"open {arguments[0]!r}")
            raise ForbiddenActionError(_seen[-1])
    elif event.startswith(FORBIDDEN):
        _seen.append(f"{event} {arguments!r:.200}")
        raise ForbiddenActionError(_seen[-1])


_installed = False


@contextmanager
def only_this_file(*paths: Path) -> Iterator[None]:
    """Raise if, inside, code is run or imported, or another file is opened."""
    global _allowed, _installed  # noqa: PLW0603
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _seen.clear()
    _allowed = {os.fspath(path) for path in paths}
    try:
        yield
    finally:
        _allowed = None
    assert not _seen, _seen
