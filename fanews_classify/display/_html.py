"""A text as HTML, its words coloured."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from fanews_classify.display._clean import clean, escaped
from fanews_classify.display._colours import AGAINST, FOR, OPAQUE, WEAK, strength
from fanews_classify.display._runs import Mark, Run, pieces

GAP: Final = " … "
_NAMES: Final = 6  # in a tooltip
_LETTERS: Final = 1000  # that tell the direction of a text
ARABIC: Final = re.compile("[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")


def marked_html(
    text: str, marks: Sequence[Mark], *, longest: int = 20_000, most: float | None = None
) -> str:
    """Return a text as escaped HTML, its marked parts coloured by weight.

    Parameters
    ----------
    text : str
        Anything; what could disturb the page is shown, not obeyed.
    marks : sequence of Mark
        They may overlap and lie in each other: every character then has the
        sum of the weights, each shared out over the letters of its mark.
    longest : int, default 20_000
        Of a longer text about so many characters are shown, around the
        strongest marks.
    most : float, optional
        The weight that is shown strongest; by default the largest in the text.

    Returns
    -------
    str
        A ``<div>`` that keeps white space. A ``<mark>`` is blue where the
        weight is positive, orange where it is negative (and dotted below unless
        weak), the more opaque the larger the weight is; its title has the names
        and weights.

    Examples
    --------
    >>> from fanews_classify.display import Mark, marked_html
    >>> page = marked_html("تیم <قهرمان> شد", [Mark(0, 3, 1.5, "sport")])
    >>> 'title="sport +1.50">تیم</mark> &lt;قهرمان&gt;' in page
    True
    """
    shown = pieces(text, marks, longest)
    if most is None:
        most = max((abs(run.weight) for piece in shown for run in piece), default=0.0)
    return text_html(text, shown, lambda run: _by_sign(run, most))


def text_html(text: str, shown: Sequence[Sequence[Run]], background: Callable[[Run], str]) -> str:
    """Return pieces of a text as HTML; `background` gives the style of a marked run."""
    parts = []
    for piece in shown:
        start = piece[0].start if piece else 0
        safe = clean(text[start : piece[-1].end if piece else 0])
        parts.append(
            "".join(
                _run(safe[a - start : b - start], Run(a, b, w), background) for a, b, w in piece
            )
        )
    before, after = gaps(text, shown)
    return (
        f'<div dir="{direction(text)}" style="white-space:pre-wrap;overflow-wrap:anywhere;'
        f'unicode-bidi:isolate;text-align:start">{before}{GAP.join(parts)}{after}</div>'
    )


def gaps(text: str, shown: Sequence[Sequence[Run]]) -> tuple[str, str]:
    """Return what stands for a left-out beginning and end."""
    if not text:
        return "", ""
    return (
        GAP.lstrip() if shown[0][0].start else "",
        GAP.rstrip() if shown[-1][-1].end < len(text) else "",
    )


def direction(text: str) -> str:
    """Return ``"rtl"`` if most of the first letters are Arabic ones, else ``"auto"``.

    Examples
    --------
    >>> direction("BBC: خبر تازه"), direction("CNN news"), direction("")
    ('rtl', 'auto', 'auto')
    """
    letters = [letter for letter in text[:_LETTERS] if letter.isalpha()]
    return "rtl" if 2 * len(ARABIC.findall("".join(letters))) > len(letters) else "auto"


def title(run: Run) -> str:
    """Return the names of a run, heaviest first, with their weights; for an attribute."""
    named = sorted(run.weights, key=lambda item: -abs(item[1]))
    told = [f"{name} {weight:+.2f}".strip() for name, weight in named[:_NAMES]]
    return escaped(", ".join(told) + (" …" if len(named) > _NAMES else ""))


def _run(safe: str, run: Run, background: Callable[[Run], str]) -> str:
    words = escaped(safe)
    if not run.weights:
        return words
    style = f"background:{background(run)};color:inherit"
    return f'<mark style="{style}" title="{title(run)}">{words}</mark>'


def _by_sign(run: Run, most: float) -> str:
    strong = strength(run.weight, most)
    dots = ";border-bottom:2px dotted" if run.weight < 0 and strong >= WEAK else ""
    return (AGAINST if run.weight < 0 else FOR).css(OPAQUE * strong) + dots
