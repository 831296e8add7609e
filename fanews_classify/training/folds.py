"""Cross-validation: folds that keep outlets and near duplicates apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import CorpusError
from fanews_classify.scale._backends import in_parts
from fanews_classify.training.annotations import Label
from fanews_classify.training.checkpoint import Arrays, Checkpoint, digest_of, resumed
from fanews_classify.training.data import Document
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.learners import Linear, fit_linear
from fanews_classify.training.recipe import Learner, Recipe
from fanews_classify.training.unlabelled import Unlabelled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
# Words kept of a document to see how sure a short text may be.
_SHORT: Final = (1, 2, 3, 5, 8, 12)
_OTHER: Final = "other sources"
GROUP_FOLD: Final = "fold"
"""First word of the names of folds that are no sources."""

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
    known: FloatArray
    short_scores: FloatArray
    short_known: FloatArray
    fold: list[str]


def folds(
    recipe: Recipe, documents: Sequence[Document], groups: npt.NDArray[np.intp]
) -> list[tuple[str, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Return (name, training, held-out judged) for each fold; see `Validation`.

    Where there are not two sources to hold out, as with the project's own texts
    alone, folds are made of near-duplicate groups.
    """
    judged = np.array([document.judged for document in documents])
    names: list[str] = []
    if recipe.validation.by == "source":
        sources = [document.source for document in documents]
        count = Counter(s for s, j in zip(sources, judged, strict=True) if j)
        large = {s for s, n in count.items() if n >= recipe.validation.min_source}
        names = [s if s in large else _OTHER for s in sources]
    if len({name for name, j in zip(names, judged, strict=False) if j}) < 2:
        dealt = _deal(groups.tolist(), [d.label for d in documents], recipe.validation.folds)
        names = [f"{GROUP_FOLD} {fold + 1}" for fold in dealt]
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


def _deal(groups: list[int], labels: Sequence[Label], count: int) -> list[int]:
    """Deal whole groups to folds, so that labels and sizes are even."""
    size = Counter(groups)
    label = dict(zip(reversed(groups), reversed(labels), strict=True))
    of_label = [Counter[Label]() for _ in range(count)]
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
    left_out: npt.NDArray[np.bool_] | None = None,
    kept: Checkpoint | None = None,
) -> OutOfFold:
    """Score every judged document by a model of the other folds.

    Documents `left_out` are never trained on, as learning curves need it. Scores
    of folds that a killed run has `kept` are not computed again.
    """
    made = folds(recipe, documents, groups)
    if left_out is not None:
        made = [(name, training[~left_out[training]], held) for name, training, held in made]
    if not made:
        raise CorpusError(
            "too few documents to validate: every fold needs two labels outside of it"
        )
    progress("cross-validation", 0, len(made))

    shared = _Shared(recipe, learner, documents, labels, unlabelled)

    def compute(missing: list[int]) -> Iterator[Arrays]:
        # In one process unless the caller says otherwise: joblib.parallel_config(n_jobs=2).
        return in_parts(_score_fold, shared, (made[i] for i in missing))

    keys = [digest_of(asdict(learner), *fold) for fold in made]
    parts = []
    for done, part in enumerate(resumed(kept, keys, compute), 1):
        parts.append(part)
        progress("cross-validation", done, len(made))
    scores, known, short_scores, short_known = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return OutOfFold(
        np.concatenate([held_out for _, _, held_out in made]),
        scores,
        known,
        short_scores,
        short_known,
        [name for name, _, held_out in made for _ in held_out],
    )


class _Shared(NamedTuple):
    """What all folds need."""

    recipe: Recipe
    learner: Learner
    documents: Sequence[Document]
    labels: Sequence[str]
    unlabelled: Unlabelled | None


def _score_fold(
    shared: _Shared, fold: tuple[str, IntArray, IntArray]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Score the held-out documents, whole and their first words."""
    recipe, learner, documents, labels, unlabelled = shared
    name, training, held_out = fold
    by_source = not name.startswith(GROUP_FOLD)
    outlets = {documents[int(i)].source for i in held_out} if by_source else set()
    linear = fit_on(recipe, learner, documents, training, unlabelled, outlets)
    texts = [documents[i].text for i in held_out]
    targets = [documents[i].target for i in held_out]
    heads = [
        " ".join(text.split()[: _SHORT[i % len(_SHORT)]])
        for i, text in zip(held_out, texts, strict=True)
    ]
    return *linear.score(texts, labels, targets), *linear.score(heads, labels, targets)


def fit_on(
    recipe: Recipe,
    learner: Learner,
    documents: Sequence[Document],
    chosen: npt.NDArray[np.intp],
    unlabelled: Unlabelled | None,
    without: Collection[str] = (),
) -> Linear:
    """Fit features and learner on the chosen documents."""
    return fit_linear(
        recipe,
        learner,
        [documents[i].text for i in chosen],
        [documents[i].label for i in chosen],
        np.array([documents[i].weight for i in chosen]),
        unlabelled,
        without,
        [documents[i].target for i in chosen],
    )


def groups_of(documents: Sequence[Document]) -> IntArray:
    """Near-duplicate groups of documents."""
    return near_duplicate_groups([document.text for document in documents])
