"""Worker processes that end when the process which wants their answers is gone."""

from __future__ import annotations

import os
import threading
import time
from functools import cache
from typing import Final

_LOOK_AGAIN: Final = 1.0  # seconds


@cache
def watch(owner: int) -> None:
    """End this process soon after its parent is no longer `owner`.

    Without it the processes of a killed command would wait for work for ever: they hold
    the other end of their own pipe. Nothing is done where `owner` is not the parent.
    """
    if os.getppid() != owner:
        return

    def wait() -> None:
        while os.getppid() == owner:
            time.sleep(_LOOK_AGAIN)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
