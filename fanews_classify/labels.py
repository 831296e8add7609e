"""Labels of the bundled models: English ids and Persian names.

The ids are what models answer with; :func:`persian_name` gives the name that
people read. Definitions stand in ``data/labels.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["CLAIM_STANCES", "SECTIONS", "STANCES", "TOPICS", "UNKNOWN", "persian_name"]

UNKNOWN: Final = "unknown"
"""Answer for a text about which nothing can be said."""

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "culture": "فرهنگ و هنر",
        "economy": "اقتصاد",
        "health": "سلامت",
        "politics": "سیاست داخلی",
        "science": "علم و فناوری",
        "society": "جامعه",
        "sport": "ورزش",
        "world": "بین‌الملل",
    }
)
"""Desks of a newsroom, English id to Persian name."""

TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "health_coverage": "بیمه درمان و هزینه درمان",
        "health_finance_dispute": "مطالبات و اختلافات مالی سلامت",
        "health_workforce": "نیروی انسانی سلامت",
        "housing": "مسکن و اجاره",
        "medicine_supply": "تأمین دارو و تجهیزات",
        "pension_payments": "حقوق و مستمری بازنشستگان",
        "pension_reform": "اصلاح نظام بازنشستگی",
        "social_insurance": "تأمین اجتماعی و بیمه‌های اجتماعی",
        "subsidies_livelihood": "یارانه و معیشت",
        "wages_labour": "دستمزد و کارگران",
    }
)
"""Social-policy topics, English id to Persian name."""

STANCES: Final[Mapping[str, str]] = MappingProxyType(
    {"critical": "انتقادی", "neutral": "خنثی", "supportive": "حمایتی"}
)
"""Stances towards a policy, English id to Persian name."""

CLAIM_STANCES: Final[Mapping[str, str]] = MappingProxyType(
    {"agree": "موافق", "disagree": "مخالف", "discuss": "بحث", "unrelated": "نامرتبط"}
)
"""Stances of a text on a claim, English id to Persian name."""

_NAMES: Final = {**SECTIONS, **TOPICS, **STANCES, **CLAIM_STANCES, UNKNOWN: "نامعلوم"}


def persian_name(label: str) -> str:
    """Return the Persian name of a label, or the label itself if it has none.

    Examples
    --------
    >>> persian_name("health")
    'سلامت'
    >>> persian_name("my_own_label")
    'my_own_label'
    """
    return _NAMES.get(label, label)


def english_hint(name: object, labels: Iterable[str]) -> str:
    """Return the end of a sentence that names the label with a Persian name, or ``""``.

    Examples
    --------
    >>> english_hint("ورزش", SECTIONS)
    "; write 'sport'"
    """
    return next((f"; write {label!r}" for label in labels if persian_name(label) == name), "")
