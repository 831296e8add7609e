"""Ctrl-C that is not lost.

Python raises KeyboardInterrupt wherever it happens to be. In a finalizer or a weak
reference's callback it is printed and forgotten, so that the work goes on as if nothing had
been pressed; where a library is tidying up it becomes another error. What is noted here
is seen at the next step of the work.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fanews_classify.errors import FanewsError


class _There:
    """What has happened while a command runs."""

    pressed: bool = False
    hook: Callable[[Any], object] = staticmethod(sys.__unraisablehook__)


@contextmanager
def noted() -> Iterator[None]:
    """Note Ctrl-C while a command runs.

    Raises
    ------
    KeyboardInterrupt
        Also in place of an error that is not the package's own.
    """
    ours = threading.current_thread() is threading.main_thread()
    # In the background of a shell Ctrl-C is ignored, and a program may have its own handler.
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    _There.hook = staticmethod(sys.unraisablehook)
    signal.signal(signal.SIGINT, _note)
    sys.unraisablehook = _quiet
    try:
        yield
    except FanewsError:
        raise
    except Exception as error:
        if _There.pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        _There.pressed = False
        sys.unraisablehook = _There.hook
        signal.signal(signal.SIGINT, signal.default_int_handler)


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed and lost."""
    if _There.pressed:
        raise KeyboardInterrupt


def is_interrupt(error: BaseException) -> bool:
    """Tell whether an error is of Ctrl-C, be it by way of another error."""
    return _There.pressed or isinstance(error, KeyboardInterrupt)


def _note(number: int, frame: Any) -> None:
    _There.pressed = True
    signal.default_int_handler(number, frame)


def _quiet(unraisable: Any) -> None:
    """Say nothing of what an interrupt has left half made; it is seen at the next step."""
    if not _There.pressed:
        _There.hook(unraisable)
