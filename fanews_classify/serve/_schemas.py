"""JSON schemas of what goes over the wire."""

from __future__ import annotations

from typing import Any, Final

from fanews_classify.labels import UNKNOWN
from fanews_classify.serve._limits import MAX_CLAIM, MAX_TEXTS, MAX_TOP
from fanews_classify.serve._models import NAMES, Models

Schema = dict[str, Any]

_TEXT: Final[Schema] = {
    "type": "string",
    "description": "A news text in Persian. Any text is answered, also an empty one.",
}
_SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
_STRING: Final[Schema] = {"type": "string"}
_OFFSET: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "description": "A place in the text, counted in Unicode code points.",
}
_ABSTAIN: Final[Schema] = {
    **_SHARE,
    "description": f"Answer '{UNKNOWN}' where the model is less sure than this.",
}


def ref(name: str) -> Schema:
    """Return a reference to a schema of `schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(properties: dict[str, Schema], *optional: str) -> Schema:
    """Return the schema of an object that has all properties but the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def closed(properties: dict[str, Schema], *optional: str) -> Schema:
    """Return the same for what a client sends: every other field is refused."""
    return {**record(properties, *optional), "additionalProperties": False}


def schemas(models: Models) -> dict[str, Schema]:
    """Return all schemas by name."""
    place = {"start": _OFFSET, "end": _OFFSET, "text": _STRING, "weight": {"type": "number"}}
    named = {"label": _STRING, "label_fa": _STRING}
    finding = {
        **named,
        "confidence": _SHARE,
        "words": {"type": "array", "items": ref("Place")},
        "sentences": {"type": "array", "items": ref("Place")},
    }
    return {
        "AnalyzeRequest": closed({"text": _TEXT, "abstain_below": _ABSTAIN}, "abstain_below"),
        "PredictRequest": {"oneOf": [_predict(models, name) for name in NAMES]},
        "ExplainRequest": {"oneOf": [_explain(models, name) for name in NAMES]},
        "Place": {
            **record(place),
            "description": "Words of the text as the client wrote them, and what they add to the "
            "score of an answer.",
        },
        "Finding": record(finding),
        "Topic": record({**finding, "stance": ref("Finding")}, "stance"),
        "Analysis": record(
            {
                "section": ref("Finding"),
                "topics": {"type": "array", "items": ref("Topic")},
                "version": _STRING,
            }
        ),
        "Answer": {
            "oneOf": [
                record({**named, "confidence": _SHARE, "target": _STRING, "claim": _STRING})
                | {"required": ["label", "label_fa", "confidence"]},
                record(
                    {
                        "labels": {"type": "array", "items": _STRING},
                        "labels_fa": {"type": "array", "items": _STRING},
                        "confidences": {"type": "array", "items": _SHARE},
                        "confidence": _SHARE,
                    }
                ),
            ],
            "description": "Of `topic` several labels or none, most probable first, and "
            "`confidence` that of the least certain part; of the others one label.",
        },
        "Answers": record({"model": _STRING, "answers": {"type": "array", "items": ref("Answer")}}),
        "Explanation": record(
            {
                "model": _STRING,
                "answer": ref("Answer"),
                "evidence": {
                    "type": "array",
                    "items": record({**place, "label": _STRING}),
                    "description": "Strongest first; weights below zero speak against `label`. Of "
                    "a claim: sentences in the order of the text, and `weight` the probability "
                    "that a reader would point at them.",
                },
            }
        ),
        **_about(),
    }


def _about() -> dict[str, Schema]:
    label = record({"label": _STRING, "label_fa": _STRING})
    score = record({part: {"type": "number"} for part in ("value", "low", "high")})
    model = {
        "name": {"enum": list(NAMES)},
        "title": _STRING,
        "labels": {"type": "array", "items": label},
        "abstain_below": _SHARE,
        "scores": {"type": "object", "additionalProperties": score},
        "targets": {"type": "array", "items": label},
    }
    limits = {
        "max_bytes": {"type": "integer"},
        "rate_per_minute": {"type": "number", "description": "0 for any number"},
        "max_claim": {"type": "integer"},
        "max_texts": {"type": "integer"},
    }
    error = {"code": _STRING, "message_en": _STRING, "message_fa": _STRING, "field": _STRING}
    return {
        "Models": record(
            {
                "version": _STRING,
                "models": {"type": "array", "items": record(model, "targets")},
                "limits": record(limits),
            }
        ),
        "Health": record({"status": {"const": "ok"}, "version": _STRING}),
        "Error": record({"error": record(error, "field")}),
    }


def _asked(models: Models, name: str) -> dict[str, Schema]:
    """Return what a question to a model has besides the text."""
    fields: dict[str, Schema] = {"model": {"const": name}}
    if name == "stance":
        fields["target"] = {"enum": list(models.stance.targets)}
    if name == "claim_stance":
        fields["claim"] = {"type": "string", "maxLength": MAX_CLAIM}
    return fields


def _predict(models: Models, name: str) -> Schema:
    fields = {
        **_asked(models, name),
        "text": _TEXT,
        "texts": {"type": "array", "items": _TEXT, "maxItems": MAX_TEXTS},
        "abstain_below": _ABSTAIN,
    }
    made = closed(fields, "text", "texts", "abstain_below")
    return {**made, "oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}


def _explain(models: Models, name: str) -> Schema:
    fields = {
        **_asked(models, name),
        "text": _TEXT,
        "top": {"type": "integer", "minimum": 0, "maximum": MAX_TOP},
    }
    if name != "claim_stance":
        fields["label"] = {
            "enum": list(models[name].labels),
            "description": "By default the most probable one.",
        }
    return closed(fields, "top", "label")
