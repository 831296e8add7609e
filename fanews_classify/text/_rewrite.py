"""The slow path before encoding: HTML entities and characters off the page.

Most texts never come here. What does is rewritten into characters of the code
page, with the place of every new character in the original kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fanews_classify.text._codepage import BOUNDARY_CHAR, IN_PAGE

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,20});"
_HALF_SPACE = "\u200c"


@lru_cache(maxsize=1)
def _rare() -> re.Pattern[str]:
    """Compile what is rewritten, once and not at import: few texts need it."""
    in_page = "".join(re.escape(char) for char in sorted(IN_PAGE - {BOUNDARY_CHAR}))
    return re.compile(f"{_ENTITY}|[^{in_page}]+")


@lru_cache(maxsize=4096)
def expansion(char: str) -> str:
    """Return the letters and digits of the code page that a character stands for.

    Presentation forms, full-width, mathematical and accented letters and other
    decimal digits decompose (Unicode NFKD); everything else gives ``""``.

    Examples
    --------
    >>> expansion("ﻻ"), expansion("é"), expansion("７"), expansion("中")
    ('لا', 'e', '7', '')
    """
    import unicodedata

    if char.isdecimal():
        return str(unicodedata.decimal(char))
    parts = unicodedata.normalize("NFKD", char)
    if parts == char:
        return ""
    kept = "".join(part for part in parts if part in IN_PAGE)
    return kept if any(part.isalnum() for part in kept) else ""


def needs_rewrite(text: str, strangers: list[str]) -> bool:
    """Tell whether `rewrite` would change a text with these off-page characters."""
    return (
        any(expansion(char) for char in strangers)
        or BOUNDARY_CHAR in text
        or ("&" in text and re.search(_ENTITY, text) is not None)
    )


def rewrite(text: str) -> tuple[str, npt.NDArray[np.intp]]:
    """Expand entities and rare characters.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    rewritten : str
        Text of code-page characters where there is an equivalent.
    origin : ndarray of intp, shape (len(rewritten) + 1,)
        Where each character of `rewritten` begins in `text`; the last element
        is ``len(text)``, so ``text[origin[i]:origin[i + 1]]`` is what character
        ``i`` came from (empty for all but the last part of an expansion).
    """
    import html

    pieces: list[str] = []
    begins: list[npt.NDArray[np.intp]] = []
    last = 0
    for match in _rare().finditer(text):
        start, found = match.start(), match.group()
        if found[0] == "&":
            replacement = _HALF_SPACE if found.lower() == "&zwnj;" else html.unescape(found)
            if replacement == found:  # no known entity
                continue
            replacement = "".join(expansion(char) or char for char in replacement)
            replacement = replacement.replace(BOUNDARY_CHAR, " ")
            places = np.full(len(replacement), start, dtype=np.intp)
        else:
            parts = [expansion(char) or " " for char in found]
            replacement = "".join(parts)
            places = np.repeat(np.arange(start, match.end()), [len(part) for part in parts])
        pieces += (text[last:start], replacement)
        begins += (np.arange(last, start), places)
        last = match.end()
    pieces.append(text[last:])
    begins.append(np.arange(last, len(text) + 1))
    return "".join(pieces), np.concatenate(begins)
