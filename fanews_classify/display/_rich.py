"""Coloured text for rich."""

from __future__ import annotations

from typing import Any

from fanews_classify.errors import MissingExtraError


def rich_text(coded: str) -> Any:
    """Return a ``rich.text.Text`` of a text with colour codes.

    Raises
    ------
    MissingExtraError
        If rich is not installed.
    """
    try:
        from rich.text import Text
    except ImportError:
        raise MissingExtraError("rich", "cli", "drawing for a rich console") from None
    return Text.from_ansi(coded)
