"""Tables of the documentation site: the bundled models, and what their labels mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fanews_classify as fc
from fanews_classify.model._store import BUNDLED

LABELS = Path(__file__).resolve().parent.parent / "data" / "labels.json"
PERSIAN = {
    "section": "کدام بخشِ یک تحریریه این متن را منتشر می‌کند؟",
    "topic": "کدام موضوع‌های سیاست اجتماعی از موضوع‌های اصلی متن‌اند؟",
    "stance": "صدای غالب متن دربارهٔ سیاستِ یک موضوع چه می‌گوید؟",
    "claim_stance": "متن ادعا را درست می‌داند، نادرست می‌داند، یا هیچ‌کدام؟",
}


def models(persian: bool) -> str:
    """Tabulate the bundled models with their scores."""
    head = ["مدل", "پرسش", "برچسب‌ها", "macro-F1", "متن", "حجم"] if persian else [
        "model", "question", "labels", "macro-F1", "texts", "file",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name in ("section", "topic", "stance", "claim_stance"):
        model = fc.load(name)
        macro = model.info["scores"]["macro_f1"]
        question = PERSIAN[name] if persian else model.info["card"]["question"]
        size = (BUNDLED / f"{name}.fanews").stat().st_size / 1e6
        lines.append(
            f"| `{name}` | {question} | {len(model.labels)} | {macro['value']:.3f} "
            f"[{macro['low']:.3f}, {macro['high']:.3f}] | {model.info['scores']['n']:,} | "
            f"{size:.1f} MB |"
        )
    return "\n".join(lines)


def definitions(kind: str, persian: bool) -> str:
    """Tabulate the labels of one question with their definitions."""
    found: dict[str, dict[str, Any]] = json.loads(LABELS.read_text(encoding="utf-8"))[kind]
    head = "| برچسب | نام | تعریف |" if persian else "| label | Persian | definition |"
    lines = [head, "|---|---|---|"]
    for label, entry in found.items():
        meaning = entry["definition_fa" if persian else "definition"]
        lines.append(f"| `{label}` | {entry['fa']} | {meaning} |")
    return "\n".join(lines)
