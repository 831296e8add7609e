"""Labels that may be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import LabelError, ParameterError
from fanews_classify.labelling._confident import (
    FILTER,
    BoolArray,
    FloatArray,
    check_cleanlab,
    doubtful,
    doubtful_several,
)
from fanews_classify.labelling._uncertainty import Answer
from fanews_classify.model._assembly import AnyModel
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.text._input import check_texts
from fanews_classify.training.data import Document
from fanews_classify.training.folds import IntArray, groups_of, out_of_fold
from fanews_classify.training.judgement import indicator, judge
from fanews_classify.training.recipe import Recipe, load_recipe
from fanews_classify.training.train import occurring_labels


class LabelIssue(NamedTuple):
    """A label that may be wrong.

    Attributes
    ----------
    index : int
        Place of the text, from 0.
    text : str
    label : str or tuple of str
        The label, or labels, that it has.
    suggested : str or tuple of str
        What models that have not seen the text answer.
    quality : float
        From 0, surely wrong, to 1: the probability of the label; of several, of
        the one most likely to be wrong, be it given or left out.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody misses here
    text: str
    label: Answer
    suggested: Answer
    quality: float


def label_errors(
    texts: Iterable[str],
    labels: Iterable[str] | Iterable[Iterable[str]],
    *,
    recipe: str | PathLike[str] | Recipe = "custom",
    targets: str | Sequence[str] | None = None,
    sources: Iterable[str] | None = None,
    model: AnyModel | None = None,
    seed: int = 0,
) -> list[LabelIssue]:
    """List labels that may be wrong, the most suspicious first.

    Models are trained on parts of the texts and asked about the others; near
    duplicates are never in both. Where they contradict a label more surely than
    they usually contradict it, it is listed: confident learning [1]_.

    Parameters
    ----------
    texts : iterable of str
    labels : iterable of str, or of iterables of str
        The label of each text, or its labels.
    recipe : str, path-like or Recipe, default="custom"
        Of the models; only its features, learner and folds are used.
    targets : str or sequence of str, optional
        For a recipe or model of stances: what each label is about.
    sources : iterable of str, optional
        Outlet of each text: texts of one outlet are then held out together.
    model : NewsClassifier, TopicClassifier or StanceClassifier, optional
        Ask this model instead of training others. Only for texts that it has
        not learnt from: on others it agrees with the wrong labels too.
    seed : int, default=0
        Of the parts.

    Returns
    -------
    list of LabelIssue
        A text without a known word, and a label of fewer than two texts that
        are not near duplicates, are never listed: nothing can be said of them.

    Raises
    ------
    MissingExtraError
        Without cleanlab (extra ``labels``; version 2.8 and later are under the
        Apache licence, earlier ones under the AGPL).
    InputTypeError
        If a text is not a ``str``.
    LabelError
        If a label is no ``str``, or not one of the recipe's or model's.
    ParameterError
        If numbers differ, or targets are missing or needless.
    CorpusError
        If there are too few texts or labels to train on.

    References
    ----------
    .. [1] Northcutt, Jiang and Chuang, "Confident learning: estimating
       uncertainty in dataset labels", JAIR 70, 2021.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> names = "شیراز تبریز رشت اهواز قم یزد ساری کرج سنندج بم".split()
    >>> texts = [f"تیم {a} در بازی با {b} گل زد" for a, b in zip(names, names[1:])]
    >>> texts += [f"بانک {a} سود وام {b} را بالا برد" for a, b in zip(names, names[1:])]
    >>> labels = ["ورزش"] * 9 + ["اقتصاد"] * 8 + ["ورزش"]
    >>> [(issue.index, issue.suggested) for issue in fc.label_errors(texts, labels)]
    [(17, 'اقتصاد')]
    """
    check_cleanlab()
    checked = check_texts(texts)
    truth = [_label(label, i) for i, label in enumerate(labels)]
    asked = _asked(targets, len(checked))
    origins = None if sources is None else [str(source) for source in sources]
    for name, values in (("labels", truth), ("targets", asked), ("sources", origins or checked)):
        if len(values) != len(checked):
            raise ParameterError(f"{len(checked)} texts and {len(values)} {name}; one for each")
    documents = [
        Document(text, label, source, 1.0, True, str(i), target=target)
        for i, (text, label, target, source) in enumerate(
            zip(checked, truth, asked, origins or [""] * len(checked), strict=True)
        )
    ]
    if model is not None:
        return issues(documents, *asked_model(model, documents))
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if isinstance(truth[0] if truth else "", tuple) and chosen.task == "single-label":
        chosen = replace(chosen, task="multi-label")
    if origins is not None:
        chosen = replace(chosen, validation=replace(chosen.validation, by="source"))
    return issues(documents, *asked_others(chosen, documents, seed))


def _label(label: Any, position: int) -> Answer:
    if isinstance(label, str):
        return str(label)  # no numpy.str_
    if isinstance(label, list | tuple | set | frozenset) and all(
        isinstance(one, str) for one in label
    ):
        return tuple(sorted({str(one) for one in label}))
    raise LabelError(
        f"label {position} (counted from 0) is {label!r}; give a str, or a list of str for a "
        "text with any number of labels"
    )


def _asked(targets: str | Sequence[str] | None, n: int) -> list[str]:
    if targets is None:
        return [""] * n
    return [targets] * n if isinstance(targets, str) else [str(target) for target in targets]


def asked_others(
    recipe: Recipe, documents: list[Document], seed: int = 0
) -> tuple[list[str], FloatArray, BoolArray]:
    """Ask models about the documents that they have not learnt from.

    Returns
    -------
    labels : list of str
    probabilities : ndarray of float64, shape (n_documents, n_labels)
    usable : ndarray of bool, shape (n_documents, n_labels)
        Where something can be said of a label of a document.
    """
    _check_labels(recipe.task == "multi-label", recipe.labels, documents)
    if recipe.task == "claim-stance":
        raise ParameterError("label errors of claims and texts cannot be looked for")
    if recipe.task == "stance" and any(not document.target for document in documents):
        raise ParameterError("a recipe of stances needs targets: what each label is about")
    labels = occurring_labels(recipe, documents)
    # Groups are dealt to folds in an order that depends on where they stand.
    order = np.random.default_rng(seed).permutation(len(documents))
    shuffled = [documents[i] for i in order]
    groups = groups_of(shuffled)
    learner = replace(recipe.learner, seed=seed)
    held_out = out_of_fold(recipe, learner, shuffled, labels, groups, lambda *_: None)
    calibration = judge(recipe, shuffled, labels, held_out).calibration
    where = order[held_out.index]
    probabilities = np.zeros((len(documents), len(labels)))
    probabilities[where] = calibration.probabilities(held_out.scores, held_out.known)
    usable = np.zeros(probabilities.shape, dtype=np.bool_)
    usable[where] = (held_out.known > 0)[:, None] & _learnable(shuffled, labels, groups)
    return labels, probabilities, usable


def _learnable(documents: list[Document], labels: list[str], groups: IntArray) -> BoolArray:
    """Which labels occur in two groups at least: else no model knew the label that it judged."""
    given = indicator([replace(d, label=_several(d.label)) for d in documents], labels)
    counts = [len(set(groups[column].tolist())) for column in given.T]
    return np.array(counts) > 1


def _several(label: Answer) -> tuple[str, ...]:
    return (label,) if isinstance(label, str) else label


def asked_model(
    model: AnyModel, documents: list[Document]
) -> tuple[list[str], FloatArray, BoolArray]:
    """Ask one model about documents; see `asked_others`."""
    if isinstance(model, ClaimStanceClassifier):
        raise ParameterError("label errors of claims and texts cannot be looked for")
    _check_labels(isinstance(model, TopicClassifier), model.labels, documents)
    texts = [document.text for document in documents]
    if isinstance(model, StanceClassifier):
        _, _, names = model._pairs(texts, [document.target for document in documents])
        probabilities, known = model._probabilities(texts, names)
    else:
        probabilities, known = model._probabilities(texts)
    usable: BoolArray = np.repeat((known > 0)[:, None], len(model.labels), axis=1)
    return list(model.labels), probabilities, usable


def _check_labels(several: bool, labels: Sequence[str], documents: list[Document]) -> None:
    for document in documents:
        if isinstance(document.label, tuple) != several:
            wanted = "any number of labels" if several else "one label"
            raise LabelError(
                f"the label of text {document.key} is {document.label!r}; {wanted} is expected"
            )
        for label in _several(document.label):
            if labels and label not in labels:
                raise LabelError(
                    f"the label {label!r} of text {document.key} is none of {list(labels)}"
                )


def issues(
    documents: list[Document],
    labels: list[str],
    probabilities: FloatArray,
    usable: BoolArray,
    way: str = FILTER,
) -> list[LabelIssue]:
    """List the labels that the probabilities contradict."""
    several = any(isinstance(document.label, tuple) for document in documents)
    given = indicator([replace(d, label=_several(d.label)) for d in documents], labels)
    of_text = usable.any(axis=1) if several else (usable & given).any(axis=1)
    rows = np.flatnonzero(of_text)
    if not len(rows):
        return []
    answers: npt.NDArray[np.bool_]
    if several:
        wrong, quality = doubtful_several(given[rows], probabilities[rows], way)
        wrong &= usable[rows]
        answers = given[rows] ^ wrong
        listed = wrong.any(axis=1)
    else:
        listed, quality = doubtful(given[rows].argmax(axis=1), probabilities[rows], way)
        answers = np.zeros((len(rows), len(labels)), dtype=np.bool_)
        answers[np.arange(len(rows)), probabilities[rows].argmax(axis=1)] = True
    found = []
    for row, score, answer in zip(rows[listed], quality[listed], answers[listed], strict=True):
        document = documents[int(row)]
        names = tuple(labels[i] for i in np.flatnonzero(answer).tolist())
        suggested = names if several else names[0]
        found.append(LabelIssue(int(row), document.text, document.label, suggested, float(score)))
    return sorted(found, key=lambda issue: (issue.quality, issue.index))
