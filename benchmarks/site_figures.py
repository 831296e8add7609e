"""Tables of the documentation site: the bundled models, their labels, the labelling loop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import fanews_classify as fc
from fanews_classify.labelling._confident import FILTER
from fanews_classify.model._store import BUNDLED

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LABELS = ROOT / "data" / "labels.json"
WAYS = {
    "at random": ("at random", "تصادفی"),
    "diversity 0.25": ("`suggest`", "با <code>suggest</code>"),
    "first by clusters": (
        "`suggest`, the first 50 by clusters",
        "با <code>suggest</code>، پنجاه تای نخست از خوشه‌ها",
    ),
}
PERSIAN_SETS = {
    "own texts, section": "متن‌های خودمان، بخش",
    "own texts, topics": "متن‌های خودمان، موضوع",
    "real news, section": "خبر واقعی، بخش",
    "real news, topics": "خبر واقعی، موضوع",
}
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


def suggestions(persian: bool) -> str:
    """Tabulate what asking for labels gains over labels at random, from docs/suggest.json."""
    saved: dict[str, Any] = json.loads((DOCS / "suggest.json").read_text(encoding="utf-8"))
    shown = (75, 100, 150, 200)
    head = ["متن‌ها، با این شمار برچسب", *map(str, shown)] if persian else [
        "texts; with so many labels", *map(str, shown),
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, found in saved.items():
        at = [found["labels"].index(count) for count in shown]
        for way, (english, fa) in WAYS.items():
            means = np.array(found["macro_f1"][way]).mean(axis=0)[at]
            title = f"{PERSIAN_SETS[name]}، {fa}" if persian else f"{name}, {english}"
            lines.append(f"| {title} | {' | '.join(f'{mean:.2f}' for mean in means)} |")
    return "\n".join(lines)


def doubts(persian: bool) -> str:
    """Tabulate how many wrong labels are found, from docs/label_errors.json."""
    saved: dict[str, Any] = json.loads((DOCS / "label_errors.json").read_text(encoding="utf-8"))
    head = ["texts", "number", "changed", "listed", "of these changed", "found"]
    if persian:
        head = ["متن‌ها", "شمار", "برچسب عوض‌شده", "در فهرست", "از آن عوض‌شده", "یافته‌شده"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, found in saved.items():
        row = found["ways"][FILTER]
        title = PERSIAN_SETS[name] if persian else name
        lines.append(
            f"| {title} | {found['texts']:,} | {found['changed']} | {row['listed']} "
            f"| {row['precision']:.0%} | {row['recall']:.0%} |"
        )
    return "\n".join(lines)
