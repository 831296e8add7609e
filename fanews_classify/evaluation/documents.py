"""What an evaluation was made of, kept for pages, figures and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fanews_classify.model._assembly import AnyModel


@dataclass(frozen=True, eq=False)
class JudgedDocuments:
    """The documents of an evaluation; references, no copies.

    Attributes
    ----------
    truth, answers : ndarray
        Of one label a text: intp, shape (n,), columns of `labels`, in `answers`
        one past the last for «unknown». Of several labels: bool, shape
        (n, n_labels).
    probabilities : ndarray of float64, shape (n, n_labels)
    confidence : ndarray of float64, shape (n,)
        Of the most probable label, or of the whole answer with several labels.
    parts : mapping of str to sequence of str
        Kind of part (``source``, ``month``, ...) to the part of each document.
    texts : sequence of str, length n, or None
        None if the scores were made without the texts at hand.
    asked : sequence of str
        Target or claim that each answer is about; empty if nothing is asked.
    model : model or None
        None if the answers are those of several models, as out of fold.
    """

    truth: npt.NDArray[Any]
    answers: npt.NDArray[Any]
    probabilities: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Sequence[str] | None = field(default=None, repr=False)
    asked: Sequence[str] = field(default=(), repr=False)
    model: AnyModel | None = None

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which documents got exactly the right answer, shape (n,)."""
        same = self.truth == self.answers
        right: npt.NDArray[np.bool_] = same if same.ndim == 1 else same.all(axis=1)
        return right

    @property
    def sources(self) -> Sequence[str] | None:
        """Source of each document, if it was given."""
        return self.parts.get("source")
