"""How much one client may ask."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fanews_classify.errors import ParameterError

MAX_TEXTS: Final = 1000  # in one request
MAX_CLAIM: Final = 1000  # characters; of a claim the first 40 words are read
MAX_TOP: Final = 1000  # words explained
_CLIENTS: Final = 4096  # whose buckets are remembered


@dataclass(frozen=True)
class Limits:
    """What a server bears.

    Attributes
    ----------
    max_bytes : int
        Of the body of a request.
    rate : float
        Questions a minute from one address; so many may come at once. 0 for
        any number.
    timeout : float
        Seconds within which a request must have arrived, and again its answer
        been taken.
    handlers : int
        Requests answered at the same time.

    Raises
    ------
    ParameterError
        If a value makes no sense.

    Examples
    --------
    >>> from fanews_classify.serve import Limits
    >>> Limits(rate=30).max_bytes
    1000000
    """

    max_bytes: int = 1_000_000
    rate: float = 120.0
    timeout: float = 15.0
    handlers: int = 16

    def __post_init__(self) -> None:
        for name, least in (("max_bytes", 1), ("rate", 0), ("timeout", 1e-3), ("handlers", 1)):
            value = getattr(self, name)
            if not least <= value < math.inf:
                raise ParameterError(f"{name}={value!r}; give a number of {least} or more")


class TokenBuckets:
    """A bucket of tokens for each client, filled evenly, that holds a minute's worth.

    Parameters
    ----------
    rate : float
        Tokens a minute; 0 for any number.
    clock : callable
        Seconds that never run backwards.

    Examples
    --------
    >>> buckets = TokenBuckets(2, clock=lambda: 0.0)
    >>> [buckets.wait("a") for _ in range(3)], buckets.wait("b")
    ([0.0, 0.0, 30.0], 0.0)
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate / 60.0, clock
        self._most = max(rate, 1.0)
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        if self._rate == 0:
            return 0.0
        with self._lock:
            now = self._clock()
            tokens, before = self._held.pop(client, (self._most, now))
            tokens = min(self._most, tokens + (now - before) * self._rate)
            missing = max(0.0, 1.0 - tokens)
            self._held[client] = (tokens if missing else tokens - 1.0, now)
            # The client unseen for longest goes first, so memory has a bound.
            if len(self._held) > _CLIENTS:
                self._held.popitem(last=False)
            return missing / self._rate
