"""An evaluation, or a comparison, as one page of HTML."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fanews_classify import __version__
from fanews_classify.display import marked_html
from fanews_classify.display._clean import escaped
from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.evaluation.comparison import Comparison
from fanews_classify.evaluation.report import Evaluation
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.report import _html as html
from fanews_classify.report import _sections as sections
from fanews_classify.report._card import card
from fanews_classify.report._drawing import require_matplotlib
from fanews_classify.report._mistakes import Mistake, worst_mistakes
from fanews_classify.report._numbers import Scores, persian_names
from fanews_classify.report._style import STYLE
from fanews_classify.report.figures import all_figures

if TYPE_CHECKING:
    from fanews_classify.evaluation.curve import LearningCurve

_LONGEST: Final = 700  # characters shown of the text of a mistake
_HEADINGS: Final = (
    ("scores", "Scores"),
    ("comparison", "Comparison"),
    ("labels", "Labels"),
    ("confusion", "Confusion"),
    ("confidence", "Calibration and coverage"),
    ("parts", "Parts"),
    ("mistakes", "Worst mistakes"),
    ("learning-curve", "Learning curve"),
    ("card", "Model"),
)


def write_report(
    evaluation: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None,
    learning_curve: LearningCurve | None,
    mistakes: int,
    comparison: Comparison | None,
) -> Path:
    """Write the page of an evaluation; see `Evaluation.to_html`."""
    if mistakes < 0:
        raise ParameterError(f"mistakes={mistakes!r}; give a number of 0 or more")
    require_matplotlib("a report")
    return _write(Path(path), report(evaluation, title, learning_curve, mistakes, comparison))


def write_comparison(
    comparison: Comparison, path: str | os.PathLike[str], *, title: str | None
) -> Path:
    """Write the page of a comparison; see `Comparison.to_html`."""
    require_matplotlib("a report")
    told = title or "Comparison of two models"
    return _write(Path(path), _page(told, sections.comparison(comparison)))


def report(
    evaluation: Scores,
    title: str | None,
    learning_curve: LearningCurve | None,
    mistakes: int,
    comparison: Comparison | None,
) -> str:
    """Return the page of an evaluation."""
    known = evaluation.documents
    model = None if known is None else known.model
    shown = sections.Shown(evaluation, persian_names(evaluation), all_figures(evaluation))
    parts = [
        sections.scores(shown),
        sections.comparison(comparison) if comparison is not None else "",
        sections.labels(shown),
        sections.confusions(shown),
        sections.confidence(shown),
        sections.parts(shown),
        _mistakes(shown, mistakes),
    ]
    curve = learning_curve or (None if model is None else _curve_of(model.info))
    if curve is not None and curve.points:
        parts.append(sections.learning(curve))
    if model is None:
        told = (
            '<p class="quiet">The scores are out of fold: of several models, none of which had '
            "seen the documents that it was judged on.</p>"
        )
    else:
        listed = ", ".join(html.label(label, shown.names) for label in model.labels)
        told = f"<p>{html.said(model.name)}; labels: {listed}.</p>{card(model.info)}"
    parts.append(html.section("card", "The model", told))
    name = "" if model is None else f" of the model {model.name}"
    heading = title or f"Scores{name}"
    summary = (
        f"<p>{evaluation.n:,} documents with known labels, {len(evaluation.labels)} labels.</p>"
    )
    return _page(heading, summary + _contents(parts) + "".join(parts))


def _contents(parts: Sequence[str]) -> str:
    items = "".join(
        f'<li><a href="#{name}">{heading}</a></li>'
        for name, heading in _HEADINGS
        if any(part.startswith(f'<section id="{name}">') for part in parts)
    )
    return f'<nav aria-label="contents"><ul>{items}</ul></nav>'


def _curve_of(info: Mapping[str, Any]) -> LearningCurve | None:
    """Return the learning curve in a model's `info`, if one is there."""
    if "learning_curve" not in info:
        return None
    from fanews_classify.evaluation.curve import LearningCurve

    try:
        return LearningCurve.from_dict(info["learning_curve"])
    except (KeyError, TypeError, ValueError):  # of another kind, or written by hand
        return None


def _mistakes(shown: sections.Shown, count: int) -> str:
    known = shown.evaluation.documents
    if known is None or known.texts is None:
        told = "The texts are not here: this evaluation does not hold its documents."
        return html.section("mistakes", "Worst mistakes", f'<p class="quiet">{told}</p>')
    found, total = worst_mistakes(shown.evaluation, count)
    if not total:
        return html.section("mistakes", "Worst mistakes", "<p>No answer was wrong.</p>")
    told = (
        f"The wrong answers that the model was surest of, {len(found):,} of {total:,}. Answers "
        "that were withheld are not among them. Documents are counted from 0."
    )
    if known.model is None:
        told += " They are of several models (out of fold), so no words are marked."
    elif isinstance(known.model, ClaimStanceClassifier):
        told += " Marked are the sentences that a reader may point at, the likelier the stronger."
    else:
        told += (
            " Marked is what spoke for the wrong answer, the stronger the colour the more; where a "
            "label was missed, blue is what spoke for it and orange what spoke against it."
        )
    return html.section(
        "mistakes", "Worst mistakes", f"<p>{told}</p>", *(_mistake(shown, one) for one in found)
    )


def _mistake(shown: sections.Shown, one: Mistake) -> str:
    names = shown.names
    sure = f"{one.confidence:.3f}"
    if isinstance(shown.evaluation, Evaluation):
        decided = sure
    else:
        verb = "does not apply" if one.missed else "applies"
        decided = f"{sure} that {html.label(one.about, names)} {verb}"
    facts = [
        ("truth", html.labels(one.truth, names)),
        ("answer", html.labels(one.answer, names)),
        ("confidence", decided),
    ]
    if one.asked:
        claim = html.said(one.asked, _LONGEST)
        facts.append(("asked about", html.label(one.asked, names) if one.asked in names else claim))
    if one.source:
        facts.append(("source", html.said(one.source)))
    facts.append(("document", str(one.position)))
    told = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    text = marked_html(one.text, one.marks, longest=_LONGEST)
    return f'<article><dl>{told}</dl><div class="text" lang="fa">{text}</div></article>'


def _page(title: str, content: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing on the page needs more: no script, no address, whatever a text holds.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{html.said(title)}</h1>\n{content}\n</main>\n"
        f'<footer class="quiet">fanews-classify {__version__}</footer>\n</body>\n</html>\n'
    )


def _write(path: Path, page: str) -> Path:
    if not path.parent.is_dir():
        raise EvaluationError(f"cannot write {path}: there is no folder {path.parent}")
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        temporary.write_bytes(page.encode("utf-8"))
        os.replace(temporary, path)
    except (OSError, ValueError) as error:  # the latter for a path with a null character
        raise EvaluationError(f"cannot write {path}: {error}") from error
    finally:
        if temporary.exists():
            temporary.unlink()
    return path
