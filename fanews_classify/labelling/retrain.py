"""Training with the answers, and whether they have helped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fanews_classify.errors import CorpusError
from fanews_classify.evaluation.multilabel import LabelSlice
from fanews_classify.evaluation.report import SliceScore
from fanews_classify.labelling.answers import joined
from fanews_classify.training.data import Dataset, Document
from fanews_classify.training.recipe import Recipe
from fanews_classify.training.train import Training, train_on

BEFORE: Final = "labelled before"
ANSWERED: Final = "answered now"


@dataclass(frozen=True)
class Retraining:
    """A model trained with the answers.

    Attributes
    ----------
    before : Training or None
        Without the answers; None where there was too little to train on.
    after : Training
        With them.
    replaced : int
        Answers that took the place of an earlier label.
    """

    before: Training | None
    after: Training
    replaced: int

    def to_text(self) -> str:
        """Return the scores before and after as a table."""
        lines = ["macro-F1, out of fold     documents"]
        if self.before is not None:
            scores = self.before.evaluation
            lines.append(f"before                     {scores.n:8d}  {scores.macro_f1}")
        scores = self.after.evaluation
        lines.append(f"after                      {scores.n:8d}  {scores.macro_f1}")
        same = scores.slices.get("read by", {}).get(BEFORE)
        if self.before is not None and isinstance(same, SliceScore | LabelSlice):
            lines.append(f"  of them, labelled before {same.n:8d}  {same.macro_f1:.3f}")
            lines.append(
                "Texts that a model is unsure of are the hard ones: before and after on the same\n"
                "documents are what to compare, and with few documents they differ by chance."
            )
        return "\n".join(lines)


def retrain(recipe: Recipe, dataset: Dataset, answers: Sequence[Document]) -> Retraining:
    """Train without and with answers.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
        What was labelled before; may be empty.
    answers : sequence of Document

    Raises
    ------
    CorpusError
        If there is too little to train on even with the answers.
    """
    documents, replaced = joined(
        [replace(document, file=BEFORE) for document in dataset.documents],
        [replace(document, file=ANSWERED) for document in answers],
    )
    before = None
    if dataset.documents:
        try:
            before = train_on(recipe, dataset, _silent)
        except CorpusError:  # too few documents or labels: that is why more are asked for
            before = None
    after = train_on(recipe, replace(dataset, documents=documents), _silent)
    return Retraining(before, after, replaced)


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
