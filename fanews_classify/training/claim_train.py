"""Training of a claim-stance model: folds by event, calibration, honest scores."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import CorpusError
from fanews_classify.evaluation.evidence import EvidenceScore, score_evidence
from fanews_classify.evaluation.report import Evaluation, evaluate_probabilities
from fanews_classify.features._words import WordTable
from fanews_classify.features.claims import pair_features
from fanews_classify.model._evidence import EvidenceRanker
from fanews_classify.model._pair_scorer import PairScorer
from fanews_classify.model._store import save
from fanews_classify.model.claims import ClaimStanceClassifier, PairCalibration
from fanews_classify.scale._backends import in_parts
from fanews_classify.training.checkpoint import (
    Arrays,
    Checkpoint,
    digest_of,
    kept_in,
    resumed,
)
from fanews_classify.training.claim_calibration import fit_calibration
from fanews_classify.training.claim_fit import (
    fit_ranker,
    fit_scorer,
    fit_words,
    pair_weights,
    ranked_passages,
)
from fanews_classify.training.fit import dependencies
from fanews_classify.training.pairs import ClaimPair, PairSet, collect_pairs, event_folds
from fanews_classify.training.recipe import Recipe

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
_PER_LABEL: Final = 2  # pairs of each label, at least


@dataclass(frozen=True)
class ClaimTraining:
    """What training on pairs returns.

    Attributes
    ----------
    model : ClaimStanceClassifier
        Fitted on all pairs.
    evaluation : Evaluation
        Out-of-fold scores of all judged pairs: by models that saw no pair of
        the event, calibrated by the other folds.
    parts : dict of str to Evaluation
        The same of each file.
    evidence : EvidenceScore or None
        Of the sentences shown, out of fold.
    dataset : PairSet
    """

    model: ClaimStanceClassifier
    evaluation: Evaluation
    parts: dict[str, Evaluation]
    evidence: EvidenceScore | None
    dataset: PairSet

    def report(self) -> str:
        """Return what was learnt, as text."""
        counts = Counter(pair.label for pair in self.dataset.pairs)
        events = len({pair.event for pair in self.dataset.pairs})
        lines = [
            f"model {self.model.name!r}, {len(self.dataset.pairs)} pairs on {events} events",
            "  " + ", ".join(f"{label} {counts[label]}" for label in self.model.labels),
        ]
        if self.dataset.missing:
            lines.append("  left out, not found: " + ", ".join(sorted(set(self.dataset.missing))))
        for part, evaluation in self.parts.items():
            lines += ["", f"{part}, held out by event:", evaluation.to_text()]
        if self.evidence:
            lines += [
                "",
                f"evidence of {self.evidence.n} texts: token F1 {self.evidence.token_f1:.3f}, "
                f"ROUGE-L {self.evidence.rouge_l:.3f}",
            ]
        return "\n".join(lines)


@dataclass(frozen=True)
class _HeldOut:
    """Scores of judged pairs by models that saw no pair of their event."""

    index: IntArray
    fold: IntArray
    scores: FloatArray
    known: BoolArray
    long: BoolArray
    passages: list[str]


def train_claims(
    recipe: Recipe,
    *,
    files: Sequence[Path] = (),
    data: Path,
    corpora: Path | None,
    progress: Progress,
    out: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> ClaimTraining:
    """Train a claim-stance model; see `fanews_classify.train`.

    Raises
    ------
    CorpusError
        If a label has too few pairs, or all are of one event.
    """
    progress("reading", 0, 1)
    dataset = collect_pairs(recipe, data=data, corpora=corpora, files=files)
    depends = partial(dependencies, recipe, dataset.digests, dataset.pairs)
    with kept_in(checkpoint, depends) as kept:
        training = fit_claims(recipe, dataset, data=data, progress=progress, kept=kept)
        if out is not None:
            save(training.model, out)
    return training


def fit_claims(
    recipe: Recipe,
    dataset: PairSet,
    *,
    data: Path,
    progress: Progress,
    kept: Checkpoint | None = None,
) -> ClaimTraining:
    """Train on pairs that are read already; see `train_claims`."""
    pairs = dataset.pairs
    counts = Counter(pair.label for pair in pairs)
    labels = tuple(recipe.labels) or tuple(sorted(counts))
    few = [label for label in labels if counts[label] < _PER_LABEL]
    if few or len(labels) < 2:
        raise CorpusError(f"too few pairs with the label {', '.join(few) or labels}")
    targets = np.array([labels.index(pair.label) for pair in pairs])
    table = _Table.of(fit_words(recipe, data, pairs, dataset.unlabelled), pairs)
    held_out = _hold_out(recipe, data, dataset, table, targets, progress, kept)
    calibration, evaluation, parts = _judge(recipe, labels, pairs, targets, held_out)
    told = [(p, pairs[i].evidence) for i, p in zip(held_out.index, held_out.passages, strict=True)]
    told = [(passage, wanted) for passage, wanted in told if wanted and passage]
    evidence = None
    if told:
        evidence = score_evidence([found for found, _ in told], [wanted for _, wanted in told])
    progress("fitting", 0, 1)
    scorer, ranker = _fit(recipe, table, pairs, targets, np.arange(len(pairs)))
    info = {
        "training": {
            "pairs": len(pairs),
            "events": len({pair.event for pair in pairs}),
            "unlabelled": len(dataset.unlabelled),
            "judged": evaluation.n,
            "validation": "event",
            "data_sha256": _digest(pairs),
            "files_sha256": dict(sorted(dataset.digests.items())),
            "missing": sorted(set(dataset.missing)),
        },
        "card": dict(recipe.card),
        "scores": evaluation.to_dict(),
        "parts": {part: scores.to_dict() for part, scores in parts.items()},
        "evidence": evidence.to_dict() if evidence else {},
        "features": asdict(recipe.pair_learner),
    }
    model = ClaimStanceClassifier(
        name=recipe.name,
        labels=labels,
        labels_fa=tuple(recipe.persian(label) for label in labels),
        abstain_below=recipe.abstain_below,
        info=json.loads(json.dumps(info)),
        words=table.words,
        scorer=scorer,
        calibration=calibration,
        ranker=ranker,
    )
    progress("fitting", 1, 1)
    return ClaimTraining(model, evaluation, parts, evidence, dataset)


@dataclass(frozen=True)
class _Table:
    """Words, and the features that they give all pairs."""

    words: WordTable
    features: npt.NDArray[np.float32]
    known: BoolArray
    long: BoolArray

    @classmethod
    def of(cls, words: WordTable, pairs: Sequence[ClaimPair]) -> _Table:
        claims, texts = [pair.claim for pair in pairs], [pair.text for pair in pairs]
        return cls(words, *pair_features(words, claims, texts))


def _fit(
    recipe: Recipe,
    table: _Table,
    pairs: Sequence[ClaimPair],
    targets: IntArray,
    seen: IntArray,
) -> tuple[PairScorer, EvidenceRanker]:
    """Fit on the pairs `seen`."""
    kept = [pairs[i] for i in seen.tolist()]
    weights = pair_weights(kept, targets[seen], recipe.pair_learner)
    scorer = fit_scorer(table.features[seen], targets[seen], weights, recipe.pair_learner)
    return scorer, fit_ranker(table.words, kept)


def _hold_out(
    recipe: Recipe,
    data: Path,
    dataset: PairSet,
    table: _Table,
    targets: IntArray,
    progress: Progress,
    kept: Checkpoint | None,
) -> _HeldOut:
    """Score each judged pair by a model that saw no pair of its event."""
    pairs = dataset.pairs
    folds = list(event_folds(pairs, recipe.validation.folds))

    def compute(missing: list[int]) -> Iterator[Arrays]:
        return in_parts(_score_fold, _Folds(recipe, data, dataset, table, targets, folds), missing)

    columns: list[list[npt.NDArray[Any]]] = []
    passages: list[str] = []
    progress("cross-validation", 0, len(folds))
    for part in resumed(kept, [digest_of(held) for held in folds], compute):
        passages += json.loads(part.pop().tobytes())
        columns.append(part)
        progress("cross-validation", len(columns), len(folds))
    index, fold, scores, known, long = (np.concatenate(c) for c in zip(*columns, strict=True))
    return _HeldOut(index, fold, scores, known, long, passages)


@dataclass(frozen=True)
class _Folds:
    """What all folds need; see `_hold_out`."""

    recipe: Recipe
    data: Path
    dataset: PairSet
    table: _Table
    targets: IntArray
    folds: list[BoolArray]


def _score_fold(all_folds: _Folds, number: int) -> Arrays:
    """Score the judged pairs that a fold holds out."""
    dataset, targets, held = all_folds.dataset, all_folds.targets, all_folds.folds[number]
    pairs = dataset.pairs
    seen = (~held).nonzero()[0]
    if len(set(targets[seen].tolist())) < int(targets.max()) + 1:
        raise CorpusError("a fold lacks a label; give pairs on more events")
    own = all_folds.table
    if not dataset.unlabelled:  # words are learnt from pairs: from those seen only
        kept = [pairs[i] for i in seen]
        own = _Table.of(fit_words(all_folds.recipe, all_folds.data, kept, ()), pairs)
    scorer, ranker = _fit(all_folds.recipe, own, pairs, targets, seen)
    judged = np.array([pair.judged for pair in pairs])
    here = (held & judged).nonzero()[0]
    passages = ranked_passages(own.words, ranker, [pairs[i] for i in here])
    told = np.frombuffer(json.dumps(passages).encode(), dtype=np.uint8)
    scores = scorer.score(own.features[here])
    return here, np.full(len(here), number), scores, own.known[here], own.long[here], told


def _judge(
    recipe: Recipe,
    labels: Sequence[str],
    pairs: Sequence[ClaimPair],
    targets: IntArray,
    held_out: _HeldOut,
) -> tuple[PairCalibration, Evaluation, dict[str, Evaluation]]:
    """Calibrate each fold by the others, and the model by all."""
    truth = targets[held_out.index]
    probabilities = np.empty_like(held_out.scores)
    preference = np.empty_like(held_out.scores)
    for number in np.unique(held_out.fold):
        here = held_out.fold == number
        others = fit_calibration(held_out.scores[~here], held_out.long[~here], truth[~here])
        probabilities[here] = others.probabilities(held_out.scores[here], held_out.long[here])
        preference[here] = others.preference(held_out.scores[here], held_out.long[here])
    parts = np.array([pairs[i].part for i in held_out.index], dtype=object)
    fold = np.array([f"fold {number}" for number in held_out.fold], dtype=object)

    def scores(chosen: BoolArray) -> Evaluation:
        here = [pairs[i] for i in held_out.index[chosen]]
        return evaluate_probabilities(
            labels,
            [labels[i] for i in truth[chosen]],
            probabilities[chosen],
            held_out.known[chosen].astype(np.float64),
            threshold=recipe.abstain_below,
            preference=preference[chosen],
            slices={"part": parts[chosen].tolist(), "fold": fold[chosen].tolist()},
        )._of([pair.text for pair in here], asked=[pair.claim for pair in here])

    names = sorted(set(parts.tolist()))
    by_part = {name: scores(parts == name) for name in names}
    calibration = fit_calibration(held_out.scores, held_out.long, truth)
    return calibration, scores(np.ones(len(truth), dtype=np.bool_)), by_part


def _digest(pairs: Sequence[ClaimPair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.claim, pair.text, pair.label, pair.weight]).encode())
    return digest.hexdigest()
