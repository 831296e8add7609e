"""What holds of the places of tokens in every text; tests and fuzz targets demand it."""

from __future__ import annotations

import html

from fanews_classify.text import Token

SEVERAL = set("℀℁℅℆㏂㏘ﷺﷻ")  # each stands for several words


def check_places(text: str, tokens: list[Token]) -> set[str]:
    """Demand tokens in order; return the characters that several of them share."""
    shared, start, end = set(), 0, 0
    for token in tokens:
        assert token.term
        assert start <= token.start < token.end <= len(text)
        assert token.end >= end
        if token.start < end:
            shared.add(html.unescape(text[token.start : end]))
        start, end = token.start, token.end
    assert shared <= SEVERAL
    return shared
