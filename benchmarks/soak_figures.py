"""What soak.py's figures say, and how they are drawn and tabulated."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

DOCS = Path(__file__).resolve().parent.parent / "docs"
SAVED = DOCS / "soak.json"
PLOT = DOCS / "pages" / "assets" / "soak.svg"
POINTS: Final = 400
MOST_GROWTH: Final = 0.05  # over the second half by its slope, as a share of the memory
MOST_RATIO: Final = 1.15  # largest of the last quarter, against that of the second
MOST_BLOCKS: Final = 1.005  # of Python's allocated blocks at rest, likewise
# Of Okabe and Ito; the grey is legible on white and on the dark page's ground.
BLUE: Final = "#3a8fd0"
ORANGE: Final = "#e69f00"
GREEN: Final = "#009e73"
GREY: Final = "#808080"
MOST_USED: Final = 1.01  # of what the C library has given out at rest, likewise
Row = dict[str, float]


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the median of the slopes of all pairs of points (Theil 1950, Sen 1968)."""
    pairs = list(combinations(zip(x, y, strict=True), 2))
    found = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] != a[0]]
    return statistics.median(found) if found else 0.0


def _quarter(rows: Sequence[Row], number: int, name: str) -> list[float]:
    begin, end = len(rows) * (number - 1) // 4, max(len(rows) * number // 4, 1)
    return [row[name] for row in rows[begin:end]] or [rows[-1][name]]


def verdict(samples: Sequence[Row], minutes: Sequence[Row]) -> dict[str, Any]:
    """Tell whether memory grows.

    Parameters
    ----------
    samples : sequence of dict
        Of every second, under load.
    minutes : sequence of dict
        Of every minute, at rest.
    """
    half = samples[len(samples) // 2 :]
    half = half[:: max(len(half) // POINTS, 1)]  # the pairs are that number squared
    hours = [row["seconds"] / 3600 for row in half]
    resting = minutes[len(minutes) // 2 :]
    resting_hours = [row["seconds"] / 3600 for row in resting]
    steep = slope(hours, [row["rss_mb"] for row in half])
    at_rest = slope(resting_hours, [row["rss_mb"] for row in resting])
    level = statistics.median(row["rss_mb"] for row in half)
    found = {
        "slope_mb_per_hour": steep,
        "growth_in_second_half": max(steep, at_rest) * (hours[-1] - hours[0]) / level,
        "slope_at_rest_mb_per_hour": at_rest,
        "largest_last_to_second_quarter": (
            max(_quarter(samples, 4, "rss_mb")) / max(_quarter(samples, 2, "rss_mb"))
        ),
        "blocks_last_to_second_quarter": (
            statistics.median(_quarter(minutes, 4, "blocks"))
            / statistics.median(_quarter(minutes, 2, "blocks"))
        ),
    }
    if "used_mb" in minutes[-1]:
        used = [statistics.median(_quarter(minutes, number, "used_mb")) for number in (2, 4)]
        found["used_last_to_second_quarter"] = used[1] / used[0]
    passed = (
        found["growth_in_second_half"] <= MOST_GROWTH
        and found["largest_last_to_second_quarter"] <= MOST_RATIO
        and found["blocks_last_to_second_quarter"] <= MOST_BLOCKS
        and found.get("used_last_to_second_quarter", 1.0) <= MOST_USED
    )
    return {**{name: round(value, 4) for name, value in found.items()}, "passed": passed}


def thinned(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return at most `POINTS` of the rows, as columns."""
    step = -(-len(rows) // POINTS)
    kept = [*rows[:-1:step], rows[-1]]
    return {name: [round(row[name], 2) for row in kept] for name in kept[0]}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw memory, objects and calls against time, to be read on light and dark pages."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "fanews"  # the same bytes every time
    coloured = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys(coloured, GREY))
    from matplotlib import pyplot as plt

    live, rest = figures["samples"], figures["at_rest"]
    of_live, of_rest = ([t / 60 for t in rows["seconds"]] for rows in (live, rest))
    figure, axes = plt.subplots(
        3, 1, figsize=(8.5, 6.2), sharex=True, height_ratios=(3, 1.2, 1.2), layout="constrained"
    )
    memory, blocks, calls = axes
    memory.plot(of_live, live["rss_mb"], color=BLUE, lw=0.9, label="resident, under load")
    memory.plot(of_rest, rest["rss_mb"], "o-", color=ORANGE, ms=3, lw=1, label="resident, at rest")
    if "used_mb" in rest:
        memory.plot(
            of_rest, rest["used_mb"], "s-", color=GREEN, ms=3, lw=1,
            label="given out by the C library, at rest",
        )  # fmt: skip
    memory.set(ylabel="memory, MB", ylim=(0, 1.3 * max(live["rss_mb"])))
    memory.set_title(
        f"{figures['minutes']:.0f} minutes, {figures['threads']} threads, "
        f"{figures['calls']:,} calls: at rest {rest['rss_mb'][1]:.0f} MB after a minute, "
        f"{rest['rss_mb'][-1]:.0f} MB at the end; "
        f"{figures['answers_changed']} answers changed",
        fontsize=10,
    )
    memory.legend(loc="upper center", ncols=3, frameon=False)
    blocks.plot(of_rest, [n / 1000 for n in rest["blocks"]], "o-", color=ORANGE, ms=3, lw=1)
    blocks.set(ylabel="objects of Python\nat rest, 1000", ylim=(0, None))
    calls.plot(of_live, [n / 1000 for n in live["calls"]], color=BLUE, lw=1.2)
    calls.set(ylabel="calls so far,\n1000", xlabel="minutes", ylim=(0, None))
    for axis in axes:
        axis.patch.set_alpha(0)
        axis.grid(alpha=0.25, color=GREY)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)


def soak() -> str:
    """Tabulate the run."""
    found: dict[str, Any] = json.loads(SAVED.read_text(encoding="utf-8"))
    live, rest = found["samples"], found["at_rest"]
    rows = {
        "minutes, threads": f"{found['minutes']:.0f}, {found['threads']}",
        "calls; texts answered": f"{found['calls']:,}; {found['texts']:,}",
        "memory at rest after a minute, in the middle, at the end": ", ".join(
            f"{rest['rss_mb'][at]:.0f}" for at in (1, len(rest["rss_mb"]) // 2, -1)
        ) + " MB",
        "largest under load, second quarter and last": (
            f"{max(_part(live['rss_mb'], 2)):.0f}, {max(_part(live['rss_mb'], 4)):.0f} MB"
        ),
        "slope of the second half (Theil–Sen), under load, at rest": (
            f"{found['slope_mb_per_hour']:+.1f}, "
            f"{found['slope_at_rest_mb_per_hour']:+.1f} MB an hour"
        ),
        "objects of Python at rest, last quarter against second": (
            f"{found['blocks_last_to_second_quarter']:.4f} times as many"
        ),
        "open files, first and last": f"{rest['files'][0]:.0f}, {rest['files'][-1]:.0f}",
        "answers to the panel that were compared": (
            f"{found['panel_texts'] * found['panel_rounds']:,} at rest, "
            f"{found['by_kind']['one of the panel']:,} under load"
        ),
        "of them different from the first": f"{found['answers_changed']}",
        "calls that ended otherwise than they should": f"{found['faults']}",
    }  # fmt: skip
    if "used_mb" in rest:
        rows["of it given out by the C library (glibc's mallinfo2), likewise"] = ", ".join(
            f"{rest['used_mb'][at]:.1f}" for at in (1, len(rest["rss_mb"]) // 2, -1)
        ) + " MB"  # fmt: skip
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def _part(values: Sequence[float], number: int) -> Sequence[float]:
    return values[len(values) * (number - 1) // 4 : len(values) * number // 4]
