"""Hooks of mkdocs: notebooks made pages and kept from naming other hosts, Persian in output."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

# The template of nbconvert brings mathematics and diagrams, from a content delivery
# network; no notebook here has any.
_LOADERS = re.compile(r"<!-- Load mathjax -->.*?<!-- End of mermaid configuration -->", re.DOTALL)

# Words in Persian letters, with what stands between them inside a sentence.
_PERSIAN = re.compile(
    r"«?[\u0600-\u06ff\u200c]+(?:[ .:!/()«»…-]+[\u0600-\u06ff\u200c]+)*(?: ?…)?»?"
)
# A link from a Persian page to an English one, as the files lie in the repository.
_ENGLISH = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)en/([^)#\s]+)\.(?:md|ipynb)(#[^)\s]*)?\)")
# Figures on a Persian page: a cell without a Persian letter, and a score with its interval.
_CELL = re.compile(r"<td>([^\u0600-\u06ff]*?[^\u0600-\u06ff<>]+?[^\u0600-\u06ff]*?)</td>")
_INTERVAL = re.compile(r"\d[\d.]* \[[\d., ]+\]")
_LINK = re.compile(r'href="([^":]+)\.(?:md|ipynb)(#[^"]*)?"')  # in a notebook
_BLOCK = re.compile(r"<pre>.*?</pre>", re.DOTALL)


class NotebookPage(File):
    """A notebook, which mkdocs-jupyter renders."""

    def is_documentation_page(self) -> bool:
        """Say yes, though it is no Markdown file."""
        return True


@event_priority(-200)  # after mkdocs-static-i18n, which makes new File objects at -100
def on_files(files: Any, config: Any) -> Any:
    """Make pages of the notebooks."""
    for file in files:
        if file.src_uri.endswith(".ipynb"):
            file.__class__ = NotebookPage
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead from a Persian page to the English pages, which are no part of its build."""
    if not page.file.src_uri.startswith("fa/"):
        return markdown
    return _ENGLISH.sub(
        lambda link: f'<a href="{link[2]}{link[3]}.html{link[4] or ""}">{link[1]}</a>', markdown
    )


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Mend links and drop loaders of a notebook; isolate Persian among what runs otherwise."""
    if page.file.src_uri.endswith(".ipynb"):
        return _LINK.sub(r'href="\1.html\2"', _LOADERS.sub("", html))
    if page.file.src_uri.startswith("fa/"):
        html = _CELL.sub(r'<td dir="ltr">\1</td>', html)
        html = _INTERVAL.sub(r'<bdi dir="ltr">\g<0></bdi>', html)
        return _BLOCK.sub(lambda block: _isolated(block[0]), html)
    html = html.replace("path - like", "path-like")  # of docstrings, taken for a difference
    return _isolated(html)


def _isolated(html: str) -> str:
    """Keep what stands beside Persian words from being drawn on their other side."""
    return re.sub(
        r">([^<]+)<",
        lambda text: ">" + _PERSIAN.sub(lambda run: f"<bdi>{run[0]}</bdi>", text[1]) + "<",
        html,
    )
