from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from serve_fixtures import Client, loaded, serving

import fanews_classify as fc
from fanews_classify.errors import ParameterError
from fanews_classify.serve import make_server
from fanews_classify.serve._models import load_models

HEALTH = "داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"
SPORT = "تیم ملی والیبال قهرمان آسیا شد"
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving() as client:
        yield client


def test_analyze_is_what_the_library_says(client: Client, seeds: list[str]) -> None:
    for text in (*seeds, HEALTH):
        found = client.post("/api/analyze", {"text": text}).json
        assert found.pop("version") == fc.__version__
        assert found == json.loads(fc.analyze(text).to_json())
        assert found["section"]["label_fa"] == "سلامت"
    sure = client.post("/api/analyze", {"text": HEALTH, "abstain_below": 1}).json
    assert sure["section"]["label"] == "unknown"


def test_predict_and_explain_with_each_model(client: Client) -> None:
    def ask(verb: str, **fields: Any) -> Any:
        answer = client.post(f"/api/{verb}", fields)
        assert answer.status == 200, answer.body
        return answer.json

    desks = ask("predict", model="section", texts=[HEALTH, SPORT, ""])
    assert [answer["label"] for answer in desks["answers"]] == ["health", "sport", "unknown"]
    assert ask("predict", model="section", text=SPORT)["answers"] == desks["answers"][1:2]
    assert ask("predict", model="section", texts=[])["answers"] == []
    topics = ask("predict", model="topic", texts=[HEALTH, SPORT])["answers"]
    assert [answer["labels"] for answer in topics] == [["health_finance_dispute"], []]
    stance = {"model": "stance", "target": "health_finance_dispute", "text": HEALTH}
    assert ask("predict", **stance)["answers"][0]["label_fa"] == "انتقادی"
    claim = {"model": "claim_stance", "claim": "مدارس تهران فردا تعطیل است"}
    denied = "خبر تعطیلی مدارس تهران تکذیب شد. هوا سرد شد."
    assert ask("predict", texts=[denied], **claim)["answers"][0]["label"] == "disagree"
    questions: list[tuple[str, dict[str, Any]]] = [
        (HEALTH, {"model": "section", "label": "sport", "top": 3}),
        (HEALTH, {"model": "topic", "top": 2.0}),
        (HEALTH, stance),
        (denied, claim),
    ]
    for text, fields in questions:
        why = ask("explain", **{**fields, "text": text})
        assert 0 < len(why["evidence"]) <= fields.get("top", 10)
        for item in why["evidence"]:
            assert text[item["start"] : item["end"]] == item["text"]
        assert {item["label"] for item in why["evidence"]} == {
            fields.get("label") or why["evidence"][0]["label"]
        }
    assert ask("explain", model="section", text=HEALTH, top=0)["evidence"] == []


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("analyze", {}, "missing_field", "text"),
        ("analyze", {"text": None}, "wrong_type", "text"),
        ("analyze", {"text": 3}, "wrong_type", "text"),
        ("analyze", {"text": ["الف"]}, "wrong_type", "text"),
        ("analyze", {"text": "", "txet": ""}, "unknown_field", "txet"),
        ("analyze", {"text": "", "ن" * 500: ""}, "unknown_field", "ن" * 59 + "…"),
        ("analyze", {"text": "", "abstain_below": True}, "wrong_type", "abstain_below"),
        ("analyze", {"text": "", "abstain_below": 1.5}, "out_of_range", "abstain_below"),
        ("analyze", [], "wrong_type", "body"),
        ("analyze", "null", "wrong_type", "body"),
        ("analyze", '"متن"', "wrong_type", "body"),
        ("predict", {"text": ""}, "missing_field", "model"),
        ("predict", {"model": "section"}, "missing_field", "text"),
        ("predict", {"model": "../section", "text": ""}, "unknown_value", "model"),
        ("predict", {"model": "section", "text": "", "texts": []}, "not_both", "text"),
        ("predict", {"model": "section", "texts": "الف"}, "wrong_type", "texts"),
        ("predict", {"model": "section", "texts": ["", None]}, "wrong_type", "texts[1]"),
        ("predict", {"model": "section", "texts": [""] * 1001}, "too_many", "texts"),
        ("predict", {"model": "section", "text": "", "target": "x"}, "unknown_field", "target"),
        ("predict", {"model": "topic", "text": "", "claim": "x"}, "unknown_field", "claim"),
        ("predict", {"model": "stance", "text": ""}, "missing_field", "target"),
        ("predict", {"model": "stance", "text": "", "target": "x"}, "unknown_value", "target"),
        ("predict", {"model": "claim_stance", "text": ""}, "missing_field", "claim"),
        (
            "predict",
            {"model": "claim_stance", "text": "", "claim": "ن" * 1001},
            "claim_too_long",
            "claim",
        ),
        ("explain", {"model": "section", "text": "", "label": "x"}, "unknown_value", "label"),
        ("explain", {"model": "section", "text": "", "top": -1}, "out_of_range", "top"),
        ("explain", {"model": "section", "text": "", "top": 1.5}, "wrong_type", "top"),
        ("explain", {"model": "section", "text": "", "top": True}, "wrong_type", "top"),
        ("explain", {"model": "section", "texts": [""]}, "unknown_field", "texts"),
        (
            "explain",
            {"model": "claim_stance", "text": "", "claim": "", "label": "agree"},
            "unknown_field",
            "label",
        ),
    ],
)
def test_wrong_questions(client: Client, path: str, body: Any, code: str, field: str) -> None:
    answer = client.post(f"/api/{path}", body)
    assert (answer.status, answer.code, answer.json["error"]["field"]) == (422, code, field)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property"),
        (b'{"text": "a"} x', "Extra data"),
        (b'{"text": "a", "text": "b"}', "twice"),
        (b'{"text": NaN}', "NaN"),
        (b'{"text": -Infinity}', "Infinity"),
        (b'{"text": 1e999}', "too large"),
        (b'{"text": %s}' % (b"9" * 10_000), "too long"),
        (b'{"text": "\xff"}', "UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', "UTF-8"),
        (b'{"text": "\x00"}', "control character"),
        ('{"text": "a"}'.encode("utf-16"), "UTF-8"),
        (b'{"text": %s}' % DEEP.encode(), "nested"),
        (b'{"a":' * 100_000, "nested"),
    ],
)
def test_bodies_that_are_not_json(client: Client, body: bytes, why: str) -> None:
    answer = client.post("/api/analyze", body)
    assert (answer.status, answer.code) == (400, "not_json")
    assert why in answer.json["error"]["message_en"]


@pytest.mark.parametrize(
    "text",
    ["", " \n", "\ud800", "سلامت \udc00 بیمارستان", "\u0000\u202e\u2066", "😀 دارو 😀 پزشک",
     "the hospital", "<script>alert(1)</script> بیمارستان", "ب" * 400_000, "دارو " * 90_000],
)  # fmt: skip
def test_any_text_is_answered(client: Client, text: str) -> None:
    answer = client.post("/api/analyze", {"text": text})
    assert answer.status == 200
    for item in answer.json["section"]["words"]:
        assert text[item["start"] : item["end"]] == item["text"]
    if "\udc00" in text:
        assert b"\\udc00" in answer.body
        assert "\udc00" in answer.json["section"]["sentences"][0]["text"]


def test_models_and_health(client: Client) -> None:
    told = client.get("/api/models").json
    models = {model["name"]: model for model in told["models"]}
    assert list(models) == ["section", "topic", "stance", "claim_stance"]
    assert {"label": "health", "label_fa": "سلامت"} in models["section"]["labels"]
    assert {"label": "housing", "label_fa": "مسکن و اجاره"} in models["stance"]["targets"]
    for model in models.values():
        score = model["scores"]["macro_f1"]
        assert 0 < score["low"] < score["value"] < score["high"] < 1
    assert told["limits"]["max_bytes"] == 1_000_000
    assert client.get("/api/health").json == {"status": "ok", "version": fc.__version__}


def test_a_model_of_the_users_own(section: fc.NewsClassifier, tmp_path: Path) -> None:
    path, mine = tmp_path / "mine.fanews", replace(section, name="mine", abstain_below=0.9999)
    fc.save(mine, path)
    assert load_models([path]).section.name == "mine"
    assert load_models(str(path)).topic.name == "topic"
    server = make_server(port=0, models=[mine, *loaded()[1:]]).start()
    try:
        told = Client(server).get("/api/models").json
        assert told["models"][0]["title"] == "mine"
        answer = Client(server).post("/api/predict", {"model": "section", "text": SPORT})
        assert answer.json["answers"][0]["label"] == "unknown"
        found = Client(server).post("/api/analyze", {"text": SPORT}).json
        assert found["section"]["label"] == "unknown"
    finally:
        server.stop()
    with pytest.raises(ParameterError, match="two models"):
        load_models(["section", path])
    with pytest.raises(ParameterError, match="no model"):
        load_models([object()])  # type: ignore[list-item]


REQUESTS = {
    "/api/analyze": [{"text": HEALTH}, {"text": "", "abstain_below": 0.5}],
    "/api/predict": [
        {"model": "section", "text": SPORT},
        {"model": "topic", "texts": [HEALTH, SPORT, ""], "abstain_below": 0.9},
        {"model": "stance", "target": "housing", "text": HEALTH},
        {"model": "claim_stance", "claim": SPORT, "texts": [HEALTH]},
    ],
    "/api/explain": [
        {"model": "section", "text": SPORT, "label": "sport", "top": 2},
        {"model": "topic", "text": HEALTH},
        {"model": "stance", "target": "housing", "text": HEALTH},
        {"model": "claim_stance", "claim": SPORT, "text": SPORT},
    ],
}


def test_scores_that_make_no_sense_are_left_out() -> None:
    model = loaded()[0]
    odd: Any = {"value": None, "low": 0.1, "high": 0.2}
    nan = {"value": float("nan"), "low": 0.1, "high": 0.2}
    good = {"value": 0.5, "low": 0.4, "high": 0.6}
    info = {**model.info, "scores": {"macro_f1": odd, "micro_f1": nan, "accuracy": good}}
    with serving(models=[replace(model, info=info)]) as client:
        assert client.get("/api/models").json["models"][0]["scores"] == {"accuracy": good}


def test_the_description_is_valid_and_true(client: Client) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    checker = pytest.importorskip("openapi_spec_validator")
    described = client.get("/openapi.json").json
    checker.validate(described)
    assert "code points" in described["info"]["description"]

    def check(value: Any, content: dict[str, Any]) -> None:
        schema = {**content["application/json"]["schema"], "components": described["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    walked = 0
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            walked += 1
            responses = operation["responses"]
            assert {"200", "400", "421", "500", "503"} <= set(responses)
            if method == "get":
                answer = client.get(path)
                assert answer.status == 200
                check(answer.json, responses["200"]["content"])
                refused = client.get(path, Host="evil.example")
            else:
                asked = operation["requestBody"]["content"]
                for body in [*REQUESTS[path], asked["application/json"]["example"]]:
                    check(body, asked)
                    answer = client.post(path, body)
                    assert answer.status == 200, answer.body
                    check(answer.json, responses["200"]["content"])
                with pytest.raises(jsonschema.ValidationError):
                    check({"text": "الف", "further": 1}, asked)
                refused = client.post(path, {"further": 1})
            check(refused.json, responses[str(refused.status)]["content"])
    assert walked == 6
