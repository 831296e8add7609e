"""Sentences of a text, as places in it."""

from __future__ import annotations

import re
from typing import Final

# A line ends a sentence; so does a full stop, question or exclamation mark or
# ellipsis before a blank, with the quotes and brackets that close after it. A
# stop inside a number or an address has no blank behind it. The look-behind and
# the possessive repeats keep long runs of stops linear.
_END: Final = re.compile(
    r"(?<![.!?؟…])[.!?؟…]++[\"'»”’)\]]*+(?=[\s\u200c\u200e\u200f])|[\n\r\u2028\u2029]"
)
_LONGEST: Final = 1000  # characters; text without stops is cut at a blank after so many


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Split a text into sentences.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of (int, int)
        ``text[start:end]`` is a sentence without the blanks around it; in
        order, and nothing but blanks lies between them.

    Examples
    --------
    >>> text = "نرخ ۲.۵ درصد شد. چرا؟ «کسی نمی‌داند.» پایان"
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['نرخ ۲.۵ درصد شد.', 'چرا؟', '«کسی نمی‌داند.»', 'پایان']
    """
    spans: list[tuple[int, int]] = []
    begin = 0
    for match in _END.finditer(text):
        _add(spans, text, begin, match.end())
        begin = match.end()
    _add(spans, text, begin, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    while end - begin > _LONGEST:
        blank = text.find(" ", begin + _LONGEST, end)
        if blank < 0:
            break
        _add_trimmed(spans, text, begin, blank)
        begin = blank
    _add_trimmed(spans, text, begin, end)


def _add_trimmed(spans: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    part = text[begin:end]
    stripped = part.strip()
    if stripped:
        begin += len(part) - len(part.lstrip())
        spans.append((begin, begin + len(stripped)))
