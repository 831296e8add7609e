"""Answers of any model as lines of text and as JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fanews_classify.errors import ParameterError
from fanews_classify.model._assembly import Model
from fanews_classify.model._base import chunks
from fanews_classify.model._explain import Evidence
from fanews_classify.model.classifier import Prediction
from fanews_classify.model.stance import StanceClassifier, StancePrediction
from fanews_classify.model.topics import TopicPrediction

Answer = Prediction | TopicPrediction | StancePrediction


def check_target(model: Model, target: str | None) -> None:
    """Refuse a target where there can be none, and ask for one where there must be."""
    if isinstance(model, StanceClassifier):
        if target is None:
            raise ParameterError(
                f"a stance model needs --target, one of {', '.join(model.targets)}"
            )
        model._check_target(target)
    elif target is not None:
        raise ParameterError(f"the model {model.name!r} answers no question about a --target")


def stream(
    model: Model, texts: Iterable[str], target: str | None, abstain_below: float | None
) -> Iterator[Answer]:
    """Yield one answer for each text."""
    if not isinstance(model, StanceClassifier):
        yield from model.stream(texts, abstain_below=abstain_below)
        return
    threshold = model._threshold(abstain_below)
    for part in chunks(texts):
        yield from model._answers(part, [str(target)] * len(part), threshold)


def explain(
    model: Model, text: str, target: str | None, label: str | None, top: int
) -> list[Evidence]:
    """Return the words that carried an answer."""
    if isinstance(model, StanceClassifier):
        return model.explain(text, str(target), label=label, top=top)
    return model.explain(text, label=label, top=top)


def line(answer: Answer) -> str:
    """Labels, Persian names and confidences, tab-separated; several joined by ``;``."""
    if not isinstance(answer, TopicPrediction):
        return f"{answer.label}\t{answer.label_fa}\t{answer.confidence:.3f}"
    confidences = ";".join(f"{value:.3f}" for value in answer.confidences)
    return f"{';'.join(answer.labels)}\t{'؛ '.join(answer.labels_fa)}\t{confidences}"


def values(answer: Answer) -> dict[str, Any]:
    """Return plain values with rounded probabilities."""
    plain = answer._asdict()
    plain["confidence"] = round(answer.confidence, 4)
    if isinstance(answer, TopicPrediction):
        plain["confidences"] = [round(value, 4) for value in answer.confidences]
    return plain
