"""An analysis as text and as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fanews_classify.analysis.analyze import Analysis, Finding

_LONGEST_SENTENCE: Final = 160  # characters shown
_LONGEST_TEXT: Final = 20_000  # characters of the text in HTML
# Okabe and Ito (2008): told apart also by people who do not see all colours.
_COLOURS: Final = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2")


def to_text(analysis: Analysis) -> str:
    """Return the answers with their words and sentences, one below the other."""
    lines = list(_finding_lines("section", analysis.section))
    for topic in analysis.topics:
        lines += _finding_lines("topic", topic)
        if topic.stance is not None:
            lines += ["  " + line for line in _finding_lines("stance", topic.stance)]
    if not analysis.topics:
        lines.append("no topic")
    return "\n".join(lines)


def _finding_lines(question: str, finding: Finding) -> Iterator[str]:
    yield f"{question}: {finding.label} ({finding.label_fa}) {finding.confidence:.2f}"
    if finding.words:
        words = dict.fromkeys(_one_line(item.text) for item in finding.words)
        yield f"  words: {'، '.join(words)}"
    for item in finding.sentences:
        yield f"  {item.start}-{item.end}: {_shortened(_one_line(item.text))}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_SENTENCE:
        return text
    return text[:_LONGEST_SENTENCE].rsplit(" ", 1)[0] + " …"


def to_html(analysis: Analysis) -> str:
    """Return the text with its words coloured by the answer that they carried."""
    findings = [("بخش", analysis.section), *(("موضوع", topic) for topic in analysis.topics)]
    rows = []
    marks: dict[tuple[int, int], tuple[str, str]] = {}
    for i, (question, finding) in enumerate(findings):
        colour = _COLOURS[i % len(_COLOURS)]
        stance = finding.stance
        judged = f"{_escaped(stance.label_fa)} {stance.confidence:.2f}" if stance else ""
        rows.append(
            f'<tr><td><span style="background:{colour}55;padding:0 .4em">{question}</span></td>'
            f"<td>{_escaped(finding.label_fa)} <code>{_escaped(finding.label)}</code></td>"
            f"<td>{finding.confidence:.2f}</td><td>{judged}</td></tr>"
        )
        # Topics come after the section: a word of both shows the topic's colour.
        for item in finding.words:
            marks[item.start, item.end] = (colour, f"{finding.label} {item.weight:+.2f}")
    return (
        '<div dir="rtl" style="font-family:Vazirmatn,Tahoma,sans-serif;line-height:1.9;'
        'max-width:48em;text-align:right">'
        '<table style="border-collapse:collapse;margin-bottom:.6em"><thead><tr><th></th>'
        "<th>پاسخ</th><th>اطمینان</th><th>موضع</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
        f'<div style="white-space:pre-wrap">{_marked(analysis.text, marks)}</div></div>'
    )


def _marked(text: str, marks: dict[tuple[int, int], tuple[str, str]]) -> str:
    pieces, at = [], 0
    for (start, end), (colour, title) in sorted(marks.items()):
        if start < at or end > _LONGEST_TEXT:
            continue
        pieces += [
            _escaped(text[at:start]),
            f'<mark style="background:{colour}55" title="{_escaped(title)}">'
            f"{_escaped(text[start:end])}</mark>",
        ]
        at = end
    rest = text[at:_LONGEST_TEXT]
    return "".join((*pieces, _escaped(rest), " …" if len(text) > _LONGEST_TEXT else ""))


def _escaped(text: str) -> str:
    """Escape for HTML; a lone surrogate, which no encoding has, becomes U+FFFD."""
    return html.escape(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
