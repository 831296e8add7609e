"""One text, all questions: which desk, which topics, which stance, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, overload

import numpy as np

from fanews_classify.display import (
    TRUE,
    Answer,
    Mark,
    analysis_html,
    analysis_text,
    depth,
    rich_text,
)
from fanews_classify.display import width as columns
from fanews_classify.model._explain import Evidence
from fanews_classify.model._store import load
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.text import tokenize
from fanews_classify.text._input import check_text, check_texts
from fanews_classify.text._sentences import sentence_spans

_WORDS: Final = 8
_SENTENCES: Final = 2


@dataclass(frozen=True)
class Finding:
    """One answer and what in the text carried it.

    Attributes
    ----------
    label, label_fa : str
    confidence : float
        Probability of the label.
    words : tuple of Evidence
        Words that spoke most for the label, in the order of their weight. What
        a run of words adds is shared out among its words.
    sentences : tuple of Evidence
        Sentences whose words, summed up, spoke most for the label.
    stance : Finding or None
        Of a topic: how the text's dominant voice judges it.
    """

    label: str
    label_fa: str
    confidence: float
    words: tuple[Evidence, ...] = ()
    sentences: tuple[Evidence, ...] = ()
    stance: Finding | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        plain: dict[str, Any] = {
            "label": self.label,
            "label_fa": self.label_fa,
            "confidence": round(self.confidence, 4),
            "words": [_plain(item) for item in self.words],
            "sentences": [_plain(item) for item in self.sentences],
        }
        if self.stance is not None:
            plain["stance"] = self.stance.to_dict()
        return plain


@dataclass(frozen=True)
class Analysis:
    """What the models say about one text.

    ``print`` shows it as text, coloured where ``sys.stdout`` is a terminal (``NO_COLOR``
    and ``FORCE_COLOR`` are respected), a notebook as coloured, right-to-left HTML. For
    files take `to_text` with ``colour=False`` (as an f-string does), or `to_html`.

    Attributes
    ----------
    text : str
        As the user gave it; all offsets are places in it.
    section : Finding
    topics : tuple of Finding
        Most probable first, each with its stance; empty if none fits, or if the
        model withholds its answer.
    """

    text: str = field(repr=False)
    section: Finding
    topics: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without the text."""
        return {
            "section": self.section.to_dict(),
            "topics": [topic.to_dict() for topic in self.topics],
        }

    def to_json(self) -> str:
        """Return the answers as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_text(self, colour: bool | None = None, width: int | None = None) -> str:
        """Return the answers with their words and sentences; in colour with the text.

        Parameters
        ----------
        colour : bool, optional
            Whether to write the codes of a terminal; by default where
            ``sys.stdout`` is one that takes them.
        width : int, optional
            Columns to which coloured text is wrapped; by default those of the terminal.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> fc.analyze("").to_text(colour=False).splitlines()[-1]
        'no topic'
        """
        return analysis_text(self.text, self._answers(), depth(colour), width or columns())

    def to_html(self) -> str:
        """Return a fragment of HTML: the answers, and the text with their words coloured.

        Without script or outside files; it takes the colours of letters and ground
        from the page.
        """
        return analysis_html(self.text, self._answers())

    def __str__(self) -> str:
        return self.to_text()

    def __format__(self, spec: str) -> str:
        return format(self.to_text(colour=False), spec)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __rich__(self) -> Any:
        return rich_text(analysis_text(self.text, self._answers(), TRUE))

    def _answers(self) -> list[Answer]:
        """Return the section and the topics as they are shown."""
        topics = [_answer("topic", "موضوع", topic) for topic in self.topics]
        return [_answer("section", "بخش", self.section), *topics]


@overload  # a str is an iterable of str as well, hence the overlap
def analyze(  # type: ignore[overload-overlap]
    text: str,
    *,
    section: NewsClassifier | None = None,
    topic: TopicClassifier | None = None,
    stance: StanceClassifier | None = None,
    abstain_below: float | None = None,
) -> Analysis: ...
@overload
def analyze(
    text: Iterable[str],
    *,
    section: NewsClassifier | None = None,
    topic: TopicClassifier | None = None,
    stance: StanceClassifier | None = None,
    abstain_below: float | None = None,
) -> list[Analysis]: ...
def analyze(
    text: str | Iterable[str],
    *,
    section: NewsClassifier | None = None,
    topic: TopicClassifier | None = None,
    stance: StanceClassifier | None = None,
    abstain_below: float | None = None,
) -> Analysis | list[Analysis]:
    """Tell section, topics and stances of a text, with the words that carried them.

    Parameters
    ----------
    text : str or iterable of str
    section, topic, stance : classifiers, optional
        Models to ask; by default the bundled ones.
    abstain_below : float in [0, 1], optional
        Section and stances less probable than this are ``"unknown"``.

    Returns
    -------
    Analysis, or list of Analysis for an iterable

    Raises
    ------
    InputTypeError
        If a text is not a ``str``.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> found = fc.analyze("داروخانه‌داران از پرداخت نشدن طلب خود از بیمه‌ها انتقاد کردند")
    >>> found.section.label, [(topic.label, topic.stance.label) for topic in found.topics]
    ('health', [('health_finance_dispute', 'critical')])
    """
    models = (
        section or _bundled("section"),
        topic or _bundled("topic"),
        stance or _bundled("stance"),
    )
    if isinstance(text, str):
        return _analyze(text, *models, abstain_below)
    return [_analyze(one, *models, abstain_below) for one in check_texts(text)]


@lru_cache(maxsize=3)
def _bundled(name: str) -> Any:
    return load(name)


def _analyze(
    text: str,
    section: NewsClassifier,
    topic: TopicClassifier,
    stance: StanceClassifier,
    abstain_below: float | None,
) -> Analysis:
    check_text(text)
    places = _Places(text)
    desk = next(section.stream([text], abstain_below=abstain_below))
    found = next(topic.stream([text]))
    topics = []
    for label, label_fa, confidence in zip(
        found.labels, found.labels_fa, found.confidences, strict=True
    ):
        if label not in topic.labels:  # the model abstains
            continue
        carried = places.carried(topic.explain(text, label=label), label)
        judged = None
        if label in stance.targets:
            voice = stance._answers([text], [label], stance._threshold(abstain_below))[0]
            why = stance.explain(text, label, label=_known(voice.label, stance.labels))
            judged = Finding(
                voice.label, voice.label_fa, voice.confidence, *places.carried(why, voice.label)
            )
        topics.append(Finding(label, label_fa, confidence, *carried, judged))
    why = section.explain(text, label=_known(desk.label, section.labels))
    carried = places.carried(why, desk.label)
    return Analysis(
        text, Finding(desk.label, desk.label_fa, desk.confidence, *carried), tuple(topics)
    )


def _known(label: str, labels: Sequence[str]) -> str | None:
    """Return a label to explain: for «unknown» the most probable one."""
    return label if label in labels else None


class _Places:
    """Words and sentences of a text, onto which evidence is summed up."""

    def __init__(self, text: str) -> None:
        self.text = text
        words = [(token.start, token.end) for token in tokenize(text)]
        self.words = np.array(words, dtype=np.intp).reshape(-1, 2)
        self.sentences = np.array(sentence_spans(text), dtype=np.intp).reshape(-1, 2)

    def carried(
        self, evidence: Sequence[Evidence], label: str
    ) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
        """Return the words and the sentences that spoke most for a label."""
        weight = np.zeros(len(self.words))
        if len(self.words) and evidence:
            first = np.searchsorted(self.words[:, 1], [item.start for item in evidence], "right")
            last = np.searchsorted(self.words[:, 0], [item.end for item in evidence], "left")
            size = np.maximum(last - first, 1)
            share = np.array([item.weight for item in evidence]) / size
            for step in range(int(size.max())):
                inside = (step < size) & (first + step < len(weight))
                np.add.at(weight, (first + step)[inside], share[inside])
        sentence = np.searchsorted(self.sentences[:, 0], self.words[:, 0], "right") - 1
        summed = np.bincount(np.maximum(sentence, 0), weights=weight, minlength=len(self.sentences))
        return (
            self._strongest(self.words, weight, label, _WORDS),
            self._strongest(self.sentences, summed, label, _SENTENCES),
        )

    def _strongest(self, spans: Any, weight: Any, label: str, count: int) -> tuple[Evidence, ...]:
        order = np.argsort(-weight[: len(spans)], kind="stable")[:count]
        return tuple(
            Evidence(int(start), int(end), self.text[start:end], label, float(weight[i]))
            for i in order
            if weight[i] > 0
            for start, end in [spans[i]]
        )


def _answer(question: str, question_fa: str, found: Finding) -> Answer:
    words, sentences = (
        [Mark(item.start, item.end, item.weight, item.label) for item in items]
        for items in (found.words, found.sentences)
    )
    stance = None if found.stance is None else _answer("stance", "موضع", found.stance)
    return Answer(
        question,
        question_fa,
        found.label,
        found.label_fa,
        found.confidence,
        words,
        sentences,
        stance,
    )


def _plain(item: Evidence) -> dict[str, Any]:
    return {
        "start": item.start,
        "end": item.end,
        "text": item.text,
        "weight": round(item.weight, 4),
    }
