"""How well the sentences shown for an answer are those that readers point at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from fanews_classify.errors import EvaluationError
from fanews_classify.text import tokenize


@dataclass(frozen=True, slots=True)
class EvidenceScore:
    """Mean overlap with the passages that readers gave.

    Attributes
    ----------
    n : int
        Number of texts.
    token_f1, rouge_l : float
        From 0 to 1.
    """

    n: int
    token_f1: float
    rouge_l: float

    def to_dict(self) -> dict[str, float]:
        """Return plain values, rounded."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def score_evidence(found: Sequence[str], wanted: Sequence[str]) -> EvidenceScore:
    """Score passages against those of readers.

    Parameters
    ----------
    found, wanted : sequence of str
        For each text the passages, joined.

    Raises
    ------
    EvaluationError
        If there are none, or not as many of both.

    Examples
    --------
    >>> score_evidence(["هوا سرد شد"], ["هوا سرد"])
    EvidenceScore(n=1, token_f1=0.8, rouge_l=0.8)
    """
    if not found or len(found) != len(wanted):
        raise EvaluationError(f"{len(found)} passages to compare with {len(wanted)}")
    pairs = list(zip(found, wanted, strict=True))
    return EvidenceScore(
        len(pairs),
        float(np.mean([token_f1(*pair) for pair in pairs])),
        float(np.mean([rouge_l(*pair) for pair in pairs])),
    )


def token_f1(found: str, wanted: str) -> float:
    """F1 of the words of two passages, counted as often as they come."""
    ours, theirs = _words(found), _words(wanted)
    return _f1(sum((Counter(ours) & Counter(theirs)).values()), len(ours), len(theirs))


def rouge_l(found: str, wanted: str) -> float:
    """F1 of the longest common subsequence of words (ROUGE-L: Lin, 2004).

    Examples
    --------
    >>> round(rouge_l("الف ب ج", "ج الف ب"), 3)
    0.667
    """
    ours, theirs = _words(found), _words(wanted)
    number = {word: i for i, word in enumerate(dict.fromkeys(ours + theirs))}
    columns = np.array([number[word] for word in theirs], dtype=np.intp)
    longest = np.zeros(len(theirs) + 1, dtype=np.intp)
    for word in ours:
        on = np.where(columns == number[word], longest[:-1] + 1, 0)
        longest[1:] = np.maximum.accumulate(np.maximum(on, longest[1:]))
    return _f1(int(longest[-1]), len(ours), len(theirs))


def _words(passage: str) -> list[str]:
    return [token.term for token in tokenize(passage, remove_boilerplate=False)]


def _f1(shared: int, ours: int, theirs: int) -> float:
    return 2 * shared / (ours + theirs) if shared else 0.0
