from __future__ import annotations

import json
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import fanews_classify as fc
from fanews_classify.analysis.analyze import Finding
from fanews_classify.cli.main import main
from fanews_classify.errors import InputTypeError


def findings(analysis: fc.Analysis) -> list[Finding]:
    stances = [topic.stance for topic in analysis.topics if topic.stance]
    return [analysis.section, *analysis.topics, *stances]


def test_the_seeds_come_out_right(seeds: list[str]) -> None:
    first, second = fc.analyze(seeds)
    assert first.section.label == "health"
    assert first.topics[0].label == "health_finance_dispute"
    assert second.section.label in {"health", "society"}
    stances = {topic.label: topic.stance for topic in second.topics}
    assert set(stances) == {"social_insurance", "pension_payments"}
    for stance in stances.values():
        assert stance is not None
        assert stance.label == "supportive"


def test_evidence_stands_where_it_says(seeds: list[str]) -> None:
    for text in [*seeds, "بدهی بيمه‌ها به بیمارستان\u202bها\u202c 🔹 <b>پرداخت</b> نشد."]:
        for finding in findings(fc.analyze(text)):
            assert finding.words
            for item in (*finding.words, *finding.sentences):
                assert text[item.start : item.end] == item.text
                assert item.weight > 0
                assert item.label == finding.label


def test_the_sentence_that_tells_is_shown() -> None:
    told = "داروخانه‌ها می‌گویند بیمه‌ها ده ماه است بدهی خود را نپرداخته‌اند و طلبشان انباشته شده."
    text = f"هوا خوب است. {told} بازی فردا برگزار می‌شود."
    (topic,) = fc.analyze(text).topics
    assert topic.label == "health_finance_dispute"
    assert topic.sentences[0].text == told


@pytest.mark.parametrize("text", ["", " \n", "🔹", "中文", "\ud800\udfff", "\x00", "<b></b>"])
def test_nothing_known(text: str) -> None:
    found = fc.analyze(text)
    assert found.section.label == "unknown"
    assert found.topics == ()
    assert str(found)
    assert found._repr_html_().encode("utf-8")


@settings(max_examples=50)
@given(text=st.text(max_size=200))
def test_any_string_is_analysed_and_shown(text: str) -> None:
    found = fc.analyze(text)
    assert json.loads(found.to_json()) == json.loads(json.dumps(found.to_dict()))
    assert str(found)
    assert found._repr_html_().encode("utf-8")


def test_many_texts_and_no_text(seeds: list[str]) -> None:
    assert len(fc.analyze(iter(seeds))) == 2
    assert fc.analyze([]) == []
    with pytest.raises(InputTypeError, match="NoneType"):
        fc.analyze([seeds[0], None])  # type: ignore[list-item]


def test_html_escapes_the_text() -> None:
    text = '<script>alert("۱")</script> بدهی بیمه‌ها به داروخانه‌ها <img src=x onerror=alert(1)>'
    page = fc.analyze(text)._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert 'dir="rtl"' in page


def test_far_from_news_is_unsure() -> None:
    far = [
        "def main(): return [x for x in range(10) if x % 2 == 0]",
        "مشتق تابع نمایی برابر خود تابع است و انتگرال آن نیز",
        "من دیروز کفش قرمزم را گم کردم و خیلی ناراحتم",
        "سلام خوبی؟ فردا ساعت پنج میای خونه ما؟",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
    ]
    for found in fc.analyze(far, abstain_below=0.6):
        assert found.section.label == "unknown"
        assert found.section.confidence < 0.6
        assert found.topics == ()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    seed = str(min((Path(__file__).resolve().parent.parent / "seeds").iterdir()))
    assert main(["analyze", seed]) == 0
    shown = capsys.readouterr().out
    assert "health_finance_dispute (مطالبات و اختلافات مالی سلامت)" in shown
    assert main(["analyze", "--json", seed]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["topics"][0]["label"] == "health_finance_dispute"
    assert record["topics"][0]["stance"]["sentences"]
