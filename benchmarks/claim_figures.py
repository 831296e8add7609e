"""Tables on the claim-stance model: from its manifest and docs/claims.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fanews_classify as fc

CLAIMS = Path(__file__).resolve().parent.parent / "docs" / "claims.json"
PARTS = {"farexstance_h2c": "headlines", "farexstance_b2c": "articles"}
PERSIAN = {"headlines": "تیترها", "articles": "خبرها"}
# Zarharan et al., COLING 2025: other articles of the same benchmark, another split.
PUBLISHED = (
    ("XLM-R large, 15 times the training articles, GPU", 0.745),
    ("GPT-4o, few-shot", 0.708),
    ("people", 0.68),
    ("GPT-4o, zero-shot", 0.664),
)


def _measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CLAIMS.read_text(encoding="utf-8"))
    return found


def _row(name: str, score: dict[str, Any]) -> str:
    macro, right = score["macro_f1"], score["accuracy"]
    f1 = [row["f1"] for row in score["per_class"].values()]
    return (
        f"| {name} | {score['n']} | **{macro['value']:.3f}** [{macro['low']:.3f}, "
        f"{macro['high']:.3f}] | {score['weighted_f1']:.3f} | {right['value']:.3f} | "
        f"{' | '.join(f'{value:.2f}' for value in f1)} |"
    )


def claims(persian: bool) -> str:
    """Scores by event, for README."""
    model = fc.load("claim_stance")
    labels = model.labels_fa if persian else [f"`{label}`" for label in model.labels]
    head = (
        ["", "زوج", "macro-F1", "F1 وزنی", "درستی"]
        if persian
        else ["", "pairs", "macro-F1", "weighted F1", "accuracy"]
    )
    head += [f"F1 {label}" for label in labels]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for part, name in PARTS.items():
        shown = PERSIAN[name] if persian else name
        lines.append(_row(shown, model.info["parts"][part]))
    told = model.info["evidence"]
    errors = [model.info["parts"][part]["calibration_error"] for part in PARTS]
    if persian:
        text = (
            f"جمله‌های گواه {told['n']} خبر: ROUGE-L برابر {told['rouge_l']:.3f} و F1 واژه‌ها "
            f"{told['token_f1']:.3f}؛ خطای کالیبراسیون {errors[0]:.3f} و {errors[1]:.3f}."
        )
    else:
        text = (
            f"Evidence sentences of {told['n']} articles: ROUGE-L {told['rouge_l']:.3f}, token F1 "
            f"{told['token_f1']:.3f}. Expected calibration error {errors[0]:.3f} and "
            f"{errors[1]:.3f}."
        )
    return "\n".join([*lines, "", text])


def beside() -> str:
    """Scores beside baselines and published ones."""
    model, found = fc.load("claim_stance"), _measured()
    lines = ["| | macro-F1 | weighted F1 | accuracy |", "|---|---|---|---|"]
    for part, name in PARTS.items():
        score = model.info["parts"][part]
        rows = {
            **found["baselines"][part],
            "**ours, events held out**": {
                "macro_f1": score["macro_f1"]["value"],
                "weighted_f1": score["weighted_f1"],
                "accuracy": score["accuracy"]["value"],
            },
            f"ours, the {found['dev'][part]['n']} pairs of the dev events": found["dev"][part],
        }
        lines += [
            f"| {name}: {kind} | {row['macro_f1']:.3f} | {row['weighted_f1']:.3f} | "
            f"{row['accuracy']:.3f} |"
            for kind, row in rows.items()
        ]
    lines += [f"| articles, published: {name} | {value:.3f} | | |" for name, value in PUBLISHED]
    other = found["persian_stance_2019"]
    lines.append(
        f"| persian_stance_2019, {other['n']} pairs, never trained on | "
        f"{other['macro_f1']:.3f} [{other['low']:.3f}, {other['high']:.3f}] | "
        f"{other['weighted_f1']:.3f} | {other['accuracy']:.3f} |"
    )
    return "\n".join(lines)


def evidence() -> str:
    """Scores of the sentences shown."""
    told = fc.load("claim_stance").info["evidence"]
    rows = {**_measured()["evidence"], "**ours, events held out**": told}
    lines = ["| sentences | token F1 | ROUGE-L |", "|---|---|---|"]
    lines += [
        f"| {name} | {row['token_f1']:.3f} | {row['rouge_l']:.3f} |" for name, row in rows.items()
    ]
    return "\n".join(lines)


def cost() -> str:
    """Time and memory."""
    found = _measured()["speed"]
    lines = [
        "| | lists | one by one | with `evidence` | pairs/s in lists |",
        "|---|---|---|---|---|",
    ]
    for part, name in PARTS.items():
        cells = []
        for way in ("lists", "one by one", "evidence"):
            row = found[f"{part}, {way}, ms a pair"]
            cells.append(f"{row['median']:.3f} ms ({row['low']:.3f}–{row['high']:.3f})")
        rate = 1000 / found[f"{part}, lists, ms a pair"]["median"]
        words = found[f"{part}, words a text"]
        lines.append(f"| {name}, {words:.0f} words | {' | '.join(cells)} | {rate:,.0f} |")
    lines += [
        "",
        f"Model {found['model, MB']:.1f} MB, loaded in {found['load, ms']:.0f} ms; memory of a "
        f"process that answers, at its peak, {found['peak memory, MB']} MB (numpy alone some 25).",
    ]
    return "\n".join(lines)


def examples() -> str:
    """Show answers to pairs of our own writing, evidence marked."""
    names = dict(zip(fc.CLAIM_STANCES, fc.CLAIM_STANCES.values(), strict=True))
    lines = ["| claim | text, with the evidence marked | answer |", "|---|---|---|"]
    for row in _measured()["examples"]:
        text = row["text"]
        if len(row["evidence"]) > 1 or row["evidence"][0] != [0, len(text)]:
            for start, end in reversed(row["evidence"]):
                text = f"{text[:start]}**{text[start:end]}**{text[end:]}"
        lines.append(
            f"| {row['claim']} | {text} | {names[row['label']]} `{row['label']}` "
            f"{row['confidence']:.2f} |"
        )
    return "\n".join(lines)
