"""Simulate many workers that answer an archive chunk by chunk.

What happens next is found event by event; no time is approximated. A master hands out
chunks one after another and notes them in its journal. Workers may be slow, and may die
in the middle of a chunk, which is then answered again from its beginning.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
SCHEDULES: Final = ("in order", "largest first", "fixed shares")


@dataclass(frozen=True)
class Cluster:
    """Workers, and what hinders them.

    Attributes
    ----------
    workers : int
    overhead : float
        Seconds that each chunk costs its worker: opening, writing, closing files.
    serial : float
        Seconds that each chunk costs the one master, during which it does nothing else.
    slow_share : float
        Share of the workers that are slow; their number is rounded.
    slow_factor : float
        How many times as long those take.
    hours_to_death : float or None
        Mean hours until a worker dies, exponentially distributed; None if none does.
    restart : float
        Seconds until another one stands in its place.
    """

    workers: int
    overhead: float = 0.0
    serial: float = 0.0
    slow_share: float = 0.0
    slow_factor: float = 1.0
    hours_to_death: float | None = None
    restart: float = 0.0

    def factors(self) -> FloatArray:
        """Return how many times as long each worker takes."""
        factors = np.ones(self.workers)
        slow = round(self.slow_share * self.workers)
        if slow:
            # Spread out, so that fixed shares do not all fall on one kind of texts.
            factors[np.arange(slow) * self.workers // slow] = self.slow_factor
        return factors


@dataclass(frozen=True)
class Outcome:
    """What a simulation found.

    Attributes
    ----------
    makespan : float
        Seconds until the last chunk is done.
    ideal : float
        Seconds if the work were divided without rest among workers that never die and all
        cost nothing else.
    deaths : int
    lost : float
        Seconds of work that were done again.
    in_hand : float
        Mean seconds of work that is lost if everything is killed at once.
    """

    makespan: float
    ideal: float
    deaths: int
    lost: float
    in_hand: float

    @property
    def efficiency(self) -> float:
        """Share of the ideal speed."""
        return self.ideal / self.makespan if self.makespan else 1.0


def simulate(
    work: Sequence[float] | FloatArray,
    cluster: Cluster,
    schedule: str = "in order",
    rng: np.random.Generator | None = None,
) -> Outcome:
    """Run the chunks.

    Parameters
    ----------
    work : sequence of float
        Seconds that each chunk takes a worker that is not slow.
    cluster : Cluster
    schedule : {"in order", "largest first", "fixed shares"}
        Whoever is free takes the next chunk; or the largest that is left; or each worker
        has as many neighbouring chunks as any other from the beginning.
    rng : numpy.random.Generator, optional
        For deaths.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule={schedule!r}; choose one of {SCHEDULES}")
    seconds = np.asarray(work, dtype=np.float64)
    factors = cluster.factors()
    ideal = float(seconds.sum() / (1.0 / factors).sum())
    run = _Run(cluster, factors.tolist(), rng or np.random.default_rng(0))
    if schedule == "fixed shares":
        bounds = np.arange(cluster.workers + 1) * len(seconds) // cluster.workers
        queues = [seconds[begin:end].tolist() for begin, end in pairwise(bounds.tolist())]
        makespan = run.shares(queues)
    else:
        if schedule == "largest first":
            seconds = -np.sort(-seconds)
        makespan = run.queue(seconds.tolist())
    in_hand = run.in_hand / makespan if makespan else 0.0
    return Outcome(makespan, ideal, run.deaths, run.lost, in_hand)


class _Run:
    """One simulation: the time of each worker, and what was counted."""

    def __init__(self, cluster: Cluster, factors: list[float], rng: np.random.Generator) -> None:
        self.cluster = cluster
        self.factors = factors
        self.rng = rng
        self.deaths = 0
        self.lost = 0.0
        self.in_hand = 0.0  # integral over time of the work done on unfinished chunks
        mean = cluster.hours_to_death
        self._mean = None if mean is None else mean * 3600
        self._dies = [self._lifetime() for _ in factors]

    def _lifetime(self) -> float:
        return float("inf") if self._mean is None else float(self.rng.exponential(self._mean))

    def one(self, worker: int, start: float, work: float) -> tuple[float, bool]:
        """Work on a chunk from `start` on; return when that ends, and whether it is done."""
        takes = work * self.factors[worker] + self.cluster.overhead
        end = start + takes
        dies = self._dies[worker]
        if dies >= end:
            self.in_hand += takes * takes / 2
            return end, True
        worked = max(dies - start, 0.0)
        self.deaths += 1
        self.lost += worked
        self.in_hand += worked * worked / 2
        ended = max(dies, start)
        self._dies[worker] = ended + self.cluster.restart + self._lifetime()
        return ended, False

    def queue(self, chunks: list[float]) -> float:
        """Give each chunk to whoever is free first."""
        serial, restart = self.cluster.serial, self.cluster.restart
        # What happens, by time: a worker is free, or (-1) a chunk is found to be lost.
        events: list[tuple[float, int, float]] = [(0.0, i, 0.0) for i in range(len(self.factors))]
        again: list[float] = []
        idle: list[int] = []
        last = master = 0.0
        at = 0
        while events:
            time, worker, lost = heapq.heappop(events)
            if worker < 0:
                again.append(lost)
                if idle:
                    heapq.heappush(events, (time, idle.pop(), 0.0))
                continue
            if again:
                chunk = again.pop()
            elif at < len(chunks):
                chunk = chunks[at]
                at += 1
            else:
                idle.append(worker)
                continue
            start = master = max(time, master) + serial
            end, done = self.one(worker, start, chunk)
            if done:
                last = max(last, end)
                heapq.heappush(events, (end, worker, 0.0))
            else:
                heapq.heappush(events, (end, -1, chunk))
                heapq.heappush(events, (end + restart, worker, 0.0))
        return last

    def shares(self, queues: list[list[float]]) -> float:
        """Let each worker do its own chunks in turn."""
        last = 0.0
        for worker, chunks in enumerate(queues):
            time = 0.0
            for chunk in chunks:
                time, done = self.one(worker, time, chunk)
                while not done:
                    time, done = self.one(worker, time + self.cluster.restart, chunk)
            last = max(last, time)
        return last


def chunked_by_units(sums: FloatArray, units: int) -> FloatArray:
    """Return the characters of chunks of so many units each."""
    return np.add.reduceat(sums, np.arange(0, len(sums), units))


def chunked_by_characters(sums: FloatArray, most: float) -> tuple[FloatArray, FloatArray]:
    """Return characters and units of chunks that are closed as soon as they hold `most`."""
    ends = np.cumsum(sums)
    begins = [0]
    while begins[-1] < len(sums):
        before = ends[begins[-1] - 1] if begins[-1] else 0.0
        begins.append(min(int(np.searchsorted(ends, before + most)) + 1, len(sums)))
    at = np.array(begins)
    return np.add.reduceat(sums, at[:-1]), np.diff(at).astype(np.float64)


def described(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome for a file."""
    return {
        "seconds": float(f"{outcome.makespan:.5g}"),
        "efficiency": round(outcome.efficiency, 4),
        "deaths": outcome.deaths,
        "lost_seconds": float(f"{outcome.lost:.4g}"),
        "in_hand_seconds": float(f"{outcome.in_hand:.4g}"),
    }
