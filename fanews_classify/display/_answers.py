"""What is shown about a text, free of models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fanews_classify.display._clean import one_line
from fanews_classify.display._colours import ANSWERS, Colour
from fanews_classify.display._runs import Mark


@dataclass(frozen=True)
class Answer:
    """One answer and the places that carried it.

    Attributes
    ----------
    question : str
        What was asked: ``"section"``, a target, a claim; may be empty.
    question_fa : str
        The same in Persian.
    label, label_fa : str
    confidence : float
        From 0 to 1.
    words, sentences : sequence of Mark
        Strongest first.
    stance : Answer or None
        Of a topic.
    """

    question: str
    question_fa: str
    label: str
    label_fa: str
    confidence: float
    words: Sequence[Mark] = ()
    sentences: Sequence[Mark] = ()
    stance: Answer | None = None


def named(label: str, label_fa: str) -> str:
    """Return a label with its Persian name, where it has one, on one safe line."""
    label, label_fa = one_line(label), one_line(label_fa)
    return f"{label} ({label_fa})" if label_fa and label_fa != label else label


def sure(confidence: float) -> float:
    """Return a probability that is one: from 0 to 1, and a number."""
    return min(max(confidence, 0.0), 1.0) if math.isfinite(confidence) else 0.0


class Ink(NamedTuple):
    """How the words of one answer are shown among those of others.

    Attributes
    ----------
    colour : Colour
    line : bool
        Whether as a line below the words and not as their ground: of a stance.
    most : float
        The largest weight of the answer's words.
    """

    colour: Colour
    line: bool
    most: float


def inks(answers: Sequence[Answer]) -> tuple[list[Mark], dict[str, Ink]]:
    """Return the words of all answers, each with the name of its ink.

    A stance has the colour of its topic.
    """
    marks: list[Mark] = []
    named_inks: dict[str, Ink] = {}
    for i, answer in enumerate(answers):
        colour = ANSWERS[i % len(ANSWERS)]
        stance = answer.stance
        told = [(f"{answer.question}: {answer.label}", answer, False)]
        if stance is not None:
            told.append((f"{answer.label}: {stance.label}", stance, True))
        for name, one, line in told:
            most = max((abs(word.weight) for word in one.words), default=0.0)
            named_inks.setdefault(name, Ink(colour, line, most))
            marks += [word._replace(name=name) for word in one.words]
    return marks, named_inks
