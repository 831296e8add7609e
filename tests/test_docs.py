"""What the documentation shows is what the library says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from fanews_classify.cli.main import main

ROOT = Path(__file__).resolve().parent.parent


def test_tables_are_made_from_the_measured_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    figures = importlib.import_module("figures")
    for page in figures.PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert figures.rendered(page, text) == text, f"{page}: run benchmarks/figures.py"


def test_the_readme_shows_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for page in ("README.md", "README.fa.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        shown = re.search(r"\$ fanews (predict seeds/.*)\n((?:.+\n)+?)```", text)
        assert shown is not None
        assert main(shown[1].split()) == 0
        assert capsys.readouterr().out == shown[2]


def test_the_english_and_the_persian_readme_show_the_same() -> None:
    english, persian = (
        re.findall(r"```\w*\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        for page in ("README.md", "README.fa.md")
    )
    assert english[0] == persian[0]
    assert english[-1] == persian[-1]
