"""Scores of parts of the texts, by source, year, noise: as values and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

Slices = Mapping[str, Mapping[str, Any]]
"""Kind of part to name of part to a dataclass of scores, the first of them ``n``."""


def slices_to_dict(slices: Slices) -> dict[str, dict[str, dict[str, float]]]:
    """Return plain, rounded values."""
    return {
        kind: {
            name: {key: round(value, 4) for key, value in asdict(part).items()}
            for name, part in parts.items()
        }
        for kind, parts in slices.items()
    }


def slice_lines(slices: Slices) -> Iterator[str]:
    """Yield a table of each kind of parts."""
    for kind, parts in slices.items():
        yield from ("", f"by {kind}:")
        longest = max(len(name) for name in parts)
        for name, part in parts.items():
            scores = asdict(part)
            shown = "  ".join(
                f"{key.replace('_f1', '-F1')} {value:.3f}"
                for key, value in scores.items()
                if key != "n"
            )
            yield f"  {name:<{longest}}  n {scores['n']:6d}  {shown}"
