"""What a user's text may do to a page or a terminal: nothing."""

from __future__ import annotations

import html
import re
from typing import Final

# Controls become their pictures: U+241B for the escape that would start a command of
# the terminal. Overrides of the direction would show letters in another order than
# the models read them; embeddings and isolates are usual in Persian and end with the
# paragraph. A lone surrogate cannot be encoded.
_CONTROLS: Final[dict[int, int | str]] = {
    **{code: 0x2400 + code for code in range(0x20) if code not in b"\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n",
    0x202D: 0xFFFD,
    0x202E: 0xFFFD,
}
_RETURN: Final = re.compile(r"\r(\n?)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    r"""Return a text of the same length that is safe to show.

    Line ends become ``\n``, lone surrogates U+FFFD, control characters visible.

    Examples
    --------
    >>> clean("a\x1b[2Jb\r\nc\ud800")
    'a␛[2Jb \nc�'
    """
    text = _SURROGATE.sub("\ufffd", _RETURN.sub(lambda found: " \n"[-len(found[0]) :], text))
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """Return a text safe to show, with each run of white space as one space."""
    return clean(" ".join(text.split()))


def escaped(text: str) -> str:
    """Clean a text and escape it for HTML, also for the inside of attributes."""
    return html.escape(clean(text))
