from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fanews_classify as fc

if TYPE_CHECKING:
    from fanews_classify.training.train import Training

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Shells let what they run in the background ignore Ctrl-C, and so would the processes
    # that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["golden"]  # make_hazm.py needs hazm

ROOT = Path(__file__).resolve().parent.parent
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))


@pytest.fixture(autouse=True)
def _no_colour_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the terminal that runs the tests colour what they read."""
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def section() -> fc.NewsClassifier:
    return fc.load("section")


@pytest.fixture(scope="session")
def own_texts() -> list[dict[str, str]]:
    files = sorted((ROOT / "data").glob("own_texts*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def seeds() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in SEEDS]


@pytest.fixture(scope="session")
def tiny(own_texts: list[dict[str, str]]) -> fc.NewsClassifier:
    """A small model of two kinds of blocks, trained in a second on our own texts."""
    from fanews_classify.training.recipe import Features, Learner, Recipe, Source

    recipe = Recipe(
        name="tiny",
        sources=(Source(path="own_texts.jsonl", label="section", source="voice"),),
        features=(
            Features(ngram_range=(1, 2), min_df=1, sublinear_tf=False, norm="expected"),
            Features(min_df=1, sublinear_tf=False, norm="expected", max_tokens=12),
            Features(analyzer="char_wb", ngram_range=(2, 4), max_tokens=15, factor=0.5),
        ),
        learner=Learner(C=1.0),
    )
    return fc.train(recipe, data=ROOT / "data").model


@pytest.fixture(scope="session")
def topic() -> fc.TopicClassifier:
    return fc.load("topic")


@pytest.fixture(scope="session")
def stance() -> fc.StanceClassifier:
    return fc.load("stance")


@pytest.fixture(scope="session")
def trained_offline() -> dict[str, Training]:
    """What the bundled recipes give in a fresh clone, without the corpora."""
    return {name: fc.train(name, data=ROOT / "data") for name in ("topic", "stance")}


@pytest.fixture(scope="session")
def tiny_topic(trained_offline: dict[str, Training]) -> fc.TopicClassifier:
    model = trained_offline["topic"].model
    assert isinstance(model, fc.TopicClassifier)
    return model


@pytest.fixture(scope="session")
def tiny_stance(trained_offline: dict[str, Training]) -> fc.StanceClassifier:
    model = trained_offline["stance"].model
    assert isinstance(model, fc.StanceClassifier)
    return model


def corpora_folder() -> Path | None:
    """Folder of the real corpora: $FANEWS_CORPORA, else beside the checkout."""
    named = os.environ.get("FANEWS_CORPORA")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpora"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = corpora_folder()
    if folder is None:
        pytest.skip("LEFT OUT: the real corpora are not here (set FANEWS_CORPORA)")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if corpora_folder() is None:
        terminalreporter.write_line(
            "gates on the real corpora were LEFT OUT: set FANEWS_CORPORA to run them"
        )
