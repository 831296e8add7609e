"""What an alignment of a claim with a segment tells, as numbers.

Each function gives columns of one kind by name; names in ``c_`` are of the
claim, in ``t_`` of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.features._alignment import Alignment, BoolArray, FloatArray
from fanews_classify.features._words import CUES

Columns = dict[str, npt.NDArray[Any]]
_CONTENT: Final = 0.35  # weight from which on a word carries content
_RARE: Final = 0.45
_NEAR: Final = 4  # words
_TINY: Final = np.float32(1e-6)
_THIRDS: Final = ((0.0, 0.34), (0.34, 0.67), (0.67, 1.1))


def signals(alignment: Alignment) -> Columns:
    """Return all columns, each of shape (n,)."""
    columns: Columns = {}
    for kind in KINDS:
        columns |= kind(alignment)
    return columns


def _share(values: npt.NDArray[Any], weight: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Mean of values by weight."""
    mean: npt.NDArray[Any] = (values * weight).sum(axis=1) / (weight.sum(axis=1) + _TINY)
    return mean


def _overlap(al: Alignment) -> Columns:
    claim, text = al.claim, al.text
    n_claim, n_text = np.maximum(claim.sizes, 1), np.maximum(text.sizes, 1)
    columns: Columns = {"c_size": claim.sizes, "t_size": text.sizes}
    for name, left, right in (
        ("stem", al.claim_stem, al.text_stem),
        ("synonym", al.claim_synonym, al.text_synonym),
        ("best", al.claim_best, al.text_best),
    ):
        columns[f"c_cover_{name}"] = (claim.weight * left).sum(axis=1) / claim.total
        columns[f"t_cover_{name}"] = (text.weight * right).sum(axis=1) / text.total
        columns[f"c_count_{name}"] = (left * claim.mask).sum(axis=1) / n_claim
        columns[f"t_count_{name}"] = (right * text.mask).sum(axis=1) / n_text
    columns["mass"] = (claim.weight * al.claim_stem).sum(axis=1)
    columns["heaviest"] = (claim.weight * al.claim_stem).max(axis=1)
    columns["c_alone"] = (claim.weight * al.claim_alone).sum(axis=1)
    columns["t_alone"] = (text.weight * al.text_alone).sum(axis=1)
    columns["c_alone_heaviest"] = (claim.weight * al.claim_alone).max(axis=1)
    columns["t_alone_heaviest"] = (text.weight * al.text_alone).max(axis=1)
    content = claim.mask & (claim.weight > _CONTENT)
    columns["c_worst"] = np.where(content, al.claim_best, 1.0).min(axis=1)
    for i, (low, high) in enumerate(_THIRDS):
        for name, side, best in (("c", claim, al.claim_best), ("t", text, al.text_best)):
            part = (side.place >= low) & (side.place < high)
            columns[f"{name}_third_{i}"] = _share(best, side.weight * part)
    rare = claim.mask & (claim.weight > _RARE)
    columns["c_rare"] = rare.sum(axis=1)
    columns["c_rare_met"] = (rare & al.claim_stem).sum(axis=1) / np.maximum(rare.sum(axis=1), 1)
    rare = text.mask & (text.weight > _RARE)
    columns["t_rare_met"] = (rare & al.text_stem).sum(axis=1) / np.maximum(rare.sum(axis=1), 1)
    return columns


def _conflicts(al: Alignment) -> Columns:
    """Numbers, members of a category and opposites that do not go together."""
    claim, text = al.claim, al.text
    left = (claim.number & ~al.claim_stem).sum(axis=1)
    right = (text.number & ~al.text_stem).sum(axis=1)
    rival = _any(al.rival & al.alone)
    opposed = al.opposite.any(axis=2)
    alone = _any(al.opposite & al.alone)
    return {
        "number_met": (claim.number & al.claim_stem).sum(axis=1),
        "c_number_over": left,
        "t_number_over": right,
        "number_conflict": np.minimum(left, right) > 0,
        "rivals": rival.sum(axis=1),
        "rivals_weight": (claim.weight * rival).sum(axis=1),
        "rivals_heaviest": (claim.weight * rival).max(axis=1),
        "category_met": (claim.padded(claim.words.categories[:, 0], 0) * al.claim_stem > 0).sum(
            axis=1
        ),
        "opposites": opposed.sum(axis=1),
        "opposites_unmet": (opposed & al.claim_alone).sum(axis=1),
        "opposites_alone": alone.sum(axis=1),
        "opposites_heaviest": (claim.weight * alone).max(axis=1),
        "opposites_late": (alone & (claim.place > 0.5)).sum(axis=1),
        **_split(al, rival, alone),
    }


def _any(relation: BoolArray) -> BoolArray:
    """Which words of the claim have the relation to a word of the text."""
    found: BoolArray = np.logical_or.reduce(relation, axis=2)
    return found


def _split(al: Alignment, rival: BoolArray, opposed: BoolArray) -> Columns:
    """Who says it, and what: parted at the last word of saying in the claim."""
    claim = al.claim
    saying = claim.cue("attr") & (claim.place < 0.7)
    length = claim.mask.shape[1]
    cut = np.where(saying.any(axis=1), length - 1 - saying[:, ::-1].argmax(axis=1), -1)
    said = claim.mask & (np.arange(length) > cut[:, None])
    who = claim.mask & ~said
    return {
        "said_cover": _share(al.claim_best, claim.weight * said),
        "who_cover": _share(al.claim_best, claim.weight * who),
        "who_size": who.sum(axis=1),
        "said_alone": (claim.weight * (al.claim_alone & said)).sum(axis=1),
        "said_opposites": (opposed & said).sum(axis=1),
        "who_rivals": (rival & who).sum(axis=1),
        "said_rivals": (rival & said).sum(axis=1),
        "said_synonyms": (claim.weight * (al.claim_synonym & ~al.claim_stem & said)).sum(axis=1),
    }


def _order(al: Alignment) -> Columns:
    """Whether the words that meet stand in the same order, and close together."""
    claim, text, stem = al.claim, al.text, al.stem
    n, n_claim, n_text = stem.shape
    pairs = stem[:, 1:, 1:] & stem[:, :-1, :-1]
    before, after = np.zeros_like(stem), np.zeros_like(stem)
    before[:, 1:, 1:], after[:, :-1, :-1] = stem[:, :-1, :-1], stem[:, 1:, 1:]
    replaced = (before | after) & al.over
    between = before & after & al.over
    met = np.where(al.claim_stem, np.arange(n_claim), -1)
    last = np.maximum.accumulate(met, axis=1)
    last = np.concatenate([np.full((n, 1), -1), last[:, :-1]], axis=1)
    place = stem.argmax(axis=2)
    follows = al.claim_stem & (last >= 0)
    rising = follows & (place > np.take_along_axis(place, np.maximum(last, 0), axis=1))
    heavy = al.text_stem & (text.weight > _CONTENT - 0.05)
    # Of the segment, not of the table that it is padded to: others must not matter.
    low = np.minimum(np.where(heavy, np.arange(n_text), n_text).min(axis=1), text.sizes)
    high = np.where(heavy, np.arange(n_text), -1).max(axis=1)
    size = np.maximum(text.sizes, 1)
    return {
        "pairs": (pairs.any(axis=2) if n_text > 1 else np.zeros((n, 1))).sum(axis=1)
        / np.maximum(claim.sizes - 1, 1),
        "replaced": replaced.any(axis=2).sum(axis=1),
        "replaced_between": between.any(axis=2).sum(axis=1),
        "replaced_rivals": (replaced & al.rival).any(axis=2).sum(axis=1),
        "replaced_cosine": np.where(replaced, al.cosine, 1.0).min(axis=(1, 2)),
        "order": rising.sum(axis=1) / np.maximum(follows.sum(axis=1), 1),
        "density": np.where(high >= low, heavy.sum(axis=1) / (np.maximum(high - low, 0) + 1), 0.0),
        "t_first_met": low / size,
        "t_last_met": high / size,
    }


def _cues(al: Alignment) -> Columns:
    """Words that deny, ask, report, hedge; and negation on one side only."""
    claim, text = al.claim, al.text
    columns: Columns = {}
    for name in CUES[:-1]:
        left, right = claim.cue(name), text.cue(name)
        columns[f"c_{name}"] = left.sum(axis=1)
        columns[f"t_{name}"] = right.sum(axis=1)
        columns[f"c_{name}_over"] = (left & al.claim_over).sum(axis=1)
        columns[f"t_{name}_over"] = (right & al.text_over).sum(axis=1)
    denied = claim.cue("neg", "verbneg").sum(axis=1)
    denies = text.cue("neg", "verbneg").sum(axis=1)
    columns["negation_differs"] = (denied > 0) != (denies > 0)
    columns["negation_surplus"] = denied - denies
    met = al.text_stem & (text.weight > _CONTENT)
    near = np.zeros_like(met)
    length = met.shape[1]
    for shift in range(-_NEAR, _NEAR + 1):
        begin, end = max(0, shift), min(length, length + shift)
        if begin < end:
            near[:, begin:end] |= met[:, begin - shift : end - shift]
    denial = text.cue("neg", "verbneg", "refute") & near & al.text_over
    columns["denial_near"] = denial.sum(axis=1)
    return columns


def _predicate(al: Alignment) -> Columns:
    """Compare the ends of both sides: in Persian the verb comes last."""
    claim, text = al.claim, al.text
    last = claim.mask & (np.arange(claim.mask.shape[1]) >= claim.sizes[:, None] - 3)
    late = text.mask & (np.arange(text.mask.shape[1]) >= text.sizes[:, None] - 3)
    return {
        "c_end": _share(al.claim_best, claim.weight * last),
        "c_end_best": (al.claim_best * last).max(axis=1),
        "c_end_worst": np.where(last, al.claim_best, 1.0).min(axis=1),
        "t_end": _share(al.text_best, text.weight * late),
        "c_begin": (al.claim_best * claim.mask)[:, :2].max(axis=1),
        "t_begin": (al.text_best * text.mask)[:, :2].max(axis=1),
    }


def _latent(al: Alignment) -> Columns:
    """Cosines of mean word vectors: of all words, and of what is left over."""
    claim, text = al.claim, al.text
    c_all, t_all = _mean(claim.vectors, claim.weight), _mean(text.vectors, text.weight)
    c_rest = _mean(claim.vectors, claim.weight * al.claim_over)
    t_rest = _mean(text.vectors, text.weight * al.text_over)
    rest = np.where(al.over, al.cosine, -1.0)
    nearest = np.where(al.claim_over, rest.max(axis=2), 0.0)
    return {
        "latent": (c_all * t_all).sum(axis=1),
        "latent_over": (c_rest * t_rest).sum(axis=1),
        "latent_c_over": (c_rest * t_all).sum(axis=1),
        "latent_t_over": (t_rest * c_all).sum(axis=1),
        "cosine_over": rest.max(axis=(1, 2)),
        "cosine_over_mean": _share(nearest, claim.weight * al.claim_over),
    }


def _mean(vectors: FloatArray, weight: npt.NDArray[Any]) -> FloatArray:
    total: FloatArray = np.matmul(weight[:, None, :].astype(np.float32), vectors)[:, 0]
    size = np.sqrt((total * total).sum(axis=1, keepdims=True)) + _TINY
    unit: FloatArray = total / size
    return unit


KINDS: Final[tuple[Callable[[Alignment], Columns], ...]] = (
    _overlap,
    _conflicts,
    _order,
    _cues,
    _predicate,
    _latent,
)
