"""How scores grow with the number of labelled documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fanews_classify.evaluation._metrics import Interval


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The score with a share of the labelled documents.

    Attributes
    ----------
    share : float
        Asked for; above 0, up to 1.
    n : int
        Documents that were learnt from; out of fold each model has seen those
        of the other folds only.
    score : Interval
        Macro-F1.
    """

    share: float
    n: int
    score: Interval


@dataclass(frozen=True)
class LearningCurve:
    """Macro-F1 against the number of labelled documents.

    Attributes
    ----------
    points : tuple of CurvePoint
        By growing share.
    scored_on : str
        ``"test files"`` or ``"out of fold"``.
    n_scored : int
        Number of documents that each point was scored on.
    skipped : tuple of float
        Shares with too few documents to train on.
    """

    points: tuple[CurvePoint, ...]
    scored_on: str
    n_scored: int
    skipped: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "scored_on": self.scored_on,
            "n_scored": self.n_scored,
            "points": [
                {"share": point.share, "n": point.n, "score": point.score.to_dict()}
                for point in self.points
            ],
            "skipped": list(self.skipped),
        }

    def to_json(self) -> str:
        """Return the curve as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """Return the curve as lines to read."""
        lines = [f"macro-F1 on {self.n_scored} documents, {self.scored_on}, after learning from"]
        lines += [f"{point.n:8d} ({point.share:6.1%})  {point.score}" for point in self.points]
        lines += [f"         ({share:6.1%})  too few to train on" for share in self.skipped]
        return "\n".join(lines)

    __str__ = to_text

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LearningCurve:
        """Read back what `to_dict` gave."""
        points = (
            CurvePoint(float(point["share"]), int(point["n"]), _interval(point["score"]))
            for point in values["points"]
        )
        skipped = tuple(float(share) for share in values["skipped"])
        return cls(tuple(points), str(values["scored_on"]), int(values["n_scored"]), skipped)


def _interval(values: Mapping[str, Any]) -> Interval:
    return Interval(*(float(values[name]) for name in ("value", "low", "high")))
