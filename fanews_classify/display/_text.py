"""Answers and texts for terminals and files."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from textwrap import indent
from typing import Final

from fanews_classify.display._answers import Answer, Ink, inks, named
from fanews_classify.display._clean import clean, one_line
from fanews_classify.display._colours import AGAINST, ANSWERS, FOR, WEAK, strength
from fanews_classify.display._runs import Mark, Run, bounds, pieces
from fanews_classify.display._terminal import Style, bold, painted, wrapped

_LONGEST_SENTENCE: Final = 160  # characters shown
_LONGEST_TEXT: Final = 4_000
_NARROWEST: Final = 20
_INDENT: Final = "  "
_WORD: Final = re.compile(r"\S+")
_NOTHING: Final = "  nothing in the text that the model knows"


def explanation_text(
    text: str,
    answer: Answer,
    meaning: tuple[str, str],
    colours: int = 0,
    columns: int | None = None,
    rows: int | None = None,
) -> str:
    """Return an answer and what carried it, strongest first; in colour with the text.

    Parameters
    ----------
    text : str
    answer : Answer
        What carried it are its words, or its sentences.
    meaning : (str, str)
        What a positive weight says, in English and in Persian.
    colours : int
        As `depth` counts them; without any the text is left out.
    columns : int, optional
        To which what is coloured is wrapped.
    rows : int, optional
        So many of the words or sentences at most.
    """
    marks = [*answer.words, *answer.sentences]
    asked = f"{one_line(answer.question)}: " if answer.question else ""
    title = f"{asked}{named(answer.label, answer.label_fa)} {answer.confidence:.2f}"
    lines = [bold(title, colours)]
    shown = pieces(text, marks, _LONGEST_TEXT) if colours else []
    most = max((abs(run.weight) for piece in shown for run in piece), default=0.0)
    if answer.sentences:  # theirs are probabilities
        most = 1.0

    def style(run: Run) -> Style:
        strong = strength(run.weight, most)
        if run.weight < 0:
            return Style(AGAINST, strong, strong >= WEAK)
        return Style(FOR, strong)

    if colours and text:
        lines += ["", coloured(text, shown, style, colours, columns), ""]
        lines.append(_legend(marks, meaning, colours))
    for mark in marks[:rows]:
        look = style(Run(mark.start, mark.end, ((mark.name, mark.weight),)))
        before = f"  {mark.weight:+.3f}  {mark.start}-{mark.end}  "
        lines.append(before + _cut(text, mark, partial(_same, look), colours, columns, len(before)))
    if rows is not None and len(marks) > rows:
        lines.append(f"  … and {len(marks) - rows} more")
    return "\n".join(lines if marks else [*lines, _NOTHING])


def _same(style: Style, _: int) -> Style:
    return style


def _legend(marks: Sequence[Mark], meaning: tuple[str, str], colours: int) -> str:
    told = [painted(" · ".join(meaning), Style(FOR, 1.0), colours)]
    if any(mark.weight < 0 for mark in marks):
        against = Style(AGAINST, 1.0, True)
        told.append(painted("speaks against it · به زیان پاسخ", against, colours))
    return "  ".join(told)


def analysis_text(
    text: str, answers: Sequence[Answer], colours: int = 0, columns: int | None = None
) -> str:
    """Return answers with their words and sentences; in colour with the text.

    Parameters
    ----------
    text : str
    answers : sequence of Answer
        The section and then the topics.
    colours, columns
        As of `explanation_text`.
    """
    marks, named_inks = inks(answers)
    lines: list[str] = []
    for i, answer in enumerate(answers):
        ground = Style(ANSWERS[i % len(ANSWERS)], 1.0)
        lines += _answer_lines(text, answer, ground, colours, columns)
        if answer.stance is not None:
            below = ground._replace(strength=0.5, line=True)
            inner = None if columns is None else columns - len(_INDENT)
            told = _answer_lines(text, answer.stance, below, colours, inner)
            lines += [indent(line, _INDENT) for line in told]
    if len(answers) < 2:
        lines.append("no topic")
    if colours and text:
        shown = pieces(text, marks, _LONGEST_TEXT)
        body = coloured(text, shown, lambda run: _ink(run, named_inks), colours, columns)
        lines += ["", body]
    return "\n".join(lines)


def _answer_lines(
    text: str, answer: Answer, style: Style, colours: int, columns: int | None
) -> Iterator[str]:
    label = painted(named(answer.label, answer.label_fa), style, colours)
    yield f"{one_line(answer.question)}: {label} {answer.confidence:.2f}"
    most = max((abs(word.weight) for word in answer.words), default=0.0)
    weights: dict[str, float] = {}
    for word in answer.words:
        weights.setdefault(one_line(text[word.start : word.end]), word.weight)
    words = [
        painted(word, style._replace(strength=strength(weight, most)), colours)
        for word, weight in weights.items()
    ]
    if words:
        yield f"  words: {'، '.join(words)}"
    runs = [run for piece in pieces(text, answer.words, len(text)) for run in piece]

    def look(place: int) -> Style | None:
        run = runs[bisect_right(runs, place, key=lambda run: run.start) - 1]
        return style._replace(strength=strength(run.weight, most)) if run.weights else None

    for sentence in answer.sentences:
        before = f"  {sentence.start}-{sentence.end}: "
        yield before + _cut(text, sentence, look, colours, columns, len(before))


def _ink(run: Run, named_inks: dict[str, Ink]) -> Style:
    """Return the ground of the heaviest answer, and a line if a stance is among them."""

    def weight_of(item: tuple[str, float]) -> tuple[bool, float]:
        ink = named_inks[item[0]]
        return not ink.line, strength(item[1], ink.most)

    name, weight = max(run.weights, key=weight_of)
    line = any(named_inks[other].line for other, _ in run.weights)
    return Style(named_inks[name].colour, strength(weight, named_inks[name].most), line)


def _cut(
    text: str,
    mark: Mark,
    look: Callable[[int], Style | None],
    colours: int,
    columns: int | None,
    before: int,
) -> str:
    """Return a sentence without its line ends, shortened, each letter as `look` says.

    In colour it is wrapped, below what stands before it.
    """
    places: list[int] = []
    for found in _WORD.finditer(text, *bounds(mark, len(text))):
        if places:
            places.append(-1)  # a space
        places += range(found.start(), min(found.end(), found.start() + _LONGEST_SENTENCE + 1))
        if len(places) > _LONGEST_SENTENCE:
            break
    rest = ""
    if len(places) > _LONGEST_SENTENCE:
        rest = " …"
        del places[_LONGEST_SENTENCE:]
        if -1 in places:
            del places[len(places) - 1 - places[::-1].index(-1) :]
    safe = clean("".join(text[place] if place >= 0 else " " for place in places)) + rest
    if not colours:
        return safe
    styles = [look(place) if place >= 0 else None for place in places]
    letters = list(zip(safe, [*styles, *[None] * len(rest)], strict=True))
    room = None if columns is None else max(columns - before, _NARROWEST)
    return f"\n{' ' * before}".join(
        "".join(
            painted("".join(letter for letter, _ in group), style, colours)
            for style, group in groupby(letters[begin:end], key=lambda item: item[1])
        )
        for begin, end in wrapped(safe, room)
    )


def coloured(
    text: str,
    shown: Sequence[Sequence[Run]],
    style: Callable[[Run], Style],
    colours: int,
    columns: int | None = None,
) -> str:
    """Return pieces of a text in colour, wrapped; a line «…» stands for what is left out.

    Without its codes it is what `clean` gives, but for the line ends.
    """
    parts = []
    for piece in shown:
        start = piece[0].start if piece else 0
        safe = clean(text[start : piece[-1].end if piece else 0])
        lines = []
        i = 0
        for begin, end in wrapped(safe, columns):
            line = ""
            at = begin
            while at < end:
                while piece[i].end - start <= at:
                    i += 1
                stop = min(end, piece[i].end - start)
                look = style(piece[i]) if piece[i].weights else None
                line += painted(safe[at:stop], look, colours)
                at = stop
            lines.append(line)
        parts.append("\n".join(lines))
    before = "…\n" if shown[0] and shown[0][0].start else ""
    after = "\n…" if shown[-1] and shown[-1][-1].end < len(text) else ""
    return before + "\n…\n".join(parts) + after
