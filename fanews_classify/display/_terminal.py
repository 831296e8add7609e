"""What a terminal can show, and how to tell it."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from typing import Final, NamedTuple, TextIO

from fanews_classify.display._colours import Colour

PLAIN: Final = 0
BASIC: Final = 8
SHADES: Final = 256
TRUE: Final = 1 << 24

_STRONG, _WEAK, _FAINT = 0.6, 0.25, 0.05  # parts of the largest weight

_DARK: Final = (1, 4)  # of the 8 colours, under white letters


class Style(NamedTuple):
    """How letters look: the stronger, the more they stand out.

    Attributes
    ----------
    colour : Colour
    strength : float
        From 0 to 1: coloured letters, bold ones, black ones on coloured ground.
    line : bool
        Whether a line is below, which also those see who do not see colours.
    """

    colour: Colour
    strength: float
    line: bool = False


def depth(colour: bool | None = None, stream: TextIO | None = None) -> int:
    """Return how many colours to write.

    Parameters
    ----------
    colour : bool, optional
        Whether to write colours in any case, or in none. By default where `stream` is a
        terminal; ``NO_COLOR``, ``FORCE_COLOR`` and ``TERM=dumb`` are respected.
    stream : file, optional
        By default ``sys.stdout``.

    Returns
    -------
    int
        One of 0, 8, 256 and 2**24.
    """
    if colour is None:
        forced = os.environ.get("FORCE_COLOR", "") not in ("", "0")
        colour = not os.environ.get("NO_COLOR") and (
            forced or (_terminal(stream or sys.stdout) and _takes_colour())
        )
    if not colour:
        return PLAIN
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return TRUE
    kind = os.environ.get("TERM", "")
    return SHADES if "256" in kind or "direct" in kind or os.environ.get("WT_SESSION") else BASIC


def width(stream: TextIO | None = None) -> int | None:
    """Return how many columns a terminal has; None where there is no terminal."""
    return shutil.get_terminal_size().columns if _terminal(stream or sys.stdout) else None


def _terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # no real file, or a closed one
        return False


def _takes_colour() -> bool:
    if os.environ.get("TERM") == "dumb":
        return False
    # The old console of Windows shows the codes; these name what does not.
    return os.name != "nt" or any(
        os.environ.get(name) for name in ("WT_SESSION", "TERM", "ANSICON", "ConEmuANSI")
    )


def painted(text: str, style: Style | None, colours: int) -> str:
    """Return safe text with the codes of a style; each line has its own."""
    if style is None or style.strength < _FAINT or colours == PLAIN or not text:
        return text
    codes = _codes(style, colours)
    return "\n".join(f"\x1b[{codes}m{line}\x1b[0m" if line else "" for line in text.split("\n"))


def bold(text: str, colours: int) -> str:
    """Return safe text in bold letters."""
    return f"\x1b[1m{text}\x1b[0m" if colours and text else text


def _codes(style: Style, colours: int) -> str:
    red, green, blue, shade, basic = style.colour
    if colours == TRUE:
        colour = f"8;2;{red};{green};{blue}"
    elif colours == SHADES:
        colour = f"8;5;{shade}"
    else:
        colour = str(basic)
    if style.strength >= _STRONG:
        if colours == BASIC:
            letters = "97" if basic in _DARK else "30"
        else:
            white = colours == TRUE and style.colour.dark  # the shades are lighter
            letters = "38;5;231" if white else "38;5;16"
        codes = f"{letters};4{colour}"
    else:
        codes = f"3{colour}" if style.strength < _WEAK else f"1;3{colour}"
    return f"4;{codes}" if style.line else codes


def columns(letter: str) -> int:
    """Return how many columns a letter takes."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(text: str, width: int | None) -> list[tuple[int, int]]:
    """Cut a text into lines, between words where that goes.

    A terminal itself cuts through words, whose letters then do not join.

    Parameters
    ----------
    text : str
    width : int or None
        Columns; None for the lines that the text has.

    Returns
    -------
    list of (int, int)
        What stands on each line, without the space or line end that follows.

    Examples
    --------
    >>> [("یک دو سه"[a:b]) for a, b in wrapped("یک دو سه", 5)]
    ['یک دو', 'سه']
    """
    lines = []
    begin = used = 0
    space = -1  # the last place where the line may end
    for place, letter in enumerate(text):
        if letter == "\n":
            lines.append((begin, place))
            begin, used, space = place + 1, 0, -1
            continue
        size = columns(letter)
        if width is not None and used + size > width and place > begin:
            if letter == " ":
                lines.append((begin, place))
                begin, used, space = place + 1, 0, -1
                continue
            end = space if space > begin else place
            lines.append((begin, end))
            begin = end + (end == space)
            used, space = sum(map(columns, text[begin:place])), -1
        used += size
        if letter == " ":
            space = place
    lines.append((begin, len(text)))
    return lines
