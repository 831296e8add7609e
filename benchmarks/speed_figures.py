"""Tables of what speed.py, steps.py and growth.py measured, for figures.py."""

from __future__ import annotations

import json
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
SPEED = DOCS / "speed.json"
STEPS = DOCS / "steps.json"
GROWTH = DOCS / "growth.json"
TRANSFORM = DOCS / "transform.json"
ENGINES = DOCS / "engines.json"


def _ratio(found: dict[str, float]) -> str:
    """Show a median ratio with its range, in as many digits as it deserves."""
    digits = 1 if found["median"] >= 2 else 2
    return f"{found['median']:.{digits}f} ({found['low']:.{digits}f}–{found['high']:.{digits}f})"


def speeds(persian: bool) -> str:
    """Tabulate speeds and costs of ours and of its competitors."""
    found = json.loads(SPEED.read_text(encoding="utf-8"))
    asked = (("articles", "in batches"), ("articles", "one by one"), ("20 words", "in batches"))
    head = (
        ["", "خبر در ثانیه", "تک‌تک", "متن ۲۰واژه‌ای", "ما چند برابر: خبر", "تک‌تک", "۲۰واژه‌ای"]
        if persian
        else ["", "articles/s", "one by one", "20-word posts/s",
              "ours / this: articles", "one by one", "posts"]
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, row in found["competitors"].items():
        rows = [row["speed"][kind][how] for kind, how in asked]
        cells = [f"{cell['texts_per_second']:,.0f}" for cell in rows]
        cells += ["" if name == "ours" else _ratio(cell["ratio"]) for cell in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    head = (
        ["", "آغاز (ثانیه)", "بیشینه حافظه (MB)", "مدل (MB)", "آموزش (ثانیه)", "macro-F1"]
        if persian
        else ["", "start, s", "peak memory, MB", "model, MB", "training, s", "macro-F1"]
    )
    lines += ["", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, start in found["start_up"].items():
        cells = [f"{start['seconds']['median']:.2f}", f"{start['megabytes']:.0f}", "", "", ""]
        if row := found["competitors"].get(name):
            size, seconds = row["model_bytes"] / 1e6, row["training_seconds"]
            cells[2:] = [f"{size:,.1f}", f"{seconds:.0f}", f"{row['macro_f1']:.3f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    each = found["words"] / found["texts"]
    note = (
        f"{found['texts']:,} خبر از رسانه‌هایی که کسی در آموزش ندیده است، میانگین {each:.0f} واژه؛ "
        f"آموزش با {found['training_texts']:,} متن دیگر، ما با واژه‌های "
        f"{found['unlabelled_texts']:,} متن بی‌برچسب نیز؛ {found['rounds']} دور، یک رشته، "
        f"{found['machine']['cpu']}."
        if persian
        else f"{found['texts']:,} articles of outlets that none was trained on, {each:.0f} words "
        f"on average; trained on {found['training_texts']:,} others, ours also on the words of "
        f"{found['unlabelled_texts']:,} unlabelled texts; {found['rounds']} rounds, one thread, "
        f"{found['machine']['cpu']}."
    )
    return "\n".join([*lines, "", note])


def lengths() -> str:
    """Tabulate how many times ours is as fast, by length of the texts and way of asking."""
    found = json.loads(SPEED.read_text(encoding="utf-8"))["competitors"]
    columns = [(kind, how) for kind, rows in found["ours"]["speed"].items() for how in rows]
    lines = [
        f"| ours / this | {' | '.join(f'{kind}, {how}' for kind, how in columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for name, row in found.items():
        cells = [row["speed"][kind][how] for kind, how in columns]
        shown = (
            [f"{cell['ns_per_word']:,.0f} ns/word" for cell in cells]
            if name == "ours"
            else [_ratio(cell["ratio"]) for cell in cells]
        )
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def steps() -> str:
    """Tabulate the nanoseconds a word of each step of a prediction."""
    found = json.loads(STEPS.read_text(encoding="utf-8"))
    lines = ["| step | ns a word | what |", "|---|---|---|"]
    lines += [f"| {name} | {time:.1f} | {what} |" for name, (time, what) in found["steps"].items()]
    lines += [
        f"| **predict** | **{found['predict']:.0f}** | everything, in one call |",
        f"| floor | {found['floor']:.0f} | encode, fold, hash, look up words |",
    ]
    return "\n".join(lines)


def transform() -> str:
    """Tabulate the speed of the vectorizer against scikit-learn's."""
    found = json.loads(TRANSFORM.read_text(encoding="utf-8"))
    lines = ["| terms | ns a word | scikit-learn | ours / this |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {row['ns_per_word']:,} | {row['scikit_learn_ns_per_word']:,} | "
        f"{_ratio(row['ratio'])} |"
        for name, row in found.items()
    ]
    return "\n".join(lines)


def growth() -> str:
    """Tabulate time and memory against number of texts, length and vocabulary."""
    found = json.loads(GROWTH.read_text(encoding="utf-8"))
    stream, listed = found["texts"]["stream"], found["texts"]["predict"]
    lines = [
        "| texts of 60 words | `stream`: s | peak MB | `predict`: s | peak MB |",
        "|---|---|---|---|---|",
    ]
    for size, row in stream.items():
        other = listed.get(size)
        cells = [f"{other['seconds']:.3g}", f"{other['peak_mb']:.0f}"] if other else ["", ""]
        lines.append(
            f"| {int(size):,} | {row['seconds']:.3g} | {row['peak_mb']:.0f} | {' | '.join(cells)} |"
        )
    lines += ["", "| words of one text | ms | ns a word | MB taken |", "|---|---|---|---|"]
    lines += [
        f"| {int(size):,} | {row['seconds'] * 1000:.3g} | {row['ns_per_word']:.0f} | "
        f"{row['added_mb']:.2g} |"
        for size, row in found["length"]["predict"].items()
    ]
    lines += [
        "",
        "| terms in the model | file MB | load, s | peak MB | ns a word |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {int(size):,} | {row['file_mb']:.3g} | {row['load_seconds']:.2g} | "
        f"{row['peak_mb']:.0f} | {row['ns_per_word']:.0f} |"
        for size, row in found["vocabulary"]["random"].items()
    ]
    return "\n".join(lines)


def processes() -> str:
    """Tabulate the speed-up by several processes."""
    found = json.loads(GROWTH.read_text(encoding="utf-8"))["processes"]
    lines = [
        "| model | processes | texts/s | speed-up | model MB | of it mapped |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {count} | {row['texts_per_second']:,.0f} | {row['speed_up']:.2f} | "
        f"{row['model_mb']:.1f} | {row['mapped_mb']:.1f} |"
        for name, rows in found.items()
        for count, row in rows.items()
    ]
    return "\n".join(lines)


def engines(persian: bool) -> str:
    """Tabulate what engines.py measured: one prediction on several engines."""
    found = json.loads(ENGINES.read_text(encoding="utf-8"))
    head = (
        ["", "متن در ثانیه", "چند برابر یک فرایند", "تا نخستین پاسخ (ثانیه)"]
        if persian
        else ["", "texts/s", "ratio to one process", "to the first answers, s"]
    )
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, row in found["engines"].items():
        rate = found["rows"] / row["seconds"]
        ratio = "" if name == "one process" else _ratio(row["speed_up"])
        lines.append(f"| {name} | {rate:,.0f} | {ratio} | {row['seconds_to_first_answers']:.1f} |")
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    cores, cpu = found["machine"]["cores"], found["machine"]["cpu"]
    note = (
        f"{found['rows']:,} متن ساختگی، میانگین {found['words_per_row']} واژه؛ "
        f"{found['rounds']} دور، به‌نوبت؛ {cores} هسته، {cpu}؛ {versions}. "
        f"پاسخ‌های دگرگون در {found['runs']} اجرا: {found['different']}."
        if persian
        else f"{found['rows']:,} invented texts, {found['words_per_row']} words on average; "
        f"{found['rounds']} rounds in turns; {cores} cores, {cpu}; {versions}. "
        f"Runs whose answers differ: {found['different']} of {found['runs']}."
    )
    return "\n".join([*lines, "", note])
