"""Whether one model is better than another: both on the same documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fanews_classify.evaluation._metrics import Interval


@dataclass(frozen=True, slots=True)
class PairedScore:
    """One score of two models on the same documents.

    Attributes
    ----------
    first, second : float
    difference : Interval
        First minus second, with its 95% interval.
    p_value : float
        How probable a difference at least as large is, to either side, if there
        is none in truth (Berg-Kirkpatrick, Burkett and Klein, 2012).
    """

    first: float
    second: float
    difference: Interval
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        return {
            "first": round(self.first, 4),
            "second": round(self.second, 4),
            "difference": self.difference.to_dict(),
            "p_value": round(self.p_value, 5),
        }


@dataclass(frozen=True)
class Comparison:
    """Two models on the same documents; made by `Evaluation.compare`.

    Attributes
    ----------
    n : int
        Number of documents.
    names : (str, str)
        Of the two models.
    scores : mapping of str to PairedScore
        ``macro_f1`` and ``accuracy``; with several labels a text ``micro_f1``,
        ``macro_f1`` and ``exact_match``.
    both_right, only_first, only_second, neither : int
        Documents whose answer is (exactly) right.
    p_mcnemar : float
        Of the exact McNemar test of `only_first` against `only_second`.
    replicates : int
        Of the bootstrap.
    """

    n: int
    names: tuple[str, str]
    scores: Mapping[str, PairedScore]
    both_right: int
    only_first: int
    only_second: int
    neither: int
    p_mcnemar: float
    replicates: int

    @property
    def first(self) -> float:
        """Macro-F1 of the first model."""
        return self.scores["macro_f1"].first

    @property
    def second(self) -> float:
        """Macro-F1 of the second model."""
        return self.scores["macro_f1"].second

    @property
    def difference(self) -> Interval:
        """Difference of macro-F1, first minus second."""
        return self.scores["macro_f1"].difference

    @property
    def p_value(self) -> float:
        """Of the difference of macro-F1."""
        return self.scores["macro_f1"].p_value

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            **asdict(self),
            "names": list(self.names),
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
            "p_mcnemar": round(self.p_mcnemar, 5),
        }

    def to_json(self) -> str:
        """Return the comparison as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """Return the comparison as lines to read."""
        return "\n".join(self._lines())

    __str__ = to_text

    def to_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> Path:
        """Write the comparison as one page that needs nothing else.

        Raises
        ------
        EvaluationError
            If the file cannot be written.
        """
        from fanews_classify.report.page import write_comparison

        return write_comparison(self, path, title=title)

    def _lines(self) -> Iterator[str]:
        first, second = self.names
        yield f"{self.n} documents; first: {first}, second: {second}"
        yield f"{'':<12} {'first':>6} {'second':>7}  difference"
        for name, score in self.scores.items():
            gap = score.difference
            yield (
                f"{score_name(name):<12} {score.first:6.3f} {score.second:7.3f}  "
                f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]  p {p_text(score.p_value)}"
            )
        yield (
            f"right: both {self.both_right}, only the first {self.only_first}, only the second "
            f"{self.only_second}, neither {self.neither}; McNemar p {p_text(self.p_mcnemar)}"
        )


def score_name(name: str) -> str:
    """Return a score's name as people write it."""
    return name.replace("_f1", "-F1").replace("_", " ")


def p_text(value: float) -> str:
    """Return a p-value without more digits than it has."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
