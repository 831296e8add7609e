"""Questions and answers as plain values; nothing of HTTP is here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import fanews_classify
from fanews_classify.analysis import answers
from fanews_classify.analysis.analyze import analyze
from fanews_classify.serve import _openapi
from fanews_classify.serve._fields import Fields
from fanews_classify.serve._limits import MAX_CLAIM, MAX_TEXTS, MAX_TOP, Limits
from fanews_classify.serve._models import NAMES, Models

_ASKED = {"stance": "target", "claim_stance": "claim"}  # with the text


class Api:
    """What the addresses of the server answer.

    Parameters
    ----------
    models : Models
    limits : Limits
        Told to clients.

    Examples
    --------
    >>> from fanews_classify.serve._models import load_models
    >>> api = Api(load_models(), Limits())
    >>> api.predict({"model": "topic", "text": "تیم ملی والیبال قهرمان شد"})["answers"][0]["labels"]
    ()
    """

    def __init__(self, models: Models, limits: Limits) -> None:
        self._models, self._limits = models, limits

    def analyze(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tell section, topics, stances and their evidence."""
        fields = Fields(body, ("text", "abstain_below"))
        found = analyze(
            fields.string("text"),
            section=self._models.section,
            topic=self._models.topic,
            stance=self._models.stance,
            abstain_below=fields.share("abstain_below"),
        )
        return {**found.to_dict(), "version": fanews_classify.__version__}

    def predict(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one model's question about each text."""
        fields, name, asked = self._question(body, "texts", "abstain_below")
        texts, below = fields.texts(), fields.share("abstain_below")
        found = answers.stream(self._models[name], texts, asked, below)
        return {"model": name, "answers": [answers.values(answer) for answer in found]}

    def explain(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tell which words, or of a claim which sentences, carried an answer."""
        fields, name, asked = self._question(body, "label", "top")
        model, text, top = self._models[name], fields.string("text"), fields.count("top", MAX_TOP)
        label = fields.choice("label", model.labels) if "label" in fields else None
        answer = next(answers.stream(model, [text], asked, None))
        evidence = answers.explain(model, text, asked, label, top)
        return {
            "model": name,
            "answer": answers.values(answer),
            "evidence": [{**item._asdict(), "weight": round(item.weight, 4)} for item in evidence],
        }

    def models(self) -> dict[str, Any]:
        """Tell what can be asked."""
        limits = {
            "max_bytes": self._limits.max_bytes,
            "rate_per_minute": self._limits.rate,
            "max_claim": MAX_CLAIM,
            "max_texts": MAX_TEXTS,
        }
        return {
            "version": fanews_classify.__version__,
            "models": self._models.describe(),
            "limits": limits,
        }

    def health(self) -> dict[str, Any]:
        """Tell that the server is there."""
        return {"status": "ok", "version": fanews_classify.__version__}

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI description of all this."""
        return _openapi.describe(self._models, self._limits)

    def _question(self, body: Mapping[str, Any], *further: str) -> tuple[Fields, str, str]:
        """Return the fields, the model's name, and what goes with the text."""
        name = Fields(body, body).choice("model", tuple(NAMES))
        known = {"model", "text", *further} - ({"label"} if name == "claim_stance" else set())
        extra = _ASKED.get(name)
        fields = Fields(body, known | {extra} if extra else known)
        if extra == "target":
            return fields, name, fields.choice("target", self._models.stance.targets)
        return fields, name, fields.claim() if extra else ""
