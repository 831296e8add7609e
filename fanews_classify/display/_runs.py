"""Overlapping marks as a sequence of runs, each with one weight."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

_CELL: Final = 200  # characters; a long text is shortened by such pieces
_WORD: Final = 40  # a piece ends at white space, if there is some so near


class Mark(NamedTuple):
    """A part of a text that spoke for or against something.

    Attributes
    ----------
    start, end : int
        ``text[start:end]`` is marked.
    weight : float
        How strongly; negative if against.
    name : str
        What for: a label, say. Shown in the tooltip.
    """

    start: int
    end: int
    weight: float
    name: str


class Run(NamedTuple):
    """Neighbouring characters with the same weights, one for each name."""

    start: int
    end: int
    weights: tuple[tuple[str, float], ...]

    @property
    def weight(self) -> float:
        """Sum over the names."""
        return math.fsum(weight for _, weight in self.weights)


def pieces(text: str, marks: Sequence[Mark], longest: int) -> list[list[Run]]:
    """Cut a text into runs; choose what to show of a long one.

    The weight of a mark is shared out among its runs by their letters, so that
    all weights still sum up to those of the marks.

    Parameters
    ----------
    text : str
    marks : sequence of Mark
        In any order, overlapping or not. Those outside the text are left out.
    longest : int
        Characters to show, roughly. The parts with the heaviest marks are taken.

    Returns
    -------
    list of list of Run
        One list for each piece of the text; its runs follow each other without gap.
    """
    starts, ends, weights = _columns(marks, len(text))
    windows = _windows(text, starts, weights, longest)
    begins, stops = np.array(windows, dtype=np.int64).reshape(-1, 2).T
    # The first window that ends after a mark begins: does it begin before the mark ends?
    first = np.searchsorted(stops, starts, "right")
    reached = np.append(begins, len(text))[first] < ends
    shown = [
        Mark(start, end, weight, marks[i].name)
        for i, start, end, weight in zip(
            np.flatnonzero(reached).tolist(),
            starts[reached].tolist(),
            ends[reached].tolist(),
            weights[reached].tolist(),
            strict=True,
        )
    ]
    runs = _runs(text, shown)
    return [_inside(runs, start, end) for start, end in windows]


def bounds(mark: Mark, size: int) -> tuple[int, int]:
    """Return where a mark begins and ends within a text of some size."""
    return min(max(mark[0], 0), size), min(max(mark[1], 0), size)


def _columns(marks: Sequence[Mark], size: int) -> tuple[Places, Places, Weights]:
    """Return where marks begin and end within a text of some size, and finite weights.

    A mark of nothing begins and ends at the end of the text.
    """
    places = [bounds(mark, size) for mark in marks]
    starts, ends = np.array(places, dtype=np.int64).reshape(-1, 2).T.copy()
    weights = np.array([mark[2] for mark in marks], dtype=np.float64)
    weights[~np.isfinite(weights)] = 0.0
    starts[starts >= ends] = size
    ends[starts >= ends] = size
    return starts, ends, weights


def _windows(text: str, starts: Places, weights: Weights, longest: int) -> list[tuple[int, int]]:
    if len(text) <= longest:
        return [(0, len(text))]
    cells = -(-len(text) // _CELL)
    # Of a long mark its beginning counts.
    heavy = np.bincount(np.minimum(starts // _CELL, cells - 1), np.abs(weights), cells)
    wanted = min(cells, max(1, longest // _CELL))
    chosen = [i for i in np.argsort(-heavy, kind="stable")[:wanted].tolist() if heavy[i] > 0]
    chosen = chosen or [0]
    taken = set(chosen)
    for step in range(1, wanted + 1):  # if there are few: what stands around them
        for cell in chosen:
            for near in (cell + step, cell - step):
                if len(taken) < wanted and 0 <= near < cells:
                    taken.add(near)
    windows: list[tuple[int, int]] = []
    for cell in sorted(taken):
        start, end = _border(text, cell * _CELL, -1), _border(text, (cell + 1) * _CELL, 1)
        if windows and windows[-1][1] >= start:
            windows[-1] = windows[-1][0], max(end, windows[-1][1])
        else:
            windows.append((start, end))
    return windows


def _border(text: str, at: int, step: int) -> int:
    """Return the next place from `at` on, forwards or back, where no word is cut."""
    if at <= 0 or at >= len(text):
        return min(max(at, 0), len(text))
    for place in range(at, at + step * _WORD, step):
        if not 0 <= place < len(text):
            break
        if text[place].isspace():
            return place
    return at


def _runs(text: str, marks: Sequence[Mark]) -> list[Run]:
    borders = sorted({place for mark in marks for place in mark[:2]})
    sizes = [len("".join(text[start:end].split())) for start, end in pairwise(borders)]
    weights: list[dict[str, float]] = [{} for _ in sizes]
    for mark in marks:
        covered = range(bisect_left(borders, mark.start), bisect_left(borders, mark.end))
        letters = sum(sizes[i] for i in covered)
        for i in covered:
            if sizes[i] or not letters:  # white space between marked words has no weight
                share = sizes[i] / letters if letters else 1 / len(covered)
                weights[i][mark.name] = weights[i].get(mark.name, 0.0) + mark.weight * share
    return [
        Run(borders[i], borders[i + 1], tuple(named.items()))
        for i, named in enumerate(weights)
        if named
    ]


def _inside(runs: Sequence[Run], start: int, end: int) -> list[Run]:
    """Return the runs of one window, and those between them that bear no mark."""
    inside: list[Run] = []
    at = start
    for i in range(bisect_left(runs, start, key=lambda run: run.end), len(runs)):
        run = runs[i]
        if run.start >= end:
            break
        first, last = max(run.start, at), min(run.end, end)
        if first >= last:
            continue
        if first > at:
            inside.append(Run(at, first, ()))
        inside.append(Run(first, last, run.weights))
        at = last
    if at < end:
        inside.append(Run(at, end, ()))
    return inside
