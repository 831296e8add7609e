"""Honest scores of any classifier on labelled texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import EvaluationError, InputTypeError, ParameterError
from fanews_classify.evaluation._months import months
from fanews_classify.evaluation.multilabel import (
    LabelSlice,
    MultiLabelEvaluation,
    evaluate_answers,
)
from fanews_classify.evaluation.noise import NOISE
from fanews_classify.evaluation.report import Evaluation, SliceScore, evaluate_probabilities
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier, answer_confidence
from fanews_classify.text import tokenize
from fanews_classify.text._input import check_texts

_LENGTHS: Final = ((25, "up to 25 words"), (100, "26 to 100 words"), (400, "101 to 400 words"))
_LONGER: Final = "over 400 words"
LENGTHS: Final = (*(name for _, name in _LENGTHS), _LONGER)


@overload
def evaluate(
    model: NewsClassifier,
    texts: Iterable[str],
    labels: Iterable[str],
    *,
    sources: Iterable[str] | None = None,
    years: Iterable[str] | None = None,
    dates: Iterable[object] | None = None,
    noise: bool = False,
    abstain_below: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation: ...
@overload
def evaluate(
    model: StanceClassifier,
    texts: Iterable[str],
    labels: Iterable[str],
    *,
    targets: str | Sequence[str],
    sources: Iterable[str] | None = None,
    years: Iterable[str] | None = None,
    dates: Iterable[object] | None = None,
    noise: bool = False,
    abstain_below: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation: ...
@overload
def evaluate(
    model: ClaimStanceClassifier,
    texts: Iterable[str],
    labels: Iterable[str],
    *,
    claims: str | Sequence[str],
    sources: Iterable[str] | None = None,
    years: Iterable[str] | None = None,
    dates: Iterable[object] | None = None,
    noise: bool = False,
    abstain_below: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation: ...
@overload
def evaluate(
    model: TopicClassifier,
    texts: Iterable[str],
    labels: Iterable[Iterable[str]],
    *,
    sources: Iterable[str] | None = None,
    years: Iterable[str] | None = None,
    dates: Iterable[object] | None = None,
    noise: bool = False,
    replicates: int = 1000,
    seed: int = 0,
) -> MultiLabelEvaluation: ...
def evaluate(
    model: NewsClassifier | StanceClassifier | TopicClassifier | ClaimStanceClassifier,
    texts: Iterable[str],
    labels: Iterable[Any],
    *,
    targets: str | Sequence[str] | None = None,
    claims: str | Sequence[str] | None = None,
    sources: Iterable[str] | None = None,
    years: Iterable[str] | None = None,
    dates: Iterable[object] | None = None,
    noise: bool = False,
    abstain_below: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation | MultiLabelEvaluation:
    """Score a classifier on texts whose labels are known.

    Parameters
    ----------
    model : NewsClassifier, TopicClassifier, StanceClassifier or ClaimStanceClassifier
    texts : iterable of str
    labels : iterable of str, or of iterables of str for a TopicClassifier
        What is true of each text.
    targets : str or sequence of str
        For a StanceClassifier: what each label is about.
    claims : str or sequence of str
        For a ClaimStanceClassifier: likewise.
    sources, years : iterable of str, optional
        Outlet and year of each text: scores are also given for each of them.
    dates : iterable, optional
        Date of each text, for scores by month: ISO, `datetime.date`, or of the
        Persian calendar, such as ``"۱۴۰۳/۰۵/۱۲"``. None, and what is no date,
        counts as ``"unknown date"``.
    noise : bool, default=False
        Also score the texts without half-spaces, with Arabic letters, and so
        on; see `fanews_classify.evaluation.noise`.
    abstain_below : float, optional
        As in `predict`; not for a TopicClassifier, all of whose answers are scored.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    Evaluation, or MultiLabelEvaluation for a TopicClassifier
        It refers to the texts and the model, so that its `to_html` can show them.

    Raises
    ------
    EvaluationError
        If there are no texts, the lengths differ, a label is not the model's, or
        something is given that the model is not asked.
    ParameterError
        If `replicates` is below 1.
    LabelError
        If a target is not the model's.
    InputTypeError
        If the model is only named, or a text is no str.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> texts = ["بارش باران در شمال کشور", "صعود تیم والیبال به فینال جام"]
    >>> fc.evaluate(fc.load("section"), texts, ["society", "sport"]).n
    2
    """
    if isinstance(model, str):
        raise InputTypeError(f"a model is expected, not its name; give load({model!r})")
    checked, truth = check_texts(texts), list(labels)
    if len(checked) != len(truth):
        raise EvaluationError(
            f"{len(checked)} texts and {len(truth)} labels; every text needs its label"
        )
    _check_asked(model, targets, claims, abstain_below)
    if replicates < 1:
        raise ParameterError(f"replicates={replicates!r}; give a number of 1 or more")
    given = {"source": sources, "year": years}
    slices = {kind: _listed(values, kind) for kind, values in given.items() if values is not None}
    if dates is not None:
        slices["month"] = months(dates, len(checked))
    slices["length"] = [_length(text) for text in checked]
    draws = {"replicates": replicates, "seed": seed}
    if isinstance(model, TopicClassifier):
        return _topics(model, checked, truth, slices, noise, draws)
    names: list[str] = []
    if isinstance(model, StanceClassifier):
        if targets is None:
            raise EvaluationError("a stance model needs targets: what each label is about")
        _, _, names = model._pairs(checked, targets)
        slices["target"] = names
    elif isinstance(model, ClaimStanceClassifier):
        if claims is None:
            raise EvaluationError("a claim model needs claims: what each label is about")
        _, _, names = model._pairs(checked, claims)
    threshold = model._threshold(abstain_below)

    def score(of: list[str], **further: Any) -> Evaluation:
        preference = None
        if isinstance(model, ClaimStanceClassifier):
            probabilities, known, preference = model._probabilities(of, names)
        elif isinstance(model, StanceClassifier):
            probabilities, known = model._probabilities(of, names)
        else:
            probabilities, known = model._probabilities(of)
        return evaluate_probabilities(
            model.labels,
            truth,
            probabilities,
            known,
            threshold=threshold,
            preference=preference,
            **further,
        )

    result = score(checked, slices=slices, replicates=replicates, seed=seed)
    result = result._of(checked, model, names)
    if not noise:
        return result
    by_noise = {}
    for name, change in NOISE.items():
        other = score([change(text) for text in checked], replicates=1)
        by_noise[name] = SliceScore(other.n, other.accuracy.value, other.macro_f1.value)
    return replace(result, slices={**result.slices, "noise": by_noise})


def _listed(values: Iterable[str], kind: str) -> list[str]:
    if isinstance(values, str | bytes):
        raise EvaluationError(f"{kind}s is one {type(values).__name__}; give one for each text")
    return list(values)


def _check_asked(model: object, targets: object, claims: object, abstain_below: object) -> None:
    """Refuse what would silently not be heeded."""
    for value, kind, what in (
        (targets, StanceClassifier, "targets"),
        (claims, ClaimStanceClassifier, "claims"),
    ):
        if value is not None and not isinstance(model, kind):
            raise EvaluationError(f"{type(model).__name__} takes no {what}; leave them out")
    if abstain_below is not None and isinstance(model, TopicClassifier):
        raise EvaluationError("abstain_below is not for topics, all of whose answers are scored")


def _topics(
    model: TopicClassifier,
    texts: list[str],
    labels: Sequence[Iterable[str]],
    slices: Mapping[str, Sequence[str]],
    noise: bool,
    draws: Mapping[str, int],
) -> MultiLabelEvaluation:
    truth = np.zeros((len(texts), len(model.labels)), dtype=np.bool_)
    for position, names in enumerate(labels):
        if isinstance(names, str):
            raise EvaluationError(
                f"the labels of text {position} (counted from 0) are one str, {names!r}; "
                "give a list or tuple of labels, empty if none"
            )
        if not isinstance(names, Iterable):
            raise EvaluationError(
                f"the labels of text {position} (counted from 0) are {names!r}; give a list or "
                "tuple of labels, empty if none"
            )
        for name in names:
            if name not in model.labels:
                raise EvaluationError(
                    f"text {position} (counted from 0) has the label {name!r}; the model has "
                    f"{list(model.labels)}"
                )
            truth[position, model.labels.index(name)] = True
    result = _score_topics(model, texts, truth, slices, draws)._of(texts, model)
    if not noise:
        return result
    by_noise = {}
    for name, change in NOISE.items():
        changed = [change(text) for text in texts]
        other = _score_topics(model, changed, truth, {}, {"replicates": 1})
        by_noise[name] = LabelSlice(other.n, other.micro_f1.value, other.macro_f1.value)
    return replace(result, slices={**result.slices, "noise": by_noise})


def _score_topics(
    model: TopicClassifier,
    texts: list[str],
    truth: npt.NDArray[np.bool_],
    slices: Mapping[str, Sequence[str]],
    draws: Mapping[str, int],
) -> MultiLabelEvaluation:
    probabilities, known = model._probabilities(texts)
    given = model._given(probabilities, known)
    sure = answer_confidence(probabilities, given)
    return evaluate_answers(model.labels, truth, given, probabilities, sure, slices=slices, **draws)


def _length(text: str) -> str:
    words = len(tokenize(text, remove_boilerplate=False))
    return next((name for limit, name in _LENGTHS if words <= limit), _LONGER)
