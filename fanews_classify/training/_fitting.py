"""Fitting of scikit-learn's models in threads, with the results of one thread."""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

Estimator = TypeVar("Estimator")

# liblinear draws from one sequence of random numbers for the whole process, with the lock
# of Python released: two fits at once would each get some of the other's.
ONE_AT_A_TIME: Final = threading.Lock()


def fitted(estimator: Estimator, *data: Any, **weights: Any) -> Estimator:
    """Fit a model that may use liblinear; it is the same however many threads do so.

    Parameters
    ----------
    estimator : scikit-learn estimator
    *data, **weights
        For its ``fit``.
    """
    with ONE_AT_A_TIME:
        any_estimator: Any = estimator
        any_estimator.fit(*data, **weights)
    return estimator
