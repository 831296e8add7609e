"""Labelled texts, read as a model's task has them."""

from __future__ import annotations

from pathlib import Path

from fanews_classify.errors import EvaluationError
from fanews_classify.model._assembly import Model
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.training.data import Document, read_labelled
from fanews_classify.training.recipe import Recipe


def read_for(model: Model, files: list[str]) -> list[Document]:
    """Read labelled texts as the model's task has them.

    Raises
    ------
    EvaluationError
        If there are none.
    CorpusError
        As `fanews_classify.training.data.read_labelled`.
    """
    targets: tuple[str, ...] = ()
    task = "single-label"
    if isinstance(model, TopicClassifier):
        task = "multi-label"
    elif isinstance(model, StanceClassifier):
        task, targets = "stance", model.targets
    recipe = Recipe(model.name, task=task, labels=model.labels, targets=targets)
    documents = [document for file in files for document in read_labelled(Path(file), recipe)]
    if not documents:
        raise EvaluationError("there are no labelled texts")
    return documents
