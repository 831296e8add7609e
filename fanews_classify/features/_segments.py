"""Claims and texts as tokens, and the segments of a text worth comparing with a claim.

A headline is one segment, an article some dozens. Each word of a claim is
compared with each of a segment, so of a long text only the lead and the
segments that share most with the claim are taken: what they share is found
first, by stems alone, in time linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.features._alignment import (
    LONGEST_CLAIM,
    LONGEST_SEGMENT,
    Alignment,
    Side,
)
from fanews_classify.features._words import Words, WordTable
from fanews_classify.text._sentences import sentence_spans
from fanews_classify.text._tokens import TokenBatch, tokenize_batch

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float32]

CHOSEN: Final = 3  # segments of a text besides its first


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments chosen for pairs of a claim and a text.

    Attributes
    ----------
    pair : ndarray of intp, shape (n_rows,)
        Which pair a row belongs to; ascending.
    splits : ndarray of intp, shape (n_pairs + 1,)
        Rows of each pair; none has none.
    rank : ndarray of intp, shape (n_rows,)
        Which segment of its text, from 0.
    sentence : ndarray of intp, shape (n_rows,)
        Which of `spans`.
    n_segments : ndarray of intp, shape (n_pairs,)
        Of the whole text.
    cover : ndarray of float32, shape (n_pairs,)
        Share of the claim that the whole text has; -1 where all segments are
        chosen.
    known : ndarray of bool, shape (n_pairs,)
        Whether both sides have a word that is known.
    spans : list of (int, int)
        Places of sentences in their texts.
    """

    pair: IntArray
    splits: IntArray
    rank: IntArray
    sentence: IntArray
    n_segments: IntArray
    cover: FloatArray
    known: npt.NDArray[np.bool_]
    spans: list[tuple[int, int]]
    _table: WordTable
    _claims: tuple[TokenBatch, Words]
    _texts: tuple[TokenBatch, Words]
    _claim_of_row: IntArray
    _bounds: tuple[IntArray, IntArray]

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def sizes(self) -> IntArray:
        """Words of each row's segment."""
        return self._bounds[1] - self._bounds[0]

    def align(self, rows: IntArray) -> Alignment:
        """Lay claims beside the segments of some rows."""
        splits = self._claims[0].splits
        claim = self._claim_of_row[rows]
        begins, ends = self._bounds
        return Alignment(
            Side.of(self._table, self._claims[1], splits[claim], splits[claim + 1], LONGEST_CLAIM),
            Side.of(self._table, self._texts[1], begins[rows], ends[rows], LONGEST_SEGMENT),
        )


def choose_segments(
    table: WordTable, claims: Sequence[str], texts: Sequence[str], *, every: bool = False
) -> Segments:
    """Cut texts into segments; choose those to compare with the claim of each.

    Parameters
    ----------
    table : WordTable
    claims, texts : sequence of str
        As many of both. Repeated ones are read once.
    every : bool, default=False
        Choose every segment.
    """
    claim_of, different_claims = _distinct(claims)
    text_of, different_texts = _distinct(texts)
    claim_batch = tokenize_batch(different_claims)
    claim_words = table.read(claim_batch)
    spans: list[tuple[int, int]] = []
    sentences: list[str] = []
    counts = np.zeros(len(different_texts), dtype=np.intp)
    for i, text in enumerate(different_texts):
        found = sentence_spans(text) or [(0, 0)]
        counts[i] = len(found)
        spans += found
        sentences += [text[begin:end] for begin, end in found]
    batch = tokenize_batch(sentences)
    words = table.read(batch)
    sentence, begins, ends = _cut(batch.splits)
    first = np.searchsorted(sentence, np.cumsum(counts) - counts)
    n_segments = np.diff(np.append(first, len(sentence)))[text_of]
    first = first[text_of]
    rank = _ranges(n_segments)
    pair = np.repeat(np.arange(len(claims)), n_segments)
    taken = np.ones(len(pair), dtype=np.bool_)
    cover = np.full(len(claims), -1.0, dtype=np.float32)
    row = np.cumsum(n_segments) - n_segments
    for i in () if every else (n_segments > CHOSEN + 1).nonzero()[0].tolist():
        part = slice(first[i], first[i] + n_segments[i])
        begin, end = claim_batch.splits[claim_of[i]], claim_batch.splits[claim_of[i] + 1]
        shared, cover[i] = _shared(
            claim_words, begin, min(end, begin + LONGEST_CLAIM), words, begins[part], ends[part]
        )
        here = taken[row[i] : row[i] + n_segments[i]]
        here[:] = False
        here[0] = True
        here[np.argsort(-shared, kind="stable")[:CHOSEN]] = True
    pair, rank = pair[taken], rank[taken]
    segment = rank + first[pair]
    kept = np.bincount(pair, minlength=len(claims))
    return Segments(
        pair=pair,
        splits=np.concatenate(([0], np.cumsum(kept))),
        rank=rank,
        sentence=sentence[segment],
        n_segments=n_segments,
        cover=cover,
        known=_known(table, claim_batch, claim_words)[claim_of]
        & _known(table, batch.recut(batch.splits[np.append(0, np.cumsum(counts))]), words)[text_of],
        spans=spans,
        _table=table,
        _claims=(claim_batch, claim_words),
        _texts=(batch, words),
        _claim_of_row=claim_of[pair],
        _bounds=(begins[segment], ends[segment]),
    )


def _distinct(texts: Sequence[str]) -> tuple[IntArray, list[str]]:
    number: dict[str, int] = {}
    of = [number.setdefault(text, len(number)) for text in texts]
    return np.array(of, dtype=np.intp), list(number)


def _cut(splits: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Cut long sentences; return which each segment is of, and its first and last token."""
    parts = np.maximum(1, -(-np.diff(splits) // LONGEST_SEGMENT))
    sentence = np.repeat(np.arange(len(parts)), parts)
    begins = splits[sentence] + _ranges(parts) * LONGEST_SEGMENT
    return sentence, begins, np.minimum(begins + LONGEST_SEGMENT, splits[sentence + 1])


def _ranges(sizes: IntArray) -> IntArray:
    """Count from 0 in each of some runs."""
    counted: IntArray = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return counted


def _shared(
    claim: Words, begin: int, end: int, text: Words, begins: IntArray, ends: IntArray
) -> tuple[FloatArray, np.float32]:
    """Share of the claim's weight that each segment has, and that all have together."""
    stems, index = np.unique(claim.stems[begin:end], return_index=True)
    weight = claim.idf[begin:end][index]
    total = weight.sum()
    found = np.zeros(len(begins), dtype=np.float32)
    if not len(stems) or ends[-1] <= begins[0]:
        return found, np.float32(0.0)
    stretch = text.stems[begins[0] : ends[-1]]
    place = np.minimum(stems.searchsorted(stretch), len(stems) - 1)
    hit = (stems[place] == stretch).nonzero()[0]
    row = begins.searchsorted(hit + begins[0], side="right") - 1
    cells = np.unique(row * len(stems) + place[hit])
    row, column = cells // len(stems), cells % len(stems)
    found += np.bincount(row, weight[column], minlength=len(begins)) / total
    return found, weight[np.unique(column)].sum() / total


def _known(table: WordTable, batch: TokenBatch, words: Words) -> npt.NDArray[np.bool_]:
    """Whether each text has a known word."""
    counted = np.concatenate(([0], np.cumsum(words.ids < len(table))))
    known: npt.NDArray[np.bool_] = counted[batch.splits[1:]] > counted[batch.splits[:-1]]
    return known
