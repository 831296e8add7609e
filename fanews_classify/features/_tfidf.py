"""Counting and weighting of term ids, numpy only; shared by training and inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]

NORMS: Final = ("l1", "l2", None)


@dataclass(slots=True)
class Counts:
    """Term counts of a batch of texts, in compressed sparse row form.

    Attributes
    ----------
    ids : ndarray of int64, shape (n_entries,)
        Term ids, ascending within each text.
    counts : ndarray of int64, shape (n_entries,)
    splits : ndarray of intp, shape (n_texts + 1,)
    """

    ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    splits: IntArray


def count_terms(
    ids: npt.NDArray[Any], texts: npt.NDArray[Any], n_texts: int, n_terms: int
) -> Counts:
    """Count equal (text, id) pairs.

    Parameters
    ----------
    ids : ndarray of int, shape (n,)
        Ids from 0 to ``n_terms - 1``.
    texts : ndarray of int, shape (n,)
        The text that each id stands in.
    n_texts, n_terms : int

    Returns
    -------
    Counts
    """
    bits = max(n_terms - 1, 1).bit_length()  # shifts are cheaper than division
    keys = texts.astype(np.int64) << bits
    keys |= ids
    keys.sort()
    new = np.empty(len(keys), dtype=np.bool_)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    places = np.flatnonzero(new)
    counts = np.diff(places, append=len(keys))
    keys = keys[places]
    splits = np.searchsorted(keys, np.arange(n_texts + 1, dtype=np.int64) << bits)
    return Counts(keys & ((1 << bits) - 1), counts, splits)


def row_sums(values: npt.NDArray[Any], splits: IntArray) -> npt.NDArray[Any]:
    """Sum rows ``values[splits[i]:splits[i + 1]]``; an empty row gives 0."""
    sums: npt.NDArray[Any] = np.zeros((len(splits) - 1, *values.shape[1:]), dtype=values.dtype)
    filled = splits[:-1] < splits[1:]
    if filled.any():
        sums[filled] = np.add.reduceat(values, splits[:-1][filled], axis=0)
    return sums


_LOGARITHMS: Final = np.concatenate(([0.0], 1.0 + np.log(np.arange(1, 256))))


def _sublinear(counts: npt.NDArray[np.int64]) -> FloatArray:
    """``1 + ln(count)``, looked up where the count is small."""
    if not len(counts) or counts.max() < len(_LOGARITHMS):
        values: FloatArray = _LOGARITHMS[counts]
        return values
    return 1.0 + np.log(counts)


def weigh(
    counts: Counts,
    idf: npt.NDArray[Any] | None,
    *,
    sublinear_tf: bool,
    binary: bool,
    norm: str | None,
) -> FloatArray:
    """Turn counts into TF-IDF values, as scikit-learn's ``TfidfTransformer`` does.

    Sublinear scaling is ``1 + ln(tf)``; see Manning, Raghavan and Schütze,
    *Introduction to Information Retrieval*, 2008, section 6.4.

    Returns
    -------
    ndarray of float64, shape (n_entries,)
    """
    if binary:
        values = np.ones(len(counts.counts))
    else:
        values = _sublinear(counts.counts) if sublinear_tf else counts.counts.astype(np.float64)
    if idf is not None:
        values *= idf[counts.ids]
    if norm is not None:
        size = (
            np.sqrt(row_sums(values * values, counts.splits))
            if norm == "l2"
            else row_sums(np.abs(values), counts.splits)
        )
        size[size == 0.0] = 1.0
        values /= np.repeat(size, np.diff(counts.splits))
    return values
