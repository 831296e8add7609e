"""Gradient-boosted trees as plain arrays, scored without walking down them.

Every node of every tree is compared at once; each comparison that fails
strikes out the leaves to its left, and of the leaves that are left the first
is the tree's answer (QuickScorer: Lucchese et al., 2015). With at most sixteen
leaves the struck ones are the bits of one 16-bit word, so a tree is a
bitwise «and» over its nodes: no loop over levels, no branch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError

MOST_LEAVES: Final = 16
_MOST_NODES: Final = 1 << 18
_ROWS: Final = 64  # scored at a time: their comparisons stay in the cache
_ALL: Final = np.uint16(0xFFFF)


def _lowest_bits() -> npt.NDArray[np.uint8]:
    """Place of the lowest bit of each 16-bit word."""
    words = np.arange(1 << MOST_LEAVES)
    place = np.zeros(len(words), dtype=np.uint8)
    for bit in reversed(range(MOST_LEAVES)):
        place[(words >> bit) & 1 == 1] = bit
    return place


_LOWEST: Final = _lowest_bits()


@dataclass(frozen=True, eq=False)
class Trees:
    """An ensemble of trees; tree ``i`` adds to column ``i % n_columns``.

    Attributes
    ----------
    features : ndarray of int32, shape (n_nodes,)
    thresholds : ndarray of float32, shape (n_nodes,)
        A value up to the threshold goes left.
    masks : ndarray of uint16, shape (n_nodes,)
        Leaves that stay if it goes right.
    starts : ndarray of int32, shape (n_trees,)
        First node of each tree; none is empty.
    leaves : ndarray of float32, shape (n_trees, MOST_LEAVES)
    baseline : ndarray of float64, shape (n_columns,)
    """

    features: npt.NDArray[np.int32]
    thresholds: npt.NDArray[np.float32]
    masks: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.float32]
    baseline: npt.NDArray[np.float64]

    def score(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return raw scores, shape (n, n_columns)."""
        n_columns = len(self.baseline)
        scores = np.empty((len(X), n_columns))
        offset = np.arange(len(self.starts)) * MOST_LEAVES
        flat = self.leaves.ravel()
        for begin in range(0, len(X), _ROWS):
            part = X[begin : begin + _ROWS]
            right = part.take(self.features, axis=1) > self.thresholds
            left = np.where(right, self.masks, _ALL)
            kept = np.bitwise_and.reduceat(left, self.starts, axis=1)
            values = flat.take(_LOWEST.take(kept) + offset)
            scores[begin : begin + _ROWS] = values.reshape(len(part), -1, n_columns).sum(
                axis=1, dtype=np.float64
            )
        scores += self.baseline
        return scores

    @classmethod
    def of(cls, estimator: Any) -> Trees:
        """Read a fitted HistGradientBoostingClassifier of at most sixteen leaves a tree.

        Its nodes are no part of scikit-learn's public interface; a test
        compares the scores of both.
        """
        features: list[int] = []
        thresholds: list[float] = []
        masks: list[int] = []
        starts: list[int] = []
        rows: list[list[float]] = []
        for predictors in estimator._predictors:
            for predictor in predictors:
                nodes = predictor.nodes
                starts.append(len(features))
                leaves: list[float] = []
                if nodes[0]["is_leaf"]:  # a tree that does not ask: its answer never changes
                    features.append(0)
                    thresholds.append(np.inf)
                    masks.append(int(_ALL))
                    leaves.append(float(nodes[0]["value"]))
                else:
                    _walk(nodes, 0, leaves, features, thresholds, masks)
                if len(leaves) > MOST_LEAVES:
                    raise ModelArrayError(f"a tree has {len(leaves)} leaves, over {MOST_LEAVES}")
                rows.append(leaves + [0.0] * (MOST_LEAVES - len(leaves)))
        largest = np.finfo(np.float32).max
        exact = np.array(thresholds, dtype=np.float64).clip(-largest, largest)
        narrow = exact.astype(np.float32)
        # Down, never up: a value above the threshold must stay above it.
        narrow = np.where(narrow > exact, np.nextafter(narrow, np.float32(-np.inf)), narrow)
        return cls(
            np.array(features, dtype=np.int32),
            narrow,
            np.array(masks, dtype=np.uint16),
            np.array(starts, dtype=np.int32),
            np.array(rows, dtype=np.float32),
            np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel(),
        )

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays for a model file."""
        return {f"tree_{name}": getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], n_features: int) -> Trees:
        """Read back what `to_arrays` gave.

        Raises
        ------
        ModelArrayError
            If the arrays do not fit together.
        """
        trees = cls(**{name: arrays[f"tree_{name}"] for name in cls.__dataclass_fields__})
        types = ("i4", "f4", "u2", "i4", "f4", "f8")
        for (name, array), dtype in zip(vars(trees).items(), types, strict=True):
            if array.dtype != np.dtype(dtype) or array.ndim != 1 + (name == "leaves"):
                raise ModelArrayError(f"the array tree_{name} has an unexpected type or shape")
        n_nodes, n_trees = len(trees.features), len(trees.starts)
        # Compared, for a difference may wrap around to something positive.
        ascending = (
            n_trees and trees.starts[0] == 0 and (trees.starts[1:] > trees.starts[:-1]).all()
        )
        if (
            not ascending
            or not trees.starts[-1] < n_nodes <= _MOST_NODES
            or len(trees.thresholds) != n_nodes
            or len(trees.masks) != n_nodes
            or trees.leaves.shape != (n_trees, MOST_LEAVES)
            or not len(trees.baseline)
            or n_trees % len(trees.baseline)
            or trees.features.min() < 0
            or trees.features.max() >= n_features
        ):
            raise ModelArrayError("the arrays of the trees do not fit together")
        return trees


def _walk(
    nodes: Any,
    at: int,
    leaves: list[float],
    features: list[int],
    thresholds: list[float],
    masks: list[int],
) -> None:
    """List the leaves under a node from left to right, and its comparisons."""
    node = nodes[at]
    if node["is_leaf"]:
        leaves.append(float(node["value"]))
        return
    place = len(features)
    features.append(int(node["feature_idx"]))
    thresholds.append(float(node["num_threshold"]))
    masks.append(0)
    first = len(leaves)
    _walk(nodes, int(node["left"]), leaves, features, thresholds, masks)
    struck = sum(1 << leaf for leaf in range(first, len(leaves)))
    masks[place] = int(_ALL) & ~struck
    _walk(nodes, int(node["right"]), leaves, features, thresholds, masks)
