"""Training: recipes, documents, near-duplicate groups, cross-validation, fitting."""

from __future__ import annotations

from fanews_classify.training.train import Training, train

__all__ = ["Training", "train"]
