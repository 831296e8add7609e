"""The sections of a report that show numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fanews_classify.evaluation._metrics import Interval
from fanews_classify.evaluation._uncertainty import label_intervals, part_intervals
from fanews_classify.evaluation.comparison import Comparison, p_text, score_name
from fanews_classify.evaluation.report import Evaluation
from fanews_classify.labels import UNKNOWN
from fanews_classify.report import _html as html
from fanews_classify.report._drawing import inline_svg
from fanews_classify.report._numbers import Scores, confusion, headline, part_names
from fanews_classify.report.figures import curve_figure, difference_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fanews_classify.evaluation.curve import LearningCurve

_ROWS: Final = 60  # of a table of parts
# Pixels. A wider figure scrolls on a phone instead of shrinking until it is unreadable;
_WIDE: Final = 500
# and one that is wider than half a page stands alone.
_HALF: Final = 512
_SINGLE: Final = (
    "Rows are the truth, columns the answers; the stronger the colour, the larger the share of "
    "the row. Blue is right."
)
_SEVERAL: Final = (
    "Rows are true labels. On the diagonal, documents that were given the label; elsewhere it was "
    "missed and the label of the column wrongly given instead, or none. The last row is of "
    "documents without a label."
)
_MOST_PROBABLE: Final = (
    "the most probable label of each document, also of those left without an answer"
)
_PAIRS: Final = "pairs of a document and a label that is not out of question"
_STEPS: Final = (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)


@dataclass
class Shown:
    """An evaluation on its way to a page."""

    evaluation: Scores
    names: Mapping[str, str]
    figures: Mapping[str, Figure]

    def figure(self, name: str, told: str, caption: str) -> str:
        """Return a figure as HTML; ``""`` if there is none."""
        figure = self.figures.get(name)
        return "" if figure is None else shown_figure(figure, name, told, caption)


def shown_figure(figure: Figure, name: str, told: str, caption: str) -> str:
    """Return a figure with what it shows, in words."""
    prefix = "fig-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in name)
    wide = width_of(figure) > _WIDE
    return html.figure(inline_svg(figure, prefix, told), caption, wide)


def width_of(figure: Figure) -> float:
    """Return the width of a figure on a page, in pixels."""
    return float(figure.get_figwidth() * 96)


def scores(shown: Shown) -> str:
    """Show the main scores with their intervals."""
    evaluation = shown.evaluation
    cards = [
        f"<div><dt>{name}</dt><dd><b>{score.value:.3f}</b>"
        f'<span class="quiet">95% interval {score.low:.3f} to {score.high:.3f}</span></dd></div>'
        for _, name, score in headline(evaluation)
    ]
    cards.append(
        f"<div><dt>calibration error</dt><dd><b>{evaluation.calibration_error:.3f}</b>"
        '<span class="quiet">0 is perfect</span></dd></div>'
    )
    told = (
        "Intervals are those of 95%, by a bootstrap over the documents. Macro-F1 is the mean over "
        "the labels that documents have, each counting alike."
    )
    if isinstance(evaluation, Evaluation):
        cards.append(
            f"<div><dt>no answer ({UNKNOWN})</dt><dd><b>{evaluation.unknown:.1%}</b>"
            '<span class="quiet">counts as wrong</span></dd></div>'
        )
        told += f" Micro-F1 {evaluation.micro_f1:.3f}, weighted F1 {evaluation.weighted_f1:.3f}."
    else:
        told += " Micro-F1 counts every label of every document alike."
    return html.section(
        "scores", "Scores", f'<dl class="scores">{"".join(cards)}</dl>', f"<p>{told}</p>"
    )


def labels(shown: Shown) -> str:
    """Show the scores of each label."""
    evaluation = shown.evaluation
    found = label_intervals(evaluation)
    rows = (
        html.row_head(html.label(name, shown.names))
        + (_label_scores(row, found[name]) if row["support"] else 4 * html.number("–"))
        + html.number(int(row["support"]))
        for name, row in evaluation.per_class.items()
    )
    head = ("label", "precision", "recall", "F1", "95% interval of F1", "documents")
    told = (
        "Precision: of the documents that were given the label, the share that has it. Recall: of "
        "those that have it, the share that was given it. F1 is high where both are."
    )
    if not all(row["support"] for row in evaluation.per_class.values()):
        told += " Labels without documents (–) do not count in macro-F1."
    return html.section("labels", "Labels", html.table(head, rows, told))


def _label_scores(row: Mapping[str, float], f1: Interval) -> str:
    bars = "".join(html.bar(row[name]) for name in ("precision", "recall", "f1"))
    return bars + html.number(f"{f1.low:.3f}–{f1.high:.3f}")


def confusions(shown: Shown) -> str:
    """Show what was taken for what."""
    found = confusion(shown.evaluation)
    if found is None:
        return html.section("confusion", "Confusion", _NO_DOCUMENTS)
    single = isinstance(shown.evaluation, Evaluation)
    caption = _SINGLE if single else _SEVERAL
    if found.left_out:
        caption += f" {found.left_out} labels with fewer mistakes are left out."
    rows = [
        html.row_head(html.label(truth, shown.names))
        + f"<td>{html.label(answer, shown.names)}</td>"
        + html.number(count)
        + f'<td class="number">{count / total:.1%}</td>'
        for truth, answer, count, total in confusion_worst(shown)
    ]
    head = ("truth", "answer" if single else "given instead", "documents", "of the row")
    told = html.table(head, rows, "The most frequent ones") if rows else "<p>None was wrong.</p>"
    told_picture = "Confusion matrix; the table after it has the most frequent mistakes."
    picture = shown.figure("confusion", told_picture, caption)
    fit = width_of(shown.figures["confusion"]) <= _HALF
    return html.section("confusion", "Confusion", html.beside(picture, told, fit=fit))


def confusion_worst(shown: Shown) -> list[tuple[str, str, int, int]]:
    """Return the most frequent mistakes of all labels, also of those not in the picture."""
    found = confusion(shown.evaluation, most=len(shown.evaluation.labels))
    return [] if found is None else found.worst()


def confidence(shown: Shown) -> str:
    """Show calibration, and accuracy against coverage."""
    evaluation = shown.evaluation
    single = isinstance(evaluation, Evaluation)
    what = _MOST_PROBABLE if single else _PAIRS
    calibration = shown.figure(
        "calibration",
        "Calibration: the share of right answers against confidence, and how many there are.",
        f"Calibration: {what}, in groups of equal size by confidence, with 95% intervals (Wilson). "
        "Above the dashed line they are right more often than the model says, below less often. "
        f"Expected calibration error {evaluation.calibration_error:.3f}. The lower picture shows "
        "how many there are of each confidence.",
    )
    coverage = shown.figure(
        "coverage",
        "Share of right answers if the least certain ones are withheld.",
        f"{'The same labels' if single else 'Answers'}, if the least certain are withheld: how "
        "many documents are answered, and how many of those answers are right"
        + ("." if single else " (all labels of a document, and no other)."),
    )
    rows = []
    for step in _STEPS if evaluation.coverage else ():
        point = min(evaluation.coverage, key=lambda one: abs(one.coverage - step))
        rows.append(
            html.row_head(f"{point.coverage:.0%}")
            + html.number(f"{point.accuracy:.3f}")
            + html.number(f"{point.threshold:.3f}")
        )
    rows = list(dict.fromkeys(rows))
    table = html.table(("answered", "right", "from this confidence on"), rows) if rows else ""
    return html.section(
        "confidence",
        "Calibration and coverage",
        html.beside(calibration or _NO_DOCUMENTS, coverage + table),
    )


def parts(shown: Shown) -> str:
    """Show the scores of parts of the documents."""
    evaluation = shown.evaluation
    content = []
    for kind in evaluation.slices:
        found = part_intervals(evaluation, kind)
        columns = _score_columns(evaluation)
        rows = []
        for name in part_names(evaluation, kind, _ROWS):
            part, score = evaluation.slices[kind][name], found[name]
            first = f"{getattr(part, columns[0][0]):.3f}" if score is None else html.interval(score)
            rows.append(
                html.row_head(html.label(name, shown.names))
                + html.number(part.n)
                + html.number(first)
                + html.number(f"{part.macro_f1:.3f}")
            )
        head = (html.said(kind), "documents", *(name for _, name in columns))
        more = len(evaluation.slices[kind]) - len(rows)
        told = f"{more} smaller ones are left out." if more else ""
        picture = shown.figure(
            f"by {kind}",
            f"Scores by {kind}, as in the table.",
            "With 95% intervals; the dotted line is the score of all documents."
            if any(found.values())
            else "The dotted line is the score of all documents.",
        )
        content.append(
            f"<h3>By {html.said(kind)}</h3>{html.beside(picture, html.table(head, rows, told))}"
        )
    return html.section("parts", "Parts of the documents", *content) if content else ""


def _score_columns(evaluation: Scores) -> list[tuple[str, str]]:
    first = (
        ("accuracy", "accuracy") if isinstance(evaluation, Evaluation) else ("micro_f1", "micro-F1")
    )
    return [first, ("macro_f1", "macro-F1")]


def learning(curve: LearningCurve) -> str:
    """Show a learning curve."""
    rows = (
        html.row_head(f"{point.n:,}")
        + html.number(f"{point.share:.1%}")
        + html.number(html.interval(point.score))
        for point in curve.points
    )
    told = (
        f"Macro-F1 on {curve.n_scored:,} documents ({html.said(curve.scored_on)}) after learning "
        "from a share of the labelled ones, with 95% intervals. Where it still rises at the end, "
        "more labels would help."
    )
    picture = shown_figure(
        curve_figure(curve), "learning-curve", "Learning curve, as in the table.", told
    )
    table = html.table(("documents", "share", "macro-F1"), rows)
    return html.section("learning-curve", "Learning curve", html.beside(picture, table))


def comparison(found: Comparison) -> str:
    """Show two models beside each other."""
    return html.section("comparison", "Comparison of two models", *_compared(found))


def _compared(found: Comparison) -> Iterator[str]:
    first, second = (html.said(name) for name in found.names)
    yield f"<p>First: {first}. Second: {second}. Both on the same {found.n:,} documents.</p>"
    rows = (
        html.row_head(score_name(name))
        + html.number(f"{score.first:.3f}")
        + html.number(f"{score.second:.3f}")
        + html.number(_signed(score.difference))
        + html.number(p_text(score.p_value).replace("<", "&lt;"))
        for name, score in found.scores.items()
    )
    table = html.table(("score", "first", "second", "difference", "p"), rows)
    differences = {score_name(name): score.difference for name, score in found.scores.items()}
    picture = shown_figure(
        difference_figure(differences),
        "comparison",
        "Differences of the scores, as in the table.",
        "Right of the dashed line the first model is better, left of it the second.",
    )
    yield html.beside(picture, table)
    counted = (
        ("both right", found.both_right),
        ("only the first right", found.only_first),
        ("only the second right", found.only_second),
        ("neither", found.neither),
    )
    cards = "".join(f"<div><dt>{name}</dt><dd><b>{n:,}</b></dd></div>" for name, n in counted)
    yield f'<dl class="scores">{cards}</dl>'
    mcnemar = p_text(found.p_mcnemar).replace("<", "&lt;")
    yield (
        f"<p>Intervals and p are of a paired bootstrap over the documents ({found.replicates:,} "
        "replicates; Efron and Tibshirani, 1993; Berg-Kirkpatrick, Burkett and Klein, 2012): p is "
        "how probable a difference at least as large would be if there were none. The documents "
        f"that only one model got right differ in number with p {mcnemar} (exact McNemar test).</p>"
    )


def _signed(score: Interval) -> str:
    return f'{score.value:+.3f} <span class="quiet">[{score.low:+.3f}, {score.high:+.3f}]</span>'


_NO_DOCUMENTS: Final = (
    '<p class="quiet">Not to be told: this evaluation does not hold its documents.</p>'
)
