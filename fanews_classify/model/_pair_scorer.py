"""From features of pairs to scores: trees and a linear model, averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError
from fanews_classify.model._trees import Trees

FloatArray = npt.NDArray[np.float64]
FINEST: Final = 1e-9  # least scale: what is divided by it stays finite
_LIMIT: Final = 3.0  # standard deviations: beyond, a linear model knows nothing


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear model of standardised, bounded features.

    Attributes
    ----------
    mean, scale : ndarray of float64, shape (n_features,)
        Of ``sign(x) log(1 + |x|)``.
    coef : ndarray of float64, shape (n_features, n_columns)
    intercept : ndarray of float64, shape (n_columns,)
    """

    mean: FloatArray
    scale: FloatArray
    coef: FloatArray
    intercept: FloatArray

    @classmethod
    def standardised(cls, X: npt.NDArray[np.float32]) -> Linear:
        """Learn means and scales; weights are still 0."""
        grown = _grown(X)
        nothing = np.zeros((X.shape[1], 0))
        return cls(grown.mean(axis=0), grown.std(axis=0) + 1e-6, nothing, np.zeros(0))

    def transform(self, X: npt.NDArray[np.float32]) -> FloatArray:
        """Return the features as the weights are for."""
        made = _grown(X)
        made -= self.mean
        made /= self.scale
        return np.clip(made, -_LIMIT, _LIMIT, out=made)

    def score(self, X: npt.NDArray[np.float32]) -> FloatArray:
        """Return raw scores, shape (n, n_columns)."""
        scores: FloatArray = self.transform(X) @ self.coef
        scores += self.intercept
        return scores


@dataclass(frozen=True, eq=False)
class PairScorer:
    """Mean of the probabilities of both models."""

    trees: Trees
    linear: Linear

    def score(self, X: npt.NDArray[np.float32]) -> FloatArray:
        """Return logarithms of uncalibrated probabilities, shape (n, n_labels)."""
        mixed = softmax(self.trees.score(X))
        mixed += softmax(self.linear.score(X))
        mixed /= 2.0
        return np.log(np.maximum(mixed, 1e-12))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays for a model file."""
        linear = {f"linear_{name}": value for name, value in vars(self.linear).items()}
        return {**self.trees.to_arrays(), **linear}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], n_features: int, n_labels: int
    ) -> PairScorer:
        """Read back what `to_arrays` gave.

        Raises
        ------
        ModelArrayError
            If the arrays do not fit together.
        """
        linear = Linear(*(arrays[f"linear_{name}"] for name in Linear.__dataclass_fields__))
        trees = Trees.from_arrays(arrays, n_features)
        shapes = ((n_features,), (n_features,), (n_features, n_labels), (n_labels,))
        for (name, array), shape in zip(vars(linear).items(), shapes, strict=True):
            if array.dtype != np.float64 or array.shape != shape:
                raise ModelArrayError(f"the array linear_{name} does not fit the features")
        if trees.baseline.shape != (n_labels,) or not (linear.scale >= FINEST).all():
            raise ModelArrayError("trees and linear model do not fit the labels")
        return cls(trees, linear)


def softmax(scores: FloatArray) -> FloatArray:
    """Return probabilities, shape as `scores`; rows sum to 1."""
    made: FloatArray = scores - scores.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(made, out=made)
    made /= made.sum(axis=1, keepdims=True)
    return made


def _grown(X: npt.NDArray[np.float32]) -> FloatArray:
    wide = X.astype(np.float64)
    made: FloatArray = np.sign(wide) * np.log1p(np.abs(wide))
    return made
