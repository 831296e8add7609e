"""Fitting: features, learner, out-of-fold scores, calibration."""

from __future__ import annotations

import itertools
import platform
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import joblib
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

from fanews_classify.errors import CorpusError, RecipeError
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._export import from_linear
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.training.blocks import FeatureBlocks
from fanews_classify.training.data import Document
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.recipe import Learner, Recipe
from fanews_classify.training.unlabelled import Unlabelled

FloatArray = npt.NDArray[np.float64]
# Words kept of a document to see how sure a short text may be.
_SHORT: Final = (1, 2, 3, 5, 8, 12)
Progress = Callable[[str, int, int], None]


@dataclass
class OutOfFold:
    """Scores of judged documents by models that have not seen them or their like.

    Attributes
    ----------
    index : ndarray of intp, shape (n,)
        The judged documents.
    scores : ndarray of float64, shape (n, n_labels)
    known : ndarray of int64, shape (n,)
    short_scores, short_known : ndarray
        The same of the first words of each document, for the calibration.
    fold : list of str, length n
        The held-out source or fold of each.
    """

    index: npt.NDArray[np.intp]
    scores: FloatArray
    known: npt.NDArray[np.int64]
    short_scores: FloatArray
    short_known: npt.NDArray[np.int64]
    fold: list[str]


def fit_learner(
    learner: Learner, matrix: sp.csr_matrix, labels: Sequence[str], weights: FloatArray
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Fit the recipe's linear model.

    Returns
    -------
    coef : ndarray, shape (n_labels, n_features)
    intercept : ndarray, shape (n_labels,)
    classes : list of str
        Sorted. Two classes have two rows as well, each the other's negative.
    """
    truth = np.array(labels)
    classes = np.unique(truth).tolist()
    common = {
        "C": learner.C,
        "class_weight": learner.class_weight,
        "max_iter": learner.max_iter,
        "random_state": learner.seed,
    }
    if learner.kind == "linear_svc":
        estimators = [LinearSVC(**common).fit(matrix, truth, sample_weight=weights)]
    elif learner.solver != "liblinear" or len(classes) == 2:
        estimator = LogisticRegression(solver=learner.solver, **common)
        estimators = [estimator.fit(matrix, truth, sample_weight=weights)]
    else:  # liblinear is one against the rest, which scikit-learn leaves to its caller
        estimators = [
            LogisticRegression(solver="liblinear", **common).fit(
                matrix, truth == label, sample_weight=weights
            )
            for label in classes
        ]
    coef = np.vstack([estimator.coef_ for estimator in estimators]).astype(np.float64)
    intercept = np.concatenate([estimator.intercept_ for estimator in estimators])
    if len(classes) == 2:
        coef, intercept = np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    return coef, intercept, classes


@dataclass
class Linear:
    """A fitted linear model: features, weights (one row for each class), classes."""

    blocks: FeatureBlocks
    coef: FloatArray
    intercept: FloatArray
    classes: list[str]

    def score(
        self, texts: list[str], labels: Sequence[str]
    ) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Score texts for all labels; return also how many known terms each has."""
        matrix = self.blocks.transform(texts)
        columns = [labels.index(label) for label in self.classes]
        # A label that the training documents lack is scored below all others.
        scores = np.full((len(texts), len(labels)), float(self.intercept.min()) - 1.0)
        scores[:, columns] = matrix @ self.coef.T + self.intercept
        return scores, np.diff(matrix.indptr).astype(np.int64)


def fit_linear(
    recipe: Recipe,
    learner: Learner,
    texts: list[str],
    labels: list[str],
    weights: FloatArray,
    unlabelled: Unlabelled | None = None,
    without: Collection[str] = (),
) -> Linear:
    """Fit features and learner.

    Parameters
    ----------
    unlabelled : Unlabelled, optional
        Texts that lend their words and word vectors.
    without : collection of str
        Outlets whose unlabelled texts are left out.
    """
    most = max((block.max_words or 0 for block in recipe.features), default=0)
    words: list[str] = []
    if unlabelled is not None and most:
        words = unlabelled.most_frequent(most, recipe.unlabelled_min_df, without)
    blocks = FeatureBlocks(recipe.features)
    matrix = blocks.fit_transform(texts)
    if any(block.max_words or block.max_runs for block in recipe.features):
        strength = np.zeros(matrix.shape[1])
        if any(block.max_runs for block in recipe.features):
            coef, _, _ = fit_learner(learner, matrix, labels, weights)
            strength = np.abs(coef).max(axis=0)
            strength *= np.sqrt(np.asarray(matrix.power(2).sum(axis=0))[0])
        matrix = blocks.refit(texts, blocks.vocabularies(strength, words))
    kept = unlabelled.texts_without(without) if unlabelled is not None else []
    shared = [blocks.subword_matrix(), blocks.vector_matrix(kept)]
    # Columns that words share: a document's are those of its words, summed up.
    columns, scaled = [matrix], []
    for part in shared:
        if part is not None:
            sums = matrix @ part
            # As large as the words' own features, on average, times the block's factor.
            scale = np.sqrt(matrix.power(2).sum() / max(sums.power(2).sum(), 1e-12))
            factor = max(np.sqrt(part.power(2).sum(axis=1)).max(), 1e-12)
            scaled.append(part * np.float32(scale * factor))
            columns.append(sums * np.float32(scale * factor))
    wide = sp.csr_matrix(sp.hstack(columns)) if scaled else matrix
    coef, intercept, classes = fit_learner(learner, wide, labels, weights)
    if not scaled:
        return Linear(blocks, coef, intercept, classes)
    # Folding: a word's weight is its own and what it has a share in.
    own, through = coef[:, : matrix.shape[1]], coef[:, matrix.shape[1] :]
    folded = own + np.asarray((sp.csr_matrix(sp.hstack(scaled)) @ through.T).T)
    return Linear(blocks, folded, intercept, classes)


def folds(
    recipe: Recipe, documents: Sequence[Document], groups: npt.NDArray[np.intp]
) -> list[tuple[str, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Return (name, training, held-out judged) for each fold; see `Validation`."""
    judged = np.array([document.judged for document in documents])
    if recipe.validation.by == "source":
        sources = [document.source for document in documents]
        count = Counter(s for s, j in zip(sources, judged, strict=True) if j)
        large = {s for s, n in count.items() if n >= recipe.validation.min_source}
        names = [s if s in large else "other sources" for s in sources]
    else:
        dealt = _deal(groups.tolist(), [d.label for d in documents], recipe.validation.folds)
        names = [f"fold {fold + 1}" for fold in dealt]
    made = []
    for name in sorted(set(names)):
        inside = np.array([n == name for n in names])
        held_out = np.flatnonzero(inside & judged)
        if not len(held_out):
            continue
        training = np.flatnonzero(~inside & ~np.isin(groups, groups[held_out]))
        if len({documents[int(i)].label for i in training}) > 1:
            made.append((name, training, held_out))
    return made


def _deal(groups: list[int], labels: list[str], count: int) -> list[int]:
    """Deal whole groups to folds, so that labels and sizes are even."""
    size = Counter(groups)
    label = dict(zip(reversed(groups), reversed(labels), strict=True))
    of_label = [Counter[str]() for _ in range(count)]
    fold_of: dict[int, int] = {}
    # Largest first; equals in an order that has nothing to do with the file's.
    for group in sorted(size, key=lambda g: (-size[g], g * 2654435761 % (1 << 32))):
        fold = min(range(count), key=lambda k: (of_label[k][label[group]], of_label[k].total(), k))
        fold_of[group] = fold
        of_label[fold][label[group]] += size[group]
    return [fold_of[group] for group in groups]


def out_of_fold(
    recipe: Recipe,
    learner: Learner,
    documents: Sequence[Document],
    labels: Sequence[str],
    groups: npt.NDArray[np.intp],
    progress: Progress,
    unlabelled: Unlabelled | None = None,
) -> OutOfFold:
    """Score every judged document by a model of the other folds."""
    made = folds(recipe, documents, groups)
    if not made:
        raise CorpusError(
            "too few documents to validate: every fold needs two labels outside of it"
        )
    index, names = [], []
    whole: list[tuple[FloatArray, npt.NDArray[np.int64]]] = []
    short: list[tuple[FloatArray, npt.NDArray[np.int64]]] = []
    for done, (name, training, held_out) in enumerate(made):
        progress("cross-validation", done, len(made))
        outlets = {documents[int(i)].source for i in held_out}
        linear = _fit_on(recipe, learner, documents, training, unlabelled, outlets)
        texts = [documents[i].text for i in held_out]
        heads = [
            " ".join(text.split()[: _SHORT[i % len(_SHORT)]])
            for i, text in zip(held_out, texts, strict=True)
        ]
        whole.append(linear.score(texts, labels))
        short.append(linear.score(heads, labels))
        index.append(held_out)
        names += [name] * len(held_out)
    progress("cross-validation", len(made), len(made))
    return OutOfFold(
        np.concatenate(index),
        np.vstack([scores for scores, _ in whole]),
        np.concatenate([known for _, known in whole]),
        np.vstack([scores for scores, _ in short]),
        np.concatenate([known for _, known in short]),
        names,
    )


def _fit_on(
    recipe: Recipe,
    learner: Learner,
    documents: Sequence[Document],
    chosen: npt.NDArray[np.intp],
    unlabelled: Unlabelled | None,
    without: Collection[str] = (),
) -> Linear:
    return fit_linear(
        recipe,
        learner,
        [documents[i].text for i in chosen],
        [documents[i].label for i in chosen],
        np.array([documents[i].weight for i in chosen]),
        unlabelled,
        without,
    )


def candidates(recipe: Recipe) -> Iterator[Learner]:
    """Learners of the recipe's search space; the recipe's own if it has none."""
    if not recipe.search:
        yield recipe.learner
        return
    for values in itertools.product(*recipe.search.values()):
        yield replace(recipe.learner, **dict(zip(recipe.search, values, strict=True)))


def choose_learner(
    recipe: Recipe,
    documents: Sequence[Document],
    labels: Sequence[str],
    groups: npt.NDArray[np.intp],
    progress: Progress,
    unlabelled: Unlabelled | None = None,
) -> tuple[Learner, OutOfFold, list[dict[str, Any]]]:
    """Cross-validate each candidate; return the best by macro-F1, with all scores."""
    tried: list[dict[str, Any]] = []
    best: tuple[float, Learner, OutOfFold] | None = None
    for learner in candidates(recipe):
        result = out_of_fold(recipe, learner, documents, labels, groups, progress, unlabelled)
        truth = [documents[i].label for i in result.index]
        answers = [labels[i] for i in result.scores.argmax(axis=1)]
        score = float(f1_score(truth, answers, average="macro", zero_division=0.0))
        tried.append({**asdict(learner), "macro_f1": round(score, 4)})
        if best is None or score > best[0]:
            best = score, learner, result
    if best is None:
        raise RecipeError("the recipe's search space is empty")
    return best[1], best[2], tried


def fit_model(
    recipe: Recipe,
    learner: Learner,
    documents: Sequence[Document],
    calibration: Calibration,
    info: dict[str, Any],
    unlabelled: Unlabelled | None = None,
) -> NewsClassifier:
    """Fit on all documents and make the classifier."""
    linear = _fit_on(recipe, learner, documents, np.arange(len(documents)), unlabelled)
    return from_linear(
        [
            (vectorizer, block.factor)
            for vectorizer, block in zip(linear.blocks.vectorizers, recipe.features, strict=True)
        ],
        linear.coef,
        np.round(linear.intercept, 6),
        linear.classes,
        name=recipe.name,
        labels_fa=[recipe.persian(label) for label in linear.classes],
        calibration=calibration,
        abstain_below=recipe.abstain_below,
        info={**info, "learner": asdict(learner), "libraries": library_versions()},
        weight_dtype=recipe.weight_dtype,
    )


def library_versions() -> dict[str, str]:
    """Versions that the trained weights depend on."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "joblib": joblib.__version__,
    }


def groups_of(documents: Sequence[Document]) -> npt.NDArray[np.intp]:
    """Near-duplicate groups of documents."""
    return near_duplicate_groups([document.text for document in documents])
