"""Pieces of HTML: whatever comes from users is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from fanews_classify.display._clean import escaped
from fanews_classify.display._html import ARABIC
from fanews_classify.evaluation._metrics import Interval

_LONGEST: Final = 160  # characters of a name; a label may be megabytes long


def said(text: str, longest: int = _LONGEST) -> str:
    """Return a user's words, set apart from the direction of what stands around them."""
    # Half an emoji or letter is no harm: what is cut off is not there to be read on.
    shown = text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
    persian = ' lang="fa" dir="rtl"' if ARABIC.search(shown) else ' dir="auto"'
    return f"<bdi{persian}>{escaped(shown)}</bdi>"


def label(name: str, names: Mapping[str, str]) -> str:
    """Return a label with its Persian name beside it, if it has one."""
    persian = names.get(name, name)
    if persian == name:
        return f'<span class="label">{said(name)}</span>'
    # An id that does not fit is cut after an underscore rather than anywhere.
    told = said(name).replace("_", "_<wbr>")
    return f'<span class="label">{said(persian)} <code>{told}</code></span>'


def labels(listed: Iterable[str], names: Mapping[str, str]) -> str:
    """Return several labels, or that there is none."""
    return ", ".join(label(name, names) for name in listed) or '<i class="quiet">no label</i>'


def interval(score: Interval) -> str:
    """Return a score with its interval."""
    return (
        f"{score.value:.3f} "
        f'<span class="quiet">[{score.low:.3f}, {score.high:.3f}]</span>'
    )  # fmt: skip


def bar(value: float) -> str:
    """Return a cell with a bar as long as its value, which is from 0 to 1."""
    return f'<td class="bar" style="--part:{100 * min(max(value, 0.0), 1.0):.1f}%">{value:.3f}</td>'


def number(value: str | int) -> str:
    """Return a cell with a number."""
    return f'<td class="number">{value:,}</td>' if isinstance(value, int) else (
        f'<td class="number">{value}</td>'
    )  # fmt: skip


def table(head: Sequence[str], rows: Iterable[str], caption: str = "") -> str:
    """Return a table in a box of its own, which scrolls where the page is narrow.

    Parameters
    ----------
    head : sequence of str
        HTML of the heads of the columns.
    rows : iterable of str
        HTML of the cells of each row, the first of them a head.
    caption : str
        HTML.
    """
    # Outside of the box: in it, a caption would be as wide as the table.
    told = f'<p class="above quiet">{caption}</p>' if caption else ""
    heads = "".join(f'<th scope="col">{one}</th>' for one in head)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'{told}<div class="scroll" role="group" aria-label="table" tabindex="0"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def row_head(content: str) -> str:
    """Return the first cell of a row."""
    return f'<th scope="row">{content}</th>'


def figure(svg: str, caption: str, wide: bool = False) -> str:
    """Return a figure; a wide one scrolls in a box of its own."""
    box = f'<div class="scroll" role="group" aria-label="figure" tabindex="0">{svg}</div>'
    kind = ' class="wide"' if wide else ""
    return f"<figure{kind}>{box if wide else svg}<figcaption>{caption}</figcaption></figure>"


def beside(*content: str, fit: bool = True) -> str:
    """Put pieces beside each other where the page is broad enough and they `fit`."""
    inside = "".join(f"<div>{one}</div>" for one in content if one)
    return f'<div class="pair">{inside}</div>' if fit else inside


def section(name: str, heading: str, *content: str) -> str:
    """Return a section that can be linked to."""
    return f'<section id="{name}"><h2>{heading}</h2>{"".join(content)}</section>'
