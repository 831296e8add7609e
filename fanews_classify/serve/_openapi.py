"""The OpenAPI description of the server."""

from __future__ import annotations

from typing import Any, Final

import fanews_classify
from fanews_classify.serve._errors import MESSAGES
from fanews_classify.serve._limits import MAX_CLAIM, MAX_TEXTS, Limits
from fanews_classify.serve._models import Models
from fanews_classify.serve._schemas import Schema, ref, schemas

_DESCRIPTION: Final = """\
Classifies Persian news: section, policy topics, stance, and what in the text carried each
answer. Made for one's own machine: it knows no users.

**Offsets** (`start`, `end`) count Unicode code points of the text as it was sent, as Python
does. JavaScript counts UTF-16 units: there an emoji is two, so convert.

**Limits**: a body has at most {max_bytes} bytes; {rate}; `texts` has at most {texts} entries
and `claim` {claim} characters; a request must arrive within {timeout:g} seconds, in one piece
with a `Content-Length`; {handlers} requests are answered at the same time.

**Errors** are JSON with a `code` that stays, and a message in English and Persian. Fields that
are not described are refused. Requests from pages of other origins, and under a host name that
is not this server's, are refused.
"""
_QUESTION: Final = (
    "bad_request not_json wrong_origin timeout length_required too_large "
    "unsupported_media_type wrong_host wrong_type refused rate_limited internal_error busy"
).split()
_LOOK: Final = "bad_request wrong_host timeout internal_error busy".split()
_EXAMPLE: Final = "داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"


def describe(models: Models, limits: Limits) -> dict[str, Any]:
    """Return the description, for models and limits as they are.

    Examples
    --------
    >>> from fanews_classify.serve._models import load_models
    >>> sorted(describe(load_models(), Limits())["paths"])[:2]
    ['/api/analyze', '/api/explain']
    """
    rate = f"{limits.rate:g} questions a minute from one address" if limits.rate else "any rate"
    description = _DESCRIPTION.format(
        max_bytes=limits.max_bytes,
        rate=rate,
        texts=MAX_TEXTS,
        claim=MAX_CLAIM,
        timeout=limits.timeout,
        handlers=limits.handlers,
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fanews serve",
            "version": fanews_classify.__version__,
            "summary": "Persian news classified on your own machine, with reasons",
            "description": description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/analyze": _post(
                "analyze",
                "Section, topics and stances of a text, with their words and sentences",
                "AnalyzeRequest",
                "Analysis",
                {"text": _EXAMPLE},
            ),
            "/api/predict": _post(
                "predict",
                "What one model answers about each text",
                "PredictRequest",
                "Answers",
                {"model": "section", "texts": [_EXAMPLE]},
            ),
            "/api/explain": _post(
                "explain",
                "The words, or of a claim the sentences, that carried one model's answer",
                "ExplainRequest",
                "Explanation",
                {"model": "topic", "text": _EXAMPLE, "top": 3},
            ),
            "/api/models": _get("models", "Models, their labels, targets and scores", "Models"),
            "/api/health": _get("health", "Whether the server is there", "Health"),
            "/openapi.json": _get("description", "This description", None),
        },
        "components": {"schemas": schemas(models)},
    }


def _post(name: str, summary: str, asked: str, answer: str, example: Schema) -> Schema:
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ref(asked), "example": example}},
            },
            "responses": {"200": _answer(ref(answer)), **_errors(_QUESTION)},
        }
    }


def _get(name: str, summary: str, answer: str | None) -> Schema:
    schema: Schema = {"type": "object"} if answer is None else ref(answer)
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {"200": _answer(schema), **_errors(_LOOK)},
        }
    }


def _answer(schema: Schema) -> Schema:
    return {"description": "The answer", "content": {"application/json": {"schema": schema}}}


def _errors(codes: list[str]) -> dict[str, Schema]:
    """Return the refusals: of each status the general meaning."""
    told: dict[str, Schema] = {}
    for code in codes:
        status = MESSAGES[code][0]
        same = [name for name, (number, *_) in MESSAGES.items() if number == status]
        told[str(status)] = {
            "description": "`" + "`, `".join(same) + "`",
            "content": {"application/json": {"schema": ref("Error")}},
        }
        if status == 429:
            told["429"]["headers"] = {
                "Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}
            }
    return dict(sorted(told.items()))
