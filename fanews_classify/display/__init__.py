"""Texts with coloured words, for notebooks, web pages and terminals.

A leaf of the package: it knows texts, spans, weights and names, and no model.
"""

from fanews_classify.display._answers import Answer
from fanews_classify.display._cards import analysis_html, explanation_html
from fanews_classify.display._clean import clean, one_line
from fanews_classify.display._html import marked_html
from fanews_classify.display._rich import rich_text
from fanews_classify.display._runs import Mark
from fanews_classify.display._terminal import TRUE, depth, width
from fanews_classify.display._text import analysis_text, explanation_text

__all__ = [
    "TRUE",
    "Answer",
    "Mark",
    "analysis_html",
    "analysis_text",
    "clean",
    "depth",
    "explanation_html",
    "explanation_text",
    "marked_html",
    "one_line",
    "rich_text",
    "width",
]
