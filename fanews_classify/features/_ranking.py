"""Which sentences of a text bear on a claim: features of each, beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.features._segments import Segments
from fanews_classify.features.claims import segment_scores

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]

_OWN: Final = (
    "c_cover_stem", "c_cover_synonym", "c_cover_best", "t_cover_stem", "t_cover_best",
    "t_size", "order", "density", "pairs", "c_rare_met", "number_met", "t_attr", "who_cover",
    "said_cover", "c_end", "opposites_alone", "rivals", "c_alone_heaviest", "mass", "heaviest",
    "c_begin", "latent", "latent_c_over", "category_met",
)  # fmt: skip
_AGAINST_OTHERS: Final = (
    "c_cover_stem", "c_cover_best", "latent", "mass", "said_cover", "t_cover_stem", "heaviest",
)  # fmt: skip
_AROUND: Final = (1, 2, -1, -2)
_LAST_RANK: Final = 10
N_FEATURES: Final = 6 + len(_OWN) + 3 * (1 + len(_AGAINST_OTHERS)) + 2 * len(_AROUND) + 2


def ranking_features(
    segments: Segments, rows: npt.NDArray[np.float32], names: Sequence[str]
) -> FloatArray:
    """Return features of every segment; `segments` must hold all of each text.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_features)
    """
    place = {name: i for i, name in enumerate(names)}
    scores = segment_scores(rows, names)
    lead, pair, rank = segments.splits[:-1], segments.pair, segments.rank
    total = segments.n_segments[pair]
    columns: list[npt.NDArray[Any]] = [
        scores, rank == 0, rank == 1, np.log1p(rank), rank / total, np.log(total),
    ]  # fmt: skip
    columns += [rows[:, place[name]] for name in _OWN]
    columns += _beside(scores, segments)
    for name in _AGAINST_OTHERS:
        columns += _beside(rows[:, place[name]], segments)
    for shift in _AROUND:
        columns += [_neighbour(scores, pair, shift)]
        columns += [_neighbour(rows[:, place["latent"]], pair, shift)]
    best = np.lexsort((-scores, pair))[lead]
    columns += [rank - rank[best][pair], np.abs(rank - rank[best][pair])]
    return np.stack(columns, axis=1).astype(np.float64)


def _beside(values: npt.NDArray[Any], segments: Segments) -> list[npt.NDArray[Any]]:
    """Compare values with the largest and the mean of the text, and rank them."""
    lead, pair = segments.splits[:-1], segments.pair
    most = np.maximum.reduceat(values, lead)
    mean = np.add.reduceat(values, lead) / np.diff(segments.splits)
    order = np.lexsort((-values, pair))
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values)) - lead[pair]
    return [values - most[pair], values - mean[pair], np.minimum(rank, _LAST_RANK)]


def _neighbour(values: npt.NDArray[Any], pair: IntArray, shift: int) -> npt.NDArray[Any]:
    """Values of the segment so many before; 0 where the text has none."""
    found = np.zeros(len(values))
    if shift > 0:
        found[shift:] = np.where(pair[shift:] == pair[:-shift], values[:-shift], 0.0)
    else:
        found[:shift] = np.where(pair[:shift] == pair[-shift:], values[-shift:], 0.0)
    return found
