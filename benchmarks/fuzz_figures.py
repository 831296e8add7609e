"""The table of what was fuzzed, from docs/fuzz.json (tests/fuzz/run.py --save)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FUZZ = Path(__file__).resolve().parent.parent / "docs" / "fuzz.json"
WHAT = {
    "text": (
        "texts → tokens, answers, explanations, displays",
        "متن ← واژه‌ها، پاسخ‌ها، توضیح‌ها، نمایش‌ها",
    ),
    "model": (
        "forged model files → loading, verifying, predicting, explaining",
        "پروندهٔ مدلِ جعلی ← باز کردن، وارسی، پاسخ، توضیح",
    ),
    "records": (
        "text, CSV, JSON, gzip and Parquet files → records → JSON; sheets",
        "پروندهٔ متن، CSV، JSON، gzip و Parquet ← رکوردها ← JSON؛ برگه‌ها",
    ),
    "serve": (
        "bodies and heads of requests → answers of the local server",
        "بدنه و سرآیند درخواست‌ها ← پاسخ سرور محلی",
    ),
    "recipe": ("recipes → checked settings", "دستورِ آموزش ← تنظیم‌های وارسی‌شده"),
}


def fuzz(persian: bool) -> str:
    """Tabulate inputs, coverage and failures of each target."""
    found: dict[str, Any] = json.loads(FUZZ.read_text(encoding="utf-8"))
    head = ["چه چیزی", "ورودی", "یال پوشیده", "خطا", "کندترین"] if persian else [
        "what", "inputs", "edges covered", "failures", "slowest",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for target in found["targets"]:
        edges = "" if target["edges"] is None else f"{target['edges']:,}"
        lines.append(
            f"| {WHAT[target['target']][persian]} | {target['inputs']:,} | {edges} | "
            f"{target['failures']} | {target['slowest']:.2f} s |"
        )
    inputs = sum(target["inputs"] for target in found["targets"])
    failures = sum(target["failures"] for target in found["targets"])
    total = "همه" if persian else "all"
    lines.append(f"| **{total}** | **{inputs:,}** | | **{failures}** | |")
    versions = ", ".join(
        f"{name} {value}" for name, value in found["targets"][0]["versions"].items()
    )
    command = "python tests/fuzz/run.py --target NAME --inputs N --save"
    return "\n".join([*lines, "", f"`{command}`; {versions}."])
