"""Several small whole numbers in one 64-bit word, so that one addition adds them all.

A word holds three signed fields of 21 bits, ``a + b * 2**21 + c * 2**42``. The
sum of words is the word of the sums as long as every sum fits into its field
(SIMD within a register; Lamport, 1975). The weights of a term for eight labels
and what it adds to the norm of the text are three words, and a text is scored
by gathering and adding words: no multiplication, no floating point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]

FIELDS: Final = 3
_BITS: Final = 21
_HALF: Final = 1 << (_BITS - 1)
_MASK: Final = (1 << _BITS) - 1
LARGEST: Final = 511  # of a field: finer does not change an answer in a thousand; so that
MOST: Final = (_HALF - 1) // LARGEST  # so many words can be added (2,052)
_SHIFTS: Final = np.arange(FIELDS, dtype=np.int64)[:, None, None] * _BITS
_LIFT: Final = np.int64(sum((LARGEST + 1) << (_BITS * i) for i in range(FIELDS)))
_TEN_BITS: Final = sum((2 * LARGEST + 1) << (_BITS * i) for i in range(FIELDS))
_BIAS: Final = np.int64(sum(_HALF << (_BITS * i) for i in range(FIELDS)))


def quantize(values: npt.NDArray[Any]) -> tuple[Int64Array, npt.NDArray[np.float64]]:
    """Round values to whole numbers of at most LARGEST, a scale for each row.

    Returns
    -------
    whole : ndarray of int64, shape (n_fields, n)
    scales : ndarray of float64, shape (n_fields,)
        ``values`` is about ``whole * scales[:, None]``.
    """
    scales = np.abs(values).max(axis=1, initial=0.0) / LARGEST
    scales[scales == 0.0] = 1.0
    # Of few digits, so that the last bits of a library's arithmetic do not reach the file.
    scales = np.array([float(f"{scale:.6g}") for scale in scales])
    whole = np.rint(values / scales[:, None]).clip(-LARGEST, LARGEST)
    return whole.astype(np.int64), scales


def pack(fields: Int64Array) -> Int64Array:
    """Pack rows of whole numbers, three to a row of words.

    Returns
    -------
    ndarray of int64, shape (ceil(n_fields / 3), n)
    """
    n_fields, n = fields.shape
    n_words = -(-n_fields // FIELDS)
    padded = np.zeros((n_words * FIELDS, n), dtype=np.int64)
    padded[:n_fields] = fields
    shifted = padded.reshape(n_words, FIELDS, n) << _SHIFTS.reshape(1, FIELDS, 1)
    words: Int64Array = shifted.sum(axis=1)
    return words


def unpack(words: Int64Array) -> Int64Array:
    """Return the fields of words or of sums of at most MOST words.

    Returns
    -------
    ndarray of int64, shape (3 * n_words, n)
    """
    fields = (words + _BIAS) >> _SHIFTS
    fields &= _MASK
    fields -= _HALF
    return fields.transpose(1, 0, 2).reshape(len(words) * FIELDS, words.shape[1])


def is_packed(words: Int64Array, nonnegative: int) -> bool:
    """Tell whether all fields are from -512 to 511, and those of one row of fields not below 0.

    Sums of larger ones would run over into their neighbours.
    """
    above = words + _LIFT  # of ten bits each, the highest of which is the sign
    if int(np.bitwise_or.reduce(above, axis=None)) & ~_TEN_BITS:
        return False
    sign = (LARGEST + 1) << (nonnegative % FIELDS * _BITS)
    return bool(int(np.bitwise_and.reduce(above[nonnegative // FIELDS])) & sign)


def sum_segments(
    parts: Sequence[tuple[Int64Array, Int64Array, npt.NDArray[np.intp]]], longest: int
) -> Int64Array:
    """Add up the fields of words, segment by segment.

    Parameters
    ----------
    parts : sequence of (words, rows, splits)
        Words of shape (n_words, n_rows), and columns of them; segment ``i`` is
        ``rows[splits[i]:splits[i + 1]]``, and none is empty. All parts have as
        many words and segments.
    longest : int
        Length of the longest segment, or more.

    Returns
    -------
    ndarray of int64, shape (n_parts, 3 * n_words, n_segments)
    """
    if longest > MOST:
        found = np.concatenate([_sum_pieces(*part) for part in parts])
    else:
        found = unpack(np.concatenate([_sum(w, rows, splits[:-1]) for w, rows, splits in parts]))
    return found.reshape(len(parts), len(found) // len(parts), found.shape[1])


def _sum(words: Int64Array, rows: Int64Array, starts: npt.NDArray[np.intp]) -> Int64Array:
    sums: Int64Array = np.add.reduceat(words.take(rows, axis=1), starts, axis=1)
    return sums


def _sum_pieces(words: Int64Array, rows: Int64Array, splits: npt.NDArray[np.intp]) -> Int64Array:
    """Cut segments into pieces that can be added, and add up the fields of the pieces."""
    pieces = -(-(splits[1:] - splits[:-1]) // MOST)
    firsts = pieces.cumsum() - pieces
    rank = np.arange(pieces.sum()) - firsts.repeat(pieces)
    starts = splits[:-1].repeat(pieces) + rank * MOST
    sums: Int64Array = np.add.reduceat(unpack(_sum(words, rows, starts)), firsts, axis=1)
    return sums
