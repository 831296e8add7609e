"""Counting and weighting of term ids, numpy only; shared by training and inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]

NORMS: Final = ("l1", "l2", "expected", None)


@dataclass(slots=True, eq=False)
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
    layout = _Layout(n_texts, n_terms, 0)
    keys = texts.astype(layout.width) << layout.id_bits
    keys |= ids.astype(layout.width)
    return layout.tally(keys)


def count_parts(
    counts: Counts, begins: IntArray, sizes: IntArray, ids: npt.NDArray[Any], n_terms: int
) -> Counts:
    """Count the parts of counted words: a sparse product of texts × words and words × parts.

    Parameters
    ----------
    counts : Counts
        Of the words of each text.
    begins, sizes : ndarray of intp, shape (n_words,)
        The parts of word ``w`` are ``ids[begins[w] : begins[w] + sizes[w]]``.
    ids : ndarray of int
        From 0 to ``n_terms - 1``.
    n_terms : int

    Returns
    -------
    Counts
    """
    n_texts = len(counts.splits) - 1
    layout = _Layout(n_texts, n_terms, int(counts.counts.max(initial=0)))
    texts = np.repeat(np.arange(n_texts, dtype=layout.width), np.diff(counts.splits))
    heads = texts << layout.id_bits << layout.low
    heads |= counts.counts.astype(layout.width)
    repeats = sizes[counts.ids]
    ends = np.cumsum(repeats)
    places = np.repeat(begins[counts.ids] - (ends - repeats), repeats)
    places += np.arange(len(places))
    keys = np.repeat(heads, repeats)
    keys |= (ids.astype(layout.width) << layout.low).take(places)
    return layout.tally(keys)


class _Layout:
    """How text, id and count share one whole number, which is then sorted.

    Shifts are cheaper than division, and half as wide is twice as fast to sort.
    """

    def __init__(self, n_texts: int, n_terms: int, most: int) -> None:
        id_bits, low = max(n_terms - 1, 1).bit_length(), most.bit_length()
        narrow = id_bits + low + n_texts.bit_length() <= 32
        self.width: Any = np.uint32 if narrow else np.int64
        self.id_bits, self.low = self.width(id_bits), self.width(low)
        self.n_texts = n_texts

    def tally(self, keys: npt.NDArray[Any]) -> Counts:
        """Add up the counts of equal pairs; a pair without a count is one."""
        keys.sort()
        pairs = keys >> self.low if self.low else keys
        new = np.empty(len(keys), dtype=np.bool_)
        new[:1] = True
        np.not_equal(pairs[1:], pairs[:-1], out=new[1:])
        places = np.flatnonzero(new)
        if self.low:
            keys &= (self.width(1) << self.low) - self.width(1)
            # Not reduceat: most sums are of one or two.
            ends = np.append(places[1:] - 1, len(keys) - 1) if len(keys) else places
            totals = np.diff(np.cumsum(keys, dtype=np.int64)[ends], prepend=0)
        else:
            totals = np.diff(places, append=len(keys))
        pairs = pairs[places]
        texts = np.arange(self.n_texts + 1, dtype=self.width) << self.id_bits
        ids = pairs & ((self.width(1) << self.id_bits) - self.width(1))
        return Counts(ids.astype(np.int64), totals, np.searchsorted(pairs, texts))


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
    growth: float = 0.0,
) -> FloatArray:
    """Turn counts into TF-IDF values, as scikit-learn's ``TfidfTransformer`` does.

    Sublinear scaling is ``1 + ln(tf)``; see Manning, Raghavan and Schütze,
    *Introduction to Information Retrieval*, 2008, section 6.4. For the norm
    ``"expected"`` see `expected_norm`.

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
        if norm == "expected":
            size = expected_norm(_mass(counts, idf), growth)
        elif norm == "l2":
            size = np.sqrt(row_sums(values * values, counts.splits))
        else:
            size = row_sums(np.abs(values), counts.splits)
        size[size == 0.0] = 1.0
        values /= np.repeat(size, np.diff(counts.splits))
    return values


def expected_norm(mass: FloatArray, growth: FloatArray | float) -> FloatArray:
    """Return the l2 norm that is expected of a text from its tokens alone.

    Parameters
    ----------
    mass : ndarray of float64
        Sum of the squared idf of all tokens of each text.
    growth : float or ndarray of float64
        How often terms come twice, see `fit_growth`.

    Returns
    -------
    ndarray of float64
        ``sqrt(mass + growth * mass**2)``: if terms fell independently, the sum of
        squared counts would grow by the square of the length times the chance that two
        tokens are one term. Unlike the l2 norm it needs no counts.
    """
    norm: FloatArray = np.sqrt(mass + growth * mass * mass)
    return norm


def fit_growth(counts: Counts, idf: npt.NDArray[Any] | None) -> float:
    """Estimate the `growth` of `expected_norm` from texts."""
    mass = _mass(counts, idf)
    of_term = 1.0 if idf is None else idf[counts.ids]
    squares = row_sums((counts.counts * of_term) ** 2, counts.splits)
    filled = mass > 0.0
    excess = squares[filled] / mass[filled] - 1.0
    return float(excess.sum() / max(mass.sum(), 1.0))


def _mass(counts: Counts, idf: npt.NDArray[Any] | None) -> FloatArray:
    of_term = 1.0 if idf is None else idf[counts.ids].astype(np.float64) ** 2
    mass: FloatArray = row_sums(counts.counts * of_term, counts.splits).astype(np.float64)
    return mass
