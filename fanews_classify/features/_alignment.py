"""A claim laid beside segments of texts: which word meets which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.features._words import Words, WordTable, cue_bit

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]

LONGEST_CLAIM: Final = 40  # words compared; a claim is a sentence
LONGEST_SEGMENT: Final = 64
_STEM, _SYNONYM, _VECTOR = 0.95, 0.85, 0.8  # worth of a match that is not the same word
_COSINE_FLOOR: Final = 0.2


@dataclass(frozen=True, eq=False)
class Side:
    """Words of claims, or of segments, padded to one length.

    Attributes
    ----------
    table : WordTable
    words : Words
    index : ndarray of intp, shape (n, length)
        Into the words.
    mask : ndarray of bool, shape (n, length)
        Where there is a word.
    sizes : ndarray of intp, shape (n,)
    """

    table: WordTable
    words: Words
    index: IntArray
    mask: BoolArray
    sizes: IntArray

    @classmethod
    def of(
        cls, table: WordTable, words: Words, starts: IntArray, ends: IntArray, longest: int
    ) -> Side:
        """Pad the words from each start to its end; no more than the longest."""
        sizes = np.minimum(ends - starts, longest)
        column = np.arange(max(1, int(sizes.max(initial=1))))
        mask = column < sizes[:, None]
        index = np.where(mask, starts[:, None] + column, 0)
        if not len(words.ids):  # no word at all: one that is unknown, and masked
            words = _nothing(table)
        return cls(table, words, index, mask, sizes)

    def padded(self, values: npt.NDArray[Any], blank: Any) -> npt.NDArray[Any]:
        """Return values of words where there is one, else `blank`."""
        taken = values.take(self.index, axis=0)
        taken[~self.mask] = blank
        return taken

    @cached_property
    def weight(self) -> FloatArray:
        """Inverse document frequencies, from 0 to 1."""
        return self.padded(self.words.idf, 0.0)

    @cached_property
    def total(self) -> FloatArray:
        """Sum of the weights of each row; never 0."""
        total: FloatArray = self.weight.sum(axis=1) + np.float32(1e-6)
        return total

    @cached_property
    def vectors(self) -> FloatArray:
        """Word vectors, shape (n, length, dimensions)."""
        found = self.table.vectors(self.words.ids.take(self.index))
        found *= self.mask[..., None]
        return found

    @cached_property
    def cues(self) -> npt.NDArray[np.uint16]:
        """Bits of the cues."""
        return self.padded(self.words.cues, 0)

    @cached_property
    def number(self) -> BoolArray:
        """Which words are numbers."""
        return self.padded(self.words.number, False)

    @cached_property
    def place(self) -> FloatArray:
        """Place of each word, from 0 to 1."""
        share = np.arange(self.mask.shape[1]) / np.maximum(self.sizes, 1)[:, None]
        return share.astype(np.float32)

    def cue(self, *names: str) -> BoolArray:
        """Which words give one of these cues."""
        bits = np.uint16(sum(int(cue_bit(name)) for name in names))
        return (self.cues & bits) > 0


class Alignment:
    """Relations between each word of a claim and each word of a segment.

    Attributes
    ----------
    claim, text : Side
        With as many rows.
    stem, synonym, opposite, rival : ndarray of bool, shape (n, n_claim, n_text)
        Same stem; same or a synonym; opposites; different members of one
        category.
    cosine : ndarray of float32, same shape
    claim_stem, claim_synonym, claim_best, and the same of the text
        For each word whether it meets another so, and how well at best.
    """

    def __init__(self, claim: Side, text: Side):
        self.claim, self.text = claim, text
        self.stem = _meets(claim, text, lambda words: words.stems, (-5, -6))
        both = claim.mask[:, :, None] & text.mask[:, None, :]
        self.synonym = self.stem | _meets(claim, text, lambda words: words.senses, (-1, -2))
        self.opposite = _opposed(claim, text) & ~self.synonym
        self.cosine = np.matmul(claim.vectors, text.vectors.transpose(0, 2, 1))
        similarity = (self.cosine - np.float32(_COSINE_FLOOR)) * np.float32(
            _VECTOR / (1 - _COSINE_FLOOR)
        )
        np.clip(similarity, 0.0, _VECTOR, out=similarity)
        similarity[self.synonym] = _SYNONYM
        similarity[self.stem] = _STEM
        similarity[self.opposite | ~both] = 0.0
        self.claim_stem, self.text_stem = self.stem.any(axis=2), self.stem.any(axis=1)
        self.claim_synonym, self.text_synonym = self.synonym.any(axis=2), self.synonym.any(axis=1)
        self.claim_best, self.text_best = similarity.max(axis=2), similarity.max(axis=1)
        # Left over: no word of the other side has its stem; left alone: not even a synonym.
        self.claim_over, self.text_over = claim.mask & ~self.claim_stem, text.mask & ~self.text_stem
        self.claim_alone = claim.mask & ~self.claim_synonym
        self.text_alone = text.mask & ~self.text_synonym
        self.rival = _meets(claim, text, lambda words: words.categories, (-1, -2)) & ~self.synonym

    @cached_property
    def over(self) -> BoolArray:
        """Which two words are both left over."""
        found: BoolArray = self.claim_over[:, :, None] & self.text_over[:, None, :]
        return found

    @cached_property
    def alone(self) -> BoolArray:
        """Which two words are both left alone."""
        found: BoolArray = self.claim_alone[:, :, None] & self.text_alone[:, None, :]
        return found


def _values(
    side: Side, attribute: Callable[[Words], npt.NDArray[Any]], blank: int
) -> npt.NDArray[Any]:
    """Return an attribute, shape (n, length, width), with no 0 that could meet another."""
    values = side.padded(attribute(side.words), blank)
    if values.ndim == 2:
        return values[..., None]
    values[values == 0] = blank
    return values


def _meets(
    claim: Side,
    text: Side,
    attribute: Callable[[Words], npt.NDArray[Any]],
    blanks: tuple[int, int],
) -> BoolArray:
    left, right = _values(claim, attribute, blanks[0]), _values(text, attribute, blanks[1])
    return _any_equal(left, right)


def _opposed(claim: Side, text: Side) -> BoolArray:
    left = _values(claim, lambda words: words.opposites, -1)
    return _any_equal(left, _values(text, lambda words: words.senses, -2))


def _any_equal(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> BoolArray:
    found: BoolArray = left[:, :, None, 0] == right[:, None, :, 0]
    for i in range(left.shape[2]):
        if i and not (left[..., i] > 0).any():
            break
        for j in range(right.shape[2]):
            if i or j:
                found |= left[:, :, None, i] == right[:, None, :, j]
    return found


def _nothing(table: WordTable) -> Words:
    """Return one word that is unknown."""
    ids, arrays = np.array([len(table)]), table.arrays
    return Words(
        ids=ids,
        stems=np.array([-1]),
        idf=arrays["idf"].take(ids),
        senses=arrays["senses"].take(ids, axis=0),
        opposites=arrays["opposites"].take(ids, axis=0),
        categories=arrays["categories"].take(ids, axis=0),
        cues=arrays["cues"].take(ids),
        number=np.zeros(1, dtype=np.bool_),
    )
