"""Any text through tokens, answers, explanations and their displays."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import small_models
from choices import Choices
from texts import text_of
from token_places import check_places

import fanews_classify as fc
from fanews_classify.model._store import from_bytes
from fanews_classify.text._sentences import sentence_spans
from fanews_classify.text._tokens import tokenize_batch

LONGEST = 100_000  # characters, of one input among _RARE
_RARE, _USUAL = 1000, 1500


@cache
def _models(bundled: bool) -> dict[str, Any]:
    if bundled:
        named = {"claims": "claim_stance"}
        kinds = ("section", "topic", "stance", "claims")
        return {kind: fc.load(named.get(kind, kind)) for kind in kinds}
    return {kind: from_bytes(data, Path(kind)) for kind, data in small_models.files().items()}


def run(data: bytes) -> int:
    """Ask about a text made of decisions; return its length."""
    given = Choices(data)
    what, bundled = given.below(12), bool(given.below(4))
    text = text_of(given)
    if crc32(data) % _RARE == 1:  # not for the fuzzer to choose: it would ask for nothing else
        text *= 1 + min(1 << given.below(16), LONGEST // max(len(text), 1))
        text = text[:LONGEST]
    else:
        text = text[:_USUAL]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _TESTS[what % len(_TESTS)](text, _models(bundled), given)
    return len(text)


def _tokens(text: str, _: Any, given: Choices) -> None:
    options = {"remove_boilerplate": given.flag(), "join_affixes": given.flag()}
    tokens = fc.tokenize(text, **options)
    check_places(text, tokens)
    words = fc.normalize(text, **options)
    assert words == " ".join(token.term for token in tokens)
    if not options["remove_boilerplate"] and options["join_affixes"]:
        assert fc.normalize(words) == words


def _batch(text: str, _: Any, given: Choices) -> None:
    texts = [text, text_of(given, 6), "", text_of(given, 6)]
    batch = tokenize_batch(texts)
    for i, one in enumerate(texts):
        inside = range(batch.splits[i], batch.splits[i + 1])
        alone = tokenize_batch([one])
        assert [batch.term(j) for j in inside] == [alone.term(j) for j in range(len(alone))]


def _sentences(text: str, _: Any, given: Choices) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip() != ""
        at = end
    assert not text[at:].strip()


def _answers(text: str, models: Any, given: Choices) -> None:
    other = text_of(given, 6)
    for kind in ("section", "topic", "stance"):
        model = models[kind]
        further = (model.targets[given.below(len(model.targets))],) if kind == "stance" else ()
        together = model.predict_proba([text, other], *further)
        alone = model.predict_proba(text, *further)
        assert np.isfinite(together).all()
        assert together.min() >= 0
        assert np.abs(together[0] - alone).max() < 1e-5
        if kind != "topic":
            assert np.abs(together.sum(axis=1) - 1).max() < 1e-6
        again = model.predict_proba([text, other], *further)
        assert np.array_equal(together, again)
        assert model.predict([text], *further)[0] == model.predict(text, *further)


def _explained(kind: str) -> Any:
    def check(text: str, models: Any, given: Choices) -> None:
        model = models[kind]
        further: tuple[str, ...] = ()
        base = model.scorer.intercept
        if kind == "stance":
            which = given.below(len(model.targets))
            further, base = (model.targets[which],), base + model.bias[which]
        column = given.below(len(model.labels))
        found = model.explain(text, *further, label=model.labels[column])
        places(found, text)
        total = sum(item.weight for item in found) + base[column]
        score = model.decision_function(text, *further)[column]
        scale = 1 + sum(abs(item.weight) for item in found)
        assert abs(total - score) < 1e-4 * scale, (total, score)
        shown(found[:40])

    return check


def _claims(text: str, models: Any, given: Choices) -> None:
    model, claim = models["claims"], text_of(given, 10)
    chances = model.predict_proba([text, claim], claim)
    assert np.isfinite(chances).all()
    assert np.abs(chances.sum(axis=1) - 1).max() < 1e-6
    assert np.array_equal(chances, model.predict_proba([text, claim], claim))
    assert model.predict(text, claim) in (*model.labels, "unknown")
    found = model.evidence(text, claim)
    places(found, text)
    shown(found)


def _analysis(text: str, models: Any, given: Choices) -> None:
    found = fc.analyze(
        text, section=models["section"], topic=models["topic"], stance=models["stance"]
    )
    json.loads(found.to_json())
    shown(found)


def places(found: Any, text: str) -> None:
    """Demand that evidence is where it says."""
    for item in found:
        assert 0 <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.text
        assert np.isfinite(item.weight)


def shown(found: Any) -> None:
    """Demand that every display can be written to a file, without code of the text's own."""
    html = found.to_html()
    html.encode()
    assert "<script" not in html
    for colour in (False, True):
        plain = found.to_text(colour=colour, width=60)
        plain.encode()
        assert not set(plain) & set("\x00\x07\x08\r\u202d\u202e\x9b"), plain
        assert colour or "\x1b" not in plain
    assert isinstance(str(found), str)
    repr(found)


_TESTS = (
    _tokens, _batch, _sentences, _answers, _explained("section"), _explained("topic"),
    _explained("stance"), _claims, _analysis,
)  # fmt: skip
