"""Why a text got its answer: contributions as places in the user's own text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fanews_classify.features._extractor import find_terms
from fanews_classify.features._terms import char_terms
from fanews_classify.model._linear import Block
from fanews_classify.text._codepage import FIRST_LETTER
from fanews_classify.text._tokens import TokenBatch, character_origins


class Evidence(NamedTuple):
    """One occurrence of a term that spoke for or against a label.

    Attributes
    ----------
    start, end : int
        ``text[start:end] == evidence.text`` in the text as the user gave it.
    text : str
        The words as the user wrote them.
    label : str
        The label that `weight` is about.
    weight : float
        What this occurrence adds to the label's score; negative if it speaks
        against it. All of them and the intercept sum up to the score.
    """

    start: int
    end: int
    text: str
    label: str
    weight: float


@dataclass(slots=True)
class _Occurrences:
    ids: list[int]
    spans: list[tuple[int, int]]


def contributions(
    block: Block, text: str, column: int, tokens: TokenBatch | None = None
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield (span, weight) of every occurrence of a known term of one block.

    `tokens` may hold part of the text's tokens, such as those of one passage.
    """
    batch = block.options.tokenize([text]) if tokens is None else block.options.view(tokens)
    counts = block.count(batch)
    values = block.values(counts)
    share = values * block.weights[counts.ids, column] / counts.counts
    weight_of = dict(zip(counts.ids.tolist(), share.tolist(), strict=True))
    begins, stops = character_origins(text)
    find = _word_occurrences if block.options.analyzer == "word" else _char_occurrences
    found = find(block, batch)
    for term, (first, last) in zip(found.ids, found.spans, strict=True):
        yield (int(begins[first - 1]), int(stops[last - 1])), weight_of[term]


def _word_occurrences(block: Block, batch: TokenBatch) -> _Occurrences:
    """Places (first and last folded byte) of known words and runs of words."""
    spans: list[tuple[int, int]] = []
    ids: list[int] = []
    low, high = block.options.ngram_range
    for n in range(low, high + 1):
        options = replace(block.options, ngram_range=(n, n))
        found, tokens = find_terms(batch, options, block.table)
        ids += found.tolist()
        firsts, lasts = batch.starts[tokens], batch.ends[tokens + (n - 1)] - 1
        spans += zip(firsts.tolist(), lasts.tolist(), strict=True)
    return _Occurrences(ids, spans)


def _char_occurrences(block: Block, batch: TokenBatch) -> _Occurrences:
    """Places of known character n-grams; the blanks around a word are not in them."""
    spans: list[tuple[int, int]] = []
    ids: list[int] = []
    words = [batch.term(i) for i in range(len(batch.hashes))]
    grams = char_terms(words, block.options.ngram_range)
    found = block.table.lookup(grams.hashes)
    codes = np.frombuffer(batch.data, dtype=np.uint8)
    for i in np.flatnonzero(found >= 0).tolist():
        word = int(grams.words[i])
        begin, end = int(batch.starts[word]), int(batch.ends[word])
        letters = begin + np.flatnonzero(codes[begin:end] >= FIRST_LETTER)
        offset, length = int(grams.offsets[i]), int(grams.lengths[i])
        first = max(offset - 1, 0)
        last = min(offset + length - 2, len(letters) - 1)
        ids.append(int(found[i]))
        spans.append((int(letters[first]), int(letters[last])))
    return _Occurrences(ids, spans)
