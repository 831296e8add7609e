"""Confident learning on the answers of models that have not seen the texts."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import MissingExtraError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Of cleanlab's filters the one with the best precision on labels that were changed on purpose
# in our own texts (`benchmarks/label_errors.py`).
FILTER: Final = "low_self_confidence"


def check_cleanlab() -> None:
    """Raise a MissingExtraError without cleanlab: best before the long work."""
    try:
        import cleanlab.filter  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("cleanlab", "labels", "looking for label errors") from error


def doubtful(
    given: npt.NDArray[np.intp], probabilities: FloatArray, way: str = FILTER
) -> tuple[BoolArray, FloatArray]:
    """Tell which labels are likely wrong.

    Parameters
    ----------
    given : ndarray of intp, shape (n,)
        The column of each text's label.
    probabilities : ndarray of float64, shape (n, n_labels)
        Rows sum to 1.
    way : str
        One of cleanlab's filters.

    Returns
    -------
    wrong : ndarray of bool, shape (n,)
    quality : ndarray of float64, shape (n,)
        Probability of the given label.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    if len(np.unique(given)) < 2:  # nothing to compare with; cleanlab refuses it
        return np.zeros(len(given), dtype=np.bool_), np.ones(len(given))
    wrong: BoolArray = find_label_issues(given, probabilities, filter_by=way, n_jobs=1)
    quality: FloatArray = get_label_quality_scores(given, probabilities)
    return wrong & (probabilities.argmax(axis=1) != given), quality


def doubtful_several(
    given: BoolArray, probabilities: FloatArray, way: str = FILTER
) -> tuple[BoolArray, FloatArray]:
    """Tell which labels of texts with several are likely wrong, be they given or left out.

    Parameters
    ----------
    given : ndarray of bool, shape (n, n_labels)
    probabilities : ndarray of float64, shape (n, n_labels)
    way : str
        One of cleanlab's filters.

    Returns
    -------
    wrong : ndarray of bool, shape (n, n_labels)
    quality : ndarray of float64, shape (n,)
        Probability of what is said of the label most likely to be wrong.
    """
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    labels = [np.flatnonzero(row).tolist() for row in given]
    wrong: BoolArray = find_multilabel_issues_per_class(
        labels, probabilities, filter_by=way, n_jobs=1
    )
    quality: FloatArray = np.where(given, probabilities, 1.0 - probabilities).min(axis=1)
    return wrong & ((probabilities >= 0.5) != given), quality
