"""The simulator behind the plan for large archives: what must hold whatever the rates are."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def simulation(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("plan_simulation")


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("plan_lengths")


def skewed(count: int = 500) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).lognormal(0.0, 1.5, count)


@pytest.mark.parametrize("schedule", ["in order", "largest first", "fixed shares"])
def test_equal_chunks_that_cost_nothing_else_take_the_ideal_time(
    simulation: Any, schedule: str
) -> None:
    found = simulation.simulate([2.0] * 40, simulation.Cluster(8), schedule)
    assert found.makespan == pytest.approx(10.0)
    assert found.efficiency == pytest.approx(1.0)
    assert found.deaths == found.lost == 0
    assert found.in_hand == pytest.approx(8 * 1.0)  # each of 8 is half through, on average


@pytest.mark.parametrize("workers", [1, 3, 16])
@pytest.mark.parametrize("schedule", ["in order", "largest first", "fixed shares"])
def test_nothing_is_faster_than_the_work_or_the_longest_chunk(
    simulation: Any, schedule: str, workers: int
) -> None:
    work = skewed()
    found = simulation.simulate(work, simulation.Cluster(workers), schedule)
    least = max(work.sum() / workers, work.max())
    assert found.makespan >= least - 1e-9
    if schedule != "fixed shares":  # Graham 1966
        assert found.makespan <= work.sum() / workers + (1 - 1 / workers) * work.max() + 1e-9
    if workers == 1:
        assert found.makespan == pytest.approx(work.sum())


def test_the_largest_first_is_near_the_best(simulation: Any) -> None:
    work = np.append(np.ones(100), 20.0)  # the long one last
    cluster = simulation.Cluster(10)
    last, first = (simulation.simulate(work, cluster, s) for s in ("in order", "largest first"))
    assert last.makespan == pytest.approx(30.0)
    assert first.makespan == pytest.approx(20.0)


def test_costs_of_a_chunk_add_up(simulation: Any) -> None:
    each = simulation.simulate([1.0] * 100, simulation.Cluster(4, overhead=0.25))
    assert each.makespan == pytest.approx(25 * 1.25)
    # A master that takes longer to hand out than a worker to answer sets the pace.
    master = simulation.simulate([0.1] * 100, simulation.Cluster(50, serial=1.0))
    assert master.makespan == pytest.approx(100.1)


def test_slow_workers_take_less_of_a_queue_and_hold_up_fixed_shares(simulation: Any) -> None:
    cluster = simulation.Cluster(4, slow_share=0.25, slow_factor=4.0)
    assert sorted(cluster.factors()) == [1.0, 1.0, 1.0, 4.0]
    queue, shares = (
        simulation.simulate([1.0] * 1300, cluster, s) for s in ("in order", "fixed shares")
    )
    assert queue.ideal == pytest.approx(400.0)
    assert queue.efficiency > 0.98
    assert shares.makespan == pytest.approx(4 * 325)
    assert not simulation.Cluster(20, slow_share=0.02, slow_factor=3.0).factors().max() > 1


class Lifetimes:
    """Gives these seconds as lifetimes, then endless ones."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)

    def exponential(self, mean: float) -> float:
        return self.seconds.pop(0) if self.seconds else float("inf")


@pytest.mark.parametrize("schedule", ["in order", "fixed shares"])
def test_a_death_costs_the_work_on_one_chunk_and_the_restart(
    simulation: Any, schedule: str
) -> None:
    cluster = simulation.Cluster(1, hours_to_death=1.0, restart=5.0)
    found = simulation.simulate([2.0] * 10, cluster, schedule, Lifetimes(7.5))
    assert found.deaths == 1
    assert found.lost == pytest.approx(1.5)  # of the fourth chunk
    assert found.makespan == pytest.approx(20.0 + 1.5 + 5.0)


def test_a_lost_chunk_goes_to_who_is_free_and_is_not_forgotten_at_the_end(simulation: Any) -> None:
    cluster = simulation.Cluster(2, hours_to_death=1.0, restart=100.0)
    # Both have one chunk; the first dies in its last second, the second is idle by then.
    found = simulation.simulate([4.0, 2.0], cluster, "in order", Lifetimes(3.0))
    assert found.deaths == 1
    assert found.makespan == pytest.approx(3.0 + 4.0)


def test_deaths_are_as_frequent_as_they_should_be(simulation: Any) -> None:
    cluster = simulation.Cluster(10, hours_to_death=100 / 3600)
    found = simulation.simulate([1.0] * 20_000, cluster, rng=np.random.default_rng(1))
    busy = 20_000 + found.lost
    assert found.deaths == pytest.approx(busy / 100, rel=0.25)
    assert found.lost / found.deaths == pytest.approx(0.5, rel=0.2)  # half a chunk each


def test_chunks_hold_everything_once(simulation: Any) -> None:
    sums = skewed(1003)
    by_units = simulation.chunked_by_units(sums, 10)
    assert len(by_units) == 101
    assert by_units.sum() == pytest.approx(sums.sum())
    held, units = simulation.chunked_by_characters(sums, 25.0)
    assert held.sum() == pytest.approx(sums.sum())
    assert units.sum() == len(sums)
    assert (held[:-1] >= 25.0).all()
    assert (held <= 25.0 + sums.max()).all()  # closed as soon as it is full


def test_drawn_lengths_have_the_mean_of_their_model(lengths: Any) -> None:
    normal = lengths.LogNormal
    short, long = normal(np.log(200.0), 0.7), normal(np.log(1500.0), 0.9)
    fitted = normal.fit([round(1500 * np.exp(0.9 * z)) for z in
                         (-2.326, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 2.326, 3.09)])  # fmt: skip
    assert (fitted.mu, fitted.sigma) == pytest.approx((long.mu, long.sigma), rel=0.01)
    for by_source in (False, True):
        archive = lengths.Archive(((0.25, short), (0.75, long)), giants=1e-5, by_source=by_source)
        sums = archive.unit_sums(2_000_000, 10, np.random.default_rng(0))
        assert len(sums) == 200_000
        assert sums.sum() / 2_000_000 == pytest.approx(archive.mean, rel=0.03)
        assert sums.max() > 1e6  # a giant was among them
        quarters = [part.mean() for part in np.array_split(sums, 4)]
        assert bool(max(quarters) > 3 * min(quarters)) is by_source


def test_the_saved_plan_agrees_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    saved = importlib.import_module("plan_figures").saved()
    for by_cores in saved["plan"].values():
        for cores, row in by_cores.items():
            assert row["seconds"] * int(cores) >= row["cpu_hours"] * 3600 * 0.99
            assert 0.5 < row["efficiency"] <= 1.001
    chosen = str(saved["chunks"]["rows"])
    assert int(chosen) in saved["chunks"]["good"]["sizes"]
