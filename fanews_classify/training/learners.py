"""Linear learners over the features of a recipe, for one label a text or many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from fanews_classify.model._export import linear_scorer
from fanews_classify.model._linear import LinearScorer
from fanews_classify.model._passages import PassageScorer
from fanews_classify.training._fitting import fitted
from fanews_classify.training.annotations import Label
from fanews_classify.training.blocks import FeatureBlocks, Views
from fanews_classify.training.focus import fit_focus
from fanews_classify.training.recipe import VIEWS, Learner, Recipe
from fanews_classify.training.unlabelled import Unlabelled

FloatArray = npt.NDArray[np.float64]


def fit_learner(
    learner: Learner, matrix: sp.csr_matrix, labels: Sequence[Label], weights: FloatArray
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Fit the recipe's linear model.

    Returns
    -------
    coef : ndarray, shape (n_labels, n_features)
    intercept : ndarray, shape (n_labels,)
    classes : list of str
        Sorted. Two classes have two rows as well, each the other's negative.
        Labels that are tuples are told apart one by one, each from all texts
        that lack it.
    """
    if any(isinstance(label, tuple) for label in labels):
        classes = sorted({one for label in labels for one in label})
        truths = [np.array([one in label for label in labels]) for one in classes]
        return *_one_by_one(learner, matrix, truths, weights), classes
    truth = np.array(labels)
    classes = np.unique(truth).tolist()
    if learner.kind == "logistic_regression" and (
        learner.solver == "liblinear" and len(classes) > 2
    ):  # liblinear is one against the rest, which scikit-learn leaves to its caller
        truths = [truth == label for label in classes]
        return *_one_by_one(learner, matrix, truths, weights), classes
    estimator = fitted(_estimator(learner), matrix, truth, sample_weight=weights)
    coef, intercept = estimator.coef_.astype(np.float64), estimator.intercept_
    if len(classes) == 2:
        coef, intercept = np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    return coef, intercept, classes


def _one_by_one(
    learner: Learner,
    matrix: sp.csr_matrix,
    truths: Sequence[npt.NDArray[np.bool_]],
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    models = [fitted(_estimator(learner), matrix, truth, sample_weight=weights) for truth in truths]
    coef = np.vstack([model.coef_ for model in models]).astype(np.float64)
    return coef, np.concatenate([model.intercept_ for model in models])


def _estimator(learner: Learner) -> LinearSVC | LogisticRegression:
    common = {
        "C": learner.C,
        "class_weight": learner.class_weight,
        "max_iter": learner.max_iter,
        "random_state": learner.seed,
    }
    if learner.kind == "linear_svc":
        return LinearSVC(**common)
    return LogisticRegression(solver=learner.solver, **common)


@dataclass
class Linear:
    """A fitted linear model.

    Attributes
    ----------
    design : Design
        Its features.
    coef : ndarray, shape (n_labels, n_terms)
    intercept : ndarray, shape (n_labels,)
    bias : ndarray, shape (n_targets, n_labels)
        What the target alone adds.
    classes : list of str
    """

    design: Design
    coef: FloatArray
    intercept: FloatArray
    bias: FloatArray
    classes: list[str]

    def score(
        self, texts: list[str], labels: Sequence[str], targets: Sequence[str] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Score texts for all labels; return also how many known terms each has."""
        targets = targets or [""] * len(texts)
        columns = [labels.index(label) for label in self.classes]
        # A label that the training documents lack is scored below all others.
        scores = np.full((len(texts), len(labels)), float(self.intercept.min()) - 1.0)
        views = self.design.views(texts, targets)
        recipe = self.design.recipe
        if recipe.passage_share or any(block.norm == "expected" for block in recipe.features):
            # As the saved model will: rounded, and with its notion of what is known.
            scorers = self.scorers()
            whole = scorers["text"]
            scorer = PassageScorer(whole.blocks, whole.intercept, recipe.passage_share)
            scores[:, columns], known = scorer.score(views["text"])
            if "focus" in views:
                scores[:, columns] += scorers["focus"].score(views["focus"])[0]
        else:
            matrix = self.design.blocks.transform(views)
            scores[:, columns] = matrix @ self.coef.T + self.intercept
            known = np.diff(matrix.indptr).astype(np.float64)
        scores[:, columns] += self.design.target_columns(targets) @ self.bias
        return scores, known

    def scorers(self, weight_dtype: str = "float32") -> dict[str, LinearScorer]:
        """Make the scorer of each view; only the one of the text has the intercept."""
        made = {}
        ends = np.cumsum([len(v.vocabulary_) for v in self.design.blocks.vectorizers])
        for view in VIEWS:
            chosen, columns = [], [np.zeros(0, dtype=np.intp)]
            for (vectorizer, factor), block, end in zip(
                self.design.blocks.weighted(), self.design.recipe.features, ends, strict=True
            ):
                if block.view == view:
                    chosen.append((vectorizer, factor))
                    columns.append(np.arange(end - len(vectorizer.vocabulary_), end))
            intercept = self.intercept if view == VIEWS[0] else np.zeros_like(self.intercept)
            coef = self.coef[:, np.concatenate(columns)]
            made[view] = linear_scorer(chosen, coef, intercept, weight_dtype)
        return made


class Design:
    """Features of training texts: their own terms, and what terms share.

    Parameters
    ----------
    recipe : Recipe
    learner : Learner
        Its weights in a first fit choose the runs of words.
    unlabelled : Unlabelled, optional
        Texts that lend their words and word vectors.
    without : collection of str
        Outlets whose unlabelled texts are left out.
    """

    def __init__(
        self,
        recipe: Recipe,
        learner: Learner,
        unlabelled: Unlabelled | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.recipe = recipe
        self.learner = learner
        self.unlabelled = unlabelled
        self.without = without

    def fit_transform(
        self,
        texts: list[str],
        labels: Sequence[Label],
        weights: FloatArray,
        targets: Sequence[str] | None = None,
    ) -> sp.csr_matrix:
        """Return the features: terms, then shared columns, then targets."""
        recipe = self.recipe
        targets = targets or [""] * len(texts)
        self.focus = (
            fit_focus(texts, targets, recipe.targets, self.learner.seed)
            if any(block.view == "focus" for block in recipe.features)
            else None
        )
        views = self.views(texts, targets)
        self.blocks = FeatureBlocks(recipe.features)
        matrix = self.blocks.fit_transform(views)
        if any(block.max_words or block.max_runs for block in recipe.features):
            strength = np.zeros(matrix.shape[1])
            if any(block.max_runs for block in recipe.features):
                coef, _, _ = fit_learner(self.learner, matrix, labels, weights)
                strength = np.abs(coef).max(axis=0)
                strength *= np.sqrt(np.asarray(matrix.power(2).sum(axis=0))[0])
            matrix = self.blocks.refit(views, self.blocks.vocabularies(strength, self._words()))
        self.n_terms = matrix.shape[1]
        kept = self.unlabelled.texts_without(self.without) if self.unlabelled is not None else []
        # Columns that words share: a document's are those of its words, summed up.
        columns, self.shared = [matrix], []
        for part in (self.blocks.subword_matrix(), self.blocks.vector_matrix(kept)):
            if part is not None:
                sums = matrix @ part
                # As large as the words' own features, on average, times the block's factor.
                scale = np.sqrt(matrix.power(2).sum() / max(sums.power(2).sum(), 1e-12))
                factor = max(np.sqrt(part.power(2).sum(axis=1)).max(), 1e-12)
                self.shared.append(part * np.float32(scale * factor))
                columns.append(sums * np.float32(scale * factor))
        columns.append(self.target_columns(targets).astype(np.float32))
        return sp.csr_matrix(sp.hstack(columns)) if columns[1:] else matrix

    def views(self, texts: list[str], targets: Sequence[str]) -> Views:
        """Return what the blocks read of the texts."""
        if self.focus is None:
            return {"text": texts}
        return {"text": texts, "focus": self.focus.texts(texts, targets)}

    def target_columns(self, targets: Sequence[str]) -> sp.csr_matrix:
        """One column for each target of the recipe, none if targets do not count."""
        factor = self.recipe.target_factor
        names = self.recipe.targets if factor else ()
        rows = [i for i, target in enumerate(targets) if target in names]
        columns = [names.index(targets[i]) for i in rows]
        return sp.csr_matrix(
            (np.full(len(rows), factor), (rows, columns)), shape=(len(targets), len(names))
        )

    def fold(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Fold the weights of shared columns into those of the terms.

        A word's weight is its own and what it has a share in, so that
        prediction costs nothing more.

        Returns
        -------
        coef : ndarray, shape (n_labels, n_terms)
        bias : ndarray, shape (n_targets, n_labels)
        """
        n_shared = sum(part.shape[1] for part in self.shared)
        own, through, bias = np.split(coef, [self.n_terms, self.n_terms + n_shared], axis=1)
        if self.shared:
            own = own + np.asarray((sp.csr_matrix(sp.hstack(self.shared)) @ through.T).T)
        return own, bias.T

    def _words(self) -> list[str]:
        most = max((block.max_words or 0 for block in self.recipe.features), default=0)
        if self.unlabelled is None or not most:
            return []
        return self.unlabelled.most_frequent(most, self.recipe.unlabelled_min_df, self.without)


def fit_linear(
    recipe: Recipe,
    learner: Learner,
    texts: list[str],
    labels: Sequence[Label],
    weights: FloatArray,
    unlabelled: Unlabelled | None = None,
    without: Collection[str] = (),
    targets: Sequence[str] | None = None,
) -> Linear:
    """Fit features and learner; see `Design`."""
    design = Design(recipe, learner, unlabelled, without)
    matrix = design.fit_transform(texts, labels, weights, targets)
    coef, intercept, classes = fit_learner(learner, matrix, labels, weights)
    folded, bias = design.fold(coef)
    return Linear(design, folded, intercept, bias, classes)
