"""What the steps of the labelling loop share: recipes, labels, files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fanews_classify.cli import _models
from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.labelling._uncertainty import Answer
from fanews_classify.labelling.answers import NONE, Names
from fanews_classify.model._assembly import Model
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.training.data import Document, read_labelled
from fanews_classify.training.recipe import Recipe, load_recipe


def load_model(name: str | None) -> Model | None:
    """Load the model that a command names, if it names one.

    Raises
    ------
    ParameterError
        For a claim model.
    """
    if name is None:
        return None
    model: Any = _models.load(name)
    if isinstance(model, ClaimStanceClassifier):
        raise ParameterError("a claim model answers for pairs of a claim and a text, not for texts")
    found: Model = model
    return found


def recipe_for(options: argparse.Namespace, model: Model | None) -> Recipe:
    """Return the recipe; ``custom`` is for labels of the kind that the model has.

    Raises
    ------
    ParameterError
        If recipe and model do not go together.
    """
    recipe = load_recipe(options.recipe)
    if recipe.task == "claim-stance":
        raise ParameterError("pairs of a claim and a text cannot be labelled so")
    if model is None:
        return recipe
    task, targets = "single-label", recipe.targets
    if isinstance(model, TopicClassifier):
        task = "multi-label"
    elif isinstance(model, StanceClassifier):
        task, targets = "stance", recipe.targets or model.targets
    if recipe.task != task and options.recipe != "custom":
        raise ParameterError(
            f"the recipe {recipe.name!r} is {recipe.task}, the model {model.name!r} is {task}"
        )
    return replace(recipe, task=task, targets=targets)


def names_for(recipe: Recipe, model: Model | None, documents: Sequence[Document]) -> Names:
    """Return the labels that there are so far."""
    if recipe.labels:
        return Names(recipe.labels, [recipe.persian(label) for label in recipe.labels])
    persian: dict[str, str] = {}
    if model is not None:
        persian.update(zip(model.labels, model.labels_fa, strict=True))
    for document in documents:
        labels = (document.label,) if isinstance(document.label, str) else document.label
        for label in labels:
            persian.setdefault(label, recipe.persian(label))
    return Names(persian, list(persian.values()))


def read_documents(files: Sequence[str], recipe: Recipe) -> list[Document]:
    """Read labelled files."""
    return [document for file in files for document in read_labelled(Path(file), recipe)]


def written(answer: Answer) -> str:
    """Return labels as they stand in a sheet."""
    return answer if isinstance(answer, str) else ";".join(answer) or NONE


def check_folder(path: str | None) -> None:
    """Say before the work that its result cannot be saved.

    Raises
    ------
    CorpusError
        If there is no such folder.
    """
    if path is not None and not Path(path).resolve().parent.is_dir():
        raise CorpusError(f"cannot write {path}: there is no folder {Path(path).resolve().parent}")
