"""How much better a model gets with more labels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, SupportsFloat

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import CorpusError, EvaluationError, ParameterError
from fanews_classify.evaluation.curve import CurvePoint, LearningCurve
from fanews_classify.evaluation.multilabel import MultiLabelEvaluation, evaluate_answers
from fanews_classify.evaluation.report import Evaluation, evaluate_probabilities
from fanews_classify.model._assembly import Model
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier, answer_confidence
from fanews_classify.training.data import Dataset, Document, collect, listed_files
from fanews_classify.training.folds import groups_of, out_of_fold
from fanews_classify.training.judgement import indicator, judge
from fanews_classify.training.recipe import Recipe, load_recipe
from fanews_classify.training.train import occurring_labels, train_on

PathLike = str | os.PathLike[str]
Scores = Evaluation | MultiLabelEvaluation
IntArray = npt.NDArray[np.intp]

SHARES: Final = (0.1, 0.25, 0.5, 1.0)


def learning_curve(
    data: PathLike | Sequence[PathLike],
    *,
    test: PathLike | Sequence[PathLike] | None = None,
    recipe: PathLike | Recipe = "custom",
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> LearningCurve:
    """Train on growing shares of labelled files, to see what more labels would bring.

    A share holds whole groups of near duplicates, everything of the smaller
    shares, and at first something of each label. Sources that the recipe
    itself names are left out.

    Parameters
    ----------
    data : path-like or sequence of path-like
        CSV or JSON-lines files as for `fanews_classify.train`.
    test : path-like or sequence of path-like, optional
        Files to score on; what is a near duplicate of a text there is not
        learnt from. By default all documents are scored out of fold.
    recipe : str, path-like or Recipe, default="custom"
        Its first learner is taken, nothing is searched for.
    shares : sequence of float, default=(0.1, 0.25, 0.5, 1.0)
        Above 0, up to 1.
    seed : int
        Of the choice of documents.

    Returns
    -------
    LearningCurve

    Raises
    ------
    ParameterError
        If a share is no number above 0 and up to 1, or the recipe is for claims.
    CorpusError, RecipeError, EvaluationError
        As `fanews_classify.train`; if not even all documents suffice.

    Examples
    --------
    >>> import fanews_classify as fc, pathlib, tempfile
    >>> rows = ["text,label"]
    >>> rows += [f"تیم {w} بازی را برد,ورزش" for w in "آبی سرخ سبز زرد سفید سیاه".split()]
    >>> rows += [f"قیمت {w} در بازار بالا رفت,اقتصاد" for w in "طلا نان سیب مس برنج".split()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "mine.csv"
    ...     _ = file.write_text(chr(10).join(rows), encoding="utf-8")
    ...     curve = fc.learning_curve(file, shares=(0.5, 1.0))
    >>> [point.n for point in curve.points]
    [6, 11]
    """
    wanted = _checked(shares)
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if chosen.task == "claim-stance":
        raise ParameterError("there is no learning curve for claim models")
    chosen = replace(chosen, sources=(), annotations=(), unlabelled=(), search={})
    learnt = _read(chosen, data)
    tested = [] if test is None else _read(chosen, test)
    groups = groups_of([*learnt, *tested])
    inside = ~np.isin(groups[: len(learnt)], groups[len(learnt) :])
    learnt = [document for document, kept in zip(learnt, inside, strict=True) if kept]
    if not learnt:
        raise EvaluationError("every document to learn from is a near duplicate of a test text")
    groups = groups[: len(inside)][inside]
    order = _order(learnt, groups, seed)
    points, skipped, n_scored = [], [], len(tested) or len(learnt)
    for share in wanted:
        kept = _share(groups, order, share)
        try:
            if tested:
                scores = _on_tested(chosen, learnt, kept, tested)
            else:
                scores = _out_of_fold(chosen, learnt, kept, groups)
        except ValueError as error:  # of ours or of the learner's: a label or word is missing
            if share < wanted[-1]:
                skipped.append(share)
                continue
            raise EvaluationError(
                f"{int(kept.sum())} documents are too few for a learning curve: {error}"
            ) from error
        points.append(CurvePoint(share, int(kept.sum()), scores.macro_f1))
    how = "test files" if tested else "out of fold"
    return LearningCurve(tuple(points), how, n_scored, tuple(skipped))


def _checked(shares: Sequence[float]) -> list[float]:
    wanted: set[float] = set()
    for share in shares if isinstance(shares, Iterable) else ():
        if isinstance(share, str) or not isinstance(share, SupportsFloat) or not 0 < share <= 1:
            raise ParameterError(f"share {share!r}; give numbers above 0 and up to 1")
        wanted.add(float(share))
    if not wanted:
        raise ParameterError(f"shares={shares!r}; give a list of numbers above 0 and up to 1")
    return sorted(wanted)


def _read(recipe: Recipe, files: PathLike | Sequence[PathLike]) -> list[Document]:
    listed = listed_files(files)
    if not listed:
        raise CorpusError("no file is given")
    return collect(recipe, data=Path(), corpora=None, files=listed).documents


def _order(documents: Sequence[Document], groups: IntArray, seed: int) -> list[int]:
    """Return the groups in the order in which they are learnt from."""
    names = np.unique(groups)
    shuffled = np.random.default_rng(seed).permutation(names).tolist()
    place = {group: i for i, group in enumerate(shuffled)}
    first: dict[str, int] = {}
    for document, group in zip(documents, groups.tolist(), strict=True):
        for label in [document.label] if isinstance(document.label, str) else document.label:
            first[label] = min(first.get(label, len(shuffled)), place[group])
    leading = sorted(set(first.values()))
    return [shuffled[i] for i in dict.fromkeys([*leading, *range(len(shuffled))])]


def _share(groups: IntArray, order: Sequence[int], share: float) -> npt.NDArray[np.bool_]:
    """Choose the first groups that together hold the share, the last one included."""
    size = dict(
        zip(*(part.tolist() for part in np.unique(groups, return_counts=True)), strict=True)
    )
    held = np.cumsum([size[group] for group in order])
    count = int(np.searchsorted(held, share * len(groups) - 1e-9)) + 1
    return np.isin(groups, order[:count])


def _out_of_fold(
    recipe: Recipe, documents: list[Document], kept: npt.NDArray[np.bool_], groups: IntArray
) -> Scores:
    labels = occurring_labels(recipe, documents)
    held_out = out_of_fold(
        recipe, recipe.learner, documents, labels, groups, _silent, left_out=~kept
    )
    return judge(recipe, documents, labels, held_out).evaluation


def _on_tested(
    recipe: Recipe,
    documents: Sequence[Document],
    kept: npt.NDArray[np.bool_],
    tested: Sequence[Document],
) -> Scores:
    chosen = [document for document, one in zip(documents, kept, strict=True) if one]
    model = train_on(recipe, Dataset(chosen), _silent).model
    # Test texts may have labels that this share lacks: they count as not found.
    labels = occurring_labels(recipe, [*documents, *tested])
    probabilities, known = _probabilities(model, tested)
    columns = [labels.index(label) for label in model.labels]
    wide = np.zeros((len(tested), len(labels)))
    wide[:, columns] = probabilities
    if isinstance(model, TopicClassifier):
        given = np.zeros(wide.shape, dtype=np.bool_)
        given[:, columns] = model._given(probabilities, known)
        truth = indicator(tested, labels)
        return evaluate_answers(labels, truth, given, wide, answer_confidence(wide, given))
    truth_names = [str(document.label) for document in tested]
    return evaluate_probabilities(labels, truth_names, wide, known, threshold=model.abstain_below)


def _probabilities(
    model: Model, tested: Sequence[Document]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    texts = [document.text for document in tested]
    if isinstance(model, StanceClassifier):
        return model._probabilities(texts, [document.target for document in tested])
    return model._probabilities(texts)


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
