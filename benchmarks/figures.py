"""Write the measured figures into the README files and docs/experiments.md.

    python benchmarks/figures.py            rewrite the tables between the markers
    python benchmarks/figures.py --check    exit 1 if a table is not up to date

Scores come from the bundled model's own manifest, speeds from docs/speed.json
(benchmarks/speed.py), ablations from docs/ablation.json (benchmarks/ablation.py).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import fanews_classify as fc
from fanews_classify.model._store import BUNDLED

ROOT = Path(__file__).resolve().parent.parent
SPEED = ROOT / "docs" / "speed.json"
ABLATION = ROOT / "docs" / "ablation.json"
PAGES = ("README.md", "README.fa.md", "docs/experiments.md")


def scores(persian: bool) -> str:
    """Scores of the bundled model, out of fold."""
    model = fc.load("section")
    found = model.info["scores"]
    macro, exact = found["macro_f1"], found["accuracy"]
    readers = found["slices"]["reader"]
    chosen = found["slices"]["chosen by"]["random"]
    head = ["برچسب", "F1", "دقت", "بازیابی", "متن"] if persian else [
        "label", "F1", "precision", "recall", "texts",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
    for label, fa in zip(model.labels, model.labels_fa, strict=True):
        row = found["per_class"][label]
        name = f"{fa} `{label}`" if persian else f"`{label}` {fa}"
        lines.append(
            f"| {name} | {row['f1']:.2f} | {row['precision']:.2f} | {row['recall']:.2f} | "
            f"{row['support']:.0f} |"
        )
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


def speeds(persian: bool) -> str:
    """Speeds side by side."""
    found = json.loads(SPEED.read_text(encoding="utf-8"))
    head = (
        ["", "متن در ثانیه", "نانوثانیه برای هر واژه", "ما چند برابر تندتریم"]
        if persian
        else ["", "texts/s", "ns a word", "ours is faster by"]
    )
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|"]
    for name, row in found["speed"].items():
        ratio = f"{row['ratio']:.1f} ({row['ratio_low']:.1f}–{row['ratio_high']:.1f})"
        lines.append(
            f"| {name} | {row['texts_per_second']:,} | {row['ns_per_word']:.0f} | "
            f"{'' if name.startswith('ours') else ratio} |"
        )
    head = ["", "ثانیه", "بیشینه حافظه"] if persian else ["start-up", "seconds", "peak memory"]
    lines += ["", f"| {' | '.join(head)} |", "|---|---|---|"]
    lines += [
        f"| {name} | {row['seconds']:.2f} | {row['megabytes']:.0f} MB |"
        for name, row in found["start_up"].items()
    ]
    size = (BUNDLED / "section.fanews").stat().st_size / 1e6
    each = found["words"] / found["texts"]
    note = (
        f"{found['texts']} خبر واقعی، میانگین {each:.0f} واژه، یک هسته؛ مدل {size:.1f} مگابایت."
        if persian
        else f"{found['texts']} real news texts of {each:.0f} words on average, one core; the "
        f"model has {size:.1f} MB."
    )
    return "\n".join([*lines, "", note])


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


def rendered(page: str, text: str) -> str:
    """Return a page with its tables made anew."""
    persian = page.endswith(".fa.md")
    tables = {
        "scores": lambda: scores(persian),
        "speeds": lambda: speeds(persian),
        "ablation": ablation,
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
