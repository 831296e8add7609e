"""Polynomial hashes of byte strings, for a whole batch at once.

The hash of bytes ``b_0 … b_{n-1}`` is ``sum(b_i * P**i) mod 2**64`` with an
odd multiplier (Karp and Rabin, 1987). Because it is linear, a prefix sum over
a batch gives the hash of every token by one difference and one scaling with
the inverse power, and the hash of two tokens joined follows from theirs.
Terms are compared through 64 bits only; the fitted vocabulary refuses terms
that collide, so the chance left is that of an unknown word colliding with a
known one, about 1e-14 a look-up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

UInt64Array = npt.NDArray[np.uint64]

MULTIPLIER: Final = 0x9E3779B97F4A7C15 | 1  # 2**64 / golden ratio: well spread, odd
_INVERSE: Final = pow(MULTIPLIER, -1, 1 << 64)
JOINER: Final = 0x20  # the byte between the words of a pair
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
    """Hash ``data[starts[i]:ends[i]]`` for every i; data of at most WINDOW bytes."""
    size = len(data)
    sums = np.empty(size + 1, dtype=np.uint64)
    sums[0] = 0
    np.multiply(data, POWERS[:size], out=sums[1:])
    np.add.accumulate(sums[1:], out=sums[1:])
    hashes: UInt64Array = sums[ends]
    hashes -= sums[starts]
    hashes *= INVERSE_POWERS[starts]
    return hashes


def join_hashes(
    left: UInt64Array, left_length: npt.NDArray[np.intp], right: UInt64Array
) -> UInt64Array:
    """Hash of ``left + b" " + right`` from the hashes of the two sides."""
    joined: UInt64Array = right * np.uint64(MULTIPLIER)
    joined += np.uint64(JOINER)
    joined *= POWERS[left_length]
    joined += left
    return joined
