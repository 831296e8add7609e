"""The table of faults, from docs/faults.json (benchmarks/faults.py)."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "docs" / "faults.json"


def faults(persian: bool) -> str:
    """Say what was done to the package, how often, and what it lost."""
    found = json.loads(FAULTS.read_text(encoding="utf-8"))
    head = (
        ["خطا", "بار", "سپس", "از دست رفته", "پاسخ دگرگون", "آزمون"]
        if persian
        else ["fault", "times", "what is checked", "rows lost", "answers changed", "test"]
    )
    lines = [f"| {' | '.join(head)} |", "|---|---:|---|---:|---:|---|"]
    for row in found["faults"]:
        file, _, test = row["test"].partition("::")
        lines.append(
            f"| {row['fault']} | {row['times']:,} | {row['done']} | {row['lost']} | "
            f"{row['changed']} | `{file.removesuffix('.py')}`: `{test}` |"
        )
    total = sum(row["times"] for row in found["faults"])
    lost, changed = (sum(row[key] for row in found["faults"]) for key in ("lost", "changed"))
    if persian:
        return "\n".join([*lines, "", f"{total:,} بار؛ از دست رفته {lost}، دگرگون {changed}."])
    skipped = ", ".join(f"`{name.partition('::')[2]}`" for name in found["skipped"])
    left_out = f" Left out on that machine: {skipped}." if skipped else ""
    return "\n".join(
        [
            *lines,
            "",
            f"{len(found['faults'])} faults, {total:,} times in one run of "
            f"`benchmarks/faults.py` (Python {found['python']}, {found['system']}): {lost} rows "
            f"lost, {changed} answers changed.{left_out}",
        ]
    )
