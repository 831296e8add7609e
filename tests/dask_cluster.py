"""A Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def connected(name: str, threads: int) -> Iterator[Any]:
    """Yield a client; workers cannot import the test file `name`, whose functions are sent.

    Parameters
    ----------
    name : str
        The module's ``__name__``.
    threads : int
        Of each worker.
    """
    distributed = pytest.importorskip("distributed")
    cloudpickle = pytest.importorskip("cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[name])
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=threads,
            processes=True,
            dashboard_address=None,
            silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
    cloudpickle.unregister_pickle_by_value(sys.modules[name])
