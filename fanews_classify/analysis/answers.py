"""Answers of any model as lines of text and as JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fanews_classify.errors import ParameterError
from fanews_classify.model._assembly import AnyModel
from fanews_classify.model._base import chunks
from fanews_classify.model._explain import Explanation
from fanews_classify.model.claims import ClaimPrediction, ClaimStanceClassifier
from fanews_classify.model.classifier import Prediction
from fanews_classify.model.stance import StanceClassifier, StancePrediction
from fanews_classify.model.topics import TopicClassifier, TopicPrediction

Answer = Prediction | TopicPrediction | StancePrediction | ClaimPrediction
TOP: Final = 10
"""Words shown by `explain`, unless it is told otherwise."""


def columns(model: AnyModel) -> tuple[str, ...]:
    """Return the names of what `values` has for a model's answers.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> columns(fc.load("section"))
    ('label', 'label_fa', 'confidence')
    """
    if isinstance(model, TopicClassifier):
        return TopicPrediction._fields
    if isinstance(model, StanceClassifier):
        return StancePrediction._fields
    if isinstance(model, ClaimStanceClassifier):
        return ClaimPrediction._fields
    return Prediction._fields


def question(model: AnyModel, target: str | None, claim: str | None) -> str:
    """Return what a model is asked about each text; ``""`` for nothing but the text.

    Raises
    ------
    ParameterError
        If a target or claim is missing, or one is given that there cannot be.
    """
    if isinstance(model, StanceClassifier):
        if target is None:
            raise ParameterError(
                f"a stance model needs --target, one of {', '.join(model.targets)}"
            )
        model._check_target(target)
    elif target is not None:
        raise ParameterError(f"the model {model.name!r} answers no question about a --target")
    if isinstance(model, ClaimStanceClassifier):
        if claim is None:
            raise ParameterError("a claim model needs --claim, a sentence that texts may back")
    elif claim is not None:
        raise ParameterError(f"the model {model.name!r} answers no question about a --claim")
    return target or claim or ""


def stream(
    model: AnyModel, texts: Iterable[str], asked: str, abstain_below: float | None
) -> Iterator[Answer]:
    """Yield one answer for each text."""
    if isinstance(model, ClaimStanceClassifier):
        yield from model.stream(texts, asked, abstain_below=abstain_below)
    elif isinstance(model, StanceClassifier):
        threshold = model._threshold(abstain_below)
        for part in chunks(texts):
            yield from model._answers(part, [asked] * len(part), threshold)
    else:
        yield from model.stream(texts, abstain_below=abstain_below)


def explain(
    model: AnyModel, text: str, asked: str, label: str | None, top: int | None
) -> Explanation:
    """Return the words, or of a claim the sentences, that carried an answer."""
    if isinstance(model, ClaimStanceClassifier):
        if label is not None:
            raise ParameterError("--label is not for a claim model: its evidence is of the answer")
        return model.evidence(text, asked, top=top)
    top = TOP if top is None else top
    if isinstance(model, StanceClassifier):
        return model.explain(text, asked, label=label, top=top)
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
