"""Write the measured figures into the README files and the pages of docs/pages.

    python benchmarks/figures.py            rewrite the tables between the markers
    python benchmarks/figures.py --check    exit 1 if a table is not up to date

Scores come from the bundled models' own manifests, ablations from docs/ablation.json
(benchmarks/ablation.py), speeds from the files that speed_figures.py reads, what stands
beside the claim-stance model from docs/claims.json (benchmarks/claims.py), the plan for a
large archive from docs/plan.json (benchmarks/plan.py), the soak from docs/soak.json.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import claim_figures
import fault_figures
import plan_figures
import site_figures
import soak_figures
from fuzz_figures import fuzz
from speed_figures import engines, growth, lengths, processes, speeds, steps, transform

import fanews_classify as fc
from fanews_classify.model._store import BUNDLED

ROOT = Path(__file__).resolve().parent.parent
ABLATION = ROOT / "docs" / "ablation.json"
_SITE = ROOT / "docs" / "pages"
PAGES = (
    "README.md",
    "README.fa.md",
    "SECURITY.md",
    *sorted(page.relative_to(ROOT).as_posix() for page in _SITE.rglob("*.md")),
)
CURVE = ROOT / "docs" / "learning_curve.json"


def _label_table(model: Any, persian: bool) -> list[str]:
    """Tabulate F1, precision and recall of each label, with intervals where there are any."""
    rows = model.info["scores"]["per_class"]
    ranged = all("low" in row for row in rows.values())
    head = ["برچسب", "F1", "بازه", "دقت", "بازیابی", "متن"] if persian else [
        "label", "F1", "95% interval", "precision", "recall", "texts",
    ]  # fmt: skip
    if not ranged:
        del head[2]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for label, fa in zip(model.labels, model.labels_fa, strict=True):
        row = rows[label]
        name = f"{fa} `{label}`" if persian else f"`{label}` {fa}"
        interval = f"{row['low']:.2f}–{row['high']:.2f} | " if ranged else ""
        lines.append(
            f"| {name} | {row['f1']:.2f} | {interval}{row['precision']:.2f} | "
            f"{row['recall']:.2f} | {row['support']:.0f} |"
        )
    return lines


def scores(persian: bool) -> str:
    """Scores of the bundled model, out of fold."""
    model = fc.load("section")
    found = model.info["scores"]
    macro, exact = found["macro_f1"], found["accuracy"]
    readers = found["slices"]["reader"]
    chosen = found["slices"]["chosen by"]["random"]
    lines = _label_table(model, persian)
    total = "همه (macro-F1)" if persian else "**all (macro-F1)**"
    lines.append(
        f"| {total} | **{macro['value']:.3f}** [{macro['low']:.3f}, {macro['high']:.3f}] | "
        f"| | {found['n']} |"
    )
    sure, random = readers["sure"]["macro_f1"], chosen["macro_f1"]
    error = found["calibration_error"]
    if persian:
        lines += ["", f"درستی {exact['value']:.3f}؛ جایی که خوانندگان مطمئن بودند "
                  f"macro-F1 {sure:.3f}؛ روی متن‌های تصادفی {random:.3f}؛ خطای "
                  f"کالیبراسیون {error:.3f}."]  # fmt: skip
    else:
        lines += ["", f"Accuracy {exact['value']:.3f} [{exact['low']:.3f}, {exact['high']:.3f}]; "
                  f"macro-F1 {sure:.3f} on the {readers['sure']['n']} texts whose readers were "
                  f"sure, {random:.3f} on the {chosen['n']} chosen at random; expected "
                  f"calibration error {error:.3f}."]  # fmt: skip
    return "\n".join(lines)


def _ranged(score: dict[str, float], digits: int = 3) -> str:
    return f"{score['value']:.{digits}f} [{score['low']:.{digits}f}, {score['high']:.{digits}f}]"


def topics(persian: bool) -> str:
    """Scores of the topic model, out of fold."""
    model = fc.load("topic")
    found = model.info["scores"]
    lines = _label_table(model, persian)
    readers = found["slices"]["read by"]["readers_1"]
    micro, macro = _ranged(found["micro_f1"]), _ranged(found["macro_f1"])
    exact, error = _ranged(found["exact_match"]), found["calibration_error"]
    if persian:
        text = (
            f"micro-F1 {micro}، macro-F1 {macro} روی {found['n']} متن؛ "
            f"همه برچسب‌ها درست: {exact}؛ "
            f"روی {readers['n']} متن خوانندگان نخست micro-F1 {readers['micro_f1']:.3f} و macro-F1 "
            f"{readers['macro_f1']:.3f}؛ خطای کالیبراسیون {error:.3f}."
        )
    else:
        text = (
            f"**micro-F1 {micro}, macro-F1 {macro}** on {found['n']} texts, "
            f"exactly right: {exact}. "
            f"On the {readers['n']} of the first readers micro-F1 {readers['micro_f1']:.3f}, "
            f"macro-F1 {readers['macro_f1']:.3f}. Expected calibration error {error:.3f}."
        )
    return "\n".join([*lines, "", text])


def stances(persian: bool) -> str:
    """Scores of the stance model, out of fold."""
    model = fc.load("stance")
    found = model.info["scores"]
    lines = _label_table(model, persian)
    sure = found["slices"]["reader"]["sure"]
    macro, right, error = (
        _ranged(found["macro_f1"]), _ranged(found["accuracy"]), found["calibration_error"]
    )  # fmt: skip
    if persian:
        text = (
            f"macro-F1 {macro}، درستی {right}؛ روی {sure['n']} متنی که خواننده‌اش مطمئن بود "
            f"macro-F1 {sure['macro_f1']:.3f}؛ خطای کالیبراسیون {error:.3f}."
        )
    else:
        text = (
            f"**macro-F1 {macro}**, accuracy {right}; macro-F1 {sure['macro_f1']:.3f} on the "
            f"{sure['n']} whose readers were not marked unsure; expected calibration error "
            f"{error:.3f}."
        )
    return "\n".join([*lines, "", text])


def coverage(persian: bool) -> str:
    """Accuracy if the least certain answers are withheld."""
    shares = (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)
    head = "پاسخ به" if persian else "answered"
    lines = [
        f"| {head} | {' | '.join(f'{share:.0%}' for share in shares)} |",
        f"|---|{'---|' * len(shares)}",
    ]
    for name in ("section", "topic", "stance"):
        curve = fc.load(name).info["scores"]["coverage"]
        cells = []
        for share in shares:
            threshold, _, accuracy = min(curve, key=lambda point: abs(point[1] - share))
            cells.append(f"{accuracy:.3f} (≥ {threshold:.2f})")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def card(name: str) -> str:
    """Show a model's card, as `fanews info NAME` has it."""
    model = fc.load(name)
    info = model.info
    told, training, found = info["card"], info["training"], info["scores"]
    lines = [f"**{told['question']}**", "", told["use"], ""]
    lines += [f"* {limit}" for limit in told["limits"]]
    lines += ["", "Licences:", ""] + [f"* {text}" for text in told["licences"]]
    size = (BUNDLED / f"{name}.fanews").stat().st_size / 1e6
    lines += [
        "",
        _trained_on(training) + f" and the words of {training['unlabelled']:,} unlabelled ones; "
        f"judged on {training['judged']:,}, held out by {training['validation']}. {size:.1f} MB.",
        "",
        f"macro-F1 {_ranged(found['macro_f1'])}, expected calibration error "
        f"{found['calibration_error']:.3f}.",
        "",
    ]
    for kind in ("part", "fold", "target", "chosen by", "reader", "read by"):
        parts = found["slices"].get(kind)
        if not parts:
            continue
        score = "micro_f1" if name == "topic" else "accuracy"
        lines += [f"| {kind} | texts | {score.replace('_', '-')} | macro-F1 |", "|---|---|---|---|"]
        lines += [
            f"| {part} | {row['n']} | {row[score]:.3f} | {row['macro_f1']:.3f} |"
            for part, row in parts.items()
        ]
        lines.append("")
    lines += ["| file | SHA-256 |", "|---|---|"]
    lines += [f"| {file} | `{digest[:16]}…` |" for file, digest in training["files_sha256"].items()]
    return "\n".join(lines)


def _trained_on(training: dict[str, Any]) -> str:
    if "pairs" in training:
        return f"Trained on {training['pairs']:,} pairs on {training['events']:,} events"
    return (
        f"Trained on {training['documents']:,} labelled documents in {training['groups']:,} "
        "near-duplicate groups"
    )


def learning_curve() -> str:
    """Tabulate the learning curves."""
    if not CURVE.exists():
        return "(not measured for this release)"
    found = json.loads(CURVE.read_text(encoding="utf-8"))
    shares = [row["share"] for row in next(iter(found.values()))]
    lines = [
        f"| thinned out | {' | '.join(f'{share:.1%}' for share in shares)} |",
        f"|---|{'---|' * len(shares)}",
    ]
    for name, rows in found.items():
        cells = (f"{row['macro_f1']['value']:.3f} ({row['documents']:,})" for row in rows)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def ablation() -> str:
    """Tabulate what each part of the recipe is worth."""
    found = json.loads(ABLATION.read_text(encoding="utf-8"))
    lines = ["| variant | macro-F1 | 95% interval | readers sure |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {value:.3f} | {low:.3f}–{high:.3f} | {sure:.3f} |"
        for name, (value, low, high, sure) in found.items()
    ]
    return "\n".join(lines)


def seeds() -> str:
    """Return what ``fanews predict seeds/*.txt`` prints."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    answers = fc.load("section").stream(texts)
    return "\n".join(f"{a.label}\t{a.label_fa}\t{a.confidence:.3f}" for a in answers)


def analysis() -> str:
    """Show what ``fanews analyze`` prints for the first seed."""
    seed = min((ROOT / "seeds").glob("*.txt"))
    shown = textwrap.indent(str(fc.analyze(seed.read_text(encoding="utf-8"))), "  ")
    return f"```console\n$ fanews analyze seeds/{seed.name}\nseeds/{seed.name}\n{shown}\n```"


def rendered(page: str, text: str) -> str:
    """Return a page with its tables made anew."""
    persian = page.endswith(".fa.md") or "/fa/" in page
    tables = {
        "scores": lambda: scores(persian),
        "speeds": lambda: speeds(persian),
        "lengths": lengths,
        "steps": steps,
        "growth": growth,
        "transform": transform,
        "processes": processes,
        "engines": lambda: engines(persian),
        "ablation": ablation,
        "analyze": analysis,
        "topics": lambda: topics(persian),
        "stances": lambda: stances(persian),
        "coverage": lambda: coverage(persian),
        "learning curve": learning_curve,
        "faults": lambda: fault_figures.faults(persian),
        "claims": lambda: claim_figures.claims(persian),
        "claims beside": claim_figures.beside,
        "claims evidence": claim_figures.evidence,
        "claims cost": claim_figures.cost,
        "claims examples": claim_figures.examples,
        "plan": plan_figures.plan,
        "plan rates": plan_figures.rates,
        "chunks": plan_figures.chunks,
        "schedules": plan_figures.schedules,
        "archive sizes": plan_figures.sizes,
        "soak": soak_figures.soak,
        "models": lambda: site_figures.models(persian),
        "suggestions": lambda: site_figures.suggestions(persian),
        "doubts": lambda: site_figures.doubts(persian),
        "fuzz": lambda: fuzz(persian),
        **{
            f"labels {kind}": lambda k=kind: site_figures.definitions(k, persian)
            for kind in ("section", "topic", "stance", "claim_stance")
        },
        **{f"card {name}": lambda n=name: card(n) for name in fc.models()},
    }
    for name, make in tables.items():
        marker = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        if marker.search(text):
            table = make()
            text = marker.sub(lambda match, t=table: match[1] + t + match[2], text)
    shown = re.compile(r"(\$ fanews predict seeds/\S+ seeds/\S+\n).*?(\n```)", re.DOTALL)
    return shown.sub(lambda match: match[1] + seeds() + match[2], text)


def main() -> int:
    """Rewrite or check the pages."""
    stale = []
    for page in PAGES:
        path = ROOT / page
        before = path.read_text(encoding="utf-8")
        after = rendered(page, before)
        if after != before:
            stale.append(page)
            if "--check" not in sys.argv:
                path.write_text(after, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print("not up to date:", *stale)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
