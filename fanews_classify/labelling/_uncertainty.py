"""How unsure a model is of each text, and between what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import InputTypeError, ParameterError
from fanews_classify.model._assembly import AnyModel, Model
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier, answer_confidence

FloatArray = npt.NDArray[np.float64]
Answer = str | tuple[str, ...]


@dataclass(frozen=True)
class Doubts:
    """What a model would answer, and how unsure it is.

    Attributes
    ----------
    uncertainty : ndarray of float64, shape (n,)
        From 0, sure, to 1; -1 for a text without a known word.
    confidence : ndarray of float64, shape (n,)
        Probability of the answer; of several labels, of its least certain part.
    given : ndarray of bool, shape (n, n_labels)
        The labels of each answer.
    second : ndarray of intp, shape (n,)
        The label that was nearly given too, or nearly left out.
    """

    uncertainty: FloatArray
    confidence: FloatArray
    given: npt.NDArray[np.bool_]
    second: npt.NDArray[np.intp]


def check_model(model: AnyModel, target: str | None) -> Model:
    """Return the model if it can be asked about texts alone.

    Raises
    ------
    ParameterError
        For a claim model, a stance model without a target, a target where there
        is none.
    LabelError
        If a stance model does not know the target.
    InputTypeError
        If the model is only named.
    """
    if isinstance(model, str):
        raise InputTypeError(f"a model is expected, not its name; give load({model!r})")
    if isinstance(model, ClaimStanceClassifier):
        raise ParameterError("a claim model answers for pairs; it cannot say which texts to label")
    if isinstance(model, StanceClassifier):
        if target is None:
            raise ParameterError(
                f"a stance model needs a target, one of {', '.join(model.targets)}"
            )
        model._check_target(target)
    elif target is not None:
        raise ParameterError(f"the model {model.name!r} answers no question about a target")
    return model


def doubts(model: Model, texts: list[str], target: str | None) -> Doubts:
    """Ask a model about texts.

    With one label a text the uncertainty is 1 less the probability of the answer
    (Lewis and Gale, 1994). With several it is that of the label whose
    probability is nearest to its threshold: 1 on the threshold, 0 where the
    probability is 0 or 1.
    """
    if isinstance(model, TopicClassifier):
        return _several(model, texts)
    if isinstance(model, StanceClassifier):
        probabilities, known = model._probabilities(texts, [target or ""] * len(texts))
    else:
        probabilities, known = model._probabilities(texts)
    rows = np.arange(len(texts))
    order = np.argsort(-probabilities, axis=1, kind="stable")
    best = order[:, 0]
    confidence = probabilities[rows, best]
    given = np.zeros(probabilities.shape, dtype=np.bool_)
    given[rows, best] = True
    second = order[:, min(1, order.shape[1] - 1)]
    return Doubts(_known(1.0 - confidence, known), confidence, given, second)


def _several(model: TopicClassifier, texts: list[str]) -> Doubts:
    probabilities, known = model._probabilities(texts)
    given = model._given(probabilities, known)
    above = probabilities >= model.thresholds
    room = np.where(above, 1.0 - model.thresholds, model.thresholds)
    distance = np.abs(probabilities - model.thresholds)
    doubt = 1.0 - np.divide(distance, room, out=np.zeros_like(distance), where=room > 0)
    return Doubts(
        _known(doubt.max(axis=1, initial=0.0), known),
        answer_confidence(probabilities, given),
        given,
        doubt.argmax(axis=1),
    )


def _known(uncertainty: FloatArray, known: FloatArray) -> FloatArray:
    found: FloatArray = np.where(known > 0, uncertainty, -1.0)
    return found
