"""Which texts of a pool to label next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.labelling._duplicates import Seen
from fanews_classify.labelling._uncertainty import Answer, Doubts, check_model, doubts
from fanews_classify.model._assembly import AnyModel
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.text._input import check_texts

_TIMES: Final = 10  # so many times more candidates than suggestions,
_MORE: Final = 2000  # but no more than these on top of them
_FIRST: Final = 1000  # texts of which the first ones to label are chosen


class Suggestion(NamedTuple):
    """A text whose label would teach a model much.

    Attributes
    ----------
    index : int
        Its place in the pool, from 0.
    text : str
    label : str or tuple of str
        What the model would answer, several labels as a tuple; ``""`` without
        a model.
    confidence : float
        Probability of that answer; of several labels, of its least certain part.
    second : str
        The label that was nearly given too, or nearly left out.
    uncertainty : float
        From 0, sure, to 1; see `suggest`.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody misses here
    text: str
    label: Answer
    confidence: float
    second: str
    uncertainty: float


def suggest(
    model: AnyModel | None,
    texts: Iterable[str],
    n: int = 20,
    *,
    target: str | None = None,
    labelled: Iterable[str] | None = None,
    diversity: float = 0.25,
    per_label: int | None = None,
    seed: int = 0,
) -> list[Suggestion]:
    """Choose the texts of a pool whose labels would teach a model most.

    They are those the model is least sure of, and unlike each other. Empty
    texts, texts without a known word, near duplicates of each other and of
    labelled texts are left out.

    Parameters
    ----------
    model : NewsClassifier, TopicClassifier, StanceClassifier or None
        None if there are no labels yet: the suggestions are then texts from the
        middle of `n` clusters, for a first model.
    texts : iterable of str
        The pool.
    n : int, default=20
        How many; fewer are given if the pool has no more.
    target : str, optional
        For a StanceClassifier: what the stance is about.
    labelled : iterable of str, optional
        Texts that have labels already.
    diversity : float in [0, 1], default=0.25
        0 looks at the uncertainty only, 1 at the distance from other suggestions
        only, among ten times as many of the least certain texts.
    per_label : int, optional
        Suggest at most so many texts with the same answer of the model.
    seed : int, default=0
        Of the clusters, where there is no model; all else is the same for any seed.

    Returns
    -------
    list of Suggestion
        The most useful first.

    Raises
    ------
    InputTypeError
        If a text is not a ``str``; the message names its position.
    ParameterError
        For a number out of range, a claim model, a missing or needless target.
    LabelError
        If the model does not know the target.

    Notes
    -----
    The uncertainty is 1 less the probability of the answer [1]_; with several
    labels, that of the label nearest to its threshold: 1 on the threshold, 0 at
    a probability of 0 or 1. The batch is put together greedily by maximal
    marginal relevance [2]_ on cosines of TF-IDF. Whether it pays depends on the
    texts; ``benchmarks/suggest.py`` measures it against labels at random.

    References
    ----------
    .. [1] Lewis and Gale, "A sequential algorithm for training text
       classifiers", SIGIR 1994; Settles, "Active learning literature survey", 2009.
    .. [2] Carbonell and Goldstein, SIGIR 1998; for batches to be labelled
       Brinker, "Incorporating diversity in active learning with support vector
       machines", ICML 2003.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> pool = [
    ...     "تیم ملی والیبال در سه ست برنده شد",
    ...     "وزیر ورزش درباره بدهی باشگاه‌ها به مجلس توضیح داد",
    ...     "وزیر ورزش درباره بدهی باشگاه ها به مجلس توضیح داد.",
    ... ]
    >>> first, second = fc.suggest(fc.load("section"), pool, n=3)
    >>> first.index, first.label, first.second
    (1, 'sport', 'politics')
    """
    pool = check_texts(texts)
    taken = [] if labelled is None else check_texts(labelled)
    _check(n, diversity, per_label)
    if model is None:
        if target is not None or per_label is not None:
            raise ParameterError("target and per_label need a model")
        return _first(pool, n, Seen(taken), np.random.default_rng(seed))
    asked = check_model(model, target)
    if not pool or not n:
        return []
    found = doubts(asked, pool, target)
    order = np.argsort(-found.uncertainty, kind="stable")
    order = order[found.uncertainty[order] >= 0.0]
    answers = _Answers(found, asked.labels, isinstance(asked, TopicClassifier))
    candidates = _candidates(pool, order, n, Seen(taken), answers, per_label)
    if not candidates:
        return []
    from fanews_classify.labelling._spread import directions, spread

    chosen = spread(
        found.uncertainty[candidates],
        directions([pool[i] for i in candidates]),
        n,
        diversity,
        [answers.of(i) for i in candidates],
        per_label,
    )
    return [
        Suggestion(
            i,
            pool[i],
            answers.of(i),
            float(found.confidence[i]),
            asked.labels[int(found.second[i])],
            float(found.uncertainty[i]),
        )
        for i in (candidates[j] for j in chosen)
    ]


def _check(n: int, diversity: float, per_label: int | None) -> None:
    if n < 0:
        raise ParameterError(f"n={n!r}; give a number of 0 or more")
    if not 0.0 <= diversity <= 1.0:
        raise ParameterError(f"diversity={diversity!r}; give a number from 0 to 1")
    if per_label is not None and per_label < 1:
        raise ParameterError(f"per_label={per_label!r}; give a number of 1 or more, or None")


class _Answers:
    """The answers of a model, made when they are asked for."""

    def __init__(self, found: Doubts, labels: Sequence[str], several: bool) -> None:
        self._given, self._labels, self._several = found.given, labels, several

    def of(self, i: int) -> Answer:
        labels = tuple(self._labels[j] for j in np.flatnonzero(self._given[i]).tolist())
        return labels if self._several else labels[0]


def _candidates(
    pool: Sequence[str],
    order: npt.NDArray[np.intp],
    n: int,
    seen: Seen,
    answers: _Answers,
    per_label: int | None,
) -> list[int]:
    """Return the first texts that are like none before, more than are needed."""
    wanted = min(_TIMES * n, n + _MORE)
    found: list[int] = []
    kinds: Counter[Hashable] = Counter()
    position, size = 0, wanted
    while len(found) < wanted and position < len(order):
        part = order[position : position + size].tolist()
        position, size = position + size, 2 * size
        new = [part[j] for j in seen.new([pool[i] for i in part])]
        for i in new:
            kinds[answers.of(i)] += 1
            if per_label is None or kinds[answers.of(i)] <= _TIMES * per_label:
                found.append(i)
    return found[:wanted]


def _first(pool: list[str], n: int, seen: Seen, rng: np.random.Generator) -> list[Suggestion]:
    """Choose texts from the middle of clusters of a part of the pool."""
    order = rng.permutation(len(pool)).tolist()
    size = max(_FIRST, 2 * n)
    sample: list[int] = []
    while len(sample) < size and order:
        part, order = order[:size], order[size:]
        sample += [part[j] for j in seen.new([pool[i] for i in part])]
    sample = sample[:size]
    if n and len(sample) > n:
        from fanews_classify.labelling._clusters import middles

        seed = int(rng.integers(1 << 31))
        sample = [sample[j] for j in middles([pool[i] for i in sample], n, seed)]
    return [Suggestion(i, pool[i], "", 0.0, "", 1.0) for i in sample[:n]]
