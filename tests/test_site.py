"""The documentation site: its examples run, its links lead somewhere, both languages agree."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pages
import pytest

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "docs" / "pages"
ENGLISH = sorted((SITE / "en").rglob("*.md"))
PERSIAN = sorted((SITE / "fa").rglob("*.md"))


def _name(page: Path) -> str:
    return page.relative_to(SITE).as_posix()


@pytest.mark.parametrize("page", ENGLISH, ids=_name)
def test_the_examples_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    faults = pages.run(page, tmp_path)
    assert not faults, "\n".join(faults)


# In English only: what is read beside code, and long tables of figures.
ENGLISH_ONLY = {"experiments.md", "model-cards.md", "model-format.md", "speed.md"}
CONFIG = (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")


def test_every_page_that_people_read_first_is_there_in_persian() -> None:
    english = {page.relative_to(SITE / "en").as_posix() for page in ENGLISH}
    persian = {page.relative_to(SITE / "fa").as_posix() for page in PERSIAN}
    needed = {name for name in english - ENGLISH_ONLY if not name.startswith("reference/")}
    assert not needed - persian
    assert not persian - english - {"reference.md", "reference/index.md"}


def _code(page: Path) -> list[pages.Block]:
    return [replace(block, line=0) for block in pages.blocks(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PERSIAN, ids=_name)
def test_a_persian_page_has_the_code_of_its_english_twin(page: Path) -> None:
    """So that running the English page is enough."""
    ours = _code(page)
    twin = SITE / "en" / page.relative_to(SITE / "fa")
    if not twin.exists():
        assert not ours
        return
    theirs = _code(twin)
    if twin.name in ENGLISH_ONLY:  # a page that leads to the English one
        assert all(block in theirs for block in ours)
        return
    for mine, other in zip(ours, theirs, strict=False):
        assert mine == other
    assert len(ours) == len(theirs)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_navigation_names_every_page_once(language: str) -> None:
    persian = CONFIG.index("          nav:\n", CONFIG.index("- locale: fa"))
    end = re.compile(r"^ {0,9}\S", re.MULTILINE).search(CONFIG, persian)
    assert end is not None
    start = CONFIG.index("\nnav:\n")
    part = CONFIG[persian : end.start()] if language == "fa" else CONFIG[start:]
    named = re.findall(r"^\s+- (?:[^:\n]+: )?(\S+\.(?:md|ipynb))\b", part, re.MULTILINE)
    folder = SITE / language
    found = [
        path.relative_to(folder).as_posix()
        for pattern in ("*.md", "*.ipynb")
        for path in folder.rglob(pattern)
    ]
    assert sorted(named) == sorted(found)


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as mkdocs makes them."""
    if page.suffix == ".ipynb":
        return set()
    found = set()
    outside = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for heading, given in re.findall(
        r"^#+ (.*?)(?:\s*\{\s*#([\w-]+)\s*\})?$", outside, re.MULTILINE
    ):
        plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading)
        found.add(given or re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", plain.lower()).strip()))
    return found


@pytest.mark.parametrize("page", [*ENGLISH, *PERSIAN], ids=_name)
def test_links_inside_the_site_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+://", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = target.partition("#")
        wanted = (page.parent / path).resolve() if path else page
        assert wanted.is_file(), f"{target} leads nowhere"
        assert SITE in wanted.parents, f"{target} leads out of the site"
        if anchor and "reference" not in wanted.parts:
            assert anchor in _anchors(wanted), f"{target}: there is no such heading"


def test_nothing_is_loaded_from_another_host() -> None:
    assert re.search(r"^\s*font: false", CONFIG, re.MULTILINE)
    written = [path for path in SITE.glob("assets/*") if path.suffix in (".css", ".svg")]
    assert written
    for page in [*ENGLISH, *PERSIAN, *written]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"!\[[^]]*\]\(\w+://|(?:src|@import|url)\W+https?://", text), page


@pytest.mark.parametrize(
    "block",
    [
        "```pycon\n>>> 1 + 1\n3\n```",
        "```pycon\n>>> undefined\n```",
        "```pycon\n1\n```",
        "```python\n1 / 0\n```",
        "<!-- no-run -->\n```python\n1 +\n```",
        '```toml\ntask = "guess"\n```',
        "<!-- run -->\n```console\n$ fanews info section\nnothing\n```",
        "<!-- run -->\n```console\n$ fanews predict nowhere.csv\n```",
        "<!-- run -->\n```console\n$ echo one | cat\ntwo\n```",
        "* in a list\n\n    ```python\n    1 / 0\n    ```",
    ],
)
def test_a_fault_in_an_example_is_found(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n{block}\n", encoding="utf-8")
    assert len(pages.run(page, tmp_path)) == 1


def test_what_is_marked_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- no-run -->\n```python\n1 / 0\n```\n"
        "```console\n$ fanews predict nowhere.csv\n```\n"
        '```csv title="a.csv"\ntext\n```\n'
        "<!-- needs: surely_no_such_package -->\n```pycon\n>>> 1\n2\n```\n",
        encoding="utf-8",
    )
    assert pages.run(page, tmp_path) == []
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "text\n"
