"""Tables and the picture of plan.py's figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

DOCS = Path(__file__).resolve().parent.parent / "docs"
SAVED = DOCS / "plan.json"
PLOT = DOCS / "pages" / "assets" / "plan.svg"
# Of Okabe and Ito; the grey is legible on white and on the dark page's ground.
COLOURS: Final = ("#3a8fd0", "#e69f00", "#d55e00", "#009e73")
GREY: Final = "#808080"
STEPS: Final = {
    "read Parquet": "read Parquet (zstd), the text column",
    "read JSON lines, gzip": "read JSON lines, gzip",
    "section": "`section`",
    "topic": "`topic`",
    "stance": "`stance`, towards the topics found",
    "write answers": "write the answers, Parquet",
    "write answers and texts": "write answers and texts, Parquet",
}


def _seconds(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def saved() -> dict[str, Any]:
    """Return what plan.py saved."""
    found: dict[str, Any] = json.loads(SAVED.read_text(encoding="utf-8"))
    return found


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _hours(seconds: float) -> str:
    """Show a time in the unit in which it is told."""
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def rates() -> str:
    """Tabulate what each step costs a core."""
    found = saved()
    kinds = found["characters"]
    head = ["step, one core", *(f"{n:,} characters: texts/s" for n in kinds.values())]
    head += ["µs a text", "ns a character"]
    rows = []
    for step, told in STEPS.items():
        cost = found["costs"][step]
        rows.append([
            told, *(f"{1e6 / found['rates'][step][kind]:,.0f}" for kind in kinds),
            f"{cost['us_per_text']:.1f}", f"{cost['ns_per_character']:.1f}",
        ])  # fmt: skip
    if extra := found.get("end_to_end", {}).get("extra_us_per_text"):
        cells = [f"{1e6 / extra:,.0f}"] * len(kinds)
        rows.append(["what `fanews predict` adds", *cells, f"{extra:.1f}", "0.0"])
    return _table(head, rows)


def plan() -> str:
    """Tabulate what 10⁸ articles take."""
    found = saved()
    head = ["models", "cores", "time", "CPU hours", "memory", "read", "written", "read at"]
    rows = []
    for name, by_cores in found["plan"].items():
        for cores, row in by_cores.items():
            rows.append([
                "`section`" if name == "section" else "`section`, `topic`, `stance`",
                cores, _hours(row["seconds"]), f"{row['cpu_hours']:.1f}",
                f"{row['memory_gb']:.1f} GB", f"{row['in_gb']:.0f} GB", f"{row['out_gb']:.1f} GB",
                f"{row['read_mb_per_second']:,.0f} MB/s",
            ])  # fmt: skip
    about = found["archive"]
    monthly = found["monthly"]
    told = "; ".join(f"{name} {_hours(row)}" for name, row in monthly["seconds"].items())
    note = (
        f"{about['texts']:,} articles of {about['mean_characters']:,.0f} characters on average, "
        f"{about['characters'] / 1e9:,.0f} billion in all; Parquet with zstd, only answers "
        f"written. {found['chunks']['rows']:,} rows a chunk, one worker in fifty three times as "
        f"slow, each dying once in {found['assumed']['hours_to_death']:.0f} hours. A month of "
        f"{monthly['texts']:,} new articles on one core: {told}."
    )
    return _table(head, rows) + "\n\n" + note


def chunks() -> str:
    """Tabulate efficiency against chunk size."""
    found = saved()["chunks"]
    head = ["rows a chunk", "characters, about", "s a chunk"]
    head += [f"{name}" for name in found["shown"]]
    head += ["lost at a kill, 32 workers"]
    rows = []
    for size, row in found["table"].items():
        rows.append([
            f"{int(size):,}", f"{row['characters']:,.0f}", _seconds(row["seconds_a_chunk"]),
            *(f"{row['efficiency'][name]:.0%}" for name in found["shown"]),
            f"{row['lost_rows_at_a_kill']:,.0f} rows",
        ])  # fmt: skip
    good = found["good"]["sizes"]
    cores = max(int(name.split()[0]) for name in found["shown"])
    note = (
        f"All three models unless it says otherwise. At least {found['good']['least']:.0%} of the "
        f"ideal speed everywhere, up to {cores} cores: {min(good):,} to {max(good):,} rows, which "
        f"are {found['table'][str(min(good))]['characters'] / 1e6:.0f} to "
        f"{found['table'][str(max(good))]['characters'] / 1e6:.0f} million characters."
    )
    return _table(head, rows) + "\n\n" + note


def sizes() -> str:
    """Tabulate bytes on disk, memory, and what a chunk costs whatever is in it."""
    found = saved()
    disk = found["storage"]
    rows = [
        ["text in Parquet, zstd",
         f"{disk['parquet_zstd_bytes_per_character']:.2f} bytes a character"],
        ["in Parquet, snappy", f"{disk['parquet_snappy_bytes_per_character']:.2f}"],
        ["in JSON lines, gzip", f"{disk['jsonl_gz_bytes_per_character']:.2f}"],
        ["as UTF-8", f"{disk['utf8_bytes_per_character']:.2f}"],
        ["answers of `section` and an id, Parquet",
         f"{disk['section_answer_bytes_per_row']:.1f} bytes a text"],
        ["answers of all three models and an id",
         f"{disk['all three_answer_bytes_per_row']:.1f} bytes a text"],
    ]  # fmt: skip
    for rows_of_group, megabytes in found["memory"]["all three"].items():
        alone = found["memory"]["section"][rows_of_group]
        name = f"memory of a process, {int(rows_of_group):,} rows at once"
        rows.append([name, f"{alone:.0f} MB for `section`, {megabytes:.0f} MB for all three"])
    rows += [
        [f"to {name}", f"{1000 * seconds:.2g} ms"] for name, seconds in found["overheads"].items()
    ]
    return _table(["", ""], rows)


def schedules() -> str:
    """Tabulate efficiency by way of sharing out."""
    found = saved()["schedules"]
    head = ["archive", "chunks of equal", "in order", "largest first", "fixed shares"]
    rows = [
        [row["archive"], row["equal"], *(f"{row[name]:.0%}" for name in head[2:])] for row in found
    ]
    return _table(head, rows)


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw efficiency against chunk size, to be read on light and dark pages."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "fanews"  # the same bytes every time
    coloured = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys(coloured, GREY))
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.9), sharey=True, layout="constrained")
    for axis, (title, curves) in zip(axes, found["chunks"]["curves"].items(), strict=True):
        for (name, points), colour in zip(curves.items(), COLOURS, strict=False):
            # Wide below narrow, where two curves lie on each other.
            wide = 4.5 if name == "and slow workers" else 1.5
            axis.plot(
                [int(size) for size in points], [100 * share for share in points.values()],
                "o-", ms=3.5, lw=wide, color=colour, label=name,
            )  # fmt: skip
        axis.axvline(found["chunks"]["rows"], ymin=0.3, color=GREY, lw=1, ls=":")
        axis.set(title=title, xlabel="rows a chunk", xscale="log", ylim=(0, 102))
        axis.title.set_fontsize(10)
        axis.minorticks_off()
        axis.grid(alpha=0.25, color=GREY)
        axis.patch.set_alpha(0)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8.5, loc="lower center")
    axes[0].set_ylabel("share of the ideal speed, %")
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
