"""The figures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fanews_classify.evaluation._metrics import Interval
from fanews_classify.evaluation._uncertainty import label_intervals, part_intervals
from fanews_classify.report import _drawing as draw
from fanews_classify.report._numbers import (
    Scores,
    confusion,
    headline,
    judged_confidence,
    part_names,
    persian_names,
    reliability,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fanews_classify.evaluation.curve import LearningCurve

_WIDTH: Final = 4.9  # inches, so that letters are still readable on a phone
_ROWS: Final = 40  # rows of one figure
_TIMES: Final = ("month", "year")


def all_figures(evaluation: Scores) -> dict[str, Figure]:
    """Return the figures of an evaluation by name; see `Evaluation.figures`."""
    made: dict[str, Figure | None] = {}
    with draw.our_style():
        names = persian_names(evaluation)
        made["labels"] = _labels(evaluation, names)
        made["confusion"] = _confusion(evaluation, names)
        made["calibration"] = _calibration(evaluation)
        made["coverage"] = _coverage(evaluation)
        for kind in evaluation.slices:
            made[f"by {kind}"] = _parts(evaluation, kind, names)
    return {name: figure for name, figure in made.items() if figure is not None}


def curve_figure(curve: LearningCurve) -> Figure:
    """Draw a learning curve."""
    with draw.our_style():
        figure = draw.new_figure(_WIDTH, 3.2)
        axes = figure.add_subplot()
        _with_intervals(
            axes, [point.n for point in curve.points], [point.score for point in curve.points]
        )
        axes.set(xlabel="documents learnt from", ylabel="macro-F1", ylim=(0, 1.02))
        axes.set_xlim(left=0)
        axes.grid(True)
    return figure


def difference_figure(differences: Mapping[str, Interval]) -> Figure:
    """Draw differences of scores beside the line of no difference."""
    with draw.our_style():
        figure = draw.new_figure(_WIDTH, 0.7 + 0.4 * len(differences))
        axes = figure.add_subplot()
        axes.axvline(0, color=draw.INK, linewidth=1, linestyle="--")
        _dots(axes, list(differences), list(differences.values()))
        axes.set_xlabel("first minus second, with 95% intervals")
    return figure


def _labels(evaluation: Scores, names: Mapping[str, str]) -> Figure:
    found = label_intervals(evaluation)
    present = [label for label in found if evaluation.per_class[label]["support"] > 0]
    shown = present[:_ROWS]
    if len(present) > _ROWS:  # those that need looking at
        shown = sorted(present, key=lambda label: (found[label].value, label))[:_ROWS]
    figure = draw.new_figure(_WIDTH, 0.8 + 0.36 * max(len(shown), 1))
    axes = figure.add_subplot()
    _dots(axes, [_two_lines(label, names) for label in shown], [found[label] for label in shown])
    axes.set(xlabel="F1, with 95% interval", xlim=(0, 1.02))
    return figure


def _confusion(evaluation: Scores, names: Mapping[str, str]) -> Figure | None:
    found = confusion(evaluation)
    if found is None:
        return None
    n_rows, n_columns = found.counts.shape
    cell = 0.4 if n_columns <= 12 else 0.3 if n_columns <= 24 else 0.22
    figure = draw.new_figure(max(1.9 + cell * n_columns, _WIDTH), max(2.1 + cell * n_rows, 2.6))
    axes = figure.add_subplot()
    shares = found.counts / np.maximum(found.totals, 1)[:, None]
    size = 8.5 if n_columns <= 12 else 6.5 if n_columns <= 24 else 0
    from matplotlib.patches import Rectangle

    for i, j in np.argwhere(found.counts).tolist():
        share = float(shares[i, j])
        colour = draw.RIGHT if i == j else draw.WRONG
        axes.add_patch(
            Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, alpha=0.08 + 0.92 * share, lw=0)
        )
        if size:
            told = _short(int(found.counts[i, j]))
            axes.text(j, i, told, ha="center", va="center", fontsize=size)
    axes.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5), aspect="equal")
    letters = 8.5 if size else 6.5
    named = _two_lines if size else _one_line
    columns = [named(label, names) for label in found.columns]
    axes.set_xticks(range(n_columns), columns, fontsize=letters, rotation=90)
    axes.set_yticks(range(n_rows), [named(label, names) for label in found.rows], fontsize=letters)
    axes.set(xlabel="answer", ylabel="truth")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


def _calibration(evaluation: Scores) -> Figure | None:
    found = judged_confidence(evaluation)
    if found is None or not len(found[0]):
        return None
    bins = reliability(*found)
    figure = draw.new_figure(_WIDTH, 4.4)
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 1), (0, 1), color=draw.INK, linewidth=1, linestyle="--", label="as it should be")
    _with_intervals(upper, [one.confidence for one in bins], [one.right for one in bins])
    upper.set(ylabel="share that is right", xlim=(0, 1.01), ylim=(0, 1.03))
    upper.legend(loc="upper left")
    upper.grid(True)
    lower.hist(found[0], bins=np.linspace(0, 1, 21), color=draw.BLUE, alpha=0.75)
    lower.set(xlabel="confidence", ylabel="answers")
    lower.locator_params(axis="y", nbins=3)
    lower.grid(True, axis="y")
    return figure


def _coverage(evaluation: Scores) -> Figure | None:
    points = evaluation.coverage
    if not points:
        return None
    figure = draw.new_figure(_WIDTH, 3.2)
    axes = figure.add_subplot()
    lowest = min(point.accuracy for point in points)
    axes.plot(
        [100 * point.coverage for point in points],
        [point.accuracy for point in points],
        color=draw.BLUE,
        marker="o",
        markersize=4,
    )
    axes.set(xlabel="percent of the texts answered, the surest first", ylabel="share that is right")
    axes.set(xlim=(0, 102), ylim=(max(0.0, min(0.9, lowest - 0.05)), 1.005))
    axes.grid(True)
    return figure


def _parts(evaluation: Scores, kind: str, names: Mapping[str, str]) -> Figure | None:
    parts = evaluation.slices[kind]
    if not parts:
        return None
    found = part_intervals(evaluation, kind)
    shown = part_names(evaluation, kind, _ROWS)
    scores = [found[name] or _bare(parts[name]) for name in shown]
    macro = [parts[name].macro_f1 for name in shown]
    _, first, overall = next(item for item in headline(evaluation) if item[0] != "macro_f1")
    if kind in _TIMES and len(shown) > 2:
        figure = draw.new_figure(_WIDTH, 3.2)
        axes = figure.add_subplot()
        axes.axhline(overall.value, color=draw.INK, linewidth=1, linestyle=":")
        _with_intervals(axes, list(range(len(shown))), scores, line="none", label=first)
        axes.plot(macro, **_MACRO)
        step = -(-len(shown) // 14)
        axes.set_xticks(
            range(0, len(shown), step), [draw.drawn(name) for name in shown[::step]], rotation=90
        )
        axes.set(ylim=(0, 1.03))
        axes.grid(True, axis="y")
    else:
        figure = draw.new_figure(_WIDTH, 0.9 + 0.34 * len(shown))
        axes = figure.add_subplot()
        axes.axvline(overall.value, color=draw.INK, linewidth=1, linestyle=":")
        labelled = [_two_lines(name, names) for name in shown]
        _dots(axes, labelled, scores, label=first)
        axes.plot(macro, range(len(shown)), **_MACRO)
        lowest = min([*macro, *(score.low for score in scores)])
        axes.set(xlim=(max(0.0, int(10 * lowest) / 10 - 0.1) if lowest > 0.3 else 0.0, 1.02))
    figure.legend(loc="outside upper right", ncols=2)
    return figure


_MACRO: Final[Mapping[str, Any]] = {
    "marker": "D",
    "markersize": 4.5,
    "linestyle": "none",
    "color": draw.ORANGE,
    "markerfacecolor": "none",
    "label": "macro-F1",
}


def _bare(part: Any) -> Interval:
    """Return the score of a part without an interval."""
    value = getattr(part, "micro_f1", None)
    value = part.accuracy if value is None else value
    return Interval(value, value, value)


def _with_intervals(
    axes: Any, places: Sequence[float], scores: Sequence[Interval], line: str = "-", label: str = ""
) -> None:
    """Draw values with vertical intervals."""
    values = [score.value for score in scores]
    axes.vlines(places, *_ends(scores), color=draw.BLUE, linewidth=1.5, alpha=0.6)
    axes.plot(
        places, values, color=draw.BLUE, marker="o", markersize=5, linestyle=line, label=label
    )


def _dots(axes: Any, names: Sequence[str], scores: Sequence[Interval], label: str = "") -> None:
    """Draw values with horizontal intervals, one below the other."""
    rows = range(len(names))
    axes.hlines(rows, *_ends(scores), color=draw.BLUE, linewidth=2, alpha=0.6)
    values = [score.value for score in scores]
    axes.plot(
        values, rows, color=draw.BLUE, marker="o", markersize=5, linestyle="none", label=label
    )
    axes.set_yticks(rows, names, fontsize=8.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(True, axis="x")
    axes.tick_params(axis="y", length=0)


def _ends(scores: Sequence[Interval]) -> tuple[list[float], list[float]]:
    return [score.low for score in scores], [score.high for score in scores]


def _two_lines(label: str, names: Mapping[str, str]) -> str:
    persian = names.get(label, label)
    told = draw.drawn(label)
    return told if persian == label else f"{draw.drawn(persian)}\n{told}"


def _one_line(label: str, names: Mapping[str, str]) -> str:
    return draw.drawn(names.get(label, label))
