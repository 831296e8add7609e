"""Polynomial hashes of byte strings, for a whole batch at once.

The hash of bytes ``b_0 … b_{n-1}`` is ``sum(b_i * P**i) mod 2**64`` with an
odd multiplier (Karp and Rabin, 1987). Because it is linear, a prefix sum over
a batch gives the hash of every token by one difference and one scaling with
the inverse power, and the hash of two tokens glued together follows from
theirs. A run of words is hashed from the hashes of its words in the same way,
with another multiplier. Terms are compared through 64 bits only; the fitted
vocabulary refuses terms that collide, so the chance left is that of an unknown
word colliding with a known one, about 1e-12 a look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

UInt64Array = npt.NDArray[np.uint64]

MULTIPLIER: Final = 0x9E3779B97F4A7C15 | 1  # 2**64 / golden ratio: well spread, odd
_INVERSE: Final = pow(MULTIPLIER, -1, 1 << 64)
BLANK: Final = b" "  # between the words of a run, and around a word for its n-grams
_RUN_MULTIPLIER: Final = 0xA0761D6478BD642F
WINDOW: Final = 1 << 16  # bytes hashed at a time; keeps the work inside the cache


def _powers(base: int, count: int) -> UInt64Array:
    steps = np.full(count, base, dtype=np.uint64)
    steps[0] = 1
    return np.multiply.accumulate(steps)


POWERS: Final = _powers(MULTIPLIER, WINDOW + 1)
INVERSE_POWERS: Final = _powers(_INVERSE, WINDOW + 1)


def hash_bytes(term: bytes) -> int:
    """Return the hash of one byte string (the slow, exact definition).

    Examples
    --------
    >>> hash_bytes(b"a") == ord("a")
    True
    >>> hash_bytes(b"ab") == (ord("a") + ord("b") * MULTIPLIER) % 2**64
    True
    """
    value = 0
    for byte in reversed(term):
        value = (value * MULTIPLIER + byte) & 0xFFFFFFFFFFFFFFFF
    return value


def hash_spans(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> UInt64Array:
    """Hash ``data[starts[i]:ends[i]]`` for every i; spans ascend and do not overlap.

    No more than WINDOW bytes are worked on at a time, and of a longer span no
    hash is made: 0 stands for it.
    """
    if len(data) <= WINDOW:
        return _hash_window(data, starts, ends)
    hashes = np.zeros(len(starts), dtype=np.uint64)
    first = 0
    while first < len(starts):
        base = int(starts[first])
        last = int(np.searchsorted(ends, base + WINDOW, side="right"))
        if last == first:  # one span longer than the window
            first += 1
            continue
        window = data[base : int(ends[last - 1])]
        part = slice(first, last)
        hashes[part] = _hash_window(window, starts[part] - base, ends[part] - base)
        first = last
    return hashes


def _hash_window(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> UInt64Array:
    size = len(data)
    sums = np.empty(size + 1, dtype=np.uint64)
    sums[0] = 0
    np.multiply(data, POWERS[:size], out=sums[1:])
    np.add.accumulate(sums[1:], out=sums[1:])
    hashes = sums.take(ends)
    hashes -= sums.take(starts)
    hashes *= INVERSE_POWERS.take(starts)
    return hashes


def hash_runs(left: UInt64Array, right: UInt64Array) -> UInt64Array:
    """Hash runs of words from the hashes of all but the last word, and of that one."""
    runs: UInt64Array = left * np.uint64(_RUN_MULTIPLIER)
    runs += right
    return runs


def hash_terms(terms: Sequence[bytes], *, runs: bool = True) -> UInt64Array:
    """Hash terms.

    Parameters
    ----------
    terms : sequence of bytes
    runs : bool, default=True
        Whether a blank parts the words of a run. Else it is a byte like any
        other, as in character n-grams.
    """
    words = [term.split(BLANK) if runs else [term] for term in terms]
    sizes = np.array([len(run) for run in words], dtype=np.intp)
    flat = [word for run in words for word in run]
    lengths = np.array([len(word) for word in flat], dtype=np.intp)
    ends = np.cumsum(lengths)
    of_word = hash_spans(np.frombuffer(b"".join(flat), dtype=np.uint8), ends - lengths, ends)
    first = np.cumsum(sizes) - sizes
    hashes: UInt64Array = of_word[first]
    for n in range(1, int(sizes.max(initial=1))):
        longer = np.flatnonzero(sizes > n)
        hashes[longer] = hash_runs(hashes[longer], of_word[first[longer] + n])
    return hashes
