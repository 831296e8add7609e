"""What a model's `info` tells, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fanews_classify.evaluation.comparison import score_name
from fanews_classify.report import _html as html

_ORDER: Final = ("question", "use", "limits", "licences")
_TITLES: Final = {
    "data_sha256": "digest of all training documents (SHA-256)",
    "groups": "groups of near duplicates",
    "judged": "judged",
    "missing": "left out, not found",
    "unlabelled": "unlabelled texts that lent their words",
    "validation": "held out by",
}


def card(info: Mapping[str, Any]) -> str:
    """Return a model's card, training, scores, versions and digests.

    A model made elsewhere may have anything there, or nothing.
    """
    training = dict(_table(info, "training"))
    digests = training.pop("files_sha256", None)
    parts = [
        _facts("What it is for", _ordered(_table(info, "card")), "card"),
        _facts("Training", training),
        _scores(_table(info, "scores")),
        _facts("Learner", _table(info, "learner")),
        _facts("Versions it was trained with", _table(info, "libraries")),
    ]
    if isinstance(digests, Mapping) and digests:
        rows = (
            html.row_head(html.said(str(name))) + f"<td><code>{html.said(str(digest))}</code></td>"
            for name, digest in digests.items()
        )
        parts.append(html.table(("file", "SHA-256"), rows, "Files it was trained on"))
    told = "".join(parts)
    return told or '<p class="quiet">The model tells nothing about itself.</p>'


def _table(info: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = info.get(name)
    return found if isinstance(found, Mapping) else {}


def _ordered(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a card, the usual ones first."""
    first = {key: card[key] for key in _ORDER if key in card}
    return {**first, **card}


def _facts(heading: str, values: Mapping[str, Any], look: str = "facts") -> str:
    """Return entries below each other as a ``card``, or beside each other as ``facts``."""
    items = "".join(
        f"<div><dt>{html.said(_TITLES.get(str(key), str(key).replace('_', ' ')))}</dt>"
        f"<dd>{told}</dd></div>"
        for key, value in values.items()
        if (told := _value(value))
    )
    return f'<h3>{heading}</h3><dl class="{look}">{items}</dl>' if items else ""


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return html.said(", ".join(f"{key} {one}" for key, one in value.items()), 1000)
    if isinstance(value, list | tuple):
        listed = "".join(f"<li>{html.said(str(one), 1000)}</li>" for one in value)
        return f"<ul>{listed}</ul>" if listed else ""
    if value is None or value == "":
        return ""
    return html.said(f"{value:,}" if type(value) is int else str(value), 1000)


def _scores(scores: Mapping[str, Any]) -> str:
    """Tell the scores that the model was published with."""
    rows = list(_score_rows(scores))
    if not rows:
        return ""
    number = scores.get("n")
    of = f" of {number:,} documents" if isinstance(number, int) else ""
    return "<h3>Scores in training</h3>" + html.table(
        ("score", "value"), rows, f"Out of fold{of}: of models that had not seen the document."
    )


def _score_rows(scores: Mapping[str, Any]) -> Iterator[str]:
    for name, value in scores.items():
        shown = html.row_head(html.said(score_name(str(name))))
        if isinstance(value, Mapping) and all(
            isinstance(value.get(key), int | float) for key in ("value", "low", "high")
        ):
            yield shown + (
                f"<td>{value['value']:.3f} "
                f'<span class="quiet">[{value["low"]:.3f}, {value["high"]:.3f}]</span></td>'
            )
        elif isinstance(value, float):
            yield shown + f"<td>{value:.3f}</td>"
