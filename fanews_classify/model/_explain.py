"""Why a text got its answer: contributions as places in the user's own text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, SupportsIndex, overload

from fanews_classify.labels import persian_name
from fanews_classify.model._block import Block
from fanews_classify.text._tokens import TokenBatch, character_origins

if TYPE_CHECKING:
    from fanews_classify.display import Answer

_REPR: Final = 5  # items shown
_ROWS: Final = 20
_WORDS: Final = ("speaks for it", "به سود پاسخ")
_SENTENCES: Final = ("a reader may point at it", "خواننده به آن اشاره می‌کند")


class Evidence(NamedTuple):
    """One occurrence of a term that spoke for or against a label.

    Attributes
    ----------
    start, end : int
        ``text[start:end] == evidence.text`` in the text as the user gave it.
    text : str
        The words as the user wrote them.
    label : str
        The label that `weight` is about.
    weight : float
        What this occurrence adds to the label's score; negative if it speaks
        against it. All of them and the intercept sum up to the score. Of a
        sentence that decides on a claim: the probability that a reader points at it.
    """

    start: int
    end: int
    text: str
    label: str
    weight: float


class Explanation(list[Evidence]):
    """What in a text carried an answer: a list that a notebook and a terminal show in colour.

    ``print`` colours it where ``sys.stdout`` is a terminal (``NO_COLOR`` and
    ``FORCE_COLOR`` are respected); a notebook shows it as right-to-left HTML. For
    files take `to_text` with ``colour=False`` (as an f-string does), or `to_html`.

    Parameters
    ----------
    items : iterable of Evidence
    text, label, label_fa, confidence, question, sentences
        The attributes.

    Attributes
    ----------
    text : str
        As the user gave it; all offsets are places in it.
    label, label_fa : str
        What is explained, and its Persian name.
    confidence : float
        Probability of the label.
    question : str or None
        The target of a stance, or the claim.
    sentences : bool
        Whether weights are probabilities that a reader points at a sentence;
        else they are what words add to the score.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> found = fc.load("section").explain("تیم فوتبال شهر قهرمان لیگ شد", top=2)
    >>> found.label, found.label_fa, len(found)
    ('sport', 'ورزش', 2)
    >>> "<mark" in found.to_html()
    True
    """

    def __init__(
        self,
        items: Iterable[Evidence] = (),
        *,
        text: str = "",
        label: str = "",
        label_fa: str = "",
        confidence: float = 0.0,
        question: str | None = None,
        sentences: bool = False,
    ) -> None:
        super().__init__(items)
        self.text = text
        self.label = label
        self.label_fa = label_fa
        self.confidence = confidence
        self.question = question
        self.sentences = sentences

    @overload
    def __getitem__(self, index: SupportsIndex) -> Evidence: ...
    @overload
    def __getitem__(self, index: slice) -> Explanation: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Evidence | Explanation:
        if isinstance(index, slice):
            return type(self)(super().__getitem__(index), **vars(self))
        return super().__getitem__(index)

    def __repr__(self) -> str:
        if len(self) <= _REPR:
            return super().__repr__()
        shown = ", ".join(map(repr, self[:_REPR]))
        return f"[{shown}, ... {len(self) - _REPR} more]"

    def __str__(self) -> str:
        return self.to_text()

    def __format__(self, spec: str) -> str:
        return format(self.to_text(colour=False), spec)

    def to_text(
        self, colour: bool | None = None, width: int | None = None, rows: int | None = _ROWS
    ) -> str:
        """Return the answer and what carried it, line by line; in colour with the text.

        Parameters
        ----------
        colour : bool, optional
            Whether to write the codes of a terminal; by default where
            ``sys.stdout`` is one that takes them.
        width : int, optional
            Columns to which coloured text is wrapped; by default those of the terminal.
        rows : int, optional
            How many words or sentences to list below; None for all.
        """
        from fanews_classify.display import depth, explanation_text
        from fanews_classify.display import width as columns

        told = self._shown()
        return explanation_text(self.text, *told, depth(colour), width or columns(), rows)

    def to_html(self) -> str:
        """Return a fragment of HTML: the text with its words coloured by contribution.

        Without script or outside files; it takes the colours of letters and ground
        from the page.
        """
        from fanews_classify.display import explanation_html

        return explanation_html(self.text, *self._shown())

    def _repr_html_(self) -> str:
        return self.to_html()

    def __rich__(self) -> Any:
        from fanews_classify.display import TRUE, explanation_text, rich_text

        return rich_text(explanation_text(self.text, *self._shown(), TRUE, rows=_ROWS))

    def _shown(self) -> tuple[Answer, tuple[str, str]]:
        from fanews_classify.display import Answer, Mark

        question = self.question or ""
        marks = [Mark(start, end, weight, label) for start, end, _, label, weight in self]
        words, sentences = ([], marks) if self.sentences else (marks, [])
        answer = Answer(
            question,
            persian_name(question),
            self.label,
            self.label_fa,
            self.confidence,
            words,
            sentences,
        )
        return answer, _SENTENCES if self.sentences else _WORDS


def contributions(
    block: Block, text: str, column: int, tokens: TokenBatch | None = None
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield (span, weight) of every occurrence of a known term of one block.

    `tokens` may hold part of the text's tokens, such as those of one passage.
    """
    batch = block.options.tokenize([text]) if tokens is None else tokens
    begins, stops = character_origins(text)
    for (first, last), weight in block.contributions(batch, column):
        yield (int(begins[first - 1]), int(stops[last - 1])), weight
