"""Checks of what a user passes as texts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from fanews_classify.errors import InputTypeError


def check_text(text: Any, position: int | None = None) -> str:
    """Return `text` if it is a ``str``; say where and what it is if not."""
    if isinstance(text, str):
        return text
    where = "the text" if position is None else f"text {position} (counted from 0)"
    hint = "pass str"
    if isinstance(text, bytes | bytearray | memoryview):
        hint = 'decode it first, for instance text.decode("utf-8")'
    elif text is None or (isinstance(text, float) and math.isnan(text)):
        hint = 'fill missing values first, for instance with ""'
    raise InputTypeError(f"{where} is {type(text).__name__}, not str; {hint}")


def check_texts(texts: Any) -> list[str]:
    """Return an iterable of texts as a list; a bare ``str`` is refused."""
    if isinstance(texts, str | bytes | bytearray):
        raise InputTypeError(
            f"an iterable of texts is expected, got one {type(texts).__name__}; "
            "put it in a list: [text]"
        )
    if isinstance(texts, dict) or not isinstance(texts, Iterable):
        raise InputTypeError(f"an iterable of texts is expected, got {type(texts).__name__}")
    items = texts if isinstance(texts, list) else list(texts)
    for position, text in enumerate(items):
        if type(text) is not str:
            check_text(text, position)
    return items
