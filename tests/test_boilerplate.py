from __future__ import annotations

import pytest

from fanews_classify.text import normalize


def kept(text: str) -> str:
    return normalize(text, remove_boilerplate=True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("به گزارش ایسنا، قیمت نان بالا رفت", "قیمت نان بالا رفت"),
        ("به گزارش خبرنگار اقتصادی خبرگزاری تسنیم از مشهد، نان", "اقتصادی مشهد نان"),
        ("به گزارش خبرگزاری فارس؛ باران می‌بارد", "باران میبارد"),
        ("به گزارش سازمان هواشناسی باران می‌بارد", "سازمان هواشناسی باران میبارد"),
        ("به گزارش خبرگزاری رویترز از پاریس باران بارید", "رویترز از پاریس باران بارید"),
        ("به گزارش جهان کار نیوز: باران بارید", "باران بارید"),
        ("به گزارش اقتصاد آنلاین، باران بارید", "باران بارید"),
        ("باران بارید. انتهای پیام", "باران بارید"),
        ("باران بارید. انتهای پیام/ ر ق", "باران بارید"),
        ("باران بارید شناسه : ۲۲۱۶۷۵ لینک کوتاه :", "باران بارید"),
        ("باران بارید کد خبر: 9915", "باران بارید"),
        ("date 2025-12-28 دادستان آمد", "دادستان امد"),
        ("متن خبر https://www.example.ir/news/1/یک-دو پایان", "متن خبر پایان"),
        ("متن خبر www.example.ir پایان", "متن خبر پایان"),
        ("خبر مهم\n✅\n@SomeChannel\nخبر جنگ", "خبر مهم"),
        ("نامه به a.b@example.com رسید و پاسخ داده شد", "نامه به رسید و پاسخ داده شد"),
        ("منبع: مهر", ""),
    ],
)  # fmt: skip
def test_what_tells_the_source_is_removed(text: str, wanted: str) -> None:
    assert kept(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "خلیج فارس و استان فارس",
        "ماه مهر آغاز شد",
        "انتهای پیاده‌رو را کندند",
        "پایان پیام رئیس جمهور به مردم کشورهای همسایه امروز منتشر شد",
        "گزارش عملکرد صندوق منتشر شد",
        "رسیدگی به گزارش‌های مردمی",
        "تسنیم: سفر وزیر لغو شد",
        "خبرگزاری رویترز نوشت",
        "شناسه ملی برای همه شرکت‌ها",
        "کد ملی بیماران",
        "منبع آب روستا",
        "لینک میان دو سامانه",
    ],
)
def test_the_same_words_as_news_stay(text: str) -> None:
    assert kept(text) == normalize(text)


def test_nothing_is_removed_on_request() -> None:
    text = "به گزارش ایسنا انتهای پیام"
    assert normalize(text) == "به گزارش ایسنا انتهای پیام"


def test_rules_stay_inside_a_text() -> None:
    from fanews_classify.text._tokens import tokenize_batch

    texts = ["به گزارش", "ایرنا فارس", "شناسه", "۱۲ کتاب", "می", "شود", "@abc", "خبر"]
    batch = tokenize_batch(texts)
    found = [
        [batch.term(j) for j in range(batch.splits[i], batch.splits[i + 1])]
        for i in range(len(texts))
    ]
    alone = [tokenize_batch([text]) for text in texts]
    assert found == [[a.term(j) for j in range(len(a.hashes))] for a in alone]
    assert found[1] != []
    assert found[3] != []
    assert len(found[7]) == 1
