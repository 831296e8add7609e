"""Colours of pages and terminals."""

from __future__ import annotations

from typing import Final, NamedTuple


class Colour(NamedTuple):
    """One colour as a page and as terminals have it.

    Attributes
    ----------
    red, green, blue : int
        Of middle lightness: as thin paint over white or black, letters in the
        colour of the page stay readable on it; as letters it is readable on both.
    shade : int
        The nearest of 256 colours of a terminal.
    basic : int
        The nearest of 8.
    """

    red: int
    green: int
    blue: int
    shade: int
    basic: int

    def css(self, opacity: float) -> str:
        """Return the colour for a style."""
        return f"rgba({self.red},{self.green},{self.blue},{opacity:.2f})"

    @property
    def dark(self) -> bool:
        """Whether white letters are easier to read on it than black ones."""
        parts = [part / 255 for part in self[:3]]
        light = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04 else part / 13 for part in parts]
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] < 0.179


# Told apart also by people who do not see all colours (after Okabe and Ito, 2008).
FOR: Final = Colour(0, 114, 178, 32, 6)
AGAINST: Final = Colour(213, 94, 0, 166, 3)
ANSWERS: Final = (
    FOR,
    Colour(196, 124, 0, 172, 3),
    Colour(0, 140, 100, 36, 2),
    Colour(190, 90, 150, 169, 5),
    Colour(115, 95, 200, 98, 4),
    AGAINST._replace(basic=1),
)
"""One for each answer about a text; begun anew where there are more answers."""

OPAQUE: Final = 0.5
"""Of the strongest: thin enough that letters keep a contrast of 4.5 to 1."""

WEAK: Final = 0.2
"""Below this strength nothing but the colour says for or against."""


def strength(weight: float, most: float) -> float:
    """Return how strongly to colour a weight, from 0 to 1, the largest being `most`.

    Examples
    --------
    >>> strength(-2.0, 4.0), strength(1.0, 0.0)
    (0.5, 0.0)
    """
    return min(abs(weight) / most, 1.0) if most else 0.0
