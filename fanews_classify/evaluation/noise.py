"""What happens to Persian text on its way: variants of a text with the same meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

_ARABIC = str.maketrans("یک۰۱۲۳۴۵۶۷۸۹", "يك٠١٢٣٤٥٦٧٨٩")
_VOWELS = "\u064e\u0650\u064f"


def without_half_spaces(text: str) -> str:
    """Join what half-spaces part: «می‌شود» becomes «میشود»."""
    return text.replace("\u200c", "")


def spaces_for_half_spaces(text: str) -> str:
    """Write blanks for half-spaces: «می‌شود» becomes «می شود»."""
    return text.replace("\u200c", " ")


def arabic_letters(text: str) -> str:
    """Write Arabic ي, ك and digits."""
    return text.translate(_ARABIC)


def with_diacritics(text: str) -> str:
    """Put a short vowel on every third letter."""
    return "".join(
        char + _VOWELS[i % 9 // 3] if i % 3 == 0 and char.isalpha() else char
        for i, char in enumerate(text)
    )


def first_25_words(text: str) -> str:
    """Keep the first 25 words."""
    return " ".join(text.split()[:25])


def without_punctuation(text: str) -> str:
    """Write blanks for everything that is neither letter, digit nor half-space."""
    return "".join(c if c.isalnum() or c == "\u200c" else " " for c in text)


NOISE: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "no half-space": without_half_spaces,
        "space for half-space": spaces_for_half_spaces,
        "Arabic letters": arabic_letters,
        "diacritics": with_diacritics,
        "no punctuation": without_punctuation,
        "first 25 words": first_25_words,
    }
)
"""Name to function, for `evaluate(noise=True)`."""
