"""The models that a server asks, loaded once."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fanews_classify.errors import ParameterError
from fanews_classify.labels import persian_name
from fanews_classify.model._assembly import AnyModel
from fanews_classify.model._store import load
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier

# What is asked and answered by a model of each kind; a model of the user's takes
# the place of the bundled one of its kind.
NAMES: Final[dict[str, type[AnyModel]]] = {
    "section": NewsClassifier,
    "topic": TopicClassifier,
    "stance": StanceClassifier,
    "claim_stance": ClaimStanceClassifier,
}
_SCORES: Final = ("macro_f1", "micro_f1", "accuracy")
_PARTS: Final = ("value", "low", "high")


@dataclass(frozen=True)
class Models:
    """One model of each kind; they never change, so all threads share them."""

    section: NewsClassifier
    topic: TopicClassifier
    stance: StanceClassifier
    claim_stance: ClaimStanceClassifier

    def __getitem__(self, name: str) -> AnyModel:
        model: AnyModel = getattr(self, name)
        return model

    def describe(self) -> list[dict[str, Any]]:
        """Return plain values that tell what can be asked."""
        return [_described(name, self[name]) for name in NAMES]


def load_models(given: Iterable[str | os.PathLike[str] | AnyModel] = ()) -> Models:
    """Load the bundled models, some replaced by others of the same kind.

    Parameters
    ----------
    given : iterable of str, path or model
        Names and paths as :func:`fanews_classify.load` takes them.

    Raises
    ------
    ParameterError
        If two of them are of the same kind.
    ModelFileError
        If one cannot be loaded.

    Examples
    --------
    >>> load_models().section.name
    'section'
    """
    chosen: dict[str, AnyModel] = {}
    if isinstance(given, str | os.PathLike):
        given = [given]
    for item in given:
        model: AnyModel = load(item) if isinstance(item, str | os.PathLike) else item
        name = next((name for name, kind in NAMES.items() if isinstance(model, kind)), None)
        if name is None:
            raise ParameterError(f"{type(model).__name__} is no model that can be served")
        if name in chosen:
            raise ParameterError(f"two models for {name!r} were given; give one of each kind")
        chosen[name] = model
    every: dict[str, Any] = {name: chosen[name] if name in chosen else load(name) for name in NAMES}
    return Models(**every)


def _described(name: str, model: AnyModel) -> dict[str, Any]:
    named = zip(model.labels, model.labels_fa, strict=True)
    plain: dict[str, Any] = {
        "name": name,
        "title": model.name,
        "labels": [{"label": label, "label_fa": persian} for label, persian in named],
        "abstain_below": float(model.abstain_below),
        "scores": _scores(model),
    }
    if isinstance(model, StanceClassifier):
        plain["targets"] = [
            {"label": label, "label_fa": persian_name(label)} for label in model.targets
        ]
    return plain


def _scores(model: AnyModel) -> dict[str, dict[str, float]]:
    """Return the scores that have intervals; a model of the user's may have none."""
    found = model.info.get("scores")
    if not isinstance(found, dict):
        return {}
    scores = {}
    for name in _SCORES:
        score = found.get(name)
        if isinstance(score, dict):
            values = [score.get(part) for part in _PARTS]
            if all(isinstance(value, int | float) and math.isfinite(value) for value in values):
                scores[name] = {part: float(score[part]) for part in _PARTS}
    return scores
