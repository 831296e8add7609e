"""Why a text got its answer: contributions as places in the user's own text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fanews_classify.model._block import Block
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


def contributions(
    block: Block, text: str, column: int, tokens: TokenBatch | None = None
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield (span, weight) of every occurrence of a known term of one block.

    `tokens` may hold part of the text's tokens, such as those of one passage.
    """
    batch = block.options.tokenize([text]) if tokens is None else tokens
    begins, stops = character_origins(text)
    for (first, last), weight in block.contributions(batch, column):
        yield (int(begins[first - 1]), int(stops[last - 1])), weight
