"""Answers as HTML for notebooks and pages: no script, no file, every style in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fanews_classify.display._answers import Answer, Ink, inks, sure
from fanews_classify.display._clean import escaped, one_line
from fanews_classify.display._colours import AGAINST, ANSWERS, FOR, OPAQUE, Colour, strength
from fanews_classify.display._html import direction, marked_html, text_html
from fanews_classify.display._runs import Mark, Run, bounds, pieces

_LONGEST_TEXT: Final = 8_000
_LONGEST_PART: Final = 300  # characters of a word or sentence in a list
_ROWS: Final = 30
# The colours of letters and ground are those of the page, which may be dark.
_CARD: Final = (
    "font-family:Vazirmatn,'Noto Naskh Arabic',Tahoma,sans-serif;line-height:1.9;"
    "max-width:50em;text-align:start;color:inherit"
)
_GREY: Final = "rgba(128,128,128,.45)"
_BOX: Final = f"border:1px solid {_GREY};border-radius:.4em;padding:.5em .9em;margin:.4em 0"
_CELL: Final = (
    f"text-align:start;padding:.15em .5em;border:0;border-bottom:1px solid {_GREY};"
    "background:none;vertical-align:middle;max-width:none"
)
_LEAST: Final = 0.12  # opacity of the palest word of an answer, still seen


def explanation_html(text: str, answer: Answer, meaning: tuple[str, str]) -> str:
    """Return an answer and the text, its words coloured by what they added.

    Parameters
    ----------
    text : str
    answer : Answer
        What carried it are its words, or its sentences.
    meaning : (str, str)
        What a positive weight says, in English and in Persian.
    """
    marks = [*answer.words, *answer.sentences]
    legend = [_swatch(FOR.css(OPAQUE), *meaning)]
    if any(mark.weight < 0 for mark in marks):
        ground = f"{AGAINST.css(OPAQUE)};border-bottom:2px dotted"
        legend.append(_swatch(ground, "speaks against it", "به زیان پاسخ"))
    if not marks:
        legend = [_both("nothing in the text that the model knows", "چیزی شناخته نشد")]
    asked = answer.question
    if answer.question_fa and answer.question_fa != asked:
        asked = f"{answer.question_fa} · {asked}"
    most = 1.0 if answer.sentences else None  # theirs are probabilities
    question = f"<div><bdi>{escaped(one_line(asked))}</bdi></div>" if asked else ""
    return (
        f'<div dir="rtl" style="{_CARD}">{question}'
        f'<div><b style="font-size:1.15em">{_name(answer)}</b> '
        f"{_bar(answer.confidence, FOR)}</div>"
        f'<div style="{_BOX}">'
        f"{marked_html(text, marks, longest=_LONGEST_TEXT, most=most)}</div>"
        f'<div style="font-size:.85em">{" ".join(legend)}</div>'
        f"{_details(_rows(text, marks, FOR), 'weights', 'وزن‌ها')}</div>"
    )


def analysis_html(text: str, answers: Sequence[Answer]) -> str:
    """Return answers in a table and the text, its words in the colours of the answers.

    Parameters
    ----------
    text : str
    answers : sequence of Answer
        The section and then the topics.
    """
    marks, named_inks = inks(answers)
    rows, lists = [], []
    for i, answer in enumerate(answers):
        colour = ANSWERS[i % len(ANSWERS)]
        rows.append(_row(answer, colour, colour.css(OPAQUE)))
        lists.append(_carried(text, answer, colour))
        if answer.stance is not None:
            rows.append(_row(answer.stance, colour, _lines([colour])))
            lists.append(_carried(text, answer.stance, colour, answer))
    head = "".join(
        f'<th style="{_CELL};font-weight:normal;opacity:.75">{_both(*names)}</th>'
        for names in (("question", "پرسش"), ("answer", "پاسخ"), ("confidence", "اطمینان"))
    )
    body = text_html(
        text, pieces(text, marks, _LONGEST_TEXT), lambda run: _stripes(run, named_inks)
    )
    none = "" if len(answers) > 1 else f"<div>{_both('no topic', 'بی‌موضوع')}</div>"
    return (
        f'<div dir="rtl" style="{_CARD}">'
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;background:none;'
        'color:inherit;margin:0;font-size:1em">'
        f'<thead><tr style="background:none">{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{none}"
        f'<div style="{_BOX}">{body}</div>'
        f'<div style="font-size:.85em">{_legend(answers)}</div>'
        f"{_details(''.join(lists), 'words and sentences', 'واژه‌ها و جمله‌ها')}</div>"
    )


def _row(answer: Answer, colour: Colour, ground: str) -> str:
    cells = (
        f'<span style="background:{ground};padding:0 .4em .1em">'
        f"{_both(answer.question, answer.question_fa)}</span>",
        _name(answer),
        _bar(answer.confidence, colour),
    )
    told = "".join(
        f'<td style="{_CELL};white-space:{"normal" if i == 1 else "nowrap"}">{cell}</td>'
        for i, cell in enumerate(cells)
    )
    return f'<tr style="background:none">{told}</tr>'


def _legend(answers: Sequence[Answer]) -> str:
    told = [("the stronger, the more the word carried the answer", "پررنگ‌تر: واژه مؤثرتر")]
    if any(answer.stance is not None for answer in answers):
        told.append(("line: carried the stance", "خط زیر: واژه مؤثر در موضع"))
    return "".join(f"<div>{_both(*names)}</div>" for names in told)


def _stripes(run: Run, named_inks: dict[str, Ink]) -> str:
    """Return a background with a stripe for each answer, and below a line for each stance."""
    grounds, lines = [], []
    for name, weight in run.weights:
        ink = named_inks[name]
        if ink.line:
            lines.append(ink.colour)
        else:
            opacity = _LEAST + (OPAQUE - _LEAST) * strength(weight, ink.most)
            grounds.append(ink.colour.css(opacity))
    return _lines(lines, grounds)


def _lines(lines: Sequence[Colour], grounds: Sequence[str] = ()) -> str:
    if not lines and len(grounds) == 1:
        return grounds[0]
    upper = 86 if lines else 100
    stops = []
    for colours, top, bottom in (
        (grounds or ["transparent"], 0.0, upper),
        ([colour.css(0.9) for colour in lines], upper, 100.0),
    ):
        for i, colour in enumerate(colours):
            first, last = (top + (bottom - top) * k / len(colours) for k in (i, i + 1))
            stops.append(f"{colour} {first:.0f}% {last:.0f}%")
    return f"linear-gradient({','.join(stops)})"


def _carried(text: str, answer: Answer, colour: Colour, topic: Answer | None = None) -> str:
    """Return the words of an answer side by side, and below them its sentences."""
    if not answer.words and not answer.sentences:
        return ""
    most = max((abs(mark.weight) for mark in answer.words), default=0.0)
    words = " ".join(
        f'<span style="white-space:nowrap;padding:0 .3em;background:'
        f'{colour.css(OPAQUE * strength(mark.weight, most))}">{_part(text, mark)} '
        f"{_weight(mark)}</span>"
        for mark in answer.words[:_ROWS]
    )
    of = f"{_name(topic)}: " if topic is not None else ""
    return (
        f'<div style="margin:.3em 0">{of}{_name(answer)}<br>{words}</div>'
        f"{_rows(text, answer.sentences, colour)}"
    )


def _rows(text: str, marks: Sequence[Mark], colour: Colour) -> str:
    """Return parts of a text one below the other, each with a bar for its weight."""
    if not marks:
        return ""
    most = max(abs(mark.weight) for mark in marks)
    rows = []
    for mark in marks[:_ROWS]:
        shade = AGAINST if mark.weight < 0 else colour
        length = 5 * strength(mark.weight, most)
        rows.append(
            f'<li style="margin:0">{_weight(mark)} '
            f'<span style="display:inline-block;height:.55em;width:{length:.2f}em;'
            f'background:{shade.css(0.8)}"></span> {_part(text, mark)}</li>'
        )
    if len(marks) > _ROWS:
        rows.append(f'<li style="margin:0">… {len(marks) - _ROWS}</li>')
    return f'<ul style="list-style:none;margin:0;padding:0">{"".join(rows)}</ul>'


def _details(body: str, name: str, name_fa: str) -> str:
    """Return what a click opens."""
    if not body:
        return ""
    return (
        '<details style="font-size:.9em"><summary style="cursor:pointer">'
        f"{_both(name, name_fa)}</summary>{body}</details>"
    )


def _part(text: str, mark: Mark) -> str:
    start, end = bounds(mark, len(text))
    part = one_line(text[start : min(end, start + 2 * _LONGEST_PART)])
    if len(part) > _LONGEST_PART or end - start > 2 * _LONGEST_PART:
        part = part[:_LONGEST_PART].rsplit(" ", 1)[0] + " …"
    return f'<bdi dir="{direction(part)}">{escaped(part)}</bdi>'


def _weight(mark: Mark) -> str:
    return (
        '<code dir="ltr" style="background:none;color:inherit;font-size:.85em">'
        f"{mark.weight:+.3f}</code>"
    )


def _name(answer: Answer) -> str:
    """Return the Persian name of a label and, if it is another, its id."""
    label, name = escaped(one_line(answer.label)), escaped(one_line(answer.label_fa))
    if not name or name == label:
        return f"<bdi>{label}</bdi>"
    code = f'<code style="background:none;color:inherit;font-size:.85em">{label}</code>'
    return f"<bdi>{name}</bdi> <bdi>{code}</bdi>"


def _both(english: str, persian: str) -> str:
    english, persian = escaped(one_line(english)), escaped(one_line(persian))
    if not persian or persian == english:
        return f"<bdi>{english}</bdi>"
    return f"<bdi>{persian}</bdi> · <bdi>{english}</bdi>"


def _bar(confidence: float, colour: Colour) -> str:
    part = sure(confidence)
    return (
        f'<span role="img" aria-label="{part:.0%}" style="display:inline-block;width:3.5em;'
        f"height:.6em;border:1px solid {_GREY};border-radius:.3em;overflow:hidden;"
        f'vertical-align:middle"><span style="display:block;height:100%;'
        f'width:{100 * part:.0f}%;background:{colour.css(0.8)}"></span></span> '
        f'<bdi dir="ltr">{part:.2f}</bdi>'
    )


def _swatch(background: str, english: str, persian: str) -> str:
    return (
        '<span style="white-space:nowrap;margin-inline-end:1em">'
        f'<span style="background:{background};padding:0 .3em">&nbsp;&nbsp;&nbsp;</span> '
        f"{_both(english, persian)}</span>"
    )
